"""What the processes of a crowd do, each with a store of its own."""

from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from threading import Thread

from entitle.plan import Add, Effect, Insert, Store
from entitle.records import Count, Customer, Entry, Event, Key, Posting
from entitle.store.sqlite import SqliteStore

STOCK = Count("pool", "stock", "", 0)


def take(path: Path, start: Barrier, told: Connection, threads: int, tries: int, most: int) -> None:
    """Take one of the stock in many threads; tells how often it was got."""
    store = SqliteStore(path)
    got: list[bool] = []
    plan = (Add(STOCK, "used", 1, most=most),)
    crowd = [Thread(target=lambda: got.extend(store.apply(plan) is None for _ in range(tries))) for _ in range(threads)]
    start.wait()
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()
    store.close()
    told.send(sum(got))


def claim(path: Path, start: Barrier, told: Connection, who: int, keys: int) -> None:
    """Insert the same keys as everyone else; tells which were won."""
    store = SqliteStore(path)
    start.wait()
    won = [n for n in range(keys) if store.apply((Insert(Key(f"{who}", "buy", f"{n}", "", f"{who}", 1)),)) is None]
    store.close()
    told.send(won)


def step(stream: str, n: int) -> tuple[Effect, ...]:
    """The nth step of a customer: all of it is there, or nothing."""
    return (
        Add(STOCK, "used", 1),
        Insert(Key(stream, "buy", f"{stream}-{n}", "", "", 1)),
        Insert(Entry(stream, n, 1, "buy", "", "", "", "", "")),
        Insert(Posting(stream, n, 1, "income", "CNY", -n)),
        Insert(Posting(stream, n, 2, "customer", "CNY", n)),
        Insert(Event(stream, n, f"{stream}-{n}", "bought", 1, "{}" * 500)),
    )


def step_on(path: Path, start: Barrier, told: Connection, stream: str) -> None:
    """Step after step until killed; tells of each that was done."""
    store: Store = SqliteStore(path)
    store.apply((Insert(Customer(stream, 0, "", 0, 0)),))
    start.wait()
    n = 0
    while True:
        n += 1
        assert store.apply(step(stream, n)) is None
        told.send(n)
