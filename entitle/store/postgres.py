"""A store in a PostgreSQL database: for any number of machines.

A plan is one transaction and one round trip, and so are several plans together. The effects go out together between
BEGIN and COMMIT, new rows of one table as one; each is a statement that the server fails where the guard does not hold,
and then does nothing of what comes after it. All that keeps two plans apart is what the rows say: guarded updates,
unique keys, and locks of single rows in READ COMMITTED. Only where a guard is a tally, which no row stands for, the
server itself keeps such plans apart (SERIALIZABLE).
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Any

import psycopg
from psycopg.pq.abc import PGresult
from sqlalchemy.dialects import postgresql

from entitle.errors import InDoubtError, StoreError
from entitle.messages import Words
from entitle.plan import Answer, Effect, Expect, Find, Get, Plan, Read, Within
from entitle.records import Active, Event
from entitle.store.arrays import numbers_moved, rows_inserted, rows_updated
from entitle.store.migrations import HEAD
from entitle.store.pool import Pool
from entitle.store.postgres_answers import to_numbers
from entitle.store.postgres_connections import connect
from entitle.store.postgres_faults import AGAIN, UNSURE_AT_COMMIT, closed_by_server, to_error
from entitle.store.postgres_locks import Lock, first_number, is_tallied, locks, numbers, rows_before
from entitle.store.postgres_reads import questions
from entitle.store.postgres_url import Address
from entitle.store.sql import Statement, Statements, only_numbers
from entitle.store.steps import Changes, Moves, Rows, Step, Together, apart, merged
from entitle.store.tables import NAMES
from entitle.store.waits import BLOCKING, Waits
from entitle.store.wire import Failed, Lost, Wire

STATEMENTS = Statements(
    postgresql.psycopg.dialect(paramstyle="numeric_dollar"),  # type: ignore[no-untyped-call]  # SQLAlchemy's is untyped
    postgresql.insert,
    numbers_events=False,
)
_BEGIN = Statement("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", ())
_BEGIN_STRICT = Statement("BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE", ())
_OTHER_VERSION = "entitle: the tables are of version"
# held until the plan's end, so that no upgrade comes between its statements
_SAME_VERSION = Statement(
    f"SELECT CASE version_num WHEN $1 THEN 1 ELSE CAST('{_OTHER_VERSION} ' || version_num AS BIGINT) END "
    "FROM entitle_version",
    (HEAD,),
)
# while a guard is tallied here, none is in a transaction that a shop has lent, which may be READ COMMITTED
_KEEP_JOINED_OUT = Statement(f"SELECT 1 FROM {NAMES[Active]} FOR SHARE", ())
_LOOK = Statement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", ())  # one snapshot for all reads
_COMMIT = Statement("COMMIT", ())
_ROLLBACK = Statement("ROLLBACK", ())
_GUARD = "entitle: a guard does not hold, rows"
_BROKEN_GUARD = "22P02"
_ATTEMPTS = 5
_OF_NONE = -1  # the place of what is no effect
_PAUSE_SECONDS = 0.01
_NUMBERED_MOST = 10_000  # events at once
_NUMBER = Statement(
    f"""
UPDATE {NAMES[Event]} AS event SET position = fresh.position
FROM (
  SELECT stream, number, row_number() OVER (ORDER BY at, stream, number)
    + (SELECT coalesce(max(position), 0) FROM {NAMES[Event]}) AS position
  FROM {NAMES[Event]} WHERE position IS NULL ORDER BY at, stream, number LIMIT {_NUMBERED_MOST}
) AS fresh
WHERE event.stream = fresh.stream AND event.number = fresh.number AND event.position IS NULL
""",
    (),
)


class PostgresStore:
    """A Store in the database and schema that `url` names; its tables are there and of this version.

    size               how many connections are open at once, at most
    wait               how many seconds a free one is waited for
    patience           how many seconds an answer is waited for before the connection is given up
    connect_timeout    how many seconds the server may take to let in
    lock_timeout       how many seconds one row may be held by others
    statement_timeout  how many seconds one statement may take
    idle_timeout       how many seconds a transaction may stand still, as when this process hangs or is cut off
    waits              what stands still meanwhile: a thread, or a task of an event loop

    A server before 17 notices a client that is cut off in the middle of a plan by its silence: within a minute.
    """

    def __init__(
        self,
        url: str,
        *,
        size: int = 10,
        wait: float = 5,
        patience: float = 60,
        connect_timeout: int = 5,
        lock_timeout: float = 5,
        statement_timeout: float = 30,
        idle_timeout: float = 30,
        waits: Waits = BLOCKING,
    ) -> None:
        self._address = Address.of(url)
        self._patience = patience
        self._conninfo = self._address.conninfo(connect_timeout, lock_timeout, statement_timeout, idle_timeout)
        self._waits = waits
        self._pool = Pool(self._connect, size, wait, waits)

    def fetch(self, reads: tuple[Read, ...]) -> tuple[Any, ...]:
        if any(_by_position(read) for read in reads):
            self._number_events()
        if numbers := only_numbers(reads):
            return to_numbers(self._look([STATEMENTS.numbers(numbers)])[0])
        asked = questions(STATEMENTS, reads)
        statements = [each.statement for each in asked]
        one = len(asked) == 1  # it sees one moment as it is
        results = self._look(statements) if one else self._look([_LOOK, *statements, _COMMIT])[1:-1]
        found = dict(pair for each, result in zip(asked, results, strict=True) for pair in each.answers(reads, result))
        return tuple([found[place] for place in range(len(reads))])

    def apply(self, plan: Plan) -> Effect | None:
        (answer,) = self.apply_each((plan,))
        if isinstance(answer, StoreError):
            raise answer
        return answer

    def apply_each(self, plans: Sequence[Plan]) -> list[Answer]:
        answers: list[Answer] = []
        while len(answers) < len(plans):
            try:
                answers += self._together(plans[len(answers) :])
            except StoreError as problem:
                if not any(answer is None for answer in answers):
                    raise
                return [*answers, *[problem] * (len(plans) - len(answers))]  # those before are done, and stay so
        return answers

    def _together(self, plans: Sequence[Plan]) -> list[Answer]:
        """The answers of the first of these plans: of all where all can be done, else of those up to one that cannot.

        They are one transaction and one round trip. The one that cannot ends it, and those before it are done again.
        """
        if not plans:
            return []
        every = tuple(effect for plan in plans for effect in plan)
        answers = self._carry_out(plans, every, merged(every))
        if answers is None:
            answers = self._carry_out(plans, every, apart(every))
            assert answers is not None
        return answers

    def _carry_out(self, plans: Sequence[Plan], every: Plan, steps: list[Step]) -> list[Answer] | None:
        """None: a step failed that is several effects. Which of them it was, they tell when each is a step."""
        begun = [
            _BEGIN_STRICT if any(isinstance(effect, Within) for effect in every) else _BEGIN,
            _SAME_VERSION,
            *([_KEEP_JOINED_OUT] if is_tallied(every) else []),
        ]
        demands = [(_demand(step.what), step.place) for step in steps]
        held = locks(STATEMENTS, numbers(every), every, steps)
        # one plan locks its numbers when it comes to them; several, before any of them does anything
        first = 0 if len(plans) > 1 else first_number(steps)
        said = [
            *((statement, _OF_NONE) for statement in begun),
            *locks(STATEMENTS, rows_before(every, steps), every, steps),
            *demands[:first],
            *held,
            *demands[first:],
            (_COMMIT, _OF_NONE),
        ]
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._waits.sleep(random.uniform(0, _PAUSE_SECONDS * attempt))
            failed = self._commit([statement for statement, _ in said])
            if failed is None:
                return [None] * len(plans)
            if failed.problem.sqlstate not in AGAIN:
                place = said[failed.place][1]
                if isinstance(said[failed.place], Lock) and not _is_value(failed):
                    place = _OF_NONE  # who waits too long for a row that all want, does so once
                return None if place is None else self._without(failed, place, plans)
        # others were in the way each time: what was decided on is no longer so, or will not be soon
        return [plan[0] if plan else None for plan in plans]

    def _without(self, failed: Failed, place: int, plans: Sequence[Plan]) -> list[Answer]:
        """The same without the plan whose effect, at this place among all effects, failed."""
        for number, plan in enumerate(plans):
            if 0 <= place < len(plan):
                before = self._together(plans[:number])
                if len(before) < number:
                    return before
                return [*before, plan[place] if _is_guard(failed) else to_error(failed.problem)]
            place -= len(plan)
        if _OTHER_VERSION in str(failed.problem):
            raise _upgraded() from failed.problem
        raise to_error(failed.problem) from failed.problem

    @property
    def schema(self) -> str | None:
        """Where the tables are; None: where the server lets the role look first."""
        return self._address.schema

    def close(self) -> None:
        self._pool.close()

    def version(self) -> str | None:
        """The migration that made the tables; None: there are none."""
        try:
            (result,) = self._look([Statement("SELECT version_num FROM entitle_version", ())])
        except StoreError as problem:
            if getattr(problem.__cause__, "sqlstate", None) == "42P01":
                return None
            raise
        found = result.get_value(0, 0) if result.ntuples else None
        return None if found is None else found.decode()

    def _look(self, statements: Sequence[Statement]) -> list[PGresult]:
        """Read. What is lost on the way is asked once more: reading changes nothing."""
        try:
            return self._read(statements)
        except Lost:
            try:
                return self._read(statements)
            except Lost as problem:
                raise to_error(psycopg.OperationalError(str(problem))) from problem

    def _read(self, statements: Sequence[Statement]) -> list[PGresult]:
        with self._wire() as wire:
            try:
                return wire.run(statements)
            except Failed as failed:
                self._recover(wire, failed)
                problem = failed.problem
        raise to_error(problem) from problem

    def _commit(self, statements: Sequence[Statement]) -> Failed | None:
        """None: it is done. What failed, else, and surely nothing is done."""
        with self._wire() as wire:
            try:
                wire.run(statements)
            except Lost as problem:
                raise _in_doubt(str(problem)) from problem
            except Failed as failed:
                at_commit = failed.place == len(statements) - 1
                if at_commit and (failed.problem.sqlstate or "").startswith(UNSURE_AT_COMMIT):
                    raise _in_doubt(str(failed.problem)) from failed.problem
                self._recover(wire, failed)
                return failed
        return None

    def _recover(self, wire: Wire, failed: Failed) -> None:
        """Make the connection fit for the next; where it is not, the pool finds that out."""
        if not closed_by_server(failed.problem.sqlstate or ""):
            try:
                wire.run([_ROLLBACK])
            except (Lost, Failed):
                wire.close()

    def _number_events(self) -> None:
        """Give the events that were committed since the last time their positions, in the order of their streams.

        Nobody waits for a number when an event is written, and none is given before its event is there for all: so
        whoever reads on from a position misses nothing, in whatever order transactions commit.
        """
        for _ in range(_ATTEMPTS):
            failed = self._commit([_BEGIN, _NUMBER, _COMMIT])
            if failed is None:
                return
            if failed.problem.sqlstate not in (*AGAIN, "23505"):  # others number them at this moment
                raise to_error(failed.problem) from failed.problem
            self._waits.sleep(random.uniform(0, _PAUSE_SECONDS))

    @contextmanager
    def _wire(self) -> Iterator[Wire]:
        """A connection to use alone. What it has not committed when something is raised, it never will."""
        wire = self._pool.lend()
        try:
            yield wire
        except (Exception, GeneratorExit):  # nobody waits any more after the latter
            self._pool.drop(wire)
            raise
        except BaseException:  # a task that was cancelled, or an interrupt
            self._waits.surely(partial(self._pool.stop, wire))
            raise
        self._pool.give_back(wire)

    def _connect(self) -> Wire:
        return connect(self._conninfo, self._patience, self._waits)


def _is_guard(failed: Failed) -> bool:
    return failed.problem.sqlstate == _BROKEN_GUARD and _GUARD in str(failed.problem)


def _is_value(failed: Failed) -> bool:
    """Whether a value is at fault: one that could not be sent, or that the server could not read."""
    return (failed.problem.sqlstate or "22").startswith("22")


def _upgraded() -> StoreError:
    """Nothing is written to tables that another entitle upgraded: it may keep more than this one knows."""
    return StoreError(
        Words(
            f"the store was of version {HEAD} when it was opened and is of another now: open it again",
            f"库打开时的版本为 {HEAD}，现已不同：请重新打开",
        )
    )


def _in_doubt(reason: str) -> InDoubtError:
    return InDoubtError(
        Words(
            f"the connection failed at the commit ({reason}): whether it was done, the same key will tell",
            f"连接在提交时中断（{reason}）：是否已完成，用同一个键再问即可知道",
        )
    )


def _by_position(read: Read) -> bool:
    if read.table is not Event or isinstance(read, Get):
        return False
    named = {column for column, _, _ in read.where}
    named |= {each.removeprefix("-") for each in read.order} if isinstance(read, Find) else {read.column}
    return "position" in named


# ---- effects


def _demand(what: Effect | Together) -> Statement:
    """The step as a statement that fails where its guard does not hold."""
    match what:
        case Rows(rows):
            return _demand_all(rows_inserted(STATEMENTS, rows), len(rows))
        case Moves(adds):
            return _demand_all(numbers_moved(STATEMENTS, adds), len(adds))
        case Changes(updates):
            return _demand_all(rows_updated(STATEMENTS, updates), len(updates))
    text, values = STATEMENTS.write(what)
    return Statement(_demanding(text, "" if isinstance(what, Expect | Within) else " RETURNING 1", "1"), values)


def _demand_all(statement: Statement, rows: int) -> Statement:
    text, values = statement
    return Statement(_demanding(text, " RETURNING 1", f"${len(values) + 1}::BIGINT"), [*values, rows])


@lru_cache(1024)
def _demanding(text: str, returning: str, wanted: str) -> str:
    failing = f"CAST('{_GUARD}: ' || count(*) AS BIGINT)"  # depends on a row, so that it is not computed in advance
    return f"WITH held AS ({text}{returning}) SELECT CASE count(*) WHEN {wanted} THEN 1 ELSE {failing} END FROM held"
