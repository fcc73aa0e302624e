"""Box algebra: what a condition admits, said fact by fact as ranges of codes; gaps and overlaps found exactly.

A box maps facts to the codes it admits, as disjoint ascending ranges with both ends included; a fact it does not name
is free. Choices, whole numbers and true or false all are codes, so a price table over them is a set of boxes.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from entitle.ir import BOOL, Apply, Bool, Const, Enum, Fact, Int, Member, Node, Op, Type

Ranges = tuple[tuple[int, int], ...]
Box = Mapping[str, Ranges]
Point = Mapping[str, int]


def ranges(codes: Iterable[int]) -> Ranges:
    """Single codes as ranges."""
    return union((code, code) for code in codes)


def union(parts: Iterable[tuple[int, int]]) -> Ranges:
    """The ranges in order, those that touch made one."""
    found: list[tuple[int, int]] = []
    for lo, hi in sorted(parts):
        if found and lo <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(hi, found[-1][1])
        else:
            found.append((lo, hi))
    return tuple(found)


def meet(a: Ranges, b: Ranges) -> Ranges:
    """What both admit."""
    return union((max(p[0], q[0]), min(p[1], q[1])) for p in a for q in b if max(p[0], q[0]) <= min(p[1], q[1]))


def without(a: Ranges, b: Ranges) -> Ranges:
    """What `a` admits and `b` does not."""
    left = list(a)
    for lo, hi in b:
        left = [
            piece
            for start, end in left
            for piece in ((start, min(end, lo - 1)), (max(start, hi + 1), end))
            if piece[0] <= piece[1]
        ]
    return union(left)


def whole(type_: Type) -> Ranges | None:
    """All codes of a type; None for a type that boxes do not speak of."""
    match type_:
        case Bool():
            return ((0, 1),)
        case Enum(members=members):
            return ((0, len(members) - 1),)
        case Int(lo=lo, hi=hi):
            return ((lo, hi),)
        case _:
            return None


def both(a: Box, b: Box) -> Box | None:
    """What both admit; None where that is nothing."""
    found = dict(a)
    for name, admitted in b.items():
        found[name] = meet(found[name], admitted) if name in found else admitted
        if not found[name]:
            return None
    return found


def admitted(condition: Node) -> Box | None:
    """A box that holds all for which the condition is true; None where nothing can be.

    Exact for conjunctions of tests of one fact each; what else it may say is left out.
    """
    match condition:
        case Const(value=False):
            return None
        case Apply(op=Op.AND, args=args):
            found: Box | None = {}
            for each in args:
                one = admitted(each)
                found = None if found is None or one is None else both(found, one)
            return found
        case _:
            test = asked(condition)
            if test is None:
                return {}
            return {test[0]: test[1]} if test[1] else None


ALTERNATIVES_MAX = 64


def alternatives(condition: Node, true: bool = True) -> tuple[Box, ...]:
    """Boxes that together hold all for which the condition is true (or is not); none where nothing can be.

    They hold no others where it consists of tests of one fact each with `and`, `or` and `not`. Any other test may come
    out either way, and past ALTERNATIVES_MAX boxes what would make more of them is left out.
    """
    test = asked(condition if true else Apply(Op.NOT, (condition,), BOOL))
    if test is not None:
        return ({test[0]: test[1]},) if test[1] else ()
    match condition:
        case Const(value=value):
            return ({},) if value is true else ()
        case Apply(op=Op.NOT, args=(inner,)):
            return alternatives(inner, not true)
        case Apply(op=Op.AND | Op.OR as op, args=args):
            parts = sorted((alternatives(each, true) for each in args), key=len)
            return _of_each(parts) if (op is Op.AND) is true else _of_any(parts)
        case _:
            return ({},)


def _of_any(parts: Iterable[tuple[Box, ...]]) -> tuple[Box, ...]:
    found: list[Box] = []
    for box in (box for part in parts for box in part):
        if box not in found:
            found.append(box)
    return tuple(found) if len(found) <= ALTERNATIVES_MAX else ({},)


def _of_each(parts: Iterable[tuple[Box, ...]]) -> tuple[Box, ...]:
    """What one box of every part admits."""
    found: tuple[Box, ...] = ({},)
    for part in parts:
        joined = [box for a in found for b in part if (box := both(a, b)) is not None]
        if len(joined) <= ALTERNATIVES_MAX:
            found = _of_any([tuple(joined)])
    return found


def asked(node: Node) -> tuple[str, Ranges] | None:
    """The fact that a node asks about, and the codes for which it is true."""
    match node:
        case Fact(name=name, type=Bool()):
            return name, ((1, 1),)
        case Member(value=Fact(name=name, type=type_), codes=codes) if (all_ := whole(type_)) is not None:
            return name, meet(all_, ranges(codes))
        case Apply(op=Op.NOT, args=(inner,)):
            return _negated(inner)
        case Apply(op=Op.OR, args=args):
            return _either([asked(each) for each in args])
        case Apply(op=Op.AND, args=args):
            return _together([asked(each) for each in args])
        case Apply(op=op, args=(Fact(name=name, type=type_), Const(value=value))) if whole(type_) is not None:
            return _compared(op, name, type_, int(value))
        case Apply(op=op, args=(Const() as left, Fact() as right)) if op in TURNED:
            return asked(Apply(TURNED[op], (right, left), node.type))
        case _:
            return None


TURNED = {
    Op.EQUAL: Op.EQUAL,
    Op.DIFFERENT: Op.DIFFERENT,
    Op.LESS: Op.MORE,
    Op.AT_MOST: Op.AT_LEAST,
    Op.MORE: Op.LESS,
    Op.AT_LEAST: Op.AT_MOST,
}


def _negated(node: Node) -> tuple[str, Ranges] | None:
    test, fact = asked(node), next(_facts(node), None)
    all_ = whole(fact.type) if fact else None
    return None if test is None or all_ is None else (test[0], without(all_, test[1]))


def _facts(node: Node) -> Iterator[Fact]:
    match node:
        case Fact():
            yield node
        case Apply(args=args):
            for each in args:
                yield from _facts(each)
        case Member(value=value):
            yield from _facts(value)


def _either(tests: Sequence[tuple[str, Ranges] | None]) -> tuple[str, Ranges] | None:
    said = [test for test in tests if test is not None]
    if len(said) < len(tests) or len({name for name, _ in said}) != 1:
        return None
    return said[0][0], union(piece for _, admits in said for piece in admits)


def _together(tests: Sequence[tuple[str, Ranges] | None]) -> tuple[str, Ranges] | None:
    said = [test for test in tests if test is not None]
    if len(said) < len(tests) or len({name for name, _ in said}) != 1:
        return None
    name, left = said[0]
    for _, admits in said[1:]:
        left = meet(left, admits)
    return name, left


def _compared(op: Op, name: str, type_: Type, value: int) -> tuple[str, Ranges] | None:
    all_ = whole(type_)
    assert all_ is not None
    lo, hi = all_[0]
    admits: dict[Op, Ranges] = {
        Op.EQUAL: ((value, value),),
        Op.DIFFERENT: without(all_, ((value, value),)),
        Op.LESS: ((lo, value - 1),),
        Op.AT_MOST: ((lo, value),),
        Op.MORE: ((value + 1, hi),),
        Op.AT_LEAST: ((value, hi),),
    }
    return None if op not in admits else (name, meet(all_, union(r for r in admits[op] if r[0] <= r[1])))


def exclusive(a: Node, b: Node) -> bool:
    """Is it certain that two conditions never hold together?"""
    one, other = admitted(a), admitted(b)
    return one is None or other is None or both(one, other) is None


STEPS_MAX = 300_000


class TooManySets(Exception):
    """The rows hold in more different sets than can be looked at one by one."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Codes of a fact, from `lo` on, within which no row begins or ends; the rows that hold there, row i as bit i."""

    lo: int
    rows: int


def slices(name: str, rows: Sequence[Box], within: Ranges) -> list[Slice]:
    """The codes of a fact that are `within`, cut where a row begins or ends."""
    turns: dict[int, int] = {}
    holding = 0
    for i, row in enumerate(rows):
        holding |= 0 if name in row else 1 << i
        for at in (at for lo, hi in row.get(name, ()) for at in (lo, hi + 1)):
            turns[at] = turns.get(at, 0) ^ 1 << i
    found: list[Slice] = []
    for at in sorted({*turns, *(edge for lo, hi in within for edge in (lo, hi + 1))}):
        holding ^= turns.get(at, 0)
        if any(lo <= at <= hi for lo, hi in within):
            found.append(Slice(at, holding))
    return found


def overlaps(rows: Sequence[Box], within: Box) -> Iterator[tuple[int, int, Point]]:
    """Of each row that holds together with an earlier one: the first such one, itself, and a point where both do."""
    cut = {name: slices(name, rows, within[name]) for name in sorted({name for row in rows for name in row})}
    living = (1 << len(rows)) - 1  # rows that hold somewhere within
    for each in cut.values():
        living &= _any(each)
    for later, row in enumerate(rows):
        meeting = living & (1 << later) - 1 if living >> later & 1 else 0
        for name, admits in row.items():
            starts = [(bisect_left(cut[name], lo, key=_lo), bisect_right(cut[name], hi, key=_lo)) for lo, hi in admits]
            meeting &= _any(each for first, end in starts for each in cut[name][first:end]) if meeting else 0
        if meeting:
            earlier = (meeting & -meeting).bit_length() - 1
            shared = both(both(within, row) or {}, rows[earlier])
            assert shared is not None, "they meet in every fact"
            yield earlier, later, {name: admits[0][0] for name, admits in shared.items()}


def _lo(each: Slice) -> int:
    return each.lo


def _any(some: Iterable[Slice]) -> int:
    """The rows that hold in one of them."""
    found = 0
    for each in some:
        found |= each.rows
    return found


def cells(rows: Sequence[Box], within: Box) -> Iterator[tuple[Point, frozenset[int]]]:
    """Of all that `within` admits one point for each different set of rows that hold there.

    `within` names every fact that a row names. Facts are split where a row begins or ends, those first that most rows
    name, so the answer is exact and the work follows the number of different sets, not of customers. There may be very
    many where rows name different facts: past STEPS_MAX it raises TooManySets.
    """
    named = Counter(name for row in rows for name in row)
    names = sorted(named, key=lambda name: (-named[name], name))
    cut = [slices(name, rows, within[name]) for name in names]
    seen: set[tuple[int, int]] = set()
    steps = 0

    def walk(depth: int, alive: int, point: dict[str, int]) -> Iterator[tuple[Point, frozenset[int]]]:
        nonlocal steps
        if depth == len(names):
            yield {name: within[name][0][0] for name in within} | point, frozenset(bits(alive))
            return
        steps += len(cut[depth])
        if steps > STEPS_MAX:
            raise TooManySets
        for each in cut[depth]:
            left = alive & each.rows
            if (depth, left) not in seen:
                seen.add((depth, left))
                yield from walk(depth + 1, left, point | {names[depth]: each.lo})

    yield from walk(0, (1 << len(rows)) - 1, {})


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set, from the lowest."""
    while mask:
        yield (mask & -mask).bit_length() - 1
        mask &= mask - 1
