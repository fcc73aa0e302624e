"""Random sound programs and facts for them: every node, operator, rounding and kind of absence.

`Reached` notes what a run came by, so that a test can insist that nothing of the IR was left out.
"""

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import get_args

from entitle.invariants import apply_type, implied, running_type
from entitle.ir import (
    ADDITIONS,
    BOOL,
    COMPARISONS,
    LIMIT,
    PRODUCTS,
    SIGNATURES,
    SUBTRACTIONS,
    Apply,
    Best,
    Bool,
    Const,
    Enum,
    Fact,
    Given,
    Holds,
    If,
    Input,
    Int,
    Key,
    Let,
    Local,
    Lowered,
    Mask,
    Member,
    Missing,
    Node,
    Op,
    Program,
    Rounding,
    Scale,
    SetOf,
    Takes,
    Text,
    Type,
    Unit,
    Value,
    parts,
    scaled,
)
from tests.choices import best

UNITS: tuple[Unit, ...] = get_args(Unit)
ROUNDINGS: tuple[Rounding, ...] = get_args(Rounding)
MISSING: tuple[Missing, ...] = get_args(Missing)
PLAN = Enum(("free", "basic", "gold"))
TAGS = SetOf(("a", "b", "c"))
CITY = Text(3)
Facts = dict[str, Value | None]


class Maker:
    """Makes one program after another from a seeded source of randomness."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.inputs: list[Input] = []
        self.lets: list[Let] = []

    def program(self) -> Program:
        self.inputs = [self._input(i) for i in range(self.random.randint(6, 12))]
        self.lets = []
        for i in range(self.random.randint(4, 9)):
            self.lets.append(Let(f"let-{i}", self._best() if i % 4 == 3 else self.node(self._type(), 4)))
        outs = self.random.sample([let.name for let in self.lets], k=min(3, len(self.lets)))
        return Program("random", tuple(self.inputs), tuple(self.lets), tuple(outs))

    def facts(self, program: Program) -> Facts:
        """A value for every input; where it may be, sometimes none."""
        return {each.name: self._fact(each) for each in program.inputs}

    def _fact(self, each: Input) -> Value | None:
        if each.missing != "never" and self.random.random() < 0.3:
            return None
        return self._value(each.type)

    def _value(self, type_: Type) -> Value:
        choose = self.random.choice
        match type_:
            case Bool():
                return choose((True, False))
            case Int(lo=lo, hi=hi):
                middle = self.random.randint(lo, hi)
                return choose((lo, hi, middle, max(lo, min(hi, self.random.randint(-60, 60)))))
            case Enum(members=members):
                return self.random.randrange(len(members))
            case SetOf(members=members):
                return self.random.randrange(2 ** len(members))
            case Text(words=words):
                return self.random.randint(0, words)
            case Key():
                return choose(("k1", "k2", ""))

    def _input(self, i: int) -> Input:
        type_ = self._input_type()
        missing = self.random.choice(MISSING)
        default = self._value(type_) if missing == "default" else None
        return Input(f"fact-{i}", type_, missing=missing, default=default)

    def _input_type(self) -> Type:
        makers: list[Callable[[], Type]] = [
            lambda: BOOL,
            lambda: PLAN,
            lambda: TAGS,
            lambda: CITY,
            lambda: Key(),
            self._int,
            self._int,
            self._int,
        ]
        maker = self.random.choice(makers)
        return maker()

    def _int(self) -> Int:
        low = self.random.choice((-(10**9), -500, 0, 1))
        return Int(low, low + self.random.choice((0, 9, 1000, 10**9)), self.random.choice(UNITS))

    def _type(self) -> Type:
        types: list[Type] = [BOOL, BOOL, PLAN, TAGS, CITY, *(Int(0, 0, unit) for unit in UNITS)]
        return self.random.choice(types)

    def _best(self) -> Node:
        """A choice of offers over some amount, on conditions that are decided before it."""
        conditions = [self.node(BOOL, 2) for _ in range(3)]
        amount = self.node(Int(0, 0, "money"), 1)
        small = isinstance(amount.type, Int) and amount.type.hi < LIMIT // 10**4  # offers scale it
        return best(self.random, amount if small and _sound(amount) else self._const(Int(0, 0, "money")), conditions)

    # ---- nodes; the bounds of a wanted number do not matter, its unit does

    def node(self, wanted: Type, depth: int) -> Node:
        found = self._leaf(wanted) if depth == 0 else self._branch(wanted, depth)
        return found if _sound(found) else self._const(wanted)

    def _leaf(self, wanted: Type) -> Node:
        names: list[Node] = [Fact(each.name, each.type) for each in self.inputs if _alike(each.type, wanted)]
        names += [Local(let.name, let.value.type) for let in self.lets if _alike(let.value.type, wanted)]
        names += self._chosen(wanted)
        if wanted == BOOL:
            names += [Given(each.name) for each in self.inputs if each.missing in ("ask", "risky")]
        return self.random.choice(names) if names and self.random.random() < 0.8 else self._const(wanted)

    def _chosen(self, wanted: Type) -> list[Node]:
        """What may be asked of the choices made so far."""
        found: list[Node] = []
        for let in self.lets:
            match let.value:
                case Best(steps=steps) if wanted == BOOL:
                    found += [Takes(let.name, number) for number in range(sum(map(len, steps)))]
                case Best(steps=steps, base=base) if isinstance(wanted, Int) and wanted.unit == "money":
                    found += [Lowered(let.name, step, running_type(base.type)) for step in range(len(steps))]
        return found

    def _const(self, wanted: Type) -> Node:
        if isinstance(wanted, Int):
            value = self.random.choice((-7, -1, 0, 1, 2, 3, 50, 999))
            return Const(value, Int(value, value, wanted.unit))
        return Const(self._value(wanted), wanted)

    def _branch(self, wanted: Type, depth: int) -> Node:
        below = depth - 1
        if self.random.random() < 0.15:
            return self._leaf(wanted)
        match wanted:
            case Bool():
                return self._condition(below)
            case Int(unit=unit):
                return self._number(unit, below)
            case _:
                return self._if(wanted, below)

    def _if(self, wanted: Type, depth: int) -> Node:
        then, otherwise = self.node(wanted, depth), self.node(wanted, depth)
        type_: Type = wanted
        if isinstance(then.type, Int) and isinstance(otherwise.type, Int):
            type_ = Int(min(then.type.lo, otherwise.type.lo), max(then.type.hi, otherwise.type.hi), then.type.unit)
        return If(self.node(BOOL, depth), then, otherwise, type_)

    def _condition(self, depth: int) -> Node:
        kind = self.random.randrange(7)
        if kind == 0:
            return Apply(Op.NOT, (self.node(BOOL, depth),), BOOL)
        if kind == 1:
            several = tuple(self.node(BOOL, depth) for _ in range(self.random.randint(1, 3)))
            return Apply(self.random.choice((Op.AND, Op.OR)), several, BOOL)
        if kind == 2:
            return self._member(depth)
        if kind == 3:
            return Holds(self.node(TAGS, depth), self.random.randrange(3))
        if kind == 4:
            return self._same_key()
        if kind == 5:
            return self._if(BOOL, depth)
        return self._comparison(depth)

    def _member(self, depth: int) -> Node:
        kinds: list[Type] = [PLAN, CITY, Int(0, 0, "number")]
        wanted = self.random.choice(kinds)
        codes = sorted(set(self.random.choices(range(-2, 5), k=self.random.randint(0, 3))))
        return Member(self.node(wanted, depth), tuple(codes))

    def _same_key(self) -> Node:
        keys = [Fact(each.name, each.type) for each in self.inputs if isinstance(each.type, Key)]
        if not keys:
            return Const(True, BOOL)
        pair = (self.random.choice(keys), self.random.choice(keys))
        return Apply(self.random.choice((Op.SAME_KEY, Op.OTHER_KEY)), pair, BOOL)

    def _comparison(self, depth: int) -> Node:
        kinds: list[Type] = [PLAN, TAGS, CITY, BOOL, *(Int(0, 0, unit) for unit in UNITS)]
        wanted = self.random.choice(kinds)
        ops = sorted(COMPARISONS if isinstance(wanted, Int | Enum) else {Op.EQUAL, Op.DIFFERENT})
        return Apply(self.random.choice(ops), (self.node(wanted, depth), self.node(wanted, depth)), BOOL)

    def _number(self, unit: Unit, depth: int) -> Node:
        kind = self.random.randrange(6)
        if kind == 0:
            return self._if(Int(0, 0, unit), depth)
        if kind == 1:
            several = tuple(self.node(Int(0, 0, unit), depth) for _ in range(self.random.randint(1, 3)))
            return _applied(self.random.choice((Op.MIN, Op.MAX)), several)
        if kind == 2 and unit == "money":
            return self._scale(depth)
        if kind == 3 and unit == "number":
            bits = tuple(self.node(BOOL, depth) for _ in range(self.random.randint(0, 4)))
            return Mask(bits, Int(0, 2 ** len(bits) - 1))
        return self._arithmetic(unit, depth)

    def _scale(self, depth: int) -> Node:
        amount = self.node(Int(0, 0, "money"), depth)
        top, bottom = self.random.choice(((1, 2), (9, 10), (2, 3), (5, 4), (0, 1), (1, 1), (33, 100)))
        rounding = self.random.choice(ROUNDINGS)
        assert isinstance(amount.type, Int)
        ends = [scaled(end, top, bottom, rounding) for end in (amount.type.lo, amount.type.hi)]
        return Scale(amount, top, bottom, rounding, Int(ends[0], ends[1], "money"))

    def _arithmetic(self, unit: Unit, depth: int) -> Node:
        ops = sorted(op for op in ADDITIONS | SUBTRACTIONS | PRODUCTS if SIGNATURES[op][2] == unit)
        op = self.random.choice(ops)
        if op is Op.TIMES_MONEY and self.random.random() < 0.5:
            op = Op.TIMES_QUANTITY
        left, right, _ = SIGNATURES[op]
        second = self._const(Int(0, 0, right)) if op in PRODUCTS else self.node(Int(0, 0, right), depth)
        return _applied(op, (self.node(Int(0, 0, left), depth), second))


def _applied(op: Op, args: tuple[Node, ...]) -> Node:
    type_ = apply_type(op, tuple(arg.type for arg in args))
    assert type_ is not None
    return Apply(op, args, type_)


def _alike(type_: Type, wanted: Type) -> bool:
    if isinstance(type_, Int) and isinstance(wanted, Int):
        return type_.unit == wanted.unit
    return type_ == wanted


def _sound(node: Node) -> bool:
    """Within the bounds that every backend can hold."""
    if isinstance(node.type, Int) and not -LIMIT <= node.type.lo <= node.type.hi <= LIMIT:
        return False
    return not isinstance(node, Scale) or implied(node, {}, {}) == node.type


class Reached:
    """What programs and their runs have come by."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def program(self, program: Program) -> None:
        for let in program.lets:
            self._node(let.value)

    def _node(self, node: Node) -> None:
        self.seen[type(node).__name__] += 1
        match node:
            case Apply(op=op):
                self.seen[op] += 1
            case Scale(rounding=rounding):
                self.seen[rounding] += 1
        for part in parts(node):
            self._node(part)

    def facts(self, program: Program, facts: Facts) -> None:
        for each in program.inputs:
            if facts[each.name] is None:
                self.seen[f"missing {each.missing}"] += 1
