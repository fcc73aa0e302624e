"""Verbs as generators without I/O, what they may know, and the few lines that drive one against a store.

A verb yields `Fetch` and is sent the rows; it yields `Apply` and is sent nothing; it returns its answer. Where a guard
of its plan fails, the driver closes it and begins anew: the whole decision is made again on what is true now. A preview
and a fault injector are other drivers of the same generators; on an event loop the same driver waits otherwise.
"""

import random
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final, Literal, TypeVar

from entitle.canonical import cannot_read, from_json, text_hash
from entitle.decision import USUAL_TRIES, Busy, InDoubt, No, Tries
from entitle.errors import FactError, InDoubtError, NotFound, StoreError
from entitle.ir import Value
from entitle.keys import Keys
from entitle.messages import Words
from entitle.plan import Apply, Fetch, Find, Get, Read, Store
from entitle.records import Key, Published
from entitle.release import Release
from entitle.runtime.decide import Decider, Generated, nothing_kept
from entitle.store.waits import BLOCKING, Waits
from entitle.values.text import is_storable, shown
from entitle.values.zone import Instant

T = TypeVar("T")
Verb = Generator[Fetch | Apply, Any, T]
ATTEMPTS = 5
PATIENCE_SECONDS = 1
PAUSE_SECONDS_MAX = 0.02


@dataclass(frozen=True, slots=True)
class Windows:
    """How far measures look back, by what they count (None: for ever), as of an activation."""

    activation: int
    by_events: Mapping[str, int | None]


@dataclass(slots=True)
class Context:
    """The world as arguments: clock (microseconds), randomness, secrets; and the releases that are loaded already.

    overlay  measured facts that stand in for the store's own: a rulebook's tests set them
    generated  what was generated before for a release, by its hash
    tries  how many codes may be tried in vain
    windows  how far measures look back, once that was asked
    waits  how it waits for others, and for what is not ours
    """

    clock: Callable[[], Instant]
    random: Callable[[int], bytes]
    keys: Keys
    deciders: dict[str, Decider] = field(default_factory=dict)
    active: str = ""
    overlay: Mapping[str, Value] = field(default_factory=dict)
    generated: Callable[[Release, str], Generated] = nothing_kept
    tries: Tries = USUAL_TRIES
    windows: Windows | None = None
    waits: Waits = BLOCKING


@dataclass(frozen=True, slots=True)
class Writer:
    """Who does it and why, as the ledger keeps it. Raises FactError for what is no text."""

    by: str = ""
    why: str = ""

    def __post_init__(self) -> None:
        check_text("by", self.by)
        check_text("why", self.why)


def check_text(name: str, text: object) -> None:
    """Raises FactError for what is not a text that a store can keep."""
    if not is_storable(text):
        raise FactError(name, f"is a text that can be stored; I got {shown(text)}")


WORKER = Writer(by="tick")  # who does what becomes due by itself


def ask(*reads: Read) -> Verb[tuple[Any, ...]]:
    """The rows for these reads."""
    rows: tuple[Any, ...] = yield Fetch(reads)
    return rows


def decider(ctx: Context, release: str) -> Verb[Decider]:
    """The release under this hash, loaded once."""
    found = ctx.deciders.get(release)
    if found is None:
        (row,) = yield from ask(Get(Published, (release,)))
        if (loaded := ctx.deciders.get(release)) is not None:  # by another verb on the event loop, meanwhile
            return loaded
        if row is None:
            raise NotFound(Words(f"the store holds no release {release}", f"库中没有版本 {release}"))
        if text_hash(row.body) != release:
            raise StoreError(
                Words(
                    f"the release {release} in the store was changed: nothing is decided by it",
                    f"库中的版本 {release} 已被改动：不会依据它作任何决定",
                )
            )
        try:
            read = from_json(row.body)
        except ValueError as problem:  # the text is whole, so another version of entitle wrote it
            raise StoreError(cannot_read(problem)) from problem
        found = ctx.deciders[release] = Decider(read, ctx.generated(read, release))
    return found


class Patience:
    """How long one who was not first tries again: so often at least, and on while others keep going before."""

    def __init__(self, waits: Waits) -> None:
        self._waits = waits
        self._until = time.monotonic() + PATIENCE_SECONDS
        self._lost = 0

    def pause(self) -> bool:
        """Wait, so that two losers do not meet again; False: it is enough."""
        self._lost += 1
        if self._lost >= ATTEMPTS and time.monotonic() > self._until:
            return False
        self._waits.sleep(random.uniform(0, PAUSE_SECONDS_MAX * min(self._lost, ATTEMPTS)))
        return True


def perform(store: Store, make: Callable[[], Verb[T]], waits: Waits) -> T | Busy | InDoubt:
    """Run a verb until its plan is applied. Raises StoreError when the store surely did nothing.

    What is in doubt is asked for once more: the key, or what the rows say now, tells what became of it.
    """
    answer = _perform(store, make, waits)
    if not isinstance(answer, InDoubt):
        return answer
    try:
        return surely(_perform(store, make, waits))
    except StoreError:
        return answer


def surely(again: T | Busy | InDoubt) -> T | Busy | InDoubt:
    """The second answer to what was in doubt: a no proves nothing, since what was sent may still be on its way."""
    return InDoubt() if isinstance(again, No | Busy) else again


def _perform(store: Store, make: Callable[[], Verb[T]], waits: Waits) -> T | Busy | InDoubt:
    patience = Patience(waits)
    while (answer := attempt(store, make())) is STALE:
        if not patience.pause():
            return Busy()
    return answer


class Stale(Enum):
    """A guard failed: the verb must begin anew."""

    STALE = auto()


STALE: Final = Stale.STALE


def attempt(store: Store, verb: Verb[T]) -> T | InDoubt | Literal[Stale.STALE]:
    """Run a verb once: its answer, or STALE.

    No guard stands before a no, which writes nothing. Its key is looked at once more: the same request, sent twice,
    may be what used up the limit.
    """
    sent: Any = None
    keys: dict[Read, Any] = {}
    try:
        while True:
            match verb.send(sent):
                case Fetch(reads=reads):
                    sent = store.fetch(reads)
                    keys |= keys_found(reads, sent)
                case Apply(plan=plan):
                    if store.apply(plan) is not None:
                        return STALE
                    keys.clear()
                    sent = None
    except StopIteration as end:
        answer: T = end.value
        overtaken = isinstance(answer, No) and keys and store.fetch(tuple(keys)) != tuple(keys.values())
        return STALE if overtaken else answer
    except InDoubtError:
        return InDoubt()
    finally:
        verb.close()


def keys_found(reads: tuple[Read, ...], rows: tuple[Any, ...]) -> dict[Read, Any]:
    """The keys that were looked for, as they were: free, bound, or waiting for a review."""
    found = zip(reads, rows, strict=True)
    return {read: row for read, row in found if isinstance(read, Find) and read.table is Key}


def preview(store: Store, verb: Verb[T]) -> T:
    """The same decision, with nothing written."""
    sent: Any = None
    try:
        while True:
            step = verb.send(sent)
            sent = store.fetch(step.reads) if isinstance(step, Fetch) else None
    except StopIteration as end:
        answer: T = end.value
        return answer
