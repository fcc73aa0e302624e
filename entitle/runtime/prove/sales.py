"""Sales that overlap: two offers for a time, on one step, both open to one customer; only the better applies."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import z3

from entitle.ir import Node, Program
from entitle.release import Promotion
from entitle.runtime.live import facts_of
from entitle.runtime.prove.bills import Bills
from entitle.runtime.prove.lines import of_lines
from entitle.runtime.prove.result import Result
from entitle.runtime.prove.subject import Subject
from entitle.runtime.prove.whole import Whole
from entitle.runtime.prove.world import World, of_clock
from entitle.runtime.smt_terms import Term
from entitle.runtime.standing import conditions_of

Pair = tuple[str, str]


def sales_apart(subject: Subject) -> Iterator[Result]:
    """Is anybody offered two sales of one step at once, of which it is not said that one excludes the other?"""
    sales = _Sales(subject)
    found = False
    for pair in sales.pairs():
        if pair in subject.told:
            found = True
        elif (facts := sales.world.plainest(*sales.asked(pair))) is not None:
            found = True
            subject.told.add(pair)
            span = subject.release.promotions[pair[1]].span
            witness = subject.replayed(facts, sales.also)
            yield subject.shown("sales-apart", "overlapping-sales", span, witness, name=pair[0], other=pair[1])
    if not found and any(sales.pairs()):
        yield subject.proved("sales-apart")


class _Sales:
    """The offers for a time that see a product."""

    def __init__(self, subject: Subject) -> None:
        self.subject, self.steps = subject, Whole(subject).steps
        self.programs = {offer: step.program for step, offers in self.steps for offer in offers}
        self.also = [each for step, _ in self.steps for each in step.program.inputs if not of_lines(each.name)]
        self.world = World(subject.release, subject.product.program, subject.patience, subject.at, self.also)
        self.bills = Bills(subject, self.world, self.world.sides[0], self.steps)

    def pairs(self) -> Iterator[Pair]:
        """Two offers for a time on one step, of which nothing is said."""
        for offers in (*self.subject.product.offers, *(offers for _, offers in self.steps)):
            sales = [self.subject.release.promotions[each] for each in offers if self._for_a_time(each)]
            yield from ((a.id, b.id) for a, b in combinations(sales, 2) if not _said(a, b))

    def _for_a_time(self, offer: str) -> bool:
        program = self.programs.get(offer, self.subject.product.program)
        return any(_of_time(each) for each in conditions_of(_valid(program, offer)))

    def asked(self, pair: Pair) -> Sequence[Term]:
        """That both may be had, and one of them is."""
        world, alone = self.world, [self.world.yes, *self.world.alone]
        if pair[0] in self.programs:
            bills = [self.bills.under((each,)) for each in pair]
            return [*alone, *(each.may for each in bills)]
        choice, offers = world.terms.choices["best"], self.subject.product.offers
        step = next(i for i, each in enumerate(offers) if pair[0] in each)
        before = choice.after[step - 1] if step else choice.base
        places = [offers[step].index(each) for each in pair]
        open_ = [world.terms.of(choice.node.steps[step][place].may, before) for place in places]
        return [*alone, *open_, z3.Or([choice.steps[step][place] for place in places])]


def _said(a: Promotion, b: Promotion) -> bool:
    return b.id in a.apart or a.id in b.apart


def _valid(program: Program, offer: str) -> Node:
    return next(let.value for let in program.lets if let.name == f"valid.{offer}")


def _of_time(node: Node) -> bool:
    """Does the condition look at nothing but the time?"""
    names = {each.name for each in facts_of(node)}
    return bool(names) and all(map(of_clock, names))
