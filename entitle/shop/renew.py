"""Charges and settle: renewals handed to payment workers, and what paid, declined and pending do to a contract.

Due charges wait in the store; handing one out leases it for a while and changes nothing else. An attempt key stays the
same until the attempt is settled, so that a provider asked twice charges once; a retry has a new one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from entitle.decision import Declined, Done, Payment, Pending, Reason, Refused, Settlement
from entitle.errors import FactError, NotFound
from entitle.plan import Apply, Effect, Find, Get, Update, Where
from entitle.records import Active, Charge, Contract, Customer, Follower, Grant, Job, Use
from entitle.runtime.explain import moment
from entitle.runtime.schedule import issue_at, valid_until
from entitle.shop.contracts import Deal, charge_said, deal_of, earlier, issue_job, plan_next
from entitle.shop.draft import Draft, commit
from entitle.shop.scene import SLOT, Scene, check_payment, enter, intent_of, refusal_again, refuse_money
from entitle.shop.verb import Context, Verb, Writer, ask, check_text, decider
from entitle.shop.views import SubscriptionView, subscription_view
from entitle.values.civil import instant_text, shift
from entitle.values.money import Money
from entitle.values.text import shown
from entitle.values.zone import Instant


@dataclass(frozen=True, slots=True)
class ChargeView:
    """A renewal that is due: charge the customer, then settle. `attempt_key` makes the charging idempotent."""

    customer: str
    subscription: str
    product: str
    n: int
    amount: Money
    due_at: datetime
    attempt: int
    attempt_key: str


def attempt_key(charge: Charge) -> str:
    return f"{charge.contract}.{charge.n}.{charge.attempt}"


def lease(ctx: Context, limit: int, length: Instant) -> Verb[list[ChargeView]]:
    """Hand out due charges, each to one worker until its lease ends. What costs nothing needs no worker.

    What cannot be handed out keeps no other charge from it; where there is no other, the first problem is raised.
    """
    now = ctx.clock()
    asked = limit
    while True:
        due, ready, wrong = yield from _due(ctx, now, asked)
        if len(ready) >= limit or len(due) < asked:
            break
        asked *= 2  # some cannot be handed out, and others stand behind them
    if not ready and wrong is not None:
        raise wrong
    handed = ready[:limit]
    if handed:
        yield Apply(tuple(_leased(charge, now + length) for charge, _ in handed))
    return [charge_view(charge, currency) for charge, currency in handed]


def _due(
    ctx: Context, now: Instant, limit: int
) -> Verb[tuple[Sequence[Charge], list[tuple[Charge, str]], Exception | None]]:
    """Due charges; those of them that can be made, with their currency; and what is wrong with the first of the others.

    A charge of a contract that is over can not: a tick will drop it; nor one of a contract that was not looked at since
    a release became active: a tick will say what it costs now.
    """
    where: tuple[Where, ...] = (
        ("next_at", "<=", now),
        ("lease_until", "<=", now),
        ("state", "in", ("due", "pending")),
        ("amount", ">", 0),
    )
    due: Sequence[Charge]
    (due,) = yield from ask(Find(Charge, where, ("next_at", "contract"), limit))
    contracts: Sequence[Contract] = yield from ask(*(Get(Contract, (each.stream, each.contract)) for each in due))
    heads: Sequence[Customer] = yield from ask(*(Get(Customer, (each.stream,)) for each in due))
    own = (Get(Follower, (each.stream, each.contract)) for each in due)
    active, *followers = yield from ask(Get(Active, (SLOT,)), *own)
    ready, wrong = [], None
    for charge, contract, head, follower in zip(due, contracts, heads, followers, strict=True):
        if over(contract, max(now, head.not_before)) or (follower and (follower.activation or 0) < active.since):
            continue
        try:
            release = (yield from decider(ctx, contract.release)).release
        except Exception as found:  # a release that was changed or cannot be read, whatever it is
            wrong = wrong or found
        else:
            ready.append((charge, release.currency))
    return due, ready, wrong


def _leased(charge: Charge, until: Instant) -> Effect:
    seen = {name: getattr(charge, name) for name in ("lease_until", "attempt", "state", "next_at")}
    return Update(Charge, _charge_key(charge), {"lease_until": until}, seen)


def charge_view(charge: Charge, currency: str) -> ChargeView:
    return ChargeView(
        charge.stream,
        charge.contract,
        charge.product,
        charge.n,
        Money.of_minor(charge.amount, currency),
        moment(charge.due_at),
        charge.attempt + 1,
        attempt_key(charge),
    )


@dataclass(frozen=True, slots=True)
class Case:
    """A contract as one verb sees it: its deal, the charge in question, and what hangs on it."""

    made: Deal
    contract: Contract
    charge: Charge | None
    grants: tuple[Grant, ...]
    jobs: tuple[Job, ...]
    uses: tuple[Use, ...]

    @property
    def key(self) -> tuple[str, str]:
        return self.contract.stream, self.contract.id

    def job(self, kind: str) -> Job | None:
        return next((job for job in self.jobs if job.kind == kind), None)

    @property
    def held(self) -> list[Grant]:
        """Grants that are held while the time is paid."""
        paid_time = {item.id for item in self.made.product.gives if item.paid_time}
        return [grant for grant in self.grants if grant.item in paid_time and grant.state == "active"]


def open_case(ctx: Context, stream: str, contract_id: str, n: int | None = None) -> Verb[Case]:
    """Everything a change of a contract needs; `n` names a charge, else it is the next one. Raises NotFound."""
    contract, charges, grants, jobs = yield from ask(
        Get(Contract, (stream, contract_id)),
        Find(Charge, (("stream", "=", stream), ("contract", "=", contract_id)), ("-n",), 1 if n is None else None),
        Find(Grant, (("stream", "=", stream), ("contract", "=", contract_id)), ("granted_at", "id")),
        Find(Job, (("stream", "=", stream), ("subject", "=", contract_id))),
    )
    if contract is None:
        raise NotFound(f"{stream} has no subscription {contract_id}")
    (uses,) = yield from ask(Find(Use, (("order", "=", contract.order), ("line", "=", contract.line))))
    made = deal_of(contract, (yield from decider(ctx, contract.release)).release)
    charge = next((each for each in charges if n is None or each.n == n), None)
    running = {counter.name for counter in made.product.counters if counter.of == "running"}
    return Case(made, contract, charge, tuple(grants), tuple(jobs), tuple(u for u in uses if u.counter in running))


def settle(
    ctx: Context, view: ChargeView, result: Settlement, writer: Writer
) -> Verb[Done[SubscriptionView] | Refused]:
    """What the payment provider said of one attempt of a charge.

    Every payment is a case of its own, whatever was said of its attempt before: money that came is never unknown.
    Raises FactError for what is no charge or no settlement.
    """
    if not isinstance(view, ChargeView):
        raise FactError("charge", f"is one that `charges()` handed out; I got {shown(view)}")
    match result:
        case Payment():
            check_payment(result)
        case Declined(code=code):
            check_text("code", code)
        case Pending():
            pass
        case _:
            raise FactError("result", f"is a Payment, Declined or Pending; I got {shown(result)}")
    stream, contract, n, key = view.customer, view.subscription, view.n, view.attempt_key
    said = f"{key}:{result.ref}" if isinstance(result, Payment) else key
    scene = yield from enter(ctx, stream, "settle", said, intent_of(contract, n, said_of(result)))
    case = yield from open_case(ctx, stream, contract, n)
    if scene.bound is not None:
        if scene.bound.refusal is not None:
            again = refusal_again(scene.bound.refusal)
            assert isinstance(again, Refused), "no guard looks at a charge"
            return again
        return Done(subscription_view(case.contract, scene.at), replayed=True)
    if case.charge is None:
        raise NotFound(f"{contract} has no charge {n}")
    if not isinstance(result, Payment) and key != attempt_key(case.charge):
        return Done(subscription_view(case.contract, scene.at))  # of an attempt that has its answer
    match result:
        case Payment():
            return (yield from _paid(scene, case, case.charge, key, result, writer))
        case Declined():
            return (yield from _declined(scene, case, case.charge, result, writer))
        case Pending():
            return (yield from _pending(scene, case, case.charge, writer))


def said_of(result: Settlement) -> list[object]:
    """A settlement as an intent sees it."""
    match result:
        case Payment(amount=amount, ref=ref):
            return ["paid", amount.minor, amount.currency, ref]
        case Declined(code=code, final=final):
            return ["declined", code, final]
        case Pending():
            return ["pending"]


def over(contract: Contract, at: Instant) -> bool:
    """Has it ended for a payment that comes now? At the very instant of its end, payment comes before lapse."""
    lapsed = contract.ends_at is not None and at > contract.ends_at
    left = contract.cancelled_at is not None and contract.ends_at is not None and at >= contract.ends_at
    return contract.state == "ended" or lapsed or left


def _paid(
    scene: Scene, case: Case, charge: Charge, attempt: str, paid: Payment, writer: Writer
) -> Verb[Done[SubscriptionView] | Refused]:
    if (no := _payment_refusal(scene, case, charge, paid)) is not None:
        owed = Refused((no,), refund_due=paid.amount)
        refused = refuse_money(scene, writer, owed, paid.ref)
        if no.code == "paid-mismatch" and attempt == attempt_key(charge):  # it goes back: this attempt failed
            fail(refused, case, charge, Declined(no.code))
        yield from commit(refused, "")
        return owed
    draft = scene.draft(writer)
    contract = renew(draft, case, charge, paid.ref, scene.at).contract
    scene.bind(draft, contract.id)
    yield from commit(draft, contract.id)
    return Done(subscription_view(contract, scene.at))


def _payment_refusal(scene: Scene, case: Case, charge: Charge, paid: Payment) -> Reason | None:
    contract, release = case.contract, case.made.release
    total = Money.of_minor(charge.amount, release.currency)
    if charge.state == "paid":
        return Reason("already-paid", contract.product, values={"n": str(charge.n)})
    if over(contract, scene.at):
        ended = contract.ends_at if contract.ends_at is not None else scene.at
        return Reason("settled-too-late", contract.product, values={"at": instant_text(release.zone, ended)})
    if charge.state == "dropped":  # cancelled while the payment was on its way: the customer has left
        return Reason("settled-too-late", contract.product, values={"at": instant_text(release.zone, charge.due_at)})
    if paid.amount != total:
        return Reason("paid-mismatch", contract.product, values={"paid": str(paid.amount), "total": str(total)})
    return None


def renew_free(draft: Draft, case: Case) -> Case:
    """What costs nothing and is due is paid, whoever comes first."""
    while (charge := case.charge) and charge.state == "due" and not charge.amount and charge.due_at <= draft.at:
        case = renew(draft, case, charge, "", charge.due_at)
    return case


def renew(draft: Draft, case: Case, charge: Charge, ref: str, settled_at: Instant) -> Case:
    """The charge is paid: the period after it is the contract's, with all that hangs on paid time."""
    made = case.made
    period = made.period(charge.n)
    contract = replace(
        case.contract,
        paid=charge.n,
        period_start=period.start,
        period_end=period.end,
        ends_at=made.timeline.end,
        state="running",
    )
    draft.update(
        Contract,
        case.key,
        paid=contract.paid,
        period_start=contract.period_start,
        period_end=contract.period_end,
        ends_at=contract.ends_at,
        state=contract.state,
    )
    settled = replace(charge, state="paid", next_at=None, ref=ref, settled_at=settled_at)
    draft.update(Charge, _charge_key(charge), state="paid", next_at=None, ref=ref, settled_at=settled_at)
    draft.post(made.release.currency, charge.amount, "payer", f"sales:{contract.product}")
    draft.event("charge.paid", charge_said(settled, made))
    plan_end(draft, case, contract.ends_at)
    following, reminders = plan_next(draft, made, contract, charge.n)
    extend(draft, case, made.access_until(charge.n))
    _wake_issues(draft, case, contract)
    moved = {job.kind for job in reminders}
    jobs = (*(job for job in case.jobs if job.kind not in moved), *reminders)
    return replace(case, contract=contract, charge=following or settled, jobs=jobs)


def _charge_key(charge: Charge) -> tuple[str, str, int]:
    return charge.stream, charge.contract, charge.n


def extend(draft: Draft, case: Case, until: Instant | None) -> None:
    """What is held while the time is paid is held until then."""
    made = case.made
    for grant in case.held:
        valid = made.release.benefits[grant.benefit].valid
        ends = valid_until(valid, made.release.zone, grant.granted_at, grant.granted_at, made.period(1).end)
        draft.update(Grant, (grant.stream, grant.id), valid_until=earlier(until, ends))


def plan_end(draft: Draft, case: Case, ends_at: Instant | None, trying: bool = False) -> None:
    """The contract now ends at this instant, or at none that is known: running limits and the end's job follow.

    trying  a payment may come at that very instant: it holds its place until none can
    """
    until = ends_at + 1 if ends_at is not None and trying else ends_at
    for use in case.uses:
        draft.update(Use, (use.subject, use.order, use.line, use.counter), until=until)
    key = (*case.key, "end")
    if case.job("end") is not None:
        draft.update(Job, key, due_at=ends_at)
    elif ends_at is not None:
        draft.insert(Job(*key, 1, ends_at))


def _wake_issues(draft: Draft, case: Case, contract: Contract) -> None:
    """Issues that were waiting for their time to be paid."""
    for item in case.made.product.gives:
        job = case.job(f"issue:{item.id}")
        if job is not None and job.due_at is None:
            fresh = issue_job(case.made, contract, item, job.n, issue_at(item, case.made.timeline, job.n))
            draft.update(Job, (job.stream, job.subject, job.kind), n=fresh.n, due_at=fresh.due_at)


def _declined(
    scene: Scene, case: Case, charge: Charge, result: Declined, writer: Writer
) -> Verb[Done[SubscriptionView] | Refused]:
    contract = case.contract
    if charge.state in ("paid", "dropped") or over(contract, scene.at):
        return Done(subscription_view(contract, scene.at))  # nothing to do about it any more
    draft = scene.draft(writer)
    failed = fail(draft, case, charge, result)
    scene.bind(draft, contract.id)
    yield from commit(draft, contract.id)
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
    draft.update(Charge, _charge_key(charge), state="due", next_at=next_at, attempt=charge.attempt + 1, lease_until=0)
    plan_end(draft, case, ends_at, trying=next_at is not None)
    said = charge_said(charge, made) | {"code": result.code, "next_at": next_at, "ends_at": ends_at}
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


def _pending(scene: Scene, case: Case, charge: Charge, writer: Writer) -> Verb[Done[SubscriptionView]]:
    """Nothing is known: the lease runs on, after it the same attempt is handed out again."""
    if charge.state == "due":
        draft = scene.draft(writer)
        draft.update(Charge, _charge_key(charge), state="pending")
        draft.event("charge.pending", charge_said(charge, case.made))
        yield from commit(draft, case.contract.id)
    return Done(subscription_view(case.contract, scene.at))
