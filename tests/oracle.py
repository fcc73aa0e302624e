"""The serial oracle: a shop's books as one plain object, from the rules alone.

It shares no code with the shop, its plans or its stores: lists, dicts, and time arithmetic. It answers every verb with
`"ok"` or the reason, and knows what every customer holds. Rules it needs are told as plain numbers (`Offer`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from entitle.values.civil import Term, deadline, latest_boundary, shift, window
from entitle.values.zone import Zone

Instant = int


@dataclass(frozen=True)
class Gift:
    """An item: its benefit, and how it is given. `waits`: days it can be claimed; `every`: monthly issues, `times`."""

    item: str
    kind: str
    paid_time: bool = False
    waits: int | None = None
    once: bool = False
    monthly: int = 0
    uses: int = 1
    amount: int = 0
    refills: bool = False


@dataclass(frozen=True)
class Offer:
    """A product in plain numbers. `prices`: (price, periods or None, whether once per customer)."""

    name: str
    prices: tuple[tuple[int, int | None, bool], ...]
    gifts: tuple[Gift, ...]
    renews: Term | None = None
    trial: Term | None = None
    lasts: Term | None = None
    retry: tuple[int, ...] = ()
    keep: int = 0
    one_running: bool = False
    a_day: int | None = None
    rolling: tuple[int, int] | None = None  # at most so many units in so many microseconds
    most: int = 1


@dataclass
class Grant:
    gift: Gift
    state: str
    granted: Instant
    claim_until: Instant | None
    until: Instant | None
    since: Instant | None
    used: int = 0
    filling: int = 0


@dataclass
class Contract:
    offer: Offer
    anchor: Instant
    quantity: int
    timeline: list[tuple[int, int | None]]
    trial: bool
    grants: list[Grant]
    paid: int = 1
    state: str = "running"
    cancelled: bool = False
    ends: Instant | None = None
    attempts: int = 0
    next_try: Instant | None = None
    paid_at: dict[int, Instant] = field(default_factory=dict)
    issued: int = 1


@dataclass
class Customer:
    contracts: list[Contract] = field(default_factory=list)
    once: set[str] = field(default_factory=set)
    bought: list[tuple[str, Instant, int]] = field(default_factory=list)
    paid: int = 0


class Oracle:
    """The books, and what each verb does to them at an instant."""

    def __init__(self, zone: Zone, offers: dict[str, Offer]) -> None:
        self.zone, self.offers = zone, offers
        self.customers: dict[str, Customer] = {}

    def of(self, name: str) -> Customer:
        return self.customers.setdefault(name, Customer())

    # ---- time

    def days(self, at: Instant, count: int) -> Instant:
        return shift(self.zone, at, Term(count, "day"))

    def start(self, contract: Contract, n: int) -> Instant | None:
        """When charge n is due; None after the last."""
        if n > 1 and self.price(contract, n) is None:
            return None
        return self._edge(contract, n - 1)

    def _edge(self, contract: Contract, n: int) -> Instant:
        offer = contract.offer
        if offer.renews is None:
            return contract.anchor if n == 0 or offer.lasts is None else shift(self.zone, contract.anchor, offer.lasts)
        if not contract.trial or offer.trial is None:
            return shift(self.zone, contract.anchor, offer.renews, n)
        first = shift(self.zone, contract.anchor, offer.trial)
        return contract.anchor if n == 0 else shift(self.zone, first, offer.renews, n - 1)

    def price(self, contract: Contract, n: int) -> int | None:
        for price, periods in contract.timeline:
            if periods is None or n <= periods:
                return price
            n -= periods
        return None

    def paid_until(self, contract: Contract) -> Instant | None:
        if contract.offer.renews is None and contract.offer.lasts is None:
            return None
        return self._edge(contract, contract.paid)

    def natural_end(self, contract: Contract) -> Instant | None:
        counts = [periods for _, periods in contract.timeline]
        if None in counts or (contract.offer.renews is None and contract.offer.lasts is None):
            return None
        return self._edge(contract, sum(count or 0 for count in counts))

    def access_until(self, contract: Contract) -> Instant | None:
        end = self.paid_until(contract)
        if end is None or contract.cancelled or self.price(contract, contract.paid + 1) is None:
            return end
        return self.days(end, contract.offer.keep)

    def over(self, contract: Contract, at: Instant) -> bool:
        return contract.state == "ended" or (contract.ends is not None and at >= contract.ends)

    # ---- verbs

    def buy(self, name: str, product: str, quantity: int, at: Instant) -> str:
        customer, offer = self.of(name), self.offers[product]
        if quantity > offer.most:
            return "quantity"
        if (reason := self._limited(customer, offer, quantity, at)) is not None:
            return reason
        kept = [
            (price, periods, once) for price, periods, once in offer.prices if not self._spent(customer, offer, once)
        ]
        trial = offer.trial is not None and len(kept) == len(offer.prices)
        contract = Contract(offer, at, quantity, [(price, periods) for price, periods, _ in kept], trial, [])
        if any(once for _, _, once in kept):
            customer.once.add(f"{product}/phase")
        contract.paid_at[1] = at
        contract.ends = self.natural_end(contract)
        if self.price(contract, 2) is not None:
            contract.next_try = self.start(contract, 2)
        for gift in offer.gifts:
            if gift.once and f"{product}/{gift.item}" in customer.once:
                continue
            if gift.once:
                customer.once.add(f"{product}/{gift.item}")
            contract.grants += [self._grant(contract, gift, at) for _ in range(quantity)]
        customer.contracts.append(contract)
        customer.bought.append((product, at, quantity))
        customer.paid += kept[0][0] * quantity
        return "ok"

    def _spent(self, customer: Customer, offer: Offer, once: bool) -> bool:
        return once and f"{offer.name}/phase" in customer.once

    def _limited(self, customer: Customer, offer: Offer, quantity: int, at: Instant) -> str | None:
        mine = [(when, units) for product, when, units in customer.bought if product == offer.name]
        alive = [each for each in customer.contracts if each.offer.name == offer.name and not self.over(each, at)]
        if offer.one_running and alive:
            return "one-running"
        today = window(self.zone, at, "day")
        if offer.a_day is not None:
            used = sum(units for when, units in mine if today[0] <= when < today[1])
            if used + quantity > offer.a_day:
                return "a-day"
        if offer.rolling is not None:
            most, stretch = offer.rolling
            if sum(units for when, units in mine if when > at - stretch) + quantity > most:
                return "rolling"
        return None

    def _grant(self, contract: Contract, gift: Gift, at: Instant) -> Grant:
        claim_until = None if gift.waits is None else deadline(self.zone, at, Term(gift.waits, "day"))
        waiting = claim_until is not None
        until = self.access_until(contract) if gift.paid_time else None if waiting else self._valid(gift, at)
        return Grant(gift, "claimable" if waiting else "active", at, claim_until, until, None if waiting else at)

    def _valid(self, gift: Gift, since: Instant) -> Instant | None:
        return deadline(self.zone, since, Term(90, "day")) if gift.kind == "voucher" else None

    def state(self, grant: Grant, at: Instant) -> str:
        ends = grant.claim_until if grant.state == "claimable" else grant.until if grant.state == "active" else None
        return "expired" if ends is not None and at >= ends else grant.state

    def grants(self, name: str) -> list[Grant]:
        return sorted((g for c in self.of(name).contracts for g in c.grants), key=lambda grant: grant.granted)

    def claim(self, grant: Grant, at: Instant) -> str:
        match self.state(grant, at):
            case "claimable":
                grant.state, grant.since, grant.until = "active", at, self._valid(grant.gift, at)
                return "ok"
            case _ if grant.claim_until is None:
                return "nothing-to-claim"
            case _ if grant.since is not None:
                return "already-claimed"
            case _:
                return "claim-expired"

    def redeem(self, grant: Grant, at: Instant) -> str:
        match self.state(grant, at):
            case "active":
                grant.used += 1
                grant.state = "used" if grant.used == grant.gift.uses else "active"
                return "ok"
            case "claimable":
                return "not-claimed"
            case "used":
                return "used-up"
            case _:
                return "not-claimed" if grant.until is None else "expired"

    def reverse(self, grant: Grant) -> None:
        grant.used -= 1
        grant.state = "active" if grant.state == "used" else grant.state

    def spend(self, name: str, amount: int, at: Instant) -> str:
        quotas = [grant for grant in self.grants(name) if grant.gift.kind == "quota"]
        active = [grant for grant in quotas if self.state(grant, at) == "active"]
        if not quotas:
            return "nothing-to-redeem"
        if not active:
            return "expired"
        if sum(self.left(grant, at) for grant in active) < amount:
            return "used-up"
        for grant in sorted(active, key=lambda each: each.until or 2**62):
            part = min(amount, self.left(grant, at))
            grant.used, grant.filling = grant.gift.amount - self.left(grant, at) + part, self._filling(grant, at)
            amount -= part
        return "ok"

    def left(self, grant: Grant, at: Instant) -> int:
        return grant.gift.amount - (grant.used if self._filling(grant, at) == grant.filling else 0)

    def _filling(self, grant: Grant, at: Instant) -> int:
        if not grant.gift.refills or grant.since is None:
            return 0
        return max(0, latest_boundary(self.zone, grant.since, Term(1, "month"), at))

    def cancel(self, contract: Contract, now: bool, at: Instant) -> str:
        if contract.offer.renews is None:
            return "not-renewing"
        if self.over(contract, at):
            return "ended"
        if contract.cancelled and not now:
            return "already-cancelled"
        end = self.paid_until(contract)
        contract.ends = at if now or end is None else max(at, end)
        contract.cancelled, contract.next_try = True, None
        for grant in contract.grants:
            if grant.gift.paid_time and grant.state == "active":
                grant.until = min(grant.until or contract.ends, contract.ends)
        return "ok"

    def undo(self, contract: Contract, at: Instant) -> str:
        if self.over(contract, at):
            return "ended"
        if not contract.cancelled:
            return "not-cancelled"
        contract.cancelled, contract.ends = False, self.natural_end(contract)
        if self.price(contract, contract.paid + 1) is not None:
            contract.next_try = self.start(contract, contract.paid + 1)
        self._extend(contract)
        return "ok"

    def _extend(self, contract: Contract) -> None:
        for grant in contract.grants:
            if grant.gift.paid_time and grant.state == "active":
                grant.until = self.access_until(contract)

    # ---- charges

    def due(self, at: Instant) -> Iterator[tuple[str, Contract]]:
        """Contracts with a charge to try now that costs something."""
        for name, customer in self.customers.items():
            for contract in customer.contracts:
                tried = contract.next_try is not None and contract.next_try <= at
                if tried and not self.lapsed(contract, at) and self.price(contract, contract.paid + 1):
                    yield name, contract

    def lapsed(self, contract: Contract, at: Instant) -> bool:
        """Over for a payment: at the very instant of its end payment still comes first, unless the customer left."""
        if contract.state == "ended" or (contract.ends is not None and at > contract.ends):
            return True
        return contract.cancelled and contract.ends is not None and at >= contract.ends

    def pay(self, name: str, contract: Contract, at: Instant) -> None:
        price = self.price(contract, contract.paid + 1)
        assert price is not None
        self.of(name).paid += price * contract.quantity
        contract.paid += 1
        contract.paid_at[contract.paid] = at
        contract.state, contract.ends, contract.attempts = "running", self.natural_end(contract), 0
        more = self.price(contract, contract.paid + 1) is not None
        contract.next_try = self.start(contract, contract.paid + 1) if more else None
        self._extend(contract)

    def decline(self, contract: Contract, final: bool, at: Instant) -> None:
        due = self.start(contract, contract.paid + 1)
        assert due is not None
        retries = [self.days(due, each) for each in contract.offer.retry]
        kept = self.days(due, contract.offer.keep)
        contract.state, contract.attempts = "failing", contract.attempts + 1
        contract.next_try = None if final else min((each for each in retries if each > at), default=None)
        natural = self.natural_end(contract)
        contract.ends = max(at, kept) if final else max([at, kept, *retries])
        if natural is not None:
            contract.ends = min(contract.ends, natural)

    # ---- work

    def tick(self, at_of: dict[str, Instant]) -> None:
        """All due work, however late, until nothing is left. `at_of`: the instant of each customer's stream."""
        for name, customer in self.customers.items():
            at = at_of[name]
            for contract in customer.contracts:
                while self._free(name, contract, at):
                    pass
                self._issue(contract, at)
                self._end(contract, at)
                for grant in contract.grants:
                    grant.state = self.state(grant, at) if not grant.gift.paid_time else grant.state

    def _free(self, name: str, contract: Contract, at: Instant) -> bool:
        free = self.price(contract, contract.paid + 1) == 0 and contract.next_try is not None
        if free and contract.next_try is not None and contract.next_try <= at:
            self.pay(name, contract, at)
            return True
        return False

    def _issue(self, contract: Contract, at: Instant) -> None:
        for gift in contract.offer.gifts:
            while gift.monthly and contract.issued < gift.monthly:
                due = shift(self.zone, contract.anchor, Term(1, "month"), contract.issued)
                end = self.paid_until(contract)
                if due > at or (end is not None and due >= end):
                    break
                contract.issued += 1
                contract.grants += [self._grant(contract, gift, due) for _ in range(contract.quantity)]

    def _end(self, contract: Contract, at: Instant) -> None:
        if contract.state == "ended" or contract.ends is None or contract.ends > at:
            return
        waits = contract.state == "failing" and contract.ends == at and contract.next_try is not None
        if waits and contract.next_try is not None and contract.next_try <= at:
            return
        contract.state, contract.next_try = "ended", None
        for grant in contract.grants:
            if grant.gift.paid_time and grant.state == "active":
                grant.state = "expired"

    # ---- what is held

    def has(self, name: str, at: Instant) -> set[str]:
        return {grant.gift.item for grant in self.grants(name) if self.state(grant, at) == "active"}
