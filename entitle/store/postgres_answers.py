"""What PostgreSQL found -> the answers to reads."""

from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from typing import Any, assert_never

from psycopg.pq.abc import PGresult

from entitle.plan import Find, Get, Read, Tally


def to_answer(read: Read, result: PGresult) -> Any:
    """What `Store.fetch` promises for this read."""
    match read:
        case Get(table):
            return next(_rows(table, result), None)
        case Find(table):
            return list(_rows(table, result))
        case Tally():
            return _whole(result.get_value(0, 0))
    assert_never(read)


def to_numbers(result: PGresult) -> tuple[Any, ...]:
    """The answers to tallies that are one row."""
    return tuple([_whole(result.get_value(0, place)) for place in range(result.nfields)])


def _rows(record: type, result: PGresult) -> Iterator[Any]:
    readers = _readers(record)
    for row in range(result.ntuples):
        yield record(*[reader(result.get_value(row, place)) for place, reader in readers])


@cache
def _readers(record: type) -> list[tuple[int, Any]]:
    readers: dict[Any, Any] = {int: _whole, int | None: _whole, str: _text, str | None: _text}
    return [(place, readers[each.type]) for place, each in enumerate(fields(record))]


def _whole(value: bytes | None) -> int | None:
    return None if value is None else int(value)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()
