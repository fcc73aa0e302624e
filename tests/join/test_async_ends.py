"""Awaited on PostgreSQL: what a task leaves that is cancelled or closed, a shop that is closed, a loop of another."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from threading import Event, Thread
from typing import Any

import psycopg
import pytest

from entitle import AsyncShop, FactError, Sent, StoreError
from entitle.shop.facade import Shop
from entitle.shop.read import EventView
from entitle.store.postgres import PostgresStore
from tests.join.awaited import HOLD_ALL, MONTHLY, customer, do, locked, opened, sessions
from tests.shops import ANN, done, world

SIZE = 2


@pytest.fixture
def shop(postgres_url: str) -> Shop:
    """The same store, not awaited, with something to relay."""
    made = world(postgres_url).shop
    done(made.buy(ANN, MONTHLY, key="ann-1"))
    return made


@pytest.mark.parametrize("times", [1, 2])
def test_who_is_cancelled_leaves_nothing_at_work_on_the_server(shop: Shop, postgres_url: str, times: int) -> None:
    """Else every cancelled one would leave a session there that waits on, beyond all that the pool allows."""
    url = f"{postgres_url}&options=-c%20client_connection_check_interval%3D0"  # the server does not look itself

    async def work() -> None:
        with psycopg.connect(postgres_url) as other, psycopg.connect(postgres_url, autocommit=True) as watching:
            before = sessions(watching)  # of the same store, not awaited
            async with opened(url, size=SIZE, lock_timeout=100, statement_timeout=100) as awaited:
                await awaited.quote(customer(0), MONTHLY)
                other.execute(HOLD_ALL)
                for number in range(2 * SIZE):
                    buying = asyncio.create_task(awaited.buy(customer(number), MONTHLY, key=f"order-{number}"))
                    await until(lambda: locked(watching) == 1)
                    for _ in range(times):
                        buying.cancel()
                        await asyncio.sleep(0)
                    with pytest.raises(asyncio.CancelledError):
                        await buying
                    await until(lambda: locked(watching) == 0)
                    await until(lambda: sessions(watching) <= before + SIZE)
                other.rollback()
                done(await awaited.buy(customer(0), MONTHLY, key="order-0"))

    do(work)
    assert shop.reconcile().ok


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.005)


def test_a_cancelled_relay_lets_go_of_its_stream_when_its_post_is_over(shop: Shop, postgres_url: str) -> None:
    begun, go_on = Event(), Event()
    order: list[str] = []

    def slow(event: EventView) -> Sent:
        begun.set()
        assert go_on.wait(20)
        order.append("slow")
        return Sent()

    def fast(event: EventView) -> Sent:
        order.append("fast")
        return Sent()

    async def work() -> None:
        async with opened(postgres_url) as awaited:
            relaying = asyncio.create_task(awaited.relay(slow, to="crm"))
            assert await asyncio.to_thread(begun.wait, 20)
            for _ in range(3):  # however often
                relaying.cancel()
                assert (await awaited.relay(fast, to="crm")).sent == 0
            go_on.set()
            with pytest.raises(asyncio.CancelledError):
                await relaying
            assert (await awaited.relay(fast, to="crm")).sent > 0

    do(work)
    assert order[:2] == ["slow", "fast"]
    assert order.count("slow") == 1


def test_a_post_may_be_awaited(shop: Shop, postgres_url: str) -> None:
    async def post(event: EventView) -> Sent:
        await asyncio.sleep(0)
        return Sent()

    async def work() -> None:
        async with opened(postgres_url) as awaited:
            assert (await awaited.relay(post, to="crm")).sent > 0

    do(work)
    with pytest.raises(FactError, match=r"is not awaited here, but only by `open_async` on PostgreSQL"):
        shop.relay(post, to="mail")


@pytest.mark.parametrize("verb", ["buy", "relay"])
def test_a_coroutine_that_is_closed_ends_and_gives_its_connection_back(
    shop: Shop, postgres_url: str, verb: str
) -> None:
    """At each of its waits in turn, as a framework does that gives up on a request."""

    def asked(awaited: AsyncShop, number: int) -> Coroutine[Any, Any, object]:
        if verb == "buy":
            return awaited.buy(customer(number), MONTHLY, key=f"order-{number}")
        return awaited.relay(lambda event: Sent(), to=f"crm-{number}")

    async def work() -> None:
        async with opened(postgres_url, size=1, wait=5) as awaited:
            for number in range(1, 12):
                coroutine = asked(awaited, number)
                with suppress(StopIteration):
                    for _ in range(number):
                        waited = coroutine.send(None)
                        if isinstance(waited, asyncio.Future):
                            waited._asyncio_future_blocking = False  # as a task does
                            await asyncio.wait([waited], timeout=20)
                coroutine.close()
                assert await awaited.has("ann", "cinema-vip")

    do(work)
    assert shop.reconcile().ok


def test_a_shop_of_another_loop_says_so(shop: Shop, postgres_url: str) -> None:
    told: list[BaseException] = []

    async def work() -> None:
        async with opened(postgres_url) as awaited:

            async def ask() -> None:
                with pytest.raises(StoreError, match=r"^the store was opened on another event loop: ") as problem:
                    await awaited.has("ann", "cinema-vip")
                told.append(problem.value)

            await asyncio.to_thread(asyncio.run, ask())
            assert await awaited.has("ann", "cinema-vip")

    do(work)
    assert len(told) == 1


def test_who_waits_for_a_connection_is_told_at_once_that_the_store_is_closed(shop: Shop, postgres_url: str) -> None:
    """Threads here; tasks by the same code."""
    store = PostgresStore(postgres_url, size=1, wait=60)
    lent = store._pool.lend()
    told: list[str] = []

    def ask() -> None:
        try:
            store.version()
        except StoreError as problem:
            told.append(str(problem))

    threads = [Thread(target=ask, daemon=True) for _ in range(3)]
    for each in threads:
        each.start()
    store.close()
    for each in threads:
        each.join(10)  # before their own time is over
    assert told == ["the store is closed"] * 3
    store._pool.give_back(lent)
