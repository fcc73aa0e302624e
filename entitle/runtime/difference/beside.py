"""A product with another floor or base, at the same price: does an order with other products come to something else?

A floor matters where a share of an offer on the whole order takes a unit under it. Of all units with one floor the
cheapest is the first to get there; where no order takes that one so far, the floor makes no difference to any order.
"""

from collections.abc import Iterator

import z3

from entitle.runtime.decide import Decider
from entitle.runtime.difference.answer import Answer, by_total
from entitle.runtime.difference.baskets import Baskets
from entitle.runtime.difference.bills import BothBills
from entitle.runtime.difference.bridge import Both, Bridge
from entitle.runtime.difference.change import Change, Kind
from entitle.runtime.prove.lines import seen_with
from entitle.runtime.prove.patience import Patience, RanOut
from entitle.runtime.prove.subject import Subject
from entitle.runtime.prove.whole import Whole, cuts
from entitle.runtime.smt_terms import Term
from entitle.runtime.to_smt import read

FLOORS_MAX = 64  # pairs of floors that are looked at one by one


class BesideOthers:
    """Orders of a product whose price is the same in both releases, with other products beside it."""

    def __init__(self, deciders: Both[Decider], product: str, both: Term, world: Bridge, bills: BothBills) -> None:
        """`both`: that both sell the product; `world`: the two programs."""
        self.world, self.bills, self.product, self.both = world, bills, product, both
        self.books = deciders[0].release, deciders[1].release
        self.wholes = [
            Whole(Subject(each, each.release.products[product], world.patience, world.at)) for each in deciders
        ]
        others = seen_with(self.books[0], product) | seen_with(self.books[1], product)
        sold = self.books[0].products.keys() & self.books[1].products.keys()
        self.baskets = Baskets(deciders, sorted(others & sold))

    @property
    def patience(self) -> Patience:
        return self.world.patience

    def changes(self) -> Iterator[Change]:
        """Both ways; nothing where no order costs anything else. Raises RanOut."""
        if self.world.find(self.both, self._differ("base")) is not None and self._reads_listed():
            raise RanOut("orders")
        kinds: tuple[Kind, Kind] = ("dearer", "cheaper")
        for kind in kinds:
            self.patience.begin()
            if offers := list(dict.fromkeys(self._cutting(kind))):
                shown = self._shown(kind, offers)
                if shown is None:
                    raise RanOut("orders")
                yield Change(kind, (shown[0].witness, shown[1].witness))

    def _differ(self, let: str, kind: Kind | None = None, world: Bridge | None = None) -> Term:
        """Is it another one; with a kind, so that orders may cost more, or less?"""
        was, now = (side.terms.lets[let] for side in (world or self.world).sides[:2])
        return was != now if kind is None else now > was if kind == "dearer" else now < was

    def _reads_listed(self) -> bool:
        """Does an offer on the whole order look at bases?"""
        return any(
            f"listed.{offer}" in {each.name for each in step.program.inputs}
            for whole in self.wholes
            for step, offers in whole.steps
            for offer in offers
        )

    def _cutting(self, kind: Kind) -> Iterator[str]:
        """The offers that may take a unit under the higher one of two floors."""
        for unit, floor in self._cheapest(kind):
            for whole in self.wholes:
                for number, offer, floors in whole.taken():
                    if cuts(floors, offer, whole.reaching(number, offer, unit, floor), floor):
                        yield offer

    def _cheapest(self, kind: Kind) -> Iterator[tuple[int, int]]:
        """Of each two floors that are changed so: what the cheapest unit costs that has them, and the higher one."""
        was, now = (side.terms.lets["floor"] for side in self.world.sides[:2])
        pay = self.world.sides[0].terms.lets["pay"]
        seen = [self.both, self._differ("floor", kind)]
        for _ in range(FLOORS_MAX):
            if self.world.find(*seen) is None:
                return
            a, b, high = (read(self.world.model, each) for each in (was, now, pay))
            met, low = z3.And(was == a, now == b), max(a, b)
            seen.append(z3.Not(met))
            while low < high:
                middle = (low + high) // 2
                if self.world.find(self.both, met, pay <= middle) is None:
                    low = middle + 1
                else:
                    high = read(self.world.model, pay)
            yield high, max(a, b)
        raise RanOut("cells")

    def _shown(self, kind: Kind, offers: list[str]) -> Both[Answer] | None:
        """An order that shows it, if one is found. Raises RanOut."""
        world = self.bills.world
        for offer in offers:
            asked = self.bills.sold(), self._differ("floor", kind, world), self.bills.taking(offer)
            if world.plainest(*asked) is None:
                continue
            facts = world.facts(world.model, world.old), world.facts(world.model, world.new)
            tried = (self.baskets.answers(self.product, facts, others) for others in self.baskets.others(self.product))
            if found := next((each for each in tried if by_total(*each) == kind), None):
                return found
        return None
