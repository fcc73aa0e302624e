"""Does a higher level ever make it dearer, everything else being the same?"""

from collections.abc import Iterator

from entitle.ir import Int
from entitle.runtime.prove.result import Result
from entitle.runtime.prove.subject import Subject
from entitle.runtime.prove.world import World


def never_dearer(subject: Subject) -> Iterator[Result]:
    """Of two customers who differ in their level alone, and may both buy, the one above pays no more."""
    program = subject.product.program
    for each in program.inputs:
        if each.name.rpartition(".")[2] != "level" or not isinstance(each.type, Int) or each.origin != "request":
            continue
        world = World(subject.release, program, subject.patience, subject.at)
        above = world.beside(program, each.name)
        here, there = world.customer.told[each.name], above.customer.told[each.name]
        more = above.terms.lets["pay"] > world.let("pay")
        asked = (world.yes, above.terms.lets["stage"] == 0, *world.alone, there > here, more)
        if world.plainest(*asked) is None:
            yield subject.proved("never-dearer", name=each.name)
            continue
        facts = world.facts(world.model)
        lower, higher = subject.replayed(facts), subject.replayed(world.facts(world.model, above))
        values = {
            "name": each.name,
            "low": str(facts[each.name]),
            "less": subject.money(lower.unit),
            "more": subject.money(higher.unit),
        }
        span = higher.falls[-1].span if higher.falls else None
        yield subject.found("never-dearer", "dearer-level", span, higher, **values)
