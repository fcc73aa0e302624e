"""What every part of the shop has: the world it knows, and the driver that its verbs are given to."""

from collections.abc import Callable
from typing import Any, TypeVar

from entitle.decision import Busy, InDoubt
from entitle.shop.verb import Context, Verb

T = TypeVar("T")


class Asking:
    """A part of the shop."""

    _ctx: Context
    _drive: Callable[[Callable[[], Verb[Any]]], Any]

    def _ask(self, make: Callable[[], Verb[T]]) -> T | Busy | InDoubt:
        answer: T | Busy | InDoubt = self._drive(make)
        return answer
