"""Quote: what a purchase would cost and give, now or later, with nothing written."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from entitle.decision import Done, No, Refused, Who
from entitle.errors import FactError
from entitle.runtime.encode import instant_of
from entitle.runtime.presented import Codes, codes_of
from entitle.shop.gates import passed_inputs
from entitle.shop.quote import Quote, quote_of
from entitle.shop.review import standing_of_quote
from entitle.shop.scene import enter
from entitle.shop.sell import Lines, buy_intent, lines_of, refusal, weigh
from entitle.shop.verb import Context, Verb
from entitle.values.zone import Instant


def quote(
    ctx: Context,
    who: Who,
    what: Lines,
    codes: Codes,
    passed: Sequence[str],
    ahead: datetime | None = None,
    key: str | None = None,
) -> Verb[Done[Quote] | No]:
    """The whole timeline of what it would cost and give, now or later, and until when that holds. Writes nothing.

    key  of the purchase or hold that waits, or waited, for a review, and is not made yet
    """
    lines, presented = lines_of(what), codes_of(codes)
    scene = yield from enter(ctx, who.customer, "quote")
    if ahead is not None:
        scene = replace(scene, at=_not_passed(ahead, scene.at))
    stood = yield from standing_of_quote(ctx, scene, key, buy_intent(who, lines, presented, None))
    if stood.no is not None:
        return stood.no
    weighed = yield from weigh(ctx, scene, who, lines, presented, {**passed_inputs(passed), **stood.inputs})
    if isinstance(weighed, Refused):
        return weighed
    no = refusal(weighed, scene)
    return no or Done(quote_of(ctx, weighed.verdict, weighed.total, scene, weighed.begins))


def _not_passed(ahead: datetime, now: Instant) -> Instant:
    at = instant_of(ahead)
    if at < now:
        raise FactError("at", f"has passed: {ahead.isoformat()}")
    return at
