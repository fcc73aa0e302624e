"""A store's address -> the open store."""

from pathlib import Path
from typing import Any

from entitle.errors import StoreError
from entitle.plan import Store
from entitle.store.memory import MemoryStore
from entitle.store.migrations import HEAD

_SUPPORTED = "`memory:` and `sqlite:///PATH`"


def open_store(url: str, *, create: bool = False, **options: Any) -> Store:
    """The store at `url`: `memory:`, or `sqlite:///shop.db` (four slashes before an absolute path).

    create   make it, or bring it up to date
    options  of that kind of store: see SqliteStore

    Raises StoreError for an address that says nothing, a store that is not there, and one of another version.
    """
    if url == "memory:":
        return MemoryStore(**options)
    from entitle.store.sqlite import SqliteStore

    path = sqlite_path(url)
    if create:
        from entitle.store.upgrade import upgrade

        upgrade(url)
    elif not path.is_file():
        raise StoreError(f"there is no store at `{path}`; {_remedy(url)}")
    store = SqliteStore(path, **options)
    try:
        check_version(url, store.version())
    except BaseException:
        store.close()
        raise
    return store


def sqlite_path(url: str) -> Path:
    """The file that the address names."""
    scheme, colon, rest = url.partition(":")
    if not colon:
        raise StoreError(f"`{url}` is no address of a store: write `sqlite:///{url}` for a file")
    if scheme.startswith("postgresql"):
        raise StoreError(f"PostgreSQL comes with a later version of entitle; this one opens {_SUPPORTED}")
    if scheme != "sqlite":
        raise StoreError(f"`{scheme}:` is no kind of store: this version opens {_SUPPORTED}")
    path = rest.removeprefix("///")
    if path == rest or path in ("", ":memory:"):
        raise StoreError("a SQLite store needs a file, as in `sqlite:///shop.db`; `memory:` keeps it in memory")
    return Path(path)


def check_version(url: str, found: str | None) -> None:
    """Raise StoreError unless the tables are those that this version works with."""
    if found is None:
        raise StoreError(f"the store has no tables yet; {_remedy(url)}")
    refuse_newer(found)
    if found != HEAD:
        raise StoreError(
            f"the store is of version {found}, older than {HEAD}, which this entitle needs; {_remedy(url)}"
        )


def refuse_newer(found: str) -> None:
    """Raise StoreError for tables that a later version of entitle made."""
    if found > HEAD:
        raise StoreError(f"the store is of version {found}; this entitle knows {HEAD} at most: install a newer one")


def _remedy(url: str) -> str:
    return f"run: entitle store upgrade --store {url}"
