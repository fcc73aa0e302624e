"""An offer as it stood at its step: may it be used, what does it take off, and what is missing for it.

Read from the program that decided: its conditions one by one, and its amount as a function of what reaches the step.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from entitle.ir import Apply, Const, Fact, Local, Node, Op, Scale, Value, parts
from entitle.release import Promotion
from entitle.runtime.turning import TooMany, Turning


@dataclass(frozen=True)
class Standing:
    """One promotion at its step.

    conditions  all that must hold, each by itself
    result      the amount after it
    reached     the amount that reached its step (minor units), and `units`, their number
    value       what a node is, with such an amount and so many units
    """

    promotion: Promotion
    conditions: tuple[Node, ...]
    result: Node
    reached: int
    units: int
    value: Callable[[Node, int, int], Value]
    amount: Turning
    number: Turning

    @property
    def open(self) -> bool:
        """Is it for this customer, time and charge, its code presented, whatever the amount and the units?"""
        fixed = [each for each in self.conditions if not self._counted(each) and not self._varies(each)]
        return all(self.value(each, self.reached, self.units) for each in fixed)

    @property
    def used_up(self) -> bool:
        """Does one more use not fit into its limits, or not whole into what is left of its budget?"""
        counted = [each for each in self.conditions if self._counted(each)]
        return not all(self.value(each, self.reached, self.units) for each in counted)

    def holds(self, amount: int, units: int) -> bool:
        return all(self.value(each, amount, units) for each in self.conditions)

    @property
    def eligible(self) -> bool:
        return self.holds(self.reached, self.units)

    def off(self, amount: int, units: int) -> int:
        """What it takes off such an amount."""
        return amount - int(self.value(self.result, amount, units))

    def _counted(self, node: Node) -> bool:
        if isinstance(node, Local):
            return node.name == f"room.{self.promotion.id}"
        return any(isinstance(each, Fact) and each.name == f"budget.{self.promotion.id}" for each in _within(node))

    def _varies(self, node: Node) -> bool:
        return self.amount.reads(node) or self.number.reads(node)

    # ---- what is missing

    def more_amount(self, rival: "Standing | None") -> "Missing | None":
        """So much more reaching the step, and it takes off more than now, and more than the one taken at its step."""
        for amount in self._ahead(self.amount, self.reached, _every(self.result)):
            if self._gains(amount, self.units, rival):
                return Missing(self.promotion, "amount", amount - self.reached, self.off(amount, self.units))
        return None

    def more_units(self, rival: "Standing | None", most: int) -> "Missing | None":
        """So many more units, at most `most` in all, and it takes off more, or one more round of them is free."""
        free = self.promotion.free
        every = sum(free) if free else None
        for units in self._ahead(self.number, self.units, every):
            gains = self.holds(self.reached, units) if free else self._gains(self.reached, units, rival)
            if units <= most and gains:
                return Missing(self.promotion, "units", units - self.units, self.off(self.reached, units))
        return None

    def _gains(self, amount: int, units: int, rival: "Standing | None") -> bool:
        if not self.holds(amount, units):
            return False
        off = self.off(amount, units)
        now = self.off(self.reached, self.units) if self.eligible else 0
        other = rival.off(amount, units) if rival is not None and rival.holds(amount, units) else 0
        return off > max(now, other)

    def _ahead(self, turning: Turning, now: int, every: int | None) -> list[int]:
        """Where the conditions turn, and the next full round of what counts in rounds."""
        try:
            found = {turn for each in self.conditions if not self._counted(each) for turn in turning.turns(each)}
        except TooMany:
            found = set()
        if every is not None:
            found |= {(max(turn, now + 1) + every - 1) // every * every for turn in (now, *found)}
        return sorted(each for each in found if each > now)


@dataclass(frozen=True, slots=True)
class Missing:
    """So much more of an amount, or so many more units, and the promotion takes `off` off. Amounts are minor units."""

    promotion: Promotion
    what: Literal["amount", "units"]
    more: int
    off: int


def conditions_of(node: Node) -> tuple[Node, ...]:
    """What must hold together, each by itself."""
    return node.args if isinstance(node, Apply) and node.op is Op.AND else (node,)


def _within(node: Node) -> Iterator[Node]:
    yield node
    for part in parts(node):
        yield from _within(part)


def _every(node: Node) -> int | None:
    """For each full amount of this, where that is what the promotion takes off."""
    for each in _within(node):
        match each:
            case Apply(op=Op.TIMES_MONEY, args=(Scale(numerator=1, denominator=every, rounding="down"), Const())):
                return every
    return None
