"""Two shops, one in memory and one in a database, with one clock and the same dice: both answer alike. Or one alone.

What they answer is put into the oracle's plain words here: instants in microseconds, no ids, no codes.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from entitle.decision import Done, NeedsFacts, Refused
from entitle.errors import KeyConflict
from entitle.keys import Keys
from entitle.plan import Store
from entitle.records import Event
from entitle.runtime.encode import instant_of
from entitle.seal_records import Seal, SealedLeaf
from entitle.shop.claim import Spent
from entitle.shop.facade import Shop
from entitle.shop.fill import Filled
from entitle.shop.hold import HoldView
from entitle.shop.read import EventView
from entitle.shop.refund import RefundView
from entitle.shop.views import GrantView, OrderView, RedemptionView, SubscriptionView
from entitle.store.memory import MemoryStore
from entitle.values.zone import Instant
from tests.machine.ledger import Outcome
from tests.store.rows import Books, books

T = TypeVar("T")


class Twins:
    """Memory and `store`, which is new; or memory alone.

    Where events are `numbered_late`, those of different streams have any order.
    """

    def __init__(self, store: Store | None, start: Instant, numbered_late: bool = False) -> None:
        self.now = start
        self.cursor = 0
        self.numbered_late = numbered_late
        stores = [MemoryStore(), *([store] if store is not None else [])]
        keys = Keys.from_text("twins")
        self.shops = [Shop(each, keys, lambda: self.now, random.Random(1).randbytes) for each in stores]

    def ask(self, verb: Callable[[Shop], T]) -> T:
        """The answer, which is the same from both."""
        one, *others = [verb(shop) for shop in self.shops]
        for other in others:
            assert one == other
        return one

    def do(self, verb: Callable[[Shop], object], preview: bool) -> object:
        """The same, where a key may clash; first as a preview, if wanted, which says the same and leaves no trace."""
        if not preview:
            return self.ask(lambda shop: attempt(lambda: verb(shop)))
        before = self.rows()
        said = self.ask(lambda shop: attempt(lambda: verb(shop.preview)))
        assert self.rows() == before
        done = self.ask(lambda shop: attempt(lambda: verb(shop)))
        assert plain(said) == plain(done)
        return done

    def rows(self) -> object:
        """Every row, which is the same in both."""
        one, *others = [books(shop.store) for shop in self.shops]
        if self.numbered_late:
            one, others = in_any_order(one), [in_any_order(other) for other in others]
        for other in others:
            assert one == other
        return one

    def agree(self) -> None:
        """Where there are two, they hold the same rows."""
        if len(self.shops) > 1:
            self.rows()

    def news(self) -> list[EventView]:
        """What was told since the last time."""
        one, *others = [self._news(shop) for shop in self.shops]
        for other in others:
            assert [event.cursor for event in one] == [event.cursor for event in other]
            assert (by_stream(one) == by_stream(other)) if self.numbered_late else (one == other)
        self.cursor = one[-1].cursor if one else self.cursor
        return one

    def _news(self, shop: Shop) -> list[EventView]:
        found: list[EventView] = []
        while page := shop.events(after=found[-1].cursor if found else self.cursor):
            found += page
        return found

    def any_news(self) -> bool:
        return self.ask(lambda shop: bool(shop.events(after=self.cursor)))

    def close(self) -> None:
        for shop in self.shops:
            shop.close()


def in_any_order(rows: Books) -> Books:
    """The rows without what follows from the order in which events of different streams were numbered."""
    found = dict(rows)
    found[Event] = [replace(each, position=0) for each in rows[Event] if isinstance(each, Event)]
    found[Seal] = [replace(each, root="", previous="", signature="") for each in rows[Seal] if isinstance(each, Seal)]
    leaves = [each for each in rows[SealedLeaf] if isinstance(each, SealedLeaf)]
    found[SealedLeaf] = [replace(each, digest="") if each.kind == "events" else each for each in leaves]
    return found


def by_stream(events: list[EventView]) -> dict[str, list[EventView]]:
    """The events of each customer in the order in which they come, without their cursors."""
    found: dict[str, list[EventView]] = {}
    for event in events:
        found.setdefault(event.customer, []).append(replace(event, cursor=0))
    return found


def attempt(verb: Callable[[], object]) -> object:
    try:
        return verb()
    except KeyConflict:
        return ("conflict",)


def plain(outcome: object) -> Outcome:
    match outcome:
        case Done(value=value):
            return "done", plain_value(value)
        case Refused() as refused:
            why = tuple(reason.rule if reason.code == "limit" else reason.code for reason in refused.reasons)
            return "refused", why, None if refused.refund_due is None else refused.refund_due.minor
        case NeedsFacts(facts=facts):
            return "missing", facts
        case tuple():
            return outcome
    raise AssertionError(f"the shop said {outcome!r}")


def plain_value(value: object) -> object:
    match value:
        case OrderView() as order:
            contracts = sorted(map(contract_view, order.subscriptions), key=repr)
            grants = sorted(map(grant_view, order.grants), key=repr)
            lines = [(line.product, line.quantity, line.amount.minor) for line in order.lines]
            return order.total.minor, instant_of(order.at), lines, contracts, grants
        case SubscriptionView():
            return contract_view(value)
        case GrantView():
            return grant_view(value)
        case RedemptionView() as use:
            return use.benefit, instant_of(use.at), use.outlet, use.left, micro(use.reversed_at)
        case HoldView() as hold:
            lines = [(line.product, line.quantity, line.amount.minor) for line in hold.lines]
            times = instant_of(hold.at), instant_of(hold.expires_at)
            return hold.state, hold.total.minor, lines, *times, hold.order is not None
        case Filled(pool=pool, added=added, free=free):
            return pool, added, free
        case RefundView() as refund:
            parts = ((p.product, p.charge, p.unit, p.item, p.paid.minor, p.amount.minor) for p in refund.parts)
            return refund.amount.minor, instant_of(refund.at), tuple(parts)
        case None:
            return None
        case Spent(amount=amount, left=left):
            return amount, left
    raise AssertionError(f"the shop gave {value!r}")


def micro(moment: datetime | None) -> Instant | None:
    return None if moment is None else instant_of(moment)


def contract_view(view: SubscriptionView) -> tuple[object, ...]:
    return (
        view.product,
        view.state,
        instant_of(view.started_at),
        view.paid_periods,
        micro(view.paid_until),
        micro(view.ends_at),
        micro(view.next_charge),
    )


def grant_view(view: GrantView) -> tuple[object, ...]:
    return (
        view.item,
        view.benefit,
        view.state,
        instant_of(view.granted_at),
        micro(view.claim_until),
        micro(view.valid_until),
        view.left,
    )


FACTS: dict[str, tuple[str, ...]] = {  # of each type of event, what the oracle tells too
    "charge.paid": ("n", "amount"),
    "charge.pending": ("n",),
    "contract.cancelled": ("ends_at",),
    "contract.restored": ("ends_at",),
    "customer.forgotten": (),
    "grant.claimed": ("item", "valid_until"),
    "grant.expired": ("item",),
    "grant.issued": ("item", "n", "unit", "state", "claim_until", "valid_until"),
    "grant.redeemed": ("item", "outlet"),
    "grant.revealed": ("amount",),
    "grant.revoked": ("item", "n", "unit"),
    "hold.confirmed": ("total", "expires_at"),
    "hold.expired": ("total", "expires_at"),
    "hold.placed": ("total", "expires_at"),
    "hold.voided": ("total", "expires_at"),
    "notice.claim-expiring": ("item", "claim_until"),
    "notice.ended": ("ends_at",),
    "notice.payment-failed": ("n", "next_at", "ends_at"),
    "notice.renewal": ("n", "amount", "due_at"),
    "order.placed": ("total",),
    "order.refunded": ("amount", "parts"),
    "pool.filled": ("pool", "added", "free"),
    "quota.spent": ("benefit", "amount", "left"),
    "redemption.reversed": ("item",),
    "refund.due": ("amount",),
}
NAMED = {  # which event tells the id of what
    "contract": ("charge.paid",),
    "grant": ("grant.issued",),
    "hold": ("hold.placed",),
    "order": ("order.placed",),
    "redemption": ("grant.redeemed",),
}


def said(event: EventView) -> tuple[object, ...]:
    facts = tuple(as_told(event.body[name]) for name in FACTS[event.type])
    return event.customer, event.type, instant_of(event.at), facts


def as_told(value: object) -> object:
    """A list is a tuple in the oracle's words."""
    return tuple(map(as_told, value)) if isinstance(value, list) else value
