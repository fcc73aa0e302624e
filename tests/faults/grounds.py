"""Where a store stands that processes die in: a SQLite file, or a database of a PostgreSQL server."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg.pq.abc import PGresult

from entitle.plan import Store
from entitle.store.connections import Connections
from entitle.store.postgres import PostgresStore
from entitle.store.sql import Statement
from entitle.store.sqlite import SqliteStore
from entitle.store.tables import NAMES
from entitle.store.upgrade import upgrade
from entitle.store.wire import Wire
from tests.postgres import emptied

Told = Callable[[], None]


class Ground(Protocol):
    """One store, at `url`, nowhere open while it is saved or loaded."""

    url: str

    def save(self) -> Any:
        """All that is in it."""
        ...

    def load(self, saved: Any) -> None:
        """Nothing but this is in it."""
        ...

    def watched(self, told: Told) -> Store:
        """The store, which tells at every point at which its process may die."""
        ...

    def damage(self) -> str:
        """What the database itself finds wrong."""
        ...


class File:
    """The points are the statements: one before each."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "shop.db"
        self.url = f"sqlite:///{self._path}"
        upgrade(self.url)

    def save(self) -> Any:
        return self._path.read_bytes()

    def load(self, saved: Any) -> None:
        for each in self._path.parent.glob("shop.db*"):
            each.unlink()
        self._path.write_bytes(saved)

    def watched(self, told: Told) -> Store:
        store = SqliteStore(self._path)
        store._connections = _Watched(self._path, told)
        return store

    def damage(self) -> str:
        with closing(sqlite3.connect(self._path)) as connection:
            (found,) = connection.execute("PRAGMA integrity_check").fetchone()
        return "" if found == "ok" else str(found)


class _Watched(Connections):
    def __init__(self, path: Path, told: Told) -> None:
        super().__init__(path, 5, {})
        self._told = told

    def lend(self, *, to_write: bool = True) -> sqlite3.Connection:
        connection = super().lend(to_write=to_write)
        connection.set_trace_callback(lambda _: self._told())
        return connection


class Database:
    """The points are the round trips: one before each, and one after it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def save(self) -> Any:
        with psycopg.connect(self.url) as connection:
            return {name: _copied(connection, f"COPY {name} TO STDOUT") for name in NAMES.values()}

    def load(self, saved: Any) -> None:
        emptied(self.url)
        with psycopg.connect(self.url) as connection:
            for name, rows in saved.items():
                with connection.cursor().copy(f"COPY {name} FROM STDIN".encode()) as copy:
                    copy.write(rows)

    def watched(self, told: Told) -> Store:
        store = PostgresStore(self.url)
        connect = store._pool._connect
        store._pool._connect = lambda: _watched(connect(), told)
        return store

    def damage(self) -> str:
        return ""  # a server that is not well does not answer


def _copied(connection: psycopg.Connection[Any], text: str) -> bytes:
    with connection.cursor().copy(text.encode()) as copy:
        return b"".join(map(bytes, copy))


def _watched(wire: Wire, told: Told) -> Wire:
    plain = wire.run

    def run(statements: Sequence[Statement]) -> list[PGresult]:
        told()
        results = plain(statements)
        told()
        return results

    wire.run = run  # type: ignore[method-assign]  # what opened the connection stays its own
    return wire
