"""What broke in other shops when several came at once, and must not break here; holds have a file of their own.

Counters that were read, added to and written back; vouchers spent twice; orders written before their limit was asked;
refunds that raced; card numbers that bots guessed.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from entitle import Done, Refused, Who
from entitle.decision import ON_ACCOUNT, USUAL_TRIES
from entitle.plan import Find
from entitle.records import Count, Order
from entitle.release import Release
from entitle.testing.world import World
from tests.books import compiled
from tests.holds.test_races import race
from tests.shops import address, codes, done, world

CROWD = 8
RULES = """\
entitle: 1
name: crowds
timezone: Asia/Shanghai
currency: CNY
price_steps: {campaign: each_unit}
pools: {codes: {of: card_codes}}
benefits:
  seat: {kind: voucher, name: Seat, redeem: {by: code, uses: 3}}
  card: {kind: card_code, name: Card, pool: codes}
products:
  few:
    name: Few
    price: ¥10.00
    gives: [{benefit: seat}]
    limits: [{id: three, max: 3, per: all_together, in_each: lifetime}]
    refund: {within: 30 days, if_used: no_refund}
  own:
    name: Own
    price: ¥10.00
    gives: [{benefit: seat}]
    limits: [{id: two, max: 2, per: customer, in_each: lifetime}]
  card: {name: Card, price: ¥10.00, gives: [{benefit: card}]}
promotions:
  gift: {step: campaign, products: [own], code: GIFT, minus: ¥4.00, budget: ¥8.00}
"""


def book() -> Release:
    release = compiled(book=RULES).release
    assert release is not None
    return release


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    made = world(address(request.param, request, tmp_path), release=book())
    made.fill("codes", 1)
    return made


def buying(place: World, product: str, name: str, key: str, *said: str) -> Callable[[], Any]:
    return lambda: place.shop.buy(Who(name), product, codes=said, key=key, paid=ON_ACCOUNT)


def won(answers: list[Any]) -> list[Any]:
    return [each.value for each in answers if isinstance(each, Done)]


def test_a_counter_is_never_read_added_to_and_written_back(place: World) -> None:
    """A coupon for 1,000 was used more than 1,500 times, and its counter showed 700."""
    answers = race(*(buying(place, "few", f"u-{n}", f"k-{n}") for n in range(CROWD)))
    assert len(won(answers)) == 3
    assert {codes(each)[0] for each in answers if not each.ok} == {"three"}
    (counts,) = place.store.fetch((Find(Count, ()),))
    assert [row.used for row in counts] == [3]
    assert place.shop.reconcile().ok


def test_a_limit_of_a_customers_own_holds_too(place: World) -> None:
    """The limit for each customer was checked on what was in memory, and all who came at once passed it."""
    answers = race(*(buying(place, "own", "ann", f"k-{n}") for n in range(CROWD)))
    assert len(won(answers)) == 2
    assert len(place.shop.wallet("ann").grants) == 2
    assert place.shop.reconcile().ok


def test_a_budget_is_never_overspent(place: World) -> None:
    """Four yuan off, of a budget of eight: two get it, however many come at once."""
    answers = race(*(buying(place, "own", f"u-{n}", f"k-{n}", "GIFT") for n in range(CROWD)))
    assert sorted(order.total.minor for order in won(answers)).count(600) == 2
    assert place.shop.reconcile().ok


def test_no_order_is_there_before_its_limit_was_asked(place: World) -> None:
    """The order was written first, the counter came after, and nobody looked whether it had been changed."""
    for n in range(3):
        done(buying(place, "few", f"u-{n}", f"k-{n}")())
    refused = buying(place, "few", "late", "k-late")()
    assert isinstance(refused, Refused)
    assert codes(refused) == ["three"]
    assert place.shop.wallet("late").grants == ()
    (orders,) = place.store.fetch((Find(Order, (("stream", "=", "late"),)),))
    assert list(orders) == []


def test_a_voucher_is_used_no_more_often_than_it_may_be(place: World) -> None:
    """A voucher limited to three was used five times; a gift card was spent twice at once."""
    (grant,) = done(buying(place, "few", "ann", "k")()).grants
    answers = race(*(lambda n=n: place.shop.redeem(grant, key=f"r-{n}") for n in range(CROWD)))
    assert len(won(answers)) == 3
    assert sorted(each.left for each in won(answers)) == [0, 1, 2]
    assert place.shop.reconcile().ok


def test_money_goes_back_once_however_often_it_is_asked_for(place: World) -> None:
    """Paying took a lock, giving back did not."""
    order = done(buying(place, "few", "ann", "k")())
    answers = race(*(lambda n=n: place.shop.refund(order, key=f"r-{n}") for n in range(CROWD)))
    assert [each.amount for each in won(answers)] == [order.total]
    assert {codes(each)[0] for each in answers if not each.ok} == {"already-refunded"}
    assert place.shop.reconcile().ok


def test_a_use_and_a_refund_at_once_are_one_or_the_other(place: World) -> None:
    """What was used was given back as if it had not been."""
    order = done(buying(place, "few", "ann", "k")())
    used, back = race(lambda: place.shop.redeem(order.grants[0], key="r"), lambda: place.shop.refund(order, key="back"))
    assert [used.ok, back.ok].count(True) == 1
    assert place.shop.reconcile().ok


def test_the_last_card_code_has_one_holder(place: World) -> None:
    answers = race(*(buying(place, "card", f"u-{n}", f"k-{n}") for n in range(CROWD)))
    assert len(won(answers)) == 1
    assert place.shop.reconcile().ok


def test_who_guesses_is_soon_told_nothing(place: World) -> None:
    """Bots tried card numbers by the million, and each was answered."""
    (grant,) = done(buying(place, "few", "ann", "k")()).grants
    good = next(each.code for each in place.shop.wallet("ann").grants if each.id == grant.id)
    assert good is not None
    guess = good[:-1] + ("0" if good[-1] != "0" else "1")
    (other,) = done(buying(place, "few", "bob", "k2")()).grants
    theirs = next(each.code for each in place.shop.wallet("bob").grants if each.id == other.id)
    assert theirs is not None
    assert codes(place.shop.look(guess, customer="ann")) == [
        "nothing-to-redeem"
    ]  # a slip, seen before the store is asked
    for _ in range(USUAL_TRIES.actor):
        assert codes(place.shop.look(theirs, customer="ann")) == ["nothing-to-redeem"]
    assert codes(place.shop.look(theirs, customer="ann")) == ["too-many-tries"]
    assert codes(place.shop.look(good, customer="ann")) == ["too-many-tries"]
