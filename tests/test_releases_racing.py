"""One publishes while others sell: the release that the store holds decides, for every process, at every sale."""

import multiprocessing
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from entitle import ON_ACCOUNT, Busy, Done, Who
from entitle.canonical import release_hash
from entitle.keys import Keys
from entitle.plan import Answer, Effect, Find, Plan, Read, Store, one_by_one
from entitle.records import Order
from entitle.shop.facade import Shop
from entitle.store.opening import open_store
from entitle.testing.world import World
from tests.shops import done, shanghai, world
from tests.test_releases import CHEAP, DEAR

SPAWN = multiprocessing.get_context("spawn")
SELLERS, ORDERS, FEWEST_RELEASES = 2, 25, 6
PRICES = {release_hash(CHEAP): 100, release_hash(DEAR): 200}


class Meddled:
    """A store in which another release becomes active once, after all was read and before it is written."""

    def __init__(self, store: Store, place: World) -> None:
        self._store, self._place, self._is_done = store, place, False

    def fetch(self, reads: tuple[Read, ...]) -> tuple[Any, ...]:
        return self._store.fetch(reads)

    def apply(self, plan: tuple[Effect, ...]) -> Effect | None:
        if not self._is_done:
            self._is_done = True
            self._place.shop.publish(DEAR)
        return self._store.apply(plan)

    def apply_each(self, plans: Sequence[Plan]) -> list[Answer]:
        return one_by_one(self.apply, plans)

    def close(self) -> None:
        self._store.close()


def test_what_was_decided_by_a_release_that_is_no_longer_active_is_decided_again(place: World) -> None:
    place.shop.publish(CHEAP)
    meddled = Meddled(place.store, place)
    shop = Shop(meddled, Keys.from_text("a virtual shop"), place.clock.instant, lambda count: bytes(range(count)))
    order = done(shop.buy(Who("ann"), "p", key="k", paid=ON_ACCOUNT))
    assert order.total.minor == PRICES[release_hash(DEAR)]
    assert place.shop.explain(order).release == release_hash(DEAR)


def sell(url: str, seller: int) -> None:
    """One shop of several, opened when the cheap release was active; it never hears of another."""
    with World(None, open_store(url), shanghai("2026-12-24 20:00")).shop as shop:
        for n in range(ORDERS):
            who, key = Who(f"u-{seller}-{n % 5}"), f"k-{seller}-{n}"
            while isinstance(outcome := shop.buy(who, "p", key=key, paid=ON_ACCOUNT), Busy):
                """A release came between five times in a row."""
            assert isinstance(outcome, Done), outcome


def test_every_order_costs_what_its_own_release_says(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    place = world(url, release=CHEAP)
    sellers = [SPAWN.Process(target=sell, args=(url, n)) for n in range(SELLERS)]
    for each in sellers:
        each.start()
    releases, until = [DEAR, CHEAP], time.monotonic() + 120
    published = 0
    while any(each.is_alive() for each in sellers) or published < FEWEST_RELEASES:
        assert time.monotonic() < until
        published += place.shop.publish(releases[published % 2]).activated
        time.sleep(0.01)
    for each in sellers:
        each.join(10)
        assert each.exitcode == 0
    orders: list[Order] = place.store.fetch((Find(Order, ()),))[0]
    assert len(orders) == SELLERS * ORDERS
    assert [order.total for order in orders] == [PRICES[order.release] for order in orders]
    assert {order.total for order in orders} == set(PRICES.values())
    assert len(place.shop.releases(limit=1000)) == published + 1
    assert place.shop.reconcile().ok  # which replays every decision under its own release
