"""Calendars: their hours on days when clocks change, and since when and until when they are open without a break."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import z3
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from entitle.release import Between, Weekly, Window
from entitle.runtime.calendars import covers, in_calendar, next_start, next_turn, stretch
from entitle.runtime.clock import clock_fact
from entitle.runtime.prove.calendar import FIRST, LAST, MINUTE, Clock
from entitle.runtime.smt_numbers import Numbers
from entitle.values.zone import Instant, Zone
from tests.reckoning import APIA, HOUR, NEW_YORK, SHANGHAI, ST_JOHNS, TODAY, stamp, table
from tests.shops import sample


@pytest.mark.parametrize(
    ("civil", "start", "end", "expected"),
    [
        ("2026-12-04 10:00", 600, 720, True),  # a Friday
        ("2026-12-04 11:59:59", 600, 720, True),
        ("2026-12-04 12:00", 600, 720, False),
        ("2026-12-04 09:59", 600, 720, False),
        ("2026-12-05 11:00", 600, 720, False),
        ("2026-12-07 11:00", 600, 720, True),
        ("2026-12-04 22:00", 1320, 120, True),
        ("2026-12-05 01:59", 1320, 120, True),
        ("2026-12-05 02:00", 1320, 120, False),
        ("2026-12-04 01:00", 1320, 120, False),  # Thursday's night
        ("2026-12-08 01:00", 1320, 120, True),
        ("2026-12-04 23:59", 1320, 0, True),
        ("2026-12-05 00:00", 1320, 0, False),
        ("2026-12-04 23:59", 0, 1440, True),
        ("2026-12-05 00:00", 0, 1440, False),
        ("2026-12-04 00:00", 0, 0, True),
        ("2026-12-05 09:59", 600, 600, True),  # a whole day from 10:00
        ("2026-12-05 10:00", 600, 600, False),
    ],
)
def test_weekly_hours_on_mondays_and_fridays(civil: str, start: int, end: int, expected: bool) -> None:
    zone = table(SHANGHAI)
    at = zone.instant(datetime.fromisoformat(civil))
    assert in_calendar((Weekly((0, 4), start, end),), zone, at) is expected


def test_hours_from_a_sunday_run_into_monday() -> None:
    zone = table(SHANGHAI)
    assert in_calendar((Weekly((6,), 1320, 120),), zone, zone.instant(datetime(2026, 12, 7, 1)))


def at(name: str, text: str) -> Instant:
    return stamp(name, datetime.fromisoformat(text))


SUNDAY, EVERY_DAY = (6,), tuple(range(7))
CHANGES = [
    # the clock skips 02:00 to 03:00
    (NEW_YORK, Weekly(SUNDAY, 135, 165), "2027-03-14 03:15", "2027-03-14 03:45"),
    (NEW_YORK, Weekly(SUNDAY, 60, 150), "2027-03-14 01:00", "2027-03-14 03:30"),
    (NEW_YORK, Weekly(SUNDAY, 120, 240), "2027-03-14 03:00", "2027-03-14 04:00"),
    (NEW_YORK, Weekly((5,), 1380, 150), "2027-03-13 23:00", "2027-03-14 03:30"),
    # it shows 01:00 to 02:00 twice: the first is meant
    (NEW_YORK, Weekly(SUNDAY, 60, 90), "2026-11-01 01:00", "2026-11-01 01:30"),
    (NEW_YORK, Weekly(SUNDAY, 90, 120), "2026-11-01 01:30", "2026-11-01 02:00"),  # an hour and a half
    # it shows 23:01 to 00:01 twice: the night is the new day's
    (ST_JOHNS, Weekly(SUNDAY, 0, 60), "2008-11-02 00:00", "2008-11-02 01:00"),
    # it skips the 30th, a Friday: its hours fall on Saturday
    (APIA, Weekly((4,), 600, 720), "2011-12-31 10:00", "2011-12-31 12:00"),
]


@pytest.mark.parametrize(("name", "hours", "start", "end"), CHANGES)
def test_hours_on_a_day_with_a_change(name: str, hours: Weekly, start: str, end: str) -> None:
    zone, begin, until = table(name), at(name, start), at(name, end)
    assert stretch((hours,), zone, begin) == (begin, until)
    assert stretch((hours,), zone, until - 1) == (begin, until)
    assert [in_calendar((hours,), zone, each) for each in (begin - 1, until)] == [False, False]
    assert next_turn((hours,), zone, begin - 1) == begin


def test_the_second_showing_of_an_hour_is_no_second_opening() -> None:
    zone, hours = table(NEW_YORK), (Weekly(SUNDAY, 60, 90),)
    again = at(NEW_YORK, "2026-11-01 01:15") + HOUR
    assert str(zone.civil(again)) == "2026-11-01 01:15:00"
    assert not in_calendar(hours, zone, again)
    assert next_start(hours, zone, again) == at(NEW_YORK, "2026-11-08 01:00")


def test_hours_that_the_clock_skips_whole_open_a_week_later() -> None:
    zone, hours = table(NEW_YORK), (Weekly(SUNDAY, 150, 180),)  # 02:30 moves to 03:30, which is after 03:00
    assert next_start(hours, zone, at(NEW_YORK, "2027-03-08 00:00")) == at(NEW_YORK, "2027-03-21 02:30")


@pytest.mark.parametrize(
    ("calendar", "start", "end"),
    [
        ((Weekly((0,), 600, 720), Weekly((0,), 720, 840)), "2026-12-07 10:00", "2026-12-07 14:00"),  # they touch
        ((Weekly((0,), 600, 780), Weekly((0,), 720, 840)), "2026-12-07 10:00", "2026-12-07 14:00"),  # they overlap
        ((Weekly((5, 6), 0, 1440),), "2026-12-05 00:00", "2026-12-07 00:00"),
        ((Weekly((0, 6), 0, 1440),), "2026-12-06 00:00", "2026-12-08 00:00"),
        ((Weekly((0, 1), 1320, 1320),), "2026-12-07 22:00", "2026-12-09 22:00"),
        ((Weekly(EVERY_DAY, 0, 1440),), None, None),
        ((Weekly(EVERY_DAY, 1320, 600), Weekly(EVERY_DAY, 600, 1320)), None, None),
    ],
)
def test_windows_that_touch_are_one(calendar: tuple[Window, ...], start: str | None, end: str | None) -> None:
    edges = (None if start is None else at(SHANGHAI, start), None if end is None else at(SHANGHAI, end))
    assert stretch(calendar, table(SHANGHAI), edges[0] or at(SHANGHAI, "2026-12-07 12:00")) == edges


def test_an_absolute_window_joins_the_hours_that_it_touches() -> None:
    days = [at(SHANGHAI, text) for text in ("2026-12-07 12:00", "2027-12-06 11:00")]
    calendar = (Weekly((0,), 600, 720), Between(*days))
    joined = (at(SHANGHAI, "2026-12-07 10:00"), at(SHANGHAI, "2027-12-06 12:00"))
    assert [stretch(calendar, table(SHANGHAI), each) for each in (joined[0], days[0], days[1], joined[1])] == [
        joined,
        joined,
        joined,
        None,
    ]
    assert stretch((Between(None, days[0]), Between(days[0], None)), table(SHANGHAI), days[0]) == (None, None)


minutes = st.integers(0, 96).map(lambda quarter: 15 * quarter)
weekly = st.builds(
    Weekly, st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))), minutes, minutes
)


@st.composite
def moments(draw: st.DrawFn) -> tuple[Zone, Instant]:
    """An instant near a change of a clock."""
    zone = table(draw(st.sampled_from([*TODAY, "Africa/Cairo", "America/Havana"])))
    change = draw(st.sampled_from((*zone.starts[1:], 1_800_000_000_000_000)))
    return zone, change + draw(st.integers(-9 * 96, 9 * 96)) * (HOUR // 4)


def by_the_day(window: Weekly, zone: Zone, at: Instant) -> bool:
    """Whether the hours of some day hold the instant, each found by itself."""
    for n in range(-4, 5):
        day = datetime.combine(zone.civil(at).date() + timedelta(days=n), datetime.min.time())
        until = day + timedelta(days=window.end <= window.start)
        edges = [
            zone.instant(day + timedelta(minutes=window.start)),
            zone.instant(until + timedelta(minutes=window.end)),
        ]
        if day.weekday() in window.days and edges[0] <= at < edges[1]:
            return True
    return False


@given(weekly, moments())
def test_hours_are_those_between_the_instants_of_their_edges(hours: Weekly, moment: tuple[Zone, Instant]) -> None:
    zone, now = moment
    if hours.end == hours.start or (hours.end, hours.start) == (1440, 0):  # days on end are one stretch
        return
    assert in_calendar((hours,), zone, now) is by_the_day(hours, zone, now)


@given(st.lists(weekly, min_size=1, max_size=3).map(tuple), moments())
def test_a_stretch_is_open_throughout_and_closed_around(
    calendar: tuple[Weekly, ...], moment: tuple[Zone, Instant]
) -> None:
    zone, now = moment
    held = stretch(calendar, zone, now)
    assert (held is not None) is in_calendar(calendar, zone, now)
    quarters = [now + n * (HOUR // 4) for n in range(-200, 200)]
    if held is None:
        turn = next_turn(calendar, zone, now)
        closed = [each for each in quarters if now <= each and (turn is None or each < turn)]
        assert not any(in_calendar(calendar, zone, each) for each in closed)
        assert turn is None or in_calendar(calendar, zone, turn)
        return
    start, end = held
    assert covers(held, now)
    assert all(in_calendar(calendar, zone, each) for each in quarters if covers(held, each))
    assert all(stretch(calendar, zone, each) == held for each in quarters[::50] if covers(held, each))
    assert start is None or not in_calendar(calendar, zone, start - 1)
    assert end is None or not in_calendar(calendar, zone, end)


PARTS = ("date", "weekday", "day", "month", "hour")


SUNDAY_NIGHT = [
    (Weekly(SUNDAY, 135, 165),),
    (Weekly(SUNDAY, 60, 90),),
    (Weekly(SUNDAY, 90, 120), Weekly(SUNDAY, 0, 30)),
]


@pytest.mark.parametrize("calendar", SUNDAY_NIGHT)
@pytest.mark.parametrize("turn", ["2027-03-14 01:59", "2026-11-01 01:59"])
def test_the_solver_knows_what_is_open_right_after_a_clock_was_changed(calendar: tuple[Weekly, ...], turn: str) -> None:
    for quarters in range(-6, 10):
        knows(calendar, table(NEW_YORK), at(NEW_YORK, turn) + quarters * (HOUR // 4) + MINUTE)


@settings(max_examples=60)
@given(st.lists(weekly, min_size=1, max_size=3).map(tuple), moments())
def test_the_solver_knows_of_an_instant_what_the_clock_says(
    calendar: tuple[Weekly, ...], moment: tuple[Zone, Instant]
) -> None:
    zone, now = moment
    assume(FIRST <= now < LAST)
    knows(calendar, zone, now)


def knows(calendar: tuple[Weekly, ...], zone: Zone, now: Instant) -> None:
    release = replace(sample(), zone=zone, calendars={"hours": calendar})
    told = {"in:hours": z3.Bool("in"), **{f"now.{part}": z3.Int(part) for part in PARTS}}
    numbers = Numbers("")
    solver = z3.Solver()
    solver.add(*Clock(release, {"now": z3.Int("now"), **told}, numbers).laws, *numbers.laws, z3.Int("now") == now)
    right = {name: clock_fact(name, release, now) for name in told}
    otherwise = [term != (bool(right[name]) if z3.is_bool(term) else right[name]) for name, term in told.items()]
    assert solver.check() == z3.sat
    assert solver.check(z3.Or(otherwise)) == z3.unsat
