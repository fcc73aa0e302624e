"""The checked request: the generated answer and the plain one are the same, of good facts and of bad ones."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitle import FactError, Money
from entitle.dsl.load import compile_sources
from entitle.ir import Op, Value
from entitle.release import Product, Release
from entitle.runtime import to_python
from entitle.runtime.decide import Decider
from entitle.runtime.interpret import answer
from entitle.source import Source

BOOK = """\
entitle: 1
name: encode
timezone: Asia/Shanghai
currency: CNY
facts:
  channel: {type: [app, web], if_missing: ask}
  level: {type: 0..9, if_missing: 0}
  vip: {type: bool, if_missing: ask}
  spent: {type: money, if_missing: ¥0.00}
  age: {type: duration, if_missing: ask}
  since: {type: date, if_missing: ask}
  seen: {type: instant, if_missing: 2026-01-01 00:00}
  city: {type: text, if_missing: ask}
  device: {type: key, if_missing: ask}
  wallet: {type: key, if_missing: ask}
  tags: {type: "set of [a, b]", if_missing: "[]"}
  unread: {type: 0..5, if_missing: 0}
benefits:
  club: {kind: access, name: Club}
products:
  p:
    name: P
    price: ¥1.00
    sell:
      channels: [app]
      if: >-1
    gives: [{benefit: club}]
"""
CONDITION = (
    "level > 1 and vip and spent > ¥5.00 and age < 30 days and since > 2026-01-01 and seen < now "
    "and city == 'here' and device == wallet and tags has a"
)


def book() -> tuple[Release, Product, Decider]:
    compiled = compile_sources([Source("rulebook.yaml", BOOK.replace(">-1", CONDITION))])
    assert compiled.release is not None, compiled.diagnostics
    return compiled.release, compiled.release.products["p"], Decider(compiled.release)


RELEASE, PRODUCT, DECIDER = book()
NOW = 1_800_000_000_000_000
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 12),
    st.floats(),
    st.sampled_from(["app", "web", "here", "", "a", "x" * 201]),
    st.integers(-5, 10**13).map(lambda minor: Money.of_minor(minor, "CNY")),
    st.just(Money("1", "JPY")),
    st.timedeltas(timedelta(days=-1), timedelta(days=100)),
    st.datetimes(datetime(1800, 1, 1), datetime(2300, 1, 1)),
    st.datetimes(datetime(1800, 1, 1), datetime(2300, 1, 1), timezones=st.just(UTC)),
    st.datetimes(timezones=st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours)))),
    st.dates(),
    st.sets(st.sampled_from(["a", "b", "c"])),
    st.lists(st.integers(), max_size=2),
)
NAMES = st.sampled_from([*(each.name for each in RELEASE.facts), "nobody", "now"])


def fast(told: dict[str, object]) -> tuple[Value, ...] | str:
    try:
        return DECIDER.answer(PRODUCT, told, NOW, 1, {})
    except FactError as problem:
        return problem.fact


def plain(told: dict[str, object]) -> tuple[Value, ...] | str:
    try:
        facts = DECIDER.encoder(PRODUCT).facts(told, DECIDER.engine(PRODUCT.program, NOW, 1, {}))
    except FactError as problem:
        return problem.fact
    return answer(PRODUCT.program, facts)


@given(st.dictionaries(NAMES, ANYTHING, max_size=4))
def test_the_generated_answer_is_the_plain_one(told: dict[str, object]) -> None:
    assert fast(told) == plain(told)


GOOD: dict[str, object] = {
    "channel": "app",
    "level": 2,
    "vip": True,
    "spent": Money("5.01", "CNY"),
    "age": timedelta(days=1),
    "since": date(2026, 5, 1),
    "seen": datetime(2026, 5, 1, tzinfo=UTC),
    "city": "here",
    "device": "d",
    "wallet": "d",
    "tags": {"a"},
}
WRONG: dict[str, object] = {
    "level": 1,
    "vip": False,
    "spent": Money("5.00", "CNY"),
    "age": timedelta(days=30),
    "since": date(2026, 1, 1),
    "seen": datetime(2099, 1, 1, tzinfo=UTC),
    "city": "there",
    "wallet": "e",
    "tags": {"b"},
}


def test_every_type_of_fact_reaches_its_condition() -> None:
    def stage(told: dict[str, object]) -> Value:
        return DECIDER.answer(PRODUCT, told, NOW, 1, {})[0]

    assert stage(GOOD) == 0
    for name, value in WRONG.items():
        assert stage(GOOD | {name: value}) == 3, name


@pytest.mark.parametrize("name", [name for name in GOOD if name not in ("level", "spent", "seen", "tags")])
def test_an_asked_fact_that_is_absent_is_missing(name: str) -> None:
    told = {key: value for key, value in GOOD.items() if key != name}
    verdict = DECIDER.decide(PRODUCT, told, NOW, 1, {}).lines[0]
    assert (verdict.stage, verdict.missing) == ("missing", (name,))


@pytest.mark.parametrize(
    ("name", "first", "last", "said"),
    [
        ("since", date(2000, 1, 1), date(2100, 12, 31), "goes from 2000-01-01 to 2100-12-31; I got {}"),
        (
            "seen",
            datetime(1999, 12, 31, tzinfo=UTC),
            datetime(2101, 1, 2, tzinfo=UTC),
            "goes from 1999-12-31 08:00 to 2101-01-02 08:00; I got {} 08:00",  # in the rulebook's zone
        ),
    ],
)
def test_instants_and_dates_are_of_the_years_2000_to_2100(name: str, first: date, last: date, said: str) -> None:
    """An instant has a day's room on either side: it is the civil time of some zone that is of these years."""
    assert fast(GOOD | {name: first}) != name != fast(GOOD | {name: last})
    for beyond in (first - timedelta(days=1), last + timedelta(days=1)):
        with pytest.raises(FactError) as problem:
            DECIDER.answer(PRODUCT, GOOD | {name: beyond}, NOW, 1, {})
        assert problem.value.problem.en == said.format(f"{beyond:%Y-%m-%d}")


@pytest.mark.parametrize(
    ("beyond", "said"),
    [
        (datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-12))), "9999-12-31 23:00:00-12:00"),
        (datetime(9999, 12, 31, 23, tzinfo=UTC), "9999-12-31 23:00:00+00:00"),  # 10000 where the rulebook's zone is
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=12))), "0001-01-01 00:00:00+12:00"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01 08:00"),
    ],
)
def test_an_instant_outside_the_calendar_is_out_of_range_like_any_other(beyond: datetime, said: str) -> None:
    with pytest.raises(FactError, match=r"^seen: goes from 1999-12-31 08:00 to .*; I got ") as problem:
        DECIDER.answer(PRODUCT, GOOD | {"seen": beyond}, NOW, 1, {})
    assert problem.value.problem.en.endswith(f"I got {said}")
    assert problem.value.problem.zh.endswith(f"收到 {said}")


@pytest.mark.parametrize("fault", ["({0}.nothing)", "({0} + '')", "int('no number')"])
def test_a_fault_of_the_generated_code_is_not_taken_for_a_wrong_request(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even though the plain way, ready from before, would answer."""
    ready = Decider(RELEASE)
    ready.program(PRODUCT)
    monkeypatch.setitem(to_python.OPERATORS, Op.MORE, fault)
    with pytest.raises((AttributeError, TypeError, ValueError)):
        ready.answer(PRODUCT, GOOD, NOW, 1, {})
