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
    from sqlalchemy import URL, Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

_SUPPORTED = Words(
    "`memory:`, `sqlite:///PATH` and `postgresql://HOST/DATABASE`",
    "`memory:`、`sqlite:///PATH` 与 `postgresql://HOST/DATABASE`",
)
_SECRET = "password|sslpassword|oauth_client_secret|scram_client_key|scram_server_key"  # options of libpq that are one
_PLACE = ("host", "port", "user", "password", "dbname")


def address_of(place: "str | Engine | AsyncEngine") -> str:
    """The address of a store. Of an engine it is what its driver is told to connect to.

    Raises FactError for what is neither, and StoreError for an engine's address that cannot be said in ours.
    """
    if isinstance(place, str):
        return place
    if not hasattr(getattr(place, "url", None), "get_backend_name"):
        came = type(place).__name__  # not shown: it may hold a password
        raise FactError("url", Words(f"is a text or an engine; I got {came}", f"应为文本或 engine；收到 {came}"))
    match place.url.get_backend_name():
        case "postgresql":
            return _of_server(place.url)
        case "sqlite":
            return _of_file(place.url)
        case other:
            return f"{other}://"


def _of_file(url: "URL") -> str:
    """As it is: a path is not encoded here."""
    path = url.database or ""
    if path.startswith("file:") or "uri" in url.query:  # which may name another file, or open it in another way
        raise StoreError(
            Words(
                "an engine on a `file:` address cannot be opened: give the path, as in `sqlite:///shop.db`",
                "无法打开 `file:` 地址的 engine：请给出路径，如 `sqlite:///shop.db`",
            )
        )
    return f"sqlite:///{path}"


def _of_server(url: "URL") -> str:
    """What libpq is told, of one host or of several."""
    from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

    _, told = PGDialect_psycopg().create_connect_args(url)  # type: ignore[no-untyped-call]  # SQLAlchemy's is untyped
    told = {name: value for name, value in told.items() if name in url.query or name in _PLACE}
    if not all(isinstance(value, str | int) for value in told.values()):  # an option that is given twice
        raise StoreError(
            Words("the engine's address says an option twice: say it once", "engine 的地址中有选项写了两次：请只写一次")
        )
    parts = {name: quote(str(told.pop(name, "")), safe="") for name in ("user", "password", "dbname")}
    password = f":{parts['password']}" if parts["password"] else ""
    who = f"{parts['user']}{password}@" if parts["user"] or password else ""
    asked = f"?{query_of(told)}" if told else ""
    return f"postgresql://{who}/{parts['dbname']}{asked}"


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
