"""Fill: units are put into a pool, or card codes, those of a lot together. A code is in a store once, for ever."""

from collections.abc import Sequence
from dataclasses import dataclass

from entitle.decision import Done, Lot
from entitle.errors import FactError, UnknownName
from entitle.keys import NONCE_BYTES
from entitle.messages import Words
from entitle.plan import Find, Get
from entitle.records import CardCode, Job
from entitle.release import Release
from entitle.runtime.encode import instant_of
from entitle.shop.codes import CODE_BYTES, new_code
from entitle.shop.draft import Draft, commit
from entitle.shop.parts import of_pool, put
from entitle.shop.scene import POOL, Scene, at_stream, check_id, intent_of
from entitle.shop.stock import LOT_ENDS, left
from entitle.shop.verb import Context, Verb, Writer, ask, check_text
from entitle.stock_records import StockLot
from entitle.values.money import MONEY_MAX
from entitle.values.text import is_storable, shown

FILL_MAX = 10_000  # at once; more is filled in several steps
CODE_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True)
class Filled:
    """How much was put into a pool, and what is free after it."""

    pool: str
    added: int
    free: int


class KnownCodes(FactError):
    """Codes that are in a pool already, or given twice. `places` are theirs among those given, from 0."""

    def __init__(self, places: Sequence[int]) -> None:
        self.places = tuple(places)
        first, more = ", ".join(str(place + 1) for place in places[:10]), "…" if len(places) > 10 else ""
        en, zh = "are in a pool already, or given twice: number", "已在库存池中，或重复给出：第"
        super().__init__("codes", Words(f"{len(places)} {en} {first}{more}", f"{len(places)} 个{zh} {first}{more} 个"))


def fill(
    ctx: Context, pool: str, what: int | Sequence[str], lot: Lot | None, key: str, writer: Writer
) -> Verb[Done[Filled]]:
    """Put units into a pool, or card codes: those given, or so many made here.

    Raises UnknownName, FactError for a lot or codes that cannot be, KnownCodes for those that are there.
    """
    release, scene = yield from _begun(ctx, pool, what, lot, key)
    declared = release.pools[pool]
    if scene.bound is not None:
        return Done(Filled(pool, int(scene.bound.case), (yield from left(release, pool, scene.at))), replayed=True)
    draft = scene.draft(writer)
    added = _count(what, declared.of == "units")
    draft.effects += put(of_pool(pool), added, declared.hot)
    draft.post(f"pool:{pool}", added, "supply", "stock")
    if declared.of == "card_codes":
        row = (yield from _lot(draft, release, pool, lot)) if lot is not None else None
        yield from _cards(ctx, draft, pool, _codes(ctx, what), row)
    elif lot is not None:
        raise FactError("lot", Words(f"is of card codes; `{pool}` holds units", f"只用于卡密；`{pool}` 存放的是数量"))
    free = (yield from left(release, pool, scene.at)) + added
    scene.bind(draft, str(added))
    said = {"pool": pool, "added": added, "free": free}
    draft.event("pool.filled", said | ({"lot": lot.id} if lot is not None else {}))
    yield from commit(ctx, draft, str(added))
    return Done(Filled(pool, added, free))


def _begun(
    ctx: Context, pool: str, what: int | Sequence[str], lot: Lot | None, key: str
) -> Verb[tuple[Release, Scene]]:
    """What is meant is told by keyed hashes: a database must not tell by a guess which codes were put in."""
    if not is_storable(pool):
        raise UnknownName(Words(f"no pool is called {shown(pool)}", f"没有名为 {shown(pool)} 的库存池"))
    given = () if isinstance(what, int | str) else what
    for place, code in enumerate(given):
        if not is_storable(code) or not 0 < len(code.strip()) <= CODE_LENGTH_MAX:  # not shown: it may be a code
            raise FactError("codes", f"are texts of 1 to {CODE_LENGTH_MAX} characters; number {place + 1} is not")
    meant = sorted(ctx.keys.digest("intent", code) for code in given) or what
    intent = intent_of(pool, meant, *([] if lot is None else [_terms(lot)]))
    scene = yield from at_stream(ctx, f"{POOL}{pool}", "fill", key, intent)
    release = scene.active.release
    if pool not in release.pools:
        raise UnknownName.among(Words("pool", "库存池"), pool, release.pools)
    return release, scene


def _terms(lot: Lot) -> list[object]:
    """A lot as an intent sees it. Raises FactError for one that cannot be."""
    check_id("lot", lot.id)
    check_text("lot", lot.source)
    if lot.cost is not None and (not 0 <= lot.cost.minor <= MONEY_MAX):
        raise FactError("lot", f"costs an amount of Money, not below zero; I got {shown(lot.cost)}")
    cost = None if lot.cost is None else [lot.cost.minor, lot.cost.currency]
    return [lot.id, lot.source, cost, None if lot.expires_at is None else instant_of(lot.expires_at)]


def _lot(draft: Draft, release: Release, pool: str, lot: Lot) -> Verb[StockLot]:
    """The row of the lot, made where it is new; with it the job that writes off what is left of it."""
    if lot.cost is not None and lot.cost.currency != release.currency:
        money = release.currency
        raise FactError("lot", Words(f"costs {money}; I got {lot.cost}", f"成本应以 {money} 计；实为 {lot.cost}"))
    ends = None if lot.expires_at is None else instant_of(lot.expires_at)
    if ends is not None and ends <= draft.at:
        raise FactError("lot", Words(f"{lot.id} has expired: none of it can be sold", f"{lot.id} 已过期：不能再售卖"))
    (found,) = yield from ask(Get(StockLot, (pool, lot.id)))
    cost = None if lot.cost is None else lot.cost.minor
    if found is not None:
        if (found.source, found.cost, found.expires_at) != (lot.source, cost, ends):
            raise FactError(
                "lot",
                Words(
                    f"{lot.id} is in this pool already, with another source, cost or expiry",
                    f"{lot.id} 已在此库存池中，且来源、成本或有效期不同",
                ),
            )
        known: StockLot = found
        return known
    row = StockLot(pool, lot.id, lot.source, cost, ends, draft.at, draft.writer.by)
    draft.insert(row)
    if ends is not None:
        draft.insert(Job(draft.stream, lot.id, LOT_ENDS, 1, ends))
    return row


def _cards(ctx: Context, draft: Draft, pool: str, codes: list[str], lot: StockLot | None) -> Verb[None]:
    """The rows of the codes, sealed, none of which is there yet."""
    indexes = [ctx.keys.index("card", code) for code in codes]
    places = {index: place for place, code in enumerate(codes) for index in ctx.keys.indexes("card", code)}
    every = list(places)
    asked = [Find(CardCode, (("index", "in", tuple(every[i : i + FILL_MAX])),)) for i in range(0, len(every), FILL_MAX)]
    last, *found = yield from ask(Find(CardCode, (("pool", "=", pool),), ("-n",), 1), *asked)
    _all_new(indexes, {indexes[places[card.index]] for cards in found for card in cards})
    name, ends = (None, None) if lot is None else (lot.id, lot.expires_at)
    first = last[0].n + 1 if last else 1
    for n, (code, index) in enumerate(zip(codes, indexes, strict=True), first):
        sealed = ctx.keys.seal(code, f"{pool}/{n}", ctx.random(NONCE_BYTES))
        draft.insert(CardCode(pool, n, index, sealed, draft.at, lot=name, expires_at=ends))


def _all_new(indexes: Sequence[str], seen: set[str]) -> None:
    """Raises KnownCodes."""
    places = []
    for place, index in enumerate(indexes):
        if index in seen:
            places.append(place)
        seen.add(index)
    if places:
        raise KnownCodes(places)


def _count(what: int | Sequence[str], units: bool) -> int:
    if isinstance(what, int):
        if not 1 <= what <= FILL_MAX:
            raise FactError("what", f"goes from 1 to {FILL_MAX:,} at once; I got {what!r}")
        return what
    if units:
        raise FactError("what", "is how many units: this pool counts, and holds no codes")
    if not 1 <= len(what) <= FILL_MAX:
        raise FactError("what", f"holds from 1 to {FILL_MAX:,} codes at once; I got {len(what):,}")
    return len(what)


def _codes(ctx: Context, what: int | Sequence[str]) -> list[str]:
    if isinstance(what, int):
        return [new_code(ctx.random(CODE_BYTES)) for _ in range(what)]
    return [code.strip() for code in what]
