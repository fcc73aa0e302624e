"""Revoke: staff take a grant back. What is left of it is gone, what was used stays used, and no money moves."""

from dataclasses import replace

from entitle.decision import Done, Reason, Refused
from entitle.errors import NotFound
from entitle.messages import Words
from entitle.plan import Find, Get
from entitle.records import Grant, Job
from entitle.release import Release
from entitle.shop.claim import claim_refusal, redeem_refusal
from entitle.shop.contracts import grant_said, holding
from entitle.shop.draft import Draft, commit
from entitle.shop.scene import enter, intent_of
from entitle.shop.sightings import forget
from entitle.shop.stock import put_back
from entitle.shop.verb import Context, Verb, Writer, ask, decider
from entitle.shop.views import GrantView, grant_view, state_of
from entitle.values.zone import Instant


def revoke(ctx: Context, stream: str, number: str, key: str, writer: Writer) -> Verb[Done[GrantView] | Refused]:
    """End a grant now; card codes that nobody saw go back to their pool. Raises NotFound."""
    scene = yield from enter(ctx, stream, "revoke", key, intent_of(number))
    grant: Grant | None
    (grant,) = yield from ask(Get(Grant, (stream, number)))
    if grant is None:
        raise NotFound(Words(f"{stream} has no grant {number}", f"{stream} 没有发放记录 {number}"))
    release = (yield from decider(ctx, grant.release)).release
    if scene.bound is not None:
        return Done(grant_view(grant, release, scene.at), replayed=True)
    if (no := _refusal(grant, release, scene.at)) is not None:
        return Refused((no,))
    draft = scene.draft(writer)
    scene.bind(draft, grant.id)
    is_card = grant.kind == "card_code"  # one that was shown is used
    returned = (yield from put_back(draft, release, grant)) if is_card else None
    gone = yield from take_back(draft, grant, returned)
    yield from commit(ctx, draft, grant.id)
    return Done(grant_view(gone, release, scene.at))


def _refusal(grant: Grant, release: Release, at: Instant) -> Reason | None:
    """Why nothing is left that could be taken back, if nothing is."""
    if state_of(grant, at) not in ("revoked", "expired", "used"):
        return None
    unclaimed = grant.claim_until is not None and grant.claimed_at is None
    return (claim_refusal if unclaimed else redeem_refusal)(grant, release, at)


def take_back(draft: Draft, grant: Grant, returned: int | None = None) -> Verb[Grant]:
    """What is left of a grant leaves the customer's hands, and a use that is taken back does not give it again.

    returned  so many of its card codes went back to their pool; None: it keeps those that it has
    """
    if grant.state not in ("claimable", "active", "used"):
        return grant
    sealed = grant.code_sealed if returned is None else None
    gone = replace(grant, state="revoked", code_sealed=sealed)
    draft.update(Grant, (grant.stream, grant.id), state=gone.state, code_sealed=gone.code_sealed)
    draft.post(f"benefit:{grant.benefit}", holding(grant) - grant.used, "held", "revoked")
    draft.event("grant.revoked", grant_said(gone) | ({} if returned is None else {"returned": returned}))
    yield from forget(draft, grant.id)
    (jobs,) = yield from ask(Find(Job, (("stream", "=", grant.stream), ("subject", "=", grant.id))))
    for job in jobs:
        if job.due_at is not None:
            draft.update(Job, (job.stream, job.subject, job.kind), n=job.n, due_at=None)
    return gone
