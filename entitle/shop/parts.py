"""Parts: a number that very many move at once lies in many rows, so that they do not wait for one another.

It is the stock of a pool, or the room that is left in a limit or budget. What is left is what its own row and all its
parts hold together, whatever a release says of it: nobody is told that nothing is left while any of them has a unit.
Who takes begins at a row drawn at random, a fuller one more often, and goes round for what that one lacks; so the rows
empty together, and the last units are found. What lies undivided in the own row is divided by whoever draws that one.

The own row of a counter counts what is used, and what lies in parts is used up there: so no sum of rows is ever above
the maximum. Where a later release lowers that, the own row is above it; whoever takes next moves so much back from the
parts first.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from entitle.hold_records import Kept
from entitle.identity import KEYS
from entitle.plan import LARGEST, Add, Find, Get, Read, Tally, Where
from entitle.records import Count, Record, Stock, Use
from entitle.runtime.limits import ALL
from entitle.shop.draft import Draft
from entitle.shop.verb import Context, Verb, ask
from entitle.stock_records import CountPart, StockPart
from entitle.values.zone import Instant

OWN = 0  # the number of a number's own row; its parts begin with 1
PARTS = 32
POINT_BYTES = 8

Rows = Mapping[int, int]  # what is left in each row, by its number; below nothing where the own row is over its maximum
CountKey = tuple[str, str, str]
UNSEEN: Rows = {OWN: 0}  # of a number that lies in its own row alone: the guard finds out what that has


@dataclass(frozen=True, slots=True)
class Divisible:
    """A number that may lie in parts.

    own   its own row, as it begins
    part  the records of its parts; `kept`: those of what holds keep of it
    most  of a counter: how much may be used
    """

    own: Stock | Count
    part: type[StockPart] | type[CountPart]
    kept: type[Kept] | type[Use]
    most: int = 0

    @property
    def key(self) -> tuple[Any, ...]:
        return tuple([getattr(self.own, name) for name in KEYS[type(self.own)]])

    @property
    def where(self) -> tuple[Where, ...]:
        """The rows of other tables that are about it."""
        return tuple([(name, "=", getattr(self.own, name)) for name in KEYS[type(self.own)]])

    @property
    def is_shared(self) -> bool:
        """Whether it may lie in parts at all: what one customer or device used is moved by one at a time."""
        return not isinstance(self.own, Count) or self.own.subject == ALL

    def begun(self, part: int) -> StockPart | CountPart:
        """A part that holds nothing."""
        if isinstance(self.own, Stock):
            return StockPart(self.own.pool, part, 0)
        return CountPart(self.own.subject, self.own.counter, self.own.bucket, part, 0)

    def left(self, row: Record | None) -> int:
        """What the own row has left."""
        match row:
            case Stock(free=free):
                return free
            case Count(used=used):
                return self.most - used
        return self.most

    def move(self, part: int, by: int, least: int = 0, most: int = LARGEST) -> Add:
        """Put into a row or take from it, guarded by what stays in it."""
        if part != OWN:
            return Add(self.begun(part), "free", by, least, most)
        if isinstance(self.own, Stock):
            return Add(self.own, "free", by, least, most)
        return Add(self.own, "used", -by, max(0, self.most - most), self.most - least)


def of_pool(pool: str) -> Divisible:
    """The stock of a pool."""
    return Divisible(Stock(pool, 0), StockPart, Kept)


def of_count(key: CountKey, most: int = LARGEST) -> Divisible:
    """The room that is left in one bucket of a counter."""
    return Divisible(Count(*key, 0), CountPart, Use, most)


def in_parts(of: Divisible) -> Tally:
    """What the parts hold together, beside the own row."""
    return Tally(of.part, of.where, "sum", "free")


def rows_of(of: Divisible) -> tuple[Read, Read]:
    return Get(type(of.own), of.key), Find(of.part, of.where)


def rows(of: Divisible, own: Record | None, parts: Sequence[StockPart | CountPart]) -> dict[int, int]:
    """The rows, out of the answers to `rows_of`."""
    return {OWN: of.left(own), **{each.part: each.free for each in parts}}


def lapsed(of: Divisible, at: Instant) -> Tally:
    """What holds that expired still keep of it."""
    return Tally(of.kept, (*of.where, ("until", "<=", at)), "sum", "units")


def planned(draft: Draft, of: Divisible, found: Rows) -> dict[int, int]:
    """The rows as they will be after what the draft does already, the steps beside it among that."""
    moved = Counter(found)
    for step in (*draft.beside.values(), draft):
        for effect in step.effects:
            match effect:
                case Add(row=Stock() | Count() as own, by=by) if own == of.own:
                    moved[OWN] += by if isinstance(own, Stock) else -by
                case Add(row=StockPart(part=part) | CountPart(part=part) as row, by=by) if row == of.begun(part):
                    moved[part] += by
    return dict(moved)


def put(of: Divisible, units: int, hot: bool) -> list[Add]:
    """Put in so many; where it is hot, divided. The own row comes first: the parts name it."""
    moved = _divided(units) if hot else {OWN: 0}
    moved[OWN] += units
    return [of.move(part, by) for part, by in sorted(moved.items()) if by or part == OWN]


def point(ctx: Context, hot: bool) -> int | None:
    """Where who takes begins, drawn at random; None: with the first row, since it is not hot."""
    return int.from_bytes(ctx.random(POINT_BYTES)) if hot else None


def take(
    of: Divisible, found: Rows, units: int, gone: int = 0, point: int | None = None, *, as_found: bool = False
) -> list[Add]:
    """Take so many from rows, so that `gone` stay in them together. Where they hold less, a guard fails.

    as_found  and where any row is not as it was found
    """
    least = _least(found, gone)
    moved = _taken(found, least, units, point)
    if as_found:
        after = {part: found.get(part, 0) + moved[part] for part in sorted(found.keys() | moved.keys())}
        return [of.move(part, moved[part], max(0, free), free) for part, free in after.items()]
    over = {OWN} if found[OWN] < 0 else set()  # guarded whatever moves in it
    asked = over | {part for part in moved.keys() | least.keys() if moved[part] or least.get(part)}
    return [of.move(part, moved[part], least.get(part, 0)) for part in sorted(asked)]


def _taken(found: Rows, least: Rows, units: int, point: int | None) -> Counter[int]:
    """What moves in each row."""
    there = {part: max(0, free - least[part]) for part, free in sorted(found.items())}
    over = max(0, -found[OWN])
    moved = Counter({OWN: over})
    if point is not None:
        point %= max(1, sum(there.values()))
        if point < there[OWN]:
            moved.update(_divided(there[OWN]))
            there = {part: there.get(part, 0) + moved[part] for part in range(max(PARTS, *there) + 1)}
    lack = units + over
    for part in _round(there, point or 0):
        taken = min(lack, there[part])
        moved[part] -= taken
        lack -= taken
    moved[OWN] -= lack
    return moved


def give_back(draft: Draft, order: str, units: Mapping[Divisible, int]) -> Verb[None]:
    """Put back into each what was taken of it for an order."""
    shared = [of for of in units if of.is_shared]
    found = (yield from ask(*(Find(of.part, of.where) for of in shared))) if shared else ()
    parts = dict(zip(shared, found, strict=True))
    for of, back in units.items():
        there = parts.get(of)
        draft.add(of.move(there[crc32(order.encode()) % len(there)].part if there else OWN, back))


def _least(found: Rows, gone: int) -> dict[int, int]:
    """What must stay in each row, so that `gone` stay in all: the first rows hold it, for whoever takes at once."""
    least = {}
    for part, free in sorted(found.items()):
        least[part] = max(0, min(free, gone))
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
