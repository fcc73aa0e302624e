"""Many purchases at once: each has an outcome of its own, and they share the trips to the store."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from entitle.decision import Busy, Done, InDoubt, No, OnAccount, Payment, Raised, Who, who_of
from entitle.errors import FactError
from entitle.runtime.presented import Codes
from entitle.shop.arguments import check_record
from entitle.shop.quote import Agreed
from entitle.shop.sell import Lines, buy
from entitle.shop.verb import Context, Verb, Writer
from entitle.shop.views import OrderView

TOGETHER_MOST = 100  # purchases in one transaction

Bought = Done[OrderView] | No | Busy | InDoubt | Raised


@dataclass(frozen=True, slots=True)
class Purchase:
    """One of many purchases: what `buy` takes."""

    who: Who | str
    what: Lines
    key: str = field(kw_only=True)
    codes: Codes = field(default=(), kw_only=True, repr=False)
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

        Those of one customer are decided one after the other. Raised holds what `buy` would have raised, whatever it
        is: it is of that purchase alone, and keeps no other one from being made.

        Raises FactError for what is no list of Purchases; nothing is done then.
        """
        answers: dict[int, Bought] = {}
        sound: list[int] = []
        for place, each in enumerate(purchases):
            try:
                check_record("purchase", each)
                sound.append(place)
            except FactError as problem:
                answers[place] = Raised(problem)
        for wave in _waves({place: who_of(purchases[place].who).customer for place in sound}):
            made = self._drive_each([self._verb(purchases[place]) for place in wave])
            answers |= zip(wave, made, strict=True)
        return [answers[place] for place in range(len(purchases))]

    def _verb(self, bought: Purchase) -> Callable[[], Verb[Done[OrderView] | No]]:
        def verb() -> Verb[Done[OrderView] | No]:
            who, writer = who_of(bought.who), Writer(bought.by, bought.why)
            return (
                yield from buy(
                    self._ctx,
                    who,
                    bought.what,
                    bought.codes,
                    bought.passed,
                    bought.key,
                    bought.agreed,
                    bought.paid,
                    writer,
                )
            )

        return verb


def _waves(customers: Mapping[int, str]) -> list[list[int]]:
    """The places of the purchases that are decided together: one of each customer, customers in one order.

    Who writes the same rows in the same order, never waits for one who waits for him.
    """
    nth: defaultdict[str, int] = defaultdict(int)
    rounds: defaultdict[int, list[int]] = defaultdict(list)
    for place, customer in customers.items():
        rounds[nth[customer]].append(place)
        nth[customer] += 1
    waves: list[list[int]] = []
    for places in rounds.values():
        ordered = sorted(places, key=customers.__getitem__)
        waves += [ordered[i : i + TOGETHER_MOST] for i in range(0, len(ordered), TOGETHER_MOST)]
    return waves
