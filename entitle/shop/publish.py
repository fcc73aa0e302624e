"""Publish: a compiled rulebook becomes the active release. Append-only; the same content twice is one release."""

from collections.abc import Iterator
from dataclasses import dataclass

from entitle.canonical import text_hash, to_json
from entitle.diagnostics import Diagnostic
from entitle.errors import RuleError
from entitle.plan import Apply, Effect, Find, Get, Insert, Update
from entitle.records import Activation, Active, Published
from entitle.release import Release
from entitle.runtime.moves import changes_periods, changes_price
from entitle.shop.scene import SLOT
from entitle.shop.verb import Context, Verb, Writer, ask, decider


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """A published release. `activated`: whether this call made it the active one."""

    hash: str
    name: str
    activated: bool


def unsaid_changes(old: Release, new: Release) -> Iterator[Diagnostic]:
    """The subscriptions whose price is another, and of which running contracts would not know what to pay."""
    for product in new.products.values():
        if not changes_price(old, new, product.id):
            continue
        word = product.subscription.if_price_changes if product.subscription else None
        if word is None:
            yield Diagnostic("price-change-unsaid", product.span, {"product": product.id})
        elif word != "keep_old_price" and changes_periods(old, new, product.id):
            yield Diagnostic("periods-changed", product.span, {"product": product.id})


def publish(ctx: Context, release: Release, writer: Writer) -> Verb[ReleaseView]:
    """Store the release, unless it is there, and make it the one that decides, unless it is.

    Raises RuleError where it changes the price of a subscription and does not say what running contracts pay.
    """
    body = to_json(release)
    number = text_hash(body)
    known, active, last = yield from ask(
        Get(Published, (number,)),
        Get(Active, (SLOT,)),
        Find(Activation, (("slot", "=", SLOT),), ("-n",), 1),
    )
    if active is not None and active.release == number:
        return ReleaseView(number, release.name, activated=False)
    if active is not None:
        before = (yield from decider(ctx, active.release)).release
        if unsaid := list(unsaid_changes(before, release)):
            raise RuleError(unsaid)
    at = max(ctx.clock(), last[0].at if last else 0)
    n = active.since + 1 if active else 1
    plan: list[Effect] = [] if known else [Insert(Published(number, release.name, body, at, writer.by))]
    plan.append(Insert(Activation(SLOT, n, number, at, writer.by, writer.why)))
    if active is None:
        plan.append(Insert(Active(SLOT, number, n)))
    else:
        plan.append(Update(Active, (SLOT,), {"release": number, "since": n}, {"since": active.since}))
    yield Apply(tuple(plan))
    return ReleaseView(number, release.name, activated=True)
