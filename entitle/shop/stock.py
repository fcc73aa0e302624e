"""Stock: pools are filled, purchases draw on them. A card code is one grant's, for ever; a counted unit is a number."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from entitle.decision import Done
from entitle.errors import FactError, StoreError, UnknownName
from entitle.messages import Words
from entitle.plan import Add, Find, Get, Update
from entitle.records import CardCode, Grant, Redemption, Stock
from entitle.release import Release
from entitle.shop.codes import CODE_BYTES, new_code, new_id
from entitle.shop.draft import Draft, commit
from entitle.shop.scene import POOL, at_stream, intent_of
from entitle.shop.verb import Context, Verb, Writer, ask
from entitle.values.text import is_storable, shown

NONCE_BYTES = 12
FILL_MAX = 10_000  # at once; more is filled in several steps
CODE_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True)
class Filled:
    """How much was put into a pool, and what is free after it."""

    pool: str
    added: int
    free: int


def fill(ctx: Context, pool: str, what: int | Sequence[str], key: str, writer: Writer) -> Verb[Done[Filled]]:
    """Put units into a pool, or card codes: those given, or so many made here.

    Raises UnknownName, FactError for codes that cannot be, are given twice or are in a pool already.
    """
    if not is_storable(pool):
        raise UnknownName(Words(f"no pool is called {shown(pool)}", f"没有名为 {shown(pool)} 的库存池"))
    intent = intent_of(pool, what if isinstance(what, int) else sorted(what))
    scene = yield from at_stream(ctx, f"{POOL}{pool}", "fill", key, intent)
    declared = scene.active.release.pools.get(pool)
    if declared is None:
        raise UnknownName.among(Words("pool", "库存池"), pool, scene.active.release.pools)
    stock, last = yield from ask(Get(Stock, (pool,)), Find(CardCode, (("pool", "=", pool),), ("-n",), 1))
    free = stock.free if stock else 0
    if scene.bound is not None:
        return Done(Filled(pool, int(scene.bound.case), free), replayed=True)
    draft = scene.draft(writer)
    added = _count(what, declared.of == "units")
    draft.add(Add(Stock(pool, 0), "free", added))
    draft.post(f"pool:{pool}", added, "supply", "stock")
    if declared.of == "card_codes":
        codes = list(_codes(ctx, what))
        indexes = [ctx.keys.digest("card", code) for code in codes]
        found = yield from ask(*(Find(CardCode, (("index", "=", index),), (), 1) for index in indexes))
        if (again := sum(bool(rows) for rows in found)) or len(set(indexes)) < len(indexes):
            raise FactError("codes", f"{again or 'some'} of them are in a pool already, or given twice")
        first = last[0].n + 1 if last else 1
        for n, (code, index) in enumerate(zip(codes, indexes, strict=True), first):
            sealed = ctx.keys.seal(code, f"{pool}/{n}", ctx.random(NONCE_BYTES))
            draft.insert(CardCode(pool, n, index, sealed, scene.at))
    scene.bind(draft, str(added))
    draft.event("pool.filled", {"pool": pool, "added": added, "free": free + added})
    yield from commit(draft, str(added))
    return Done(Filled(pool, added, free + added))


def _count(what: int | Sequence[str], units: bool) -> int:
    if isinstance(what, int) and not isinstance(what, bool):
        if not 1 <= what <= FILL_MAX:
            raise FactError("what", f"goes from 1 to {FILL_MAX:,} at once; I got {what!r}")
        return what
    if units or isinstance(what, str | bool):
        raise FactError("what", f"is how many units; I got {what!r}")
    if not 1 <= len(what) <= FILL_MAX:
        raise FactError("what", f"holds from 1 to {FILL_MAX:,} codes at once; I got {len(what):,}")
    return len(what)


def _codes(ctx: Context, what: int | Sequence[str]) -> Iterator[str]:
    if isinstance(what, int):
        yield from (new_code(ctx.random(CODE_BYTES)) for _ in range(what))
        return
    for code in what:
        if not is_storable(code) or not 0 < len(code.strip()) <= CODE_LENGTH_MAX:
            raise FactError("codes", f"are texts of 1 to {CODE_LENGTH_MAX} characters; I got {shown(code)}")
        yield code.strip()


# ---- drawing


def left(pool: str) -> Verb[int]:
    """How much of a pool is free."""
    (stock,) = yield from ask(Get(Stock, (pool,)))
    return stock.free if stock else 0


def draw(draft: Draft, release: Release, needs: Mapping[str, int]) -> Verb[None]:
    """Take from the pools, guarded by what is left; the card codes wait in the draft for their grants."""
    for pool, units in sorted(needs.items()):
        declared = release.pools[pool]
        free = yield from left(pool)
        draft.add(Add(Stock(pool, 0), "free", -units))
        draft.post(f"pool:{pool}", units, "stock", "sold")
        if declared.of == "card_codes":
            (cards,) = yield from ask(Find(CardCode, (("pool", "=", pool), ("grant", "=", None)), ("n",), units))
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
        draft.add(Update(CardCode, (pool, card.n), holder, {"grant": None}))
    return holding


def uncover(ctx: Context, draft: Draft, grant: Grant) -> Grant:
    """The codes are shown from now on: that is their use."""
    number, by = new_id("red", draft.at, ctx.random(10)), draft.writer.by
    draft.insert(Redemption(grant.stream, number, grant.id, grant.product, grant.capacity, "", draft.at, by))
    draft.update(Grant, (grant.stream, grant.id), used=grant.capacity, state="used")
    draft.post(f"benefit:{grant.benefit}", grant.capacity, "held", "used")
    draft.event("grant.revealed", {"grant": grant.id, "benefit": grant.benefit, "product": grant.product})
    return replace(grant, used=grant.capacity, state="used")
