"""Which lets of a program its answer depends on: a compiler leaves out the others."""

from entitle.ir import Let, Local, Lowered, Node, Program, Takes, parts


def needed(program: Program) -> tuple[Let, ...]:
    """The lets that the outputs read, directly or not, in their order."""
    wanted = set(program.outs)
    for let in reversed(program.lets):
        if let.name in wanted:
            wanted |= _locals(let.value)
    return tuple(let for let in program.lets if let.name in wanted)


def _locals(node: Node) -> set[str]:
    match node:
        case Local(name=name) | Takes(choice=name) | Lowered(choice=name):
            return {name}
        case _:
            return set().union(*(_locals(part) for part in parts(node)))
