"""What an order costs in two releases as terms, under the offers on the whole order: so many units of one product, and
beside them others that the same offers see.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, combinations

import z3

from entitle.ir import Int
from entitle.release import OrderStep, Product, Promotion, Release
from entitle.runtime.difference.bridge import Both, Bridge, codes_between
from entitle.runtime.prove.lines import Seen, of_lines, seen
from entitle.runtime.prove.patience import Patience, RanOut
from entitle.runtime.prove.world import Side, codes_of
from entitle.runtime.smt_terms import Term

SETS_MAX = 32


class BothBills:
    """The bills of one order in both releases.

    alone  nothing else is bought beside the product
    exact  of an order of the product alone the terms are what the runtime says; else they may be some minor units off
    """

    def __init__(self, books: Both[Release], product: str, patience: Patience, at: int) -> None:
        old, new = (book.products[product] for book in books)
        steps = tuple(seen(book, product) for book in books)
        ours, theirs = (
            [*of.coded, *(offer for _, offers in own for offer in offers)]
            for of, own in zip((old, new), steps, strict=True)
        )
        codes = codes_between(books, (ours, theirs))
        self.world = Bridge(books, (old.program, new.program), codes, patience, at, steps=True)
        self.world.solver.add(*self.world.alone)
        self.rest, self.others, self.listed = (z3.Int(name) for name in ("rest", "rest.units", "rest.listed"))
        self.world.solver.add(self.rest >= 0, self.others >= 0, self.listed >= self.rest)
        self.alone = z3.And(self.rest == 0, self.others == 0, self.listed == 0)
        self.bills = tuple(
            _Bill(self, side, of, own)
            for side, of, own in zip((self.world.old, self.world.new), (old, new), steps, strict=True)
        )
        self.exact = all(each.exact for each in self.bills)

    def dearer(self) -> Term:
        return z3.And(*(each.allowed for each in self.bills), self.bills[1].total > self.bills[0].total)

    def cheaper(self) -> Term:
        return z3.And(*(each.allowed for each in self.bills), self.bills[1].total < self.bills[0].total)

    def refused(self) -> Term:
        return z3.And(self.bills[0].allowed, z3.Not(self.bills[1].allowed))

    def allowed(self) -> Term:
        return z3.And(self.bills[1].allowed, z3.Not(self.bills[0].allowed))

    def sold(self) -> Term:
        """Both sell the product, whatever they say of codes."""
        return z3.And([each.side.terms.lets["stage"] == 0 for each in self.bills])

    def codes_of(self, offer: str) -> list[str]:
        """The codes of an offer on the whole order."""
        return [code for code, offers in self.world.codes.items() if offer in offers]

    def with_code(self, code: str) -> Term:
        """The code is presented."""
        sides = zip(self.world.sides, self.world.codes[code], strict=False)
        return z3.And([side.customer.told[f"code.{offer}"] for side, offer in sides if offer is not None])

    def taking(self, offer: str) -> Term:
        """One of the releases takes the offer."""
        return z3.Or([each.taking(offer) for each in self.bills])

    def may_have(self, offer: str) -> Term:
        """The customer may have an offer of either release, whatever lines it sees."""
        return z3.Or([found for each in self.bills for found in each.may_have(offer)])


class _Bill:
    """One release's bill of the order."""

    def __init__(self, bills: BothBills, side: Side, product: Product, steps: Seen) -> None:
        self.bills, self.world, self.side, self.product, self.steps = bills, bills.world, side, product, steps
        self.release = side.release
        told = side.customer.told
        self.quantity: Term = told.get("quantity", z3.IntVal(1))
        self.units = Int(*product.sale.quantity)
        self.nth: Term = told.get("charge", z3.IntVal(1))
        self.world.solver.add(z3.Or(self.nth == 1, bills.alone))  # each line pays its later charges alone
        inputs = (each.name for each in product.program.inputs)
        self.looked = {name.removeprefix("with.") for name in inputs if name.startswith("with.")}
        self._first: dict[str, Side] = {}  # of each step somebody who stands before it
        self.sets = [found for flags in self._flags() for found in self._under(flags)]
        self.total = z3.Int(f"total{self.world.sides.index(side)}")
        at_most = [z3.Implies(met, self.total <= total) for _, met, total in self.sets]
        self.world.solver.add(*at_most, z3.Or([z3.And(met, self.total == total) for _, met, total in self.sets]))

    @property
    def exact(self) -> bool:
        floor = self.side.terms.lets["floor"]
        never = z3.is_int_value(floor) and floor.as_long() == 0
        free = any(self.release.promotions[each].free for _, offers in self.steps[1:] for each in offers)
        return all(len(chosen) < 2 for chosen, _, _ in self.sets) or (never and not free)

    @property
    def allowed(self) -> Term:
        """The purchase is allowed, with the codes that are presented."""
        needs = {offer: needed for offer, (_, needed) in codes_of(self.side).items() if offer in self.product.coded}
        for step, offers in self.steps:
            lets = self._first[step.id].terms.lets
            coded = [each for each in offers if self.release.promotions[each].code is not None]
            needs |= {each: [lets[f"valid.{each}"], lets[f"room.{each}"]] for each in coded}
        return z3.And(self.side.terms.lets["stage"] == 0, self.world.fits(self.side, needs))

    def taking(self, offer: str) -> Term:
        return z3.Or([z3.And(met, self.total == total) for chosen, met, total in self.sets if offer in chosen])

    def may_have(self, offer: str) -> Iterator[Term]:
        for step in self.release.order_steps:
            if offer in step.offers:
                own = [each.name for each in step.program.inputs if of_lines(each.name)]
                lets = self.world.beside(step.program, *own, like=self.side).terms.lets
                yield z3.And(lets[f"open.{offer}"], lets[f"may.{offer}"])

    # ---- sets of offers

    def _flags(self) -> Iterator[tuple[str, ...]]:
        """The sets of order offers that offers on a unit look at."""
        names = [each for each in sorted(self.looked) if any(each in offers for _, offers in self.steps)]
        yield from chain.from_iterable(combinations(names, many) for many in range(len(names) + 1))

    def _under(self, flags: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Term, Term]]:
        """Every set of offers of which offers on a unit see just these: when it may be taken, and what it makes."""
        line = self.side if not flags else self._line(flags)
        start = line.terms.lets["total"] + self.bills.rest
        for count, found in enumerate(self._paths(self.steps, line, start, (), z3.BoolVal(True))):
            if count >= SETS_MAX:
                raise RanOut("order")
            if self.looked & set(found[0]) == set(flags):
                yield found

    def _line(self, flags: tuple[str, ...]) -> Side:
        """The product's line where these are taken."""
        names = {each: f"with.{each}" for each in self.looked}
        line = self.world.beside(self.product.program, *names.values(), like=self.side)
        self.world.solver.add(*(line.customer.told[name] == (each in flags) for each, name in names.items()))
        return line

    def _paths(
        self, steps: Seen, line: Side, reached: Term, chosen: tuple[str, ...], met: Term
    ) -> Iterator[tuple[tuple[str, ...], Term, Term]]:
        """Every set of offers of these steps, from what reached them on."""
        if not steps:
            yield chosen, met, reached
            return
        (step, offers), *later = steps
        yield from self._paths(later, line, reached, chosen, met)
        before = self._step(step, offers, line, reached)
        for offer in offers:
            promotion = self.release.promotions[offer]
            if not set(promotion.apart) & set(chosen):
                lets = before.terms.lets
                may = z3.And(met, lets[f"open.{offer}"], lets[f"may.{offer}"])
                after = self._after(promotion, line, reached, lets[f"after.{offer}"])
                yield from self._paths(later, line, after, (*chosen, offer), may)

    def _step(self, step: OrderStep, offers: Sequence[str], line: Side, reached: Term) -> Side:
        """The customer before a step that this much reached."""
        own = [each.name for each in step.program.inputs if of_lines(each.name)]
        side = self.world.beside(step.program, *own, like=self.side)
        self._first.setdefault(step.id, side)
        told, numbers, bills = side.customer.told, line.terms.numbers, self.bills
        listed = numbers.times(line.terms.lets["base"], self.quantity, self.units) + bills.listed
        for offer in offers:
            said = {
                f"sum.{offer}": reached,
                f"listed.{offer}": listed,
                f"units.{offer}": self.quantity + bills.others,
            }
            self.world.solver.add(*(told[name] == term for name, term in said.items() if name in told))
            freed = told.get(f"freed.{offer}")
            if freed is not None:
                picked = numbers.times(line.terms.lets["pay"], *self._picked(self.release.promotions[offer], line))
                self.world.solver.add(freed <= reached, z3.Implies(bills.alone, freed == picked))
        self.world.solver.add(*([told["nth"] == self.nth] if "nth" in told else []))
        return side

    def _picked(self, promotion: Promotion, line: Side) -> tuple[Term, Int]:
        """How many units of the product an offer makes free."""
        buy, free = promotion.free or (0, 0)
        most = self.units.hi // (buy + free) * free
        return line.terms.numbers.rounded(self.quantity, buy + free, "down") * free, Int(0, most)

    def _after(self, promotion: Promotion, line: Side, reached: Term, after: Term) -> Term:
        """What an offer leaves: of an order of the product alone no unit falls under its floor."""
        lets, numbers = line.terms.lets, line.terms.numbers
        if promotion.free:
            off = numbers.times(lets["pay"] - lets["floor"], *self._picked(promotion, line))
            kept = reached - off
        else:
            floors = numbers.times(lets["floor"], self.quantity, self.units)
            kept = z3.If(after >= floors, after, floors)
        return z3.If(self.bills.alone, kept, after)
