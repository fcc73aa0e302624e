"""Two customers who differ in one fact, or one before two rulebooks: can the second pay more than the first?"""

from collections.abc import Iterable

import z3

from entitle.runtime.prove.bills import Bills, Chosen, sets
from entitle.runtime.prove.lines import of_lines
from entitle.runtime.prove.patience import RanOut
from entitle.runtime.prove.replay import Witness
from entitle.runtime.prove.subject import Subject
from entitle.runtime.prove.whole import Whole
from entitle.runtime.prove.world import World
from entitle.runtime.smt_terms import Term

Bought = tuple[Witness, Witness]


class Twins:
    """Two orders of one product alone, whose customers may differ in these facts.

    other  the product as the second of them finds it, where it is not the same: it reads the same facts
    most   so many units of the solver's work may each question take; None: as many as there is time for
    """

    def __init__(
        self, subject: Subject, *differing: str, other: Subject | None = None, most: int | None = None
    ) -> None:
        self.most = most
        self.subjects = subject, other or subject
        steps = [Whole(each).steps for each in self.subjects]
        self.also = [each for step, _ in steps[0] for each in step.program.inputs if not of_lines(each.name)]
        self.world = World(subject.release, subject.product.program, subject.patience, subject.at, self.also)
        first = self.world.sides[0]
        second = self.world.beside(self.subjects[1].product.program, *differing)
        self.first = Bills(self.subjects[0], self.world, first, steps[0])
        self.second = Bills(self.subjects[1], self.world, second, steps[1])
        self.offers = {offer for _, offers in steps[0] for offer in offers}
        self.may = [self.world.yes, second.terms.lets["stage"] == 0, *self.world.alone]
        self.may += [told == 1 for told in (first.customer.told.get("charge"),) if told is not None]

    def of(self, name: str) -> tuple[Term, Term]:
        """What a fact is for either."""
        return self.first.side.customer.told[name], self.second.side.customer.told[name]

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
        for chosen in sets(less.subject, less.steps):
            bill, others = less.under(chosen), [chosen]
            while True:
                asked = [*self.may, *law, bill.may, *(self._over(more, each, bill.total) for each in others)]
                if self.world.find(*asked, most=self.most) is None:
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
        model = self.world.model
        first, second = (
            bills.subject.replayed(self.world.facts(model, bills.side), self.also)
            for bills in (self.first, self.second)
        )
        return first, second

    def _taken(self, witness: Witness) -> Chosen:
        return tuple(each for each in witness.applied if each in self.offers)
