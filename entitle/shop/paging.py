"""A table read page by page in the order of its key, so that memory is bounded by the page."""

from dataclasses import dataclass, field
from typing import Any

from entitle.plan import Find, Where
from entitle.shop.verb import Verb, ask

PAGE = 200


@dataclass(slots=True)
class Pages:
    """The rows of a table for which every test holds. `order`: the columns of its key."""

    table: type
    order: tuple[str, ...]
    where: tuple[Where, ...]
    waiting: list[tuple[Where, ...]] = field(default_factory=list)  # what is still to be read, the next last

    def turn(self) -> Verb[list[Any] | None]:
        """The next page; None after the last."""
        while self.waiting:
            tests = self.waiting.pop()
            (page,) = yield from ask(Find(self.table, (*self.where, *tests), self.order, PAGE))
            if len(page) == PAGE:
                self.waiting += _after(page[-1], self.order, tests)
            if page:
                return list(page)
        return None


def pages(table: type, order: tuple[str, ...], where: tuple[Where, ...] = ()) -> Pages:
    return Pages(table, order, where, [()])


def _after(row: Any, order: tuple[str, ...], tests: tuple[Where, ...]) -> list[tuple[Where, ...]]:
    """What comes after a row: with the same columns but for the last, which is greater; and so on upwards.

    tests  what the page that it ended had in common: that stays so
    """
    fixed = sum(test == "=" for _, test, _ in tests)
    found: list[tuple[Where, ...]] = []
    for depth in range(fixed, len(order)):
        same: tuple[Where, ...] = tuple((name, "=", getattr(row, name)) for name in order[:depth])
        found.append((*same, (order[depth], ">", getattr(row, order[depth]))))
    return found
