"""A store of an event loop, for tests that are synchronous: each call is a task of a loop in a thread of its own."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from threading import Thread
from typing import Any, TypeVar

from entitle.plan import Answer, Effect, Plan, Read
from entitle.store.awaiting import Awaiting, run
from entitle.store.postgres import PostgresStore

T = TypeVar("T")
WITHIN_SECONDS = 60


class Loop:
    """An event loop. What it does is begun by any thread, and waited for."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever)
        self._thread.start()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        doing = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return doing.result(WITHIN_SECONDS)
        except BaseException:
            doing.cancel()  # whoever waits was interrupted
            raise

    def close(self) -> None:
        self.do(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WITHIN_SECONDS)
        self._loop.close()


class LoopStore:
    """A Store."""

    def __init__(self, url: str, **options: Any) -> None:
        self._loop = Loop()
        self.inner = PostgresStore(url, waits=Awaiting(), **options)

    def fetch(self, reads: tuple[Read, ...]) -> tuple[Any, ...]:
        return self._run(lambda: self.inner.fetch(reads))

    def apply(self, plan: Plan) -> Effect | None:
        return self._run(lambda: self.inner.apply(plan))

    def apply_each(self, plans: Sequence[Plan]) -> list[Answer]:
        return self._run(lambda: self.inner.apply_each(plans))

    def close(self) -> None:
        self.inner.close()
        self._loop.close()

    def _run(self, call: Callable[[], T]) -> T:
        return self._loop.do(run(call))
