"""Awaited: the same verbs as of Shop, for programs that run an event loop."""

import asyncio
import inspect
import os
import secrets
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

import entitle
from entitle import ON_ACCOUNT, AsyncShop, Keys, Line, RetryTransaction, Shop, StoreError, Who
from entitle.plan import Effect
from entitle.shop.async_shop import Awaited, Iterated
from entitle.store import lending
from entitle.store.lent import Lent, Ran
from entitle.store.sqlite import SqliteStore
from entitle.testing.world import Clock
from tests.join.hosts import notes
from tests.shops import ANN, BOB, codes, done, sample, when

MONTHLY = "starlight-monthly"
KEYS = Keys.from_text("a virtual shop")
CLOCK = Clock(when("2026-12-24 20:00"))
OWN = {"close", "overlaid", "join", "now", "preview"}  # of Shop, which an AsyncShop has in a way of its own, or not


def opened(path: Path) -> Any:
    return entitle.open_async(f"sqlite:///{path}", keys=KEYS, clock=CLOCK)


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), 60))


def test_every_verb_is_awaited_with_its_own_signature() -> None:
    verbs = {name for name in vars(Shop) if not name.startswith("_")} - OWN
    verbs |= {name for part in Shop.__mro__ for name in vars(part) if not name.startswith("_")} - OWN
    mine = {name for name in vars(AsyncShop) if isinstance(vars(AsyncShop)[name], Awaited | Iterated)}
    assert mine == verbs - {"store"}
    shop = AsyncShop(Shop.__new__(Shop), lambda call: asyncio.sleep(0, call()))
    for name in sorted(mine):
        awaited = getattr(shop, name)
        assert awaited.__wrapped__.__func__ is getattr(Shop, name)
        assert inspect.iscoroutinefunction(awaited) or inspect.isasyncgenfunction(awaited)
        assert awaited.__doc__ == getattr(AsyncShop, name).__doc__ == getattr(Shop, name).__doc__


def test_opening_takes_what_open_takes() -> None:
    sync, awaited = inspect.signature(entitle.open).parameters, dict(inspect.signature(entitle.open_async).parameters)
    assert awaited.pop("threads").default == 16
    assert list(awaited) == list(sync)
    assert {name: each.default for name, each in awaited.items()} == {n: each.default for n, each in sync.items()}


def test_a_day_at_the_shop(path: Path) -> None:
    async def work() -> None:
        async with entitle.open_async(f"sqlite:///{path}", keys=KEYS, clock=CLOCK, create=True) as shop:
            await shop.publish(sample(), by="ci")
            quote = done(await shop.quote(ANN, MONTHLY))
            assert (await shop.preview.buy(ANN, MONTHLY, key="order-1")).ok
            order = done(await shop.buy(ANN, MONTHLY, key="order-1", agreed=quote))
            assert await shop.has("ann", "cinema-vip")
            assert codes(await shop.buy(ANN, Line("party-box"), key="box", paid=ON_ACCOUNT)) == ["sold-out"]
            steps = [
                step async for step in shop.import_codes("cinema-codes", ["code\n", "A-1\n", "A-2\n"], key="codes")
            ]
            assert steps
            assert (await shop.wallet("ann")).subscriptions == order.subscriptions
            assert shop.now() == CLOCK()
            assert (await shop.reconcile()).ok

    run(work)


def test_many_at_once(shop: Shop, path: Path) -> None:
    async def work() -> None:
        async with entitle.open_async(f"sqlite:///{path}", keys=KEYS, clock=CLOCK, timeout=20) as awaited:
            buyers = [Who(f"c-{n}", channel="app") for n in range(40)]
            bought = await asyncio.gather(*(awaited.buy(who, MONTHLY, key=who.customer) for who in buyers))
            assert all(each.ok for each in bought)

    run(work)
    assert shop.reconcile().ok


def test_what_joins_an_asynchronous_session_stands_with_it(shop: Shop, path: Path) -> None:
    async def work() -> None:
        engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
        async with opened(path) as awaited:
            async with AsyncSession(engine) as session, session.begin():
                await session.execute(text("INSERT INTO mine VALUES ('kept')"))
                async with awaited.join(session) as tx:
                    done(await tx.buy(ANN, MONTHLY, key="order-1"))
                    assert codes(await tx.buy(BOB, "party-box", key="box", paid=ON_ACCOUNT)) == ["sold-out"]
                    assert await tx.has("ann", "cinema-vip")
            async with engine.connect() as connection:
                async with awaited.join(connection) as tx:
                    done(await tx.buy(BOB, MONTHLY, key="order-2"))
                await connection.rollback()
            with pytest.raises(StoreError, match="the joined block has ended"):
                await tx.has("ann", "cinema-vip")
        await engine.dispose()

    run(work)
    assert notes(f"sqlite:///{path}") == ["kept"]
    assert (shop.has("ann", "cinema-vip"), shop.has("bob", "cinema-vip")) == (True, False)
    assert shop.reconcile().ok


def test_a_cancelled_join_leaves_no_half(shop: Shop, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancelled at each of its statements in turn: neither the sale nor the owner's row stands, or both."""
    plain = lending._of_sqlalchemy
    left = 0

    def counting(connection: Callable[[], Connection], schema: str | None) -> Lent:
        lent = plain(connection, schema)

        def execute(statement: str, values: Sequence[Any]) -> Ran:
            nonlocal left
            left -= 1
            if left == 0:
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
            return lent.execute(statement, values)

        return Lent(lent.side, lent.driver, execute)

    monkeypatch.setattr(lending, "_of_sqlalchemy", counting)

    async def buy(awaited: AsyncShop, engine: AsyncEngine, number: int) -> None:
        async with AsyncSession(engine) as session, session.begin():
            await session.execute(text("INSERT INTO mine VALUES (:words)"), {"words": f"c-{number}"})
            async with awaited.join(session) as tx:
                done(await tx.buy(Who(f"c-{number}", channel="app"), MONTHLY, key=f"order-{number}"))

    async def work() -> None:
        nonlocal left
        engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
        async with opened(path) as awaited:
            for number in range(1, 140, 3):
                left = number
                with suppress(asyncio.CancelledError):
                    await asyncio.create_task(buy(awaited, engine, number))
        await engine.dispose()

    run(work)
    stand = notes(f"sqlite:///{path}")
    assert 5 < len(stand) < 40
    assert [n for n in range(1, 140, 3) if shop.has(f"c-{n}", "cinema-vip")] == [int(each[2:]) for each in stand]
    assert shop.reconcile().ok


def test_a_cancelled_opening_leaves_nothing_open(tmp_path: Path) -> None:
    begun, go_on = Event(), Event()
    path = tmp_path / "new.db"

    def slow(size: int) -> bytes:
        begun.set()
        assert go_on.wait(20)
        return secrets.token_bytes(size)

    async def enter() -> None:
        async with entitle.open_async(f"sqlite:///{path}", keys=KEYS, clock=CLOCK, random=slow, create=True):
            raise AssertionError("it was cancelled before")

    async def work() -> None:
        task = asyncio.create_task(enter())
        assert await asyncio.to_thread(begun.wait, 20)
        task.cancel()
        asyncio.get_running_loop().call_later(0.05, go_on.set)
        with pytest.raises(asyncio.CancelledError):
            await task

    run(work)
    assert [name for name in open_files() if name.startswith(str(path))] == []


def open_files() -> list[str]:
    return [os.readlink(each.path) for each in os.scandir("/proc/self/fd") if os.path.lexists(each.path)]


def test_a_cancelled_purchase_is_whole_and_its_connection_is_given_back(
    shop: Shop, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = Event(), Event()
    plain = SqliteStore.apply

    def slow(store: SqliteStore, plan: tuple[Effect, ...]) -> Effect | None:
        begun.set()
        assert go_on.wait(20)
        return plain(store, plan)

    async def work() -> None:
        async with opened(path) as awaited:
            monkeypatch.setattr(SqliteStore, "apply", slow)
            task = asyncio.create_task(awaited.buy(ANN, MONTHLY, key="order-1"))
            assert await asyncio.to_thread(begun.wait, 20)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            go_on.set()
        monkeypatch.setattr(SqliteStore, "apply", plain)

    run(work)
    again = shop.buy(ANN, MONTHLY, key="order-1")  # the end of the block waited for it
    assert (again.ok, getattr(again, "replayed", None)) == (True, True)


def test_retrying_awaits_a_coroutine() -> None:
    runs: list[int] = []

    @entitle.retrying
    async def work(until: int) -> str:
        runs.append(until)
        if len(runs) < until:
            raise RetryTransaction("again")
        return "done"

    assert asyncio.run(work(3)) == "done"
    assert len(runs) == 3
    runs.clear()
    with pytest.raises(RetryTransaction):
        asyncio.run(work(100))
