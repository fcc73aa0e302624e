"""Buyers of one process: each holds EACH units, then pays for it or lets it go, and writes down what it was told.

    python -m tests.soak.buyers URL PRODUCT EACH PRICE FIRST LAST THREADS SEED HISTORY

The history has a line of JSON for each request: verb, key, when it was sent and answered, and the answer. A line is
written before the next request is made, so that whatever kills the process, what was acknowledged is known.
"""

import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from random import Random
from threading import Lock, Thread

from entitle import Busy, Done, InDoubt, Line, Money, Payment, Refused, Who
from entitle.errors import StoreError
from entitle.hold_records import Hold
from entitle.plan import Tally
from entitle.records import Stock
from entitle.shop.facade import Shop
from entitle.store.opening import open_store
from tests.faults.deadly import KEYS
from tests.shops import shanghai

SALE = "2026-12-24 20:00"
UNANSWERED_MOST = 300
LEAVERS = 4  # one in so many lets go what it held
Told = dict[str, object]
Ask = Callable[[], object]


def opened(url: str, seed: int, create: bool = False) -> Shop:
    """A shop of the sale, at the instant at which it begins."""
    at = shanghai(SALE)
    return Shop(open_store(url, create=create), KEYS, lambda: at, Random(seed).randbytes)


def answer(ask: Ask) -> Told:
    """One request, and what was answered to it."""
    try:
        outcome = ask()
    except StoreError as problem:  # surely not done
        return {"result": "error", "said": str(problem)}
    match outcome:
        case Done(value):
            return {"result": "ok", "case": getattr(value, "id", ""), "replayed": outcome.replayed}
        case Refused(reasons):
            return {"result": "no", "said": [reason.code for reason in reasons]}
        case InDoubt():
            return {"result": "unknown"}
        case Busy():
            return {"result": "busy"}
    raise AssertionError(outcome)


class Buyer:
    """One of them. `write` keeps a line of the history."""

    def __init__(self, shop: Shop, number: int, random: Random, write: Callable[[Told], None]) -> None:
        self.shop, self.who, self.number, self.random = shop, Who(f"b-{number}", channel="app"), number, random
        self._write = write

    def ask(self, verb: str, key: str, ask: Ask) -> Told:
        """Until there is an answer, and sometimes again: the same key, as a client that lost the answer."""
        more = self.random.choice([0, 0, 0, 1, 3])
        for _ in range(UNANSWERED_MOST):
            sent = time.time()
            told = {"verb": verb, "key": key, "who": self.who.customer} | answer(ask)
            self._write(told | {"sent": sent, "ended": time.time()})
            if told["result"] not in ("ok", "no"):
                time.sleep(self.random.uniform(0, 0.2))
            elif not more:
                return told
            else:
                more -= 1
        raise AssertionError(f"{verb} {key} was never answered")

    def hold(self, line: Line) -> str | None:
        """The hold; None: it is sold out."""
        key = f"hold-{self.number}"
        told = self.ask("hold", key, lambda: self.shop.hold(self.who, line, key=key))
        return str(told["case"]) if told["result"] == "ok" else None

    def _all_is_paid(self) -> bool:
        """Nothing is free, and nobody holds what he may let go."""
        while True:
            with suppress(StoreError):  # asked again
                held, free = self.shop.store.fetch(
                    (Tally(Hold, (("state", "=", "held"),)), Tally(Stock, (), "sum", "free"))
                )
                return bool(held + free == 0)

    def go(self, line: Line, price: Money) -> bool:
        """Buy, or let go; whether it is over. Else somebody holds what may come back, who may wait in the queue too."""
        hold, key = self.hold(line), f"ref-{self.number}"
        if hold is None:
            over = self._all_is_paid()
            time.sleep(0 if over else self.random.uniform(0, 0.4))
            return over
        if self.number % LEAVERS:
            self.ask("confirm", key, lambda: self.shop.confirm(hold, paid=Payment(price, key), key=key))
        else:
            self.ask("void", key, lambda: self.shop.void(hold, key=key))
        return True


def main(url: str, line: Line, price: Money, numbers: range, threads: int, seed: int, history: Path) -> None:
    shop, lock = _at_last_opened(url, seed), Lock()
    waiting: SimpleQueue[int] = SimpleQueue()
    for number in Random(seed).sample(numbers, len(numbers)):
        waiting.put(number)
    with history.open("a", encoding="utf-8") as file:

        def write(told: Told) -> None:
            with lock:
                file.write(f"{json.dumps(told)}\n")
                file.flush()

        def serve() -> None:
            while True:
                try:
                    number = waiting.get_nowait()
                except Empty:
                    return
                if not Buyer(shop, number, Random(seed * 100_000 + number), write).go(line, price):
                    waiting.put(number)

        crowd = [Thread(target=serve) for _ in range(threads)]
        for each in crowd:
            each.start()
        for each in crowd:
            each.join()
    shop.close()


def _at_last_opened(url: str, seed: int) -> Shop:
    """The server may be on its way up again."""
    until = time.monotonic() + 60
    while True:
        try:
            return opened(url, seed)
        except StoreError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


if __name__ == "__main__":
    url, product, each, minor, first, last, threads, seed, history = sys.argv[1:]
    line, price = Line(product, int(each)), Money.of_minor(int(minor), "CNY")
    main(url, line, price, range(int(first), int(last)), int(threads), int(seed), Path(history))
