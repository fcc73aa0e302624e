"""Contracts against what was sold: timelines as they were frozen, charges, and the work that moves them on."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from entitle.records import Charge, Contract, Event, Job
from entitle.runtime.schedule import issue_at
from entitle.shop.contracts import Deal, deal_of, issue_job
from entitle.shop.verb import Context, Verb, decider

Found = Iterable[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Running:
    """A contract with its deal, its charges and its jobs."""

    contract: Contract
    made: Deal
    charges: Mapping[int, Charge]
    jobs: Mapping[str, Job]


def running(
    ctx: Context, contracts: Sequence[Contract], charges: Sequence[Charge], jobs: Sequence[Job]
) -> Verb[list[Running]]:
    """Each contract of a stream, with what hangs on it."""
    found = []
    for contract in contracts:
        made = deal_of(contract, (yield from decider(ctx, contract.release)).release)
        own = {each.n: each for each in charges if each.contract == contract.id}
        found.append(Running(contract, made, own, {job.kind: job for job in jobs if job.subject == contract.id}))
    return found


def contract_breaks(each: Running, frozen: Mapping[str, str]) -> Found:
    """Whatever no verb could have left behind of one contract. `frozen`: its timeline, as the purchase told it."""
    yield from _timeline(each, frozen)
    yield from _charges(each)
    if each.contract.state != "ended":
        yield from _work(each)


def frozen_timelines(events: Sequence[Event]) -> dict[str, str]:
    """The timeline of each contract as its first charge told it: entries cover events, so nobody edits it unseen."""
    bodies = [json.loads(event.body) for event in events if event.type == "charge.paid"]
    return {body["contract"]: body["timeline"] for body in bodies if "timeline" in body}


def _timeline(each: Running, frozen: Mapping[str, str]) -> Found:
    contract = each.contract
    if contract.timeline != frozen.get(contract.id):
        yield "timeline", contract.id, "its timeline is not the one that was sold"


def _charges(each: Running) -> Found:
    """Every charge is due when the timeline says, for the amount that it says."""
    for n, charge in each.charges.items():
        period = each.made.timeline.period(n)
        if period is None or (charge.due_at, charge.amount) != (period.start, period.amount):
            said = f"{charge.amount} at {charge.due_at}"
            expected = f"{period.amount} at {period.start}" if period else "no such charge"
            yield "charge-due", f"{each.contract.id}/{n}", f"is {said}, the timeline has {expected}"


def _work(each: Running) -> Found:
    """What does not end by itself is moved on by a charge, an end that is known by a job, each item by its own."""
    contract, timeline = each.contract, each.made.timeline
    if timeline.period(contract.paid + 1) is not None and contract.paid + 1 not in each.charges:
        yield "charge-lost", contract.id, f"charge {contract.paid + 1} is not there"
    end = each.jobs.get("end")
    if contract.ends_at is not None and (end is None or end.due_at is None):
        yield "job-lost", contract.id, "nothing will end it"
    for item in each.made.product.gives:
        job = each.jobs.get(f"issue:{item.id}")
        if job is None or job.due_at is not None:
            continue
        fresh = issue_job(each.made, contract, item, job.n, issue_at(item, timeline, job.n))
        if fresh.due_at is not None and contract.cancelled_at is None:
            yield "job-lost", contract.id, f"`{item.id}` waits, though its time is paid"
