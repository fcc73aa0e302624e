"""Buyers of one process: each asks for one unit, some of them several times, and writes down what it was told.

    python -m tests.soak.buyers URL PRODUCT FIRST LAST THREADS SEED HISTORY

The history has a line of JSON for each request: key, customer, when it was sent and answered, and the answer. A line
is on the disk before the next request is made, so that whatever kills the process, what was acknowledged is known.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from random import Random
from threading import Lock, Thread

from entitle import Busy, Done, InDoubt, Line, Money, Payment, Refused, Who
from entitle.errors import StoreError
from entitle.shop.facade import Shop
from entitle.store.opening import open_store
from tests.faults.deadly import KEYS
from tests.shops import shanghai

SALE = "2026-12-24 20:00"
TRIES_MOST = 50


def opened(url: str, seed: int, create: bool = False) -> Shop:
    """A shop of the sale, at the instant at which it begins."""
    at = shanghai(SALE)
    return Shop(open_store(url, create=create), KEYS, lambda: at, Random(seed).randbytes)


def told(shop: Shop, who: Who, product: str, paid: Payment, key: str) -> dict[str, object]:
    """One request, and what was answered to it."""
    try:
        outcome = shop.buy(who, Line(product), key=key, paid=paid)
    except StoreError as problem:  # surely not done
        return {"result": "error", "said": str(problem)}
    match outcome:
        case Done(order):
            return {"result": "ok", "order": order.id, "replayed": outcome.replayed}
        case Refused(reasons):
            return {"result": "no", "said": [reason.code for reason in reasons]}
        case InDoubt():
            return {"result": "unknown"}
        case Busy():
            return {"result": "busy"}
    raise AssertionError(outcome)


def ask(shop: Shop, product: str, price: Money, buyer: int, random: Random, write: Callable[[str], None]) -> None:
    """Until there is an answer, and sometimes once more: the same key, as a client that lost the answer."""
    key = f"sale-{buyer}"
    more = random.choice([0, 0, 0, 1, 3])
    for _ in range(TRIES_MOST):
        sent = time.time()
        answer = told(shop, Who(f"b-{buyer}", channel="app"), product, Payment(price, f"ref-{key}"), key)
        line = {"key": key, "who": f"b-{buyer}", "sent": sent, "ended": time.time()} | answer
        write(json.dumps(line))
        if answer["result"] in ("ok", "no"):
            if not more:
                return
            more -= 1
        else:
            time.sleep(random.uniform(0, 0.2))


def main(url: str, product: str, price: int, first: int, last: int, threads: int, seed: int, history: Path) -> None:
    shop, lock = opened(url, seed), Lock()
    waiting: SimpleQueue[int] = SimpleQueue()
    for buyer in Random(seed).sample(range(first, last), last - first):
        waiting.put(buyer)
    with history.open("a", encoding="utf-8") as file:

        def write(line: str) -> None:
            with lock:
                file.write(f"{line}\n")
                file.flush()

        def serve(n: int) -> None:
            random, amount = Random(seed * 1000 + n), Money.of_minor(price, "CNY")
            while True:
                try:
                    buyer = waiting.get_nowait()
                except Empty:
                    return
                ask(shop, product, amount, buyer, random, write)

        crowd = [Thread(target=serve, args=(n,)) for n in range(threads)]
        for each in crowd:
            each.start()
        for each in crowd:
            each.join()
    shop.close()


if __name__ == "__main__":
    url, product, price, first, last, threads, seed, history = sys.argv[1:]
    main(url, product, int(price), int(first), int(last), int(threads), int(seed), Path(history))
