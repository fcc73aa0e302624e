"""What a shop lends of its own: a session, a connection, an alias -> its transaction.

Nothing here flushes, commits or closes. Only for a Django alias outside `atomic()` is there no transaction to join:
there one is begun, and committed at the end.
"""

import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, scoped_session

from entitle.errors import StoreError
from entitle.messages import Words
from entitle.store.lent import Lent, Ran, Side, broken


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
