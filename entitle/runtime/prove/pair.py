"""Two purchases of one customer, each of which has an intro: what the store has counted at the second one."""

from collections.abc import Iterator, Mapping

import z3

from entitle.ir import Input, Key
from entitle.release import FREE, Counter, Measure
from entitle.runtime.prove.floors import Floors
from entitle.runtime.prove.intros import Intro, comes_back, is_undone, reads_lifetime
from entitle.runtime.prove.replay import Encoded
from entitle.runtime.prove.subject import Subject
from entitle.runtime.prove.world import Side, World
from entitle.runtime.smt_terms import Term

OF_A_LINE = ("charge", "quantity")


class Pair:
    """An intro, and later one more, of a customer of whom the shop tells the same facts both times.

    at_once  both are lines of one order: what the store has counted is the same for both
    """

    def __init__(self, subject: Subject, first: Intro, second: Intro, at_once: bool = False) -> None:
        self.subject, self.first, self.second, self.at_once = subject, first, second, at_once
        release, patience, at = subject.release, subject.patience, subject.at
        if first.step is None:
            self.world = World(release, first.product.program, patience, at)
            self.before = self.world.sides[0]
        else:
            floors = Floors(release, first.product, patience, at, (first.step, first.offer))
            self.world, self.before = floors.world, floors.whole
        self.inputs = {**self.world.customer.inputs, **self.before.customer.inputs}
        self.told = {**self.world.customer.told, **self.before.customer.told}
        program = second.step.program if second.step is not None else second.product.program
        if at_once:
            self.after = self.world.beside(program, *OF_A_LINE)
        else:
            self.after = self.world.later(program, *(name for name, each in self.inputs.items() if _differs(each)))
        self.had = [self.world.yes, *_has(first, self.before)]
        self.again = [*_has(second, self.after), *([] if at_once else self._left())]
        if first != second:
            self.again.append(self.before.terms.lets["base"] == self.after.terms.lets["base"])

    # ---- is there anything to ask?

    @property
    def is_intro(self) -> bool:
        """Is it cheaper than what follows, or of first orders alone, and does not say itself how often it is had?"""
        if self.first.once:
            return True
        condition = f"phase.{self.first.phase}" if self.first.phase else f"valid.{self.first.offer}"
        node = next(let.value for let in self.before.program.lets if let.name == condition)
        measures = reads_lifetime(self.subject.release, node)
        bought = z3.Or([self.told[each.name] >= 1 for each in measures])
        if measures and self.world.check(*self.had, bought) is not None:
            return False
        return bool(measures) if self.first.offer else self._is_cheaper()

    def _is_cheaper(self) -> bool:
        """Does anybody pay less in the phase than in the last one?"""
        rest = self.world.beside(self.before.program, "charge")
        cheaper = self.before.terms.lets["base"] < rest.terms.lets["base"]
        last = rest.customer.told["charge"] > rest.terms.lets[f"upto.{self.first.product.phases[-2].id}"]
        return self.world.check(*self.had, last, cheaper) is not None

    # ---- what is left of the first at the second

    def _left(self) -> Iterator[Term]:
        """What nothing gives back is there. A counter has one name in all products that share it."""
        uses = self.before.terms.lets["uses"]
        later = {counter.name: self.after.customer.told.get(counter.input) for counter in _counters(self.second)}
        for used, counter in zip(uses, _counters(self.first), strict=True):
            term = later.get(counter.name)
            if term is not None and not comes_back(counter, self.first.product):
                units = self.told["quantity"] if counter.of == "units" and "quantity" in self.told else 1
                yield z3.Implies(used, term >= units)
        if self.first.product.hold is None and not is_undone(self.first.product):  # an expired hold may be paid yet
            for measure in self.subject.release.measures:
                term = self.after.customer.told.get(measure.name)
                if term is not None and self._counts(measure):
                    yield term >= 1

    def _counts(self, measure: Measure) -> bool:
        """Is a purchase of the first one counted by it, for ever?"""
        product = self.first.product.id
        of_it = measure.of in (None, product) or product in measure.products
        return of_it and measure.within is None and measure.events == "orders" and measure.how != "sum"

    # ---- answers

    @property
    def never(self) -> bool:
        """Is there no such customer, whatever they did before? Raises RanOut."""
        return self.world.find(*self.had, *self.again) is None

    def customer(self) -> Encoded | None:
        """One who did nothing before. Raises RanOut."""
        nothing = [*_nothing(self.told, self.inputs)]
        if self.at_once:
            nothing += _nothing(self.after.customer.told, self.after.customer.inputs)
        facts = self.world.plainest(*self.had, *self.again, *nothing)
        return None if facts is None else {**self.world.facts(self.world.model, self.before), **facts}

    def reaches(self, intro: Intro) -> int:
        """How long after its purchase the charge of an intro is at most, in microseconds."""
        renews = intro.product.subscription.renews.microseconds if intro.product.subscription else 0
        found = 0
        for phase in intro.product.phases if intro.phase else ():
            if phase.id == intro.phase:
                break
            found += phase.lasts.microseconds if phase.lasts else renews * (phase.count or 0)
        return found


def _counters(intro: Intro) -> tuple[Counter, ...]:
    return intro.product.counters if intro.step is None else intro.step.counters


def _nothing(told: Mapping[str, Term], inputs: Mapping[str, Input]) -> Iterator[Term]:
    """That the store has counted nothing."""
    for name, each in inputs.items():
        if each.origin == "store" and not isinstance(each.type, Key) and not name.startswith(FREE):
            yield told[name] == 0


def _differs(each: Input) -> bool:
    """May a fact be another one the second time? Who somebody is, and what the shop tells of them, is the same."""
    return each.origin != "request" and not isinstance(each.type, Key)


def _has(intro: Intro, side: Side) -> Iterator[Term]:
    """That a purchase has it, at the charge that is looked at."""
    lets, told = side.terms.lets, side.customer.told
    if intro.step is not None:
        yield from (lets[f"open.{intro.offer}"], lets[f"may.{intro.offer}"])
        return
    yield lets["stage"] == 0
    if intro.offer:
        offers = [offer for step in intro.product.offers for offer in step]
        yield side.terms.choices["best"].takes[offers.index(intro.offer)]
        return
    yield lets[f"phase.{intro.phase}"]
    before = 0
    for phase in intro.product.phases:
        if phase.id == intro.phase:
            yield from (told["charge"] > before, told["charge"] <= lets[f"upto.{phase.id}"])
            return
        before = lets[f"upto.{phase.id}"]
