"""The kinds of scalar: how each is read from its text, what it is called, an example, and how a schema sees it.

Reading is strict and total: a text is a value, or a `Misread` that says what to write instead. Full-width signs and
digits are read as their ASCII twins.
"""

import re
from collections.abc import Mapping
from typing import Any

from entitle.dsl.deeds import read_do
from entitle.dsl.moments import (
    read_before,
    read_date,
    read_each,
    read_from,
    read_from_or_time,
    read_period,
    read_term,
    read_until,
    read_until_or_time,
    read_validity,
    read_when,
)
from entitle.dsl.names import near
from entitle.dsl.scalars import Kind, Misread, Reading, twin, write
from entitle.messages import Words
from entitle.release import LANGUAGE
from entitle.values.money import DIGITS, MONEY_MAX, SYMBOLS, amount_text, parse_amount
from entitle.values.zone import zone_names, zone_table

COUNT_MAX = 1_000_000
TEXT_MAX = 500


# ---- names and texts

ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


def read_id(text: str, _: Reading) -> str | Misread:
    if ID.fullmatch(text) and len(text) <= 80:
        return text
    proposed = re.sub(r"[^a-z0-9]+", "-", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", text).lower()).strip("-")
    return Misread(
        write(proposed)
        if ID.fullmatch(proposed)
        else Words("small letters, digits and single dashes", "小写字母、数字与单个短横")
    )


def read_text(text: str, _: Reading) -> str | Misread:
    if not text.strip():
        return Misread(Words("write something for people to read", "写一段给人看的文字"))
    if len(text) > TEXT_MAX:
        return Misread(Words(f"at most {TEXT_MAX} characters", f"最多 {TEXT_MAX} 个字符"))
    return text


FACT = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*")


def read_fact(text: str, _: Reading) -> str | Misread:
    return text if FACT.fullmatch(text) else Misread(Words("like `customer.level`", "例如 `customer.level`"))


# ---- numbers and money


def read_count(text: str, _: Reading) -> int | Misread:
    plain = twin(text)
    if not re.fullmatch(r"\d{1,12}", plain, re.ASCII):
        return Misread()
    if not 1 <= int(plain) <= COUNT_MAX:
        return Misread(Words(f"from 1 to {COUNT_MAX:,}", f"从 1 到 {COUNT_MAX:,}"))
    return int(plain)


def read_range(text: str, reading: Reading) -> tuple[int, int] | Misread:
    low, dots, high = twin(text).partition("..")
    ends = read_count(low, reading), read_count(high, reading)
    if not dots:
        return Misread(write(f"1..{low}") if low.isdigit() else None)
    if isinstance(ends[0], Misread) or isinstance(ends[1], Misread):
        return Misread()
    return (ends[0], ends[1]) if ends[0] <= ends[1] else Misread(write(f"{ends[1]}..{ends[0]}"))


def read_money(text: str, reading: Reading) -> int | Misread:
    """Minor units."""
    plain = twin(text)
    if not reading.currency:  # the rulebook's own flaw is told already
        return 0
    match = re.fullmatch(r"([^\d\s.-]*) ?(-?)(\d[\d,]*(?:\.\d+)?)", plain)
    if match is None:
        return Misread(write(amount_text(2500, reading.currency)))
    sign, minus, amount = match.groups()
    if minus:
        return Misread(Words("an amount is never negative", "金额不能为负"))
    if sign and sign != reading.currency and reading.currency not in SYMBOLS.get(sign, ()):
        return Misread(
            Words(f"this rulebook counts in {reading.currency}", f"本规则库的币种是 {reading.currency}"),
            "other-currency",
        )
    minor = parse_amount(amount.replace(",", ""), reading.currency)
    if minor is None:
        return Misread(_digits(amount.replace(",", ""), reading.currency))
    if minor > MONEY_MAX:
        return Misread(
            Words(
                f"at most {amount_text(MONEY_MAX, reading.currency)}",
                f"最多 {amount_text(MONEY_MAX, reading.currency)}",
            )
        )
    return minor if sign else Misread(write(amount_text(minor, reading.currency)))


def _digits(amount: str, currency: str) -> Words:
    """How many digits the currency has, and what was probably meant."""
    places = DIGITS[currency]
    whole, _, rest = amount.partition(".")
    meant = int(whole + rest[:places].ljust(places, "0"))
    spelled = {0: ("no digits", "没有小数位"), 2: ("two digits", "有两位小数"), 3: ("three digits", "有三位小数")}[
        places
    ]
    if len(rest.rstrip("0")) > places:
        example = amount_text(2500 * 10**places // 100, currency)
        return Words(
            f"{currency} has {spelled[0]} after the point, as in `{example}`",
            f"{currency} {spelled[1]}，如 `{example}`",
        )
    proposed = amount_text(meant, currency)
    return Words(
        f"{currency} has {spelled[0]} after the point: write `{proposed}`",
        f"{currency} {spelled[1]}：写成 `{proposed}`",
    )


def read_money_or_none(text: str, reading: Reading) -> int | Misread | None:
    return NOTHING if text == "none" else read_money(text, reading)


NOTHING: Any = "none"


# ---- the rulebook's own


def read_version(text: str, _: Reading) -> int | Misread:
    return (
        LANGUAGE
        if twin(text) == str(LANGUAGE)
        else Misread(Words(f"this entitle reads version {LANGUAGE}", f"此版本的 entitle 读取语言版本 {LANGUAGE}"))
    )


def read_zone(text: str, _: Reading) -> str | Misread:
    if zone_table(text) is not None:
        return text
    like = near(text, zone_names())
    return Misread(Words(f"did you mean `{like}`?", f"是想写 `{like}` 吗？") if like else None)


def read_currency(text: str, _: Reading) -> str | Misread:
    if text in DIGITS:
        return text
    plain = {"RMB": "CNY", "YUAN": "CNY", "YEN": "JPY"}.get(text.upper(), text.upper())
    like = plain if plain in DIGITS else near(plain, DIGITS)
    return Misread(Words(f"did you mean `{like}`?", f"是想写 `{like}` 吗？") if like else None)


EVENTS = ("orders", "charges", "claims", "redemptions")
LATER_EVENTS = ("check_ins", "logins", "registrations")


def read_events(text: str, _: Reading) -> str | Misread:
    if text in EVENTS:
        return text
    if text in LATER_EVENTS:
        return Misread(code="not-yet")
    like = near(text, EVENTS)
    return Misread(Words(f"did you mean `{like}`?", f"是想写 `{like}` 吗？") if like else None)


def read_price_change(text: str, reading: Reading) -> str | Misread:
    plain = twin(text)
    if plain == "next_period" or (plain.startswith("from ") and not isinstance(read_from(plain[5:], reading), Misread)):
        return Misread(code="not-yet")
    like = near(plain, ["keep_old_price", "next_period"])
    return plain if plain == "keep_old_price" else Misread(write(like) if like else None)


def read_during(text: str, _: Reading) -> str | Misread:
    return text if text == "paid time" else Misread(write("paid time"))


def read_raw(text: str, _: Reading) -> str:
    return text


_STRING: Mapping[str, Any] = {"type": "string"}
_NUMBER: Mapping[str, Any] = {"type": ["integer", "string"]}


def _pattern(pattern: str) -> Mapping[str, Any]:
    return {"type": "string", "pattern": f"^(?:{pattern})$"}


_LENGTH = r"\d+ (?:minute|hour|day|week|month|quarter|year)s?"
_MOMENT = r"\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?)?"
KINDS: dict[str, Kind] = {
    "id": Kind(
        read_id,
        Words("an id in small letters with dashes", "小写字母与短横组成的标识"),
        "one-running",
        _pattern(ID.pattern),
    ),
    "text": Kind(read_text, Words("a text for people", "给人看的文本"), "Video VIP", _STRING),
    "fact": Kind(
        read_fact,
        Words("a fact's name, `customer` or `all_together`", "事实名、`customer` 或 `all_together`"),
        "customer",
        _pattern(FACT.pattern),
    ),
    "count": Kind(read_count, Words("a whole number from 1", "从 1 起的整数"), "2", {"type": ["integer", "string"]}),
    "range": Kind(read_range, Words("a range like `1..20`", "区间，如 `1..20`"), "1..20", _pattern(r"\d+\.\.\d+")),
    "money": Kind(read_money, Words("an amount of money", "金额"), "¥25.00", _STRING),
    "money_or_none": Kind(
        read_money_or_none, Words("an amount of money, or `none`", "金额或 `none`"), "¥25.00", _STRING
    ),
    "term": Kind(
        read_term, Words("a length of time like `30 days`", "时长，如 `30 days`"), "30 days", _pattern(_LENGTH)
    ),
    "period": Kind(
        read_period,
        Words("a period like `every month` or `every 30 days`", "周期，如 `every month`、`every 30 days`"),
        "every month",
        _pattern(r"every .+"),
    ),
    "before_renewal": Kind(
        read_before,
        Words("a time like `5 days before renewal`", "时间，如 `5 days before renewal`"),
        "5 days before renewal",
        _pattern(rf"{_LENGTH} before renewal"),
    ),
    "validity": Kind(
        read_validity,
        Words(
            "an end like `90 days from claim`, `through 2026-12-31` or `until period end`",
            "有效期，如 `90 days from claim`、`through 2026-12-31`、`until period end`",
        ),
        "90 days from claim",
        _pattern(rf"{_LENGTH} from (?:claim|grant)|through {_MOMENT}|until period end"),
    ),
    "when": Kind(
        read_when,
        Words(
            "a time of issue like `purchase`, `monthly` or `7 days after purchase`",
            "发放时间，如 `purchase`、`monthly`、`7 days after purchase`",
        ),
        "monthly",
        _STRING,
    ),
    "each": Kind(
        read_each,
        Words(
            "`day`, `week`, `month`, `sale_window`, `lifetime`, or hours like `24 hours`",
            "`day`、`week`、`month`、`sale_window`、`lifetime`，或 `24 hours` 这样的小时数",
        ),
        "day",
        _STRING,
    ),
    "from": Kind(
        read_from,
        Words("a moment like `2026-12-01 20:00`", "时刻，如 `2026-12-01 20:00`"),
        "2026-12-01 20:00",
        _pattern(_MOMENT),
    ),
    "until": Kind(
        read_until,
        Words("a moment like `2026-12-12 22:00`", "时刻，如 `2026-12-12 22:00`"),
        "2026-12-12 22:00",
        _pattern(_MOMENT),
    ),
    "date": Kind(
        read_date,
        Words("a date like `2026-12-31`", "日期，如 `2026-12-31`"),
        "2026-12-31",
        _pattern(r"\d{4}-\d\d-\d\d"),
    ),
    "from_or_time": Kind(
        read_from_or_time,
        Words(
            "a time like `10:00`, or a moment like `2026-12-01 10:00`",
            "时间，如 `10:00`，或时刻，如 `2026-12-01 10:00`",
        ),
        "10:00",
        _STRING,
    ),
    "until_or_time": Kind(
        read_until_or_time,
        Words(
            "a time like `12:00`, or a moment like `2026-12-01 12:00`",
            "时间，如 `12:00`，或时刻，如 `2026-12-01 12:00`",
        ),
        "12:00",
        _STRING,
    ),
    "version": Kind(read_version, Words("the version of the language", "语言版本"), "1", _NUMBER),
    "zone": Kind(
        read_zone, Words("a time zone like `Asia/Shanghai`", "时区，如 `Asia/Shanghai`"), "Asia/Shanghai", _STRING
    ),
    "currency": Kind(read_currency, Words("a currency like `CNY`", "币种，如 `CNY`"), "CNY", _pattern("[A-Z]{3}")),
    "events": Kind(
        read_events, Words(f"one of {', '.join(EVENTS)}", f"{'、'.join(EVENTS)} 之一"), "orders", {"enum": [*EVENTS]}
    ),
    "price_change": Kind(
        read_price_change,
        Words("`keep_old_price`, `next_period` or `from DATE`", "`keep_old_price`、`next_period` 或 `from DATE`"),
        "keep_old_price",
        _STRING,
    ),
    "during": Kind(read_during, Words("`paid time`", "`paid time`"), "paid time", {"const": "paid time"}),
    "fact_type": Kind(read_raw, Words("a type", "类型"), "0..9", _STRING),
    "missing": Kind(
        read_raw,
        Words("a value of the type, `ask` or `risky`", "该类型的值、`ask` 或 `risky`"),
        "ask",
        {"type": ["string", "integer", "boolean"]},
    ),
    "do": Kind(
        read_do,
        Words("something to do, like `buy video-monthly`", "要做的事，如 `buy video-monthly`"),
        "buy video-monthly",
        _STRING,
    ),
}
