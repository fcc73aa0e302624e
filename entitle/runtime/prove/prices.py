"""What is asked of a product's prices: the floor, the lowest price, and that nothing is ever dearer than its base."""

from collections.abc import Iterator

import z3

from entitle.ir import Best
from entitle.runtime.prove.floors import Low
from entitle.runtime.prove.patience import RanOut
from entitle.runtime.prove.replay import Witness
from entitle.runtime.prove.result import Result
from entitle.runtime.prove.subject import Subject
from entitle.runtime.prove.whole import Whole


def never_lifted(subject: Subject) -> Iterator[Result]:
    """Is anybody lifted to the floor, and who comes nearest to it?"""
    floors = subject.floors
    if not any(cell.floor for cell in floors.cells):
        return
    low = floors.lifted()
    if low is not None:
        witness = _met(subject, low)
        fall = next((each for each in witness.falls if each.kind == "floor"), None)
        if fall is None and witness.unit != low.cell.floor:
            raise RanOut("order" if _on_order(witness) else "replay")
        amount, floor = subject.money(low.amount), subject.money(low.cell.floor)
        code = "held-at-floor" if fall is None else "lifted-to-floor"  # held: fewer offers come to the floor exactly
        span = fall.span if fall is not None else None
        yield subject.found("never-lifted", code, span, witness, amount=amount, floor=floor)
    elif (near := floors.nearest()) is not None:
        above = subject.money(near.amount - near.cell.floor)
        yield subject.proved("never-lifted", amount=subject.money(near.amount), above=above)


def lowest_price(subject: Subject) -> Iterator[Result]:
    """What does one unit cost at least, before offers on the whole order? A customer who pays it is shown."""
    low = subject.floors.cheapest
    if low is None:
        return
    witness = _met(subject, low)
    if witness.unit > low.pays and not _on_order(witness):
        raise RanOut("replay")
    shown = witness if witness.unit <= low.pays else None  # an offer on the whole order is better still for them all
    yield subject.proved("lowest-price", shown, amount=subject.money(low.pays))


def _met(subject: Subject, low: Low) -> Witness:
    """A customer who meets a price; one without offers on the whole order, where those keep others from being taken."""
    witness = subject.replayed(subject.floors.customer(low))
    if witness.unit > low.pays and _on_order(witness):
        facts = subject.floors.untouched(low, Whole(subject).steps)
        return witness if facts is None else subject.replayed(facts)
    return witness


def _on_order(witness: Witness) -> bool:
    return any(fall.kind == "order" for fall in witness.falls)


def within_base(subject: Subject) -> Iterator[Result]:
    """Does every unit cost between nothing and its base? No offer raises what reaches it, nor takes it below zero."""
    world, reached = subject.floors.world, z3.Int("reached")
    base, floor = subject.floors.base, subject.floors.floor
    best = next((let.value for let in subject.product.program.lets if isinstance(let.value, Best)), None)
    wrong = [z3.Or(base < 0, floor > base)]
    for amount in {offer.amount for step in best.steps for offer in step} if best else ():
        after = world.terms.of(amount, reached)
        wrong.append(z3.And(reached >= 0, reached <= base, z3.Or(after < 0, after > reached)))
    for each in wrong:
        if world.check(each) is not None:
            raise RanOut("amounts")
    yield subject.proved("within-base")
