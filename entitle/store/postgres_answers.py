"""What PostgreSQL found -> the answers to reads."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from functools import cache
from typing import Any, assert_never

from psycopg.pq.abc import PGresult

from entitle.plan import Find, Get, Read, Tally


def to_answer(read: Read, result: PGresult) -> Any:
    """What `Store.fetch` promises for this read."""
    match read:
        case Get(table):
            return next(_rows(table, result, range(result.ntuples)), None)
        case Find(table):
            return list(_rows(table, result, range(result.ntuples)))
        case Tally():
            return _whole(result.get_value(0, 0))
    assert_never(read)


def to_answers(read: Read, asked: int, result: PGresult) -> list[Any]:
    """The same for so many reads that are like this one, from rows that begin with the number of the read, from 1."""
    found: list[list[int]] = [[] for _ in range(asked)]  # the rows of each
    for row in range(result.ntuples):
        found[_number(result, row) - 1].append(row)
    match read:
        case Get(table):
            return [next(_rows(table, result, rows, 2), None) for rows in found]
        case Find(table):
            return [list(_rows(table, result, rows, 2)) for rows in found]
        case Tally():
            return [_whole(result.get_value(row, 2)) for (row,) in found]
    assert_never(read)


def _number(result: PGresult, row: int) -> int:
    number = _whole(result.get_value(row, 0))
    assert number is not None
    return number


def to_numbers(result: PGresult) -> tuple[Any, ...]:
    """The answers to tallies that are one row."""
    return tuple([_whole(result.get_value(0, place)) for place in range(result.nfields)])


def _rows(record: type, result: PGresult, rows: Sequence[int], first: int = 0) -> Iterator[Any]:
    """These rows as records, whose columns begin at the first."""
    readers = _readers(record, first)
    for row in rows:
        yield record(*[reader(result.get_value(row, place)) for place, reader in readers])


@cache
def _readers(record: type, first: int) -> list[tuple[int, Any]]:
    readers: dict[Any, Any] = {int: _whole, int | None: _whole, str: _text, str | None: _text}
    return [(place, readers[each.type]) for place, each in enumerate(fields(record), first)]


def _whole(value: bytes | None) -> int | None:
    return None if value is None else int(value)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()
