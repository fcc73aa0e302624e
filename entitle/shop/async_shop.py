"""The shop for programs that await: the same verbs with the same signatures, each of them a line here.

What a customer waits for is decided in microseconds, and waits for its database. On PostgreSQL it runs on the event
loop, and other tasks go on while it waits; on SQLite in a thread of a small pool; in a joined transaction where the
shop's own asynchronous session runs synchronous code. A task that is cancelled stops waiting, and its plan is done
whole or not at all: the same key tells which. What reads the whole ledger or writes much (reconcile, verify, rebuild,
rekey, import_codes, buy_many, publish) computes for longer and holds the loop: run it in a worker with `open`.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from contextvars import copy_context
from datetime import datetime
from functools import partial, update_wrapper
from pathlib import Path
from types import MethodType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

from entitle.decision import USUAL_TRIES, Tries
from entitle.errors import FactError, StoreError
from entitle.keys import Keys
from entitle.messages import Words
from entitle.shop.facade import Shop
from entitle.shop.opening import opened, utc_now
from entitle.store.address import address_of, is_postgres, needs_psycopg
from entitle.store.waits import BLOCKING
from entitle.values.text import shown

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

    AsyncHost = AsyncSession | AsyncConnection

P = ParamSpec("P")
T = TypeVar("T")


class Run(Protocol):
    """Runs what waits for a database without keeping the event loop from its other work."""

    def __call__(self, call: Callable[[], T], /) -> Awaitable[T]: ...


class Awaited(Generic[P, T]):
    """A verb of Shop as a method that is awaited."""

    def __init__(self, verb: Callable[Concatenate[Shop, P], T]) -> None:
        self._verb = verb
        self.__doc__ = verb.__doc__

    @overload
    def __get__(self, shop: None, owner: type) -> "Awaited[P, T]": ...
    @overload
    def __get__(self, shop: "AsyncShop", owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, shop: "AsyncShop | None", owner: type) -> "Awaited[P, T] | Callable[P, Coroutine[Any, Any, T]]":
        if shop is None:
            return self

        async def verb(*args: P.args, **kwargs: P.kwargs) -> T:
            return await shop._run(partial(self._verb, shop._shop, *args, **kwargs))

        return update_wrapper(verb, MethodType(self._verb, shop._shop))


class Iterated(Generic[P, T]):
    """A verb of Shop that goes on step by step, as one that `async for` goes through."""

    def __init__(self, verb: Callable[Concatenate[Shop, P], Iterator[T]]) -> None:
        self._verb = verb
        self.__doc__ = verb.__doc__

    @overload
    def __get__(self, shop: None, owner: type) -> "Iterated[P, T]": ...
    @overload
    def __get__(self, shop: "AsyncShop", owner: type) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, shop: "AsyncShop | None", owner: type) -> "Iterated[P, T] | Callable[P, AsyncIterator[T]]":
        if shop is None:
            return self

        async def verb(*args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
            steps = self._verb(shop._shop, *args, **kwargs)
            while (step := await shop._run(partial(next, steps, None))) is not None:
                yield step

        return update_wrapper(verb, MethodType(self._verb, shop._shop))


class AsyncShop:
    """A shop whose verbs are awaited. `run` is how each of them runs."""

    def __init__(self, shop: Shop, run: Run) -> None:
        self._shop = shop
        self._run = run

    @property
    def preview(self) -> "AsyncShop":
        """The same verbs and the same decisions, with nothing written."""
        return AsyncShop(self._shop.preview, self._run)

    def now(self) -> datetime:
        """The clock's instant, in UTC."""
        return self._shop.now()

    @asynccontextmanager
    async def join(self, host: "AsyncHost") -> AsyncIterator["AsyncShop"]:
        """Every verb, inside a transaction of an `AsyncSession` or `AsyncConnection`: see Shop.join."""
        with ExitStack() as joined:
            shop = await host.run_sync(lambda lent: joined.enter_context(self._shop.join(lent)))
            yield AsyncShop(shop, lambda call: host.run_sync(lambda _: call()))

    access = Awaited(Shop.access)
    buy = Awaited(Shop.buy)
    buy_many = Awaited(Shop.buy_many)
    cancel = Awaited(Shop.cancel)
    change_plan = Awaited(Shop.change_plan)
    charges = Awaited(Shop.charges)
    claim = Awaited(Shop.claim)
    confirm = Awaited(Shop.confirm)
    dead_letters = Awaited(Shop.dead_letters)
    events = Awaited(Shop.events)
    explain = Awaited(Shop.explain)
    export = Awaited(Shop.export)
    export_seal = Awaited(Shop.export_seal)
    failing = Awaited(Shop.failing)
    fill = Awaited(Shop.fill)
    forget = Awaited(Shop.forget)
    gate = Awaited(Shop.gate)
    give = Awaited(Shop.give)
    has = Awaited(Shop.has)
    history = Awaited(Shop.history)
    hold = Awaited(Shop.hold)
    import_codes = Iterated(Shop.import_codes)
    look = Awaited(Shop.look)
    next_due = Awaited(Shop.next_due)
    pass_of = Awaited(Shop.pass_of)
    publish = Awaited(Shop.publish)
    quote = Awaited(Shop.quote)
    rebuild = Iterated(Shop.rebuild)
    reconcile = Awaited(Shop.reconcile)
    redeem = Awaited(Shop.redeem)
    refund = Awaited(Shop.refund)
    rekey = Iterated(Shop.rekey)
    relay = Awaited(Shop.relay)
    release = Awaited(Shop.release)
    releases = Awaited(Shop.releases)
    reopen = Awaited(Shop.reopen)
    resolve = Awaited(Shop.resolve)
    reveal = Awaited(Shop.reveal)
    reverse = Awaited(Shop.reverse)
    reviews = Awaited(Shop.reviews)
    revocations = Awaited(Shop.revocations)
    revoke = Awaited(Shop.revoke)
    rollback = Awaited(Shop.rollback)
    seals = Awaited(Shop.seals)
    send_again = Awaited(Shop.send_again)
    settle = Awaited(Shop.settle)
    signed_revocations = Awaited(Shop.signed_revocations)
    spend = Awaited(Shop.spend)
    tick = Awaited(Shop.tick)
    undo_cancel = Awaited(Shop.undo_cancel)
    undo_change = Awaited(Shop.undo_change)
    verify = Awaited(Shop.verify)
    void = Awaited(Shop.void)
    wallet = Awaited(Shop.wallet)


@asynccontextmanager
async def open_async(
    url: "str | AsyncEngine",
    *,
    keys: Keys | None = None,
    clock: Callable[[], datetime] = utc_now,
    random: Callable[[int], bytes] = secrets.token_bytes,
    create: bool = False,
    cache: str | Path | None = None,
    tries: Tries = USUAL_TRIES,
    threads: int = 16,
    **options: Any,
) -> AsyncIterator[AsyncShop]:
    """Open the store at `url`, or at the address of an engine, as `open` does, for programs that await.

    threads  how many verbs run at once where a verb runs in a thread; the others wait for their turn. On PostgreSQL,
             where none does, the connections are as many as `size` says
    """
    address = address_of(url)
    opening = partial(opened, address, keys, clock, random, cache, tries, **options)
    way = _on_loop(address, create, opening) if is_postgres(address) else _in_threads(threads, create, opening)
    async with way as shop:
        yield shop


@asynccontextmanager
async def _on_loop(address: str, create: bool, opening: Callable[..., Shop]) -> AsyncIterator[AsyncShop]:
    with needs_psycopg():
        from entitle.store.awaiting import Awaiting, run
    if create:
        from entitle.store.upgrade import upgrade

        await asyncio.to_thread(upgrade, address)
    home = asyncio.get_running_loop()

    async def run_here(call: Callable[[], T]) -> T:
        if asyncio.get_running_loop() is not home:  # where nothing would wake it
            raise StoreError(
                Words(
                    "the store was opened on another event loop: open it on each loop that uses it",
                    "库在另一个事件循环中打开：请在使用它的每个循环中各自打开",
                )
            )
        return await run(call)

    shop = await run_here(partial(opening, Awaiting()))
    try:
        yield AsyncShop(shop, run_here)
    finally:
        shop.close()


@asynccontextmanager
async def _in_threads(threads: int, create: bool, opening: Callable[..., Shop]) -> AsyncIterator[AsyncShop]:
    """What a cancelled task began is done before the block ends."""
    if type(threads) is not int or threads < 1:
        raise FactError(
            "threads", Words(f"is a whole number from 1; I got {shown(threads)}", f"应为正整数；收到 {shown(threads)}")
        )
    pool = ThreadPoolExecutor(threads, thread_name_prefix="entitle")

    async def run(call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(pool, copy_context().run, call)

    shops: list[Shop] = []  # where it is found too by who was cancelled before it was open
    try:
        await run(lambda: shops.append(opening(BLOCKING, create=create)))
        yield AsyncShop(shops[0], run)
    finally:
        await asyncio.shield(asyncio.to_thread(_end, pool, shops))


def _end(pool: ThreadPoolExecutor, shops: list[Shop]) -> None:
    pool.shutdown()  # with what still runs
    for shop in shops:
        shop.close()
