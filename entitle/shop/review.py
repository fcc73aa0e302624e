"""Reviews: what a guard stops until people looked at it waits under its key, and goes on or is blocked there.

A review is resolved once: by somebody, or by its time being over, which is decided by instants and waits for no tick.
What was approved is decided anew when it is asked for again, on what is true then; its guards alone are silent.
Money that came for it goes back by a tick, and until then still pays for it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, cast

from entitle.decision import Blocked, Done, Payment, Reason, Refused, Review
from entitle.declarations import Guard
from entitle.errors import NotFound
from entitle.ir import Value
from entitle.messages import Words
from entitle.payment_records import UsedPayment
from entitle.plan import Find, Get, Where
from entitle.records import Job, Key
from entitle.review_records import ReviewCase
from entitle.runtime.decide import OrderVerdict
from entitle.runtime.explain import guard_words, moment
from entitle.shop.codes import new_id
from entitle.shop.decided import decided
from entitle.shop.draft import Draft, commit
from entitle.shop.scene import (
    REVIEW,
    REVIEW_JOB,
    Scene,
    came_with,
    enter,
    intent_of,
    kept_for,
    payments_of,
    reviews_of,
)
from entitle.shop.verb import Context, Verb, Writer, ask, decider
from entitle.values.civil import deadline, told_text
from entitle.values.money import Money
from entitle.values.zone import Instant, Zone

State = Literal["pending", "approved", "refused"]
STANDS = 24 * 3_600_000_000  # how long an answer is good at a gate without a key
KEEPS_MONEY = 24 * 3_600_000_000  # how long money is kept for what was approved; migration 0025 says the same
ANSWERS = {"approved": Words("approved", "通过"), "refused": Words("refused", "拒绝")}


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A request that people look at first. `state`: pending, approved or refused, as of the asking.

    gate         where it was stopped, and `guards` by which guards
    key          it goes on under this key, given to the same verb
    what         what was asked for, as people read it
    paid         the money that came with it, which is kept for it until its key is bound, or it is refused, or a day
                 after it was approved
    decision_id  what was decided when it was stopped; empty at the gates of claims, redemptions and logins
    until        the first instant that is too late for an answer, where there is one; `then`: block or allow
    resolved_at  when it was resolved, `by` whom; where its time was over, that instant and nobody
    """

    id: str
    customer: str
    gate: str
    verb: str
    key: str
    what: str
    guards: tuple[str, ...]
    paid: tuple[Payment, ...]
    decision_id: str
    state: State
    asked_at: datetime
    until: datetime | None = None
    then: str | None = None
    resolved_at: datetime | None = None
    by: str = ""


def state_at(row: ReviewCase, at: Instant) -> State:
    """What became of it by this instant, whether or not anybody has tidied it up."""
    if row.state != "pending" or row.until is None or at < row.until:
        return cast(State, row.state)
    return _unanswered(row)


def _unanswered(row: ReviewCase) -> State:
    return "approved" if row.unanswered == "allow" else "refused"


def _ended(row: ReviewCase, at: Instant) -> Instant | None:
    """When it was resolved, or its time was over; None while it waits."""
    return row.until if row.resolved_at is None and state_at(row, at) != "pending" else row.resolved_at


def review_view(row: ReviewCase, at: Instant) -> ReviewView:
    resolved = _ended(row, at)
    return ReviewView(
        id=row.id,
        customer=row.stream,
        gate=row.gate,
        verb=row.verb,
        key=row.key,
        what=row.what,
        guards=_guards(row),
        paid=tuple(Payment(amount, ref) for ref, amount in came_with([row]).items()),
        decision_id=row.decision,
        state=state_at(row, at),
        asked_at=moment(row.at),
        until=None if row.until is None else moment(row.until),
        then=row.unanswered or None,
        resolved_at=None if resolved is None else moment(resolved),
        by=row.by,
    )


def _guards(row: ReviewCase) -> tuple[str, ...]:
    return tuple(json.loads(row.guards))


# ---- what the key of a request stands for


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of the reviews of a request: `no`, or as programs see it which guards have nothing more to say."""

    no: Blocked | Review | None = None
    inputs: Mapping[str, Value] = field(default_factory=dict)


def standing(ctx: Context, scene: Scene) -> Verb[Standing]:
    """What the key of this scene waits for. One that waits for nothing reads nothing."""
    if not scene.waits:
        return Standing()
    return (yield from _standing(ctx, scene, scene.reviews))


def lately(scene: Scene) -> Scene:
    """The scene of somebody who comes again and again: reviews that wait, and those that ended less than a day ago."""
    ends = [(row, _ended(row, scene.at)) for row in scene.reviews]
    return replace(scene, reviews=tuple(row for row, end in ends if end is None or scene.at < end + STANDS))


def standing_of_quote(ctx: Context, scene: Scene, key: str | None, subject: str) -> Verb[Standing]:
    """The same of a purchase or a hold that is asked about, and not made yet: its key stands for the review still."""
    if key is None:
        return Standing()
    (keys,) = yield from ask(Find(Key, (("verb", "in", ("buy", "hold")), ("key", "=", key))))
    for each in keys:
        if (each.stream, each.intent) == (scene.stream, subject) and each.case.startswith(REVIEW):
            rows = yield from reviews_of(scene.stream, each.verb, key)
            return (yield from _standing(ctx, scene, rows))
    return Standing()


def _standing(ctx: Context, scene: Scene, rows: Sequence[ReviewCase]) -> Verb[Standing]:
    """An approval silences the guards of the release that asked: those of another one may mean something else."""
    approved = [row for row in rows if row.release == scene.active_hash and state_at(row, scene.at) == "approved"]
    inputs = {f"reviewed.{guard}": True for row in approved for guard in _guards(row)}
    for row in rows:
        state = state_at(row, scene.at)
        if state == "approved":
            continue
        release = (yield from decider(ctx, row.release)).release
        code = "review" if state == "pending" else "blocked"
        guards = [release.guards[each] for each in _guards(row)]
        because = tuple(
            Reason(code, each.id, each.span.where if each.span else "", guard_words(each), public=code == "review")
            for each in guards
        )
        if state == "refused":
            return Standing(Blocked(because), inputs)
        return Standing(Review(because, id=row.id, decision_id=row.decision), inputs)
    return Standing(inputs=inputs)


# ---- asked


def put_off(
    ctx: Context,
    scene: Scene,
    writer: Writer,
    no: Review,
    gate: str,
    what: str,
    verdict: OrderVerdict | None = None,
    paid: object = None,
) -> Verb[Review]:
    """Let people look at it first: the key stands for the review until then."""
    release = scene.active.release
    guards = [release.guards[each.rule] for each in no.because]
    until, unanswered = _end(guards, release.zone, scene.at)
    row = ReviewCase(
        stream=scene.stream,
        id=new_id("rev", scene.at, ctx.random(10)),
        verb=scene.verb,
        key=scene.key,
        gate=gate,
        what=what,
        guards=json.dumps([each.id for each in guards]),
        decision=new_id("dec", scene.at, ctx.random(10)) if verdict is not None else "",
        release=scene.active_hash,
        at=scene.at,
        until=until,
        unanswered=unanswered,
        state="pending",
        paid=json.dumps(came := _came(scene, paid)),
    )
    draft = scene.draft(writer, row.decision)
    if verdict is not None:
        draft.insert(decided(row.decision, scene, verdict))
    draft.insert(row, Job(row.stream, row.id, REVIEW_JOB, 1, until))
    scene.bind(draft, row.id)
    draft.event("review.asked", review_said(row))
    _keep(draft, row, came)
    yield from commit(ctx, draft, row.id)
    return replace(no, id=row.id, decision_id=row.decision)


def keep_money(ctx: Context, scene: Scene, writer: Writer, review: str, paid: object) -> Verb[None]:
    """The money that comes while a request waits already is kept for it too."""
    came = _came(scene, paid)
    if came:
        draft = scene.draft(writer)
        row = yield from load_review(scene.stream, review)
        draft.update(ReviewCase, (row.stream, row.id), paid=json.dumps([*json.loads(row.paid), *came]))
        _keep(draft, row, came)
        yield from commit(ctx, draft, review)


def _came(scene: Scene, paid: object) -> list[tuple[str, int, str]]:
    """The money that is not kept yet."""
    if not isinstance(paid, Payment) or not scene.ref or scene.ref in scene.kept:
        return []
    return [(paid.ref, paid.amount.minor, paid.amount.currency)]


def _keep(draft: Draft, row: ReviewCase, came: list[tuple[str, int, str]]) -> None:
    """It pays for nothing else until the key is bound."""
    for ref, minor, currency in came:
        draft.insert(UsedPayment(row.stream, ref, row.id, draft.at))
        draft.event("review.paid", {"review": row.id, "amount": minor, "currency": currency, "ref": ref})


def _end(guards: Sequence[Guard], zone: Zone, at: Instant) -> tuple[Instant | None, str]:
    """Until when an answer is waited for: the first guard that would block then does; else all must have let go."""
    ends = {each.id: deadline(zone, at, each.within) for each in guards if each.within is not None}
    blocking = [ends[each.id] for each in guards if each.then == "block"]
    if blocking:
        return min(blocking), "block"
    if len(ends) < len(guards):
        return None, ""
    return max(ends.values()), "allow"


def review_said(row: ReviewCase) -> dict[str, object]:
    """A review as events tell it."""
    return {
        "review": row.id,
        "release": row.release,
        "gate": row.gate,
        "verb": row.verb,
        "key": row.key,
        "what": row.what,
        "guards": json.loads(row.guards),
        "until": row.until,
        "then": row.unanswered or None,
    }


# ---- resolved


def load_review(stream: str, number: str) -> Verb[ReviewCase]:
    """Raises NotFound."""
    found: ReviewCase | None
    (found,) = yield from ask(Get(ReviewCase, (stream, number)))
    if found is None:
        raise NotFound(Words(f"{stream} has no review {number}", f"{stream} 没有审核 {number}"))
    return found


def resolve(
    ctx: Context, stream: str, number: str, approve: bool, key: str, writer: Writer
) -> Verb[Done[ReviewView] | Refused]:
    """Say yes or no, once. Raises NotFound."""
    scene = yield from enter(ctx, stream, "resolve", key, intent_of(number, approve))
    row = yield from load_review(stream, number)
    view = review_view(row, scene.at)
    if scene.bound is not None:
        return Done(view, replayed=True)
    if (at := _ended(row, scene.at)) is not None:
        answer, when = ANSWERS[view.state], told_text(scene.active.release.zone, at)
        return Refused((Reason("already-resolved", number, values={"answer": answer, "at": when}),))
    draft = scene.draft(writer)
    scene.bind(draft, number)
    row = yield from close(draft, row, "approved" if approve else "refused", scene.at, writer.by)
    yield from commit(ctx, draft, number)
    return Done(review_view(row, scene.at))


def lapse(draft: Draft, number: str) -> Verb[None]:
    """Its time is over: it has come to what its guards said it would, or was approved and is not asked for again."""
    row = yield from load_review(draft.stream, number)
    if row.state == "pending":
        assert row.until is not None, "what has no end is never due"
        yield from close(draft, row, _unanswered(row), row.until, "")
    else:
        draft.update(Job, (row.stream, row.id, REVIEW_JOB), due_at=None)
        _owe(draft, (yield from _kept(row)), "not-asked-again")


def close(draft: Draft, row: ReviewCase, state: State, at: Instant, by: str) -> Verb[ReviewCase]:
    """It is resolved, and the world is told: whoever asked may ask again, or gets back what was paid."""
    draft.update(ReviewCase, (row.stream, row.id), state=state, resolved_at=at, by=by)
    draft.event("review.resolved", review_said(row) | {"answer": state})
    closed, kept = replace(row, state=state, resolved_at=at, by=by), (yield from _kept(row))
    draft.update(Job, (row.stream, row.id, REVIEW_JOB), due_at=due_of(closed, bool(kept)))
    if state == "refused":
        _owe(draft, kept, "blocked")
    return closed


def due_of(row: ReviewCase, keeps: bool) -> Instant | None:
    """When it ends by itself; `keeps`: its key stands for it, and money is kept under that."""
    if row.state == "pending":
        return row.until
    return row.resolved_at + KEEPS_MONEY if keeps and row.state == "approved" and row.resolved_at is not None else None


def _kept(row: ReviewCase) -> Verb[Mapping[str, Money]]:
    """All money that is kept under its key: none where the key was bound before."""
    rows = yield from reviews_of(row.stream, row.verb, row.key)
    return kept_for(rows, (yield from payments_of(rows)))


def _owe(draft: Draft, kept: Mapping[str, Money], reason: str) -> None:
    """The money goes back."""
    for ref, due in kept.items():
        draft.update(UsedPayment, (ref,), case="", at=draft.at)
        said = {"amount": due.minor, "currency": due.currency, "ref": ref, "reasons": [reason]}
        draft.event("refund.due", said)


def pending(ctx: Context, after: str, limit: int) -> Verb[tuple[ReviewView, ...]]:
    """Those that wait for an answer now, the oldest first, after the one with this id."""
    now = ctx.clock()
    tests: tuple[Where, ...] = (("state", "=", "pending"), ("id", ">", after), ("until", "open_at", now))
    (rows,) = yield from ask(Find(ReviewCase, tests, ("id",), limit))
    return tuple(review_view(row, now) for row in rows)
