"""The line to PostgreSQL breaks at every batch of a purchase, in every way: what is answered is true, or comes true."""

from collections.abc import Iterator
from random import Random
from time import monotonic, sleep

import pytest

from entitle import Done, Who
from entitle.decision import Outcome
from entitle.errors import StoreError
from entitle.plan import Find
from entitle.records import Key, Order
from entitle.shop.facade import Shop
from entitle.shop.views import OrderView
from entitle.store.postgres import PostgresStore
from entitle.testing.world import World
from tests.faults.deadly import KEYS
from tests.faults.proxy import Break, Proxy
from tests.faults.scenes import MONTHLY, START
from tests.shops import done, shanghai, world

PATIENCE = 0.3  # seconds an answer is waited for
IDLE = 1.0  # seconds a transaction may stand still before the server ends it
BATCHES = 9  # more than a purchase sends
Said = Done[OrderView] | Outcome | StoreError


@pytest.fixture
def line(postgres_url: str) -> Iterator[Proxy]:
    proxy = Proxy(postgres_url)
    yield proxy
    proxy.close()


def told(shop: Shop, who: Who, key: str) -> Said:
    try:
        return shop.buy(who, MONTHLY, key=key)
    except StoreError as problem:
        return problem


def in_the_end(shop: Shop, who: Who, key: str) -> OrderView:
    """What the same key gives, when whatever stands in its way is over."""
    until = monotonic() + 30
    while not isinstance(said := told(shop, who, key), Done):
        assert monotonic() < until, said
        sleep(0.1)
    return said.value


def broken(how: Break, batch: int, line: Proxy, place: World) -> bool:
    """Buy over a line that breaks at this batch; whether it did."""
    who, key = Who(f"c-{batch}", channel="app"), f"k-{batch}"
    store = PostgresStore(line.url, patience=PATIENCE, idle_timeout=IDLE)
    shop = Shop(store, KEYS, lambda: shanghai(START), Random(batch).randbytes)
    done(shop.quote(who, MONTHLY))  # the connection is open, and the release is loaded
    armed = line.arm(how, batch)
    said = told(shop, who, key)
    written = place.store.fetch((Find(Key, (("stream", "=", who.customer),)),))[0]
    if isinstance(said, StoreError):
        assert not written, "what raises StoreError surely was not written"
    order = in_the_end(shop, who, key)
    assert order == done(place.shop.buy(who, MONTHLY, key=key))
    assert [each.id for each in place.store.fetch((Find(Order, (("stream", "=", who.customer),)),))[0]] == [order.id]
    if isinstance(said, Done):
        assert said.value == order
    store.close()
    line.disarm()  # the next one opens its connection first, and of that nothing is asked here
    return armed.fired.is_set()


@pytest.mark.parametrize("how", Break, ids=[each.name.lower() for each in Break])
def test_what_a_broken_line_leaves_open_the_key_tells(how: Break, line: Proxy, postgres_url: str) -> None:
    place = world(postgres_url, START)
    fired = [broken(how, batch, line, place) for batch in range(BATCHES)]
    assert fired[0]
    assert not fired[-1], "there were more batches than were broken"
    assert place.shop.reconcile().breaks == ()
