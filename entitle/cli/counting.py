"""How many customers of a table each kind of change meets."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entitle.release import Release
from entitle.runtime.difference.change import Compared, Kind
from entitle.values.zone import Instant

if TYPE_CHECKING:
    from entitle.runtime.many.names import ForAll

Met = dict[tuple[str, bool, Kind], int]  # of a product, or an offer on the whole order, and a kind of change


def counts(path: Path, old: Release, new: Release, found: Sequence[Compared], at: Instant) -> Met:
    """The customers of each product that both releases sell, by what changes for them at their first charge.

    Raises Error for a file that is no table, FactError for cells that cannot be.
    """
    import entitle.runtime.many  # noqa: F401  # first of all: it says what is not installed
    from entitle.runtime.many.names import ForAll

    met: Met = {}
    for each in (each for each in found if not each.offer and each.id in old.products and each.id in new.products):
        if not each.same:
            before, after = (_answers(path, book, each.id, ForAll(at)) for book in (old, new))
            for kind, rows in _kinds(before, after).items():
                met[each.id, False, kind] = rows
    return met


def _answers(path: Path, release: Release, product: str, for_all: "ForAll") -> Any:
    """The decisions on all rows, as a table."""
    import pyarrow as pa

    from entitle.cli import tables
    from entitle.runtime.many.decide import Decisions
    from entitle.runtime.many.names import known
    from entitle.runtime.many.query import Question

    names = known(release, Question(release, release.products[product]).inputs)
    with tables.opened(path, release, names) as customers:
        for_all = type(for_all)() if "now" in customers.reader.schema.names else for_all
        decisions = Decisions(release, product, customers.reader, for_all)
        return pa.Table.from_batches(list(decisions), schema=decisions.schema)


def _kinds(before: Any, after: Any) -> dict[Kind, int]:
    import duckdb

    database = duckdb.connect()
    try:
        database.register("before", before)
        database.register("after", after)
        row = database.execute(QUERY).fetchone()
    finally:
        database.close()
    assert row is not None, "an aggregate has one row"
    kinds: list[Kind] = ["refused", "allowed", "dearer", "cheaper", "gift", "limit", "reason"]
    return dict(zip(kinds, map(int, row), strict=True))


QUERY = """
SELECT count(*) FILTER (a.stage IS NULL AND b.stage IS NOT NULL AND b.stage <> 'limits'),
       count(*) FILTER (a.stage IS NOT NULL AND b.stage IS NULL AND a.stage <> 'limits'),
       count(*) FILTER (a.stage IS NULL AND b.stage IS NULL AND b.total > a.total),
       count(*) FILTER (a.stage IS NULL AND b.stage IS NULL AND b.total < a.total),
       count(*) FILTER (a.stage IS NULL AND b.stage IS NULL AND a.gives IS DISTINCT FROM b.gives),
       count(*) FILTER ((a.stage IS NULL AND b.stage = 'limits') OR (b.stage IS NULL AND a.stage = 'limits')),
       count(*) FILTER (a.stage IS NOT NULL AND b.stage IS NOT NULL AND (a.stage <> b.stage
                        OR a.reasons IS DISTINCT FROM b.reasons OR a.rules IS DISTINCT FROM b.rules))
FROM before AS a POSITIONAL JOIN after AS b
"""
