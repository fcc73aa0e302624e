"""Days, deadlines, windows and weekly hours, on clocks that leap over midnight or show it twice."""

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitle.values.civil import (
    Term,
    WindowUnit,
    day_of_month,
    deadline,
    instant_text,
    midnight,
    through,
    window,
)
from entitle.values.zone import Instant, Zone
from tests.reckoning import (
    APIA,
    DAY,
    ERAS,
    HOUR,
    NEW_YORK,
    SAO_PAULO,
    SHANGHAI,
    SKIPPED_DAY,
    ST_JOHNS,
    TODAY,
    anchors,
    instants,
    months_on,
    shown,
    stamp,
    table,
    utc,
    window_units,
    zones,
)


@pytest.mark.parametrize(
    ("start", "within", "expected"),
    [
        ("2026-12-31 10:00", Term(30, "day"), "2027-01-31 00:00"),
        ("2026-12-31 00:00", Term(30, "day"), "2027-01-31 00:00"),
        ("2026-12-31 23:59", Term(1, "day"), "2027-01-02 00:00"),
        ("2026-12-31 10:00", Term(1, "week"), "2027-01-08 00:00"),
        ("2027-01-31 10:00", Term(1, "month"), "2027-03-01 00:00"),
        ("2027-01-31 10:00", Term(1, "quarter"), "2027-05-01 00:00"),
        ("2024-02-29 10:00", Term(1, "year"), "2025-03-01 00:00"),
        ("2026-03-07 10:00", Term(24, "hour"), "2026-03-08 11:00"),
        ("2026-12-31 23:50", Term(15, "minute"), "2027-01-01 00:05"),
    ],
)
def test_deadlines_by_hand(start: str, within: Term, expected: str) -> None:
    zone = table(NEW_YORK)
    assert instant_text(zone, deadline(zone, zone.instant(datetime.fromisoformat(start)), within)) == expected


@pytest.mark.parametrize(("name", "first_year"), ERAS)
def test_deadlines_on_every_start_day(name: str, first_year: int) -> None:
    zone = table(name)
    for anchor in anchors(name, first_year):
        first = shown(name, anchor)
        for count in (1, 30, 90):
            after = datetime.combine(first.date() + timedelta(days=count + 1), time())
            assert deadline(zone, anchor, Term(count, "day")) == stamp(name, after) > anchor
            after = datetime.combine(months_on(first, count).date() + timedelta(days=1), time())
            assert deadline(zone, anchor, Term(count, "month")) == stamp(name, after)


@pytest.mark.parametrize(
    ("name", "day", "begins", "ends"),
    [
        (SHANGHAI, date(2026, 12, 31), "2026-12-30 16:00", "2026-12-31 16:00"),
        (NEW_YORK, date(2026, 11, 1), "2026-11-01 04:00", "2026-11-02 05:00"),  # a day of 25 hours
        (SAO_PAULO, date(2018, 11, 3), "2018-11-03 03:00", "2018-11-04 03:00"),
        (SAO_PAULO, date(2018, 11, 4), "2018-11-04 03:00", "2018-11-05 02:00"),  # begins at 01:00
        (SAO_PAULO, date(2018, 2, 17), "2018-02-17 02:00", "2018-02-18 03:00"),  # 23:00 twice
        ("America/Havana", date(2025, 11, 2), "2025-11-02 04:00", "2025-11-03 05:00"),  # 00:00 twice
        (ST_JOHNS, date(2010, 11, 6), "2010-11-06 02:30", "2010-11-07 02:30"),
        (ST_JOHNS, date(2010, 11, 7), "2010-11-07 02:30", "2010-11-08 03:30"),
        (APIA, date(2011, 12, 29), "2011-12-29 10:00", "2011-12-30 10:00"),
        (APIA, SKIPPED_DAY, "2011-12-30 10:00", "2011-12-30 10:00"),
        (APIA, date(2011, 12, 31), "2011-12-30 10:00", "2011-12-31 10:00"),
    ],
)
def test_days_by_hand(name: str, day: date, begins: str, ends: str) -> None:
    assert (midnight(table(name), day), through(table(name), day)) == (utc(begins), utc(ends))


@pytest.mark.parametrize("name", [*TODAY, "America/Havana", "America/Scoresbysund", "Asia/Beirut", "Atlantic/Azores"])
def test_days_never_end_before_they_begin(name: str) -> None:
    zone = table(name)
    days = [date(1999, 1, 1) + timedelta(days=number) for number in range(102 * 365)]
    edges = [midnight(zone, day) for day in days]
    assert [day for day, (start, end) in zip(days, pairwise(edges), strict=False) if end <= start] == (
        [SKIPPED_DAY] if name == APIA else []
    )


@given(zones, instants, window_units)
def test_windows_touch_and_hold_their_instant(name: str, at: Instant, unit: WindowUnit) -> None:
    check_window(name, at, unit)


@pytest.mark.parametrize("name", [*TODAY, "America/Havana", "Asia/Gaza"])
@pytest.mark.parametrize("unit", ["day", "week", "month"])
def test_windows_around_every_change_of_offset(name: str, unit: WindowUnit) -> None:
    for change in table(name).starts[1:]:
        for step in (-DAY, -2 * HOUR, -HOUR, -1, 0, 1, HOUR // 2, HOUR, 2 * HOUR, DAY):
            check_window(name, change + step, unit)


def check_window(name: str, at: Instant, unit: WindowUnit) -> None:
    zone = table(name)
    start, end = window(zone, at, unit)
    assert start <= at < end
    assert window(zone, start - 1, unit)[1] == start
    assert window(zone, end, unit)[0] == end
    first = shown(name, start).date()
    assert start == stamp(name, datetime.combine(first, time()))
    assert {"day": True, "week": first.weekday() == 0, "month": first.day == 1}[unit]


def test_windows_by_hand() -> None:
    zone = table(ST_JOHNS)
    at = utc("2010-11-07 02:45")  # the clock shows 6 November 23:15 for the second time
    assert instant_text(zone, at) == "2010-11-06 23:15"
    assert window(zone, at, "day") == (utc("2010-11-07 02:30"), utc("2010-11-08 03:30"))
    zone = table(SHANGHAI)
    at = zone.instant(datetime(2027, 1, 3, 23, 59))  # a Sunday
    spans: dict[WindowUnit, list[str]] = {
        "day": ["2027-01-03 00:00", "2027-01-04 00:00"],
        "week": ["2026-12-28 00:00", "2027-01-04 00:00"],
        "month": ["2027-01-01 00:00", "2027-02-01 00:00"],
    }
    for unit, texts in spans.items():
        assert [instant_text(zone, edge) for edge in window(zone, at, unit)] == texts


def test_windows_of_clocks_that_no_zone_has_yet() -> None:
    leaping = Zone("leaping", (utc("2000-01-01"), utc("2026-06-01 23:30")), (0, 3600))  # from 23:30 to 00:30
    at = utc("2026-06-01 23:45")
    assert instant_text(leaping, at) == "2026-06-02 00:45"
    assert window(leaping, at, "day") == (utc("2026-06-01 00:00"), utc("2026-06-02 00:00"))
    assert window(leaping, utc("2026-06-02 00:00"), "day") == (utc("2026-06-02 00:00"), utc("2026-06-02 23:00"))
    repeating = Zone("repeating", (utc("2000-01-01"), utc("2026-06-01 12:00")), (43_200, -43_200))  # 1 June twice
    for at in (utc("2026-06-01 00:00"), utc("2026-06-02 00:00")):
        assert instant_text(repeating, at) == "2026-06-01 12:00"
        assert window(repeating, at, "day") == (utc("2026-05-31 12:00"), utc("2026-06-02 12:00"))


@pytest.mark.parametrize(
    ("name", "anchor", "day", "expected"),
    [
        (SHANGHAI, "2026-12-31 10:00", 1, ["2027-01-01 00:00", "2027-02-01 00:00", "2027-03-01 00:00"]),
        (SHANGHAI, "2027-01-01 00:00", 1, ["2027-01-01 00:00", "2027-02-01 00:00"]),
        (SHANGHAI, "2027-01-01 00:01", 1, ["2027-02-01 00:00", "2027-03-01 00:00"]),
        (SHANGHAI, "2027-01-10 10:00", 31, ["2027-01-31 00:00", "2027-02-28 00:00", "2027-03-31 00:00"]),
        (SHANGHAI, "2027-02-28 00:01", 30, ["2027-03-30 00:00", "2027-04-30 00:00"]),
        (SAO_PAULO, "2018-11-04 01:00", 4, ["2018-11-04 01:00", "2018-12-04 00:00"]),
        (APIA, "2011-12-30 10:00", 30, ["2012-01-30 00:00", "2012-02-29 00:00"]),
    ],
)
def test_days_of_the_month_by_hand(name: str, anchor: str, day: int, expected: list[str]) -> None:
    zone = table(name)
    at = zone.instant(datetime.fromisoformat(anchor))
    assert [instant_text(zone, day_of_month(zone, at, day, n)) for n in range(len(expected))] == expected


def test_the_first_of_the_month_has_begun_though_the_clock_shows_the_old_month_again() -> None:
    zone = table(ST_JOHNS)
    at = utc("2009-11-01 03:00")
    assert instant_text(zone, at) == "2009-10-31 23:30"
    assert instant_text(zone, day_of_month(zone, at, 1, 0)) == "2009-12-01 00:00"


@given(zones, instants.filter(lambda at: at < utc("2095-01-01")), st.integers(1, 31), st.integers(0, 60))
def test_days_of_the_month(name: str, anchor: Instant, day: int, n: int) -> None:
    zone = table(name)  # after 2100 its last offset holds, and summers of other clocks go on: the reckoning ends before
    here, there = day_of_month(zone, anchor, day, n), day_of_month(zone, anchor, day, n + 1)
    assert anchor <= here < there
    civil = shown(name, here)
    assert civil.day == min(day, monthrange(civil.year, civil.month)[1])
    first = shown(name, day_of_month(zone, anchor, day, 0))
    assert (first.year * 12 + first.month) + n == civil.year * 12 + civil.month
    assert stamp(name, months_on(first.replace(day=1, hour=0, minute=0), -1).replace(day=min(day, 28))) < anchor
