"""Contracts against what was sold: timelines as they were frozen, charges, ends, and the work that moves them on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from entitle.contract_records import PlanChange
from entitle.records import Charge, Contract, Grant, Job, Order, OrderLine, Use
from entitle.release import Release
from entitle.runtime.schedule import issue_at, valid_until
from entitle.shop.books import Books
from entitle.shop.breaks import Finding, Found
from entitle.shop.contracts import Deal, deal_of, earlier, issue_job
from entitle.shop.reconcile_decisions import Sound
from entitle.shop.reconcile_told import Told
from entitle.shop.verb import Context, Verb, decider
from entitle.values.zone import Instant


@dataclass(frozen=True, slots=True)
class Running:
    """A contract with its deal, what was told of it, and all that hangs on it.

    held        grants that are held while its time is paid
    given_back  its last charge went back, so that nothing more is issued
    """

    contract: Contract
    made: Deal
    told: Told
    charges: Mapping[int, Charge]
    jobs: Mapping[str, Job]
    uses: Sequence[Use]
    held: Sequence[Grant]
    given_back: bool
    plan: PlanChange | None


def contract_breaks(ctx: Context, said: Told, books: Books, sound: Sound) -> Verb[list[Finding]]:
    """Whatever no verb could have left behind. Nothing is asked of a release that is not `sound`."""
    lines = {(each.order, each.line): each for each in books.lines}
    orders = {each.id: each for each in books.orders}
    own: dict[str, Told] = {}
    for said_once in said:
        own.setdefault(said_once.body.get("contract") or "", []).append(said_once)
    found: list[Finding] = []
    for contract in books.contracts:
        if not (yield from sound.has(contract.release)):
            found.append(Finding("contract", contract.id))
            continue
        line, order = lines.get((contract.order, contract.line)), orders.get(contract.order)
        unsold = list(_unsold(contract, own.get(contract.id, []), line, order))
        found += unsold
        if not unsold:  # else nothing can be said of what should be
            each = running(contract, (yield from decider(ctx, contract.release)).release, own[contract.id], books)
            found += [*_charges(each), *_end(each), *_paid(each)]
            found += _work(each) if contract.state != "ended" else ()
    return found


def running(contract: Contract, release: Release, said: Told, books: Books) -> Running:
    """A contract with all that hangs on it."""
    made = deal_of(contract, release)
    paid_time = {item.id for item in made.product.gives if item.paid_time}
    return Running(
        contract,
        made,
        said,
        {each.n: each for each in books.charges if each.contract == contract.id},
        {each.kind: each for each in books.jobs if each.subject == contract.id},
        [each for each in books.uses if (each.order, each.line) == (contract.order, contract.line)],
        [each for each in books.grants if each.contract == contract.id and each.item in paid_time],
        any(each.last and (each.contract, each.charge) == (contract.id, contract.paid) for each in books.refunds),
        next((each for each in books.plans if each.contract == contract.id and each.state == "planned"), None),
    )


def _unsold(contract: Contract, said: Told, line: OrderLine | None, order: Order | None) -> Found:
    """The timeline is the one that was told last, all else that of the order."""
    told = [each.body for each in said if "timeline" in each.body]
    if not told or contract.timeline != told[-1]["timeline"]:
        yield Finding("timeline", contract.id)
    anchor = told[0].get("anchor", order.at if order else 0) if told else 0
    row = contract.product, contract.quantity, contract.release, contract.anchor
    if line is None or order is None or row != (line.product, line.quantity, order.release, anchor):
        yield Finding("contract", contract.id)


def _charges(each: Running) -> Found:
    """Every charge is due when the timeline says, for the amount that it says; one at most is still to come."""
    for n, charge in each.charges.items():
        due_at, amount = charge_wanted(each, n)
        if (charge.due_at, charge.amount, charge.product) != (due_at, amount, each.contract.product):
            is_ = f"{charge.amount} at {charge.due_at}"
            yield Finding("charge-due", f"{each.contract.id}/{n}", is_, f"{amount} at {due_at}")
        elif n > each.contract.paid + 1:
            yield Finding("charge-due", f"{each.contract.id}/{n}", charge.state, "none")


def charge_wanted(each: Running, n: int) -> tuple[Instant | None, int]:
    """When the nth charge is due, and its amount; None where there is none."""
    period = each.made.timeline.period(n)
    if period is not None and each.plan is not None and n == each.contract.paid + 1:
        return period.start, each.plan.amount
    return (period.start, period.amount) if period is not None else (None, 0)


def end_told(each: Running) -> tuple[str, Instant | None, Instant | None]:
    """Its state, when it was cancelled and when it ends, as told last; a payment makes it run to its timeline's end."""
    state, cancelled_at, ends_at = "running", None, each.made.timeline.end
    for type_, body, _ in each.told:
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
    return state, cancelled_at, ends_at


def _end(each: Running) -> Found:
    """Its state and its end are those that were told last, and what it uses of limits counts so long."""
    contract, (state, cancelled_at, ends_at) = each.contract, end_told(each)
    if (contract.state, contract.cancelled_at, contract.ends_at) != (state, cancelled_at, ends_at):
        found = f"{contract.state} until {contract.ends_at}, cancelled {contract.cancelled_at}"
        yield Finding("end", contract.id, found, f"{state} until {ends_at}, cancelled {cancelled_at}")
    running = {counter.name for counter in each.made.product.counters if counter.of == "running"}
    for use in each.uses:
        wanted = ends_at if use.counter in running else None
        failed = state in ("failing", "ended")  # a payment might have come at its very end, which counts as in time
        trying = wanted is not None and failed and use.until == wanted + 1
        if use.until != wanted and not trying:
            yield Finding("use-until", f"{use.order}/{use.line} {use.counter}", use.until, wanted)


def _paid(each: Running) -> Found:
    """The paid period is the timeline's, and what is held while it is paid is held so long."""
    contract, period = each.contract, each.made.timeline.period(each.contract.paid)
    if period is None:
        return  # more periods are paid than there are: `periods-paid`
    if (contract.period_start, contract.period_end) != (period.start, period.end):
        found = f"{contract.period_start}..{contract.period_end}"
        yield Finding("period", contract.id, found, f"{period.start}..{period.end}")
    for grant in each.held:
        until = _held_until(each, grant)
        if grant.state == "active" and grant.valid_until != until:
            yield Finding("grant-until", grant.id, grant.valid_until, until)


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
        yield Finding("charge-lost", f"{contract.id}/{contract.paid + 1}")
    end = each.jobs.get("end")
    if contract.ends_at is not None and (end is None or end.due_at != contract.ends_at):
        yield Finding("end-lost", contract.id, wanted=contract.ends_at)
    for item in each.made.product.gives:
        job = each.jobs.get(f"issue:{item.id}")
        if job is None or job.due_at is not None:
            continue
        fresh = issue_job(each.made, contract, item, job.n, issue_at(item, timeline, job.n))
        if fresh.due_at is not None and contract.cancelled_at is None and not each.given_back:
            yield Finding("job-lost", contract.id, wanted=f"issue:{item.id}")
