"""Expressions of the IR as SQL for DuckDB: our own names and integers, each literal as wide as any other number.

DuckDB divides towards zero, so what may be negative is shifted before it is divided.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from entitle.ir import (
    Apply,
    Best,
    Const,
    Fact,
    Given,
    Holds,
    If,
    Int,
    Local,
    Lowered,
    Mask,
    Member,
    Node,
    Op,
    Rounding,
    Running,
    Scale,
    Takes,
    parts,
    weights,
)
from entitle.numbering import at

BIGGEST = 2**63 - 1
BINARY: dict[Op, str] = {
    Op.EQUAL: "=",
    Op.DIFFERENT: "<>",
    Op.LESS: "<",
    Op.AT_MOST: "<=",
    Op.MORE: ">",
    Op.AT_LEAST: ">=",
    Op.SAME_KEY: "=",
    Op.OTHER_KEY: "<>",
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
JOINED: dict[Op, tuple[str, str]] = {
    Op.AND: ("(", " AND "),
    Op.OR: ("(", " OR "),
    Op.MIN: ("least(", ", "),
    Op.MAX: ("greatest(", ", "),
}


@dataclass(frozen=True)
class Expressions:
    """The texts of a program's nodes. Columns stand for inputs (by position) and for lets (by name)."""

    inputs: Mapping[str, int]
    lets: Mapping[str, str]
    choices: Mapping[str, Sequence[int]]  # of each let that chooses offers: how many each step has

    def reads(self, node: Node) -> set[str]:
        """The columns that a node reads."""
        found: set[str] = set().union(*(self.reads(part) for part in parts(node)))
        match node:
            case Fact(name=name):
                found.add(f"f{self.inputs[name]}")
            case Given(name=name):
                found.add(f"g{self.inputs[name]}")
            case Local(name=name) | Takes(choice=name):
                found.add(self.lets[name])
            case Lowered(choice=name, step=step):
                found.add(after(self.lets[name], step))
        return found

    def text(self, node: Node, running: str = "", depth: int = 0) -> str:
        """The node; `running` is the amount that reached an offer's step, `depth` counts divisions around it."""

        def of(part: Node) -> str:
            return self.text(part, running, depth)

        match node:
            case Const(value=bool(value)):
                return "TRUE" if value else "FALSE"
            case Const(value=int(value)):
                return literal(value)
            case Const(value=value):
                assert value == "", "a text in a program has no code"
                return "''"
            case Fact(name=name):
                return f"f{self.inputs[name]}"
            case Given(name=name):
                return f"g{self.inputs[name]}"
            case Local(name=name):
                return self.lets[name]
            case Running():
                return running
            case Apply(op=Op.NOT, args=(arg,)):
                return f"(NOT {of(arg)})"
            case Apply(op=op, args=args) if op in JOINED:
                begin, between = JOINED[op]
                return begin + between.join(of(arg) for arg in args) + ")" if len(args) > 1 else of(args[0])
            case Apply(op=op, args=(left, right)):
                return f"({of(left)} {BINARY[op]} {of(right)})"
            case Scale(amount=amount, numerator=numerator, denominator=denominator, rounding=rounding):
                n = self.text(amount, running, depth + 1)
                assert isinstance(amount.type, Int)
                lo, hi = amount.type.lo * numerator, amount.type.hi * numerator
                return divided(f"({n} * {literal(numerator)})", (lo, hi), denominator, rounding, depth)
            case If(condition=condition, then=then, otherwise=otherwise):
                return f"(CASE WHEN {of(condition)} THEN {of(then)} ELSE {of(otherwise)} END)"
            case Member(value=value, codes=codes):
                return f"({of(value)} IN ({', '.join(map(literal, codes))}))" if codes else "FALSE"
            case Holds(value=value, member=member):
                return f"(({of(value)} & {literal(1 << member)}) <> {literal(0)})"
            case Mask(bits=bits):
                ones = [
                    f"CASE WHEN {of(bit)} THEN {literal(1 << i)} ELSE {literal(0)} END" for i, bit in enumerate(bits)
                ]
                return "(" + " + ".join(ones) + ")" if ones else literal(0)
            case Takes(choice=choice, offer=offer):
                return f"({took(self.lets[choice], self.choices[choice], offer)})"
            case Lowered(choice=choice, step=step):
                return after(self.lets[choice], step)
            case Apply() | Best():
                raise AssertionError(f"{node} is no expression")
            case _:
                assert_never(node)


def took(choice: str, counts: Sequence[int], number: int) -> str:
    """Does the choice in a column take the offer with this number?"""
    step, place = at(counts, number)
    weight, base = weights(counts)[step], counts[step] + 1
    return f"({choice} // {literal(weight)}) % {literal(base)} = {literal(place)}"


def after(choice: str, step: int) -> str:
    """The column of the amount after a step of a choice."""
    return f"{choice}_a{step}"


def literal(value: int) -> str:
    return f"CAST({value} AS BIGINT)"


def divided(number: str, bounds: tuple[int, int], by: int, rounding: Rounding, depth: int = 0) -> str:
    """number / by, rounded, for a number within bounds; `depth` names what must be written twice."""
    lo, hi = bounds
    match rounding:
        case "down":
            return _floor(number, bounds, by)
        case "up":
            return _floor(f"({number} + {literal(by - 1)})", (lo + by - 1, hi + by - 1), by)
        case "half_up":
            return _half_up(number, bounds, by)
        case "half_even":
            n = f"n{depth}"  # a lambda gives it a name, for it stands here three times
            up, rest = _half_up(n, bounds, by), _half_up(n, bounds, by, rest=True)
            odd = f"{rest} = {literal(0)} AND {up} % {literal(2)} <> {literal(0)}"
            even = f"CASE WHEN {odd} THEN {up} - {literal(1)} ELSE {up} END"
            return f"(list_transform([{number}], lambda {n}: {even})[1])"


def _half_up(number: str, bounds: tuple[int, int], by: int, rest: bool = False) -> str:
    lo, hi = bounds
    return _floor(f"({literal(2)} * {number} + {literal(by)})", (2 * lo + by, 2 * hi + by), 2 * by, rest)


def _floor(number: str, bounds: tuple[int, int], by: int, rest: bool = False) -> str:
    """Division towards minus infinity, or what it leaves: shifted where the number may be negative."""
    lo, hi = bounds
    up = max(0, -(lo // by))
    if up and hi + up * by > BIGGEST:
        number = f"CAST({number} AS HUGEINT)"
    shifted = f"({number} + {literal(up * by)})" if up else number
    if rest:
        return f"({shifted} % {literal(by)})"
    return f"CAST({shifted} // {literal(by)} - {literal(up)} AS BIGINT)" if up else f"({shifted} // {literal(by)})"
