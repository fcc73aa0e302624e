"""What a shop lends of its own: a session, a connection, an alias -> its transaction, in which statements run.

Nothing here flushes, commits or closes. Only for a Django alias outside `atomic()` is there no transaction to join:
there one is begun, and committed at the end.
"""

import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, scoped_session

from entitle.errors import StoreError
from entitle.messages import Words
from entitle.plan import Effect, Plan, Read
from entitle.store.sql import Statement


class Ran(NamedTuple):
    """What a statement did: how many rows it changed, and those it found."""

    changed: int
    rows: list[Any]


class Side(Protocol):
    """What differs between databases inside a transaction that is not ours."""

    row_factory: Any  # of the driver's cursors: rows as tuples
    schema: str | None  # where the store's tables are, if the shop's connection looks elsewhere first

    def begin(self, lent: "Lent") -> None:
        """See that statements run in a transaction, and in one that can write.

        Raises StoreError where there is none: what is written there could not be rolled back with the shop's rows.
        """
        ...

    def read(self, lent: "Lent", reads: tuple[Read, ...]) -> tuple[Any, ...]:
        """As Store.fetch."""
        ...

    def locks(self, plan: Plan) -> list[Statement]:
        """What comes before a plan, so that no two wait for each other."""
        ...

    def write(self, effect: Effect) -> Statement:
        """Its guard holds where it changes one row, or for Expect and Within finds one."""
        ...

    def version(self, lent: "Lent") -> str | None:
        """The migration that made the tables; None: there are none."""
        ...

    def told(self, problem: Exception) -> Exception | None:
        """What the database complains of, in our words; None where it was not the database."""
        ...


@dataclass(frozen=True, slots=True)
class Lent:
    """A transaction of the shop's.

    driver   the database driver's own connection, with the transaction begun as the shop's library begins it
    execute  runs a statement with its values
    """

    side: Side
    driver: Callable[[], Any]
    execute: Callable[[str, Sequence[Any]], Ran]


@contextmanager
def lend(host: object, schema: str | None) -> Iterator[Lent]:
    """The transaction of a SQLAlchemy session or connection, of a driver's connection, or of a Django alias.

    schema  where on PostgreSQL the store's tables are; None: where the connection looks first
    """
    match host:
        case scoped_session():
            yield _of_sqlalchemy(host().connection, schema)
        case Session():  # unlike `execute`, `connection` never flushes
            yield _of_sqlalchemy(host.connection, schema)
        case Connection():
            yield _of_sqlalchemy(lambda: _begun(host), schema)
        case sqlite3.Connection():
            yield _of_driver(_side("sqlite", "sqlite3", schema), lambda: host)
        case str():
            with _django(host, schema) as lent:
                yield lent
        case _ if _is_psycopg(host):
            yield _of_driver(_side("postgresql", "psycopg", schema), lambda: host)
        case _:
            raise TypeError(
                "join takes a SQLAlchemy session or connection, a sqlite3 or psycopg connection, or a Django alias "
                f"(of async ones, `entitle.open_async` takes SQLAlchemy's); I got {type(host).__qualname__}"
            )


def _begun(connection: Connection) -> Connection:
    if not connection.in_transaction():
        connection.begin()  # what its first statement would do
    return connection


def _of_sqlalchemy(connection: Callable[[], Connection], schema: str | None) -> Lent:
    dialect = connection().dialect

    def execute(text: str, values: Sequence[Any]) -> Ran:
        result = connection().exec_driver_sql(text, tuple(values))
        return Ran(result.rowcount, list(result) if result.returns_rows else [])

    side = _side(dialect.name, dialect.driver, schema)
    return Lent(side, lambda: connection().connection.driver_connection, execute)


def _of_driver(side: Side, driver: Callable[[], Any]) -> Lent:
    def execute(text: str, values: Sequence[Any]) -> Ran:
        cursor = driver().cursor()
        try:
            cursor.row_factory = side.row_factory  # whatever shape of rows the shop likes
            cursor.execute(text, values)
            return Ran(cursor.rowcount, cursor.fetchall() if cursor.description else [])
        finally:
            cursor.close()

    return Lent(side, driver, execute)


@contextmanager
def _django(alias: str, schema: str | None) -> Iterator[Lent]:
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.db import connections, transaction
        from django.utils.connection import ConnectionDoesNotExist
    except ImportError as problem:
        text = 'needs Django: pip install "entitle[django]"'
        raise StoreError(
            Words(f"joining the database alias `{alias}` {text}", f"加入数据库别名 `{alias}` {text}")
        ) from problem
    try:
        connection = connections[alias]
    except (ImproperlyConfigured, ConnectionDoesNotExist) as problem:
        raise StoreError(
            Words(
                f"`{alias}` is no database of Django's here: {problem}",
                f"Django 中没有名为 `{alias}` 的数据库：{problem}",
            )
        ) from problem
    with nullcontext() if connection.in_atomic_block else transaction.atomic(using=alias):
        if connection.needs_rollback:
            raise broken()
        side = _side(connection.vendor, connection.Database.__name__, schema)
        yield _of_driver(side, lambda: connection.connection)


def broken() -> StoreError:
    """The shop's transaction has failed already."""
    return StoreError(
        Words("the joined transaction has failed already: roll it back", "所加入的事务已经失败：请先回滚")
    )


def unbegun(en: str, zh: str) -> StoreError:
    """The shop's connection is in no transaction, and would begin none."""
    return StoreError(
        Words(
            f"the joined connection is in no transaction, so nothing could be rolled back: {en}",
            f"所加入的连接不在事务中，因而无法回滚：{zh}",
        )
    )


def _is_psycopg(host: object) -> bool:
    psycopg = sys.modules.get("psycopg")  # who has such a connection has imported it
    return psycopg is not None and isinstance(host, psycopg.Connection)


def _side(database: str, driver: str, schema: str | None) -> Side:
    match database, driver:
        case "sqlite", _:
            from entitle.store.joined_sqlite import SqliteSide

            return SqliteSide()
        case "postgresql", "psycopg" | "psycopg_async":
            from entitle.store.joined_postgres import PostgresSide

            return PostgresSide(schema)
    raise StoreError(
        Words(
            f"`{database}` through `{driver}` cannot be joined: SQLite, and PostgreSQL through psycopg 3, can",
            f"无法加入经由 `{driver}` 的 `{database}`：可加入 SQLite，以及经由 psycopg 3 的 PostgreSQL",
        )
    )
