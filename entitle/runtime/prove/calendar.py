"""What binds the clock's facts to each other: the day, its parts and the open calendars follow from `now`.

Right after the clock was changed its reading alone does not tell whether weekly hours are open: `misread` finds when it
would tell it wrong. Decisions are made between 2000 and 2100.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import z3

from entitle.release import Between, Release, Weekly, Window
from entitle.runtime.calendars import in_calendar, weekly_hours
from entitle.runtime.smt_numbers import Numbers
from entitle.runtime.smt_terms import Term
from entitle.values.zone import EPOCH, MICROSECOND, SECOND, Instant, Zone

MINUTE, DAY = 60 * SECOND, 86_400 * SECOND
WEEK_MINUTES, HOUR_MINUTES = 7 * 1440, 60
WEEKDAY_OF_EPOCH = 3  # a Thursday
FIRST, LAST = ((datetime(year, 1, 1) - EPOCH) // MICROSECOND for year in (2000, 2100))


class Clock:
    """The laws of the clock's facts that a customer has; `apart` keeps the names of two clocks apart."""

    def __init__(self, release: Release, told: dict[str, Term], numbers: Numbers, apart: str = "") -> None:
        self.release, self.told, self.numbers, self.apart = release, told, numbers, apart
        self.now: Term = told["now"] if "now" in told else z3.Int("now")
        self.laws: list[Term] = [self.now >= FIRST, self.now < LAST]
        zone = release.zone
        pairs = list(zip(zone.starts, zone.offsets, strict=True))
        begun = [offset for start, offset in pairs if start <= FIRST][-1]
        self.turns = [(start, offset) for start, offset in pairs if FIRST < start < LAST]
        names = [name for name in told if name.startswith(("now.", "in:"))]
        if names:
            self._local(begun)
        for name in names:
            self.laws.append(told[name] == (self._open(name[3:]) if name.startswith("in:") else self._part(name[4:])))

    def _local(self, begun: int) -> None:
        """The civil time, and the day and the minute of it."""
        offset: Term = z3.IntVal(begun)
        if self.turns:
            offset, after = z3.Int(f"offset{self.apart}"), self.now < self.turns[0][0]
            self.laws.append(z3.Implies(after, offset == begun))
            for (start, value), (end, _) in zip(self.turns, [*self.turns[1:], (LAST, 0)], strict=True):
                self.laws.append(z3.Implies(z3.And(self.now >= start, self.now < end), offset == value))
        local = self.now + offset * SECOND
        self.day = self._div(local, DAY)
        self.minute = self._div(local - self.day * DAY, MINUTE)
        counted = self.day + WEEKDAY_OF_EPOCH
        self.weekday = counted - 7 * self._div(counted, 7)

    def _div(self, number: Term, by: int) -> Term:
        return self.numbers.rounded(number, by, "down")

    def _part(self, name: str) -> Term:
        match name:
            case "date":
                return self.day * DAY
            case "weekday":
                return self.weekday
            case "hour":
                return self._div(self.minute, HOUR_MINUTES)
        # days since 1 March of the year 0, in eras of 400 years: then leap days come last
        era = self._div(self.day + 719_468, 146_097)
        rest = self.day + 719_468 - era * 146_097
        year = self._div(rest - self._div(rest, 1460) + self._div(rest, 36_524) - self._div(rest, 146_096), 365)
        passed = rest - (365 * year + self._div(year, 4) - self._div(year, 100))
        month = self._div(5 * passed + 2, 153)
        if name == "day":
            return passed - self._div(153 * month + 2, 5) + 1
        return z3.If(month < 10, month + 3, month - 9)

    def _open(self, calendar: str) -> Term:
        windows = self.release.calendars[calendar]
        said = [self._within(each.start, each.end) for each in windows if isinstance(each, Between)]
        if weekly := tuple(each for each in windows if isinstance(each, Weekly)):
            minute = self.weekday * 1440 + self.minute
            hours = [z3.And(minute >= first, minute < last) for first, last in weekly_hours(weekly)]
            hours += [minute < last - WEEK_MINUTES for _, last in weekly_hours(weekly) if last > WEEK_MINUTES]
            wrong = [self._within(start, end) for start, end in misread(weekly, self.release.zone)]
            said.append(z3.Xor(z3.Or(hours), z3.Or(wrong)))
        return z3.Or(said)

    def _within(self, start: Instant | None, end: Instant | None) -> Term:
        since = [self.now >= start] if start is not None else []
        return z3.And(*since, *([self.now < end] if end is not None else []))


def misread(weekly: tuple[Window, ...], zone: Zone) -> Iterator[tuple[Instant, Instant]]:
    """When whoever reads the clock takes weekly hours for open that are closed, or for closed that are open.

    Only what the clock skips or shows twice can differ, so it lies within that much time after a change of the clock;
    the changes of a zone are further apart than that.
    """
    for turn, before, after in zip(zone.starts[1:], zone.offsets, zone.offsets[1:], strict=False):
        end = turn + abs(after - before) * SECOND
        edges = [turn, *sorted(_edges(weekly, zone, turn, end, (before, after))), end]
        for first, last in pairwise(edges):
            if FIRST <= first < last and in_calendar(weekly, zone, first) != _read(weekly, zone.civil(first)):
                yield first, last


def _edges(
    weekly: tuple[Window, ...], zone: Zone, start: Instant, end: Instant, offsets: tuple[int, int]
) -> set[Instant]:
    """The instants between two at which hours may begin or end, by the clock of before and by that of after."""
    monday = zone.civil(start).replace(hour=0, minute=0, second=0)
    monday -= timedelta(days=monday.weekday())
    minutes = {
        week + edge for hours in weekly_hours(weekly) for edge in hours for week in (-WEEK_MINUTES, 0, WEEK_MINUTES)
    }
    read = [(monday + timedelta(minutes=minute) - EPOCH) // MICROSECOND for minute in minutes]
    return {at for shown in read for offset in offsets if start < (at := shown - offset * SECOND) < end}


def _read(weekly: tuple[Window, ...], civil: datetime) -> bool:
    minute = civil.weekday() * 1440 + civil.hour * 60 + civil.minute
    return any(first <= at < last for first, last in weekly_hours(weekly) for at in (minute, minute + WEEK_MINUTES))
