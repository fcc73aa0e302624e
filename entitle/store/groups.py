"""Work that many threads bring at once -> groups, each done by one of them for all.

Who comes while nobody is at work, works at once and alone. Who comes meanwhile waits, and the first of those who wait
then does the work of all: one transaction, and one wait for the disk, for many plans.
"""

import os
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, Generic, TypeVar

from entitle.errors import InDoubtError, StoreError
from entitle.messages import Words

W = TypeVar("W")  # a piece of work
A = TypeVar("A")  # what came of it
Take = Callable[[], list[W]]
MOST = 200  # pieces in a group; a brought lot stays together and may be larger


class Groups(Generic[W, A]):
    """Brings pieces of work to `do`, which calls what it is given once it may begin and answers for what it got.

    timeout  how many seconds somebody waits for those before; a StoreError then
    """

    def __init__(self, do: Callable[[Take[W]], list[A]], timeout: float) -> None:
        self._do = do
        self._timeout = timeout
        self._lock = Lock()
        self._waiting: deque[_Lot[W, A]] = deque()
        self._at_work = False
        _ALL.add(self)

    def bring(self, pieces: Sequence[W]) -> list[A]:
        """The answers for these pieces, done in their order and in one group. Raises what `do` raised."""
        lot: _Lot[W, A] = _Lot(pieces)
        with self._lock:
            self._waiting.append(lot)
            lot.leads, self._at_work = not self._at_work, True
        if not lot.leads:
            self._wait(lot)
        if lot.leads:
            self._lead(lot)
        if lot.problem is not None:
            raise lot.problem
        assert lot.answers is not None
        return lot.answers

    def _wait(self, lot: "_Lot[W, A]") -> None:
        """Until others did it, or it is this thread's turn to lead."""
        try:
            if not lot.called.acquire(timeout=self._timeout) and not self._withdraw(lot):
                lot.called.acquire()  # it is in a group that is being done, or called to lead: its end is near
        except BaseException:  # this thread was stopped, and nobody may wait for it
            self._withdraw(lot)
            if lot.leads:
                with self._lock:
                    self._waiting.remove(lot)
                self._hand_over([], lot)
            raise

    def _withdraw(self, lot: "_Lot[W, A]") -> bool:
        """Whether it could be taken back: nobody has begun with it, nor does anybody wait for its thread."""
        with self._lock:
            if lot not in self._waiting or lot.leads:
                return False
            self._waiting.remove(lot)
        seconds = f"{self._timeout:g}"
        lot.problem = StoreError(
            Words(
                f"the store is too busy: others were before this for {seconds} seconds; nothing was done",
                f"库过于繁忙：等待他人已 {seconds} 秒；未作任何改动",
            )
        )
        return True

    def _lead(self, own: "_Lot[W, A]") -> None:
        group: list[_Lot[W, A]] = []

        def take() -> list[W]:
            with self._lock:
                while self._waiting and (not group or _size(group) + len(self._waiting[0].pieces) <= MOST):
                    group.append(self._waiting.popleft())
            return [piece for lot in group for piece in lot.pieces]

        try:
            answers = self._do(take)
        except BaseException as problem:
            with self._lock:
                if not group:
                    self._waiting.remove(own)
            for lot in group:
                lot.problem = _told(problem)
            raise
        else:
            for lot in group:
                lot.answers, answers = answers[: len(lot.pieces)], answers[len(lot.pieces) :]
        finally:
            self._hand_over(group, own)

    def _hand_over(self, group: "list[_Lot[W, A]]", own: "_Lot[W, A]") -> None:
        with self._lock:
            self._at_work = bool(self._waiting)
            if self._waiting:
                self._waiting[0].leads = True
                self._waiting[0].called.release()
        for lot in group:
            if lot is not own:
                lot.called.release()

    def after_fork(self) -> None:
        """In the child nobody else waits or works."""
        self._lock = Lock()
        self._waiting.clear()
        self._at_work = False


class _Lot(Generic[W, A]):
    """What one thread brought. `called` opens when it was done, or when the thread `leads` from now on."""

    def __init__(self, pieces: Sequence[W]) -> None:
        self.pieces = pieces
        self.answers: list[A] | None = None
        self.problem: StoreError | InDoubtError | None = None
        self.leads = False
        self.called = Lock()
        self.called.acquire()


def _size(group: "list[_Lot[W, A]]") -> int:
    return sum(len(lot.pieces) for lot in group)


def _told(problem: BaseException) -> StoreError | InDoubtError:
    """What the others are told, each with an error of their own: one that was raised holds on to what it met."""
    if isinstance(problem, StoreError | InDoubtError):
        return type(problem)(problem.words)
    how = type(problem).__name__
    return InDoubtError(
        Words(
            f"the thread that wrote was stopped ({how}): whether it was done, the same key will tell",
            f"写入的线程被中止（{how}）：是否已完成，用同一个键再问即可知道",
        )
    )


_ALL: "weakref.WeakSet[Groups[Any, Any]]" = weakref.WeakSet()


def _after_fork() -> None:
    for each in _ALL:
        each.after_fork()


os.register_at_fork(after_in_child=_after_fork)
