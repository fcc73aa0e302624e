"""One charge of a line -> its price step by step, from the base to what is paid, each step with its rule and place.

Every amount is a let of the program, or one that `pricing` came to: nothing is computed here a second time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from entitle.release import OUTS, Product
from entitle.runtime.pricing import Cost, Taken
from entitle.runtime.rows import served
from entitle.runtime.stretches import unit_steps
from entitle.source import Span

if TYPE_CHECKING:
    from entitle.runtime.decide import Decider

TOTAL = OUTS.index("total")
Kind = Literal["base", "unit", "floor", "quantity", "order"]


@dataclass(frozen=True, slots=True)
class Fall:
    """One step of a price, in minor units: of one unit up to the floor, of all units of the line after it.

    kind   what it is: the base, an offer on a unit, the lift to the floor, the quantity, an offer on the whole order
    step   the price step of an offer
    rule   the phase that the base is of, the promotion, or the product whose floor it is
    whole  of an offer on the whole order: the sum of the lines that it sees, before and after it
    kept   and what floors kept of its discount
    """

    kind: Kind
    rule: str
    before: int
    after: int
    span: Span | None = None
    step: str = ""
    whole: tuple[int, int] | None = None
    kept: int = 0


def waterfall(
    decider: "Decider", product: Product, phase: str, cost: Cost, order: tuple[Taken, ...], line: int
) -> Iterator[Fall]:
    """The steps of one charge. `order`: the offers on the whole order with it, in which the line has this place."""
    yield Fall("base", phase, cost.base, cost.base, served(product, "base", cost.facts).span)
    amount = cost.base
    for offer, before, amount in unit_steps(decider, product, cost):
        promotion = decider.release.promotions[offer]
        yield Fall("unit", offer, before, amount, promotion.span, promotion.step)
    if amount < cost.unit:
        yield Fall("floor", product.id, amount, cost.unit, served(product, "floor", cost.facts).span)
    total = decider.run(product, cost.facts)[TOTAL]
    if len(cost.units) > 1:
        yield Fall("quantity", "", cost.unit, total)
    for taken in order:
        promotion = decider.release.promotions[taken.offer]
        if product.id in promotion.products:
            after, whole = total - taken.off[line], (taken.reached, taken.reached - sum(taken.off))
            yield Fall("order", taken.offer, total, after, promotion.span, promotion.step, whole, taken.kept)
            total = after
