"""A payment is good for one case: whatever it is presented for again, under whatever key, no money counts twice."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from entitle import Blocked, Done, Line, Money, Payment, Purchase, Refused, Review, Who
from entitle.plan import Plan, Update
from entitle.review_records import ReviewCase
from entitle.testing.world import World
from tests.holds.shop import release as holding
from tests.plans import release as changing
from tests.reviews.shop import release as reviewing
from tests.shops import ANN, BOB, LANGS, address, buy, codes, done, shanghai, world

MONTHLY, YEAR = "starlight-monthly", "starlight-year"
PRICE = Money("238.00", "CNY")


def app(n: int) -> Who:
    return Who(f"u-{n}", channel="app")


def owes(outcome: object) -> tuple[list[str], Money | None, dict[str, object]]:
    """Why not, what goes back, and what the reason speaks of."""
    assert isinstance(outcome, Refused), outcome
    return codes(outcome), outcome.refund_due, dict(outcome.because[0].values)


def test_a_payment_buys_once_whatever_the_key(place: World) -> None:
    paid = Payment(PRICE, "pay_7")
    order = done(place.shop.buy(ANN, YEAR, key="k1", paid=paid))
    for what in (YEAR, Line(YEAR), MONTHLY):
        again = place.shop.buy(ANN, what, key="k2", paid=paid)
        assert owes(again) == (["payment-used"], None, {"payment": "pay_7", "case": order.id})
        assert isinstance(again, Refused)
        assert all(order.id in again.because[0].text(lang) for lang in LANGS)
    assert done(place.shop.buy(ANN, YEAR, key="k1", paid=paid)).id == order.id  # the same call
    assert [each.type for each in place.shop.events()].count("order.placed") == 1
    assert place.shop.reconcile().ok


def test_what_was_refused_goes_back_once(place: World) -> None:
    short = Payment(Money("1.00", "CNY"), "pay_7")
    assert owes(place.shop.buy(ANN, YEAR, key="k1", paid=short))[:2] == (["paid-mismatch"], short.amount)
    assert owes(place.shop.buy(ANN, YEAR, key="k2", paid=short))[:2] == (["payment-refused"], None)
    assert owes(place.shop.buy(ANN, YEAR, key="k1", paid=short))[:2] == (["paid-mismatch"], short.amount)
    assert [each.type for each in place.shop.events()].count("refund.due") == 1
    done(place.shop.buy(ANN, YEAR, key="k3", paid=Payment(PRICE, "pay_8")))
    assert place.shop.reconcile().ok


def test_a_payment_of_nothing_may_come_again(place: World) -> None:
    nothing = Payment(Money("0.00", "CNY"), "free")
    done(place.shop.buy(ANN, MONTHLY, key="k1", paid=nothing))
    assert "payment-used" not in codes(place.shop.buy(ANN, MONTHLY, key="k2", paid=nothing))
    assert place.shop.reconcile().ok


def test_what_paid_for_one_customer_pays_for_no_other(place: World) -> None:
    paid = Payment(PRICE, "pay_7")
    order = done(place.shop.buy(ANN, YEAR, key="k1", paid=paid))
    again = place.shop.buy(BOB, YEAR, key="k2", paid=paid)
    assert owes(again)[:2] == (["payment-used"], None)
    assert isinstance(again, Refused)
    for lang, whose in zip(LANGS, ("another customer", "另一位顾客"), strict=True):
        text = again.because[0].text(lang)
        assert whose in text
        assert order.id not in text  # what another customer bought is none of their business
    short = Payment(Money("1.00", "CNY"), "pay_8")
    assert owes(place.shop.buy(ANN, YEAR, key="k3", paid=short))[:2] == (["paid-mismatch"], short.amount)
    assert owes(place.shop.buy(BOB, YEAR, key="k4", paid=short))[:2] == (["payment-refused"], None)
    assert not place.shop.wallet("bob").grants
    assert place.shop.reconcile().ok


def test_what_paid_an_order_settles_no_charge_and_what_settled_one_no_other(place: World) -> None:
    order = buy(place.shop, ANN, MONTHLY, "k1")
    year = done(place.shop.buy(ANN, YEAR, key="k2", paid=Payment(PRICE, "pay_7")))
    place.clock.now = shanghai("2026-12-31 20:00")
    (charge,) = place.shop.charges()
    assert order.subscription is not None
    assert owes(place.shop.settle(charge, Payment(charge.amount, "pay_7"))) == (
        ["payment-used"], None, {"payment": "pay_7", "case": year.id}
    )  # fmt: skip
    renewal = Payment(charge.amount, "pay_8")
    done(place.shop.settle(charge, renewal))
    place.clock.now = shanghai("2027-01-31 20:00")
    (second,) = place.shop.charges()
    assert owes(place.shop.settle(second, renewal)) == (
        ["payment-used"], None, {"payment": "pay_8", "case": order.subscription.id}
    )  # fmt: skip
    assert owes(place.shop.buy(ANN, YEAR, key="k3", paid=renewal))[0] == ["payment-used"]
    assert place.shop.reconcile().ok


def test_a_payment_of_an_order_confirms_no_hold_in_time_or_late(place: World) -> None:
    place.shop.publish(holding())
    done(place.shop.fill("codes", 9, key="fill"))
    hold = done(place.shop.hold(ANN, "card", key="h"))
    order = done(place.shop.buy(ANN, "card", key="k1", paid=Payment(hold.total, "pay_7")))
    for _ in range(2):
        no = place.shop.confirm(hold, paid=Payment(hold.total, "pay_7"))
        assert owes(no) == (["payment-used"], None, {"payment": "pay_7", "case": order.id})
        place.clock.now += 3_600_000_000  # the hold expires
    done(place.shop.confirm(hold, paid=Payment(hold.total, "pay_8")))
    assert owes(place.shop.buy(ANN, "card", key="k2", paid=Payment(hold.total, "pay_8")))[0] == ["payment-used"]
    assert place.shop.reconcile().ok


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_payment_of_an_order_pays_no_change(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    place = world(address(kind, request, tmp_path), "2027-04-30 10:00", changing())
    total = Money("30.00", "CNY")
    order = done(place.shop.buy(ANN, "basic", key="k1", paid=Payment(total, "pay_7")))
    assert order.subscription is not None
    again = place.shop.change_plan(order.subscription, "premium", key="c1", paid=Payment(total, "pay_7"))
    assert owes(again) == (["payment-used"], None, {"payment": "pay_7", "case": order.id})
    done(place.shop.change_plan(order.subscription, "premium", key="c2", paid=Payment(total, "pay_8")))
    assert owes(place.shop.buy(ANN, "basic", key="k2", paid=Payment(total, "pay_8")))[0] == ["payment-used"]
    assert place.shop.reconcile().ok


def test_of_two_calls_at_once_one_is_paid(place: World) -> None:
    paid = Payment(PRICE, "pay_7")
    with ThreadPoolExecutor(8) as threads:
        made = [threads.submit(place.shop.buy, ANN, YEAR, key=f"k-{n}", paid=paid) for n in range(8)]
        outcomes = [each.result(60) for each in made]
    bought = [each for each in outcomes if isinstance(each, Done)]
    assert len(bought) == 1
    assert {owes(each)[2]["case"] for each in outcomes if each is not bought[0]} == {bought[0].value.id}
    assert place.shop.reconcile().ok


def test_of_two_customers_at_once_one_is_paid(place: World) -> None:
    paid = Payment(PRICE, "pay_7")
    with ThreadPoolExecutor(8) as threads:
        made = [threads.submit(place.shop.buy, app(n), YEAR, key=f"k-{n}", paid=paid) for n in range(8)]
        outcomes = [each.result(60) for each in made]
    bought = [each for each in outcomes if isinstance(each, Done)]
    assert len(bought) == 1
    assert {owes(each)[0][0] for each in outcomes if each is not bought[0]} == {"payment-used"}
    many = place.shop.buy_many([Purchase(app(n), YEAR, key=f"m-{n}", paid=Payment(PRICE, "pay_8")) for n in range(9)])
    assert sum(each.ok for each in many) == 1
    assert place.shop.reconcile().ok


def test_what_two_reviews_kept_when_that_was_allowed_is_the_first_ones(place: World) -> None:
    """As the migration leaves it that lets a payment stand for one customer's case."""
    place.shop.publish(reviewing())
    risky = {name: Who(name, channel="app", facts={"customer.risk": 90}) for name in ("ann", "bob")}
    paid, mine = Payment(Money("10.00", "CNY"), "pay_7"), Payment(Money("10.00", "CNY"), "pay_8")
    reviews = {
        name: place.shop.buy(who, "card", key=name, paid=paid if name == "ann" else None) for name, who in risky.items()
    }
    late = reviews["bob"]
    assert isinstance(late, Review)
    kept = Update(ReviewCase, ("bob", late.id), {"paid": '[["pay_7", 1000, "CNY"]]'})
    assert place.store.apply(Plan((kept,))) is None
    for review in reviews.values():
        assert isinstance(review, Review)
        done(place.shop.resolve(review.id, approve=True, key=f"r {review.id}", by="ops"))
    assert owes(place.shop.buy(risky["bob"], "card", key="bob", paid=paid))[0] == ["payment-used"]
    assert place.shop.buy(risky["bob"], "card", key="bob", paid=mine).ok
    assert place.shop.buy(risky["ann"], "card", key="ann", paid=paid).ok
    (told,) = (each for each in place.shop.reconcile().breaks if each.code == "payment-twice")
    assert (told.stream, told.what) == ("bob", "pay_7")
    assert "ask the payment provider" in told.plan()


def test_money_of_a_review_that_was_refused_before_any_was_told_of_goes_back(place: World) -> None:
    """As stores have it whose reviews were refused when that told nobody of the money."""
    place.shop.publish(reviewing())
    risky = Who("ann", channel="app", facts={"customer.risk": 90})
    paid = Payment(Money("10.00", "CNY"), "pay_7")
    review = place.shop.buy(risky, "card", key="k", paid=paid)
    assert isinstance(review, Review)
    refused = Update(ReviewCase, ("ann", review.id), {"state": "refused", "resolved_at": place.clock.now})
    assert place.store.apply(Plan((refused,))) is None
    for _ in range(2):
        no = place.shop.buy(risky, "card", key="k", paid=paid)
        assert isinstance(no, Blocked)
        assert no.refund_due == paid.amount
    assert [each.type for each in place.shop.events()].count("refund.due") == 1


@pytest.mark.parametrize("enough", [True, False])
def test_one_payment_for_many_customers_at_once_is_good_for_one(place: World, enough: bool) -> None:
    """Where it pays for nobody it goes back once, however many presented it."""
    paid = Payment(PRICE if enough else Money("1.00", "CNY"), "pay_7")
    many = place.shop.buy_many([Purchase(app(n), YEAR, key=f"k-{n}", paid=paid) for n in range(3)])
    first, *others = sorted(many, key=lambda each: not each.ok and owes(each)[1] is None)
    assert isinstance(first, Done) if enough else owes(first)[:2] == (["paid-mismatch"], paid.amount)
    for each in others:
        assert owes(each)[:2] == (["payment-used" if enough else "payment-refused"], None)
    told = [each.type for each in place.shop.events()]
    assert (told.count("order.placed"), told.count("refund.due")) == (int(enough), int(not enough))
    assert place.shop.reconcile().ok
