"""A program -> Python source: one function that answers, and a twin that also tells the value of every let.

The source holds our own names and integers only: no text of a rulebook ever reaches it. A fact comes in as `f<i>`, by
the input's position; whether it was told as `g<i>`; let i is `v<i>`. The answering function leaves out lets that no
output needs.
"""

from collections.abc import Callable, Iterable
from typing import assert_never, cast

from entitle.ir import (
    Apply,
    Best,
    Const,
    Fact,
    Given,
    Holds,
    If,
    Let,
    Local,
    Mask,
    Member,
    Node,
    Offer,
    Op,
    Program,
    Rounding,
    Running,
    Scale,
    Value,
    reads_running,
    weights,
)
from entitle.runtime.live import needed

Answer = tuple[Value, ...]
Decide = Callable[..., Answer]
Trace = Callable[..., tuple[Answer, Answer]]

UNSUPPORTED: frozenset[Op] = frozenset()

OPERATORS: dict[Op, str] = {
    Op.NOT: "(not {0})",
    Op.EQUAL: "({0} == {1})",
    Op.DIFFERENT: "({0} != {1})",
    Op.LESS: "({0} < {1})",
    Op.AT_MOST: "({0} <= {1})",
    Op.MORE: "({0} > {1})",
    Op.AT_LEAST: "({0} >= {1})",
    Op.SAME_KEY: "({0} == {1})",
    Op.OTHER_KEY: "({0} != {1})",
    Op.ADD_NUMBER: "({0} + {1})",
    Op.ADD_MONEY: "({0} + {1})",
    Op.ADD_DURATION: "({0} + {1})",
    Op.LATER: "({0} + {1})",
    Op.LATER_DATE: "({0} + {1})",
    Op.SUB_NUMBER: "({0} - {1})",
    Op.SUB_MONEY: "({0} - {1})",
    Op.SUB_DURATION: "({0} - {1})",
    Op.EARLIER: "({0} - {1})",
    Op.EARLIER_DATE: "({0} - {1})",
    Op.SINCE: "({0} - {1})",
    Op.SINCE_DATE: "({0} - {1})",
    Op.TIMES_NUMBER: "({0} * {1})",
    Op.TIMES_MONEY: "({0} * {1})",
    Op.TIMES_DURATION: "({0} * {1})",
    Op.TIMES_QUANTITY: "({0} * {1})",
}
JOINED: dict[Op, tuple[str, str, str]] = {  # operators of any number of values: how they begin, join and end
    Op.AND: ("(", " and ", ")"),
    Op.OR: ("(", " or ", ")"),
    Op.MIN: ("min(", ", ", ")"),
    Op.MAX: ("max(", ", ", ")"),
}
# n stands for amount * numerator, k for the denominator; Python's // rounds towards minus infinity
ROUNDED: dict[Rounding, str] = {
    "down": "({n} // {k})",
    "up": "(-(-{n} // {k}))",
    "half_up": "((2 * {n} + {k}) // (2 * {k}))",
    "half_even": "halves({n}, {k})",
}


def halves(number: int, by: int) -> int:
    """number / by, ties to the even neighbour."""
    whole, rest = divmod(number, by)
    return whole + (2 * rest > by or (2 * rest == by and whole & 1 == 1))


def to_python(program: Program, traced: bool = False) -> str:
    """The source of `decide(f0, g0, f1, …)`; the traced twin returns the outputs and, with them, every let."""
    return "\n".join([f"def decide({', '.join(slots(program))}):", *body(program, traced), ""])


def body(program: Program, traced: bool = False) -> list[str]:
    """The lines that compute the answer from the slots, for a function of any head."""
    names = {let.name: f"v{i}" for i, let in enumerate(program.lets)}
    lets = program.lets if traced else needed(program)
    lines = [line for let in lets for line in _let(let, program, names)]
    outs = _tuple(names[name] for name in program.outs)
    return [*lines, f"    return {outs}, {_tuple(names.values())}" if traced else f"    return {outs}"]


def slots(program: Program) -> list[str]:
    """The parameters, in order: each input's value and, where it may be missing, whether it was told."""
    found: list[str] = []
    for i, each in enumerate(program.inputs):
        found.append(f"f{i}")
        if each.missing in ("ask", "risky"):
            found.append(f"g{i}")
    return found


def compiled(program: Program) -> Decide:
    """The answering function."""
    return cast(Decide, _load(to_python(program), "decide"))


def compiled_trace(program: Program) -> Trace:
    """The traced twin."""
    return cast(Trace, _load(to_python(program, traced=True), "trace"))


def _load(source: str, kind: str) -> object:
    scope: dict[str, object] = {"__builtins__": {"min": min, "max": max, "len": len}, "halves": halves}
    exec(compile(source, f"<entitle {kind}>", "exec"), scope)  # our own source: integers and our own names
    return scope["decide"]


def _tuple(items: Iterable[str]) -> str:
    return "(" + "".join(f"{item}, " for item in items) + ")"


def _let(let: Let, program: Program, names: dict[str, str]) -> list[str]:
    name = names[let.name]
    if isinstance(let.value, Best):
        return [f"    {line}" for line in _best(name, let.value, program, names)]
    return [f"    {name} = {_text(let.value, program, names)}"]


def _best(name: str, node: Best, program: Program, names: dict[str, str]) -> list[str]:
    """Step by step the pairs (amount, choice) that are reached, begun with no offer; then the least of them.

    A choice is one number that orders as it should: the count of offers, the choice as the node numbers it, and a bit
    for each offer that another is kept apart from. Only offers that may be taken cost anything.
    """
    room, bits = node.type.hi.bit_length(), sorted({number for pair in node.apart for number in pair})
    lines = [f"s = [({_text(node.base, program, names)}, {node.type.hi << len(bits)})]"]
    number = 0
    for step, weight in zip(node.steps, weights([len(step) for step in node.steps]), strict=True):
        lines.append("t = s[:]")
        for place, offer in enumerate(step):
            step_up = (1 << room) + (place - len(step)) * weight
            own = 1 << bits.index(number) if number in bits else 0
            others = sum(
                1 << bits.index(other) for pair in node.apart if number in pair for other in {*pair} - {number}
            )
            lines += _taken(offer, (step_up << len(bits)) + own, others, program, names)
            number += 1
        lines.append("s = t")
    lines.append(f"z = {_text(node.floor, program, names)}")
    least = "s[0][1] if len(s) == 1 else min([(a if a > z else z, c) for a, c in s])[1]"
    return [*lines, f"{name} = ({least}) >> {len(bits)} & {(1 << room) - 1}"]


def _taken(offer: Offer, up: int, others: int, program: Program, names: dict[str, str]) -> list[str]:
    """The pairs that the offer adds to those that reached its step."""
    said = list(offer.may.args) if isinstance(offer.may, Apply) and offer.may.op is Op.AND else [offer.may]
    first = [_text(each, program, names) for each in said if not reads_running(each)]
    each_time = [_text(each, program, names) for each in said if reads_running(each)]
    if others:
        each_time.insert(0, f"not c & {others}")
    lines = [f"if {' and '.join(first)}:"] if first else []
    lines.append("for a, c in s:")
    lines += [f"if {' and '.join(each_time)}:"] if each_time else []
    lines.append(f"t.append(({_text(offer.amount, program, names)}, c + {up}))")
    return [f"{'    ' * depth}{line}" for depth, line in enumerate(lines)]


def _text(node: Node, program: Program, names: dict[str, str]) -> str:
    def of(part: Node) -> str:
        return _text(part, program, names)

    match node:
        case Const(value=value):
            assert not isinstance(value, str) or value == "", "a text in a program has no code"
            return repr(value)
        case Fact(name=name):
            return f"f{_position(program, name)}"
        case Given(name=name):
            return f"g{_position(program, name)}"
        case Local(name=name):
            return names[name]
        case Apply(op=op, args=args) if op in JOINED:
            begin, between, end = JOINED[op]
            return begin + between.join(of(arg) for arg in args) + end if len(args) > 1 else of(args[0])
        case Apply(op=op, args=args):
            return OPERATORS[op].format(*(of(arg) for arg in args))
        case Scale(amount=amount, numerator=numerator, denominator=denominator, rounding=rounding):
            return ROUNDED[rounding].format(n=f"({of(amount)} * {numerator})", k=denominator)
        case If(condition=condition, then=then, otherwise=otherwise):
            return f"({of(then)} if {of(condition)} else {of(otherwise)})"
        case Member(value=value, codes=codes):
            return f"({of(value)} in {_tuple(str(code) for code in codes)})"
        case Holds(value=value, member=member):
            return f"({of(value)} & {1 << member} != 0)"
        case Mask(bits=bits):
            return "(" + " | ".join(f"({of(bit)} << {i})" for i, bit in enumerate(bits)) + ")" if bits else "0"
        case Running():
            return "a"
        case Best():
            raise AssertionError("a Best is the whole value of its let")
        case _:
            assert_never(node)


def _position(program: Program, name: str) -> int:
    return next(i for i, each in enumerate(program.inputs) if each.name == name)
