"""Reads and effects -> statements of one dialect.

What is asked has a shape (tables, columns, tests) and values. SQLAlchemy builds and compiles each shape once; after
that a statement costs a look-up. No value is ever part of a text.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple, assert_never

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Select,
    Table,
    bindparam,
    cast,
    delete,
    func,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy.engine import Dialect

from entitle.identity import COLUMNS, KEYS, key_of, values_of
from entitle.plan import Add, Delete, Effect, Expect, Find, Get, Insert, Read, Tally, Update, Where, Within
from entitle.records import Event
from entitle.store.tables import TABLES, condition

_SHAPES_MOST = 1024  # an "in" of every length is a shape of its own
ZERO, ONE = literal_column("0", BigInteger), literal_column("1", BigInteger)

_NUMBERS_MOST = 4  # in one statement: each number of them is a shape of its own

_Tests = tuple[tuple[str, str, int], ...]  # column, test, how many values it takes
Places = Iterator[BindParameter[Any]]


class Statement(NamedTuple):
    """A text with places, and the values in the order of the places."""

    text: str
    values: Sequence[Any]


class _Inserts(NamedTuple):
    into: Callable[[Table], Any]
    numbers_events: bool


class Statements:
    """What is read and done, as statements of one database.

    dialect  with a positional paramstyle
    insert   the dialect's own insert, which knows ON CONFLICT
    numbers_events  an event gets its position as it is written; else it has none at first
    schema   where the tables are; None: where the connection looks first
    """

    def __init__(
        self, dialect: Dialect, insert: Callable[[Table], Any], *, numbers_events: bool, schema: str | None = None
    ) -> None:
        self._dialect = dialect
        self._schema = {} if schema is None else {None: schema}
        self._insert = _Inserts(insert, numbers_events)
        self._compiled = lru_cache(_SHAPES_MOST)(self._compile)

    def read(self, read: Read) -> Statement:
        """Its rows are the answer: the columns of a record in their order, or one number."""
        match read:
            case Get(table, key):
                return self.statement(key, _get, table)
            case Find(table, where, order, limit):
                tests, values = _split(where)
                if limit is not None:
                    values.append(limit)
                return self.statement(values, _find, table, tests, order, limit is not None)
            case Tally(table, where, how, column):
                tests, values = _split(where)
                return self.statement(values, _tally, table, tests, how, column)
        assert_never(read)

    def numbers(self, tallies: Sequence[Tally]) -> Statement:
        """Its one row is the answers to all of them, which are of one moment."""
        shapes, values = [], list[Any]()
        for each in tallies:
            tests, own = _split(each.where)
            shapes.append((each.table, tests, each.how, each.column))
            values += own
        return self.statement(values, _numbers, *shapes)

    def write(self, effect: Effect) -> Statement:
        """Its guard holds when it changes one row, or for Expect and Within finds one; else it changes, finds none."""
        match effect:
            case Insert(row):
                return self.statement(values_of(row), _insert, type(row), self._insert)
            case Update(table, key, changes, expect):
                tests, values = _split(_equal(expect))
                return self.statement((*changes.values(), *key, *values), _update, table, tuple(changes), tests)
            case Delete(table, key):
                return self.statement(key, _delete, table)
            case Add(row, column, by, least, most):
                if (begun := effect.begun()) is not None:
                    first = values_of(begun)
                    return self.statement((*first, by, least, most), _upsert, type(row), column, self._insert)
                # it cannot begin, but it may be there
                return self.statement((by, *key_of(row), least, most), _move, type(row), column)
            case Expect(table, key, expect):
                tests, values = _split(_equal(expect))
                return self.statement((*key, *values), _expect, table, tests)
            case Within(Tally(table, where, how, column), plus, most):
                tests, values = _split(where)
                return self.statement((*values, plus, most), _within, table, tests, how, column)
        assert_never(effect)

    def statement(self, values: Sequence[Any], build: Callable[..., Any], *shape: Any) -> Statement:
        """What `build` makes of a shape, with these values in places that are named v0, v1 and so on."""
        text, order, straight = self._compiled(build, *shape)
        return Statement(text, values if straight == len(values) else [values[place] for place in order])

    def _compile(self, build: Callable[..., Any], *shape: Any) -> tuple[str, list[int], int]:
        """The text, which value stands at each place, and how many values make the places as they are (-1: none)."""
        compiled = build(*shape).compile(
            dialect=self._dialect, schema_translate_map=self._schema, render_schema_translate=bool(self._schema)
        )
        order = [int(name[1:]) for name in compiled.positiontup or ()]
        return str(compiled), order, len(order) if order == list(range(len(order))) else -1


def only_numbers(reads: Sequence[Read]) -> list[Tally]:
    """The reads, where all of them are tallies, and few; else nothing."""
    tallies = [each for each in reads if isinstance(each, Tally)]
    return tallies if len(tallies) == len(reads) <= _NUMBERS_MOST else []


def _get(record: type) -> Select[Any]:
    table = TABLES[record]
    return select(table).where(*_has_key(record, value_places()))


def _find(record: type, tests: _Tests, order: tuple[str, ...], limited: bool) -> Select[Any]:
    table, places = TABLES[record], value_places()
    found = select(table).where(*_passes(table, tests, places))
    ordered = {name.removeprefix("-") for name in order}
    filled = {column for column, test, size in tests if test == "set" or (size and test not in ("!=", "open_at"))}
    found = found.order_by(
        *(_direction(table, name, filled) for name in order),
        *(table.c[name] for name in KEYS[record] if name not in ordered),
    )
    return found.limit(next(places)).offset(ZERO) if limited else found


def _direction(table: Table, name: str, filled: set[str]) -> ColumnElement[Any]:
    """Empty comes first, turned round last; nothing is said of it where nothing is empty, so that an index serves."""
    column = table.c[name.removeprefix("-")]
    direction = column.desc() if name.startswith("-") else column.asc()
    if not column.nullable or column.name in filled:
        return direction
    return direction.nulls_last() if name.startswith("-") else direction.nulls_first()


def _tally(record: type, tests: _Tests, how: str, column: str) -> Select[Any]:
    return _number(record, tests, how, column, value_places())


def _numbers(*tallies: tuple[type, _Tests, str, str]) -> Select[Any]:
    places = value_places()
    return select(*(_number(*each, places).scalar_subquery() for each in tallies))


def _number(record: type, tests: _Tests, how: str, column: str, places: Places) -> Select[Any]:
    table = TABLES[record]
    number: ColumnElement[Any]
    match how:
        case "count":
            number = func.count()
        case "distinct":
            number = func.count(table.c[column].distinct())
        case "sum":
            number = func.coalesce(cast(func.sum(table.c[column]), BigInteger), ZERO)
        case _:
            number = func.min(table.c[column])
    return select(number).select_from(table).where(*_passes(table, tests, places))


def _insert(record: type, inserts: _Inserts) -> Any:
    return _new_row(record, inserts, value_places()).on_conflict_do_nothing()


def _new_row(record: type, inserts: _Inserts, places: Places) -> Any:
    table = TABLES[record]
    values: dict[str, Any] = {name: next(places) for name in COLUMNS[record]}
    if record is Event:
        last = select(func.coalesce(func.max(table.c.position), ZERO))
        values["position"] = last.scalar_subquery() + ONE if inserts.numbers_events else null()
    return inserts.into(table).values(values)


def _update(record: type, changes: tuple[str, ...], tests: _Tests) -> Any:
    assert not set(changes) & set(KEYS[record]), f"the key of a {record.__name__} never changes"
    table, places = TABLES[record], value_places()
    return (
        update(table)
        .values({name: next(places) for name in changes})
        .where(*_has_key(record, places), *_passes(table, tests, places))
    )


def _delete(record: type) -> Any:
    return delete(TABLES[record]).where(*_has_key(record, value_places()))


def _upsert(record: type, column: str, inserts: _Inserts) -> Any:
    places = value_places()
    begun = _new_row(record, inserts, places)
    moved = TABLES[record].c[column] + next(places)
    return begun.on_conflict_do_update(
        index_elements=KEYS[record], set_={column: moved}, where=moved.between(next(places), next(places))
    )


def _move(record: type, column: str) -> Any:
    table, places = TABLES[record], value_places()
    moved = table.c[column] + next(places)
    changed = update(table).values({column: moved}).where(*_has_key(record, places))
    return changed.where(moved.between(next(places), next(places)))


def _expect(record: type, tests: _Tests) -> Select[Any]:
    table, places = TABLES[record], value_places()
    found = select(ONE).select_from(table).where(*_has_key(record, places), *_passes(table, tests, places))
    return found.with_for_update(read=True)  # until the end nobody changes it; SQLite lets nobody write anyway


def _within(record: type, tests: _Tests, how: str, column: str) -> Select[Any]:
    places = value_places()
    number = _number(record, tests, how, column, places).scalar_subquery()
    return select(ONE).where(func.coalesce(number, ZERO) + next(places) <= next(places))


def _has_key(record: type, places: Places) -> list[ColumnElement[Any]]:
    return [TABLES[record].c[name] == next(places) for name in KEYS[record]]


def _passes(table: Table, tests: _Tests, places: Places) -> list[ColumnElement[Any]]:
    return [condition(table.c[column], test, _bound(test, size, places)) for column, test, size in tests]


def _bound(test: str, size: int, places: Places) -> Any:
    if test == "in":
        return [next(places) for _ in range(size)]
    return next(places) if size else None


def value_places() -> Places:
    """Places for values, in the order in which the values are given."""
    return (bindparam(f"v{place}") for place in count())


def _equal(expect: Mapping[str, Any]) -> tuple[Where, ...]:
    return tuple([(column, "=", value) for column, value in expect.items()])


def _split(where: tuple[Where, ...]) -> tuple[_Tests, list[Any]]:
    """The shape of the tests, and their values."""
    tests: list[tuple[str, str, int]] = []
    values: list[Any] = []
    for column, test, value in where:
        taken = list(value) if test == "in" else [] if test == "set" or value is None else [value]
        tests.append((column, test, len(taken)))
        values += taken
    return tuple(tests), values
