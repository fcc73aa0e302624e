"""PostgreSQL inside a transaction of the shop's own.

All reads of a fetch are one statement, which sees one moment and takes one round trip also in READ COMMITTED. Guards
take the locks that hold until the shop's commit; where another transaction held one and changed what was decided on, a
transaction in READ COMMITTED sees it and decides again, and any other must begin anew. Where a guard is a tally, which
no row stands for, the row that all plans read does: one such plan at a time, and none of a store's own meanwhile.
"""

import json
from functools import cache
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row
from sqlalchemy.dialects import postgresql

from entitle.errors import Error, RetryTransaction
from entitle.messages import Words
from entitle.plan import Effect, Expect, Find, Get, Plan, Read, Tally
from entitle.records import Active
from entitle.store.lent import Lent, broken, unbegun
from entitle.store.postgres_faults import AGAIN, to_error
from entitle.store.postgres_locks import is_tallied, numbers
from entitle.store.sql import Statement, Statements
from entitle.store.tables import NAMES

_FAILED = "25P02"
_LOCKED = "55P03"


@cache
def _statements(schema: str | None) -> Statements:
    dialect = postgresql.psycopg.dialect(paramstyle="format")  # type: ignore[no-untyped-call]  # untyped
    return Statements(dialect, postgresql.insert, numbers_events=False, schema=schema)


class PostgresSide:
    """See Side. `schema` is where the store's tables are; None: where the shop's connection looks first."""

    row_factory: Any = staticmethod(tuple_row)

    def __init__(self, schema: str | None) -> None:
        self.schema = schema
        self._statements = _statements(schema)

    def begin(self, lent: Lent) -> None:
        driver = lent.driver()
        match driver.info.transaction_status:
            case TransactionStatus.INERROR:
                raise broken()
            case TransactionStatus.IDLE if driver.autocommit:
                raise unbegun("enter `connection.transaction()` first", "请先进入 `connection.transaction()`")

    def read(self, lent: Lent, reads: tuple[Read, ...]) -> tuple[Any, ...]:
        if not reads:
            return ()
        statements = [self._statements.read(each) for each in reads]
        columns = ", ".join(map(_as_json, reads, [each.text for each in statements]))
        ((*found,),) = lent.execute(f"SELECT {columns}", [value for each in statements for value in each.values]).rows
        return tuple(map(_answer, reads, found))

    def locks(self, plan: Plan) -> list[Statement]:
        alone = [Statement(f"UPDATE {self._named(NAMES[Active])} SET since = since", ())] if is_tallied(plan) else []
        found = [self._statements.write(Expect(table, key, {})) for table, key in numbers(plan)]
        return [*alone, *(Statement(text.replace("FOR SHARE", "FOR NO KEY UPDATE"), each) for text, each in found)]

    def write(self, effect: Effect) -> Statement:
        return self._statements.write(effect)

    def version(self, lent: Lent) -> str | None:
        table = self._named("entitle_version")
        self.begin(lent)
        if lent.execute("SELECT to_regclass(%s)::text", (table,)).rows == [(None,)]:
            return None
        found = lent.execute(f"SELECT version_num FROM {table}", ()).rows
        return str(found[0][0]) if found else None

    def _named(self, table: str) -> str:
        return table if self.schema is None else f"{self.schema}.{table}"

    def told(self, problem: Exception) -> Error | None:
        if not isinstance(problem, psycopg.Error | UnicodeEncodeError):
            return None
        state = getattr(problem, "sqlstate", None)
        if state == _FAILED:
            return broken()
        if state in (*AGAIN, _LOCKED):
            return RetryTransaction(
                Words(
                    "another transaction was in the way: roll back and run this one again",
                    "与另一事务冲突：请回滚并重新执行",
                )
            )
        return to_error(problem)


def _as_json(read: Read, text: str) -> str:
    return f"({text})::text" if isinstance(read, Tally) else f"(SELECT json_agg(found) FROM ({text}) AS found)::text"


def _answer(read: Read, found: str | None) -> Any:
    if isinstance(read, Tally):
        return None if found is None else int(found)
    rows = [read.table(**row) for row in json.loads(found or "[]")]
    match read:
        case Get():
            return rows[0] if rows else None
        case Find():
            return rows
