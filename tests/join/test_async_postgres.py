"""Awaited on PostgreSQL: verbs run on the event loop itself, hold no thread, and can be cancelled anywhere."""

import asyncio
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from socket import AF_UNIX, socket
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

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
from entitle.store.address import address_of
from entitle.store.postgres_url import Address
from tests.faults.proxy import SOCKET, Break, Proxy
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
    left = bought = 0

    async def counting(watch: awaiting._Watch, wanted: int, seconds: float) -> int:
        nonlocal left
        left -= 1
        if left == 0:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        return await plain(watch, wanted, seconds)

    async def work() -> None:
        nonlocal left, bought
        async with opened(postgres_url, size=1) as awaited:
            for number in range(1, 60):
                left = number
                buying = asyncio.create_task(awaited.buy(customer(number), MONTHLY, key=f"order-{number}"))
                await asyncio.wait([buying])
                left = 0
                found = await in_the_end(awaited, number)
                assert (await awaited.wallet(f"c-{number}")).subscriptions == found.subscriptions
                bought = number
                if not buying.cancelled():
                    break

    monkeypatch.setattr(awaiting._Watch, "_first", counting)
    do(work)
    assert bought > 3, "it connects, reads, and commits"
    assert all(len(shop.wallet(f"c-{n}").subscriptions) == 1 for n in range(1, bought + 1))
    assert shop.reconcile().ok


def test_cancelled_while_it_connects_it_leaves_room_for_the_next(
    shop: Shop, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each at one wait more than the one before it, whatever waits there, and finds no connection left by that."""
    left = 0
    asking: asyncio.Task[bool]

    async def work() -> None:
        nonlocal asking, left
        loop = asyncio.get_running_loop()
        plain = loop.add_reader

        def counting(*args: Any) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                asking.cancel()
            plain(*args)

        async with opened(postgres_url, size=1) as awaited:
            awaited._shop.store._pool._idle.pop().close()
            monkeypatch.setattr(loop, "add_reader", counting)
            for number in range(1, 60):
                left = number
                asking = asyncio.create_task(awaited.has("ann", "cinema-vip"))
                await asyncio.wait([asking])
                if not asking.cancelled():
                    break
            assert number > 4, "it connects, asks for settings, makes them, and reads"
            assert not await awaited.has("ann", "cinema-vip")

    do(work)


def test_cancelled_at_any_moment_under_a_crowd(shop: Shop, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A third of them at one of their first waits for the server, and a third while they wait for a connection."""
    plain = awaiting._Watch._first
    told: list[str] = []
    left = {f"c-{n}": n % 9 // 3 + 1 for n in range(60) if n % 3 == 0}

    async def counting(watch: awaiting._Watch, wanted: int, seconds: float) -> int:
        task = asyncio.current_task()
        assert task is not None
        if (name := task.get_name()) in left:
            left[name] -= 1
            if left[name] == 0:
                task.cancel()
        return await plain(watch, wanted, seconds)

    async def buy(awaited: AsyncShop, name: str) -> None:
        if (await awaited.buy(Who(name, channel="app"), MONTHLY, key=name)).ok:
            told.append(name)

    async def work() -> None:
        async with opened(postgres_url, size=2, wait=50) as awaited:
            await awaited.quote(ANN, MONTHLY)
            tasks = [asyncio.create_task(buy(awaited, f"c-{n}"), name=f"c-{n}") for n in range(60)]
            await asyncio.sleep(0)
            for task in tasks[4::3]:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            assert {type(each) for each in ended} <= {type(None), asyncio.CancelledError}
            done(await awaited.buy(ANN, MONTHLY, key="order-1"))

    monkeypatch.setattr(awaiting._Watch, "_first", counting)
    do(work)
    assert sorted(told) == sorted(f"c-{n}" for n in range(60) if n == 1 or n % 3 == 2)
    assert all(shop.has(name, "cinema-vip") for name in told)
    assert shop.reconcile().ok


@pytest.mark.parametrize("how", [Break.SILENT, Break.MUTE])
@pytest.mark.parametrize("batch", [0, 1, 2])
def test_a_server_that_says_nothing_is_given_up(
    shop: Shop, postgres_url: str, proxy: Proxy, how: Break, batch: int
) -> None:
    """And nobody is kept waiting meanwhile."""

    async def work() -> None:
        async with opened(proxy.url, patience=0.5) as awaited:
            await awaited.quote(customer(1), MONTHLY)
            proxy.arm(how, batch)
            buying = asyncio.create_task(awaited.buy(customer(1), MONTHLY, key="order-1"))
            async with asyncio.timeout(20):
                assert (await buying).ok  # read again, or found, or done anew
            proxy.disarm()

    do(work)
    assert len(shop.wallet("c-1").subscriptions) == 1


def test_the_loop_goes_on_while_it_connects_to_a_server_that_says_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        with TemporaryDirectory(dir="/tmp") as folder, socket(AF_UNIX) as listener:
            listener.bind(f"{folder}/{SOCKET}")
            listener.listen()
            opening = asyncio.create_task(
                opened(f"postgresql://ann@/shop?host={folder}", connect_timeout=2).__aenter__()
            )
            for _ in range(20):
                await asyncio.sleep(0)
            assert not opening.done()  # nobody was kept from these turns until it gave up
            with pytest.raises(StoreError, match=r"^the server cannot be reached: "):
                await opening

    do(work)


def test_the_loop_goes_on_in_a_pause() -> None:
    async def work() -> None:
        pausing = asyncio.create_task(awaiting.run(lambda: awaiting.Awaiting().sleep(0.3)))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not pausing.done()
        await pausing

    do(work)


def test_a_verb_sees_the_context_of_its_task(shop: Shop, postgres_url: str) -> None:
    request: ContextVar[str] = ContextVar("request", default="none")
    seen: list[str] = []

    def clock() -> datetime:
        seen.append(request.get())
        return CLOCK()

    async def buy(awaited: AsyncShop, number: int) -> None:
        request.set(f"c-{number}")
        done(await awaited.buy(customer(number), MONTHLY, key=f"order-{number}"))

    async def work() -> None:
        async with entitle.open_async(postgres_url, keys=KEYS, clock=clock) as awaited:
            seen.clear()
            await asyncio.gather(*(buy(awaited, number) for number in range(4)))

    do(work)
    assert set(seen) == {f"c-{number}" for number in range(4)}


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
    url = engine_url(postgres_url) + "&options=-c%20lock_timeout%3D7s"
    engine, awaited = create_engine(url), create_async_engine(url)
    with psycopg.connect(Address.of(address_of(engine)).conninfo(5, 5, 30, 30)) as same_place:
        assert same_place.execute("SHOW lock_timeout").fetchall() == [("7s",)]
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
