"""Periods, offsets and reminders against the second reckoning, on every start day of four years."""

from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitle.values.civil import (
    Term,
    Unit,
    boundary,
    day_of_month,
    deadline,
    instant_text,
    latest_boundary,
    remind_at,
    shift,
    shift_civil,
    through,
    window,
)
from entitle.values.zone import Instant, Zone
from tests.reckoning import (
    APIA,
    DAILY,
    DAY,
    ERAS,
    GAPS,
    HOUR,
    MONTHLY,
    NEW_YORK,
    RECKONING,
    SHANGHAI,
    SKIPPED_DAY,
    YEARLY,
    anchors,
    instants,
    months_on,
    stamp,
    table,
    terms,
    utc,
    zones,
)

PERIODS = 48


@pytest.mark.parametrize("unit", RECKONING)
@pytest.mark.parametrize(("name", "first_year"), ERAS)
def test_boundaries(name: str, first_year: int, unit: Unit) -> None:
    """By the second reckoning, at the anchor's time of day or a gap later, each after the one before."""
    zone, every, reckon = table(name), Term(1, unit), RECKONING[unit]
    for anchor in anchors(name, first_year):
        start, last = zone.civil(anchor), anchor
        for n in range(1, PERIODS + 1):
            civil, at = reckon(start, n), boundary(zone, anchor, every, n)
            assert at == stamp(name, civil), (start, n)
            assert zone.civil(at) - civil in GAPS, (start, n)
            assert at > last or reckon(start, n - 1).date() == SKIPPED_DAY, (start, n)
            last = at


@pytest.mark.parametrize("months", range(-30, 49))
def test_month_ends_are_clamped_to_the_month(months: int) -> None:
    for number in range(4 * 365 + 1):
        civil = datetime(2023, 1, 1, 10) + timedelta(days=number)
        later = shift_civil(civil, MONTHLY, months)
        assert (later.year * 12 + later.month) - (civil.year * 12 + civil.month) == months
        assert later.day == min(civil.day, monthrange(later.year, later.month)[1])
        assert later.time() == civil.time()


def test_boundaries_count_from_the_anchor_and_not_from_one_another() -> None:
    zone = table(SHANGHAI)
    anchor = zone.instant(datetime(2027, 1, 31, 10))
    texts = [instant_text(zone, boundary(zone, anchor, MONTHLY, n)) for n in range(5)]
    assert texts == [f"2027-{day} 10:00" for day in ("01-31", "02-28", "03-31", "04-30", "05-31")]
    chained = boundary(zone, boundary(zone, anchor, MONTHLY, 1), MONTHLY, 1)
    assert instant_text(zone, chained) == "2027-03-28 10:00"


@pytest.mark.parametrize(
    ("anchor", "term", "n", "expected"),
    [
        ("2024-02-29 10:00", YEARLY, 1, "2025-02-28 10:00"),
        ("2024-02-29 10:00", YEARLY, 4, "2028-02-29 10:00"),
        ("2024-02-29 10:00", YEARLY, -1, "2023-02-28 10:00"),
        ("2096-02-29 10:00", YEARLY, 4, "2100-02-28 10:00"),
        ("2026-11-30 10:00", Term(1, "quarter"), 1, "2027-02-28 10:00"),
        ("2026-11-30 10:00", Term(1, "quarter"), 2, "2027-05-30 10:00"),
        ("2026-11-30 10:00", Term(2, "quarter"), 1, "2027-05-30 10:00"),
        ("2026-12-31 10:00", Term(2, "week"), 1, "2027-01-14 10:00"),
        ("2026-12-31 10:00", Term(2, "month"), -1, "2026-10-31 10:00"),
        ("2026-12-31 10:00", Term(90, "minute"), 1, "2026-12-31 11:30"),
        ("2026-03-07 02:30", DAILY, 1, "2026-03-08 03:30"),
        ("2026-03-07 02:30", DAILY, 2, "2026-03-09 02:30"),
        ("2026-03-07 12:00", Term(24, "hour"), 1, "2026-03-08 13:00"),
        ("2026-10-31 12:00", Term(24, "hour"), 1, "2026-11-01 11:00"),
        ("2026-10-31 12:00", DAILY, 1, "2026-11-01 12:00"),
    ],
)
def test_shifts_by_hand(anchor: str, term: Term, n: int, expected: str) -> None:
    zone = table(NEW_YORK)
    shifted = shift(zone, zone.instant(datetime.fromisoformat(anchor)), term, n)
    assert instant_text(zone, shifted) == expected
    naive = shift_civil(datetime.fromisoformat(anchor), term, n)
    assert naive == datetime.fromisoformat(expected) or not term.exact or zone.instant(naive) != shifted


@given(zones, instants, terms)
def test_shifting_by_nothing_is_nothing(name: str, at: Instant, term: Term) -> None:
    assert shift(table(name), at, term, 0) == at
    assert shift(table(name), at, Term(0, term.unit)) == at


@pytest.mark.parametrize("unit", ["minute", "hour", "day", "week", "month", "quarter", "year"])
def test_an_anchor_in_the_second_pass_stays_there(unit: Unit) -> None:
    zone = table(NEW_YORK)
    second = utc("2026-11-01 06:30")
    assert zone.instant(zone.civil(second)) == second - HOUR
    assert shift(zone, second, Term(1, unit), 0) == second
    assert shift(zone, second, Term(1, unit)) > second > shift(zone, second, Term(1, unit), -1)


@given(zones, instants, st.integers(1, 500), st.sampled_from(["minute", "hour"]), st.integers(-50, 50))
def test_minutes_and_hours_are_elapsed_time(name: str, at: Instant, count: int, unit: Unit, n: int) -> None:
    seconds = {"minute": 60, "hour": 3600}[unit] * count * n
    assert shift(table(name), at, Term(count, unit), n) == at + seconds * 1_000_000
    assert shift_civil(datetime(2026, 1, 31), Term(count, unit), n) == datetime(2026, 1, 31) + timedelta(0, seconds)


@given(zones, instants, terms, st.integers(0, 60), st.integers(0, 3 * DAY))
def test_latest_boundary_undoes_boundary(name: str, anchor: Instant, every: Term, n: int, later: int) -> None:
    zone = table(name)
    at = boundary(zone, anchor, every, n)
    assert latest_boundary(zone, anchor, every, at) == n
    assert latest_boundary(zone, anchor, every, at - 1) == n - 1
    latest = latest_boundary(zone, anchor, every, at + later)
    assert boundary(zone, anchor, every, latest) <= at + later < boundary(zone, anchor, every, latest + 1)


@pytest.mark.parametrize(("name", "first_year"), ERAS)
@pytest.mark.parametrize("every", [DAILY, MONTHLY, YEARLY], ids=["day", "month", "year"])
def test_latest_boundary_on_every_start_day(name: str, first_year: int, every: Term) -> None:
    zone = table(name)
    for anchor in anchors(name, first_year):
        assert latest_boundary(zone, anchor, every, anchor - 1) == -1
        for n in (0, 1, 37):
            start, end = boundary(zone, anchor, every, n), boundary(zone, anchor, every, n + 1)
            if start < end:
                assert latest_boundary(zone, anchor, every, start) == n
                assert latest_boundary(zone, anchor, every, end - 1) == n


def test_of_two_boundaries_at_one_instant_the_latest_counts() -> None:
    zone = table(APIA)
    anchor = zone.instant(datetime(2011, 12, 28, 10))
    assert boundary(zone, anchor, DAILY, 2) == boundary(zone, anchor, DAILY, 3)
    assert latest_boundary(zone, anchor, DAILY, boundary(zone, anchor, DAILY, 2)) == 3


@pytest.mark.parametrize(
    ("anchor", "every", "before", "expected"),
    [
        ("2026-02-08 02:30", MONTHLY, Term(5, "day"), "2026-03-03 02:30"),  # the boundary itself moves to 03:30
        ("2026-02-08 02:30", MONTHLY, Term(1, "week"), "2026-03-01 02:30"),
        ("2026-02-08 02:30", MONTHLY, Term(2, "hour"), "2026-03-08 00:30"),  # two hours that pass before 03:30
        ("2026-02-10 02:30", MONTHLY, Term(2, "day"), "2026-03-08 03:30"),  # the reminder falls into the gap
        ("2026-01-31 10:00", MONTHLY, Term(5, "day"), "2026-02-23 10:00"),
        ("2026-02-08 12:00", MONTHLY, Term(24, "hour"), "2026-03-07 11:00"),
        ("2026-03-08 00:30", Term(5, "hour"), Term(1, "day"), "2026-03-07 06:30"),
    ],
)
def test_reminders_count_back_from_before_the_gap(anchor: str, every: Term, before: Term, expected: str) -> None:
    zone = table(NEW_YORK)
    at = remind_at(zone, zone.instant(datetime.fromisoformat(anchor)), every, 1, before)
    assert instant_text(zone, at) == expected


@pytest.mark.parametrize(("name", "first_year"), ERAS)
def test_reminders_on_every_start_day(name: str, first_year: int) -> None:
    zone, before = table(name), Term(5, "day")
    for anchor in anchors(name, first_year):
        start = zone.civil(anchor)
        for n in (1, 2, 12):
            expected = stamp(name, months_on(start, n) - timedelta(days=5))
            assert remind_at(zone, anchor, MONTHLY, n, before) == expected


@pytest.mark.parametrize("unit", ["minute", "hour", "day", "week", "month", "quarter", "year"])
@pytest.mark.parametrize("count", [10**10, 10**30])
@pytest.mark.parametrize("n", [1, -1])
def test_a_shift_out_of_range_is_an_error(unit: Unit, count: int, n: int) -> None:
    with pytest.raises(OverflowError):
        shift(table(NEW_YORK), utc("2026-12-01"), Term(count, unit), n)


@pytest.mark.parametrize(
    "ask",
    [
        lambda zone: zone.civil(10**30),
        lambda zone: zone.civil(-(10**18)),
        lambda zone: zone.instant(datetime.max),
        lambda zone: through(zone, date.max),
        lambda zone: window(zone, utc("9999-12-31"), "month"),
        lambda zone: day_of_month(zone, utc("2026-12-01"), 1, 10**6),
        lambda zone: deadline(zone, utc("9999-12-01"), Term(31, "day")),
        lambda zone: latest_boundary(zone, utc("2026-12-01"), MONTHLY, 10**30),
        lambda zone: remind_at(zone, utc("2026-12-01"), YEARLY, 9000, DAILY),
        lambda zone: shift(zone, 10**30, MONTHLY, 0),
    ],
)
def test_nothing_out_of_range_is_a_number(ask: Callable[[Zone], object]) -> None:
    with pytest.raises(OverflowError):
        ask(table(NEW_YORK))
