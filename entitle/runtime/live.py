"""Which lets and facts of a program its answer depends on: a compiler leaves out the others."""

from collections.abc import Iterator
from dataclasses import replace

from entitle.ir import Best, Fact, Given, Let, Local, Lowered, Node, Program, Takes, parts


def sliced(program: Program, *outs: str) -> Program:
    """The program with these outputs alone, and what they read."""
    lets = needed(replace(program, outs=outs))
    facts = set().union(*(facts_in(let.value) for let in lets))
    return Program(program.name, tuple(each for each in program.inputs if each.name in facts), lets, outs)


def without_choices(program: Program) -> Program:
    """The program without its choices of offers, and without all that depends on them: what is left says the same."""
    lets: list[Let] = []
    gone: set[str] = set()
    for let in program.lets:
        if isinstance(let.value, Best) or gone & locals_of(let.value):
            gone.add(let.name)
        else:
            lets.append(let)
    return replace(program, lets=tuple(lets), outs=tuple(out for out in program.outs if out not in gone))


def facts_in(node: Node) -> set[str]:
    """The names of the facts that a node reads, or asks whether they are there."""
    match node:
        case Fact(name=name) | Given(name=name):
            return {name}
        case _:
            return set().union(*(facts_in(part) for part in parts(node)))


def needed(program: Program) -> tuple[Let, ...]:
    """The lets that the outputs read, directly or not, in their order."""
    wanted = set(program.outs)
    for let in reversed(program.lets):
        if let.name in wanted:
            wanted |= locals_of(let.value)
    return tuple(let for let in program.lets if let.name in wanted)


def facts_of(node: Node) -> Iterator[Fact]:
    """The facts that a node reads, each as often as it does."""
    if isinstance(node, Fact):
        yield node
    for part in parts(node):
        yield from facts_of(part)


def locals_of(node: Node) -> set[str]:
    """The lets that a node reads itself."""
    match node:
        case Local(name=name) | Takes(choice=name) | Lowered(choice=name):
            return {name}
        case _:
            return set().union(*(locals_of(part) for part in parts(node)))
