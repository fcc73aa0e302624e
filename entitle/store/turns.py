"""Many who want to write to one file -> one after the other.

SQLite's own way is to sleep ever longer and try again, and the unlucky ones starve. Here the threads of a process wait
for a lock, and one of them for a lock on a file that all processes share. It is for fairness alone: that two never
write at once is left to the database.
"""

import fcntl
import os
import weakref
from pathlib import Path
from threading import Lock
from time import monotonic, sleep
from types import TracebackType

from entitle.errors import StoreError
from entitle.messages import Words

_PAUSE = 0.0005  # seconds; about one commit, so that everyone who waits looks in between two


class Turns:
    """A context manager: inside it is this thread's turn.

    path     of the file to lock; it is made with `mode` where it is not there
    timeout  how many seconds a turn is waited for; a StoreError then
    """

    def __init__(self, path: Path, timeout: float, mode: int) -> None:
        self._path = path
        self._timeout = timeout
        self._mode = mode
        self._thread = Lock()
        self._file: int | None = None
        _ALL.add(self)

    def __enter__(self) -> None:
        until = monotonic() + self._timeout
        if not self._thread.acquire(timeout=self._timeout):
            raise self._too_late()
        try:
            if self._file is None:
                self._file = self._open()
            while not _is_ours(self._file):
                if monotonic() > until:
                    raise self._too_late()
                sleep(_PAUSE)
        except BaseException:
            self._thread.release()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, at: TracebackType | None
    ) -> None:
        assert self._file is not None
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._thread.release()

    def close(self) -> None:
        """Give the file back when the turn that is on is over."""
        with self._thread:
            self._forget_file()

    def after_fork(self) -> None:
        """In the child: a lock that it shared with its parent would keep neither out, so it takes one of its own."""
        self._thread = Lock()
        self._forget_file()

    def _forget_file(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _open(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, self._mode)
        except OSError as problem:
            raise StoreError(
                Words(
                    f"`{self._path}` cannot be opened: {problem.strerror}",
                    f"无法打开 `{self._path}`：{problem.strerror}",
                )
            ) from problem

    def _too_late(self) -> StoreError:
        return StoreError(
            Words(
                f"the store is locked: others held `{self._path}` for {self._timeout:g} seconds",
                f"库被锁定：`{self._path}` 已被他人占用 {self._timeout:g} 秒",
            )
        )


def _is_ours(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


_ALL: weakref.WeakSet[Turns] = weakref.WeakSet()


def _after_fork() -> None:
    for each in _ALL:
        each.after_fork()


os.register_at_fork(after_in_child=_after_fork)
