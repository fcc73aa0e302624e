"""An order of one product as terms: what it comes to under each set of offers on the whole order.

Exact but for a second offer on the order, where units may differ by some minor units: near a floor, and where units are
free, the total lies within bounds that are never too narrow. It is the first charge that is looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product as every

import z3

from entitle.ir import Int
from entitle.release import OrderStep, Promotion
from entitle.runtime.prove.lines import Seen, of_lines
from entitle.runtime.prove.subject import Subject
from entitle.runtime.prove.world import Side, World
from entitle.runtime.smt_terms import Term

Chosen = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bill:
    """Whether a set of offers may be had, and the total then."""

    may: Term
    total: Term


@dataclass(frozen=True, slots=True)
class Left:
    """What the units of the order cost before an offer on all of it.

    way   the amounts, and the kinds of offers, that the units came by: of the same ones the same is left
    even  by how much a unit differs from their mean at most; None where some were free
    """

    total: Term
    way: tuple[Term, ...]
    kinds: str = ""
    even: int | None = 0


class Bills:
    """The orders of one customer of a world: `side` is that customer without offers on the whole order."""

    def __init__(self, subject: Subject, world: World, side: Side, steps: Seen):
        self.subject, self.world, self.side, self.steps = subject, world, side, steps
        self.numbers = side.terms.numbers
        self.bounds = Int(*subject.product.sale.quantity)
        self.quantity: Term = side.customer.told.get("quantity", z3.IntVal(self.bounds.lo))
        self._lines: dict[Chosen, Side] = {}
        self._bills: dict[Chosen, Bill] = {}

    def under(self, chosen: Chosen) -> Bill:
        """What the order comes to under a set of offers."""
        if chosen not in self._bills:
            self._bills[chosen] = self._built(chosen)
        return self._bills[chosen]

    def _line(self, chosen: Chosen) -> Side:
        """The product's program for a customer who is given these offers on the whole order."""
        flags = [name for name in self.side.customer.told if name.startswith("with.")]
        given = tuple(name for name in flags if name.removeprefix("with.") in chosen)
        if not given:
            return self.side
        if given not in self._lines:
            line = self._lines[given] = self.world.beside(self.side.program, *flags, like=self.side)
            told = line.customer.told
            self.world.solver.add(*(told[name] if name in given else z3.Not(told[name]) for name in flags))
        return self._lines[given]

    def _built(self, chosen: Chosen) -> Bill:
        line = self._line(chosen)
        lets = line.terms.lets
        may, left = [], Left(lets["total"], (lets["pay"], lets["floor"], self.quantity))
        for step, offers in self.steps:
            for offer in (each for each in offers if each in chosen):
                fits, left = self._offered(line, step, self.subject.release.promotions[offer], left)
                may.append(fits)
        return Bill(z3.And(may), left.total)

    def _offered(self, line: Side, step: OrderStep, offer: Promotion, left: Left) -> tuple[Term, Left]:
        """May the order have the offer, and what is left after it?"""
        lets, own = line.terms.lets, [each.name for each in step.program.inputs if of_lines(each.name)]
        side = self.world.beside(step.program, *own, like=line)
        told, free = side.customer.told, self._free(offer)
        seen = {
            "sum": left.total,
            "listed": self._times(lets["base"]),
            "units": self.quantity,
        }
        if left.even == 0:  # of units that differ the cheapest are free: what they cost is left open
            seen["freed"] = self._times(lets["pay"], free)
        named = {f"{name}.{offer.id}": term for name, term in seen.items()} | {"nth": z3.IntVal(1)}
        self.world.solver.add(*(told[name] == term for name, term in named.items() if name in told))
        floors = self._times(lets["floor"])
        if offer.free:
            return side.terms.lets[f"may.{offer.id}"], self._freed(lets["pay"] - lets["floor"], free, left, floors)
        return side.terms.lets[f"may.{offer.id}"], self._cut(side.terms.lets[f"after.{offer.id}"], left, floors)

    def _free(self, offer: Promotion) -> Term:
        """How many units an offer makes free."""
        if offer.free is None:
            return z3.IntVal(0)
        return self.numbers.rounded(self.quantity, sum(offer.free), "down") * offer.free[1]

    def _freed(self, room: Term, free: Term, left: Left, floors: Term) -> Left:
        """What is left where so many units are free; each has so much room above its floor, where all are alike."""
        way, kinds = (*left.way, free), f"{left.kinds} free"
        if left.even == 0:
            return Left(left.total - self._times(room, free), way, kinds, None)
        total = self._some(way, kinds)
        self.world.solver.add(total >= floors, total <= left.total)
        return Left(total, way, kinds, None)

    def _cut(self, after: Term, left: Left, floors: Term) -> Left:
        """What floors leave of an offer. Units that are alike come to the floor together; others within bounds."""
        least = z3.If(after >= floors, after, floors)
        way = (*left.way, after)
        if left.even == 0:
            return Left(least, way, left.kinds, 1)
        total = self._some(way, left.kinds)
        if left.even is None:
            law = z3.If(floors == 0, total == after, z3.And(total >= least, total <= left.total))
        else:
            room = (left.even + 1) * self.quantity  # no unit differs by more from what is left of all
            settled = z3.Or(floors == 0, after >= floors + room, after <= floors - room)
            law = z3.If(settled, total == least, z3.And(total >= least, total <= least + room))
        self.world.solver.add(law)
        return Left(total, way, left.kinds, None if left.even is None else 2 * (left.even + 1))

    def _some(self, way: tuple[Term, ...], kinds: str) -> Term:
        """A total of which it is only known that it is the same wherever it was come to in the same way."""
        return z3.Function(f"left{kinds}", *[z3.IntSort()] * (len(way) + 1))(*way)

    def _times(self, amount: Term, count: Term = None) -> Term:
        """An amount of all units, or of some."""
        if count is None:
            return self.numbers.times(amount, self.quantity, self.bounds)
        return self.numbers.times(amount, count, Int(0, self.bounds.hi))


def sets(subject: Subject, steps: Seen) -> Iterator[Chosen]:
    """Every set of offers on the whole order that may be combined, one or none of each step."""
    promotions = subject.release.promotions
    for choice in every(*([None, *offers] for _, offers in steps)):
        chosen = tuple(each for each in choice if each is not None)
        if not any(b in promotions[a].apart for a in chosen for b in chosen):
            yield chosen
