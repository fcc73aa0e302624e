"""A commit whose fate is unknown: asked for once more, and what that tells is what is told."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal

import pytest

from entitle import Done, InDoubt, StoreError
from entitle.decision import ON_ACCOUNT, Outcome
from entitle.errors import InDoubtError
from entitle.plan import Answer, Effect, Find, Plan, Read, one_by_one
from entitle.records import Order
from entitle.shop.facade import Shop
from entitle.shop.views import OrderView
from entitle.testing.world import World
from tests.shops import ANN, BOB, codes, done

Fate = Literal["done", "lost", "late", "down"]
MONTHLY = "starlight-monthly"


class Doubtful:
    """A store that loses its answers: what was sent is done, or lost; it comes late, or the store goes down."""

    def __init__(self, place: World, *fates: Fate, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.store, self.fates, self.meanwhile = place.store, list(fates), meanwhile
        self.waiting: list[Plan] = []

    def fetch(self, reads: tuple[Read, ...]) -> tuple[Any, ...]:
        if self.fates[:1] == ["down"]:
            raise StoreError("the server is stopping")
        return self.store.fetch(reads)

    def apply(self, plan: Plan) -> Effect | None:
        if not self.fates:
            return self.store.apply(plan)
        match self.fates.pop(0):
            case "done":
                assert self.store.apply(plan) is None
            case "late":
                self.waiting.append(plan)
                self.meanwhile()
        raise InDoubtError("the connection failed at the commit")

    def apply_each(self, plans: Sequence[Plan]) -> list[Answer]:
        return one_by_one(self.apply, plans)

    def close(self) -> None: ...


def through(place: World, store: Doubtful) -> Shop:
    return Shop(store, place.shop._ctx.keys, place.clock.instant, place.shop._ctx.random)


def buy(shop: Shop) -> Done[OrderView] | Outcome:
    return shop.buy(ANN, MONTHLY, key="k")


def orders(place: World) -> int:
    return len(place.store.fetch((Find(Order, ()),))[0])


@pytest.mark.parametrize(("fate", "replayed"), [("done", True), ("lost", False)])
def test_the_second_question_tells_what_became_of_the_first(place: World, fate: Fate, replayed: bool) -> None:
    answer = buy(through(place, Doubtful(place, fate)))
    assert isinstance(answer, Done)
    assert answer.replayed is replayed
    assert orders(place) == 1
    assert place.shop.reconcile().ok


@pytest.mark.parametrize("fates", [("done", "down"), ("lost", "lost"), ("lost", "done")])
def test_what_stays_in_doubt_is_told_as_that_and_the_key_tells_later(place: World, fates: tuple[Fate, ...]) -> None:
    store = Doubtful(place, *fates)
    assert isinstance(buy(through(place, store)), InDoubt)
    done(buy(place.shop))
    assert orders(place) == 1
    assert place.shop.reconcile().ok


def test_a_no_proves_nothing_while_what_was_sent_may_be_on_its_way(place: World) -> None:
    """The last code is kept for another when it is asked again; that is let go, and then what was sent arrives."""
    place.fill("cinema-codes", 1)
    card = partial(place.shop.buy, ANN, "cinema-card", key="c", paid=ON_ACCOUNT)
    kept = []
    store = Doubtful(place, "late", meanwhile=lambda: kept.append(done(place.shop.hold(BOB, "cinema-card", key="h"))))
    assert isinstance(through(place, store).buy(ANN, "cinema-card", key="c", paid=ON_ACCOUNT), InDoubt)
    assert codes(card()) == ["sold-out"]
    done(place.shop.void(kept[0]))
    assert [place.store.apply(plan) for plan in store.waiting] == [None]
    answer = card()
    assert isinstance(answer, Done)
    assert answer.replayed
    assert orders(place) == 1
    assert place.shop.reconcile().ok
