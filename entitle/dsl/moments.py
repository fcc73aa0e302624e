"""Texts -> civil times, days and times of day; the zone they are in is the model's to know."""

import re
from calendar import monthrange
from datetime import date, datetime, time, timedelta

from entitle.dsl.scalars import Misread, Reading, twin, write
from entitle.messages import Words
from entitle.values.civil import parse_civil, parse_date

DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
CLOCK = r"[0-9]{1,2}:[0-9]{2}"
MOMENT = rf"{DAY}(?: [0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}})?)?"

_LIKE_MOMENT = re.compile(
    r"(?P<year>\d{4}) ?[-/.年] ?(?P<month>\d{1,2}) ?[-/.月] ?(?P<day>\d{1,2})日?"
    r"(?:[Tt, ]+(?P<hour>\d{1,2})(?:[:点时h](?P<minute>\d{1,2})?分?)(?::(?P<second>\d{1,2})(?:\.\d+)?)?)?"
    r" ?(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)", re.ASCII)
_LIKE_CLOCK = re.compile(r"(\d{1,2})(?:[:.点时h](\d\d)?分?)?(?::\d\d)? ?(am|pm|AM|PM)?", re.ASCII)


def read_from(text: str, _: Reading) -> datetime | Misread:
    """A time, or the 00:00 of a day."""
    plain = twin(text)
    day = parse_date(plain)
    civil = parse_civil(plain) or (_midnight(day) if day else None)
    return civil if civil is not None else Misread(_proposal(plain, _likely(plain)))


def read_until(text: str, _: Reading) -> datetime | Misread:
    """A time; a day alone would leave open whether it is part of the window."""
    plain = twin(text)
    civil = parse_civil(plain)
    if civil is not None:
        return civil
    like = _likely(plain)
    if isinstance(like, date) and not isinstance(like, datetime):
        return Misread(_whole_day(like), "until-a-date")
    return Misread(_proposal(plain, like))


def read_date(text: str, _: Reading) -> datetime | Misread:
    """A day, as its 00:00."""
    plain = twin(text)
    day = parse_date(plain)
    if day is not None:
        return _midnight(day)
    like = _likely(plain)
    if isinstance(like, datetime):
        says = Words(
            f"a whole day is meant: write `{like:%Y-%m-%d}`; a time goes with `until`",
            f"这里指一整天：请写 `{like:%Y-%m-%d}`；时刻要用 `until`",
        )
        return Misread(says)
    return Misread(_proposal(plain, like))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _whole_day(day: date) -> Words:
    after = day + timedelta(days=1)
    return Words(
        f"say `through: {day}`, or `until: {after} 00:00`", f"请写 `through: {day}`，或 `until: {after} 00:00`"
    )


def read_from_or_time(text: str, reading: Reading) -> datetime | int | Misread:
    """A civil time, or minutes after midnight."""
    found = _time_of_day(twin(text))
    if found == 24 * 60:
        return Misread(write("00:00"))
    return read_from(text, reading) if found is None else found


def read_until_or_time(text: str, reading: Reading) -> datetime | int | Misread:
    """A civil time, or minutes after midnight; 24:00 is the end of the day."""
    found = _time_of_day(twin(text))
    return read_until(text, reading) if found is None else found


def _time_of_day(plain: str) -> int | Misread | None:
    """Minutes after midnight; None for what is no time of day at all."""
    if match := _CLOCK.fullmatch(plain):
        minutes = int(match[1]) * 60 + int(match[2])
        return minutes if minutes <= 24 * 60 and int(match[2]) < 60 else Misread(_hours(24))
    match = _LIKE_CLOCK.fullmatch(plain)
    if match is None:
        return None
    hour = int(match[1]) % 12 + 12 * (match[3].lower() == "pm") if match[3] else int(match[1])
    minute = int(match[2] or 0)
    return Misread(write(f"{hour:02}:{minute:02}") if hour <= 24 and minute < 60 else _hours(24))


def _hours(last: int) -> Words:
    return Words(f"hours go from 00 to {last}, minutes from 00 to 59", f"小时从 00 到 {last}，分钟从 00 到 59")


def _likely(plain: str) -> date | Words | None:
    """The day or time that a text was probably meant to be, or which part of it is out of its range."""
    match = _LIKE_MOMENT.fullmatch(plain)
    if match is None:
        return None
    parts = {name: int(text) for name, text in match.groupdict().items() if text and name != "zone"}
    if wrong := _out_of_range(parts["year"], parts["month"], parts["day"]):
        return wrong
    day = date(parts["year"], parts["month"], parts["day"])
    if "hour" not in parts:
        return day
    clock = parts["hour"], parts.get("minute", 0), parts.get("second", 0)
    if clock == (24, 0, 0):
        return _midnight(day + timedelta(days=1))
    if clock[0] > 23 or max(clock[1:]) > 59:
        return _hours(23)
    return datetime.combine(day, time(*clock))


def _proposal(plain: str, like: date | Words | None) -> Words | None:
    if not isinstance(like, date):
        return like
    meant = (
        str(like) if not isinstance(like, datetime) else like.isoformat(" ", "seconds" if like.second else "minutes")
    )
    if re.search(r"(?:Z|UTC|GMT|[+-]\d\d:?\d\d)$", plain) and isinstance(like, datetime):
        return Words(
            f"times are local time in the rulebook's zone: write `{meant}`", f"时间按规则书的时区：请写成 `{meant}`"
        )
    return write(meant)


def _out_of_range(year: int, month: int, day: int) -> Words | None:
    if not 2000 <= year <= 2100:
        return Words("years go from 2000 to 2100", "年份从 2000 到 2100")
    if not 1 <= month <= 12:
        return Words("months go from 01 to 12", "月份从 01 到 12")
    last = monthrange(year, month)[1]
    if not 1 <= day <= last:
        return Words(f"{year}-{month:02} has {last} days", f"{year}-{month:02} 有 {last} 天")
    return None
