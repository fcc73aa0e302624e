"""Parts of a condition on their way into the IR: what is a constant, what has a scale, which constants fit a fact."""

from dataclasses import dataclass
from typing import NamedTuple

from entitle.dsl.kinds import kind_of
from entitle.ir import Const, Fact, Int, Node

NO_RANGE = ("quantity", "charge")  # it depends on the product that is bought, and a condition may be for several


@dataclass(frozen=True, slots=True)
class Value:
    """A node whose value is divided by `scale`: an amount times a rate, kept exact."""

    node: Node
    scale: int = 1


class Ranged(NamedTuple):
    """A fact that is a number, and from what to what it goes."""

    name: str
    type: Int


def is_constant(factor: Value | tuple[int, int]) -> bool:
    return isinstance(factor, Value) and isinstance(factor.node, Const)


def is_number(factor: Value | tuple[int, int]) -> bool:
    return isinstance(factor, Value) and kind_of(factor.node.type) == "number"


def common(left: Value, right: Value) -> int:
    return left.scale if left.scale == right.scale else left.scale * right.scale


def outside(value: Value, constant: Value) -> Ranged | None:
    """The fact, where a constant that it meets lies outside its range of numbers."""
    match value.node, constant.node:
        case Fact(name=name, type=Int(unit="number") as type_), Const(value=int(number)) if name not in NO_RANGE:
            inside = type_.lo * constant.scale <= number <= type_.hi * constant.scale
            return None if inside else Ranged(name, type_)
        case _:
            return None
