"""One offer on the whole order in two releases: what it takes off the same lines, and an order that shows it.

First its own programs are asked, over every customer and everything that lines can come to: what no model shows there
is proved of every order. What one shows is then looked for among orders, each decided by both runtimes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import z3

from entitle.runtime.difference.answer import Answer, by_total
from entitle.runtime.difference.baskets import Baskets
from entitle.runtime.difference.bridge import Both
from entitle.runtime.difference.change import Change, Kind
from entitle.runtime.prove.patience import RanOut
from entitle.runtime.prove.replay import Beside
from entitle.runtime.smt_terms import Term

if TYPE_CHECKING:
    from entitle.runtime.difference.offers import Offers

PRODUCTS_TRIED = 4
KINDS: tuple[Kind, ...] = ("refused", "allowed", "dearer", "cheaper")


@dataclass(frozen=True)
class _Asked:
    """A kind of change, for orders of some products; `code`: one that is presented."""

    kind: Kind
    products: tuple[str, ...]
    code: str = ""


class OneOffer:
    """One offer on the whole order, in both releases."""

    def __init__(self, offers: "Offers", id_: str) -> None:
        self.offers, self.id, self.patience = offers, id_, offers.patience
        ours, theirs = (offers.products(place, id_) for place in (0, 1))
        parts = [(ours & theirs, (True, True)), (ours - theirs, (True, False)), (theirs - ours, (False, True))]
        self.seen = sorted(ours | theirs)
        self.baskets = Baskets(offers.deciders, self.seen)
        self.parts = [(tuple(sorted(products)), there) for products, there in parts if products]

    def changes(self) -> Iterator[Change]:
        """Every kind of change of the offer that there is; none: it means the same in every order."""
        found: dict[Kind, Change] = {}
        unsure: list[Change] = []
        self.patience.begin()
        try:
            asked = [each for kind in KINDS for each in self._asked(kind)]
        except RanOut as out:
            yield Change("unknown", bound=out.bound)
            return
        for each in asked:
            if each.kind in found:
                continue
            self.patience.begin()
            try:
                shown = self._shown(each)
                if shown is not None:
                    found[each.kind] = Change(each.kind, (shown[0].witness, shown[1].witness))
                else:
                    raise RanOut("orders")
            except RanOut as out:
                unsure.append(Change("unknown", bound=out.bound, asked=each.kind))
        yield from found.values()
        yield from {each.asked: each for each in unsure if each.asked not in found}.values()

    def _asked(self, kind: Kind) -> Iterator[_Asked]:
        """What is to be looked for of a kind. Raises RanOut."""
        programs = self.offers.programs
        for products, there in self.parts:
            if kind in ("refused", "allowed"):
                for code, offers in programs.world.codes.items():
                    if self.id in offers and programs.world.find(*self._code(kind, code, offers, there)) is not None:
                        yield _Asked(kind, products, code)
                continue
            was, now = (programs.leaves(place, self.id, there[place]) for place in (0, 1))
            other = now > was if kind == "dearer" else now < was
            if kind in self.offers.moved(self.id) or programs.world.find(other, *self._codes_fit()) is not None:
                yield _Asked(kind, products)

    def _codes_fit(self) -> Iterator[Term]:
        """Its codes, if they are presented, are of use in both: for these lines, or for others beside them."""
        programs = self.offers.programs
        anywhere = any(there[0] for _, there in self.parts), any(there[1] for _, there in self.parts)
        for code, offers in programs.world.codes.items():
            if self.id in offers:
                yield z3.Implies(programs.presented(code), z3.And(self._of_use(offers, anywhere)))

    def _code(self, kind: Kind, code: str, offers: Both[str | None], there: Both[bool]) -> tuple[Term, ...]:
        """The code is presented, and of use in one of the releases alone."""
        was, now = self._of_use(offers, there)
        return self.offers.programs.presented(code), was != now, now if kind == "allowed" else was

    def _of_use(self, offers: Both[str | None], there: Both[bool]) -> list[Term]:
        """Is the code of these offers of use, for lines that the offer sees or not?"""
        seen = [offers[place] if there[place] or offers[place] != self.id else None for place in (0, 1)]
        return [self.offers.programs.of_use(place, seen[place]) for place in (0, 1)]

    # ---- an order that shows it

    def _shown(self, asked: _Asked) -> Both[Answer] | None:
        """An order of one of the products, alone or with others; None: none was found. Raises RanOut."""
        for product in asked.products[:PRODUCTS_TRIED]:
            bills = self.offers.bills(product)
            term = {"dearer": bills.dearer, "cheaper": bills.cheaper, "refused": bills.refused}.get(
                asked.kind, bills.allowed
            )()
            about = bills.with_code(asked.code) if asked.code else bills.taking(self.id)
            for alone in (True, False):
                beside = [()] if alone else self.baskets.others(product)
                if found := self._tried(asked.kind, product, [term, about, *([bills.alone] if alone else [])], beside):
                    return found
        if len(self.parts) > 1:  # lines that it sees in both releases, beside others that it sees in one
            for product in self.seen[:PRODUCTS_TRIED]:
                sold = self.offers.bills(product).sold()
                for code in ("", *self.offers.bills(product).codes_of(self.id)):
                    about = [self.offers.bills(product).with_code(code)] if code else []
                    if found := self._tried(asked.kind, product, [sold, *about], self.baskets.others(product)):
                        return found
        return self._beside_another(asked.kind)

    def _beside_another(self, kind: Kind) -> Both[Answer] | None:
        """An order of what it sees and of what another offer sees, to which it stands otherwise. Raises RanOut."""
        others = self.offers.standing_otherwise(self.id)
        for one, other in (pair for each in others for pair in ((self.id, each), (each, self.id))):
            baskets = Baskets(self.offers.deciders, self._seen_by(other))
            for product in self._seen_by(one)[:PRODUCTS_TRIED]:
                bills = self.offers.bills(product)
                met = [bills.sold(), bills.taking(one), bills.may_have(other)]
                for terms in ([*met, bills.alone], met):
                    if found := self._tried(kind, product, terms, baskets.others(product)):
                        return found
        return None

    def _seen_by(self, offer: str) -> list[str]:
        return sorted(self.offers.products(0, offer) | self.offers.products(1, offer))

    def _tried(
        self, kind: Kind, product: str, terms: list[Term], beside: Iterable[Sequence[Beside]]
    ) -> Both[Answer] | None:
        """An order of a customer of whom this is true; None: it shows nothing, or nobody is. Raises RanOut."""
        world = self.offers.bills(product).world
        if world.plainest(*terms) is None:
            return None
        facts = world.facts(world.model, world.old), world.facts(world.model, world.new)
        tried = (self.baskets.answers(product, facts, others) for others in beside)
        return next((found for found in tried if by_total(*found) == kind), None)
