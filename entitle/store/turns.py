"""Many who want to write to one file -> one after the other.

SQLite makes waiting writers sleep and try again, and the unlucky ones starve. Here the threads of a process stand in a
queue, and the processes in the kernel's queue for a lock on a file. It is for speed and fairness alone: that two never
write at once is left to the database.
"""

import fcntl
import os
import weakref
from collections import deque
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic
from types import TracebackType

from entitle.errors import StoreError


class Turns:
    """A context manager: inside it is this thread's turn.

    path     of the file to lock; it is made with `mode` where it is not there
    timeout  how many seconds a turn is waited for; a StoreError then
    """

    def __init__(self, path: Path, timeout: float, mode: int) -> None:
        self._path = path
        self._timeout = timeout
        self._mode = mode
        self._threads = _Queue()
        self._door: _Door | None = None
        _ALL.add(self)

    def __enter__(self) -> None:
        until = monotonic() + self._timeout
        if not self._threads.enter(self._timeout):
            raise self._too_late()
        try:
            self._door = self._door or _Door(self._open())
            if not self._door.enter(until - monotonic()):
                raise self._too_late()
        except BaseException:
            self._threads.leave()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, at: TracebackType | None
    ) -> None:
        assert self._door is not None
        self._door.leave()
        self._threads.leave()

    def close(self) -> None:
        """Give the file back when the turns before are over."""
        if not self._threads.enter(self._timeout):
            raise self._too_late()
        if self._door is not None:
            self._door.close()
            self._door = None
        self._threads.leave()

    def after_fork(self) -> None:
        """In the child: a lock that parent and child share would keep neither out, so it gets one of its own."""
        if self._door is not None:
            self._door.close_in_child()
        self._threads = _Queue()
        self._door = None

    def _open(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, self._mode)
        except OSError as problem:
            raise StoreError(f"`{self._path}` cannot be opened: {problem.strerror}") from problem

    def _too_late(self) -> StoreError:
        return StoreError(f"the store is locked: another writer held `{self._path}` for {self._timeout:g} seconds")


class _Queue:
    """The threads of this process, first come, first served."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._waiting: deque[Lock] = deque()
        self._taken = False

    def enter(self, timeout: float) -> bool:
        with self._guard:
            if not self._taken:
                self._taken = True
                return True
            call = Lock()
            call.acquire()
            self._waiting.append(call)
        called = False
        try:
            called = call.acquire(timeout=timeout)
        finally:
            if not called:
                self._give_up(call)
        return called

    def _give_up(self, call: Lock) -> None:
        with self._guard:
            if call in self._waiting:
                self._waiting.remove(call)
                return
        self.leave()  # called at the last moment: the next one's turn

    def leave(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


class _Door:
    """The lock on the file. One thread at a time comes here.

    The kernel's queue is fair but knows no timeout, so a thread of its own waits in it. When that comes too late, its
    place in the queue is kept for the next who wants in, or given up when the turn comes and nobody wants it.
    """

    def __init__(self, file: int) -> None:
        self._file = file
        self._guard = Lock()
        self._waiter: Thread | None = None
        self._wanted = False
        self._open = Event()
        self._closed = False

    def enter(self, timeout: float) -> bool:
        with self._guard:
            if self._waiter is None and self._is_free():
                return True
            self._wanted = True
            if self._waiter is None:
                self._waiter = Thread(target=self._wait, name="entitle-turn", daemon=True)
                self._waiter.start()
        came = False
        try:
            came = self._open.wait(max(timeout, 0))
        finally:
            self._stop_waiting(came)
        return came

    def _stop_waiting(self, came: bool) -> None:
        with self._guard:
            self._wanted = False
            if self._open.is_set() and not came:  # opened at the last moment
                self.leave()
            self._open.clear()

    def leave(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        with self._guard:
            self._closed = True
            if self._waiter is None:
                os.close(self._file)

    def close_in_child(self) -> None:
        """After a fork, where the one who waits was left behind."""
        os.close(self._file)

    def _is_free(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _wait(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_EX)
        with self._guard:
            self._waiter = None
            if self._wanted:
                self._open.set()
            elif self._closed:
                os.close(self._file)
            else:
                self.leave()


_ALL: weakref.WeakSet[Turns] = weakref.WeakSet()


def _after_fork() -> None:
    for each in _ALL:
        each.after_fork()


os.register_at_fork(after_in_child=_after_fork)
