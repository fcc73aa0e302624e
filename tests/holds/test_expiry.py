"""The end of a hold: let go, expired, paid too late. What was kept is free at that very instant, and only once."""

import pytest

from entitle import Line, Who
from entitle.decision import ON_ACCOUNT
from entitle.hold_records import Kept
from entitle.plan import Find, Tally, Where
from entitle.records import Count
from entitle.stock_records import CountPart
from entitle.testing.world import World
from tests.books import compiled
from tests.holds.shop import ANN, BOB, CYD, RULES, free, held, later, more, pay
from tests.shops import codes, done


def test_void_gives_back_once(place: World) -> None:
    hold = held(place, ANN, Line("card", 2), "h")
    gone = done(place.shop.void(hold))
    assert (gone.state, free(place, "codes")) == ("voided", 2)
    assert done(place.shop.void(hold, key="again")).state == "voided"
    assert done(place.shop.void(hold)).state == "voided"
    assert free(place, "codes") == 2
    no = place.shop.confirm(hold, paid=pay(hold))
    assert (codes(no), getattr(no, "refund_due", None)) == (["hold-voided"], hold.total)
    place.travel(hours=1)
    assert [event.type for event in place.shop.events() if event.type.startswith("hold.")] == [
        "hold.placed",
        "hold.voided",
    ]


@pytest.mark.parametrize("micro", [-1, 0, 1])
def test_at_its_end_it_is_over(place: World, micro: int) -> None:
    """Nobody ticked: whether the units are free is a matter of the instant alone."""
    hold = held(place, ANN, Line("card", 2), "h")
    later(place, 15, micro)
    over = micro >= 0
    assert done(place.shop.hold(ANN, Line("card", 2), key="h")).state == ("expired" if over else "held")
    assert (place.shop.wallet("ann").holds == ()) is over
    assert place.shop.quote(BOB, "card").ok is over
    assert place.shop.buy(BOB, "card", key="k", paid=ON_ACCOUNT).ok is over
    confirmed = place.shop.confirm(hold, paid=pay(hold))
    assert confirmed.ok is not over
    if over:
        assert codes(confirmed) == ["hold-expired", "sold-out"]
        assert free(place, "codes") == 1


def test_void_of_what_expired_changes_nothing(place: World) -> None:
    hold = held(place, ANN, "card", "h")
    later(place, 15)
    before = len(place.shop.history("ann"))
    assert done(place.shop.void(hold)).state == "expired"
    assert len(place.shop.history("ann")) == before
    place.travel()
    assert free(place, "codes") == 2
    assert done(place.shop.void(hold)).state == "expired"


def test_ticks_tidy_up_once(place: World) -> None:
    held(place, ANN, Line("card", 2), "h")
    assert place.shop.next_due() is not None
    place.travel(minutes=15)
    assert free(place, "codes") == 2
    place.travel(days=1)
    assert [event.type for event in place.shop.events()].count("hold.expired") == 1
    assert free(place, "codes") == 2


@pytest.mark.parametrize("ticked", [False, True])
def test_a_late_payment_takes_anew_what_is_still_there(place: World, ticked: bool) -> None:
    hold = held(place, ANN, Line("card", 2), "h")
    later(place, 20)
    if ticked:
        place.shop.tick()
    order = done(place.shop.confirm(hold, paid=pay(hold)))
    assert (str(order.total), len(order.grants), free(place, "codes")) == ("¥20.00", 2, 0)
    assert codes(place.shop.confirm(hold, paid=pay(hold, "second"))) == ["already-confirmed"]


@pytest.mark.parametrize("ticked", [False, True])
def test_a_late_payment_for_what_is_gone_goes_back_for_ever(place: World, ticked: bool) -> None:
    hold = held(place, ANN, "scarce", "h")
    later(place, 15)
    if ticked:
        place.shop.tick()
    for n in range(2):
        assert place.shop.buy(BOB, "scarce", key=f"b{n}", paid=ON_ACCOUNT).ok
    assert place.shop.buy(CYD, "scarce", key="c", paid=ON_ACCOUNT).ok
    for _ in range(2):
        no = place.shop.confirm(hold, paid=pay(hold))
        assert (codes(no), getattr(no, "refund_due", None)) == (["hold-expired", "total"], hold.total)
        place.travel(days=1)
    assert place.shop.wallet("ann").grants == ()


def test_a_limit_that_looks_back_is_asked_again(place: World) -> None:
    hold = held(place, ANN, "rolling", "h")
    assert codes(place.shop.quote(ANN, "rolling")) == ["one-in-an-hour"]
    later(place, 15)
    done(place.shop.buy(ANN, "rolling", key="k", paid=ON_ACCOUNT))
    assert codes(place.shop.confirm(hold, paid=pay(hold))) == ["hold-expired", "one-in-an-hour"]
    later(place, 60)
    assert codes(place.shop.confirm(hold, paid=pay(hold))) == ["hold-expired", "one-in-an-hour"]  # bound for ever
    done(place.shop.confirm(hold, paid=pay(hold, "once more")))
    assert codes(place.shop.quote(ANN, "rolling")) == ["one-in-an-hour"]


@pytest.mark.parametrize("ticked", [False, True])
def test_a_limit_that_honours_what_was_held_refuses_no_late_payment(place: World, ticked: bool) -> None:
    kind = compiled(book=RULES.replace("in_each: sale_window}", "in_each: sale_window, honour: quoted}")).release
    assert kind is not None
    place.shop.publish(kind)
    hold = held(place, ANN, Line("scarce", 2), "h")
    later(place, 15)
    if ticked:
        place.shop.tick()
    for who in (BOB, CYD):
        done(place.shop.buy(who, "scarce", key=f"k-{who.customer}", paid=ON_ACCOUNT))
    assert done(place.shop.confirm(hold, paid=pay(hold))).total == hold.total
    assert codes(place.shop.quote(BOB, "scarce")) == ["total"]


def test_a_buyer_lets_go_only_what_is_needed(place: World) -> None:
    more(place, 4)
    for n in range(6):
        held(place, Who(f"u{n}", channel="app"), "card", f"h{n}")
    later(place, 15)
    done(place.shop.buy(BOB, Line("card", 2), key="k", paid=ON_ACCOUNT))
    (kept,) = place.store.fetch((Find(Kept, (("until", "set", None),)),))
    assert len(kept) == 4
    expired = [event for event in place.shop.events() if event.type == "hold.expired"]
    assert len(expired) == 2
    assert place.shop.reconcile().breaks == ()
    place.shop.tick()
    assert free(place, "codes") == 4


def test_a_buyer_lets_go_a_hold_of_its_own(place: World) -> None:
    held(place, ANN, Line("scarce", 2), "h")
    later(place, 15)
    done(place.shop.buy(ANN, Line("scarce", 2), key="k", paid=ON_ACCOUNT))
    of_total: tuple[Where, ...] = (("counter", "=", "limit:scarce:total"),)
    counts, parts = place.store.fetch((Find(Count, of_total), Tally(CountPart, of_total, "sum", "free")))
    assert [row.used - parts for row in counts] == [2]
    assert [entry.verb for entry in place.shop.history("ann")] == ["hold", "buy"]


def test_a_preview_lets_nothing_go(place: World) -> None:
    held(place, ANN, Line("card", 2), "h")
    later(place, 15)
    assert place.shop.preview.buy(BOB, "card", key="k", paid=ON_ACCOUNT).ok
    assert place.shop.preview.hold(BOB, "card", key="k").ok
    assert free(place, "codes") == 0
