"""A place for a store of one's own beside another one: made for a trial, and removed after it.

On the same disk, or in the same database: a trial there tells of the place where the other store is.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit

from entitle.plan import Store
from entitle.store.address import is_postgres, needs_psycopg, options_of, query_of, sqlite_path
from entitle.store.opening import open_store

BLOCK = b"\0" * 4096

Sync = Callable[[], None]  # the least that can be written and be on the disk


@contextmanager
def scratch(url: str, name: str) -> Iterator[tuple[str, Sync | None]]:
    """The address of a store that is to be made, and a write of the least; None: nothing is ever on a disk.

    name  of small letters, digits and underscores, which nothing there has

    Raises StoreError.
    """
    if url == "memory:":
        yield url, None
        return
    with (_schema if is_postgres(url) else _folder)(url, name) as place:
        yield place


@contextmanager
def fresh_store(url: str) -> Iterator[Store]:
    """A new store beside another one, closed and removed in the end. Raises StoreError."""
    with scratch(url, f"entitle_test_{secrets.token_hex(8)}") as (place, _):
        store = open_store(place, create=url != "memory:")
        try:
            yield store
        finally:
            store.close()


@contextmanager
def _folder(url: str, name: str) -> Iterator[tuple[str, Sync]]:
    with TemporaryDirectory(prefix=name, dir=sqlite_path(url).absolute().parent) as folder:
        file = os.open(Path(folder, "probe"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

        def sync() -> None:
            os.write(file, BLOCK)
            os.fdatasync(file)

        try:
            yield f"sqlite:///{folder}/sale.db", sync
        finally:
            os.close(file)


@contextmanager
def _schema(url: str, name: str) -> Iterator[tuple[str, Sync]]:
    with needs_psycopg():
        import psycopg
        from psycopg.sql import SQL, Composed, Identifier

        from entitle.store.postgres_faults import to_error
        from entitle.store.postgres_url import Address
    split = urlsplit(url)
    place = urlunsplit(split._replace(query=query_of({**options_of(split.query), "schema": name})))
    conninfo, schema = Address.of(place).conninfo(5, 5, 30, 30), Identifier(name)

    def do(statement: SQL | Composed) -> None:
        """On a connection of its own: that of before may be gone by now."""
        try:
            with psycopg.connect(conninfo, autocommit=True) as connection:
                connection.execute(statement)
        except psycopg.Error as problem:
            raise to_error(problem) from problem

    do(SQL("CREATE SCHEMA {}").format(schema))
    try:
        do(SQL("CREATE TABLE probe (n bigint)"))
        with psycopg.connect(conninfo, autocommit=True) as connection:

            def sync() -> None:
                connection.execute("INSERT INTO probe VALUES (1)")

            yield place, sync
    finally:
        do(SQL("DROP SCHEMA {} CASCADE").format(schema))
