"""The wheel holds everything that the package reads at run time, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_wheel_holds_what_the_package_reads(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        check=True,
        cwd=ROOT,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("entitle-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    kept = {path.relative_to(ROOT).as_posix() for path in (ROOT / "entitle").rglob("*") if path.is_file()}
    kept = {name for name in kept if "__pycache__" not in name}
    assert held == kept
    folders = "dsl/grammar.lark", "cli/template/rulebook.yaml", "store/migrations/env.py", "py.typed"
    assert {f"entitle/{name}" for name in folders} <= held
