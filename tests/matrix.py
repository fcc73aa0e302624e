"""Run the tests in every lane that this machine has: each Python on the newest dependencies, the oldest on the lowest.

A lane is a virtual environment of its own under `.lanes/`; a Python that is not here is said to be left out.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
LANES = ROOT / ".lanes"
VERSIONS = ("3.11", "3.12", "3.13")
NEWEST, LOWEST = "highest", "lowest-direct"


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


def prepare(name: str, path: str, resolution: str) -> Path:
    """A new environment with the project in it."""
    lane = LANES / name
    subprocess.run([path, "-m", "venv", "--clear", lane], check=True)
    quiet = "-q", "--disable-pip-version-check"
    subprocess.run([lane / "bin/python", "-m", "pip", "install", *quiet, "uv"], check=True)
    wanted = "--resolution", resolution, "--editable", f"{ROOT}[test]"
    subprocess.run(
        [lane / "bin/uv", "pip", "install", "-q", "--python", lane / "bin/python", *wanted], check=True, cwd=ROOT
    )
    return lane / "bin/python"


def main() -> int:
    there = dict(pythons())
    lanes = [(version, path, NEWEST) for version, path in there.items()]
    lanes += [(version, path, LOWEST) for version, path in list(there.items())[:1]]
    failed = 0
    for version, path, resolution in lanes:
        name = f"{version}-{resolution}"
        python = prepare(name, path, resolution)
        done = subprocess.run([python, "-m", "pytest", "-q", "-n", "auto", "-p", "no:cacheprovider"], cwd=ROOT)
        print(f"{name}: {'passed' if done.returncode == 0 else 'FAILED'}", file=sys.stderr)
        failed += done.returncode != 0
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
