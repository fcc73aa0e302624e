"""Contracts against what was sold: timelines as they were frozen, charges, ends, and the work that moves them on."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from entitle.contract_records import PlanChange
from entitle.records import Charge, Contract, Grant, Job, Order, OrderLine
from entitle.runtime.schedule import issue_at, valid_until
from entitle.shop.contracts import Deal, deal_of, earlier, issue_job
from entitle.shop.reconcile_told import Told
from entitle.shop.verb import Context, Verb, decider
from entitle.values.zone import Instant

if TYPE_CHECKING:
    from entitle.shop.reconcile import Books

Found = Iterable[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Running:
    """A contract with its deal, what was told of it, its charges, its jobs, what is held while it is paid, its plan."""

    contract: Contract
    made: Deal
    told: Told
    charges: Mapping[int, Charge]
    jobs: Mapping[str, Job]
    held: Sequence[Grant]
    plan: PlanChange | None


def contract_breaks(
    ctx: Context, said: Told, books: "Books", sound: Collection[str]
) -> Verb[list[tuple[str, str, str]]]:
    """Whatever no verb could have left behind. Nothing is asked of a release that is not `sound`."""
    lines = {(each.order, each.line): each for each in books.lines}
    orders = {each.id: each for each in books.orders}
    own: dict[str, Told] = {}
    for type_, body in said:
        own.setdefault(body.get("contract", ""), []).append((type_, body))
    found: list[tuple[str, str, str]] = []
    for contract in books.contracts:
        if contract.release not in sound:
            found.append(("contract", contract.id, "the store has not the release that it was sold under"))
            continue
        line, order = lines.get((contract.order, contract.line)), orders.get(contract.order)
        unsold = list(_unsold(contract, own.get(contract.id, []), line, order))
        found += unsold
        if not unsold:  # else nothing can be said of what should be
            made = deal_of(contract, (yield from decider(ctx, contract.release)).release)
            each = _running(contract, made, own[contract.id], books)
            found += [*_charges(each), *_end(each), *_paid(each)]
            found += _work(each) if contract.state != "ended" else ()
    return found


def _running(contract: Contract, made: Deal, said: Told, books: "Books") -> Running:
    paid_time = {item.id for item in made.product.gives if item.paid_time}
    return Running(
        contract,
        made,
        said,
        {each.n: each for each in books.charges if each.contract == contract.id},
        {each.kind: each for each in books.jobs if each.subject == contract.id},
        [each for each in books.grants if each.contract == contract.id and each.item in paid_time],
        next((each for each in books.plans if each.contract == contract.id and each.state == "planned"), None),
    )


def _unsold(contract: Contract, said: Told, line: OrderLine | None, order: Order | None) -> Found:
    """The timeline is the one that was told last, all else that of the order."""
    told = [body for _, body in said if "timeline" in body]
    if not told or contract.timeline != told[-1]["timeline"]:
        yield "timeline", contract.id, "its timeline is not the one that was sold"
    anchor = told[0].get("anchor", order.at if order else 0) if told else 0
    row = contract.product, contract.quantity, contract.release, contract.anchor
    if line is None or order is None or row != (line.product, line.quantity, order.release, anchor):
        yield "contract", contract.id, "it is not what was ordered"


def _charges(each: Running) -> Found:
    """Every charge is due when the timeline says, for the amount that it says."""
    for n, charge in each.charges.items():
        period = each.made.timeline.period(n)
        amount = period.amount if period else 0
        if each.plan is not None and n == each.contract.paid + 1:
            amount = each.plan.amount
        if period is None or (charge.due_at, charge.amount) != (period.start, amount):
            said = f"{charge.amount} at {charge.due_at}"
            expected = f"{amount} at {period.start}" if period else "no such charge"
            yield "charge-due", f"{each.contract.id}/{n}", f"is {said}, the timeline has {expected}"


def _end(each: Running) -> Found:
    """Its state and its end are those that were told last; a payment makes it run to the end of its timeline."""
    state, cancelled_at, ends_at = "running", None, each.made.timeline.end
    for type_, body in each.told:
        match type_:
            case "charge.paid" | "contract.restored":
                state, cancelled_at, ends_at = "running", None, each.made.timeline.end
            case "contract.cancelled":
                cancelled_at, ends_at = body["cancelled_at"], body["ends_at"]
            case "notice.payment-failed":
                state, ends_at = "failing", body["ends_at"]
            case "contract.changed":
                state, cancelled_at, ends_at = "ended", body["at"], body["at"]
            case "notice.ended":
                state = "ended"
    contract = each.contract
    if (contract.state, contract.cancelled_at, contract.ends_at) != (state, cancelled_at, ends_at):
        found = f"{contract.state} until {contract.ends_at}, cancelled {contract.cancelled_at}"
        yield "end", contract.id, f"is {found}; told was {state} until {ends_at}, cancelled {cancelled_at}"


def _paid(each: Running) -> Found:
    """The paid period is the timeline's, and what is held while it is paid is held so long."""
    contract, period = each.contract, each.made.timeline.period(each.contract.paid)
    if period is None:
        return  # more periods are paid than there are: `periods-paid`
    if (contract.period_start, contract.period_end) != (period.start, period.end):
        found = f"from {contract.period_start} until {contract.period_end}"
        yield "period", contract.id, f"paid {found}, the timeline has {period.start} until {period.end}"
    for grant in each.held:
        until = _held_until(each, grant)
        if grant.state == "active" and grant.valid_until != until:
            yield "grant-until", grant.id, f"held until {grant.valid_until}, what is paid holds until {until}"


def _held_until(each: Running, grant: Grant) -> Instant | None:
    contract, made = each.contract, each.made
    benefit = next(item.benefit for item in made.product.gives if item.id == grant.item)
    valid, first = made.release.benefits[benefit].valid, made.period(1)
    own = valid_until(valid, made.release.zone, grant.granted_at, grant.granted_at, first.end)
    left = contract.ends_at if contract.cancelled_at is not None else None
    until = earlier(earlier(made.access_until(contract.paid), own), left)
    return max(until, grant.active_from or until) if until is not None else None


def _work(each: Running) -> Found:
    """What does not end by itself is moved on by a charge, an end that is known by a job, each item by its own."""
    contract, timeline = each.contract, each.made.timeline
    if timeline.period(contract.paid + 1) is not None and contract.paid + 1 not in each.charges:
        yield "charge-lost", contract.id, f"charge {contract.paid + 1} is not there"
    end = each.jobs.get("end")
    if contract.ends_at is not None and (end is None or end.due_at != contract.ends_at):
        yield "job-lost", contract.id, "nothing will end it"
    for item in each.made.product.gives:
        job = each.jobs.get(f"issue:{item.id}")
        if job is None or job.due_at is not None:
            continue
        fresh = issue_job(each.made, contract, item, job.n, issue_at(item, timeline, job.n))
        if fresh.due_at is not None and contract.cancelled_at is None:
            yield "job-lost", contract.id, f"`{item.id}` waits, though its time is paid"
