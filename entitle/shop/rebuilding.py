"""The shop's verb that computes balances from the ledger again."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from entitle.plan import Find, Where
from entitle.records import Count, Customer, Stock, Use
from entitle.runtime.limits import NO_BUCKET
from entitle.shop import rebuild as rebuilding
from entitle.shop.paging import Pages, pages
from entitle.shop.rebuild import Correction
from entitle.shop.scene import POOL
from entitle.shop.streams import Streams
from entitle.shop.verb import Context, Verb, ask

POOL_END = "pool;"  # what comes after every stream of a pool


class Rebuilding:
    """A part of the shop."""

    _ctx: Context
    _drive: Callable[[Callable[[], Verb[Any]]], Any]

    def rebuild(self, apply: bool = False) -> Iterator[Correction]:
        """What is not what the ledger says, row by row; put right with `apply`. Nothing on a sound store.

        Streams come first, since counters are sums of their uses. A stream whose chain is broken is left as it is.
        """
        streams = Streams()
        while (stream := self._drive(streams.turn)) is not None:
            yield from self._corrected(partial(rebuilding.rebuild_stream, self._ctx, stream, apply))
        for pool in self._drive(_pools):
            yield from self._corrected(partial(rebuilding.rebuild_stock, pool, apply))
        counts = pages(Count, ("subject", "counter", "bucket"))
        uses = pages(Use, ("subject", "order", "line", "counter"), (("bucket", "!=", NO_BUCKET),))
        told: set[tuple[str, str, str]] = set()  # a count that is not there is found by each of its uses
        for found in (counts, uses):
            for key in self._keys(found):
                wrong = self._corrected(partial(rebuilding.rebuild_count, key, apply)) if key not in told else []
                told |= {key} if wrong else set()
                yield from wrong
        yield from self._corrected(partial(rebuilding.rebuild_active, apply))

    def _keys(self, found: Pages) -> Iterator[tuple[str, str, str]]:
        while (page := self._drive(found.turn)) is not None:
            yield from dict.fromkeys((each.subject, each.counter, each.bucket) for each in page)

    def _corrected(self, make: Callable[[], Verb[list[Correction]]]) -> list[Correction]:
        answer = self._drive(make)
        found: list[Correction] = answer if isinstance(answer, list) else answer.unwrap()
        return found


def _pools() -> Verb[list[str]]:
    """Every pool that has stock, or was ever filled."""
    of_pools: tuple[Where, ...] = (("stream", ">=", POOL), ("stream", "<", POOL_END))
    stocks, fills = yield from ask(Find(Stock, ()), Find(Customer, of_pools, ("stream",)))
    return sorted({each.pool for each in stocks} | {each.stream.removeprefix(POOL) for each in fills})
