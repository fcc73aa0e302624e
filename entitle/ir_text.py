"""A program -> text, one input or let a line, for people who read traces, diffs and golden files.

The text is complete: two programs with one text are the same program but for spans. Signs stand for the operators of
every unit, since the unit of a constant is written beside it: `990 money`, `2026-12-01T00:00Z`, `3600s`.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import assert_never

from entitle.ir import (
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
    Unit,
    Value,
)
from entitle.values.zone import EPOCH

SIGNS: dict[Op, str] = {
    Op.AND: "and",
    Op.OR: "or",
    Op.EQUAL: "==",
    Op.DIFFERENT: "!=",
    Op.LESS: "<",
    Op.AT_MOST: "<=",
    Op.MORE: ">",
    Op.AT_LEAST: ">=",
    Op.SAME_KEY: "==",
    Op.OTHER_KEY: "!=",
    Op.ADD_NUMBER: "+",
    Op.ADD_MONEY: "+",
    Op.ADD_DURATION: "+",
    Op.LATER: "+",
    Op.LATER_DATE: "+",
    Op.SUB_NUMBER: "-",
    Op.SUB_MONEY: "-",
    Op.SUB_DURATION: "-",
    Op.EARLIER: "-",
    Op.EARLIER_DATE: "-",
    Op.SINCE: "-",
    Op.SINCE_DATE: "-",
    Op.TIMES_NUMBER: "*",
    Op.TIMES_MONEY: "*",
    Op.TIMES_DURATION: "*",
    Op.TIMES_QUANTITY: "*",
}


def program_text(program: Program) -> str:
    """The program: its inputs, its lets in order, its outputs."""
    rows = [f"program {program.name}"]
    rows += [f"  {_input(each)}" for each in program.inputs]
    rows += [f"{let.name} = {node_text(let.value)}" for let in program.lets]
    return "\n".join([*rows, f"out {' '.join(program.outs)}"]) + "\n"


def _input(each: Input) -> str:
    missing = f"default {value_text(each.default, each.type)}" if each.default is not None else each.missing
    said = [type_text(each.type), *([each.origin] if each.origin != "request" else [])]
    return f"{each.name}: " + ", ".join([*said, *([missing] if each.missing != "never" else [])])


def node_text(node: Node) -> str:
    """One expression. A let's name stands in backticks, a fact's by itself."""
    match node:
        case Const(value=value, type=type_):
            return value_text(value, type_)
        case Fact(name=name):
            return name
        case Given(name=name):
            return f"given({name})"
        case Local(name=name):
            return f"`{name}`"
        case Apply(op=Op.NOT, args=(only,)):
            return f"not {_inner(only)}"
        case Apply(op=Op.MIN | Op.MAX as op, args=args):
            return f"{op}({_several(args)})"
        case Apply(op=op, args=args):
            return f" {SIGNS[op]} ".join(map(_inner, args))
        case Scale(amount=amount, numerator=top, denominator=bottom, rounding=rounding):
            return f"{_inner(amount)} * {top}/{bottom} {rounding}"
        case If(condition=condition, then=then, otherwise=otherwise):
            return f"if {node_text(condition)} then {_inner(then)} else {node_text(otherwise)}"
        case Member(value=value, codes=codes):
            return f"{_inner(value)} in ({', '.join(value_text(code, value.type) for code in codes)})"
        case Holds(value=value, member=member):
            return f"{_inner(value)} has {_members(value.type)[member]}"
        case Mask(bits=bits):
            return f"[{_several(bits)}]"
        case Running():
            return "amount"
        case Best():
            return _best(node)
        case Takes(choice=choice, offer=offer):
            return f"`{choice}` takes {offer}"
        case Lowered(choice=choice, step=step):
            return f"`{choice}` after step {step}"
        case _:
            assert_never(node)


def _best(node: Best) -> str:
    """Its steps, one a line below, with the numbers of the offers."""
    rows = [f"best of {_inner(node.base)} not under {_inner(node.floor)}"]
    number = 0
    for i, step in enumerate(node.steps):
        for offer in step:
            rows.append(f"  step {i}, {number}: {node_text(offer.amount)} if {node_text(offer.may)}")
            number += 1
    rows += [f"  not {a} with {b}" for a, b in node.apart]
    return "\n".join(rows)


def _inner(node: Node) -> str:
    """In brackets, where its parts could be taken for another's."""
    alone = isinstance(node, Const | Fact | Given | Local | Mask | Running) or (
        isinstance(node, Apply) and node.op in (Op.MIN, Op.MAX)
    )
    return node_text(node) if alone else f"({node_text(node)})"


def _several(nodes: Sequence[Node]) -> str:
    return ", ".join(map(node_text, nodes))


def _members(type_: Type) -> tuple[str, ...]:
    assert isinstance(type_, Enum | SetOf), "only these have members"
    return type_.members


def value_text(value: Value | None, type_: Type) -> str:
    """A value as its type is written."""
    match type_:
        case Bool():
            return str(value).lower()
        case Enum(members=members):
            return members[int(value or 0)]
        case SetOf(members=members):
            return f"{{{', '.join(each for i, each in enumerate(members) if int(value or 0) >> i & 1)}}}"
        case Text():
            return f"word {value}"
        case Key():
            return repr(value)
        case Int(unit=unit):
            return _quantity(int(value or 0), unit)
        case _:
            assert_never(type_)


def _quantity(number: int, unit: Unit) -> str:
    match unit:
        case "number":
            return str(number)
        case "money":
            return f"{number} money"
        case "instant":
            return f"{(EPOCH + timedelta(microseconds=number)).isoformat('T', 'auto').removesuffix(':00')}Z"
        case "date":
            return str((EPOCH + timedelta(microseconds=number)).date())
        case "duration":
            whole, rest = divmod(number, 1_000_000)
            return f"{whole}s" if not rest else f"{number}us"
        case _:
            assert_never(unit)


def type_text(type_: Type) -> str:
    """A type as people write it."""
    match type_:
        case Bool():
            return "bool"
        case Enum(members=members):
            return f"one of {' '.join(members)}"
        case SetOf(members=members):
            return f"set of {' '.join(members)}"
        case Text(words=words):
            return f"one of {words} texts"
        case Key():
            return "key"
        case Int(lo=lo, hi=hi, unit="number"):
            return f"{lo}..{hi}"
        case Int(lo=lo, hi=hi, unit=unit):
            return f"{unit} {_quantity(lo, unit).removesuffix(' money')}..{_quantity(hi, unit).removesuffix(' money')}"
        case _:
            assert_never(type_)
