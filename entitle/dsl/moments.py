"""Lengths of time, periods, schedules and moments, read from their texts."""

import re
from datetime import date, datetime, timedelta
from datetime import time as clock
from typing import Any, get_args

from entitle.dsl.names import near
from entitle.dsl.scalars import Misread, Reading, twin, write
from entitle.messages import Words
from entitle.release import After, DayOfMonth, EachPeriod, Every, Purchase, Validity
from entitle.values.civil import Term, Unit, parse_civil, parse_date

UNITS: tuple[Unit, ...] = get_args(Unit)


TERM = re.compile(r"(\d{1,6}) +([a-z]+?)s?")


def read_term(text: str, _: Reading) -> Term | Misread:
    match = TERM.fullmatch(twin(text))
    if match is None:
        loose = re.fullmatch(r"(\d{1,6}) *([a-zA-Z\u4e00-\u9fff]+)", twin(text))
        return Misread(_meant(*loose.groups()) if loose else None)
    count, unit = match.groups()
    if unit not in UNITS:
        return Misread(_meant(count, unit))
    if int(count) < 1:
        return Misread(Words("at least 1", "至少为 1"))
    return _bounded(Term(int(count), unit))


def _bounded(term: Term) -> Term | Misread:
    """No length of a rule is longer than 200 years."""
    return (
        term
        if term.microseconds <= Term(200, "year").microseconds
        else Misread(Words("at most 200 years", "最多 200 年"))
    )


SHORT = {
    "d": "day",
    "h": "hour",
    "m": "minute",
    "min": "minute",
    "w": "week",
    "y": "year",
    "天": "day",
    "日": "day",
    "小时": "hour",
}
SHORT |= {"分钟": "minute", "周": "week", "个月": "month", "月": "month", "年": "year", "mo": "month"}


def _meant(count: str, unit: str) -> Words | None:
    word = SHORT.get(unit) or near(unit.lower().rstrip("s"), UNITS)
    return (
        None
        if word is None
        else Words(f"did you mean `{_plural(int(count), word)}`?", f"是想写 `{_plural(int(count), word)}` 吗？")
    )


def _plural(count: int, unit: str) -> str:
    return f"{count} {unit}" + ("" if count == 1 else "s")


def read_period(text: str, reading: Reading) -> Term | Misread:
    words = twin(text).split()
    match words:
        case ["every", unit] if unit in UNITS[2:]:
            return Term(1, unit)
        case ["every", count, unit] if count.isdigit():
            term = read_term(f"{count} {unit}", reading)
            if isinstance(term, Term) and not term.exact:
                return term
            return Misread(Words("days, weeks, months, quarters or years", "天、周、月、季度或年"))
        case ["monthly"] | ["weekly"] | ["daily"] | ["yearly"] | ["quarterly"]:
            unit = {"daily": "day"}.get(words[0], words[0].removesuffix("ly"))
            return Misread(write(f"every {unit}"))
        case _:
            return Misread()


def read_before(text: str, reading: Reading) -> Term | Misread:
    term, before, _ = twin(text).partition(" before renewal")
    return read_term(term, reading) if before and twin(text).endswith(" before renewal") else Misread()


def read_validity(text: str, reading: Reading) -> Validity | Misread:
    plain = twin(text)
    if plain == "until period end":
        return Validity("period_end")
    if plain.startswith("through "):
        day = parse_date(plain.removeprefix("through "))
        return Misread() if day is None else Validity("instant", until=_days(day))
    for end in ("claim", "grant"):
        if plain.endswith(f" from {end}"):
            term = read_term(plain.removesuffix(f" from {end}"), reading)
            return term if isinstance(term, Misread) else Validity(end, term)
    term = read_term(plain, reading)
    return Misread(write(f"{plain} from claim")) if isinstance(term, Term) else Misread()


def _days(day: date) -> int:
    """A date on its way to an instant: its ordinal; the model knows the zone."""
    return int(day.toordinal())


EVERY: dict[str, Unit] = {"daily": "day", "weekly": "week", "monthly": "month", "yearly": "year"}


def read_when(text: str, reading: Reading) -> Any:
    plain = twin(text)
    if plain in EVERY:
        return Every(Term(1, EVERY[plain]))
    simple = {"purchase": Purchase(), "each renewal": EachPeriod(first=False), "each period": EachPeriod()}
    if plain in simple:
        return simple[plain]
    if match := re.fullmatch(r"day (\d{1,2}) of month", plain):
        day = int(match[1])
        return DayOfMonth(day) if 1 <= day <= 31 else Misread(Words("days go from 1 to 31", "日期从 1 到 31"))
    if plain.endswith(" after purchase"):
        term = read_term(plain.removesuffix(" after purchase"), reading)
        return term if isinstance(term, Misread) else After(term)
    like = near(plain, [*EVERY, *simple])
    return Misread(Words(f"did you mean `{like}`?", f"是想写 `{like}` 吗？") if like else None)


EACH = ("day", "week", "month", "sale_window", "lifetime")


def read_each(text: str, reading: Reading) -> Any:
    plain = twin(text)
    if plain in EACH:
        return plain, 0
    term = read_term(plain, reading)
    if isinstance(term, Term) and term.exact:
        return "rolling", term.microseconds
    if isinstance(term, Term):
        return Misread(
            Words("a rolling stretch is in hours or minutes, as in `24 hours`", "滚动时段用小时或分钟，如 `24 hours`")
        )
    like = near(plain, EACH)
    return Misread(Words(f"did you mean `{like}`?", f"是想写 `{like}` 吗？") if like else None)


def read_from(text: str, _: Reading) -> datetime | Misread:
    plain = twin(text)
    day = parse_date(plain)
    civil = parse_civil(plain) or (datetime.combine(day, clock()) if day else None)
    return civil if civil is not None else Misread()


def read_until(text: str, reading: Reading) -> datetime | Misread:
    plain = twin(text)
    civil, day = parse_civil(plain), parse_date(plain)
    if civil is None and day is not None:
        after = day + timedelta(days=1)
        return Misread(
            Words(
                f"say `through: {day}` for the whole day, or `until: {after} 00:00`",
                f"包含这一天写 `through: {day}`，或写 `until: {after} 00:00`",
            ),
            "until-a-date",
        )
    return civil if civil is not None else Misread()


def read_date(text: str, _: Reading) -> datetime | Misread:
    day = parse_date(twin(text))
    return Misread() if day is None else datetime.combine(day, clock())


CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")


def read_from_or_time(text: str, reading: Reading) -> datetime | int | Misread:
    """An instant in civil time, or minutes after midnight."""
    match = CLOCK.fullmatch(twin(text))
    if match is None:
        return Misread() if re.fullmatch(r"\d{1,2}:\d\d", twin(text)) else read_from(text, reading)
    minutes = int(match[1]) * 60 + int(match[2])
    return minutes if minutes <= 24 * 60 else Misread()


def read_until_or_time(text: str, reading: Reading) -> datetime | int | Misread:
    return read_from_or_time(text, reading) if ":" in text and " " not in text.strip() else read_until(text, reading)
