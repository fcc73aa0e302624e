"""One product in two releases: its declarations side by side, and every kind of change that its programs can make."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from entitle.release import Release
from entitle.runtime.decide import Decider
from entitle.runtime.difference.answer import answers, by_total
from entitle.runtime.difference.beside import BesideOthers
from entitle.runtime.difference.bills import BothBills
from entitle.runtime.difference.bridge import Both, Bridge, codes_between
from entitle.runtime.difference.change import BOTH_WAYS, Change, Kind
from entitle.runtime.difference.classes import Classes
from entitle.runtime.difference.declared import of_product
from entitle.runtime.difference.told import SEEN
from entitle.runtime.prove.lines import seen
from entitle.runtime.prove.patience import Patience, RanOut
from entitle.runtime.prove.replay import Encoded
from entitle.runtime.smt_terms import Term


class Pair:
    """A product that both releases sell."""

    def __init__(self, deciders: Both[Decider], id_: str, patience: Patience, at: int) -> None:
        self.deciders, self.patience, self.at = deciders, patience, at
        self.old, self.new = (decider.release.products[id_] for decider in deciders)
        self.declared = tuple(of_product(self.a, self.b, id_))

    @property
    def a(self) -> Release:
        return self.deciders[0].release

    @property
    def b(self) -> Release:
        return self.deciders[1].release

    def changes(self) -> Iterator[Change]:
        """Every kind of change that there is; none: the product means the same to everybody."""
        found = {each.kind: each for each in self._by_programs()}
        for kind in dict.fromkeys(each.kind for each in self.declared):
            own = tuple(each for each in self.declared if each.kind == kind)
            found[kind] = replace(found.get(kind, Change(kind)), declared=own)
        unsure = [each for each in self.unsure if each.asked not in found]
        yield from found.values()
        yield from unsure

    def _by_programs(self) -> Iterator[Change]:
        self.unsure: list[Change] = []
        self.patience.begin()
        try:
            books, programs = (self.a, self.b), (self.old.program, self.new.program)
            codes = codes_between(books, (self.old.coded, self.new.coded))
            self.world = Bridge(books, programs, codes, self.patience, self.at, steps=False)
            self.classes = Classes(self.world, self.old, self.new)
        except RanOut as out:
            self.unsure.append(Change("unknown", bound=out.bound))
            return
        known: set[Kind] = set()
        for kind, terms in self.classes.asked().items():
            if kind == "reason" and known:
                continue  # where answers change, their reasons do
            self.patience.begin()
            try:
                for found in self._kind(kind, terms):
                    known.add(kind)
                    yield found
            except RanOut as out:
                self.unsure.append(Change("unknown", bound=out.bound, asked=kind))
        self.patience.begin()
        try:
            yield from self._orders(known)
        except RanOut as out:
            self.unsure.append(Change("unknown", bound=out.bound, asked="dearer"))

    def _kind(self, kind: Kind, terms: tuple[Term, ...]) -> Iterator[Change]:
        """A customer who shows the kind of change, if there is one."""
        for term in terms:
            if self.world.plainest(*self.world.alone, term) is not None:
                found = answers(self.deciders, self.old.id, self._facts(self.world))
                if not SEEN[kind](found[0].told, found[1].told):
                    raise RanOut("replay")
                yield Change(kind, (found[0].witness, found[1].witness))
                return
            if self.world.alone and self.world.find(term) is not None:
                raise RanOut("order")

    def _facts(self, world: Bridge) -> Both[Encoded]:
        return world.facts(world.model, world.old), world.facts(world.model, world.new)

    # ---- offers on the whole order

    def _orders(self, known: Collection[Kind]) -> Iterator[Change]:
        """They may see something else of a line: orders of the product alone that cost more or less.

        Where none does, and offers see other products, it is asked of orders of several. Raises RanOut.
        """
        if not any(seen(book, self.old.id) for book in (self.a, self.b)):
            return
        if self.world.find(self.classes.seen()) is None:
            return
        bills = BothBills((self.a, self.b), self.old.id, self.patience, self.at)
        kinds: list[tuple[Kind, Term]] = [("dearer", bills.dearer()), ("cheaper", bills.cheaper())]
        shown = BOTH_WAYS & set(known)
        for kind, term in kinds:
            if kind in shown:
                continue
            if bills.world.plainest(term, bills.alone) is not None:
                found = answers(self.deciders, self.old.id, self._facts(bills.world))
                if by_total(*found) != kind:
                    raise RanOut("replay")
                shown |= {kind}
                yield Change(kind, (found[0].witness, found[1].witness))
        if not shown and (self._others() or not bills.exact):
            yield from BesideOthers(self.deciders, self.old.id, self.classes.both, self.world, bills).changes()

    def _others(self) -> set[str]:
        """What else offers on the whole order see: one that does not see the product may keep another from it."""
        offers = [
            book.promotions[each] for book in (self.a, self.b) for step in book.order_steps for each in step.offers
        ]
        return {id_ for each in offers for id_ in each.products} - {self.old.id}
