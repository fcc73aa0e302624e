"""Conditions written at random, and beside each text what it means.

A meaning is plain Python over facts as the shop tells them; it shares nothing with the checker or the IR. Amounts and
moments are whole numbers there, minor units and microseconds, or exact fractions of them.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from entitle.ir import LIMIT
from tests.declarations import EPOCH, MICROSECOND, WEEKDAYS, WORDS, Declared, Place, Scene

SIZES = {  # no value of a kind is larger
    "number": 10**6,
    "money": 10**12,
    "duration": 200 * 366 * 86_400 * 10**6,
    "instant": 2 * 10**16,
    "date": 2 * 10**16,
}


@dataclass(frozen=True)
class Phrase:
    """A text and its meaning. `size / scale` bounds what it can be, as the checker reckons or wider.

    goes  from what to what, of a name that is a number: it meets no constant outside of that
    """

    text: str
    means: Callable[[Scene], Any]
    reads: frozenset[str] = frozenset()
    size: int = 0
    scale: int = 1
    goes: tuple[int, int] | None = None
    constant: bool = False


@dataclass(frozen=True)
class Ground:
    """What the conditions of a rulebook may speak of."""

    place: Place
    facts: tuple[Declared, ...]
    lists: Mapping[str, tuple[str, ...]]
    calendars: tuple[str, ...]

    def of_kind(self, kind: str) -> list[Declared]:
        return [each for each in self.facts if each.kind == kind and each.default != "risky"]


def _read(each: Declared) -> Phrase:
    low, _, high = each.type.partition("..") if each.kind == "number" else ("", "", "")
    goes = (int(low), int(high)) if high else None
    size = SIZES.get(each.kind, 0)
    return Phrase(each.name, lambda scene: scene.facts[each.name], frozenset({each.name}), size, goes=goes)


def _stored(name: str, size: int) -> Phrase:
    return Phrase(name, lambda scene: scene.stored[name], size=size, goes=(0, size))


def _midnight(scene: Scene) -> int:
    return (datetime.combine(scene.civil, datetime.min.time()) - EPOCH) // MICROSECOND


DERIVED: dict[str, list[Phrase]] = {
    "number": [
        Phrase("quantity", lambda scene: scene.quantity, size=100),
        Phrase("now.day", lambda scene: scene.civil.day, size=31, goes=(1, 31)),
        Phrase("now.month", lambda scene: scene.civil.month, size=12, goes=(1, 12)),
        Phrase("now.hour", lambda scene: scene.civil.hour, size=23, goes=(0, 23)),
        _stored("orders", 10**6),
    ],
    "money": [_stored("paid", 10**12)],
    "instant": [Phrase("now", lambda scene: scene.at, size=SIZES["instant"])],
    "date": [Phrase("now.date", _midnight, size=SIZES["date"])],
}
OFTEN = st.sampled_from((True, True, False))
RATES = {"80%": Fraction(4, 5), "33.5%": Fraction(67, 200), "150%": Fraction(3, 2), "0%": Fraction(0)}


def literals(ground: Ground, kind: str) -> st.SearchStrategy[Phrase]:
    """Constants of a kind."""
    made = [_constant(text, told, kind) for text, told in ground.place.samples(kind).items()]
    return st.sampled_from(made)


def _constant(text: str, told: object, kind: str) -> Phrase:
    value = Declared("", kind, kind, st.nothing()).plain(told)
    return Phrase(text, lambda scene: value, size=abs(value), constant=True)


def _beside(value: Phrase, *others: Phrase) -> Phrase:
    """The value as it may stand beside these: no name meets a constant that it never is near, but a sum may."""
    goes = value.goes
    if goes is None or all(goes[0] <= each.means(NOWHERE) <= goes[1] for each in others if each.constant):
        return value
    return replace(value, text=f"({value.text} + 0)", goes=None)


@st.composite
def amounts(draw: st.DrawFn, ground: Ground, kind: str, depth: int) -> Phrase:
    """Numbers of any unit: names, constants, and what is reckoned with them."""
    if depth and draw(OFTEN):
        return draw(_reckoned(ground, kind, depth))
    names = [*map(_read, ground.of_kind(kind)), *DERIVED.get(kind, [])]
    return draw(st.sampled_from(names) if draw(OFTEN) else literals(ground, kind))


@st.composite
def _reckoned(draw: st.DrawFn, ground: Ground, kind: str, depth: int) -> Phrase:
    left_kind, right_kind = draw(st.sampled_from(SUMS[kind]))
    left = draw(amounts(ground, left_kind, depth - 1))
    right = draw(amounts(ground, right_kind, depth - 1))
    whole = {left_kind, right_kind} <= {"number", "money", "duration"}
    op = draw(st.sampled_from(("+", "-", "min", "max", "*") if whole else ("+", "-") if left_kind == kind else ("-",)))
    if op == "*":
        return _times(draw, left)
    if op in ("min", "max"):
        made = _both(f"{op}({left.text}, {right.text})", {"min": min, "max": max}[op], left, right)
    elif not whole and (left.scale, right.scale) != (1, 1):
        return left if left_kind == kind else draw(literals(ground, kind))
    else:
        made = _both(f"({left.text} {op} {right.text})", {"+": operator.add, "-": operator.sub}[op], left, right)
    return made if made.size <= LIMIT else left


SUMS = {
    "number": (("number", "number"),),
    "money": (("money", "money"),),
    "duration": (*[("duration", "duration")] * 3, ("instant", "instant"), ("date", "date")),
    "instant": (("instant", "duration"),),
    "date": (("date", "duration"),),
}


def _both(text: str, meaning: Callable[[Any, Any], Any], left: Phrase, right: Phrase) -> Phrase:
    return Phrase(
        text,
        lambda scene: meaning(left.means(scene), right.means(scene)),
        left.reads | right.reads,
        left.size * right.scale + right.size * left.scale,
        left.scale * right.scale,
    )


def _times(draw: st.DrawFn, left: Phrase) -> Phrase:
    text, by = draw(st.sampled_from([*RATES.items(), ("2", Fraction(2)), ("-1", Fraction(-1)), ("1", Fraction(1))]))
    scale = 1000 if "." in text else 100 if "%" in text else 1
    size = left.size * max(1, abs(int(by * scale)))
    if size > LIMIT:
        return left
    written = draw(st.sampled_from((f"({left.text} * {text})", f"({text} * {left.text})")))
    goes, constant = (left.goes, left.constant) if text == "1" else (None, False)
    return Phrase(written, lambda scene: by * left.means(scene), left.reads, size, left.scale * scale, goes, constant)


# ---- conditions

COMPARED = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@st.composite
def _comparison(draw: st.DrawFn, ground: Ground) -> Phrase:
    kind = draw(st.sampled_from([*SUMS]))
    left, right = draw(amounts(ground, kind, 2)), draw(amounts(ground, kind, 1))
    if left.size * right.scale + right.size * left.scale > LIMIT or (kind in ("instant", "date") and left.scale > 1):
        right = draw(literals(ground, kind))
        left = draw(amounts(ground, kind, 0))
    if draw(st.integers(0, 3)) == 0:
        low, high = sorted(draw(st.tuples(literals(ground, kind), literals(ground, kind))), key=lambda each: each.size)
        if low.means(NOWHERE) <= high.means(NOWHERE) and max(low.size, high.size) * left.scale <= LIMIT:
            word = draw(st.sampled_from(("in", "not in")))
            return _among(_beside(left, low, high), f"{word} {low.text}..{high.text}", _between(low, high), word)
    op = draw(st.sampled_from([*COMPARED]))
    left, right = _beside(left, right), _beside(right, left)
    return _both(f"{left.text} {op} {right.text}", COMPARED[op], left, right)


NOWHERE = Scene({}, {}, 0, EPOCH, 0, {}, {})  # constants mean the same everywhere


def _between(low: Phrase, high: Phrase) -> Callable[[Any], bool]:
    return lambda value: bool(low.means(NOWHERE) <= value <= high.means(NOWHERE))


def _among(value: Phrase, rest: str, holds: Callable[[Any], bool], word: str) -> Phrase:
    return Phrase(f"{value.text} {rest}", lambda scene: holds(value.means(scene)) == (word == "in"), value.reads)


@st.composite
def _choice(draw: st.DrawFn, ground: Ground) -> Phrase:
    """One of several constants, texts of a list, or words."""
    kind = draw(st.sampled_from(("number", "money", "date", "text", "list")))
    word = draw(st.sampled_from(("in", "not in")))
    value = draw(st.sampled_from([*map(_read, ground.of_kind("text" if kind == "list" else kind))]))
    if kind == "list":
        name = draw(st.sampled_from([*ground.lists]))
        return _among(value, f"{word} {name}", lambda told: told in ground.lists[name], word)
    texts = draw(st.lists(st.sampled_from([*ground.place.samples(kind)]), min_size=1, max_size=3, unique=True))
    samples = ground.place.samples(kind)
    constants = [_constant(text, samples[text], kind) for text in texts] if kind != "text" else []
    values = [each.means(NOWHERE) for each in constants] or texts
    written = ", ".join(f'"{text}"' if kind == "text" else text for text in texts)
    return _among(_beside(value, *constants), f"{word} ({written})", lambda told: told in values, word)


@st.composite
def _words(draw: st.DrawFn, ground: Ground) -> Phrase:
    """An enum, or the day of the week, and its words."""
    weekday = Phrase("now.weekday", lambda scene: scene.civil.weekday())
    known = [(_read(each), each.members) for each in ground.of_kind("enum")]
    value, members = draw(st.sampled_from([*known, (weekday, WEEKDAYS)]))
    one, other = sorted(draw(st.tuples(*[st.integers(0, len(members) - 1)] * 2)))
    op = draw(st.sampled_from([*COMPARED, "in", "not in", ".."]))
    if op in COMPARED:
        return Phrase(
            f"{value.text} {op} {members[one]}", lambda scene: COMPARED[op](value.means(scene), one), value.reads
        )
    if op == "..":
        return _among(value, f"in {members[one]}..{members[other]}", lambda told: one <= told <= other, "in")
    written = ", ".join(members[i] for i in sorted({one, other}))
    return _among(value, f"{op} ({written})", lambda told: told in (one, other), op)


@st.composite
def _simple(draw: st.DrawFn, ground: Ground) -> Phrase:
    """Booleans, sets, keys, texts and calendars."""
    kind = draw(st.sampled_from(("bool", "set", "key", "text", "calendar")))
    op = draw(st.sampled_from(("==", "!=")))
    match kind:
        case "bool":
            (value,) = map(_read, ground.of_kind("bool"))
            truth = draw(st.sampled_from(("true", "false")))
            compared = Phrase(
                f"{value.text} {op} {truth}",
                lambda scene: COMPARED[op](value.means(scene), truth == "true"),
                value.reads,
            )
            return draw(st.sampled_from((value, compared)))
        case "set":
            (value,) = map(_read, ground.of_kind("set"))
            member = draw(st.sampled_from(("vip", "new-1")))
            return Phrase(f"{value.text} has {member}", lambda scene: member in value.means(scene), value.reads)
        case "key":
            one, other = draw(st.permutations([*map(_read, ground.of_kind("key"))]))
            return _both(f"{one.text} {op} {other.text}", COMPARED[op], one, other)
        case "text":
            (value,) = map(_read, ground.of_kind("text"))
            word = draw(st.sampled_from(WORDS))
            return Phrase(
                f'{value.text} {op} "{word}"', lambda scene: COMPARED[op](value.means(scene), word), value.reads
            )
        case _:
            name = draw(st.sampled_from(ground.calendars))
            word = draw(st.sampled_from(("in", "not in")))
            return Phrase(f"now {word} {name}", lambda scene: scene.open[name] == (word == "in"))


@st.composite
def conditions(draw: st.DrawFn, ground: Ground, depth: int = 2) -> Phrase:
    one = draw(
        _comparison(ground) if draw(st.booleans()) else st.one_of(_choice(ground), _words(ground), _simple(ground))
    )
    match draw(st.sampled_from(("one", "not", "and", "or"))) if depth else "one":
        case "not":
            return Phrase(f"not ({one.text})", lambda scene: not one.means(scene), one.reads)
        case "and":
            other = draw(conditions(ground, depth - 1))
            return _both(f"{one.text} and ({other.text})", lambda a, b: a and b, one, other)
        case "or":
            other = draw(conditions(ground, depth - 1))
            return _both(f"({one.text} or {other.text})", lambda a, b: a or b, one, other)
        case _:
            return one
