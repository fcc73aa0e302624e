"""Texts -> civil times, days and times of day; the zone they are in is the model's to know."""

import re
from calendar import monthrange
from datetime import datetime, time, timedelta

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
    civil = parse_civil(plain) or (datetime.combine(day, time()) if day else None)
    return civil if civil is not None else Misread(_meant(plain))


def read_until(text: str, _: Reading) -> datetime | Misread:
    """A time; a day alone would leave open whether it is part of the window."""
    plain = twin(text)
    civil, day = parse_civil(plain), parse_date(plain)
    if day is not None:
        after = day + timedelta(days=1)
        says = Words(
            f"say `through: {day}`, or `until: {after} 00:00`", f"请写 `through: {day}`，或 `until: {after} 00:00`"
        )
        return Misread(says, "until-a-date")
    return civil if civil is not None else Misread(_meant(plain))


def read_date(text: str, _: Reading) -> datetime | Misread:
    """A day, as its 00:00."""
    plain = twin(text)
    day = parse_date(plain)
    if day is not None:
        return datetime.combine(day, time())
    if parse_civil(plain) is not None:
        says = Words(
            f"a whole day is meant: write `{plain[:10]}`; a time goes with `until`",
            f"这里指一整天：请写 `{plain[:10]}`；时刻要用 `until`",
        )
        return Misread(says)
    return Misread(_meant(plain, with_time=False))


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


def _meant(plain: str, with_time: bool = True) -> Words | None:
    """What a text that is nearly a date or a time was meant to be, or which part of it is out of its range."""
    match = _LIKE_MOMENT.fullmatch(plain)
    if match is None:
        return None
    parts = {name: int(text) for name, text in match.groupdict().items() if text and name != "zone"}
    year, month, day = parts["year"], parts["month"], parts["day"]
    hour, minute, second = (parts.get(name, 0) for name in ("hour", "minute", "second"))
    if wrong := _out_of_range(year, month, day):
        return wrong
    if (hour, minute, second) == (24, 0, 0):
        return write(f"{datetime(year, month, day) + timedelta(days=1):%Y-%m-%d %H:%M}")
    if hour > 23 or minute > 59 or second > 59:
        return _hours(23)
    civil = datetime(year, month, day, hour, minute, second)
    timed = with_time and "hour" in parts
    meant = civil.isoformat(" ", "seconds" if second else "minutes") if timed else f"{civil:%Y-%m-%d}"
    if match["zone"]:
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
