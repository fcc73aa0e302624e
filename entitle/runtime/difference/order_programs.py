"""The programs of steps on the whole order in two releases, asked by one customer with the same lines."""

from collections.abc import Iterator, Sequence

import z3

from entitle.ir import Program
from entitle.release import OrderStep, Release
from entitle.runtime.difference.bridge import Both, Bridge, codes_between
from entitle.runtime.prove.lines import most, of_lines
from entitle.runtime.prove.patience import Patience
from entitle.runtime.prove.world import Side
from entitle.runtime.smt_terms import Term

NOTHING = Program("", (), (), ())


class OrderPrograms:
    """The programs of the steps on the whole order, in both releases: the same customer with the same lines.

    lets  of each release's offers, the terms of their programs
    """

    def __init__(self, books: Both[Release], patience: Patience, at: int) -> None:
        own = [[offer for step in book.order_steps for offer in step.offers] for book in books]
        codes = codes_between(books, (own[0], own[1]))
        self.world = Bridge(books, (NOTHING, NOTHING), codes, patience, at, steps=True)
        self.sides = [self._sides(place, book.order_steps) for place, book in enumerate(books)]
        for offer in dict.fromkeys(own[0] + own[1]):
            self.world.solver.add(*self._same_lines(books, offer))
        for place, of in enumerate(self.sides):
            for offer in of:
                self.world.solver.add(*self._bounds(books, place, offer))

    def _sides(self, place: int, steps: Sequence[OrderStep]) -> dict[str, Side]:
        found: dict[str, Side] = {}
        for step in steps:
            own = [each.name for each in step.program.inputs if of_lines(each.name)]
            side = self.world.beside(step.program, *own, like=self.world.sides[place])
            found |= dict.fromkeys(step.offers, side)
        return found

    def _same_lines(self, books: Both[Release], offer: str) -> Iterator[Term]:
        """What the releases are told of the lines is the same, but for the units that each makes free."""
        for name in ("nth", *(f"{what}.{offer}" for what in ("sum", "listed", "units"))):
            told = [
                of[offer].customer.told[name] for of in self.sides if offer in of and name in of[offer].customer.told
            ]
            yield from (term == z3.Int(f"{name} of both") for term in told)
        free = [found.free for book in books if (found := book.promotions.get(offer)) and found.free]
        if len(free) == 2:
            old, new = (of[offer].customer.told[f"freed.{offer}"] for of in self.sides)
            most_units = max(most(book, book.promotions[offer])[0] for book in books)
            signs = {_freed(free[1], units) - _freed(free[0], units) for units in range(1, most_units + 1)}
            yield from [new <= old] if max(signs) <= 0 else []
            yield from [new >= old] if min(signs) >= 0 else []

    def _bounds(self, books: Both[Release], place: int, offer: str) -> Iterator[Term]:
        """What lines can come to in either release."""
        told = self.sides[place][offer].customer.told
        known = [most(book, book.promotions[offer]) for book in books if offer in book.promotions]
        units, cost = (max(each) for each in zip(*known, strict=True))
        total = told.get(f"sum.{offer}", z3.IntVal(0))
        for name, bound in ((f"units.{offer}", units), (f"sum.{offer}", cost), (f"listed.{offer}", cost)):
            yield from [told[name] <= bound] if name in told else []
        yield from [told[f"listed.{offer}"] >= total] if f"listed.{offer}" in told else []
        yield from [told[f"freed.{offer}"] <= total] if f"freed.{offer}" in told else []

    def reached(self, offer: str) -> Term:
        """What the lines that it sees come to, where one of the programs looks at it."""
        told = (of[offer].customer.told for of in self.sides if offer in of)
        return next((each[f"sum.{offer}"] for each in told if f"sum.{offer}" in each), z3.Int(f"sum.{offer}"))

    def leaves(self, place: int, offer: str, there: bool) -> Term:
        """What it leaves of them, if it is `there` for them at all."""
        if not there:
            return self.reached(offer)
        lets = self.sides[place][offer].terms.lets
        met = z3.And(lets[f"open.{offer}"], lets[f"may.{offer}"])
        return z3.If(met, lets[f"after.{offer}"], self.reached(offer))

    def of_use(self, place: int, offer: str | None) -> Term:
        """May the code of an offer be presented?"""
        if offer is None:
            return z3.BoolVal(False)
        lets = self.sides[place][offer].terms.lets
        return z3.And(lets[f"valid.{offer}"], lets[f"room.{offer}"])

    def presented(self, code: str) -> Term:
        pairs = zip(self.world.sides, self.world.codes[code], strict=False)
        return z3.And([side.customer.told[f"code.{offer}"] for side, offer in pairs if offer is not None])


def _freed(free: tuple[int, int], units: int) -> int:
    """How many of the units are free: the cheapest, so more of them never cost less."""
    return units // sum(free) * free[1]
