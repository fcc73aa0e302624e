"""A contract that another takes the place of: what ends with it, and changes that are planned for the end of a period.

A planned change is frozen when it is asked for. The next charge is its first one: it is tried, fails and is tried again
as any charge of the running contract; paid, the other contract takes its place. Whatever ends the contract before lets
the plan go. Stock is not kept for it: where a pool then holds too little, its charge cannot be paid.
"""

from collections import Counter
from dataclasses import dataclass, replace

from entitle.contract_records import PlanChange
from entitle.decision import Reason
from entitle.plan import Find, Get
from entitle.records import Charge, Contract, Decided, Grant, Job, Order, Use
from entitle.release import Product, Release, Rule
from entitle.runtime.decide import OrderVerdict, Verdict
from entitle.runtime.schedule import Timeline
from entitle.runtime.together import drawn
from entitle.shop.contracts import Deal, deal
from entitle.shop.counting import Leaving
from entitle.shop.decided import asked_again
from entitle.shop.draft import Draft
from entitle.shop.renew import Case, charge_key, cost, drop_charge, expire, plan_end, planned
from entitle.shop.room import free_uses
from entitle.shop.sell import place, pool_reason
from entitle.shop.stock import left
from entitle.shop.verb import Context, Verb, ask, decider
from entitle.values.zone import Instant


def replacing(old: Timeline, n: int, release: Release, line: Verdict, at: Instant) -> Deal:
    """The deal of what takes the place of a contract, in its period n, at an instant."""
    subscription = line.product.subscription
    assert subscription is not None, "the check lets nothing else take its place"
    anchor, before = old.after(n, subscription.renews, at)
    return deal(release, line.product, anchor, line.segments, before)


def leave(draft: Draft, case: Case) -> None:
    """It ends here and now, for another: what was held while the time was paid is held by that one from now on."""
    at = draft.at
    draft.update(Contract, case.key, state="ended", ends_at=at, cancelled_at=at)
    drop_charge(draft, case)
    for job in case.jobs:
        if job.kind != "end" and job.due_at is not None:
            draft.update(Job, (job.stream, job.subject, job.kind), n=job.n, due_at=None)
    for grant in case.held:
        until = max(at, grant.active_from or at)
        draft.update(Grant, (grant.stream, grant.id), valid_until=until)
        expire(draft, replace(grant, valid_until=until))
    plan_end(draft, case, at)


def let_go(draft: Draft, case: Case) -> Verb[Case]:
    """The planned change, if there is one, will not come: what it took is given back, the next charge is its own."""
    plan = yield from planned(case.contract)
    if plan is None:
        return case
    draft.update(PlanChange, (plan.stream, plan.order), state="undone")
    (uses,) = yield from ask(Find(Use, (("order", "=", plan.order),)))
    yield from free_uses(draft, uses)
    charge = case.charge
    assert charge is not None, "a change is planned for a charge"
    amount = case.made.period(charge.n).amount
    cost(draft, case, charge, amount)
    said = {"contract": plan.contract, "release": plan.release, "product": case.contract.product, "to": plan.product}
    draft.event("change.undone", said)
    return replace(case, charge=replace(charge, amount=amount))


def sold_out(ctx: Context, stream: str, plan: PlanChange, at: Instant) -> Verb[Reason | None]:
    """Why it cannot be carried out now: a pool holds too little of what it gives at once."""
    verdict = yield from _decided(ctx, stream, plan)
    release = (yield from decider(ctx, plan.release)).release
    for pool, units in sorted(drawn(verdict.lines).items()):
        if (yield from left(release, pool, at)) < units:
            return pool_reason(Rule("sold-out", pool), release)
    return None


def _decided(ctx: Context, stream: str, plan: PlanChange) -> Verb[OrderVerdict]:
    """The verdict of when it was planned."""
    ready = yield from decider(ctx, plan.release)
    (sold,) = yield from ask(Get(Decided, (stream, plan.decision)))
    return ready.replay(asked_again(sold.facts, ready.release))


@dataclass(frozen=True, slots=True)
class Paid:
    """The first charge of a planned change, paid."""

    plan: PlanChange
    charge: Charge
    ref: str


def carry_out(ctx: Context, draft: Draft, case: Case, paid: Paid) -> Verb[Contract]:
    """The other contract takes its place, as it was decided when the change was planned."""
    plan, charge = paid.plan, paid.charge
    release = (yield from decider(ctx, plan.release)).release
    verdict = yield from _decided(ctx, draft.stream, plan)
    made = replacing(case.made.timeline, charge.n, release, verdict.lines[0], charge.due_at)
    leave(draft, case)
    draft.update(Charge, charge_key(charge), amount=case.made.period(charge.n).amount, ref=paid.ref)
    writer, currency = draft.writer, release.currency
    order = Order(
        draft.stream, plan.order, plan.decision, plan.release, draft.at, plan.amount, currency, paid.ref, case.channel,
        writer.by,
    )  # fmt: skip
    (contract,), _ = yield from place(ctx, draft, order, verdict, [made], {}, plan.activation, owed=False)
    draft.update(PlanChange, (plan.stream, plan.order), state="done")
    yield from _run(draft, verdict.lines[0].product, plan.order, contract)
    draft.event("contract.changed", changed_said(case, plan, contract, 0, currency, draft.at))
    return contract


def _run(draft: Draft, product: Product, order: str, contract: Contract) -> Verb[None]:
    """Limits of what runs count the new contract from now on, to its end."""
    for use in (yield from _running(product, order)):
        draft.update(Use, (use.subject, use.order, use.line, use.counter), at=draft.at, until=contract.ends_at)


def _running(product: Product, order: str) -> Verb[list[Use]]:
    """What a change uses of limits of what runs."""
    running = {counter.name for counter in product.counters if counter.of == "running"}
    (uses,) = yield from ask(Find(Use, (("order", "=", order),)))
    return [use for use in uses if use.counter in running]


def given_up(ctx: Context, case: Case, plan: PlanChange | None, at: Instant) -> Verb[Leaving]:
    """What a contract, and the change that is planned for it, count as in limits of what runs."""
    uses = list(case.uses)
    if plan is not None:
        release = (yield from decider(ctx, plan.release)).release
        uses += yield from _running(release.products[plan.product], plan.order)
    found: Counter[tuple[str, str]] = Counter()
    for use in uses:
        if use.until is None or use.until > at:
            found[use.subject, use.counter] += use.units
    return found


def changed_said(
    case: Case, plan: PlanChange, contract: Contract, credit: int, currency: str, at: Instant
) -> dict[str, object]:
    """A change as events tell it."""
    return {
        "contract": case.contract.id,
        "release": plan.release,
        "product": case.contract.product,
        "to": plan.product,
        "became": contract.id,
        "order": plan.order,
        "amount": plan.amount,
        "credit": credit,
        "credit_ref": plan.ref,
        "at": at,
        "currency": currency,
    }
