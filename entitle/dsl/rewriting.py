"""A node with other leaves: the same expression over other facts, its types found anew."""

from collections.abc import Callable

from entitle.dsl.typed import apply, choose, scale
from entitle.ir import Apply, Fact, Holds, If, Mask, Member, Node, Scale, parts

Leaf = Callable[[Fact], Node]


def rewritten(node: Node, leaf: Leaf) -> Node:
    """The node with `leaf(fact)` in place of every fact. The new ranges lie within the old ones."""

    def of(part: Node) -> Node:
        return rewritten(part, leaf)

    match node:
        case Fact():
            return leaf(node)
        case Apply(op=op, args=args, span=span):
            return apply(op, *map(of, args), span=span)
        case Scale(amount=amount, numerator=top, denominator=bottom, rounding=rounding):
            return scale(of(amount), top, bottom, rounding, node.span)
        case If(condition=condition, then=then, otherwise=otherwise):
            return choose(of(condition), of(then), of(otherwise))
        case Member(value=value, codes=codes):
            return Member(of(value), codes, span=node.span)
        case Holds(value=value, member=member):
            return Holds(of(value), member, span=node.span)
        case Mask(bits=bits):
            return Mask(tuple(map(of, bits)), node.type, span=node.span)
        case _:
            return node


def facts_of(node: Node) -> list[Fact]:
    """The facts that a node reads, wherever it does."""
    own = [node] if isinstance(node, Fact) else []
    return [*own, *(fact for part in parts(node) for fact in facts_of(part))]
