"""A path -> connections to the SQLite file there, set up for correctness and lent to one thread at a time.

No connection is open while the process forks: SQLite keeps what it has locked in the memory of the process, and a child
that inherits this memory believes in locks that it does not have. Its commits can vanish, even through connections of
its own.
"""

import os
import sqlite3
import weakref
from collections.abc import Mapping
from math import inf
from pathlib import Path
from threading import Condition
from time import monotonic

from entitle.errors import StoreError
from entitle.messages import Words
from entitle.store.faults import to_error

LEAST_VERSION = (3, 37, 0)  # the first with STRICT tables
# 2 is FULL; what is deleted is overwritten
SETTINGS: dict[str, int | str] = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
_STATEMENTS_MOST = 512
_TRUSTED_SECONDS = 0.05  # a reader believes so long that the file is the one it was


def connect(path: Path, timeout: float, extra: Mapping[str, int]) -> sqlite3.Connection:
    """An open connection without transactions of the driver's own. The file is there already.

    Raises StoreError when it cannot be opened, is no database, or does not take the settings that durability needs.
    """
    if sqlite3.sqlite_version_info < LEAST_VERSION:
        raise StoreError(
            Words(
                f"the store needs SQLite 3.37 or newer; this Python comes with {sqlite3.sqlite_version}",
                f"库需要 SQLite 3.37 或更新的版本；此 Python 自带 {sqlite3.sqlite_version}",
            )
        )
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=timeout,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_STATEMENTS_MOST,
        )
    except sqlite3.Error as problem:
        raise to_error(path, problem) from problem
    try:
        _set_up(connection, path, {**extra, **SETTINGS, "busy_timeout": int(timeout * 1000)})
    except BaseException:
        connection.close()
        raise
    return connection


def _set_up(connection: sqlite3.Connection, path: Path, settings: Mapping[str, int | str]) -> None:
    try:
        for name, value in settings.items():
            connection.execute(f"PRAGMA {name} = {value}").close()
            if (found := connection.execute(f"PRAGMA {name}").fetchone()[0]) != value:
                raise StoreError(
                    Words(
                        f"`{path}` does not take the setting {name} = {value}: it stays {found}",
                        f"`{path}` 不接受设置 {name} = {value}：仍为 {found}",
                    )
                )
    except sqlite3.Error as problem:
        raise to_error(path, problem) from problem


def _identity(path: str) -> tuple[int, int] | None:
    """Which file this is, whatever it holds; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


class Connections:
    """Open connections, as many as are used at once. Those given back are lent again, the last one first."""

    def __init__(self, path: Path, timeout: float, extra: Mapping[str, int]) -> None:
        self._path = path
        self._name = str(path)  # looking at a text is quicker
        self._timeout = timeout
        self._extra = extra
        self._idle: list[sqlite3.Connection] = []
        self._lent = 0
        self._closed = False
        self._process = os.getpid()
        self._file = _identity(self._name)
        self._looked = monotonic()
        self._changed = Condition()
        self._fork_waits = False
        _ALL.add(self)

    def lend(self, *, to_write: bool = True) -> sqlite3.Connection:
        """A connection for the caller alone, until it is given back or dropped."""
        if self._process != os.getpid():
            raise StoreError(
                Words(
                    "the store was opened before a fork that Python does not know of: open it in the worker",
                    "库在一次 Python 不知道的 fork 之前打开：请在工作进程中打开",
                )
            )
        if to_write or monotonic() - self._looked > _TRUSTED_SECONDS:
            self._look_at_file()
        with self._changed:
            if self._closed:
                raise StoreError(Words("the store is closed", "库已关闭"))
            self._lent += 1
            if self._idle:
                return self._idle.pop()
        try:
            return connect(self._path, self._timeout, self._extra)
        except BaseException:
            self._end_loan()
            raise

    def give_back(self, connection: sqlite3.Connection) -> None:
        with self._changed:
            if not self._closed:
                self._idle.append(connection)
                self._return_loan()
                return
        self.drop(connection)

    def drop(self, connection: sqlite3.Connection) -> None:
        """Give back a connection that is not to be used again."""
        connection.close()
        self._end_loan()

    def close(self) -> None:
        """Close what is idle now, and what is lent when it is given back."""
        with self._changed:
            self._closed = True
            self._close_idle()

    def _end_loan(self) -> None:
        with self._changed:
            self._return_loan()

    def _return_loan(self) -> None:
        self._lent -= 1
        if self._fork_waits:  # nobody else ever waits
            self._changed.notify()

    def _look_at_file(self) -> None:
        """What is open still works when the file is another, but nobody will ever find what it writes.

        Raises StoreError.
        """
        if self._file != _identity(self._name):
            self._looked = -inf
            raise StoreError(
                Words(
                    f"`{self._path}` was removed or replaced while it was open: open the store again",
                    f"`{self._path}` 在打开期间被删除或替换：请重新打开库",
                )
            )
        self._looked = monotonic()

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def before_fork(self) -> None:
        """Wait until nothing is lent, close all, and lend nothing until `after_fork`."""
        self._changed.acquire()
        self._fork_waits = True
        self._changed.wait_for(lambda: self._lent == 0)
        self._fork_waits = False
        self._close_idle()

    def after_fork(self) -> None:
        self._process = os.getpid()
        self._changed.release()


_ALL: weakref.WeakSet[Connections] = weakref.WeakSet()
_FORKING: list[Connections] = []


def _before_fork() -> None:
    _FORKING[:] = _ALL
    for each in _FORKING:
        each.before_fork()


def _after_fork() -> None:
    for each in _FORKING:
        each.after_fork()
    _FORKING.clear()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
