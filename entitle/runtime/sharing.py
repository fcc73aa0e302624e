"""An order's units -> what a discount on the whole order takes off each: exact whole numbers, nothing lost.

The one piece of arithmetic on prices that stands beside the IR: adding lines, picking free units, sharing a discount.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of an order: its product, its number within the line, what it costs now and at least (minor units)."""

    product: str
    number: int
    amount: int
    floor: int


def shared(off: int, units: Sequence[Unit]) -> list[Unit]:
    """The units with a discount shared over them in proportion to their amounts, by largest remainder.

    Ties go to the smaller product id, then to the smaller unit number. No share takes a unit under its floor; what is
    cut is not given to others.
    """
    total = sum(unit.amount for unit in units)
    if not total:
        return list(units)
    shares = [divmod(off * unit.amount, total) for unit in units]
    left = off - sum(whole for whole, _ in shares)
    order = sorted(range(len(units)), key=lambda i: (-shares[i][1], units[i].product, units[i].number))
    more = set(order[:left])
    return [_less(unit, shares[i][0] + (i in more)) for i, unit in enumerate(units)]


def cheapest(buy: int, free: int, units: Sequence[Unit]) -> list[int]:
    """The places of `free` of every `buy + free` units, the cheapest of all.

    Ties go to the smaller product id, then to the smaller unit number.
    """
    count = len(units) // (buy + free) * free
    return sorted(range(len(units)), key=lambda i: (units[i].amount, units[i].product, units[i].number))[:count]


def freed(buy: int, free: int, units: Sequence[Unit]) -> list[Unit]:
    """The units with the cheapest at no cost; none falls under its floor."""
    chosen = cheapest(buy, free, units)
    return [_less(unit, unit.amount) if i in chosen else unit for i, unit in enumerate(units)]


def _less(unit: Unit, off: int) -> Unit:
    room = max(0, unit.amount - unit.floor)
    return replace(unit, amount=unit.amount - min(off, room))


def runs(amounts: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Amounts in their order, equal neighbours told once with their number."""
    found: list[tuple[int, int]] = []
    for amount in amounts:
        if found and found[-1][0] == amount:
            found[-1] = amount, found[-1][1] + 1
        else:
            found.append((amount, 1))
    return tuple(found)
