"""Nodes, well typed: what each gives follows from its parts."""

from collections.abc import Sequence

from entitle.invariants import apply_type, joined
from entitle.ir import BOOL, Apply, Const, If, Int, Mask, Node, Op, Rounding, Scale, Unit, scaled
from entitle.source import Span


def number(value: int, unit: Unit = "number") -> Const:
    return Const(value, Int(value, value, unit))


def apply(op: Op, *args: Node, span: Span | None = None) -> Node:
    """An operation; what it gives follows from its arguments."""
    type_ = apply_type(op, tuple(arg.type for arg in args))
    assert type_ is not None, f"{op} does not take {[arg.type for arg in args]}"
    return Apply(op, args, type_, span=span)


def all_of(conditions: Sequence[Node]) -> Node:
    match conditions:
        case []:
            return Const(True, BOOL)
        case [one]:
            return one
        case _:
            return apply(Op.AND, *conditions)


def choose(condition: Node, then: Node, otherwise: Node) -> Node:
    type_ = joined(then.type, otherwise.type)
    assert type_ is not None, "both branches are of one type"
    return If(condition, then, otherwise, type_)


def mask(bits: Sequence[Node]) -> Node:
    return Mask(tuple(bits), Int(0, 2 ** len(bits) - 1))


def scale(amount: Node, top: int, bottom: int, rounding: Rounding, span: Span | None = None) -> Node:
    """A part of an amount."""
    assert isinstance(amount.type, Int), "only numbers are scaled"
    ends = [scaled(end, top, bottom, rounding) for end in (amount.type.lo, amount.type.hi)]
    return Scale(amount, top, bottom, rounding, Int(ends[0], ends[1], amount.type.unit), span=span)
