"""What a condition may speak of: declared names, the clock, lists, calendars; and which operator joins which units."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from entitle.ir import Enum, Input, Int, Key, Op, Unit
from entitle.messages import Message
from entitle.values.zone import EPOCH, MICROSECOND, Zone

FIRST, LAST = ((datetime(year, 1, 1) - EPOCH) // MICROSECOND for year in (1900, 2300))
YEARS = Int(FIRST, LAST, "instant")  # decisions are made between 2000 and 2100; the rest is margin
CLOCK: dict[str, Input] = {
    each.name: each
    for each in (
        Input("now", YEARS, "clock"),
        Input("now.date", Int(YEARS.lo, YEARS.hi, "date"), "clock"),
        Input("now.weekday", Enum(("mon", "tue", "wed", "thu", "fri", "sat", "sun")), "clock"),
        Input("now.day", Int(1, 31), "clock"),
        Input("now.month", Int(1, 12), "clock"),
        Input("now.hour", Int(0, 23), "clock"),
    )
}
CUSTOMER = Input("customer", Key(), "store")  # who asks: a key that is always there


@dataclass(frozen=True, slots=True)
class Scope:
    """What a condition may speak of.

    inputs     declared facts, measures and what else has a value here, by name
    forbidden  names that exist but may not be read here: why, and what to do instead
    codes      the code of every text the rulebook holds
    offers     the promotions that may be asked for; None where none may
    """

    inputs: Mapping[str, Input]
    lists: Mapping[str, tuple[str, ...]]
    calendars: frozenset[str]
    codes: Mapping[str, int]
    currency: str
    zone: Zone
    forbidden: Mapping[str, Message] = field(default_factory=dict)
    offers: Collection[str] | None = None


COMPARED: dict[str, Op] = {
    "==": Op.EQUAL,
    "!=": Op.DIFFERENT,
    "<": Op.LESS,
    "<=": Op.AT_MOST,
    ">": Op.MORE,
    ">=": Op.AT_LEAST,
}
KEYS: dict[str, Op] = {"==": Op.SAME_KEY, "!=": Op.OTHER_KEY}
ADDED: dict[tuple[Unit, Unit], Op] = {
    ("number", "number"): Op.ADD_NUMBER,
    ("money", "money"): Op.ADD_MONEY,
    ("duration", "duration"): Op.ADD_DURATION,
    ("instant", "duration"): Op.LATER,
    ("date", "duration"): Op.LATER_DATE,
}
SUBTRACTED: dict[tuple[Unit, Unit], Op] = {
    ("number", "number"): Op.SUB_NUMBER,
    ("money", "money"): Op.SUB_MONEY,
    ("duration", "duration"): Op.SUB_DURATION,
    ("instant", "duration"): Op.EARLIER,
    ("instant", "instant"): Op.SINCE,
    ("date", "duration"): Op.EARLIER_DATE,
    ("date", "date"): Op.SINCE_DATE,
}
