"""A calendar's windows as stretches of instants: whether it is open, since when and until when, and when it opens next.

All of it follows from the instants at which its hours begin and end. Hours are civil times like any other: one that the
clock skips moves forward, of one that it shows twice the first is meant. So on a day with a change they may last
longer or shorter than on others, and there may be none. Windows that overlap or touch are one.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import TypeAlias

from entitle.release import Between, Weekly, Window
from entitle.values.zone import Instant, Zone

Calendar: TypeAlias = tuple[Window, ...]
Stretch: TypeAlias = tuple[Instant | None, Instant | None]  # from the first until the second; None is open

_DAY = 1440
_WEEK = 7 * _DAY
# The weeks whose hours may hold an instant: those of the week before may last into this one, and a clock that changes
# at midnight may move them by a day. Among some more the next opening is found, though the clock may skip it once.
_HOLDING = range(-2, 2)
_COMING = range(-2, 4)


def covers(stretch: Stretch, at: Instant) -> bool:
    """Does the stretch hold the instant?"""
    return (stretch[0] is None or stretch[0] <= at) and (stretch[1] is None or at < stretch[1])


def in_calendar(calendar: Calendar, zone: Zone, at: Instant) -> bool:
    """Does one of the windows hold the instant?"""
    return any(covers(each, at) for each in _windows(calendar, zone, at, _HOLDING))


def stretch(calendar: Calendar, zone: Zone, at: Instant) -> Stretch | None:
    """The unbroken stretch that holds the instant; None where the calendar is closed."""
    if not in_calendar(calendar, zone, at):
        return None
    return (None, None) if _always_open(calendar) else (_since(calendar, zone, at), _until(calendar, zone, at))


def next_start(calendar: Calendar, zone: Zone, at: Instant) -> Instant | None:
    """The first instant after `at` at which a window begins: it opens a closed calendar. None where none is known."""
    starts = (start for start, _ in _windows(calendar, zone, at, _COMING))
    return min((start for start in starts if start is not None and start > at), default=None)


def next_turn(calendar: Calendar, zone: Zone, at: Instant) -> Instant | None:
    """The first instant after `at` at which it opens or closes; None where none is known."""
    held = stretch(calendar, zone, at)
    return next_start(calendar, zone, at) if held is None else held[1]


def _since(calendar: Calendar, zone: Zone, at: Instant) -> Instant | None:
    while True:
        near = _windows(calendar, zone, at, _HOLDING)
        before = [start for start, end in near if end is None or end >= at if start is None or start < at]
        if not before:
            return at
        if None in before:
            return None
        at = min(start for start in before if start is not None)


def _until(calendar: Calendar, zone: Zone, at: Instant) -> Instant | None:
    while True:
        after = [each[1] for each in _windows(calendar, zone, at, _HOLDING) if covers(each, at)]
        if not after:
            return at
        if None in after:
            return None
        at = max(end for end in after if end is not None)


def _windows(calendar: Calendar, zone: Zone, at: Instant, weeks: range) -> Iterator[Stretch]:
    """Every absolute window, and the hours of these weeks, counted from the instant's own; never an empty one."""
    for window in calendar:
        if isinstance(window, Between):
            yield window.start, window.end
    today = datetime.combine(zone.civil(at), time())
    for week in weeks:
        monday = today + timedelta(days=7 * week - today.weekday())
        for first, last in weekly_hours(calendar):
            start, end = (zone.instant(monday + timedelta(minutes=minute)) for minute in (first, last))
            if start < end:
                yield start, end


@lru_cache(maxsize=256)
def weekly_hours(calendar: Calendar) -> tuple[tuple[int, int], ...]:
    """The hours of a week, joined where they overlap or touch, in minutes after its Monday's midnight."""
    if _always_open(calendar):
        return ((0, _WEEK),)
    held = _weekly_minutes(calendar)
    starts = [minute for minute in range(_WEEK) if minute in held and (minute - 1) % _WEEK not in held]

    def end(minute: int) -> int:
        while minute % _WEEK in held:
            minute += 1
        return minute

    return tuple((start, end(start)) for start in starts)


@lru_cache(maxsize=256)
def _always_open(calendar: Calendar) -> bool:
    return len(_weekly_minutes(calendar)) == _WEEK


def _weekly_minutes(calendar: Calendar) -> set[int]:
    """Each minute of a week that the hours hold. An end that is not after the start is on the next day."""
    return {
        (day * _DAY + minute) % _WEEK
        for window in calendar
        if isinstance(window, Weekly)
        for day in window.days
        for minute in range(window.start, window.end + _DAY * (window.end <= window.start))
    }
