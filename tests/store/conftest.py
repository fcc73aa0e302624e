"""Stores for the tests: every kind behind one fixture, each test with an empty one of its own."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from entitle.plan import Store
from entitle.store.joined import join
from entitle.store.memory import MemoryStore
from entitle.store.postgres import PostgresStore
from entitle.store.postgres_url import Address
from entitle.store.sqlite import SqliteStore
from entitle.store.upgrade import upgrade
from tests import postgres
from tests.store.loops import LoopStore

OWN = ("memory", "sqlite", "postgres", "loop")  # stores with connections of their own


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that was made and closed."""
    path = tmp_path_factory.mktemp("template") / "shop.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def path(template: Path, tmp_path: Path) -> Path:
    """An empty SQLite store."""
    return Path(shutil.copy(template, tmp_path / "shop.db"))


@pytest.fixture
def sqlite_store(path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(path)
    yield store
    store.close()


@pytest.fixture
def postgres_store(postgres_url: str) -> Iterator[PostgresStore]:
    store = PostgresStore(postgres_url)
    yield store
    store.close()


@pytest.fixture
def loop_store(postgres_url: str) -> Iterator[LoopStore]:
    """On PostgreSQL, waiting on an event loop."""
    store = LoopStore(postgres_url)
    yield store
    store.close()


@pytest.fixture
def joined_sqlite_store(path: Path) -> Iterator[Store]:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = 1")
        with join(connection, None) as store:
            yield store
        connection.rollback()


@pytest.fixture
def joined_postgres_store(postgres_url: str) -> Iterator[Store]:
    with (
        psycopg.connect(Address.of(postgres_url).conninfo(5, 5, 30, 30)) as connection,
        join(connection, None) as store,
    ):
        yield store
        connection.rollback()


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    """One of the module's own, which may be broken."""
    made = postgres.Server()
    try:
        made.start()
        yield made
        made.stop()
    finally:
        made.remove()


@pytest.fixture(params=[*OWN, "joined_sqlite", "joined_postgres"])
def store(request: pytest.FixtureRequest) -> Store:
    return MemoryStore() if request.param == "memory" else request.getfixturevalue(f"{request.param}_store")
