"""Random choices of offers: few enough that every order of them can be walked, wild enough to tie, exclude and lift."""

from itertools import combinations
from math import prod
from random import Random
from typing import get_args

from entitle.invariants import apply_type, running_type
from entitle.ir import BOOL, Apply, Best, Const, Int, Node, Offer, Op, Rounding, Running, Scale, scaled

ROUNDINGS: tuple[Rounding, ...] = get_args(Rounding)
AMOUNTS = (0, 1, 7, 50, 50, 99, 100, 1000)


def money(value: int) -> Const:
    return Const(value, Int(value, value, "money"))


def applied(op: Op, *args: Node) -> Node:
    type_ = apply_type(op, tuple(arg.type for arg in args))
    assert type_ is not None
    return Apply(op, args, type_)


def best(random: Random, amount: Node, conditions: list[Node]) -> Best:
    """A choice over an amount of any sign, with some of the conditions."""
    base = applied(Op.MAX, money(0), amount)
    type_ = running_type(base.type)
    steps = tuple(
        tuple(_offer(random, type_, conditions) for _ in range(random.randint(0, 3)))
        for _ in range(random.randint(1, 3))
    )
    numbers = range(sum(map(len, steps)))
    apart = tuple(pair for pair in combinations(numbers, 2) if random.random() < 0.3)
    floor = applied(Op.MIN, base, money(random.choice(AMOUNTS)))
    return Best(base, floor, steps, apart, Int(0, prod(len(step) + 1 for step in steps) - 1))


def _offer(random: Random, type_: Int, conditions: list[Node]) -> Offer:
    said = random.sample(conditions, k=min(len(conditions), random.randint(0, 2)))
    if random.random() < 0.4:
        op = random.choice((Op.AT_LEAST, Op.LESS))
        said.append(applied(op, Running(type_), money(random.choice(AMOUNTS))))
    may = said[0] if len(said) == 1 else Apply(Op.AND, tuple(said), BOOL) if said else Const(True, BOOL)
    return Offer(may, _lowered(random, type_))


def _lowered(random: Random, type_: Int) -> Node:
    running = Running(type_)
    match random.randrange(4):
        case 0:
            return applied(Op.MIN, running, money(random.choice(AMOUNTS)))
        case 1:
            less = applied(Op.SUB_MONEY, running, money(random.choice(AMOUNTS)))
            return applied(Op.MIN, running, applied(Op.MAX, money(0), less))
        case 2:
            return running
        case _:
            top, bottom = random.choice(((1, 2), (9, 10), (2, 3), (0, 1), (33, 100)))
            rounding = random.choice(ROUNDINGS)
            ends = [scaled(end, top, bottom, rounding) for end in (type_.lo, type_.hi)]
            return Scale(running, top, bottom, rounding, Int(ends[0], ends[1], "money"))
