"""Civil times and dates as texts: what is printed is read back, and nothing else is read."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitle.values.civil import instant_text, parse_civil, parse_date, told_text
from entitle.values.zone import MICROSECOND
from tests.reckoning import SHANGHAI, table, utc, zones


@given(zones, st.datetimes(datetime(2000, 1, 1), datetime(2100, 12, 30)))
def test_what_is_printed_is_read_back(name: str, civil: datetime) -> None:
    zone = table(name)
    at = zone.instant(civil)
    assert parse_civil(instant_text(zone, at)) == zone.civil(at)
    assert (datetime.fromisoformat(told_text(zone, at)) - datetime(1970, 1, 1, tzinfo=UTC)) // MICROSECOND == at
    assert parse_date(civil.date().isoformat()) == civil.date()


def test_texts_by_hand() -> None:
    zone = table(SHANGHAI)
    at = utc("2026-12-01 12:00")
    assert instant_text(zone, at) == "2026-12-01 20:00"
    assert instant_text(zone, at + 30_000_000) == "2026-12-01 20:00:30"
    assert instant_text(zone, at + 1) == "2026-12-01 20:00:00.000001"
    assert told_text(zone, at + 30_000_000) == "2026-12-01 20:00:30+08:00"
    assert told_text(table("America/New_York"), at) == "2026-12-01 07:00-05:00"
    assert parse_civil("2026-12-01 20:00:30") == datetime(2026, 12, 1, 20, 0, 30)
    assert parse_date("2028-02-29") == date(2028, 2, 29)
    assert parse_date("2100-12-31") == date(2100, 12, 31)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-12-01",
        "2026-12-01T20:00",
        "2026-12-01  20:00",
        " 2026-12-01 20:00",
        "2026-12-01 20:00\n",
        "2026-12-01 24:00",
        "2026-12-01 20:60",
        "2026-12-01 20:00:60",
        "2026-12-01 20:00:00.5",
        "2026-12-01 20:00Z",
        "2026-02-29 10:00",
        "1999-12-31 23:59",
        "2101-01-01 00:00",
        "2026-1-01 20:00",
        "２026-12-01 20:00",
        "2026-12-01 8:00",
    ],
)
def test_what_is_no_civil_time(text: str) -> None:
    assert parse_civil(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-12-01 20:00",
        "2026-02-29",
        "2026-13-01",
        "20261201",
        "2026-W01-1",
        "1999-12-31",
        "2101-01-01",
        "2026-12-1",
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert parse_date(text) is None
