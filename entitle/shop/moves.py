"""Running contracts and new releases: which follow, from which charge on, and what their customers are told.

A contract that was sold with `keep_old_price` has no follower and is never looked at. Each release that became active
is looked at once, in order, whoever comes when: two changes of price between two charges are two events.
"""

from dataclasses import replace

from entitle.contract_records import Follower
from entitle.plan import Find, Get
from entitle.records import Activation, Active, Contract, Decided, Order, Use
from entitle.release import Release
from entitle.runtime.moves import Known, Segments, changes_periods, changes_price, repriced, spliced
from entitle.shop.contracts import Deal, frozen
from entitle.shop.decided import asked_again
from entitle.shop.draft import Draft
from entitle.shop.renew import Case, cost, extend, open_case, planned
from entitle.shop.scene import SLOT
from entitle.shop.verb import Context, Verb, ask, decider
from entitle.values.zone import Instant


def follower(contract: Contract, made: Deal, activation: int) -> list[Follower]:
    """Whether releases may change what the contract costs: where it renews, and was promised nothing."""
    subscription = made.product.subscription
    if subscription is None or subscription.if_price_changes == "keep_old_price":
        return []
    return [Follower(contract.stream, contract.id, contract.release, activation)]


def look(ctx: Context, draft: Draft, contract_id: str) -> Verb[bool]:
    """Look at the releases since the last time; whether there was one."""
    key = (draft.stream, contract_id)
    (own,) = yield from ask(Get(Follower, key))
    if own is None or own.activation is None:
        return False
    (since,) = yield from ask(Find(Activation, (("slot", "=", SLOT), ("n", ">", own.activation)), ("n",)))
    if not since:
        return False
    case = yield from open_case(ctx, draft.stream, contract_id)
    if case.contract.state == "ended":
        draft.update(Follower, key, activation=None)
        return True
    priced = own.release
    known = yield from _known(ctx, case)
    moved = case
    for each in since:
        found = yield from _move(ctx, draft, moved, known, priced, each)
        if found is not None:
            priced, moved = each.release, found
    draft.update(Follower, key, release=priced, activation=since[-1].n)
    if moved is not case:
        _write(draft, case, moved, replaced=(yield from planned(case.contract)) is not None)
    return True


def _known(ctx: Context, case: Case) -> Verb[Known]:
    """What the contract was sold by."""
    contract, made = case.contract, case.made
    order, uses = yield from ask(
        Get(Order, (contract.stream, contract.order)),
        Find(Use, (("order", "=", contract.order),)),
    )
    (sold,) = yield from ask(Get(Decided, (contract.stream, order.decision)))
    asked = asked_again(sold.facts, made.release)
    used = {each.counter for each in uses if each.units}
    return Known(made.release, made.product, asked, contract.line, order.at, used)


def _move(
    ctx: Context, draft: Draft, case: Case, known: Known, priced: str, activation: Activation
) -> Verb[Case | None]:
    """The contract with the prices of a release that became active, if it is to have them."""
    contract, product = case.contract, case.made.product.id
    old = (yield from decider(ctx, priced)).release
    ready = yield from decider(ctx, activation.release)
    since = follows_from(old, ready.release, product, activation.at)
    if since is None:
        return None
    new = repriced(known, ready)
    said: dict[str, object] = {"contract": contract.id, "product": product, "release": activation.release}
    if new and isinstance(new[0], str):
        draft.event("contract.price-kept", said | {"missing": list(new)})
        return None
    timeline = case.made.timeline
    first = _first(case, since)
    segments = timeline.segments if first is None else spliced(timeline.segments, _segments(new), first)
    if first is None or segments is timeline.segments:
        return case
    made = replace(case.made, timeline=replace(timeline, segments=segments))
    text = frozen(made.timeline)
    period = made.period(first)
    amounts = {"n": first, "due_at": period.start, "amount": period.amount, "currency": made.release.currency}
    draft.event("notice.price-changed", said | amounts | {"timeline": text})
    return replace(case, made=made, contract=replace(contract, timeline=text))


def _segments(found: Segments | tuple[str, ...]) -> Segments:
    return tuple(each for each in found if not isinstance(each, str))


def follows_from(old: Release, new: Release, product: str, at: Instant) -> Instant | None:
    """From when on running contracts pay the new price; None where they keep the old one, or it is the same."""
    if not changes_price(old, new, product) or changes_periods(old, new, product):
        return None
    subscription = new.products[product].subscription
    assert subscription is not None, "it has a price for each period"
    match subscription.if_price_changes:
        case "next_period":
            return at
        case int(instant):
            return max(at, instant)
        case _:
            return None


def _first(case: Case, since: Instant) -> int | None:
    """The first charge from an instant on that nobody was asked to pay yet."""
    charge, n = case.charge, case.contract.paid + 1
    handed_out = charge is not None and charge.n == n and (charge.lease_until or charge.attempt)
    n += 1 if handed_out else 0
    while (period := case.made.timeline.period(n)) is not None:
        if period.start >= since:
            return n
        n += 1
    return None


def _write(draft: Draft, case: Case, moved: Case, replaced: bool) -> None:
    """The new timeline, and the next charge; where another product takes its place by then, that is of the other."""
    contract, made = moved.contract, moved.made
    draft.update(Contract, case.key, timeline=contract.timeline)
    if contract.cancelled_at is None:
        extend(draft, moved, made.access_until(contract.paid))
    charge = case.charge
    if charge is not None and charge.state in ("due", "dropped") and not replaced:
        cost(draft, case, charge, made.period(charge.n).amount)


# ---- what waits to be looked at


def waiting(limit: int | None = None) -> Verb[tuple[Activation | None, list[Follower]]]:
    """The release that decides now, and contracts that were not looked at since it became active."""
    (active,) = yield from ask(Get(Active, (SLOT,)))
    if active is None:
        return None, []
    activation, followers = yield from ask(
        Get(Activation, (SLOT, active.since)),
        Find(Follower, (("activation", "<", active.since),), ("activation", "stream", "contract"), limit),
    )
    return activation, followers


def behind(stream: str, contract: str) -> Verb[bool]:
    """Has a release become active since the contract was looked at? Then what it is charged is not known yet."""
    active, own = yield from ask(Get(Active, (SLOT,)), Get(Follower, (stream, contract)))
    return own is not None and own.activation is not None and own.activation < active.since
