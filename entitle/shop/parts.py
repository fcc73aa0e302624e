"""Parts: the stock of a hot pool lies in many rows, so that buyers who come at once do not wait for one.

What is free of a pool is what its own row and all its parts hold together, whatever a release says of it: nobody is
told that it is sold out while any of them has a unit. Who takes begins at a row drawn at random, a fuller one more
often, and goes round for what that one lacks; so the rows empty together, and the last units are found. What lies
undivided in the own row, since the pool was not hot when it was filled, is divided by whoever draws that one.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from zlib import crc32

from entitle.plan import Add, Find, Get, Read, Tally, Where
from entitle.records import Stock
from entitle.shop.draft import Draft
from entitle.shop.verb import Verb, ask
from entitle.stock_records import StockPart

OWN = 0  # the number of the pool's own row; its parts begin with 1
PARTS = 32

Rows = Mapping[int, int]  # what is in each row of a pool, by its number


def in_parts(pool: str) -> Tally:
    """What the parts hold together, beside the pool's own row."""
    return Tally(StockPart, _of(pool), "sum", "free")


def rows_of(pool: str) -> tuple[Read, Read]:
    return Get(Stock, (pool,)), Find(StockPart, _of(pool))


def rows(stock: Stock | None, parts: Sequence[StockPart]) -> dict[int, int]:
    """The rows of a pool, out of the answers to `rows_of`."""
    return {OWN: stock.free if stock else 0, **{each.part: each.free for each in parts}}


def move(pool: str, part: int, by: int, least: int = 0) -> Add:
    """Put into a row or take from it, guarded by what stays in it."""
    return Add(Stock(pool, 0) if part == OWN else StockPart(pool, part, 0), "free", by, least)


def planned(draft: Draft, pool: str, found: Rows) -> dict[int, int]:
    """The rows as they will be after what the draft does already, the steps beside it among that."""
    moved = Counter(found)
    for step in (*draft.beside.values(), draft):
        for effect in step.effects:
            match effect:
                case Add(row=Stock(pool=name), by=by) if name == pool:
                    moved[OWN] += by
                case Add(row=StockPart(pool=name, part=part), by=by) if name == pool:
                    moved[part] += by
    return dict(moved)


def put(pool: str, units: int, hot: bool) -> list[Add]:
    """Put in so many; into a hot pool, divided. The own row comes first: the parts name it."""
    moved = _divided(units) if hot else {OWN: 0}
    moved[OWN] += units
    return [move(pool, part, by) for part, by in sorted(moved.items()) if by or part == OWN]


def take(pool: str, found: Rows, units: int, gone: int = 0, point: int | None = None) -> list[Add]:
    """Take so many from rows, so that `gone` stay in them together. Where they hold less, a guard fails.

    point  of a hot pool: a number drawn at random
    """
    least = _least(found, gone)
    there = {part: max(0, free - least[part]) for part, free in sorted(found.items())}
    moved: Counter[int] = Counter()
    if point is not None:
        point %= max(1, sum(there.values()))
        if point < there[OWN]:
            moved.update(_divided(there[OWN]))
            there = {part: there.get(part, 0) + moved[part] for part in range(max(PARTS, *there) + 1)}
    lack = units
    for part in _round(there, point or 0):
        taken = min(lack, there[part])
        moved[part] -= taken
        lack -= taken
    moved[OWN] -= lack
    asked = sorted(moved.keys() | least.keys())
    return [move(pool, part, moved[part], least.get(part, 0)) for part in asked if moved[part] or least.get(part)]


def give_back(draft: Draft, order: str, units: Mapping[str, int]) -> Verb[None]:
    """Put back into each pool what was kept of it for an order."""
    found = yield from ask(*(Find(StockPart, _of(pool)) for pool in units))
    for parts, (pool, back) in zip(found, units.items(), strict=True):
        part = parts[crc32(order.encode()) % len(parts)].part if parts else OWN
        draft.add(move(pool, part, back))


def _of(pool: str) -> tuple[Where, ...]:
    return (("pool", "=", pool),)


def _least(found: Rows, gone: int) -> dict[int, int]:
    """What must stay in each row, so that `gone` stay in all: the first rows hold it, for whoever takes at once."""
    least = {}
    for part, free in sorted(found.items()):
        least[part] = min(free, gone)
        gone -= least[part]
    least[OWN] += gone
    return least


def _divided(free: int) -> dict[int, int]:
    """What moves when so many lie undivided; too few for all parts stay where they are."""
    share = free // PARTS
    return {OWN: -share * PARTS, **dict.fromkeys(range(1, PARTS + 1), share)}


def _round(there: Rows, point: int) -> list[int]:
    """All rows, from the one that holds the unit with this number on."""
    numbers = sorted(there)
    for place, part in enumerate(numbers):
        if point < there[part]:
            return numbers[place:] + numbers[:place]
        point -= there[part]
    return numbers
