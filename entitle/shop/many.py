"""Many purchases at once: each has an outcome of its own, and they share the trips to the store."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from entitle.decision import Busy, Done, InDoubt, No, OnAccount, Payment, Raised, Who, who_of
from entitle.errors import FactError
from entitle.runtime.presented import Codes
from entitle.shop.quote import Agreed
from entitle.shop.sell import Lines, buy
from entitle.shop.verb import Context, Verb, Writer
from entitle.shop.views import OrderView
from entitle.values.text import shown

TOGETHER_MOST = 100  # purchases in one transaction

Bought = Done[OrderView] | No | Busy | InDoubt | Raised


@dataclass(frozen=True, slots=True)
class Purchase:
    """One of many purchases: what `buy` takes."""

    who: Who | str
    what: Lines
    key: str = field(kw_only=True)
    codes: Codes = field(default=(), kw_only=True)
    passed: Sequence[str] = field(default=(), kw_only=True)
    paid: Payment | OnAccount | None = field(default=None, kw_only=True)
    agreed: Agreed = field(default=None, kw_only=True)
    by: str = field(default="", kw_only=True)
    why: str = field(default="", kw_only=True)


class Buying:
    """A part of the shop."""

    _ctx: Context
    _drive_each: Callable[[list[Callable[[], Verb[Any]]]], list[Any]]

    def buy_many(self, purchases: Sequence[Purchase]) -> list[Bought]:
        """Buy for many: the outcome of each purchase, in their order, as `buy` would have told it.

        Those of one customer are decided one after the other. Raised holds what `buy` would have raised: it is of that
        purchase alone.

        Raises FactError and ValueError for purchases that can be seen to be wrong as they stand; nothing is done then.
        """
        makes = [self._verb(each) for each in purchases]
        for make in makes:
            _check(make())
        answers: dict[int, Bought] = {}
        for wave in _waves(purchases):
            answers |= zip(wave, self._drive_each([makes[number] for number in wave]), strict=True)
        return [answers[number] for number in range(len(purchases))]

    def _verb(self, bought: Purchase) -> Callable[[], Verb[Done[OrderView] | No]]:
        if not isinstance(bought, Purchase):
            raise FactError("purchases", f"are Purchases; I got {shown(bought)}")
        return partial(
            buy,
            self._ctx,
            who_of(bought.who),
            bought.what,
            bought.codes,
            bought.passed,
            bought.key,
            bought.agreed,
            bought.paid,
            Writer(bought.by, bought.why),
        )


def _check(verb: Verb[object]) -> None:
    """Go to where the store would be asked first."""
    next(verb)
    verb.close()


def _waves(purchases: Sequence[Purchase]) -> list[list[int]]:
    """The places of the purchases that are decided together: one of each customer, customers in one order.

    Who writes the same rows in the same order, never waits for one who waits for him.
    """
    nth: defaultdict[str, int] = defaultdict(int)
    rounds: defaultdict[int, list[int]] = defaultdict(list)
    for place, each in enumerate(purchases):
        customer = who_of(each.who).customer
        rounds[nth[customer]].append(place)
        nth[customer] += 1
    waves: list[list[int]] = []
    for places in rounds.values():
        ordered = sorted(places, key=lambda place: who_of(purchases[place].who).customer)
        waves += [ordered[i : i + TOGETHER_MOST] for i in range(0, len(ordered), TOGETHER_MOST)]
    return waves
