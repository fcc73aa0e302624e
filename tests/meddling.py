"""A store in which something else happens once, after all was read and before it is written."""

import os
from collections.abc import Callable, Sequence
from typing import Any

from entitle.plan import Answer, Effect, Plan, Read, one_by_one
from entitle.shop.facade import Shop
from entitle.testing.world import World


class Meddled:
    """Over another store. `meanwhile`: what happens before the first plan is applied."""

    def __init__(self, place: World, meanwhile: Callable[[], object]) -> None:
        self._store, self._meanwhile, self.is_done = place.store, meanwhile, False

    def fetch(self, reads: tuple[Read, ...]) -> tuple[Any, ...]:
        return self._store.fetch(reads)

    def apply(self, plan: Plan) -> Effect | None:
        if not self.is_done:
            self.is_done = True
            self._meanwhile()
        return self._store.apply(plan)

    def apply_each(self, plans: Sequence[Plan]) -> list[Answer]:
        return one_by_one(self.apply, plans)

    def close(self) -> None: ...


def meddled(place: World, meanwhile: Callable[[], object]) -> Shop:
    """The same shop, in a process that is too late once."""
    shop = place.shop
    return Shop(Meddled(place, meanwhile), shop._ctx.keys, place.clock.instant, os.urandom, tries=shop._ctx.tries)
