"""Limits that do nothing by themselves: whenever one of them is used up, another of the same product is too."""

from collections.abc import Iterator, Mapping, Set

from entitle.ir import BOOL, Const, Mask
from entitle.release import Counter, Each, Product, Release

WITHIN: Mapping[Each, Set[Each]] = {  # what happened in such a time happened in these too
    "day": {"day", "week", "month", "lifetime"},
    "week": {"week", "lifetime"},
    "month": {"month", "lifetime"},
    "sale_window": {"sale_window", "lifetime"},
    "rolling": {"rolling", "lifetime"},
    "lifetime": {"lifetime"},
}


def covered(release: Release, product: Product) -> Iterator[str]:
    """The limits of a product that another of its limits makes useless; of two that are alike the later one."""
    limits = [each for each in product.counters if each.input == f"limit.{each.id}"]
    for place, limit in enumerate(limits):
        stricter = [other for other in limits if other is not limit and _covers(release, other, limit)]
        if any(limits.index(other) < place or not _covers(release, limit, other) for other in stricter):
            yield limit.id


def _covers(release: Release, other: Counter, limit: Counter) -> bool:
    """Does the other one count at least what the limit counts, and allow no more?"""
    return (
        other.max <= limit.max
        and other.per in (limit.per, "")
        and (other.of == limit.of or (other.of, limit.of) == ("units", "orders"))
        and other.in_each in WITHIN[limit.in_each]
        and (other.in_each != "rolling" or other.within >= limit.within)
        and (limit.quoted or not other.quoted)
        and all(_always(each, other.name) for each in release.products.values() if _of(each, limit.name))
    )


def _of(product: Product, name: str) -> bool:
    """Does the product count so? Those of a family count together."""
    return any(each.name == name for each in product.counters)


def _always(product: Product, name: str) -> bool:
    """Does every purchase of the product count so?"""
    uses = next(let.value for let in product.program.lets if let.name == "uses")
    assert isinstance(uses, Mask), "there is a bit for each counter"
    places = [each.name for each in product.counters]
    return name in places and uses.bits[places.index(name)] == Const(True, BOOL)
