"""A bought line -> its contract: the frozen timeline, what is paid, what is given now and what becomes due later."""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace

from entitle.keys import NONCE_BYTES
from entitle.records import Charge, Contract, Grant, Job, Order
from entitle.release import After, Benefit, Item, Product, Purchase, Release
from entitle.runtime.decide import Verdict
from entitle.runtime.schedule import Before, Period, Segment, Timeline, issue_at, valid_until
from entitle.shop.codes import CODE_BYTES, new_code, new_id, normal_code
from entitle.shop.commission import earn
from entitle.shop.draft import Draft
from entitle.shop.stock import uncover, with_cards
from entitle.shop.verb import Context
from entitle.values.civil import Term, deadline, shift
from entitle.values.zone import Instant, Zone

CLAIM_NOTICE = Term(3, "day")  # how long before its end a customer is told of an unclaimed grant


@dataclass(frozen=True, slots=True)
class Deal:
    """A contract's declarations and its timeline, as frozen at purchase."""

    release: Release
    product: Product
    timeline: Timeline

    def access_until(self, paid: int) -> Instant | None:
        """Until when access holds with so many periods paid: the period's end, and what is kept after a due charge.

        Periods that cost nothing follow by themselves, whoever notes it when.
        """
        last = self.timeline.free_through(paid)
        if last is None:
            return None
        period = self.period(last)
        subscription = self.product.subscription
        if period.end is None or subscription is None or subscription.keep_access is None:
            return period.end
        if self.timeline.period(last + 1) is None:
            return period.end
        return shift(self.release.zone, period.end, subscription.keep_access)

    def lapses_at(self, due: Instant) -> Instant:
        """When a contract ends whose charge due then stays unpaid: after the last retry and the kept access."""
        subscription = self.product.subscription
        assert subscription is not None, "only a subscription has a second charge"
        kept = [subscription.keep_access] if subscription.keep_access else []
        return max([due, *(shift(self.release.zone, due, term) for term in (*subscription.retry, *kept))])

    def period_of(self, instant: Instant, paid: int) -> Period:
        """Of the periods paid, the one that holds an instant."""
        period = self.period(paid)
        while period.start > instant:
            period = self.period(period.n - 1)
        return period

    def promises(self, item: Item) -> bool:
        """Is it issued after the paid time too? So is a fixed number of issues of what is paid for once."""
        return self.product.subscription is None and (item.times is not None or isinstance(item.when, After))

    def period(self, n: int) -> Period:
        found = self.timeline.period(n)
        assert found is not None, "a paid period is one of the timeline's"
        return found


def deal(
    release: Release, product: Product, anchor: Instant, segments: tuple[Segment, ...], before: Before | None = None
) -> Deal:
    renews = product.subscription.renews if product.subscription else None
    return Deal(release, product, Timeline(release.zone, anchor, renews, segments, before))


def deal_of(contract: Contract, release: Release) -> Deal:
    """The deal of a stored contract; `release` is the contract's own."""
    segments, before = thawed(contract.timeline, contract.quantity)
    return deal(release, release.products[contract.product], contract.anchor, segments, before)


def frozen(timeline: Timeline) -> str:
    """The price timeline as it is stored, with what went before where it took another contract's place."""
    rows = [
        [s.phase, s.count, [s.lasts.count, s.lasts.unit] if s.lasts else None, s.units, s.offers]
        for s in timeline.segments
    ]
    before = timeline.before
    if before is None:
        return json.dumps(rows)
    return json.dumps([[before.term.count, before.term.unit], before.periods, before.begins, rows])


def thawed(text: str, quantity: int) -> tuple[tuple[Segment, ...], Before | None]:
    """The timeline again; one that was frozen before there were promotions holds the price of a unit."""
    rows, before = json.loads(text), None
    if rows and isinstance(rows[0][0], int):
        term, periods, begins, rows = rows
        before = Before(Term(*term), periods, begins)
    found: list[Segment] = []
    for phase, count, lasts, units, *offers in rows:
        runs = ((units, quantity),) if isinstance(units, int) else tuple((amount, many) for amount, many in units)
        found.append(Segment(phase, count, Term(*lasts) if lasts else None, runs, tuple(*offers)))
    return tuple(found), before


def open_contract(
    ctx: Context, draft: Draft, made: Deal, order: Order, number: int, line: Verdict, paid: bool
) -> tuple[Contract, list[Grant]]:
    """Everything that one bought line brings about: its contract, first charge, next charge, grants and jobs.

    number  the line's place in the order
    paid    whether the money came; else it is owed by agreement
    """
    at = draft.at
    first = made.period(1)
    contract = Contract(
        stream=draft.stream,
        id=new_id("sub", at, ctx.random(10)),
        order=order.id,
        line=number,
        product=made.product.id,
        release=order.release,
        anchor=made.timeline.anchor,
        timeline=frozen(made.timeline),
        quantity=line.quantity,
        paid=1,
        period_start=first.start,
        period_end=first.end,
        ends_at=made.timeline.end,
        state="running",
    )
    amount = first.amount
    charge = Charge(
        draft.stream,
        contract.id,
        1,
        contract.product,
        first.start,
        amount,
        "paid",
        None,
        ref=order.paid_ref,
        settled_at=at,
    )
    draft.insert(contract, charge)
    draft.post(made.release.currency, amount, "payer" if paid else "receivable", f"sales:{contract.product}")
    told = {"owed": not paid, "timeline": contract.timeline, "anchor": contract.anchor}
    told |= earn(draft, made.release, order.channel, contract.product, amount)
    draft.event("charge.paid", charge_said(charge, made, contract) | told)
    plan_next(draft, made, contract, 1)
    if contract.ends_at is not None:
        draft.insert(Job(draft.stream, contract.id, "end", 1, contract.ends_at))
    grants = [grant for item in line.gives for grant in begin_item(ctx, draft, made, contract, item, first)]
    return contract, grants


def charge_said(charge: Charge, made: Deal, contract: Contract) -> dict[str, object]:
    """A charge as events tell it."""
    period = made.period(charge.n)
    return {
        "contract": charge.contract,
        "release": contract.release,
        "product": charge.product,
        "n": charge.n,
        "amount": charge.amount,
        "currency": made.release.currency,
        "due_at": charge.due_at,
        "phase": period.phase,
        "offers": list(period.offers),
        "ref": charge.ref,
    }


def plan_next(draft: Draft, made: Deal, contract: Contract, paid: int) -> tuple[Charge | None, list[Job]]:
    """With so many periods paid: the next charge, if there is one, and its reminders."""
    period = made.timeline.period(paid + 1)
    if period is None:
        return None, []
    amount = period.amount
    charge = Charge(contract.stream, contract.id, period.n, contract.product, period.start, amount, "due", period.start)
    draft.insert(charge)
    subscription = made.product.subscription
    reminders: list[Job] = []
    for i, before in enumerate(subscription.remind if subscription else ()):
        when = made.timeline.remind_at(period.n, before)
        reminders.append(Job(contract.stream, contract.id, f"remind:{i}", period.n, max(when or draft.at, draft.at)))
        set_job(draft, reminders[-1], new=paid == 1)
    return charge, reminders


def set_job(draft: Draft, job: Job, new: bool) -> None:
    """Make a job due; one job of a kind stands for a subject, and moves on."""
    if new:
        draft.insert(job)
    else:
        draft.update(Job, (job.stream, job.subject, job.kind), n=job.n, due_at=job.due_at)


def begin_item(ctx: Context, draft: Draft, made: Deal, contract: Contract, item: Item, first: Period) -> list[Grant]:
    """Issue what the purchase issues at once, and set the job for what comes later.

    What is held while the time is paid begins with that time, which may follow what is running, or now, if some of it
    is gone; where all of it is gone, it was held then.
    """
    grants: list[Grant] = []
    n = 1
    due = issue_at(item, made.timeline, n)
    while due is not None and (due <= draft.at or isinstance(item.when, Purchase)):
        granted_at = _held_from(made, contract, due, draft.at) if item.paid_time else draft.at
        grants += issue(ctx, draft, made, contract, item, n, granted_at, first)
        n += 1
        due = issue_at(item, made.timeline, n)
    if due is not None:
        draft.insert(issue_job(made, contract, item, n, due))
    return grants


def _held_from(made: Deal, contract: Contract, due: Instant, now: Instant) -> Instant:
    until = made.access_until(contract.paid)
    return due if until is not None and until <= now else max(due, now)


def issue_job(made: Deal, contract: Contract, item: Item, n: int, due: Instant | None) -> Job:
    """The job of an item's nth issue; parked while the time it falls into is not paid."""
    unpaid = contract.period_end is not None and due is not None and due >= contract.period_end
    waits = unpaid and not made.promises(item)
    return Job(contract.stream, contract.id, f"issue:{item.id}", n, None if waits else due)


def issue(
    ctx: Context,
    draft: Draft,
    made: Deal,
    contract: Contract,
    item: Item,
    n: int,
    granted_at: Instant,
    period: Period,
    without: Collection[int] = (),
) -> list[Grant]:
    """The nth issue of an item, for every unit bought but those refunded. `period` is the one it was due in."""
    benefit = made.release.benefits[item.benefit]
    grants: list[Grant] = []
    for unit in range(contract.quantity):
        if unit in without:
            continue
        grant = _grant(ctx, made, contract, item, unit, n, granted_at, draft.at, period)
        if not item.paid_time:  # what is held while paid ends with its contract
            plan_expiry(draft, made.release.zone, grant)
        grants.append(hand_out(ctx, draft, grant, benefit))
    return grants


def hand_out(ctx: Context, draft: Draft, grant: Grant, benefit: Benefit) -> Grant:
    """Put a new grant into the customer's hands, with the card codes that were drawn for it."""
    if benefit.pool is not None:
        grant = with_cards(ctx, draft, grant, benefit.pool)
    else:
        draft.insert(grant)
    draft.post(f"benefit:{grant.benefit}", holding(grant), "issued", "held")
    draft.event("grant.issued", grant_said(grant))
    if grant.state == "active" and benefit.kind == "card_code" and benefit.reveal == "at_once":
        grant = uncover(ctx, draft, grant)
    return grant


def _grant(
    ctx: Context,
    made: Deal,
    contract: Contract,
    item: Item,
    unit: int,
    n: int,
    granted_at: Instant,
    now: Instant,
    period: Period,
) -> Grant:
    zone, benefit = made.release.zone, made.release.benefits[item.benefit]
    claimable = item.claim_within is not None
    until = valid_until(benefit.valid, zone, granted_at, None if claimable else granted_at, period.end)
    if until is not None:
        until = max(until, granted_at)  # paid so late that there is nothing left of it
    if item.paid_time:
        until = earlier(made.access_until(contract.paid), until)
    grant = Grant(
        stream=contract.stream,
        id=new_id("grn", now, ctx.random(10)),
        order=contract.order,
        line=contract.line,
        unit=unit,
        item=item.id,
        n=n,
        contract=contract.id,
        product=contract.product,
        release=contract.release,
        benefit=benefit.id,
        kind=benefit.kind,
        quantity=item.quantity,
        state="claimable" if claimable else "active",
        granted_at=granted_at,
        claim_until=earlier(deadline(zone, granted_at, item.claim_within), until) if item.claim_within else None,
        claimed_at=granted_at if benefit.pool is not None and not claimable else None,
        active_from=None if claimable else granted_at,
        valid_until=None if claimable else until,
        capacity=capacity(benefit) * item.quantity,
    )
    return grant if claimable else with_code(ctx, grant, benefit)


def capacity(benefit: Benefit) -> int:
    """How much of a benefit one unit holds: a voucher's uses, a quota's amount; access is not used up."""
    if benefit.quota is not None:
        return benefit.quota.amount
    if benefit.kind == "card_code":
        return 1
    return (benefit.redeem.uses if benefit.redeem else 1) if benefit.kind == "voucher" else 0


def holding(grant: Grant) -> int:
    """What the ledger holds for a grant: its uses or amount, or one access a unit."""
    return grant.capacity or grant.quantity


def with_code(ctx: Context, grant: Grant, benefit: Benefit) -> Grant:
    """A voucher that can be used carries a code: findable by a keyed hash, readable for its owner alone."""
    if benefit.kind != "voucher":
        return grant
    code = new_code(ctx.random(CODE_BYTES))
    index = ctx.keys.index("code", normal_code(code) or "")
    return replace(grant, code_index=index, code_sealed=ctx.keys.seal(code, grant.id, ctx.random(NONCE_BYTES)))


def grant_said(grant: Grant) -> dict[str, object]:
    """A grant as events tell it: whole, but for its code."""
    return {
        "grant": grant.id,
        "release": grant.release,
        "order": grant.order,
        "line": grant.line,
        "contract": grant.contract,
        "item": grant.item,
        "n": grant.n,
        "unit": grant.unit,
        "benefit": grant.benefit,
        "kind": grant.kind,
        "product": grant.product,
        "quantity": grant.quantity,
        "capacity": grant.capacity,
        "state": grant.state,
        "granted_at": grant.granted_at,
        "claim_until": grant.claim_until,
        "valid_until": grant.valid_until,
    }


def plan_expiry(draft: Draft, zone: Zone, grant: Grant) -> None:
    """When a new grant is to be tidied up, unclaimed or no longer valid, and its customer told beforehand."""
    ends = grant.claim_until if grant.state == "claimable" else grant.valid_until
    if ends is None:
        return
    draft.insert(Job(grant.stream, grant.id, "expire", 1, ends))
    if grant.state == "claimable":
        notice = shift(zone, ends, CLAIM_NOTICE, -1)
        draft.insert(Job(grant.stream, grant.id, "claim-expiring", 1, notice if notice > draft.at else None))


def earlier(a: Instant | None, b: Instant | None) -> Instant | None:
    """The earlier of two ends; None is no end."""
    return min((end for end in (a, b) if end is not None), default=None)
