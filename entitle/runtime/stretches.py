"""A line over time: its kept phases, split where a promotion ends, with what each charge costs and uses up."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from entitle.release import Counter, Product
from entitle.runtime.limits import units_used
from entitle.runtime.pricing import Asked, Cost, OrderFacts, Priced, Taken, charge_alone
from entitle.runtime.schedule import Segment
from entitle.runtime.sharing import runs

if TYPE_CHECKING:
    from entitle.runtime.decide import Decider


@dataclass(frozen=True, slots=True)
class Stretch:
    """Charges of one price: the segment of the timeline, what each is made of, and the order offers with it.

    first   the number of its first charge
    line    the place of the line in what its order offers took off
    """

    segment: Segment
    first: int
    cost: Cost
    order: tuple[Taken, ...]
    line: int

    @property
    def charges(self) -> int:
        """How many; an endless stretch is never lowered by what counts, so one stands for it."""
        return self.segment.count or 1


@dataclass(frozen=True, slots=True)
class Used:
    """So much of a counter, used by a line."""

    line: int
    counter: Counter
    units: int


def stretches(decider: "Decider", asked: OrderFacts, line: int, phases: int, first: Priced) -> Iterator[Stretch]:
    """The stretches of a line, from the bits of its kept phases. The first charge is paid with the whole order."""
    product = asked.lines[line].product
    ends = decider.ends(product)
    shared = len(asked.lines) > 1 and bool(decider.release.order_steps)  # later charges are of the line alone
    charge, counted = 1, 0
    for i, phase in enumerate(product.phases):
        left = phase.count or (1 if phase.lasts else None)
        while phases >> i & 1 and left != 0:
            priced = first if charge == 1 else charge_alone(decider, asked, line, charge, counted + 1)
            place = line if charge == 1 else 0
            cost = priced.lines[place]
            ended = [end - counted for end in ends] if cost.base else []
            count = _count(left, [*ended, *([1] if charge == 1 and shared else [])])
            lasts = phase.lasts or product.lasts
            segment = Segment(phase.id, None if phase.lasts else count, lasts, runs(cost.units), cost.applied)
            yield Stretch(segment, charge, cost, priced.order, place)
            if count is None:
                break
            charge += count
            counted += count if cost.base else 0
            left = None if left is None else left - count


def _count(left: int | None, ends: Iterable[int]) -> int | None:
    """How many charges a stretch has: to the end of its phase, or to where the next promotion ends."""
    until = min((end for end in ends if end > 0), default=None)
    return left if until is None else until if left is None else min(left, until)


def used(decider: "Decider", asked: Asked, line: int, over_time: Sequence[Stretch]) -> list[Used]:
    """What a line uses up: once for all its charges, but for a budget, which pays each of them.

    Of what an offer on the whole order uses, each line that it sees uses its own part.
    """
    found: dict[str, Used] = {}
    for stretch in over_time:
        for i, counter in enumerate(asked.product.counters):
            if stretch.cost.uses >> i & 1:
                off = _off(decider, asked, counter, stretch) if counter.of == "amount" else None
                _add(found, Used(line, counter, units_used(counter, asked.quantity)), off)
        for taken in (each for each in stretch.order if each.offer in stretch.cost.order):
            for counter in taken.uses:
                off = taken.off[stretch.line] * stretch.charges if counter.of == "amount" else None
                _add(found, Used(line, counter, units_used(counter, asked.quantity)), off)
    return list(found.values())


def _add(found: dict[str, Used], use: Used, off: int | None) -> None:
    """`off`: what a budget pays on this stretch, to be added to what it pays on others; nothing is no use of it."""
    if off == 0:
        return
    before = found.get(use.counter.name)
    if off is not None:
        use = replace(use, units=off + (before.units if before else 0))
    found[use.counter.name] = use


def _off(decider: "Decider", asked: Asked, counter: Counter, stretch: Stretch) -> int:
    """What the promotion of a budget takes off the units, over all charges of a stretch."""
    off = sum(was - now for id_, was, now in unit_steps(decider, asked.product, stretch.cost) if id_ == counter.id)
    return off * asked.quantity * stretch.charges


def unit_steps(decider: "Decider", product: Product, cost: Cost) -> Iterator[tuple[str, int, int]]:
    """Each offer on a unit with the amount before and after it."""
    lowered = decider.lowered(product, cost.facts)
    before = cost.base
    for offer in cost.offers:
        after = lowered[f"after.{decider.release.promotions[offer].step}"]
        yield offer, before, after
        before = after


def once_an_order(uses: Iterable[Used]) -> tuple[Used, ...]:
    """Lines may use the same counter: what counts orders is used once."""
    found: dict[tuple[str, int], Used] = {}
    for each in uses:
        key = (each.counter.name, -1 if each.counter.of == "orders" else each.line)
        found.setdefault(key, each)
    return tuple(found.values())
