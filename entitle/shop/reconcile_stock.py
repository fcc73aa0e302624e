"""Pools against what was put in and sold, and card codes against the grants that hold them."""

from collections import Counter
from collections.abc import Mapping, Sequence

from entitle.hold_records import Kept
from entitle.plan import Find, Get, Tally, Where
from entitle.records import CardCode, Grant, Posting, Stock
from entitle.shop.breaks import Finding, Found
from entitle.shop.parts import in_parts, of_pool
from entitle.shop.stock import unsold
from entitle.shop.verb import Verb, ask

POOL = "pool:"


def moved(postings: Sequence[Posting]) -> Counter[str]:
    """By pool, what these postings put into its stock less what they took."""
    found: Counter[str] = Counter()
    for row in postings:
        if row.account == "stock":
            found[row.asset.removeprefix(POOL)] += row.amount
    return found


def stock_breaks(left: Mapping[str, int]) -> Verb[list[Finding]]:
    """Each pool holds what the ledger left in it; codes that nobody holds are as many, and those kept for holds.

    left  the sums of all streams, read one after the other: where they differ from the stock, others may have bought
          meanwhile, so the ledger is added up again, as of one moment
    """
    found: list[Finding] = []
    (pools,) = yield from ask(Find(Stock, ()))
    for name in sorted({each.pool for each in pools} | left.keys()):
        here: tuple[Where, ...] = (("pool", "=", name),)
        stock, parts, free, every, kept = yield from ask(
            Get(Stock, (name,)),
            in_parts(of_pool(name)),
            Tally(CardCode, unsold(name)),
            Tally(CardCode, here),
            Tally(Kept, (*here, ("until", "set", None)), "sum", "units"),
        )
        holds = (stock.free if stock else 0) + parts
        if every and free != holds + kept:
            found.append(Finding("card-code", name, free, holds + kept))
        if left.get(name, 0) != holds:
            found += yield from _surely(name)
    return found


def _surely(name: str) -> Verb[list[Finding]]:
    holds, total = yield from in_stock(name)
    return [Finding("stock", name, holds, total)] if total != holds else []


def in_stock(name: str) -> Verb[tuple[int, int]]:
    """What a pool holds, and what the ledger left in it: both as of one moment."""
    where: tuple[Where, ...] = (("account", "=", "stock"), ("asset", "=", f"{POOL}{name}"))
    stock, parts, total = yield from ask(
        Get(Stock, (name,)), in_parts(of_pool(name)), Tally(Posting, where, "sum", "amount")
    )
    return (stock.free if stock else 0) + parts, total


def card_breaks(grants: Sequence[Grant], cards: Sequence[CardCode]) -> Found:
    """Every grant of card codes has as many as it stands for, but for those put back; no other grant has any."""
    held = Counter(card.grant for card in cards)
    for grant in grants:
        wanted = grant.quantity if grant.kind == "card_code" and grant.code_sealed is not None else 0
        if held[grant.id] != wanted:
            yield Finding("card-code", grant.id, held[grant.id], wanted)
