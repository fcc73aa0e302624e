"""Purchases on PostgreSQL beside hand-written psycopg that makes the same trips and writes the same rows.

`python -m benchmarks.crowd` starts a server of its own. Each figure is a ratio within one run: ours and theirs take
turns on databases of their own. Every sale must be sold out exactly, and its books must agree. Theirs is given what to
read and write, and neither decides nor builds a statement; it looks at no guard.
"""

import secrets
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, fields
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time, time
from typing import Any, TypeVar

import psycopg
from sqlalchemy.dialects import postgresql

from benchmarks.aims import aimed
from entitle import Done, Keys, Line, Payment, Purchase, Who
from entitle.dsl.load import compile_sources
from entitle.plan import Add, Answer, Effect, Insert, Plan, Read, Update
from entitle.records import Customer, Event
from entitle.release import Release
from entitle.shop.facade import Shop
from entitle.source import Source
from entitle.store.postgres import PostgresStore
from entitle.store.postgres_url import Address
from entitle.store.sql import Statement, Statements
from entitle.store.tables import NAMES
from entitle.testing.flash_sale import PRICE, Of, each_second, prepare
from tests import postgres

BATCH = 50
CROWDS = (1, 8, 32)
WARM = 4  # purchases of each client before its crowd is measured
KINDS: tuple[Of, ...] = ("pool", "limit")
MORE = """\
entitle: 1
name: after-the-sale
timezone: UTC
currency: CNY
benefits:
  entry: {kind: access, name: Entry}
products:
  program: {name: Program, price: ¥10.00, lasts: 30 days, gives: [{benefit: entry}]}
"""
PREPARED = Statements(
    postgresql.psycopg.dialect(paramstyle="format"),  # type: ignore[no-untyped-call]  # SQLAlchemy's is untyped
    postgresql.insert,
    numbers_events=False,
)
T = TypeVar("T")


class Noting:
    """A store that notes what it was asked, purchase by purchase."""

    def __init__(self, store: PostgresStore) -> None:
        self.store = store
        self.reads: list[tuple[Read, ...]] = []
        self.plans: list[Plan] = []

    def fetch(self, reads: tuple[Read, ...]) -> tuple[Any, ...]:
        self.reads.append(reads)
        return self.store.fetch(reads)

    def apply(self, plan: Plan) -> Effect | None:
        self.plans.append(plan)
        return self.store.apply(plan)

    def apply_each(self, plans: Sequence[Plan]) -> list[Answer]:
        self.plans += plans
        return self.store.apply_each(plans)

    def close(self) -> None:
        self.store.close()

    def taken(self) -> tuple[list[tuple[Read, ...]], list[Plan]]:
        """What was noted since the last time."""
        noted = self.reads, self.plans
        self.reads, self.plans = [], []
        return noted


class Theirs:
    """Connections of plain psycopg to a twin of the store."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(Address.of(url).conninfo(5, 5, 30, 30), autocommit=True, prepare_threshold=0)

    def probe(self) -> None:
        self.connection.execute("INSERT INTO probe VALUES (1)")

    def server(self) -> list[int]:
        """The server's processes for all who are connected."""
        rows = self.connection.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'")
        return [pid for (pid,) in rows]

    def fetch(self, statements: list[Statement]) -> None:
        with self.connection.pipeline():
            cursors = [self.connection.execute(text, values) for text, values in statements]
        for cursor in cursors:
            cursor.fetchall()

    def write(self, statements: list[Statement]) -> None:
        with self.connection.pipeline():
            self.connection.execute("BEGIN")
            for text, values in statements:
                self.connection.execute(text, values)
            self.connection.execute("COMMIT")


def written(plan: Plan) -> list[Statement]:
    return [PREPARED.write(effect) for effect in plan]


def in_arrays(plans: Sequence[Plan]) -> list[Statement]:
    """One statement a table for the new rows of all plans; numbers moved once for all of them."""
    rows: defaultdict[type, list[Any]] = defaultdict(list)
    moved: defaultdict[tuple[Any, str], int] = defaultdict(int)
    updates: list[Update] = []
    for effect in (effect for plan in plans for effect in plan):
        match effect:
            case Insert(row):
                rows[type(row)].append(row)
            case Add(row, column, by):
                moved[row, column] += by
            case Update():
                updates.append(effect)
    found = [_unnested(table, each) for table, each in rows.items()]
    return [*found, *_heads(updates), *(PREPARED.write(Add(row, column, by)) for (row, column), by in moved.items())]


def _unnested(table: type, rows: list[Any]) -> Statement:
    kept = [each for each in fields(table) if not (table is Event and each.name == "position")]
    places = [each.name for each in fields(table)]
    columns = [[astuple(row)[places.index(each.name)] for row in rows] for each in kept]
    kinds = ", ".join("%s::bigint[]" if each.type in (int, int | None) else "%s::text[]" for each in kept)
    names = ", ".join(f'"{each.name}"' for each in kept)
    return Statement(f"INSERT INTO {NAMES[table]} ({names}) SELECT * FROM unnest({kinds})", columns)


def _heads(updates: list[Update]) -> list[Statement]:
    """The customers' rows all changed by one statement."""
    if not updates:
        return []
    names = list(updates[0].changes)
    columns = [[each.changes[name] for each in updates] for name in names] + [[each.key[0] for each in updates]]
    kinds = ", ".join("%s::text[]" if isinstance(column[0], str) else "%s::bigint[]" for column in columns)
    changed = ", ".join(f"{name} = new.{name}" for name in names)
    table = f"unnest({kinds}) AS new ({', '.join(names)}, of)"
    return [Statement(f"UPDATE {NAMES[Customer]} AS old SET {changed} FROM {table} WHERE old.stream = new.of", columns)]


def purchase(n: int, product: str = "seat") -> Purchase:
    return Purchase(Who(f"b-{n}"), Line(product), key=f"k-{product}-{n}", paid=Payment(PRICE, f"r-{product}-{n}"))


def opened(url: str, units: int, hot: bool = False, of: Of = "pool") -> tuple[Shop, Noting]:
    store = Noting(PostgresStore(url, size=max(CROWDS) + 4))
    shop = Shop(store, Keys(b"k" * 32), lambda: int(time() * 1_000_000), secrets.token_bytes)
    prepare(shop, units, hot, of)
    store.taken()
    return shop, store


def more() -> Release:
    """What those who have a seat may buy too."""
    release = compile_sources([Source("rulebook.yaml", MORE)]).release
    assert release is not None
    return release


def spent(act: Callable[[], object]) -> float:
    start = perf_counter()
    act()
    return perf_counter() - start


def worked(act: Callable[[], object], server: list[int]) -> tuple[float, float]:
    """Seconds of the clock, and of the processors for this process and those of the server, as Linux counts them."""
    begun = _processors(server)
    seconds = spent(act)
    return seconds, _processors(server) - begun


def _processors(server: list[int]) -> float:
    theirs = sum(int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) for pid in server)
    return process_time() + theirs / 1e9


def buy(shop: Shop, n: int) -> None:
    wanted = purchase(n)
    assert isinstance(shop.buy(wanted.who, wanted.what, key=wanted.key, paid=wanted.paid), Done)


def alone(shop: Shop, store: Noting, theirs: Theirs, count: int) -> None:
    """One process, one purchase after the other; each beside its twin."""
    pairs = []
    for n in range(count):
        mine = spent(partial(buy, shop, n))
        reads, (plan,) = store.taken()
        asked = [[PREPARED.read(read) for read in each] for each in reads]
        wanted = written(plan)

        def same(asked: list[list[Statement]] = asked, wanted: list[Statement] = wanted) -> None:
            for each in asked:
                theirs.fetch(each)
            theirs.write(wanted)

        pairs.append((mine, spent(same)))
    mine, other = (median(column) for column in zip(*pairs[count // 10 :], strict=True))
    print(f"purchase: {mine * 1e3:.2f} ms, psycopg {other * 1e3:.2f} ms")
    aimed("a purchase on PostgreSQL against psycopg", median(b / a for a, b in pairs[count // 10 :]), 0.8)


def batches(shop: Shop, store: Noting, theirs: Theirs, first: int, count: int, product: str = "seat") -> None:
    """Who buys a seat is new, and who buys a program has one."""
    name, pairs, works = "new customers" if product == "seat" else "known customers", [], []
    others = [theirs.connection.info.backend_pid]
    own = [pid for pid in theirs.server() if pid not in others]
    for start in range(first, first + count * BATCH, BATCH):
        wanted = [purchase(n, product) for n in range(start, start + BATCH)]
        mine, our_work = worked(partial(shop.buy_many, wanted), own)
        _, plans = store.taken()
        assert len(plans) == BATCH
        arrays = in_arrays(plans)
        other, their_work = worked(partial(theirs.write, arrays), others)
        pairs.append((mine, other))
        works.append(their_work / our_work)
    mine, other = (BATCH / median(column) for column in zip(*pairs, strict=True))
    speeds = f"{mine:.0f}/s, arrays in psycopg {other:.0f}/s"
    print(f"buy_many of {BATCH}, {name}: {speeds}; ratio of the processors' time {median(works):.2f}")
    aimed(f"`buy_many` of {BATCH}, {name}, against arrays in psycopg", median(b / a for a, b in pairs), 0.5)


def crowds(shop: Shop, store: Noting, url: str, first: int, count: int) -> int:
    """So many clients at one counter; then theirs write the same."""
    for clients in CROWDS:
        mine = spent(partial(_all, clients, partial(buy, shop), range(first, first + count)))
        _, plans = store.taken()
        hands = [Theirs(url) for _ in range(clients)]
        shares = [[written(plan) for plan in plans[i::clients]] for i in range(clients)]
        other = spent(partial(_all, clients, _work, list(zip(hands, shares, strict=True))))
        for hand in hands:
            hand.connection.close()
        speeds = f"{count / mine:.0f}/s, psycopg that only writes {count / other:.0f}/s"
        print(f"{clients} clients: {speeds}, {other / mine:.2f} of its speed")
        first += count
    return first


def hot_crowds(url: str, twin: str, count: int, of: Of) -> None:
    """The same at one hot pool or limit, beside buckets in psycopg: the same reads and writes in as many trips.

    Each crowd buys a little first: both sides have connected then, and prepared their statements.
    """
    units = count * len(CROWDS) + WARM * sum(CROWDS)
    shop, store = opened(postgres.emptied(url), units, True, of)
    opened(postgres.emptied(twin), units, True, of)[1].close()
    speeds: dict[int, tuple[float, float]] = {}
    first = 0
    for clients in CROWDS:
        hands = [Theirs(twin) for _ in range(clients)]
        for bought in (WARM * clients, count):
            mine = spent(partial(_all, clients, partial(buy, shop), range(first, first + bought)))
            reads, plans = store.taken()
            trips = len(reads) // len(plans)
            asked = [[PREPARED.read(read) for read in each] for each in reads]
            cases = [(asked[n * trips : (n + 1) * trips], written(plan)) for n, plan in enumerate(plans)]
            shares = [cases[i::clients] for i in range(clients)]
            other = spent(partial(_all, clients, _work_all, list(zip(hands, shares, strict=True))))
            first += bought
        for hand in hands:
            hand.connection.close()
        speeds[clients] = count / mine, count / other
        told = f"{count / mine:.0f}/s, buckets in psycopg {count / other:.0f}/s"
        print(f"{clients} clients at a hot {of}: {told}; {len(plans) - count} plans came too late")
        if clients > 1:
            aimed(f"{clients} clients at a hot {of} against buckets in psycopg", other / mine, 0.7)
    ours, theirs = (many / few for many, few in zip(speeds[32], speeds[8], strict=True))
    aimed(f"32 clients at a hot {of} against 8", ours, 1)
    print(f"32 clients at buckets in psycopg against 8: {theirs:.2f}; ours beside that: {ours / theirs:.2f}")
    assert [each.rule for each in shop.buy(Who("late"), "seat", key="late").reasons] == ["seats"]
    assert shop.reconcile().ok
    print(f"sold out exactly: {units}, the books agree")
    shop.close()


def _all(clients: int, act: Callable[[T], object], each: Iterable[T]) -> None:
    with ThreadPoolExecutor(clients) as crowd:
        list(crowd.map(act, each))


def _work(share: tuple[Theirs, list[list[Statement]]]) -> None:
    hand, wanted = share
    for statements in wanted:
        hand.write(statements)


def _work_all(share: tuple[Theirs, list[tuple[list[list[Statement]], list[Statement]]]]) -> None:
    hand, cases = share
    for asked, wanted in cases:
        for each in asked:
            hand.fetch(each)
        hand.write(wanted)


def main() -> None:
    """Print the ratios; the number of purchases of each part is the argument, 300 without one."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    units = count + len(CROWDS) * count + 10 * BATCH
    with (
        TemporaryDirectory() as folder,
        postgres.shared(Path(folder)) as server,
        postgres.database(server) as url,
        postgres.database(server) as twin,
    ):
        shop, store = opened(postgres.emptied(url), units)
        opened(postgres.emptied(twin), units)[1].close()
        theirs = Theirs(twin)
        theirs.connection.execute("CREATE TABLE probe (n bigint)")
        print(f"raw commits of one row: {each_second(theirs.probe):.0f}/s")
        alone(shop, store, theirs, count)
        batches(shop, store, theirs, count, 10)
        last = crowds(shop, store, twin, count + 10 * BATCH, count)
        assert last == units
        assert [each.code for each in shop.buy(Who("late"), "seat", key="late").reasons] == ["sold-out"]
        shop.publish(more(), by="bench")
        store.taken()
        batches(shop, store, theirs, count, 10, "program")
        assert shop.reconcile().ok
        print(f"sold out exactly: {units}, the books agree")
        theirs.connection.close()
        shop.close()
        for of in KINDS:
            with postgres.database(server) as url, postgres.database(server) as twin:
                hot_crowds(url, twin, count, of)


if __name__ == "__main__":
    main()
