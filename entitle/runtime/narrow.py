"""A program where some facts are known to lie in a box: the same answers, with less to ask.

Conditions that hold for all of the box, or for nothing in it, are decided; what they leave unread falls away. With the
empty box only what the program itself settles is decided. Each let is made simpler when it is first asked for, so the
work follows what an answer needs.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace

from entitle.boxes import Box, asked, without
from entitle.ir import (
    BOOL,
    COMPARISONS,
    Apply,
    Best,
    Const,
    Fact,
    Given,
    If,
    Int,
    Local,
    Lowered,
    Mask,
    Member,
    Node,
    Offer,
    Op,
    Program,
    Running,
    Scale,
    Type,
    Value,
    scaled,
)
from entitle.numbering import at
from entitle.runtime.interpret import applied
from entitle.runtime.live import locals_of

EVERYBODY: Box = {}
ATOMS = Const | Fact | Given | Local | Lowered  # as short as a name
TRUE, FALSE = Const(True, BOOL), Const(False, BOOL)


@dataclass(frozen=True, slots=True)
class Open:
    """An offer that may be open: its number through all steps, and its place in its step."""

    number: int
    place: int
    offer: Offer


class Narrowed:
    """The lets of a program within a box.

    places, numbers  where each input and each let stands
    alive            of a let that chooses: the only offers that may be open, by their numbers
    running          the amount that reaches a step, where that is known
    """

    def __init__(self, program: Program, box: Box = EVERYBODY) -> None:
        self.program, self.box = program, box
        self.places = {each.name: i for i, each in enumerate(program.inputs)}
        self.numbers = {let.name: i for i, let in enumerate(program.lets)}
        self.alive: Mapping[str, Sequence[int]] = {}
        self.running: Node | None = None
        self._found: dict[str, Node] = {}
        self._reads: dict[str, list[str]] = {}

    def within(self, box: Box, alive: Mapping[str, Sequence[int]]) -> "Narrowed":
        """The same program in a part of the box."""
        found = copy(self)
        found.box, found.alive, found._found = {**self.box, **box}, alive, {}
        return found

    def let(self, name: str) -> Node:
        """The value of a let; a choice as it stands, for `offers` says what is left of it.

        The lets that it reads are made simpler before it: however long their chain is, no call goes deep.
        """
        left = [name]
        while name not in self._found:
            value = self.raw(left[-1])
            if unread := [each for each in self._read_by(left[-1], value) if each not in self._found]:
                left += unread
            else:
                self._found[left.pop()] = value if isinstance(value, Best) else self.node(value)
        return self._found[name]

    def _read_by(self, name: str, value: Node) -> list[str]:
        """The lets that a let reads; what a choice reads is asked for offer by offer."""
        if name not in self._reads:
            self._reads[name] = [] if isinstance(value, Best) else sorted(locals_of(value))
        return self._reads[name]

    def raw(self, name: str) -> Node:
        """The value of a let as the program has it."""
        return self.program.lets[self.numbers[name]].value

    def offers(self, name: str) -> list[list[Open]]:
        """At each step of a choice the offers that may be open."""
        best = self.raw(name)
        assert isinstance(best, Best), "only a choice has offers"
        counts = [len(step) for step in best.steps]
        found: list[list[Open]] = [[] for _ in counts]
        first, base = copy(self), self.node(best.base)
        first.running = base if isinstance(base, ATOMS) else None
        for number in self.alive.get(name, range(sum(counts))):
            step, place = at(counts, number)
            offer = best.steps[step][place]
            here = self if any(found[:step]) else first
            may = here.node(offer.may)
            if may != FALSE:
                found[step].append(Open(number, place, Offer(may, here.node(offer.amount))))
        return found

    def node(self, node: Node) -> Node:
        """The node, simpler where that is possible."""
        match node:
            case Local(name=name):
                value = self.let(name)
                return value if isinstance(value, ATOMS) else node
            case Apply(op=Op.AND | Op.OR as op, args=args):
                return self._joined(op, [self.node(arg) for arg in args])
            case Apply(op=Op.MIN | Op.MAX as op, args=(left, right)):
                return _extreme(replace(node, args=(self.node(left), self.node(right))))
            case Apply(args=args):
                return self._decided(replace(node, args=tuple(map(self.node, args))))
            case Running() if self.running is not None:
                return self.running
            case Fact():
                return self._known(node)
            case Member(value=value):
                return self._decided(replace(node, value=self.node(value)))
            case If(condition=condition, then=then, otherwise=otherwise):
                said = self.node(condition)
                if isinstance(said, Const):
                    return self.node(then if said.value else otherwise)
                return replace(node, condition=said, then=self.node(then), otherwise=self.node(otherwise))
            case Scale(amount=amount):
                return _scale(replace(node, amount=self.node(amount)))
            case Mask(bits=bits):
                return _mask(replace(node, bits=tuple(map(self.node, bits))))
            case _:
                return node

    def _joined(self, op: Op, args: list[Node]) -> Node:
        """A conjunction or alternative without what does not matter to it."""
        settles, idle = (FALSE, TRUE) if op is Op.AND else (TRUE, FALSE)
        if settles in args:
            return settles
        left = [arg for arg in args if arg != idle]
        return Apply(op, tuple(left), BOOL) if len(left) > 1 else left[0] if left else idle

    def _known(self, node: Fact) -> Node:
        """The only value that the box leaves to a fact."""
        match self.box.get(node.name):
            case ((lo, hi),) if lo == hi:
                return _constant(bool(lo) if node.type == BOOL else lo, node.type)
            case _:
                return node

    def _decided(self, node: Apply | Member) -> Node:
        """Its value, where that is known or the box leaves nothing else."""
        match node:
            case Apply(op=op, args=args) if known := [arg.value for arg in args if isinstance(arg, Const)]:
                if len(known) == len(args):
                    return _constant(applied(op, known), node.type)
            case Apply(
                op=op, args=(Apply(op=Op.ADD_NUMBER, args=(more, Const(value=up))), Const(value=value) as right)
            ):
                if op in COMPARISONS:  # the same of the number itself
                    return self._decided(replace(node, args=(more, _constant(int(value) - int(up), right.type))))
            case Member(value=Const(value=value), codes=codes):
                return Const(value in codes, BOOL)
        found = asked(node) if self.box else None
        if found is None or found[0] not in self.box:
            return node
        name, admits = found
        left = without(self.box[name], admits)
        return node if left and left != self.box[name] else Const(not left, BOOL)


def _constant(value: Value, type_: Type) -> Const:
    return Const(value, Int(int(value), int(value), type_.unit) if isinstance(type_, Int) else type_)


def _extreme(node: Apply) -> Node:
    """The least or the most of two; one of them, where its bounds say that it is."""
    left, right = node.args
    assert isinstance(left.type, Int), "only numbers are compared"
    assert isinstance(right.type, Int), "only numbers are compared"
    below, above = left.type.hi <= right.type.lo, right.type.hi <= left.type.lo
    if below or above:
        return left if below == (node.op is Op.MIN) else right
    return node


def _scale(node: Scale) -> Node:
    """An amount, where that which is scaled is known."""
    match node.amount:
        case Const(value=value):
            return _constant(scaled(int(value), node.numerator, node.denominator, node.rounding), node.type)
        case _:
            return node


def _mask(node: Mask) -> Node:
    """A number, where every bit is known."""
    known = [bit.value for bit in node.bits if isinstance(bit, Const)]
    return (
        Const(sum(bool(bit) << i for i, bit in enumerate(known)), node.type) if len(known) == len(node.bits) else node
    )
