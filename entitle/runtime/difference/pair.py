"""One product in two releases: its declarations side by side, and every kind of change that its programs can make."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product as every

from entitle.ir import Int
from entitle.release import Release
from entitle.runtime.decide import Decider
from entitle.runtime.difference.bridge import Bridge
from entitle.runtime.difference.change import Change, Kind
from entitle.runtime.difference.classes import SEEN, Answer, Classes
from entitle.runtime.difference.declared import of_product
from entitle.runtime.prove.patience import Patience, RanOut
from entitle.runtime.prove.replay import Encoded, Purchase, decided, purchase, witness
from entitle.runtime.smt_terms import Term

UNITS_TRIED = 12
Found = tuple[Encoded, Encoded]  # the facts of one customer, as each release writes them


class Pair:
    """A product that both releases sell.

    order  offers on the whole order that see it are not what they were
    """

    def __init__(self, deciders: tuple[Decider, Decider], id_: str, patience: Patience, at: int, order: bool) -> None:
        self.deciders, self.patience, self.at, self.order = deciders, patience, at, order
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
            self.world = Bridge(self.a, self.b, self.old, self.new, self.patience, self.at)
            self.classes = Classes(self.world, self.old, self.new)
        except RanOut as out:
            self.unsure.append(Change("unknown", bound=out.bound))
            return
        some = False
        for kind, terms in self.classes.asked().items():
            if kind == "reason" and some:
                continue  # where answers change, their reasons do
            self.patience.begin()
            try:
                for found in self._kind(kind, terms):
                    some = True
                    yield found
            except RanOut as out:
                self.unsure.append(Change("unknown", bound=out.bound, asked=kind))
        self.patience.begin()
        try:
            yield from self._orders()
        except RanOut as out:
            self.unsure.append(Change("unknown", bound=out.bound, asked="dearer"))

    def _kind(self, kind: Kind, terms: tuple[Term, ...]) -> Iterator[Change]:
        """A customer who shows the kind of change, if there is one."""
        for term in terms:
            if self.world.plainest(*self.world.alone, term) is not None:
                answers = self._answers(self._both())
                if not SEEN[kind](*answers):
                    raise RanOut("replay")
                yield Change(kind, (answers[0].witness, answers[1].witness))
                return
            if self.world.alone and self.world.find(term) is not None:
                raise RanOut("order")

    def _both(self) -> Found:
        world = self.world
        return world.facts(world.model, world.old), world.facts(world.model, world.new)

    def _answers(self, facts: Found, quantity: int | None = None, codes: tuple[str, ...] = ()) -> tuple[Answer, Answer]:
        """What both runtimes say of the same purchase."""
        asked = [
            purchase(decider.release, product, own)
            for decider, product, own in zip(self.deciders, (self.old, self.new), facts, strict=True)
        ]
        presented = tuple(dict.fromkeys([*asked[0].codes, *asked[1].codes, *codes]))
        done = [replace(each, codes=presented, quantity=quantity or each.quantity) for each in asked]
        return self._answer(0, done[0], facts[0]), self._answer(1, done[1], facts[1])

    def _answer(self, place: int, done: Purchase, facts: Encoded) -> Answer:
        decider = self.deciders[place]
        verdict = decided(decider, done)
        return Answer(witness(decider, done, verdict, facts), verdict)

    # ---- offers on the whole order

    def _orders(self) -> Iterator[Change]:
        """They see more of a line than what it costs; where they differ, some purchases of this product are tried."""
        if not self.order and not (self.world.alone and self.world.find(self.classes.order()) is not None):
            return
        if self.world.plainest(self.classes.both, *self.world.alone) is not None:
            facts = self._both()
            shown: set[Kind] = set()
            for quantity, code in every(self._quantities(), ("", *self._order_codes())):
                answers = self._answers(facts, quantity, (code,) if code else ())
                kind = _by_total(*answers)
                if kind is not None and kind not in shown:
                    shown.add(kind)
                    yield Change(kind, (answers[0].witness, answers[1].witness))
        raise RanOut("order")

    def _quantities(self) -> range:
        types = [each.type for of in (self.old, self.new) for each in of.program.inputs if each.name == "quantity"]
        spans = [(each.lo, each.hi) for each in types if isinstance(each, Int)] or [(1, 1)]
        least = max(lo for lo, _ in spans)
        return range(least, min(*(hi for _, hi in spans), least + UNITS_TRIED - 1) + 1)

    def _order_codes(self) -> list[str]:
        offers = {offer for book in (self.a, self.b) for step in book.order_steps for offer in step.offers}
        return sorted(code for book in (self.a, self.b) for code, each in book.by_code.items() if each.id in offers)


def _by_total(a: Answer, b: Answer) -> Kind | None:
    """The kind of change that the sums of an order show."""
    if not (a.allowed and b.allowed):
        return None if a.allowed == b.allowed else "refused" if a.allowed else "allowed"
    before, after = a.witness.pays, b.witness.pays
    return None if before == after else "dearer" if after > before else "cheaper"
