"""Give: staff issue a benefit without a purchase: no order, no contract, no price; stock it takes like any other."""

from datetime import datetime

from entitle.decision import Done, Reason, Refused
from entitle.errors import FactError, UnknownName
from entitle.messages import Words
from entitle.records import Grant
from entitle.release import Benefit
from entitle.runtime.encode import instant_of
from entitle.runtime.schedule import valid_until
from entitle.shop.claim import grant_again
from entitle.shop.codes import new_id
from entitle.shop.contracts import capacity, hand_out, plan_expiry, with_code
from entitle.shop.draft import commit
from entitle.shop.scene import Scene, enter, intent_of
from entitle.shop.sell import as_decided
from entitle.shop.stock import draw, level
from entitle.shop.verb import Context, Verb, Writer
from entitle.shop.views import GrantView, grant_view
from entitle.values.civil import told_text
from entitle.values.text import is_storable, shown
from entitle.values.zone import Instant

QUANTITY_MAX = 10_000


def give(
    ctx: Context, customer: str, name: str, quantity: int, until: datetime | None, key: str, writer: Writer
) -> Verb[Done[GrantView] | Refused]:
    """Issue so much of a benefit of the active release. Raises FactError, UnknownName."""
    if not 1 <= quantity <= QUANTITY_MAX:
        raise FactError("quantity", f"is a whole number from 1 to {QUANTITY_MAX:,}; I got {shown(quantity)}")
    if not is_storable(name):
        raise UnknownName(Words(f"no benefit is called {shown(name)}", f"没有名为 {shown(name)} 的权益"))
    ends = None if until is None else instant_of(until)
    scene = yield from enter(ctx, customer, "give", key, intent_of(customer, name, quantity, ends))
    if scene.bound is not None:
        return (yield from grant_again(ctx, scene))
    release = scene.active.release
    if name not in release.benefits:
        raise UnknownName.among(Words("benefit", "权益"), name, release.benefits)
    benefit = release.benefits[name]
    if ends is not None and ends <= scene.at:
        raise FactError("until", Words(f"has passed: {until}", f"已过去：{until}"))
    ends = valid_until(benefit.valid, release.zone, scene.at, scene.at, None) if ends is None else ends
    if ends is not None and ends <= scene.at:
        return Refused((Reason("expired", name, values={"until": told_text(release.zone, ends)}),))
    draft = scene.draft(writer)
    draft.add(as_decided(scene))
    if benefit.pool is not None:
        seen = yield from level(release, benefit.pool, scene.at)
        if seen.free < quantity:
            span = release.pools[benefit.pool].span
            return Refused((Reason("sold-out", benefit.pool, span.where if span else ""),))
        yield from draw(ctx, draft, release, {benefit.pool: quantity}, seen={benefit.pool: seen})
    grant = with_code(ctx, _grant(ctx, scene, benefit, quantity, ends), benefit)
    scene.bind(draft, grant.id)
    plan_expiry(draft, release.zone, grant)
    grant = hand_out(ctx, draft, grant, benefit)
    yield from commit(ctx, draft, grant.id)
    return Done(grant_view(grant, release, scene.at))


def _grant(ctx: Context, scene: Scene, benefit: Benefit, quantity: int, ends: Instant | None) -> Grant:
    return Grant(
        stream=scene.stream,
        id=new_id("grn", scene.at, ctx.random(10)),
        order=None,
        line=0,
        unit=0,
        item=benefit.id,
        n=1,
        contract=None,
        product="",
        release=scene.active_hash,
        benefit=benefit.id,
        kind=benefit.kind,
        quantity=quantity,
        state="active",
        granted_at=scene.at,
        claim_until=None,
        claimed_at=scene.at if benefit.pool is not None else None,  # its code is handed out, as of what is sold
        active_from=scene.at,
        valid_until=ends,
        capacity=capacity(benefit) * quantity,
    )
