"""Columns that read each other -> sub-selects, one over the other, so that no text stands twice.

A sub-select hands on only what is still read above it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A named value of a row: its text, the columns that it reads, and how many sub-selects down it stands."""

    text: str
    reads: frozenset[str]
    level: int


class Stages:
    """The columns of a query, each after those that it reads."""

    def __init__(self) -> None:
        self._columns: dict[str, Column] = {}

    def add(self, name: str, text: str, reads: Iterable[str]) -> str:
        """A new column; its name."""
        found = frozenset(reads)
        self._columns[name] = Column(text, found, 1 + max((self._level(each) for each in found), default=0))
        return name

    def query(self, source: str, keep: Sequence[str], outs: Sequence[str]) -> str:
        """One SELECT over `source`: the columns in `keep`, then `o<i>` for the ith of `outs`."""
        query = source
        for level in range(1, 1 + max((column.level for column in self._columns.values()), default=0)):
            above = (column.reads for column in self._columns.values() if column.level > level)
            wanted = set(outs).union(*above)
            old = sorted(name for name in wanted if self._level(name) < level)
            new = [f"{c.text} AS {name}" for name, c in self._columns.items() if c.level == level]
            query = f"SELECT {', '.join([*keep, *old, *new])}\nFROM {query if level == 1 else f'({query})'}"
        answers = [f"{name} AS o{i}" for i, name in enumerate(outs)]
        return f"SELECT {', '.join([*keep, *answers])}\nFROM ({query})"

    def _level(self, name: str) -> int:
        return self._columns[name].level if name in self._columns else 0
