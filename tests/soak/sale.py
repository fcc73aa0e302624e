"""A flash sale by real processes, some of them killed; then everything that anybody was told is held against the books.

    python -m tests.soak.sale [--postgres] [--buyers 1000] [--units 100] [--each 1] [--kills 2] [--seed 1]

Accepted is what some order of the requests explains: every acknowledged hold, order and release is in the books, one a
key, for ever the same; no more is sold than there was; nobody goes without while a unit is free. With `--postgres` the
server of the sale is one of its own, and is killed and started again as well.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from entitle import Line, Who
from entitle.hold_records import Hold
from entitle.plan import Find, Get
from entitle.records import CardCode, Key, Order, OrderLine, Stock
from entitle.shop.facade import Shop
from tests.postgres import Server
from tests.shops import done, sample
from tests.soak.buyers import LEAVERS, Told, opened

CARD, POOL = "cinema-card", "cinema-codes"
FILLED_AT_ONCE = 1000
ENDS_WITHIN = 1800  # seconds


@dataclass(frozen=True, slots=True)
class Size:
    buyers: int = 1000
    units: int = 100
    each: int = 1  # how many a buyer wants
    processes: int = 4
    threads: int = 8
    kills: int = 2
    seed: int = 1


@dataclass(slots=True)
class Sale:
    """What came out: how much was sold and asked, and everything that was wrong."""

    size: Size
    sold: int = 0
    requests: int = 0
    unclear: int = 0
    seconds: float = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def said(self) -> str:
        return (
            f"{self.sold} of {self.size.units} sold to {self.size.buyers} buyers in {self.seconds:.1f} s;"
            f" {self.requests} requests, {self.unclear} at first without an answer, {self.size.kills} kills;"
            f" wrong: {len(self.wrong)}"
        )


def prepare(url: str, size: Size) -> int:
    """The sale is published and stocked; what a buyer pays, in minor units."""
    shop = opened(url, seed=0, create=True)
    shop.publish(sample(), by="soak")
    for first in range(0, size.units, FILLED_AT_ONCE):
        shop.fill(POOL, min(FILLED_AT_ONCE, size.units - first), key=f"fill-{first}")
    total = done(shop.quote(Who("b-x", channel="app"), Line(CARD, size.each))).total
    shop.close()
    return total.minor


def nobody() -> None:
    """No server to kill."""


def run(url: str, folder: Path, size: Size, kill_server: Callable[[], None] = nobody) -> Sale:
    """The whole sale. A killed process is started again, as a supervisor would."""
    price, random, begun = prepare(url, size), Random(size.seed), time.monotonic()

    def start(n: int, generation: int) -> subprocess.Popen[bytes]:
        bounds = size.buyers * n // size.processes, size.buyers * (n + 1) // size.processes
        numbers = [size.each, price, *bounds, size.threads, size.seed * 100_000 + generation * 100 + n]
        program = [sys.executable, "-m", "tests.soak.buyers", url, CARD]
        return subprocess.Popen([*program, *map(str, numbers), str(folder / f"history-{n}.jsonl")])

    running = [start(n, 0) for n in range(size.processes)]
    for generation in range(1, size.kills + 1):
        time.sleep(random.uniform(0.5, 2.5))
        n = random.randrange(size.processes)
        os.kill(running[n].pid, signal.SIGKILL)
        running[n].wait(60)
        running[n] = start(n, generation)
        kill_server()
    ended = [each.wait(ENDS_WITHIN) for each in running]
    sale = Sale(size, seconds=time.monotonic() - begun)
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
    sale.requests = len(told)
    sale.unclear = sum(each["result"] not in ("ok", "no") for each in told)
    sale.wrong += _answers(shop, told)
    orders, lines, holds, cards, stock = shop.store.fetch(
        (
            Find(Order, ()),
            Find(OrderLine, ()),
            Find(Hold, ()),
            Find(CardCode, (("grant", "set", None),)),
            Get(Stock, (POOL,)),
        )
    )
    sale.sold = sum(line.quantity for line in lines)
    states = {state: sum(hold.state == state for hold in holds) for state in ("held", "confirmed", "voided")}
    willing = sum(bool(n % LEAVERS) for n in range(sale.size.buyers))
    facts = {
        "sold": (sale.sold, min(sale.size.units, willing * sale.size.each)),
        "confirmed": (states["confirmed"], len(orders)),
        "still held": (states["held"], 0),
        "free": (stock.free, sale.size.units - sale.sold),
        "codes with a holder": (len(cards), sale.sold),
        "holders of codes": (len({card.grant for card in cards}), sale.sold),
        "customers with an order": (len({order.stream for order in orders}), len(orders)),
    }
    sale.wrong += [f"{name}: {found}, not {right}" for name, (found, right) in facts.items() if found != right]
    sale.wrong += [f"reconcile: {each}" for each in shop.reconcile().breaks]


def _answers(shop: Shop, told: list[Told]) -> Iterator[str]:
    """Each acknowledged request against the case of its key."""
    (keys,) = shop.store.fetch((Find(Key, ()),))
    case = {(key.verb, key.key): key.case for key in keys}
    said: dict[tuple[str, str], set[str]] = defaultdict(set)
    for each in told:
        if each["result"] == "ok":
            said[str(each["verb"]), str(each["key"])].add(str(each["case"]))
        elif each["result"] == "no" and each["verb"] != "hold":
            yield f"{each['verb']} {each['key']} was refused: {each['said']}"
    for request, cases in said.items():
        if cases != {case.get(request)}:
            yield f"{request} was told {cases}; the books say {case.get(request)}"


def on_postgres(size: Size, folder: Path) -> Sale:
    """On a server of its own, which is killed as often as processes are."""
    server = Server()
    server.start()

    def kill() -> None:
        server.kill()
        server.start()

    try:
        return run(server.url, folder, size, kill)
    finally:
        server.stop()
        server.remove()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgres", action="store_true")
    for name in Size.__dataclass_fields__:
        parser.add_argument(f"--{name}", type=int, default=getattr(Size(), name))
    options = vars(parser.parse_args(arguments))
    postgres = options.pop("postgres")
    with tempfile.TemporaryDirectory() as name:
        folder, size = Path(name), Size(**options)
        sale = on_postgres(size, folder) if postgres else run(f"sqlite:///{folder / 'shop.db'}", folder, size)
    print(sale.said)
    for each in sale.wrong[:20]:
        print(f"  {each}")
    return int(bool(sale.wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
