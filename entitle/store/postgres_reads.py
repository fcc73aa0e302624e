"""Reads -> questions to PostgreSQL: reads that differ in their values alone are one statement, which asks for each.

So many customers are looked up in as few statements as one is.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from psycopg.pq.abc import PGresult

from entitle.plan import Find, Read
from entitle.store.arrays import Array
from entitle.store.postgres_answers import to_answer, to_answers
from entitle.store.sql import Statement, Statements

_ARRAYS = {int: "BIGINT[]", str: "TEXT[]"}
_PLACE = re.compile(r"\$([0-9]+)(::[A-Z]+)?")


class Question(NamedTuple):
    """A statement, and the places of the reads that it answers."""

    statement: Statement
    places: list[int]

    def answers(self, reads: Sequence[Read], result: PGresult) -> list[tuple[int, Any]]:
        """By the places of the reads."""
        if len(self.places) == 1:
            return [(self.places[0], to_answer(reads[self.places[0]], result))]
        return list(zip(self.places, to_answers(reads[self.places[0]], len(self.places), result), strict=True))


def questions(statements: Statements, reads: Sequence[Read]) -> list[Question]:
    """As few as there are kinds of reads."""
    asked = [statements.read(each) for each in reads]
    alike: defaultdict[object, list[int]] = defaultdict(list)
    for place, (text, values) in enumerate(asked):
        kinds = tuple(map(type, values))
        alone = _is_limited(reads[place]) or not kinds or not _ARRAYS.keys() >= set(kinds)
        alike[place if alone else (text, kinds)].append(place)
    return [Question(_together([asked[place] for place in places]), places) for places in alike.values()]


def _is_limited(read: Read) -> bool:
    """LIMIT takes no column."""
    return isinstance(read, Find) and read.limit is not None


def _together(alike: list[Statement]) -> Statement:
    (text, values), *more = alike
    if not more:
        return alike[0]
    columns = [Array(column) for column in zip(*(each.values for each in alike), strict=True)]
    return Statement(_for_each(text, tuple(map(type, values))), columns)


@lru_cache(1024)
def _for_each(text: str, kinds: tuple[type, ...]) -> str:
    """The same text for each row of arrays, whose number stands before what is found; that keeps its order."""
    arrays = ", ".join(f"CAST(${place} AS {_ARRAYS[kind]})" for place, kind in enumerate(kinds, 1))
    names = ", ".join(f"v{place}" for place in range(1, len(kinds) + 1))
    each = _PLACE.sub(r"asked.v\1", text)
    return (
        f"SELECT asked.nth, found.* FROM unnest({arrays}) WITH ORDINALITY AS asked({names}, nth) CROSS JOIN LATERAL"
        f" (SELECT row_number() OVER () AS nth, one.* FROM ({each}) AS one) AS found ORDER BY asked.nth, found.nth"
    )
