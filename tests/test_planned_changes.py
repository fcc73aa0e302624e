"""Changes of plan that come with the next charge: shown, taken back, failing, and let go."""

from pathlib import Path

import pytest

from entitle import Declined, Money, Payment, Refused, Who
from entitle.testing.cases import run_cases
from entitle.testing.world import World, always
from tests.books import compiled
from tests.plans import ANN, RULES, cash, change, charged, release, sound
from tests.shops import buy, codes, done, shanghai, when, world


@pytest.fixture(params=["memory", "sqlite"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/shop.db"
    return world(url, "2027-04-30 10:00", release())  # a period of 30 days: to 2027-05-30


def test_a_planned_change_is_shown_and_comes_with_the_next_charge(place: World) -> None:
    shop = place.shop
    order = buy(shop, ANN, "basic", "k1")
    place.travel(days=3)
    view = change(shop, order.subscription, "cheap", "c1")
    assert (view.total, view.price) == (Money("0.00", "CNY"), Money("1.00", "CNY"))
    assert view.at == when("2027-05-30 10:00")
    (shown,) = shop.wallet("ann").subscriptions
    assert (shown.product, shown.changes_to, shown.state) == ("basic", "cheap", "running")
    sound(place)
    place.reach(shanghai("2027-06-30 10:00"))
    assert charged(place) == [3000, 100, 1000]
    reminded = [each.body["amount"] for each in shop.events(limit=500) if each.type == "notice.renewal"]
    assert reminded == [100]
    assert [(each.product, each.state) for each in shop.wallet("ann").subscriptions] == [
        ("basic", "ended"),
        ("cheap", "running"),
    ]
    assert [each.benefit for each in shop.access("ann")] == ["ticket", "video"]
    assert codes(shop.quote(ANN, "cheap")) == ["one"]
    sound(place)


def test_money_for_a_change_that_the_next_charge_pays_for_goes_back(place: World) -> None:
    shop = place.shop
    order = buy(shop, ANN, "basic", "k1")
    paid = Payment(Money("1.00", "CNY"), ref="early")
    said = shop.change_plan(order.subscription, "cheap", key="c1", paid=paid)
    assert isinstance(said, Refused)
    assert (codes(said), said.refund_due) == (["paid-mismatch"], paid.amount)
    assert shop.wallet("ann").subscriptions[0].changes_to is None
    change(shop, order.subscription, "cheap", "c2")
    sound(place)


def test_a_planned_change_is_taken_back_and_what_it_took_is_free_again(place: World) -> None:
    shop = place.shop
    order = buy(shop, ANN, "basic", "k1")
    change(shop, order.subscription, "cheap", "c1")
    assert codes(shop.change_plan(order.subscription, "cheap", key="c2")) == ["change-planned"]
    other = buy(shop, ANN, "basic", "k2")
    assert codes(shop.preview.change_plan(other.subscription, "cheap", key="c3")) == ["one"]
    assert done(shop.undo_change(order.subscription, key="u1")).changes_to is None
    assert done(shop.undo_change(order.subscription, key="u1")).changes_to is None
    assert codes(shop.undo_change(order.subscription, key="u2")) == ["no-change"]
    assert done(shop.preview.change_plan(other.subscription, "cheap", key="c3")).price == Money("1.00", "CNY")
    sound(place)
    place.reach(shanghai("2027-05-30 10:00"))
    assert charged(place) == [3000, 3000, 3000, 3000]
    change(shop, order.subscription, "cheap", "c4")  # it can be planned again
    place.reach(shanghai("2027-06-30 10:00"))
    assert sorted(charged(place)[4:], key=str) == [100, 3000]
    sound(place)


@pytest.mark.parametrize("tries", [1, 2])
def test_a_planned_change_whose_payment_fails_is_tried_again(place: World, tries: int) -> None:
    shop = place.shop
    order = buy(shop, ANN, "basic", "k1")
    change(shop, order.subscription, "cheap", "c1")
    failed = 0

    def pay(charge: object) -> object:
        nonlocal failed
        failed += 1
        return Declined("no") if failed <= tries else always(charge)  # type: ignore[arg-type]

    place.reach(shanghai("2027-06-29 10:00"), pay)  # type: ignore[arg-type]
    assert charged(place) == [3000, 100]
    contract = shop.wallet("ann").subscriptions[-1]
    assert (contract.product, contract.paid_until) == ("cheap", when("2027-06-30 10:00"))  # no boundary moved
    assert shop.has("ann", "video")
    sound(place)


def test_a_planned_change_that_nobody_pays_ends_with_its_contract(place: World) -> None:
    shop = place.shop
    order = buy(shop, ANN, "basic", "k1")
    change(shop, order.subscription, "cheap", "c1")
    place.reach(shanghai("2027-06-29 10:00"), lambda charge: Declined("no"))
    (contract,) = shop.wallet("ann").subscriptions
    assert (contract.state, contract.ends_at) == ("ended", when("2027-06-02 10:00"))
    assert not shop.has("ann", "video")
    assert done(shop.quote(ANN, "cheap")).total == Money("1.00", "CNY")  # the special price was let go
    sound(place)


@pytest.mark.parametrize("day", ["2027-06-30", "2027-07-30", "2027-09-15"])
def test_a_change_to_what_is_free_at_first_comes_late_and_tells_of_the_time_that_is_gone(
    place: World, day: str
) -> None:
    shop = place.shop
    order = buy(shop, ANN, "basic", "k1")
    change(shop, order.subscription, "free-start", "c1")
    place.clock.now = shanghai(f"{day} 10:00")  # nobody worked since: two free months end on 2027-07-30
    place.shop.tick()
    assert shop.has("ann", "extra") == (day < "2027-07-30")
    place.reach(place.clock.now)
    assert shop.has("ann", "extra")
    assert charged(place)[:3] == [3000, 0, 0]
    sound(place)


def test_cancelling_and_refunding_let_a_planned_change_go(place: World) -> None:
    shop = place.shop
    for i, how in enumerate(("cancel", "refund", "change")):
        order = buy(shop, Who(f"c-{i}"), "basic", f"k{i}")
        change(shop, order.subscription, "cheap", f"c{i}")
        match how:
            case "cancel":
                done(shop.cancel(order.subscription, key="x"))
            case "refund":
                done(shop.refund(order, key="x"))
            case _:
                change(shop, order.subscription, "premium", "other")
        assert {each.changes_to for each in shop.wallet(f"c-{i}").subscriptions} == {None}
        assert done(shop.quote(Who(f"c-{i}"), "cheap")).total == Money("1.00", "CNY")
    place.reach(shanghai("2027-05-30 10:00"))
    assert charged(place) == [3000, 3000, 3000, 6000, 6000]
    sound(place)


def test_to_what_costs_nothing_and_to_a_year(place: World) -> None:
    shop = place.shop
    free, year = buy(shop, ANN, "basic", "k1"), buy(shop, Who("bob"), "basic", "k2")
    change(shop, free.subscription, "free", "c1")
    change(shop, year.subscription, "late-year", "c2")
    place.reach(shanghai("2027-05-30 10:00"))
    assert shop.has("ann", "extra")
    assert shop.wallet("bob").subscriptions[-1].paid_until == when("2028-05-30 10:00")
    place.reach(shanghai("2027-07-30 10:00"))
    assert shop.wallet("ann").subscriptions[-1].paid_periods == 3
    sound(place)


def test_a_new_price_does_not_touch_a_planned_change(place: World) -> None:
    shop = place.shop
    order = buy(shop, ANN, "basic", "k1")
    change(shop, order.subscription, "cheap", "c1")
    shop.publish(release("¥33.00"))
    place.travel(days=1)
    sound(place)
    done(shop.undo_change(order.subscription, key="u"))
    place.reach(shanghai("2027-05-30 10:00"))
    assert charged(place) == [3000, 3300]
    sound(place)


def test_a_new_price_does_not_touch_a_planned_change_of_the_same_price(place: World) -> None:
    shop = place.shop
    shop.publish(release("¥200.00"))
    order = buy(shop, ANN, "basic", "k1")
    change(shop, order.subscription, "late-year", "c1")
    shop.publish(release("¥33.00"))
    place.travel(days=1)
    sound(place)
    place.clock.now = shanghai("2027-05-30 10:00")
    assert [each.amount for each in shop.charges()] == [Money("200.00", "CNY")]


def test_what_is_on_its_way_to_be_paid_is_settled_first(place: World) -> None:
    shop = place.shop
    order = buy(shop, ANN, "basic", "k1")
    place.clock.now = shanghai("2027-05-30 10:00")
    assert codes(shop.change_plan(order.subscription, "cheap", key="c1")) == ["payment-due"]
    (charge,) = shop.charges()
    done(shop.settle(charge, always(charge)))
    change(shop, order.subscription, "cheap", "c2")
    place.clock.now = shanghai("2027-06-30 10:00")
    (charge,) = shop.charges()
    assert charge.amount == Money("1.00", "CNY")
    assert codes(shop.undo_change(order.subscription, key="u")) == ["payment-due"]
    done(shop.settle(charge, always(charge)))
    assert codes(shop.settle(charge, Payment(charge.amount, "twice"))) == ["settled-too-late"]
    sound(place)


def test_money_for_a_change_that_is_sold_out_by_then_is_owed_back_and_tried_again(place: World) -> None:
    shop = place.shop
    done(shop.fill("seats", 1, key="hall"))
    order = buy(shop, ANN, "basic", "k1")
    change(shop, order.subscription, "seat", "c1")
    buy(shop, Who("bob"), "seat", "k2")
    place.clock.now = shanghai("2027-05-30 10:00")
    (charge,) = [each for each in shop.charges() if each.customer == "ann"]
    for _ in range(2):  # for ever
        no = shop.settle(charge, always(charge))
        assert isinstance(no, Refused)
        assert codes(no) == ["sold-out"]
        assert no.refund_due == Money("20.00", "CNY")
    (contract,) = shop.wallet("ann").subscriptions
    assert (contract.product, contract.state, contract.changes_to) == ("basic", "failing", "seat")
    assert shop.has("ann", "video")  # `keep_access`
    sound(place)
    done(shop.fill("seats", 1, key="more"))
    place.reach(shanghai("2027-05-31 10:00"))  # the first retry
    contract = shop.wallet("ann").subscriptions[-1]
    assert (contract.product, contract.paid_until) == ("seat", when("2027-06-30 10:00"))  # no boundary moved
    sound(place)


def test_a_change_that_stays_sold_out_takes_no_money_and_ends_as_one_that_nobody_pays(place: World) -> None:
    shop = place.shop
    done(shop.fill("seats", 1, key="hall"))
    order = buy(shop, ANN, "basic", "k1")
    change(shop, order.subscription, "seat", "c1")
    buy(shop, Who("bob"), "seat", "k2")
    place.reach(shanghai("2027-06-29 10:00"))
    (contract,) = shop.wallet("ann").subscriptions
    assert (contract.state, contract.ends_at) == ("ended", when("2027-06-02 10:00"))
    assert cash(place) == 3000
    sound(place)


def test_a_change_to_what_costs_nothing_waits_for_stock(place: World) -> None:
    shop = place.shop
    done(shop.fill("presents", ["ONE"], key="lot"))
    for name in ("ann", "bob"):
        order = buy(shop, Who(name), "basic", f"k-{name}")
        change(shop, order.subscription, "free-present", f"c-{name}")
    place.reach(shanghai("2027-06-03 10:00"))
    assert sorted(shop.wallet(name).subscriptions[-1].product for name in ("ann", "bob")) == ["basic", "free-present"]
    sound(place)
    done(shop.fill("presents", ["TWO"], key="lot-2"))
    place.travel(hours=1)
    for name in ("ann", "bob"):
        contract = shop.wallet(name).subscriptions[-1]
        assert (contract.product, contract.paid_until) == ("free-present", when("2027-06-30 10:00"))
    sound(place)


def test_in_a_rulebooks_tests() -> None:
    tests = """
tests:
  up:
    timeline:
      - {at: 2027-04-30 10:00, do: buy basic, expect: {charge: ¥30.00}}
      - {at: 2027-05-10 10:00, do: change basic to premium, expect: {charge: ¥40.00, has: [video, extra, ticket]}}
      - {at: 2027-05-30 10:00, expect: {charge: ¥60.00}}
  down:
    timeline:
      - {at: 2027-04-30 10:00, do: buy basic}
      - {at: 2027-05-01 10:00, do: change basic to cheap, expect: {charge: none}}
      - {at: 2027-05-02 10:00, do: undo change basic, expect: ok}
      - {at: 2027-05-03 10:00, do: change basic to cheap, expect: ok}
      - {at: 2027-05-04 10:00, do: change basic to cheap, expect: {refused: change-planned}}
      - {at: 2027-05-30 10:00, expect: {charge: ¥1.00}}
      - {at: 2027-06-01 10:00, do: change basic to premium, expect: {refused: ended}}
"""
    found = compiled(book=RULES.replace("BASIC", "¥30.00") + tests)
    assert found.release is not None, found.diagnostics
    results = list(run_cases(found.release, found.cases))
    assert [each.differences for each in results] == [(), ()]
