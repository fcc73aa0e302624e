"""A literal of an expression -> a constant of the IR."""

from dataclasses import dataclass
from datetime import datetime, time

from entitle.diagnostics import Diagnostic
from entitle.dsl.amounts import read_money
from entitle.dsl.scalars import Misread, Reading
from entitle.dsl.syntax import Literal
from entitle.ir import BOOL, Const, Int, Unit
from entitle.values.civil import Term, parse_civil, parse_date
from entitle.values.zone import EPOCH, MICROSECOND, Zone


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant divided by `scale`."""

    node: Const
    scale: int = 1


def literal(part: Literal, currency: str, zone: Zone) -> Constant | Diagnostic:
    """The constant, or what is wrong with it; its span is the caller's to set."""
    match part.kind:
        case "number":
            return _int(int(part.text), "number")
        case "truth":
            return Constant(Const(part.text == "true", BOOL))
        case "money":
            reading = Reading(currency)
            minor = read_money(part.text, reading)
            if isinstance(minor, Misread):
                values = {"text": part.text, "currency": currency, "example": reading.amount(25)}
                return Diagnostic("wrong-amount", None, values, help=minor.help)
            return _int(minor, "money")
        case "duration":
            count, _, unit = part.text.partition(" ")
            return _int(Term(int(count), unit.strip().rstrip("s")).microseconds, "duration")  # type: ignore[arg-type]  # the grammar knows the units
        case "percent":
            whole, _, rest = part.text[:-1].partition(".")
            return Constant(_int(int(whole + rest), "number").node, 100 * 10 ** len(rest))
        case "instant":
            civil = parse_civil(part.text)
            return _wrong_moment(part) if civil is None else _int(zone.instant(civil), "instant")
        case "date":
            day = parse_date(part.text)
            if day is None:
                return _wrong_moment(part)
            return _int((datetime.combine(day, time()) - EPOCH) // MICROSECOND, "date")
        case "text":
            return Constant(Const(0, Int(0, 0)))


def _int(value: int, unit: Unit) -> Constant:
    return Constant(Const(value, Int(value, value, unit)))


def _wrong_moment(part: Literal) -> Diagnostic:
    return Diagnostic("wrong-moment", None, {"text": part.text})
