"""Relays for tests: a small rulebook that tells three events a sale, endpoints that keep what comes, and a death."""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from entitle import Failed, Sent, Who
from entitle.decision import Answer
from entitle.keys import Keys
from entitle.plan import Answer as Carried
from entitle.plan import Effect, Plan, Read, Store, one_by_one
from entitle.shop.facade import Shop
from entitle.shop.read import EventView
from entitle.testing.world import World
from tests.books import released
from tests.shops import buy

SECOND = 1_000_000
DAY = 86_400 * SECOND
BOOK = released("products:\n  p: {name: P, price: ¥1.00, gives: [{benefit: ticket}]}\n")
TO = "crm"


class Receiver:
    """An endpoint that keeps what it took. `says` is asked first, with the event and how often it came."""

    def __init__(self, says: Callable[[EventView, int], Answer] = lambda _event, _times: Sent()) -> None:
        self.says = says
        self.came: list[EventView] = []
        self.took: list[EventView] = []

    def __call__(self, event: EventView) -> Answer:
        self.came.append(event)
        answer = self.says(event, self.came.count(event))
        if isinstance(answer, Sent):
            self.took.append(event)
        return answer

    def numbers(self, customer: str) -> list[int]:
        return [event.number for event in self.took if event.customer == customer]


def sell(place: World, *customers: str) -> None:
    for customer in customers:
        buy(place.shop, Who(customer, channel="app"), "p", f"{customer}-{len(told(place))}")


def told(place: World) -> list[EventView]:
    found: list[EventView] = []
    while page := place.shop.events(after=found[-1].cursor if found else 0):
        found += page
    return found


def refuse(*problems: str) -> Callable[[EventView, int], Answer]:
    """Fails so often, an event."""
    return lambda _event, times: Failed(problems[times - 1]) if times <= len(problems) else Sent()


def wait(place: World) -> None:
    """Until nothing is to be waited for but what is held."""
    place.clock.now += DAY


class Died(BaseException):
    """The process was killed."""


class Mortal:
    """A store through which a process that was killed does nothing more."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._is_dead = False

    def fetch(self, reads: tuple[Read, ...]) -> tuple[Any, ...]:
        return self._store.fetch(reads)

    def apply(self, plan: tuple[Effect, ...]) -> Effect | None:
        if self._is_dead:
            raise Died
        return self._store.apply(plan)

    def apply_each(self, plans: Sequence[Plan]) -> list[Carried]:
        return one_by_one(self.apply, plans)

    def close(self) -> None:
        self._store.close()

    def dying(self, crm: Receiver, count: int) -> Callable[[EventView], Answer]:
        """Posts so many events, and is killed after the next one arrived, before that is noted."""
        left: Iterator[int] = iter(range(count))

        def post(event: EventView) -> Answer:
            answer = crm(event)
            if next(left, None) is None:
                self._is_dead = True
                raise Died
            return answer

        return post


def shop_on(store: Store, place: World) -> Shop:
    return Shop(store, Keys.from_text("a virtual shop"), place.clock.instant, random.Random(0).randbytes)
