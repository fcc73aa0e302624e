"""An offer on the whole order beside others of its step: is it ever the better one?

Another one stands in its place where it sees the same lines, and leaves out no offer on a unit, of an earlier step or
on other lines that the first would not. Then all else stays as it is, and only what both make of the order counts: by
themselves, and with each set of offers of later steps on the same lines that either may be had with. Where a later
offer sees some of these lines and others too, or a floor may cut what they take off, nothing is said.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product as every

import z3

from entitle.release import OrderStep, Promotion, Release
from entitle.runtime.prove.lines import laws_of_lines, most, of_lines
from entitle.runtime.prove.patience import Patience
from entitle.runtime.prove.result import Result
from entitle.runtime.prove.subject import Subject
from entitle.runtime.prove.world import Side, World
from entitle.runtime.smt_terms import Term

SETS_MAX = 32  # sets of offers of later steps that are looked at
Later = tuple[tuple[OrderStep, str], ...]  # an offer of some of the later steps
Left = tuple[Term, Term]  # whether offers may be had one after another, and what they leave


@dataclass
class Known:
    """What the questions about products have told of them.

    least  what a unit costs at least, before offers on the whole order; 0 where it is not told
    cut    those whose floor may cut an offer on the whole order
    """

    least: Counter[str] = field(default_factory=Counter)
    cut: set[str] = field(default_factory=set)

    def learn(self, subject: Subject, found: Result) -> None:
        proved = found.answer == "proved"
        if found.question == "lowest-price" and proved and subject.floors.cheapest is not None:
            self.least[subject.product.id] = subject.floors.cheapest.pays
        if found.question == "never-cut" and not proved:
            self.cut.add(subject.product.id)


class Beaten:
    """The offers of a step before the solver."""

    def __init__(self, release: Release, step: OrderStep, patience: Patience, at: int, known: Known) -> None:
        self.release, self.step, self.known = release, step, known
        self.after = release.order_steps[release.order_steps.index(step) + 1 :]
        also = [each for later in self.after for each in later.program.inputs if not of_lines(each.name)]
        self.world = World(release, step.program, patience, at, also)
        self.world.solver.add(*laws_of_lines(release, step.offers, self.world.customer.told))
        for offer in step.offers:
            self._see_lines(release.promotions[offer])

    def _see_lines(self, offer: Promotion) -> None:
        """What an offer is told of its lines; with too few units none is free."""
        lines, told = self._lines(offer.id), self.world.customer.told
        for name, term in lines.items():
            self._is(self.world.sides[0], f"{name}.{offer.id}", term)
        self.world.solver.add(lines["units"] >= 1, lines["units"] <= most(self.release, offer)[0])
        if not any(set(offer.products) & set(self.release.promotions[each].products) for each in self._earlier()):
            self.world.solver.add(
                lines["sum"] >= lines["units"] * min(self.known.least[each] for each in offer.products)
            )
        if offer.free is not None:
            self.world.solver.add(z3.Or(lines["units"] >= sum(offer.free), told[f"freed.{offer.id}"] == 0))

    def _earlier(self) -> Iterator[str]:
        """The offers of earlier steps."""
        for step in self.release.order_steps[: self.release.order_steps.index(self.step)]:
            yield from step.offers

    def better(self, offer: str) -> Term:
        """Whether it may be had, and nothing in its place is as good."""
        lets, promotion = self.world.terms.lets, self.release.promotions[offer]
        may = z3.And(lets[f"open.{offer}"], lets[f"may.{offer}"])
        later = self._later(promotion)
        if later is None or self.known.cut & set(promotion.products):
            return may
        return z3.And(may, z3.Or([self._best(promotion, each) for each in later]))

    def _best(self, offer: Promotion, later: Later) -> Term:
        """Whether it is the best one of its step, where these offers of later steps are taken."""
        fits, left = self._left(offer, later)
        others = [self.release.promotions[each] for each in self.step.offers if each != offer.id]
        beaten = [self._lines(offer.id)["sum"] <= left]  # without any of them there are fewer, and units cost no more
        for other in others:
            if self._stands_in(other, offer, later):
                may, leaves = self._left(other, later)
                beaten.append(z3.And(may, leaves <= left if other.id < offer.id else leaves < left))
        return z3.And(fits, z3.Not(z3.Or(beaten)))

    def _stands_in(self, other: Promotion, offer: Promotion, later: Later) -> bool:
        """May the other one be taken wherever this one is, with all that is beside it?"""
        whole = {each for step in self.release.order_steps for each in step.offers}
        left_out, alike = set(other.apart) & whole, set(other.apart) - whole == set(offer.apart) - whole
        after = {each for step in self.after for each in step.offers}
        weighed = {each for each in after if set(self.release.promotions[each].products) == set(offer.products)}
        unweighed = left_out - set(self.step.offers) - weighed  # of earlier steps, or of other lines
        taken = {each for _, each in later}
        return (
            alike
            and set(other.products) == set(offer.products)
            and unweighed <= set(offer.apart)
            and not left_out & taken
        )

    def _left(self, offer: Promotion, later: Later) -> Left:
        """Whether it may be had with these after it, and what they leave together."""
        lets, lines = self.world.terms.lets, self._lines(offer.id)
        fits, left = [lets[f"open.{offer.id}"], lets[f"may.{offer.id}"]], lets[f"after.{offer.id}"]
        for step, other in later:
            own = [each.name for each in step.program.inputs if of_lines(each.name)]
            side = self.world.beside(step.program, *own)
            for name, term in {**lines, "sum": left}.items():
                self._is(side, f"{name}.{other}", term)
            self._is(side, "nth", self.world.customer.told.get("nth", z3.Int("nth")))
            fits += [side.terms.lets[f"open.{other}"], side.terms.lets[f"may.{other}"]]
            left = side.terms.lets[f"after.{other}"]
        return z3.And(fits), left

    def _later(self, offer: Promotion) -> list[Later] | None:
        """The sets of offers of later steps that may be taken with it; None: too many, or they see other lines."""
        seen: list[list[tuple[OrderStep, str] | None]] = []
        for step in self.after:
            found: list[tuple[OrderStep, str] | None] = [None]
            for each in map(self.release.promotions.__getitem__, step.offers):
                if set(each.products) == set(offer.products):
                    found.append((step, each.id))
                elif set(each.products) & set(offer.products):
                    return None
            seen.append(found)
        sets = [tuple(each for each in chosen if each is not None) for chosen in every(*seen)]
        return [each for each in sets if self._together(offer, each)] if len(sets) <= SETS_MAX else None

    def _together(self, offer: Promotion, later: Later) -> bool:
        chosen = {offer.id, *(each for _, each in later)}
        return not any(chosen & set(self.release.promotions[each].apart) for each in chosen)

    def _lines(self, offer: str) -> dict[str, Term]:
        """What offers are told of the lines that they see: those of the same products are told the same."""
        seen = "+".join(sorted(self.release.promotions[offer].products))
        return {name: z3.Int(f"{name} of {seen}") for name in ("sum", "listed", "units")}

    def _is(self, side: Side, name: str, term: Term) -> None:
        if name in side.customer.told:
            self.world.solver.add(side.customer.told[name] == term)
