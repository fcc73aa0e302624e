"""Rows beside a contract: whether releases may move its price, and what takes its place."""

from dataclasses import dataclass

from entitle.records import Record


@dataclass(frozen=True, slots=True)
class Follower(Record):
    """A contract that was promised no price: releases may move it.

    release     whose price it has
    activation  the last one that it was looked at under; None once it has ended
    """

    stream: str
    contract: str
    release: str
    activation: int | None


@dataclass(frozen=True, slots=True)
class PlanChange(Record):
    """A change that was asked for: another contract takes the place of this one. Planned for the end of its period,
    done, or undone; of one contract one at most is planned.

    product   what it becomes
    order     that brings it, made when it is done; the change is known by it, since a contract may have several
    decision  what was decided when it was asked for, under `release`, the activation of which it was
    amount    the first charge of the new product
    ref       of the payment whose unused share was credited
    """

    stream: str
    contract: str
    product: str
    order: str
    decision: str
    release: str
    activation: int
    amount: int
    at: int
    due_at: int
    state: str
    ref: str = ""
