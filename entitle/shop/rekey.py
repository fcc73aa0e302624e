"""Rekey: everything that an older secret sealed is sealed with the newest, in bounded steps, while the shop goes on.

Afterwards nothing in the store needs the older secrets. What they signed and handed out, quotes and passes, does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from entitle.keys import NONCE_BYTES
from entitle.plan import Apply, Effect, Find, Update, Where
from entitle.records import CardCode, Grant, Stock
from entitle.secret_records import WrappedKey
from entitle.shop.codes import normal_code
from entitle.shop.verb import Context, Verb, ask

STEP = 500  # rows at once


@dataclass(frozen=True, slots=True)
class Place:
    """How far it is: in which part of the store, and after which row."""

    part: int = 0
    after: str | int = ""


def rekey(ctx: Context, place: Place) -> Verb[tuple[int, Place | None]]:
    """One step: how many rows were sealed anew, and where to go on. Raises StoreError for what no secret opens."""
    (pools,) = yield from ask(Find(Stock, ()))
    parts: list[Callable[[Any], Find]] = [_keys, _grants, *(_cards(each.pool) for each in pools)]
    if place.part >= len(parts):
        return 0, None
    after = 0 if place.part > 1 and place.after == "" else place.after
    (rows,) = yield from ask(parts[place.part](after))
    plan = [effect for row in rows if (effect := _anew(ctx, row)) is not None]
    if plan:
        yield Apply(tuple(plan))
    if len(rows) < STEP:
        return len(plan), Place(place.part + 1)
    return len(plan), Place(place.part, getattr(rows[-1], _BY[type(rows[-1])]))


_BY = {WrappedKey: "name", Grant: "id", CardCode: "n"}


def _keys(after: str) -> Find:
    return Find(WrappedKey, (("name", ">", after),), ("name",), STEP)


def _grants(after: str) -> Find:
    return Find(Grant, (("id", ">", after), ("code_sealed", "set", None)), ("id",), STEP)


def _cards(pool: str) -> Callable[[int], Find]:
    here: Where = ("pool", "=", pool)
    return lambda after: Find(CardCode, (here, ("n", ">", after)), ("n",), STEP)


def _anew(ctx: Context, row: WrappedKey | Grant | CardCode) -> Effect | None:
    """The row sealed with the newest secret, as long as nobody changed it; None where it is."""
    keys = ctx.keys

    def again(sealed: str, name: str) -> tuple[str, str]:
        text = keys.open(sealed, name)
        return text, keys.seal(text, name, ctx.random(NONCE_BYTES))

    match row:
        case WrappedKey(name, sealed) if not keys.is_newest(sealed):
            return Update(WrappedKey, (name,), {"sealed": again(sealed, name)[1]}, {"sealed": sealed})
        case CardCode(pool=pool, n=n, sealed=sealed) if not keys.is_newest(sealed):
            text, fresh = again(sealed, f"{pool}/{n}")
            return Update(CardCode, (pool, n), {"sealed": fresh, "index": keys.index("card", text)}, {"sealed": sealed})
        case Grant(stream=stream, id=number, code_sealed=str() as sealed) if not keys.is_newest(sealed):
            text, fresh = again(sealed, number)
            index = None if row.code_index is None else keys.index("code", normal_code(text) or "")
            changes = {"code_sealed": fresh, "code_index": index}
            return Update(Grant, (stream, number), changes, {"code_sealed": sealed})
    return None
