"""A rulebook's own tests as data: cases with a timeline of steps, and what each expects.

Cases stand beside the release, not in it: they say what an operator wants to be true of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from entitle.messages import Words
from entitle.source import Span

Verb = Literal[
    "buy",
    "hold",
    "confirm",
    "void",
    "approve",
    "refuse",
    "claim",
    "redeem",
    "reverse",
    "spend",
    "cancel",
    "undo cancel",
    "change",
    "undo change",
    "refund",
    "register",
    "login",
    "payment fails",
]


@dataclass(frozen=True, slots=True)
class Do:
    """What a step does: a verb and the product or benefit it speaks of.

    quantity  units bought or refunded (0: all of them), or the amount spent of a quota
    also      of a purchase or a hold: its further lines, products and quantities
    unit      of the amount spent, as it was written; "" where it was not
    item      of `gives`: the only one that is refunded
    outlet    where a voucher is redeemed; "" is one where it can be
    to        of a change: the product that takes its place
    """

    verb: Verb
    name: str = ""
    quantity: int = 1
    unit: str = ""
    item: str = ""
    outlet: str = ""
    to: str = ""
    also: tuple[tuple[str, int], ...] = ()
    span: Span | None = field(default=None, compare=False, repr=False)

    @property
    def is_purchase(self) -> bool:
        return self.verb in ("buy", "hold")

    @property
    def text(self) -> str:
        """What a purchase is, or what speaks of one name at most, as a test writes it: `buy a × 2, b`, `confirm`."""
        lines = ((self.name, self.quantity if self.is_purchase else 1), *self.also)
        said = ", ".join(f"{name} × {units}" if units > 1 else name for name, units in lines)
        return f"{self.verb} {said}".rstrip()


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing a step expects: a key of `expect` and its value.

    what   ok, charge, pays, applied, grant, has, notice, ends, refused, missing, blocked, review, challenge
    value  ok: None; charge, pays: minor units, or None for `none`; applied, grant, has: a tuple of ids;
           ends: an instant; notice: a word, or None for `none`; the others: a word
    """

    what: str
    value: int | str | tuple[str, ...] | None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Step:
    """One instant of a case: all work due up to it is done first, then `do`, then the expectations are looked at."""

    at: int
    who: str
    facts: Mapping[str, object]
    do: Do | None
    expect: tuple[Expectation, ...]
    span: Span = field(compare=False, repr=False)
    codes: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    id: str
    name: Words
    given: Mapping[str, object]
    steps: tuple[Step, ...]
    span: Span = field(compare=False, repr=False)
    fill: Mapping[str, int] = field(default_factory=dict)
