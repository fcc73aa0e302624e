"""What a verb asks of a store, and what it wants done: reads and guarded effects, as data.

A store has two verbs. `fetch` answers reads; `apply` carries out a plan whole or not at all (`apply_each` does several
plans so, at one go). Every effect says under
which condition it holds (a row is as expected, a number stays in its bounds, a key is new); where one does not, nothing
of the plan happens and the verb decides again on what is true now. Guards are all that correctness rests on.

Effects are done in their order and each sees those before it, so a row comes after the rows that it names. Behind the
guards stand rules for every row; a plan that breaks one is our mistake, and a StoreError.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from entitle.errors import StoreError
from entitle.identity import PASSING
from entitle.records import Record

# "=" with None: the column is empty; "set": it is not; "open_at": it is empty or after the instant, as an end that is
# not known yet
Test = Literal["=", "!=", "<", "<=", ">", ">=", "in", "set", "open_at"]
Where = tuple[str, Test, Any]  # column, test, value ("set" ignores it)
LARGEST = 2**62  # no number of a row is above it


@dataclass(frozen=True, slots=True)
class Get:
    """The row with this key, or None."""

    table: type
    key: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Find:
    """The rows for which every test holds, at most `limit` of them.

    Ordered by the columns named (a leading "-" turns one round), empty before all else, and then by key. Raises
    ValueError for a limit that cannot be.
    """

    table: type
    where: tuple[Where, ...]
    order: tuple[str, ...] = ()
    limit: int | None = None

    def __post_init__(self) -> None:
        if self.limit is not None and (not isinstance(self.limit, int) or not 0 <= self.limit <= LARGEST):
            raise ValueError(f"a limit is a whole number from 0; I got {self.limit!r}")


@dataclass(frozen=True, slots=True)
class Tally:
    """One number over the rows for which every test holds."""

    table: type
    where: tuple[Where, ...]
    how: Literal["count", "distinct", "sum", "min"] = "count"
    column: str = ""


Read = Get | Find | Tally


@dataclass(frozen=True, slots=True)
class Insert:
    """A new row. Guard: none with its key, nor with anything of it that is unique, is there."""

    row: Record


@dataclass(frozen=True, slots=True)
class Update:
    """New values, at least one, for columns outside the key. Guard: the row is there, and has the expected values."""

    table: type
    key: tuple[Any, ...]
    changes: Mapping[str, Any]
    expect: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delete:
    """The row is gone, which only a row of `PASSING` ever is. Guard: it is there."""

    table: type
    key: tuple[Any, ...]

    def __post_init__(self) -> None:
        assert self.table in PASSING, f"a {self.table.__name__} is kept for ever"


@dataclass(frozen=True, slots=True)
class Add:
    """Move one number of a row, which begins as `row` where it is not there. Guard: it stays within the bounds."""

    row: Record
    column: str
    by: int
    least: int = 0
    most: int = LARGEST

    def begun(self) -> Record | None:
        """The row where it was not there; None: then it cannot be moved."""
        number = getattr(self.row, self.column) + self.by
        return replace(self.row, **{self.column: number}) if self.least <= number <= self.most else None


@dataclass(frozen=True, slots=True)
class Expect:
    """Nothing is done. Guard: the row is there and has these values."""

    table: type
    key: tuple[Any, ...]
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Within:
    """Nothing is done. Guard: the tally plus `plus` is at most `most`."""

    tally: Tally
    plus: int
    most: int


Effect = Insert | Update | Delete | Add | Expect | Within
Plan = tuple[Effect, ...]
Answer = Effect | StoreError | None  # what came of a plan: a guard that failed, an error, or all of it was done


@dataclass(frozen=True, slots=True)
class Fetch:
    """A verb's question: the answers come in the order of the reads."""

    reads: tuple[Read, ...]


@dataclass(frozen=True, slots=True)
class Apply:
    """A verb's will: all of it, or nothing."""

    plan: Plan


class Store(Protocol):
    """Where the rows are. Everything above it is the same for every database.

    Both raise StoreError when the store surely did nothing, and `apply` raises InDoubtError when it cannot know.
    """

    def fetch(self, reads: tuple[Read, ...]) -> tuple[Any, ...]:
        """A row or None for Get, a list of rows for Find, a number (or None, for min) for Tally; of one moment."""
        ...

    def apply(self, plan: Plan) -> Effect | None:
        """None when the whole plan was carried out, else the first effect whose guard failed, and nothing done."""
        ...

    def apply_each(self, plans: Sequence[Plan]) -> list[Answer]:
        """What came of each plan, carried out in their order: one that was not leaves the others as they are.

        All are on the disk at once, with one wait for it. A StoreError is of that plan alone. Raises InDoubtError when
        it cannot know of any that holds.
        """
        ...

    def close(self) -> None: ...


def one_by_one(apply: Callable[[Plan], Effect | None], plans: Sequence[Plan]) -> list[Answer]:
    """`apply_each` of a store that gains nothing by doing several plans together."""

    def answer(plan: Plan) -> Answer:
        try:
            return apply(plan)
        except StoreError as problem:
            return problem

    return [answer(plan) for plan in plans]
