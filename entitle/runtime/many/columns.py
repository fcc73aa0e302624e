"""Arrow columns -> what programs read: `encode` for a whole column at once.

The fast way only has to see whether something does not fit; what that is, and in which rows, `encode` itself says.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import islice
from typing import Any, assert_never

import pyarrow as pa
import pyarrow.compute as pc

from entitle.errors import FactError
from entitle.ir import Bool, Enum, Input, Int, Key, SetOf, Text, Unit
from entitle.messages import Words
from entitle.release import Release
from entitle.runtime.encode import KEY_LENGTH_MAX, encode
from entitle.values.money import Money, digits

Array = Any  # pyarrow has no types of its own
DAY = 86_400_000_000
SHOWN = 5  # so many rows are named
SEPARATOR = "\x1f"


def type_of(each: Input) -> Any:
    """The Arrow type of the codes."""
    return pa.bool_() if isinstance(each.type, Bool) else pa.string() if isinstance(each.type, Key) else pa.int64()


def codes(each: Input, told: Array, release: Release, before: int) -> Array:
    """The code of every row, null where the fact is missing. Raises FactError that names the first wrong rows.

    before  how many rows of the table come before these
    """
    if pa.types.is_null(told.type):
        told = pa.nulls(len(told), type_of(each))
    elif (wanted := _unfit(each, told.type, release)) is not None:
        raise FactError(
            each.name,
            Words(
                f"needs a column of {wanted.en}; this one is of {told.type}", f"需要一列{wanted.zh}；该列为 {told.type}"
            ),
        )
    try:
        found = _read(each, told, release)
    except pa.ArrowInvalid:  # it does not fit into 64 bits
        found = None
    if found is None or (each.missing == "never" and found.null_count):
        raise _culprits(each, told, release, before)
    return found


def distinct(told: Array) -> tuple[Array, list[tuple[str, ...]]]:
    """The lists of texts that there are in a column, and which of them each row holds; a missing one is empty."""
    lists = _is_list(told.type)
    joined = pc.binary_join(told.cast(pa.list_(pa.string())), SEPARATOR) if lists else told.cast(pa.string())
    found = joined.fill_null("").dictionary_encode()
    return found.indices, [tuple(text.split(SEPARATOR)) if text else () for text in found.dictionary.to_pylist()]


def is_texts(type_: Any) -> bool:
    """May a column of this type hold lists of texts, or one text a row?"""
    return pa.types.is_null(type_) or _is_text(type_) or (_is_list(type_) and _is_text(type_.value_type))


# ---- types


def _is_text(type_: Any) -> bool:
    if pa.types.is_dictionary(type_):
        return _is_text(type_.value_type)
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_))


def _is_list(type_: Any) -> bool:
    return bool(pa.types.is_list(type_) or pa.types.is_large_list(type_))


def _is_list_of_texts(type_: Any) -> bool:
    return _is_list(type_) and (_is_text(type_.value_type) or pa.types.is_null(type_.value_type))


UNITS: dict[Unit, tuple[Callable[[Any], bool], Words]] = {
    "number": (pa.types.is_integer, Words("whole numbers", "整数")),
    "duration": (pa.types.is_duration, Words("durations", "duration（时长）")),
    "instant": (
        lambda type_: pa.types.is_timestamp(type_) and type_.tz is not None,
        Words("timestamps with a time zone", "带时区的 timestamp"),
    ),
    "date": (pa.types.is_date, Words("dates", "date（日期）")),
}


def _unfit(each: Input, type_: Any, release: Release) -> Words | None:
    """What the column should be, where its type can never do."""
    match each.type:
        case Bool():
            return None if pa.types.is_boolean(type_) else Words("true and false", "true 与 false")
        case Int(unit="money"):
            scale = digits(release.currency)
            if pa.types.is_integer(type_) or (pa.types.is_decimal(type_) and type_.scale == scale):
                return None
            return Words(
                f"amounts of {release.currency}: whole minor units, or decimals with {scale} digits after the point",
                f"{release.currency} 的金额：最小货币单位的整数，或小数点后 {scale} 位的 decimal",
            )
        case Int(unit=unit):
            fits, wanted = UNITS[unit]
            return None if fits(type_) else wanted
        case SetOf():
            return None if _is_list_of_texts(type_) else Words("lists of texts", "文本列表")
        case Enum() | Text() | Key():
            return None if _is_text(type_) else Words("texts", "文本")
        case _:
            assert_never(each.type)


# ---- the fast way


def _read(each: Input, told: Array, release: Release) -> Array | None:
    """The codes, or None where something does not fit. Raises pyarrow.ArrowInvalid for what is too large."""
    match each.type:
        case Bool():
            return told
        case Int() as type_:
            return _in_range(_number(told), type_)
        case Enum(members=members):
            found = _place(told, members)
            return found if found.null_count == told.null_count else None
        case Text():
            if not _lengths_fit(told):
                return None
            found = pc.add(_place(told, release.words).fill_null(-1), 1)
            return pc.if_else(pc.is_valid(told), found, pa.scalar(None, pa.int64()))
        case Key():
            return told.cast(pa.string()) if _lengths_fit(told) else None
        case SetOf():
            return _mask(each, told, release)
        case _:
            assert_never(each.type)


def _number(told: Array) -> Array:
    type_ = told.type
    if pa.types.is_decimal(type_):
        cents = pc.multiply(told.cast(pa.decimal128(20, type_.scale)), pa.scalar(Decimal(10**type_.scale)))
        return cents.cast(pa.int64())
    if pa.types.is_timestamp(type_):
        return told.cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    if pa.types.is_duration(type_):
        return told.cast(pa.duration("us")).cast(pa.int64())
    if pa.types.is_date(type_):
        return pc.multiply(told.cast(pa.date32()).cast(pa.int32()).cast(pa.int64()), DAY)
    return told.cast(pa.int64())


def _in_range(numbers: Array, type_: Int) -> Array | None:
    ends = pc.min_max(numbers).as_py()
    return numbers if ends["min"] is None or type_.lo <= ends["min"] <= ends["max"] <= type_.hi else None


def _place(told: Array, words: tuple[str, ...]) -> Array:
    """The place of each text among the words, null where it is none of them."""
    known = pa.array(words, pa.string())
    if pa.types.is_dictionary(told.type):
        return pc.index_in(told.dictionary.cast(pa.string()), value_set=known).take(told.indices).cast(pa.int64())
    return pc.index_in(told.cast(pa.string()), value_set=known).cast(pa.int64())


def _lengths_fit(told: Array) -> bool:
    texts = told.dictionary if pa.types.is_dictionary(told.type) else told
    ends = pc.min_max(pc.utf8_length(texts.cast(pa.string()))).as_py()
    return ends["min"] is None or 1 <= ends["min"] <= ends["max"] <= KEY_LENGTH_MAX


def _mask(each: Input, told: Array, release: Release) -> Array | None:
    if told.flatten().null_count:
        return None
    rows, lists = distinct(told)
    try:
        masks = [encode(each, list(words), release) for words in lists]
    except FactError:
        return None
    return pc.if_else(pc.is_valid(told), pa.array(masks, pa.int64()).take(rows), pa.scalar(None, pa.int64()))


# ---- the plain way


def _culprits(each: Input, told: Array, release: Release, before: int) -> FactError:
    """The first rows that do not fit, and what is wrong with the first of them."""
    found = list(islice(_wrong(each, told, release), SHOWN + 1))
    numbers = ", ".join(str(before + row + 1) for row, _ in found[:SHOWN]) + (", …" if len(found) > SHOWN else "")
    problem = found[0][1]
    rows = "row" if len(found) == 1 else "rows"
    return FactError(each.name, Words(f"{problem.en} ({rows} {numbers})", f"{problem.zh}（第 {numbers} 行）"))


def _wrong(each: Input, told: Array, release: Release) -> Iterator[tuple[int, Words]]:
    for row, value in enumerate(told):
        try:
            told_ = _as_told(each, value, release)
            if told_ is None and each.missing == "never":
                yield row, Words("is never missing", "不能缺失")
            encode(each, told_, release)
        except FactError as problem:
            yield row, problem.problem
        except (ValueError, OverflowError):  # not even Python can hold it
            yield row, Words(f"cannot be {(found := _text(value))}", f"不能是 {found}")


def _text(value: Any) -> str:
    try:
        return str(value)
    except (ValueError, OverflowError):
        return f"{value.value} ({value.type})"


def _as_told(each: Input, value: Any, release: Release) -> object:
    """A value as the shop would tell it."""
    if pa.types.is_timestamp(value.type):
        value = value.cast(pa.timestamp("us", "UTC"))
    elif pa.types.is_duration(value.type):
        value = value.cast(pa.duration("us"))
    found = value.as_py()
    if found is not None and isinstance(each.type, Int) and each.type.unit == "money":
        minor = int(found.scaleb(digits(release.currency))) if isinstance(found, Decimal) else found
        return Money.of_minor(minor, release.currency)
    return found
