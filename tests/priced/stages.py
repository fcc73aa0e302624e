"""Which stage says no to an order, and why; what guards say at every gate. From the draft of the rulebook alone."""

from dataclasses import dataclass

from tests.priced.books import Book, Goods, Promo, Watch
from tests.priced.making import Request
from tests.priced.walk import Walk

KINDS = {"block": "blocked", "challenge": "challenge", "review": "review"}


@dataclass(frozen=True)
class Said:
    """Why not (None for yes), with code and id of each reason; the guards that only note that they would have fired."""

    stage: str | None
    reasons: tuple[tuple[str, str], ...] = ()
    logged: tuple[str, ...] = ()


class Stages:
    """One request at one rulebook."""

    def __init__(self, book: Book, request: Request, walk: Walk) -> None:
        self.book, self.request, self.scene, self.walk = book, request, request.scene, walk
        self.asked = {each.name for each in book.ground.facts if each.default == "ask"}

    def line(self, goods: Goods, units: int) -> Said:
        missing = self.missing(goods)
        logged = () if missing else self.logged("purchase")
        stages = {"sale": self._sale(goods), "missing": [("missing", name) for name in missing]}
        if not any(stages.values()):  # the rest is only judged on facts that are there
            stages["eligible"] = [] if self._lets_in(goods) else [("not-eligible", goods.id)]
            stages["guards"] = self.guards("purchase")
            full = [each for each in goods.limits if not self.walk.fits(each, units)]
            stages["limits"] = [("limit", each.id) for each in full]
        for stage, reasons in stages.items():
            if reasons:
                return Said(stage, tuple(sorted(reasons)), logged)
        return Said(None, (), logged)

    def gate(self, name: str) -> Said:
        """A gate that is not a purchase."""
        missing = self._unknown(self._read_by_guards(name))
        if missing:
            return Said("missing", tuple(("missing", each) for each in missing))
        found = self.guards(name)
        return Said("guards" if found else None, tuple(sorted(found)), self.logged(name))

    def _lets_in(self, goods: Goods) -> bool:
        return goods.eligible is None or bool(goods.eligible.means(self.scene))

    def _sale(self, goods: Goods) -> list[tuple[str, str]]:
        found = [] if goods.sale.holds(self.walk.place, self.scene) else [("not-on-sale", goods.id)]
        known = self.scene.facts["channel"] is not None
        return found if not known or goods.sale.sells_in(self.scene) else [*found, ("not-in-channel", goods.id)]

    # ---- missing facts

    def missing(self, goods: Goods) -> list[str]:
        """What is asked for, is read for this product, and is not there."""
        phrases = [goods.eligible, *(each.when for each in goods.phases), *(each.when for each in goods.limits)]
        tables = [each.price for each in goods.phases] + ([goods.floor] if goods.floor else [])
        read = {name for each in phrases if each is not None for name in each.reads}
        read |= {name for each in tables for name in each.reads}
        read |= {each.per for each in goods.limits} | self._read_by_guards("purchase")
        read |= {"channel"} if goods.sale.channels else set()
        for promo in self.book.promos:
            read |= _read_by(promo) if goods.id in promo.goods else set()
        return self._unknown(read)

    def _read_by_guards(self, gate: str) -> set[str]:
        return {name for each in self.book.guards if gate in each.gates for name in each.fires.reads}

    def _unknown(self, read: set[str]) -> list[str]:
        return sorted(name for name in read & self.asked if self.scene.facts[name] is None)

    # ---- guards

    def guards(self, gate: str) -> list[tuple[str, str]]:
        """All that fire of the gravest kind."""
        for kind, code in KINDS.items():
            here = [each for each in self.book.guards if gate in each.gates and each.kind == kind and not each.log_only]
            found = [(code, each.id) for each in here if self._fires(each)]
            if found:
                return found
        return []

    def logged(self, gate: str) -> tuple[str, ...]:
        here = [each for each in self.book.guards if gate in each.gates and each.log_only]
        return tuple(each.id for each in here if self._fires(each))

    def _fires(self, guard: Watch) -> bool:
        blind = any(self.scene.facts[name] is None for name in guard.risky)
        passed = guard.challenge in self.request.passed
        self.walk.seen["risky fact missing"] += blind
        self.walk.seen["challenge passed"] += passed
        return not passed and (blind or bool(guard.fires.means(self.scene)))

    # ---- codes

    def wrong_codes(self) -> list[tuple[str, str]]:
        book, codes = self.book, self.request.codes
        if len(codes) > book.max_codes:
            return [("too-many-codes", str(book.max_codes))]
        by_code = {each.code: each for each in book.promos if each.code}
        return [wrong for code in codes for wrong in self._wrong(code, by_code.get(code))]

    def _wrong(self, code: str, promo: Promo | None) -> list[tuple[str, str]]:
        if promo is None:
            return [("unknown-code", code)]
        lines = {id_: units for id_, units in self.request.lines if id_ in promo.goods}
        if not lines or not self.walk.valid(promo):
            return [("code-not-valid", code)]
        whole = dict(self.book.steps)[promo.step]
        units = [sum(lines.values())] if whole else [*lines.values()]
        return [] if any(self.walk.has_room(promo, each) for each in units) else [("code-used-up", code)]


def _read_by(promo: Promo) -> set[str]:
    phrases = [*promo.says, *promo.sums, *(each.when for each in promo.counters if each.when is not None)]
    read = {name for each in phrases for name in each.reads}
    read |= {each.per for each in promo.counters}
    return read | ({"channel"} if promo.window.channels else set())
