"""PostgreSQL: all plans come to the rows that they share in one order, so that no two ever wait for each other."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic, sleep

import psycopg
import pytest

from entitle.errors import StoreError
from entitle.plan import Add, Get, Insert, Plan, Update
from entitle.records import Count, Customer, Job, Stock
from entitle.store import postgres
from entitle.store.postgres import PostgresStore
from entitle.store.tables import NAMES
from tests.store.rows import done

WAIT = 20.0
ROUNDS = 150
HEADS, JOBS, STOCK = NAMES[Customer], NAMES[Job], NAMES[Stock]


@pytest.fixture
def stocked(postgres_store: PostgresStore) -> PostgresStore:
    done(
        postgres_store,
        *(Insert(Customer(who, 0, "", 0, 0)) for who in ("ann", "bob", "cem")),
        *(Insert(Job("ann", f"j{n}", "end", 1, None)) for n in range(40)),
        *(Insert(Stock(pool, 1)) for pool in "pq"),
    )
    return postgres_store


def head(who: str, **changes: object) -> Update:
    return Update(Customer, (who,), {"seq": 7, **changes})


def jobs(count: int) -> list[Update]:
    return [Update(Job, ("ann", f"j{n}", "end"), {"n": 2}) for n in range(count)]


def stock() -> list[Update]:
    return [Update(Stock, (pool,), {"free": 2}) for pool in "pq"]


@pytest.mark.parametrize(
    ("plan", "first", "others"),
    [
        ((head("ann"), *jobs(2)), f"{HEADS} WHERE stream = 'ann'", JOBS),
        ((*jobs(2), head("ann")), f"{HEADS} WHERE stream = 'ann'", JOBS),
        ((*stock(), *jobs(2)), f"{JOBS} WHERE subject = 'j0'", STOCK),
        (
            (head("ann"), head("bob", head="x"), head("cem")),
            f"{HEADS} WHERE stream = 'bob'",
            f"{HEADS} WHERE stream = 'cem'",
        ),
    ],
    ids=["a head", "a head that is named last", "one table", "a head that another changes otherwise"],
)
def test_who_waits_for_what_comes_first_holds_nothing_of_what_comes_later(
    stocked: PostgresStore, postgres_url: str, plan: Plan, first: str, others: str
) -> None:
    with ThreadPoolExecutor(1) as thread, psycopg.connect(postgres_url) as mine:
        mine.execute(f"SELECT 1 FROM {first} FOR UPDATE".encode())
        told = thread.submit(stocked.apply, plan)
        try:
            until_one_waits(postgres_url)
            with psycopg.connect(postgres_url) as other:
                other.execute(f"SELECT 1 FROM {others} FOR UPDATE NOWAIT".encode())
        finally:
            mine.rollback()
        assert told.result(WAIT) is None


def until_one_waits(url: str) -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    until = monotonic() + WAIT
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute(waiting).fetchone() == (0,):
            assert monotonic() < until, "nobody waits"
            sleep(0.005)


def test_many_rows_of_a_customer_against_one_of_them(
    stocked: PostgresStore, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was sent back by the server would say so: there is no second attempt."""
    monkeypatch.setattr(postgres, "_ATTEMPTS", 1)
    plans: list[Plan] = [(head("ann"), *jobs(40)), (head("ann"), *jobs(1))]
    with ThreadPoolExecutor(2) as threads, another(postgres_url) as other:
        racing = [threads.submit(repeated, *each) for each in zip((stocked, other), plans, strict=True)]
        assert [each.result(60) for each in racing] == [ROUNDS, ROUNDS]


def repeated(store: PostgresStore, plan: Plan) -> int:
    """How often it was done until it was not."""
    return next((n for n in range(ROUNDS) if store.apply(plan) is not None), ROUNDS)


@contextmanager
def another(url: str) -> Iterator[PostgresStore]:
    store = PostgresStore(url)
    yield store
    store.close()


def test_who_gives_way_to_a_program_of_the_shops_tries_again(stocked: PostgresStore, postgres_url: str) -> None:
    """It knows nothing of the order in which plans lock; the server ends the plan, and nobody is told."""
    with ThreadPoolExecutor(1) as thread, psycopg.connect(postgres_url) as other:
        other.execute("SET deadlock_timeout = '20s'")  # the plan looks first, and is the one that ends
        other.execute(f"UPDATE {STOCK} SET free = free WHERE pool = 'q'".encode())
        told = thread.submit(stocked.apply, tuple(Add(Stock(pool, 0), "free", 1) for pool in "pq"))
        until_one_waits(postgres_url)
        other.execute(f"UPDATE {STOCK} SET free = free WHERE pool = 'p'".encode())
        other.commit()
        assert told.result(WAIT) is None
    assert stocked.fetch(tuple(Get(Stock, (pool,)) for pool in "pq")) == (Stock("p", 2), Stock("q", 2))


@pytest.mark.parametrize("wrong", ["\ud800", "\0"], ids=range(2))
def test_a_key_that_cannot_be_stored_refuses_its_own_plan(stocked: PostgresStore, wrong: str) -> None:
    """Also where the rows of all plans are locked together before anything is done to them."""
    counts = [Add(Count(pool, "stock", "", 0), "used", 1) for pool in "pq"]
    bad = Add(Count(wrong, "stock", "", 0), "used", 1)
    told = stocked.apply_each([(counts[0],), (counts[1], bad), (counts[1],)])
    assert [told[0], told[2]] == [None, None]
    assert isinstance(told[1], StoreError)
    lost: Plan = tuple(Update(Job, ("ann", each, "end"), {"n": 3}) for each in ("j0", wrong))
    told = stocked.apply_each([(head("ann"), *jobs(2)), (head("bob"), *lost), (head("cem"), *stock())])
    assert [told[0], told[2]] == [None, None]
    assert isinstance(told[1], StoreError)
