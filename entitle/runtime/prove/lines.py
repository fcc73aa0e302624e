"""What an order may hold: how many units an offer on the whole order sees at most, and what they cost together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from entitle.ir import Int
from entitle.release import OrderStep, Product, Promotion, Release
from entitle.runtime.prove.bounds import Span, image
from entitle.runtime.smt_terms import Term

OF_LINES = ("sum.", "listed.", "units.", "freed.")  # and then an offer's id: what a step is told of the lines it sees

# the steps on the whole order, each with its offers that see a product
Seen = Sequence[tuple[OrderStep, Sequence[str]]]


def seen(release: Release, product: str) -> Seen:
    """The offers on the whole order that see a product, step by step."""
    found = [
        (step, [each for each in step.offers if product in release.promotions[each].products])
        for step in release.order_steps
    ]
    return [(step, offers) for step, offers in found if offers]


def seen_with(release: Release, product: str) -> set[str]:
    """The other products that offers on the whole order see beside a product."""
    offers = [release.promotions[each] for _, offers in seen(release, product) for each in offers]
    return {id_ for each in offers for id_ in each.products} - {product}


def of_lines(name: str) -> bool:
    """Is a fact of a step on the whole order told of the lines that its offers see, or of the charge?"""
    return name == "nth" or name.startswith(OF_LINES)


def laws_of_lines(release: Release, offers: Iterable[str], told: Mapping[str, Term]) -> Iterator[Term]:
    """What is true of the lines that offers see: of each product there is at most what one purchase holds."""
    for offer in offers:
        units, cost = most(release, release.promotions[offer])
        bounds = {f"units.{offer}": units, f"sum.{offer}": cost, f"listed.{offer}": cost, f"freed.{offer}": cost}
        yield from (told[name] <= bound for name, bound in bounds.items() if name in told)
        if f"listed.{offer}" in told and f"sum.{offer}" in told:
            yield told[f"sum.{offer}"] <= told[f"listed.{offer}"]


def most(release: Release, promotion: Promotion) -> tuple[int, int]:
    """The units that a promotion sees at most, and what they cost before offers."""
    products = [release.products[each] for each in promotion.products]
    return (
        sum(each.sale.quantity[1] for each in products),
        sum(each.sale.quantity[1] * _dearest(each) for each in products),
    )


def _dearest(product: Product) -> int:
    """The highest base of a product."""
    known: dict[str, Span] = {}
    for let in product.program.lets:
        if let.name == "base":
            return image(let.value, (0, 0), known)[1]
        if isinstance(let.value.type, Int):
            known[let.name] = image(let.value, (0, 0), known)
    raise AssertionError("every product has a base")
