"""Which lets of a program its answer depends on: a compiler leaves out the others."""

from entitle.ir import Let, Local, Node, Program, parts


def needed(program: Program) -> tuple[Let, ...]:
    """The lets that the outputs read, directly or not, in their order."""
    wanted = set(program.outs)
    for let in reversed(program.lets):
        if let.name in wanted:
            wanted |= _locals(let.value)
    return tuple(let for let in program.lets if let.name in wanted)


def _locals(node: Node) -> set[str]:
    own = {node.name} if isinstance(node, Local) else set()
    return own.union(*(_locals(part) for part in parts(node)))
