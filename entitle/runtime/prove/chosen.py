"""Which offers on a unit does anybody get? Who has a better choice is told by the engine, one customer after another.

The solver finds offers that may be taken together, by their conditions alone; the runtime says what this customer is
given instead, at which price. All that this is better than is ruled out with it, for every customer to whom it is open.
"""

from collections.abc import Iterator

import z3

from entitle.ir import Value
from entitle.numbering import places
from entitle.runtime.encode import to_slots
from entitle.runtime.prove.bounds import Span, image
from entitle.runtime.prove.floors import Bounds, Cell, Floors, Taken, alone
from entitle.runtime.prove.patience import RanOut
from entitle.runtime.prove.subject import Subject
from entitle.runtime.prove.world import ROUNDS_MAX, plain_value
from entitle.runtime.smt_terms import Term
from entitle.runtime.standing import conditions_of
from entitle.runtime.to_python import compiled_trace
from entitle.runtime.to_smt import read


class Chosen:
    """The choices of a product that are the best for somebody; what is learned of one offer serves for all."""

    def __init__(self, subject: Subject) -> None:
        self.program = subject.product.program
        self.floors = Floors(subject.release, subject.product, subject.patience, subject.at)
        self.world = self.floors.world
        self.trace = compiled_trace(self.program)
        self.number = [let.name for let in self.program.lets].index("best")
        self.bounds: dict[Cell, Bounds] = {}

    @property
    def is_exact(self) -> bool:
        """Is it all there is? Offers on the whole order may keep others from being taken, and are left out here."""
        return not self.world.alone

    def with_offer(self, step: int, place: int) -> Taken | None:
        """A choice that somebody is given, with this offer; None: nobody is. Raises RanOut."""
        for _ in range(ROUNDS_MAX):
            facts = self.world.find(self.floors.takes[step][place])
            if facts is None:
                return None
            best = self._best(facts)
            if best[step] == place:
                return best
            self.world.solver.add(*self._learned(self.world.model, best))
        raise RanOut("rounds")

    def _best(self, facts: dict[str, Value | None]) -> Taken:
        """What the runtime chooses."""
        told = {each.name: plain_value(each) for each in self.program.inputs if each.name not in facts}
        _, values = self.trace(*to_slots(self.program.inputs, {**told, **facts}))
        counts = [len(step) for step in self.floors.steps]
        found = zip(places(int(values[self.number]), counts), counts, strict=True)
        return tuple(None if place == count else place for place, count in found)

    def _learned(self, model: z3.ModelRef, best: Taken) -> Iterator[Term]:
        """What the choice of the model overlooks, and much that is no better."""
        cell, taken = self._cell(model), self.floors.taken(model)
        elsewhere = z3.Not(z3.And(self.floors.within(cell)))
        pays, may = self._made(cell, best)
        search, start = self.bounds.setdefault(cell, Bounds(self.floors.effects, _lets(cell))), (cell.base, cell.base)
        worse = max(pays, cell.floor) + 1
        if search.least(start, alone(taken)) >= worse:
            widened = search.widened(start, alone(taken), self.floors.everything, worse)
            yield z3.Or(elsewhere, z3.Not(z3.And(may)), self.floors.excluded(widened))
            return
        paid, met = self._made(cell, taken)
        yield z3.Or(elsewhere, self.floors.excluded(alone(taken)), z3.And(met))
        if _rank(cell, best, pays) < _rank(cell, taken, paid):
            yield z3.Or(elsewhere, z3.Not(z3.And(may)), self.floors.excluded(alone(taken)))

    def _cell(self, model: z3.ModelRef) -> Cell:
        return Cell(read(model, self.floors.base), read(model, self.floors.floor))

    def _made(self, cell: Cell, taken: Taken) -> tuple[int, list[Term]]:
        """What offers make of a base, and all that must hold for it. Raises RanOut."""
        amount, met = cell.base, []
        for step, place in enumerate(taken):
            if place is not None:
                reached = z3.IntVal(amount)
                offer, effect = self.floors.steps[step][place], self.floors.effects[step][place]
                met += [self.world.terms.of(each, reached) for each in conditions_of(offer.may)]
                lo, hi = image(effect.amount, (amount, amount), _lets(cell))
                if lo != hi:
                    raise RanOut("amounts")
                amount = lo
        return amount, met


def _lets(cell: Cell) -> dict[str, Span]:
    return {"base": (cell.base, cell.base), "floor": (cell.floor, cell.floor)}


def _rank(cell: Cell, taken: Taken, amount: int) -> tuple[int, int, tuple[float, ...]]:
    """The lower, the better: what is paid, then how many offers, then their places."""
    digits = tuple(float("inf") if place is None else place for place in taken)
    return max(amount, cell.floor), len(taken) - taken.count(None), digits
