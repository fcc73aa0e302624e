"""All benchmarks one after the other, then every figure that has an aim: what, ratio, aim, met or missed.

    python -m benchmarks.run [NAME …]

Each runs in a process of its own. Exits 1 where one of them failed; a missed aim is no failure.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.aims import FILE, gathered

NAMES = "decision prices loading startup reading store asking crowd orm bulk proofs differences".split()


def main(names: list[str]) -> int:
    failed = []
    with TemporaryDirectory() as folder:
        table = Path(folder, "table")
        table.touch()
        for name in names or NAMES:
            print(f"== {name}", flush=True)
            done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], env={**os.environ, FILE: str(table)})
            if done.returncode:
                failed.append(name)
        figures = gathered(table)
    width = max((len(each.what) for each in figures), default=0)
    print("", *(each.line(width) for each in figures), *(f"{name} FAILED" for name in failed), sep="\n")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
