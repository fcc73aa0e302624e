"""Claim and spend: a customer takes what is waiting, and uses a quota up."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from entitle.decision import Done, No, Reason, Refused, Who
from entitle.errors import FactError, NotFound, UnknownName
from entitle.messages import Words
from entitle.plan import Find, Get
from entitle.records import Contract, Grant, Job, Redemption
from entitle.release import Benefit, Release
from entitle.runtime.schedule import issue_at, valid_until
from entitle.shop.codes import new_id
from entitle.shop.contracts import deal_of, grant_said, with_code
from entitle.shop.draft import commit
from entitle.shop.gates import Visit, at_gate
from entitle.shop.scene import Scene, enter, intent_of
from entitle.shop.sightings import sighted
from entitle.shop.stock import uncover
from entitle.shop.told import told_by
from entitle.shop.verb import Context, Verb, Writer, ask, decider
from entitle.shop.views import GrantView, grant_view, quota_used, quota_window, state_of
from entitle.values.civil import told_text
from entitle.values.text import is_storable, shown
from entitle.values.zone import Instant

GRANT_PREFIX = "grn_"
FAR = 2**62


@dataclass(frozen=True, slots=True)
class Found:
    """A grant with the release it was issued under."""

    grant: Grant
    release: Release

    @property
    def benefit(self) -> Benefit:
        return self.release.benefits[self.grant.benefit]


def grants_of(ctx: Context, scene: Scene, what: str) -> Verb[list[Grant]]:
    """The grant with this id, or the customer's grants of this benefit. Raises NotFound, UnknownName."""
    if not is_storable(what):
        raise UnknownName(Words(f"no benefit is called {shown(what)}", f"没有名为 {shown(what)} 的权益"))
    if what.startswith(GRANT_PREFIX):
        (grant,) = yield from ask(Get(Grant, (scene.stream, what)))
        if grant is None:
            raise NotFound(Words(f"{scene.stream} has no grant {what}", f"{scene.stream} 没有发放记录 {what}"))
        return [grant]
    (grants,) = yield from ask(
        Find(Grant, (("stream", "=", scene.stream), ("benefit", "=", what)), ("granted_at", "id"))
    )
    if not grants and what not in scene.active.release.benefits:
        raise UnknownName.among(Words("benefit", "权益"), what, scene.active.release.benefits)
    return list(grants)


def first_to_end(grants: Sequence[Grant], state: str, at: Instant) -> Grant | None:
    """Of the grants in this state the one that ends first; else the latest, so that a refusal speaks of it."""
    able = [grant for grant in grants if state_of(grant, at) == state]
    if able:
        return min(able, key=lambda grant: (grant.claim_until or grant.valid_until or FAR, grant.granted_at, grant.id))
    return grants[-1] if grants else None


def claim(
    ctx: Context, who: Who, what: str, passed: Sequence[str], key: str, writer: Writer
) -> Verb[Done[GrantView] | No]:
    """Make a waiting grant active. `what` is a grant's id, or a benefit: then the one that ends first."""
    scene = yield from enter(ctx, who.customer, "claim", key, intent_of(who.customer, what))
    if scene.bound is not None:
        return (yield from grant_again(ctx, scene))
    grant = first_to_end((yield from grants_of(ctx, scene, what)), "claimable", scene.at)
    if grant is None:
        return Refused((Reason("nothing-to-claim", what),))
    release = (yield from decider(ctx, grant.release)).release
    if (no := claim_refusal(grant, release, scene.at)) is not None:
        return Refused((no,))
    stopped, logged = yield from at_gate(ctx, scene, Visit("claim", who, passed, grant.id), writer)
    if stopped is not None:
        return stopped
    return (yield from _claim(ctx, scene, Found(grant, release), who, logged, writer))


def _claim(
    ctx: Context, scene: Scene, found: Found, who: Who, logged: list[str], writer: Writer
) -> Verb[Done[GrantView]]:
    grant, zone = found.grant, found.release.zone
    (contract,) = yield from ask(Get(Contract, (scene.stream, grant.contract)))
    ends = valid_until(found.benefit.valid, zone, grant.granted_at, scene.at, period_end(found, contract))
    taken = with_code(
        ctx,
        replace(grant, state="active", claimed_at=scene.at, active_from=scene.at, valid_until=ends),
        found.benefit,
    )
    draft = scene.draft(writer)
    draft.update(
        Grant,
        (grant.stream, grant.id),
        state="active",
        claimed_at=scene.at,
        active_from=scene.at,
        valid_until=ends,
        code_index=taken.code_index,
        code_sealed=taken.code_sealed,
    )
    draft.update(Job, (grant.stream, grant.id, "expire"), due_at=ends)
    draft.update(Job, (grant.stream, grant.id, "claim-expiring"), due_at=None)
    told = told_by(ctx, who, scene.active.release)
    draft.effects += sighted(scene.active.release, told, "claims", grant.id, grant.id, draft, grant.product, 0)
    scene.bind(draft, grant.id)
    draft.event("grant.claimed", grant_said(taken) | ({"logged": logged} if logged else {}))
    if found.benefit.kind == "card_code" and found.benefit.reveal == "at_once":
        taken = uncover(ctx, draft, taken)
    yield from commit(ctx, draft, grant.id)
    return Done(grant_view(taken, found.release, scene.at))


def period_end(found: Found, contract: Contract) -> Instant | None:
    """The end of the period that the grant was issued in."""
    made = deal_of(contract, found.release)
    item = next(each for each in made.product.gives if each.id == found.grant.item)
    due = issue_at(item, made.timeline, found.grant.n)
    assert due is not None, "it was issued"
    return made.period_of(due, contract.paid).end


def grant_again(ctx: Context, scene: Scene) -> Verb[Done[GrantView]]:
    """The present state of a grant that was dealt with before, under the same key."""
    assert scene.bound is not None
    (grant,) = yield from ask(Get(Grant, (scene.stream, scene.bound.case)))
    release = (yield from decider(ctx, grant.release)).release
    return Done(grant_view(grant, release, scene.at), replayed=True)


def claim_refusal(grant: Grant, release: Release, at: Instant) -> Reason | None:
    """Why this grant cannot be claimed, if it cannot."""
    match state_of(grant, at):
        case "claimable":
            return None
        case "revoked":
            return Reason("revoked", grant.item)
        case _ if grant.claim_until is None:
            return Reason("nothing-to-claim", grant.item)
        case _ if grant.claimed_at is not None:
            return Reason("already-claimed", grant.item, values={"at": told_text(release.zone, grant.claimed_at)})
        case _:
            return Reason("claim-expired", grant.item, values={"until": told_text(release.zone, grant.claim_until)})


# ---- quotas


@dataclass(frozen=True, slots=True)
class Spent:
    """What a spending left: how much was taken, and how much of the benefit is left over all its grants."""

    customer: str
    benefit: str
    amount: int
    left: int


def spend(
    ctx: Context, customer: str, benefit: str, amount: int, key: str, writer: Writer
) -> Verb[Done[Spent] | Refused]:
    """Use a quota up: from the grant that ends first, then the next. All of the amount, or nothing."""
    if amount < 1:
        raise FactError("amount", f"is a whole number from 1; I got {amount!r}")
    scene = yield from enter(ctx, customer, "spend", key, intent_of(customer, benefit, amount))
    every = yield from grants_of(ctx, scene, benefit)
    releases = {}
    for grant in every:
        releases[grant.release] = (yield from decider(ctx, grant.release)).release
    quotas = [Found(grant, releases[grant.release]) for grant in every if grant.kind == "quota"]
    active = sorted(
        (each for each in quotas if state_of(each.grant, scene.at) == "active"),
        key=lambda each: (each.grant.valid_until or FAR, each.grant.id),
    )
    left = sum(
        each.grant.capacity - quota_used(each.grant, each.benefit, each.release.zone, scene.at) for each in active
    )
    if scene.bound is not None:
        return Done(Spent(customer, benefit, amount, left), replayed=True)
    if (no := _spend_refusal(quotas, active, benefit, amount, left, scene.at)) is not None:
        return Refused((no,))
    draft = scene.draft(writer)
    rest, parts = amount, []
    for each in active:
        grant, zone = each.grant, each.release.zone
        spent = quota_used(grant, each.benefit, zone, scene.at)
        part = min(rest, grant.capacity - spent)
        if part == 0:
            continue
        now = quota_window(grant, each.benefit, zone, scene.at)
        if now != grant.window:  # what was left of the old filling is gone, and it is full again
            draft.post(f"benefit:{grant.benefit}", grant.used, "issued", "held")
        quota = each.benefit.quota
        filled_again = quota is not None and quota.resets is not None  # then it is held even when it is empty
        state = "used" if spent + part == grant.capacity and not filled_again else "active"
        draft.update(Grant, (grant.stream, grant.id), used=spent + part, window=now, state=state)
        number = new_id("red", scene.at, ctx.random(10))
        draft.insert(Redemption(grant.stream, number, grant.id, grant.product, part, "", scene.at, writer.by))
        said = {"grant": grant.id, "redemption": number, "amount": part}
        parts.append(said | {"used": spent + part, "window": now, "state": state})
        draft.post(f"benefit:{grant.benefit}", part, "held", "used")
        rest -= part
    scene.bind(draft, benefit)
    draft.event("quota.spent", {"benefit": benefit, "amount": amount, "left": left - amount, "grants": parts})
    yield from commit(ctx, draft, benefit)
    return Done(Spent(customer, benefit, amount, left - amount))


def _spend_refusal(
    quotas: list[Found], active: list[Found], benefit: str, amount: int, left: int, at: Instant
) -> Reason | None:
    if not quotas:
        return Reason("nothing-to-redeem", benefit)
    if active:
        capacity = sum(each.grant.capacity for each in active)
        values = {"used": str(capacity - left), "capacity": str(capacity)}
        return Reason("used-up", benefit, values=values) if amount > left else None
    latest = quotas[-1]
    return redeem_refusal(latest.grant, latest.release, at)


def redeem_refusal(grant: Grant, release: Release, at: Instant) -> Reason | None:
    """Why this grant cannot be used, if it cannot."""
    match state_of(grant, at):
        case "active":
            return None
        case "revoked":
            return Reason("revoked", grant.item)
        case "claimable":
            return Reason("not-claimed", grant.item)
        case "scheduled" if grant.active_from is not None:
            return Reason("not-begun", grant.item, values={"at": told_text(release.zone, grant.active_from)})
        case "used":
            return Reason("used-up", grant.item, values={"used": str(grant.used), "capacity": str(grant.capacity)})
        case _ if grant.valid_until is None:
            return Reason("not-claimed", grant.item)
        case _:
            return Reason("expired", grant.item, values={"until": told_text(release.zone, grant.valid_until)})
