"""What broke in other shops, and must not break here: totals below zero, stacked discounts, cents, refunds of parts."""

from pathlib import Path

import pytest

from entitle import FactError, Line, Payment, Refused, Who
from entitle.decision import ON_ACCOUNT
from entitle.release import Release
from entitle.shop.facade import Shop
from entitle.testing.world import World
from tests.books import compiled
from tests.shops import codes, done, world

ANN = Who("ann")
RULES = """\
entitle: 1
name: incidents
timezone: Asia/Shanghai
currency: CNY
price_steps: {campaign: each_unit, threshold: whole_order, coupon: whole_order}
max_codes: 2
benefits: {club: {kind: access, name: Club}}
products:
  card:
    name: Card
    sell: {quantity: 1..5}
    price: ¥33.33
    gives: [{benefit: club}]
    limits: [{id: four, max: 4, per: customer, in_each: lifetime}]
    refund: {within: 30 days, if_used: keep}
  pass:
    name: Pass
    price: ¥9.99
    gives: [{benefit: club}]
    refund: {within: 30 days, if_used: keep}
promotions:
  ten: {step: threshold, products: all, if: amount >= ¥99.99, minus: ¥10.00}
  five: {step: campaign, products: [pass], code: FIVE, minus: ¥5.00, once_per: customer}
  six: {step: coupon, products: [pass], code: SIX, minus: ¥6.00}
  half: {step: coupon, products: [pass], code: HALF, pay: 50%, cannot_combine_with: [any_code]}
"""


def book() -> Release:
    release = compiled(book=RULES).release
    assert release is not None
    return release


@pytest.fixture(params=["memory", "sqlite"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    return world("memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'shop.db'}", release=book())


def total(shop: Shop, *lines: Line, said: tuple[str, ...] = ()) -> int:
    return done(shop.quote(ANN, [*lines], codes=said)).total.minor


# ---- totals


@pytest.mark.parametrize("quantity", [0, -1, -3, 1.5, True])
def test_a_quantity_below_one_never_makes_a_total_below_zero(quantity: int, place: World) -> None:
    """A negative line beside others lowered a total, down to less than nothing."""
    for ask in (place.shop.quote, place.shop.buy):
        more = {} if ask == place.shop.quote else {"key": "k", "paid": ON_ACCOUNT}
        with pytest.raises(FactError):
            ask(ANN, [Line("card", 1), Line("pass", quantity)], **more)  # type: ignore[arg-type]
    assert place.shop.history("ann") == ()


def test_stacked_discounts_stop_at_nothing(place: World) -> None:
    """9.99 less 5.00 less 6.00 is nothing, and nothing is to pay; it is given all the same."""
    assert total(place.shop, Line("pass"), said=("FIVE", "SIX")) == 0
    order = done(place.shop.buy(ANN, "pass", codes=("FIVE", "SIX"), key="k"))
    assert (order.total.minor, place.shop.has("ann", "club")) == (0, True)
    assert done(place.shop.refund(order, key="r")).amount.minor == 0


# ---- stacking


def test_a_code_presented_twice_lowers_once(place: World) -> None:
    assert total(place.shop, Line("pass"), said=("SIX", "SIX")) == 399
    assert total(place.shop, Line("pass"), said=("six", "SIX")) == 399


def test_codes_that_exclude_each_other_do_not_stack_in_any_order(place: World) -> None:
    for said in (("HALF", "FIVE"), ("FIVE", "HALF")):
        assert total(place.shop, Line("pass"), said=said) == 499
    for said in (("SIX", "FIVE"), ("FIVE", "SIX")):
        assert total(place.shop, Line("pass"), said=said) == 0


def test_a_code_that_was_free_when_quoted_is_judged_again_when_bought(place: World) -> None:
    """A limit checked when the code was entered, and not when the order was placed, let it be used again."""
    first, second = (done(place.shop.quote(ANN, "pass", codes=("FIVE",))) for _ in range(2))
    done(place.shop.buy(ANN, "pass", codes=("FIVE",), key="a", agreed=first, paid=Payment(first.total, "p-1")))
    again = place.shop.buy(ANN, "pass", codes=("FIVE",), key="b", agreed=second, paid=Payment(second.total, "p-2"))
    assert isinstance(again, Refused)
    assert codes(again) == ["code-used-up"]


def test_one_product_on_two_lines_is_counted_together(place: World) -> None:
    """A limit that each line passed alone was passed by both."""
    assert place.shop.quote(ANN, [Line("card", 2), Line("card", 2)]).ok
    over = place.shop.buy(ANN, [Line("card", 2), Line("card", 3)], key="k", paid=ON_ACCOUNT)
    assert codes(over) == ["four"]


def test_a_threshold_is_not_reached_by_what_discounts_took_off(place: World) -> None:
    """33.33 three times and a pass for 4.99 reach 99.99; less would not."""
    assert total(place.shop, Line("card", 3), Line("pass"), said=("FIVE",)) == 9999 + 499 - 1000
    assert total(place.shop, Line("card", 2), Line("pass"), said=("FIVE",)) == 6666 + 499


# ---- cents, and refunds of parts


def test_what_units_pay_adds_up_to_the_total(place: World) -> None:
    """10.00 off three units of 33.33: 3.34, 3.33 and 3.33; no cent is lost or made."""
    order = done(place.shop.buy(ANN, Line("card", 3), key="k", paid=ON_ACCOUNT))
    backs = [done(place.shop.refund(order, lines={"card": 1}, key=f"r-{n}")).amount.minor for n in range(3)]
    assert (sorted(backs), sum(backs), order.total.minor) == ([2999, 3000, 3000], 8999, 8999)
    assert codes(place.shop.refund(order, key="more")) == ["already-refunded"]
    assert place.shop.reconcile().ok


def test_a_part_is_given_back_at_what_was_paid_for_it(place: World) -> None:
    """A refund of one line at its list price gave back a discount that was never paid."""
    lines = [Line("card", 3), Line("pass")]
    order = done(place.shop.buy(ANN, lines, key="k", paid=ON_ACCOUNT))
    assert order.total.minor == 9999 + 999 - 1000
    back = done(place.shop.refund(order, lines={"pass": 1}, key="r-1")).amount.minor
    assert back == 999 - 91  # 1000 * 999 / 10998 is 90.8, and its remainder is the largest
    rest = done(place.shop.refund(order, key="r-2")).amount.minor
    assert back + rest == order.total.minor
    assert place.shop.reconcile().ok
