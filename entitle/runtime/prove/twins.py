"""Two customers who differ in one fact: can the one whose order should be no dearer pay more?"""

from collections.abc import Iterable

import z3

from entitle.runtime.prove.bills import Bills, Chosen, of_lines, sets
from entitle.runtime.prove.patience import RanOut
from entitle.runtime.prove.replay import Witness
from entitle.runtime.prove.subject import Subject
from entitle.runtime.prove.whole import Whole
from entitle.runtime.prove.world import World
from entitle.runtime.smt_terms import Term

Bought = tuple[Witness, Witness]


class Twins:
    """Two orders of one product alone, by customers who differ in this fact.

    here, there  what the fact is for either
    """

    def __init__(self, subject: Subject, name: str) -> None:
        self.subject, self.patience = subject, subject.patience
        program = subject.product.program
        self.steps = Whole(subject).steps
        self.also = [each for step, _ in self.steps for each in step.program.inputs if not of_lines(each)]
        self.world = World(subject.release, program, subject.patience, subject.at, self.also)
        first = self.world.sides[0]
        second = self.world.beside(program, name)
        self.here, self.there = first.customer.told[name], second.customer.told[name]
        self.first = Bills(subject, self.world, first, self.steps)
        self.second = Bills(subject, self.world, second, self.steps)
        self.may = [self.world.yes, second.terms.lets["stage"] == 0, *self.world.alone]
        self.may += [told == 1 for told in (first.customer.told.get("charge"),) if told is not None]

    def dearer(self, *law: Term) -> Bought | None:
        """Both orders, where the second costs more than the first. Raises RanOut."""
        return self._more(self.first, self.second, law)

    def cheaper(self, *law: Term) -> Bought | None:
        """Both orders, where the second costs less than the first. Raises RanOut."""
        return self._more(self.second, self.first, law)

    def _more(self, less: Bills, more: Bills, law: Iterable[Term]) -> Bought | None:
        """Of each set of offers that makes one order cheap: is there none that makes the other as cheap?

        The sets that the other may have instead are added as the runtime comes up with them.
        """
        for chosen in sets(self.subject, self.steps):
            bill, others = less.under(chosen), [chosen]
            while True:
                asked = [*self.may, *law, bill.may, *(self._over(more, each, bill.total) for each in others)]
                if self.world.find(*asked) is None:
                    break
                bought = self._bought()
                if self._pays(bought, less) < self._pays(bought, more):
                    self.world.plainest(*asked)
                    bought = self._bought()
                    if self._pays(bought, less) < self._pays(bought, more):
                        return bought
                taken = self._taken(bought[0] if more is self.first else bought[1])
                if taken in others:
                    raise RanOut("replay")
                others.append(taken)
        return None

    def _over(self, bills: Bills, chosen: Chosen, total: Term) -> Term:
        bill = bills.under(chosen)
        return z3.Implies(bill.may, bill.total > total)

    def _pays(self, bought: Bought, bills: Bills) -> int:
        found = bought[0] if bills is self.first else bought[1]
        if found.stage is not None or not found.falls:
            raise RanOut("replay")
        return found.pays

    def _bought(self) -> Bought:
        """The orders of the last model, decided by the runtime."""
        model, sides = self.world.model, (self.first.side, self.second.side)
        first, second = (self.subject.replayed(self.world.facts(model, side), self.also) for side in sides)
        return first, second

    def _taken(self, witness: Witness) -> Chosen:
        offers = {offer for _, offers in self.steps for offer in offers}
        return tuple(each for each in witness.applied if each in offers)
