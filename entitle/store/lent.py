"""A transaction of the shop's own, in which statements run; and what differs there between databases."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from entitle.errors import StoreError
from entitle.messages import Words
from entitle.plan import Effect, Plan, Read
from entitle.store.sql import Statement


class Ran(NamedTuple):
    """What a statement did: how many rows it changed, and those it found."""

    changed: int
    rows: list[Any]


class Side(Protocol):
    """What differs between databases inside a transaction that is not ours."""

    row_factory: Any  # of the driver's cursors: rows as tuples
    schema: str | None  # where the store's tables are, if the shop's connection looks elsewhere first

    def begin(self, lent: "Lent") -> None:
        """See that statements run in a transaction, and in one that can write.

        Raises StoreError where there is none: what is written there could not be rolled back with the shop's rows.
        """
        ...

    def read(self, lent: "Lent", reads: tuple[Read, ...]) -> tuple[Any, ...]:
        """As Store.fetch."""
        ...

    def locks(self, plan: Plan) -> list[Statement]:
        """What comes before a plan, so that no two wait for each other."""
        ...

    def write(self, effect: Effect) -> Statement:
        """Its guard holds where it changes one row, or for Expect and Within finds one."""
        ...

    def version(self, lent: "Lent") -> str | None:
        """The migration that made the tables; None: there are none."""
        ...

    def told(self, problem: Exception) -> Exception | None:
        """What the database complains of, in our words; None where it was not the database."""
        ...


@dataclass(frozen=True, slots=True)
class Lent:
    """A transaction of the shop's.

    driver   the database driver's own connection, with the transaction begun as the shop's library begins it
    execute  runs a statement with its values
    """

    side: Side
    driver: Callable[[], Any]
    execute: Callable[[str, Sequence[Any]], Ran]


def broken() -> StoreError:
    """The shop's transaction has failed already."""
    return StoreError(
        Words("the joined transaction has failed already: roll it back", "所加入的事务已经失败：请先回滚")
    )


def unbegun(en: str, zh: str) -> StoreError:
    """The shop's connection is in no transaction, and would begin none."""
    return StoreError(
        Words(
            f"the joined connection is in no transaction, so nothing could be rolled back: {en}",
            f"所加入的连接不在事务中，因而无法回滚：{zh}",
        )
    )
