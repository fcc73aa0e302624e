"""What the shop tells -> what programs read: every fact checked against its type and turned into its code.

A fact that does not fit is a `FactError`, never clamped or guessed; a fact that is not told is None here, and the
program says what its absence does. Checking a request costs as much as deciding it, so the two are generated as one
function, `compiled_answer`; `encode` is the same in plain words, finds the culprit when the fast way balks, and is its
oracle in tests.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import cast

from entitle.boxes import Box
from entitle.errors import FactError
from entitle.ir import Bool, Enum, Input, Int, Key, Program, SetOf, Text, Unit, Value, blank
from entitle.messages import Words
from entitle.release import Release
from entitle.runtime.clock import clock_fact
from entitle.runtime.narrow import Narrowed
from entitle.runtime.to_python import ending, loaded
from entitle.values.civil import instant_text
from entitle.values.money import Money, amount_text
from entitle.values.text import is_storable, shown
from entitle.values.zone import EPOCH, MICROSECOND

Told = Mapping[str, object]
KEY_LENGTH_MAX = 200
MEASURED = Words("is measured by the store itself; it cannot be passed in", "由商店自己统计，不能传入")
UNDECLARED = Words("is declared by no rule; `facts:` lists the names", "没有规则声明它；名称见 `facts:`")


def encode(each: Input, told: object, release: Release) -> Value | None:
    """The code of one told fact; None where it is not told. Raises FactError."""
    if told is None:
        return None
    match each.type:
        case Bool():
            return _bool(each, told)
        case Int(unit="money") as type_:
            return _in_range(each, _minor(each, told, release), type_, release, told)
        case Int() as type_:
            return _in_range(each, _number(each, told, type_), type_, release, told)
        case Enum(members=members):
            return _position(each, told, members)
        case SetOf(members=members):
            if isinstance(told, str) or not isinstance(told, list | tuple | set | frozenset):
                raise _unfit(each, f"a set of {', '.join(members)}", f"以下各项的集合：{'、'.join(members)}", told)
            return sum({1 << _position(each, member, members) for member in told})
        case Text():
            return release.codes.get(_text(each, told), 0)
        case Key():
            return _text(each, told)


def _bool(each: Input, told: object) -> bool:
    if not isinstance(told, bool):
        raise _unfit(each, "true or false", "true 或 false", told)
    return told


def _minor(each: Input, told: object, release: Release) -> int:
    if not isinstance(told, Money) or told.currency != release.currency:
        raise _unfit(each, f"Money in {release.currency}", f"{release.currency} 的金额", told)
    return told.minor


def _number(each: Input, told: object, type_: Int) -> int:
    match type_.unit:
        case "duration" if isinstance(told, timedelta):
            return told // MICROSECOND
        case "instant" if isinstance(told, datetime) and told.tzinfo is not None:
            return instant_of(told)
        case "date" if isinstance(told, date) and not isinstance(told, datetime):
            return (datetime(told.year, told.month, told.day) - EPOCH) // MICROSECOND
        case "number" if isinstance(told, int) and not isinstance(told, bool):
            return told
    wanted = {
        "duration": ("a timedelta", "timedelta"),
        "instant": ("a datetime with a time zone", "带时区的 datetime"),
        "date": ("a date", "date"),
        "number": ("a whole number", "整数"),
    }
    raise _unfit(each, *wanted[type_.unit], told)


def _unfit(each: Input, wanted: str, wanted_zh: str, told: object) -> FactError:
    return FactError(each.name, Words(f"is {wanted}; I got {shown(told)}", f"应为 {wanted_zh}；收到 {shown(told)}"))


def _in_range(each: Input, number: int, type_: Int, release: Release, told: object) -> int:
    if not type_.lo <= number <= type_.hi:
        low, high = (_written(code, type_.unit, release) for code in (type_.lo, type_.hi))
        try:
            found = _written(number, type_.unit, release)
        except OverflowError:  # no calendar has it in this zone
            found = str(told)
        problem = Words(f"goes from {low} to {high}; I got {found}", f"范围是 {low} 到 {high}；收到 {found}")
        raise FactError(each.name, problem)
    return number


def _written(code: int, unit: Unit, release: Release) -> str:
    match unit:
        case "money":
            return amount_text(code, release.currency)
        case "instant":
            return instant_text(release.zone, code)
        case "date":
            return str((EPOCH + code * MICROSECOND).date())
        case "duration":
            days, rest = divmod(code * MICROSECOND, timedelta(days=1))
            return f"{days} days {rest}" if rest else f"{days} days"
        case "number":
            return str(code)


def _position(each: Input, told: object, members: tuple[str, ...]) -> int:
    if not isinstance(told, str) or told not in members:
        raise _unfit(each, f"one of {', '.join(members)}", f"以下之一：{'、'.join(members)}", told)
    return members.index(told)


def _text(each: Input, told: object) -> str:
    if not is_storable(told) or not 0 < len(told) <= KEY_LENGTH_MAX:
        raise _unfit(each, f"a text of 1 to {KEY_LENGTH_MAX} characters", f"1 到 {KEY_LENGTH_MAX} 个字符的文本", told)
    return told


def instant_of(moment: datetime) -> int:
    """Microseconds since the epoch, of any datetime: it may lie outside the years 1 to 9999 in UTC.

    Raises ValueError for one without a time zone.
    """
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError(f"{moment!r} has no time zone: write it with one, such as tzinfo=UTC")
    return (moment.replace(tzinfo=None) - EPOCH - offset) // MICROSECOND


def check(told: Told, release: Release) -> None:
    """Raises FactError for a fact that no rule declares, one that only the store may know, one that cannot be.

    Facts that a product does not read are checked too: a mistake of the shop's should not wait for a rule to read it.
    """
    for name, value in told.items():
        if name in release.measured:
            raise FactError(name, MEASURED)
        if name not in release.inputs:
            raise FactError(name, UNDECLARED)
        encode(release.inputs[name], value, release)


class Balked(Exception):
    """The generated answer does not take a request: the plain way says why, or takes it."""


UNFIT = (FactError, ValueError, TypeError, AttributeError)  # what checking a request may run into, and deciding may not
FIRST_CHARGE: Box = {"charge": ((1, 1),)}
Answer = Callable[[Told, int, int, Mapping[str, Value]], tuple[Value, ...]]


class Encoder:
    """Told facts and engine facts -> encoded facts, in plain words."""

    def __init__(self, program: Program, release: Release) -> None:
        self._inputs = program.inputs
        self._release = release

    def facts(self, told: Told, engine: Mapping[str, Value]) -> dict[str, Value | None]:
        """Every input by name, encoded; None where it is missing. `engine` holds what the shop does not tell.

        Raises FactError.
        """
        check(told, self._release)
        return {
            each.name: encode(each, told.get(each.name), self._release)
            if each.origin == "request"
            else engine[each.name]
            for each in self._inputs
        }


def to_slots(inputs: tuple[Input, ...], facts: Mapping[str, Value | None]) -> tuple[Value, ...]:
    """Encoded facts as the arguments of a generated function."""
    found: list[Value] = []
    for each in inputs:
        value = facts[each.name]
        stand_in = blank(each.type) if each.default is None else each.default
        found.append(stand_in if value is None else value)
        if each.missing in ("ask", "risky"):
            found.append(value is not None)
    return tuple(found)


def compiled_answer(program: Program, release: Release) -> Answer:
    """The program and its checked request as one generated function of (told, at, quantity, stored).

    What it cannot take at once it leaves to the plain way by raising Balked.
    """
    decided, needed = ending(Narrowed(program, FIRST_CHARGE))
    scope: dict[str, object] = {"encode": encode, "release": release, "check": check, "clock": clock_fact, **needed}
    scope |= {"Balked": Balked, "UNFIT": UNFIT}
    lines = ["    get = told.get", "    known = 0"]
    for i, each in enumerate(program.inputs):
        scope[f"k{i}"] = each.name
        match each.origin:
            case "clock":
                lines.append(f"    f{i} = at" if each.name == "now" else f"    f{i} = clock(k{i}, release, at)")
            case "engine":
                lines.append(f"    f{i} = {_of_engine(i, each)}")
            case "store":
                lines.append(f"    f{i} = stored[k{i}]")
            case "request":
                lines += _told(i, each, scope)
    lines.append("    if known != len(told): check(told, release)")  # facts that this program does not read
    balks = "    except UNFIT as problem: raise Balked from problem"
    whole = ["    try:", *(f"    {line}" for line in lines), balks, *decided]
    return cast(Answer, loaded(("told", "at", "quantity", "stored"), whole, scope))


def _of_engine(i: int, each: Input) -> str:
    match each.name:
        case "quantity":
            return "quantity"
        case "charge":
            return "1"
        case _:  # codes and order offers: what is not named is not there
            return f"stored.get(k{i}, False)"


def _told(i: int, each: Input, scope: dict[str, object]) -> list[str]:
    given = each.missing in ("ask", "risky")
    scope[f"i{i}"] = each
    scope[f"b{i}"] = blank(each.type) if each.default is None else each.default
    lines = [
        f"    x = get(k{i})",
        "    if x is None:",
        f"        f{i} = b{i}" + (f"; g{i} = False" if given else ""),
        "    else:",
        "        known += 1",
        *(f"        {line}" for line in _value(i, each, scope)),
    ]
    return [*lines, f"        g{i} = True"] if given else lines


def _value(i: int, each: Input, scope: dict[str, object]) -> list[str]:
    match each.type:
        case Bool():
            return ["if x is not True and x is not False: raise ValueError", f"f{i} = x"]
        case Int(unit="number", lo=lo, hi=hi):
            return [f"if x.__class__ is not int or not {lo} <= x <= {hi}: raise ValueError", f"f{i} = x"]
        case Enum(members=members):
            scope[f"c{i}"] = {member: code for code, member in enumerate(members)}
            return [f"f{i} = c{i}.get(x, -1)", f"if f{i} < 0: raise ValueError"]
        case _:
            return [f"f{i} = encode(i{i}, x, release)"]
