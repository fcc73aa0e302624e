"""Offers whose order matters: two price steps that change places make another price for somebody."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, combinations, pairwise, product
from typing import TypeVar

import z3

from entitle.ir import Apply, Best, Const, Let, Local, Lowered, Node
from entitle.runtime.decide import Decider
from entitle.runtime.prove.patience import RanOut
from entitle.runtime.prove.result import Result
from entitle.runtime.prove.subject import Subject
from entitle.runtime.prove.twins import Bought, Twins
from entitle.runtime.prove.whole import Whole
from entitle.runtime.smt_terms import Term
from entitle.runtime.to_smt import read

Some = TypeVar("Some")


BASES_TRIED = 6  # prices of each two offers, before the solver is asked for what differs
MOST = 1_000_000  # units of the solver's work for that, some tenths of a second
STEPS_MAX = 5  # with more of them on a unit, only neighbours are exchanged, and only bases are tried


@dataclass(frozen=True, slots=True)
class Swap:
    """Two steps that change places.

    first, second  the offers of the earlier and of the later one
    other          the product then
    places         of two steps on a unit, among all on a unit
    """

    first: Sequence[str]
    second: Sequence[str]
    other: Subject
    places: tuple[int, int] | None = None

    @property
    def between(self) -> range:
        """The places of the steps on a unit between them."""
        return range(self.places[0] + 1, self.places[1]) if self.places else range(0)


def any_order(subject: Subject) -> Iterator[Result]:
    """Of each two steps, is there somebody for whom they make another price the other way round? Shown once a pair.

    On a unit it is somebody who is given nothing on the steps between; on the whole order steps are neighbours.
    """
    swaps, open_ = list(_swaps(subject)), len(subject.product.offers) > STEPS_MAX
    for swap in swaps:
        if all(pair in subject.told for pair in product(swap.first, swap.second)):
            open_ = True
            continue
        try:
            bought = _differing(subject, swap)
        except RanOut:  # of what is only shown nothing is promised
            open_ = True
            continue
        if bought is not None:
            open_ = True
            yield from _shown(subject, swap, bought)
    if swaps and not open_:
        yield subject.proved("any-order")


def _differing(subject: Subject, swap: Swap) -> Bought | None:
    """One customer's two bills. Raises RanOut."""
    if swap.places is not None:
        both = False
        for asked in _both_open(subject, swap):
            both = True
            if (bought := _tried(subject, swap, asked)) is not None:
                return bought
        if not both:
            return None  # where never both are taken, there is nothing to exchange
        if len(subject.product.offers) > STEPS_MAX:
            raise RanOut("solver")  # it would be asked for long, of so many combinations
    twins = Twins(subject, other=swap.other, most=MOST)
    nothing = [_nothing(twins, place) for place in swap.between]
    return twins.dearer(*nothing) or twins.cheaper(*nothing)


def _both_open(subject: Subject, swap: Swap) -> Iterator[list[Term]]:
    """What is asked of somebody who may be given an offer of either step: for some bases of each two of them."""
    assert swap.places is not None, "these are steps on a unit"
    (i, j), floors = swap.places, subject.floors
    told = floors.world.customer.told
    laws = [z3.Not(z3.Or(floors.takes[place])) for place in swap.between]
    laws += [told["charge"] == 1] if "charge" in told else []
    for first, second in product(floors.takes[i], floors.takes[j]):
        asked = [first, second, *laws]
        for _ in range(BASES_TRIED):
            model = floors.world.check(*asked)
            if model is None:
                break
            base = read(model, floors.base)
            yield [*asked, floors.base == base]
            asked.append(floors.base != base)


def _tried(subject: Subject, swap: Swap, asked: Sequence[Term]) -> Bought | None:
    """The two bills of somebody like that, if they differ: much sooner than by asking for what differs."""
    world, found = subject.floors.world, None
    for ask in (world.find, world.plainest):
        facts = ask(*asked)
        if facts is None:
            break
        bought = subject.replayed(facts), swap.other.replayed(facts)
        offers = {offer for place in swap.between for offer in subject.product.offers[place]}
        if any(each.stage or offers.intersection(each.applied) for each in bought) or bought[0].pays == bought[1].pays:
            break
        found = bought
    return found


def _nothing(twins: Twins, place: int) -> Term:
    """Neither way is anything taken on the step with this place."""
    choices = (bills.side.terms.choices["best"] for bills in (twins.first, twins.second))
    return z3.Not(z3.Or([takes for choice in choices for takes in choice.steps[place]]))


def _shown(subject: Subject, swap: Swap, bought: Bought) -> Iterator[Result]:
    here, there = bought
    applied = (*here.applied, *there.applied)
    name, other = (next(each for each in applied if each in offers) for offers in (swap.first, swap.second))
    if (name, other) not in subject.told:
        subject.told.add((name, other))
        values = {"amount": subject.money(here.pays), "swapped": subject.money(there.pays)}
        span = subject.release.promotions[other].span
        yield subject.shown("any-order", "order-matters", span, here, there, name=name, other=other, **values)


# ---- the other way round


def _swaps(subject: Subject) -> Iterator[Swap]:
    offers, steps = subject.product.offers, Whole(subject).steps
    for i, j in combinations(range(len(offers)), 2):
        if j == i + 1 or len(offers) <= STEPS_MAX:
            yield Swap(offers[i], offers[j], _on_a_unit(subject, i, j), (i, j))
    for (a, first), (b, second) in pairwise(steps):
        whole = subject.release.order_steps
        i, j = whole.index(a), whole.index(b)
        other = replace(subject.release, order_steps=_exchanged(whole, i, j))
        yield Swap(first, second, replace(subject, decider=Decider(other)))


def _on_a_unit(subject: Subject, i: int, j: int) -> Subject:
    """The product with two steps on a unit exchanged."""
    own, release = subject.product, subject.release
    program = replace(own.program, lets=tuple(_lets(own.program.lets, i, j)))
    other = replace(own, program=program, offers=_exchanged(own.offers, i, j))
    return replace(
        subject, product=other, decider=Decider(replace(release, products={**release.products, own.id: other}))
    )


def _lets(lets: Sequence[Let], i: int, j: int) -> Iterator[Let]:
    """A program's lets; what a price uses up is no part of it."""
    places = _exchanged(tuple(range(sum(isinstance(let.value, Lowered) for let in lets))), i, j)
    after = {let.value.step: let.name for let in lets if isinstance(let.value, Lowered)}
    last = len(places) - 1
    for let in lets:
        match let.value:
            case Best() as best:
                yield replace(let, value=_best(best, i, j))
            case Lowered(step=step) as lowered:
                yield replace(let, value=replace(lowered, step=places[step]))
            case value if let.name == "uses":
                yield replace(let, value=Const(0, value.type))
            case value if let.name == "pay":
                yield replace(let, value=_renamed(value, after[last], after[places[last]]))
            case _:
                yield let


def _best(best: Best, i: int, j: int) -> Best:
    starts = list(accumulate(map(len, best.steps), initial=0))
    numbered = tuple(range(starts[k], starts[k + 1]) for k in range(len(best.steps)))
    was = [number for step in _exchanged(numbered, i, j) for number in step]
    numbers = [sorted((was.index(a), was.index(b))) for a, b in best.apart]
    return replace(best, steps=_exchanged(best.steps, i, j), apart=tuple((a, b) for a, b in sorted(numbers)))


def _renamed(node: Node, name: str, other: str) -> Node:
    match node:
        case Local() if node.name == name:
            return replace(node, name=other)
        case Apply(args=args):
            return replace(node, args=tuple(_renamed(arg, name, other) for arg in args))
        case _:
            return node


def _exchanged(steps: Sequence[Some], i: int, j: int) -> tuple[Some, ...]:
    """With two of them in each other's place."""
    found = list(steps)
    found[i], found[j] = found[j], found[i]
    return tuple(found)
