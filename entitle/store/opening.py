"""A store's address -> the open store."""

from pathlib import Path
from typing import Any

from entitle.errors import StoreError
from entitle.messages import Words
from entitle.plan import Store
from entitle.store.memory import MemoryStore
from entitle.store.migrations import HEAD

_SUPPORTED = Words("`memory:` and `sqlite:///PATH`", "`memory:` 与 `sqlite:///PATH`")


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
        raise StoreError(_upgrade_needed(url, f"there is no store at `{path}`", f"`{path}` 处没有库"))
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
        raise StoreError(
            Words(
                f"`{url}` is no address of a store: write `sqlite:///{url}` for a file",
                f"`{url}` 不是库的地址：文件请写成 `sqlite:///{url}`",
            )
        )
    if scheme.startswith("postgresql"):
        raise StoreError(
            Words(
                f"PostgreSQL comes with a later version of entitle; this one opens {_SUPPORTED.en}",
                f"PostgreSQL 将由后续版本支持；此版本可打开 {_SUPPORTED.zh}",
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
    remedy = f"entitle store upgrade --store {url}"
    return Words(f"{en}; run: {remedy}", f"{zh}；请运行：{remedy}")
