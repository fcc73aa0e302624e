"""`postgresql://user:password@host/database?schema=brand` -> what libpq is told. A password is never shown."""

import re
from collections.abc import Set
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import SplitResult, urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import Conninfo

from entitle.errors import StoreError
from entitle.messages import Words
from entitle.store.address import is_certain, options_of, query_of

_DEFAULTS: dict[str, Any] = {  # a host that is gone is noticed within a minute
    "application_name": "entitle",
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
SHOWN = ("host", "hostaddr", "port", "dbname")  # what libpq says of them is passed on
# the server notices as soon that this process is gone, and lets go of what it had locked; on its own socket at once
_KEEPALIVES = {"tcp_keepalives_idle": 20, "tcp_keepalives_interval": 10, "tcp_keepalives_count": 3}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a store is: what libpq takes, and the schema; None: the one that the server gives the role."""

    parts: dict[str, Any]
    schema: str | None

    @classmethod
    def of(cls, url: str) -> Self:
        """Raises StoreError for what is no address."""
        split = _split(url)
        query = options_of(split.query)
        schema = query.pop("schema", None)
        if schema is not None and not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", schema):
            raise StoreError(
                Words(
                    "a schema is named by small letters, digits and underscores",
                    "schema 名只能用小写字母、数字和下划线",
                )
            )
        _check_options(query.keys())
        plain = f"postgresql://{split.netloc}{split.path}?{query_of(query)}"  # urlunsplit loses an empty host
        try:
            parts = conninfo_to_dict(plain)
        except ProgrammingError:
            raise _unreadable() from None
        if any("@" in str(parts.get(name, "")) for name in SHOWN):
            raise _unreadable()
        return cls(parts, schema)

    def conninfo(self, connect: int, lock: float, statement: float, idle: float) -> str:
        """For a connection with these timeouts, in seconds. What the address says itself goes before."""
        settings = {
            "lock_timeout": int(lock * 1000),
            "statement_timeout": int(statement * 1000),
            "idle_in_transaction_session_timeout": int(idle * 1000),
            "client_connection_check_interval": 2000,
            **_KEEPALIVES,
        }
        options = [f"-c {name}={value}" for name, value in settings.items()]
        if self.schema is not None:
            options.append(f"-c search_path={self.schema}")
        said = {**_DEFAULTS, "connect_timeout": connect, **self.parts}
        said["options"] = " ".join([*options, said.get("options", "")]).strip()
        return make_conninfo("", client_encoding="UTF8", **said)


def _split(url: str) -> SplitResult:
    """Raises StoreError for what cannot be read with certainty: a part of a password would be taken for a host."""
    if not is_certain(url):
        raise _unreadable()
    try:
        return urlsplit(url)
    except ValueError:
        raise _unreadable() from None


def _check_options(names: Set[str]) -> None:
    """Raises StoreError for options of a connection that libpq does not know.

    One is named only where it can be a name.
    """
    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    wrong = sorted(names - known)
    if not wrong:
        return
    name = wrong[0]
    if not re.fullmatch(r"[a-z_]+", name):
        raise _unreadable()
    raise StoreError(
        Words(
            f"the address of the store has an option that PostgreSQL's library does not know: {name!r}",
            f"库的地址中有 PostgreSQL 客户端不认识的选项：{name!r}",
        )
    )


def _unreadable() -> StoreError:
    return StoreError(
        Words(
            "the address of the store cannot be read: write `postgresql://USER:PASSWORD@HOST/DATABASE`,"
            " and in a password `%40` for `@`, `%2F` for `/`, `%3F` for `?`, `%23` for `#`",
            "无法读取库的地址：请写成 `postgresql://用户:密码@主机/数据库`；密码中的 `@` 写成 `%40`，"
            "`/` 写成 `%2F`，`?` 写成 `%3F`，`#` 写成 `%23`",
        )
    )
