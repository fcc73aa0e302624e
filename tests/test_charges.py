"""Charges and what the payment provider says of them, as a payment worker sees them, on both stores."""

import os
from typing import Any

import pytest

from entitle import (
    Declined,
    Done,
    FactError,
    Line,
    Money,
    Payment,
    Pending,
    Refused,
)
from entitle.decision import OnAccount
from entitle.plan import Find, Read, Store
from entitle.records import Charge
from entitle.runtime.encode import instant_of
from entitle.shop.facade import Shop
from entitle.shop.renew import ChargeView
from entitle.testing.world import World
from tests.books import released
from tests.meddling import meddled
from tests.shops import ANN, buy, codes, done, shanghai, when, world

MONTHLY, YEAR, PASS = "starlight-monthly", "starlight-year", "premiere-pass"


def paid(minor: int, ref: str = "pay-1") -> Payment:
    return Payment(Money.of_minor(minor, "CNY"), ref)


def test_charges_are_leased_and_come_again_with_the_same_key(place: World) -> None:
    buy(place.shop, ANN, MONTHLY, "k-1")
    place.clock.now = shanghai("2026-12-31 20:00")
    (first,) = place.shop.charges()
    assert place.shop.charges() == ()
    place.clock.now += 10 * 60 * 1_000_000
    (again,) = place.shop.charges()
    assert again.attempt_key == first.attempt_key
    assert place.shop.settle(again, Pending()).ok
    assert done(place.shop.settle(again, Payment(again.amount, "r-1"))).paid_periods == 2
    replay = place.shop.settle(first, Payment(first.amount, "r-1"))
    assert isinstance(replay, Done)
    assert replay.replayed
    twice = place.shop.settle(first, Payment(first.amount, "r-2"))
    assert isinstance(twice, Refused)
    assert ([each.code for each in twice.reasons], twice.refund_due) == (["already-paid"], first.amount)
    assert place.shop.settle(first, Payment(first.amount, "r-2")) == twice


def test_two_workers_that_ask_at_once_are_not_handed_the_same_charge(place: World) -> None:
    buy(place.shop, ANN, MONTHLY, "k-1")
    place.clock.now = shanghai("2026-12-31 20:00")
    first: list[ChargeView] = []
    late = meddled(place, lambda: first.extend(place.shop.charges())).charges()
    assert ([each.n for each in first], late) == ([2], ())


def test_money_that_comes_after_a_decline_pays(place: World) -> None:
    buy(place.shop, ANN, MONTHLY, "k-1")
    place.clock.now = shanghai("2026-12-31 20:00")
    (first,) = place.shop.charges()
    assert done(place.shop.settle(first, Declined("timeout"))).state == "failing"
    late = done(place.shop.settle(first, Payment(first.amount, "r-1")))
    assert (late.state, late.paid_periods) == ("running", 2)
    assert done(place.shop.settle(first, Declined("timeout"))).state == "running"  # what was said before is said again


def test_a_wrong_amount_is_a_try_that_failed(place: World) -> None:
    order = buy(place.shop, ANN, MONTHLY, "k-1")
    place.clock.now = shanghai("2026-12-31 20:00")
    (first,) = place.shop.charges()
    wrong = place.shop.settle(first, Payment(Money("0.01", "CNY"), "r-1"))
    assert isinstance(wrong, Refused)
    assert ([each.code for each in wrong.reasons], wrong.refund_due) == (["paid-mismatch"], Money("0.01", "CNY"))
    (failing,) = place.shop.wallet("ann").subscriptions
    assert (failing.state, failing.ends_at) == ("failing", when("2027-01-07 20:00"))
    assert place.shop.events()[-1].type == "notice.payment-failed"
    for answer in (Declined("no", final=True), Pending()):  # of an attempt that has its answer
        assert done(place.shop.settle(first, answer)) == failing
    assert place.shop.settle(first, Payment(Money("0.01", "CNY"), "r-1")) == wrong
    place.clock.now = shanghai("2027-01-01 20:00") - 1
    assert place.shop.charges() == ()
    place.clock.now += 1  # the first retry
    (again,) = place.shop.charges()
    assert again.attempt_key != first.attempt_key
    assert done(place.shop.settle(first, Payment(first.amount, "r-2"))).id == order.subscription.id  # it came after all
    late = place.shop.settle(again, Payment(Money("0.01", "CNY"), "r-3"))
    assert codes(late) == ["already-paid"]
    assert place.shop.wallet("ann").subscriptions[0].state == "running"


def test_a_wrong_amount_for_an_attempt_that_had_failed_fails_no_other(place: World) -> None:
    buy(place.shop, ANN, MONTHLY, "k-1")
    place.clock.now = shanghai("2026-12-31 20:00")
    (first,) = place.shop.charges()
    done(place.shop.settle(first, Declined("no")))
    before = place.shop.wallet("ann")
    assert codes(place.shop.settle(first, Payment(Money("0.01", "CNY"), "r-1"))) == ["paid-mismatch"]
    assert place.shop.wallet("ann") == before
    place.clock.now = shanghai("2027-01-01 20:00")
    (again,) = place.shop.charges()
    assert again.attempt == 2


@pytest.mark.parametrize("paid", [True, "pay_7", Money("238.00", "CNY"), Declined("no"), Pending(), OnAccount])
def test_what_is_no_payment_buys_nothing(place: World, paid: Any) -> None:
    with pytest.raises(FactError):
        place.shop.buy(ANN, "starlight-year", key="k-1", paid=paid)
    buy(place.shop, ANN, MONTHLY, "k-2")
    place.clock.now = shanghai("2026-12-31 20:00")
    (charge,) = place.shop.charges()
    if not isinstance(paid, Declined | Pending):
        with pytest.raises(FactError):
            place.shop.settle(charge, paid)


@pytest.mark.parametrize(
    ("paid", "said"),
    [
        (paid(23800, ""), "has a ref, a printable text of 1 to 100 characters; I got ''"),
        (paid(23800, "x" * 101), "has a ref"),
        (paid(23800, "a\nb"), "has a ref"),
        (paid(23800, None), "ref: is a text; I got None"),  # type: ignore[arg-type]  # what a careless caller passes
        (paid(-23800), "is an amount of Money from zero to"),
        (Payment("238.00", "r"), "is an amount of Money"),  # type: ignore[arg-type]
    ],
)
def test_a_payment_that_cannot_be_found_again_is_none(place: World, paid: Payment, said: str) -> None:
    with pytest.raises(FactError, match=said):
        place.shop.buy(ANN, YEAR, key="k-1", paid=paid)
    buy(place.shop, ANN, MONTHLY, "k-2")
    place.clock.now = shanghai("2026-12-31 20:00")
    (charge,) = place.shop.charges()
    with pytest.raises(FactError, match=said):
        place.shop.settle(charge, paid)


def test_a_refusal_of_money_is_the_same_for_ever(place: World) -> None:
    buy(place.shop, ANN, MONTHLY, "k-1")
    payment = Payment(Money("9.90", "CNY"), "r-9")
    first = place.shop.buy(ANN, MONTHLY, key="k-2", paid=payment)
    again = place.shop.buy(ANN, MONTHLY, key="k-2", paid=payment)
    assert isinstance(first, Refused)
    assert again == first
    assert [each.text("zh") for each in again.reasons] == [each.text("zh") for each in first.reasons]


def test_lines_in_another_order_are_the_same_intent(place: World) -> None:
    lines = [Line(MONTHLY), Line("starlight-year")]
    total = done(place.shop.quote(ANN, lines)).total
    one = place.shop.buy(ANN, lines, key="k-1", paid=Payment(total, "r"))
    assert done(one).id == done(place.shop.buy(ANN, lines[::-1], key="k-1", paid=Payment(total, "r"))).id


def test_a_retry_has_a_new_key_and_a_second_payment_goes_back(place: World) -> None:
    buy(place.shop, ANN, MONTHLY, "k-1")
    place.clock.now = shanghai("2026-12-31 20:00")
    (first,) = place.shop.charges()
    done(place.shop.settle(first, Declined("insufficient-funds")))
    assert place.shop.charges() == ()
    place.clock.now = shanghai("2027-01-01 20:00")
    (retry,) = place.shop.charges()
    assert retry.attempt_key != first.attempt_key
    done(place.shop.settle(retry, Payment(retry.amount, "r-1")))
    place.clock.now = shanghai("2027-01-01 21:00")
    third = place.shop.charges()
    assert third == ()
    assert place.shop.reconcile().ok


def test_a_payment_after_the_end_goes_back_for_ever(place: World) -> None:
    buy(place.shop, ANN, MONTHLY, "k-1")
    place.clock.now = shanghai("2026-12-31 20:00")
    (first,) = place.shop.charges()
    done(place.shop.settle(first, Declined("stolen-card", final=True)))
    place.clock.now = shanghai("2027-01-07 20:00") + 1
    assert not place.shop.has("ann", "cinema-vip")
    view = first.__class__(
        **{name: getattr(first, name) for name in first.__slots__} | {"attempt_key": first.attempt_key + "'"}
    )
    late = place.shop.settle(view, Payment(first.amount, "r-9"))
    assert codes(late) == ["settled-too-late"]
    assert isinstance(late, Refused)
    assert late.refund_due == first.amount
    place.travel(days=400)
    again = place.shop.settle(view, Payment(first.amount, "r-9"))
    assert isinstance(again, Refused)
    assert (codes(again), again.refund_due) == (codes(late), late.refund_due)


def test_has_does_not_wait_for_a_tick(place: World) -> None:
    buy(place.shop, ANN, MONTHLY, "k-1")
    place.clock.now = shanghai("2027-01-07 20:00") - 1  # due on 31 December, kept for seven days
    assert place.shop.has("ann", "cinema-vip")
    place.clock.now += 1
    assert not place.shop.has("ann", "cinema-vip")
    place.work(lambda charge: Payment(charge.amount, "late"))
    assert place.shop.has("ann", "cinema-vip")  # paid late: no boundary moved
    assert place.shop.wallet("ann").subscriptions[0].next_charge == when("2027-01-31 20:00")


def test_a_clock_that_goes_back_reopens_nothing(place: World) -> None:
    order = buy(place.shop, ANN, YEAR, "k-1")
    place.reach(shanghai("2027-01-24 00:00"))
    assert codes(place.shop.claim(ANN, order.grant("cinema-ticket"), key="c-1")) == ["claim-expired"]
    place.clock.now = shanghai("2027-01-01 00:00")
    assert codes(place.shop.claim(ANN, order.grant("cinema-ticket"), key="c-2")) == ["claim-expired"]


def test_what_is_held_when_the_clock_goes_back(place: World) -> None:
    """By the latest instant of the customer's own."""
    order = buy(place.shop, ANN, MONTHLY, "k-1")
    place.clock.now -= 1
    assert place.shop.has("ann", "cinema-vip")
    place.clock.now += 1000
    done(place.shop.cancel(order.subscription, when="now", key="k-2"))
    place.clock.now -= 500
    assert not place.shop.has("ann", "cinema-vip")


def test_a_decline_before_its_time_is_forgotten_with_the_cancellation(place: World) -> None:
    """The clock stepped back between charge and answer: cancelled and restored, the charge is tried when it is due."""
    order, due = buy(place.shop, ANN, MONTHLY, "k-1"), shanghai("2026-12-31 20:00")
    place.clock.now = due
    (first,) = place.shop.charges()
    place.clock.now = due - 3_600_000_000
    assert done(place.shop.settle(first, Declined("no"))).state == "failing"
    assert done(place.shop.cancel(order.subscription, key="x")).ends_at == when("2026-12-31 20:00")
    back = done(place.shop.undo_cancel(order.subscription, key="u"))
    assert (back.state, back.ends_at) == ("running", None)
    place.reach(due)
    assert place.shop.wallet("ann").subscriptions[0].paid_periods == 2


WEEKLY = """\
products:
  p:
    name: P
    subscription:
      renews: every week
      remind: 7 days before renewal
      phases: [{id: trial, price: ¥0.00, lasts: 3 days}, {id: regular, price: ¥5.00}]
    gives: [{benefit: club, during: paid time}]
"""


def test_the_end_of_a_trial_that_is_shorter_than_the_reminder_is_told_with_the_purchase() -> None:
    """A month has the same reminder, at its very beginning even."""
    place = world(release=released(WEEKLY))
    buy(place.shop, ANN, "p", "k")
    place.travel(days=11)
    told = [(e.type, e.at) for e in place.shop.events() if e.type in ("notice.renewal", "charge.paid")]
    bought = told[0][1]
    days = [(kind, (at - bought).days) for kind, at in told]
    assert days == [
        ("charge.paid", 0),
        ("notice.renewal", 0),
        ("charge.paid", 3),
        ("notice.renewal", 3),
        ("charge.paid", 10),
        ("notice.renewal", 10),
    ]


class Counting:
    """Over another store: how many charges were read."""

    def __init__(self, store: Store) -> None:
        self._store, self.charges = store, 0
        self.apply, self.apply_each, self.close = store.apply, store.apply_each, store.close

    def fetch(self, reads: tuple[Read, ...]) -> tuple[Any, ...]:
        rows = self._store.fetch(reads)
        self.charges += sum(len(found) for read, found in zip(reads, rows, strict=True) if is_of_charges(read))
        return rows


def is_of_charges(read: Read) -> bool:
    return isinstance(read, Find) and read.table is Charge


def test_a_settlement_reads_its_own_charge_however_many_were_paid() -> None:
    place = world()
    buy(place.shop, ANN, MONTHLY, "k-1")
    place.travel(days=400)
    place.clock.now = instant_of(place.shop.wallet("ann").subscriptions[0].next_charge or place.shop.now())
    (charge,) = place.shop.charges()
    assert charge.n > 12
    counting = Counting(place.store)
    shop = Shop(counting, place.shop._ctx.keys, place.clock.instant, os.urandom)
    assert shop.settle(charge, Payment(charge.amount, "late")).ok
    assert counting.charges == 1
