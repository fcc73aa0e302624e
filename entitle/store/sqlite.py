"""A store in a SQLite file: for one machine, any number of threads and processes.

A plan is on the disk (synchronous FULL) when `apply` returns. Writers come one at a time, in turn; the plans that the
threads of a process bring while one is written are the next transaction together. Readers see one moment each and wait
for nobody.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import starmap
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, assert_never

from sqlalchemy.dialects import sqlite

from entitle.errors import InDoubtError, StoreError
from entitle.messages import Words
from entitle.plan import Answer, Effect, Expect, Find, Get, Plan, Read, Tally, Within
from entitle.store.connections import Connections
from entitle.store.faults import code, is_sure_at_commit, to_error
from entitle.store.groups import Groups, Take
from entitle.store.sql import Statement, Statements, only_numbers
from entitle.store.turns import Turns

# SQLite's own, and values that its driver does not take
PROBLEMS = (sqlite3.Error, OverflowError, UnicodeEncodeError)
_OWN_FAULTS = (sqlite3.IntegrityError, OverflowError, UnicodeEncodeError)  # of one plan, and of no other
STATEMENTS = Statements(sqlite.dialect(paramstyle="qmark"), sqlite.insert, numbers_events=True)


class _Work(NamedTuple):
    plan: Plan
    statements: list[Statement]


class SqliteStore:
    """A Store in the file at `path`, which is there and of this version: `open_store` sees to both.

    timeout  how many seconds a writer waits for the others
    pragmas  more settings for each connection, such as `cache_size`; those that durability needs stay as they are
    """

    def __init__(self, path: Path, timeout: float = 5, pragmas: Mapping[str, int] | None = None) -> None:
        path = path.absolute()  # the process may move to another folder
        self._path = path
        self._connections = Connections(path, timeout, pragmas or {})
        self._known: tuple[int, str | None] | None = None  # SQLite's number of the tables as they are, and our version
        self._groups = Groups[_Work, Answer](self._write, timeout)
        self.turns = Turns(path.with_name(f"{path.name}.lock"), timeout, path.stat().st_mode & 0o666)

    def fetch(self, reads: tuple[Read, ...]) -> tuple[Any, ...]:
        if numbers := only_numbers(reads):
            statement = STATEMENTS.numbers(numbers)
            with _Loan(self._path, self._connections, to_write=False) as connection:
                return tuple(connection.execute(*statement).fetchone())
        statements = [STATEMENTS.read(each) for each in reads]
        with _Loan(self._path, self._connections, to_write=False) as connection:
            cursor = connection.cursor()
            if len(reads) == 1:  # one statement sees one moment as it is
                return (_answer(cursor, reads[0], statements[0]),)
            cursor.execute("BEGIN")
            answers = tuple(map(_answer, [cursor] * len(reads), reads, statements))
            cursor.execute("COMMIT")
            return answers

    def apply(self, plan: Plan) -> Effect | None:
        (answer,) = self.apply_each((plan,))
        if isinstance(answer, StoreError):
            raise answer
        return answer

    def apply_each(self, plans: Sequence[Plan]) -> list[Answer]:
        return self._groups.bring([_Work(plan, [STATEMENTS.write(each) for each in plan]) for plan in plans])

    def close(self) -> None:
        self._connections.close()
        self.turns.close()

    def version(self) -> str | None:
        """The migration that made the tables; None: there are none."""
        with _Loan(self._path, self._connections, to_write=False) as connection:
            number = _tables_number(connection)
            self._known = number, _version(connection)
            return self._known[1]

    def _write(self, take: Take["_Work"]) -> list[Answer]:
        """Carry out what is taken, in one transaction.

        Where that surely comes to nothing, each is carried out alone, so that everyone is told of their own.
        """
        works: list[_Work] = []

        def taken() -> list[_Work]:
            works.extend(take())
            return works

        try:
            return self._together(taken)
        except StoreError as problem:
            if not works:
                raise
            if len(works) == 1:
                return [problem]
        return [self._alone(work) for work in works]

    def _alone(self, work: "_Work") -> Answer:
        try:
            return self._together(lambda: [work])[0]
        except StoreError as problem:
            return problem

    def _together(self, take: Take["_Work"]) -> list[Answer]:
        with _Loan(self._path, self._connections) as connection, self.turns, closing(connection.cursor()) as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            self._check_tables(connection)
            works = take()
            answers: list[Answer] = [_carry_out(cursor, works[0])] if len(works) == 1 else self._several(cursor, works)
            if all(answers):
                cursor.execute("ROLLBACK")
            else:
                self._commit(cursor)
            return answers

    def _check_tables(self, connection: sqlite3.Connection) -> None:
        """Nothing is written to tables that another entitle upgraded meanwhile: it may keep more than this one knows.

        Raises StoreError.
        """
        if self._known is None or (number := _tables_number(connection)) == self._known[0]:
            return
        was = self._known[1]
        if (found := _version(connection)) != was:
            raise StoreError(
                Words(
                    f"`{self._path}` was of version {was} when it was opened and is {found} now: open it again",
                    f"`{self._path}` 打开时的版本为 {was}，现为 {found}：请重新打开",
                )
            )
        self._known = number, found

    def _several(self, cursor: sqlite3.Cursor, works: list["_Work"]) -> list[Answer]:
        """Nearly always all can be done, and then none needs what it takes to take one back: a third of the time."""
        cursor.execute("SAVEPOINT plans")
        try:
            if all(_carry_out(cursor, each) is None for each in works):
                return [None] * len(works)
        except _OWN_FAULTS:
            pass
        cursor.execute("ROLLBACK TO plans")
        return [self._apart(cursor, each) for each in works]

    def _apart(self, cursor: sqlite3.Cursor, work: "_Work") -> Answer:
        """Carry it out so that it can be taken back without the others."""
        cursor.execute("SAVEPOINT plan")
        answer: Answer
        try:
            answer = _carry_out(cursor, work)
        except _OWN_FAULTS as problem:
            answer = to_error(self._path, problem)
        if answer is not None:
            cursor.execute("ROLLBACK TO plan")
        cursor.execute("RELEASE plan")
        return answer

    def _commit(self, cursor: sqlite3.Cursor) -> None:
        try:
            cursor.execute("COMMIT")
        except sqlite3.Error as problem:
            if is_sure_at_commit(problem):
                raise
            raise InDoubtError(
                Words(
                    f"`{self._path}` failed at the commit ({problem}): whether it was done, the same key will tell",
                    f"`{self._path}` 在提交时出错（{problem}）：是否已完成，用同一个键再问即可知道",
                )
            ) from problem


class _Loan:
    """A connection to use alone. What it has not committed when something is raised, it never will."""

    __slots__ = ("_connection", "_connections", "_path", "_to_write")

    def __init__(self, path: Path, connections: Connections, *, to_write: bool = True) -> None:
        self._path = path
        self._connections = connections
        self._to_write = to_write

    def __enter__(self) -> sqlite3.Connection:
        self._connection = self._connections.lend(to_write=self._to_write)
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, at: TracebackType | None
    ) -> None:
        if problem is None:
            self._connections.give_back(self._connection)
            return
        self._connections.drop(self._connection)
        if isinstance(problem, PROBLEMS):
            raise to_error(self._path, problem) from problem


def _tables_number(connection: sqlite3.Connection) -> int:
    """A number that is another one whenever the tables are."""
    number: int = connection.execute("PRAGMA schema_version").fetchone()[0]
    return number


def _version(connection: sqlite3.Connection) -> str | None:
    """The migration that made the tables; None: there are none."""
    try:
        row = connection.execute("SELECT version_num FROM entitle_version").fetchone()
    except sqlite3.OperationalError as problem:
        if code(problem) != sqlite3.SQLITE_ERROR:
            raise
        return None
    return None if row is None else str(row[0])


def _answer(cursor: sqlite3.Cursor, read: Read, statement: Statement) -> Any:
    rows = cursor.execute(*statement)
    match read:
        case Get(table):
            row = rows.fetchone()
            return None if row is None else table(*row)
        case Find(table):
            return list(starmap(table, rows))
        case Tally():
            return rows.fetchone()[0]
    assert_never(read)


def _carry_out(cursor: sqlite3.Cursor, work: _Work) -> Effect | None:
    """The first effect whose guard failed; None: all are done."""
    return next((each for each, said in zip(*work, strict=True) if not _holds(cursor, each, said)), None)


def _holds(cursor: sqlite3.Cursor, effect: Effect, statement: Statement) -> bool:
    cursor.execute(*statement)
    if isinstance(effect, Expect | Within):
        return cursor.fetchone() is not None
    return cursor.rowcount == 1
