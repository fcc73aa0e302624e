"""The untyped tree of an expression: what was written, and where; nothing is looked up or decided here."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal as Words


@dataclass(frozen=True, slots=True)
class Name:
    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Applied:
    """`applied lv5-90`"""

    offer: str
    start: int
    end: int


Kind = Words["number", "money", "duration", "instant", "date", "text", "percent", "truth"]


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as it was written; quotes are taken off a text."""

    kind: Kind
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Not:
    of: "Expr"
    start: int
    end: int


Operator = Words["==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "has"]


@dataclass(frozen=True, slots=True)
class Binary:
    op: Operator
    left: "Expr"
    right: "Expr"
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Several:
    op: Words["and", "or", "min", "max"]
    items: tuple["Expr", ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Choice:
    """`(app, web)`"""

    items: tuple["Expr", ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Range:
    """`3..9`, both ends included."""

    low: "Expr"
    high: "Expr"
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class In:
    value: "Expr"
    group: "Expr | Choice | Range"
    negated: bool
    start: int
    end: int


Expr = Name | Literal | Applied | Not | Binary | Several | In
Part = Expr | Choice | Range


def inside(part: Part) -> Iterator[Part]:
    """The part and everything below it."""
    yield part
    match part:
        case Not(of=of):
            yield from inside(of)
        case Binary(left=left, right=right) | Range(low=left, high=right):
            yield from inside(left)
            yield from inside(right)
        case Several(items=items) | Choice(items=items):
            for item in items:
                yield from inside(item)
        case In(value=value, group=group):
            yield from inside(value)
            yield from inside(group)


def texts(part: Part) -> set[str]:
    """The text literals: each gets a code in the release."""
    return {each.text for each in inside(part) if isinstance(each, Literal) and each.kind == "text"}
