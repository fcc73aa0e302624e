"""Terms of the solver: truth values, whole numbers, and sets and masks as a truth value for each member."""

import operator
from collections.abc import Callable
from typing import Any, TypeAlias

import z3

from entitle.ir import Bool, Key, Op, SetOf, Type, Value

Term: TypeAlias = Any  # a z3 expression, or a tuple of them

BINARY: dict[Op, Callable[[Term, Term], Term]] = {
    Op.LESS: operator.lt,
    Op.AT_MOST: operator.le,
    Op.MORE: operator.gt,
    Op.AT_LEAST: operator.ge,
    Op.ADD_NUMBER: operator.add,
    Op.ADD_MONEY: operator.add,
    Op.ADD_DURATION: operator.add,
    Op.LATER: operator.add,
    Op.LATER_DATE: operator.add,
    Op.SUB_NUMBER: operator.sub,
    Op.SUB_MONEY: operator.sub,
    Op.SUB_DURATION: operator.sub,
    Op.EARLIER: operator.sub,
    Op.EARLIER_DATE: operator.sub,
    Op.SINCE: operator.sub,
    Op.SINCE_DATE: operator.sub,
    Op.TIMES_NUMBER: operator.mul,
    Op.TIMES_MONEY: operator.mul,
    Op.TIMES_DURATION: operator.mul,
}


def constant(value: Value, type_: Type) -> Term:
    """A constant of a type; the only key that a program holds is the empty one."""
    match type_:
        case Bool():
            return z3.BoolVal(bool(value))
        case SetOf(members=members):
            return bits(int(value), len(members))
        case Key():
            assert value == "", "a key in a program is the empty one"
            return z3.IntVal(0)
        case _:
            return z3.IntVal(int(value))


def bits(mask: int, count: int) -> Term:
    return tuple(z3.BoolVal(bool(mask >> i & 1)) for i in range(count))


def joined(term: Term) -> Term:
    """A mask as the number that it is."""
    return z3.Sum([z3.If(bit, 1 << i, 0) for i, bit in enumerate(term)]) if isinstance(term, tuple) else term


def same(a: Term, b: Term) -> Term:
    """Are two terms equal? A mask that is compared with a constant is compared bit by bit."""
    a, b = _alike(a, b)
    return z3.And([x == y for x, y in zip(a, b, strict=True)]) if isinstance(a, tuple) else a == b


def either(condition: Term, then: Term, otherwise: Term) -> Term:
    then, otherwise = _alike(then, otherwise)
    if isinstance(then, tuple):
        return tuple(z3.If(condition, a, b) for a, b in zip(then, otherwise, strict=True))
    return z3.If(condition, then, otherwise)


def _alike(a: Term, b: Term) -> tuple[Term, Term]:
    """Both as masks of one width, where they are masks or constants that fit; else both as numbers."""
    wide = max((len(each) for each in (a, b) if isinstance(each, tuple)), default=None)
    if wide is None:
        return a, b
    found = [_mask(each, wide) for each in (a, b)]
    return (joined(a), joined(b)) if None in found else (found[0], found[1])


def _mask(term: Term, wide: int) -> Term:
    """A mask or a constant as a mask that is so wide; None where it is neither."""
    if isinstance(term, tuple):
        return (*term, *bits(0, wide - len(term)))
    fits = z3.is_int_value(term) and 0 <= term.as_long() < 1 << wide
    return bits(term.as_long(), wide) if fits else None
