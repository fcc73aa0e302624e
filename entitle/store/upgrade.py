"""A store's address -> its tables, made or brought up to date.

All of it happens or nothing; two that upgrade at once wait for each other. This alone loads Alembic.
"""

import os
import sqlite3
from pathlib import Path
from threading import Lock
from types import ModuleType

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from entitle.errors import StoreError
from entitle.messages import Words
from entitle.store.address import is_postgres, needs_psycopg, sqlite_path
from entitle.store.connections import connect
from entitle.store.faults import to_error
from entitle.store.migrations import HEAD
from entitle.store.sqlite import SqliteStore
from entitle.store.versions import refuse_newer

_FOLDER = Path(__file__).with_name("migrations")
_TIMEOUT = 60.0
_ALEMBIC = Lock()  # it keeps what it is at in its modules


def head() -> str:
    """The version that this entitle works with."""
    return HEAD


def version(url: str) -> str | None:
    """The version that the store is of; None when it has no tables yet."""
    if is_postgres(url):
        found: str | None = _postgres().version(url)
        return found
    path = sqlite_path(url)
    if not path.is_file():
        return None
    store = SqliteStore(path)
    try:
        return store.version()
    finally:
        store.close()


def upgrade(url: str, role: str | None = None) -> None:
    """Make the store (its file readable by its owner alone) or bring it up to date; nothing where it is.

    role  on PostgreSQL: whom to let do what a shop does, and no more
    """
    if is_postgres(url):
        _postgres().upgrade(url, _run_steps, role)
        return
    if role is not None:
        raise StoreError(Words("only a store in PostgreSQL knows roles", "只有 PostgreSQL 库有角色"))
    path = sqlite_path(url)
    _make(path)
    store = SqliteStore(path, _TIMEOUT)
    try:
        with store.turns:
            refuse_newer(store.version() or "")
            _migrate(path)
    finally:
        store.close()


def _make(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return
    except OSError as problem:
        raise StoreError(
            Words(f"`{path}` cannot be made: {problem.strerror}", f"无法创建 `{path}`：{problem.strerror}")
        ) from problem


def _check_references(path: Path, connection: sqlite3.Connection) -> None:
    """Every row of ours names rows that are there; what else is in the file is not ours to judge."""
    for table, _, named, _ in connection.execute("PRAGMA foreign_key_check").fetchall():
        if table.startswith("entitle_"):
            raise StoreError(
                Words(
                    f"`{path}` cannot be upgraded: a row of `{table}` names one of `{named}` that is not there",
                    f"`{path}` 无法升级：`{table}` 中有一行引用了 `{named}` 中不存在的行",
                )
            )


def _migrate(path: Path) -> None:
    connection = connect(path, _TIMEOUT, {})
    connection.execute("PRAGMA foreign_keys = 0")  # a step may make a table anew that others refer to
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool, hide_parameters=True)
    try:
        with engine.connect() as borrowed:
            borrowed.exec_driver_sql("BEGIN IMMEDIATE")
            _run_steps(borrowed)
            _check_references(path, connection)
            borrowed.commit()
    except DBAPIError as problem:
        raise to_error(path, problem.orig or problem) from problem
    finally:
        engine.dispose()


def _run_steps(connection: Connection) -> None:
    """In the transaction of this connection."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    with _ALEMBIC:
        command.upgrade(config, "head")


def _postgres() -> ModuleType:
    with needs_psycopg():
        from entitle.store import upgrade_postgres

    return upgrade_postgres
