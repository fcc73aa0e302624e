"""Customers of whom everything that matters is alike are one kind: each kind is decided once."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from entitle.ir import LIMIT
from entitle.runtime.many.columns import Array


def kinds(batch: Any) -> tuple[Array, Any] | None:
    """Which kind each row is of, and a row of each kind; None where less than half of the rows have a twin.

    batch  columns of booleans, whole numbers and texts without nulls
    """
    key, spans = pa.repeat(pa.scalar(0, pa.int64()), len(batch)), []
    all_ = 1
    for column in batch.columns:
        codes, lowest, span, texts = _codes(column)
        all_ *= span
        if all_ >= LIMIT:
            return None
        if span > 1:
            key = pc.add(pc.multiply(key, span), codes)
        spans.append((lowest, span, texts))
    found = key.dictionary_encode()
    if 2 * len(found.dictionary) > len(batch):
        return None
    rest, columns = found.dictionary, []
    for column, (lowest, span, texts) in zip(reversed(batch.columns), reversed(spans), strict=True):
        above = pc.divide(rest, span)
        codes, rest = pc.subtract(rest, pc.multiply(above, span)), above
        columns.append(texts.take(codes) if texts is not None else pc.add(codes, lowest).cast(column.type))
    return found.indices, pa.record_batch(list(reversed(columns)), schema=batch.schema)


def _codes(column: Array) -> tuple[Array, int, int, Array | None]:
    """Numbers from 0 that stand for values; the value of 0, how many there may be, and the texts if it has texts."""
    if pa.types.is_string(column.type):
        found = column.dictionary_encode()
        return found.indices.cast(pa.int64()), 0, max(1, len(found.dictionary)), found.dictionary
    numbers = column.cast(pa.int64())
    ends = pc.min_max(numbers).as_py()
    lowest = ends["min"] or 0
    return pc.subtract(numbers, lowest) if lowest else numbers, lowest, (ends["max"] or 0) - lowest + 1, None
