"""Does a higher level, or a code, ever make it dearer, everything else being the same?"""

from collections.abc import Iterator

import z3

from entitle.ir import Apply, Enum, Fact, Input, Int, Node, Op, parts
from entitle.release import Release
from entitle.runtime.prove.patience import RanOut
from entitle.runtime.prove.replay import Witness
from entitle.runtime.prove.result import Result
from entitle.runtime.prove.subject import Subject
from entitle.runtime.prove.twins import Bought, Twins
from entitle.runtime.prove.whole import Whole
from entitle.runtime.prove.world import World
from entitle.source import Span

BY_ORDER = {Op.LESS, Op.AT_MOST, Op.MORE, Op.AT_LEAST}


def never_dearer(subject: Subject) -> Iterator[Result]:
    """Of two customers who differ in their level alone, and may both buy, the one above pays no more."""
    for each in subject.product.program.inputs:
        if each.name.rpartition(".")[2] != "level" or each.origin != "request" or not _ascends(subject.release, each):
            continue
        whole = bool(Whole(subject).steps)
        bought = (_by_order(subject, each) if whole else None) or _by_unit(subject, each, later=whole)
        if bought is None:
            yield subject.proved("never-dearer", name=each.name)
            continue
        lower, higher = bought
        low = str(lower.facts.get(each.name, lower.purchase.told[each.name]))
        values = {"name": each.name, "low": low, "less": subject.money(lower.pays), "more": subject.money(higher.pays)}
        yield subject.found("never-dearer", "dearer-level", _last(higher), higher, lower, **values)


def _ascends(release: Release, level: Input) -> bool:
    """Is more of it higher? Of words the rulebook says so, where it compares them by their order."""
    if isinstance(level.type, Enum):
        programs = [product.program for product in release.products.values()]
        programs += [step.program for step in release.order_steps]
        programs += [gate.program for gate in release.gates.values()]
        return any(_by_their_order(let.value, level.name) for each in programs for let in each.lets)
    return isinstance(level.type, Int)


def _by_their_order(node: Node, name: str) -> bool:
    ordered = isinstance(node, Apply) and node.op in BY_ORDER
    compared = ordered and any(isinstance(each, Fact) and each.name == name for each in parts(node))
    return compared or any(_by_their_order(part, name) for part in parts(node))


def _by_order(subject: Subject, level: Input) -> Bought | None:
    """The first charge of an order, with the offers on all of it."""
    twins = Twins(subject, level.name)
    here, there = twins.of(level.name)
    return twins.dearer(there > here)


def _by_unit(subject: Subject, level: Input, later: bool) -> Bought | None:
    """Any charge of a unit, or any after the first, with no offer on the whole order."""
    program = subject.product.program
    charge = [each for each in program.inputs if each.name == "charge"]
    if later and not charge:
        return None
    world = World(subject.release, program, subject.patience, subject.at)
    above = world.beside(program, level.name)
    here, there = world.customer.told[level.name], above.customer.told[level.name]
    more = above.terms.lets["pay"] > world.let("pay")
    after = [world.customer.told["charge"] > 1] if later else []
    if world.plainest(world.yes, above.terms.lets["stage"] == 0, *world.alone, there > here, more, *after) is None:
        return None
    lower, higher = (subject.replayed(world.facts(world.model, side)) for side in world.sides)
    if lower.pays >= higher.pays:
        raise RanOut("order")
    return lower, higher


def never_dearer_by_code(subject: Subject) -> Iterator[Result]:
    """Of two customers one of whom presents a code that is of use, that one pays no more.

    A code only adds combinations of offers. But a unit that it makes cheaper may bring an order under the threshold of
    an offer on all of it.
    """
    for offer in subject.product.coded if Whole(subject).steps else ():
        twins = Twins(subject, f"code.{offer}")
        code = subject.release.promotions[offer].code or ""
        here, there = twins.of(f"code.{offer}")
        bought = twins.dearer(there, z3.Not(here))
        if bought is None:
            yield subject.proved("never-dearer-by-code", name=code)
            continue
        without, with_ = bought
        values = {"name": code, "less": subject.money(without.pays), "more": subject.money(with_.pays)}
        span = subject.release.promotions[offer].span
        yield subject.found("never-dearer-by-code", "dearer-code", span, with_, without, **values)


def _last(witness: Witness) -> Span | None:
    return witness.falls[-1].span if witness.falls else None
