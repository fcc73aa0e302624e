"""An expression, and between what an amount lies -> between what its value lies: no solver, and never too narrow.

Exact where an amount is known and the expression reads nothing else; truth values are numbers, from 0 to 1.
"""

from collections.abc import Mapping

from entitle.ir import (
    ADDITIONS,
    COMPARISONS,
    PRODUCTS,
    SUBTRACTIONS,
    Apply,
    Bool,
    Const,
    If,
    Int,
    Local,
    Node,
    Op,
    Running,
    Scale,
    scaled,
)

Span = tuple[int, int]  # the least and the most
EITHER: Span = (0, 1)


def image(node: Node, running: Span, lets: Mapping[str, Span]) -> Span:
    """Between what the node lies, where `running` reached the step; `lets` are those of which something is known."""
    match node:
        case Const(value=value):
            return int(value), int(value)
        case Running():
            return running
        case Local(name=name) if name in lets:
            return lets[name]
        case Scale(amount=amount, numerator=top, denominator=bottom, rounding=rounding):
            lo, hi = image(amount, running, lets)
            return scaled(lo, top, bottom, rounding), scaled(hi, top, bottom, rounding)
        case If(condition=condition, then=then, otherwise=otherwise):
            said = image(condition, running, lets)
            ways = [image(way, running, lets) for way, taken in ((then, said[1]), (otherwise, not said[0])) if taken]
            return min(lo for lo, _ in ways), max(hi for _, hi in ways)
        case Apply(op=op, args=args):
            return _applied(op, [image(arg, running, lets) for arg in args])
        case _:
            return _anything(node)


def _anything(node: Node) -> Span:
    match node.type:
        case Int(lo=lo, hi=hi):
            return lo, hi
        case Bool():
            return EITHER
        case _:
            return 0, 2**62


def _applied(op: Op, args: list[Span]) -> Span:
    match op:
        case Op.NOT:
            return 1 - args[0][1], 1 - args[0][0]
        case Op.AND | Op.MIN:
            return min(lo for lo, _ in args), min(hi for _, hi in args)
        case Op.OR | Op.MAX:
            return max(lo for lo, _ in args), max(hi for _, hi in args)
        case Op.SAME_KEY | Op.OTHER_KEY:
            return EITHER
    (a, b), (c, d) = args
    if op in COMPARISONS:
        return _compared(op, a - d, b - c)
    if op in ADDITIONS:
        return a + c, b + d
    if op in SUBTRACTIONS:
        return a - d, b - c
    assert op in PRODUCTS or op is Op.TIMES_QUANTITY, f"{op} gives a number"
    corners = [x * y for x in (a, b) for y in (c, d)]
    return min(corners), max(corners)


def _compared(op: Op, least: int, most: int) -> Span:
    """What a comparison says, where left less right lies between these."""
    match op:
        case Op.LESS:
            return int(most < 0), int(least < 0)
        case Op.AT_MOST:
            return int(most <= 0), int(least <= 0)
        case Op.MORE:
            return int(least > 0), int(most > 0)
        case Op.AT_LEAST:
            return int(least >= 0), int(most >= 0)
        case Op.EQUAL:
            return int(least == most == 0), int(least <= 0 <= most)
        case _:
            return int(least > 0 or most < 0), int(not least == most == 0)


def clipped(condition: Node, running: Span, lets: Mapping[str, Span]) -> Span | None:
    """What of the amounts may meet a condition; None for none. A threshold cuts; any other condition may cut less."""
    match condition:
        case Apply(op=Op.AT_LEAST | Op.MORE as op, args=(Running(), other)):
            lo = image(other, running, lets)[0] + (op is Op.MORE)
            running = max(running[0], lo), running[1]
        case Apply(op=Op.AT_MOST | Op.LESS as op, args=(Running(), other)):
            hi = image(other, running, lets)[1] - (op is Op.LESS)
            running = running[0], min(running[1], hi)
    possible = running[0] <= running[1] and image(condition, running, lets)[1]
    return running if possible else None
