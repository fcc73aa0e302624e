"""Changes of plan at once: what is paid, held and refunded, and how the old anchor stays."""

from datetime import datetime
from fractions import Fraction
from math import ceil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitle import ON_ACCOUNT, Declined, FactError, KeyConflict, Money, Payment, Refused, Who
from entitle.runtime.schedule import Segment, Timeline
from entitle.shop.change import spread
from entitle.testing.world import World
from entitle.values.civil import Term
from entitle.values.zone import zone_table
from tests.plans import ANN, cash, change, charged, release, sound
from tests.shops import buy, codes, done, shanghai, when, world


@pytest.fixture(params=["memory", "sqlite"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/shop.db"
    return world(url, "2027-04-30 10:00", release())  # a period of 30 days: to 2027-05-30


def test_the_difference_is_the_new_price_less_the_unused_share(place: World) -> None:
    shop = place.shop
    order = buy(shop, ANN, "basic", "k1")
    place.travel(days=10)
    view = change(shop, order.subscription, "premium", "c1")
    assert (str(view.price), str(view.credit), str(view.total)) == ("¥60.00", "¥20.00", "¥40.00")  # 20 of 30 days
    assert cash(place) == 3000 + 4000
    assert view.subscription.paid_until == when("2027-05-30 10:00")  # the old anchor
    assert sorted(each.benefit for each in shop.access("ann")) == ["extra", "ticket", "video"]
    assert [each.state for each in shop.wallet("ann").subscriptions] == ["ended", "running"]
    place.reach(shanghai("2027-05-30 10:00"))
    assert charged(place) == [3000, 6000, 6000]
    place.reach(shanghai("2027-06-30 10:00"))
    assert charged(place) == [3000, 6000, 6000, 6000]
    assert [each.type for each in shop.events(limit=500)].count("notice.ended") == 0  # nothing ended for the customer
    sound(place)


def test_access_has_no_gap_though_nobody_works(place: World) -> None:
    shop = place.shop
    order = buy(shop, ANN, "basic", "k1")
    place.clock.now = shanghai("2027-05-10 10:00")
    change(shop, order.subscription, "premium", "c1")
    for instant in ("2027-05-10 10:00", "2027-05-30 09:59"):
        place.clock.now = shanghai(instant)
        assert [each.benefit for each in shop.access("ann")].count("video") == 1
    place.clock.now = shanghai("2027-05-30 10:00")
    assert not shop.has("ann", "video")


@pytest.mark.parametrize(("to", "price"), [("premium", 6000), ("free", 0)])
@pytest.mark.parametrize("days", [40, 90])
def test_a_free_period_that_nobody_worked_on_credits_nothing(place: World, days: int, to: str, price: int) -> None:
    order = buy(place.shop, ANN, "free-start", "k1")
    place.clock.now = shanghai("2027-04-30 10:00") + days * 86_400_000_000  # the second free period is due, and over
    view = change(place.shop, order.subscription, to, "c1")
    assert (view.credit.minor, view.total.minor, cash(place)) == (0, price, price)
    assert place.shop.has("ann", "extra")
    sound(place)


def test_a_day_that_has_begun_is_used_and_the_used_part_is_rounded_up(place: World) -> None:
    order = buy(place.shop, ANN, "basic", "k1")
    place.clock.now = shanghai("2027-05-03 10:00") + 1  # three days and a moment: four of thirty
    view = change(place.shop, order.subscription, "premium", "c1")
    assert view.credit == Money("26.00", "CNY")
    sound(place)


def test_nothing_is_ever_paid_back_and_the_rest_is_given_up(place: World) -> None:
    shop = place.shop
    order = buy(shop, ANN, "premium", "k1")
    view = change(shop, order.subscription, "basic", "c1")
    assert (view.credit, view.total) == (Money("30.00", "CNY"), Money("0.00", "CNY"))
    assert cash(place) == 6000
    sound(place)
    back = done(shop.refund(view.subscription.order, key="r"))
    assert back.amount == Money("30.00", "CNY")
    assert codes(shop.refund(order, key="r2")) == ["already-refunded"]
    assert cash(place) == 3000
    sound(place)


def test_what_is_owed_stays_owed_and_the_difference_too(place: World) -> None:
    shop = place.shop
    order = done(shop.buy(ANN, "basic", key="k1", paid=ON_ACCOUNT))
    place.travel(days=10)
    done(shop.change_plan(order.subscription, "premium", key="c1", paid=Payment(Money("40.00", "CNY"), "r")))
    rows = [row for entry in shop.history("ann") for row in entry.postings]
    assert sum(row.amount for row in rows if row.account == "payer") == -4000
    assert sum(row.amount for row in rows if row.account == "receivable") == -3000
    sound(place)


def test_a_channel_earns_its_part_of_the_difference(place: World) -> None:
    shop, ann = place.shop, Who("ann", channel="web")
    order = buy(shop, ann, "basic", "k1")
    place.travel(days=10)
    change(shop, order.subscription, "premium", "c1", ann)
    rows = [row for entry in shop.history("ann") for row in entry.postings]
    assert sum(row.amount for row in rows if row.account == "channel:web") == 300 - 200 + 600
    sound(place)


def test_the_full_price_credits_nothing(place: World) -> None:
    shop = place.shop
    order = buy(shop, ANN, "basic", "k1")
    view = change(shop, order.subscription, "costly", "c1")
    assert (view.credit, view.total) == (Money("0.00", "CNY"), Money("99.00", "CNY"))
    assert done(shop.refund(order, key="r")).amount == Money("30.00", "CNY")  # of what it was, as ever
    sound(place)


def test_what_took_another_ones_place_is_used_from_then_on(place: World) -> None:
    shop = place.shop
    order = buy(shop, ANN, "basic", "k1")
    place.travel(days=10)
    view = change(shop, order.subscription, "costly", "c1")
    place.travel(days=2)
    back = done(shop.refund(view.subscription.order, key="r"))
    assert back.amount == Money("89.10", "CNY")  # two of the twenty days that it had
    sound(place)


def test_month_to_year_counts_from_the_beginning_of_the_present_month(place: World) -> None:
    """Anchored on the 31st, changed in its second month: the year is from 28 February, and ends on the 29th."""
    place.clock.now = shanghai("2028-01-31 10:00")
    shop = place.shop
    order = buy(shop, ANN, "basic", "k1")
    place.reach(shanghai("2028-03-10 10:00"))
    view = change(shop, order.subscription, "year", "c1")
    assert view.subscription.paid_until == when("2029-02-28 10:00")
    assert view.credit == Money("20.32", "CNY")  # of 31 days from 29 February to 31 March 10 are used
    place.reach(shanghai("2029-02-28 10:00"))
    wallet = [each for each in shop.wallet("ann").subscriptions if each.product == "year"]
    assert wallet[0].paid_until == when("2030-02-28 10:00")
    tickets = [each for each in shop.wallet("ann").grants if each.item == "ticket"]
    assert len(tickets) == 1 + 12  # one of the basic plan; then one a month from the change on
    sound(place)


def test_year_to_month_counts_months_of_the_old_anchor(place: World) -> None:
    shop = place.shop
    order = buy(shop, ANN, "year", "k1")
    place.reach(shanghai("2027-07-15 12:00"))
    view = change(shop, order.subscription, "basic", "c1")
    assert view.subscription.paid_until == when("2027-07-30 10:00")
    assert view.total == Money("0.00", "CNY")
    place.reach(shanghai("2027-08-30 10:00"))
    assert charged(place) == [23800, 3000, 3000, 3000]
    sound(place)


def test_a_second_change_still_has_the_first_anchor(place: World) -> None:
    place.clock.now = shanghai("2028-01-31 10:00")
    shop = place.shop
    first = buy(shop, ANN, "basic", "k1")
    place.reach(shanghai("2028-02-29 10:00"))
    year = change(shop, first.subscription, "year", "c1").subscription
    place.reach(shanghai("2028-05-01 00:00"))
    basic = change(shop, year, "basic", "c2").subscription
    assert basic.paid_until == when("2028-05-31 10:00")  # from 30 April, which is 31 January counted on
    place.reach(shanghai("2028-06-30 10:00"))
    assert [each.paid_until for each in shop.wallet("ann").subscriptions][-1] == when("2028-07-31 10:00")
    sound(place)


def test_running_limits_do_not_count_what_is_given_up(place: World) -> None:
    shop = place.shop
    basic = buy(shop, ANN, "basic", "k1")
    premium = change(shop, basic.subscription, "premium", "c1").subscription
    assert codes(shop.quote(ANN, "premium")) == ["one"]
    again = change(shop, premium, "basic", "c2").subscription
    change(shop, again, "premium", "c3")
    assert codes(shop.quote(ANN, "premium")) == ["one"]
    other = buy(shop, ANN, "basic", "k2")
    assert codes(shop.change_plan(other.subscription, "premium", key="c4", paid=ON_ACCOUNT)) == ["one"]
    sound(place)


def test_what_is_paid_must_be_the_difference(place: World) -> None:
    shop = place.shop
    order = buy(shop, ANN, "basic", "k1")
    contract = order.subscription
    assert codes(shop.change_plan(contract, "premium", key="c1")) == ["payment-needed"]
    wrong = shop.change_plan(contract, "premium", key="c2", paid=Payment(Money("60.00", "CNY"), "r"))
    assert codes(wrong) == ["paid-mismatch"]
    assert isinstance(wrong, Refused)
    assert wrong.refund_due == Money("60.00", "CNY")
    agreed = Money("25.00", "CNY")
    assert codes(shop.change_plan(contract, "premium", key="c3", agreed=agreed, paid=ON_ACCOUNT)) == ["price-changed"]
    view = done(shop.change_plan(contract, "premium", key="c4", paid=Payment(Money("30.00", "CNY"), "r4")))
    again = done(shop.change_plan(contract, "premium", key="c4", paid=Payment(Money("30.00", "CNY"), "r4")))
    assert (again.subscription, again.credit) == (view.subscription, view.credit)
    with pytest.raises(KeyConflict):
        shop.change_plan(contract, "year", key="c4")
    assert codes(shop.change_plan(contract, "premium", key="c5", paid=ON_ACCOUNT)) == ["ended"]
    sound(place)


def test_a_quote_of_the_new_product_is_agreed_to_as_a_whole(place: World) -> None:
    shop = place.shop
    contract = buy(shop, ANN, "basic", "k1").subscription
    quoted = done(shop.quote(ANN, "premium"))
    view = done(shop.change_plan(contract, "premium", key="c1", agreed=quoted, paid=ON_ACCOUNT))
    assert (quoted.total, view.total) == (Money("60.00", "CNY"), Money("30.00", "CNY"))
    sound(place)


def test_facts_are_told_as_at_a_purchase(place: World) -> None:
    shop = place.shop
    contract = buy(shop, ANN, "basic", "k1").subscription
    missing = shop.change_plan(contract, "by-level", key="c1", paid=ON_ACCOUNT)
    assert codes(missing) == ["missing"]
    view = change(shop, contract, "by-level", "c2", Who("ann", facts={"level": 7}))
    assert view.price == Money("45.00", "CNY")
    with pytest.raises(FactError):
        shop.change_plan(contract, "by-level", who=Who("bob"), key="c3")


def test_only_what_its_rules_name(place: World) -> None:
    shop = place.shop
    contract = buy(shop, ANN, "premium", "k1").subscription
    assert codes(shop.change_plan(contract, "year", key="c1", paid=ON_ACCOUNT)) == ["not-changeable"]
    done(shop.cancel(contract, when="now", key="x"))
    assert codes(shop.change_plan(contract, "basic", key="c2", paid=ON_ACCOUNT)) == ["ended"]


def test_a_refund_of_what_it_became_gives_back_the_credit_too_and_names_both_payments(place: World) -> None:
    shop = place.shop
    order = buy(shop, ANN, "basic", "k1")
    place.travel(days=10)
    view = change(shop, order.subscription, "premium", "c1")
    back = done(shop.refund(view.subscription.order, key="r"))
    assert back.amount == Money("60.00", "CNY")
    said = next(each.body for each in shop.events(limit=500) if each.type == "order.refunded")
    assert said["refs"] == ["ref-c1", "ref-k1"]
    assert codes(shop.refund(order, key="r2")) == ["already-refunded"]
    assert cash(place) == 1000  # ten days of basic
    sound(place)


def test_several_units_and_shares_are_credited_exactly(place: World) -> None:
    shop = place.shop
    order = buy(shop, ANN, "basic", "k1", quantity=3)
    place.clock.now = shanghai("2027-05-07 10:00")
    view = change(shop, order.subscription, "premium", "c1")
    assert (view.price, view.credit) == (Money("180.00", "CNY"), Money("69.00", "CNY"))  # 23 of 30 days, three times
    sound(place)


def test_an_outstanding_charge_is_dropped_and_nothing_is_credited(place: World) -> None:
    shop = place.shop
    order = buy(shop, ANN, "basic", "k1")
    place.reach(shanghai("2027-05-30 10:00"), lambda charge: Declined("no"))
    place.clock.now = shanghai("2027-05-31 09:00")
    view = change(shop, order.subscription, "premium", "c1")
    assert (view.credit, view.total) == (Money("0.00", "CNY"), Money("60.00", "CNY"))
    assert view.subscription.paid_until == when("2027-06-30 10:00")
    place.reach(shanghai("2027-06-30 10:00"))
    assert charged(place) == [3000, 6000, 6000]
    sound(place)


# ---- laws


@given(parts=st.lists(st.integers(0, 500), min_size=1, max_size=6), share=st.integers(0, 100))
def test_a_credit_is_spread_whole_and_no_part_gets_more_than_was_paid(parts: list[int], share: int) -> None:
    amount = sum(parts) * share // 100
    found = spread(parts, amount)
    assert [paid for paid, _ in found] == parts
    assert sum(part for _, part in found) == amount
    assert all(0 <= part <= paid for paid, part in found)


TERMS = st.builds(Term, st.integers(1, 3), st.sampled_from(["day", "week", "month", "quarter", "year"]))
SHANGHAI = zone_table("Asia/Shanghai")
assert SHANGHAI is not None


@given(
    start=st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31)),
    old=TERMS,
    new=TERMS,
    n=st.integers(1, 14),
    part=st.fractions(0, 1),
)
def test_the_periods_of_what_takes_its_place_are_counted_from_the_old_anchor(
    start: datetime, old: Term, new: Term, n: int, part: Fraction
) -> None:
    assert SHANGHAI is not None
    anchor = SHANGHAI.instant(start)
    timeline = Timeline(SHANGHAI, anchor, old, (Segment("p", None, None, ((1, 1),)),))
    period = timeline.period(n)
    assert period is not None
    assert period.end is not None
    at = period.start + ceil((period.end - period.start - 1) * part)
    base, before = timeline.after(n, new, at)
    other = Timeline(SHANGHAI, base, new, (Segment("q", None, None, ((1, 1),)),), before)
    first, second = other.period(1), other.period(2)
    assert first is not None
    assert second is not None
    assert first.start <= at < (first.end or at)
    assert first.end == second.start
    if old == new:
        assert (first.start, first.end) == (period.start, period.end)
        following = timeline.period(n + 1)
        assert following is not None
        assert second.end == following.end
