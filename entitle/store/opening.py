"""A store's address -> the open store."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from entitle.errors import StoreError
from entitle.messages import Words
from entitle.plan import Store
from entitle.store.memory import MemoryStore
from entitle.store.migrations import HEAD

_SUPPORTED = Words(
    "`memory:`, `sqlite:///PATH` and `postgresql://HOST/DATABASE`",
    "`memory:`、`sqlite:///PATH` 与 `postgresql://HOST/DATABASE`",
)


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
        raise StoreError(_upgrade_needed(url, f"there is no store at `{path}`", f"`{path}` 处没有库"))
    return SqliteStore(path, **options)


def _postgres(url: str, options: dict[str, Any]) -> Versioned:
    with needs_psycopg():
        from entitle.store.postgres import PostgresStore

    return PostgresStore(url, **options)


def is_postgres(url: str) -> bool:
    return re.match(r"postgres(ql)?(\+psycopg)?:", url) is not None


@contextmanager
def needs_psycopg() -> Iterator[None]:
    """Import inside it what needs the driver of PostgreSQL: StoreError where it is not installed."""
    try:
        yield
    except ImportError as problem:
        if (problem.name or "").partition(".")[0] != "psycopg":
            raise
        remedy = 'pip install "entitle[postgres]"'
        raise StoreError(
            Words(
                f"psycopg is not installed: a store in PostgreSQL is reached through it; run: {remedy}",
                f"未安装 psycopg：连接 PostgreSQL 库需要它；请运行：{remedy}",
            )
        ) from problem


def sqlite_path(url: str) -> Path:
    """The file that the address names."""
    scheme, colon, rest = url.partition(":")
    if not colon:
        raise StoreError(
            Words(
                f"`{url}` is no address of a store: write `sqlite:///{url}` for a file",
                f"`{url}` 不是库的地址：文件请写成 `sqlite:///{url}`",
            )
        )
    if scheme != "sqlite":
        raise StoreError(
            Words(
                f"`{scheme}:` is no kind of store: this version opens {_SUPPORTED.en}",
                f"没有 `{scheme}:` 这种库：此版本可打开 {_SUPPORTED.zh}",
            )
        )
    path = rest.removeprefix("///")
    if path == rest or path in ("", ":memory:"):
        raise StoreError(
            Words(
                "a SQLite store needs a file, as in `sqlite:///shop.db`; `memory:` keeps it in memory",
                "SQLite 库需要一个文件，如 `sqlite:///shop.db`；`memory:` 则保存在内存中",
            )
        )
    return Path(path)


def check_version(url: str, found: str | None) -> None:
    """Raise StoreError unless the tables are those that this version works with."""
    if found is None:
        raise StoreError(_upgrade_needed(url, "the store has no tables yet", "库中还没有表"))
    refuse_newer(found)
    if found != HEAD:
        older = f"the store is of version {found}, older than {HEAD}, which this entitle needs"
        raise StoreError(_upgrade_needed(url, older, f"库的版本为 {found}，此 entitle 需要 {HEAD}"))


def refuse_newer(found: str) -> None:
    """Raise StoreError for tables that a later version of entitle made."""
    if found > HEAD:
        raise StoreError(
            Words(
                f"the store is of version {found}; this entitle knows {HEAD} at most: install a newer one",
                f"库的版本为 {found}；此 entitle 最高只认识 {HEAD}：请安装更新的版本",
            )
        )


def _upgrade_needed(url: str, en: str, zh: str) -> Words:
    remedy = f"entitle store upgrade --store {without_password(url)}"
    return Words(f"{en}; run: {remedy}", f"{zh}；请运行：{remedy}")


def without_password(url: str) -> str:
    """The address as it may be shown."""
    hidden = re.sub(r"(//[^:/?#@]*):[^/?#]*@", r"\1:***@", url)
    return re.sub(r"([?&]password)=[^&]*", r"\1=***", hidden)
