"""How much may an offer take off in all, by its limits, and by its budget? Asked where the rulebook declares a budget.

A use that does not fit whole into a budget is none, so a budget is never overspent: what is told is whether the limits
end the offer before it, or it ends the offer before them; and which offers with limits nothing ends at all.
"""

from collections.abc import Iterator

import z3

from entitle.ir import Local, Mask, Node, Program, Takes
from entitle.messages import Words
from entitle.messages.proofs import ASKED
from entitle.release import Counter, OrderStep, Promotion, Release
from entitle.runtime.decide import Decider
from entitle.runtime.live import facts_of
from entitle.runtime.prove.patience import Patience, RanOut
from entitle.runtime.prove.result import BOUNDS, Result
from entitle.runtime.prove.subject import NOT_DECIDED, Subject
from entitle.runtime.prove.whole import Whole
from entitle.values.money import amount_text
from entitle.values.zone import Instant

QUESTION = "within-budget"


def within_budgets(decider: Decider, patience: Patience, at: Instant) -> Iterator[Result]:
    """The answer for each promotion that has limits or a budget."""
    release = decider.release
    if not any(_budget(each) for each in release.promotions.values()):
        return
    for promotion in release.promotions.values():
        if promotion.counters:
            patience.begin()
            try:
                yield _told(release, promotion, _Giving(decider, promotion, patience, at).most())
            except RanOut as out:
                values: dict[str, str | Words] = {
                    "product": promotion.id,
                    "asked": ASKED[QUESTION],
                    "bound": BOUNDS[out.bound],
                }
                yield Result(QUESTION, "unknown", NOT_DECIDED, promotion.span, values)


def _told(release: Release, promotion: Promotion, most: int | None) -> Result:
    budget = _budget(promotion)

    def said(code: str, **amounts: int) -> Result:
        values: dict[str, str | Words] = {name: amount_text(each, release.currency) for name, each in amounts.items()}
        return Result(QUESTION, "proved", code, promotion.span, {"name": promotion.id, **values}, "note")

    match most, budget:
        case None, None:
            return said("unbounded")
        case int(), None:
            return said(QUESTION, most=most)
        case int(), Counter(max=declared) if most > declared:
            return said("over-budget", most=most, budget=declared)
        case None, Counter(max=declared):
            return said(QUESTION, most=declared)
        case _:
            return said(QUESTION, most=most or 0)


def _budget(promotion: Promotion) -> Counter | None:
    return next((each for each in promotion.counters if each.of == "amount"), None)


class _Giving:
    """What a promotion takes off with one use, and how many uses its limits allow to all customers together."""

    def __init__(self, decider: Decider, promotion: Promotion, patience: Patience, at: Instant) -> None:
        self.promotion, self.release = promotion, decider.release
        products = [self.release.products[each] for each in promotion.products]
        self.subjects = [Subject(decider, each, patience, at) for each in products]

    def most(self) -> int | None:
        """What it takes off in all at most, by its limits alone; None where they allow any number of uses."""
        found = [each.max * self._a_use(each) for each in self.promotion.counters if self._ends(each)]
        renews = any(each.product.subscription for each in self.subjects)
        return None if not found or (renews and not self.promotion.charges) else min(found)

    def _ends(self, counter: Counter) -> bool:
        """Does it count every use of every customer, for ever?"""
        for_all = not counter.per and counter.in_each == "lifetime" and counter.of in ("orders", "units")
        return for_all and all(_always(program, counters, counter) for program, counters in self._programs())

    def _programs(self) -> Iterator[tuple[Program, tuple[Counter, ...]]]:
        if self._step is not None:
            yield self._step.program, self._step.counters
        else:
            yield from ((each.product.program, each.product.counters) for each in self.subjects)

    @property
    def _step(self) -> OrderStep | None:
        return next((each for each in self.release.order_steps if self.promotion.id in each.offers), None)

    def _a_use(self, counter: Counter) -> int:
        """What one use of a counter takes off at most. Raises RanOut."""
        if self._step is not None:
            return max((Whole(each).most_off(self._step, self.promotion.id) for each in self.subjects[:1]), default=0)
        return max((self._of_line(each, counter) for each in self.subjects), default=0)

    def _of_line(self, subject: Subject, counter: Counter) -> int:
        units = subject.product.sale.quantity[1] if counter.of == "orders" else 1
        charges = self.promotion.charges if subject.product.subscription else 1
        return units * charges * _of_unit(subject, self.promotion)


def _of_unit(subject: Subject, promotion: Promotion) -> int:
    """What an offer takes off one unit at one charge at most; what its budget would refuse is reckoned with."""
    floors, before = subject.floors, z3.Int("before")
    i, j = next((i, step.index(promotion.id)) for i, step in enumerate(subject.product.offers) if promotion.id in step)
    effect, terms = floors.effects[i][j], floors.world.terms
    budget = f"budget.{promotion.id}"
    met = [terms.of(each, before) for each in effect.reached if budget not in {fact.name for fact in facts_of(each)}]
    law = [floors.takes[i][j], before >= 0, before <= floors.base, *met]
    off = before - terms.of(effect.amount, before)

    def takes(amount: int) -> bool:
        return floors.world.check(*law, off >= amount) is not None

    low, high = 0, 1
    while takes(high):
        low, high = high, 2 * high
    while high - low > 1:
        tried = (low + high) // 2
        low, high = (tried, high) if takes(tried) else (low, tried)
    return low


def _always(program: Program, counters: tuple[Counter, ...], counter: Counter) -> bool:
    """Does every use of the offer count? A limit with an `if` counts some of them."""
    uses = next(let.value for let in program.lets if let.name == "uses")
    assert isinstance(uses, Mask), "uses are told bit by bit"
    bits: list[Node] = [bit for bit, each in zip(uses.bits, counters, strict=True) if each.name == counter.name]
    return all(isinstance(bit, Local | Takes) for bit in bits)
