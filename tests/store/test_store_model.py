"""Generated plans: both stores answer as a model that is too simple to be wrong, and keep the same rows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entitle.errors import StoreError
from entitle.identity import KEYS, UNIQUE
from entitle.plan import Add, Delete, Effect, Expect, Find, Insert, Read, Store, Tally, Update, Where, Within
from entitle.records import Count, Event, Grant, Job, Key, Record
from entitle.store.connections import connect
from entitle.store.memory import MemoryStore
from entitle.store.sqlite import SqliteStore
from entitle.store.tables import NAMES
from tests.store.rows import FAMILY, GRANT, ROWS, Books, books, done

Plan = tuple[Effect, ...]
Answer = int | str | None  # the place of the effect that failed, "broken" for a StoreError, None when it was done


class Model:
    """Lists of rows, searched from the start, copied before every plan."""

    def __init__(self) -> None:
        self.rows: Books = {table: [ROWS[table]] for table in KEYS}

    def apply(self, plan: Plan) -> Answer:
        before = {table: list(rows) for table, rows in self.rows.items()}
        for place, effect in enumerate(plan):
            try:
                if self.step(effect):
                    continue
                self.rows = before
                return place
            except ArithmeticError:
                self.rows = before
                return "broken"
        return None

    def step(self, effect: Effect) -> bool:
        match effect:
            case Insert(row):
                return self.insert(row)
            case Update(table, key, changes, expect):
                return self.expected(table, key, expect) and self.change(table, key, changes)
            case Delete(table, key):
                gone = self.get(table, key)
                self.rows[table] = [row for row in self.rows[table] if row is not gone]
                return gone is not None
            case Add(row, column, by, least, most):
                return self.add(row, column, by, least, most)
            case Expect(table, key, values):
                return self.expected(table, key, values)
            case Within(tally, plus, most):
                return (self.tally(tally) or 0) + plus <= most

    def insert(self, row: Record) -> bool:
        rows = self.rows[type(row)]
        if isinstance(row, Event):
            row = replace(row, position=len(rows) + 1)
        obey(row)
        if any(same(row, other, columns) for other in rows for columns in (KEYS[type(row)], *unique(row))):
            return False
        rows.append(row)
        return True

    def change(self, table: type, key: tuple[Any, ...], changes: Any) -> bool:
        row = self.get(table, key)
        assert row is not None
        changed = replace(row, **changes)
        obey(changed)
        others = [other for other in self.rows[table] if other is not row]
        if any(same(changed, other, columns) for other in others for columns in unique(changed)):
            raise ArithmeticError
        self.rows[table] = [*others, changed]
        return True

    def add(self, row: Record, column: str, by: int, least: int, most: int) -> bool:
        key = key_of(row)
        first = replace(row, **{column: getattr(row, column) + by})
        if begins := least <= getattr(first, column) <= most:
            obey(first)
        there = self.get(type(row), key)
        if there is None:
            return begins and self.insert(first)
        moved = getattr(there, column) + by
        return least <= moved <= most and self.change(type(row), key, {column: moved})

    def expected(self, table: type, key: tuple[Any, ...], values: Any) -> bool:
        row = self.get(table, key)
        return row is not None and all(getattr(row, column) == value for column, value in values.items())

    def get(self, table: type, key: tuple[Any, ...]) -> Record | None:
        return next((row for row in self.rows[table] if key_of(row) == key), None)

    def matching(self, table: type, where: tuple[Where, ...]) -> list[Record]:
        rows = [row for row in self.rows[table] if all(passes(getattr(row, c), t, v) for c, t, v in where)]
        return sorted(rows, key=key_of)

    def tally(self, tally: Tally) -> int | None:
        rows = self.matching(tally.table, tally.where)
        if tally.how == "count":
            return len(rows)
        values = [each for row in rows if (each := getattr(row, tally.column)) is not None]
        answers: dict[str, Callable[[], int | None]] = {
            "distinct": lambda: len(set(values)),
            "sum": lambda: sum(values),
            "min": lambda: min(values) if values else None,
        }
        return answers[tally.how]()

    def read(self, read: Read) -> Any:
        if isinstance(read, Tally):
            return self.tally(read)
        assert isinstance(read, Find)
        return self.matching(read.table, read.where)[: read.limit]


def key_of(row: Record) -> tuple[Any, ...]:
    return tuple(getattr(row, column) for column in KEYS[type(row)])


def unique(row: Record) -> tuple[tuple[str, ...], ...]:
    return UNIQUE.get(type(row), ())


def same(row: Record, other: Record, columns: tuple[str, ...]) -> bool:
    values = [getattr(row, column) for column in columns]
    return None not in values and values == [getattr(other, column) for column in columns]


def obey(row: Record) -> None:
    """The rules that the plans below can break."""
    if (
        (isinstance(row, Count) and row.used < 0)
        or (isinstance(row, Job) and row.n < 1)
        or (isinstance(row, Grant) and not 0 <= row.used <= row.capacity)
    ):
        raise ArithmeticError


def passes(found: Any, test: str, value: Any) -> bool:
    if test in ("=", "!="):
        return bool((found == value) == (test == "="))
    if found is None:
        return test == "open_at"
    answers: dict[str, Callable[[], bool]] = {
        "<": lambda: found < value,
        "<=": lambda: found <= value,
        ">": lambda: found > value,
        ">=": lambda: found >= value,
        "in": lambda: found in value,
        "set": lambda: True,
        "open_at": lambda: found > value,
    }
    return answers[test]()


few = st.integers(0, 4)
due = st.none() | few
names = st.sampled_from("ab")
counts = st.builds(Count, names, st.just("c"), st.just(""), st.integers(-1, 3))
jobs = st.builds(Job, names, names, st.just("expire"), st.integers(0, 2), due)
keys = st.builds(Key, names, st.sampled_from(["buy", "claim"]), names, st.just("i"), names, few, st.none() | names)
events = st.builds(Event, names, st.integers(1, 3), names, st.just("t"), few, st.just("{}"), few)
grants = st.builds(
    replace, st.just(GRANT), id=names, n=st.integers(1, 3), used=st.integers(-1, 3), code_index=st.none() | names
)
COLUMNS: dict[type, dict[str, st.SearchStrategy[Any]]] = {
    Count: {"used": st.integers(-1, 4)},
    Job: {"n": st.integers(0, 2), "due_at": due},
    Key: {"refusal": st.none() | names, "at": few},
    Grant: {"used": st.integers(-1, 3), "code_index": st.none() | names, "state": st.sampled_from(["active", "used"])},
}
rows: dict[type, st.SearchStrategy[Any]] = {Count: counts, Job: jobs, Key: keys, Grant: grants}


def values_of(table: type, least: int) -> st.SearchStrategy[dict[str, Any]]:
    columns = COLUMNS[table]
    return st.lists(st.sampled_from(sorted(columns)), min_size=least, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries({name: columns[name] for name in chosen})
    )


def where_of(table: type) -> st.SearchStrategy[tuple[Where, ...]]:
    def one(column: str) -> st.SearchStrategy[Any]:
        value = COLUMNS[table][column]
        some = value.filter(lambda each: each is not None)
        return st.one_of(
            st.tuples(st.just(column), st.sampled_from(["=", "!="]), value),
            st.tuples(st.just(column), st.sampled_from(["<", "<=", ">", ">=", "open_at"]), some),
            st.tuples(st.just(column), st.just("in"), st.lists(some, max_size=3).map(tuple)),
            st.tuples(st.just(column), st.just("set"), st.none()),
        )

    stream = st.tuples(st.just(KEYS[table][0]), st.just("="), names)
    tests: st.SearchStrategy[list[Any]] = st.lists(
        st.sampled_from(sorted(COLUMNS[table])).flatmap(one) | stream, max_size=3
    )
    return tests.map(tuple)


def tallies_of(table: type) -> st.SearchStrategy[Tally]:
    number = {Count: "used", Job: "due_at", Key: "at", Grant: "used"}[table]
    how = st.sampled_from(["count", "distinct", "sum", "min"])
    return st.builds(Tally, st.just(table), where_of(table), how, st.just(number))


def effects_of(table: type) -> st.SearchStrategy[Effect]:
    key = rows[table].map(key_of)
    return st.one_of(
        rows[table].map(Insert),
        st.builds(Update, st.just(table), key, values_of(table, 1), values_of(table, 0)),
        st.builds(Expect, st.just(table), key, values_of(table, 0)),
        st.builds(Within, tallies_of(table), st.integers(-2, 2), st.integers(0, 6)),
    )


tables = st.sampled_from([Count, Job, Key, Grant])
adds = st.builds(Add, counts, st.just("used"), st.integers(-3, 3), st.integers(-3, 1), st.integers(0, 4))
plans = st.lists(st.one_of(tables.flatmap(effects_of), adds, events.map(Insert)), max_size=5).map(tuple)
finds = tables.flatmap(lambda table: st.builds(Find, st.just(table), where_of(table), limit=st.none() | few))
reads = st.lists(finds | tables.flatmap(tallies_of), max_size=4).map(tuple)


def answer(store: Store, plan: Plan) -> Answer:
    try:
        failed = store.apply(plan)
    except StoreError:
        return "broken"
    return None if failed is None else next(place for place, effect in enumerate(plan) if effect is failed)


@contextmanager
def emptied(path: Path) -> Iterator[SqliteStore]:
    connection = connect(path, 1, {})
    for name in reversed(NAMES.values()):
        connection.execute(f"DELETE FROM {name}")
    connection.close()
    store = SqliteStore(path)
    yield store
    store.close()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(plans, reads), min_size=1, max_size=6))
def test_the_stores_do_what_the_model_does(path: Path, steps: list[tuple[Plan, tuple[Read, ...]]]) -> None:
    memory, model = MemoryStore(), Model()
    done(memory, *FAMILY)
    with emptied(path) as sqlite:
        done(sqlite, *FAMILY)
        for plan, asked in steps:
            assert answer(memory, plan) == answer(sqlite, plan) == model.apply(plan)
            expected = {table: sorted(found, key=key_of) for table, found in model.rows.items()}
            assert books(memory) == books(sqlite) == expected
            assert memory.fetch(asked) == sqlite.fetch(asked) == tuple(model.read(each) for each in asked)
