"""Effects -> steps: what a server can do in one statement, it is told in one.

New rows of one table are inserted together where the first of them comes, and what moves a number again and again moves
it once, by the sum. So an effect comes earlier than it stood or where it stood, and never later. That changes nothing
of the outcome while no other effect names the same row, and no tally counts what is there; else all stay as they are.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from entitle.identity import KEYS
from entitle.plan import LARGEST, Add, Delete, Effect, Expect, Insert, Update, Within
from entitle.records import Record

Named = tuple[type, tuple[Any, ...]]  # a row


class Rows(NamedTuple):
    """New rows of one table, at least two. Guard: that of Insert, for each of them."""

    rows: tuple[Record, ...]


class Step(NamedTuple):
    """`place` is that of the effect among all; None: it is several effects."""

    what: Effect | Rows
    place: int | None


def apart(effects: Sequence[Effect]) -> list[Step]:
    return [Step(effect, place) for place, effect in enumerate(effects)]


def merged(effects: Sequence[Effect]) -> list[Step]:
    """The same in fewer steps. Where they succeed, the effects would, and leave the same rows."""
    if any(isinstance(each, Within) for each in effects):
        return apart(effects)
    lots: defaultdict[object, list[int]] = defaultdict(list)  # the places of what is one step, by what makes it so
    named = Counter(_row(effect) for effect in effects)
    same = Counter(_sum(effect) for effect in effects if isinstance(effect, Add))
    for place, effect in enumerate(effects):
        lot: object = place
        if isinstance(effect, Insert) and named[_row(effect)] == 1:
            lot = type(effect.row)
        elif isinstance(effect, Add) and _may_jump(effect) and named[_row(effect)] == same[_sum(effect)]:
            lot = _sum(effect)
        lots[lot].append(place)
    return [_step(effects, places) for places in lots.values()]


def _step(effects: Sequence[Effect], places: list[int]) -> Step:
    first = effects[places[0]]
    if len(places) == 1:
        return Step(first, places[0])
    if isinstance(first, Add):
        return Step(replace(first, by=sum(each.by for each in _adds(effects, places))), None)
    return Step(Rows(tuple([each.row for place in places if isinstance(each := effects[place], Insert)])), None)


def _adds(effects: Sequence[Effect], places: list[int]) -> list[Add]:
    return [each for place in places if isinstance(each := effects[place], Add)]


def _sum(add: Add) -> object:
    """Adds for which this is the same may be one by their sum: all go one way, within the same bounds."""
    return add.row, add.column, add.by > 0, add.least, add.most


def _may_jump(add: Add) -> bool:
    """Whether the bounds hold on the way if they do at its end: the one it leaves behind never matters."""
    return add.least <= 0 if add.by > 0 else add.most >= LARGEST


def _row(effect: Effect) -> Named:
    """The row that an effect names."""
    match effect:
        case Update(table, key) | Delete(table, key) | Expect(table, key):
            return table, key
        case Insert(row) | Add(row):
            return type(row), tuple([getattr(row, name) for name in KEYS[type(row)]])
    raise AssertionError(f"{effect} names no row")
