"""A variable of a program -> the values of it at which a comparison begins to be another.

Conditions are linear, so where a comparison turns is the solution of one equation; `min`, `max` and choices turn where
one of their parts does. The variable is the instant, the amount that reached a step, or a number of units.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from entitle.ir import (
    ADDITIONS,
    COMPARISONS,
    PRODUCTS,
    SUBTRACTIONS,
    Apply,
    Const,
    Fact,
    If,
    Input,
    Int,
    Local,
    Member,
    Node,
    Op,
    parts,
)
from entitle.runtime.interpret import Facts, read

Line = tuple[int, int]  # slope and height: what a value is where the variable is x, slope × x + height
LINES_MAX = 64


class TooMany(Exception):
    """There are more ways than are worth following."""


@dataclass(frozen=True)
class Turning:
    """One variable of a program, all other facts being known."""

    lets: Mapping[str, Node]
    inputs: Mapping[str, Input]
    facts: Facts
    varies: Callable[[Node], bool]

    def turns(self, node: Node) -> Iterator[int]:
        """Where the comparisons in the node turn. Raises TooMany."""
        match node:
            case Apply(op=op, args=(left, right)) if op in COMPARISONS and self.reads(node):
                for a, b in product(self._lines(left), self._lines(right)):
                    yield from _turns(op, a[0] - b[0], b[1] - a[1])
            case Member(value=value, codes=codes) if self.reads(value):
                for (slope, height), code in product(self._lines(value), codes):
                    yield from _turns(Op.EQUAL, slope, code - height)
        for part in parts(node):
            yield from self.turns(part)

    def reads(self, node: Node) -> bool:
        """Does the node depend on the variable? Lets are followed one after another: their chain may be long."""
        left, seen = [node], set[str]()
        while left:
            each = left.pop()
            if self.varies(each):
                return True
            if isinstance(each, Local) and each.name not in seen:
                seen.add(each.name)
                left.append(self.lets[each.name])
            left += parts(each)
        return False

    def _lines(self, node: Node) -> set[Line]:
        """What the node may be: one line, or one for each way that it may go; none where it is no line."""
        found = set[Line]()
        left = [node]
        while left:
            match left.pop():
                case Local(name=name):
                    left.append(self.lets[name])
                case If(then=then, otherwise=otherwise):
                    left += [then, otherwise]
                case each:
                    found |= self._line(each)
        return found

    def _line(self, node: Node) -> set[Line]:
        """The same of a node that chooses nothing and has no name."""
        if self.varies(node):
            return {(1, 0)}
        match node:
            case Const(value=int(value)):
                return {(0, value)}
            case Fact(name=name, type=Int()):
                return {(0, int(read(self.inputs[name], self.facts)))}
            case Apply(op=op, args=args):
                return _joined(op, [self._lines(arg) for arg in args])
            case _:
                return set()


def _joined(op: Op, args: list[set[Line]]) -> set[Line]:
    if op in (Op.MIN, Op.MAX):
        return set[Line]().union(*args)
    if op not in PRODUCTS and op not in ADDITIONS and op not in SUBTRACTIONS:
        return set()
    left, right = args
    found = {_line(op, a, b) for a, b in product(left, right)}
    if len(found) > LINES_MAX:
        raise TooMany
    return found


def _line(op: Op, a: Line, b: Line) -> Line:
    if op in PRODUCTS:  # by a constant
        return a[0] * b[1], a[1] * b[1]
    sign = 1 if op in ADDITIONS else -1
    return a[0] + sign * b[0], a[1] + sign * b[1]


def _turns(op: Op, slope: int, height: int) -> Iterator[int]:
    """The values from which on a comparison of `slope × x` with `height` is another."""
    if slope == 0:
        return
    if slope < 0:
        slope, height, op = -slope, -height, MIRRORED.get(op, op)
    reached, passed = -(-height // slope), height // slope + 1  # the first that is not less, the first that is more
    if op not in (Op.AT_MOST, Op.MORE):
        yield reached
    if op not in (Op.LESS, Op.AT_LEAST):
        yield passed


MIRRORED = {Op.LESS: Op.MORE, Op.AT_MOST: Op.AT_LEAST, Op.MORE: Op.LESS, Op.AT_LEAST: Op.AT_MOST}
