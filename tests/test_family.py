"""Families: products that share limits and are measured together."""

import pytest

from entitle import Line, Payment, Who
from entitle.release import Release
from entitle.testing.world import World
from tests.books import compiled
from tests.plans import change
from tests.shops import buy, codes, done, world

ANN = Who("ann")
RULES = """\
entitle: 1
name: family
timezone: Asia/Shanghai
currency: CNY
facts:
  customer.coffees: {count: orders, of: coffee, per: customer}
  customer.spent: {sum: paid, in: orders, of: coffee, per: customer}
  customer.latte: {count: orders, of: latte, per: customer}
benefits:
  club: {kind: access, name: Club}
products:
  latte:
    name: Latte
    family: coffee
    price: ¥9.00
    sell: {quantity: 1..5}
    gives: [{benefit: club}]
    refund: {within: 30 days, if_used: keep, give_back: limits}
    limits:
      - {id: three, max: 3, per: customer, in_each: day}
      - {id: own, max: 1, of: orders, per: customer, in_each: week}
  mocha:
    name: Mocha
    family: coffee
    price: ¥10.00
    sell: {quantity: 1..5}
    gives: [{benefit: club}]
    refund: {within: 30 days, if_used: keep}
    limits:
      - {id: three, max: 3, per: customer, in_each: day}
  tea:
    name: Tea
    price: ¥5.00
    gives: [{benefit: club}]
    refund: {within: 30 days, if_used: keep}
    limits: [{id: three, max: 1, per: customer, in_each: day}]
  seen:
    name: Seen
    sell: {if: customer.coffees == COFFEES and customer.spent == SPENT and customer.latte == LATTES}
    price: ¥1.00
    gives: [{benefit: club}]
  basic:
    name: Basic
    family: video
    subscription: {renews: every month, phases: [{id: regular, price: ¥30.00}]}
    gives: [{benefit: club, during: paid time}]
    limits: [{id: one, max: 1, of: running, per: customer}]
    change: [{to: premium, when: now, pay: difference}, {to: lite, when: period_end}]
  premium:
    name: Premium
    family: video
    subscription: {renews: every month, phases: [{id: regular, price: ¥60.00}]}
    gives: [{benefit: club, during: paid time}]
    limits: [{id: one, max: 1, of: running, per: customer}]
  lite:
    name: Lite
    family: video
    subscription: {renews: every month, phases: [{id: regular, price: ¥20.00}]}
    gives: [{benefit: club, during: paid time}]
    limits: [{id: one, max: 1, of: running, per: customer}]
"""


def release(coffees: int = 0, spent: str = "¥0.00", lattes: int = 0) -> Release:
    book = RULES.replace("COFFEES", str(coffees)).replace("SPENT", spent).replace("LATTES", str(lattes))
    found = compiled(book=book)
    assert found.release is not None, found.diagnostics
    return found.release


@pytest.fixture(params=["memory:", "sqlite"])
def place(request: pytest.FixtureRequest, tmp_path: object) -> World:
    url = request.param if request.param == "memory:" else f"sqlite:///{tmp_path}/shop.db"
    return world(url, "2027-04-30 10:00", release())


def sound(place: World) -> None:
    report = place.shop.reconcile()
    assert report.ok, report.breaks


def test_one_count_for_all_of_them(place: World) -> None:
    shop = place.shop
    buy(shop, ANN, "latte", "k1", quantity=2)
    buy(shop, ANN, "mocha", "k2")
    assert codes(shop.quote(ANN, "mocha")) == ["three"]
    assert codes(shop.quote(ANN, "latte")) == ["three", "own"]
    buy(shop, ANN, "tea", "k3")  # of no family: its `three` is its own
    buy(shop, Who("bob"), "mocha", "k4")
    place.travel(days=1)
    buy(shop, ANN, "mocha", "k5")
    sound(place)


def test_lines_of_one_order_add_up(place: World) -> None:
    shop = place.shop
    refused = shop.quote(ANN, [Line("latte", 2), Line("mocha", 2)])
    assert codes(refused) == ["three", "three"]
    paid = Payment(done(shop.quote(Who("cyd"), [Line("latte", 2), Line("mocha")])).total, "r")
    done(
        shop.buy(
            ANN,
            [
                Line("latte", 2),
                Line("mocha"),
            ],
            key="k1",
            paid=paid,
        )
    )
    assert codes(shop.quote(ANN, "mocha")) == ["three"]
    sound(place)


def test_limits_of_one_id_without_a_family_are_told_apart(place: World) -> None:
    shop = place.shop
    buy(shop, ANN, "latte", "k1", quantity=2)
    paid = Payment(done(shop.quote(ANN, [Line("mocha"), Line("tea")])).total, "r")
    done(shop.buy(ANN, [Line("mocha"), Line("tea")], key="k2", paid=paid))
    assert codes(shop.quote(ANN, [Line("mocha"), Line("tea")])) == ["three", "three"]
    sound(place)


def test_what_goes_back_as_the_rule_says_is_free_for_all(place: World) -> None:
    shop = place.shop
    latte = buy(shop, ANN, "latte", "k1", quantity=2)
    mocha = buy(shop, ANN, "mocha", "k2")
    done(shop.refund(mocha, key="r1"))  # which does not give limits back
    assert codes(shop.quote(ANN, "mocha")) == ["three"]
    done(shop.refund(latte, lines={"latte": 1}, key="r2"))
    buy(shop, ANN, "mocha", "k3")
    sound(place)


def counted(place: World, coffees: int, spent: str, lattes: int) -> bool:
    place.shop.publish(release(coffees, spent, lattes))
    return place.shop.quote(ANN, "seen").ok


def test_measures_of_a_family_count_an_order_once_until_all_of_it_went_back(place: World) -> None:
    shop = place.shop
    lines = [Line("latte"), Line("mocha"), Line("tea")]
    order = done(shop.buy(ANN, lines, key="k1", paid=Payment(done(shop.quote(ANN, lines)).total, "r")))
    assert counted(place, 1, "¥19.00", 1)
    buy(shop, ANN, "mocha", "k2")
    assert counted(place, 2, "¥29.00", 1)
    done(shop.refund(order, lines={"latte": 1}, key="r1"))
    assert counted(place, 2, "¥20.00", 0)
    done(shop.refund(order, lines={"mocha": 1}, key="r2"))
    assert counted(place, 1, "¥10.00", 0)  # the tea is still there, and no coffee
    done(shop.refund(order, key="r3"))
    assert counted(place, 1, "¥10.00", 0)
    sound(place)


@pytest.mark.parametrize("to", ["premium", "lite"])
def test_a_shared_limit_of_what_runs_does_not_stop_a_change(place: World, to: str) -> None:
    shop = place.shop
    order = buy(shop, ANN, "basic", "k1")
    assert codes(shop.quote(ANN, "premium")) == ["one"]
    change(shop, order.subscription, to, "c1")
    assert codes(shop.quote(ANN, "premium")) == ["one"]
    place.travel(days=31)
    assert [each.product for each in shop.wallet("ann").subscriptions if each.state == "running"] == [to]
    assert codes(shop.quote(ANN, "basic")) == ["one"]
    sound(place)
