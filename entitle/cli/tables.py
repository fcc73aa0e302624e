"""Files of customers, Parquet and CSV, a batch at a time.

Every cell of a CSV file is a text, read as `--fact name=value` is: nothing guesses types. An empty cell is missing. An
instant may also tell its zone, as ISO 8601 has it and as answers are written.
"""

import csv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from entitle.dsl.facts import told_as
from entitle.dsl.scalars import Reading
from entitle.errors import Error, FactError
from entitle.ir import Bool, Input, Int, SetOf
from entitle.messages import Words
from entitle.release import Release
from entitle.runtime.many.decide import ROWS
from entitle.runtime.many.names import LISTS
from entitle.values.money import Money

ENDINGS = (".parquet", ".csv")


@dataclass(frozen=True)
class Customers:
    """A table of customers. `size` and `done` measure how far its reading is, in rows or in bytes."""

    reader: Any
    size: int
    done: Callable[[], int]


def ending(path: Path) -> str:
    """`.parquet` or `.csv`. Raises Error for any other file."""
    if path.suffix.lower() not in ENDINGS:
        raise Error(Words(f"{path} is neither .parquet nor .csv", f"{path} 既不是 .parquet 也不是 .csv"))
    return path.suffix.lower()


@contextmanager
def opened(path: Path, release: Release, known: Mapping[str, Input]) -> Iterator[Customers]:
    """The customers of a file. Raises Error for a file that is no table, FactError for cells that cannot be."""
    if ending(path) == ".parquet":
        try:
            file = pa.parquet.ParquetFile(path)
        except pa.ArrowInvalid as problem:
            raise Error(
                Words(f"{path} is no Parquet file: {problem}", f"{path} 不是 Parquet 文件：{problem}")
            ) from None
        with file:
            rows = Counted(file.iter_batches(ROWS))
            yield Customers(
                pa.RecordBatchReader.from_batches(file.schema_arrow, rows), file.metadata.num_rows, lambda: rows.read
            )
        return
    names = _header(path)
    with path.open("rb") as raw:
        try:
            texts = pa.csv.open_csv(
                raw,
                convert_options=pa.csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""]
                ),
            )
        except pa.ArrowInvalid as problem:
            raise Error(Words(f"{path} is no table: {problem}", f"{path} 不是表格：{problem}")) from None
        cells = Cells(release, known)
        schema = pa.schema([(name, cells.type_of(name)) for name in names])
        reader = pa.RecordBatchReader.from_batches(schema, cells.batches(texts, schema, path))
        yield Customers(reader, path.stat().st_size, raw.tell)


class Counted:
    """Batches, and how many rows of them were read."""

    def __init__(self, batches: Iterator[Any]) -> None:
        self._batches, self.read = batches, 0

    def __iter__(self) -> Iterator[Any]:
        for batch in self._batches:
            self.read += len(batch)
            yield batch


def _header(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            names = next(csv.reader(file), [])
    except UnicodeDecodeError:
        raise Error(Words(f"{path} is not UTF-8", f"{path} 不是 UTF-8 文本")) from None
    if not names:
        raise Error(Words(f"{path} is empty: its first line names the columns", f"{path} 是空的：第一行应为列名"))
    return names


class Cells:
    """Columns of texts -> columns as a shop would tell them."""

    def __init__(self, release: Release, known: Mapping[str, Input]) -> None:
        self._release, self._known, self._reading = release, known, Reading(release.currency)

    def type_of(self, name: str) -> Any:
        """The type that a column gets."""
        if name in LISTS:
            return pa.list_(pa.string())
        match self._known[name].type if name in self._known else None:
            case Bool():
                return pa.bool_()
            case SetOf():
                return pa.list_(pa.string())
            case Int(unit="duration"):
                return pa.duration("us")
            case Int(unit="instant"):
                return pa.timestamp("us", "UTC")
            case Int(unit="date"):
                return pa.date32()
            case Int():
                return pa.int64()
            case _:
                return pa.string()

    def batches(self, texts: Any, schema: Any, path: Path) -> Iterator[Any]:
        before = 0
        try:
            for batch in texts:
                columns = [self._read(f.name, batch.column(i), f.type, before) for i, f in enumerate(schema)]
                yield pa.record_batch(columns, schema=schema)
                before += len(batch)
        except pa.ArrowInvalid as problem:
            raise Error(Words(f"{path} is no table: {problem}", f"{path} 不是表格：{problem}")) from None

    def _read(self, name: str, texts: Any, type_: Any, before: int) -> Any:
        if pa.types.is_string(type_):
            return texts
        if pa.types.is_integer(type_) and self._known[name].type.unit == "number":  # type: ignore[union-attr]  # an Int
            try:
                return texts.cast(type_)
            except pa.ArrowInvalid:  # below it is found out where
                pass
        found = texts.dictionary_encode()
        values = []
        for place, text in enumerate(found.dictionary.to_pylist()):
            value = text.replace(",", " ").split() if name in LISTS else self._told(name, text)
            if value is None:
                row = before + found.indices.index(place).as_py() + 1
                raise FactError(name, Words(f"cannot be `{text}` (row {row})", f"不能是 `{text}`（第 {row} 行）"))
            values.append(value)
        return pa.array(values, type_).take(found.indices)

    def _told(self, name: str, text: str) -> object | None:
        each = self._known[name]
        told = told_as(each.type, text, self._reading, self._release.zone)
        if isinstance(each.type, Int) and each.type.unit == "instant" and told is None:
            return _with_its_zone(text)
        if isinstance(each.type, Int) and each.type.unit == "money" and told is None:
            try:
                told = Money(text, self._release.currency)
            except ValueError:
                return None
        if isinstance(told, Money):
            return told.minor
        return sorted(told) if isinstance(told, frozenset) else told


def _with_its_zone(text: str) -> datetime | None:
    """An instant of ISO 8601 that tells how far it is from UTC."""
    try:
        told = datetime.fromisoformat(text)
        return told.astimezone(UTC) if told.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
