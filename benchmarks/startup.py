"""Start-up beside the bare interpreter, medians of paired runs: `python -m benchmarks.startup`."""

import subprocess
import sys
from statistics import median
from time import perf_counter

COMMANDS = {
    "import entitle": ["-c", "import entitle"],
    "entitle --help": ["-m", "entitle", "--help"],
    "entitle check rules": ["-m", "entitle", "check", "rules"],
}
ROUNDS = 11


def seconds(arguments: list[str]) -> float:
    begin = perf_counter()
    subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
    return perf_counter() - begin


def main() -> None:
    for name, arguments in COMMANDS.items():
        pairs = [(seconds(arguments), seconds(["-c", "pass"])) for _ in range(ROUNDS)]
        ratio = median(command / bare for command, bare in pairs)
        print(f"{name}: {median(command for command, _ in pairs) * 1000:.0f} ms, {ratio:.1f} × the bare interpreter")


if __name__ == "__main__":
    main()
