"""The choice of offers as terms: one truth value an offer, bound to be allowed; and what makes it the best."""

from collections.abc import Callable, Iterator
from itertools import product

import z3

from entitle.ir import Best, weights
from entitle.numbering import places
from entitle.runtime.smt_terms import Term

Taken = tuple[int | None, ...]  # at each step the place of the offer that is taken; None for none


class Choosing:
    """A `Best`.

    takes   of each offer, by its number: is it taken?
    after   the amount after each step, before the floor
    number  the choice as the node numbers it
    """

    def __init__(self, node: Best, name: str, of: Callable[..., Term]) -> None:
        self.node, self._of = node, of
        self.base, self.floor = of(node.base), of(node.floor)
        self.counts = [len(step) for step in node.steps]
        self.takes = [z3.Bool(f"{name}.t{i}") for i in range(sum(self.counts))]
        self.laws: list[Term] = []
        self.after: list[Term] = []
        for i, step in enumerate(self.steps):
            self._step(z3.Int(f"{name}.a{i}"), i, step)
        self.laws += [z3.Not(z3.And(self.takes[a], self.takes[b])) for a, b in node.apart]
        self.number, self.count = z3.Int(f"{name}.n"), z3.Int(f"{name}.c")
        digits = zip(self.steps, weights(self.counts), strict=True)
        self.laws.append(self.number == z3.Sum([self._digit(step) * weight for step, weight in digits]))
        self.laws.append(self.count == z3.Sum([z3.If(each, 1, 0) for each in self.takes]))

    @property
    def steps(self) -> list[list[Term]]:
        """The truth values of the offers, step by step."""
        ends = [sum(self.counts[: i + 1]) for i in range(len(self.counts))]
        return [self.takes[end - count : end] for count, end in zip(self.counts, ends, strict=True)]

    @property
    def unfloored(self) -> Term:
        """The amount after all steps."""
        return self.after[-1] if self.after else self.base

    def _step(self, after: Term, number: int, taken: list[Term]) -> None:
        before = self.after[-1] if self.after else self.base
        amount = before
        for takes, offer in zip(taken, self.node.steps[number], strict=True):
            self.laws.append(z3.Implies(takes, self._of(offer.may, before)))
            amount = z3.If(takes, self._of(offer.amount, before), amount)
        if len(taken) > 1:
            self.laws.append(z3.AtMost(*taken, 1))
        self.laws.append(after == amount)
        self.after.append(after)

    def _digit(self, step: list[Term]) -> Term:
        return len(step) + z3.Sum([z3.If(takes, place - len(step), 0) for place, takes in enumerate(step)])

    # ---- the best

    def rivals(self) -> Iterator[Taken]:
        """Every choice that is not excluded."""
        for taken in product(*([*range(count), None] for count in self.counts)):
            numbers = set(self._numbers(taken))
            if not any(a in numbers and b in numbers for a, b in self.node.apart):
                yield taken

    def taken(self, number: int) -> Taken:
        """The choice with this number."""
        found = zip(places(number, self.counts), self.counts, strict=True)
        return tuple(None if place == count else place for place, count in found)

    def rival(self, taken: Taken) -> Term:
        """If this choice may be taken, then it is not better."""
        amount, may = self.base, []
        for place, step in zip(taken, self.node.steps, strict=True):
            if place is not None:
                may.append(self._of(step[place].may, amount))
                amount = self._of(step[place].amount, amount)
        digits = [count if place is None else place for place, count in zip(taken, self.counts, strict=True)]
        number = sum(digit * weight for digit, weight in zip(digits, weights(self.counts), strict=True))
        mine, its = lifted(self.unfloored, self.floor), lifted(amount, self.floor)
        count = len(taken) - taken.count(None)
        fewer = z3.Or(self.count < count, z3.And(self.count == count, self.number <= number))
        return z3.Implies(z3.And(may), z3.Or(mine < its, z3.And(mine == its, fewer)))

    def _numbers(self, taken: Taken) -> Iterator[int]:
        start = 0
        for place, count in zip(taken, self.counts, strict=True):
            if place is not None:
                yield start + place
            start += count


def lifted(amount: Term, floor: Term) -> Term:
    return z3.If(amount >= floor, amount, floor)
