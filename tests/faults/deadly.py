"""A process that dies at one point of a verb: before the nth statement that its database sees, or after the last."""

import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path
from random import Random

from entitle.keys import Keys
from entitle.plan import Store
from entitle.shop.facade import Shop
from entitle.store.connections import Connections
from entitle.store.sqlite import SqliteStore
from entitle.testing.world import World

KEYS = Keys.from_text("a virtual shop")
Doing = Callable[[World], object]


class Watched(Connections):
    """Connections that tell of every statement before it is done."""

    def __init__(self, path: Path, told: Callable[[], None]) -> None:
        super().__init__(path, 5, {})
        self._told = told

    def lend(self) -> sqlite3.Connection:
        connection = super().lend()
        connection.set_trace_callback(lambda _: self._told())
        return connection


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def watched(path: Path, told: Callable[[], None]) -> SqliteStore:
    store = SqliteStore(path)
    store._connections = Watched(path, told)
    return store


def opened(store: Store, at: int, seed: int) -> World:
    """A world at an instant, on what is in the store. Another seed gives other ids and codes."""
    place = World(None, store, at)
    place.shop = Shop(store, KEYS, place.clock.instant, Random(seed).randbytes)
    return place


def points(path: Path, at: int, act: Doing) -> int:
    """How many statements the verb takes, undisturbed."""
    seen: list[None] = []
    store = watched(path, lambda: seen.append(None))
    act(opened(store, at, seed=1))
    store.close()
    return len(seen)


def killed(path: Path, at: int, act: Doing, point: int) -> None:
    """Do it in a process that is killed before statement `point` (from 0), or when all are done."""
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        assert status == signal.SIGKILL, f"it ended by itself: {status}"
        return
    try:
        left = iter(range(point))
        act(opened(watched(path, lambda: None if next(left, None) is not None else die()), at, seed=1))
        die()
    finally:
        os._exit(1)
