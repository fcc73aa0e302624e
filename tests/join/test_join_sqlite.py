"""Join: the shop's own rows and ours on SQLite, where a transaction may begin too late."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connections, transaction
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

import entitle
from entitle import ON_ACCOUNT, RetryTransaction, StoreError
from entitle.shop.facade import Shop
from entitle.shop.verb import ATTEMPTS
from entitle.testing.world import World
from tests.join.hosts import ByDjango, Undo, notes
from tests.shops import ANN, BOB, done

MONTHLY = "starlight-monthly"
BOX = "party-box"


def test_two_race_for_the_last_unit(here: World, path: Path) -> None:
    """Both have read before either writes: one sells it, the other is told so, at once or when it runs again."""
    shop = here.shop
    here.fill("box-stock", 1)
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 20})
    ready = Barrier(2)

    def sell(number: int) -> object:
        def run() -> object:
            with Session(engine) as session, session.begin():
                session.execute(text("SELECT * FROM mine")).all()
                with shop.join(session) as tx:
                    answer = tx.buy(
                        entitle.Who(f"c-{number}", channel="app"), BOX, key=f"box-{number}", paid=ON_ACCOUNT
                    )
                session.execute(text("INSERT INTO mine VALUES (:words)"), {"words": str(answer.ok)})
                return answer

        ready.wait(20)
        return entitle.retrying(run)()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(sell, range(2), timeout=60))
    engine.dispose()
    assert sorted(type(answer).__name__ for answer in answers) == ["Done", "Refused"]
    assert sorted(notes(f"sqlite:///{path}")) == ["False", "True"]
    assert shop.reconcile().ok


def test_a_transaction_that_read_before_another_wrote_must_run_again(here: World, path: Path) -> None:
    """It reads of a moment that is over: what it would decide on can no longer be sold."""
    shop = here.shop
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT * FROM mine").fetchall()
        done(shop.buy(BOB, MONTHLY, key="order-b"))
        with pytest.raises(RetryTransaction, match="roll back and run it again"), shop.join(connection):
            raise AssertionError
        connection.execute("ROLLBACK")
        connection.execute("BEGIN")
        with shop.join(connection) as tx:
            done(tx.buy(ANN, MONTHLY, key="order-a"))
        connection.execute("COMMIT")
    assert shop.has("ann", "cinema-vip")


def test_from_the_join_on_nobody_else_writes(here: World, path: Path) -> None:
    """The driver would begin with the first write, after a decision was made on what others may change till then."""
    with closing(sqlite3.connect(path)) as first, closing(sqlite3.connect(path, timeout=0)) as second:
        with here.shop.join(first) as tx:
            with pytest.raises(RetryTransaction), here.shop.join(second):
                raise AssertionError
            done(tx.buy(ANN, MONTHLY, key="order-1"))
        first.commit()
        with here.shop.join(second) as tx:
            assert tx.has("ann", "cinema-vip")
        second.rollback()


def test_retrying_runs_again_until_it_need_not() -> None:
    runs: list[int] = []

    @entitle.retrying
    def run(until: int, *, key: str) -> str:
        runs.append(until)
        if len(runs) < until:
            raise RetryTransaction("again")
        return key

    assert run(ATTEMPTS, key="k") == "k"
    assert len(runs) == ATTEMPTS
    runs.clear()
    with pytest.raises(RetryTransaction):
        run(ATTEMPTS + 1, key="k")
    assert len(runs) == ATTEMPTS
    runs.clear()
    with pytest.raises(TypeError):
        run(None, key="k")  # type: ignore[arg-type]  # what else is wrong is not tried again
    assert len(runs) == 1


def test_after_the_block_nothing_can_be_done_with_it(shop: Shop, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        with shop.join(connection) as tx:
            pass
        with pytest.raises(StoreError, match="the joined block has ended"):
            tx.has("ann", "cinema-vip")
        connection.rollback()


def test_an_alias_outside_atomic_is_a_transaction_of_ours(shop: Shop, path: Path) -> None:
    mine = ByDjango("alone", ENGINE="django.db.backends.sqlite3", NAME=path)
    with shop.join("alone") as tx:
        done(tx.buy(ANN, MONTHLY, key="order-1"))
        mine.note("kept")
    with suppress(Undo), shop.join("alone") as tx:
        done(tx.buy(BOB, MONTHLY, key="order-2"))
        mine.note("dropped")
        raise Undo
    assert connections["alone"].get_autocommit()
    mine.close()
    assert (notes(f"sqlite:///{path}"), shop.has("ann", "cinema-vip"), shop.has("bob", "cinema-vip")) == (
        ["kept"],
        True,
        False,
    )


def test_an_atomic_that_has_failed_is_not_joined(shop: Shop, path: Path) -> None:
    mine = ByDjango("failed", ENGINE="django.db.backends.sqlite3", NAME=path)
    with transaction.atomic(using="failed"):
        transaction.set_rollback(True, using="failed")
        with pytest.raises(StoreError, match="has failed already"), shop.join("failed"):
            raise AssertionError
    mine.close()


def test_without_a_transaction_nothing_is_joined(shop: Shop, path: Path) -> None:
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as connection,
        pytest.raises(StoreError, match="execute BEGIN IMMEDIATE first"),
        shop.join(connection),
    ):
        raise AssertionError
    engine = create_engine(f"sqlite:///{path}", isolation_level="AUTOCOMMIT")
    with Session(engine) as session, pytest.raises(StoreError, match="in no transaction"), shop.join(session):
        raise AssertionError
    engine.dispose()


def test_another_database_is_refused(shop: Shop, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        with (
            pytest.raises(StoreError, match="the store has no tables yet; run: entitle store upgrade"),
            shop.join(connection),
        ):
            raise AssertionError
        connection.execute("CREATE TABLE entitle_version (version_num TEXT)")
        connection.execute("INSERT INTO entitle_version VALUES ('0001')")
        with pytest.raises(StoreError, match="the store is of version 0001, older than"), shop.join(connection):
            raise AssertionError
        connection.rollback()


def test_what_cannot_be_joined_is_said(shop: Shop) -> None:
    with pytest.raises(TypeError, match="I got int"), shop.join(7):
        raise AssertionError
