"""An anchor, a term and a number n into an instant: periods, offsets, deadlines, windows, and the texts of civil times.

Every result is a function of its arguments; nothing reads a clock. The n-th boundary is counted from the anchor, never
from the boundary before it: 31 Jan, 28 Feb, 31 Mar. A civil time that does not exist moves forward by the gap; of one
that exists twice, the first is meant. Where the clock skips a whole day, the boundary of that day and the next one may
fall on one instant; no boundary is ever before the one it follows.

Instants are `int` microseconds since the Unix epoch (UTC), civil times naive `datetime`s, both within the years 1 to
9999; what would leave them is an `OverflowError`.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Literal

from dateutil.relativedelta import relativedelta

from entitle.values.zone import EPOCH, SECOND, Instant, Zone, held

Unit = Literal["minute", "hour", "day", "week", "month", "quarter", "year"]
WindowUnit = Literal["day", "week", "month"]

_SECONDS: dict[Unit, int] = {
    "minute": 60,
    "hour": 3_600,
    "day": 86_400,
    "week": 604_800,
    "month": 2_629_746,  # the mean of the 4,800 months of 400 years, a whole number of seconds
    "quarter": 7_889_238,
    "year": 31_556_952,
}
_DAYS: dict[Unit, int] = {"day": 1, "week": 7}
_MONTHS: dict[Unit, int] = {"month": 1, "quarter": 3, "year": 12}

_DATE = re.compile(r"(20[0-9]{2}|2100)-([0-9]{2})-([0-9]{2})")
_CIVIL = re.compile(_DATE.pattern + r" ([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{6}))?)?")


@dataclass(frozen=True, slots=True)
class Term:
    """A length of time as an operator writes it, `30 days`: how many (`count`, not negative) of which unit."""

    count: int
    unit: Unit

    @property
    def exact(self) -> bool:
        """Whether it is elapsed time (minutes, hours) and not a stretch of the calendar."""
        return self.unit in ("minute", "hour")

    @property
    def months(self) -> int | None:
        """How many months it is; None for what is counted in days, hours or minutes."""
        return self.count * _MONTHS[self.unit] if self.unit in _MONTHS else None

    @property
    def microseconds(self) -> int:
        """Its length: to the microsecond when `exact`, else the mean one, which serves for estimates only."""
        return self.count * _SECONDS[self.unit] * SECOND


def shift(zone: Zone, anchor: Instant, term: Term, n: int = 1) -> Instant:
    """The anchor plus n terms (n may be negative): exact in minutes and hours, else at the anchor's civil time of day.

    Nothing added is the anchor itself, even where its civil time exists twice.
    """
    if term.exact:
        return held(anchor + n * term.microseconds)
    if n * term.count == 0:
        return held(anchor)
    return zone.instant(shift_civil(zone.civil(anchor), term, n))


def shift_civil(civil: datetime, term: Term, n: int = 1) -> datetime:
    """A civil time plus n terms, in no zone yet; a day that its month lacks becomes the month's last one."""
    if term.unit in _MONTHS:
        return _add_months(civil, n * term.count * _MONTHS[term.unit])
    if term.unit in _DAYS:
        return civil + timedelta(days=n * term.count * _DAYS[term.unit])
    return civil + timedelta(microseconds=n * term.microseconds)


def boundary(zone: Zone, anchor: Instant, every: Term, n: int) -> Instant:
    """The start of the n-th period, which is the end of the one before; the 0-th is the anchor."""
    return shift(zone, anchor, every, n)


def remind_at(zone: Zone, anchor: Instant, every: Term, n: int, before: Term) -> Instant:
    """When to remind of the n-th boundary, `before` in advance.

    In days or longer it counts back from the boundary's civil time as the calendar has it: a boundary that a gap moved
    from 02:30 to 03:30 is reminded of at 02:30.
    """
    if every.exact or before.exact:
        return shift(zone, boundary(zone, anchor, every, n), before, -1)
    return zone.instant(shift_civil(shift_civil(zone.civil(anchor), every, n), before, -1))


def deadline(zone: Zone, start: Instant, within: Term) -> Instant:
    """The first instant that is too late: exact in minutes and hours, else the end of the last day.

    The first day is not counted: 31 Dec and 30 days end when 30 Jan does, 31 Jan and 1 month when 28 Feb does.
    """
    if within.exact:
        return shift(zone, start, within)
    return through(zone, shift_civil(zone.civil(start), within).date())


def through(zone: Zone, day: date) -> Instant:
    """The end of a day, which is the beginning of the next one; a day that the clock skipped ends where it begins."""
    return midnight(zone, day + timedelta(days=1))


def midnight(zone: Zone, day: date) -> Instant:
    """The beginning of a day: its 00:00, moved forward if the clock skips it, the first if the clock shows it twice.

    Days thus follow one another without a hole. Where the clock goes back over midnight (from 00:01 to 23:01, as in
    St John's until 2011), the repeated hour is part of the new day, though the clock shows the old one.
    """
    return zone.instant(datetime.combine(day, time()))


def day_of_month(zone: Zone, anchor: Instant, day: int, n: int) -> Instant:
    """The n-th (n ≥ 0) 00:00 of day 1 to 31 of a month, at or after the anchor; a month without it gives its last."""
    month = zone.civil(anchor).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    skipped = 0
    while zone.instant(_add_months(month, skipped, day)) < anchor:
        skipped += 1
    return zone.instant(_add_months(month, skipped + n, day))


def window(zone: Zone, at: Instant, unit: WindowUnit) -> tuple[Instant, Instant]:
    """The day, week (from Monday) or month that holds an instant: its beginning, and its end, which is outside."""
    today = datetime.combine(zone.civil(at), time())
    back = {"day": 0, "week": today.weekday(), "month": today.day - 1}[unit]

    def edge(n: int) -> Instant:
        return zone.instant(shift_civil(today - timedelta(days=back), Term(1, unit), n))

    start, end = edge(0), edge(1)
    if at >= end:  # the clock went back over midnight and shows the old day again
        return end, edge(2)
    if at < start:  # the clock leapt over midnight, which therefore moved into the new day
        return edge(-1), start
    return start, end


def latest_boundary(zone: Zone, anchor: Instant, every: Term, at: Instant) -> int:
    """The greatest n whose boundary is not after `at`; -1 when `at` is before the anchor. `every` is not empty."""
    if at < anchor:
        return -1
    n = (at - anchor) // every.microseconds
    while boundary(zone, anchor, every, n) > at:
        n -= 1
    while boundary(zone, anchor, every, n + 1) <= at:
        n += 1
    return n


def instant_text(zone: Zone, instant: Instant) -> str:
    """An instant as `2026-12-01 20:00` in the zone, with seconds and microseconds only where they are not zero."""
    return _written(zone.civil(instant))


def told_text(zone: Zone, instant: Instant) -> str:
    """The same with the zone's offset, for people who may not know the zone: `2026-12-01 20:00+08:00`."""
    civil = zone.civil(instant)
    offset = civil - (EPOCH + timedelta(microseconds=instant))
    return _written(civil.replace(tzinfo=timezone(offset)))


def _written(civil: datetime) -> str:
    finest = "microseconds" if civil.microsecond else "seconds" if civil.second else "minutes"
    return civil.isoformat(" ", finest)


def parse_civil(text: str) -> datetime | None:
    """`2026-12-01 20:00`, `20:00:30` or `20:00:30.000001`, of the years 2000 to 2100, and nothing else."""
    match = _CIVIL.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, microsecond = map(int, match.groups(default="0"))
    try:
        return datetime(year, month, day, hour, minute, second, microsecond)
    except ValueError:
        return None


def parse_date(text: str) -> date | None:
    """`2026-12-01`, of the years 2000 to 2100, and nothing else."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day = map(int, match.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _add_months(civil: datetime, months: int, day: int | None = None) -> datetime:
    try:
        return civil + relativedelta(months=months, day=day)
    except ValueError as error:
        raise OverflowError("this date leaves the years 1 to 9999") from error
