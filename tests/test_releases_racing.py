"""One publishes while others sell: the release that the store holds decides, for every process, at every sale."""

import multiprocessing
import time
from pathlib import Path

import pytest

from entitle import ON_ACCOUNT, Busy, Done, Who
from entitle.canonical import release_hash
from entitle.plan import Find
from entitle.records import Order
from entitle.store.opening import open_store
from entitle.testing.world import World
from tests.meddling import meddled
from tests.shops import done, shanghai, world
from tests.test_releases import CHEAP, DEAR

SPAWN = multiprocessing.get_context("spawn")
SELLERS, ORDERS, FEWEST_RELEASES = 2, 25, 6
PRICES = {release_hash(CHEAP): 100, release_hash(DEAR): 200}


@pytest.mark.parametrize("verb", ["buy", "hold"])
def test_what_was_decided_by_a_release_that_is_no_longer_active_is_decided_again(place: World, verb: str) -> None:
    place.shop.publish(CHEAP)
    shop = meddled(place, lambda: place.shop.publish(DEAR))
    if verb == "hold":
        assert done(shop.hold(Who("ann"), "p", key="k")).total.minor == PRICES[release_hash(DEAR)]
        return
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
