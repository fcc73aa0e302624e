"""Types as operators speak of them."""

from entitle.dsl.scalars import Reading
from entitle.ir import Bool, Enum, Int, Key, SetOf, Text, Type
from entitle.messages import Words

DESCRIBED: dict[str, Words] = {
    "bool": Words("true or false", "真假值"),
    "number": Words("a number", "数"),
    "money": Words("an amount of money", "金额"),
    "instant": Words("a moment", "时刻"),
    "date": Words("a date", "日期"),
    "duration": Words("a duration", "时长"),
    "enum": Words("a word of a list", "一个选项"),
    "set": Words("a set", "集合"),
    "text": Words("a text", "文本"),
    "key": Words("an opaque key", "不透明的键"),
}

WRITTEN = {
    "money": "{amount}",
    "instant": "2026-12-01 20:00",
    "date": "2026-12-01",
    "duration": "30 days",
}


def kind_of(type_: Type) -> str:
    """The kind of a type: what may meet what."""
    match type_:
        case Bool():
            return "bool"
        case Int(unit=unit):
            return unit
        case Enum():
            return "enum"
        case SetOf():
            return "set"
        case Text():
            return "text"
        case Key():
            return "key"


def ranged(type_: Type, reading: Reading) -> Words:
    """The kind in words, a number with its range, others as they are written."""
    match type_:
        case Int(lo=lo, hi=hi, unit="number"):
            return Words(f"a number from {lo} to {hi}", f"{lo} 到 {hi} 的数")
        case SetOf(members=members):
            return Words(f"a list of some of ({', '.join(members)})", f"（{', '.join(members)}）中若干个的列表")
        case Int(unit=unit):
            called = DESCRIBED[unit]
            return reading.fill(Words(f"{called.en} like `{WRITTEN[unit]}`", f"{called.zh}（如 `{WRITTEN[unit]}`）"))
        case _:
            return described(type_)


def described(type_: Type) -> Words:
    """The kind in words."""
    match type_:
        case Enum(members=members):
            named = ", ".join(members[:4]) + (", …" if len(members) > 4 else "")
            return Words(f"one of ({named})", f"（{named}）之一")
        case _:
            return DESCRIBED[kind_of(type_)]
