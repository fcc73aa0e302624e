"""Publish: a compiled rulebook becomes the active release. Append-only; the same content twice is one release.

Going back to an earlier release is one more activation: nothing is edited, and the same is asked of it.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from entitle.canonical import text_hash, to_json
from entitle.diagnostics import Diagnostic
from entitle.errors import NotFound, RuleError, StoreError
from entitle.messages import Words
from entitle.plan import Apply, Effect, Find, Get, Insert, Update
from entitle.records import Activation, Active, Published
from entitle.release import Release
from entitle.runtime.moves import changes_periods, changes_price
from entitle.shop.known_keys import fresh_keys
from entitle.shop.scene import SLOT
from entitle.shop.verb import Context, Verb, Writer, ask, decider
from entitle.values.text import shown

PRICE_UNSAID = "price-change-unsaid"
HASH_START = re.compile(r"[0-9a-f]{4,64}")


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """A published release. `activated`: whether this call made it the active one."""

    hash: str
    name: str
    activated: bool


def unsaid_changes(old: Release, new: Release, keep: Collection[str] = ()) -> Iterator[Diagnostic]:
    """Another currency; else subscriptions whose price is another, where running contracts do not know what to pay.

    keep  those whose running contracts keep their price, though nothing says so
    """
    if new.currency != old.currency:
        values = {"active": old.currency, "currency": new.currency}
        yield Diagnostic("release-currency", None, values, path="rulebook.yaml")
        return
    for product in new.products.values():
        if not changes_price(old, new, product.id):
            continue
        word = product.subscription.if_price_changes if product.subscription else None
        if word is None and product.id not in keep:
            yield Diagnostic(PRICE_UNSAID, product.span, {"product": product.id})
        elif word not in (None, "keep_old_price") and changes_periods(old, new, product.id):
            yield Diagnostic("periods-changed", product.span, {"product": product.id})


def publish(
    ctx: Context, release: Release, writer: Writer, keep: Collection[str] = (), after: str | None = None
) -> Verb[ReleaseView]:
    """Store the release, unless it is there, and make it the one that decides, unless it is.

    after  the hash of the one that must decide until then; "": none does

    Raises StoreError where another one decides; RuleError where it changes the currency, or the price of a
    subscription that is not in `keep` and does not say what running contracts pay.
    """
    body = to_json(release)
    number = text_hash(body)
    (known,) = yield from ask(Get(Published, (number,)))
    fresh = yield from fresh_keys(ctx)
    new = [] if known else [Insert(Published(number, release.name, body, ctx.clock(), writer.by))]
    return (yield from _activate(ctx, release, number, [*fresh, *new], writer, keep, after))


def rollback(ctx: Context, to: str | None, writer: Writer) -> Verb[ReleaseView]:
    """Make an earlier release the one that decides again; without `to` the one before the active one.

    Raises NotFound, and RuleError as publishing it would.
    """
    number = (yield from number_of(to)) if to is not None else (yield from _before())
    return (yield from _activate(ctx, (yield from decider(ctx, number)).release, number, [], writer))


def number_of(start: str) -> Verb[str]:
    """The hash of the only release whose hash begins so. Raises NotFound."""
    beyond = f"{start}g"  # after every hexadecimal digit
    found = ()
    if HASH_START.fullmatch(start):
        (found,) = yield from ask(Find(Published, (("hash", ">=", start), ("hash", "<", beyond)), (), 2))
    match found:
        case [only]:
            number: str = only.hash
            return number
        case []:
            raise NotFound(Words(f"the store holds no release {shown(start)}", f"库中没有版本 {shown(start)}"))
        case _:
            more = Words(f"more than one release begins with {start}", f"有多个版本以 {start} 开头")
            raise NotFound(more)


def _before() -> Verb[str]:
    """The release that was active before the active one."""
    (last,) = yield from ask(Find(Activation, (("slot", "=", SLOT),), ("-n",), 2))
    if len(last) < 2:
        raise NotFound(Words("there is no release to go back to", "没有可以恢复的版本"))
    number: str = last[1].release
    return number


def _activate(
    ctx: Context,
    release: Release,
    number: str,
    before: list[Effect],
    writer: Writer,
    keep: Collection[str] = (),
    after: str | None = None,
) -> Verb[ReleaseView]:
    """Make a release the one that decides, unless it is; `before` is what is written first."""
    active, last = yield from ask(Get(Active, (SLOT,)), Find(Activation, (("slot", "=", SLOT),), ("-n",), 1))
    if active is not None and active.release == number:
        if before:
            yield Apply(tuple(before))
        return ReleaseView(number, release.name, activated=False)
    if after is not None and after != (active.release if active else ""):
        raise StoreError(
            Words(
                "nothing was released: another release became active after this one was compared; compare again",
                "没有发布任何内容：比较之后已有另一个版本生效；请重新比较",
            )
        )
    if active is not None and (
        unsaid := list(unsaid_changes((yield from decider(ctx, active.release)).release, release, keep))
    ):
        raise RuleError(unsaid)
    at = max(ctx.clock(), last[0].at if last else 0)
    n = active.since + 1 if active else 1
    moved: Effect = (
        Insert(Active(SLOT, number, n))
        if active is None
        else Update(Active, (SLOT,), {"release": number, "since": n}, {"since": active.since})
    )
    yield Apply((*before, Insert(Activation(SLOT, n, number, at, writer.by, writer.why)), moved))
    return ReleaseView(number, release.name, activated=True)
