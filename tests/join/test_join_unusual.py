"""What shops do with a transaction that they lent: right, or a clear error; and nothing is committed that is theirs."""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread

import psycopg
import pytest
from django.db import transaction
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from entitle import StoreError
from entitle.shop.facade import Shop
from entitle.store.address import sqlite_path
from tests.join.conftest import DATABASES
from tests.join.hosts import ByDjango, Owner, Undo, django_database, engine_url, notes, run
from tests.shops import ANN, BOB, done, world

MONTHLY = "starlight-monthly"


@pytest.fixture(params=DATABASES)
def place(request: pytest.FixtureRequest) -> tuple[Shop, str]:
    url = request.getfixturevalue("url" if request.param == "sqlite" else "postgres_url")
    made = world(url)
    run(url, "CREATE TABLE IF NOT EXISTS mine (note TEXT)")
    run(url, "DELETE FROM mine")
    return made.shop, url


@pytest.fixture
def alias(place: tuple[Shop, str]) -> Iterator[str]:
    mine = ByDjango("unusual", **django_database(place[1]))
    yield mine.alias
    mine.close()


def held(shop: Shop) -> list[bool]:
    return [shop.has(customer, "cinema-vip") for customer in ("ann", "bob")]


def test_an_atomic_inside_takes_its_grant_back_alone(place: tuple[Shop, str], alias: str) -> None:
    shop, _ = place
    with transaction.atomic(using=alias):
        with shop.join(alias) as tx:
            done(tx.buy(ANN, MONTHLY, key="order-1"))
        with suppress(Undo), transaction.atomic(using=alias), shop.join(alias) as tx:
            done(tx.buy(BOB, MONTHLY, key="order-2"))
            raise Undo
        with shop.join(alias) as tx:
            assert (tx.has("ann", "cinema-vip"), tx.has("bob", "cinema-vip")) == (True, False)
    assert held(shop) == [True, False]


def test_an_atomic_inside_the_block_is_rolled_back_and_the_block_goes_on(place: tuple[Shop, str], alias: str) -> None:
    shop, _ = place
    with transaction.atomic(using=alias), shop.join(alias) as tx:
        with suppress(Undo), transaction.atomic(using=alias):
            done(tx.buy(ANN, MONTHLY, key="order-1"))
            raise Undo
        done(tx.buy(BOB, MONTHLY, key="order-1"))  # the key is free again
    assert held(shop) == [False, True]


def test_a_durable_atomic_is_joined_and_is_none_inside_a_block_of_ours(place: tuple[Shop, str], alias: str) -> None:
    shop, _ = place
    with transaction.atomic(using=alias, durable=True), shop.join(alias) as tx:
        done(tx.buy(ANN, MONTHLY, key="order-1"))
    with (  # outside `atomic()` the block is one
        pytest.raises(RuntimeError, match="durable"),
        shop.join(alias) as tx,
        transaction.atomic(using=alias, durable=True),
    ):
        done(tx.buy(BOB, MONTHLY, key="order-2"))
    assert held(shop) == [True, False]


def test_two_joins_of_one_transaction_see_one_another(owner: Owner) -> None:
    with owner.host.transaction() as lent, owner.shop.join(lent) as one:
        done(one.buy(ANN, MONTHLY, key="order-1"))
        with owner.shop.join(lent) as other:
            assert done(other.buy(ANN, MONTHLY, key="order-1")) == done(one.buy(ANN, MONTHLY, key="order-1"))
            done(other.buy(BOB, MONTHLY, key="order-2"))
        assert one.has("bob", "cinema-vip")
        owner.host.note("sold")
        raise Undo
    assert (held(owner.shop), owner.notes) == ([False, False], [])


def test_a_session_that_was_closed_begins_a_transaction_that_nobody_commits(place: tuple[Shop, str]) -> None:
    shop, url = place
    engine = create_engine(engine_url(url))
    with Session(engine) as session, shop.join(session) as tx:
        session.execute(text("INSERT INTO mine VALUES ('lost')"))
        done(tx.buy(ANN, MONTHLY, key="order-1"))
        session.close()
        assert not tx.has("ann", "cinema-vip")
        done(tx.buy(BOB, MONTHLY, key="order-2"))
    engine.dispose()
    assert (held(shop), notes(url)) == ([False, False], [])


def test_verbs_that_go_on_step_by_step_may_be_left_in_the_middle(place: tuple[Shop, str]) -> None:
    shop, url = place
    engine = create_engine(engine_url(url))
    with Session(engine) as session, session.begin(), shop.join(session) as tx:
        steps = tx.import_codes("cinema-codes", ["code\n", *(f"A-{n}\n" for n in range(3))], key="codes")
        next(steps)
        del steps
        done(tx.buy(ANN, MONTHLY, key="order-1"))
    engine.dispose()
    assert held(shop) == [True, False]
    assert shop.reconcile().ok


def test_another_thread_is_told_or_does_it(place: tuple[Shop, str]) -> None:
    """SQLite's driver lets no other thread use a connection; PostgreSQL's lets one after the other."""
    shop, url = place
    told: list[object] = []

    def buy() -> None:
        try:
            told.append(tx.buy(ANN, MONTHLY, key="order-1").ok)
        except StoreError as problem:
            told.append(problem)

    engine = create_engine(engine_url(url))
    with engine.begin() as connection:
        if url.startswith("sqlite"):
            plain = sqlite3.connect(sqlite_path(url))
            with shop.join(plain) as tx:
                thread = Thread(target=buy)
                thread.start()
                thread.join(30)
            plain.rollback()
            plain.close()
        else:
            with shop.join(connection) as tx:
                thread = Thread(target=buy)
                thread.start()
                thread.join(30)
    engine.dispose()
    (said,) = told
    if url.startswith("sqlite"):  # the driver's own rule
        assert "same thread" in str(said)
        assert held(shop) == [False, False]
    else:
        assert said is True
        assert held(shop) == [True, False]


def test_a_transaction_that_only_reads_answers_and_sells_nothing(postgres_url: str) -> None:
    shop = world(postgres_url).shop
    with psycopg.connect(postgres_url) as connection:
        connection.read_only = True
        with shop.join(connection) as tx:
            assert tx.quote(ANN, MONTHLY).ok
            with pytest.raises(StoreError, match=r"^the store cannot be written to: .* read-only$"):
                tx.buy(ANN, MONTHLY, key="order-1")
            assert not tx.has("ann", "cinema-vip")  # and the transaction goes on
    assert held(shop) == [False, False]
