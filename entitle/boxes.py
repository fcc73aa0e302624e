"""Box algebra: what a condition admits, said fact by fact as ranges of codes; gaps and overlaps found exactly.

A box maps facts to the codes it admits, as disjoint ascending ranges with both ends included; a fact it does not name
is free. Choices, whole numbers and true or false all are codes, so a price table over them is a set of boxes.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from entitle.ir import Apply, Bool, Const, Enum, Fact, Int, Member, Node, Op, Type

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
            test = _test(condition)
            if test is None:
                return {}
            return {test[0]: test[1]} if test[1] else None


def _test(node: Node) -> tuple[str, Ranges] | None:
    """The fact that a node asks about, and the codes for which it is true."""
    match node:
        case Fact(name=name, type=Bool()):
            return name, ((1, 1),)
        case Member(value=Fact(name=name, type=type_), codes=codes) if (all_ := whole(type_)) is not None:
            return name, meet(all_, ranges(codes))
        case Apply(op=Op.NOT, args=(inner,)):
            return _negated(inner)
        case Apply(op=Op.OR, args=args):
            return _either([_test(each) for each in args])
        case Apply(op=Op.AND, args=args):
            return _together([_test(each) for each in args])
        case Apply(op=op, args=(Fact(name=name, type=type_), Const(value=value))) if whole(type_) is not None:
            return _compared(op, name, type_, int(value))
        case Apply(op=op, args=(Const() as left, Fact() as right)) if op in TURNED:
            return _test(Apply(TURNED[op], (right, left), node.type))
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
    test, fact = _test(node), next(_facts(node), None)
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


SETS_MAX = 20_000


class TooManySets(Exception):
    """The rows hold in more different sets than can be looked at one by one."""


def overlaps(rows: Sequence[Box], within: Box) -> Iterator[tuple[int, int, Point]]:
    """Of each row that holds together with an earlier one: the first such one, itself, and a point where both do."""
    for later, row in enumerate(rows):
        inside = both(within, row)
        if inside is None:
            continue
        found = ((earlier, both(inside, rows[earlier])) for earlier in range(later))
        for earlier, shared in found:
            if shared is not None:
                yield earlier, later, {name: admits[0][0] for name, admits in shared.items()}
                break


def cells(rows: Sequence[Box], within: Box) -> Iterator[tuple[Point, frozenset[int]]]:
    """Of all that `within` admits one point for each different set of rows that hold there.

    `within` names every fact that a row names. Facts are split where a row begins or ends, those first that most rows
    name, so the answer is exact and the work follows the number of different sets, not of customers. There may be very
    many where rows name different facts: past SETS_MAX it raises TooManySets.
    """
    seen: set[tuple[int, frozenset[int]]] = set()
    named = Counter(name for row in rows for name in row)
    names = sorted(named, key=lambda name: (-named[name], name))

    def walk(depth: int, alive: frozenset[int], point: dict[str, int]) -> Iterator[tuple[Point, frozenset[int]]]:
        if (depth, alive) in seen:
            return
        if len(seen) >= SETS_MAX:
            raise TooManySets
        seen.add((depth, alive))
        if depth == len(names):
            yield {name: within[name][0][0] for name in within} | point, alive
            return
        name = names[depth]
        for start in _starts(name, [rows[i] for i in alive], within[name]):
            left = frozenset(i for i in alive if _holds(rows[i], name, start))
            yield from walk(depth + 1, left, point | {name: start})

    yield from walk(0, frozenset(range(len(rows))), {})


def _starts(name: str, rows: Sequence[Box], within: Ranges) -> list[int]:
    cuts = {edge for row in rows for lo, hi in row.get(name, ()) for edge in (lo, hi + 1)}
    return sorted({start for lo, hi in within for start in {lo, *(cut for cut in cuts if lo <= cut <= hi)}})


def _holds(row: Box, name: str, code: int) -> bool:
    return name not in row or any(lo <= code <= hi for lo, hi in row[name])
