"""Offers on the whole order in two releases: which are written otherwise, and how each stands to the others."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import cached_property

from entitle.canonical import program_hash
from entitle.release import Promotion
from entitle.runtime.decide import Decider
from entitle.runtime.difference.bills import BothBills
from entitle.runtime.difference.bridge import Both
from entitle.runtime.difference.change import BOTH_WAYS, Compared, Kind
from entitle.runtime.difference.offer import OneOffer
from entitle.runtime.difference.order_programs import OrderPrograms
from entitle.runtime.live import sliced
from entitle.runtime.prove.patience import Patience

OUTS = "valid", "room", "open", "may", "after"  # the lets of an offer's own


class Offers:
    """The offers on the whole order of both releases."""

    def __init__(self, deciders: Both[Decider], patience: Patience, at: int) -> None:
        self.deciders, self.patience, self.at = deciders, patience, at
        self.books = deciders[0].release, deciders[1].release
        self.steps = [{offer: step for step in book.order_steps for offer in step.offers} for book in self.books]
        self.sold = self.books[0].products.keys() & self.books[1].products.keys()
        self._bills: dict[str, BothBills] = {}

    def compared(self) -> Iterator[Compared]:
        """Every offer that is written otherwise, with its changes or proved the same."""
        for offer in sorted(self.steps[0].keys() | self.steps[1].keys()):
            if self._sees(offer) and not self._alike(offer):
                yield Compared(offer, tuple(OneOffer(self, offer).changes()), offer=True)

    def promotion(self, place: int, offer: str) -> Promotion | None:
        return self.books[place].promotions[offer] if offer in self.steps[place] else None

    def products(self, place: int, offer: str) -> set[str]:
        """The products that both releases sell, and that the offer sees."""
        found = self.promotion(place, offer)
        return set() if found is None else self.sold & set(found.products)

    def bills(self, product: str) -> BothBills:
        """The bills of orders of a product. Raises RanOut."""
        if product not in self._bills:
            self._bills[product] = BothBills(self.books, product, self.patience, self.at)
        return self._bills[product]

    def _sees(self, offer: str) -> bool:
        return bool(self.products(0, offer) | self.products(1, offer))

    def _alike(self, offer: str) -> bool:
        """Was it compiled to the same, among the same other offers?"""
        if not all(offer in steps for steps in self.steps) or self.moved(offer):
            return False
        return self._compiled(0, offer) == self._compiled(1, offer)

    def _compiled(self, place: int, offer: str) -> object:
        book, found = self.books[place], self.books[place].promotions[offer]
        program = sliced(self.steps[place][offer].program, *(f"{out}.{offer}" for out in OUTS))
        read = {each.name for each in program.inputs}
        calendars = {name: windows for name, windows in book.calendars.items() if f"in:{name}" in read}
        measures = [each for each in book.measures if each.name in read]
        zone = book.zone if calendars or any(each.startswith("now.") for each in read) else None
        meant = program_hash(replace(program, name=offer), book.words), found.code, found.free
        return meant, self.products(place, offer), calendars, measures, zone

    def moved(self, offer: str) -> Collection[Kind]:
        """What may come of how it stands to other offers: combined with fewer of them it makes nothing cheaper."""
        found: set[Kind] = set()
        for other in self.standing_otherwise(offer):
            was, now = (self._stands(place, offer, other) for place in (0, 1))
            found |= {"dearer"} if not now else {"cheaper"} if not was else BOTH_WAYS
        return found

    def standing_otherwise(self, offer: str) -> list[str]:
        """The offers to which it stands otherwise, so that an order may tell: to those that see none of the same lines
        it matters whether both are taken, not which of them is first."""
        if not all(offer in steps for steps in self.steps):
            return []
        found: list[str] = []
        for other in sorted(filter(self._sees, self.steps[0].keys() & self.steps[1].keys())):
            was, now = (self._stands(place, offer, other) for place in (0, 1))
            share = any(self.products(place, offer) & self.products(place, other) for place in (0, 1))
            if was != now and (share or not (was and now)):
                found.append(other)
        return found

    def _stands(self, place: int, offer: str, other: str) -> int:
        """Is the other taken before it or after it? 0: they are not taken together."""
        steps = self.steps[place]
        order = [each.id for each in self.books[place].order_steps]
        before, own = (order.index(steps[each].id) for each in (other, offer))
        return 0 if other in self.books[place].promotions[offer].apart else (before > own) - (before < own)

    @cached_property
    def programs(self) -> OrderPrograms:
        """The offers' programs, before one customer and the same lines. Raises RanOut."""
        return OrderPrograms(self.books, self.patience, self.at)
