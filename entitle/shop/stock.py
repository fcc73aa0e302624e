"""Stock: purchases draw on pools. A card code is one grant's, once seen for ever; a counted unit is a number.

A code past its expiry is not free, whether or not anybody has written it off: the free ones are those that the pool
counts, less those that expired unsold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from entitle.errors import StoreError
from entitle.hold_records import Kept
from entitle.keys import NONCE_BYTES
from entitle.messages import Words
from entitle.plan import Expect, Find, Get, Tally, Update, Where
from entitle.records import CardCode, Grant, Redemption
from entitle.release import Release
from entitle.shop.codes import new_id
from entitle.shop.draft import Draft
from entitle.shop.parts import PARTS, Rows, give_back, lapsed, of_pool, point, rows, rows_of
from entitle.shop.room import take_from
from entitle.shop.verb import Context, Verb, ask
from entitle.stock_records import StockLot
from entitle.values.zone import Instant

LOT_ENDS = "lot"  # the job that writes a lot off
WRITTEN_OFF_MAX = 500  # codes in one step
SPREAD = 16  # codes that are looked at beyond those needed
INDEX_BYTES = 16  # of a code's index
NO_CODE = 0  # the number of no code: they begin with 1


NOTHING_SEEN: Final[Mapping[str, "Level"]] = {}


def unsold(pool: str, *more: Where) -> tuple[Where, ...]:
    """The card codes that nobody holds, and that were not written off."""
    return (("pool", "=", pool), ("grant", "=", None), ("gone_at", "=", None), *more)


@dataclass(frozen=True, slots=True)
class Level:
    """What is in a pool.

    rows   so much is counted as free, in the pool's own row and its parts
    gone   of its codes, so many have expired, or will have by the instant until which they must be good
    kept   so much is kept by holds that expired
    """

    rows: Rows
    gone: int
    kept: int

    @property
    def there(self) -> int:
        return sum(self.rows.values())

    @property
    def free(self) -> int:
        return max(0, self.there + self.kept - self.gone)


def expired(release: Release, pool: str, until: Instant) -> tuple[Tally, ...]:
    """How many of a pool's codes have expired and are counted as free or kept; units never do."""
    if release.pools[pool].of != "card_codes":
        return ()
    return (Tally(CardCode, unsold(pool, ("expires_at", "<=", until))),)


def level(release: Release, pool: str, at: Instant, until: Instant | None = None) -> Verb[Level]:
    """What is in a pool at an instant. What is taken is good `until` a later one, which a hold needs."""
    of = of_pool(pool)
    stock, parts, kept, *gone = yield from ask(*rows_of(of), lapsed(of, at), *expired(release, pool, until or at))
    return Level(rows(of, stock, parts), sum(gone), kept)


def left(release: Release, pool: str, at: Instant) -> Verb[int]:
    """How much of a pool is free."""
    return (yield from level(release, pool, at)).free


def draw(
    ctx: Context,
    draft: Draft,
    release: Release,
    needs: Mapping[str, int],
    kept_for: str = "",
    seen: Mapping[str, Level] = NOTHING_SEEN,
) -> Verb[None]:
    """Take from the pools, guarded by what is left; the card codes wait in the draft for their grants.

    kept_for  the order for which it was taken before, by its hold
    seen      what is in those pools that were looked at already
    """
    for pool, units in sorted(needs.items()):
        if kept_for:
            draft.update(Kept, (pool, kept_for), until=None)
            draft.post(f"pool:{pool}", units, "held", "sold")
            free = units
        else:
            free = yield from take_out(ctx, draft, release, pool, units, "sold", seen=seen.get(pool))
        if release.pools[pool].of == "card_codes":
            draft.cards[pool] = yield from _soonest(ctx, pool, units, draft.at)
            if len(draft.cards[pool]) < units <= free:
                yield from _surely_there(release, pool, units, draft.at)
            if len(draft.cards[pool]) < units:  # others took them; whatever is put in meanwhile, the plan must fail
                draft.add(Expect(CardCode, (pool, NO_CODE), {}))


def _soonest(ctx: Context, pool: str, units: int, at: Instant) -> Verb[list[CardCode]]:
    """Codes that expire soonest: those that are kept for holds must last longer.

    Among those that last as long it takes any, since who takes the same code as another comes too late.
    """
    start, seen = ctx.random(INDEX_BYTES).hex(), units + SPREAD
    passing: list[CardCode]
    lasting: list[CardCode]
    before: list[CardCode]
    passing, lasting, before = yield from ask(
        Find(CardCode, unsold(pool, ("expires_at", ">", at)), ("expires_at", "index"), seen),
        _alike(pool, None, ("index", ">=", start), seen),
        _alike(pool, None, ("index", "<", start), seen),
    )
    if len(passing) < units:
        return [*passing, *_some(ctx, [*lasting, *before][:seen], units - len(passing))]
    ends = passing[units - 1].expires_at
    alike = [card for card in passing if card.expires_at == ends]
    sooner = passing[: passing.index(alike[0])]
    if len(sooner) + len(alike) == seen:  # perhaps there are more of them
        (drawn,) = yield from ask(_alike(pool, ends, ("index", ">=", start), seen))
        alike = [*drawn, *(card for card in alike if card.index < start)][:seen]
    return [*sooner, *_some(ctx, alike, units - len(sooner))]


def _alike(pool: str, ends: Instant | None, place: Where, most: int) -> Find:
    """Codes that last as long, in the order of their indexes: keyed hashes, whose order means nothing."""
    return Find(CardCode, unsold(pool, ("expires_at", "=", ends), place), ("index",), most)


def _some(ctx: Context, cards: list[CardCode], units: int) -> list[CardCode]:
    """So many of them, any; all where there are fewer."""
    return [cards.pop(int.from_bytes(ctx.random(2)) % len(cards)) for _ in range(min(units, len(cards)))]


def _surely_there(release: Release, pool: str, units: int, at: Instant) -> Verb[None]:
    """Others bought between two reads, so the plan will fail; or the codes that the pool counts are not there."""
    of = of_pool(pool)
    stock, parts, codes, *gone = yield from ask(
        *rows_of(of), Tally(CardCode, unsold(pool, ("expires_at", "open_at", at))), *expired(release, pool, at)
    )
    free = sum(rows(of, stock, parts).values()) - sum(gone)
    if codes < min(units, free):
        raise StoreError(
            Words(
                f"the pool `{pool}` says that {free} codes are free, and they are not there",
                f"库存池 `{pool}` 记有 {free} 个可用卡密，实际并不存在",
            )
        )


def take_out(
    ctx: Context,
    draft: Draft,
    release: Release,
    pool: str,
    units: int,
    account: str,
    until: Instant | None = None,
    seen: Level | None = None,
) -> Verb[int]:
    """Move units out of a pool's stock, guarded by what is left. How much was free before."""
    found = (yield from level(release, pool, draft.at, until)) if seen is None else seen
    first = point(ctx, release.pools[pool].hot)
    warn_below, free = release.pools[pool].warn_below, found.free - units
    is_low = free < warn_below <= found.free
    stays = found.gone + _kept_back(found, units, warn_below, first)
    yield from take_from(draft, of_pool(pool), found.rows, units, stays, first, as_found=is_low)
    draft.post(f"pool:{pool}", units, "stock", account)
    if is_low:
        draft.event("notice.pool-low", {"pool": pool, "free": free, "warn_below": warn_below})
    return found.free


def _kept_back(found: Level, units: int, warn_below: int, point: int | None) -> int:
    """How much must stay beside what is gone, so that whoever goes below the level of a warning knows it.

    Who stays above it proves that by what is left. A hot pool that is far above it is spared the proof: its rows are
    many, so that few write to the same one.
    """
    after = found.free - units
    if after < warn_below or (point is not None and after >= PARTS * (warn_below + units)):
        return 0
    return max(0, warn_below - found.kept)


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
    said = {"grant": grant.id, "release": grant.release, "benefit": grant.benefit, "product": grant.product}
    draft.event("grant.revealed", said | {"redemption": number, "amount": grant.capacity})
    return replace(grant, used=grant.capacity, state="used")


def put_back(draft: Draft, release: Release, grant: Grant) -> Verb[int]:
    """The card codes of a grant, which nobody saw, leave it: for their pool, or written off where they expired.

    How many went back. Whoever calls it clears the seal of the grant.
    """
    pool = release.benefits[grant.benefit].pool
    assert pool is not None, "card codes come from a pool"
    cards: list[CardCode]
    (cards,) = yield from ask(Find(CardCode, (("stream", "=", grant.stream), ("grant", "=", grant.id)), ("n",)))
    old = [card for card in cards if card.expires_at is not None and card.expires_at <= draft.at]
    for card in cards:
        changes = {"stream": None, "grant": None, "gone_at": draft.at if card in old else None}
        draft.add(Update(CardCode, (pool, card.n), changes, {"grant": grant.id}))
    free = len(cards) - len(old)
    draft.post(f"pool:{pool}", free, "sold", "stock")
    draft.post(f"pool:{pool}", len(old), "sold", "expired")
    if free:
        yield from give_back(draft, grant.id, {of_pool(pool): free})
    return free


def of_expired(pool: str, lot: str, ends: Instant) -> Find:
    """Codes of a lot that nobody holds, so many at a time, in the order of the index of free codes."""
    tests = unsold(pool, ("expires_at", "=", ends), ("lot", "=", lot))
    return Find(CardCode, tests, ("index",), WRITTEN_OFF_MAX)


def write_off(draft: Draft, pool: str, lot: str) -> Verb[bool]:
    """Codes of an expired lot leave the stock, so many at a time; whether any may be left. A sale may still win."""
    (of_lot,) = yield from ask(Get(StockLot, (pool, lot)))
    (cards,) = yield from ask(of_expired(pool, lot, of_lot.expires_at))
    for card in cards:
        draft.add(Update(CardCode, (pool, card.n), {"gone_at": draft.at}, {"grant": None, "gone_at": None}))
    if cards:
        of = of_pool(pool)
        yield from take_from(draft, of, rows(of, *(yield from ask(*rows_of(of)))), len(cards))
        draft.post(f"pool:{pool}", len(cards), "stock", "expired")
        draft.event("pool.expired", {"pool": pool, "lot": lot, "expired": len(cards)})
    return len(cards) == WRITTEN_OFF_MAX
