"""Requests at random: what a shop tells, when, and what the store counts; and what it can tell wrongly."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from entitle import Money
from tests.declarations import MICROSECOND, MINORS, MONTHS_APART, WEEKDAYS, Declared, Place, Scene, instant
from tests.rulebook_strategies import Draft


@st.composite
def scenes(draw: st.DrawFn, draft: Draft, whole: bool = False) -> Scene:
    """One request: mostly with what it needs, sometimes with a fact missing, never where it is `whole`."""
    ground = draft.ground
    told, facts = draw(told_facts(ground.facts, stingy=not whole and draw(st.integers(0, 3)) == 0))
    at = draw(instants(ground.place))
    stored = {each.input: draw(st.one_of(st.just(0), st.integers(0, each.max))) for each in draft.counters}
    stored |= {"orders": draw(st.integers(0, 9)), "paid": draw(st.sampled_from(MINORS))}
    quantity = draw(st.integers(*draft.quantity))
    return Scene(told, facts, at, ground.place.civil(at), quantity, stored, open_at(ground.place, draft.windows, at))


@st.composite
def told_facts(
    draw: st.DrawFn, declared: tuple[Declared, ...], stingy: bool
) -> tuple[dict[str, object], dict[str, Any]]:
    """What a shop tells, and the same as conditions see it. Who is `stingy` leaves out what is asked for, too."""
    told: dict[str, object] = {}
    for each in declared:
        if draw(st.integers(0, 9)) >= (4 if stingy else 1 if each.default != "ask" else 0):
            told[each.name] = draw(each.legal)
        elif draw(st.booleans()):
            told[each.name] = None  # told as unknown: as good as not told
    seen = {
        each.name: each.plain(each.stands_in if told.get(each.name) is None else told[each.name]) for each in declared
    }
    return told, seen


def instants(place: Place) -> st.SearchStrategy[int]:
    """Moments at the edges of what is written, and near them."""
    return st.builds(
        lambda civil, step: instant(place.instant(civil)) + step,
        st.sampled_from(MONTHS_APART),
        st.sampled_from(STEPS),
    )


STEPS = tuple(step // MICROSECOND for step in (MICROSECOND * -1, MICROSECOND * 0, *map(timedelta, range(0, 7, 3))))


def open_at(place: Place, windows: Mapping[str, tuple[str, ...]], at: int) -> dict[str, bool]:
    """Which calendars hold at the instant."""
    return {name: _is_open(place, name, written, at) for name, (written,) in windows.items()}


def _is_open(place: Place, calendar: str, written: str, at: int) -> bool:
    if calendar == "festival":
        return instant(place.instant(MONTHS_APART[2])) <= at < instant(place.instant(MONTHS_APART[3]))
    found = re.fullmatch(r"\{days: \[(.*)\], from: (\d\d):00, until: (\d\d):00\}", written)
    assert found is not None
    days, first, last = found[1].split(", "), int(found[2]), int(found[3])
    civil = place.civil(at)
    today, yesterday = (WEEKDAYS[(civil.weekday() - back) % 7] in days for back in (0, 1))
    if first < last:
        return today and first <= civil.hour < last
    return (today and civil.hour >= first) or (yesterday and civil.hour < last)


WRONG: dict[str, list[Any]] = {
    "number": [-4, 10, True, "3", 2.0],
    "money": [5, Money("1.00", "USD"), 10**13],
    "duration": [5, -timedelta(days=1), timedelta(days=80_000)],
    "instant": [datetime(2026, 12, 1), 5],
    "date": [datetime(2026, 12, 1), "2026-12-01"],
    "bool": [1, "true"],
    "enum": ["", "ap", 0],
    "set": [["vip", "old"], "vip"],
    "text": ["", 5],
    "key": ["", 5, "x" * 201],
}


def mistakes(declared: tuple[Declared, ...]) -> st.SearchStrategy[tuple[str, object]]:
    """A fact told as it cannot be; or one that nobody declared, or that only the store knows."""
    wrong = [(each.name, value) for each in declared for value in WRONG[each.kind]]
    return st.sampled_from([*wrong, ("nobody", 1), ("orders", 1), ("now", 1)])
