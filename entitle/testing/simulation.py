"""One customer's time with a product, lived through on a virtual clock: charges, notices, grants, claims, access.

What the customer does is given as habits; everything else is the shop's own doing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from entitle.decision import Declined, Done, Line, NeedsFacts, Payment, Refused, Settlement, Who
from entitle.release import Release
from entitle.runtime.encode import instant_of
from entitle.runtime.presented import Codes
from entitle.shop.breaks import Report
from entitle.shop.quote import Quote
from entitle.shop.read import EventView, Wallet
from entitle.shop.renew import ChargeView
from entitle.testing.world import Pay, World, always, apart
from entitle.values.civil import Term, midnight
from entitle.values.zone import Instant

CUSTOMER = "ann"
POOLED = 1_000  # what each pool begins with
DAY = Term(1, "day")


@dataclass(frozen=True, slots=True)
class Habits:
    """What the customer does by himself.

    claims_after   days after which a waiting grant is claimed; None: never
    redeems_after  days after which an active voucher is used once, and a card code is looked at; None: never
    fails          charges whose first try is declined, by number
    cancels_after  days after the purchase; None: never
    """

    claims_after: int | None = 3
    redeems_after: int | None = 10
    fails: frozenset[int] = frozenset()
    cancels_after: int | None = None


@dataclass(frozen=True, slots=True)
class Simulation:
    """What happened. `held` says which benefits were held at the end of each day."""

    start: Instant
    until: Instant
    quote: Quote
    events: tuple[EventView, ...]
    held: Mapping[date, tuple[str, ...]]
    wallet: Wallet
    report: Report


def simulate(
    release: Release,
    product: Line,
    facts: Mapping[str, object],
    start: Instant,
    days: int,
    habits: Habits,
    codes: Codes = (),
) -> Simulation | Refused | NeedsFacts:
    """Buy at `start` and live for so many days; a purchase that is refused is the answer. Raises FactError.

    Measures among the facts stand in for what the store counts, at the purchase.
    """
    world = World(release, start=start)
    for pool in release.pools:
        world.fill(pool, POOLED)
    told, measures = apart(facts, release)
    who = Who(CUSTOMER, facts=told)
    with world.shop.overlaid(measures):
        quoted = world.shop.quote(who, product, codes=codes)
        if not isinstance(quoted, Done):
            return quoted if isinstance(quoted, NeedsFacts) else Refused(quoted.reasons)
        total = quoted.value.total
        paid = Payment(total, "first") if total else None
        world.shop.buy(who, product, codes=codes, key="order", paid=paid).unwrap()
    held: dict[date, tuple[str, ...]] = {}
    first = release.zone.civil(start).date()
    for day in range(days):
        today = first + timedelta(days=day)
        world.reach(max(midnight(release.zone, today + timedelta(days=1)) - 1, start), _provider(habits))
        _act(world, release, habits, day)
        held[today] = tuple(sorted({each.benefit for each in world.shop.access(CUSTOMER)}))
    return Simulation(
        start,
        world.clock.now,
        quoted.value,
        tuple(event for event in all_events(world) if event.customer == CUSTOMER),
        held,
        world.shop.wallet(CUSTOMER),
        world.shop.reconcile(),
    )


def _provider(habits: Habits) -> Pay:
    def pay(charge: ChargeView) -> Settlement:
        declined = charge.n in habits.fails and charge.attempt == 1
        return Declined("insufficient-funds") if declined else always(charge)

    return pay


def _act(world: World, release: Release, habits: Habits, day: int) -> None:
    """What the customer does on this day."""
    shop = world.shop
    for grant in shop.wallet(CUSTOMER).grants:
        age = (world.clock.now - instant_of(grant.granted_at)) // DAY.microseconds
        if grant.state == "claimable" and habits.claims_after is not None and age >= habits.claims_after:
            shop.claim(CUSTOMER, grant, key=f"claim-{grant.id}")
        elif grant.state == "active" and habits.redeems_after is not None and age >= habits.redeems_after:
            if grant.kind == "card_code":
                shop.reveal(CUSTOMER, grant, key=f"reveal-{grant.id}")
            elif grant.code:
                shop.redeem(grant, outlet=_outlet(release, grant.benefit), key=f"redeem-{grant.id}-{day}")
    if habits.cancels_after == day:
        for subscription in shop.wallet(CUSTOMER).subscriptions:
            shop.cancel(subscription, key="cancel")


def _outlet(release: Release, benefit: str) -> str:
    """An outlet where the benefit can be used."""
    redeem = release.benefits[benefit].redeem
    return redeem.outlets[0] if redeem and redeem.outlets else ""


def all_events(world: World) -> tuple[EventView, ...]:
    """Everything that was told, page by page."""
    found: list[EventView] = []
    while page := world.shop.events(after=found[-1].cursor if found else 0, limit=500):
        found += page
    return tuple(found)
