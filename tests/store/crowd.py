"""What the processes of a crowd do, each with a store of its own."""

from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from threading import Thread

from entitle.plan import Add, Effect, Insert, Tally, Within
from entitle.records import Count, Customer, Entry, Event, Key, Posting, Use
from entitle.store.opening import open_store

STOCK = Count("pool", "stock", "", 0)


def take(url: str, start: Barrier, told: Connection, threads: int, tries: int, most: int) -> None:
    """Take one of the stock in many threads; tells how often it was got."""
    store = open_store(url)
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


def claim(url: str, start: Barrier, told: Connection, who: int, keys: int) -> None:
    """Insert the same keys as everyone else; tells which were won."""
    store = open_store(url)
    start.wait()
    won = [n for n in range(keys) if store.apply((Insert(Key(f"{who}", "buy", f"{n}", "", f"{who}", 1)),)) is None]
    store.close()
    told.send(won)


def cross(url: str, start: Barrier, told: Connection, who: int, tries: int) -> None:
    """Move the same counters as everyone else, each process in another order; tells how often it was done."""
    store = open_store(url)
    counters = [Count(f"pool-{n}", "stock", "", 0) for n in range(6)]
    mine = counters[who % 6 :] + counters[: who % 6]
    plan = tuple(Add(each, "used", 1) for each in (mine if who % 2 else reversed(mine)))
    start.wait()
    got = sum(store.apply(plan) is None for _ in range(tries))
    store.close()
    told.send(got)


def look_back(url: str, start: Barrier, told: Connection, who: int, tries: int, most: int) -> None:
    """Use what is counted from its uses, and no number stands for; tells how often it was got."""
    store = open_store(url)
    tally = Tally(Use, (("subject", "=", "device"), ("counter", "=", "c")), "sum", "units")
    start.wait()
    uses = [Use("device", f"{who}-{n}", 1, "c", "-", 1, 1) for n in range(tries)]
    got = sum(store.apply((Within(tally, 1, most), Insert(use))) is None for use in uses)
    store.close()
    told.send(got)


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


def step_on(url: str, start: Barrier, told: Connection, stream: str) -> None:
    """Step after step until killed; tells of each that was done."""
    store = open_store(url)
    store.apply((Insert(Customer(stream, 0, "", 0, 0)),))
    start.wait()
    n = 0
    while True:
        n += 1
        assert store.apply(step(stream, n)) is None
        told.send(n)
