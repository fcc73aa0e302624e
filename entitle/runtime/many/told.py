"""A table, and what is said for all its rows -> the columns `f<i>` and `g<i>` of the query.

Columns are called as the facts are. Besides there may be `now`, `quantity`, `codes`, `passed`, `customer`, and what the
store counts: measures, of each counter how much is used, of each pool what is free. What nobody tells is missing if it
is a fact; of what the store would count, a new customer has used nothing and every pool is full.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from entitle.errors import FactError
from entitle.ir import Input, Int, Key, Value, blank
from entitle.messages import Words
from entitle.release import Between, Release
from entitle.runtime.clock import clock_fact
from entitle.runtime.encode import encode
from entitle.runtime.limits import untouched
from entitle.runtime.many.codes import Presented, presented
from entitle.runtime.many.columns import Array, codes, distinct, is_texts, type_of
from entitle.runtime.many.cuts import leveled
from entitle.runtime.many.names import LISTS, ForAll, check_names, known
from entitle.runtime.sql_text import literal
from entitle.values.zone import Instant

MINUTE = 60_000_000


class Border:
    """Checks and encodes what is told.

    inputs   what the programs read, but for what an order step sees of a line
    cuts     of numbers: where they begin to matter
    numbers  the number of each input: its columns are `f<i>` and `g<i>`
    source   the sub-select that has all of them, over the encoded table `told`
    schema   of the encoded table
    """

    def __init__(
        self,
        release: Release,
        inputs: Sequence[Input],
        codes: Presented,
        cuts: Mapping[str, tuple[int, ...]],
        for_all: ForAll,
        table: Any,
    ) -> None:
        self.release, self.codes, self.cuts, self.for_all = release, codes, cuts, for_all
        self.numbers = {each.name: i for i, each in enumerate(inputs)}
        self._inputs = {each.name: each for each in inputs}
        self._known = known(release, inputs)
        check_names(table.names, for_all, self._known, [*release.inputs, *self._inputs])
        for name, value in for_all.facts.items():
            encode(self._known[name], value, release)
        told = [name for name in table.names if name in self._known or name in LISTS]
        self._columns = {name: table.get_field_index(name) for name in told}
        self._fixed = {each.name: value for each in inputs if (value := self._constant(each)) is not None}
        fields = [pa.field(name, type_) for name, type_ in self._fields()]
        self.schema = pa.schema(fields or [pa.field("nothing", pa.bool_())])
        constants = [f"{text} AS {name}" for name, text in self._constants()]
        self.source = f"(SELECT {', '.join(['*', *constants])} FROM told)"

    # ---- constants

    def _constant(self, each: Input) -> Value | None:
        """The value of every row; None for what is missing, or in a column."""
        facts, at = self.for_all.facts, self.for_all.at
        if each.name in self._columns:
            return None
        if each.name in facts:
            return encode(each, facts[each.name], self.release)
        match each.origin:
            case "clock":
                return None if at is None else clock_fact(each.name, self.release, at)
            case "store" if isinstance(each.type, Key):
                raise FactError(each.name, Words("is read by the rules: tell it", "规则要读取它：请给出"))
            case "store":
                return untouched(each)
            case "engine" if each.name.startswith("passed."):
                return None if "passed" in self._columns else each.name.removeprefix("passed.") in self.for_all.passed
            case "engine" if each.name.startswith("code."):
                return None
            case "engine" if each.name.startswith("reviewed."):
                return False  # nobody has looked at it yet
            case "engine" if each.name == "quantity":
                return encode(each, 1 if self.for_all.quantity is None else self.for_all.quantity, self.release)
            case "engine":
                return 1  # the first charge
            case _:
                return None

    def _constants(self) -> Iterator[tuple[str, str]]:
        """The columns that are the same in every row."""
        in_table = set(self.schema.names)
        for each in self._inputs.values():
            number = self.numbers[each.name]
            value = self._fixed.get(each.name)
            if f"f{number}" not in in_table and not each.name.startswith("code."):
                yield f"f{number}", _written(_stand_in(each) if value is None else value)
            if f"g{number}" not in in_table and each.missing in ("ask", "risky"):
                yield f"g{number}", _written(value is not None)
        if "codes" not in self._columns:
            yield "hopeless", _written(self.codes.hopeless(self.for_all.codes))
            for i, bits in enumerate(self.codes.opened(self.for_all.codes)):
                yield f"k{i}", literal(bits)

    # ---- columns

    def _fields(self) -> Iterator[tuple[str, Any]]:
        for each in self._inputs.values():
            number = self.numbers[each.name]
            if each.name in self._fixed and not isinstance(each.type, Key):
                continue
            if self._varies(each):
                yield f"f{number}", type_of(each)
                if each.missing in ("ask", "risky"):
                    yield f"g{number}", pa.bool_()
        if "codes" in self._columns:
            yield "hopeless", pa.bool_()
            yield "codes", pa.int64()
            yield from ((f"k{i}", pa.int64()) for i in range(len(self.codes.groups)))

    def _varies(self, each: Input) -> bool:
        """Is it different in each row, or a text, which is never written into the query?"""
        if each.name in self._columns or isinstance(each.type, Key):
            return True
        if each.origin == "clock":
            return self.for_all.at is None
        return each.name.startswith("passed.") and "passed" in self._columns

    def encoded(self, batch: Any, before: int) -> tuple[Any, list[tuple[str, ...]]]:
        """The rows as the query reads them; and the sets of codes that the column `codes` numbers. Raises FactError.

        before  how many rows of the table come before these
        """
        found: dict[str, Array] = {}
        sets: list[tuple[str, ...]] = []
        for name, place in self._columns.items():
            if name in LISTS:
                continue
            each = self._known[name]
            told = codes(each, batch.column(place), self.release, before)
            found |= self._filled(each, told) if name in self.numbers else {}
            if name == "now":
                found |= self._derived(told)
        for each in self._inputs.values():
            if isinstance(each.type, Key) and each.name not in self._columns:
                told = pa.repeat(pa.scalar(self._fixed.get(each.name), pa.string()), len(batch))
                found |= self._filled(each, told)
        if "passed" in self._columns:
            found |= self._passed(batch.column(self._columns["passed"]))
        if "codes" in self._columns:
            rows, sets = presented(batch.column(self._columns["codes"]), before)
            found |= self._opened(rows, sets)
        found["nothing"] = pa.repeat(pa.scalar(True), len(batch))
        return pa.record_batch([found[name] for name in self.schema.names], schema=self.schema), sets

    def _filled(self, each: Input, told: Array) -> dict[str, Array]:
        number = self.numbers[each.name]
        value = told.fill_null(_stand_in(each)) if told.null_count else told
        if each.name in self.cuts and pa.types.is_int64(value.type):
            value = leveled(value, each.type.lo if isinstance(each.type, Int) else 0, self.cuts[each.name])
        filled = {f"f{number}": value}
        if each.missing in ("ask", "risky"):
            filled[f"g{number}"] = told.is_valid()
        return filled

    def _derived(self, now: Array) -> dict[str, Array]:
        """What follows from `now`, worked out once a minute or second."""
        clock = [each for each in self._inputs.values() if each.origin == "clock" and each.name != "now"]
        if not clock:
            return {}
        steps = pc.floor_temporal(now.cast(pa.timestamp("us")), unit=self._grain).cast(pa.int64()).dictionary_encode()
        instants = steps.dictionary.to_pylist()
        return {
            f"f{self.numbers[each.name]}": pa.array(
                [clock_fact(each.name, self.release, at) for at in instants], type_of(each)
            ).take(steps.indices)
            for each in clock
        }

    @property
    def _grain(self) -> str:
        """What follows from `now` changes on whole minutes, where the zone and calendars do, else on whole seconds."""
        zone, calendars = self.release.zone, self.release.calendars.values()
        edges = [edge for windows in calendars for each in windows if isinstance(each, Between) for edge in _ends(each)]
        odd = any(each % 60 for each in zone.offsets) or any(at % MINUTE for at in (*zone.starts[1:], *edges))
        return "second" if odd else "minute"

    def _passed(self, column: Array) -> dict[str, Array]:
        if not is_texts(column.type):
            raise FactError("passed", Words("needs a column of texts, or of lists of them", "需要一列文本或文本列表"))
        rows, lists = distinct(column)
        names = {each.name: each.name.removeprefix("passed.") for each in self._inputs.values()}
        return {
            f"f{self.numbers[name]}": pa.array([challenge in passed for passed in lists], pa.bool_()).take(rows)
            for name, challenge in names.items()
            if name.startswith("passed.")
        }

    def _opened(self, rows: Array, lists: list[tuple[str, ...]]) -> dict[str, Array]:
        bits = list(zip(*map(self.codes.opened, lists), strict=True)) or [()] * len(self.codes.groups)
        found = {f"k{i}": pa.array(each, pa.int64()).take(rows) for i, each in enumerate(bits)}
        hopeless = pa.array([self.codes.hopeless(codes) for codes in lists], pa.bool_())
        return found | {"hopeless": hopeless.take(rows), "codes": rows.cast(pa.int64())}


def _ends(window: Between) -> list[Instant]:
    return [at for at in (window.start, window.end) if at is not None]


def _stand_in(each: Input) -> Value:
    return blank(each.type) if each.default is None else each.default


def _written(value: Value) -> str:
    """A code as SQL. No text ever gets into the query."""
    assert not isinstance(value, str), "texts are columns"
    return str(value).upper() if isinstance(value, bool) else literal(value)
