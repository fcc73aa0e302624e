"""Join: what a SQLAlchemy session or connection holds stays its owner's affair."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, scoped_session, sessionmaker

from entitle import ON_ACCOUNT
from entitle.shop.facade import Shop
from tests.join.hosts import notes
from tests.shops import ANN, BOB, done

MONTHLY = "starlight-monthly"


class Base(DeclarativeBase):
    pass


class Mine(Base):
    __tablename__ = "mine"
    note: Mapped[str] = mapped_column(primary_key=True)


@pytest.mark.parametrize("autoflush", [True, False])
def test_what_waits_in_the_session_is_not_flushed(shop: Shop, path: Path, autoflush: bool) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with Session(engine, autoflush=autoflush) as session:
        kept = Mine(note="kept")
        session.add(kept)
        with shop.join(session) as tx:
            done(tx.buy(ANN, MONTHLY, key="order-1"))
            assert kept in session.new
        session.commit()
        assert kept.note == "kept"
        session.add(Mine(note="dropped"))
        with shop.join(session) as tx:
            done(tx.cancel(done(tx.buy(ANN, MONTHLY, key="order-1")).subscriptions[0], key="cancel-1"))
        session.rollback()
    engine.dispose()
    assert notes(f"sqlite:///{path}") == ["kept"]
    assert shop.wallet("ann").subscriptions[0].ends_at is None


@pytest.mark.parametrize("expire", [True, False])
def test_the_session_keeps_what_it_holds(shop: Shop, path: Path, expire: bool) -> None:
    """Nothing of it is expired by joining, and no other statement of its own is run."""
    engine = create_engine(f"sqlite:///{path}")
    with Session(engine, expire_on_commit=expire) as session:
        session.add(Mine(note="kept"))
        session.commit()
        held = session.get_one(Mine, "kept")
        held.note = "changed"
        with shop.join(session) as tx:
            done(tx.buy(ANN, MONTHLY, key="order-1"))
        assert (held.note, held in session.dirty) == ("changed", True)
        session.commit()
    engine.dispose()
    assert notes(f"sqlite:///{path}") == ["changed"]


def test_a_savepoint_of_the_owners_takes_ours_with_it(shop: Shop, path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with Session(engine) as session, session.begin():
        with shop.join(session) as tx:
            done(tx.buy(BOB, MONTHLY, key="order-b"))
        inner = session.begin_nested()
        with shop.join(session) as tx:
            session.execute(text("INSERT INTO mine VALUES ('inner')"))
            done(tx.buy(ANN, MONTHLY, key="order-a"))
        inner.rollback()
        session.execute(text("INSERT INTO mine VALUES ('outer')"))
        with session.begin_nested(), shop.join(session) as tx:
            assert not tx.has("ann", "cinema-vip")
            done(tx.buy(ANN, "starlight-year", key="order-a", paid=ON_ACCOUNT))
    engine.dispose()
    assert (notes(f"sqlite:///{path}"), shop.has("bob", "cinema-vip"), shop.has("ann", "cinema-vip")) == (
        ["outer"],
        True,
        True,
    )
    assert shop.reconcile().ok


def test_a_scoped_session_is_a_session(shop: Shop, path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    session = scoped_session(sessionmaker(engine))
    with shop.join(session) as tx:
        done(tx.buy(ANN, MONTHLY, key="order-1"))
    session.commit()
    session.remove()
    engine.dispose()
    assert shop.has("ann", "cinema-vip")


def test_a_connection_commits_as_it_goes(shop: Shop, path: Path) -> None:
    """Also where its transactions are begun as SQLAlchemy advises for SQLite: by its own event, not by the driver."""
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.connect() as connection:
        for key, who in ("order-1", ANN), ("order-2", BOB):
            with shop.join(connection) as tx:
                done(tx.buy(who, MONTHLY, key=key))
            connection.commit() if who is ANN else connection.rollback()
    engine.dispose()
    assert (shop.has("ann", "cinema-vip"), shop.has("bob", "cinema-vip")) == (True, False)


def test_the_owner_may_commit_inside_the_block(shop: Shop, path: Path) -> None:
    """What comes after is in the next transaction, begun by a write as the first one was."""
    engine = create_engine(f"sqlite:///{path}")
    with Session(engine) as session, shop.join(session) as tx:
        done(tx.buy(ANN, MONTHLY, key="order-1"))
        session.commit()
        done(tx.buy(BOB, MONTHLY, key="order-2"))
        session.rollback()
    engine.dispose()
    assert (shop.has("ann", "cinema-vip"), shop.has("bob", "cinema-vip")) == (True, False)
