"""Holds: what is kept, until when, what becomes of it; the books are whole after each, on either store."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from entitle import FactError, KeyConflict, Line, Money, NotFound, Payment, Refused, Who
from entitle.decision import ON_ACCOUNT
from entitle.hold_records import Kept
from entitle.plan import Find, Get
from entitle.records import Count, Stock
from entitle.release import Release
from entitle.shop.hold import HoldView
from entitle.testing.world import World
from tests.books import compiled
from tests.shops import codes, done, world

ANN, BOB, CYD = Who("ann", channel="app"), Who("bob", channel="app"), Who("cyd", channel="app")
MINUTE = 60_000_000
RULES = """\
entitle: 1
name: holds
timezone: Asia/Shanghai
currency: CNY
price_steps: {campaign: each_unit}
max_codes: 2
facts:
  channel: {type: [app, web], if_missing: ask}
  device: {type: key, if_missing: ask}
  customer.past_orders: {count: orders, per: customer}
pools:
  codes: {of: card_codes, warn_below: 2}
  seats: {of: units}
benefits:
  code: {kind: card_code, name: Code, pool: codes}
  club: {kind: access, name: Club}
products:
  card:
    name: Card
    sell: {quantity: 1..5}
    price: ¥10.00
    hold: 15 minutes
    gives: [{benefit: code}]
    refund: {within: 7 days, if_used: keep, give_back: [limits, coupon]}
  seat: {name: Seat, sell: {quantity: 1..9}, price: ¥30.00, hold: 1 hour, stock: seats, gives: [{benefit: club}]}
  scarce:
    name: Scarce
    sell: {quantity: 1..5, from: 2026-12-01 00:00, until: 2027-01-01 00:00}
    price: ¥8.00
    hold: 15 minutes
    gives: [{benefit: club}]
    limits:
      - {id: own, max: 2, per: customer, in_each: day}
      - {id: total, max: 3, per: all_together, in_each: sale_window}
  rolling:
    name: Rolling
    price: ¥8.00
    hold: 15 minutes
    gives: [{benefit: club}]
    limits: [{id: one-in-an-hour, max: 1, per: customer, in_each: 1 hours}]
  monthly:
    name: Monthly
    hold: 1 day
    subscription:
      renews: every month
      if_price_changes: keep_old_price
      phases:
        - {id: intro, price: ¥9.90, periods: 1, once_per: customer}
        - {id: regular, price: ¥25.00}
    gives: [{benefit: club, during: paid time}]
    limits: [{id: two-running, max: 2, of: running, per: customer}]
  first: {name: First, price: ¥20.00, hold: 15 minutes, gives: [{benefit: club}]}
  never-held: {name: Never held, price: ¥1.00, gives: [{benefit: club}]}
  gift: {name: Gift, price: ¥0.00, hold: 15 minutes, gives: [{benefit: club}]}
promotions:
  newcomer: {step: campaign, products: [first], if: customer.past_orders == 0, minus: ¥5.00}
  once:
    step: campaign
    products: [card]
    code: ONCE
    minus: ¥4.00
    limits: [{id: one, max: 1, per: all_together, in_each: lifetime}]
  pot: {step: campaign, products: [card], code: POT, minus: ¥1.00, budget: ¥2.00}
"""


@cache
def release() -> Release:
    found = compiled(book=RULES)
    assert found.diagnostics == []
    assert found.release is not None
    return found.release


def address(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a new store of this kind."""
    match kind:
        case "memory":
            return "memory:"
        case "sqlite":
            return f"sqlite:///{tmp_path / 'shop.db'}"
        case _:
            return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    place = world(address(request.param, request, tmp_path), release=release())
    place.fill("codes", 2)
    place.fill("seats", 5)
    yield place
    assert place.shop.reconcile().breaks == ()


def held(place: World, who: Who, what: str | Line, key: str, *said: str) -> HoldView:
    return done(place.shop.hold(who, what, key=key, codes=said))


def pay(hold: HoldView, ref: str = "pay") -> Payment:
    return Payment(hold.total, ref)


def free(place: World, pool: str) -> int:
    (row,) = place.store.fetch((Get(Stock, (pool,)),))
    return int(row.free)


def more(place: World, codes_: int) -> None:
    done(place.shop.fill("codes", codes_, key="more"))


def later(place: World, minutes: int, micro: int = 0) -> None:
    """Time passes, and nobody does any work."""
    place.clock.now += minutes * MINUTE + micro


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
        place.shop.confirm(hold, paid="money")  # type: ignore[arg-type]


def test_a_second_payment_goes_back_for_ever(place: World) -> None:
    hold = held(place, ANN, "card", "h")
    done(place.shop.confirm(hold, paid=pay(hold)))
    for _ in range(2):
        no = place.shop.confirm(hold, paid=pay(hold, "second"))
        assert isinstance(no, Refused)
        assert (codes(no), no.refund_due) == (["already-confirmed"], hold.total)
    assert codes(place.shop.void(hold)) == ["already-confirmed"]


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


# ---- void and expiry


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
    (counts,) = place.store.fetch((Find(Count, (("counter", "=", "limit:scarce:total"),)),))
    assert [row.used for row in counts] == [2]
    assert [entry.verb for entry in place.shop.history("ann")] == ["hold", "buy"]


def test_a_preview_lets_nothing_go(place: World) -> None:
    held(place, ANN, Line("card", 2), "h")
    later(place, 15)
    assert place.shop.preview.buy(BOB, "card", key="k", paid=ON_ACCOUNT).ok
    assert place.shop.preview.hold(BOB, "card", key="k").ok
    assert free(place, "codes") == 0


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
