"""All rows of one stream, read as of one moment, however many write meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from entitle.contract_records import PlanChange
from entitle.hold_records import Hold, Kept
from entitle.payment_records import UsedPayment
from entitle.plan import Find, Get, Where
from entitle.records import (
    CardCode,
    Charge,
    Contract,
    Customer,
    Entry,
    Event,
    Grant,
    Job,
    Key,
    Order,
    OrderLine,
    OrderUnit,
    Posting,
    Redemption,
    Refund,
    Sighting,
    Use,
)
from entitle.review_records import ReviewCase
from entitle.shop.verb import Verb, ask

ASKED_AT_ONCE = 200  # orders whose uses one read asks for


@dataclass(frozen=True, slots=True)
class Books:
    """A stream's head and rows. Uses are those of its orders: they stand under what they count for."""

    customer: Customer | None
    entries: list[Entry]
    postings: list[Posting]
    events: list[Event]
    keys: list[Key]
    payments: list[UsedPayment]
    orders: list[Order]
    lines: list[OrderLine]
    units: list[OrderUnit]
    contracts: list[Contract]
    charges: list[Charge]
    grants: list[Grant]
    redemptions: list[Redemption]
    refunds: list[Refund]
    jobs: list[Job]
    plans: list[PlanChange]
    cards: list[CardCode]
    sightings: list[Sighting]
    holds: list[Hold]
    kept: list[Kept]
    reviews: list[ReviewCase]
    uses: list[Use]

    @property
    def order_ids(self) -> list[str]:
        """The orders that may use something up: those that were placed, those that are planned, and those held."""
        planned = {each.order for each in self.plans}
        return sorted({each.id for each in self.orders} | planned | {each.order for each in self.holds})


TABLES: tuple[tuple[type, tuple[str, ...]], ...] = (
    (Entry, ("seq",)),
    (Posting, ("seq", "line")),
    (Event, ("number",)),
    (Key, ("verb", "key")),
    (UsedPayment, ("ref",)),
    (Order, ("id",)),
    (OrderLine, ("order", "line")),
    (OrderUnit, ("order", "line", "unit")),
    (Contract, ("id",)),
    (Charge, ("contract", "n")),
    (Grant, ("id",)),
    (Redemption, ("id",)),
    (Refund, ("contract", "charge", "unit", "item")),
    (Job, ("subject", "kind")),
    (PlanChange, ("order",)),
    (CardCode, ("pool", "n")),
    (Sighting, ("subject", "events", "id")),
    (Hold, ("id",)),
    (Kept, ("pool", "order")),
    (ReviewCase, ("id",)),
)
assert len(TABLES) + 2 == len(fields(Books)), "the head, a table each, and the uses"


def read_books(stream: str) -> Verb[Books]:
    """Everything of a stream, as of one moment: where an order came while it was read, it is read again."""
    asked: list[str] = []
    while True:
        books = yield from _read(stream, asked)
        if books.order_ids == asked:
            return books
        asked = books.order_ids


def _read(stream: str, orders: Sequence[str]) -> Verb[Books]:
    here: tuple[Where, ...] = (("stream", "=", stream),)
    head, *rows = yield from ask(
        Get(Customer, (stream,)),
        *(Find(table, here, order) for table, order in TABLES),
        *uses_of(orders),
    )
    tables, uses = rows[: len(TABLES)], rows[len(TABLES) :]
    return Books(head, *tables, [use for each in uses for use in each])  # type: ignore[call-arg]  # as many as TABLES


def uses_of(orders: Sequence[str]) -> list[Find]:
    """The reads of what orders use of limits: several, since a database takes only so many values at once."""
    some = [orders[i : i + ASKED_AT_ONCE] for i in range(0, len(orders), ASKED_AT_ONCE)]
    return [Find(Use, (("order", "in", tuple(each)),)) for each in some]
