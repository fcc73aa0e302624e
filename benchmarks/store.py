"""What purchases cost on the SQLite store, beside plain sqlite3 doing the same statements.

`python -m benchmarks.store` runs both in turn on files of their own, so that whatever else the machine does meets both,
and prints the median of each and of the ratios within the pairs.
"""

import sqlite3
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from sqlalchemy.dialects import sqlite

from benchmarks.aims import aimed
from entitle.plan import Add, Effect, Get, Insert, Store, Update
from entitle.records import (
    Contract,
    Count,
    Customer,
    Decided,
    Entry,
    Event,
    Grant,
    Job,
    Key,
    Order,
    OrderLine,
    OrderUnit,
    Posting,
    Use,
)
from entitle.store.connections import connect
from entitle.store.opening import open_store
from entitle.store.sql import Statement, Statements

_NOW = 1_800_000_000_000_000
_CUSTOMERS = 50
GROUP, PROCESSES, EACH = 100, 16, 40
_FACTS = '{"customer.level":2,"customer.region":"CN","now":1800000000000000,"product":"video-monthly","quantity":1}'


def purchase(n: int) -> tuple[Effect, ...]:
    """The effects of the nth purchase: a subscription with one grant, paid, counted, recorded."""
    who, order, at, seq = f"u-{n % _CUSTOMERS}", f"ord_{n}", _NOW + n, n // _CUSTOMERS + 1
    grant = Grant(
        stream=who,
        id=f"gr_{n}",
        order=order,
        line=1,
        unit=1,
        item="vip",
        n=1,
        contract=f"con_{n}",
        product="video-monthly",
        release="r" * 64,
        benefit="video-vip",
        kind="access",
        quantity=1,
        state="active",
        granted_at=at,
        claim_until=None,
        claimed_at=None,
        active_from=at,
        valid_until=at + 1,
        capacity=0,
    )
    contract = Contract(
        stream=who,
        id=f"con_{n}",
        order=order,
        line=1,
        product="video-monthly",
        release="r" * 64,
        anchor=at,
        timeline='[["intro",1,null,990],["normal",null,null,2500]]',
        quantity=1,
        paid=1,
        period_start=at,
        period_end=at + 1,
        ends_at=None,
        state="running",
    )
    return (
        Insert(Key(who, "buy", f"key-{n}", "i" * 64, order, at)),
        Update(Customer, (who,), {"seq": seq, "head": f"{n:064}", "events": seq}, {"seq": seq - 1}),
        Insert(Decided(who, f"dec_{n}", at, "buy", "r" * 64, "video-monthly", _FACTS, "[1,990]")),
        Insert(Order(who, order, f"dec_{n}", "r" * 64, at, 990, "CNY", f"pay_{n}", "app", "api", "")),
        Insert(OrderLine(who, order, 1, "video-monthly", 1, 990, at)),
        Insert(OrderUnit(who, order, 1, 1, 990)),
        Add(Count("video-monthly", "stock", "", 0), "used", 1, most=10**9),
        Insert(Use(who, order, 1, "first-order", "", 1, at)),
        Insert(contract),
        Insert(grant),
        Insert(Entry(who, seq, at, "buy", order, f"dec_{n}", "api", "", f"{n:064}")),
        Insert(Posting(who, seq, 1, "income", "CNY", -990)),
        Insert(Posting(who, seq, 2, "customer", "CNY", 990)),
        Insert(Event(who, seq, f"evt_{n}", "order.placed", at, '{"order":"ord","total":990}')),
        Insert(Job(who, f"con_{n}", "renew", 1, at + 1)),
    )


def main() -> None:
    """Print the medians; the number of purchases is the argument, 2,000 without one."""
    purchases = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    statements = Statements(sqlite.dialect(paramstyle="qmark"), sqlite.insert, numbers_events=True)
    with TemporaryDirectory() as folder:
        store, plain = _open(folder, "store.db"), _open(folder, "plain.db")
        plain.close()
        connection = connect(Path(folder, "plain.db"), 10, {})
        _first_plans(store, connection, statements)
        plans = [purchase(n) for n in range(purchases)]
        writes = [[statements.write(effect) for effect in plan] for plan in plans]
        _report(
            f"a purchase ({len(plans[0])} effects)",
            [partial(_apply, store, plan) for plan in plans],
            [partial(_write, connection, each) for each in writes],
        )
        groups = [[purchase(n) for n in range(i, i + GROUP)] for i in range(purchases, 2 * purchases, GROUP)]
        _report(
            f"{GROUP} purchases together",
            [partial(_apply_each, store, each) for each in groups],
            [
                partial(_write, connection, [statements.write(effect) for plan in each for effect in plan])
                for each in groups
            ],
        )
        connection.close()
        store.close()
        _crowd(folder)


def _crowd(folder: str) -> None:
    """How long each purchase of many processes waits on one file."""
    url = f"sqlite:///{folder}/crowd.db"
    store = open_store(url, create=True)
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as crowd:
        waits = [wait for each in crowd.map(_wait_in_crowd, [url] * PROCESSES, range(PROCESSES)) for wait in each]
    (sold,) = store.fetch((Get(Count, ("video-monthly", "stock", "")),))
    assert sold.used == PROCESSES * EACH
    store.close()
    print(f"{PROCESSES} processes: a purchase waits {median(waits) * 1e3:.1f} ms, at most {max(waits) * 1e3:.0f} ms")


def _wait_in_crowd(url: str, process: int) -> list[float]:
    store = open_store(url)
    plans = [_first_of(purchase(process * EACH * _CUSTOMERS + n * _CUSTOMERS), f"p-{process}-{n}") for n in range(EACH)]
    waits = [_seconds(partial(_apply, store, plan)) for plan in plans]
    store.close()
    return waits


def _first_of(plan: tuple[Effect, ...], who: str) -> tuple[Effect, ...]:
    """The first purchase of a customer whom nobody knows."""
    insert = Insert(Customer(who, 1, "", 0, 1))
    rest = tuple(_as_of(effect, who) for effect in plan if not isinstance(effect, Update))
    return insert, *rest


def _as_of(effect: Effect, who: str) -> Effect:
    if isinstance(effect, Insert) and hasattr(effect.row, "stream"):
        named = {"stream": who} | ({"seq": 1} if hasattr(effect.row, "seq") else {})
        return Insert(replace(effect.row, **named))
    return effect


def _open(folder: str, name: str) -> Store:
    return open_store(f"sqlite:///{folder}/{name}", create=True)


def _first_plans(store: Store, connection: sqlite3.Connection, statements: Statements) -> None:
    plan = tuple(Insert(Customer(f"u-{n}", 0, "", 0, 0)) for n in range(_CUSTOMERS))
    _apply(store, plan)
    _write(connection, [statements.write(each) for each in plan])


def _apply(store: Store, plan: tuple[Effect, ...]) -> None:
    assert store.apply(plan) is None


def _apply_each(store: Store, plans: list[tuple[Effect, ...]]) -> None:
    assert not any(store.apply_each(plans))


def _write(connection: sqlite3.Connection, statements: list[Statement]) -> None:
    cursor = connection.cursor()
    cursor.execute("BEGIN IMMEDIATE")
    for text, values in statements:
        cursor.execute(text, values)
    cursor.execute("COMMIT")


def _report(name: str, ours: list[Callable[[], object]], plain: list[Callable[[], object]]) -> None:
    pairs = [_pair(*each) for each in zip(count(), ours, plain)]
    store, sqlite3_alone = median(mine for mine, _ in pairs), median(theirs for _, theirs in pairs)
    print(f"{name}: {store * 1e6:.0f} µs, plain sqlite3 {sqlite3_alone * 1e6:.0f} µs")
    aimed(f"{name} on SQLite against the same statements", median(theirs / mine for mine, theirs in pairs), 0.6)


def _pair(n: int, mine: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float]:
    """The seconds of both; who comes second, comes first the next time."""
    if n % 2:
        return _seconds(mine), _seconds(theirs)
    late = _seconds(theirs)
    return _seconds(mine), late


def _seconds(act: Callable[[], object]) -> float:
    start = perf_counter()
    act()
    return perf_counter() - start


if __name__ == "__main__":
    main()
