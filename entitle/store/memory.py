"""A store in memory: dicts of rows, for tests, simulation and trying things out.

It keeps every promise of a store but durability: the same guards, keys, constraints and order of rows as a database,
and one lock for all threads. A plan is carried out effect by effect and taken back whole where one does not hold.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from threading import Lock
from typing import Any, assert_never

from entitle.errors import StoreError
from entitle.identity import KEYS, UNIQUE, key_of
from entitle.messages import Words
from entitle.plan import (
    Add,
    Answer,
    Delete,
    Effect,
    Expect,
    Find,
    Get,
    Insert,
    Plan,
    Read,
    Tally,
    Update,
    Where,
    Within,
    one_by_one,
)
from entitle.records import Event, Record
from entitle.store.constraints import CHECKS, ORDERS, REFERENCES, Other

_Key = tuple[Any, ...]


class MemoryStore:
    """A Store that forgets when it ends."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tables = {table: _Table(table) for table in KEYS}
        self._undo: list[tuple[_Table, _Key, Record | None]] = []

    def fetch(self, reads: tuple[Read, ...]) -> tuple[Any, ...]:
        with self._lock:
            return tuple([self._read(each) for each in reads])

    def apply(self, plan: Plan) -> Effect | None:
        with self._lock:
            return self._carry_out(plan)

    def apply_each(self, plans: Sequence[Plan]) -> list[Answer]:
        with self._lock:
            return one_by_one(self._carry_out, plans)

    def close(self) -> None:
        """Nothing is open."""

    def dump(self) -> dict[type, list[Record]]:
        """Every row of every table in the order of its key, to compare books."""
        with self._lock:
            return {table: self._find(Find(table, ())) for table in KEYS}

    def _carry_out(self, plan: Plan) -> Effect | None:
        failed: Effect | None = None
        done = False
        try:
            failed = next((effect for effect in plan if not self._holds(effect)), None)
            done = failed is None
        finally:
            self._settle(done)
        return failed

    def _settle(self, done: bool) -> None:
        if not done:
            for table, key, row in reversed(self._undo):
                table.restore(key, row)
        self._undo.clear()

    def _read(self, read: Read) -> Any:
        match read:
            case Get(table, key):
                return self._tables[table].get(key)
            case Find():
                return self._find(read)
            case Tally():
                return self._tally(read)
        assert_never(read)

    def _find(self, find: Find) -> list[Record]:
        rows = sorted(self._tables[find.table].matching(find.where), key=attrgetter(*KEYS[find.table]))
        for column in reversed(find.order):  # sorting is stable: the last column first
            value = attrgetter(column.removeprefix("-"))
            rows.sort(key=lambda row, value=value: _rank(value(row)), reverse=column.startswith("-"))  # type: ignore[misc]
        return rows[: find.limit]

    def _tally(self, tally: Tally) -> int | None:
        rows = self._tables[tally.table].matching(tally.where)
        if tally.how == "count":
            return sum(1 for _ in rows)
        values = [value for row in rows if (value := getattr(row, tally.column)) is not None]
        match tally.how:
            case "distinct":
                return len(set(values))
            case "sum":
                total: int = sum(values)
                return total
            case "min":
                least: int | None = min(values, default=None)
                return least
        assert_never(tally.how)

    def _holds(self, effect: Effect) -> bool:
        """Whether the guard holds; where it does, the effect is done."""
        match effect:
            case Insert(row):
                return self._insert(row)
            case Update(table, key, changes, expect):
                return self._expected(table, key, expect) and self._change(table, key, changes)
            case Delete(table, key):
                return self._delete(self._tables[table], key)
            case Add():
                return self._add(effect)
            case Expect(table, key, values):
                return self._expected(table, key, values)
            case Within(tally, plus, most):
                return (self._tally(tally) or 0) + plus <= most
        assert_never(effect)

    def _insert(self, row: Record) -> bool:
        table = self._tables[type(row)]
        if isinstance(row, Event):
            row = replace(row, position=len(table) + 1)
        _check(row)
        if table.get(table.key(row)) is not None or table.is_taken(row):
            return False
        self._put(table, row)
        return True

    def _expected(self, table: type, key: _Key, values: Mapping[str, Any]) -> bool:
        row = self._tables[table].get(key)
        return row is not None and all(getattr(row, column) == value for column, value in values.items())

    def _change(self, name: type, key: _Key, changes: Mapping[str, Any]) -> bool:
        assert not set(changes) & set(KEYS[name]), f"the key of a {name.__name__} never changes"
        table = self._tables[name]
        row = table.get(key)
        assert row is not None
        row = replace(row, **changes)
        _check(row)
        if table.is_taken(row):
            raise _broken(f"another {name.__name__} has this already", f"另一个 {name.__name__} 已占用")
        self._put(table, row)
        return True

    def _add(self, add: Add) -> bool:
        name, table = type(add.row), self._tables[type(add.row)]
        begun = add.begun()
        if begun is not None:
            _check(begun)
        row = table.get(table.key(add.row))
        if row is None:
            return begun is not None and self._insert(begun)
        moved = getattr(row, add.column) + add.by
        return add.least <= moved <= add.most and self._change(name, table.key(row), {add.column: moved})

    def _delete(self, table: "_Table", key: _Key) -> bool:
        row = table.get(key)
        if row is None:
            return False
        self._undo.append((table, key, row))
        table.restore(key, None)
        return True

    def _put(self, table: "_Table", row: Record) -> None:
        for reference in REFERENCES.get(type(row), ()):
            key = tuple([getattr(row, column) for column in reference.columns])
            if None not in key and self._tables[reference.table].get(key) is None:
                name = reference.table.__name__
                raise _broken(f"it names a {name} not there", f"它引用的 {name} 不存在")
        key = table.key(row)
        self._undo.append((table, key, table.get(key)))
        table.restore(key, row)


class _Table:
    """Rows by stream and key, and who has what must not stand twice."""

    def __init__(self, table: type) -> None:
        self._columns = KEYS[table]
        self._streams: dict[Any, dict[_Key, Record]] = {}
        self._unique: dict[tuple[str, ...], dict[_Key, _Key]] = {columns: {} for columns in UNIQUE.get(table, ())}
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def key(self, row: Record) -> _Key:
        return key_of(row)

    def get(self, key: _Key) -> Record | None:
        return self._streams.get(key[0], {}).get(key)

    def matching(self, where: tuple[Where, ...]) -> Iterable[Record]:
        return (row for row in self._candidates(where) if all(_passes(row, *each) for each in where))

    def is_taken(self, row: Record) -> bool:
        """Whether another row has something of this one that is unique. What is partly empty is never a duplicate."""
        key = self.key(row)
        return any(taken.get(_values(row, columns), key) != key for columns, taken in self._unique.items())

    def restore(self, key: _Key, row: Record | None) -> None:
        """Make `row` the row with this key; None: there is none."""
        stream = self._streams.setdefault(key[0], {})
        if (old := stream.pop(key, None)) is not None:
            self._size -= 1
            for columns, taken in self._unique.items():
                taken.pop(_values(old, columns), None)
        if row is not None:
            self._size += 1
            stream[key] = row
            for columns, taken in self._unique.items():
                if None not in (values := _values(row, columns)):
                    taken[values] = key

    def _candidates(self, where: tuple[Where, ...]) -> Iterable[Record]:
        """All that pass are among these: of one stream, or with something unique, where that is told."""
        told = {column: value for column, test, value in where if test == "=" and value is not None}
        if self._columns[0] in told:
            return self._streams.get(told[self._columns[0]], {}).values()
        for columns, taken in self._unique.items():
            if told.keys() >= set(columns):
                key = taken.get(tuple([told[column] for column in columns]))
                row = None if key is None else self.get(key)
                return () if row is None else (row,)
        return (row for stream in self._streams.values() for row in stream.values())


def _values(row: Record, columns: tuple[str, ...]) -> _Key:
    return tuple([getattr(row, column) for column in columns])


def _rank(value: Any) -> tuple[Any, ...]:
    """An empty value comes before every other."""
    return () if value is None else (value,)


def _passes(row: Record, column: str, test: str, value: Any) -> bool:
    """Whether a test of a read holds: an empty column is `=` to None alone, `!=` to all else, and open."""
    found = getattr(row, column)
    match test:
        case "set":
            return found is not None
        case "open_at":
            return found is None or found > value
        case "in":
            return found is not None and found in value
        case "=" | "!=":
            return bool(ORDERS[test](found, value))
        case _:
            return found is not None and bool(ORDERS[test](found, value))


def _check(row: Record) -> None:
    for check in CHECKS.get(type(row), ()):
        if not any(_obeys(row, *each) for each in check.any_of):
            broke = f"{check.name} of a {type(row).__name__}"
            raise _broken(broke, broke)


def _broken(en: str, zh: str) -> StoreError:
    return StoreError(Words(f"a row breaks a rule of the store: {en}", f"有一行违反了库的规则：{zh}"))


def _obeys(row: Record, column: str, test: str, value: Any) -> bool:
    found = getattr(row, column)
    bound = getattr(row, value.column) if isinstance(value, Other) else value
    if test in ("=", "set"):
        return _passes(row, column, test, bound)
    if found is None or bound is None:
        return True
    return len(found) == bound if test == "length" else _passes(row, column, test, bound)
