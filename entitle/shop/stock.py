"""Stock: purchases draw on pools. A card code is one grant's, for ever; a counted unit is a number.

A code past its expiry is not free, whether or not anybody has written it off: the free ones are those that the pool
counts, less those that expired unsold.
"""

from collections.abc import Mapping
from dataclasses import replace

from entitle.errors import StoreError
from entitle.messages import Words
from entitle.plan import Add, Find, Get, Tally, Update, Where
from entitle.records import CardCode, Grant, Redemption, Stock
from entitle.release import Release
from entitle.shop.codes import new_id
from entitle.shop.draft import Draft
from entitle.shop.verb import Context, Verb, ask
from entitle.values.zone import Instant

NONCE_BYTES = 12
LOT_ENDS = "lot"  # the job that writes a lot off
WRITTEN_OFF_MAX = 500  # codes in one step


def unsold(pool: str, *more: Where) -> tuple[Where, ...]:
    """The card codes that nobody holds, and that were not written off."""
    return (("pool", "=", pool), ("grant", "=", None), ("gone_at", "=", None), *more)


def expired(release: Release, pool: str, at: Instant) -> tuple[Tally, ...]:
    """How many of a pool's codes have expired and are counted as free; units never do."""
    if release.pools[pool].of != "card_codes":
        return ()
    return (Tally(CardCode, unsold(pool, ("expires_at", "<=", at))),)


def counted(release: Release, pool: str, at: Instant) -> Verb[tuple[int, int]]:
    """How many a pool counts as free, and how many of them expired."""
    stock, *gone = yield from ask(Get(Stock, (pool,)), *expired(release, pool, at))
    return (stock.free if stock else 0), sum(gone)


def left(release: Release, pool: str, at: Instant) -> Verb[int]:
    """How much of a pool is free."""
    free, gone = yield from counted(release, pool, at)
    return free - gone


def draw(draft: Draft, release: Release, needs: Mapping[str, int]) -> Verb[None]:
    """Take from the pools, guarded by what is left; the card codes wait in the draft for their grants."""
    for pool, units in sorted(needs.items()):
        declared = release.pools[pool]
        every, gone = yield from counted(release, pool, draft.at)
        free = every - gone
        draft.add(Add(Stock(pool, 0), "free", -units, least=gone))
        draft.post(f"pool:{pool}", units, "stock", "sold")
        if declared.of == "card_codes":
            (cards,) = yield from ask(Find(CardCode, unsold(pool, ("expires_at", "open_at", draft.at)), ("n",), units))
            if len(cards) < units <= free:
                raise StoreError(
                    Words(
                        f"the pool `{pool}` says that {free} codes are free, and they are not there",
                        f"库存池 `{pool}` 记有 {free} 个可用卡密，实际并不存在",
                    )
                )
            draft.cards[pool] = cards
        if free - units < declared.warn_below <= free:
            draft.event("notice.pool-low", {"pool": pool, "free": free - units, "warn_below": declared.warn_below})


def with_cards(ctx: Context, draft: Draft, grant: Grant, pool: str) -> Grant:
    """Insert the grant with its card codes, sealed for it alone. Too few were taken by others: then the plan fails."""
    cards, draft.cards[pool] = draft.cards[pool][: grant.quantity], draft.cards[pool][grant.quantity :]
    text = "\n".join(ctx.keys.open(card.sealed, f"{pool}/{card.n}") for card in cards)
    holding = replace(grant, code_sealed=ctx.keys.seal(text, grant.id, ctx.random(NONCE_BYTES)))
    draft.insert(holding)
    for card in cards:
        holder = {"stream": grant.stream, "grant": grant.id}
        draft.add(Update(CardCode, (pool, card.n), holder, {"grant": None, "gone_at": None}))
    return holding


def uncover(ctx: Context, draft: Draft, grant: Grant) -> Grant:
    """The codes are shown from now on: that is their use."""
    number, by = new_id("red", draft.at, ctx.random(10)), draft.writer.by
    draft.insert(Redemption(grant.stream, number, grant.id, grant.product, grant.capacity, "", draft.at, by))
    draft.update(Grant, (grant.stream, grant.id), used=grant.capacity, state="used")
    draft.post(f"benefit:{grant.benefit}", grant.capacity, "held", "used")
    said = {"grant": grant.id, "benefit": grant.benefit, "product": grant.product}
    draft.event("grant.revealed", said | {"redemption": number, "amount": grant.capacity})
    return replace(grant, used=grant.capacity, state="used")


def write_off(draft: Draft, pool: str, lot: str) -> Verb[bool]:
    """Codes of an expired lot leave the stock, so many at a time; whether any may be left. A sale may still win."""
    (cards,) = yield from ask(Find(CardCode, unsold(pool, ("lot", "=", lot)), ("n",), WRITTEN_OFF_MAX))
    for card in cards:
        draft.add(Update(CardCode, (pool, card.n), {"gone_at": draft.at}, {"grant": None, "gone_at": None}))
    if cards:
        draft.add(Add(Stock(pool, 0), "free", -len(cards)))
        draft.post(f"pool:{pool}", len(cards), "stock", "expired")
        draft.event("pool.expired", {"pool": pool, "lot": lot, "expired": len(cards)})
    return len(cards) == WRITTEN_OFF_MAX
