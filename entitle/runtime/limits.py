"""Counters: whose they are, the bucket that an instant falls into, and what they are before anything is bought."""

from collections.abc import Mapping

from entitle.ir import Input, Int, Value, blank
from entitle.release import FREE, Counter, Product, Release
from entitle.runtime.clock import opening
from entitle.values.civil import window
from entitle.values.zone import Instant

ALL = "all"  # the subject of what counts all customers together


def subject(counter: Counter, customer: str, told: Mapping[str, object]) -> str:
    """The key that the counter counts for: a customer, a device, or everybody."""
    match counter.per:
        case "":
            return ALL
        case "customer":
            return f"customer:{customer}"
        case name:
            return f"{name}:{told[name]}"


def bucket(
    counter: Counter, product: Product | None, release: Release, at: Instant
) -> tuple[Instant | None, Instant | None]:
    """The stretch of time in which uses add up; None is open. A rolling counter has no bucket: it looks back.

    product  whose sale window it is; a promotion's counter has none
    """
    match counter.in_each:
        case "day" | "week" | "month":
            return window(release.zone, at, counter.in_each)
        case "sale_window" if product is not None:
            return opening(product.sale, release, at)
        case _:
            return None, None


NO_BUCKET = "-"  # of uses that are looked back at, one by one


def bucket_name(start: Instant | None) -> str:
    """How the store calls a bucket: by its first instant."""
    return "" if start is None else str(start)


def units_used(counter: Counter, quantity: int) -> int:
    """How much of the counter one purchase takes."""
    return quantity if counter.of == "units" else 1


def untouched(each: Input) -> Value:
    """What a store counts in which nothing was bought: nothing, and full pools."""
    return each.type.hi if each.name.startswith(FREE) and isinstance(each.type, Int) else blank(each.type)
