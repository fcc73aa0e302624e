"""Releases: what decides, what decided before, and the way back. The shop's verbs for them, and how they are listed."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from entitle.plan import Find, Get
from entitle.records import Activation, Active, Published
from entitle.release import Release
from entitle.runtime.explain import moment
from entitle.shop import publish as publishing
from entitle.shop.asking import Asking
from entitle.shop.publish import ReleaseView
from entitle.shop.scene import SLOT
from entitle.shop.verb import Context, Verb, Writer, ask, decider


@dataclass(frozen=True, slots=True)
class ActivationView:
    """That a release became active: the nth time that one did. `active`: it is the one that decides now."""

    n: int
    hash: str
    name: str
    at: datetime
    by: str
    why: str
    active: bool


class Releases(Asking):
    """A part of the shop."""

    def publish(
        self,
        release: Release,
        by: str = "",
        why: str = "",
        *,
        keep_old_price: Collection[str] = (),
        after: str | None = None,
    ) -> ReleaseView:
        """Make this release the one that decides; publishing what is active already changes nothing.

        keep_old_price  subscriptions whose running contracts keep their price this time, though no rule says so
        after           the hash of the release that it was compared with, which must still decide; "": none does

        Raises StoreError where another one decides; RuleError where it changes another subscription's price without
        saying by `if_price_changes` what that means for contracts.
        """
        return self._activated(lambda: publishing.publish(self._ctx, release, Writer(by, why), keep_old_price, after))

    def rollback(self, to: str | None = None, by: str = "", why: str = "") -> ReleaseView:
        """Make an earlier release decide again: the one whose hash begins with `to`, else the one active before.

        What was sold meanwhile stays as it was decided. Raises NotFound, and RuleError as `publish` does.
        """
        return self._activated(lambda: publishing.rollback(self._ctx, to, Writer(by, why)))

    def releases(self, before: int | None = None, limit: int = 20) -> tuple[ActivationView, ...]:
        """Which releases became active, the last one first, from before the nth activation on."""
        found: tuple[ActivationView, ...] = self._drive(lambda: activations(self._ctx, before, limit))
        return found

    def release(self, start: str) -> Release:
        """The release whose hash begins so, with the files it was made of in `sources`. Raises NotFound."""

        def verb() -> Verb[Release]:
            number = yield from publishing.number_of(start)
            return (yield from decider(self._ctx, number)).release

        found: Release = self._drive(verb)
        return found

    def _activated(self, make: Callable[[], Verb[ReleaseView]]) -> ReleaseView:
        answer = self._ask(make)
        return answer if isinstance(answer, ReleaseView) else answer.unwrap()


def activations(ctx: Context, before: int | None, limit: int) -> Verb[tuple[ActivationView, ...]]:
    """The last activations, with the names of their releases."""
    earlier = () if before is None else (("n", "<", before),)
    active, found = yield from ask(
        Get(Active, (SLOT,)), Find(Activation, (("slot", "=", SLOT), *earlier), ("-n",), limit)
    )
    hashes = dict.fromkeys(each.release for each in found)
    names: dict[str, str] = {}
    for number in hashes:  # one at a time: each holds a whole rulebook
        (row,) = yield from ask(Get(Published, (number,)))
        names[number] = row.name
    return tuple(
        ActivationView(
            each.n, each.release, names[each.release], moment(each.at), each.by, each.why, each.n == active.since
        )
        for each in found
    )
