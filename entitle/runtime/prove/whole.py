"""Offers on the whole order: what they may make of one unit, whatever lines are bought beside it. By rates.

A unit's share of a discount is rounded up at most, so it costs at least `bound` where never `off × unit > sum × (unit −
bound)`. Of two units with one floor the cheaper stays the cheaper, so the cheapest of each floor stands for all.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product as every

import z3

from entitle.ir import Input, Value
from entitle.release import FREE, OrderStep, Product
from entitle.runtime.prove.floors import Floors
from entitle.runtime.prove.lines import seen, seen_with
from entitle.runtime.prove.replay import Beside, Encoded, Witness
from entitle.runtime.prove.subject import Subject
from entitle.runtime.prove.world import plain_value
from entitle.runtime.smt_terms import Term

UNITS_TRIED, OTHERS_TRIED = 12, 3


@dataclass(frozen=True, slots=True)
class Left:
    """What an offer leaves of a unit with a floor, where no other comes after it.

    unit   what the cheapest unit costs that it may lower
    bound  what is left of that one at least, with all steps so far; of a dearer one at least as great a part
    off    what all steps so far take off a whole order at most, so off one unit too
    steps  how many these are: at each a share may be rounded up
    """

    offer: str
    floor: int
    unit: int
    bound: int
    off: int
    steps: int

    def law(self, before: Term, after: Term) -> Term:
        """What is true of a unit before and after it."""
        part = after * self.unit >= before * self.bound - self.steps * self.unit
        return z3.And(part, after >= max(self.bound, self.floor), after >= before - self.off)


class Whole:
    """The offers on the whole order that see a product, step by step."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.steps = seen(subject.release, subject.product.id)
        self._floors: dict[str, Floors] = {}
        self._mosts: dict[str, int] = {}

    def floors(self, step: OrderStep, offer: str) -> Floors:
        """The prices of a unit for those who have the offer."""
        found = self._floors.get(offer)
        if found is None:
            subject = self.subject
            found = Floors(subject.release, subject.product, subject.patience, subject.at, (step, offer))
            self._floors[offer] = found
        return found

    def taken(self) -> Iterator[tuple[int, str, Floors]]:
        """Every offer, with the number of its step and the prices of those who have it."""
        for number, (step, offers) in enumerate(self.steps):
            for offer in offers:
                yield number, offer, self.floors(step, offer)

    def least(self) -> Iterator[Left]:
        """What is left of a unit at least, for each offer and each floor. Raises RanOut."""
        for number, offer, floors in self.taken():
            for floor, low in floors.by_floor.items():
                reaching = self.reaching(number, offer, low.pays, 0)
                bound, off = self._after(floors, offer, reaching, 0), self._off(number, offer)
                yield Left(offer, floor, low.pays, bound, off, number + 1)

    def reaching(self, number: int, offer: str, unit: int, floor: int) -> int:
        """What such a unit costs at least at an offer's step; no share takes it under the floor. Raises RanOut."""
        promotions = self.subject.release.promotions
        for step, offers in self.steps[:number]:
            beside = [each for each in offers if each not in promotions[offer].apart]
            unit = min([unit, *(self._after(self.floors(step, each), each, unit, floor) for each in beside)])
        return unit

    def _off(self, number: int, offer: str) -> int:
        """What this and the offers of earlier steps take off a whole order at most. Raises RanOut."""
        earlier = [[self.most_off(step, each) for each in offers] for step, offers in self.steps[:number]]
        return self.most_off(self.steps[number][0], offer) + sum(map(max, earlier))

    def most_off(self, step: OrderStep, offer: str) -> int:
        """What an offer takes off a whole order at most. Raises RanOut."""
        if offer not in self._mosts:
            floors, low, high = self.floors(step, offer), 0, 1
            while takes(floors, offer, high):
                low, high = high, 2 * high
            while high - low > 1:
                tried = (low + high) // 2
                low, high = (tried, high) if takes(floors, offer, tried) else (low, tried)
            self._mosts[offer] = low
        return self._mosts[offer]

    def _after(self, floors: Floors, offer: str, unit: int, floor: int) -> int:
        """What such a unit costs at least after the offer."""
        low, high = floor, unit
        while low < high:
            tried = (low + high + 1) // 2
            if cuts(floors, offer, unit, tried):
                high = tried - 1
            else:
                low = tried
        return low


def cuts(floors: Floors, offer: str, unit: int, bound: int) -> bool:
    """Is there an order on which the offer takes more off such a unit than it has above the bound? Raises RanOut."""
    reached, off = _seen(floors, offer)
    return floors.world.find(reached >= unit, off <= reached, off * unit > reached * (unit - bound)) is not None


def takes(floors: Floors, offer: str, amount: int) -> bool:
    """Is there an order on which the offer takes as much off? Raises RanOut."""
    reached, off = _seen(floors, offer)
    return floors.world.find(off <= reached, off >= amount) is not None


def _seen(floors: Floors, offer: str) -> tuple[Term, Term]:
    """What the lines that an offer sees cost before it, and what it takes off them."""
    reached: Term = floors.world.customer.told[f"sum.{offer}"]
    return reached, reached - floors.whole.terms.lets[f"after.{offer}"]


def orders(subject: Subject, facts: Encoded, also: Sequence[Input] = ()) -> Iterator[Witness]:
    """Orders of the customer of these facts, each decided: more or fewer units, alone or with other products.

    Beside it stand products that an offer on the whole order sees with it; there is as much of everything as is bought.
    """
    unused: dict[str, Value | None] = {**facts, **{name: False for name in facts if name.startswith("code.")}}
    for units in _tried(subject.product):
        for told in (facts, unused):
            stocked = _stocked(told, ((subject.product, units),))
            yield subject.replayed({**stocked, "quantity": units}, also)
    for units, beside in _baskets(subject):
        others = [(subject.release.products[other], count) for other, count in beside]
        inputs = [each for other, _ in others for each in other.program.inputs]
        absent = {each.name: plain_value(each) for each in inputs if each.origin == "request"}
        stocked = _stocked({**absent, **facts}, ((subject.product, units), *others))
        yield subject.replayed({**stocked, "quantity": units}, also, beside)


def _baskets(subject: Subject) -> Iterator[tuple[int, tuple[Beside, ...]]]:
    """How many units of the product, and what is bought beside them: one other product, then several."""
    beside = seen_with(subject.release, subject.product.id)
    others = [each for each in subject.release.products.values() if each.id in beside]
    for other in others[:OTHERS_TRIED]:
        for units, count in sorted(every(_tried(subject.product), _tried(other)), key=sum):
            if units + count <= subject.product.sale.quantity[0] + other.sale.quantity[0] + UNITS_TRIED:
                yield units, ((other.id, count),)
    for many in range(2, min(len(others), UNITS_TRIED) + 1):
        for units in _tried(subject.product):
            yield units, tuple((other.id, other.sale.quantity[0]) for other in others[:many])


def _tried(product: Product) -> range:
    """How many units of a product are tried."""
    lo, hi = product.sale.quantity
    return range(lo, min(hi, lo + UNITS_TRIED) + 1)


def _stocked(facts: Encoded, bought: Sequence[tuple[Product, int]]) -> Encoded:
    """The same facts, where pools hold what is bought."""
    needed: Counter[str] = Counter()
    for product, units in bought:
        for draw in product.draws:
            needed[f"{FREE}{draw.pool}"] += draw.units * units
    return {**facts, **{name: max(int(facts.get(name) or 0), units) for name, units in needed.items()}}
