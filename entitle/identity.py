"""What identifies each row of the store, what must never stand twice, and a row as plain values."""

from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any

from entitle.contract_records import Follower, PlanChange
from entitle.hold_records import Hold, Kept
from entitle.payment_records import UsedPayment
from entitle.records import (
    Activation,
    Active,
    CardCode,
    Charge,
    Contract,
    Count,
    Customer,
    Decided,
    Entry,
    Event,
    Grant,
    Job,
    Key,
    KnownKey,
    Order,
    OrderLine,
    OrderUnit,
    Posting,
    Published,
    Record,
    Redemption,
    Refund,
    Sighting,
    Stock,
    Use,
)
from entitle.relay_records import DeadLetter, Delivery, Endpoint
from entitle.review_records import ReviewCase
from entitle.seal_records import Seal, SealedLeaf
from entitle.secret_records import FailedTries, Scan, WrappedKey
from entitle.stock_records import CountPart, StockLot, StockPart

KEYS: dict[type, tuple[str, ...]] = {
    Customer: ("stream",),
    Published: ("hash",),
    Active: ("slot",),
    Activation: ("slot", "n"),
    Key: ("stream", "verb", "key"),
    UsedPayment: ("ref",),
    Decided: ("stream", "id"),
    KnownKey: ("check",),
    Order: ("stream", "id"),
    OrderLine: ("stream", "order", "line"),
    OrderUnit: ("stream", "order", "line", "unit"),
    Contract: ("stream", "id"),
    Follower: ("stream", "contract"),
    PlanChange: ("stream", "order"),
    Charge: ("stream", "contract", "n"),
    Grant: ("stream", "id"),
    Redemption: ("stream", "id"),
    Refund: ("stream", "contract", "charge", "unit", "item"),
    Count: ("subject", "counter", "bucket"),
    CountPart: ("subject", "counter", "bucket", "part"),
    Use: ("subject", "order", "line", "counter"),
    Sighting: ("subject", "events", "id"),
    Stock: ("pool",),
    StockPart: ("pool", "part"),
    StockLot: ("pool", "id"),
    CardCode: ("pool", "n"),
    FailedTries: ("subject", "since"),
    Hold: ("stream", "id"),
    Kept: ("pool", "order"),
    ReviewCase: ("stream", "id"),
    Scan: ("stream", "redemption"),
    WrappedKey: ("name",),
    Entry: ("stream", "seq"),
    Posting: ("stream", "seq", "line"),
    Event: ("stream", "number"),
    Endpoint: ("name",),
    Delivery: ("stream", "endpoint", "again"),
    DeadLetter: ("stream", "endpoint", "number"),
    Job: ("stream", "subject", "kind"),
    Seal: ("n",),
    SealedLeaf: ("seal", "place"),
}
PASSING = (Sighting, FailedTries, WrappedKey)  # rows that may be deleted: no row names them, and no digest covers them
UNIQUE: dict[type, tuple[tuple[str, ...], ...]] = {
    Key: (("verb", "key"),),
    Grant: (("order", "line", "unit", "item", "n"), ("code_index",)),
    CardCode: (("index",),),
    Hold: (("order",),),
    Event: (("id",),),
}

COLUMNS: dict[type, tuple[str, ...]] = {record: tuple(each.name for each in fields(record)) for record in KEYS}
_VALUES: dict[type, Callable[[Any], tuple[Any, ...]]] = {each: attrgetter(*names) for each, names in COLUMNS.items()}
_KEYS = {record: attrgetter(*names) for record, names in KEYS.items()}


def values_of(row: Record) -> tuple[Any, ...]:
    """What stands in its columns, in their order."""
    return _VALUES[type(row)](row)


def as_dict(row: Record) -> dict[str, Any]:
    """What stands in its columns, by their names."""
    return dict(zip(COLUMNS[type(row)], values_of(row), strict=True))


def key_of(row: Record) -> tuple[Any, ...]:
    """What stands in the columns of its key."""
    found = _KEYS[type(row)](row)
    return found if len(KEYS[type(row)]) > 1 else (found,)
