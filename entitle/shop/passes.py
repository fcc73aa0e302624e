"""Passes of the shop: handed out for vouchers, and the list of those that are good no more."""

from entitle.decision import Done, Reason, Refused
from entitle.passes import Revocations
from entitle.plan import Find, Get
from entitle.records import Grant
from entitle.shop.claim import redeem_refusal
from entitle.shop.find import Place
from entitle.shop.read import events
from entitle.shop.scene import enter
from entitle.shop.verb import Context, Verb, ask, decider

CHANGED = ("grant.redeemed", "grant.revoked", "grant.expired", "redemption.reversed")


def pass_of(ctx: Context, place: Place) -> Verb[Done[str] | Refused]:
    """The pass of a voucher that can be used and may be shown as a QR code: the same whenever it is asked for."""
    scene = yield from enter(ctx, place[0], "pass")
    (found,) = yield from ask(Get(Grant, place))
    grant: Grant | None = found
    if grant is None or grant.kind != "voucher":
        return Refused((Reason("nothing-to-redeem"),))
    release = (yield from decider(ctx, grant.release)).release
    redeem = release.benefits[grant.benefit].redeem
    if redeem is not None and redeem.by and "qr" not in redeem.by:
        return Refused((Reason("nothing-to-redeem", grant.item),))
    if (no := redeem_refusal(grant, release, scene.at)) is not None:
        return Refused((no,))
    return Done(ctx.keys.sign_pass(grant.id, grant.benefit, grant.valid_until))


def revocations(ctx: Context, after: int, limit: int) -> Verb[Revocations]:
    """What became of vouchers in a stretch of events, as far as passes that have not expired are concerned."""
    told = yield from events(ctx, after, limit)
    numbers = {str(each.body["grant"]) for each in told if each.type in CHANGED}
    back = {str(each.body["grant"]) for each in told if each.type == "redemption.reversed"}
    (grants,) = yield from ask(Find(Grant, (("id", "in", tuple(sorted(numbers))), ("kind", "=", "voucher"))))
    now = ctx.clock()
    open_ = [each for each in grants if each.valid_until is None or each.valid_until > now]
    return Revocations(
        after,
        told[-1].cursor if told else after,
        tuple(sorted(each.id for each in open_ if each.state != "active")),
        tuple(sorted(each.id for each in open_ if each.state == "active" and each.id in back)),
    )
