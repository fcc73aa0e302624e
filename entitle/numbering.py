"""Offers and choices as numbers: which step and place an offer has, and what a choice takes at each step."""

from collections.abc import Sequence

from entitle.ir import weights


def at(offers: Sequence[int], number: int) -> tuple[int, int]:
    """Step and place of the offer with this number, from how many offers each step has."""
    for step, count in enumerate(offers):
        if number < count:
            return step, number
        number -= count
    raise IndexError("there are fewer offers")


def places(choice: int, offers: Sequence[int]) -> tuple[int, ...]:
    """The digits of a choice: at each step the place of the offer that is taken, or the number of offers for none."""
    found: list[int] = []
    for weight in weights(offers):
        place, choice = divmod(choice, weight)
        found.append(place)
    return tuple(found)
