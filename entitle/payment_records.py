"""Rows of payments: what the money that a shop took was taken for."""

from dataclasses import dataclass

from entitle.records import Record


@dataclass(frozen=True, slots=True)
class UsedPayment(Record):
    """A payment that was presented, by the provider's reference: it is good for one case of all, for ever.

    stream  the customer who presented it first
    case    the order or contract that it paid; "" where it was refused, and its money goes back
    """

    stream: str
    ref: str
    case: str
    at: int
