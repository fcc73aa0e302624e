"""The same request twice at once: whoever comes second hears what became of the first, not that nothing is left."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from entitle import Done, Purchase, Review
from entitle.decision import ON_ACCOUNT
from entitle.plan import Answer, Effect, Plan, Read, one_by_one
from entitle.shop.facade import Shop
from entitle.testing.world import World
from tests.everything import release, who
from tests.shops import ANN, codes, done, world

CARD = "cinema-card"
RISKY = replace(who("ann"), facts={"customer.risk": 90})
Ask = Callable[[Shop], Any]


class Between:
    """Over another store: something happens once, after the first rows were read."""

    def __init__(self, place: World, meanwhile: Callable[[], object]) -> None:
        self._store, self._meanwhile, self.reads = place.store, meanwhile, 0

    def fetch(self, reads: tuple[Read, ...]) -> tuple[Any, ...]:
        rows = self._store.fetch(reads)
        self.reads += 1
        if self.reads == 1:
            self._meanwhile()
        return rows

    def apply(self, plan: Plan) -> Effect | None:
        return self._store.apply(plan)

    def apply_each(self, plans: Sequence[Plan]) -> list[Answer]:
        return one_by_one(self.apply, plans)

    def close(self) -> None: ...


def second(place: World, ask: Ask) -> Any:
    """What the later of two that ask the same is told: the other is done between its reads."""
    store = Between(place, lambda: ask(place.shop))
    return ask(Shop(store, place.shop._ctx.keys, place.clock.instant, os.urandom))


def buy(shop: Shop) -> Any:
    return shop.buy(ANN, CARD, key="k", paid=ON_ACCOUNT)


def buy_with_others(shop: Shop) -> Any:
    (answer,) = shop.buy_many([Purchase(ANN, CARD, key="k", paid=ON_ACCOUNT)])
    return answer


def hold(shop: Shop) -> Any:
    return shop.hold(ANN, CARD, key="k")


@pytest.mark.parametrize("ask", [buy, buy_with_others, hold])
def test_the_last_unit_is_told_to_both(place: World, ask: Ask) -> None:
    place.fill("cinema-codes", 1)
    answer = second(place, ask)
    assert isinstance(answer, Done)
    assert answer.replayed
    assert place.shop.reconcile().ok


def test_a_limit_that_the_first_used_is_no_refusal_of_the_second(place: World) -> None:
    """The club may run once for a customer."""
    answer = second(place, lambda shop: shop.buy(ANN, "starlight-monthly", key="k"))
    assert isinstance(answer, Done)
    assert answer.replayed


def test_another_key_is_told_no(place: World) -> None:
    place.fill("cinema-codes", 1)
    keys = iter("ab")
    answer = second(place, lambda shop: shop.buy(ANN, CARD, key=next(keys), paid=ON_ACCOUNT))
    assert codes(answer) == ["sold-out"]


def buy_risky(shop: Shop) -> Any:
    return shop.buy(RISKY, "card", key="k", paid=ON_ACCOUNT)


def buy_risky_with_others(shop: Shop) -> Any:
    (answer,) = shop.buy_many([Purchase(RISKY, "card", key="k", paid=ON_ACCOUNT)])
    return answer


@pytest.mark.parametrize("ask", [buy_risky, buy_risky_with_others])
def test_the_last_unit_after_a_review_is_told_to_both(ask: Ask) -> None:
    """The key was there before: it stood for the review."""
    place = world(release=release())
    place.fill("codes", 1)
    place.fill("seats", 1)
    review = ask(place.shop)
    assert isinstance(review, Review)
    done(place.shop.resolve(review, approve=True, key="yes", by="ops"))
    answer = second(place, ask)
    assert isinstance(answer, Done)
    assert answer.replayed
    assert place.shop.reconcile().ok
