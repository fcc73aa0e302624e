"""Files of answers, Parquet and CSV, a batch at a time."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from entitle.cli.tables import ending

STDOUT = Path("-")


@contextmanager
def writer(path: Path, schema: Any) -> Iterator[Callable[[Any], None]]:
    """Takes batches; the file is there when all of them are, and not before. `-` is CSV on standard output."""
    if path == STDOUT:
        with pa.csv.CSVWriter(sys.stdout.buffer, _flat_schema(schema)) as out:
            yield lambda batch: out.write_batch(_flat(batch))
        sys.stdout.buffer.flush()
        return
    part = path.with_name(path.name + ".part")
    try:
        if ending(path) == ".parquet":
            with pa.parquet.ParquetWriter(part, schema) as out:
                yield out.write_batch
        else:
            with pa.csv.CSVWriter(part, _flat_schema(schema)) as out:
                yield lambda batch: out.write_batch(_flat(batch))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _flat_schema(schema: Any) -> Any:
    return pa.schema([(field.name, _flat_type(field.type)) for field in schema])


def _flat_type(type_: Any) -> Any:
    return pa.string() if pa.types.is_nested(type_) or pa.types.is_dictionary(type_) else type_


def _flat(batch: Any) -> Any:
    """The rows without lists: their texts are joined by spaces."""
    columns = [_flat_column(column) for column in batch.columns]
    return pa.record_batch(columns, schema=_flat_schema(batch.schema))


def _flat_column(column: Any) -> Any:
    if pa.types.is_nested(column.type):
        return pc.binary_join(column.cast(pa.list_(pa.string())), " ")
    return column.cast(_flat_type(column.type))
