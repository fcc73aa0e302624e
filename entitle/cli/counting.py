"""How many customers of a table each kind of change meets: both versions decide all rows, batch by batch."""

from collections.abc import Collection, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from entitle.errors import Error
from entitle.ir import Input
from entitle.release import Release
from entitle.runtime.difference.change import Compared, Kind
from entitle.runtime.difference.met import kinds_met
from entitle.runtime.difference.told import SEEN
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
