"""Promotions on a unit, and the floor -> the lets of a product's program that make the price of a charge.

The choice is one node; what it makes of the price is a let a step, so a trace shows what each of them did and the
floor's lift.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import prod

from entitle.boxes import slices
from entitle.dsl.effects import lowered
from entitle.dsl.facts import SPENT
from entitle.dsl.programs import Building, Charged, Staged, room
from entitle.dsl.promotions import RUNNING, Offered
from entitle.dsl.rewriting import facts_of, rewritten
from entitle.dsl.typed import all_of, apply, mask, number
from entitle.invariants import running_type
from entitle.ir import BOOL, LIMIT, Best, Fact, Int, Let, Local, Lowered, Node, Offer, Op, Rounding, Running, Takes
from entitle.release import Counter
from entitle.source import Span

COMBINATIONS_MAX = 256
ANYWHERE = ((-LIMIT, LIMIT),)
Made = dict[object, tuple[Offer, tuple[Let, ...]]]


@dataclass(frozen=True, slots=True)
class Offers:
    """All that may lower a product's price.

    steps  on a unit, step by step in the rulebook's order, those of a step by their ids
    order  on whole orders: where the product is one of theirs, their facts must be known too
    made   what was made of offers for products before this one
    """

    product: str
    steps: tuple[tuple[str, tuple[Offered, ...]], ...]
    order: tuple[Offered, ...]
    floor: Callable[[Staged], Node] | None
    rounding: Rounding
    made: Made

    @property
    def unit(self) -> list[Offered]:
        return [each for _, offered in self.steps for each in offered]

    def reads(self) -> Mapping[str, Span]:
        found: dict[str, Span] = {}
        order = [each for each in self.order if self.product in each.promotion.products]
        for each in (*self.unit, *order):
            found |= each.keys
        for each in order:
            said = (*each.open, *each.reached, *(c.condition for c in each.counted if c.condition is not None))
            read = {fact.name: fact.span or each.span for node in said for fact in facts_of(node)}
            found |= {name: span for name, span in read.items() if name not in RUNNING}
        return found

    def add(self, building: Building, charge: Charged) -> list[tuple[Counter, Node]]:
        base = charge.base
        nothing = number(0, "money")
        floor = building.let("floor", nothing if self.floor is None else apply(Op.MIN, self.floor(building), base))
        if not self.steps:
            building.let("best", number(0))
            pay = building.let("pay", base)
            self._rest(building, pay)
            return []
        making = _Making(self, building, charge, floor)
        best = building.let("best", making.best())
        pay = building.let("pay", apply(Op.MAX, making.followed(best), floor))
        self._rest(building, pay)
        return making.uses(best)

    def _rest(self, building: Building, pay: Node) -> None:
        single = building.recipe.quantity == (1, 1)
        building.let("total", pay if single else apply(Op.TIMES_QUANTITY, pay, building.quantity()))
        coded = [each for each in self.unit if each.promotion.code is not None]
        building.let("valid", mask([Local(f"valid.{each.id}", BOOL) for each in coded]))
        building.let("unused", mask([Local(f"room.{each.id}", BOOL) for each in coded]))


class _Making:
    """One product's offers on their way into its program."""

    def __init__(self, offers: Offers, building: Building, charge: Charged, floor: Node) -> None:
        self.offers, self.building, self.charge, self.floor = offers, building, charge, floor
        self.running = Running(running_type(charge.base.type))
        self.nth: Node | None = None

    def best(self) -> Node:
        steps = tuple(tuple(self._offer(each) for each in offered) for _, offered in self.offers.steps)
        unit = self.offers.unit
        numbers = {each.id: i for i, each in enumerate(unit)}
        apart = sorted(
            (numbers[other], i)
            for i, each in enumerate(unit)
            for other in each.apart & numbers.keys()
            if numbers[other] < i and unit[numbers[other]].promotion.step != each.promotion.step
        )
        choices = prod(len(step) + 1 for step in steps)
        return Best(self.charge.base, self.floor, steps, tuple(apart), Int(0, choices - 1))

    def _offer(self, offered: Offered) -> Offer:
        """With its lets: made once for all products for which it is the same."""
        base = self.charge.base if offered.reads_base else None
        nth = self._nth() if offered.promotion.charges else None
        key = (offered.id, self.running, self.building.recipe.quantity, base, nth)
        if key not in self.offers.made:
            before = len(self.building.lets)
            offer = Offer(all_of(self._may(offered)), self._amount(offered, self.running))
            self.offers.made[key] = offer, tuple(self.building.lets[before:])
        else:
            self.building.lets += self.offers.made[key][1]
        return self.offers.made[key][0]

    def _amount(self, offered: Offered, running: Node) -> Node:
        return lowered(offered.effect, running, self.offers.rounding, offered.max_off)

    def _may(self, offered: Offered) -> list[Node]:
        """Everything that must hold, what does not depend on the amount first."""
        building, promotion = self.building, offered.promotion
        quantity = building.quantity()
        conditions: list[Node] = [
            building.let(f"valid.{offered.id}", all_of([self._own(each) for each in offered.open]), offered.span),
            building.let(f"room.{offered.id}", all_of([room(each, quantity) for each in offered.counted])),
        ]
        if promotion.code is not None:
            conditions.append(Fact(f"code.{offered.id}", BOOL))
        if promotion.charges:
            conditions.append(apply(Op.AT_MOST, self._nth(), number(promotion.charges)))
        for each in self.offers.order:
            if each.id in offered.apart:
                conditions.append(apply(Op.NOT, Fact(f"with.{each.id}", BOOL)))
        conditions += [self._own(each) for each in offered.reached]
        if offered.budget is not None:
            conditions.append(self._affordable(offered, offered.budget))
        return conditions

    def _nth(self) -> Node:
        if self.nth is None:
            self.nth = self.charge.number()
        return self.nth

    def _own(self, node: Node) -> Node:
        """A condition of the promotion on this product: its amounts and quantities."""

        def leaf(fact: Fact) -> Node:
            match fact.name:
                case "amount":
                    return self.running
                case "base":
                    return self.charge.base
                case "quantity":
                    return self.building.quantity()
                case _:
                    return fact

        return rewritten(node, leaf)

    def _affordable(self, offered: Offered, budget: Counter) -> Node:
        """Does what it takes off, on all charges that it lowers, fit into what is left of the budget?"""
        off = apply(Op.SUB_MONEY, self.running, self._amount(offered, self.running))
        off = apply(Op.TIMES_QUANTITY, off, self.building.quantity())
        if offered.promotion.charges > 1:
            off = apply(Op.TIMES_MONEY, off, number(offered.promotion.charges))
        spent = Fact(budget.input, SPENT)
        return apply(Op.AT_MOST, apply(Op.ADD_MONEY, spent, off), number(budget.max, "money"))

    def followed(self, best: Local) -> Node:
        """The price after each step of the choice; that after the last."""
        amount: Node = self.charge.base
        for i, (step, _) in enumerate(self.offers.steps):
            amount = self.building.let(f"after.{step}", Lowered(best.name, i, self.running.type))
        return amount

    def uses(self, best: Local) -> list[tuple[Counter, Node]]:
        """Every counter of the promotions, and whether this charge uses it."""
        found: list[tuple[Counter, Node]] = []
        for number_, each in enumerate(self.offers.unit):
            taken = Takes(best.name, number_, span=each.span)
            for counted in each.counted:
                when = [taken] if counted.condition is None else [taken, counted.condition]
                found.append((counted.counter, all_of(when)))
            if each.budget is not None:
                found.append((each.budget, taken))
        return found


# ---- how many combinations may be open to one customer


def combinations(steps: Sequence[Sequence[Offered]], codes: int) -> int:
    """The most combinations, one offer or none a step, that can be open at once to one customer with so many codes.

    What does not depend on facts with codes of their own (a text, a count of the store) is taken to be open. Only
    what is above COMBINATIONS_MAX is told exactly: below it nobody asks.
    """
    own = [each for step in steps for each in step]
    boxes = [each.box for each in own]
    coded = sum(1 << i for i, each in enumerate(own) if each.promotion.code is not None)
    ends = list(accumulate(map(len, steps), initial=0))
    masks = [(1 << end) - (1 << start) for start, end in pairwise(ends)]
    rows = [box or {} for box in boxes]
    names = {name for row in rows for name in row}
    facts = [{each.rows for each in slices(name, rows, ANYWHERE)} for name in sorted(names)]
    facts.sort(key=len)
    most = COMBINATIONS_MAX
    seen: set[tuple[int, int]] = set()

    def walk(depth: int, open_: int) -> None:
        """Fewer stay open with every fact that is settled, so what is too few already is left."""
        nonlocal most
        count = _count([open_ & mask for mask in masks], coded, codes)
        if count <= most or (depth, open_) in seen:
            return
        seen.add((depth, open_))
        if depth == len(facts):
            most = count
            return
        for left in _widest({open_ & holding for holding in facts[depth]}):
            walk(depth + 1, left)

    walk(0, sum(1 << i for i, box in enumerate(boxes) if box is not None))
    return most


def _widest(sets: Iterable[int]) -> list[int]:
    """Those that are within no other: what is open to fewer makes no more combinations, whatever is settled later."""
    kept: list[int] = []
    for each in sorted(sets, key=int.bit_count, reverse=True):
        if all(each & ~other for other in kept):
            kept.append(each)
    return kept


def _count(steps: Sequence[int], coded: int, codes: int) -> int:
    """Combinations of what is open, step by step. Codes are best spent where there is least to choose from."""
    free = [1 + (open_ & ~coded).bit_count() for open_ in steps]
    left = [(open_ & coded).bit_count() for open_ in steps]
    for _ in range(codes):
        least = min((i for i in range(len(steps)) if left[i]), key=free.__getitem__, default=None)
        if least is None:
            break
        free[least] += 1
        left[least] -= 1
    return prod(free)
