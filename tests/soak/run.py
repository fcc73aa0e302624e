"""The long form of what the tests try a share of: `make soak`. Writes a report with every figure and every seed.

    python -m tests.soak.run [--steps 1000000] [--sales 100] [--seed 1] [--report soak.md]

Each part goes on to its end; the exit code is 1 where anything was wrong. What runs is said as it runs.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from platform import python_version

from tests.faults import run as faults
from tests.faults.grounds import Database, File, Ground
from tests.faults.scenes import SCENES
from tests.postgres import Server, database
from tests.soak.sale import Sale, Size, on_postgres, run

ROOT = Path(__file__).parent.parent.parent
KILLS = 5  # of each sale
SHARE = 20_000  # steps of the state machine in one process
Part = Callable[[], tuple[str, list[str]]]  # a figure, and what was wrong


def machine(steps: int, seed: int, store: str) -> tuple[str, list[str]]:
    """The state machine against the serial oracle, so many steps at a time: each share has a seed of its own.

    What the verbs answer is tried in memory, the fastest; that a database answers the same, on each of them.
    """
    shares = -(-steps // SHARE)
    wrong: list[str] = []
    for n in range(shares):
        environment = os.environ | {"ENTITLE_MACHINE_STEPS": f"{min(SHARE, steps - n * SHARE)}"}
        command = [sys.executable, "-m", "pytest", "-n", "0", "-q", "--timeout", "0", f"--hypothesis-seed={seed + n}"]
        command.append(f"tests/machine/test_{store}.py")
        shown = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
        wrong += [] if shown.returncode == 0 else [f"seed {seed + n}: {shown.stdout[-4000:]}"]
        print(f"  {n + 1}/{shares} seed {seed + n}, {len(wrong)} wrong", file=sys.stderr, flush=True)
    return f"{steps:,} steps", wrong


def points(ground: Ground) -> tuple[str, list[str]]:
    """Every verb, killed at every point."""
    tried, wrong = faults.every_verb(ground, every=1, only="")
    return f"{tried:,} kills of {len(SCENES)} verbs", wrong


def points_on_sqlite() -> tuple[str, list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        return points(File(Path(folder)))


def points_on_postgres() -> tuple[str, list[str]]:
    server = Server()
    server.start()
    try:
        with database(server.url) as url:
            return points(Database(url))
    finally:
        server.stop()
        server.remove()


def sales(count: int, seed: int, hold: Callable[[Size, Path], Sale]) -> tuple[str, list[str]]:
    """Flash sales of a thousand buyers; each has a seed of its own."""
    sold = requests = 0
    wrong: list[str] = []
    for n in range(count):
        size = Size(kills=KILLS, seed=seed + n)
        with tempfile.TemporaryDirectory() as folder:
            sale = hold(size, Path(folder))
        sold, requests = sold + sale.sold, requests + sale.requests
        wrong += [f"seed {size.seed}: {each}" for each in sale.wrong]
        print(f"  {n + 1}/{count} {sale.said}", file=sys.stderr, flush=True)
    return f"{count} sales, {sold:,} sold, {requests:,} requests, {count * KILLS} kills", wrong


def on_sqlite(size: Size, folder: Path) -> Sale:
    return run(f"sqlite:///{folder / 'shop.db'}", folder, size)


def report(parts: dict[str, Part]) -> Iterator[tuple[str, str, float, list[str]]]:
    """Run each part; its name, figure, seconds, and what was wrong."""
    for name, part in parts.items():
        print(f"{name} …", file=sys.stderr, flush=True)
        begun = time.monotonic()
        figure, wrong = part()
        yield name, figure, time.monotonic() - begun, wrong


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--steps",
        type=int,
        default=1_000_000,
        help="in memory; of the laws and on SQLite a tenth, on PostgreSQL a hundredth",
    )
    parser.add_argument("--sales", type=int, default=100, help="on each database")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, default=Path("soak.md"))
    chosen = parser.parse_args(arguments)
    parts: dict[str, Part] = {
        "verbs killed, SQLite": points_on_sqlite,
        "verbs killed, PostgreSQL": points_on_postgres,
        "flash sales, SQLite": lambda: sales(chosen.sales, chosen.seed, on_sqlite),
        "flash sales, PostgreSQL": lambda: sales(chosen.sales, chosen.seed, on_postgres),
        "state machine, memory": lambda: machine(chosen.steps, chosen.seed, "memory"),
        "state machine, laws": lambda: machine(chosen.steps // 10, chosen.seed, "laws"),
        "state machine, SQLite": lambda: machine(chosen.steps // 10, chosen.seed, "oracle"),
        "state machine, PostgreSQL": lambda: machine(chosen.steps // 100, chosen.seed, "postgres"),
    }
    failed = 0
    with chosen.report.open("w", encoding="utf-8") as file:
        file.write(
            f"Python {python_version()}, seed {chosen.seed}\n\n| part | run | seconds | wrong |\n|---|---|---|---|\n"
        )
        for name, figure, seconds, wrong in report(parts):
            failed += bool(wrong)
            file.write(f"| {name} | {figure} | {seconds:.0f} | {len(wrong)} |\n")
            file.writelines(f"    {each}\n" for each in wrong)
            file.flush()
    print(chosen.report.read_text(encoding="utf-8"))
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
