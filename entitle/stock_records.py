"""Rows beside a pool or a counter: the lots that card codes came in, and the parts that what is hot lies in."""

from dataclasses import dataclass

from entitle.records import Record


@dataclass(frozen=True, slots=True)
class StockLot(Record):
    """Card codes that came together.

    source      from whom; `cost` is what one code cost, in minor units of the store's currency, where that was told
    expires_at  from when on none of them is sold
    """

    pool: str
    id: str
    source: str
    cost: int | None
    expires_at: int | None
    at: int
    by: str


@dataclass(frozen=True, slots=True)
class StockPart(Record):
    """What is left in one part of a pool, beside what its own row holds: both are free."""

    pool: str
    part: int
    free: int


@dataclass(frozen=True, slots=True)
class CountPart(Record):
    """Room in one part of a counter: its own row counts it as used, and nobody has used it yet."""

    subject: str
    counter: str
    bucket: str
    part: int
    free: int
