"""How a shop and its store wait: for a socket, for a connection that is free, for a while. Here a thread stands still.

All else is the same on an event loop, where a task waits and others go on: see `awaiting`.
"""

import select
import time
from collections.abc import Callable
from threading import Semaphore
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import psycopg

READ, WRITE = select.POLLIN, select.POLLOUT


class Permits(Protocol):
    """So many, each held by one at a time."""

    def acquire(self, seconds: float) -> bool:
        """Wait for one; False: none was free for so long."""
        ...

    def release(self) -> None: ...


class Watch:
    """A socket, until something happens to it: that is told as `select.poll` tells it."""

    def __init__(self, socket: int) -> None:
        self._socket = socket
        self._poll = select.poll()
        self._poll.register(socket, READ)

    def seen(self) -> int:
        """What has happened already; 0: nothing."""
        return self._look(READ, 0)

    def wait(self, wanted: int, seconds: float) -> int:
        """What happens first of READ, WRITE and whatever is wrong; 0: nothing did for so long."""
        return self._look(wanted, seconds)

    def _look(self, wanted: int, seconds: float) -> int:
        self._poll.modify(self._socket, wanted)
        happened = self._poll.poll(max(seconds, 0) * 1000)
        return happened[0][1] if happened else 0


class Waits(Protocol):
    def connect(self, conninfo: str) -> "psycopg.Connection[Any] | psycopg.AsyncConnection[Any]":
        """A connection to the server. Raises psycopg.OperationalError."""
        ...

    def watch(self, socket: int) -> Watch: ...

    def permits(self, number: int) -> Permits: ...

    def sleep(self, seconds: float) -> None: ...

    def call(self, foreign: Callable[[], object]) -> object:
        """Run what is not ours, and may wait in a way of its own."""
        ...

    def surely(self, work: Callable[[], None]) -> None:
        """Run what goes on to its end, though who waits for it is cancelled."""
        ...

    def cancel(self, connection: "psycopg.Connection[Any] | psycopg.AsyncConnection[Any]", seconds: float) -> None:
        """Ask the server to stop what it does for this one. Raises psycopg.Error and TimeoutError."""
        ...


class Blocking:
    """See Waits."""

    def connect(self, conninfo: str) -> "psycopg.Connection[Any]":
        import psycopg  # which only a store in PostgreSQL needs

        return psycopg.connect(conninfo, autocommit=True)

    def watch(self, socket: int) -> Watch:
        return Watch(socket)

    def permits(self, number: int) -> Permits:
        return _Permits(number)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def call(self, foreign: Callable[[], object]) -> object:
        return foreign()

    def surely(self, work: Callable[[], None]) -> None:
        work()

    def cancel(self, connection: "psycopg.Connection[Any] | psycopg.AsyncConnection[Any]", seconds: float) -> None:
        connection.cancel_safe(timeout=seconds)


BLOCKING = Blocking()


class _Permits:
    def __init__(self, number: int) -> None:
        self._semaphore = Semaphore(number)

    def acquire(self, seconds: float) -> bool:
        return self._semaphore.acquire(timeout=seconds)

    def release(self) -> None:
        self._semaphore.release()
