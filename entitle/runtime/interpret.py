"""A program and its facts -> the value of every let: the meaning of the IR, slow and obvious.

Every compiler must give exactly what this gives. There is nothing clever here, and there must never be.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import assert_never

from entitle.ir import (
    Apply,
    Best,
    Const,
    Fact,
    Given,
    Holds,
    If,
    Input,
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
    Takes,
    Value,
    blank,
    scaled,
    weights,
)
from entitle.numbering import places

Facts = Mapping[str, Value | None]  # every input of the program by name; None where it is missing
Taken = tuple[int | None, ...]  # for each step so far the place of the offer that is taken; None for none


def interpret(program: Program, facts: Facts) -> dict[str, Value]:
    """The value of each let, in order. `facts` names every input; None stands for a missing one."""
    inputs = {each.name: each for each in program.inputs}
    lets: dict[str, Value] = {}
    choices: dict[str, Best] = {}
    for let in program.lets:
        lets[let.name] = value_of(let.value, facts, lets, inputs, choices)
        if isinstance(let.value, Best):
            choices[let.name] = let.value
    return lets


def answer(program: Program, facts: Facts) -> tuple[Value, ...]:
    """The program's outputs, in their order."""
    lets = interpret(program, facts)
    return tuple(lets[name] for name in program.outs)


def read(each: Input, facts: Facts) -> Value:
    """What a fact reads as: what was told, else its default, else its type's blank."""
    told = facts[each.name]
    if told is not None:
        return told
    return blank(each.type) if each.default is None else each.default


def value_of(
    node: Node,
    facts: Facts,
    lets: Mapping[str, Value],
    inputs: Mapping[str, Input],
    choices: Mapping[str, Best],
    running: int = 0,
) -> Value:
    """The value of one node. Those of earlier lets are known, and those that choose; `running` reached its step."""

    def of(part: Node, running: int = running) -> Value:
        return value_of(part, facts, lets, inputs, choices, running)

    match node:
        case Const(value=value):
            return value
        case Fact(name=name):
            return read(inputs[name], facts)
        case Given(name=name):
            return facts[name] is not None
        case Local(name=name):
            return lets[name]
        case Apply(op=op, args=args):
            return applied(op, [of(arg) for arg in args])
        case Scale(amount=amount, numerator=numerator, denominator=denominator, rounding=rounding):
            return scaled(int(of(amount)), numerator, denominator, rounding)
        case If(condition=condition, then=then, otherwise=otherwise):
            return of(then) if of(condition) else of(otherwise)
        case Member(value=value, codes=codes):
            return of(value) in codes
        case Holds(value=value, member=member):
            return (int(of(value)) >> member) % 2 == 1
        case Mask(bits=bits):
            return sum(1 << i for i, bit in enumerate(bits) if of(bit))
        case Running():
            return running
        case Best(base=base, floor=floor):
            least = int(of(floor))
            reached = _choices(node, of, int(of(base)), ())
            ranked = [(max(amount, least), len(taken) - taken.count(None), taken) for amount, taken in reached]
            return min((amount, count, _number(node, taken)) for amount, count, taken in ranked)[-1]
        case Takes(choice=choice, offer=offer):
            return any(number == offer for number, _ in _taken(choices[choice], int(lets[choice])))
        case Lowered(choice=choice, step=step):
            left = int(of(choices[choice].base))
            for _, each in _taken(choices[choice], int(lets[choice]), step + 1):
                left = int(of(each.amount, left))
            return left
        case _:
            assert_never(node)


def _choices(node: Best, of: Callable[..., Value], amount: int, taken: Taken) -> Iterator[tuple[int, Taken]]:
    """Every choice that goes on from `taken`, and what it makes of the amount."""
    if len(taken) == len(node.steps):
        yield amount, taken
        return
    yield from _choices(node, of, amount, (*taken, None))
    for place, offer in enumerate(node.steps[len(taken)]):
        if not _apart(node, taken, place) and of(offer.may, amount):
            yield from _choices(node, of, int(of(offer.amount, amount)), (*taken, place))


def _apart(node: Best, taken: Taken, place: int) -> bool:
    """Is the offer at this place of the next step kept apart from one that is taken?"""
    starts = [sum(len(step) for step in node.steps[:i]) for i in range(len(node.steps))]
    new = starts[len(taken)] + place
    return any((start + old, new) in node.apart for start, old in zip(starts, taken, strict=False) if old is not None)


def _taken(node: Best, choice: int, steps: int | None = None) -> Iterator[tuple[int, Offer]]:
    """The offers that a choice takes in so many of the first steps (None: in all), with their numbers."""
    start = 0
    for step, place in zip(node.steps[:steps], places(choice, [len(step) for step in node.steps]), strict=False):
        yield from [(start + place, step[place])] if place < len(step) else []
        start += len(step)


def _number(node: Best, taken: Taken) -> int:
    digits = [len(step) if place is None else place for step, place in zip(node.steps, taken, strict=True)]
    return sum(
        digit * weight for digit, weight in zip(digits, weights([len(step) for step in node.steps]), strict=True)
    )


def applied(op: Op, values: Sequence[Value]) -> Value:
    """What an operator makes of its arguments."""
    match op:
        case Op.NOT:
            return not values[0]
        case Op.AND:
            return all(values)
        case Op.OR:
            return any(values)
        case Op.EQUAL | Op.SAME_KEY:
            return values[0] == values[1]
        case Op.DIFFERENT | Op.OTHER_KEY:
            return values[0] != values[1]
    numbers = [int(value) for value in values]
    match op:
        case Op.LESS:
            return numbers[0] < numbers[1]
        case Op.AT_MOST:
            return numbers[0] <= numbers[1]
        case Op.MORE:
            return numbers[0] > numbers[1]
        case Op.AT_LEAST:
            return numbers[0] >= numbers[1]
        case Op.MIN:
            return min(numbers)
        case Op.MAX:
            return max(numbers)
        case Op.ADD_NUMBER | Op.ADD_MONEY | Op.ADD_DURATION | Op.LATER | Op.LATER_DATE:
            return numbers[0] + numbers[1]
        case Op.SUB_NUMBER | Op.SUB_MONEY | Op.SUB_DURATION | Op.EARLIER | Op.EARLIER_DATE | Op.SINCE | Op.SINCE_DATE:
            return numbers[0] - numbers[1]
        case Op.TIMES_NUMBER | Op.TIMES_MONEY | Op.TIMES_DURATION | Op.TIMES_QUANTITY:
            return numbers[0] * numbers[1]
        case _:
            assert_never(op)
