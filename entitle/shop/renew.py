"""Charges and what being paid does: renewals handed to payment workers, a contract and all that hangs on it.

Due charges wait in the store; handing one out leases it for a while and changes nothing else. An attempt key stays the
same until the attempt is settled, so that a provider asked twice charges once; a retry has a new one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from entitle.contract_records import Follower, PlanChange
from entitle.errors import NotFound
from entitle.messages import Words
from entitle.plan import Apply, Effect, Find, Get, Update, Where
from entitle.records import Active, Charge, Contract, Customer, Grant, Job, Order, Use
from entitle.runtime.explain import moment
from entitle.runtime.schedule import issue_at, valid_until
from entitle.shop.commission import earn
from entitle.shop.contracts import Deal, charge_said, deal_of, earlier, grant_said, holding, issue_job, plan_next
from entitle.shop.draft import Draft
from entitle.shop.scene import SLOT
from entitle.shop.verb import Context, Verb, ask, decider
from entitle.values.money import Money
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
    return Update(Charge, charge_key(charge), {"lease_until": until}, seen)


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
    """A contract as one verb sees it: its deal, where it was sold, the charge in question, and what hangs on it."""

    made: Deal
    channel: str
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
    charge_n: tuple[Where, ...] = () if n is None else (("n", "=", n),)
    contract, charges, grants, jobs = yield from ask(
        Get(Contract, (stream, contract_id)),
        Find(Charge, (("stream", "=", stream), ("contract", "=", contract_id), *charge_n), ("-n",), 1),
        Find(Grant, (("stream", "=", stream), ("contract", "=", contract_id)), ("granted_at", "id")),
        Find(Job, (("stream", "=", stream), ("subject", "=", contract_id))),
    )
    if contract is None:
        raise NotFound(Words(f"{stream} has no subscription {contract_id}", f"{stream} 没有合约 {contract_id}"))
    order, uses = yield from ask(
        Get(Order, (stream, contract.order)),
        Find(Use, (("order", "=", contract.order), ("line", "=", contract.line))),
    )
    made = deal_of(contract, (yield from decider(ctx, contract.release)).release)
    charge = next(iter(charges), None)
    running = {counter.name for counter in made.product.counters if counter.of == "running"}
    held = tuple(use for use in uses if use.counter in running)
    return Case(made, order.channel, contract, charge, tuple(grants), tuple(jobs), held)


def planned(contract: Contract) -> Verb[PlanChange | None]:
    """The change that its next charge is of, if one is planned."""
    own: tuple[Where, ...] = (("stream", "=", contract.stream), ("contract", "=", contract.id))
    (found,) = yield from ask(Find(PlanChange, (*own, ("state", "=", "planned"))))
    return found[0] if found else None


def over(contract: Contract, at: Instant) -> bool:
    """Has it ended for a payment that comes now? At the very instant of its end, payment comes before lapse."""
    lapsed = contract.ends_at is not None and at > contract.ends_at
    left = contract.cancelled_at is not None and contract.ends_at is not None and at >= contract.ends_at
    return contract.state == "ended" or lapsed or left


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
    draft.update(Charge, charge_key(charge), state="paid", next_at=None, ref=ref, settled_at=settled_at)
    draft.post(made.release.currency, charge.amount, "payer", f"sales:{contract.product}")
    earned = earn(draft, made.release, case.channel, contract.product, charge.amount)
    draft.event("charge.paid", charge_said(settled, made, contract) | earned)
    plan_end(draft, case, contract.ends_at)
    following, reminders = plan_next(draft, made, contract, charge.n)
    extend(draft, case, made.access_until(charge.n))
    _wake_issues(draft, case, contract)
    moved = {job.kind for job in reminders}
    jobs = (*(job for job in case.jobs if job.kind not in moved), *reminders)
    return replace(case, contract=contract, charge=following or settled, jobs=jobs)


def charge_key(charge: Charge) -> tuple[str, str, int]:
    return charge.stream, charge.contract, charge.n


def extend(draft: Draft, case: Case, until: Instant | None) -> None:
    """What is held while the time is paid is held until then."""
    made = case.made
    for grant in case.held:
        valid = made.release.benefits[grant.benefit].valid
        ends = valid_until(valid, made.release.zone, grant.granted_at, grant.granted_at, made.period(1).end)
        draft.update(Grant, (grant.stream, grant.id), valid_until=earlier(until, ends))


def cost(draft: Draft, case: Case, charge: Charge, amount: int) -> None:
    """The next charge is of another amount; a reminder that told the old one is told again."""
    if amount == charge.amount:
        return
    draft.update(Charge, charge_key(charge), amount=amount)
    subscription = case.made.product.subscription
    for i, before in enumerate(subscription.remind if subscription else ()):
        job, when = case.job(f"remind:{i}"), case.made.timeline.remind_at(charge.n, before)
        told = job is not None and job.n > charge.n
        if told and when is not None and charge.state == "due" and draft.at < charge.due_at:
            draft.update(Job, (*case.key, f"remind:{i}"), n=charge.n, due_at=max(when, draft.at))


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


def drop_charge(draft: Draft, case: Case) -> None:
    """The next charge is not to be made."""
    charge = case.charge
    if charge is not None and charge.state in ("due", "pending"):
        key = (charge.stream, charge.contract, charge.n)
        draft.update(Charge, key, state="dropped", next_at=None)


def expire(draft: Draft, grant: Grant) -> None:
    """What is left of it is gone."""
    draft.update(Grant, (grant.stream, grant.id), state="expired")
    draft.post(f"benefit:{grant.benefit}", holding(grant) - grant.used, "held", "expired")
    draft.event("grant.expired", grant_said(replace(grant, state="expired")))
