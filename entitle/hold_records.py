"""Rows of holds: purchases that were decided and wait for their payment, and what is kept for them."""

from dataclasses import dataclass

from entitle.records import Record


@dataclass(frozen=True, slots=True)
class Hold(Record):
    """A purchase that may be confirmed until it expires.

    order       the order that confirming makes: what it uses of limits and offers stands under that id from the start
    decision    what was decided when it was placed, under `release`, the activation of which it was
    expires_at  the first instant at which it stands no more
    lines       as JSON: [product, quantity, minor units]
    told        as JSON: the channel, and the keys that measures count by
    state       held, confirmed, voided or expired; what is past its end may be "held" until somebody tidies it up
    """

    stream: str
    id: str
    order: str
    decision: str
    release: str
    activation: int
    at: int
    expires_at: int
    total: int
    currency: str
    lines: str
    told: str
    state: str


@dataclass(frozen=True, slots=True)
class Kept(Record):
    """Units of a pool that are kept for a hold `until` it expires; None once they are sold, or free again."""

    pool: str
    order: str
    stream: str
    units: int
    until: int | None
