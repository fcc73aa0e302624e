"""Many verbs in lock step: what all of them ask is one trip, and what all of them want done is carried out together.

Each is decided by itself, as if it had come alone. One whose guard fails, since another of them or somebody else was
faster, goes round again with the rest of those.
"""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from entitle.decision import Busy, InDoubt, No, Raised
from entitle.errors import Error, InDoubtError, RetryTransaction, StoreError
from entitle.plan import Answer, Apply, Fetch, Get, Read, Store
from entitle.shop.verb import Patience, Verb, keys_found, surely
from entitle.store.waits import Waits

T = TypeVar("T")


def perform_each(
    store: Store, makes: Sequence[Callable[[], Verb[T]]], waits: Waits
) -> list[T | Busy | InDoubt | Raised]:
    """The answer of each verb, in their order: what one of them raises is its answer alone.

    The verbs are of different customers: of two of one customer only one can be first. What is in doubt is asked for
    once more, as by `perform`.
    """
    answers = _perform_each(store, makes, waits)
    doubtful = [number for number, answer in enumerate(answers) if isinstance(answer, InDoubt)]
    if doubtful:
        asked_again = _perform_each(store, [makes[number] for number in doubtful], waits)
        for number, again in zip(doubtful, asked_again, strict=True):
            failed = isinstance(again, Raised) and isinstance(again.error, StoreError)
            answers[number] = InDoubt() if failed else surely(again)
    return answers


def _perform_each(
    store: Store, makes: Sequence[Callable[[], Verb[T]]], waits: Waits
) -> list[T | Busy | InDoubt | Raised]:
    answers: list[T | Busy | InDoubt | Raised] = [Busy() for _ in makes]
    left = list(range(len(makes)))
    patience = Patience(waits)
    while left:
        step = _Step(store, {number: makes[number]() for number in left}, answers)
        left = step.go()
        if left and not patience.pause():
            break
    return answers


def each_alone(drive: Callable[[Callable[[], Verb[T]]], T], makes: Sequence[Callable[[], Verb[T]]]) -> list[T | Raised]:
    """The same, one after the other, by a driver of single verbs."""

    def answer(make: Callable[[], Verb[T]]) -> T | Raised:
        try:
            return drive(make)
        except RetryTransaction:  # it is about all of them
            raise
        except Error as problem:
            return Raised(problem)

    return [answer(make) for make in makes]


class _Step(Generic[T]):
    """One attempt of several verbs."""

    def __init__(self, store: Store, verbs: dict[int, Verb[T]], answers: list[T | Busy | InDoubt | Raised]) -> None:
        self._store = store
        self._verbs = verbs
        self._answers = answers
        self._said: dict[int, Fetch | Apply] = {}
        self._keys: dict[int, dict[Read, Any]] = {number: {} for number in verbs}

    def go(self) -> list[int]:
        """Run all of them to their end; the numbers of those that must begin anew."""
        stale: list[int] = []
        try:
            for number in self._verbs:
                self._send(number, None)
            while self._said:
                asking = {number: said for number, said in self._said.items() if isinstance(said, Fetch)}
                if asking:
                    self._fetch(asking)
                else:
                    stale += self._apply({n: said for n, said in self._said.items() if isinstance(said, Apply)})
        finally:
            for verb in self._verbs.values():
                verb.close()
        return stale + self._overtaken()

    def _send(self, number: int, sent: Any) -> None:
        """Let a verb go on to what it asks or wants next, or to its answer."""
        try:
            self._said[number] = self._verbs[number].send(sent)
        except StopIteration as end:
            self._end(number, end.value)
        except Error as problem:
            self._end(number, Raised(problem))

    def _end(self, number: int, answer: T | Busy | InDoubt | Raised) -> None:
        self._answers[number] = answer
        self._said.pop(number, None)

    def _fetch(self, asking: dict[int, Fetch]) -> None:
        """Everything that is asked, in one trip. Many ask for the same row, which is read once."""
        rows: dict[Read | int, int] = {}
        reads: list[Read] = []
        places: dict[int, list[int]] = {}
        for number, said in asking.items():
            places[number] = []
            for read in said.reads:
                known: Read | int = read if isinstance(read, Get) else len(reads)
                if known not in rows:
                    rows[known] = len(reads)
                    reads.append(read)
                places[number].append(rows[known])
        try:
            found = self._store.fetch(tuple(reads))
        except StoreError as problem:
            for number in asking:
                self._end(number, Raised(problem))
            return
        for number, where in places.items():
            rows_of = tuple([found[place] for place in where])
            self._keys[number] |= keys_found(asking[number].reads, rows_of)
            self._send(number, rows_of)

    def _apply(self, wanted: dict[int, Apply]) -> list[int]:
        """Carry out what is wanted; the numbers of those of which a guard failed."""
        told: Sequence[Answer | InDoubtError]
        try:
            told = self._store.apply_each([said.plan for said in wanted.values()])
        except (StoreError, InDoubtError) as problem:
            told = [problem] * len(wanted)
        stale: list[int] = []
        for number, answer in zip(wanted, told, strict=True):
            match answer:
                case None:
                    self._keys[number].clear()
                    self._send(number, None)
                case InDoubtError():
                    self._end(number, InDoubt())
                case StoreError():
                    self._end(number, Raised(answer))
                case _:
                    self._said.pop(number)
                    stale.append(number)
        return stale

    def _overtaken(self) -> list[int]:
        """The numbers of those who were told no while their key was being used, as by `attempt`."""
        told_no = [n for n in self._verbs if self._keys[n] and isinstance(self._answers[n], No)]
        if not told_no:
            return []
        keys = [(number, read, was) for number in told_no for read, was in self._keys[number].items()]
        try:
            rows = self._store.fetch(tuple(read for _, read, _ in keys))
        except StoreError as problem:
            for number in told_no:
                self._end(number, Raised(problem))
            return []
        overtaken = {number for (number, _, was), now in zip(keys, rows, strict=True) if now != was}
        for number in overtaken:
            self._end(number, Busy())  # until it has gone round again
        return sorted(overtaken)
