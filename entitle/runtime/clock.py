"""The clock facts of a decision: what `now` derives to in a release's zone and calendars.

These are facts like any other to a program; calendars stay beside the IR.
"""

from datetime import date, datetime, time, timedelta

from entitle.ir import Value
from entitle.release import Between, Release, Sale, Weekly, Window
from entitle.values.civil import within_hours
from entitle.values.zone import EPOCH, MICROSECOND, Instant, Zone


def clock_fact(name: str, release: Release, at: Instant) -> Value:
    """The value of `now`, `now.<part>` or `in:<calendar>` at an instant."""
    if name == "now":
        return at
    if name.startswith("in:"):
        return in_calendar(release.calendars[name[3:]], release.zone, at)
    return _part(name, release.zone.civil(at))


def _part(name: str, civil: datetime) -> int:
    match name:
        case "now.date":
            return (datetime.combine(civil, time()) - EPOCH) // MICROSECOND
        case "now.weekday":
            return civil.weekday()
        case "now.day":
            return civil.day
        case "now.month":
            return civil.month
        case "now.hour":
            return civil.hour
        case _:
            raise AssertionError(f"no clock fact is called {name}")


def in_calendar(windows: tuple[Window, ...], zone: Zone, at: Instant) -> bool:
    """Does one of the windows hold the instant?"""
    return any(_holds(window, zone, at) for window in windows)


def _holds(window: Window, zone: Zone, at: Instant) -> bool:
    match window:
        case Between(start=start, end=end):
            return _covers((start, end), at)
        case Weekly(days=days, start=start, end=end):
            return within_hours(zone, at, frozenset(days), start, end)


def opening(sale: Sale, release: Release, at: Instant) -> tuple[Instant | None, Instant | None]:
    """The window of a sale that holds at an instant: its beginning and its end; None is open."""
    ranges = [(sale.window.start, sale.window.end)]
    if sale.calendar is not None:
        calendar = release.calendars[sale.calendar]
        held = [stretch for stretch in stretches(calendar, release.zone, at) if _covers(stretch, at)]
        ranges += held[:1]
    starts = [start for start, _ in ranges if start is not None]
    ends = [end for _, end in ranges if end is not None]
    return max(starts, default=None), min(ends, default=None)


def on_sale(sale: Sale, release: Release, at: Instant) -> bool:
    """Is it on sale at an instant, as far as time says?"""
    if not _covers((sale.window.start, sale.window.end), at):
        return False
    return sale.calendar is None or in_calendar(release.calendars[sale.calendar], release.zone, at)


def next_opening(sale: Sale, release: Release, at: Instant) -> Instant | None:
    """The first instant after `at` from which it is on sale again; None where that is not known."""
    window = sale.window
    if window.end is not None and at >= window.end:
        return None
    if sale.calendar is None:
        return window.start if window.start is not None and window.start > at else None
    begin = max(at, window.start or at)
    calendar = release.calendars[sale.calendar]
    if begin > at and in_calendar(calendar, release.zone, begin):
        return begin
    starts = [start for start, _ in stretches(calendar, release.zone, begin) if start is not None and start > begin]
    found = min(starts, default=None)
    return None if found is None or (window.end is not None and found >= window.end) else found


def stretches(calendar: tuple[Window, ...], zone: Zone, at: Instant) -> list[tuple[Instant | None, Instant | None]]:
    """The calendar's windows around an instant: every absolute one, and the weekly ones of the days next to it."""
    found: list[tuple[Instant | None, Instant | None]] = []
    today = zone.civil(at).date()
    for window in calendar:
        match window:
            case Between(start=start, end=end):
                found.append((start, end))
            case Weekly(days=days, start=first, end=last):
                near = [today + timedelta(days=n) for n in range(-1, 9)]
                found += [_on(day, first, last, zone) for day in near if day.weekday() in days]
    return found


def _on(day: date, first: int, last: int, zone: Zone) -> tuple[Instant, Instant]:
    """The hours of one day; an end that is not after the start is on the next day."""
    begin = datetime.combine(day, time())
    end = begin + timedelta(minutes=last, days=0 if first < last else 1)
    return zone.instant(begin + timedelta(minutes=first)), zone.instant(end)


def _covers(stretch: tuple[Instant | None, Instant | None], at: Instant) -> bool:
    return (stretch[0] is None or stretch[0] <= at) and (stretch[1] is None or at < stretch[1])
