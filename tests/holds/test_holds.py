"""Holds: what is kept, what confirming makes of it, and what the order is like afterwards."""

from datetime import timedelta

import pytest

from entitle import FactError, KeyConflict, Line, Lot, Money, NotFound, Payment, Refused
from entitle.decision import ON_ACCOUNT
from entitle.testing.world import World
from tests.books import compiled
from tests.holds.shop import ANN, BOB, CYD, RULES, free, held, later, more, pay
from tests.shops import codes, done

# ---- what is kept


def test_what_is_held_is_nobody_elses(place: World) -> None:
    hold = held(place, ANN, Line("card", 2), "h")
    assert (hold.state, str(hold.total), hold.order) == ("held", "¥20.00", None)
    assert (hold.expires_at - hold.at).total_seconds() == 15 * 60
    assert free(place, "codes") == 0
    assert codes(place.shop.buy(BOB, "card", key="k", paid=ON_ACCOUNT)) == ["sold-out"]
    assert place.shop.wallet("ann").holds == (hold,)
    order = done(place.shop.confirm(hold, paid=pay(hold)))
    assert (order.total, len(order.grants)) == (hold.total, 2)
    assert place.shop.wallet("ann").holds == ()
    assert [event.type for event in place.shop.events() if event.type.startswith("hold.")] == [
        "hold.placed",
        "hold.confirmed",
    ]
    assert [entry.verb for entry in place.shop.history("ann")] == ["hold", "confirm"]
    assert place.shop.explain(order).decision == place.shop.confirm(hold, paid=pay(hold)).decision_id


def test_the_same_again_is_answered_the_same(place: World) -> None:
    hold = held(place, ANN, "card", "h")
    again = place.shop.hold(ANN, "card", key="h")
    assert (done(again), again.replayed) == (hold, True)
    with pytest.raises(KeyConflict):
        place.shop.hold(ANN, "seat", key="h")
    order = done(place.shop.confirm(hold, paid=pay(hold), key="c"))
    twice = place.shop.confirm(hold.id, paid=pay(hold), key="c")
    assert (done(twice), twice.replayed) == (order, True)
    with pytest.raises(KeyConflict):
        place.shop.confirm(hold, paid=pay(hold, "other"), key="c")
    assert done(place.shop.hold(ANN, "card", key="h")).order == order.id
    with pytest.raises(NotFound):
        place.shop.confirm("hld_x", paid=ON_ACCOUNT)
    with pytest.raises(FactError):
        place.shop.confirm(hold, paid="money")  # type: ignore[arg-type]  # wrong on purpose


def test_a_second_payment_goes_back_for_ever(place: World) -> None:
    hold = held(place, ANN, "card", "h")
    done(place.shop.confirm(hold, paid=pay(hold)))
    for _ in range(2):
        no = place.shop.confirm(hold, paid=pay(hold, "second"))
        assert isinstance(no, Refused)
        assert (codes(no), no.refund_due) == (["already-confirmed"], hold.total)
    assert codes(place.shop.void(hold)) == ["already-confirmed"]


def test_the_payment_of_the_order_never_goes_back(place: World) -> None:
    """Whoever asks again under another key has paid once: that money is the order's."""
    hold = held(place, ANN, "card", "h")
    order = done(place.shop.confirm(hold, paid=pay(hold), key="first"))
    no = place.shop.confirm(hold, paid=pay(hold), key="again")
    assert isinstance(no, Refused)
    assert (codes(no), no.refund_due, no.because[0].values) == (["already-confirmed"], None, {"order": order.id})


def test_money_must_be_what_was_held(place: World) -> None:
    hold = held(place, ANN, "card", "h")
    assert codes(place.shop.confirm(hold)) == ["payment-needed"]
    wrong = place.shop.confirm(hold, paid=Payment(Money("9.99", "CNY"), "wrong"))
    assert (codes(wrong), getattr(wrong, "refund_due", None)) == (["paid-mismatch"], Money("9.99", "CNY"))
    assert codes(place.shop.hold(BOB, "card", key="h2", agreed=Money("9.00", "CNY"))) == ["price-changed"]
    done(place.shop.confirm(hold, paid=ON_ACCOUNT))
    done(place.shop.confirm(held(place, ANN, "gift", "g")))


def test_what_says_no_hold_is_not_held(place: World) -> None:
    lines = [Line("card"), Line("never-held")]
    assert codes(place.shop.hold(ANN, lines, key="h")) == ["not-holdable"]
    both = done(place.shop.hold(ANN, [Line("card"), Line("seat")], key="h2"))
    assert (both.expires_at - both.at).total_seconds() == 15 * 60  # the shortest of both
    assert [(line.product, line.quantity, str(line.amount)) for line in both.lines] == [
        ("card", 1, "¥10.00"),
        ("seat", 1, "¥30.00"),
    ]


def test_price_and_release_are_those_of_the_hold(place: World) -> None:
    hold = held(place, ANN, "card", "h")
    dearer = compiled(book=RULES.replace("price: ¥10.00", "price: ¥12.00")).release
    assert dearer is not None
    place.shop.publish(dearer)
    assert str(done(place.shop.quote(ANN, "card")).total) == "¥12.00"
    assert str(done(place.shop.confirm(hold, paid=pay(hold))).total) == "¥10.00"


def test_an_intro_price_is_held_once(place: World) -> None:
    first = held(place, ANN, "monthly", "h1")
    second = held(place, ANN, "monthly", "h2")
    assert (str(first.total), str(second.total)) == ("¥9.90", "¥25.00")
    assert codes(place.shop.hold(ANN, "monthly", key="h3")) == ["two-running"]
    done(place.shop.void(first))
    assert str(held(place, ANN, "monthly", "h4").total) == "¥9.90"
    order = done(place.shop.confirm(second, paid=pay(second)))
    place.travel(days=40)
    assert [entry.verb for entry in place.shop.history("ann")].count("settle") == 1
    assert str(held(place, ANN, "monthly", "h5").total) == "¥9.90"  # the fourth hold expired
    assert order.subscription.product == "monthly"


def test_an_order_on_hold_is_an_order_to_measures(place: World) -> None:
    hold = held(place, ANN, "first", "h")
    assert str(hold.total) == "¥15.00"
    assert str(done(place.shop.quote(ANN, "first")).total) == "¥20.00"
    later(place, 15)
    assert str(done(place.shop.quote(ANN, "first")).total) == "¥15.00"


def test_codes_and_budgets_are_held(place: World) -> None:
    once = held(place, ANN, "card", "h1", "ONCE")
    assert codes(place.shop.hold(BOB, "card", key="h2", codes=["ONCE"])) == ["code-used-up"]
    done(place.shop.void(once))
    again = held(place, BOB, "card", "h3", "ONCE")
    assert str(again.total) == "¥6.00"
    later(place, 15)
    pots = [held(place, who, "card", f"p-{who.customer}", "POT") for who in (ANN, BOB)]
    more(place, 3)
    assert str(done(place.shop.quote(CYD, "card", codes=["POT"])).total) == "¥10.00"
    done(place.shop.void(pots[0]))
    assert str(done(place.shop.quote(CYD, "card", codes=["POT"])).total) == "¥9.00"


# ---- afterwards


def test_a_confirmed_order_is_refunded_like_any_other(place: World) -> None:
    hold = held(place, ANN, Line("card", 2), "h", "ONCE")
    order = done(place.shop.confirm(hold, paid=pay(hold)))
    assert codes(place.shop.quote(BOB, "card", codes=["ONCE"])) == ["code-used-up"]
    back = done(place.shop.refund(order, key="r"))
    assert back.amount == hold.total
    more(place, 1)
    assert str(done(place.shop.quote(BOB, "card", codes=["ONCE"])).total) == "¥6.00"


def test_time_that_goes_back_brings_no_hold_back(place: World) -> None:
    hold = held(place, ANN, "card", "h")
    later(place, 15)
    place.shop.tick()
    later(place, -10)
    assert done(place.shop.void(hold)).state == "expired"
    assert place.shop.wallet("ann").holds == ()
    place.shop.tick()
    assert free(place, "codes") == 2


@pytest.mark.parametrize("sold", [False, True])
def test_codes_that_expire_before_the_hold_are_not_held(place: World, sold: bool) -> None:
    """Two last, one is over in ten minutes: it can be bought, and goes first, but a hold needs what lasts as long."""
    soon = place.shop.now() + timedelta(minutes=10)
    done(place.shop.fill("codes", ["SOON"], lot=Lot("soon", expires_at=soon), key="soon"))
    assert codes(place.shop.hold(ANN, Line("card", 3), key="h3")) == ["sold-out"]
    assert place.shop.quote(ANN, Line("card", 3)).ok
    hold = held(place, ANN, Line("card", 2), "h")
    if sold:
        order = done(place.shop.buy(BOB, "card", key="k", paid=ON_ACCOUNT))
        assert done(place.shop.reveal(BOB, order.grants[0], key="r")).code == "SOON"
    later(place, 15, -1)
    assert codes(place.shop.quote(BOB, "card")) == ["sold-out"]
    place.shop.tick()
    assert len(done(place.shop.confirm(hold, paid=pay(hold))).grants) == 2


def test_a_late_payment_finds_codes_expired(place: World) -> None:
    soon = place.shop.now() + timedelta(minutes=20)
    done(place.shop.buy(BOB, Line("card", 2), key="k", paid=ON_ACCOUNT))
    done(place.shop.fill("codes", ["SOON"], lot=Lot("soon", expires_at=soon), key="soon"))
    hold = held(place, ANN, "card", "h")
    later(place, 20)
    no = place.shop.confirm(hold, paid=pay(hold))
    assert codes(no) == ["hold-expired", "sold-out"]
    place.shop.tick()
    assert codes(place.shop.quote(BOB, "card")) == ["sold-out"]
