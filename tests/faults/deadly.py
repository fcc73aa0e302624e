"""A process that dies at one point of a verb."""

import os
import signal
from collections.abc import Callable
from random import Random

from entitle.keys import Keys
from entitle.plan import Store
from entitle.shop.facade import Shop
from entitle.testing.world import World
from tests.faults.grounds import Ground

KEYS = Keys.from_text("a virtual shop")
Doing = Callable[[World], object]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def opened(store: Store, at: int, seed: int) -> World:
    """A world at an instant, on what is in the store. Another seed gives other ids and codes."""
    place = World(None, store, at)
    place.shop = Shop(store, KEYS, place.clock.instant, Random(seed).randbytes)
    return place


def points(ground: Ground, at: int, act: Doing) -> int:
    """At how many points the verb can be killed; it is done undisturbed."""
    seen: list[None] = []
    store = ground.watched(lambda: seen.append(None))
    act(opened(store, at, seed=1))
    store.close()
    return len(seen)


def killed(ground: Ground, at: int, act: Doing, point: int) -> None:
    """Do it in a process that is killed at `point` (from 0), or when all is done and nobody was told."""
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        assert status == signal.SIGKILL, f"it ended by itself: {status}"
        return
    try:
        left = iter(range(point))
        store = ground.watched(lambda: None if next(left, None) is not None else die())
        act(opened(store, at, seed=1))
        die()
    finally:
        os._exit(1)
