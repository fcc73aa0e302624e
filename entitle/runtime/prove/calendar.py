"""What binds the clock's facts to each other: the day, its parts and the open calendars follow from `now`.

Exact in zones whose clocks never change; elsewhere hours of a calendar may be open or closed in the days around a
change, so a model of such a day is looked at again (`World.find`). Decisions are made between 2000 and 2100.
"""

from datetime import datetime

import z3

from entitle.release import Between, Release, Weekly
from entitle.runtime.smt_numbers import Numbers
from entitle.runtime.smt_terms import Term
from entitle.values.zone import EPOCH, MICROSECOND, SECOND

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
        said: list[Term] = []
        hours: list[Term] = []
        minute = self.weekday * 1440 + self.minute
        for window in self.release.calendars[calendar]:
            match window:
                case Between(start=start, end=end):
                    said.append(
                        z3.And(
                            [
                                *(self.now >= s for s in (start,) if s is not None),
                                *(self.now < e for e in (end,) if e is not None),
                            ]
                        )
                    )
                case Weekly(days=days, start=first, end=last):
                    for day in days:
                        begin, until = day * 1440 + first, day * 1440 + last + (1440 if last <= first else 0)
                        hours.append(z3.And(minute >= begin, minute < until))
                        if until > WEEK_MINUTES:
                            hours.append(minute < until - WEEK_MINUTES)
        if hours and self.turns:
            unsure = z3.Bool(f"unsure{self.apart}.{len(self.laws)}")
            near = [z3.And(self.now >= start - 2 * DAY, self.now < start + 2 * DAY) for start, _ in self.turns]
            hours.append(z3.And(unsure, z3.Or(near)))
            flip = z3.Bool(f"closed{self.apart}.{len(self.laws)}")
            hours = [z3.And(z3.Or(hours), z3.Not(z3.And(flip, z3.Or(near))))]
        return z3.Or([*said, *hours])
