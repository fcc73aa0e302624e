"""The table of a zone against the second reckoning, and its gaps and repetitions by hand."""

import json
from dataclasses import asdict
from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitle.values.zone import Instant, Zone, zone_names, zone_table
from tests.reckoning import (
    APIA,
    DAY,
    HOUR,
    NEW_YORK,
    SAO_PAULO,
    SHANGHAI,
    ST_JOHNS,
    TODAY,
    instants,
    shown,
    stamp,
    table,
    utc,
    zones,
)


@pytest.mark.parametrize("name", [*TODAY, "Asia/Gaza", "America/Recife", "UTC"])
def test_table_agrees_with_zoneinfo(name: str) -> None:
    zone = table(name)
    half_days = range(utc("1999-01-01"), utc("2101-01-01"), DAY // 2)
    around = [start + step for start in zone.starts[1:] for step in (-1, 0, 1)]
    assert [at for at in (*half_days, *around) if zone.civil(at) != shown(name, at)] == []
    assert list(zone.starts) == sorted(set(zone.starts))
    assert all(before != after for before, after in pairwise(zone.offsets))
    assert len(zone.starts) == len(zone.offsets)


@given(zones, instants)
def test_civil_is_what_zoneinfo_shows(name: str, at: Instant) -> None:
    assert table(name).civil(at) == shown(name, at)


@given(zones, st.datetimes(datetime(2000, 1, 1), datetime(2100, 12, 30)))
def test_instant_is_the_one_of_zoneinfo(name: str, civil: datetime) -> None:
    assert table(name).instant(civil) == stamp(name, civil)


@pytest.mark.parametrize("name", [*TODAY, "Asia/Gaza", "America/Havana", "Antarctica/Troll"])
def test_instant_undoes_civil_but_in_the_second_pass(name: str) -> None:
    zone = table(name)
    for number, start in enumerate(zone.starts[1:], 1):
        repeated = max(0, zone.offsets[number - 1] - zone.offsets[number]) * 1_000_000
        for at in (*range(start - 3 * HOUR, start + 3 * HOUR, HOUR // 12), start - 1, start + 1):
            in_second_pass = start <= at < start + repeated
            assert zone.instant(zone.civil(at)) == (at - repeated if in_second_pass else at)


@pytest.mark.parametrize(
    ("name", "civil", "expected"),
    [
        (NEW_YORK, "2026-03-08 02:30", "2026-03-08 07:30"),  # gap: 03:30 at -4
        (NEW_YORK, "2026-03-08 02:00", "2026-03-08 07:00"),
        (NEW_YORK, "2026-03-08 03:00", "2026-03-08 07:00"),
        (NEW_YORK, "2026-11-01 01:30", "2026-11-01 05:30"),  # twice: the first, at -4
        (NEW_YORK, "2026-11-01 02:00", "2026-11-01 07:00"),
        ("Europe/London", "2026-03-29 01:30", "2026-03-29 01:30"),
        ("Europe/London", "2026-10-25 01:30", "2026-10-25 00:30"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:45"),  # a gap of half an hour: 02:45 at +11
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45"),
        ("Asia/Kolkata", "2026-06-01 00:00", "2026-05-31 18:30"),
        ("Asia/Kathmandu", "2026-06-01 00:00", "2026-05-31 18:15"),
        (SHANGHAI, "2026-12-01 20:00", "2026-12-01 12:00"),
        (APIA, "2011-12-29 23:59", "2011-12-30 09:59"),
        (APIA, "2011-12-30 10:00", "2011-12-30 20:00"),  # a day that never was: the 31st, 10:00 at +14
        (APIA, "2011-12-31 10:00", "2011-12-30 20:00"),
        (SAO_PAULO, "2018-11-04 00:00", "2018-11-04 03:00"),  # no midnight: 01:00 at -2
        (SAO_PAULO, "2018-02-17 23:30", "2018-02-18 01:30"),
        (ST_JOHNS, "2026-03-08 02:30", "2026-03-08 06:00"),
        (ST_JOHNS, "2010-11-07 00:00", "2010-11-07 02:30"),  # from 00:01 back to 23:01: midnight twice
        ("Africa/Casablanca", "2026-02-15 02:30", "2026-02-15 01:30"),
        ("Africa/Casablanca", "2026-03-22 02:30", "2026-03-22 02:30"),
        ("America/Havana", "2025-11-02 00:30", "2025-11-02 04:30"),
    ],
)
def test_gaps_and_repetitions_by_hand(name: str, civil: str, expected: str) -> None:
    assert table(name).instant(datetime.fromisoformat(civil)) == utc(expected)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "../x",
        "/etc/passwd",
        "Asia",
        "Asia/",
        "Asia/Nowhere",
        "Asia/Shanghai\n",
        "asia/shanghai",
        "\0",
        "EST",
        "EDT",
        "CST",
        "PRC",
        "Factory",
        "zone.tab",
        "Asia/__init__.py",
        "a/../UTC",
        "posix/UTC",
        "x" * 5000,
    ],
)
def test_what_is_no_zone(name: str) -> None:
    assert zone_table(name) is None


def test_zones_known() -> None:
    assert {*TODAY, "UTC"} <= set(zone_names())
    assert table("UTC").offsets == (0,)
    assert table(SHANGHAI).offsets == (28_800,)
    assert zone_table(NEW_YORK) is zone_table(NEW_YORK)


def test_table_survives_json() -> None:
    read = json.loads(json.dumps(asdict(table(NEW_YORK))))
    again = Zone(read["name"], tuple(read["starts"]), tuple(read["offsets"]))
    assert again == table(NEW_YORK)
    assert again.instant(datetime(2026, 11, 1, 1, 30)) == utc("2026-11-01 05:30")


def test_before_and_after_the_table_the_nearest_offset_holds() -> None:
    zone = table(NEW_YORK)
    assert zone.civil(utc("1970-07-01 12:00")) == datetime(1970, 7, 1, 7)
    assert zone.civil(utc("2300-07-01 12:00")) == datetime(2300, 7, 1, 7)
    assert table(SHANGHAI).civil(utc("0001-01-01 00:00") - HOUR) == datetime(1, 1, 1, 7)
    with pytest.raises(OverflowError):
        table(APIA).civil(utc("0001-01-01 00:00") - 1)
