"""Offers on the whole order: what they may make of one unit, whatever lines are bought beside it. By rates.

A unit's share of a discount is rounded up at most, so it costs at least `bound` where never `off × unit > sum × (unit −
bound)`. Of two units with one floor the cheaper stays the cheaper, so the cheapest of each floor stands for all.
"""

from collections.abc import Iterator, Sequence

from entitle.ir import Input, Value
from entitle.release import OrderStep
from entitle.runtime.prove.floors import Floors, Low
from entitle.runtime.prove.replay import Encoded, Witness
from entitle.runtime.prove.subject import Subject
from entitle.runtime.smt_terms import Term

UNITS_TRIED, OTHERS_TRIED = 12, 3


class Whole:
    """The offers on the whole order that see a product, step by step."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        promotions = subject.release.promotions
        seen = [
            (step, [each for each in step.offers if subject.product.id in promotions[each].products])
            for step in subject.release.order_steps
        ]
        self.steps = [(step, offers) for step, offers in seen if offers]
        self._floors: dict[str, Floors] = {}

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

    def least(self) -> dict[int, int]:
        """What a unit costs at least after all of these offers, by its floor. Raises RanOut."""
        found: dict[int, int] = {}
        for number, offer, floors in self.taken():
            for floor, low in floors.by_floor.items():
                amount = self._after(floors, offer, self.reaching(number, offer, low), floor)
                found[floor] = min(amount, found.get(floor, amount))
        return found

    def reaching(self, number: int, offer: str, low: Low) -> int:
        """What a unit costs at least that reaches an offer's step. Raises RanOut."""
        promotions, unit = self.subject.release.promotions, low.pays
        for step, offers in self.steps[:number]:
            beside = [each for each in offers if each not in promotions[offer].apart]
            unit = min([unit, *(self._after(self.floors(step, each), each, unit, low.cell.floor) for each in beside)])
        return unit

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
    told, lets = floors.world.customer.told, floors.whole.terms.lets
    reached: Term = told[f"sum.{offer}"]
    off = reached - lets[f"after.{offer}"]
    asked = [reached >= unit, off <= reached]
    asked += [told[name] >= reached for name in (f"listed.{offer}",) if name in told]
    return floors.world.find(*asked, off * unit > reached * (unit - bound)) is not None


def orders(subject: Subject, facts: Encoded, also: Sequence[Input] = ()) -> Iterator[Witness]:
    """Orders of the customer of these facts, each decided: more or fewer units, alone or with other products."""
    lo, hi = subject.product.sale.quantity
    unused: dict[str, Value | None] = {**facts, **{name: False for name in facts if name.startswith("code.")}}
    for units in range(lo, min(hi, lo + UNITS_TRIED) + 1):
        for told in (facts, unused):
            yield subject.replayed({**told, "quantity": units}, also)
    others = [each for each in subject.release.products.values() if each != subject.product]
    for other in others[:OTHERS_TRIED]:
        for units in range(1, min(other.sale.quantity[1], UNITS_TRIED) + 1):
            yield subject.replayed({**facts, "quantity": lo}, also, ((other.id, units),))
