"""Reveal: a card code is shown to its holder, from then on for ever; that is its use."""

from entitle.decision import Done, Reason, Refused
from entitle.shop.claim import Found, first_to_end, grants_of, redeem_refusal
from entitle.shop.draft import commit
from entitle.shop.scene import enter, intent_of
from entitle.shop.stock import uncover
from entitle.shop.verb import Context, Verb, Writer, decider
from entitle.shop.views import GrantView, grant_view


def reveal(ctx: Context, customer: str, what: str, key: str, writer: Writer) -> Verb[Done[GrantView] | Refused]:
    """Show the codes of a grant, or of a benefit's grants the one that ends first. Asked again it shows them again."""
    scene = yield from enter(ctx, customer, "reveal", key, intent_of(customer, what))
    every = yield from grants_of(ctx, scene, scene.bound.case if scene.bound is not None else what)
    cards = [grant for grant in every if grant.kind == "card_code"]
    grant = first_to_end(cards, "active", scene.at)
    if grant is None:
        return Refused((Reason("nothing-to-redeem", what),))
    found = Found(grant, (yield from decider(ctx, grant.release)).release)
    if scene.bound is not None:
        return Done(_shown(ctx, found, scene.at), replayed=True)
    if (no := redeem_refusal(grant, found.release, scene.at)) is not None:
        return Refused((no,))
    draft = scene.draft(writer)
    shown = uncover(ctx, draft, grant)
    scene.bind(draft, grant.id)
    yield from commit(ctx, draft, grant.id)
    return Done(_shown(ctx, Found(shown, found.release), scene.at))


def _shown(ctx: Context, found: Found, at: int) -> GrantView:
    grant = found.grant
    assert grant.code_sealed is not None, "a card code is sealed in its grant"
    return grant_view(grant, found.release, at, ctx.keys.open(grant.code_sealed, grant.id))
