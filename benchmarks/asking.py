"""What the hot question costs: `shop.has`, beside one raw indexed read of the same rows by the bare driver.

`python -m benchmarks.asking` asks on SQLite (the processor's time, since nothing is waited for) and on a PostgreSQL of
its own, both sides in turn. The raw read is one
prepared statement on a connection kept open, and answers less: it believes any clock, and knows no wrong name.
"""

import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time, time

import psycopg

from benchmarks.aims import aimed
from entitle import Keys, Line, Payment, Who
from entitle.plan import Store
from entitle.shop.facade import Shop
from entitle.store.opening import open_store
from entitle.store.postgres_url import Address
from entitle.testing.flash_sale import PRICE, prepare
from tests import postgres

CUSTOMERS, ROUNDS = 100, 40
RAW = (
    "SELECT 1 FROM entitle_grants WHERE stream = %s AND benefit = 'entry' AND state = 'active' AND active_from <= %s"
    " AND (valid_until IS NULL OR valid_until > %s)"
)
Asking = Callable[[str], bool]


def now() -> int:
    return int(time() * 1_000_000)


def sold(store: Store) -> Shop:
    """A shop whose customers hold what is asked for."""
    shop = Shop(store, Keys(b"k" * 32), now, secrets.token_bytes)
    prepare(shop, CUSTOMERS)
    for n in range(CUSTOMERS):
        shop.buy(Who(f"b-{n}"), Line("seat"), key=f"k-{n}", paid=Payment(PRICE, f"r-{n}")).unwrap()
    return shop


def compare(name: str, shop: Shop, raw: Asking, seconds: Callable[[], float]) -> None:
    """Both in turn, a round of all customers each; a customer who holds nothing is told so by both."""
    who = [f"b-{n}" for n in range(CUSTOMERS)]
    assert not shop.has("nobody", "entry")
    assert not raw("nobody")
    pairs = [
        (_spent(lambda each: shop.has(each, "entry"), who, seconds), _spent(raw, who, seconds)) for _ in range(ROUNDS)
    ]
    mine, other = (median(column) / CUSTOMERS for column in zip(*pairs, strict=True))
    print(f"`has` on {name}: {mine * 1e6:.0f} µs, one raw read {other * 1e6:.0f} µs")
    aimed(f"`has` on {name} against one raw read", median(b / a for a, b in pairs), 0.6)
    shop.close()


def _spent(ask: Asking, who: list[str], seconds: Callable[[], float]) -> float:
    start = seconds()
    for each in who:
        assert ask(each)
    return seconds() - start


def main() -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "shop.db")
        shop = sold(open_store(f"sqlite:///{path}", create=True))
        with closing(sqlite3.connect(path, isolation_level=None)) as file:
            text = RAW.replace("%s", "?")
            compare(
                "SQLite", shop, lambda who: file.execute(text, (who, now(), now())).fetchone() is not None, process_time
            )
        with postgres.shared(Path(folder)) as server, postgres.database(server) as url:
            shop, conninfo = sold(open_store(url)), Address.of(url).conninfo(5, 5, 30, 30)
            with psycopg.connect(conninfo, autocommit=True, prepare_threshold=0) as wire:
                compare(
                    "PostgreSQL",
                    shop,
                    lambda who: wire.execute(RAW, (who, now(), now())).fetchone() is not None,
                    perf_counter,
                )


if __name__ == "__main__":
    main()
