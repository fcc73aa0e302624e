"""A priced charge -> the offers that were not taken and why, and what is missing for those that nearly were."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from entitle.ir import Best, Fact, Node, Running, Value
from entitle.release import OrderStep, Promotion
from entitle.runtime.lets import Lets, Reading
from entitle.runtime.pricing import Asked, Cost, Facts, Priced, Taken, lowered, of_lines, under, units_of
from entitle.runtime.standing import Missing, Standing, conditions_of

if TYPE_CHECKING:
    from entitle.runtime.decide import Decider

Why = Literal["excluded", "step-taken", "dearer", "no-difference", "used-up", "not-reached"]


@dataclass(frozen=True, slots=True)
class Untaken:
    """A promotion that this customer could have used, or whose code was presented, and why it was not taken.

    by  the promotions that are in its way
    """

    promotion: Promotion
    why: Why
    by: tuple[str, ...] = ()


Note = Untaken | Missing
Same = Callable[[Standing], bool]


def notes(
    decider: "Decider", asked: Sequence[Asked], steps: Mapping[str, Facts], priced: Priced, nth: int
) -> Iterator[Note]:
    """Of every offer that is open to this customer. `nth`: the number of the charge among those that cost something."""
    on_order = [each.offer for each in priced.order]
    for line, cost in zip(asked, priced.lines, strict=True):
        if cost.base:
            yield from _OnUnit(decider, line, cost, on_order).notes()
    yield from _OnOrder(decider, asked, steps, priced, nth).notes()


# ---- one step


def _of_step(standings: Sequence[Standing], chosen: Sequence[str], most: int, same: Same) -> Iterator[Note]:
    """The offers of one step. `same`: does one more, with none at its step, leave the total as it is?"""
    taken = next((each for each in standings if each.promotion.id in chosen), None)
    for each in standings:
        if not each.open:
            continue
        rival = None if each is taken else taken
        apart = tuple(id_ for id_ in chosen if id_ in each.promotion.apart)
        missing = None
        if not apart and not each.used_up:
            missing = each.more_amount(rival) or each.more_units(rival, most)
        why = None if each is taken else _why(each, apart, rival, same)
        if missing is not None and why is not None and why.why == "no-difference":
            why = None  # it will make one
        yield from (note for note in (why, missing) if note is not None)


def _why(each: Standing, apart: tuple[str, ...], rival: Standing | None, same: Same) -> Untaken | None:
    if each.used_up:
        return Untaken(each.promotion, "used-up")
    if not each.eligible:
        return Untaken(each.promotion, "not-reached") if each.promotion.code is not None else None
    if apart:
        return Untaken(each.promotion, "excluded", apart)
    if rival is not None:
        return Untaken(each.promotion, "step-taken", (rival.promotion.id,))
    return Untaken(each.promotion, "no-difference" if same(each) else "dearer")


def _presented(promotion: Promotion, facts: Facts) -> bool:
    """Is its code presented, where it has one?"""
    return promotion.code is None or bool(facts[f"code.{promotion.id}"])


# ---- on a unit


class _OnUnit:
    def __init__(self, decider: "Decider", asked: Asked, cost: Cost, on_order: Sequence[str]) -> None:
        self.release, self.product, self.cost = decider.release, asked.product, cost
        # whether an offer on the order keeps another away is told by `apart`: to the program none is with it
        facts = {name: False if name.startswith("with.") else value for name, value in cost.facts.items()}
        self.program = Reading(asked.product.program, facts)
        self.units = len(cost.units)
        self.as_asked = self._lets(self.units)
        self.chosen = (*cost.offers, *on_order)

    def notes(self) -> Iterator[Note]:
        best = self.program.nodes["best"]
        if not isinstance(best, Best):
            return
        steps = [self._standings(i, best) for i in range(len(best.steps))]
        reached, most = self.cost.base, self.product.sale.quantity[1]
        for i, step in enumerate(steps):
            here = [replace(each, reached=reached) for each in step]
            yield from _of_step(here, self.chosen, most, partial(self._same, steps[i + 1 :]))
            reached = self._after(here, reached)

    def _standings(self, step: int, best: Best) -> list[Standing]:
        amount = self.program.turning(lambda node: isinstance(node, Running))
        number = self.program.turning(lambda node: isinstance(node, Fact) and node.name == "quantity")
        return [
            Standing(
                self.release.promotions[id_], conditions_of(offer.may), offer.amount, 0, self.units, self._value,
                amount, number,
            )
            for id_, offer in zip(self.product.offers[step], best.steps[step], strict=True)
            if _presented(self.release.promotions[id_], self.program.facts)
        ]  # fmt: skip

    def _value(self, node: Node, amount: int, units: int) -> Value:
        return (self.as_asked if units == self.units else self._lets(units)).value(node, amount)

    def _lets(self, units: int) -> Lets:
        """With so many units; what a unit costs before the offers is known, however many rows its table has."""
        lets = self.program.lets(quantity=units)
        lets |= {"base": self.cost.base, "floor": self.cost.floor}
        return lets

    def _after(self, step: Sequence[Standing], amount: int) -> int:
        """The amount after the offer that was taken at a step."""
        taken = next((each for each in step if each.promotion.id in self.cost.offers), None)
        return amount if taken is None else amount - taken.off(amount, self.units)

    def _same(self, later: Sequence[Sequence[Standing]], each: Standing) -> bool:
        """Are all that were taken after it still allowed with it? Then the price is the same: it was the least."""
        amount = each.reached - each.off(each.reached, self.units)
        for step in later:
            taken = [other for other in step if other.promotion.id in self.cost.offers]
            if not all(other.holds(amount, self.units) for other in taken):
                return False
            amount = self._after(step, amount)
        return True


# ---- on the whole order


class _OnOrder:
    def __init__(
        self, decider: "Decider", asked: Sequence[Asked], steps: Mapping[str, Facts], priced: Priced, nth: int
    ) -> None:
        self.decider, self.asked, self.steps, self.priced, self.nth = decider, asked, steps, priced, nth
        self.on_order = tuple(each.offer for each in priced.order)
        on_units = tuple(id_ for cost in priced.lines for id_ in cost.offers)
        self.chosen = (*self.on_order, *dict.fromkeys(on_units))

    def notes(self) -> Iterator[Note]:
        lines = [replace(cost, units=(cost.unit,) * len(cost.units)) for cost in self.priced.lines]
        most = sum(line.product.sale.quantity[1] for line in self.asked)
        for step in self.decider.release.order_steps:
            yield from _of_step(list(self._standings(step, lines)), self.chosen, most, self._same)
            for taken in self.priced.order:
                if taken.offer in step.offers:
                    lines = self._after(lines, taken)

    def _seen(self, promotion: Promotion) -> list[int]:
        """The lines that it is for."""
        return [i for i, line in enumerate(self.asked) if line.product.id in promotion.products]

    def _after(self, lines: Sequence[Cost], taken: Taken) -> list[Cost]:
        promotion = self.decider.release.promotions[taken.offer]
        seen = self._seen(promotion)
        return lowered(lines, seen, promotion, units_of(self.asked, lines, seen), sum(taken.off) + taken.kept)

    def _standings(self, step: OrderStep, lines: Sequence[Cost]) -> Iterator[Standing]:
        facts: dict[str, Value | None] = {**self.steps[step.id], "nth": self.nth}
        promotions = [self.decider.release.promotions[id_] for id_ in step.offers]
        seen = [each for each in promotions if self._seen(each) and _presented(each, facts)]
        for each in seen:
            of = self._seen(each)
            facts |= of_lines(self.asked, lines, of, each, units_of(self.asked, lines, of))
        reading = Reading(step.program, facts)
        as_asked = reading.lets()
        for each in seen:
            yield _on_order(reading, as_asked, each)

    def _same(self, each: Standing) -> bool:
        """Is the total the same with it?"""
        chosen = (*self.on_order, each.promotion.id)
        found = under(self.decider, self.asked, self.steps, self.nth, chosen)
        return found is not None and found.total == self.priced.total


def _on_order(reading: Reading, as_asked: Lets, promotion: Promotion) -> Standing:
    """A promotion as it stands in the program of its step."""
    total, number, nodes = f"sum.{promotion.id}", f"units.{promotion.id}", reading.nodes
    reached, units = int(as_asked.facts[total] or 0), int(as_asked.facts[number] or 0)

    def value(node: Node, amount: int, many: int) -> Value:
        same = (amount, many) == (reached, units)
        return (as_asked if same else reading.lets(**{total: amount, number: many})).value(node)

    def varying(name: str) -> Callable[[Node], bool]:
        return lambda node: isinstance(node, Fact) and node.name == name

    conditions = (
        *conditions_of(nodes[f"open.{promotion.id}"]),
        *conditions_of(nodes[f"may.{promotion.id}"])[1:],  # the first is that it is open
    )
    result = nodes[f"after.{promotion.id}"]
    turns = reading.turning(varying(total)), reading.turning(varying(number))
    return Standing(promotion, conditions, result, reached, units, value, *turns)
