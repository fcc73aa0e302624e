"""What every row obeys, as data: both stores refuse a row that does not.

The guards of a plan say no; these are behind them, for the mistake that no guard foresaw. A row that breaks one is a
StoreError, and nothing of its plan happens.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from entitle.contract_records import Follower, PlanChange
from entitle.hold_records import Hold, Kept
from entitle.plan import Test
from entitle.records import (
    Activation,
    Active,
    CardCode,
    Charge,
    Contract,
    Count,
    Customer,
    Entry,
    Event,
    Grant,
    Job,
    Order,
    OrderLine,
    OrderUnit,
    Posting,
    Published,
    Redemption,
    Refund,
    Sighting,
    Stock,
    Use,
)
from entitle.relay_records import DeadLetter, Delivery, Endpoint
from entitle.review_records import ReviewCase
from entitle.seal_records import Seal, SealedLeaf
from entitle.secret_records import FailedTries, Scan
from entitle.stock_records import CountPart, StockLot, StockPart

ORDERS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Other:
    """The value of another column of the row."""

    column: str


@dataclass(frozen=True, slots=True)
class Check:
    """One of the tests holds. A test that orders or measures an empty column holds."""

    name: str
    any_of: tuple[tuple[str, Test | Literal["length"], Any], ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """These columns name a row of another table by its key; where one is empty, they name none."""

    columns: tuple[str, ...]
    table: type


def _least(least: int, *columns: str) -> tuple[Check, ...]:
    return tuple(Check(f"{column}_least", ((column, ">=", least),)) for column in columns)


def _one_of(column: str, *words: str) -> Check:
    return Check(f"{column}_known", ((column, "in", words),))


CHECKS: dict[type, tuple[Check, ...]] = {
    Customer: _least(0, "seq", "events"),
    Active: (_one_of("slot", "release"), *_least(0, "since")),
    Activation: (_one_of("slot", "release"), *_least(1, "n")),
    Order: (*_least(0, "total"), Check("currency_length", (("currency", "length", 3),))),
    OrderLine: (*_least(0, "line", "amount"), *_least(1, "quantity")),
    OrderUnit: _least(0, "line", "unit", "pay"),
    Contract: (
        *_least(1, "quantity"),
        *_least(0, "paid"),
        Check("period_end_not_before", (("period_end", ">=", Other("period_start")),)),
        _one_of("state", "running", "failing", "ended"),
    ),
    Follower: _least(1, "activation"),
    PlanChange: (
        *_least(1, "activation"),
        *_least(0, "amount"),
        _one_of("state", "planned", "done", "undone"),
    ),
    Charge: (
        *_least(1, "n"),
        *_least(0, "amount", "attempt", "lease_until"),
        _one_of("state", "due", "pending", "paid", "dropped"),
        Check("settled_is_over", (("state", "in", ("due", "pending")), ("next_at", "=", None))),
    ),
    Grant: (
        *_least(1, "n", "quantity"),
        *_least(0, "line", "unit", "used", "window"),
        Check("used_within_capacity", (("used", "<=", Other("capacity")),)),
        Check("valid_until_not_before", (("valid_until", ">=", Other("active_from")),)),
        _one_of("state", "claimable", "active", "used", "expired", "revoked"),
    ),
    Redemption: (*_least(1, "amount"), Check("reversed_at_not_before", (("reversed_at", ">=", Other("at")),))),
    Refund: (
        *_least(1, "charge"),
        *_least(0, "unit", "line", "paid", "amount"),
        Check("amount_within_paid", (("amount", "<=", Other("paid")),)),
        _one_of("last", "", "charge", "line", "order"),
    ),
    Count: _least(0, "used"),
    CountPart: (*_least(1, "part"), *_least(0, "free")),
    Use: (*_least(0, "line", "units"), Check("until_not_before", (("until", ">=", Other("at")),))),
    Sighting: (*_least(0, "amount"), Check("gone_at_not_before", (("gone_at", ">=", Other("at")),))),
    Stock: _least(0, "free"),
    StockPart: (*_least(1, "part"), *_least(0, "free")),
    StockLot: _least(0, "cost"),
    CardCode: (
        *_least(1, "n"),
        Check("gone_unsold", (("gone_at", "=", None), ("grant", "=", None))),
        Check("stream_with_grant", (("stream", "=", None), ("grant", "set", None))),
        Check("grant_with_stream", (("grant", "=", None), ("stream", "set", None))),
    ),
    FailedTries: _least(0, "failed"),
    Hold: (
        *_least(1, "activation"),
        *_least(0, "total"),
        Check("expires_at_after", (("expires_at", ">", Other("at")),)),
        _one_of("state", "held", "confirmed", "voided", "expired"),
    ),
    Kept: _least(1, "units"),
    ReviewCase: (
        Check("until_after", (("until", ">", Other("at")),)),
        _one_of("unanswered", "", "block", "allow"),
        Check("until_has_an_answer", (("until", "=", None), ("unanswered", "!=", ""))),
        _one_of("state", "pending", "approved", "refused"),
        Check("pending_is_open", (("state", "!=", "pending"), ("resolved_at", "=", None))),
        Check("resolved_is_dated", (("state", "=", "pending"), ("resolved_at", "set", None))),
    ),
    Entry: _least(1, "seq"),
    Posting: (*_least(0, "line"), Check("amount_moves", (("amount", "!=", 0),))),
    Event: _least(1, "number", "position"),
    Endpoint: _least(0, "position", "next_at"),
    Delivery: (
        *_least(0, "again", "done", "attempt"),
        Check("done_within_last", (("done", "<=", Other("last")),)),
        Check("what_waits_is_due", (("done", ">=", Other("last")), ("next_at", "set", None))),
        Check("nothing_waits_when_done", (("done", "<", Other("last")), ("next_at", "=", None))),
    ),
    DeadLetter: (*_least(1, "number", "tries"), _one_of("state", "dead", "again", "sent")),
    Job: _least(1, "n"),
    Seal: (
        *_least(1, "n", "count"),
        *_least(0, "since"),
        Check("position_after_since", (("position", ">", Other("since")),)),
    ),
    SealedLeaf: (*_least(0, "place"), *_least(1, "number"), _one_of("kind", "stream", "events", "activations")),
}
REFERENCES: dict[type, tuple[Reference, ...]] = {
    Active: (Reference(("release",), Published),),
    Activation: (Reference(("release",), Published),),
    OrderLine: (Reference(("stream", "order"), Order),),
    OrderUnit: (Reference(("stream", "order", "line"), OrderLine),),
    Contract: (Reference(("stream", "order", "line"), OrderLine),),
    Follower: (Reference(("stream", "contract"), Contract), Reference(("release",), Published)),
    PlanChange: (Reference(("stream", "contract"), Contract), Reference(("release",), Published)),
    Charge: (Reference(("stream", "contract"), Contract),),
    Grant: (Reference(("stream", "order", "line"), OrderLine), Reference(("stream", "contract"), Contract)),
    Redemption: (Reference(("stream", "grant"), Grant),),
    CountPart: (Reference(("subject", "counter", "bucket"), Count),),
    StockPart: (Reference(("pool",), Stock),),
    StockLot: (Reference(("pool",), Stock),),
    CardCode: (
        Reference(("pool",), Stock),
        Reference(("pool", "lot"), StockLot),
        Reference(("stream", "grant"), Grant),
    ),
    Hold: (Reference(("release",), Published),),
    Kept: (Reference(("pool",), Stock),),
    ReviewCase: (Reference(("release",), Published),),
    Refund: (Reference(("stream", "contract", "charge"), Charge), Reference(("stream", "order", "line"), OrderLine)),
    Scan: (Reference(("stream", "redemption"), Redemption),),
    Entry: (Reference(("stream",), Customer),),
    Posting: (Reference(("stream", "seq"), Entry),),
    SealedLeaf: (Reference(("seal",), Seal),),
    Delivery: (Reference(("endpoint",), Endpoint),),
    DeadLetter: (Reference(("stream", "number"), Event),),
}
