"""The compiled rulebook: programs, and beside them the frozen declarations that say what happens when.

A release is data, made once by the checker and never edited: a shop publishes it under its hash, every decision names
the one it was made with, and a running contract keeps its own. Conditions and prices are in the programs; what stands
here is who counts, what is given and when.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from importlib import import_module
from typing import Any, Literal

from entitle.declarations import (
    Again,
    Change,
    Channel,
    Draw,
    Guard,
    Phase,
    Pool,
    Quota,
    Rate,
    Redeem,
    RefundRule,
    Reveal,
    Subscription,
)
from entitle.ir import Input, Program, Rounding
from entitle.messages import Words
from entitle.source import Source, Span
from entitle.values.civil import Term
from entitle.values.zone import Zone

LANGUAGE = 1  # the version of the rule language this code reads

_SPAN: Any = field(default=None, compare=False, repr=False, kw_only=True)

RUNNING = "running"  # the input that says how many contracts of the product the customer has running
YES_OR_NO = ("code.", "with.", "passed.", "reviewed.")  # inputs of such names say what the engine knows of an order
FREE = "free."  # an input of this name and a pool's says what is left of the pool

Stage = Literal["sale", "missing", "eligible", "guards", "price", "limits", "stock"]
STAGES: tuple[Stage, ...] = ("sale", "missing", "eligible", "guards", "price", "limits", "stock")


@dataclass(frozen=True, slots=True)
class Rule:
    """What a reason cites: its code, the operator's id for it, and where that is written."""

    code: str
    id: str
    span: Span | None = _SPAN


@dataclass(frozen=True, slots=True)
class Weekly:
    """Hours of the week: on these weekdays (0 is Monday), from and until minutes after midnight."""

    days: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Between:
    """A stretch of time: `start` included, `end` not; None is open."""

    start: int | None = None
    end: int | None = None


Window = Between | Weekly


@dataclass(frozen=True, slots=True)
class Sale:
    """When, where and how many of a product are sold."""

    window: Between = Between()
    calendar: str | None = None
    channels: tuple[str, ...] = ()
    quantity: tuple[int, int] = (1, 1)
    say: Words | None = None
    span: Span | None = _SPAN


Each = Literal["day", "week", "month", "sale_window", "lifetime", "rolling"]


@dataclass(frozen=True, slots=True)
class Counter:
    """What may happen at most `max` times for one key: a limit, or a `once_per`.

    input    the program's input that says how much of it is used
    name     the counter's name in the store: product or family, and the operator's id
    per      the fact that is the key; empty for all customers together
    of       what one purchase uses: its units, one order, or a running contract
    within   microseconds, where `in_each` is "rolling"
    quoted   it is no reason to refuse the payment of a hold that has expired
    hot      very many use it at once
    """

    input: str
    name: str
    id: str
    max: int
    per: str
    in_each: Each = "lifetime"
    of: Literal["units", "orders", "running", "amount"] = "orders"
    within: int = 0
    quoted: bool = False
    hot: bool = False
    span: Span | None = _SPAN


@dataclass(frozen=True, slots=True)
class Purchase:
    """Issued when bought."""


@dataclass(frozen=True, slots=True)
class EachPeriod:
    """Issued when a period is paid; `first` says whether the first one counts."""

    first: bool = True


@dataclass(frozen=True, slots=True)
class Every:
    """Issued at the purchase and at each multiple of the term after it."""

    term: Term


@dataclass(frozen=True, slots=True)
class DayOfMonth:
    """Issued at 00:00 of this day of every month."""

    day: int


@dataclass(frozen=True, slots=True)
class After:
    """Issued once, this long after the purchase."""

    term: Term


When = Purchase | EachPeriod | Every | DayOfMonth | After


@dataclass(frozen=True, slots=True)
class Item:
    """One thing a product gives: which benefit, how many a unit, on which schedule, its share of what is paid."""

    id: str
    benefit: str
    quantity: int = 1
    when: When = Purchase()
    times: int | None = None
    paid_time: bool = False
    claim_within: Term | None = None
    share: Rate | None = None
    span: Span | None = _SPAN


@dataclass(frozen=True, slots=True)
class Validity:
    """One way a grant ends: a term from its claim or grant, an instant, or the end of the paid time."""

    counts: Literal["claim", "grant", "instant", "period_end"]
    term: Term | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Benefit:
    """What a customer comes to hold. `pool` and `reveal` are of card codes."""

    id: str
    kind: Literal["access", "voucher", "quota", "card_code"]
    name: Words
    valid: tuple[Validity, ...] = ()
    redeem: Redeem | None = None
    quota: Quota | None = None
    pool: str | None = None
    reveal: Reveal = "on_request"
    span: Span | None = _SPAN


@dataclass(frozen=True, slots=True)
class Measure:
    """A fact that the store itself knows: how many, how many different, or how much, in the last `within` µs.

    products  those of the family that `of` names; empty where it names a product
    """

    name: str
    how: Literal["count", "distinct", "sum"]
    events: str
    of: str | None = None
    per: str = "customer"
    distinct: str | None = None
    within: int | None = None
    products: tuple[str, ...] = ()
    span: Span | None = _SPAN


GATE_OUTS = ("stage", "reasons", "logged")


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate that is not a purchase: its program answers GATE_OUTS; `rules` are as a product's."""

    id: str
    program: Program
    rules: tuple[tuple[Rule, ...], ...]
    counters: tuple[Counter, ...] = ()


@dataclass(frozen=True, slots=True)
class Promotion:
    """What may lower a price, at one step. What it does is in the programs of its products, or of its order step.

    products  all that it may lower
    code      what must be presented
    charges   how many of the first charges it lowers; 0 for each
    free      of every buy + free units so many are free, the cheapest
    apart     all that it cannot be combined with, whichever side says so
    """

    id: str
    step: str
    products: tuple[str, ...]
    code: str | None = None
    charges: int = 1
    free: tuple[int, int] | None = None
    counters: tuple[Counter, ...] = ()
    apart: tuple[str, ...] = ()
    name: Words | None = None
    say: Words | None = None
    span: Span | None = _SPAN


@dataclass(frozen=True, slots=True)
class OrderStep:
    """A price step on the whole order: its program answers for each of its promotions, in alphabetical order.

    Of each promotion the outputs are `open` (it may be used by this customer), `may` (with what reached the step) and
    `after` (what it makes of the sum of its lines); then ORDER_OUTS. Bit i of `uses` is for the ith of `counters`.
    """

    id: str
    program: Program
    offers: tuple[str, ...]
    counters: tuple[Counter, ...] = ()


ORDER_OUTS = ("valid", "unused", "uses")


@dataclass(frozen=True, slots=True)
class Product:
    """A thing on sale.

    program   answers one purchase: OUTS, in that order
    rules     what each bit of `reasons` means, by stage
    phases    the price timeline; a product sold once has one phase with one period
    counters  what a purchase may use up; bit i of `uses` says whether it does
    gives     bit i of `gives` says whether item i is given
    offers    at each price step on a unit the promotions, in alphabetical order: what the digits of `best` mean
    coded     promotions on a unit that need a code: bit i of `valid` and `unused` is for the ith
    shown     a price that is shown beside the price to pay
    refund    None: nothing is given back
    draws     what a purchase takes from pools
    hold      how long an unpaid order keeps what it took
    again     what buying it does while it is running: the new time follows, a refusal, or both run
    change    what it can be changed to while it runs
    family    whose limits and measures it shares
    """

    id: str
    name: Words
    program: Program
    rules: tuple[tuple[Rule, ...], ...]
    sale: Sale
    phases: tuple[Phase, ...]
    counters: tuple[Counter, ...] = ()
    gives: tuple[Item, ...] = ()
    subscription: Subscription | None = None
    lasts: Term | None = None
    offers: tuple[tuple[str, ...], ...] = ()
    coded: tuple[str, ...] = ()
    shown: int | None = None
    refund: RefundRule | None = None
    draws: tuple[Draw, ...] = ()
    hold: Term | None = None
    again: Again = "parallel"
    change: tuple[Change, ...] = ()
    family: str | None = None
    span: Span | None = _SPAN


# stage: 0 for yes, else the place in STAGES counted from 1; reasons: the bits of that stage; of the charge number
# `charge`, for one unit: its price, the least that may be paid, what is paid, the offers taken (as `ir.Best` numbers
# them), and what all units pay; phases, gives, uses: which hold for this purchase; of coded offers: which are for this
# customer and time, and which are not used up; which of the guards that only log would have spoken
OUTS = (
    "stage",
    "reasons",
    "phases",
    "base",
    "floor",
    "pay",
    "best",
    "total",
    "gives",
    "uses",
    "valid",
    "unused",
    "logged",
)


@dataclass(frozen=True)
class Release:
    """A whole rulebook, compiled. `facts` are all declared inputs, `words` the texts that have a code."""

    name: str
    zone: Zone
    currency: str
    rounding: Rounding
    facts: tuple[Input, ...]
    measures: tuple[Measure, ...]
    words: tuple[str, ...]
    calendars: Mapping[str, tuple[Window, ...]]
    benefits: Mapping[str, Benefit]
    products: Mapping[str, Product]
    sources: tuple[Source, ...] = ()
    language: int = LANGUAGE
    promotions: Mapping[str, Promotion] = field(default_factory=dict)
    order_steps: tuple[OrderStep, ...] = ()
    max_codes: int = 1
    guards: Mapping[str, Guard] = field(default_factory=dict)
    gates: Mapping[str, Gate] = field(default_factory=dict)
    pools: Mapping[str, Pool] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)

    def decide_many(
        self,
        product: str,
        table: object,
        *,
        at: datetime | None = None,
        quantity: int | None = None,
        codes: str | Sequence[str] = (),
        passed: Sequence[str] = (),
        facts: Mapping[str, object] | None = None,
        keep: Sequence[str] = (),
    ) -> Any:
        """What each customer of a table may buy, and for how much: see `runtime.many.decide`."""
        # A release is data; what runs it stands above it, and is loaded by whoever has the extra.
        run = import_module("entitle.runtime.many.decide").decide_many
        return run(self, product, table, at, quantity, codes, passed, facts, keep)

    @cached_property
    def codes(self) -> dict[str, int]:
        """The code of each word; 0 is left for every other text."""
        return {word: i + 1 for i, word in enumerate(self.words)}

    @cached_property
    def by_code(self) -> dict[str, Promotion]:
        """The promotion of each code that may be presented."""
        return {each.code: each for each in self.promotions.values() if each.code is not None}

    @cached_property
    def inputs(self) -> dict[str, Input]:
        return {each.name: each for each in self.facts}

    @cached_property
    def measured(self) -> dict[str, Measure]:
        return {each.name: each for each in self.measures}
