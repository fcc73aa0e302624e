"""Tables in PostgreSQL of another version: brought up to date whole, and never written to by an older entitle."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine

from entitle.errors import StoreError
from entitle.payment_records import UsedPayment
from entitle.plan import Insert
from entitle.records import KnownKey, Record
from entitle.store.joined_postgres import PostgresSide
from entitle.store.opening import open_store
from entitle.store.postgres import PostgresStore
from entitle.store.postgres_url import Address
from entitle.store.upgrade import head, upgrade, version
from tests.store.rows import ROWS, books, done
from tests.store.test_store_upgrade import (
    KEYS_OF_CHANGES,
    PAID_BEFORE,
    USED_BEFORE,
    USED_BY_TWO,
    check_changes,
    known_at,
    run_steps,
)

OLD = "0009"
WITHIN = 30.0  # seconds


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(Address.of(url).conninfo(5, 5, 30, 30)) as connection:
        yield connection


@pytest.fixture(params=[()], ids=["as it was"])
def old(request: pytest.FixtureRequest, postgres_url: str) -> Iterator[str]:
    with made_by(OLD, postgres_url, request.param) as url:
        yield url


@contextmanager
def made_by(revision: str, postgres_url: str, more: Iterable[Record]) -> Iterator[str]:
    """The address of a store that an older entitle made, with a row in every table, and some more."""
    url = f"{postgres_url}&schema=old"
    place = Address.of(url).conninfo(5, 5, 30, 30)
    with connected(url) as connection:
        connection.execute("CREATE SCHEMA old")
    run_steps(revision, create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(place)))
    with connected(url) as connection:
        for row in [*(ROWS[table] for table in known_at(revision)), *more]:
            text, values = PostgresSide(None).write(Insert(row))
            connection.execute(text.encode(), values)
    yield url
    with connected(url) as connection:
        connection.execute("DROP SCHEMA old CASCADE")


def test_upgrading_keeps_every_row(old: str) -> None:
    upgrade(old)
    store = open_store(old)
    there = [*known_at(OLD), UsedPayment]  # of the order
    assert {table: len(rows) for table, rows in books(store).items()} == {table: table in there for table in ROWS}
    store.close()


@pytest.mark.parametrize("old", [PAID_BEFORE], indirect=True, ids=["paid"])
def test_payments_are_known_and_the_first_use_of_one_stands(old: str) -> None:
    upgrade(old)
    store = open_store(old)
    assert books(store)[UsedPayment] == USED_BEFORE
    store.close()


def test_a_payment_that_two_customers_used_stays_with_the_first_or_with_a_review(postgres_url: str) -> None:
    with made_by("0021", postgres_url, USED_BY_TWO) as url:
        upgrade(url)
        store = open_store(url)
        assert books(store)[UsedPayment] == [
            UsedPayment("v", "kept", "rev_1", 9),
            UsedPayment("v", "pay", "early", 4),
        ]
        store.close()


def test_keys_of_changes_stand_for_the_change_and_a_contract_has_room_for_several(postgres_url: str) -> None:
    with made_by("0023", postgres_url, KEYS_OF_CHANGES) as url:
        upgrade(url)
        store = open_store(url)
        check_changes(store)
        store.close()


def test_an_upgrade_waits_for_plans_that_are_being_written(old: str) -> None:
    with ThreadPoolExecutor(1) as threads:
        with connected(old) as plan:
            plan.execute("SELECT version_num FROM entitle_version")  # as every plan does first
            upgrading = threads.submit(upgrade, old)
            wait_for_lock(old, upgrading)
            plan.execute("DELETE FROM entitle_known_keys")
        upgrading.result(WITHIN)
    assert version(old) == head()


def wait_for_lock(url: str, upgrading: "Future[None]") -> None:
    """Until the upgrade waits for its turn on the version."""
    waiting = "SELECT 1 FROM pg_locks WHERE relation = 'entitle_version'::regclass AND NOT granted"
    until = monotonic() + WITHIN
    while True:
        with connected(url) as connection:
            if connection.execute(waiting).fetchone():
                return
        assert not upgrading.done()
        assert monotonic() < until
        sleep(0.02)


def test_a_process_that_is_older_than_its_tables_writes_no_more(
    postgres_url: str, postgres_store: PostgresStore
) -> None:
    done(postgres_store, Insert(ROWS[KnownKey]))
    before = books(postgres_store)
    with connected(postgres_url) as connection:
        connection.execute("UPDATE entitle_version SET version_num = '9999'")
    try:
        with pytest.raises(StoreError, match=rf"was of version {head()} when it was opened and is of another now"):
            postgres_store.apply((Insert(KnownKey("another", 1)),))
        assert books(postgres_store) == before
        with pytest.raises(StoreError, match="install a newer one"):
            open_store(postgres_url)
    finally:
        with connected(postgres_url) as connection:
            connection.execute(f"UPDATE entitle_version SET version_num = '{head()}'".encode())
