"""Run the tests in every lane that this machine has: each Python on the newest dependencies, the oldest on the lowest.

A lane is a virtual environment of its own under `.lanes/`; a Python that is not here is said to be left out. What
generates rulebooks and seeds faults tries the language, which is the same on every Python: a lane runs it with WHOLE=1.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parent.parent
LANES = ROOT / ".lanes"
GENERATED = (
    "machine", "priced", "faults", "soak", "store/test_store_model.py", "test_agreement.py", "test_many.py",
    "test_rulebooks.py", "test_sql.py", "test_tables.py",
)  # fmt: skip
VERSIONS = ("3.11", "3.12", "3.13")
NEWEST, LOWEST = "newest", "lowest"


def pythons() -> Iterator[tuple[str, str]]:
    """Version and path of each Python that runs: on the path, or one of pyenv's."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for version in VERSIONS:
        found = [shutil.which(f"python{version}"), *map(str, sorted(kept.glob(f"{version}.*/bin/python")))]
        for path in filter(None, found):
            if subprocess.run([path, "-c", ""], capture_output=True).returncode == 0:
                yield version, path
                break
        else:
            print(f"{version}: not on this machine, left out", file=sys.stderr)


def lowest() -> str:
    """What `pyproject.toml` allows, as constraints that allow nothing newer."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    bounds = (re.match(r"([\w-]+)(?:\[\w+\])?>=([\d.]+)", each) for each in wanted)
    return "".join(f"{bound[1]}=={bound[2]}\n" for bound in bounds if bound)


def prepare(name: str, path: str, dependencies: str) -> Path:
    """A new environment with the project in it."""
    lane = LANES / name
    subprocess.run([path, "-m", "venv", "--clear", lane], check=True)
    constraints = lane / "constraints.txt"
    constraints.write_text(lowest() if dependencies == LOWEST else "", encoding="utf-8")
    quiet = "-q", "--disable-pip-version-check"
    wanted = "--constraint", str(constraints), "--editable", f"{ROOT}[test]"
    subprocess.run([lane / "bin/python", "-m", "pip", "install", *quiet, *wanted], check=True, cwd=ROOT)
    return lane / "bin/python"


def main(chosen: list[str]) -> int:
    """Run the lanes with these names, or all; 1 where one fails."""
    there = dict(pythons())
    left_out = [] if os.environ.get("WHOLE") else [f"--ignore=tests/{each}" for each in GENERATED]
    lanes = [(f"{version}-{NEWEST}", path, NEWEST) for version, path in there.items()]
    lanes += [(f"{version}-{LOWEST}", path, LOWEST) for version, path in list(there.items())[:1]]
    failed = 0
    for name, path, dependencies in lanes:
        if chosen and name not in chosen:
            continue
        python = prepare(name, path, dependencies)
        tests: list[str | Path] = [python, "-m", "pytest", "-q", "-n", "auto", "-p", "no:cacheprovider", *left_out]
        done = subprocess.run(tests, cwd=ROOT)
        print(f"{name}: {'passed' if done.returncode == 0 else 'FAILED'}", file=sys.stderr)
        failed += done.returncode != 0
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
