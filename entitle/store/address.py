"""A store's address: what kind of store it names, and where."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode

from entitle.errors import FactError, StoreError
from entitle.messages import Words

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

_SUPPORTED = Words(
    "`memory:`, `sqlite:///PATH` and `postgresql://HOST/DATABASE`",
    "`memory:`、`sqlite:///PATH` 与 `postgresql://HOST/DATABASE`",
)
_SECRET = "password|sslpassword|oauth_client_secret|scram_client_key|scram_server_key"  # options of libpq that are one


def address_of(place: "str | Engine | AsyncEngine") -> str:
    """The address of a store. Of an engine it is without the driver, which is the store's own business.

    Raises FactError for what is neither.
    """
    if isinstance(place, str):
        return place
    if not hasattr(getattr(place, "url", None), "get_backend_name"):
        came = type(place).__name__  # not shown: it may hold a password
        raise FactError("url", Words(f"is a text or an engine; I got {came}", f"应为文本或 engine；收到 {came}"))
    kind = place.url.get_backend_name()
    plain = place.url.set(drivername=kind, query={}).render_as_string(hide_password=False)
    told = {name: value for name, value in place.url.query.items() if isinstance(value, str)}
    return f"{plain}?{query_of(told)}" if told and kind == "postgresql" else plain


def is_postgres(url: str) -> bool:
    return re.match(r"postgres(ql)?(\+psycopg)?:", url) is not None


@contextmanager
def needs_psycopg() -> Iterator[None]:
    """Import inside it what needs the driver of PostgreSQL, or what lets it wait on an event loop.

    Raises StoreError where it is not installed.
    """
    try:
        yield
    except ImportError as problem:
        if (missing := (problem.name or "").partition(".")[0]) not in ("psycopg", "greenlet"):
            raise
        remedy = 'pip install "entitle[postgres]"'
        raise StoreError(
            Words(
                f"{missing} is not installed: a store in PostgreSQL is reached through it; run: {remedy}",
                f"未安装 {missing}：连接 PostgreSQL 库需要它；请运行：{remedy}",
            )
        ) from problem


def sqlite_path(url: str) -> Path:
    """The file that the address names."""
    scheme, colon, rest = url.partition(":")
    if not re.fullmatch(r"[\w.+-]+" if colon else r"[^=@]+", scheme):  # not shown: it may hold a password
        raise StoreError(
            Words(
                f"the address of the store cannot be read: write one of {_SUPPORTED.en}",
                f"无法读取库的地址：请写成 {_SUPPORTED.zh} 之一",
            )
        )
    if not colon:
        raise StoreError(
            Words(
                f"`{url}` is no address of a store: write `sqlite:///{url}` for a file",
                f"`{url}` 不是库的地址：文件请写成 `sqlite:///{url}`",
            )
        )
    if not rest.startswith("//"):  # what there is of it may be a password
        raise StoreError(
            Words(
                f"this is no address of a store: this version opens {_SUPPORTED.en}",
                f"这不是库的地址：此版本可打开 {_SUPPORTED.zh}",
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


def options_of(query: str) -> dict[str, str]:
    """What an address says after its `?`, as libpq reads it: a plus is a plus."""
    return dict(parse_qsl(query.replace("+", "%2B"), keep_blank_values=True))


def query_of(options: Mapping[str, str]) -> str:
    """The same the other way round."""
    return urlencode(options, quote_via=quote)


def is_certain(url: str) -> bool:
    """Whether it can be read in one way only: no `@`, `/`, `?` or `#` is left as it is in a name or a password."""
    return re.fullmatch(r"[a-z+]+://([^/?#@]*@)?[^@#]*", url) is not None


def without_password(url: str) -> str:
    """The address as it may be shown; of one on a server that is not certain nothing."""
    if is_postgres(url) and not is_certain(url):
        return "postgresql://…"
    hidden = re.sub(r"(//[^:/?#@]*):[^/?#]*@", r"\1:***@", url)
    return re.sub(rf"([?&](?:{_SECRET}))=[^&]*", r"\1=***", hidden)
