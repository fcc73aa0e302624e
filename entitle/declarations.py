"""Frozen declarations that need no program: how a product renews, is refunded and changed; stock; risk rules."""

from dataclasses import dataclass, field
from typing import Any, Literal

from entitle.messages import Words
from entitle.source import Span
from entitle.values.civil import Term

_SPAN: Any = field(default=None, compare=False, repr=False, kw_only=True)

Rate = tuple[int, int]  # a reduced fraction
IfUsed = Literal["no_refund", "deduct", "keep"]
GiveBack = Literal["limits", "coupon"]
Reveal = Literal["on_request", "at_once"]
Again = Literal["extend", "refuse", "parallel"]


GateName = Literal["register", "login", "purchase", "claim", "redeem"]
Unanswered = Literal["block", "allow"]
GATES: tuple[GateName, ...] = ("register", "login", "purchase", "claim", "redeem")


@dataclass(frozen=True, slots=True)
class Guard:
    """A risk rule: at which gates it looks, and what it does where it fires.

    challenge  what must be passed, where it asks for that
    log_only   it notes what it would have done, and does nothing
    within     how long it waits for a review, and `then` what becomes of one that nobody made; None: it waits for ever
    """

    id: str
    gates: tuple[str, ...]
    kind: Literal["block", "challenge", "review"]
    challenge: str | None = None
    say: Words | None = None
    log_only: bool = False
    within: Term | None = None
    then: Unanswered | None = None
    span: Span | None = _SPAN


@dataclass(frozen=True, slots=True)
class RefundRule:
    """How what was paid is given back.

    within     counted from each charge
    if_used    what a used part does: it refuses the refund, keeps its share, or changes nothing
    give_back  what can be used again after a refund
    """

    within: Term
    if_used: IfUsed
    give_back: tuple[GiveBack, ...] = ()


@dataclass(frozen=True, slots=True)
class Channel:
    """Where things are sold.

    parent      the channel above it
    territory   where it sells, in the operator's words
    commission  its part of every charge: its own, or that of the nearest channel above it that has one
    """

    id: str
    parent: str | None = None
    territory: str = ""
    commission: Rate | None = None
    span: Span | None = _SPAN


@dataclass(frozen=True, slots=True)
class Change:
    """What a running contract can be changed to: at once or with its period; for the difference, or the full price."""

    to: str
    when: Literal["now", "period_end"]
    pay: Literal["difference", "full"] = "full"
    span: Span | None = _SPAN


@dataclass(frozen=True, slots=True)
class Pool:
    """Stock: card codes, each for one holder, or units that are counted. Below `warn_below` somebody is told.

    hot  very many buy from it at once
    """

    id: str
    of: Literal["card_codes", "units"]
    warn_below: int = 0
    hot: bool = False
    span: Span | None = _SPAN


@dataclass(frozen=True, slots=True)
class Draw:
    """What each unit bought takes from a pool at the purchase; `item` of `gives` takes it where it is given."""

    pool: str
    units: int
    item: str | None = None


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a timeline at one price: `count` periods (None: endless), or one period that `lasts`."""

    id: str
    count: int | None = None
    lasts: Term | None = None
    span: Span | None = _SPAN


PriceWord = Literal["keep_old_price", "next_period"]
PriceChange = PriceWord | int


@dataclass(frozen=True, slots=True)
class Subscription:
    """How a product renews. `retry` and `keep_access` are offsets from the due instant of a charge.

    if_price_changes  what a release with a new price does to running contracts; an instant: from then on they pay it
    """

    renews: Term
    remind: tuple[Term, ...] = ()
    retry: tuple[Term, ...] = ()
    keep_access: Term | None = None
    if_price_changes: PriceChange | None = None
    cancel: Literal["period_end", "now"] = "period_end"


@dataclass(frozen=True, slots=True)
class Redeem:
    """How a voucher is used: by which means, how often, and where (empty: anywhere)."""

    by: tuple[str, ...] = ()
    uses: int = 1
    outlets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quota:
    """An amount that is spent down, in the operator's unit; `resets` fills it again."""

    amount: int
    unit: str
    resets: Term | None = None
