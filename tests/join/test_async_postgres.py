"""Awaited on PostgreSQL: verbs run on the event loop itself, hold no thread, and can be cancelled anywhere."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from threading import Event

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine

import entitle
from entitle import AsyncShop, Done, Sent, StoreError, Who
from entitle.shop.facade import Shop
from entitle.shop.read import EventView
from entitle.shop.views import OrderView
from entitle.store import awaiting
from tests.faults.proxy import Break, Proxy
from tests.join.awaited import CLOCK, HOLD_ALL, KEYS, MONTHLY, customer, do, locked, opened
from tests.join.hosts import engine_url, notes, run
from tests.shops import ANN, BOB, done, sample, world


@pytest.fixture
def shop(postgres_url: str) -> Shop:
    """The same store, not awaited."""
    made = world(postgres_url).shop
    run(postgres_url, "CREATE TABLE IF NOT EXISTS mine (note TEXT)")
    run(postgres_url, "DELETE FROM mine")
    return made


@pytest.fixture
def proxy(postgres_url: str) -> Iterator[Proxy]:
    made = Proxy(postgres_url)
    yield made
    made.close()


def test_many_at_once_hold_few_connections_and_no_thread(shop: Shop, postgres_url: str) -> None:
    async def work() -> None:
        async with opened(postgres_url, create=True, size=3, wait=50) as awaited:
            await awaited.publish(sample(), by="ci")
            before = set(threading.enumerate())
            buying = asyncio.gather(*(awaited.buy(customer(n), MONTHLY, key=f"order-{n}") for n in range(60)))
            while not buying.done():
                await asyncio.sleep(0)
                assert set(threading.enumerate()) <= before
            assert all(each.ok for each in await buying)
            with psycopg.connect(postgres_url) as other:
                sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                (found,) = other.execute(f"{sessions} AND application_name = 'entitle'").fetchall()
                assert found in [(3,), (4,)]  # and one of the same store, not awaited
            steps = [step async for step in awaited.import_codes("cinema-codes", ["code\n", "A-1\n"], key="codes")]
            assert steps
            assert await awaited.tick() == 0
            assert (await awaited.reconcile()).ok

    do(work)
    assert all(shop.has(f"c-{n}", "cinema-vip") for n in range(60))


def test_the_loop_goes_on_while_a_verb_waits(shop: Shop, postgres_url: str) -> None:
    async def work() -> None:
        async with opened(postgres_url, size=2, wait=0.1, lock_timeout=50) as awaited:
            with psycopg.connect(postgres_url) as other, psycopg.connect(postgres_url, autocommit=True) as watching:
                other.execute(HOLD_ALL)
                waiting = [asyncio.create_task(awaited.buy(customer(n), MONTHLY, key=f"order-{n}")) for n in range(2)]
                while locked(watching) < 2:
                    await asyncio.sleep(0.01)
                with pytest.raises(StoreError, match=r"^all 2 connections to the store were in use for 0\.1 seconds$"):
                    await awaited.buy(customer(3), MONTHLY, key="order-3")
            assert all(each.ok for each in await asyncio.gather(*waiting))

    do(work)
    assert (shop.has("c-1", "cinema-vip"), shop.has("c-3", "cinema-vip")) == (True, False)


def test_a_lock_that_is_held_too_long(shop: Shop, postgres_url: str) -> None:
    async def work() -> None:
        async with opened(postgres_url, lock_timeout=0.2) as awaited:
            with psycopg.connect(postgres_url) as other:
                other.execute(HOLD_ALL)
                with pytest.raises(StoreError, match=r"^the store is locked: "):
                    await awaited.buy(ANN, MONTHLY, key="order-1")
            done(await awaited.buy(ANN, MONTHLY, key="order-1"))

    do(work)
    assert shop.reconcile().ok


async def in_the_end(awaited: AsyncShop, number: int) -> OrderView:
    """What the same key gives; what was sent may still be on its way, and between two questions be done."""
    while not isinstance(said := await awaited.buy(customer(number), MONTHLY, key=f"order-{number}"), Done):
        await asyncio.sleep(0.01)
    return said.value


def test_cancelled_at_each_of_its_waits_a_purchase_is_whole_or_not_done(
    shop: Shop, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nobody else uses what it waited on: of one connection, the next purchase would be told its answers."""
    plain = awaiting._Watch._first
    left = 0

    async def counting(watch: awaiting._Watch, wanted: int, seconds: float) -> int:
        nonlocal left
        left -= 1
        if left == 0:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        return await plain(watch, wanted, seconds)

    async def work() -> None:
        nonlocal left
        cancelled = 0
        async with opened(postgres_url, size=1) as awaited:
            for number in range(1, 16):
                left = number
                with suppress(asyncio.CancelledError):
                    await asyncio.create_task(awaited.buy(customer(number), MONTHLY, key=f"order-{number}"))
                cancelled += left <= 0
                left = 0
                bought = await in_the_end(awaited, number)
                assert (await awaited.wallet(f"c-{number}")).subscriptions == bought.subscriptions
        assert 3 < cancelled < 15

    monkeypatch.setattr(awaiting._Watch, "_first", counting)
    do(work)
    assert all(len(shop.wallet(f"c-{n}").subscriptions) == 1 for n in range(1, 16))
    assert shop.reconcile().ok


def test_cancelled_while_it_connects_it_leaves_room_for_the_next(shop: Shop, postgres_url: str) -> None:
    """Each is cancelled some turns of the loop later than the one before it, and finds no connection left by that."""

    async def work() -> None:
        async with opened(postgres_url, size=1) as awaited:
            for turns in range(40):
                asking = asyncio.create_task(awaited.has("ann", "cinema-vip"))
                for _ in range(turns // 2):
                    await asyncio.sleep(0)
                asking.cancel()
                with suppress(asyncio.CancelledError):
                    await asking
            assert not await awaited.has("ann", "cinema-vip")

    do(work)


def test_cancelled_at_any_moment_under_a_crowd(shop: Shop, postgres_url: str) -> None:
    """Half of those that buy are cancelled at some moment, also while they wait for one of two connections."""
    random = Random(1)
    told: list[str] = []

    async def buy(awaited: AsyncShop, name: str) -> None:
        if (await awaited.buy(Who(name, channel="app"), MONTHLY, key=name)).ok:
            told.append(name)

    async def work() -> None:
        async with opened(postgres_url, size=2, wait=50) as awaited:
            tasks = [asyncio.create_task(buy(awaited, f"c-{n}")) for n in range(80)]
            loop = asyncio.get_running_loop()
            for task in random.sample(tasks, 40):
                loop.call_later(random.uniform(0, 0.4), task.cancel)
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            assert {type(each) for each in ended} <= {type(None), asyncio.CancelledError}
            done(await awaited.buy(ANN, MONTHLY, key="order-1"))

    do(work)
    assert 40 <= len(told) < 80
    assert all(shop.has(name, "cinema-vip") for name in told)
    assert shop.reconcile().ok


def test_what_is_in_doubt_is_asked_for_on_another_connection(shop: Shop, postgres_url: str, proxy: Proxy) -> None:
    """The line breaks after each batch of a purchase in turn: what was only read is read again, the plan is found."""
    replayed: list[bool] = []

    async def work() -> None:
        async with opened(proxy.url, patience=5) as awaited:
            for number in range(5):
                await awaited.quote(customer(number), MONTHLY)  # the connection is open, and the release is loaded
                proxy.arm(Break.AFTER, number)
                replayed.append((await awaited.buy(customer(number), MONTHLY, key=f"order-{number}")).replayed)

    do(work)
    assert replayed.count(True) == 1
    assert all(len(shop.wallet(f"c-{n}").subscriptions) == 1 for n in range(5))
    assert shop.reconcile().ok


def test_a_post_that_blocks_keeps_the_loop_from_nothing(shop: Shop, postgres_url: str) -> None:
    done(shop.buy(ANN, MONTHLY, key="order-1"))
    begun, go_on = Event(), Event()

    def post(event: EventView) -> Sent:
        begun.set()
        assert go_on.wait(10)
        return Sent()

    async def work() -> None:
        async with opened(postgres_url) as awaited:
            relaying = asyncio.create_task(awaited.relay(post, to="crm"))
            assert await asyncio.to_thread(begun.wait, 20)
            assert await awaited.has("ann", "cinema-vip")
            go_on.set()
            assert (await relaying).sent > 0

    do(work)


@pytest.mark.parametrize("kind", [AsyncSession, AsyncConnection])
def test_what_joins_stands_with_the_owners_transaction(shop: Shop, postgres_url: str, kind: type) -> None:
    async def work() -> None:
        engine = create_async_engine(engine_url(postgres_url))
        async with opened(postgres_url) as awaited:
            for who, note in ((ANN, "kept"), (BOB, "undone")):
                async with AsyncSession(engine) if kind is AsyncSession else engine.connect() as host:
                    await host.execute(text("INSERT INTO mine VALUES (:note)"), {"note": note})
                    async with awaited.join(host) as tx:
                        done(await tx.buy(who, MONTHLY, key=note))
                        assert await tx.has(who.customer, "cinema-vip")
                    assert not await awaited.has(who.customer, "cinema-vip")
                    await (host.commit() if note == "kept" else host.rollback())
        await engine.dispose()

    do(work)
    assert notes(postgres_url) == ["kept"]
    assert (shop.has("ann", "cinema-vip"), shop.has("bob", "cinema-vip")) == (True, False)


def test_a_shop_opens_at_the_address_of_an_engine(shop: Shop, postgres_url: str) -> None:
    url = engine_url(postgres_url) + "&options=-c%20lock_timeout%3D5s"
    engine, awaited = create_engine(url), create_async_engine(url)
    with entitle.open(engine, keys=KEYS, clock=CLOCK) as same:
        done(same.buy(ANN, MONTHLY, key="order-1"))

    async def work() -> None:
        async with entitle.open_async(awaited, keys=KEYS, clock=CLOCK) as same:
            done(await same.buy(BOB, MONTHLY, key="order-2"))

    do(work)
    assert (shop.has("ann", "cinema-vip"), shop.has("bob", "cinema-vip")) == (True, True)


def test_a_file_opens_at_the_address_of_an_engine(tmp_path: Path) -> None:
    with entitle.open(create_engine(f"sqlite:///{tmp_path / 'shop.db'}?timeout=3"), keys=KEYS, create=True) as made:
        assert made.releases() == ()
    assert (tmp_path / "shop.db").is_file()
