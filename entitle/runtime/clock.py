"""The clock facts of a decision: what `now` derives to in a release's zone and calendars.

These are facts like any other to a program; calendars stay beside the IR.
"""

from datetime import datetime, time

from entitle.ir import Value
from entitle.release import Release, Sale
from entitle.runtime.calendars import Stretch, covers, in_calendar, next_start, stretch
from entitle.values.zone import EPOCH, MICROSECOND, Instant


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


def opening(sale: Sale, release: Release, at: Instant) -> tuple[Instant | None, Instant | None]:
    """The window of a sale that holds at an instant: its beginning and its end; None is open."""
    ranges: list[Stretch] = [(sale.window.start, sale.window.end)]
    if sale.calendar is not None:
        held = stretch(release.calendars[sale.calendar], release.zone, at)
        ranges += [held] if held is not None else []
    starts = [start for start, _ in ranges if start is not None]
    ends = [end for _, end in ranges if end is not None]
    return max(starts, default=None), min(ends, default=None)


def on_sale(sale: Sale, release: Release, at: Instant) -> bool:
    """Is it on sale at an instant, as far as time says?"""
    if not covers((sale.window.start, sale.window.end), at):
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
    found = next_start(calendar, release.zone, begin)
    return None if found is None or (window.end is not None and found >= window.end) else found
