"""What the operator wants proved: it is true of every charge of every purchase, or here is a customer."""

from collections.abc import Iterator
from functools import cached_property

import z3

from entitle.claim import APPLIED, Claim
from entitle.ir import Fact, Input
from entitle.release import Release
from entitle.runtime.interpret import value_of
from entitle.runtime.live import facts_of
from entitle.runtime.prove.lines import laws_of_lines
from entitle.runtime.prove.patience import RanOut
from entitle.runtime.prove.replay import Encoded, Witness
from entitle.runtime.prove.result import Result
from entitle.runtime.prove.subject import Subject
from entitle.runtime.prove.whole import Left, Whole, orders
from entitle.runtime.prove.world import World
from entitle.runtime.smt_terms import Term

QUOTES = "\"'"
AMOUNTS = ("pay", "base")


def claimed(subject: Subject, claim: Claim) -> Iterator[Result]:
    """Is the claim true of a product? First of a purchase without offers on the whole order, then of any."""
    asking = _Asking(subject, claim)
    text = f"{'always' if claim.holds else 'never'}: {claim.span.text.strip(QUOTES)}"
    witness = asking.broken()
    if witness is not None:
        yield subject.found("claimed", "claim-broken", claim.span, witness, name=claim.id)
    else:
        yield subject.proved("claimed", name=claim.id, text=text)


class _Asking:
    """A claim on a product, before the solver.

    Where it speaks of what is paid or of an offer on the whole order, such offers are taken as if any other lines were
    bought beside: then what is proved is true of all orders, and what is found is looked for among real ones.
    """

    def __init__(self, subject: Subject, claim: Claim) -> None:
        self.subject, self.claim = subject, claim
        self.asked = {fact.name: fact for fact in facts_of(claim.condition)}
        own = {each.name for each in subject.product.program.inputs}.union(AMOUNTS)
        others = [fact for name, fact in self.asked.items() if name not in own and not name.startswith(APPLIED)]
        self.whole = Whole(subject)
        orders_ = [offer for _, offers in self.whole.steps for offer in offers]
        lowers = bool(orders_) and ("pay" in self.asked or any(f"{APPLIED}{each}" in self.asked for each in orders_))
        self.steps = self.whole.steps if lowers else []
        steps = [each for step, _ in self.steps for each in step.program.inputs]
        self.also = [*(_input(fact, subject.release) for fact in others), *steps]
        self.world = World(subject.release, subject.product.program, subject.patience, subject.at, self.also)
        self.taken = self._taken()
        self.pay = z3.Int("paid") if self.taken else self.world.let("pay")
        self._stand()
        met = self.world.terms.of(claim.condition)
        self.wrong = z3.Not(met) if claim.holds else met

    def _taken(self) -> dict[str, Term]:
        """Of each offer on the whole order: is it taken?"""
        found: dict[str, Term] = {}
        for step, offers in self.steps:
            side = self.world.beside(step.program)
            self.world.solver.add(*laws_of_lines(self.subject.release, offers, side.customer.told))
            lets, terms = side.terms.lets, [z3.Bool(f"taken.{each}") for each in offers]
            for offer, taken in zip(offers, terms, strict=True):
                found[offer] = taken
                self.world.solver.add(z3.Implies(taken, z3.And(lets[f"open.{offer}"], lets[f"may.{offer}"])))
                flag = self.world.customer.told.get(f"with.{offer}")
                self.world.solver.add(*([] if flag is None else [flag == taken]))
            self.world.solver.add(z3.AtMost(*terms, 1))
        promotions = self.subject.release.promotions
        apart = [(a, b) for a in found for b in promotions[a].apart if b in found]
        self.world.solver.add(*(z3.Not(z3.And(found[a], found[b])) for a, b in apart))
        return found

    def _stand(self) -> None:
        """What the names of the claim stand for."""
        stands, world = self.world.terms.stands, self.world
        for name in self.asked:
            if name in AMOUNTS:
                stands[name] = self.pay if name == "pay" else world.let(name)
            elif name.startswith(APPLIED):
                offer = name.removeprefix(APPLIED)
                stands[name] = self.taken[offer] if offer in self.taken else _takes(self.subject, world, offer)

    def broken(self) -> Witness | None:
        """Somebody for whom it does not hold; None: there is nobody. Raises RanOut."""
        world, nothing = self.world, [z3.Not(taken) for taken in self.taken.values()]
        alone = [*world.alone, *nothing, *([self.pay == world.let("pay")] if self.taken else [])]
        facts = world.plainest(world.yes, *alone, self.wrong)
        if facts is not None and (witness := self._shown(facts)) is not None:
            return witness
        if facts is not None and not self.taken:
            raise RanOut("replay")
        if not self.taken and not world.alone:
            return None
        facts = world.plainest(world.yes, self.wrong, *self._lowered())
        if facts is None:
            return None
        for near in (facts, *self._lowest(facts)):
            if (witness := self._shown(near)) is not None:
                return witness
        raise RanOut("order")

    def _lowest(self, facts: Encoded) -> Iterator[Encoded]:
        """Who comes to the lowest prices with each offer on the whole order."""
        for _, _, floors in self.whole.taken() if "pay" in self.asked else ():
            for low in floors.by_floor.values():
                yield {**facts, **floors.customer(low)}

    def _lowered(self) -> Iterator[Term]:
        """Between what it is that a unit costs after offers on the whole order."""
        if not self.taken or "pay" not in self.asked:
            return
        unit, floor = self.world.let("pay"), self.world.let("floor")
        ways = [z3.And(self.taken[each.offer], floor == each.floor, each.law(unit, self.pay)) for each in self.least]
        yield self.pay <= unit
        yield z3.Or(self.pay == unit, *ways)

    @cached_property
    def least(self) -> list[Left]:
        return list(self.whole.least())

    def _shown(self, facts: Encoded) -> Witness | None:
        """An order of this customer for whom it does not hold, decided by the runtime."""
        if not self.taken:
            found = self.subject.replayed(facts, self.also)
            return found if self._breaks(found, facts) else None
        return next((each for each in orders(self.subject, facts, self.also) if self._breaks(each, facts)), None)

    def _breaks(self, found: Witness, facts: Encoded) -> bool:
        """Does the claim not hold for this order, by the interpreter?"""
        if found.stage is not None or not found.falls:
            return False
        told: Encoded = {**facts, "quantity": found.purchase.quantity, "base": found.falls[0].after}
        told = {**told, **{name: name.removeprefix(APPLIED) in found.applied for name in self.asked if APPLIED in name}}
        inputs = {
            **self.world.customer.inputs,
            **{
                name: Input(name, fact.type, "engine")
                for name, fact in self.asked.items()
                if name not in self.world.customer.inputs
            },
        }
        said = {bool(value_of(self.claim.condition, {**told, "pay": unit}, {}, inputs, {})) for unit in found.units}
        return (not self.claim.holds) in said


def _input(fact: Fact, release: Release) -> Input:
    """A fact that the product's program does not read."""
    if fact.name in release.inputs:
        return release.inputs[fact.name]
    return Input(fact.name, fact.type, "clock" if fact.name.startswith(("now", "in:")) else "store")


def _takes(subject: Subject, world: World, offer: str) -> Term:
    """Is an offer on a unit taken? One that the product does not have never is."""
    offers = [each for step in subject.product.offers for each in step]
    if offer not in offers or "best" not in world.terms.choices:
        return z3.BoolVal(False)
    return world.terms.choices["best"].takes[offers.index(offer)]
