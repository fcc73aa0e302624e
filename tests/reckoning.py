"""A second reckoning of civil time for the tests: `zoneinfo` asked directly, months counted with `monthrange`."""

from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from entitle.values.civil import Term, Unit, WindowUnit
from entitle.values.zone import Instant, Zone, zone_table

HOUR = 3_600_000_000
DAY = 24 * HOUR
NEW_YORK, SHANGHAI, APIA, SAO_PAULO, ST_JOHNS = (
    "America/New_York",
    "Asia/Shanghai",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "America/St_Johns",
)
TODAY = [
    SHANGHAI,
    NEW_YORK,
    "Europe/London",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    APIA,
    SAO_PAULO,
    "Africa/Casablanca",
    ST_JOHNS,
]
# Four years of start days each, a leap year in each; the last three saw a day skipped, gaps at 00:00, folds at 00:01
ERAS = [*((name, 2023) for name in TODAY), (APIA, 2009), (SAO_PAULO, 2015), (ST_JOHNS, 2008)]
TIMES = [time(0), time(0, 30), time(1, 30), time(2, 15), time(2, 30), time(10), time(23, 30), time(23, 59, 59, 999_999)]
GAPS = [timedelta(), timedelta(minutes=30), timedelta(hours=1), timedelta(days=1)]
SKIPPED_DAY = date(2011, 12, 30)

MONTHLY, DAILY, WEEKLY, YEARLY = Term(1, "month"), Term(1, "day"), Term(1, "week"), Term(1, "year")

instants = st.integers(946_684_800_000_000, 4_102_444_800_000_000)  # 2000 to 2100
zones = st.sampled_from([*TODAY, "Asia/Gaza", "America/Recife", "America/Havana", "Antarctica/Troll", "UTC"])
units: st.SearchStrategy[Unit] = st.sampled_from(["minute", "hour", "day", "week", "month", "quarter", "year"])
window_units: st.SearchStrategy[WindowUnit] = st.sampled_from(["day", "week", "month"])
terms = st.builds(Term, st.integers(1, 40), units)


def table(name: str) -> Zone:
    zone = zone_table(name)
    assert zone is not None
    return zone


@cache
def rules(name: str) -> ZoneInfo:
    with (files("tzdata") / "zoneinfo" / name).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def stamp(name: str, civil: datetime) -> Instant:
    return (civil.replace(tzinfo=rules(name), fold=0) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def shown(name: str, instant: Instant) -> datetime:
    aware = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)
    return aware.astimezone(rules(name)).replace(tzinfo=None, fold=0)


def utc(text: str) -> Instant:
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1)) // timedelta(microseconds=1)


def months_on(civil: datetime, months: int) -> datetime:
    year, month = divmod(civil.year * 12 + civil.month - 1 + months, 12)
    return civil.replace(year=year, month=month + 1, day=min(civil.day, monthrange(year, month + 1)[1]))


RECKONING: dict[Unit, Callable[[datetime, int], datetime]] = {
    "day": lambda civil, n: datetime.combine(date.fromordinal(civil.toordinal() + n), civil.time()),
    "week": lambda civil, n: datetime.combine(date.fromordinal(civil.toordinal() + 7 * n), civil.time()),
    "month": months_on,
    "quarter": lambda civil, n: months_on(civil, 3 * n),
    "year": lambda civil, n: months_on(civil, 12 * n),
}


def anchors(name: str, first_year: int) -> Iterator[Instant]:
    """Every day of four years, the times of day by turns."""
    start = date(first_year, 1, 1)
    for number in range((date(first_year + 4, 1, 1) - start).days):
        yield stamp(name, datetime.combine(start + timedelta(days=number), TIMES[number % len(TIMES)]))
