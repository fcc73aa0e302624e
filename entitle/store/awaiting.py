"""On an event loop: the same synchronous code, which lets other tasks go on wherever it waits. No thread is held.

The code runs in a greenlet of its own, as it does under SQLAlchemy's asynchronous session. Where it waits, it hands
what is awaited to the coroutine that runs it; a task that is cancelled is told so there, in the middle of the code.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from contextvars import copy_context
from inspect import isawaitable
from typing import Any, TypeVar

import psycopg
from greenlet import getcurrent, greenlet

from entitle.store.waits import READ, WRITE, Permits, Watch

T = TypeVar("T")


async def run(call: Callable[[], T]) -> T:
    """What the code comes to, which waits by `Awaiting`."""
    code = greenlet(call)
    code.gr_context = getcurrent().gr_context
    said: Any = code.switch()
    while not code.dead:
        try:
            found = await said
        except GeneratorExit as end:  # this coroutine was closed
            _leave(code, end)
            raise
        except BaseException as problem:
            said = code.throw(problem)
        else:
            said = code.switch(found)
    answer: T = said
    return answer


def _leave(code: greenlet, end: GeneratorExit) -> None:
    """Nothing is awaited any more: the same is said wherever the code still wants to wait."""
    while not code.dead:
        wanted = code.throw(end)
        if isinstance(wanted, Coroutine):
            wanted.close()


def _awaited(wanted: Awaitable[T]) -> T:
    """In code that `run` runs."""
    outside = getcurrent().parent
    assert outside is not None, "this store is of an event loop: its verbs are awaited"
    found: T = outside.switch(wanted)
    return found


class Awaiting:
    """See Waits. Of one event loop."""

    def connect(self, conninfo: str) -> psycopg.AsyncConnection[Any]:
        return _awaited(psycopg.AsyncConnection.connect(conninfo, autocommit=True))

    def watch(self, socket: int) -> Watch:
        return _Watch(socket)

    def permits(self, number: int) -> Permits:
        return _Permits(number)

    def sleep(self, seconds: float) -> None:
        _awaited(asyncio.sleep(seconds))

    def call(self, foreign: Callable[[], object]) -> object:
        """In a thread; what it gives to be awaited is awaited here."""
        said = _awaited(_in_thread(foreign))
        return _awaited(said) if isawaitable(said) else said

    def surely(self, work: Callable[[], None]) -> None:
        _awaited(asyncio.shield(asyncio.ensure_future(run(work))))

    def cancel(self, connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any], seconds: float) -> None:
        assert isinstance(connection, psycopg.AsyncConnection)
        _awaited(asyncio.wait_for(connection.cancel_safe(timeout=seconds), seconds))  # an old libpq has no limit


async def _in_thread(foreign: Callable[[], object]) -> object:
    """A thread cannot be stopped: whoever is cancelled waits for its end, since what it uses is in use until then."""
    running = asyncio.get_running_loop().run_in_executor(None, copy_context().run, foreign)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([running])
        raise


class _Watch(Watch):
    def wait(self, wanted: int, seconds: float) -> int:
        return _awaited(self._first(wanted, seconds))

    async def _first(self, wanted: int, seconds: float) -> int:
        loop = asyncio.get_running_loop()
        first = loop.create_future()

        def tell(happened: int) -> None:
            if not first.done():
                first.set_result(happened)

        late = loop.call_later(seconds, tell, 0)
        loop.add_reader(self._socket, tell, READ)
        if wanted & WRITE:
            loop.add_writer(self._socket, tell, WRITE)
        try:
            happened: int = await first
            return happened
        finally:
            late.cancel()
            loop.remove_reader(self._socket)
            loop.remove_writer(self._socket)


class _Permits:
    """In the order in which they were asked for."""

    def __init__(self, number: int) -> None:
        self._semaphore = asyncio.Semaphore(number)

    def acquire(self, seconds: float) -> bool:
        return _awaited(self._acquired(seconds))

    async def _acquired(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._semaphore.acquire()
        except TimeoutError:
            return False

    def release(self) -> None:
        self._semaphore.release()
