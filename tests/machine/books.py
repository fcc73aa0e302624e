"""What the oracle remembers: contracts and grants as logs of what happened, from which everything else is computed.

Nothing here is kept that could be recomputed: an end, a state, what is left are always asked anew.
"""

from dataclasses import dataclass, field
from functools import lru_cache

from entitle.release import Benefit, Counter, Item, Product, Release
from entitle.values.civil import Term, deadline, latest_boundary, shift
from entitle.values.zone import Instant, Zone
from tests.machine.periods import Period, Timeline
from tests.machine.verdict import Answer

last_day = lru_cache(100_000)(deadline)  # asked for again and again; it never changes


@dataclass(eq=False)
class Contract:
    """A bought line. `paid`: when each period was settled, the first one first; `id` is whatever the shop calls it."""

    stream: str
    order: "Order"
    product: Product
    release: Release
    timeline: Timeline
    quantity: int
    gives: tuple[Item, ...]
    paid: list[Instant]
    id: str = ""
    grants: list["Grant"] = field(default_factory=list)
    issued: dict[str, int] = field(default_factory=dict)
    reminded: set[tuple[int, int]] = field(default_factory=set)
    written_at: Instant = 0  # when its last period was settled, as the ledger has it
    restored_at: Instant = 0
    attempt: int = 0
    next_try: Instant | None = None
    lease_until: Instant = 0
    pending: bool = False
    failing_until: Instant | None = None
    cancelled_at: Instant | None = None
    cancelled_end: Instant | None = None
    over_told: bool = False
    closed: bool = False  # what was paid last went back, so nothing more comes of it
    refunded: dict[tuple[int, int, str], int] = field(default_factory=dict)  # of a charge, a unit and an item

    def cost(self, n: int) -> int:
        """What a charge came to."""
        return self.timeline.price(n) * self.quantity

    def gave_back(self, n: int) -> int:
        return sum(amount for (charge, _, _), amount in self.refunded.items() if charge == n)

    def gone(self, n: int) -> bool:
        """Has all of a charge gone back?"""
        shared = all(item.share is not None for item in self.product.gives)
        parts = self.quantity * (len(self.product.gives) if shared else 1)
        return sum(charge == n for charge, _, _ in self.refunded) == parts

    @property
    def current(self) -> Period:
        """The period paid last."""
        found = self.timeline.period(len(self.paid))
        assert found is not None
        return found

    @property
    def next(self) -> Period | None:
        """The period to be charged next, whether or not the customer has left."""
        return self.timeline.period(len(self.paid) + 1)

    @property
    def to_charge(self) -> Period | None:
        return None if self.cancelled_at is not None or self.over_told else self.next

    @property
    def ends(self) -> Instant | None:
        if self.cancelled_at is not None:
            return self.cancelled_end
        ends = [end for end in (self.timeline.end(), self.failing_until) if end is not None]
        return min(ends, default=None)

    def ended(self, at: Instant) -> bool:
        return self.over_told or (self.ends is not None and at >= self.ends)

    def too_late_to_pay(self, at: Instant) -> bool:
        """Payment comes before lapse at one instant, but not after the customer has left."""
        if self.cancelled_at is not None:
            return self.ended(at)
        return self.over_told or (self.ends is not None and at > self.ends)

    def trying(self, at: Instant) -> bool:
        """At the very end of a failing contract: is there a try that may still save it?"""
        return self.failing_until is not None and self.next_try is not None and self.ends == at

    def runs(self, at: Instant) -> bool:
        return not self.ended(at) or (not self.over_told and self.trying(at))

    def state(self, at: Instant) -> str:
        if self.ended(at):
            return "ended"
        if self.cancelled_at is not None:
            return "cancelled"
        if at < self.timeline.anchor:
            return "scheduled"
        return "failing" if self.failing_until is not None else "running"

    def keeps(self, instant: Instant) -> Instant:
        """The instant plus what is kept after a charge that was due then."""
        subscription = self.product.subscription
        keep = subscription.keep_access if subscription else None
        return shift(self.release.zone, instant, keep) if keep else instant

    def access_until(self) -> Instant | None:
        """The end of the paid time and of what costs nothing after it, and what is kept if there is a charge then."""
        period, following = self.current, self.next
        while following is not None and following.price == 0:
            period, following = following, self.timeline.period(following.n + 1)
        if period.end is None:
            return None
        until = period.end if following is None else self.keeps(period.end)
        return until if self.cancelled_end is None else min(until, self.cancelled_end)

    def paid_at(self, instant: Instant) -> tuple[Period, Instant]:
        """The paid period that holds an instant, and when it was settled."""
        for n in range(len(self.paid), 0, -1):
            period = self.timeline.period(n)
            assert period is not None
            if period.start <= instant:
                return period, self.paid[n - 1]
        raise AssertionError("nothing is issued before the purchase")

    def view(self, at: Instant) -> tuple[object, ...]:
        """What a customer sees: product, state, start, periods paid, paid until, end, next charge."""
        goes_on = self.next is not None and (self.ends is None or self.next.start < self.ends)
        charged = (
            self.state(at) in ("scheduled", "running", "failing") and goes_on
        )  # at its end nothing is charged any more
        return (
            self.product.id,
            self.state(at),
            self.timeline.anchor,
            len(self.paid),
            self.current.end,
            self.ends,
            self.next.start if charged and self.next else None,
        )


@dataclass(eq=False)
class Redemption:
    """One use of a voucher; `id` is whatever the shop calls it."""

    grant: "Grant"
    at: Instant
    outlet: str
    id: str = ""
    reversed_at: Instant | None = None


@dataclass(eq=False)
class Grant:
    """One unit's nth issue of an item. State: claimable, active, used, expired or revoked, as was last told."""

    contract: Contract
    item: Item
    benefit: Benefit
    unit: int
    n: int
    granted_at: Instant
    period: Period
    written_at: Instant
    state: str = "active"
    id: str = ""
    claimed_at: Instant | None = None
    noticed: bool = False
    shown: bool = False  # of a card code
    valid_to_the_last: Instant | None = None  # of what was revoked
    uses: list[Redemption] = field(default_factory=list)
    spent: list[tuple[Instant, int]] = field(default_factory=list)

    @property
    def zone(self) -> Zone:
        return self.contract.release.zone

    @property
    def claim_until(self) -> Instant | None:
        """What could be used no longer can be claimed no longer."""
        if self.item.claim_within is None:
            return None
        return min([last_day(self.zone, self.granted_at, self.item.claim_within), *self._validity(None)])

    @property
    def notice_at(self) -> Instant | None:
        """Three days before it can be claimed no more, where that is still to come when it is issued."""
        if self.claim_until is None:
            return None
        notice = shift(self.zone, self.claim_until, Term(3, "day"), -1)
        return notice if notice > self.written_at else None

    @property
    def active_from(self) -> Instant | None:
        return self.claimed_at if self.item.claim_within else self.granted_at

    @property
    def valid_until(self) -> Instant | None:
        if self.state == "revoked":
            return self.valid_to_the_last
        if self.active_from is None:
            return None
        ends = [self.contract.access_until()] if self.item.paid_time else []
        known = [end for end in [*ends, *self._validity(self.active_from)] if end is not None]
        return max(min(known), self.active_from) if known else None

    def _validity(self, claimed: Instant | None) -> list[Instant]:
        """The ends that its benefit knows; none is before it was granted, however late that was."""
        ends: list[Instant | None] = []
        for each in self.benefit.valid:
            match each.counts:
                case "grant" if each.term:
                    ends.append(last_day(self.zone, self.granted_at, each.term))
                case "claim" if each.term and claimed is not None:
                    ends.append(last_day(self.zone, claimed, each.term))
                case "instant":
                    ends.append(each.until)
                case "period_end":
                    ends.append(self.period.end)
        return [max(end, self.granted_at) for end in ends if end is not None]

    @property
    def ends(self) -> Instant | None:
        """When its present state ends by itself."""
        return {"claimable": self.claim_until, "active": self.valid_until}.get(self.state)

    def now(self, at: Instant) -> str:
        """Its state, whether or not anybody has told."""
        if self.ends is not None and at >= self.ends:
            return "expired"
        begins_later = self.state == "active" and self.active_from is not None and at < self.active_from
        return "scheduled" if begins_later else self.state

    @property
    def capacity(self) -> int:
        if self.benefit.quota is not None:
            return self.benefit.quota.amount * self.item.quantity
        if self.benefit.kind == "access":
            return 0
        return (self.benefit.redeem.uses if self.benefit.redeem else 1) * self.item.quantity

    def left(self, at: Instant) -> int:
        if self.shown:
            return 0
        if self.benefit.quota is None:
            return self.capacity - sum(1 for use in self.uses if use.reversed_at is None)
        return self.capacity - sum(amount for when, amount in self.spent if self._filling(when) == self._filling(at))

    def _filling(self, at: Instant) -> int:
        """How often a quota has been filled again."""
        resets = self.benefit.quota.resets if self.benefit.quota else None
        if resets is None or self.active_from is None:
            return 0
        return latest_boundary(self.zone, self.active_from, resets, at)

    def view(self, at: Instant) -> tuple[object, ...]:
        """What a customer sees: item, benefit, state, when granted, claimable until, valid until, what is left."""
        return (
            self.item.id,
            self.benefit.id,
            self.now(at),
            self.granted_at,
            self.claim_until,
            self.valid_until,
            self.left(at),
        )


@dataclass(eq=False)
class Order:
    stream: str
    at: Instant
    total: int
    lines: list[tuple[str, int, int]]  # product, quantity, amount
    contracts: list[Contract] = field(default_factory=list)
    id: str = ""
    ref: str = ""

    @property
    def gone(self) -> bool:
        """Has all of it gone back?"""
        return all(each.gone(n + 1) for each in self.contracts for n in range(len(each.paid)))

    def view(self, at: Instant) -> tuple[object, ...]:
        contracts = sorted((each.view(at) for each in self.contracts), key=repr)
        grants = sorted((g.view(at) for each in self.contracts for g in each.grants), key=repr)
        return self.total, self.at, self.lines, contracts, grants


@dataclass(eq=False)
class Hold:
    """A purchase that waits for its payment. State: held, confirmed, voided or expired, as was last told."""

    stream: str
    at: Instant
    expires_at: Instant
    total: int
    release: Release
    lines: list[tuple[str, int, int]]  # product, quantity, amount
    answers: list[Answer]
    draws: dict[str, int]
    state: str = "held"
    id: str = ""
    order: Order | None = None

    def stands(self, at: Instant) -> bool:
        return self.state == "held" and at < self.expires_at

    def now(self, at: Instant) -> str:
        """Its state, whether or not anybody has told."""
        return "expired" if self.state == "held" and at >= self.expires_at else self.state

    def view(self, at: Instant) -> tuple[object, ...]:
        return self.now(at), self.total, self.lines, self.at, self.expires_at, self.order is not None


@dataclass(eq=False)
class Use:
    """One use of a counter by a line of a hold, an order, or both, in the day or sale window that it was taken in."""

    counter: Counter
    subject: tuple[str, object]
    window: Instant
    at: Instant
    units: int
    line: int
    hold: Hold | None
    order: Order | None

    def counts(self, at: Instant) -> bool:
        if self.order is None:
            return self.hold is not None and self.hold.stands(at)
        return self.counter.of != "running" or self.order.contracts[self.line].runs(at)
