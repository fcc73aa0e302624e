"""A store's address -> the open store."""

from inspect import signature
from typing import Any, Protocol

from entitle.errors import StoreError, UnknownName
from entitle.messages import Words
from entitle.plan import Store
from entitle.store.address import is_postgres, needs_psycopg, sqlite_path
from entitle.store.memory import MemoryStore
from entitle.store.versions import check_version, upgrade_needed
from entitle.store.waits import BLOCKING, Waits


class Versioned(Store, Protocol):
    """A store with tables, which are of a version."""

    def version(self) -> str | None: ...


def open_store(url: str, *, create: bool = False, waits: Waits = BLOCKING, **options: Any) -> Store:
    """The store at `url`.

    `memory:`, `sqlite:///shop.db` (four slashes before an absolute path), or `postgresql://user@host/database`, which
    takes `?schema=…` and whatever libpq takes.

    create   make it, or bring it up to date
    waits    how a store in PostgreSQL waits for its server; the others wait for a file, in a thread
    options  of that kind of store: see SqliteStore, PostgresStore

    Raises StoreError for an address that says nothing, a store that is not there, and one of another version;
    UnknownName for an option that this kind of store does not have.
    """
    if url == "memory:":
        return MemoryStore(**known(MemoryStore, options))
    if create:
        from entitle.store.upgrade import upgrade

        upgrade(url)
    store = _postgres(url, waits, options) if is_postgres(url) else _sqlite(url, options)
    try:
        check_version(url, store.version())
    except BaseException:
        store.close()
        raise
    return store


def _sqlite(url: str, options: dict[str, Any]) -> Versioned:
    from entitle.store.sqlite import SqliteStore

    path = sqlite_path(url)
    if not path.is_file():
        raise StoreError(upgrade_needed(url, f"there is no store at `{path}`", f"`{path}` 处没有库"))
    return SqliteStore(path, **known(SqliteStore, options))


def _postgres(url: str, waits: Waits, options: dict[str, Any]) -> Versioned:
    with needs_psycopg():
        from entitle.store.postgres import PostgresStore

    return PostgresStore(url, waits=waits, **known(PostgresStore, options))


def known(kind: type[Store], options: dict[str, Any]) -> dict[str, Any]:
    """The options, each of which this kind of store has. Raises UnknownName."""
    there = [name for name in signature(kind).parameters if name not in ("path", "url", "waits")]
    for name in options:
        if name not in there:
            raise UnknownName.among(Words(f"option of a {kind.__name__}", f"{kind.__name__} 的选项"), name, there)
    return options
