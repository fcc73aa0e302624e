"""The IR's invariants as functions: what type a node's parts imply, and every rule a program breaks.

A program from the checker has no flaw, whatever the rulebook says; a flaw is a mistake of entitle's own.
"""

from collections.abc import Mapping
from math import gcd, prod

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
    Local,
    Lowered,
    Mask,
    Member,
    Node,
    Op,
    Program,
    Running,
    Scale,
    SetOf,
    Takes,
    Text,
    Type,
    parts,
    scaled,
)

NO_CHOICES: Mapping[str, Best] = {}


def apply_type(op: Op, args: tuple[Type, ...]) -> Type | None:
    """The type an operator gives for these arguments; None where it does not take them."""
    if op in (Op.NOT, Op.AND, Op.OR):
        return BOOL if all(isinstance(arg, Bool) for arg in args) and (op is not Op.NOT or len(args) == 1) else None
    if op in (Op.SAME_KEY, Op.OTHER_KEY):
        return BOOL if len(args) == 2 and all(isinstance(arg, Key) for arg in args) else None
    if op in COMPARISONS:
        return BOOL if len(args) == 2 and _comparable(op, *args) else None
    ranges = [arg for arg in args if isinstance(arg, Int)]
    if len(ranges) != len(args) or not ranges:
        return None
    if op in (Op.MIN, Op.MAX):
        pick = min if op is Op.MIN else max
        same = len({arg.unit for arg in ranges}) == 1
        return Int(pick(r.lo for r in ranges), pick(r.hi for r in ranges), ranges[0].unit) if same else None
    return _arithmetic(op, ranges)


def _comparable(op: Op, a: Type, b: Type) -> bool:
    match a, b:
        case Int(unit=left), Int(unit=right):
            return left == right
        case Enum(), Enum():
            return a == b
        case (Bool(), Bool()) | (Text(), Text()) | (SetOf(), SetOf()):
            return a == b and op in (Op.EQUAL, Op.DIFFERENT)
        case _:
            return False


def _arithmetic(op: Op, args: list[Int]) -> Int | None:
    left, right, result = SIGNATURES[op]
    if len(args) != 2 or (args[0].unit, args[1].unit) != (left, right):
        return None
    a, b = args
    if op in ADDITIONS:
        return Int(a.lo + b.lo, a.hi + b.hi, result)
    if op in SUBTRACTIONS:
        return Int(a.lo - b.hi, a.hi - b.lo, result)
    corners = [x * y for x in (a.lo, a.hi) for y in (b.lo, b.hi)]
    return Int(min(corners), max(corners), result)


def implied(
    node: Node, scope: dict[str, Type], inputs: dict[str, Input], choices: Mapping[str, Best] = NO_CHOICES
) -> Type | None:
    """The type a node's parts imply, or None where the node breaks a rule.

    scope    the types of earlier lets
    choices  those of them that choose offers
    """
    match node:
        case Const(value=value, type=type_):
            return type_ if fits(value, type_) else None
        case Fact(name=name):
            return inputs[name].type if name in inputs else None
        case Given(name=name):
            return BOOL if name in inputs and inputs[name].missing in ("ask", "risky") else None
        case Local(name=name):
            return scope.get(name)
        case Apply(op=op, args=args):
            if op in PRODUCTS and not isinstance(args[-1], Const):
                return None
            return apply_type(op, tuple(arg.type for arg in args))
        case Scale(amount=amount, numerator=top, denominator=bottom, rounding=rounding):
            source = amount.type
            sound = bottom >= 1 and top >= 0 and gcd(top, bottom) == 1
            if not isinstance(source, Int) or not sound or _too_wide(source, top, bottom):
                return None
            ends = [scaled(end, top, bottom, rounding) for end in (source.lo, source.hi)]
            return Int(ends[0], ends[1], source.unit)
        case If(condition=condition, then=then, otherwise=otherwise):
            return joined(then.type, otherwise.type) if condition.type == BOOL else None
        case Member(value=value, codes=codes):
            sound = isinstance(value.type, Enum | Text | Int) and list(codes) == sorted(set(codes))
            return BOOL if sound else None
        case Holds(value=value, member=member):
            return BOOL if isinstance(value.type, SetOf) and 0 <= member < len(value.type.members) else None
        case Mask(bits=bits):
            sound = len(bits) <= 62 and all(bit.type == BOOL for bit in bits)
            return Int(0, 2 ** len(bits) - 1) if sound else None
        case Running():
            return scope.get(RUNNING)
        case Best():
            return _choice_type(node)
        case Takes(choice=choice, offer=offer):
            return BOOL if choice in choices and 0 <= offer < sum(map(len, choices[choice].steps)) else None
        case Lowered(choice=choice, step=step):
            sound = choice in choices and 0 <= step < len(choices[choice].steps)
            return running_type(choices[choice].base.type) if sound else None


RUNNING = ""  # no let has this name: the type of the amount that runs through a `Best`


def running_type(base: Type) -> Int:
    """What an amount can be that offers only ever lower. Prices alike have one, so that their offers may be one too."""
    assert isinstance(base, Int), "only amounts are lowered"
    return Int(0, 2 ** max(base.hi, 0).bit_length() - 1, base.unit)


def _choice_type(node: Best) -> Int | None:
    """The numbers of its choices, where every offer only ever lowers an amount."""
    if not isinstance(node.base.type, Int) or node.base.type.lo < 0 or node.base.type.unit != "money":
        return None
    room = running_type(node.base.type)
    offers = [offer for step in node.steps for offer in step]
    sound = all(offer.may.type == BOOL and joined(offer.amount.type, room) == room for offer in offers)
    apart = all(0 <= a < b < len(offers) for a, b in node.apart)
    floored = joined(node.floor.type, room) == room
    return Int(0, prod(len(step) + 1 for step in node.steps) - 1) if sound and apart and floored else None


def _too_wide(source: Int, top: int, bottom: int) -> bool:
    return max(abs(source.lo), abs(source.hi)) * top * 2 + bottom > LIMIT


def joined(a: Type, b: Type) -> Type | None:
    """The type of a value that is one or the other."""
    match a, b:
        case Int(), Int() if a.unit == b.unit:
            return Int(min(a.lo, b.lo), max(a.hi, b.hi), a.unit)
        case _:
            return a if a == b else None


def fits(value: object, type_: Type) -> bool:
    """Is this a value of the type, in the form programs hold it in?"""
    match type_:
        case Bool():
            return isinstance(value, bool)
        case Key():
            return isinstance(value, str)
        case Int(lo=lo, hi=hi):
            return isinstance(value, int) and not isinstance(value, bool) and lo <= value <= hi
        case Enum(members=members):
            return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(members)
        case SetOf(members=members):
            return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2 ** len(members)
        case Text(words=words):
            return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= words


def flaws(program: Program) -> list[str]:
    """Every broken invariant, in words for the people who write compilers; empty for a sound program."""
    found: list[str] = []
    inputs = {each.name: each for each in program.inputs}
    scope: dict[str, Type] = {}
    choices: dict[str, Best] = {}
    if len(inputs) != len(program.inputs):
        found.append("two inputs share a name")
    found += [
        f"input {each.name}: default {each.default!r} is not of its type"
        for each in program.inputs
        if each.missing == "default" and not fits(each.default, each.type)
    ]
    for let in program.lets:
        if let.name in scope:
            found.append(f"let {let.name} is defined twice")
        if any(_has_best(part) for part in parts(let.value)):
            found.append(f"{let.name}: a Best is not the whole value of its let")
        found += [f"{let.name}: {flaw}" for flaw in _node_flaws(let.value, scope, inputs, choices)]
        scope[let.name] = let.value.type
        if isinstance(let.value, Best):
            choices[let.name] = let.value
    found += [f"out {name} names no let" for name in program.outs if name not in scope]
    return found


def _has_best(node: Node) -> bool:
    return isinstance(node, Best) or any(map(_has_best, parts(node)))


def _node_flaws(node: Node, scope: dict[str, Type], inputs: dict[str, Input], choices: Mapping[str, Best]) -> list[str]:
    if isinstance(node, Best) and isinstance(node.base.type, Int):
        scope = scope | {RUNNING: running_type(node.base.type)}
    found = [flaw for part in parts(node) for flaw in _node_flaws(part, scope, inputs, choices)]
    meant = implied(node, scope, inputs, choices)
    if meant != node.type:
        found.append(f"{type(node).__name__} is typed {node.type}, its parts imply {meant}")
    if isinstance(node.type, Int) and not -LIMIT <= node.type.lo <= node.type.hi <= LIMIT:
        found.append(f"{type(node).__name__} can leave +-2**62")
    return found
