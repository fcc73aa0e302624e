"""Join: the shop's verbs inside a transaction of the host's own, so that its rows and ours stand or fall together."""

import random
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from copy import copy
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, ParamSpec, Self, TypeVar, cast

from entitle.decision import InDoubt
from entitle.errors import RetryTransaction
from entitle.messages import Words
from entitle.plan import Store
from entitle.shop.together import each_alone
from entitle.shop.verb import ATTEMPTS, PAUSE_SECONDS_MAX, STALE, Verb, attempt

P = ParamSpec("P")
T = TypeVar("T")


class Joining:
    """A part of the shop."""

    store: Store
    _joined: bool
    _drive: Callable[[Callable[[], Verb[Any]]], Any]
    _drive_each: Callable[[list[Callable[[], Verb[Any]]]], list[Any]]

    @contextmanager
    def join(self, host: object) -> Iterator[Self]:
        """Every verb, inside a transaction that is yours: what it writes stands when you commit, and only then.

        `host` is a SQLAlchemy session or connection, a `sqlite3` or `psycopg` connection, or the alias of a database
        of Django's, on the database where the store is. Nothing of yours is flushed, committed or rolled back; outside
        `atomic()` an alias has no transaction, so the block becomes one. A refusal leaves the transaction as it was.

        Raises RetryTransaction (there and from each verb) where another transaction was faster and only a new one can
        decide: roll back, and run the whole function again, as `retrying` does. Raises StoreError where the tables of
        this version are not there, and where nothing could be rolled back.
        """
        from entitle.store.joined import join

        with join(host, getattr(self.store, "schema", None)) as store:  # which stores on PostgreSQL have
            twin = copy(self)
            twin.store, twin._joined = store, True
            twin._drive = lambda make: _decide(store, make)
            twin._drive_each = lambda makes: each_alone(twin._drive, makes)
            yield twin


def _decide(store: Store, make: Callable[[], Verb[T]]) -> T:
    """Run a verb, anew where a guard fails. Nobody else can help it on, so there is nothing to wait for in between."""
    for _ in range(ATTEMPTS):
        answer = attempt(store, make())
        if answer is not STALE:
            assert not isinstance(answer, InDoubt), "what commits nothing is never in doubt"
            return answer
    raise RetryTransaction(
        Words(
            "others changed what was decided on, and this transaction does not see it: roll back and run it again",
            "决定所依据的内容已被他人更改，而本事务看不到：请回滚并重新执行",
        )
    )


def retrying(run: Callable[P, T]) -> Callable[P, T]:
    """A function that runs its own transaction, run again when that asks for it: five times at most, then it raises.

    It stands outside the transaction (with Django, outside `atomic()`), and must do nothing that cannot be done twice.
    A coroutine function is awaited.
    """
    if iscoroutinefunction(run):
        return cast(Callable[P, T], _awaiting(run))

    @wraps(run)
    def again(*args: P.args, **kwargs: P.kwargs) -> T:
        for lost in range(1, ATTEMPTS):
            try:
                return run(*args, **kwargs)
            except RetryTransaction:
                time.sleep(_pause(lost))
        return run(*args, **kwargs)

    return again


def _awaiting(run: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    import asyncio  # slow to load, and here is a program that has loaded it

    @wraps(run)
    async def again(*args: P.args, **kwargs: P.kwargs) -> T:
        for lost in range(1, ATTEMPTS):
            try:
                return await run(*args, **kwargs)
            except RetryTransaction:
                await asyncio.sleep(_pause(lost))
        return await run(*args, **kwargs)

    return again


def _pause(lost: int) -> float:
    """Seconds, so that two losers do not meet again."""
    return random.uniform(0, PAUSE_SECONDS_MAX * lost)
