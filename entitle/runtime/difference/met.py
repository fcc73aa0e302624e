"""Decisions of two releases on the same rows -> how many of the rows show each kind of change."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from entitle.release import STAGES, Product, Release, Rule
from entitle.runtime.difference.change import Kind
from entitle.runtime.difference.told import SEEN, Told, given, runs, used

if TYPE_CHECKING:
    from entitle.runtime.many.decide import Decisions

COLUMNS = ("stage", "reasons", "rules", "gives", "phases", "uses", "logged", "offers")


def kinds_met(before: "Decisions", after: "Decisions", books: tuple[Release, Release], product: str) -> Counter[Kind]:
    """The kinds of change that decisions of both versions on the same rows show, and the number of rows of each."""
    found: Counter[Kind] = Counter()
    for batches in zip(before, after, strict=True):
        for rows, pair in _grouped(*batches):
            a, b = (_told(each, book, book.products[product]) for each, book in zip(pair, books, strict=True))
            kinds = [kind for kind, seen in SEEN.items() if seen(a, b)]
            found.update({kind: rows for kind in kinds if kind != "reason" or len(kinds) == 1})
    return found


def _grouped(before: Any, after: Any) -> Iterator[tuple[int, tuple[Mapping[str, Any], Mapping[str, Any]]]]:
    """The pairs of answers that there are, each with its number of rows. Of totals it matters which is more."""
    import duckdb

    answers = [", ".join(f"'{name}': {of}.{name}" for name in COLUMNS) for of in "ab"]
    query = f"""SELECT {{{answers[0]}, 'pays': 0}} AS before,
                       {{{answers[1]}, 'pays': coalesce(sign(b.total - a.total), 0)}} AS after, count(*) AS rows
                FROM before AS a POSITIONAL JOIN after AS b GROUP BY ALL"""
    with duckdb.connect() as database:
        database.register("before", before)
        database.register("after", after)
        for a, b, rows in database.execute(query).fetchall():
            yield rows, (a, b)


def _told(row: Mapping[str, Any], release: Release, product: Product) -> Told:
    rules = tuple(Rule(code, id_) for code, id_ in zip(row["reasons"], row["rules"], strict=True))
    if row["stage"] is not None:
        assert row["stage"] in STAGES
        return Told(row["stage"], rules, logged=tuple(row["logged"]))
    counters = [*product.counters, *(each for step in release.order_steps for each in step.counters)]
    return Told(
        None,
        (),
        int(row["pays"]),
        given(release, (each for each in product.gives if each.id in row["gives"])),
        runs(product, row["phases"]),
        used(each for each in counters if each.name in row["uses"]),
        tuple(row["logged"]),
        tuple(row["offers"]),
    )
