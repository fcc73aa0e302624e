"""Join on PostgreSQL, where two transactions write at once: who comes second decides again, or begins anew."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from time import monotonic, sleep
from typing import Any

import psycopg
import pytest
from psycopg import IsolationLevel

import entitle
from entitle import ON_ACCOUNT, Done, RetryTransaction, Shop, StoreError, Who
from entitle.plan import Effect, Insert, Plan, Tally, Within
from entitle.records import Count
from entitle.store.joined import join
from entitle.store.postgres_url import Address
from entitle.testing.world import World
from tests.join.hosts import run
from tests.shops import ANN, BOB, codes, done, world

MONTHLY = "starlight-monthly"
BOX = "party-box"
WAITING = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
def here(postgres_url: str) -> World:
    return world(postgres_url)


@pytest.fixture
def shop(here: World) -> Shop:
    return here.shop


def connect(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(Address.of(url).conninfo(5, 20, 30, 30))


def until_one_waits(url: str) -> None:
    until = monotonic() + 20
    while not run(url, WAITING):
        assert monotonic() < until, "nobody waits for a lock"
        sleep(0.01)


@contextmanager
def beside(work: Callable[[], object]) -> Iterator[Future[object]]:
    """The work, in another thread."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(work)


@pytest.mark.parametrize("commits", [True, False])
def test_who_waits_for_the_last_unit_decides_again(here: World, postgres_url: str, commits: bool) -> None:
    """Inside the same transaction, on what the first one left."""
    here.fill("box-stock", 1)

    def second() -> object:
        with connect(postgres_url) as connection, here.shop.join(connection) as tx:
            return tx.buy(BOB, BOX, key="box", paid=ON_ACCOUNT)

    with connect(postgres_url) as connection:
        with here.shop.join(connection) as tx:
            done(tx.buy(ANN, BOX, key="box-a", paid=ON_ACCOUNT))
        with beside(second) as answer:
            until_one_waits(postgres_url)
            connection.commit() if commits else connection.rollback()
            told = answer.result(30)
    assert codes(told) == ["sold-out"] if commits else isinstance(told, Done)
    assert here.shop.reconcile().ok


def test_who_sees_one_moment_only_must_begin_anew(here: World, postgres_url: str) -> None:
    """And is told the truth when it does."""
    here.fill("box-stock", 1)
    seen, sold = Event(), Event()
    runs: list[int] = []

    @entitle.retrying
    def second() -> object:
        runs.append(1)
        with connect(postgres_url) as connection:
            connection.isolation_level = IsolationLevel.REPEATABLE_READ
            connection.execute("SELECT 1")
            seen.set()
            assert sold.wait(20)
            with here.shop.join(connection) as tx:
                return tx.buy(BOB, BOX, key="box", paid=ON_ACCOUNT)

    with beside(second) as answer:
        assert seen.wait(20)
        done(here.shop.buy(ANN, BOX, key="box-a", paid=ON_ACCOUNT))
        sold.set()
        assert codes(answer.result(30)) == ["sold-out"]
    assert len(runs) == 2
    assert here.shop.reconcile().ok


def test_two_of_one_customer_are_one_after_the_other(shop: Shop, postgres_url: str) -> None:
    """The second one waited, and what it was about to do is done already."""

    def second() -> object:
        with connect(postgres_url) as connection, shop.join(connection) as tx:
            return tx.buy(ANN, MONTHLY, key="order-2")

    with connect(postgres_url) as connection:
        with shop.join(connection) as tx:
            done(tx.buy(ANN, MONTHLY, key="order-1"))
        with beside(second) as answer:
            until_one_waits(postgres_url)
            connection.commit()
            assert codes(answer.result(30)) == ["one-membership"]
    assert shop.reconcile().ok


def test_the_same_key_twice_at_once_is_one_order(shop: Shop, postgres_url: str) -> None:
    def second() -> object:
        with connect(postgres_url) as connection, shop.join(connection) as tx:
            return tx.buy(ANN, MONTHLY, key="order-1")

    with connect(postgres_url) as connection:
        with shop.join(connection) as tx:
            order = done(tx.buy(ANN, MONTHLY, key="order-1"))
        with beside(second) as answer:
            until_one_waits(postgres_url)
            connection.commit()
            told = answer.result(30)
    assert isinstance(told, Done)
    assert (told.value, told.replayed) == (order, True)
    assert shop.reconcile().ok


def used(who: str) -> Plan:
    """One more, where there may be one of all."""
    return Within(Tally(Count, (("counter", "=", "c"),), "sum", "used"), 1, 1), Insert(Count(who, "c", "", 1))


@pytest.mark.parametrize("first", ["joined", "own"])
@pytest.mark.parametrize("second", ["joined", "own"])
def test_a_tally_holds_although_no_row_stands_for_it(here: World, postgres_url: str, first: str, second: str) -> None:
    """Whichever of them are in lent transactions."""
    go_on = Event()

    def apply(how: str, who: str, then: Callable[[], object]) -> Effect | None:
        if how == "own":
            answer = here.store.apply(used(who))
            then()
            return answer
        with connect(postgres_url) as connection, join(connection, None) as store:
            answer = store.apply(used(who))
            then()
            return answer

    with ThreadPoolExecutor(2) as pool:
        begun = Event()

        def pause() -> None:
            begun.set()
            assert go_on.wait(20)

        one = pool.submit(apply, first, "a", pause)
        assert begun.wait(20)
        two = pool.submit(apply, second, "b", lambda: None)
        if first == "joined":
            until_one_waits(postgres_url)
        go_on.set()
        answers = [one.result(30), two.result(30)]
    assert answers == [None, used("b")[0]]


def test_a_failed_transaction_is_not_joined(shop: Shop, postgres_url: str) -> None:
    with connect(postgres_url) as connection:
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("SELECT 1/0")
        with pytest.raises(StoreError, match="has failed already"), shop.join(connection):
            raise AssertionError
        connection.rollback()
        connection.autocommit = True
        with pytest.raises(StoreError, match=r"enter `connection\.transaction\(\)` first"), shop.join(connection):
            raise AssertionError
        with connection.transaction(), shop.join(connection) as tx:
            done(tx.buy(ANN, MONTHLY, key="order-1"))
    assert shop.has("ann", "cinema-vip")


def test_a_row_held_too_long_asks_to_begin_anew(shop: Shop, postgres_url: str) -> None:
    with connect(postgres_url) as first, connect(postgres_url) as second:
        with shop.join(first) as tx:
            done(tx.buy(ANN, MONTHLY, key="order-1"))
        second.execute("SET lock_timeout = 1")
        with pytest.raises(RetryTransaction, match="in the way"), shop.join(second) as tx:
            tx.buy(ANN, MONTHLY, key="order-2")
        second.rollback()
        first.rollback()


def test_the_tables_are_found_in_the_schema_of_the_store(postgres_url: str) -> None:
    """Where the shop's own connections look elsewhere first."""
    apart = f"{postgres_url}&schema=brand"
    shop = world(apart).shop
    try:
        with connect(postgres_url) as connection:
            with shop.join(connection) as tx:
                done(tx.buy(ANN, MONTHLY, key="order-1"))
                assert tx.has("ann", "cinema-vip")
                assert tx.reconcile().ok
            assert connection.execute("SELECT count(*) FROM entitle_orders").fetchone() == (0,)
        assert shop.has("ann", "cinema-vip")
    finally:
        shop.close()
        run(postgres_url, "DROP SCHEMA brand CASCADE")


def test_another_database_is_refused(shop: Shop, postgres_url: str) -> None:
    with connect(postgres_url) as connection:
        connection.execute("CREATE SCHEMA elsewhere")
        connection.execute("SET LOCAL search_path = elsewhere")
        with pytest.raises(StoreError, match="the store has no tables yet; run: entitle"), shop.join(connection):
            raise AssertionError
        connection.rollback()


def test_a_crowd_in_transactions_of_its_own_sells_each_unit_once(here: World, postgres_url: str) -> None:
    here.fill("box-stock", 10)

    @entitle.retrying
    def sell(number: int) -> bool:
        with connect(postgres_url) as connection, here.shop.join(connection) as tx:
            answer = tx.buy(Who(f"c-{number}", channel="app"), BOX, key=f"box-{number}", paid=ON_ACCOUNT)
            if number % 5 == 0:
                connection.rollback()
        return answer.ok and number % 5 != 0

    with ThreadPoolExecutor(6) as pool:
        sold = list(pool.map(sell, range(40), timeout=60))
    assert 0 < sum(sold) <= 10
    left = 10 - sum(sold)
    again = [done(here.shop.buy(Who(f"d-{n}", channel="app"), BOX, key=f"d-{n}", paid=ON_ACCOUNT)) for n in range(left)]
    assert len(again) == left
    assert codes(here.shop.buy(BOB, BOX, key="one-more", paid=ON_ACCOUNT)) == ["sold-out"]
    assert here.shop.reconcile().ok
