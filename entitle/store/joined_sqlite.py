"""SQLite inside a transaction of the shop's own.

The driver's default begins a transaction that only reads, and begins it late: two shops then decide on the same stock,
and both write. So the transaction is begun by a write here, or made a writing one before anything is read for a
decision: from then on nobody else writes, and no guard can fail.
"""

import sqlite3
from itertools import starmap
from pathlib import Path
from typing import Any, assert_never

from entitle.errors import Error, RetryTransaction
from entitle.messages import Words
from entitle.plan import Effect, Find, Get, Plan, Read, Tally
from entitle.store.faults import code, to_error
from entitle.store.lent import Lent, unbegun
from entitle.store.sql import Statement
from entitle.store.sqlite import PROBLEMS, STATEMENTS

_WRITE = "DELETE FROM entitle_version WHERE 0"  # takes the lock for writing, and changes nothing


class SqliteSide:
    """See Side."""

    row_factory: Any = None
    schema: str | None = None

    def __init__(self) -> None:
        self._path = Path(":memory:")

    def begin(self, lent: Lent) -> None:
        driver = lent.driver()
        if driver.in_transaction:
            lent.execute(_WRITE, ())
        elif driver.isolation_level is None or getattr(driver, "autocommit", None) is True:
            raise unbegun("execute BEGIN IMMEDIATE first", "请先执行 BEGIN IMMEDIATE")
        else:
            lent.execute("BEGIN IMMEDIATE", ())  # the driver would begin by itself, but too late

    def read(self, lent: Lent, reads: tuple[Read, ...]) -> tuple[Any, ...]:
        return tuple(_answer(each, lent.execute(*STATEMENTS.read(each)).rows) for each in reads)

    def locks(self, plan: Plan) -> list[Statement]:
        return []

    def write(self, effect: Effect) -> Statement:
        return STATEMENTS.write(effect)

    def version(self, lent: Lent) -> str | None:
        try:
            self.begin(lent)
            files = {name: file for _, name, file in lent.execute("PRAGMA database_list", ()).rows}
            self._path = Path(files["main"] or ":memory:")
            found = lent.execute("SELECT version_num FROM entitle_version", ()).rows
        except Exception as problem:
            if code(getattr(problem, "orig", None) or problem) != sqlite3.SQLITE_ERROR:
                raise
            return None
        return str(found[0][0]) if found else None

    def told(self, problem: Exception) -> Error | None:
        if not isinstance(problem, PROBLEMS):
            return None
        if code(problem) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return RetryTransaction(
                Words(
                    "another has written since this transaction read, or is writing: roll back and run it again",
                    "自本事务读取以来他人已写入，或正在写入：请回滚并重新执行",
                )
            )
        return to_error(self._path, problem)


def _answer(read: Read, rows: list[Any]) -> Any:
    match read:
        case Get(table):
            return table(*rows[0]) if rows else None
        case Find(table):
            return list(starmap(table, rows))
        case Tally():
            return rows[0][0]
    assert_never(read)
