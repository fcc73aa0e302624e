"""Hold and void: a purchase is decided, and all that it takes is kept until it is confirmed, let go, or expires.

A hold takes what the order would take, at that moment and in one plan: stock, limits, codes, budgets, `once_per`. What
it uses stands under the id of the order to come, with the instant at which that stops to count; a pool's units stand
beside. So confirming moves nothing about, and what nobody confirmed in time is free again at that very instant.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from entitle.decision import Done, Line, No, Reason, Refused, Who
from entitle.errors import NotFound
from entitle.hold_records import Hold, Kept
from entitle.messages import Words
from entitle.plan import Get
from entitle.records import Job
from entitle.release import Release
from entitle.runtime.explain import moment
from entitle.runtime.presented import Codes, codes_of
from entitle.runtime.together import drawn
from entitle.shop.codes import new_id
from entitle.shop.commission import channel_of
from entitle.shop.decided import decided
from entitle.shop.draft import commit
from entitle.shop.gates import passed_inputs
from entitle.shop.quote import Agreed, agreed_total
from entitle.shop.review import standing
from entitle.shop.room import close, hold_said
from entitle.shop.scene import Scene, enter, intent_of
from entitle.shop.sell import (
    Lines,
    Weighed,
    as_decided,
    buy_intent,
    decline,
    lines_of,
    price_refusal,
    product_of,
    refusal,
    use_up,
    weigh,
)
from entitle.shop.sightings import forget, held
from entitle.shop.stock import take_out
from entitle.shop.verb import Context, Verb, Writer, ask
from entitle.shop.views import LineView
from entitle.values.civil import Term, shift
from entitle.values.money import Money
from entitle.values.zone import Instant


@dataclass(frozen=True, slots=True)
class HoldView:
    """A purchase that waits for its payment. `state`: held, confirmed, voided or expired, as of the asking.

    total       what is to be paid
    expires_at  the first instant at which it stands no more
    order       the order that it became, where it was confirmed
    """

    id: str
    customer: str
    state: str
    total: Money
    lines: tuple[LineView, ...]
    at: datetime
    expires_at: datetime
    order: str | None = None


def hold_view(hold: Hold, at: Instant) -> HoldView:
    """The hold as it is at an instant, whether or not anybody has tidied it up."""
    over = hold.state == "held" and at >= hold.expires_at
    lines = [LineView(name, units, Money.of_minor(amount, hold.currency)) for name, units, amount in _lines(hold)]
    return HoldView(
        id=hold.id,
        customer=hold.stream,
        state="expired" if over else hold.state,
        total=Money.of_minor(hold.total, hold.currency),
        lines=tuple(lines),
        at=moment(hold.at),
        expires_at=moment(hold.expires_at),
        order=hold.order if hold.state == "confirmed" else None,
    )


def _lines(hold: Hold) -> list[tuple[str, int, int]]:
    return [(product, quantity, amount) for product, quantity, amount in json.loads(hold.lines)]


def hold(
    ctx: Context,
    who: Who,
    what: Lines,
    codes: Codes,
    passed: Sequence[str],
    key: str,
    agreed: Agreed,
    writer: Writer,
) -> Verb[Done[HoldView] | No]:
    """Decide as a purchase does, and keep for the customer what it takes. Raises FactError, UnknownName."""
    lines, presented = lines_of(what), codes_of(codes)
    scene = yield from enter(ctx, who.customer, "hold", key, buy_intent(who, lines, presented, None))
    if scene.bound is not None:
        found = yield from load_hold(scene.stream, scene.bound.case)
        return Done(hold_view(found, scene.at), replayed=True, decision_id=found.decision)
    release = scene.active.release
    if (no := _never_held(release, lines)) is not None:
        return no
    stood = yield from standing(ctx, scene)
    if stood.no is not None:
        return stood.no
    expires_at = min(shift(release.zone, scene.at, term) for term in _terms(release, lines))
    cleared = {**passed_inputs(passed), **stood.inputs}
    weighed = yield from weigh(ctx, scene, who, lines, presented, cleared, until=expires_at)
    if isinstance(weighed, Refused):
        return weighed
    stopped = refusal(weighed, scene) or price_refusal(weighed.total, agreed_total(ctx, agreed, who.customer, lines))
    if stopped is not None:
        return (yield from decline(ctx, scene, stopped, weighed.verdict, None, writer))
    return (yield from _keep(ctx, scene, weighed, expires_at, writer))


def _never_held(release: Release, lines: Sequence[Line]) -> Refused | None:
    """The products that say nothing of how long they may be held are not."""
    products = [product_of(release, line.product) for line in lines]
    because = [
        Reason("not-holdable", each.id, each.span.where if each.span else "") for each in products if each.hold is None
    ]
    return Refused(tuple(because)) if because else None


def _terms(release: Release, lines: Sequence[Line]) -> list[Term]:
    return [term for line in lines if (term := release.products[line.product].hold) is not None]


def _keep(ctx: Context, scene: Scene, weighed: Weighed, expires_at: Instant, writer: Writer) -> Verb[Done[HoldView]]:
    release, verdict, at = scene.active.release, weighed.verdict, scene.at
    decision = new_id("dec", at, ctx.random(10))
    draft = scene.draft(writer, decision)
    kept = Hold(
        stream=scene.stream,
        id=new_id("hld", at, ctx.random(10)),
        order=new_id("ord", at, ctx.random(10)),
        decision=decision,
        release=scene.active_hash,
        activation=scene.activation,
        at=at,
        expires_at=expires_at,
        total=weighed.total.minor,
        currency=release.currency,
        lines=json.dumps([[each.product.id, each.quantity, each.segments[0].amount] for each in verdict.lines]),
        told=json.dumps(_told(release, weighed)),
        state="held",
    )
    draft.add(as_decided(scene))
    draft.insert(decided(decision, scene, verdict), kept, Job(kept.stream, kept.id, "lapse", 1, kept.expires_at))
    scene.bind(draft, kept.id)
    for pool, units in sorted(drawn(verdict.lines).items()):
        yield from take_out(ctx, draft, release, pool, units, "held", expires_at)
        draft.insert(Kept(pool, kept.order, kept.stream, units, kept.expires_at))
    yield from use_up(ctx, draft, scene.active, kept.order, weighed, lambda _: kept.expires_at)
    draft.effects += held(release, weighed.told, draft, kept)
    logged = sorted({guard for line in verdict.lines for guard in line.logged})
    draft.event("hold.placed", hold_said(kept) | ({"logged": logged} if logged else {}))
    yield from commit(ctx, draft, kept.id)
    return Done(hold_view(kept, at), decision_id=decision)


def _told(release: Release, weighed: Weighed) -> dict[str, str]:
    """What the order will need of what the shop told: its channel, and the keys that measures count by."""
    keys = {each.per for each in release.measures} & weighed.told.keys()
    found = {name: str(weighed.told[name]) for name in sorted(keys)}
    channel = channel_of(weighed.told, release)
    return found | ({"channel": channel} if channel else {})


def load_hold(stream: str, number: str) -> Verb[Hold]:
    """Raises NotFound."""
    found: Hold | None
    (found,) = yield from ask(Get(Hold, (stream, number)))
    if found is None:
        raise NotFound(Words(f"{stream} has no hold {number}", f"{stream} 没有预占 {number}"))
    return found


def void(ctx: Context, stream: str, number: str, key: str | None, writer: Writer) -> Verb[Done[HoldView] | Refused]:
    """Let a hold go; one that is over stays as it is, and says so. What was confirmed is refused. Raises NotFound."""
    scene = yield from enter(ctx, stream, "void", key or number, intent_of(number))
    found = yield from load_hold(stream, number)
    if found.state == "confirmed":
        return Refused((Reason("already-confirmed", number, values={"order": found.order}),))
    view = hold_view(found, scene.at)
    if scene.bound is not None or view.state != "held":
        return Done(view, replayed=scene.bound is not None)
    draft = scene.draft(writer)
    scene.bind(draft, number)
    yield from close(draft, found, "voided")
    yield from forget(draft, number)
    yield from commit(ctx, draft, number)
    return Done(hold_view(replace(found, state="voided"), scene.at))
