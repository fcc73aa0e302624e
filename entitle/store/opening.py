"""A store's address -> the open store."""

from typing import Any, Protocol

from entitle.errors import StoreError
from entitle.plan import Store
from entitle.store.address import is_postgres, needs_psycopg, sqlite_path
from entitle.store.memory import MemoryStore
from entitle.store.versions import check_version, upgrade_needed


class Versioned(Store, Protocol):
    """A store with tables, which are of a version."""

    def version(self) -> str | None: ...


def open_store(url: str, *, create: bool = False, **options: Any) -> Store:
    """The store at `url`.

    `memory:`, `sqlite:///shop.db` (four slashes before an absolute path), or `postgresql://user@host/database`, which
    takes `?schema=…` and whatever libpq takes.

    create   make it, or bring it up to date
    options  of that kind of store: see SqliteStore, PostgresStore

    Raises StoreError for an address that says nothing, a store that is not there, and one of another version.
    """
    if url == "memory:":
        return MemoryStore(**options)
    kind = _postgres if is_postgres(url) else _sqlite
    if create:
        from entitle.store.upgrade import upgrade

        upgrade(url)
    store = kind(url, options)
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
    return SqliteStore(path, **options)


def _postgres(url: str, options: dict[str, Any]) -> Versioned:
    with needs_psycopg():
        from entitle.store.postgres import PostgresStore

    return PostgresStore(url, **options)
