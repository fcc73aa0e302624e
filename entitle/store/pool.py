"""Open connections to a server, at most so many, each lent to one at a time.

A connection is the process's that opened it: the child of a fork lets go of those that it inherited and opens its own.
"""

import os
import weakref
from collections.abc import Callable
from threading import Lock

from entitle.errors import StoreError
from entitle.messages import Words
from entitle.store.waits import Waits
from entitle.store.wire import Wire


class Pool:
    """Those given back are lent again, the last one first.

    size  how many are open at once, at most
    wait  how many seconds one is waited for; a StoreError then
    """

    def __init__(self, connect: Callable[[], Wire], size: int, wait: float, waits: Waits) -> None:
        self._connect = connect
        self._size = size
        self._wait = wait
        self._waits = waits
        self._closed = False
        self._start()
        _ALL.add(self)

    def _start(self) -> None:
        self._process = os.getpid()
        self._idle: list[Wire] = []
        self._lock = Lock()  # of what is idle; nobody waits while they hold it
        self._permits = self._waits.permits(self._size)  # a connection is opened where none is idle: so none is more

    def lend(self) -> Wire:
        """A connection for the caller alone, until it is given back or dropped."""
        if self._process != os.getpid():
            raise StoreError(
                Words(
                    "the store was opened before a fork that Python does not know of: open it in the worker",
                    "库在一次 Python 不知道的 fork 之前打开：请在工作进程中打开",
                )
            )
        if not self._permits.acquire(self._wait):
            raise StoreError(
                Words(
                    f"all {self._size} connections to the store were in use for {self._wait:g} seconds",
                    f"库的全部 {self._size} 个连接已被占用 {self._wait:g} 秒",
                )
            )
        try:
            return self._idle_and_well() or self._connect()
        except BaseException:
            self._permits.release()
            raise

    def give_back(self, wire: Wire) -> None:
        with self._lock:
            if self._closed:
                wire.close()
            else:
                self._idle.append(wire)
        self._permits.release()

    def drop(self, wire: Wire) -> None:
        """Give back a connection that is not to be used again."""
        wire.close()
        self._permits.release()

    def stop(self, wire: Wire) -> None:
        """The same of one whose answers nobody waits for: the server stops what it does before another is opened."""
        try:
            wire.stop()
        finally:
            self.drop(wire)

    def close(self) -> None:
        """Close what is idle now, and what is lent when it is given back."""
        with self._lock:
            self._closed = True
            while self._idle:
                self._idle.pop().close()
        self._permits.release()  # whoever waits for one is told, and by their giving it back the next

    def _idle_and_well(self) -> Wire | None:
        with self._lock:
            if self._closed:
                raise StoreError(Words("the store is closed", "库已关闭"))
            while self._idle:
                wire = self._idle.pop()
                if wire.is_well():
                    return wire
                wire.close()
        return None

    def after_fork(self) -> None:
        """In the child: what is lent belongs to threads that are not here, and the lock may be theirs too."""
        idle = self._idle
        self._start()
        for wire in idle:
            wire.abandon()


_ALL: weakref.WeakSet[Pool] = weakref.WeakSet()


def _after_fork() -> None:
    for each in _ALL:
        each.after_fork()


os.register_at_fork(after_in_child=_after_fork)
