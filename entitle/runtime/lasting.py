"""A program and its facts -> the first instant at which time alone may change what it answers.

Conditions are linear in `now`, so the instant at which a comparison turns is the solution of one equation; `min`, `max`
and choices turn where one of their parts does.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
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
    Int,
    Local,
    Member,
    Node,
    Op,
    Program,
    parts,
)
from entitle.release import Release
from entitle.runtime.calendars import next_turn
from entitle.runtime.interpret import Facts, read
from entitle.values.civil import window
from entitle.values.zone import Instant

Line = tuple[int, int]  # slope and height: what a value is at an instant, slope × now + height
LINES_MAX = 64


def changes_at(program: Program, facts: Facts, release: Release, at: Instant) -> Instant | None:
    """The first instant after `at` at which its answer may be another one; None where none is known."""
    clock = {each.name for each in program.inputs if each.origin == "clock"}
    ends = [*_of_the_clock(clock, release, at)]
    try:
        ends += _Turns(program, facts).instants() if "now" in clock else ()
    except _TooMany:
        return at + 1
    return min((end for end in ends if end > at), default=None)


def _of_the_clock(names: set[str], release: Release, at: Instant) -> Iterator[Instant]:
    """When parts of the date, the hour and calendars change."""
    zone = release.zone
    if names & {"now.date", "now.weekday", "now.day", "now.month"}:
        yield window(zone, at, "day")[1]
    if "now.hour" in names:
        hour = zone.civil(at).replace(minute=0, second=0, microsecond=0)
        yield zone.instant(hour + timedelta(hours=1))
    for name in names:
        if name.startswith("in:"):
            turn = next_turn(release.calendars[name.removeprefix("in:")], zone, at)
            if turn is not None:
                yield turn


class _TooMany(Exception):
    """There are more ways than are worth following."""


class _Turns:
    """The comparisons of one program, and when they turn."""

    def __init__(self, program: Program, facts: Facts) -> None:
        self.facts = facts
        self.inputs = {each.name: each for each in program.inputs}
        self.lets: Mapping[str, Node] = {each.name: each.value for each in program.lets}

    def instants(self) -> Iterator[Instant]:
        for let in self.lets.values():
            yield from self._of(let)

    def _of(self, node: Node) -> Iterator[Instant]:
        match node:
            case Apply(op=op, args=(left, right)) if op in COMPARISONS and self._reads_now(node):
                for a, b in product(self._lines(left), self._lines(right)):
                    yield from _turns(op, a[0] - b[0], b[1] - a[1])
            case Member(value=value, codes=codes) if self._reads_now(value):
                for (slope, height), code in product(self._lines(value), codes):
                    yield from _turns(Op.EQUAL, slope, code - height)
        for part in parts(node):
            yield from self._of(part)

    def _reads_now(self, node: Node) -> bool:
        match node:
            case Fact(name=name):
                return name == "now"
            case Local(name=name):
                return self._reads_now(self.lets[name])
            case _:
                return any(map(self._reads_now, parts(node)))

    def _lines(self, node: Node) -> set[Line]:
        """What the node may be: one line, or one for each way that it may go."""
        match node:
            case Const(value=int(value)):
                return {(0, value)}
            case Fact(name="now"):
                return {(1, 0)}
            case Fact(name=name, type=Int()):
                return {(0, int(read(self.inputs[name], self.facts)))}
            case Local(name=name):
                return self._lines(self.lets[name])
            case If(then=then, otherwise=otherwise):
                return self._lines(then) | self._lines(otherwise)
            case Apply(op=op, args=args):
                return _joined(op, [self._lines(arg) for arg in args])
            case _:
                return set()


def _joined(op: Op, args: list[set[Line]]) -> set[Line]:
    if op in (Op.MIN, Op.MAX):
        return set[Line]().union(*args)
    left, right = args
    found = {_line(op, a, b) for a, b in product(left, right)}
    if len(found) > LINES_MAX:
        raise _TooMany
    return found


def _line(op: Op, a: Line, b: Line) -> Line:
    if op in PRODUCTS:  # by a constant
        return a[0] * b[1], a[1] * b[1]
    assert op in ADDITIONS or op in SUBTRACTIONS, "nothing else gives a number that depends on `now`"
    sign = 1 if op in ADDITIONS else -1
    return a[0] + sign * b[0], a[1] + sign * b[1]


def _turns(op: Op, slope: int, height: int) -> Iterator[Instant]:
    """The instants at which a comparison of `slope × now` with `height` begins to be another."""
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
