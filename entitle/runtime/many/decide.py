"""A release, a product and a table of customers -> a table of decisions.

The table streams: a few batches are in memory at a time. DuckDB reads the encoded rows and answers in their order.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from entitle.errors import UnknownName
from entitle.release import Release
from entitle.runtime.encode import instant_of
from entitle.runtime.many.answers import Answers
from entitle.runtime.many.columns import Array
from entitle.runtime.many.query import Question
from entitle.runtime.many.told import Border, ForAll
from entitle.runtime.presented import Codes, codes_of

ROWS = 1 << 16  # of a batch


def decide_many(
    release: Release,
    product: str,
    table: object,
    *,
    at: datetime | None = None,
    quantity: int | None = None,
    codes: Codes = (),
    passed: Sequence[str] = (),
    facts: Mapping[str, object] | None = None,
    keep: Sequence[str] = (),
) -> Any:
    """See `Release.decide_many`."""
    when = None if at is None else instant_of(at)
    for_all = ForAll(when, quantity, codes_of(codes), tuple(passed), facts or {}, tuple(keep))
    decisions = Decisions(release, product, table, for_all)
    return pa.Table.from_batches(list(decisions), schema=decisions.schema)


class Decisions:
    """The decisions on a table's rows, in their order; read them once, batch by batch.

    Raises FactError for a table or facts that cannot be, naming the first wrong rows (the first row is 1), UnknownName
    for a product that is not there. `schema` is that of the batches.
    """

    def __init__(self, release: Release, product: str, table: object, for_all: ForAll) -> None:
        if product not in release.products:
            known = ", ".join(sorted(release.products)) or "none"
            raise UnknownName(f"no product is called `{product}`; there are {known}")
        self._told = _reader(table)
        self._question = Question(release, release.products[product])
        self._border = Border(release, self._question.inputs, self._question.codes, for_all, self._told.schema)
        self._query = self._question.query(self._border.source, self._border.numbers)
        self._answers = Answers(self._question, self._query.sets)
        self._kept = Kept([*for_all.keep, *(["codes"] if "codes" in self._told.schema.names else [])])
        self._for_all = for_all
        kept = [self._told.schema.field(name) for name in for_all.keep]
        self.schema = pa.schema([*kept, *self._answers.schema], self._answers.schema.metadata)

    def __iter__(self) -> Iterator[Any]:
        problem: list[Exception] = []
        database = duckdb.connect()
        try:
            source = pa.RecordBatchReader.from_batches(self._border.schema, self._encoded(problem))
            database.register("told", source)
            for batch in pa.RecordBatchReader.from_stream(database.sql(self._query.text)):
                yield self._answered(batch)
        except Exception:
            if problem:  # what went wrong in the stream itself, not what DuckDB makes of it
                raise problem[0] from None
            raise
        finally:
            database.close()

    def _encoded(self, problem: list[Exception]) -> Iterator[Any]:
        """The rows as the query reads them; those that the answer needs are kept."""
        before = 0
        for batch in self._told:
            for start in range(0, len(batch), ROWS):
                rows = batch.slice(start, ROWS)
                try:
                    encoded = self._border.encoded(rows, before)
                except Exception as found:
                    problem.append(found)
                    raise
                self._kept.add(rows)
                before += len(rows)
                yield encoded

    def _answered(self, batch: Any) -> Any:
        kept = self._kept.take(len(batch))
        codes = kept["codes"] if "codes" in self._told.schema.names else self._same_codes(len(batch))
        answer = self._answers.batch(dict(zip(self._query.outs, batch.columns, strict=True)), codes)
        columns = [*(kept[name] for name in self._for_all.keep), *answer.columns]
        return pa.record_batch(columns, schema=self.schema)

    def _same_codes(self, rows: int) -> Array:
        return pa.repeat(pa.scalar(self._for_all.codes, pa.list_(pa.string())), rows)


class Kept:
    """Columns of rows that went in, until their answers come out."""

    def __init__(self, names: list[str]) -> None:
        self._names = list(dict.fromkeys(names))
        self._rows: deque[Any] = deque()

    def add(self, batch: Any) -> None:
        if self._names:
            self._rows.append(batch.select(self._names))

    def take(self, rows: int) -> dict[str, Array]:
        """The next so many rows, by column."""
        pieces: list[Any] = []
        while self._names and rows:
            first = self._rows.popleft()
            pieces.append(first.slice(0, rows))
            if len(first) > rows:
                self._rows.appendleft(first.slice(rows))
            rows -= len(pieces[-1])
        return {name: pa.concat_arrays([piece.column(name) for piece in pieces]) for name in self._names if pieces}


def _reader(table: object) -> Any:
    if not hasattr(table, "__arrow_c_stream__"):
        kind = type(table).__name__
        raise TypeError(f"a table has `__arrow_c_stream__`, as those of pyarrow, pandas, polars, duckdb; I got {kind}")
    return pa.RecordBatchReader.from_stream(table)
