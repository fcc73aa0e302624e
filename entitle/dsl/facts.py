"""Fact documents -> inputs and measures; and texts -> the facts they tell, for tests and the command line."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from entitle.diagnostics import Diagnostic
from entitle.dsl.amounts import COUNT_MAX, read_money
from entitle.dsl.documents import FactDoc
from entitle.dsl.kinds import ranged
from entitle.dsl.names import near
from entitle.dsl.reader import Scalar
from entitle.dsl.scalars import Misread, Reading, twin
from entitle.dsl.shapes import Written
from entitle.dsl.terms import read_term
from entitle.dsl.values import read_id
from entitle.ir import BOOL, Bool, Enum, Input, Int, Key, SetOf, Text, Type, Value
from entitle.messages import Words
from entitle.release import Measure
from entitle.source import Span
from entitle.values.civil import Term, parse_civil, parse_date
from entitle.values.money import MONEY_MAX, Money
from entitle.values.zone import EPOCH, MICROSECOND, Zone

RESERVED = ("now", "customer", "quantity", "running", "charge", "nth", "base", "amount", "pay", "applied")
ROOTS = ("now", "limit", "once", "invitee", "grant")  # what stands before the dot of names that entitle gives
PREFIXES = (  # and what is told under ids of the rulebook's own: the word alone is free
    "budget.", "code.", "free.", "freed.", "listed.", "passed.", "promotion.", "reviewed.", "sum.", "units.", "with.",
)  # fmt: skip
KEYWORDS = ("and", "or", "not", "in", "has", "min", "max", "true", "false", "null", "none")
PAID = ("orders", "charges")
SET_MAX = 62
INT_MAX = 10**15
FIRST, LAST = ((datetime(year, 1, 1) - EPOCH) // MICROSECOND for year in (2000, 2101))  # the years of the language
DAY = Term(1, "day").microseconds  # by more no zone's civil time differs from UTC
SIMPLE: dict[str, Type] = {
    "bool": BOOL,
    "money": Int(0, MONEY_MAX, "money"),
    "duration": Int(0, Term(200, "year").microseconds, "duration"),
    "instant": Int(FIRST - DAY, LAST + DAY, "instant"),
    "date": Int(FIRST, LAST - DAY, "date"),
    "text": Text(0),
    "key": Key(),
}
MEASURED = Int(0, COUNT_MAX)
SPENT = Int(0, MONEY_MAX, "money")


def fact_type(written: Written[Any]) -> Type | Diagnostic:
    """The type that a fact declares; texts get their number of words later."""
    if isinstance(written.value, list):
        return _members([each.value for each in written.value], Enum, written.span)
    text = twin(written.value)
    if text in SIMPLE:
        return SIMPLE[text]
    if match := re.fullmatch(r"set of \[(.*)\]", text):
        return _members([word.strip() for word in match[1].split(",")], SetOf, written.span)
    if match := re.fullmatch(r"(-?\d{1,40})\.\.(-?\d{1,40})", text):
        low, high = int(match[1]), int(match[2])
        if low <= high and max(abs(low), abs(high)) <= INT_MAX:
            return Int(low, high)
        most = Words(f"whole numbers go to {INT_MAX:,} and no further", f"整数最大到 {INT_MAX:,}")
        return Diagnostic("wrong-range", written.span, {"text": text}, help=most if low <= high else None)
    like = near(text, [*SIMPLE])
    help_ = Words(f"did you mean `{like}`?", f"是想写 `{like}` 吗？") if like else None
    return Diagnostic("unknown-type", written.span, {"type": written.value}, help=help_)


def _members(words: list[str], kind: type[Enum] | type[SetOf], span: Span) -> Type | Diagnostic:
    wrong = [word for word in words if isinstance(read_id(word, Reading()), Misread)]
    if not words or wrong:
        return Diagnostic("wrong-members", span, {"word": wrong[0] if wrong else ""})
    taken = [word for word in words if word in (*KEYWORDS, "ask", "risky")]
    if taken:
        return Diagnostic("keyword-member", span, {"word": taken[0]})
    twice = [word for i, word in enumerate(words) if word in words[:i]]
    if twice:
        return Diagnostic("said-twice", span, {"word": twice[0]})
    if kind is SetOf and len(words) > SET_MAX:
        return Diagnostic("too-many", span, {"what": Words("members of a set", "集合成员"), "max": str(SET_MAX)})
    return kind(tuple(words))


def declared(name: Scalar, document: FactDoc, reading: Reading, zone: Zone) -> Input | Measure | Diagnostic | None:
    """What a fact declares, or what is wrong with it; None where that is told already."""
    if name.text in RESERVED or name.text.partition(".")[0] in ROOTS or name.text.startswith(PREFIXES):
        return Diagnostic("reserved-name", name.span, {"name": name.text})
    if name.text in KEYWORDS:
        return Diagnostic("keyword-name", name.span, {"name": name.text})
    if document.count or document.distinct or document.sum:
        return _measure(name, document)
    stray = document.in_ or document.of or document.per or document.within
    if document.type is not None and stray is not None:
        return Diagnostic("type-with-measure", stray.span, {"name": name.text})
    if document.type is None:
        if document.lacks("type", "count", "distinct", "sum"):
            return Diagnostic("fact-without-type", name.span, {"name": name.text})
        return None  # its flaw is told already
    type_ = fact_type(document.type)
    if isinstance(type_, Diagnostic):
        return type_
    if name.text in ("channel", "device") and not isinstance(type_, {"channel": Enum, "device": Key}[name.text]):
        wanted = {"channel": "[app, web]", "device": "key"}[name.text]
        return Diagnostic("reserved-type", document.type.span, {"name": name.text, "wanted": wanted})
    if document.if_missing is None:
        missing = document.lacks("if_missing")
        return Diagnostic("if-missing-missing", name.span, {"name": name.text}) if missing else None
    return _input(name.text, type_, document.if_missing, reading, zone)


def _input(name: str, type_: Type, missing: Written[Any], reading: Reading, zone: Zone) -> Input | Diagnostic:
    match _told(missing.value):
        case "ask":
            return Input(name, type_, missing="ask")
        case "risky":
            return Input(name, type_, missing="risky")
        case text if isinstance(missing.value, list) and not isinstance(type_, SetOf):
            return Diagnostic("wrong-default", missing.span, {"text": text, "wanted": ranged(type_, reading)})
        case text if isinstance(type_, Key):
            return Diagnostic("key-default", missing.span, {"text": text})
        case text:
            value = coded(type_, text, reading, zone)
            if value is None:
                values: dict[str, str | Words] = {"text": text or '""', "wanted": ranged(type_, reading)}
                return Diagnostic("wrong-default", missing.span, values, help=_default(type_, text))
            return Input(name, type_, missing="default", default=value)


def _told(value: str | list[Written[str]]) -> str:
    """What stands in, as a text: a set may be written as a list."""
    return value if isinstance(value, str) else "[" + ", ".join(each.value for each in value) + "]"


def _default(type_: Type, text: str) -> Words | None:
    """What was probably meant as a default."""
    match type_:
        case Bool():
            return Words("write `true` or `false`", "写 `true` 或 `false`")
        case Enum(members=members) if like := near(text, members):
            return Words(f"did you mean `{like}`?", f"是想写 `{like}` 吗？")
        case Text():
            return Words("write `ask`, or a text that stands in", "写 `ask`，或一个代替的文本")
        case Int(unit="number", lo=lo, hi=hi):
            return Words(f"write `ask`, or a number from {lo} to {hi}", f"写 `ask`，或 {lo} 到 {hi} 的数")
        case _:
            return None


def _measure(name: Scalar, document: FactDoc) -> Measure | Diagnostic | None:
    if document.type or document.if_missing:
        stray = document.type or document.if_missing
        assert stray is not None
        return Diagnostic("measure-with-type", stray.span, {"name": name.text})
    ways = [each for each in (document.count, document.distinct, document.sum) if each]
    if len(ways) > 1:
        return Diagnostic("measured-twice", ways[1].span, {"name": name.text}, also=ways[0].span)
    if document.count and document.in_:
        return Diagnostic("count-and-in", document.in_.span, also=document.count.span)
    events = document.count or document.in_
    if events is None:
        return Diagnostic("measure-events", name.span, {"name": name.text}) if document.lacks("in") else None
    if document.sum and events.value not in PAID:
        return Diagnostic("nothing-paid", events.span, {"events": events.value})
    if document.per is None:
        return Diagnostic("measure-per", name.span, {"name": name.text}) if document.lacks("per") else None
    return _measured(name, document, events, document.per)


def _measured(name: Scalar, document: FactDoc, events: Written[str], per: Written[str]) -> Measure | Diagnostic:
    if per.value == "all_together":
        return Diagnostic("measure-per-all", per.span)
    if document.distinct and per.value == "customer":
        if document.distinct.value == "customers":
            return Diagnostic("always-one", document.distinct.span, also=per.span)
        return Diagnostic("not-yet", document.distinct.span, {"name": "distinct: devices, per: customer"})
    if document.within and not _is_exact(document.within.value):
        return Diagnostic("within-months", document.within.span)
    how = "count" if document.count else "distinct" if document.distinct else "sum"
    return Measure(
        name.text,
        how,  # type: ignore[arg-type]  # one of the three
        events.value,
        document.of.value if document.of else None,
        per.value,
        document.distinct.value if document.distinct else None,
        document.within.value.microseconds if document.within else None,
        span=name.span,
    )


def measure_type(measure: Measure) -> Int:
    """A count, or an amount."""
    return Int(0, MONEY_MAX, "money") if measure.how == "sum" else MEASURED


# ---- facts told as text


def coded(type_: Type, text: str, reading: Reading, zone: Zone) -> Value | None:
    """The code of a value written as text; None where it is none of the type. The code of a text is not known yet."""
    told = told_as(type_, text, reading, zone)
    match type_, told:
        case _, None:
            return None
        case Enum(members=members), str():
            return members.index(told)
        case SetOf(members=members), frozenset():
            return sum(1 << members.index(each) for each in told)
        case Int(), Money():
            return told.minor
        case Int(), timedelta():
            return told // MICROSECOND
        case Int(), datetime():
            return (told.replace(tzinfo=None) - EPOCH) // MICROSECOND
        case Int(), date():
            return (datetime(told.year, told.month, told.day) - EPOCH) // MICROSECOND
        case Int() | Bool(), int():
            return told
        case _:
            return 0


def told_as(type_: Type, text: str, reading: Reading, zone: Zone) -> object | None:
    """A fact's value as a shop would tell it, from text; None where the text is no value of the type."""
    plain = twin(text)
    match type_:
        case Bool():
            return {"true": True, "false": False}.get(plain)
        case Enum(members=members):
            return text if text in members else None
        case SetOf(members=members):
            words = [word.strip() for word in text.strip("[]").split(",") if word.strip()]
            return frozenset(words) if set(words) <= set(members) else None
        case Text() | Key():
            return text or None
        case Int(unit="number", lo=lo, hi=hi):
            return int(plain) if re.fullmatch(r"-?\d{1,17}", plain) and lo <= int(plain) <= hi else None
        case Int() as number:
            return _measured_as(number, text, plain, reading, zone)


_NO_TIME = re.compile(r"0 (?:minute|hour|day|week)s?", re.ASCII)


def _is_exact(term: Term) -> bool:
    """A month or a year is no duration: how long it is depends on when it begins."""
    return term.unit not in ("month", "quarter", "year")


def _measured_as(type_: Int, text: str, plain: str, reading: Reading, zone: Zone) -> object | None:
    match type_.unit:
        case "money":
            minor = read_money(text, reading)
            return None if isinstance(minor, Misread) else Money.of_minor(minor, reading.currency)
        case "duration":
            if _NO_TIME.fullmatch(plain):
                return timedelta()
            term = read_term(plain, reading)
            if isinstance(term, Misread) or not _is_exact(term):
                return None
            return timedelta(microseconds=term.microseconds)
        case "instant":
            civil = parse_civil(plain)
            return None if civil is None else (EPOCH + zone.instant(civil) * MICROSECOND).replace(tzinfo=UTC)
        case _:
            return parse_date(plain)
