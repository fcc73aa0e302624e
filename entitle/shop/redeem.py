"""Look, redeem and reverse: what a code is good for, its use at an outlet, and that use taken back."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from entitle.decision import Done, No, Reason, Refused, Who
from entitle.errors import NotFound
from entitle.messages import Words
from entitle.plan import Get
from entitle.records import Grant, Job, Redemption
from entitle.release import Release
from entitle.runtime.explain import moment
from entitle.secret_records import Scan
from entitle.shop.codes import new_id
from entitle.shop.draft import commit
from entitle.shop.gates import Visit, at_gate
from entitle.shop.present import Asked, by_code, presented
from entitle.shop.scan import conflict, scan_of, scan_refusal
from entitle.shop.scene import check_id, enter, intent_of, refusal_again
from entitle.shop.sightings import forget, sighted
from entitle.shop.told import told_by
from entitle.shop.tries import UNKNOWN, Presenter
from entitle.shop.verb import Context, Verb, Writer, ask, check_text, decider
from entitle.shop.views import GrantView, RedemptionView, grant_view
from entitle.values.zone import Instant


def look(ctx: Context, code: str, presenter: Presenter) -> Verb[Done[GrantView] | Refused]:
    """What the code is good for now. Writes nothing but that it was tried in vain."""
    grant = yield from by_code(ctx, code, presenter)
    if isinstance(grant, Refused):
        return grant
    scene = yield from enter(ctx, grant.stream, "look")
    release = (yield from decider(ctx, grant.release)).release
    return Done(grant_view(grant, release, scene.at))


def redeem(
    ctx: Context,
    what: str | GrantView,
    outlet: str,
    facts: Mapping[str, object],
    passed: Sequence[str],
    presenter: Presenter,
    scanned_at: datetime | None,
    key: str,
    writer: Writer,
) -> Verb[Done[RedemptionView] | No]:
    """Use the voucher once: found by its pass, code or id, or shown by its wallet."""
    check_text("outlet", outlet)
    check_id("key", key)
    grant = yield from presented(ctx, what, presenter, asked := Asked("redeem", key, outlet))
    if isinstance(grant, Refused):
        return grant
    if grant.kind != "voucher":
        return UNKNOWN
    scene = yield from enter(ctx, grant.stream, "redeem", key, asked.intent(grant))
    (grant,) = yield from ask(Get(Grant, (grant.stream, grant.id)))  # again, beside the head that guards it
    if scene.bound is not None and scene.bound.refusal is not None:
        return refusal_again(scene.bound.refusal)
    if scene.bound is not None:
        return (yield from _redemption_again(ctx, grant.stream, scene.bound.case))
    release = (yield from decider(ctx, grant.release)).release
    scan = None if scanned_at is None else scan_of(scanned_at, scene.at)
    no = scan_refusal(grant, release, scene.at, scan) or _outlet_refusal(grant, release, outlet)
    if no is not None:
        no = no if scan is None else (yield from conflict(ctx, scene, writer, grant, release, no, outlet, scan))
        return Refused((no,))
    who = Who(grant.stream, device=presenter.device or None, facts=facts)
    stopped, logged = yield from at_gate(ctx, scene, Visit("redeem", who, passed, grant.id), writer)
    if stopped is not None:
        return stopped
    row = Redemption(
        grant.stream, new_id("red", scene.at, ctx.random(10)), grant.id, grant.product, 1, outlet, scene.at, writer.by
    )
    used = grant.used + 1
    draft = scene.draft(writer)
    late = grant.state == "expired"  # let in before it was, so it left the customer's hands already
    state = "used" if used == grant.capacity and not late else grant.state
    draft.update(Grant, (grant.stream, grant.id), used=used, state=state)
    draft.insert(row, *([] if scan is None else [Scan(grant.stream, row.id, scan)]))
    draft.post(f"benefit:{grant.benefit}", 1, "expired" if late else "held", "used")
    scene.bind(draft, row.id)
    told = told_by(ctx, who, scene.active.release)
    draft.effects += sighted(scene.active.release, told, "redemptions", row.id, row.id, draft, grant.product, 0)
    said = ({"logged": logged} if logged else {}) | ({} if scan is None else {"scanned_at": scan})
    draft.event("grant.redeemed", redemption_said(row, grant) | said)
    yield from commit(ctx, draft, row.id)
    return Done(redemption_view(row, grant, grant.capacity - used))


def _outlet_refusal(grant: Grant, release: Release, outlet: str) -> Reason | None:
    redeemed = release.benefits[grant.benefit].redeem
    if redeemed is None or not redeemed.outlets or outlet in redeemed.outlets:
        return None
    return Reason("wrong-outlet", grant.item, values={"outlet": outlet or "?", "outlets": ", ".join(redeemed.outlets)})


def reverse(
    ctx: Context, customer: str, redemption: str, key: str, writer: Writer
) -> Verb[Done[RedemptionView] | Refused]:
    """Take one use back: the voucher can be used again, as long as it is valid."""
    scene = yield from enter(ctx, customer, "reverse", key, intent_of(customer, redemption))
    if scene.bound is not None:
        return (yield from _redemption_again(ctx, customer, redemption))
    (row,) = yield from ask(Get(Redemption, (customer, redemption)))
    if row is None:
        raise NotFound(Words(f"{customer} has no redemption {redemption}", f"{customer} 没有核销 {redemption}"))
    (grant,) = yield from ask(Get(Grant, (customer, row.grant)))
    if row.reversed_at is not None or grant.kind != "voucher":
        return Refused((Reason("nothing-to-reverse", grant.item),))
    draft = scene.draft(writer)
    draft.update(Redemption, (customer, row.id), reversed_at=scene.at)
    yield from forget(draft, row.id)
    used = grant.used - row.amount
    state = "active" if grant.state == "used" else grant.state
    draft.update(Grant, (customer, grant.id), used=used, state=state)
    if grant.state == "used" and grant.valid_until is not None:  # it will end again
        draft.update(Job, (customer, grant.id, "expire"), due_at=grant.valid_until)
    gone = grant.state in ("expired", "revoked")  # its rest has left the customer's hands already
    draft.post(f"benefit:{grant.benefit}", row.amount, "used", grant.state if gone else "held")
    scene.bind(draft, row.id)
    draft.event("redemption.reversed", redemption_said(row, grant))
    yield from commit(ctx, draft, row.id)
    return Done(redemption_view(row, grant, grant.capacity - used, scene.at))


def _redemption_again(ctx: Context, stream: str, number: str) -> Verb[Done[RedemptionView]]:
    (row,) = yield from ask(Get(Redemption, (stream, number)))
    (grant,) = yield from ask(Get(Grant, (stream, row.grant)))
    return Done(redemption_view(row, grant, grant.capacity - grant.used, row.reversed_at), replayed=True)


def redemption_said(row: Redemption, grant: Grant) -> dict[str, object]:
    """A redemption as events tell it."""
    return {
        "redemption": row.id,
        "grant": grant.id,
        "release": grant.release,
        "benefit": grant.benefit,
        "item": grant.item,
        "amount": row.amount,
        "outlet": row.outlet,
        "order": grant.order,
    }


def redemption_view(row: Redemption, grant: Grant, left: int, reversed_at: Instant | None = None) -> RedemptionView:
    gone = reversed_at if reversed_at is not None else row.reversed_at
    return RedemptionView(
        row.id,
        row.stream,
        row.grant,
        grant.benefit,
        moment(row.at),
        row.outlet,
        left,
        None if gone is None else moment(gone),
    )
