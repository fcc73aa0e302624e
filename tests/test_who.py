"""Who asks: a Who, or a customer's id, and nothing else."""

from typing import Any

import pytest

from entitle import FactError, Money, Payment, Purchase, Who
from entitle.testing.world import World
from tests.books import released
from tests.shops import done

YEAR = "starlight-year"


def test_a_customer_s_id_stands_for_who_tells_no_facts(place: World) -> None:
    place.shop.publish(released("products: {p: {name: P, price: ¥1.00, hold: 1 hour, gives: [{benefit: ticket}]}}"))
    told, one = Who("ann"), Payment(Money("1.00", "CNY"), "pay-1")
    assert done(place.shop.quote("ann", "p")).total == done(place.shop.quote(told, "p")).total
    order = done(place.shop.buy("ann", "p", key="k-1", paid=one))
    assert done(place.shop.buy(told, "p", key="k-1", paid=one)).id == order.id
    assert done(place.shop.hold("ann", "p", key="k-1")).customer == "ann"
    (bought,) = place.shop.buy_many([Purchase("bob", "p", key="k-2", paid=Payment(one.amount, "pay-2"))])
    assert done(bought).customer == "bob"


@pytest.mark.parametrize("who", [None, 7, b"ann", ("ann",)], ids=repr)
def test_what_nobody_is_called_is_told_for_what_it_is(place: World, who: Any) -> None:
    shop = place.shop
    for call in (
        lambda: shop.quote(who, YEAR),
        lambda: shop.buy(who, YEAR, key="k"),
        lambda: shop.hold(who, YEAR, key="k"),
        lambda: shop.claim(who, "ticket", key="k"),
        lambda: shop.reveal(who, "ticket", key="k"),
        lambda: shop.spend(who, "discs", 1, key="k"),
        lambda: shop.gate("login", who),
        lambda: shop.buy_many([Purchase(who, YEAR, key="k")])[0].unwrap(),
    ):
        with pytest.raises(FactError, match=r"who: is a Who, or a customer's id; I got "):
            call()
