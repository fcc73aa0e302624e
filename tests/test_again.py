"""Buying again what is running: its time follows, or it is refused, or both run."""

import pytest

from entitle import Line, Payment, Who
from entitle.decision import Refused
from entitle.release import Release
from entitle.shop.facade import Shop
from entitle.testing.world import World
from tests.books import compiled
from tests.shops import buy, codes, done, shanghai, world

ANN = Who("ann")
RULES = """\
entitle: 1
name: again
timezone: Asia/Shanghai
currency: CNY
benefits:
  club: {kind: access, name: Club}
  data: {kind: quota, name: Data, amount: 10, unit: GB}
  ticket: {kind: voucher, name: Ticket, redeem: {by: code, uses: 1}}
  snack: {kind: voucher, name: Snack}
products:
  year:
    name: Year
    price: ¥238.00
    lasts: 1 year
    again: extend
    refund: {within: 2 years, if_used: deduct}
    gives:
      - {benefit: club, during: paid time, share: rest}
      - {benefit: data, during: paid time, share: 0%}
      - {benefit: ticket, share: 0%}
      - {benefit: snack, when: monthly, times: 12, share: 0%}
  term:
    name: Term
    again: extend
    subscription:
      renews: every month
      cancel: now
      phases: [{id: study, price: ¥39.00, periods: 3}]
    gives: [{benefit: club, during: paid time}]
  monthly:
    name: Monthly
    again: refuse
    subscription: {renews: every month, phases: [{id: regular, price: ¥25.00}]}
    gives: [{benefit: club, during: paid time}]
  day:
    name: Day
    price: ¥5.00
    lasts: 1 day
    gives: [{benefit: club, during: paid time}]
"""


def release() -> Release:
    found = compiled(book=RULES).release
    assert found is not None
    return found


@pytest.fixture(params=["memory:", "sqlite"])
def place(request: pytest.FixtureRequest, tmp_path: object) -> World:
    url = request.param if request.param == "memory:" else f"sqlite:///{tmp_path}/shop.db"
    return world(url, "2027-01-31 10:00", release())


def access(shop: Shop) -> list[tuple[str, int]]:
    return [(each.benefit, int((each.until or shop.now()).timestamp())) for each in shop.access("ann")]


def until(text: str) -> int:
    return shanghai(text) // 1_000_000


def test_a_second_year_follows_the_first_and_nothing_is_missing_between(place: World) -> None:
    shop = place.shop
    first = buy(shop, ANN, "year", "k1")
    place.travel(days=100)
    quoted = done(shop.quote(ANN, "year"))
    assert quoted.charges[0].due_at == shop.now()
    second = buy(shop, ANN, "year", "k2")
    assert second.subscription.state == "scheduled"
    assert second.subscription.started_at == first.subscription.ends_at
    assert [each.item for each in second.grants] == ["club", "data", "ticket"]  # what comes monthly begins later
    assert ("club", until("2028-01-31 10:00")) in access(shop)
    assert len(access(shop)) == 2 + 2 + 4  # club and data, two tickets, the snacks of January to April
    assert done(shop.spend("ann", "data", 10, key="s1")).left == 0
    assert codes(shop.spend("ann", "data", 1, key="s2")) == ["not-begun"]  # this year's is used up, next year's waits
    place.reach(shanghai("2028-01-31 10:00") - 1)
    assert ("club", until("2028-01-31 10:00")) in access(shop)
    place.reach(shanghai("2028-01-31 10:00"))
    assert ("club", until("2029-01-31 10:00")) in access(shop)
    assert done(shop.spend("ann", "data", 4, key="s3")).left == 6
    assert len([each for each in shop.wallet("ann").grants if each.item == "snack"]) == 13
    place.reach(shanghai("2029-01-31 10:00"))
    assert not shop.has("ann", "club")
    assert shop.reconcile().ok, shop.reconcile().breaks


def test_access_is_there_on_both_sides_of_the_seam_though_nobody_works(place: World) -> None:
    shop = place.shop
    buy(shop, ANN, "year", "k1")
    buy(shop, ANN, "year", "k2")
    for instant in ("2028-01-31 09:59", "2028-01-31 10:00", "2029-01-31 09:59"):
        place.clock.now = shanghai(instant)
        assert [name for name, _ in access(shop)].count("club") == 1
    place.clock.now = shanghai("2029-01-31 10:00")
    assert not shop.has("ann", "club")


def test_a_third_one_follows_the_second(place: World) -> None:
    for key in ("k1", "k2", "k3"):
        order = buy(place.shop, ANN, "year", key)
    assert order.subscription.started_at.isoformat() == "2029-01-31T02:00:00+00:00"


def test_a_fixed_subscription_follows_its_last_period(place: World) -> None:
    shop = place.shop
    buy(shop, ANN, "term", "k1")
    second = buy(shop, ANN, "term", "k2")
    assert second.subscription.started_at.isoformat() == "2027-04-30T02:00:00+00:00"
    assert second.subscription.next_charge is not None
    place.reach(shanghai("2027-04-30 10:00"))
    paid = [event.body for event in shop.events(limit=500) if event.type == "charge.paid"]
    assert [each["n"] for each in paid] == [1, 1, 2, 3]
    assert shop.has("ann", "club")
    place.reach(shanghai("2027-07-31 10:00"))
    assert not shop.has("ann", "club")
    assert len(shop.charges()) == 0
    assert shop.reconcile().ok, shop.reconcile().breaks


def test_what_has_not_begun_can_be_cancelled_and_is_wholly_refunded(place: World) -> None:
    shop = place.shop
    buy(shop, ANN, "term", "k1")
    second = buy(shop, ANN, "term", "k2")
    cancelled = done(shop.cancel(second.subscription, key="c"))
    assert cancelled.state == "ended"
    place.reach(shanghai("2027-04-30 10:00"))
    assert not shop.has("ann", "club")
    buy(shop, ANN, "year", "y1")
    ahead = buy(shop, ANN, "year", "y2")
    place.travel(days=30)
    back = done(shop.refund(ahead, key="r"))
    assert str(back.amount) == "¥238.00"
    assert shop.reconcile().ok, shop.reconcile().breaks


def test_where_nothing_runs_any_more_it_begins_at_once(place: World) -> None:
    shop = place.shop
    buy(shop, ANN, "term", "k1")
    place.reach(shanghai("2027-04-30 10:00"))
    assert buy(shop, ANN, "term", "k2").subscription.started_at == shop.now()


def test_what_may_run_once_is_refused_until_it_has_ended(place: World) -> None:
    shop = place.shop
    first = buy(shop, ANN, "monthly", "k1")
    refused = shop.buy(ANN, Line("monthly"), key="k2", paid=Payment(done(shop.quote(Who("bob"), "monthly")).total, "r"))
    assert codes(refused) == ["already-running"]
    assert isinstance(refused, Refused)
    assert refused.refund_due is not None
    assert refused.reasons[0].where == "rulebook.yaml:32"
    done(shop.cancel(first.subscription, key="c"))
    assert codes(shop.quote(ANN, "monthly")) == ["already-running"]  # it runs to the end of what is paid
    place.reach(shanghai("2027-02-28 10:00") - 1)
    assert codes(shop.quote(ANN, "monthly")) == ["already-running"]
    place.reach(shanghai("2027-02-28 10:00"))
    buy(shop, ANN, "monthly", "k3")
    buy(shop, Who("bob"), "monthly", "k4")
    assert shop.reconcile().ok, shop.reconcile().breaks


def test_without_a_word_both_run(place: World) -> None:
    for key in ("k1", "k2"):
        buy(place.shop, ANN, "day", key)
    assert len(place.shop.access("ann")) == 2
