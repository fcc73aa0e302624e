"""Kinds of scalar: what is printed reads back, what is wrong is told with what to write instead, nothing raises."""

import re
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entitle.case import Do
from entitle.diagnostics import to_text
from entitle.dsl.amounts import AMOUNT_MAX, COUNT_MAX, QUANTITY_MAX
from entitle.dsl.nodes import Checker
from entitle.dsl.reader import Scalar
from entitle.dsl.scalars import Misread, Reading, spelled, twin
from entitle.dsl.terms import YEARS_MAX, said
from entitle.dsl.values import KINDS, read_raw
from entitle.messages import Lang
from entitle.release import After, DayOfMonth, EachPeriod, Every, Purchase, Validity
from entitle.source import Source
from entitle.values.civil import Term
from entitle.values.money import DIGITS, MONEY_MAX, Money, amount_text

WIDE = str.maketrans(",:()[]+-0123456789", "，：（）［］＋－０１２３４５６７８９")
CURRENCIES = st.sampled_from(sorted(DIGITS))
MINOR = st.integers(0, MONEY_MAX)
CIVIL = st.datetimes(datetime(2000, 1, 1), datetime(2100, 12, 31, 23, 59)).map(lambda at: at.replace(microsecond=0))
TERMS = st.builds(Term, st.integers(1, 200), st.sampled_from(("minute", "hour", "day", "week", "month", "year")))


def read(kind: str, text: str, currency: str = "CNY") -> object:
    return KINDS[kind].read(text, Reading(currency))


# ---- what is printed reads back


@given(MINOR, CURRENCIES)
def test_amounts_read_back(minor: int, currency: str) -> None:
    assert read("money", amount_text(minor, currency), currency) == minor
    assert read("money", spelled(minor, currency), currency) == minor
    assert read("money", spelled(minor, currency).translate(WIDE), currency) == minor


@given(MINOR)
def test_amounts_read_back_behind_the_code(minor: int) -> None:
    assert read("money", f"JPY {minor}", "JPY") == minor
    assert read("money", f"CNY {minor // 100}.{minor % 100:02}") == minor


@given(TERMS)
def test_lengths_of_time_read_back(term: Term) -> None:
    assert read("term", said(term)) == term
    assert read("term", f"{term.count} {term.unit}s") == read("term", f"{term.count} {term.unit}") == term
    assert read("before_renewal", f"{said(term)} before renewal") == term


@given(CIVIL)
def test_civil_times_read_back(civil: datetime) -> None:
    text = civil.isoformat(" ", "seconds" if civil.second else "minutes")
    assert read("from", text) == read("until", text) == read("from", text.translate(WIDE)) == civil


@given(st.integers(1, QUANTITY_MAX), st.integers(1, QUANTITY_MAX))
def test_ranges_read_back(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert read("range", f"{low}..{high}") == (low, high)


@pytest.mark.parametrize(("kind", "most"), [("count", COUNT_MAX), ("amount", AMOUNT_MAX)])
def test_counts_have_an_end(kind: str, most: int) -> None:
    assert read(kind, str(most)) == most
    assert isinstance(read(kind, str(most + 1)), Misread)


@pytest.mark.parametrize("minor", [2500.0, 25.5, True, "2500", None, float("nan")])
def test_money_is_whole_minor_units(minor: Any) -> None:
    assert Money.of_minor(2500, "CNY") == Money("25.00", "CNY")
    with pytest.raises(ValueError, match=r"^minor: is a whole number of minor units; I got "):
        Money.of_minor(minor, "CNY")


def test_the_longest_length() -> None:
    assert read("term", f"{YEARS_MAX} years") == Term(YEARS_MAX, "year")
    assert isinstance(read("term", f"{YEARS_MAX * 12 + 1} months"), Misread)


@pytest.mark.parametrize("kind", KINDS)
def test_every_example_is_a_value(kind: str) -> None:
    row = KINDS[kind]
    assert not isinstance(row.read(row.example.replace("{amount}", "¥25.00"), Reading("CNY")), Misread)


def test_what_depends_on_the_currency_waits_for_it() -> None:
    assert read("money", "anything", currency="") == 0


MEANT: list[tuple[str, str, object]] = [
    ("validity", "90 days from claim", Validity("claim", Term(90, "day"))),
    ("validity", "1 month from grant", Validity("grant", Term(1, "month"))),
    ("validity", "until period end", Validity("period_end")),
    ("validity", "through 2026-12-31", Validity("instant", until=date(2026, 12, 31).toordinal())),
    ("when", "purchase", Purchase()),
    ("when", "each renewal", EachPeriod(first=False)),
    ("when", "each period", EachPeriod(first=True)),
    ("when", "weekly", Every(Term(1, "week"))),
    ("when", "day 31 of month", DayOfMonth(31)),
    ("when", "7 days after purchase", After(Term(7, "day"))),
    ("each", "sale_window", ("sale_window", 0)),
    ("each", "90 minutes", ("rolling", 90 * 60 * 1_000_000)),
    ("period", "every quarter", Term(1, "quarter")),
    ("period", "every 10 days", Term(10, "day")),
    ("term", "  30   days ", Term(30, "day")),
    ("from", "2026-12-01", datetime(2026, 12, 1)),
    ("date", "2026-12-31", datetime(2026, 12, 31)),
    ("from_or_time", "9:05", 9 * 60 + 5),
    ("from_or_time", "2026-12-01 10:00", datetime(2026, 12, 1, 10)),
    ("until_or_time", "24:00", 24 * 60),
    ("money_or_none", "none", "none"),
    ("money", "¥1,299.00", 129_900),
    ("price_change", "keep_old_price", "keep_old_price"),
    ("price_change", "next_period", "next_period"),
    ("price_change", "from 2027-01-01", datetime(2027, 1, 1)),
]


@pytest.mark.parametrize(("kind", "text", "value"), MEANT)
def test_what_a_text_means(kind: str, text: str, value: object) -> None:
    assert read(kind, text) == value


# ---- nothing raises, and what is proposed is a value

PIECES = (
    "every each days day mnth month 30 1 0 3 from claim grant through until period end before after renewal purchase "
    "× x buy spend cancel GB CNY USD ¥ $ € - . , .. : 2026-12-31 2026-13-01 24:00 25:00 9:00 10pm T10:00 Z 1.5 10^12 "
    "99999999999999999999 天 个月 元 free of none keep_old_price Asia/Beijing cny vip "
    "2026年1月2日 ２０ sale window"
).split()
NEARLY = st.builds(
    lambda words, glue: glue.join(words), st.lists(st.sampled_from(PIECES), max_size=6), st.sampled_from(("", " "))
)


@settings(deadline=None)  # the first look at a zone reads a century of its changes
@given(st.sampled_from(sorted(KINDS)), NEARLY | st.text(max_size=30), st.sampled_from(("CNY", "JPY", "KWD", "")))
def test_what_is_proposed_is_a_value(kind: str, text: str, currency: str) -> None:
    reading = Reading(currency)
    value = KINDS[kind].read(text, reading)
    if not isinstance(value, Misread) or value.help is None:
        return
    for proposed in re.findall(r"(?:write|did you mean) `([^`]+)`", reading.fill(value.help).en):
        again = KINDS[kind].read(proposed.removeprefix("entitle: "), reading)
        assert not isinstance(again, Misread), f"{text!r}: {proposed!r} is no {kind} either"


@settings(deadline=None)
@given(st.sampled_from(sorted(KINDS)), NEARLY)
def test_an_editor_accepts_what_is_read(kind: str, text: str) -> None:
    pattern = KINDS[kind].schema.get("pattern") if KINDS[kind].read is not read_raw else None
    if pattern and text.isascii() and twin(text) == text and not isinstance(read(kind, text), Misread):
        assert re.search(pattern, text)


# ---- what is wrong, and what to write instead

WRONG = [
    ("money", "¥9.9", "CNY has two digits after the point: write `¥9.90`"),
    ("money", "¥9", "CNY has two digits after the point: write `¥9.00`"),
    ("money", "¥9.999", "CNY has two digits after the point, as in `¥25.00`"),
    ("money", "25.00", "write `¥25.00`"),
    ("money", "1299.00", "write `¥1299.00`"),
    ("money", "25元", "CNY has two digits after the point: write `¥25.00`"),
    ("money", "人民币 25.00", "write `¥25.00`"),
    ("money", "cny 25.00", "write `¥25.00`"),
    ("money", "$9.90", "this rulebook counts in CNY: amounts are like `¥9.90`"),
    ("money", "USD 9.90", "this rulebook counts in CNY: amounts are like `¥9.90`"),
    ("money", "€9,90", "this rulebook counts in CNY: amounts are like `¥25.00`"),
    ("money", "¥-9.90", "an amount is never negative"),
    ("money", "−¥9.90", "an amount is never negative"),
    ("money", "¥10000000000.01", "the most is ¥10,000,000,000.00"),
    ("money", "free", "write `¥0.00`"),
    ("money", "¥1,5", ""),
    ("money", "¥1,00.00", ""),
    ("money", "a lot", ""),
    ("count", "0", "the least is 1"),
    ("count", "-3", "the least is 1"),
    ("count", "1.5", ""),
    ("count", "1000000000000", "the most is 1,000,000"),
    ("count", "1,000", "write `1000`"),
    ("count", "007", "write `7`"),
    ("count", "two", ""),
    ("range", "3", "write `1..3` for up to 3, or `3..3` for exactly 3"),
    ("range", "1-20", "write `1..20`"),
    ("range", "20..1", "write `1..20`"),
    ("range", "0..5", "the least is 1"),
    ("range", "1..20000", "the most is 10,000"),
    ("term", "30days", "did you mean `30 days`?"),
    ("term", "30 d", "did you mean `30 days`?"),
    ("term", "1 mnth", "did you mean `1 month`?"),
    ("term", "30天", "did you mean `30 days`?"),
    ("term", "a month", "did you mean `1 month`?"),
    ("term", "1.5 days", "did you mean `36 hours`?"),
    ("term", "1 day 12 hours", "did you mean `36 hours`?"),
    ("term", "2 quarters", "did you mean `6 months`?"),
    ("term", "0 days", "the least is 1"),
    ("term", "90 seconds", "the shortest unit is the minute"),
    ("term", "201 years", "the most is 200 years"),
    ("term", "soon", ""),
    ("period", "monthly", "write `every month`"),
    ("period", "每月", "write `every month`"),
    ("period", "3 months", "write `every 3 months`"),
    ("period", "every other week", "write `every 2 weeks`"),
    ("period", "every mnth", "did you mean `every month`?"),
    ("period", "every 2 quarters", "did you mean `every 6 months`?"),
    ("period", "every 24 hours", "write `every day`"),
    ("period", "every 36 hours", "a period is a day or longer"),
    ("before_renewal", "5 days", "write `5 days before renewal`"),
    ("before_renewal", "5d before renewal", "did you mean `5 days before renewal`?"),
    ("validity", "30 days", "from when on? write `30 days from claim` or `30 days from grant`"),
    ("validity", "until 2026-12-31", "write `through 2026-12-31`"),
    ("validity", "90 days after claim", "did you mean `90 days from claim`?"),
    ("validity", "90days from grant", "did you mean `90 days from grant`?"),
    ("validity", "until period_end", "did you mean `until period end`?"),
    ("validity", "through 2026-13-01", "months go from 01 to 12"),
    ("when", "every month", "write `monthly`"),
    ("when", "7 days", "write `7 days after purchase`"),
    ("when", "puchase", "did you mean `purchase`?"),
    ("when", "1st of the month", "write `day 1 of month`"),
    ("when", "day 32 of month", "days go from 1 to 31"),
    ("each", "daily", "write `day`"),
    ("each", "sale window", "did you mean `sale_window`?"),
    ("each", "7 days", "a rolling stretch is in hours or minutes, as in `168 hours`"),
    ("each", "1 day", "write `day` for the calendar's, or hours, as in `24 hours`, for a rolling stretch"),
    ("from", "2026-13-01", "months go from 01 to 12"),
    ("from", "2026-02-30", "2026-02 has 28 days"),
    ("from", "1999-12-31", "years go from 2000 to 2100"),
    ("from", "2026-12-01 25:00", "hours go from 00 to 23, minutes from 00 to 59"),
    ("from", "2026-12-31 24:00", "write `2027-01-01 00:00`"),
    ("from", "2026-12-01T10:00", "write `2026-12-01 10:00`"),
    ("from", "2026-12-01T10:00Z", "times are local time in the rulebook's zone: write `2026-12-01 10:00`"),
    ("from", "2026/12/1", "write `2026-12-01`"),
    ("from", "2026年12月1日", "write `2026-12-01`"),
    ("from", "tomorrow", ""),
    ("until", "2026-12-31", "say `through: 2026-12-31`, or `until: 2027-01-01 00:00`"),
    ("date", "2026-12-31 10:00", "a whole day is meant: write `2026-12-31`; a time goes with `until`"),
    ("from_or_time", "10am", "write `10:00`"),
    ("from_or_time", "24:00", "write `00:00`"),
    ("from_or_time", "25:00", "hours go from 00 to 24, minutes from 00 to 59"),
    ("until_or_time", "10pm", "write `22:00`"),
    ("until_or_time", "2026-12-31", "say `through: 2026-12-31`, or `until: 2027-01-01 00:00`"),
    ("zone", "Asia/Shangai", "did you mean `Asia/Shanghai`?"),
    ("zone", "shanghai", "did you mean `Asia/Shanghai`?"),
    ("zone", "Asia/Beijing", "write `Asia/Shanghai`"),
    ("zone", "UTC+8", "name a place, whose clocks change when they do, as in `Asia/Shanghai`"),
    ("zone", "CST", "name a place, whose clocks change when they do, as in `Asia/Shanghai`"),
    ("currency", "RMB", "did you mean `CNY`?"),
    ("currency", "cny", "did you mean `CNY`?"),
    ("version", "2", "this entitle reads version 1: write `entitle: 1`"),
    ("price_change", "keep old price", "did you mean `keep_old_price`?"),
    ("id", "First_Month", "write `first-month`"),
    ("id", "VideoVIP", "write `video-vip`"),
    ("id", "ｖｉｐ", "write `vip`"),
    ("fact", "Customer Level", "write `customer_level`"),
    ("text", " ", "write something for people to read"),
    ("text", "x" * 501, "500 characters at most, and these are 501"),
    ("do", "buy 2 vip", "write `buy vip × 2`"),
    ("do", "buy vip * 2", "write `buy vip × 2`"),
    ("do", "buy vip × 0", "how many goes from 1 to 10,000"),
    ("do", "buy", 'name a product, as in `buy vip-month`, or several in quotes: `"buy ticket × 2, cola"`'),
    ("do", "byu vip", "did you mean `buy vip`?"),
    ("do", "payments fail", "did you mean `payment fails`?"),
    ("do", "spend vip", "write it like `spend 3 GB of cloud-disk`"),
]


def told(kind: str, text: str, lang: Lang) -> str:
    """The last line of what an operator reads, or nothing where there is no advice."""
    problems = Checker(Reading("CNY"), [])
    source = Source("a.yaml", text)
    problems.scalar(kind, Scalar(text, "plain", 0, len(text), source), "key")
    (problem,) = problems.problems
    _, mark, advice = to_text(problem, lang).rpartition("\n   = ")
    return advice if mark else ""


@pytest.mark.parametrize(("kind", "text", "advice"), WRONG)
def test_what_to_write_instead(kind: str, text: str, advice: str) -> None:
    forms = KINDS[kind].forms
    assert told(kind, text, "en") == (advice or (forms.en if forms else ""))


@pytest.mark.parametrize(("kind", "text", "advice"), WRONG)
def test_chinese_proposes_the_same(kind: str, text: str, advice: str) -> None:
    quoted = re.compile(r"`([^`]+)`")
    assert quoted.findall(told(kind, text, "zh")) == quoted.findall(told(kind, text, "en"))


@pytest.mark.parametrize(
    ("text", "quantity"), [("buy vip", 1), ("buy vip × 2", 2), ("buy vip x 2", 2), ("buy vip×2", 2), ("buy x-2 x2", 2)]
)
def test_buying_several(text: str, quantity: int) -> None:
    do = read("do", text)
    assert (do.verb, do.quantity) == ("buy", quantity)  # type: ignore[attr-defined]


def test_buying_several_products() -> None:
    assert read("do", "buy cola × 3, tea") == Do("buy", "cola", 3, also=(("tea", 1),))
    assert read("do", "register") == Do("register")


def test_spending_keeps_the_unit() -> None:
    do = read("do", "spend 3 GB of cloud-disk")
    assert (do.verb, do.name, do.quantity, do.unit) == ("spend", "cloud-disk", 3, "GB")  # type: ignore[attr-defined]
