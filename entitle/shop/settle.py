"""Settle: what paid, declined and pending do to a contract."""

from dataclasses import replace

from entitle.decision import Declined, Done, Payment, Pending, Reason, Refused, Settlement
from entitle.errors import NotFound
from entitle.messages import Words
from entitle.records import Charge, Contract
from entitle.shop.contracts import Deal, charge_said
from entitle.shop.draft import Draft, commit
from entitle.shop.planned import Paid, carry_out, sold_out
from entitle.shop.renew import Case, ChargeView, attempt_key, charge_key, open_case, over, plan_end, planned, renew
from entitle.shop.scene import Scene, check_payment, enter, intent_of, refusal_again, refuse_money
from entitle.shop.verb import Context, Verb, Writer, check_text
from entitle.shop.views import SubscriptionView, subscription_view
from entitle.values.civil import shift, told_text
from entitle.values.money import Money
from entitle.values.zone import Instant


def settle(
    ctx: Context, view: ChargeView, result: Settlement, writer: Writer
) -> Verb[Done[SubscriptionView] | Refused]:
    """What the payment provider said of one attempt of a charge.

    Every payment is a case of its own, whatever was said of its attempt before: money that came is never unknown.
    Raises FactError for a settlement that cannot be.
    """
    match result:
        case Payment():
            check_payment(result)
        case Declined(code=code):
            check_text("code", code)
    stream, contract, n, key = view.customer, view.subscription, view.n, view.attempt_key
    said = f"{key}:{result.ref}" if isinstance(result, Payment) else key
    scene = yield from enter(ctx, stream, "settle", said, intent_of(contract, n, said_of(result)), result)
    case = yield from open_case(ctx, stream, contract, n)
    if scene.bound is not None:
        if scene.bound.refusal is not None:
            again = refusal_again(scene.bound.refusal)
            assert isinstance(again, Refused), "no guard looks at a charge"
            return again
        return Done(subscription_view(case.contract, scene.at), replayed=True)
    if (used := scene.used_before()) is not None:
        return used
    if case.charge is None:
        raise NotFound(Words(f"{contract} has no charge {n}", f"{contract} 没有第 {n} 期扣款"))
    if not isinstance(result, Payment) and key != attempt_key(case.charge):
        return Done(subscription_view(case.contract, scene.at))  # of an attempt that has its answer
    match result:
        case Payment():
            return (yield from _paid(ctx, scene, case, case.charge, key, result, writer))
        case Declined():
            return (yield from _declined(ctx, scene, case, case.charge, result, writer))
        case Pending():
            return (yield from _pending(ctx, scene, case, case.charge, writer))


def said_of(result: Settlement) -> list[object]:
    """A settlement as an intent sees it."""
    match result:
        case Payment(amount=amount, ref=ref):
            return ["paid", amount.minor, amount.currency, ref]
        case Declined(code=code, final=final):
            return ["declined", code, final]
        case Pending():
            return ["pending"]


def _paid(
    ctx: Context, scene: Scene, case: Case, charge: Charge, attempt: str, paid: Payment, writer: Writer
) -> Verb[Done[SubscriptionView] | Refused]:
    plan, no = (yield from planned(case.contract)), _payment_refusal(scene, case, charge, paid)
    if no is None and plan is not None:
        no = yield from sold_out(ctx, scene.stream, plan, scene.at)
    if no is not None:
        owed = Refused((no,), refund_due=paid.amount)
        refused = refuse_money(scene, writer, owed, paid.ref)
        goes_back = no.code in ("paid-mismatch", "sold-out")
        if goes_back and attempt == attempt_key(charge):  # this attempt failed
            fail(refused, case, charge, Declined(no.code))
        yield from commit(ctx, refused, "")
        return owed
    draft = scene.draft(writer)
    if plan is None:
        contract = renew(draft, case, charge, paid.ref, scene.at).contract
    else:
        contract = yield from carry_out(ctx, draft, case, Paid(plan, charge, paid.ref))
    scene.bind(draft, contract.id)
    yield from commit(ctx, draft, contract.id)
    return Done(subscription_view(contract, scene.at))


def _payment_refusal(scene: Scene, case: Case, charge: Charge, paid: Payment) -> Reason | None:
    contract, release = case.contract, case.made.release
    total = Money.of_minor(charge.amount, release.currency)
    if charge.state == "paid":
        return Reason("already-paid", contract.product, values={"n": str(charge.n)})
    if over(contract, scene.at):
        ended = contract.ends_at if contract.ends_at is not None else scene.at
        return Reason("settled-too-late", contract.product, values={"at": told_text(release.zone, ended)})
    if charge.state == "dropped":  # cancelled while the payment was on its way: the customer has left
        return Reason("settled-too-late", contract.product, values={"at": told_text(release.zone, charge.due_at)})
    if paid.amount != total:
        return Reason("paid-mismatch", contract.product, values={"paid": str(paid.amount), "total": str(total)})
    return None


def _declined(
    ctx: Context, scene: Scene, case: Case, charge: Charge, result: Declined, writer: Writer
) -> Verb[Done[SubscriptionView] | Refused]:
    contract = case.contract
    if charge.state in ("paid", "dropped") or over(contract, scene.at):
        return Done(subscription_view(contract, scene.at))  # nothing to do about it any more
    draft = scene.draft(writer)
    failed = fail(draft, case, charge, result)
    scene.bind(draft, contract.id)
    yield from commit(ctx, draft, contract.id)
    return Done(subscription_view(failed, scene.at))


def fail(draft: Draft, case: Case, charge: Charge, result: Declined) -> Contract:
    """An attempt failed: the contract ends unless a later one succeeds."""
    contract, made = case.contract, case.made
    ends_at = failing_until(made, charge, result, draft.at)
    natural = made.timeline.end if contract.cancelled_at is None else contract.ends_at
    if natural is not None:
        ends_at = min(ends_at, natural)
    next_at = None if result.final else next_retry(made, charge.due_at, draft.at)
    draft.update(Contract, case.key, state="failing", ends_at=ends_at)
    draft.update(Charge, charge_key(charge), state="due", next_at=next_at, attempt=charge.attempt + 1, lease_until=0)
    plan_end(draft, case, ends_at, trying=next_at is not None)
    said = charge_said(charge, made, contract) | {"code": result.code, "next_at": next_at, "ends_at": ends_at}
    draft.event("notice.payment-failed", said)
    return replace(contract, state="failing", ends_at=ends_at)


def failing_until(made: Deal, charge: Charge, result: Declined, at: Instant) -> Instant:
    """When the contract ends if nothing is paid: never before this failure."""
    subscription = made.product.subscription
    if result.final and subscription is not None:
        kept = subscription.keep_access
        return max(at, shift(made.release.zone, charge.due_at, kept) if kept else at)
    return max(at, made.lapses_at(charge.due_at))


def next_retry(made: Deal, due: Instant, at: Instant) -> Instant | None:
    """The first retry after this instant."""
    subscription = made.product.subscription
    retries = [shift(made.release.zone, due, term) for term in (subscription.retry if subscription else ())]
    return min((retry for retry in retries if retry > at), default=None)


def _pending(ctx: Context, scene: Scene, case: Case, charge: Charge, writer: Writer) -> Verb[Done[SubscriptionView]]:
    """Nothing is known: the lease runs on, after it the same attempt is handed out again."""
    if charge.state == "due":
        draft = scene.draft(writer)
        draft.update(Charge, charge_key(charge), state="pending")
        draft.event("charge.pending", charge_said(charge, case.made, case.contract))
        yield from commit(ctx, draft, case.contract.id)
    return Done(subscription_view(case.contract, scene.at))
