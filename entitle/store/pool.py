"""Open connections to a server, at most so many, each lent to one thread at a time.

A connection is the process's that opened it: the child of a fork lets go of those that it inherited and opens its own.
"""

import os
import weakref
from collections.abc import Callable
from threading import Condition

from entitle.errors import StoreError
from entitle.messages import Words
from entitle.store.wire import Wire


class Pool:
    """Those given back are lent again, the last one first.

    size  how many are open at once, at most
    wait  how many seconds one is waited for; a StoreError then
    """

    def __init__(self, connect: Callable[[], Wire], size: int, wait: float) -> None:
        self._connect = connect
        self._size = size
        self._wait = wait
        self._closed = False
        self._start()
        _ALL.add(self)

    def _start(self) -> None:
        self._process = os.getpid()
        self._idle: list[Wire] = []
        self._open = 0
        self._changed = Condition()

    def lend(self) -> Wire:
        """A connection for the caller alone, until it is given back or dropped."""
        if self._process != os.getpid():
            raise StoreError(
                Words(
                    "the store was opened before a fork that Python does not know of: open it in the worker",
                    "库在一次 Python 不知道的 fork 之前打开：请在工作进程中打开",
                )
            )
        with self._changed:
            if not self._changed.wait_for(lambda: self._closed or self._idle or self._open < self._size, self._wait):
                raise StoreError(
                    Words(
                        f"all {self._size} connections to the store were in use for {self._wait:g} seconds",
                        f"库的全部 {self._size} 个连接已被占用 {self._wait:g} 秒",
                    )
                )
            if self._closed:
                raise StoreError(Words("the store is closed", "库已关闭"))
            while self._idle:
                wire = self._idle.pop()
                if wire.is_well():
                    return wire
                self._close(wire)
            self._open += 1
        try:
            return self._connect()
        except BaseException:
            with self._changed:
                self._open -= 1
                self._changed.notify()
            raise

    def give_back(self, wire: Wire) -> None:
        with self._changed:
            if self._closed:
                self._close(wire)
            else:
                self._idle.append(wire)
            self._changed.notify()

    def drop(self, wire: Wire) -> None:
        """Give back a connection that is not to be used again."""
        with self._changed:
            self._close(wire)
            self._changed.notify()

    def close(self) -> None:
        """Close what is idle now, and what is lent when it is given back."""
        with self._changed:
            self._closed = True
            while self._idle:
                self._close(self._idle.pop())
            self._changed.notify_all()

    def after_fork(self) -> None:
        """In the child: what is lent belongs to threads that are not here, and the lock may be theirs too."""
        idle = self._idle
        self._start()
        for wire in idle:
            wire.abandon()

    def _close(self, wire: Wire) -> None:
        wire.close()
        self._open -= 1


_ALL: weakref.WeakSet[Pool] = weakref.WeakSet()


def _after_fork() -> None:
    for each in _ALL:
        each.after_fork()


os.register_at_fork(after_in_child=_after_fork)
