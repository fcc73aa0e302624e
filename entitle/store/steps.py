"""Effects -> steps: what a server can do in one statement, it is told in one.

New rows of one table are inserted together where the first of them comes; so are rows changed in the same columns, and
numbers moved that begin alike and stay within the same bounds. What moves a number again and again moves it once, by
the sum; what is expected again and again is looked at once. So an effect comes earlier than it stood or where it stood,
and never later. That changes nothing of the outcome while no other effect names the same row, and no tally counts what
is there; else all stay as they are.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from entitle.identity import UNIQUE, key_of
from entitle.plan import LARGEST, Add, Delete, Effect, Expect, Insert, Update, Within
from entitle.records import Record

Named = tuple[type, tuple[Any, ...]]  # a row
_UNIQUE = {table: {name for columns in each for name in columns} for table, each in UNIQUE.items()}


class Rows(NamedTuple):
    """New rows of one table, at least two. Guard: that of Insert, for each of them."""

    rows: tuple[Record, ...]


class Moves(NamedTuple):
    """Numbers of different rows, at least two; in the order of their keys. All of a column, of one beginning and
    within the same bounds, in which each would begin. Guard: that of Add, for each of them."""

    adds: tuple[Add, ...]


class Changes(NamedTuple):
    """Different rows of one table, at least two, changed in the same columns and expected to be something, or nothing,
    in the same columns. Guard: that of Update, for each of them."""

    updates: tuple[Update, ...]


Together = Rows | Moves | Changes


class Step(NamedTuple):
    """`place` is that of the effect among all; None: it is several effects."""

    what: Effect | Together
    place: int | None


def apart(effects: Sequence[Effect]) -> list[Step]:
    return [Step(effect, place) for place, effect in enumerate(effects)]


def merged(effects: Sequence[Effect]) -> list[Step]:
    """The same in fewer steps. Where they succeed, the effects would, and leave the same rows."""
    if any(isinstance(each, Within) for each in effects):
        return apart(effects)
    rows = [named(effect) for effect in effects]
    again = [_again(effect, place) for place, effect in enumerate(effects)]
    times, same = Counter(rows), Counter(again)
    lots: defaultdict[object, list[int]] = defaultdict(list)  # the places of what is one step, by what makes it so
    for place, effect in enumerate(effects):
        free = times[rows[place]] == same[again[place]]  # no other effect names its row
        lots[_lot(effect, place) if free else place].append(place)
    return [step for places in lots.values() for step in _steps(effects, places)]


def _again(effect: Effect, place: int) -> object:
    """Effects of one row for which this is the same may be one. Adds may, by their sum, where all go one way and never
    out of the bound behind them: then the other holds on the way if it does at its end."""
    match effect:
        case Add(row, column, by, least, most) if least <= 0 if by > 0 else most >= LARGEST:
            return row, column, by > 0, least, most
        case Expect(table, key, values):
            return table, key, tuple(values.items())
    return place


def _lot(effect: Effect, place: int) -> object:
    """Effects for which this is the same may be one step; those with their own place are one alone."""
    match effect:
        case Insert(row):
            return type(row)
        case Add(row, column, _, least, most):
            return type(row), column, getattr(row, column), least, most
        case Update(table, _, changes, expect) if _UNIQUE.get(table, set()).isdisjoint(changes):
            return table, tuple(changes), tuple((name, value is None) for name, value in expect.items())
        case Expect(table, key, values):
            return table, key, tuple(values.items())
    return place


def _steps(effects: Sequence[Effect], places: list[int]) -> list[Step]:
    first = effects[places[0]]
    if len(places) == 1 or isinstance(first, Expect):
        return [Step(first, places[0] if len(places) == 1 else None)]
    if isinstance(first, Add):
        return _moves([each for place in places if isinstance(each := effects[place], Add)])
    if isinstance(first, Update):
        return [Step(Changes(tuple([each for place in places if isinstance(each := effects[place], Update)])), None)]
    return [Step(Rows(tuple([each.row for place in places if isinstance(each := effects[place], Insert)])), None)]


def _moves(adds: list[Add]) -> list[Step]:
    """One Add of each row, by the sum. Those that are nothing unless their row is there already stay by themselves."""
    sums = Counter[Record]()
    for each in adds:
        sums[each.row] += each.by
    first = adds[0]
    begin: list[Add] = []
    rest: list[Add] = []
    for row in sorted(sums, key=key_of):
        moved = replace(first, row=row, by=sums[row])
        (rest if moved.begun() is None else begin).append(moved)
    together: list[Effect | Together] = [Moves(tuple(begin))] if len(begin) > 1 else [*begin]
    return [Step(each, None) for each in (*together, *rest)]


def named(effect: Effect) -> Named:
    """The row that an effect names."""
    match effect:
        case Update(table, key) | Delete(table, key) | Expect(table, key):
            return table, key
        case Insert(row) | Add(row):
            return type(row), key_of(row)
    raise AssertionError(f"{effect} names no row")
