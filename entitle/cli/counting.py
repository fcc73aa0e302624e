"""How many customers of a table each kind of change meets: both versions decide all rows, batch by batch."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entitle.errors import Error
from entitle.ir import Input
from entitle.release import STAGES, Product, Release, Rule
from entitle.runtime.difference.change import Compared, Kind
from entitle.runtime.difference.told import SEEN, Told, given, runs, used
from entitle.values.zone import Instant

if TYPE_CHECKING:
    from entitle.runtime.many.decide import Decisions

Met = dict[tuple[str, bool, Kind], int]  # of a product, or an offer on the whole order, and a kind of change


def counts(path: Path, old: Release, new: Release, found: Sequence[Compared], at: Instant) -> Met:
    """The customers of each product that both releases sell, by what changes for them at their first charge.

    Raises Error for a file that is no table, FactError for cells that cannot be.
    """
    import entitle.runtime.many  # noqa: F401  # first of all: it says what is not installed

    met: Met = {}
    for each in (each for each in found if not each.offer and each.id in old.products and each.id in new.products):
        if not each.same and all(_can_tell(book, each.id) for book in (old, new)):
            with ExitStack() as files:
                names = [_names(book, each.id) for book in (old, new)]
                before = _decisions(files, path, old, each.id, at, names[1].keys() - names[0].keys())
                after = _decisions(files, path, new, each.id, at, names[0].keys() - names[1].keys())
                kinds = kinds_met(before, after, (old, new), each.id)
            for kind in SEEN:
                met[each.id, False, kind] = kinds[kind]
    return met


def _can_tell(release: Release, product: str) -> bool:
    """Does a table say what is decided? Not where the first charge alone does not tell it."""
    from entitle.runtime.many.query import Question

    try:
        Question(release, release.products[product])
    except Error:
        return False
    return True


def _names(release: Release, product: str) -> dict[str, Input]:
    from entitle.runtime.many.names import known
    from entitle.runtime.many.query import Question

    return known(release, Question(release, release.products[product]).inputs)


def _decisions(
    files: ExitStack, path: Path, release: Release, product: str, at: Instant, strange: Collection[str]
) -> "Decisions":
    """The decisions on all rows of the file. `strange`: columns that the other version alone knows."""
    import pyarrow as pa

    from entitle.cli import tables
    from entitle.runtime.many.decide import Decisions
    from entitle.runtime.many.names import ForAll

    reader = files.enter_context(tables.opened(path, release, _names(release, product))).reader
    own = [name for name in reader.schema.names if name not in strange]
    schema = pa.schema([reader.schema.field(name) for name in own])
    rows = pa.RecordBatchReader.from_batches(schema, (batch.select(own) for batch in reader))
    return Decisions(release, product, rows, ForAll() if "now" in own else ForAll(at), whole=True)


def kinds_met(before: "Decisions", after: "Decisions", books: tuple[Release, Release], product: str) -> Counter[Kind]:
    """The kinds of change that decisions of both versions on the same rows show, and the number of rows of each."""
    found: Counter[Kind] = Counter()
    for batches in zip(before, after, strict=True):
        for rows, pair in _grouped(*batches):
            a, b = (_told(each, book, book.products[product]) for each, book in zip(pair, books, strict=True))
            kinds = [kind for kind, seen in SEEN.items() if seen(a, b)]
            found.update({kind: rows for kind in kinds if kind != "reason" or len(kinds) == 1})
    return found


COLUMNS = ("stage", "reasons", "rules", "gives", "phases", "uses", "logged", "offers")


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
