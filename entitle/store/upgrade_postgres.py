"""A PostgreSQL address -> its tables, made or brought up to date, and what a role may do to them.

All of it happens or nothing; two that upgrade at once wait for each other.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from entitle.errors import StoreError
from entitle.identity import KEYS, PASSING
from entitle.messages import Words
from entitle.records import Activation, Decided, Entry, Event, Posting, Published
from entitle.seal_records import Seal, SealedLeaf
from entitle.store.migrations import HEAD
from entitle.store.postgres import PostgresStore
from entitle.store.postgres_faults import to_error
from entitle.store.postgres_url import Address
from entitle.store.tables import NAMES
from entitle.store.versions import refuse_newer

LEDGER = (Published, Activation, Decided, Entry, Posting, Event, Seal, SealedLeaf)  # written once, and never changed
_TIMEOUT = 60.0
_VERSIONS = (
    "CREATE TABLE IF NOT EXISTS entitle_version "
    "(version_num VARCHAR(32) NOT NULL, CONSTRAINT entitle_version_pkc PRIMARY KEY (version_num))"
)


def version(url: str) -> str | None:
    """The version that the store is of; None when it has no tables yet."""
    store = PostgresStore(url, size=1)
    try:
        return store.version()
    finally:
        store.close()


def upgrade(url: str, migrate: Callable[[Connection], None], role: str | None) -> None:
    """Make the tables in the schema of the address, which is made too, or bring them up to date.

    role  may then do all that a shop does, and can neither change nor delete what the ledger says
    """
    address = Address.of(url)
    try:
        with psycopg.connect(address.conninfo(5, _TIMEOUT, 0, 0)) as connection:
            _prepare(connection, address.schema)
            with _transaction(connection) as transaction:
                transaction.exec_driver_sql("LOCK TABLE entitle_version IN SHARE ROW EXCLUSIVE MODE")
                found = connection.execute("SELECT version_num FROM entitle_version").fetchone()
                refuse_newer(found[0] if found else "")
                if not found or found[0] != HEAD:  # plans that are being written end first, and none begins meanwhile
                    transaction.exec_driver_sql("LOCK TABLE entitle_version IN ACCESS EXCLUSIVE MODE")
                migrate(transaction)
                if role is not None:
                    _grant(connection, role)
    except psycopg.Error as problem:
        raise to_error(problem) from problem
    except DBAPIError as problem:
        raise to_error(problem.orig if isinstance(problem.orig, Exception) else problem) from problem


def _prepare(connection: psycopg.Connection[Any], schema: str | None) -> None:
    """The schema and the table to lock, for good; whoever makes them at the same moment makes the same."""
    made = sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema or ""))
    for statement in (made, sql.SQL(_VERSIONS).format())[not schema :]:
        try:
            connection.execute(statement)
            connection.commit()
        except (psycopg.errors.UniqueViolation, psycopg.errors.DuplicateObject):
            connection.rollback()


@contextmanager
def _transaction(connection: psycopg.Connection[Any]) -> Iterator[Connection]:
    """One transaction of this connection, for SQLAlchemy too, which ends whatever was begun before it saw it."""
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: connection,
        poolclass=StaticPool,
        pool_reset_on_return=None,
        use_native_hstore=False,
        hide_parameters=True,
    )
    with engine.begin() as transaction:
        yield transaction


def _grant(connection: psycopg.Connection[Any], role: str) -> None:
    known = connection.execute("SELECT current_schema() FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
    if known is None:
        raise StoreError(
            Words(
                f"the server has no role `{role}`: CREATE ROLE makes one",
                f"服务器上没有角色 `{role}`：请先 CREATE ROLE",
            )
        )
    to = sql.Identifier(role)
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(known[0]), to))
    connection.execute(sql.SQL("GRANT SELECT ON entitle_version TO {}").format(to))
    for record in KEYS:
        table = sql.Identifier(NAMES[record])
        connection.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(table, to))
        more = "" if record in LEDGER else ", UPDATE, DELETE" if record in PASSING else ", UPDATE"
        may = sql.SQL(f"SELECT, INSERT{more}")
        connection.execute(sql.SQL("GRANT {} ON {} TO {}").format(may, table, to))
    events = sql.Identifier(NAMES[Event])
    connection.execute(sql.SQL("GRANT UPDATE (position) ON {} TO {}").format(events, to))
