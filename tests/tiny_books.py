"""Rulebooks so small that every customer and every order can be asked: two products, and a few offers that meet.

A rulebook is a number of pieces, and each is drawn by itself: another version is the same with one piece drawn again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from random import Random

from entitle.release import Release
from entitle.runtime.decide import Decider, OrderVerdict
from entitle.runtime.prove.replay import Purchase, decided

AT = 1_798_682_400_000_000  # 2026-12-31 10:00 in Shanghai
OFFERS, PRODUCTS, LEVELS, CODE = ("a", "b", "c"), ("p", "q"), (0, 1, 2), "NEW"
HEAD = """\
entitle: 1
name: tiny
timezone: Asia/Shanghai
currency: CNY
round: half_up
price_steps: {unit: each_unit, early: whole_order, late: whole_order}
facts: {level: {type: 0..2, if_missing: 0}}
benefits: {club: {kind: access, name: Club}}
"""
CLAIMS = """\
always:
  five: {always: pay >= ¥5.00}
  eight: {always: pay >= ¥8.00}
  nine: {always: pay >= ¥9.00}
  novices: {never: level < 2 and applied a}
"""
PIECES: dict[str, tuple[str, ...]] = {  # some are the same in other words, and are drawn in the place of each other
    "price": ("¥10.00", "¥12.00", "{table: [{level: 0..1, price: ¥12.00}, {otherwise: ¥10.00}]}"),
    "floor": ("{otherwise: ¥3.00}", "{otherwise: ¥8.00}", "{level: 2..2, at_least: ¥5.00}, {otherwise: ¥8.00}"),
    "buyers": ("true", "level >= 1", "level > 0"),
    "units": ("1..1", "1..2", "1..3"),
    "step": ("unit", "early", "early", "late"),
    "products": ("[p]", "[p, q]", "[q, p]", "[q]"),
    "takes": ("minus: ¥1.00", "minus: ¥3.00", "pay: 90%", "pay: 9折", "pay: 70%"),
    "if": ("true", "level >= 2", "level > 1", "amount >= ¥20.00", "not amount < ¥20.00", "amount < ¥15.00"),
}


@dataclass(frozen=True)
class Book:
    """What was drawn for each piece, by the product or the offer and the piece's name."""

    drawn: dict[tuple[str, str], str]

    @property
    def text(self) -> str:
        said = self.drawn
        rows = [
            f"  {id_}: {{name: {id_}, price: {said[id_, 'price']}, floor: [{said[id_, 'floor']}],"
            f" sell: {{if: {said[id_, 'buyers']}, quantity: {said[id_, 'units']}}}, gives: [{{benefit: club}}]}}"
            for id_ in PRODUCTS
        ]
        offers = [
            f"  {id_}: {{step: {said[id_, 'step']}, products: {said[id_, 'products']}, {said[id_, 'takes']},"
            f" if: {said[id_, 'if']}{said[id_, 'apart']}{said[id_, 'code']}}}"
            for id_ in OFFERS
        ]
        return "\n".join([f"{HEAD}products:", *rows, "promotions:", *offers, CLAIMS])


def _choices(id_: str, piece: str) -> tuple[str, ...]:
    if piece == "code":
        return ("", f", code: {CODE}") if id_ == OFFERS[-1] else ("",)
    if piece == "apart":
        return ("", "", *(f", cannot_combine_with: [{each}]" for each in OFFERS if each != id_))
    return PIECES[piece]


def drawn(random: Random) -> Book:
    """A rulebook."""
    of_products = product(PRODUCTS, ("price", "floor", "buyers", "units"))
    of_offers = product(OFFERS, ("step", "products", "takes", "if", "apart", "code"))
    return Book({each: random.choice(_choices(*each)) for each in (*of_products, *of_offers)})


def changed(book: Book, random: Random) -> Book:
    """The same with one piece that is drawn again."""
    several = [each for each in book.drawn if len(set(_choices(*each))) > 1]
    piece = random.choice(several)
    others = [each for each in _choices(*piece) if each != book.drawn[piece]]
    return Book({**book.drawn, piece: random.choice(others)})


@dataclass(frozen=True)
class Order:
    """Everything that differs between two customers: so many of each product, a level, and the code or none."""

    units: tuple[int, ...]
    level: int
    codes: tuple[str, ...]

    @property
    def bought(self) -> list[tuple[str, int]]:
        return [(id_, units) for id_, units in zip(PRODUCTS, self.units, strict=True) if units]


def orders(release: Release) -> Iterator[Order]:
    """Every order of so many units as the rulebook sells."""
    sold = [release.products[id_].sale.quantity for id_ in PRODUCTS]
    for units in product(*([0, *range(least, most + 1)] for least, most in sold)):
        if any(units):
            yield from (Order(units, level, codes) for level, codes in product(LEVELS, ((), (CODE,))))


Answers = dict[Order, OrderVerdict]


def asked(release: Release) -> Answers:
    """What the runtime says of every order."""
    decider, found = Decider(release), Answers()
    for order in orders(release):
        (first, units), *beside = order.bought
        done = Purchase(first, AT, units, {"level": order.level}, {}, order.codes, (), 1, tuple(beside))
        found[order] = decided(decider, done)
    return found
