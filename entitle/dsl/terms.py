"""Texts -> lengths of time, and what is said with them: periods, reminders, validity, times of issue."""

import re
from datetime import datetime
from typing import cast, get_args

from entitle.declarations import PriceWord
from entitle.dsl.moments import read_date
from entitle.dsl.names import near
from entitle.dsl.scalars import Misread, Reading, did_you_mean, nearest, twin, write
from entitle.messages import Words
from entitle.release import After, DayOfMonth, Each, EachPeriod, Every, Purchase, Validity, When
from entitle.values.civil import Term, Unit

YEARS_MAX = 200
LENGTH = r"[0-9]+ (?:minute|hour|day|week|month|year)s?"

_TERM = re.compile(r"(\d{1,15}) (minute|hour|day|week|month|year)s?", re.ASCII)
_LIKE_TERM = re.compile(r"(\d{1,15}(?:\.\d{1,6})?|an?|one) ?(?:-| )?([A-Za-z\u4e00-\u9fff]+)\.?", re.ASCII)
_MIXED = re.compile(r"(\d{1,9}) days?,?(?: and)? (\d{1,9}) hours?", re.ASCII)
_UNITS: tuple[Unit, ...] = ("minute", "hour", "day", "week", "month", "year")
_UNITS_LIKE: dict[str, Unit] = {
    "min": "minute", "mins": "minute", "分": "minute", "分钟": "minute",
    "h": "hour", "hr": "hour", "hrs": "hour", "小时": "hour", "时": "hour", "个小时": "hour",
    "d": "day", "天": "day", "日": "day",
    "w": "week", "wk": "week", "周": "week", "星期": "week", "个星期": "week",
    "mo": "month", "mon": "month", "月": "month", "个月": "month",
    "y": "year", "yr": "year", "yrs": "year", "年": "year",
}  # fmt: skip
_LIKE_SECONDS = re.compile(r"\d+ ?(?:s|sec|secs|seconds?|秒钟?)", re.ASCII)
_SECONDS = Words("the shortest unit is the minute", "最小的单位是分钟")
_SMALLER: dict[Unit, tuple[int, Unit]] = {
    "hour": (60, "minute"),
    "day": (24, "hour"),
    "week": (7, "day"),
    "year": (12, "month"),
}


def read_term(text: str, _: Reading) -> Term | Misread:
    plain = twin(text)
    match = _TERM.fullmatch(plain)
    if match is None:
        like = _likely(plain)
        proposed = did_you_mean(said(like)) if like else None
        return Misread(_SECONDS if _LIKE_SECONDS.fullmatch(plain) else proposed)
    count, unit = int(match[1]), match[2]
    if count == 0:
        return Misread(Words("the least is 1", "最小为 1"))
    term = Term(count, unit)  # type: ignore[arg-type]  # the pattern knows the units
    if term.microseconds > Term(YEARS_MAX, "year").microseconds:
        return Misread(Words(f"the most is {YEARS_MAX} years", f"最长 {YEARS_MAX} 年"))
    return term


def _read_part(text: str, tail: str, reading: Reading) -> Term | Misread:
    """The length of time in a text that goes on with `tail`; what it proposes goes on so too."""
    found, like = read_term(text, reading), _likely(text)
    if isinstance(found, Misread) and like is not None and not _TERM.fullmatch(text):
        return Misread(did_you_mean(f"{said(like)} {tail}"))
    return found


def said(term: Term) -> str:
    """A length of time as rules write it."""
    return f"{term.count} {term.unit}" + ("" if term.count == 1 else "s")


def _likely(plain: str) -> Term | None:
    """What a text that is nearly a length of time was meant to be."""
    if match := _MIXED.fullmatch(plain):
        return Term(int(match[1]) * 24 + int(match[2]), "hour")
    match = _LIKE_TERM.fullmatch(plain)
    if match is None:
        return None
    count, word = match[1] if match[1][0].isdigit() else "1", match[2].lower()
    if not count.strip("0."):
        return None
    if word in ("quarter", "quarters", "qtr", "季度", "个季度"):
        return Term(3 * int(count), "month") if count.isdigit() else None
    unit = _UNITS_LIKE.get(word) or near(word.removesuffix("s"), _UNITS)
    return None if unit is None else _counted(count, unit)  # type: ignore[arg-type]  # one of the units


def _counted(count: str, unit: Unit) -> Term | None:
    """So many of a unit; a broken number of them in a smaller one."""
    if "." not in count:
        return Term(int(count), unit)
    whole, _, part = count.partition(".")
    factor, smaller = _SMALLER.get(unit, (0, "minute"))
    found, rest = divmod(int(whole + part) * factor, 10 ** len(part))
    return Term(found, smaller) if found and not rest else None


# ---- periods

_PERIODS: tuple[Unit, ...] = ("day", "week", "month", "quarter", "year")
_PERIODS_LIKE: dict[str, Unit] = {
    "daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year",
    "annually": "year", "每天": "day", "每日": "day", "每周": "week", "每月": "month", "每个月": "month",
    "每季度": "quarter", "每年": "year",
}  # fmt: skip


def read_period(text: str, reading: Reading) -> Term | Misread:
    plain = twin(text)
    match plain.split():
        case ["every", unit] if unit in _PERIODS:
            return Term(1, unit)
        case ["every", "other", unit] if unit in _PERIODS:
            return Misread(write(f"every 2 {unit}s"))
        case ["every", *rest]:
            return _long(" ".join(rest), reading)
        case ["each", *rest] | [*rest] if " ".join(rest) in _PERIODS:
            return Misread(write(f"every {rest[0]}"))
        case [word] if word.lower() in _PERIODS_LIKE:
            return Misread(write(f"every {_PERIODS_LIKE[word.lower()]}"))
        case _:
            found = read_term(plain.removeprefix("each "), reading)
            return Misread(write(f"every {plain.removeprefix('each ')}")) if isinstance(found, Term) else Misread()


def _long(text: str, reading: Reading) -> Term | Misread:
    """What stands after `every`: a day or longer."""
    term = read_term(text, reading)
    if isinstance(term, Misread):
        if _TERM.fullmatch(text):
            return term  # what is wrong with it is known
        like = _likely(text)
        unit = None if text[:1].isdigit() else near(text.removesuffix("s"), _PERIODS)
        meant = f"every {unit}" if unit else f"every {said(like)}" if like and like.count else None
        return Misread(did_you_mean(meant)) if meant else term
    if not term.exact:
        return term
    days, rest = divmod(term.microseconds, Term(1, "day").microseconds)
    if days and not rest:
        return Misread(write(f"every {said(Term(days, 'day'))}" if days > 1 else "every day"))
    return Misread(Words("a period is a day or longer", "周期最短为一天"))


def read_before(text: str, reading: Reading) -> Term | Misread:
    plain = twin(text)
    if plain.endswith(" before renewal"):
        return _read_part(plain.removesuffix(" before renewal"), "before renewal", reading)
    found = read_term(re.sub(r" (?:before|ahead|earlier)\b.*", "", plain), reading)
    return Misread(write(f"{said(found)} before renewal")) if isinstance(found, Term) else Misread()


def read_price_change(text: str, reading: Reading) -> PriceWord | datetime | Misread:
    """`from` a date is its 00:00: the zone is the model's to know."""
    plain = twin(text)
    for word in get_args(PriceWord):
        if plain == word:
            return cast(PriceWord, word)
    if plain.startswith("from "):
        return read_date(plain.removeprefix("from "), reading)
    return nearest(plain, ["keep_old_price", "next_period"])


# ---- how long a grant is valid, and when it is issued


def read_validity(text: str, reading: Reading) -> Validity | Misread:
    """`until` of a date is its ordinal: the zone it ends in is the model's to know."""
    plain = twin(text)
    if plain == "until period end":
        return Validity("period_end")
    if plain.startswith("through "):
        day = read_date(plain.removeprefix("through "), reading)
        return day if isinstance(day, Misread) else Validity("instant", until=day.toordinal())
    if match := re.fullmatch(r"(.+) from (claim|grant)", plain):
        term = _read_part(match[1], f"from {match[2]}", reading)
        return term if isinstance(term, Misread) else Validity(match[2], term)  # type: ignore[arg-type]  # one of two
    return Misread(_valid(plain, reading))


def _valid(plain: str, reading: Reading) -> Words | None:
    if isinstance(read_term(plain, reading), Term):
        return Words(
            f"from when on? write `{plain} from claim` or `{plain} from grant`",
            f"从何时起算？请写 `{plain} from claim`（领取起）或 `{plain} from grant`（发放起）",
        )
    day = plain.removeprefix("until ").removeprefix("to ")
    if not isinstance(read_date(day, reading), Misread):
        return write(f"through {day}")
    if match := re.fullmatch(r"(.+) (?:after|since|of|from) (\w+)", plain):
        origin = near(match[2], ["claim", "grant", "claiming", "granting", "issue", "purchase"])
        if origin and isinstance(read_term(match[1], reading), Term):
            return did_you_mean(f"{match[1]} from {'claim' if origin.startswith('claim') else 'grant'}")
    return did_you_mean(near(plain, ["until period end"]))


WHENS: dict[str, When] = {
    "purchase": Purchase(),
    "each renewal": EachPeriod(first=False),
    "each period": EachPeriod(),
    "daily": Every(Term(1, "day")),
    "weekly": Every(Term(1, "week")),
    "monthly": Every(Term(1, "month")),
    "yearly": Every(Term(1, "year")),
}
_WHENS_LIKE = {
    "at purchase": "purchase", "on purchase": "purchase", "once": "purchase", "renewal": "each renewal",
    "every renewal": "each renewal", "every period": "each period", "period": "each period", "every day": "daily",
    "every week": "weekly", "every month": "monthly", "each month": "monthly", "every year": "yearly",
}  # fmt: skip


def read_when(text: str, reading: Reading) -> When | Misread:
    plain = twin(text)
    if plain in WHENS:
        return WHENS[plain]
    if match := re.fullmatch(r"day (\d{1,4}) of month", plain):
        day = int(match[1])
        return DayOfMonth(day) if 1 <= day <= 31 else Misread(Words("days go from 1 to 31", "日期从 1 到 31"))
    if plain.endswith(" after purchase"):
        term = _read_part(plain.removesuffix(" after purchase"), "after purchase", reading)
        return term if isinstance(term, Misread) else After(term)
    if isinstance(read_term(plain, reading), Term):
        return Misread(write(f"{plain} after purchase"))
    if match := re.fullmatch(
        r"(?:every |on |the )*(?:day )?(\d{1,2})(?:st|nd|rd|th)?(?: day)? of (?:the|each|every) month", plain
    ):
        return Misread(write(f"day {match[1]} of month"))
    return Misread(write(_WHENS_LIKE[plain])) if plain in _WHENS_LIKE else nearest(plain, WHENS)


# ---- for how long a limit counts

EACH: tuple[Each, ...] = ("day", "week", "month", "sale_window", "lifetime")
_EACH_LIKE = {"daily": "day", "weekly": "week", "monthly": "month", "ever": "lifetime", "forever": "lifetime"}


def read_each(text: str, reading: Reading) -> tuple[Each, int] | Misread:
    """The window, and its microseconds where it is a rolling one."""
    plain = twin(text)
    if plain in EACH:
        return plain, 0
    term = read_term(plain, reading)
    if isinstance(term, Term):
        return ("rolling", term.microseconds) if term.exact else Misread(_rolling(term))
    if plain in _EACH_LIKE:
        return Misread(write(_EACH_LIKE[plain]))
    if like := _likely(plain):
        return Misread(did_you_mean(said(like)) if like.exact else _rolling(like))
    return term if plain[:1].isdigit() else nearest(plain.removeprefix("each "), EACH)


def _rolling(term: Term) -> Words:
    """A calendar's day and 24 hours are two things: which is meant?"""
    hours = {"day": 24, "week": 168}.get(term.unit, 0) * term.count
    rolling = f"{hours} hours" if hours else "24 hours"
    if term.count == 1 and term.unit in EACH:
        return Words(
            f"write `{term.unit}` for the calendar's, or hours, as in `{rolling}`, for a rolling stretch",
            f"按日历计写 `{term.unit}`；滚动时段用小时，如 `{rolling}`",
        )
    return Words(
        f"a rolling stretch is in hours or minutes, as in `{rolling}`", f"滚动时段用小时或分钟，如 `{rolling}`"
    )
