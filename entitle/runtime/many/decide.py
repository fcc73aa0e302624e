"""A release, a product and a table of customers -> a table of decisions.

The table streams: a few batches are in memory at a time. DuckDB reads the encoded rows and answers in their order.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from entitle.errors import UnknownName
from entitle.messages import Words
from entitle.release import Release
from entitle.runtime.encode import instant_of
from entitle.runtime.many.answers import Answers
from entitle.runtime.many.columns import Array
from entitle.runtime.many.cuts import cuts
from entitle.runtime.many.kinds import kinds
from entitle.runtime.many.names import ForAll
from entitle.runtime.many.query import Question
from entitle.runtime.many.told import Border
from entitle.runtime.presented import Codes, codes_of

ROWS = 1 << 16  # of a batch


def decide_many(
    release: Release,
    product: str,
    table: object,
    at: datetime | None = None,
    quantity: int | None = None,
    codes: Codes = (),
    passed: Sequence[str] = (),
    facts: Mapping[str, object] | None = None,
    keep: Sequence[str] = (),
) -> Any:
    """What each customer of a table may buy, and for how much: a pyarrow Table, a row a customer, in their order.

    table   anything with `__arrow_c_stream__`: of pyarrow, pandas, polars, duckdb. Its columns are facts by name,
            measures and used counters (`limit.<id>`, `once.<id>`, …; 0 where not told), `free.<pool>` (plenty where not
            told), `customer`, `now`, `quantity` (1 where not told), `codes` and `passed` (lists of texts). Amounts are
            minor units (whole numbers) or decimals with the currency's digits; instants are timestamps with a time zone
    at …    the same for all rows; `at` is an aware datetime
    keep    columns that the answer carries along

    The answer has `stage` (null for yes), `reasons` and `rules`; `base`, `floor`, `pay` of one unit and `total`, in
    minor units, of the first charge; `offers` and `gives`. Raises FactError that names the first wrong rows (the first
    is 1), UnknownName for a product that is not there, Error for what the first charge alone cannot tell.
    """
    when = None if at is None else instant_of(at)
    for_all = ForAll(when, quantity, codes_of(codes), tuple(passed), facts or {}, tuple(keep))
    decisions = Decisions(release, product, table, for_all)
    return pa.Table.from_batches(list(decisions), schema=decisions.schema)


@dataclass(frozen=True, slots=True)
class Asked:
    """A batch whose kinds of customers are with DuckDB.

    kept   the columns to carry along
    kinds  how many rows of answers are its own
    which  the kind of each row; None where each is of its own
    codes  what each kind presents; empty where all present the same
    """

    kept: Any
    kinds: int
    which: Array | None
    codes: list[tuple[str, ...]]


class Decisions:
    """The decisions on a table's rows, in their order; read them once, batch by batch.

    Raises FactError for a table or facts that cannot be, naming the first wrong rows (the first row is 1), UnknownName
    for a product that is not there. `schema` is that of the batches; `whole`: see `Question`.
    """

    def __init__(self, release: Release, product: str, table: object, for_all: ForAll, whole: bool = False) -> None:
        if product not in release.products:
            raise UnknownName.among(Words("product", "商品"), product, release.products)
        self._told = _reader(table)
        self._question = Question(release, release.products[product], whole)
        inputs, marks = self._question.inputs, cuts(self._question.programs)
        self._border = Border(release, inputs, self._question.codes, marks, for_all, self._told.schema)
        self._query = self._question.query(self._border.source, self._border.numbers)
        self._answers = Answers(self._question, self._query.sets)
        self._for_all = for_all
        kept = [self._told.schema.field(name) for name in for_all.keep]
        self.schema = pa.schema([*kept, *self._answers.schema], self._answers.schema.metadata)

    def __iter__(self) -> Iterator[Any]:
        problem: list[Exception] = []
        waiting: deque[Asked] = deque()
        database = duckdb.connect()
        try:
            source = pa.RecordBatchReader.from_batches(self._border.schema, self._encoded(waiting, problem))
            database.register("told", source)
            ready: list[Any] = []
            for batch in pa.RecordBatchReader.from_stream(database.sql(self._query.text)):
                ready.append(batch)
                while waiting and sum(map(len, ready)) >= waiting[0].kinds:
                    found, ready = _parted(ready, waiting[0].kinds)
                    yield self._answered(waiting.popleft(), found)
        except Exception:
            if problem:  # what went wrong in the stream itself, not what DuckDB makes of it
                raise problem[0] from None
            raise
        finally:
            database.close()

    def _encoded(self, waiting: deque[Asked], problem: list[Exception]) -> Iterator[Any]:
        """The rows as the query reads them, those alike once; what their answer needs waits for it."""
        before = 0
        try:
            for batch in self._told:
                for start in range(0, len(batch), ROWS):
                    rows = batch.slice(start, ROWS)
                    told, codes = self._border.encoded(rows, before)
                    alike = kinds(told)
                    which, asked = alike or (None, told)
                    presented = [codes[i] for i in asked.column("codes").to_pylist()] if codes else []
                    waiting.append(Asked(rows.select(self._for_all.keep), len(asked), which, presented))
                    before += len(rows)
                    yield asked
        except Exception as found:
            problem.append(found)
            raise

    def _answered(self, asked: Asked, batch: Any) -> Any:
        """The answer of a batch, from those of its kinds."""
        codes = asked.codes or [self._for_all.codes] * asked.kinds
        columns = self._answers.columns(dict(zip(self._query.outs, batch.columns, strict=True)), codes)
        if asked.which is not None:
            columns = [column.take(asked.which) for column in columns]
        return pa.record_batch([*asked.kept.columns, *columns], schema=self.schema)


def _parted(batches: list[Any], rows: int) -> tuple[Any, list[Any]]:
    """The first so many rows as one batch, and the others."""
    table = pa.Table.from_batches(batches)
    first = table.slice(0, rows).combine_chunks().to_batches()
    rest = table.slice(rows).to_batches()
    return first[0], rest


def _reader(table: object) -> Any:
    if not hasattr(table, "__arrow_c_stream__"):
        kind = type(table).__name__
        raise TypeError(f"a table has `__arrow_c_stream__`, as those of pyarrow, pandas, polars, duckdb; I got {kind}")
    return table if isinstance(table, pa.RecordBatchReader) else pa.RecordBatchReader.from_stream(table)
