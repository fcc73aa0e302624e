"""A flash sale by real processes, some of them killed; then everything that anybody was told is held against the books.

    python -m tests.soak.sale --buyers 1000 --units 100 --processes 4 --threads 8 --kills 2 --seed 1

Accepted is what some order of the requests explains: every acknowledged order is in the books, one a key, for ever the
same; no more units are sold than there were; whoever was told "sold out" was told so of a pool that ended empty.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from entitle import Line, Who
from entitle.plan import Find, Get
from entitle.records import CardCode, Key, Order, Stock
from entitle.shop.facade import Shop
from tests.shops import done, sample
from tests.soak.buyers import opened

CARD, POOL = "cinema-card", "cinema-codes"
Told = dict[str, object]


@dataclass(slots=True)
class Sale:
    """What came out: how many were asked, sold and refused, and everything that was wrong."""

    buyers: int
    units: int
    sold: int = 0
    requests: int = 0
    unclear: int = 0
    seconds: float = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def said(self) -> str:
        return (
            f"{self.sold} of {self.units} sold to {self.buyers} buyers in {self.seconds:.1f} s; {self.requests} asked,"
            f" {self.unclear} at first without an answer; wrong: {len(self.wrong)}"
        )


def prepare(url: str, units: int) -> str:
    """The sale is published and stocked; the price of one unit."""
    shop = opened(url, seed=0, create=True)
    shop.publish(sample(), by="soak")
    for first in range(0, units, 1000):
        shop.fill(POOL, min(1000, units - first), key=f"fill-{first}")
    total = done(shop.quote(Who("b-x", channel="app"), Line(CARD))).total
    shop.close()
    return f"{total.minor}"


def run(url: str, folder: Path, buyers: int, units: int, processes: int, threads: int, kills: int, seed: int) -> Sale:
    """The whole sale. A killed process is started again, as a supervisor would."""
    price, random, begun = prepare(url, units), Random(seed), time.monotonic()

    def start(n: int, generation: int) -> subprocess.Popen[bytes]:
        bounds = buyers * n // processes, buyers * (n + 1) // processes
        numbers = [*bounds, threads, seed * 100_000 + generation * 100 + n]
        program = [sys.executable, "-m", "tests.soak.buyers", url, CARD, price]
        return subprocess.Popen([*program, *map(str, numbers), str(folder / f"history-{n}.jsonl")])

    running = [start(n, 0) for n in range(processes)]
    for generation in range(1, kills + 1):
        time.sleep(random.uniform(0.5, 2.5))
        n = random.randrange(processes)
        os.kill(running[n].pid, signal.SIGKILL)
        running[n].wait(60)
        running[n] = start(n, generation)
    ended = [each.wait(900) for each in running]
    sale = Sale(buyers, units, seconds=time.monotonic() - begun)
    if any(ended):
        sale.wrong.append(f"processes ended with {ended}")
    shop = opened(url, seed=99)
    judge(sale, shop, list(history(folder)))
    shop.close()
    return sale


def history(folder: Path) -> Iterator[Told]:
    for path in sorted(folder.glob("history-*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            with suppress(json.JSONDecodeError):  # the last line of a process that was killed while it wrote it
                yield json.loads(line)


def judge(sale: Sale, shop: Shop, told: list[Told]) -> None:
    """Hold what was told against the books."""
    orders, keys, cards, stock = shop.store.fetch(
        (
            Find(Order, ()),
            Find(Key, (("verb", "=", "buy"),)),
            Find(CardCode, (("grant", "set", None),)),
            Get(Stock, (POOL,)),
        )
    )
    sale.sold, sale.requests = len(orders), len(told)
    sale.unclear = sum(each["result"] in ("unknown", "busy", "error") for each in told)
    case = {key.key: key.case for key in keys}
    said: dict[object, set[object]] = defaultdict(set)
    for each in told:
        if each["result"] in ("ok", "no"):
            said[each["key"]].add(each["order"] if each["result"] == "ok" else "no")
    sale.wrong += [f"{key} was told {answers}" for key, answers in said.items() if len(answers) > 1]
    sale.wrong += [
        f"{key} was told {answer}, and the books say {case.get(str(key))!r}"
        for key, answers in said.items()
        for answer in answers
        if case.get(str(key), "") != (answer if answer != "no" else "")
    ]
    if len(said) != sale.buyers:
        sale.wrong.append(f"{sale.buyers - len(said)} buyers have no answer")
    if sale.sold != min(sale.units, sale.buyers):
        sale.wrong.append(f"{sale.sold} sold")
    if stock.free != sale.units - sale.sold:
        sale.wrong.append(f"{stock.free} are left")
    if len(cards) != sale.sold or len({card.grant for card in cards}) != sale.sold:
        sale.wrong.append(f"{len(cards)} codes have a holder")
    sale.wrong += [f"reconcile: {each}" for each in shop.reconcile().breaks]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (
        ("buyers", 1000),
        ("units", 100),
        ("processes", 4),
        ("threads", 8),
        ("kills", 2),
        ("seed", 1),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp())
    sale = run(f"sqlite:///{folder / 'shop.db'}", folder, **vars(options))
    print(sale.said)
    for each in sale.wrong[:20]:
        print(f"  {each}")
    if not sale.wrong:
        shutil.rmtree(folder)
    return int(bool(sale.wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
