"""A shop on a virtual clock: time passes when it is told to, and stops at every instant at which work is due.

The rulebook's own tests, `simulate` and a shop's tests all live in one of these; nothing here decides anything.
"""

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from entitle.decision import Busy, InDoubt, Payment, Settlement
from entitle.ir import Value
from entitle.keys import Keys
from entitle.plan import Store
from entitle.release import FREE, Release
from entitle.runtime.encode import instant_of
from entitle.runtime.explain import moment
from entitle.shop.facade import Shop
from entitle.shop.fill import FILL_MAX
from entitle.shop.renew import ChargeView
from entitle.store.memory import MemoryStore
from entitle.values.money import Money
from entitle.values.zone import MICROSECOND, Instant

Pay = Callable[[ChargeView], Settlement | None]


class Clock:
    """A clock that stands still until somebody moves it. Called, it gives an aware datetime in UTC."""

    def __init__(self, start: datetime | Instant = 0) -> None:
        self.now: Instant = start if isinstance(start, int) else instant_of(start)

    def __call__(self) -> datetime:
        return moment(self.now)

    def instant(self) -> Instant:
        return self.now


def always(charge: ChargeView) -> Payment:
    """A payment provider that never declines."""
    return Payment(charge.amount, f"paid-{charge.attempt_key}")


def apart(facts: Mapping[str, object], release: Release) -> tuple[dict[str, object], dict[str, Value]]:
    """What the shop tells, and what stands in for what the store counts: measures and stock."""
    counted = {*release.measured, *(f"{FREE}{pool}" for pool in release.pools)}
    measures = {name: _measure(value) for name, value in facts.items() if name in counted}
    return {name: value for name, value in facts.items() if name not in measures}, measures


def _measure(value: object) -> Value:
    if isinstance(value, Money):
        return value.minor
    assert isinstance(value, int), "a measure is a number or an amount"
    return value


class World:
    """A shop, its clock, and the payment provider that answers its charges."""

    def __init__(self, release: Release | None = None, store: Store | None = None, start: Instant = 0) -> None:
        self.clock = Clock(start)
        self.store = store if store is not None else MemoryStore()
        seeded = random.Random(0)  # a trial run is the same every time; its codes open nothing
        self.shop = Shop(self.store, Keys.from_text("a virtual shop"), self.clock.instant, seeded.randbytes)
        if release is not None:
            self.shop.publish(release, by="testing")

    def fill(self, pool: str, units: int) -> None:
        """Put so many units, or so many new card codes, into a pool."""
        for first in range(0, units, FILL_MAX):
            self.shop.fill(pool, min(FILL_MAX, units - first), key=f"fill-{pool}-{first}", by="testing")

    def reach(self, until: Instant, pay: Pay = always) -> None:
        """Go to an instant, doing on the way, in order, all work that becomes due up to it and at it."""
        done = self.clock.now - 1  # the last instant whose work is done; what it left undone waits for the next one
        while (due := self._next_due()) is not None and max(due, done + 1) < until:
            self.clock.now = done = max(self.clock.now, due, done + 1)
            self.work(pay)
        self.clock.now = max(self.clock.now, until)
        self.work(pay)

    def at(self, when: datetime, pay: Pay = always) -> "World":
        """Go to a moment (an aware datetime), doing all due work on the way."""
        self.reach(instant_of(when), pay)
        return self

    def travel(self, days: int = 0, hours: int = 0, minutes: int = 0, pay: Pay = always) -> "World":
        """Let so much time pass (a day is 24 hours), doing all due work on the way."""
        self.reach(self.clock.now + timedelta(days=days, hours=hours, minutes=minutes) // MICROSECOND, pay)
        return self

    def _next_due(self) -> Instant | None:
        found = self.shop.next_due()
        return None if found is None else instant_of(found)

    def work(self, pay: Pay) -> None:
        """All work that is due at this very instant: payments first, then the rest, until nothing is left."""
        while self._collect(pay) + self.shop.tick():
            pass

    def _collect(self, pay: Pay) -> int:
        settled = 0
        for charge in self.shop.charges():
            result = pay(charge)
            if result is not None:
                settled += not isinstance(self.shop.settle(charge, result), Busy | InDoubt)
        return settled
