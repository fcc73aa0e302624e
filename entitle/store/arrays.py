"""Many rows of one table -> one statement of PostgreSQL, whose values are arrays: one array a column.

Each statement that writes tells of every row that it wrote, and writes only those whose guard holds. A text is the same
for any number of rows.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Table, Text, and_, cast, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.selectable import TableValuedAlias

from entitle.identity import COLUMNS, KEYS, values_of
from entitle.plan import Add, Update
from entitle.records import Event, Record
from entitle.store.sql import ONE, Places, Statement, Statements, value_places
from entitle.store.tables import TABLES


class Array(tuple[Any, ...]):
    """The values of one column, for many rows."""

    __slots__ = ()


def rows_inserted(statements: Statements, rows: Sequence[Record]) -> Statement:
    """Guard of each: that of Insert."""
    return statements.statement(_columns(map(values_of, rows)), _inserted, type(rows[0]))


def numbers_moved(statements: Statements, adds: Sequence[Add]) -> Statement:
    """Adds to one column of different rows, which begin with the same number and stay within the same bounds.

    Each can begin as it is told. Guard of each: that of Add.
    """
    first = adds[0]
    begun = [values_of(row) for each in adds if (row := each.begun()) is not None]
    bounds = getattr(first.row, first.column), first.least, first.most
    return statements.statement([*_columns(begun), *bounds], _moved, type(first.row), first.column)


def rows_updated(statements: Statements, updates: Sequence[Update]) -> Statement:
    """Updates of the same columns of different rows, which expect values, or none, in the same columns. Guard: that of
    Update."""
    first = updates[0]
    filled = tuple(name for name, value in first.expect.items() if value is not None)
    empty = tuple(name for name, value in first.expect.items() if value is None)
    values = ((*each.changes.values(), *each.key, *(each.expect[name] for name in filled)) for each in updates)
    return statements.statement(_columns(values), _updated, first.table, tuple(first.changes), filled, empty)


def rows_locked(statements: Statements, table: type, keys: Sequence[tuple[Any, ...]]) -> Statement:
    """Those that are there, one after the other in the order of their keys."""
    return statements.statement(_columns(keys), _locked, table)


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[Any]:
    return list(map(Array, zip(*rows, strict=True)))


def _inserted(record: type) -> Any:
    return _insert(record, value_places()).on_conflict_do_nothing()


def _insert(record: type, places: Places) -> Any:
    table = TABLES[record]
    given = [(name, next(places)) for name in COLUMNS[record]]
    given = [(name, place) for name, place in given if not (record is Event and name == "position")]
    rows = _given([(table, name) for name, _ in given], (place for _, place in given))
    return insert(table).from_select([name for name, _ in given], select(*rows.c))


def _moved(record: type, column: str) -> Any:
    places = value_places()
    begun = _insert(record, places)
    moved = TABLES[record].c[column] + (begun.excluded[column] - next(places))
    return begun.on_conflict_do_update(
        index_elements=KEYS[record], set_={column: moved}, where=moved.between(next(places), next(places))
    )


def _updated(record: type, changes: tuple[str, ...], filled: tuple[str, ...], empty: tuple[str, ...]) -> Any:
    table = TABLES[record]
    given = list(_given([(table, name) for name in (*changes, *KEYS[record], *filled)], value_places()).c)
    found = zip((*KEYS[record], *filled), given[len(changes) :], strict=True)
    return (
        update(table)
        .values(dict(zip(changes, given, strict=False)))
        .where(and_(*(table.c[name] == value for name, value in found), *(table.c[name].is_(None) for name in empty)))
    )


def _locked(record: type) -> Any:
    table = TABLES[record]
    key = [table.c[name] for name in KEYS[record]]
    wanted = _given([(table, name) for name in KEYS[record]], value_places())
    found = select(ONE).select_from(table).where(tuple_(*key).in_(select(*wanted.c)))
    return found.order_by(*key).with_for_update(key_share=True, of=table)


def _given(columns: Sequence[tuple[Table, str]], places: Iterable[Any]) -> TableValuedAlias:
    """The rows that arrays in these places make. Their columns are of the kinds of these, and numbered."""
    arrays = [
        cast(place, ARRAY(Text if isinstance(table.c[name].type, Text) else BigInteger))
        for (table, name), place in zip(columns, places, strict=False)
    ]
    return func.unnest(*arrays).table_valued(*(f"g{n}" for n in range(len(arrays)))).render_derived()
