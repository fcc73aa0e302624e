"""Limits at their edges: whom they count, and the instant at which they let go."""

import random

import pytest

from entitle import FactError, Line, Payment, Who
from entitle.decision import Reason
from entitle.keys import Keys
from entitle.shop.facade import Shop
from entitle.store.memory import MemoryStore
from entitle.testing.world import Clock
from tests.books import compiled, released
from tests.shops import buy, civil, done, when, world

HOUR = 3_600_000_000
RULES = """\
entitle: 1
name: limits
timezone: {zone}
currency: CNY
facts: {{device: {{type: key, if_missing: ask}}}}
calendars:
  weekend: [{{days: [fri, sat, sun], from: 18:00, until: 24:00}}]
  lunch: [{{days: [mon], from: 11:00, until: 12:00}}, {{days: [mon], from: 12:00, until: 14:00}}]
benefits: {{club: {{kind: access, name: Club}}}}
products:
  card:
    name: Card
    price: ¥2.00
    sell: {{quantity: 1..5{sell}}}
    gives: [{{benefit: club}}]
    limits: [{{id: few, {limit}}}]
"""


class Buyers:
    """A shop with one limit, and a clock."""

    def __init__(self, limit: str, sell: str = "", zone: str = "Asia/Shanghai") -> None:
        self.zone = zone
        self.clock = Clock(civil("2026-12-30 10:00", zone))  # a Wednesday
        self.shop = Shop(MemoryStore(), Keys.from_text("limits"), self.clock.instant, random.Random(1).randbytes)
        release = compiled(book=RULES.format(limit=limit, sell=sell, zone=zone)).release
        assert release is not None
        self.shop.publish(release)
        self.bought = 0

    def buys(self, at: str, name: str = "ann", device: str = "d-1", units: int = 1, later: int = 0) -> bool:
        self.clock.now = civil(at, self.zone) + later
        who, line = Who(name, device=device), Line("card", units)
        quote = self.shop.quote(who, line)
        if not quote.ok:
            assert [reason.rule for reason in quote.reasons] == ["few"]
            return False
        self.bought += 1
        paid = Payment(done(quote).total, f"r-{self.bought}")
        done(self.shop.buy(who, line, key=f"k-{self.bought}", paid=paid))
        return True

    def refused(self, at: str, units: int = 1) -> Reason:
        """Why ann may not buy at this instant."""
        self.clock.now = civil(at, self.zone)
        (reason,) = self.shop.quote(Who("ann", device="d-1"), Line("card", units)).reasons
        return reason


def test_a_rolling_limit_lets_go_at_the_very_instant() -> None:
    buyers = Buyers("max: 1, per: customer, in_each: 24 hours")
    assert buyers.buys("2026-12-30 10:00")
    assert not buyers.buys("2026-12-31 10:00", later=-1)
    assert buyers.buys("2026-12-31 10:00")


@pytest.mark.parametrize(
    ("each", "last", "next_"),
    [
        ("day", "2026-12-30 23:59", "2026-12-31 00:00"),
        ("week", "2027-01-03 23:59", "2027-01-04 00:00"),
        ("month", "2026-12-31 23:59", "2027-01-01 00:00"),
    ],
)
def test_a_limit_begins_anew_with_its_day_week_or_month(each: str, last: str, next_: str) -> None:
    buyers = Buyers(f"max: 1, per: customer, in_each: {each}")
    assert buyers.buys("2026-12-30 10:00")
    assert not buyers.buys(last)
    assert buyers.buys(next_)


@pytest.mark.parametrize(
    ("limit", "bought", "last", "next_"),
    [
        ("max: 1, per: customer, in_each: day", "2027-03-14 00:00", "2027-03-14 23:59", "2027-03-15 00:00"),
        ("max: 1, per: customer, in_each: day", "2027-11-07 00:00", "2027-11-07 23:59", "2027-11-08 00:00"),
        ("max: 1, per: customer, in_each: week", "2027-03-08 00:00", "2027-03-14 23:59", "2027-03-15 00:00"),
        ("max: 1, per: customer, in_each: month", "2027-11-01 00:00", "2027-11-30 23:59", "2027-12-01 00:00"),
        ("max: 1, per: customer, in_each: 24 hours", "2027-03-13 12:00", "2027-03-14 12:59", "2027-03-14 13:00"),
        ("max: 1, per: customer, in_each: 24 hours", "2027-11-06 12:00", "2027-11-07 10:59", "2027-11-07 11:00"),
    ],
)
def test_a_limit_keeps_to_its_zone_where_clocks_change(limit: str, bought: str, last: str, next_: str) -> None:
    """New York's days of 23 and 25 hours are days; 24 hours are 24 hours, whatever its clocks say."""
    buyers = Buyers(limit, zone="America/New_York")
    assert buyers.buys(bought)
    assert not buyers.buys(last)
    assert buyers.buys(next_)


def test_a_limit_counts_for_each_device_whoever_holds_it() -> None:
    buyers = Buyers("max: 1, per: device, in_each: lifetime")
    assert buyers.buys("2026-12-30 10:00")
    assert not buyers.buys("2026-12-30 10:00", name="bob")
    assert buyers.buys("2026-12-30 10:00", name="bob", device="d-2")


def test_a_limit_for_all_counts_everybody_and_units() -> None:
    buyers = Buyers("max: 4, per: all_together, in_each: lifetime")
    assert buyers.buys("2026-12-30 10:00", units=3)
    assert not buyers.buys("2026-12-30 10:00", name="bob", units=2)
    assert buyers.buys("2026-12-30 10:00", name="bob")


ONCE = """\
products:
  club:
    name: Club
    subscription:
      renews: every month
      phases:
        - {id: intro, price: ¥1.00, periods: 1, once_per: [customer, device]}
        - {id: regular, price: ¥9.00}
    gives: [{benefit: club, during: paid time}, {benefit: ticket, once_per: [customer, device]}]
  one:
    name: One
    price: ¥10.00
    gives: [{benefit: ticket}]
promotions:
  first: {step: level, products: one, set: ¥5.00, once_per: [customer, device]}
"""


@pytest.mark.parametrize(("product", "first", "later"), [("club", 100, 900), ("one", 500, 1000)])
def test_once_per_several_is_used_up_by_each_of_them(product: str, first: int, later: int) -> None:
    place = world(release=released(ONCE))

    def pays(name: str, device: str) -> tuple[int, int]:
        who = Who(name, device=device, channel="app")
        order = buy(place.shop, who, product, f"{name}-{device}")
        return order.total.minor, sum(grant.benefit == "ticket" for grant in order.grants)

    had, again = (first, 1), (later, product == "one")
    assert pays("ann", "d-1") == had
    assert pays("bob", "d-1") == again  # the device had it
    assert pays("ann", "d-2") == again  # the customer had it
    assert pays("bob", "d-3") == had  # what was not given used nothing up
    assert pays("cyd", "d-2") == had
    assert pays("cyd", "d-3") == again
    assert place.shop.reconcile().ok


def test_a_quote_looks_ahead_and_never_back() -> None:
    buyers = Buyers("max: 1, per: customer, in_each: day", ", in: weekend")
    ann = Who("ann", device="d-1")
    assert not buyers.shop.quote(ann, "card").ok  # a Wednesday
    friday = when("2027-01-01 18:00")
    ahead = done(buyers.shop.quote(ann, "card", at=friday))
    assert (ahead.total.minor, ahead.valid_until) == (200, when("2027-01-02 00:00"))
    assert buyers.buys("2027-01-01 18:30")
    assert not buyers.shop.quote(ann, "card", at=when("2027-01-01 23:59")).ok
    assert buyers.shop.quote(ann, "card", at=when("2027-01-02 18:00")).ok  # another day's limit
    for wrong in (friday, friday.replace(tzinfo=None), "2027-02-01"):
        with pytest.raises(FactError, match=r"^at: "):
            buyers.shop.quote(ann, "card", at=wrong)  # type: ignore[arg-type]
    assert buyers.shop.quote(ann, "card", at=when("2027-01-01 18:30")).reasons[0].rule == "few"  # now


def test_windows_that_touch_are_one_sale_window() -> None:
    buyers = Buyers("max: 1, per: customer, in_each: sale_window", ", in: lunch")
    assert buyers.buys("2027-01-04 11:30")
    assert not buyers.buys("2027-01-04 12:30")
    assert buyers.buys("2027-01-11 12:30")
    assert done(buyers.shop.quote(Who("bob", device="d-2"), "card")).valid_until == when("2027-01-11 14:00")


WEEKLY = "max: 2, per: customer, in_each: week"
IN_WEEKEND, UNTIL = ", in: weekend", ', in: weekend, until: "2027-01-04 00:00"'


@pytest.mark.parametrize(
    ("limit", "sell", "again"),
    [
        (WEEKLY, "", "2027-01-04 00:00"),
        (WEEKLY, IN_WEEKEND, "2027-01-08 18:00"),
        (WEEKLY, UNTIL, None),
        ("max: 2, per: customer, in_each: day", IN_WEEKEND, "2027-01-03 18:00"),
        ("max: 2, per: customer, in_each: lifetime", IN_WEEKEND, None),
    ],
)
def test_again_is_when_it_is_on_sale_again(limit: str, sell: str, again: str | None) -> None:
    buyers = Buyers(limit, sell)
    assert buyers.buys("2027-01-02 19:00", units=2)  # a Saturday
    reason = buyers.refused("2027-01-02 20:00")
    assert reason.retry_at == (when(again) if again else None)
    assert reason.text().endswith(f"2 of 2 bought; again from {again}" if again else "2 of 2 bought")
    if again:
        assert buyers.buys(again, units=2)


def test_more_than_is_ever_allowed_is_said_to_be() -> None:
    buyers = Buyers(WEEKLY.replace("max: 2", "max: 4"), ", if: quantity < 9")
    reason = buyers.refused("2027-01-02 19:00", units=5)
    assert (reason.retry_at, reason.text()) == (None, "`few`: 0 of 4 bought; 5 at once are never allowed")
    assert reason.text("zh") == "`few`：已购件数为 0，上限 4；一次 5 永远超出上限"
