"""Cancel and undo: a contract's end is set, and taken back before it comes."""

from dataclasses import replace
from typing import Literal

from entitle.decision import Done, Reason, Refused
from entitle.plan import Effect, Update
from entitle.records import Charge, Contract, Grant, Job
from entitle.shop.contracts import earlier
from entitle.shop.draft import commit
from entitle.shop.planned import let_go
from entitle.shop.renew import Case, drop_charge, extend, open_case, plan_end, renew_free
from entitle.shop.scene import Scene, enter, intent_of
from entitle.shop.verb import Context, Verb, Writer
from entitle.shop.views import SubscriptionView, contract_state, subscription_view
from entitle.values.civil import told_text
from entitle.values.zone import Instant

End = Literal["period_end", "now"]


def cancel(
    ctx: Context, stream: str, contract: str, when: End | None, key: str, writer: Writer
) -> Verb[Done[SubscriptionView] | Refused]:
    """End it with the paid period or at once; without `when` as the product says. What is paid stays paid."""
    scene = yield from enter(ctx, stream, "cancel", key, intent_of(contract, when))
    case = yield from open_case(ctx, stream, contract)
    if scene.bound is not None:
        return Done(subscription_view(case.contract, scene.at), replayed=True)
    subscription = case.made.product.subscription
    if subscription is None:
        return Refused((Reason("not-renewing", case.contract.product),))
    now = (when or subscription.cancel) == "now"
    if (no := _cancel_refusal(case, now, scene.at)) is not None:
        return Refused((no,))
    draft = scene.draft(writer)
    case = renew_free(draft, (yield from let_go(draft, case)))
    ends_at = scene.at if now else end_of_paid(case.contract, scene.at)
    left = replace(case.contract, ends_at=ends_at, cancelled_at=scene.at)
    draft.update(Contract, case.key, ends_at=ends_at, cancelled_at=scene.at)
    drop_charge(draft, case)
    for job in case.jobs:
        if job.kind.startswith("remind:") and job.due_at is not None:
            draft.update(Job, (job.stream, job.subject, job.kind), n=job.n, due_at=None)
    for grant in case.held:
        until = earlier(grant.valid_until, max(ends_at, grant.active_from or ends_at))
        draft.update(Grant, (grant.stream, grant.id), valid_until=until)
    plan_end(draft, case, ends_at)
    scene.bind(draft, left.id)
    draft.event("contract.cancelled", contract_said(left))
    yield from commit(ctx, draft, left.id)
    return Done(subscription_view(left, scene.at))


def _cancel_refusal(case: Case, now: bool, at: Instant) -> Reason | None:
    contract, zone = case.contract, case.made.release.zone
    if contract_state(contract, at) == "ended":
        ended = contract.ends_at if contract.ends_at is not None else at
        return Reason("ended", contract.product, values={"at": told_text(zone, ended)})
    if contract.cancelled_at is not None and not now:
        return Reason("already-cancelled", contract.product, values={"at": told_text(zone, contract.cancelled_at)})
    return None


def end_of_paid(contract: Contract, at: Instant) -> Instant:
    """When the paid time ends; at once, where it is over and a charge is outstanding."""
    assert contract.period_end is not None, "a subscription's periods end"
    return max(at, contract.period_end)


def contract_said(contract: Contract) -> dict[str, object]:
    """A contract as events tell it."""
    return {
        "contract": contract.id,
        "release": contract.release,
        "order": contract.order,
        "product": contract.product,
        "paid": contract.paid,
        "period_end": contract.period_end,
        "ends_at": contract.ends_at,
        "cancelled_at": contract.cancelled_at,
    }


def undo_cancel(
    ctx: Context, stream: str, contract: str, key: str, writer: Writer
) -> Verb[Done[SubscriptionView] | Refused]:
    """Take a cancellation back before its end: the timeline is what it was."""
    scene = yield from enter(ctx, stream, "undo_cancel", key, intent_of(contract))
    case = yield from open_case(ctx, stream, contract)
    if scene.bound is not None:
        return Done(subscription_view(case.contract, scene.at), replayed=True)
    if contract_state(case.contract, scene.at) == "ended":
        ended = case.contract.ends_at if case.contract.ends_at is not None else scene.at
        values = {"at": told_text(case.made.release.zone, ended)}
        return Refused((Reason("ended", case.contract.product, values=values),))
    if case.contract.cancelled_at is None:
        return Refused((Reason("not-cancelled", case.contract.product),))
    return (yield from _undo(ctx, scene, case, writer))


def _undo(ctx: Context, scene: Scene, case: Case, writer: Writer) -> Verb[Done[SubscriptionView]]:
    contract, timeline = case.contract, case.made.timeline
    ends_at = timeline.end
    # paid to the end of its period, it fails no more: a charge that was declined before it was due is tried then
    back = replace(contract, ends_at=ends_at, cancelled_at=None, state="running")
    draft = scene.draft(writer)
    draft.update(Contract, case.key, ends_at=ends_at, cancelled_at=None, state=back.state)
    charge = case.charge
    if charge is not None and charge.state == "dropped":
        key = (charge.stream, charge.contract, charge.n)
        draft.update(Charge, key, state="due", next_at=charge.due_at)
    draft.effects += _reminders(case, scene.at)
    extend(draft, case, case.made.access_until(contract.paid))
    plan_end(draft, case, ends_at)
    scene.bind(draft, contract.id)
    draft.event("contract.restored", contract_said(back))
    yield from commit(ctx, draft, contract.id)
    return Done(subscription_view(back, scene.at))


def _reminders(case: Case, at: Instant) -> list[Effect]:
    """Reminders of the next charge that were not sent yet; one whose time has passed meanwhile is sent at once."""
    subscription = case.made.product.subscription
    draft: list[Effect] = []
    for i, before in enumerate(subscription.remind if subscription else ()):
        job = case.job(f"remind:{i}")
        if job is None or job.n != case.contract.paid + 1:
            continue
        when = case.made.timeline.remind_at(job.n, before)
        if when is not None:
            draft.append(move(job, job.n, max(when, at)))
    return draft


def move(job: Job, n: int, due_at: Instant | None) -> Effect:
    """The job is now for its nth time, due then."""
    return Update(Job, (job.stream, job.subject, job.kind), {"n": n, "due_at": due_at})
