"""Join: the shop's own rows and ours in one transaction of the shop's, whatever it lends."""

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
from entitle.errors import KeyConflict
from entitle.plan import Apply, Expect, Get, Insert, Update
from entitle.records import Customer
from entitle.shop.facade import Shop
from entitle.shop.verb import ATTEMPTS, Verb
from entitle.testing.world import World
from tests.join.hosts import ByDjango, Host, Undo, notes
from tests.shops import ANN, BOB, codes, done

MONTHLY = "starlight-monthly"
BOX = "party-box"


def test_both_stand_from_the_commit_on(shop: Shop, mine: Host, path: Path) -> None:
    with mine.transaction() as lent:
        mine.note("order 1")
        with shop.join(lent) as tx:
            order = done(tx.buy(ANN, MONTHLY, key="order-1"))
            assert tx.has("ann", "cinema-vip")
        assert not shop.has("ann", "cinema-vip")
        mine.note(order.id)
    assert shop.has("ann", "cinema-vip")
    assert notes(path) == ["order 1", order.id]
    again = shop.buy(ANN, MONTHLY, key="order-1")
    assert (done(again), again.replayed) == (order, True)
    assert shop.reconcile().ok


def test_neither_stands_after_a_rollback_and_the_key_is_free(shop: Shop, mine: Host, path: Path) -> None:
    before = shop.events()
    with mine.transaction() as lent:
        mine.note("order 1")
        with shop.join(lent) as tx:
            done(tx.buy(ANN, MONTHLY, key="order-1"))
        raise Undo
    assert (notes(path), shop.has("ann", "cinema-vip"), shop.events()) == ([], False, before)
    bought = done(shop.buy(ANN, "starlight-year", key="order-1", paid=ON_ACCOUNT))  # another intent: nobody remembers
    assert bought.subscriptions[0].product == "starlight-year"
    assert shop.reconcile().ok


def test_a_refusal_leaves_the_transaction_as_it_was(here: World, mine: Host, path: Path) -> None:
    shop = here.shop
    with mine.transaction() as lent, shop.join(lent) as tx:
        mine.note("before")
        assert codes(tx.buy(ANN, BOX, key="box-1", paid=ON_ACCOUNT)) == ["sold-out"]
        done(tx.fill("box-stock", 1, key="fill"))
        done(tx.buy(ANN, BOX, key="box-2", paid=ON_ACCOUNT))
        with pytest.raises(KeyConflict):
            tx.buy(ANN, BOX, key="box-2", paid=ON_ACCOUNT, agreed=None, codes="ANOTHER")
        assert codes(tx.buy(BOB, BOX, key="box-3", paid=ON_ACCOUNT)) == ["sold-out"]
        mine.note("after")
    assert notes(path) == ["before", "after"]
    assert len(shop.wallet("ann").grants) == 1
    assert shop.reconcile().ok


def test_a_plan_that_does_not_hold_leaves_nothing_and_the_rest_stands(shop: Shop, mine: Host, path: Path) -> None:
    """Whether a guard fails, or, as by a fault of ours, a row breaks a rule."""
    done(shop.buy(ANN, MONTHLY, key="order-1"))
    bob = Insert(Customer("bob", 1, "0" * 64, 0, 0))
    stale = Expect(Customer, ("ann",), {"seq": 99})
    with mine.transaction() as lent, shop.join(lent) as tx:
        mine.note("before")
        assert tx.store.apply((bob, stale)) == stale
        with pytest.raises(StoreError, match="breaks a rule of the store"):
            tx.store.apply((bob, Update(Customer, ("ann",), {"seq": -1})))
        assert tx.store.fetch((Get(Customer, ("bob",)),)) == (None,)
        mine.note("after")
    assert notes(path) == ["before", "after"]
    assert shop.reconcile().ok


def test_what_never_holds_asks_for_a_new_transaction(shop: Shop, mine: Host) -> None:
    """A guard that fails as often as it is decided anew: nothing that this transaction reads will help."""

    def verb() -> Verb[None]:
        yield Apply((Expect(Customer, ("nobody",), {"seq": 1}),))

    with mine.transaction() as lent, shop.join(lent) as tx, pytest.raises(RetryTransaction, match="does not see it"):
        tx._drive(verb)


def test_every_verb_is_there(here: World, mine: Host) -> None:
    """A day of a customer, all of it in transactions of the owner's."""
    with mine.transaction() as lent, here.shop.join(lent) as tx:
        assert tx.preview.buy(ANN, MONTHLY, key="order-1").ok
        order = done(tx.buy(ANN, MONTHLY, key="order-1", agreed=done(tx.quote(ANN, MONTHLY))))
        ticket = done(tx.claim(ANN, order.grant("cinema-ticket"), key="claim-1"))
        (code,) = (each.code for each in tx.wallet("ann").grants if each.id == ticket.id)
        assert code is not None
        used = done(tx.redeem(code, outlet="riverside", key="use-1"))
        assert codes(tx.redeem(code, outlet="riverside", key="use-2")) == ["used-up"]
        done(tx.reverse(used, key="reverse-1"))
        assert tx.explain(order).decision == tx.buy(ANN, MONTHLY, key="order-1").decision_id
        done(tx.cancel(order.subscriptions[0], when="now", key="cancel-1"))
        assert not tx.has("ann", "cinema-vip")
        assert tx.reconcile().ok
    here.travel(days=2)
    with mine.transaction() as lent, here.shop.join(lent) as tx:
        tx.tick()
        assert (tx.charges(), tx.next_due()) == ((), here.shop.next_due())
    assert here.shop.reconcile().ok


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
    assert sorted(notes(path)) == ["False", "True"]
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
    assert (notes(path), shop.has("ann", "cinema-vip"), shop.has("bob", "cinema-vip")) == (["kept"], True, False)


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
