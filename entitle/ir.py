"""The waist: what every rulebook is compiled to, and what every compiler starts from. Read this file first.

A `Program` is a list of named, typed, total expressions over facts. It is data: it does not check, print or evaluate
itself. All meaning is settled before it: money is minor units, time is microseconds, enums and texts are codes, sets
are masks, a rate is an exact fraction, rounding is written on the node, nothing is null. So the same program gives the
same answer, to the bit, in the reference interpreter, in generated Python, in SQL and in SMT.

Invariants, checked by `invariants.flaws` and run in the tests:

 1. every node's type is the one its parts imply, and operators meet only the types in `SIGNATURES`
 2. every number has bounds, and no intermediate value can leave +-2**62
 3. linear: a number is only ever multiplied by a constant, or an amount by a bounded quantity (`TIMES_QUANTITY`);
    a rate is reduced, with a positive denominator
 4. a `Local` names an earlier let, `Takes` and `Lowered` an earlier `Best`; `Fact` and `Given` an input of their type
 5. names of inputs, lets and outputs are unique; there is no recursion and no loop
 6. only an input that may be missing is asked with `Given`
 7. a `Best` is the whole value of a let; `Running` stands only in its offers, which never raise an amount
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from entitle.source import Span

LIMIT = 2**62  # beyond it a backend with 64-bit integers could disagree

Unit = Literal["number", "money", "instant", "date", "duration"]
Rounding = Literal["half_up", "half_even", "down", "up"]


# ---- types


@dataclass(frozen=True, slots=True)
class Bool:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Int:
    """A whole number from `lo` to `hi`, both included: a plain number, minor units, or microseconds.

    Instants count from the Unix epoch in UTC; dates are the midnights of a calendar without zones.
    """

    lo: int
    hi: int
    unit: Unit = "number"


@dataclass(frozen=True, slots=True)
class Enum:
    """One of `members`, held as its position."""

    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetOf:
    """Any of `members` (62 at most), held as a mask: bit i stands for member i."""

    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A text, held as its code in the release's list of words; 0 is any text the rules do not name."""

    words: int


@dataclass(frozen=True, slots=True)
class Key:
    """An opaque identifier: compared with another key, never looked into."""


Type = Bool | Int | Enum | SetOf | Text | Key
BOOL = Bool()
Value = bool | int | str


# ---- operators: one closed list, none of them overloaded


class Op(StrEnum):
    NOT = "not"
    AND = "and"
    OR = "or"
    EQUAL = "equal"  # of two values of one type, held as integers
    DIFFERENT = "different"
    LESS = "less"
    AT_MOST = "at_most"
    MORE = "more"
    AT_LEAST = "at_least"
    SAME_KEY = "same_key"
    OTHER_KEY = "other_key"
    ADD_NUMBER = "add_number"
    ADD_MONEY = "add_money"
    ADD_DURATION = "add_duration"
    LATER = "later"  # instant + duration
    SUB_NUMBER = "sub_number"
    SUB_MONEY = "sub_money"
    SUB_DURATION = "sub_duration"
    EARLIER = "earlier"  # instant - duration
    SINCE = "since"  # instant - instant
    LATER_DATE = "later_date"
    EARLIER_DATE = "earlier_date"
    SINCE_DATE = "since_date"
    TIMES_NUMBER = "times_number"  # by a constant
    TIMES_MONEY = "times_money"
    TIMES_DURATION = "times_duration"
    TIMES_QUANTITY = "times_quantity"  # an amount times a bounded number: a solver may expand it
    MIN = "min"
    MAX = "max"


COMPARISONS = {Op.EQUAL, Op.DIFFERENT, Op.LESS, Op.AT_MOST, Op.MORE, Op.AT_LEAST}

# operator -> the units it takes, and the unit it gives
SIGNATURES: dict[Op, tuple[Unit, Unit, Unit]] = {
    Op.ADD_NUMBER: ("number", "number", "number"),
    Op.ADD_MONEY: ("money", "money", "money"),
    Op.ADD_DURATION: ("duration", "duration", "duration"),
    Op.LATER: ("instant", "duration", "instant"),
    Op.SUB_NUMBER: ("number", "number", "number"),
    Op.SUB_MONEY: ("money", "money", "money"),
    Op.SUB_DURATION: ("duration", "duration", "duration"),
    Op.EARLIER: ("instant", "duration", "instant"),
    Op.SINCE: ("instant", "instant", "duration"),
    Op.LATER_DATE: ("date", "duration", "date"),
    Op.EARLIER_DATE: ("date", "duration", "date"),
    Op.SINCE_DATE: ("date", "date", "duration"),
    Op.TIMES_NUMBER: ("number", "number", "number"),
    Op.TIMES_MONEY: ("money", "number", "money"),
    Op.TIMES_DURATION: ("duration", "number", "duration"),
    Op.TIMES_QUANTITY: ("money", "number", "money"),
}
ADDITIONS = {Op.ADD_NUMBER, Op.ADD_MONEY, Op.ADD_DURATION, Op.LATER, Op.LATER_DATE}
SUBTRACTIONS = {Op.SUB_NUMBER, Op.SUB_MONEY, Op.SUB_DURATION, Op.EARLIER, Op.SINCE, Op.EARLIER_DATE, Op.SINCE_DATE}
PRODUCTS = {Op.TIMES_NUMBER, Op.TIMES_MONEY, Op.TIMES_DURATION}


# ---- nodes


# Where a node was written: outside equality and hash.
_SPAN: Any = field(default=None, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Const:
    value: Value
    type: Type
    span: Span | None = _SPAN


@dataclass(frozen=True, slots=True)
class Fact:
    """The value of an input; where it is missing, its default or, without one, its type's `blank`."""

    name: str
    type: Type
    span: Span | None = _SPAN


@dataclass(frozen=True, slots=True)
class Given:
    """Is the input there?"""

    name: str
    type: Bool = BOOL
    span: Span | None = _SPAN


@dataclass(frozen=True, slots=True)
class Local:
    """The value of an earlier let."""

    name: str
    type: Type
    span: Span | None = _SPAN


@dataclass(frozen=True, slots=True)
class Apply:
    op: Op
    args: tuple["Node", ...]
    type: Type
    span: Span | None = _SPAN


@dataclass(frozen=True, slots=True)
class Scale:
    """An amount times `numerator / denominator`, rounded once."""

    amount: "Node"
    numerator: int
    denominator: int
    rounding: Rounding
    type: Int
    span: Span | None = _SPAN


@dataclass(frozen=True, slots=True)
class If:
    condition: "Node"
    then: "Node"
    otherwise: "Node"
    type: Type
    span: Span | None = _SPAN


@dataclass(frozen=True, slots=True)
class Member:
    """Is the value (an enum, text or number) one of these codes? The codes are sorted and unique."""

    value: "Node"
    codes: tuple[int, ...]
    type: Bool = BOOL
    span: Span | None = _SPAN


@dataclass(frozen=True, slots=True)
class Holds:
    """Does the set hold the member at this position?"""

    value: "Node"
    member: int
    type: Bool = BOOL
    span: Span | None = _SPAN


@dataclass(frozen=True, slots=True)
class Mask:
    """Booleans (62 at most) as one number: bit i is set where bits[i] is true."""

    bits: tuple["Node", ...]
    type: Int
    span: Span | None = _SPAN


@dataclass(frozen=True, slots=True)
class Running:
    """In an offer of a `Best`: the amount that reached its step."""

    type: Int
    span: Span | None = _SPAN


@dataclass(frozen=True, slots=True)
class Offer:
    """One way to lower an amount at a step: whether it may be taken, and what it makes of the running amount."""

    may: "Node"
    amount: "Node"


@dataclass(frozen=True, slots=True)
class Best:
    """The choice of offers, at each step one or none, that makes the least of an amount.

    Of two in `apart`, named by their numbers through all steps, one at most is taken. The least amount that is not
    under `floor` wins; then the fewest offers; then the smallest choice. A choice is written as a number with a digit
    a step, the first step's the highest: the offer's place in its step, and for none the number of its offers.
    """

    base: "Node"
    floor: "Node"
    steps: tuple[tuple[Offer, ...], ...]
    apart: tuple[tuple[int, int], ...]
    type: Int
    span: Span | None = _SPAN


@dataclass(frozen=True, slots=True)
class Takes:
    """Does the choice that an earlier let makes take the offer with this number?"""

    choice: str
    offer: int
    type: Bool = BOOL
    span: Span | None = _SPAN


@dataclass(frozen=True, slots=True)
class Lowered:
    """The amount after a step (from 0), before the floor, of the choice that an earlier let makes."""

    choice: str
    step: int
    type: Int
    span: Span | None = _SPAN


Node = Const | Fact | Given | Local | Apply | Scale | If | Member | Holds | Mask | Running | Best | Takes | Lowered


# ---- programs

Missing = Literal["never", "default", "ask", "risky"]
Origin = Literal["request", "clock", "engine", "store"]


@dataclass(frozen=True, slots=True)
class Input:
    """A fact that a program reads.

    origin    who tells it: the shop's request, the clock (`now` and what calendars derive from it), the engine (which
              charge, how many units), the store (what it counts, and under which key the customer is known)
    missing   what its absence does: it is never absent, it has a default, the answer asks for it, guards fire
    default   the value that stands in, where missing is "default"
    """

    name: str
    type: Type
    origin: Origin = "request"
    missing: Missing = "never"
    default: Value | None = None


@dataclass(frozen=True, slots=True)
class Let:
    """A named step, with the place in the rulebook that it comes from."""

    name: str
    value: Node
    span: Span | None = _SPAN


@dataclass(frozen=True, slots=True)
class Program:
    """The unit of compiling, hashing, tracing and comparing. `outs` name lets, in the order of the answer."""

    name: str
    inputs: tuple[Input, ...]
    lets: tuple[Let, ...]
    outs: tuple[str, ...]


def blank(type_: Type) -> Value:
    """What a missing value reads as. No answer may depend on it: a stage before it asks for the fact."""
    match type_:
        case Bool():
            return False
        case Int(lo=lo):
            return lo
        case Key():
            return ""
        case _:
            return 0


def parts(node: Node) -> tuple[Node, ...]:
    """The nodes directly below."""
    match node:
        case Apply(args=args):
            return args
        case Scale(amount=amount):
            return (amount,)
        case If(condition=condition, then=then, otherwise=otherwise):
            return condition, then, otherwise
        case Member(value=value) | Holds(value=value):
            return (value,)
        case Mask(bits=bits):
            return bits
        case Best(base=base, floor=floor, steps=steps):
            return base, floor, *(part for step in steps for offer in step for part in (offer.may, offer.amount))
        case _:
            return ()


def reads_running(node: Node) -> bool:
    """Does the node depend on the amount that reached its step?"""
    return isinstance(node, Running) or any(map(reads_running, parts(node)))


def weights(offers: Sequence[int]) -> tuple[int, ...]:
    """What a digit of each step counts in the number of a choice, from how many offers each step has."""
    found: list[int] = []
    weight = 1
    for count in reversed(offers):
        found.append(weight)
        weight *= count + 1
    return tuple(reversed(found))


def scaled(amount: int, numerator: int, denominator: int, rounding: Rounding) -> int:
    """`amount * numerator / denominator`, rounded once; `half_up` goes towards plus infinity on a tie."""
    whole, rest = divmod(amount * numerator, denominator)
    match rounding:
        case "down":
            return whole
        case "up":
            return whole + (rest > 0)
        case "half_up":
            return whole + (2 * rest >= denominator)
        case "half_even":
            return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1))
