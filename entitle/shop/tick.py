"""Tick: work that became due, one piece at a time: reminders, issues, ends, expiries, charges that cost nothing.

Any number of workers may do it, late or twice: each piece is decided on the stream as it is now and guarded by it, and
a piece that is done moves its job on. It tidies, issues and tells, and nothing that a customer holds
waits for it, but for time that a release makes free: `look` extends it.
"""

from dataclasses import dataclass, replace

from entitle.hold_records import Hold
from entitle.plan import Effect, Find, Get
from entitle.records import Charge, Contract, Grant, Job, Refund
from entitle.release import Item
from entitle.runtime.schedule import issue_at
from entitle.shop.cancel import contract_said, move
from entitle.shop.contracts import grant_said, issue, issue_job
from entitle.shop.draft import Draft, commit
from entitle.shop.moves import behind, look, waiting
from entitle.shop.planned import Paid, carry_out, let_go, sold_out
from entitle.shop.renew import Case, charge_key, drop_charge, expire, open_case, planned, renew
from entitle.shop.review import lapse
from entitle.shop.room import close
from entitle.shop.scene import POOL, Scene, at_stream, enter
from entitle.shop.stock import draw, level, write_off
from entitle.shop.verb import WORKER, Context, Verb, ask
from entitle.values.zone import Instant

WAIT = 3_600_000_000  # until what found too little stock is tried again


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of due work: a job, a charge of nothing, or a contract that no new release was looked at for."""

    stream: str
    subject: str
    kind: str
    due_at: Instant
    n: int = 0


def due_pieces(ctx: Context, limit: int) -> Verb[list[Piece]]:
    """What is due now, the oldest first."""
    now = ctx.clock()
    jobs, free = yield from ask(
        Find(Job, (("due_at", "<=", now),), ("due_at", "stream", "subject", "kind"), limit),
        Find(
            Charge,
            (("next_at", "<=", now), ("amount", "=", 0), ("state", "=", "due")),
            ("next_at", "stream", "contract"),
            limit,
        ),
    )
    pieces = [Piece(job.stream, job.subject, job.kind, job.due_at, job.n) for job in jobs]
    activation, followers = yield from waiting(limit)
    pieces += [Piece(each.stream, each.contract, "move", activation.at) for each in followers if activation]
    pieces += [Piece(each.stream, each.contract, "free", each.next_at, each.n) for each in free]
    return sorted(pieces, key=_rank)[:limit]


def _rank(piece: Piece) -> tuple[Instant, int, str, str]:
    return piece.due_at, ORDER.get(piece.kind, len(ORDER)), piece.stream, piece.subject


ORDER = {"move": 0, "free": 1}  # at one instant a contract is moved first, then paid, then worked on
LOOKED_AT_MAX = 500


def next_due(ctx: Context) -> Verb[Instant | None]:
    """The next instant at which something becomes due: a job, or a charge to be tried that no lease keeps."""
    jobs, charges = yield from ask(
        Find(Job, (("due_at", "set", None),), ("due_at",), 1),
        Find(Charge, (("next_at", "set", None), ("state", "in", ("due", "pending"))), ("next_at",), LOOKED_AT_MAX),
    )
    activation, followers = yield from waiting(1)
    instants = [activation.at for _ in followers if activation]
    instants += [job.due_at for job in jobs] + [max(each.next_at, each.lease_until) for each in charges]
    return min(instants, default=None)


def do_piece(ctx: Context, piece: Piece) -> Verb[bool]:
    """Do one piece; whether there was anything left to do."""
    of_pool = piece.stream.startswith(POOL)
    scene = yield from (at_stream(ctx, piece.stream, "tick") if of_pool else enter(ctx, piece.stream, "tick"))
    if piece.kind == "free":
        return (yield from _free_charge(ctx, scene, piece))
    if piece.kind == "move":
        return (yield from _move(ctx, scene, piece))
    (job,) = yield from ask(Get(Job, (piece.stream, piece.subject, piece.kind)))
    if job is None or job.due_at is None or job.due_at > scene.at:
        return False  # another worker was faster
    draft = scene.draft(WORKER)
    match job.kind.partition(":"):
        case "expire", _, _:
            yield from _expire(draft, job)
        case "claim-expiring", _, _:
            yield from _claim_expiring(draft, job)
        case "lot", _, _:
            more = yield from write_off(draft, job.stream.removeprefix(POOL), job.subject)
            draft.add(move(job, job.n, job.due_at if more else None))
        case "issue", _, item:
            yield from _issue(ctx, draft, job, item)
        case "lapse", _, _:
            (hold,) = yield from ask(Get(Hold, (job.stream, job.subject)))
            yield from close(draft, hold, "expired")
        case "review", _, _:
            yield from lapse(draft, job.subject)
        case "remind", _, _:
            yield from _remind(ctx, draft, job)
        case "end", _, _:
            if not (yield from _end(ctx, draft, job)):
                return False
        case _:
            raise AssertionError(f"no job is called {job.kind}")
    yield from commit(ctx, draft, job.subject)
    return True


def _free_charge(ctx: Context, scene: Scene, piece: Piece) -> Verb[bool]:
    """A charge of nothing is paid as soon as it is due; that of a planned change waits for stock."""
    case = yield from open_case(ctx, piece.stream, piece.subject, piece.n)
    charge = case.charge
    if charge is None or charge.state != "due" or charge.amount or charge.due_at > scene.at:
        return False
    if (yield from behind(piece.stream, piece.subject)):
        return False
    draft = scene.draft(WORKER)
    plan = yield from planned(case.contract)
    if plan is None:
        renew(draft, case, charge, "", charge.due_at)
    elif (yield from sold_out(ctx, piece.stream, plan, scene.at)) is not None:
        draft.update(Charge, charge_key(charge), next_at=draft.at + WAIT)
    else:
        yield from carry_out(ctx, draft, case, Paid(plan, charge, ""))
    yield from commit(ctx, draft, piece.subject)
    return True


def _move(ctx: Context, scene: Scene, piece: Piece) -> Verb[bool]:
    """A release became active: the contract may cost something else from a charge on."""
    draft = scene.draft(WORKER)
    if not (yield from look(ctx, draft, piece.subject)):
        return False
    yield from commit(ctx, draft, piece.subject)
    return True


def _expire(draft: Draft, job: Job) -> Verb[None]:
    """A grant that was not claimed, or is no longer valid, leaves the customer's hands."""
    (grant,) = yield from ask(Get(Grant, (job.stream, job.subject)))
    ends = grant.claim_until if grant.state == "claimable" else grant.valid_until
    if grant.state not in ("claimable", "active") or ends is None:
        draft.add(move(job, job.n, None))
    elif ends > draft.at:
        draft.add(move(job, job.n, ends))
    else:
        draft.add(move(job, job.n, None))
        expire(draft, grant)


def _claim_expiring(draft: Draft, job: Job) -> Verb[None]:
    (grant,) = yield from ask(Get(Grant, (job.stream, job.subject)))
    draft.add(move(job, job.n, None))
    if grant.state == "claimable" and (grant.claim_until is None or grant.claim_until > draft.at):
        draft.event("notice.claim-expiring", grant_said(grant))


def _issue(ctx: Context, draft: Draft, job: Job, item_id: str) -> Verb[None]:
    """The next issue of an item, if its time is paid; after it the job is for the one that follows.

    Where its pool holds too little it waits, and is tried again.
    """
    case = yield from open_case(ctx, job.stream, job.subject)
    item = next(each for each in case.made.product.gives if each.id == item_id)
    due = issue_at(item, case.made.timeline, job.n)
    job_now = issue_job(case.made, case.contract, item, job.n, due)
    if due is None or job_now.due_at is None or _ended_before(case, item, due):
        draft.add(move(job, job.n, None))
        return
    period = case.made.period_of(due, case.contract.paid)
    granted_at = yield from _paid_since(case, due, period.n)
    release, pool = case.made.release, case.made.release.benefits[item.benefit].pool
    gone = yield from _refunded_units(case, item)
    if pool is not None:
        units = item.quantity * (case.contract.quantity - len(gone))
        seen = yield from level(release, pool, draft.at)
        if seen.free < units:
            draft.add(move(job, job.n, draft.at + WAIT))
            said = {"contract": case.contract.id, "release": case.contract.release, "item": item.id, "n": job.n}
            draft.event("issue.waiting", said | {"pool": pool})
            return
        yield from draw(ctx, draft, release, {pool: units}, seen={pool: seen})
    issue(ctx, draft, case.made, case.contract, item, job.n, granted_at, period, gone)
    draft.add(_following(case, item, job))


def _refunded_units(case: Case, item: Item) -> Verb[set[int]]:
    """The units of which the item, or all, was given back."""
    contract = case.contract
    (parts,) = yield from ask(Find(Refund, (("stream", "=", contract.stream), ("order", "=", contract.order))))
    return {each.unit for each in parts if each.contract == contract.id and each.item in ("", item.id)}


def _following(case: Case, item: Item, job: Job) -> Effect:
    due = issue_at(item, case.made.timeline, job.n + 1)
    fresh = issue_job(case.made, case.contract, item, job.n + 1, due)
    return move(job, fresh.n, fresh.due_at)


def _ended_before(case: Case, item: Item, due: Instant) -> bool:
    ends_at = None if case.made.promises(item) or case.contract.state == "failing" else case.contract.ends_at
    return ends_at is not None and due >= ends_at


def _paid_since(case: Case, due: Instant, n: int) -> Verb[Instant]:
    """When it was due, or when its period n was paid, if later: an issue counts from then, whoever comes late."""
    (charge,) = yield from ask(Get(Charge, (*case.key, n)))
    settled: Instant = charge.settled_at
    return max(due, settled)


def _remind(ctx: Context, draft: Draft, job: Job) -> Verb[None]:
    """Tell of the next charge, unless it is paid, dropped or the contract ends first."""
    case = yield from open_case(ctx, job.stream, job.subject, job.n)
    draft.add(move(job, job.n + 1, None))
    charge = case.charge
    if charge is not None and charge.state == "due" and case.contract.state == "running":
        said = {"due_at": charge.due_at, "amount": charge.amount, "n": charge.n, "product": charge.product}
        contract = {"contract": charge.contract, "release": case.contract.release}
        draft.event("notice.renewal", said | contract | {"currency": case.made.release.currency})


def _end(ctx: Context, draft: Draft, job: Job) -> Verb[bool]:
    """The contract is over: what was held while the time was paid is gone, and the customer is told."""
    case = yield from open_case(ctx, job.stream, job.subject)
    contract = case.contract
    if contract.state == "ended" or contract.ends_at is None:
        draft.add(move(job, job.n, None))
        return True
    if contract.ends_at > draft.at:
        draft.add(move(job, job.n, contract.ends_at))
        return True
    if _payment_may_come(case, draft.at) or _work_before(case, contract.ends_at):
        return False
    draft.add(move(job, job.n, None))
    case = yield from let_go(draft, case)
    draft.update(Contract, case.key, state="ended")
    drop_charge(draft, case)
    for grant in case.held:
        expire(draft, grant)
    draft.event("notice.ended", contract_said(replace(contract, state="ended")))
    return True


def _work_before(case: Case, end: Instant) -> bool:
    """Is there still something to be issued, or a period of nothing to be paid, from before the end?"""
    charge = case.charge
    free = charge is not None and charge.state == "due" and not charge.amount and charge.due_at < end
    return free or any(
        job.kind.startswith("issue:") and job.due_at is not None and job.due_at < end for job in case.jobs
    )


def _payment_may_come(case: Case, at: Instant) -> bool:
    """At the very instant of a lapse, a try that is due then comes first."""
    charge, contract = case.charge, case.contract
    outstanding = charge is not None and charge.next_at is not None and charge.next_at <= at
    return contract.state == "failing" and contract.ends_at == at and outstanding
