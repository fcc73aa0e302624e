"""Lines with their encoded facts -> what one charge of an order costs, and by which offers.

Every amount comes out of a program: one for each line, one for each step on the whole order. Beside them stands only
the choice of the set of order offers that makes the least total, each line at its cheapest under that set, and
`sharing`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product as every
from typing import TYPE_CHECKING

from entitle.ir import Value
from entitle.numbering import places
from entitle.release import OUTS, Counter, Product, Promotion
from entitle.runtime.sharing import Unit, cheapest, freed, shared

if TYPE_CHECKING:
    from entitle.runtime.decide import Decider

Facts = Mapping[str, Value | None]
BASE, FLOOR, PAY, BEST, USES = (OUTS.index(name) for name in ("base", "floor", "pay", "best", "uses"))
NO_OFFER = "\U0010ffff"  # comes after every id


@dataclass(frozen=True, slots=True)
class Asked:
    """A line whose price is asked for, with the facts of its program."""

    product: Product
    quantity: int
    facts: Facts


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What is asked of a whole order: its lines, the encoded facts of each order step, and the codes presented."""

    lines: tuple[Asked, ...]
    steps: Mapping[str, Facts]
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cost:
    """What one charge of a line costs: a unit before and after the offers on it, then each unit to pay.

    facts  those that the program was asked with: it can be asked again how it came to that
    uses   the bits of the product's counters that this charge uses
    order  the order offers that see the line
    """

    base: int
    floor: int
    unit: int
    offers: tuple[str, ...]
    units: tuple[int, ...]
    uses: int
    facts: Facts
    order: tuple[str, ...] = ()

    @property
    def applied(self) -> tuple[str, ...]:
        return self.offers + self.order

    @property
    def total(self) -> int:
        return sum(self.units)


@dataclass(frozen=True, slots=True)
class Taken:
    """An offer on the whole order: the sum and the number of units it saw, and what it took off each line.

    kept  what floors kept of its discount
    """

    offer: str
    reached: int
    units: int
    off: tuple[int, ...]
    kept: int
    uses: tuple[Counter, ...]


@dataclass(frozen=True, slots=True)
class Priced:
    """One charge of an order: each line's cost, and the order offers in the order of their steps."""

    lines: tuple[Cost, ...]
    order: tuple[Taken, ...] = ()

    @property
    def total(self) -> int:
        return sum(line.total for line in self.lines)


def price(decider: "Decider", asked: Sequence[Asked], order: Mapping[str, Facts], nth: int = 1) -> Priced:
    """The least total over every allowed set of order offers.

    order  the facts of each order step, but for what the step sees of the lines
    nth    the number of this charge among those that cost something
    """
    tried = (under(decider, asked, order, nth, chosen) for chosen in _sets(decider, asked, order, nth))
    return min((each for each in tried if each is not None), key=lambda each: _rank(decider, asked, each))


def charge_alone(decider: "Decider", asked: OrderFacts, line: int, charge: int, nth: int) -> Priced:
    """What a later charge of a line costs, from what was known at the purchase."""
    one = asked.lines[line]
    return price(decider, [replace(one, facts={**one.facts, "charge": charge})], asked.steps, nth)


def _sets(
    decider: "Decider", asked: Sequence[Asked], order: Mapping[str, Facts], nth: int
) -> Iterator[tuple[str, ...]]:
    """Every set of order offers that are open and may be combined, one or none of each step."""
    promotions = decider.release.promotions
    open_: list[list[str]] = []
    for step in decider.release.order_steps:
        seen = [each for each in step.offers if any(line.product.id in promotions[each].products for line in asked)]
        if seen:
            answer = decider.order_answer(step, {**order[step.id], "nth": nth})
            open_.append([each for each in seen if answer[3 * step.offers.index(each)]])
    for choice in every(*([None, *offers] for offers in open_)):
        chosen = tuple(each for each in choice if each is not None)
        if not any(b in promotions[a].apart for a in chosen for b in chosen):
            yield chosen


def under(
    decider: "Decider", asked: Sequence[Asked], order: Mapping[str, Facts], nth: int, chosen: tuple[str, ...]
) -> Priced | None:
    """The charge under a set of order offers; None where one of them does not apply after all."""
    lines = [_line(decider, each, chosen) for each in asked]
    taken: list[Taken] = []
    for step in decider.release.order_steps:
        for offer in chosen:
            if offer not in step.offers:
                continue
            promotion = decider.release.promotions[offer]
            seen = [i for i, each in enumerate(asked) if each.product.id in promotion.products]
            units = units_of(asked, lines, seen)
            told = of_lines(asked, lines, seen, promotion, units)
            reached = told[f"sum.{offer}"]
            answer = decider.order_answer(step, {**order[step.id], **told, "nth": nth})
            place = 3 * step.offers.index(offer)
            if not answer[place + 1]:
                return None
            before = [line.total for line in lines]
            asked_off = reached - answer[place + 2]
            lines = lowered(lines, seen, promotion, units, asked_off)
            off = tuple(was - line.total for was, line in zip(before, lines, strict=True))
            used = tuple(
                each for i, each in enumerate(step.counters) if answer[-1] >> i & 1 and each in promotion.counters
            )
            taken.append(Taken(offer, reached, told[f"units.{offer}"], off, asked_off - sum(off), used))
    return Priced(tuple(lines), tuple(taken))


def _line(decider: "Decider", asked: Asked, chosen: tuple[str, ...]) -> Cost:
    facts = asked.facts
    flags = {name: name.removeprefix("with.") in chosen for name in facts if name.startswith("with.")}
    answer = decider.run(asked.product, {**facts, **flags} if flags else facts)
    unit = answer[PAY]
    offers = offers_of(asked.product, answer[BEST])
    told = {**facts, **flags}
    return Cost(answer[BASE], answer[FLOOR], unit, offers, (unit,) * asked.quantity, answer[USES], told)


def offers_of(product: Product, best: int) -> tuple[str, ...]:
    """The offers that a choice, as `ir.Best` numbers it, stands for."""
    found: list[str] = []
    for offers, place in zip(product.offers, places(best, [len(each) for each in product.offers]), strict=True):
        found += offers[place : place + 1]
    return tuple(found)


def of_lines(
    asked: Sequence[Asked], lines: Sequence[Cost], seen: Sequence[int], promotion: Promotion, units: Sequence[Unit]
) -> dict[str, int]:
    """What an order step's program is told of the lines that a promotion sees, whose units these are."""
    picked = cheapest(*promotion.free, units) if promotion.free else []
    return {
        f"sum.{promotion.id}": sum(unit.amount for unit in units),
        f"listed.{promotion.id}": sum(lines[i].base * asked[i].quantity for i in seen),
        f"units.{promotion.id}": len(units),
        f"freed.{promotion.id}": sum(units[i].amount for i in picked),
    }


def units_of(asked: Sequence[Asked], lines: Sequence[Cost], seen: Sequence[int]) -> list[Unit]:
    """The units of some of the lines."""
    return [
        Unit(asked[i].product.id, number, amount, lines[i].floor)
        for i in seen
        for number, amount in enumerate(lines[i].units)
    ]


def lowered(
    lines: Sequence[Cost], seen: Sequence[int], promotion: Promotion, units: Sequence[Unit], off: int
) -> list[Cost]:
    """The lines after a promotion's discount on some of them, whose units these are."""
    after = iter(freed(*promotion.free, units) if promotion.free else shared(off, units))
    lowered: dict[int, Cost] = {}
    for i in seen:
        amounts = tuple(next(after).amount for _ in lines[i].units)
        lowered[i] = replace(lines[i], units=amounts, order=(*lines[i].order, promotion.id))
    return [lowered.get(i, line) for i, line in enumerate(lines)]


def _rank(decider: "Decider", asked: Sequence[Asked], found: Priced) -> tuple[int, int, list[str]]:
    """The lower, the better: the total; the number of offers; their ids, step by step."""
    count = sum(len(line.offers) for line in found.lines) + len(found.order)
    lines = sorted(zip(asked, found.lines, strict=True), key=lambda each: each[0].product.id)
    unit = [_taken(step, line.offers) for each, line in lines for step in each.product.offers]
    whole = [_taken(step.offers, [each.offer for each in found.order]) for step in decider.release.order_steps]
    return found.total, count, [*unit, *whole]


def _taken(step: Sequence[str], offers: Sequence[str]) -> str:
    """Which of a step's offers is among these."""
    return next((offer for offer in step if offer in offers), NO_OFFER)
