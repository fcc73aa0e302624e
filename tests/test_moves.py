"""Releases with new prices and contracts that run: who follows, from which charge on, and what they are told."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitle import RuleError, Who
from entitle.release import Release
from entitle.runtime.moves import spliced
from entitle.runtime.schedule import Segment
from entitle.shop.views import OrderView
from entitle.testing.world import World, always
from entitle.values.civil import Term
from tests.books import compiled
from tests.shops import buy, done, shanghai, world

ANN = Who("ann", facts={"level": 3, "plan": "gold"})
RULES = """\
entitle: 1
name: moves
timezone: Asia/Shanghai
currency: CNY
price_steps: {{level: each_unit}}
facts:
  level: {{type: 0..9, if_missing: 0}}
  plan: {{type: {plans}, if_missing: ask}}
{facts}
benefits:
  club: {{kind: access, name: Club}}
products:
  monthly:
    name: Monthly
    subscription:
      renews: {renews}
      remind: 5 days before renewal
      {word}
      if_payment_fails: {{retry: [1 day], keep_access: 1 day}}
      phases:
        - {{id: first, price: ¥9.90, periods: 1}}
        - {{id: regular, price: {price}}}
    gives: [{{benefit: club, during: paid time}}]
promotions:
  silver: {{step: level, products: [monthly], if: plan == silver, charges: each, minus: ¥1.00}}
"""


def release(
    price: str = "¥25.00",
    word: str = "next_period",
    renews: str = "every month",
    plans: str = "[silver, gold]",
    facts: str = "",
) -> Release:
    said = f"if_price_changes: {word}" if word else ""
    book = RULES.format(price=price, word=said, renews=renews, plans=plans, facts=facts)
    found = compiled(book=book)
    assert found.release is not None, found.diagnostics
    return found.release


def opened(tmp_path: Path, kind: str, first: Release) -> World:
    return world("memory:" if kind == "memory" else f"sqlite:///{tmp_path}/shop.db", "2027-01-31 10:00", first)


@pytest.fixture(params=["memory", "sqlite"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def paid(place: World) -> list[object]:
    """Every amount that was charged, in order, in minor units."""
    return [each.body["amount"] for each in place.shop.events(limit=500) if each.type == "charge.paid"]


def told(place: World, type_: str = "notice.price-changed") -> list[tuple[object, ...]]:
    events = [each.body for each in place.shop.events(limit=500) if each.type == type_]
    return [(each["n"], each["amount"]) for each in events]


def sound(place: World, *orders: OrderView) -> None:
    report = place.shop.reconcile()
    assert report.ok, report.breaks
    for order in orders:
        assert all(line.faithful for line in place.shop.explain(order).lines)


def test_next_period_is_charged_at_the_new_price_and_reminded_of(tmp_path: Path, kind: str) -> None:
    place = opened(tmp_path, kind, release())
    order = buy(place.shop, ANN, "monthly", "k1")
    place.travel(days=3)
    place.shop.publish(release("¥30.00"))
    place.reach(shanghai("2027-03-31 10:00"))
    assert paid(place) == [990, 3000, 3000]
    assert told(place) == [(2, 3000)]
    assert told(place, "notice.renewal") == [(2, 3000), (3, 3000)]
    sound(place, order)


def test_a_promise_of_its_own_release_is_kept_whatever_later_ones_say(tmp_path: Path, kind: str) -> None:
    place = opened(tmp_path, kind, release(word="keep_old_price"))
    order = buy(place.shop, ANN, "monthly", "k1")
    for price, word in (("¥30.00", "next_period"), ("¥31.00", "from 2027-02-01"), ("¥32.00", "keep_old_price")):
        place.shop.publish(release(price, word))
    place.reach(shanghai("2027-03-31 10:00"))
    assert paid(place) == [990, 2500, 2500]
    assert told(place) == []
    sound(place, order)


def test_a_release_that_keeps_the_old_price_moves_nobody_and_a_later_one_may(tmp_path: Path) -> None:
    place = opened(tmp_path, "memory", release())
    buy(place.shop, ANN, "monthly", "k1")
    place.shop.publish(release("¥30.00", "keep_old_price"))
    place.reach(shanghai("2027-02-28 10:00"))
    place.shop.publish(release("¥30.00"))
    place.reach(shanghai("2027-03-31 10:00"))
    assert paid(place) == [990, 2500, 3000]
    sound(place)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2027-03-31", [990, 2500, 3000, 3000]),  # 00:00 of the day on which charge 3 is due
        ("2027-03-15", [990, 2500, 3000, 3000]),  # in the middle of a period: from the next charge on
        ("2027-04-01", [990, 2500, 2500, 3000]),
        ("2027-01-01", [990, 3000, 3000, 3000]),  # before it was published: from its publication on
    ],
)
def test_from_a_date_the_next_charge_from_then_on(tmp_path: Path, day: str, expected: list[int]) -> None:
    place = opened(tmp_path, "memory", release())
    buy(place.shop, ANN, "monthly", "k1")
    place.shop.publish(release("¥30.00", f"from {day}"))
    place.reach(shanghai("2027-04-30 10:00"))
    assert paid(place) == expected
    sound(place)


@pytest.mark.parametrize("word", ["next_period", "from 2027-02-01"])
def test_a_charge_that_was_due_before_the_release_keeps_its_amount(tmp_path: Path, word: str) -> None:
    place = opened(tmp_path, "memory", release())
    buy(place.shop, ANN, "monthly", "k1")
    place.clock.now = shanghai("2027-02-28 12:00")  # nobody came to charge it
    place.shop.publish(release("¥30.00", word))
    place.reach(shanghai("2027-03-31 10:00"))
    assert paid(place) == [990, 2500, 3000]
    sound(place)


def test_two_moves_in_one_cycle_are_two_events_and_the_later_one_wins(tmp_path: Path, kind: str) -> None:
    place = opened(tmp_path, kind, release())
    buy(place.shop, ANN, "monthly", "k1")
    place.shop.publish(release("¥30.00"))
    place.travel(days=1)
    place.shop.publish(release("¥28.00"))
    place.travel(days=1)
    place.reach(shanghai("2027-02-28 10:00"))
    assert told(place) == [(2, 3000), (2, 2800)]
    assert paid(place) == [990, 2800]
    sound(place)


def test_two_releases_for_two_dates_both_come_true(tmp_path: Path) -> None:
    place = opened(tmp_path, "memory", release())
    buy(place.shop, ANN, "monthly", "k1")
    place.shop.publish(release("¥30.00", "from 2027-03-01"))
    place.shop.publish(release("¥35.00", "from 2027-05-01"))
    place.reach(shanghai("2027-05-31 10:00"))
    assert paid(place) == [990, 2500, 3000, 3000, 3500]
    assert told(place) == [(3, 3000), (5, 3500)]
    sound(place)


def test_a_release_taken_back_before_the_charge_leaves_the_old_price(tmp_path: Path, kind: str) -> None:
    place = opened(tmp_path, kind, release())
    buy(place.shop, ANN, "monthly", "k1")
    for price in ("¥30.00", "¥25.00", "¥30.00", "¥25.00"):
        place.shop.publish(release(price))
    place.reach(shanghai("2027-02-28 10:00"))
    assert told(place) == [(2, 3000), (2, 2500), (2, 3000), (2, 2500)]
    assert paid(place) == [990, 2500]
    sound(place)


def test_nothing_is_charged_before_the_new_release_was_looked_at(tmp_path: Path) -> None:
    place = opened(tmp_path, "memory", release())
    buy(place.shop, ANN, "monthly", "k1")
    place.shop.publish(release("¥30.00"))
    place.clock.now = shanghai("2027-02-28 10:00")  # nobody has worked since
    assert place.shop.charges() == ()
    place.shop.tick()
    (charge,) = place.shop.charges()
    assert charge.amount.minor == 3000


def test_a_charge_that_was_handed_out_keeps_its_amount(tmp_path: Path) -> None:
    place = opened(tmp_path, "memory", release())
    buy(place.shop, ANN, "monthly", "k1")
    place.reach(shanghai("2027-02-28 10:00") - 1)
    place.clock.now += 1
    (charge,) = place.shop.charges()
    place.shop.publish(release("¥30.00"))
    place.shop.tick()
    done(place.shop.settle(charge, always(charge)))
    place.reach(shanghai("2027-03-31 10:00"))
    assert paid(place) == [990, 2500, 3000]
    sound(place)


def test_a_reminder_that_told_another_amount_is_told_again(tmp_path: Path) -> None:
    place = opened(tmp_path, "memory", release())
    buy(place.shop, ANN, "monthly", "k1")
    place.reach(shanghai("2027-02-24 10:00"))
    place.shop.publish(release("¥30.00"))
    place.reach(shanghai("2027-02-28 10:00"))
    assert told(place, "notice.renewal") == [(2, 2500), (2, 3000)]
    assert paid(place) == [990, 3000]


def test_a_cancelled_contract_is_restored_at_the_price_of_today(tmp_path: Path) -> None:
    place = opened(tmp_path, "memory", release())
    order = buy(place.shop, ANN, "monthly", "k1")
    done(place.shop.cancel(order.subscription, key="c"))
    place.shop.publish(release("¥30.00"))
    place.travel(days=1)
    done(place.shop.undo_cancel(order.subscription, key="u"))
    place.reach(shanghai("2027-02-28 10:00"))
    assert paid(place) == [990, 3000]
    sound(place)


def test_facts_of_the_purchase_decide_though_the_release_numbers_them_otherwise(tmp_path: Path) -> None:
    place = opened(tmp_path, "memory", release())
    silver = Who("bob", facts={"plan": "silver"})
    buy(place.shop, silver, "monthly", "k1")
    buy(place.shop, ANN, "monthly", "k2")
    place.shop.publish(release("¥30.00", plans="[bronze, gold, silver]"))
    place.reach(shanghai("2027-02-28 10:00"))
    assert sorted(paid(place), key=str) == sorted([890, 990, 2900, 3000], key=str)
    sound(place)


def test_a_price_by_a_fact_that_was_not_told_moves_nobody_and_says_so(tmp_path: Path) -> None:
    place = opened(tmp_path, "memory", release())
    buy(place.shop, ANN, "monthly", "k1")
    table = "{table: [{region: north, price: ¥30.00}, {otherwise: ¥31.00}]}"
    place.shop.publish(release(table, facts="  region: {type: [north, south], if_missing: ask}"))
    place.reach(shanghai("2027-02-28 10:00"))
    assert paid(place) == [990, 2500]
    kept = [each.body for each in place.shop.events() if each.type == "contract.price-kept"]
    assert [each["missing"] for each in kept] == [["region"]]
    sound(place)


def test_a_release_that_changes_a_price_without_a_word_is_refused(tmp_path: Path) -> None:
    place = opened(tmp_path, "memory", release())
    with pytest.raises(RuleError) as refused:
        place.shop.publish(release("¥30.00", word=""))
    assert [each.code for each in refused.value.diagnostics] == ["price-change-unsaid"]
    assert "monthly" in str(refused.value)
    place.shop.publish(release(word=""))  # the same price needs no word
    with pytest.raises(RuleError):
        place.shop.publish(release("¥30.00", word=""))


def test_contracts_cannot_follow_into_other_periods(tmp_path: Path) -> None:
    place = opened(tmp_path, "memory", release())
    with pytest.raises(RuleError, match="periods-changed"):
        place.shop.publish(release("¥238.00", renews="every year"))
    place.shop.publish(release("¥238.00", "keep_old_price", "every year"))


# ---- timelines

SEGMENTS = st.lists(
    st.builds(
        lambda count, amount: Segment("p", count, None if count else Term(7, "day"), ((amount, 1),)),
        st.sampled_from([None, 1, 2, 3, 4]),
        st.integers(0, 3),
    ),
    max_size=4,
)
ENDINGS = st.sampled_from([(), (Segment("end", None, None, ((9, 1),)),)])
TIMELINES = st.builds(lambda some, end: (*some, *end), SEGMENTS, ENDINGS).filter(bool)
FAR = 30


def amounts(segments: tuple[Segment, ...]) -> list[tuple[int, object]]:
    found: list[tuple[int, object]] = []
    for each in segments:
        found += [(each.amount, each.lasts)] * (1 if each.lasts else FAR if each.count is None else each.count)
    return found[:FAR]


@given(old=TIMELINES, new=TIMELINES, first=st.integers(1, 12))
def test_from_a_period_on_the_amounts_are_the_new_ones_and_lengths_stay(
    old: tuple[Segment, ...], new: tuple[Segment, ...], first: int
) -> None:
    before, after = amounts(old), amounts(new)
    found = amounts(spliced(old, new, first))
    assert [lasts for _, lasts in found] == [lasts for _, lasts in before]
    for n, (amount, _) in enumerate(found, 1):
        source = after if n >= first and n <= len(after) else before
        assert amount == source[n - 1][0]


@given(old=TIMELINES, first=st.integers(1, 12))
def test_the_same_amounts_are_the_same_timeline(old: tuple[Segment, ...], first: int) -> None:
    assert spliced(old, old, first) is old


def test_a_release_in_another_currency_is_refused(tmp_path: Path) -> None:
    """What runs would be charged its numbers in another money."""
    place = opened(tmp_path, "memory", release())
    with pytest.raises(RuleError) as refused:
        place.shop.publish(replace(release(), currency="JPY"))
    assert [each.code for each in refused.value.diagnostics] == ["release-currency"]
