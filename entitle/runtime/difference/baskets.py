"""Orders of a product with others beside it, decided by both runtimes."""

from collections.abc import Iterator, Sequence

from entitle.ir import Int, Value
from entitle.release import FREE
from entitle.runtime.decide import Decider
from entitle.runtime.difference.answer import Answer, answers
from entitle.runtime.difference.bridge import Both
from entitle.runtime.prove.replay import Beside, Encoded
from entitle.runtime.prove.world import plain_value

UNITS_TRIED, OTHERS_TRIED = 12, 3


class Baskets:
    """Orders of some products that both releases sell."""

    def __init__(self, deciders: Both[Decider], products: Sequence[str]) -> None:
        self.deciders, self.products = deciders, products
        self.books = deciders[0].release, deciders[1].release

    def others(self, product: str) -> Iterator[Sequence[Beside]]:
        """What else may be bought: some of the other products, more and more of them."""
        others = [each for each in self.products if each != product]
        for each in others[:OTHERS_TRIED]:
            lo, hi = self._sold(each)
            yield from ([(each, units)] for units in range(lo, min(hi, lo + UNITS_TRIED - 1) + 1))
        for many in range(2, min(len(others), UNITS_TRIED) + 1):
            yield [(each, self._sold(each)[0]) for each in others[:many]]

    def _sold(self, product: str) -> tuple[int, int]:
        """So many units at least, and at most, one purchase may hold in both releases."""
        ours, theirs = (book.products[product].sale.quantity for book in self.books)
        return max(ours[0], theirs[0]), min(ours[1], theirs[1])

    def answers(self, product: str, facts: Both[Encoded], beside: Sequence[Beside]) -> Both[Answer]:
        """What both say of the order. Whatever else another product asks for, the customer is as plain as can be."""
        told = tuple({**self._plainly(place, [each for each, _ in beside]), **own} for place, own in enumerate(facts))
        return answers(self.deciders, product, (told[0], told[1]), beside)

    def _plainly(self, place: int, products: Sequence[str]) -> dict[str, Value | None]:
        """What they ask of a plain customer; of their pools there is plenty."""
        sold = self.books[place].products
        inputs = [each for id_ in products for each in sold[id_].program.inputs]
        pools = {
            each.name: each.type.hi for each in inputs if each.name.startswith(FREE) and isinstance(each.type, Int)
        }
        return {**{each.name: plain_value(each) for each in inputs if each.origin == "request"}, **pools}
