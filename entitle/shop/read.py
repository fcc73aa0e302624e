"""What can be asked of a customer's stream at any time: what is held, what was done, what was told. Writes nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from entitle.contract_records import PlanChange
from entitle.errors import UnknownName
from entitle.keys import Keys
from entitle.messages import Words
from entitle.plan import Find, Get, Tally, Where
from entitle.records import Active, Contract, Customer, Entry, Event, Grant, Posting, Published
from entitle.release import Release
from entitle.runtime.explain import moment
from entitle.shop.counting import standing
from entitle.shop.hold import HoldView, hold_view
from entitle.shop.scene import SLOT, check_id
from entitle.shop.verb import Context, Verb, ask, decider
from entitle.shop.views import GrantView, SubscriptionView, grant_view, optional, state_of, subscription_view
from entitle.shop.why import key_of, opened, unwrapped
from entitle.values.text import is_storable, shown
from entitle.values.zone import Instant

PAGE_MAX = 500


@dataclass(frozen=True, slots=True)
class Access:
    """A benefit that is held now: until when (None: no end is known), and its product and order, "" of gifts."""

    benefit: str
    until: datetime | None
    grant: str
    product: str
    order: str


@dataclass(frozen=True, slots=True)
class Wallet:
    """Everything a customer has: contracts, grants with the codes that are shown at redemption, holds that stand."""

    customer: str
    subscriptions: tuple[SubscriptionView, ...]
    grants: tuple[GrantView, ...]
    holds: tuple[HoldView, ...] = ()


@dataclass(frozen=True, slots=True)
class PostingView:
    """A move of an asset: of a currency in minor units, or of a benefit in its uses."""

    account: str
    asset: str
    amount: int


@dataclass(frozen=True, slots=True)
class EntryView:
    """One step of a customer's history."""

    seq: int
    at: datetime
    verb: str
    case: str
    by: str
    why: str
    postings: tuple[PostingView, ...]


@dataclass(frozen=True, slots=True)
class EventView:
    """Something the world is told. `cursor` goes into `events(after=…)`."""

    cursor: int
    id: str
    type: str
    customer: str
    number: int
    at: datetime
    body: Mapping[str, object]


def has(ctx: Context, customer: str, benefit: str) -> Verb[bool]:
    """Is the benefit held at this moment? Raises UnknownName: a name that is none is no silent answer."""
    if not is_storable(benefit):
        raise UnknownName(Words(f"no benefit is called {shown(benefit)}", f"没有名为 {shown(benefit)} 的权益"))
    check_id("customer", customer)
    now = ctx.clock()
    latest, held = yield from ask(
        Tally(Customer, (("stream", "=", customer),), "min", "not_before"), _held_at(customer, benefit, now)
    )
    if latest is not None and latest > now:  # the clock went back, and nothing of the stream does
        (held,) = yield from ask(_held_at(customer, benefit, latest))
    if not held:
        yield from _known(ctx, customer, benefit)
    return bool(held)


def _held_at(customer: str, benefit: str, at: Instant) -> Tally:
    """How many grants of the benefit are held, as `state_of` has it: numbers alone are one statement to a store."""
    return Tally(
        Grant,
        (
            ("stream", "=", customer),
            ("benefit", "=", benefit),
            ("state", "=", "active"),
            ("active_from", "<=", at),
            ("valid_until", "open_at", at),
        ),
    )


def _known(ctx: Context, customer: str, benefit: str) -> Verb[None]:
    """A benefit that no release and no grant knows is an error of the caller's, not a no."""
    active, owned = yield from ask(
        Get(Active, (SLOT,)), Find(Grant, (("stream", "=", customer), ("benefit", "=", benefit)), (), 1)
    )
    if owned:
        return
    if active and benefit in (yield from decider(ctx, active.release)).release.benefits:
        return
    (published,) = yield from ask(Find(Published, (), ("-at",)))  # what was given once keeps its name
    for each in published:
        if benefit in (yield from decider(ctx, each.hash)).release.benefits:
            return
    raise UnknownName(Words(f"no benefit is called `{benefit}`", f"没有名为 `{benefit}` 的权益"))


def access(ctx: Context, customer: str) -> Verb[tuple[Access, ...]]:
    """Grants that are held at this moment, whether or not anybody has ticked."""
    check_id("customer", customer)
    now = ctx.clock()
    active: tuple[Where, ...] = (("state", "=", "active"), ("valid_until", "open_at", now))
    head, grants = yield from ask(
        Get(Customer, (customer,)), Find(Grant, (("stream", "=", customer), *active), ("granted_at", "id"))
    )
    at = max(now, head.not_before) if head else now
    held = [grant for grant in grants if state_of(grant, at) == "active"]
    return tuple(
        Access(each.benefit, optional(each.valid_until), each.id, each.product, each.order or "") for each in held
    )


def wallet(ctx: Context, customer: str) -> Verb[Wallet]:
    check_id("customer", customer)
    now = ctx.clock()
    head, plans, contracts, grants = yield from ask(
        Get(Customer, (customer,)),
        Find(PlanChange, (("stream", "=", customer), ("state", "=", "planned"))),
        Find(Contract, (("stream", "=", customer),), ("anchor", "id")),
        Find(Grant, (("stream", "=", customer),), ("granted_at", "id")),
    )
    at = max(now, head.not_before) if head else now
    (holds,) = yield from ask(standing(customer, at))
    views = []
    for grant in grants:
        release = (yield from decider(ctx, grant.release)).release
        views.append(_held(ctx.keys, grant, release, at))
    planned = {each.contract: each for each in plans}
    subscriptions = tuple(subscription_view(each, at, planned.get(each.id)) for each in contracts)
    return Wallet(customer, subscriptions, tuple(views), tuple(hold_view(each, at) for each in holds))


def _held(keys: Keys, grant: Grant, release: Release, at: Instant) -> GrantView:
    shown = grant.used > 0 if grant.kind == "card_code" else state_of(grant, at) == "active"
    code = keys.open(grant.code_sealed, grant.id) if grant.code_sealed and shown else None
    return grant_view(grant, release, at, code)


def history(ctx: Context, customer: str, after: int, limit: int) -> Verb[tuple[EntryView, ...]]:
    """The steps of the stream after the one numbered `after`, oldest first."""
    check_id("customer", customer)
    entries, wrapped = yield from ask(
        Find(Entry, (("stream", "=", customer), ("seq", ">", after)), ("seq",), limit), key_of(customer)
    )
    if not entries:
        return ()
    secret = unwrapped(ctx, wrapped)
    (postings,) = yield from ask(
        Find(
            Posting,
            (("stream", "=", customer), ("seq", ">=", entries[0].seq), ("seq", "<=", entries[-1].seq)),
            ("seq", "line"),
        )
    )
    return tuple(
        EntryView(
            each.seq,
            moment(each.at),
            each.verb,
            each.case,
            each.by,
            opened(secret, each),
            tuple(PostingView(row.account, row.asset, row.amount) for row in postings if row.seq == each.seq),
        )
        for each in entries
    )


def events(ctx: Context, after: int, limit: int) -> Verb[tuple[EventView, ...]]:
    """What was told after the cursor, in the order in which it was written."""
    (rows,) = yield from ask(Find(Event, (("position", ">", after),), ("position",), min(limit, PAGE_MAX)))
    return tuple(event_view(row) for row in rows)


def event_view(row: Event) -> EventView:
    assert row.position is not None, "whoever came by it knows where it stands"
    return EventView(row.position, row.id, row.type, row.stream, row.number, moment(row.at), json.loads(row.body))
