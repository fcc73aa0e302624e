"""What cannot be a text, an amount or a case is said to be so before a store sees it: the same on both stores."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from entitle import Declined, FactError, Money, NotFound, Payment, Refused, UnknownName, Who
from entitle.shop.facade import Shop
from entitle.testing.world import World
from tests.books import compiled
from tests.shops import ANN, buy, codes, done, shanghai, world

MONTHLY, YEAR = "starlight-monthly", "starlight-year"
HALF = "half \ud83d"  # the first half of a character
RULES = """\
entitle: 1
name: texts
timezone: Asia/Shanghai
currency: CNY
facts: {device: {type: key, if_missing: ask}, note: {type: text, if_missing: ask}}
lists: {notes: [a, b]}
benefits: {ticket: {kind: voucher, name: Ticket}, gift: {kind: card_code, name: Gift, pool: gifts}}
pools: {gifts: {of: card_codes}}
products:
  p:
    name: P
    price: ¥1.00
    sell: {if: note in notes}
    gives: [{benefit: ticket}]
    limits: [{id: one, max: 1, per: device, in_each: day}]
"""


@pytest.mark.parametrize("told", [{"by": None}, {"why": None}, {"by": 7}, {"why": HALF}, {"by": "a\0b"}])
def test_who_did_it_and_why_are_texts(told: dict[str, Any], place: World) -> None:
    paid = Payment(Money("238.00", "CNY"), "r")
    with pytest.raises(FactError, match="is a text"):
        place.shop.buy(ANN, YEAR, key="k", paid=paid, **told)
    order = done(place.shop.buy(ANN, YEAR, key="k", paid=paid, by="me", why="说明\n二"))
    with pytest.raises(FactError, match="is a text"):
        place.shop.claim(ANN, order.grant("cinema-ticket"), key="c", **told)


@pytest.mark.parametrize("note", [HALF, "a\0", "", "x" * 201])
def test_facts_are_texts(note: str) -> None:
    release = compiled(book=RULES).release
    assert release is not None
    shop = world(release=release).shop
    for who in (Who("ann", facts={"note": note, "device": "d"}), Who("ann", facts={"note": "a", "device": note})):
        with pytest.raises(FactError, match="is a text of 1 to 200 characters; I got"):
            shop.quote(who, "p")
    assert shop.quote(Who("ann", facts={"note": "a", "device": "d"}), "p").ok
    with pytest.raises(FactError, match="are texts of 1 to 200 characters"):
        shop.fill("gifts", [note], key="f")


BAD: list[tuple[type[Exception], Callable[[Shop], object]]] = [
    (FactError, lambda shop: shop.redeem("grn_1", outlet=HALF, key="k")),
    (FactError, lambda shop: shop.quote(ANN, YEAR, codes=[HALF])),
    (FactError, lambda shop: shop.settle(shop.charges()[0], Declined(HALF))),
    (FactError, lambda shop: shop.settle("sub_1", Declined("no"))),  # type: ignore[arg-type]
    (UnknownName, lambda shop: shop.quote(ANN, HALF)),
    (UnknownName, lambda shop: shop.buy(ANN, HALF, key="k")),
    (UnknownName, lambda shop: shop.has("ann", HALF)),
    (UnknownName, lambda shop: shop.claim(ANN, HALF, key="k")),
    (UnknownName, lambda shop: shop.spend(ANN, HALF, 1, key="k")),
    (UnknownName, lambda shop: shop.fill(HALF, 1, key="k")),
    (NotFound, lambda shop: shop.cancel(HALF, key="k")),
    (NotFound, lambda shop: shop.explain(HALF)),
    (NotFound, lambda shop: shop.redeem("grn_" + HALF, key="k")),
    (NotFound, lambda shop: shop.redeem("grn_1", key="k")),
    (ValueError, lambda shop: shop.wallet(HALF)),
    (ValueError, lambda shop: shop.buy(ANN, YEAR, key=HALF)),
]


@pytest.mark.parametrize(("error", "ask"), BAD)
def test_half_a_character_is_no_name(error: type[Exception], ask: Callable[[Shop], object], place: World) -> None:
    buy(place.shop, ANN, MONTHLY, "k-1")
    place.clock.now = shanghai("2026-12-31 20:00")
    with pytest.raises(error) as raised:
        ask(place.shop)
    assert not isinstance(raised.value, UnicodeError)


def test_a_voucher_is_used_by_its_id(place: World) -> None:
    order = buy(place.shop, ANN, YEAR, "k")
    ticket = order.grant("cinema-ticket")
    assert codes(place.shop.redeem(ticket.id, outlet="riverside", key="r")) == ["not-claimed"]
    done(place.shop.claim(ANN, ticket, key="c"))
    used = done(place.shop.redeem(ticket.id, outlet="riverside", key="r"))
    assert (used.grant, used.customer) == (ticket.id, "ann")
    assert done(place.shop.redeem(ticket, outlet="riverside", key="r")) == used  # the same case


def test_what_is_long_is_not_shown_whole(place: World) -> None:
    with pytest.raises(ValueError, match=r"I got 'x{59}… \(60/5002\)$"):
        place.shop.buy(ANN, YEAR, key="x" * 5000)
    with pytest.raises(FactError) as raised:
        place.shop.quote(Who("ann", channel="x" * 5000), YEAR)
    assert len(str(raised.value)) < 300


AMOUNT = "amount: of {} is a decimal text with {} digits after the point"
CURRENCY = "currency: is a code of ISO 4217 that this version knows"
LIKE_CNY = 'write Money("25.00", "CNY")'


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        ("9.999", "CNY", f"{AMOUNT.format('CNY', 2)}; I got '9.999': {LIKE_CNY}"),
        ("9.9", "JPY", f'{AMOUNT.format("JPY", "no")}; I got \'9.9\': write Money("25", "JPY")'),
        ("9.99", "XXZ", f"{CURRENCY}; I got 'XXZ': {LIKE_CNY}"),
        ("CNY", "9.99", f"{CURRENCY}; I got '9.99': {LIKE_CNY}"),
        ("9.99", None, f"{CURRENCY}; I got None: {LIKE_CNY}"),
        ("9.99", [], f"{CURRENCY}; I got []: {LIKE_CNY}"),
        (9.99, "CNY", f"{AMOUNT.format('CNY', 2)}; I got 9.99: {LIKE_CNY}"),
    ],
)
def test_what_is_no_amount_names_the_argument_and_what_to_write(amount: Any, currency: Any, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        Money(amount, currency)


def test_minor_units_are_of_a_currency_that_is_there() -> None:
    with pytest.raises(ValueError, match=r"^currency: is a code of ISO 4217"):
        Money.of_minor(500, "XXZ")


def test_a_refusal_says_what_goes_back(place: World) -> None:
    refused = place.shop.buy(ANN, YEAR, key="k", paid=Payment(Money("1.00", "CNY"), "r"))
    assert isinstance(refused, Refused)
    assert str(refused).endswith("; ¥1.00 was taken and must go back")
    assert "must go back" not in str(place.shop.buy(ANN, YEAR, key="k-2"))
