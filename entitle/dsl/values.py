"""The kinds of scalar: how each is read from its text, what it is called, an example, and how a schema sees it."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from entitle.dsl.amounts import (
    COUNT_MAX,
    NOTHING,
    read_amount,
    read_charges,
    read_count,
    read_money,
    read_money_or_none,
    read_percent,
    read_range,
    read_rate,
    read_share,
)
from entitle.dsl.deeds import read_do
from entitle.dsl.moments import (
    CLOCK,
    DAY,
    MOMENT,
    read_date,
    read_from,
    read_from_or_time,
    read_until,
    read_until_or_time,
)
from entitle.dsl.names import near
from entitle.dsl.scalars import Misread, Reading, did_you_mean, twin, write
from entitle.dsl.terms import (
    EACH,
    LENGTH,
    WHENS,
    read_before,
    read_each,
    read_period,
    read_price_change,
    read_term,
    read_validity,
    read_when,
)
from entitle.messages import Words
from entitle.release import LANGUAGE
from entitle.values.money import DIGITS
from entitle.values.zone import zone_names, zone_table

ID_MAX = 80
TEXT_MAX = 500

_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
ANY_CODE = "any_code"  # stands among ids for every promotion that has a code
_FACT = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*")
_CURRENCIES_LIKE = {"RMB": "CNY", "CNH": "CNY", "YUAN": "CNY", "人民币": "CNY", "NTD": "TWD", "NT": "TWD", "YEN": "JPY"}
_OFFSET = re.compile(r"(?:UTC|GMT)? ?[+-] ?\d{1,2}(?::?\d\d)?|[A-Z]{1,4}T|Z|GMT")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of scalar.

    read     the text's value, or a Misread
    noun     what it is called
    example  a value of it; `{amount}` stands for an amount of the rulebook's currency
    schema   what an editor may check of it
    forms    all ways to write it, where an example does not tell
    """

    read: Callable[[str, Reading], Any]
    noun: Words
    example: str
    schema: Mapping[str, Any]
    forms: Words | None = None

    @property
    def called(self) -> Words:
        """What it is called in a sentence."""
        return Words(f"{self.noun.en} like `{self.example}`", f"{self.noun.zh}（如 `{self.example}`）")


# ---- names and texts


def read_id(text: str, _: Reading) -> str | Misread:
    if _ID.fullmatch(text) and len(text) <= ID_MAX:
        return text
    plain = unicodedata.normalize("NFKC", text)
    proposed = re.sub(r"[^a-z0-9]+", "-", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", plain).lower()).strip("-")
    if plain.isascii() and _ID.fullmatch(proposed) and len(proposed) <= ID_MAX:
        return Misread(write(proposed))
    return Misread(
        Words(
            f"an id is made of small letters, digits and single dashes, begins with a letter and has at most {ID_MAX} "
            "characters",
            f"标识由小写字母、数字和单个短横组成，以字母开头，最多 {ID_MAX} 个字符",
        )
    )


def read_apart(text: str, reading: Reading) -> str | Misread:
    """What an offer cannot be combined with."""
    return text if text == ANY_CODE else read_id(text, reading)


def read_text(text: str, _: Reading) -> str | Misread:
    if not text.strip():
        return Misread(Words("write something for people to read", "请写一段给人看的文字"))
    if len(text) > TEXT_MAX:
        return Misread(
            Words(
                f"{TEXT_MAX} characters at most, and these are {len(text)}",
                f"最多 {TEXT_MAX} 个字符，这里有 {len(text)} 个",
            )
        )
    return text


def read_fact(text: str, _: Reading) -> str | Misread:
    if _FACT.fullmatch(text) and len(text) <= ID_MAX:
        return text
    proposed = re.sub(r"[\s-]+", "_", twin(text)).lower()
    return Misread(write(proposed) if _FACT.fullmatch(proposed) and len(proposed) <= ID_MAX else None)


def read_bool(text: str, _: Reading) -> bool | Misread:
    found = {"true": True, "false": False}.get(twin(text))
    like = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(twin(text).lower())
    return Misread(did_you_mean(like)) if found is None else found


def read_raw(text: str, _: Reading) -> str:
    return text


# ---- the rulebook's own


def read_version(text: str, _: Reading) -> int | Misread:
    if twin(text) == str(LANGUAGE):
        return LANGUAGE
    return Misread(
        Words(
            f"this entitle reads version {LANGUAGE}: write `entitle: {LANGUAGE}`",
            f"此 entitle 读取的语言版本是 {LANGUAGE}：请写 `entitle: {LANGUAGE}`",
        )
    )


def read_zone(text: str, _: Reading) -> str | Misread:
    if zone_table(text) is not None:
        return text
    if text.casefold() in ("asia/beijing", "beijing", "prc"):
        return Misread(write("Asia/Shanghai"))
    if _OFFSET.fullmatch(text):
        return Misread(
            Words(
                "name a place, whose clocks change when they do, as in `Asia/Shanghai`",
                "请写地名，时钟规则以当地为准，如 `Asia/Shanghai`",
            )
        )
    places = {name.rpartition("/")[2].casefold(): name for name in zone_names()}
    place = text.rpartition("/")[2].casefold().replace(" ", "_")
    like = places.get(place) or near(text, zone_names()) or places.get(near(place, places) or "")
    return Misread(did_you_mean(like))


def read_currency(text: str, _: Reading) -> str | Misread:
    if text in DIGITS:
        return text
    upper = twin(text).upper()
    like = _CURRENCIES_LIKE.get(upper) or (upper if upper in DIGITS else near(upper, DIGITS))
    return Misread(did_you_mean(like))


# ---- the table


def _pattern(pattern: str, **more: int) -> Mapping[str, Any]:
    return {"type": "string", "pattern": f"^(?:{pattern})$", **more}


_WHOLE = r"-?[0-9]+"
_PERCENT = r"[0-9]{1,3}(?:\.[0-9]{1,4})? ?%"
_AMOUNT = r"(?:[^\s0-9.,+-]|[A-Z]{3} )[0-9][0-9,]*(?:\.[0-9]+)?"
_TYPES = rf"bool|money|duration|instant|date|text|key|{_WHOLE}\.\.{_WHOLE}|set of \[[^\[\]]+\]"
_DEEDS = (
    r"(?:buy|hold) [a-z][a-z0-9-]*(?: ?[×x] ?[0-9]+)?(?: ?, ?[a-z][a-z0-9-]*(?: ?[×x] ?[0-9]+)?)*"
    r"|(?:claim|redeem|reverse|cancel|undo cancel|undo change) [a-z][a-z0-9-]*"
    r"|change [a-z][a-z0-9-]* to [a-z][a-z0-9-]*"
    r"|redeem [a-z][a-z0-9-]* at .+"
    r"|refund [a-z][a-z0-9-]*(?: ?/ ?[a-z][a-z0-9-]*)?(?: ?[×x] ?[0-9]+)?"
    r"|spend [0-9]+ (?:.+ )?of [a-z][a-z0-9-]*|payment fails|register|login|confirm|void"
    r"|approve|refuse"
)

KINDS: dict[str, Kind] = {
    "id": Kind(read_id, Words("an id", "标识"), "first-month", _pattern(_ID.pattern, maxLength=ID_MAX)),
    "apart": Kind(
        read_apart,
        Words("a promotion's id", "优惠的标识"),
        "fam-95",
        _pattern(f"{ANY_CODE}|{_ID.pattern}", maxLength=ID_MAX),
        Words("a promotion's id, `any_code` or `all`", "优惠的标识、`any_code` 或 `all`"),
    ),
    "text": Kind(
        read_text,
        Words("a text for people", "给人看的文本"),
        "Video VIP",
        {"type": ["string", "number", "boolean"], "maxLength": TEXT_MAX},
    ),
    "fact": Kind(
        read_fact,
        Words("the name of a fact", "事实的名称"),
        "customer.level",
        _pattern(_FACT.pattern, maxLength=ID_MAX),
    ),
    "fact_type": Kind(
        read_raw,
        Words("a type", "类型"),
        "0..9",
        _pattern(_TYPES),
        Words(
            "`bool`, `0..9`, `money`, `duration`, `instant`, `date`, `text`, `key`, `set of [a, b]`",
            "`bool`、`0..9`、`money`、`duration`、`instant`、`date`、`text`、`key`、`set of [a, b]`",
        ),
    ),
    "missing": Kind(
        read_raw,
        Words("what stands in", "缺失时的值"),
        "ask",
        {"type": ["string", "number", "boolean"]},
        Words("`ask`, `risky`, or a value of the type", "`ask`、`risky`，或该类型的一个值"),
    ),
    "count": Kind(
        read_count,
        Words("a whole number from 1", "从 1 起的整数"),
        "2",
        {"type": "integer", "minimum": 1, "maximum": COUNT_MAX},
    ),
    "amount": Kind(
        read_amount, Words("a whole number from 1", "从 1 起的整数"), "200", {"type": "integer", "minimum": 1}
    ),
    "range": Kind(read_range, Words("a range", "区间"), "1..20", _pattern(r"[0-9]+ ?\.\. ?[0-9]+")),
    "money": Kind(read_money, Words("an amount", "金额"), "{amount}", _pattern(_AMOUNT)),
    "money_or_none": Kind(
        read_money_or_none, Words("`none` or an amount", "`none` 或金额"), "{amount}", _pattern(f"{_AMOUNT}|{NOTHING}")
    ),
    "rate": Kind(
        read_rate,
        Words("a part of an amount", "折扣"),
        "90%",
        _pattern(_PERCENT + r"|[0-9]{1,2}(?:\.[0-9]{1,3})? ?折"),
        Words("like `90%`, `9折` or `8.8折`", "如 `90%`、`9折`、`8.8折`"),
    ),
    "percent": Kind(read_percent, Words("a percentage", "百分比"), "5%", _pattern(_PERCENT)),
    "share": Kind(
        read_share,
        Words("a share", "份额"),
        "60%",
        _pattern(f"{_PERCENT}|rest"),
        Words("like `60%`, or `rest`", "如 `60%`，或 `rest`（其余）"),
    ),
    "charges": Kind(
        read_charges,
        Words("a number of charges", "扣款次数"),
        "each",
        {"anyOf": [{"enum": ["first", "each"]}, {"type": "integer", "minimum": 1}]},
        Words("`first`, `each`, or how many of the first charges", "`first`、`each`，或前几次"),
    ),
    "term": Kind(read_term, Words("a length of time", "时长"), "30 days", _pattern(LENGTH)),
    "period": Kind(
        read_period,
        Words("a period", "周期"),
        "every month",
        _pattern(r"every (?:day|week|month|quarter|year|[0-9]+ (?:day|week|month|year)s?)"),
        Words(
            "like `every month`, `every quarter` or `every 30 days`",
            "如 `every month`、`every quarter`、`every 30 days`",
        ),
    ),
    "before_renewal": Kind(
        read_before,
        Words("a time before the renewal", "续期前的时间"),
        "5 days before renewal",
        _pattern(f"{LENGTH} before renewal"),
    ),
    "validity": Kind(
        read_validity,
        Words("an end", "有效期"),
        "90 days from claim",
        _pattern(rf"{LENGTH} from (?:claim|grant)|through {DAY}|until period end"),
        Words(
            "like `90 days from claim`, `90 days from grant`, `through 2026-12-31` or `until period end`",
            "如 `90 days from claim`（领取起）、`90 days from grant`（发放起）、`through 2026-12-31`、"
            "`until period end`",
        ),
    ),
    "when": Kind(
        read_when,
        Words("a time of issue", "发放时间"),
        "monthly",
        _pattern(rf"{'|'.join(WHENS)}|day [0-9]+ of month|{LENGTH} after purchase"),
        Words(
            "`purchase`, `each renewal` (every period but the first), `each period`, `daily`, `weekly`, `monthly`, "
            "`yearly`, or like `day 1 of month`, `7 days after purchase`",
            "`purchase`、`each renewal`（首期除外的每一期）、`each period`、`daily`、`weekly`、`monthly`、`yearly`，"
            "或如 `day 1 of month`、`7 days after purchase`",
        ),
    ),
    "each": Kind(
        read_each,
        Words("a stretch of time", "计数周期"),
        "day",
        _pattern(rf"{'|'.join(EACH)}|[0-9]+ (?:minute|hour)s?"),
        Words(
            "`day`, `week`, `month`, `sale_window`, `lifetime`, or a rolling stretch like `24 hours`",
            "`day`、`week`、`month`、`sale_window`、`lifetime`，或滚动时段，如 `24 hours`",
        ),
    ),
    "price_change": Kind(
        read_price_change,
        Words("a rule for new prices", "调价规则"),
        "keep_old_price",
        _pattern(f"keep_old_price|next_period|from {DAY}"),
        Words(
            "`keep_old_price`, `next_period`, or like `from 2027-01-01`",
            "`keep_old_price`、`next_period`，或如 `from 2027-01-01`",
        ),
    ),
    "from": Kind(read_from, Words("a date and time", "日期和时间"), "2026-12-01 20:00", _pattern(MOMENT)),
    "until": Kind(
        read_until,
        Words("a date and time", "日期和时间"),
        "2026-12-12 22:00",
        _pattern(f"{DAY} {CLOCK}(?::[0-9]{{2}})?"),
    ),
    "date": Kind(read_date, Words("a date", "日期"), "2026-12-31", _pattern(DAY)),
    "from_or_time": Kind(
        read_from_or_time,
        Words("a date and time, or a time of day", "日期和时间，或一天中的时间"),
        "10:00",
        _pattern(f"{CLOCK}|{MOMENT}"),
    ),
    "until_or_time": Kind(
        read_until_or_time,
        Words("a date and time, or a time of day", "日期和时间，或一天中的时间"),
        "12:00",
        _pattern(f"{CLOCK}|{DAY} {CLOCK}(?::[0-9]{{2}})?"),
    ),
    "bool": Kind(read_bool, Words("`true` or `false`", "`true` 或 `false`"), "true", {"type": "boolean"}),
    "version": Kind(read_version, Words("a version of the language", "语言的版本"), str(LANGUAGE), {"const": LANGUAGE}),
    "zone": Kind(
        read_zone,
        Words("a time zone", "时区"),
        "Asia/Shanghai",
        _pattern(r"UTC|[A-Za-z_]+(?:/[A-Za-z0-9_+-]+)+"),
    ),
    "currency": Kind(read_currency, Words("a currency", "币种"), "CNY", {"enum": sorted(DIGITS)}),
    "do": Kind(
        read_do,
        Words("a deed", "动作"),
        "buy vip-month",
        _pattern(_DEEDS),
        Words(
            "`buy P`, `buy P × 2`, `buy P, Q × 2`, `hold P`, `confirm`, `void`, `approve`, `refuse`, "
            "`claim B`, `redeem B`, `redeem B at OUTLET`, `reverse B`, `spend 3 GB of B`, `cancel P`, "
            "`undo cancel P`, `change P to Q`, `undo change P`, `refund P`, `refund P × 1`, `refund P / item`, "
            "`register`, `login` or `payment fails`",
            "`buy P`、`buy P × 2`、`buy P, Q × 2`、`hold P`、`confirm`、`void`、`approve`、`refuse`、"
            "`claim B`、`redeem B`、`redeem B at OUTLET`、`reverse B`、`spend 3 GB of B`、`cancel P`、"
            "`undo cancel P`、`change P to Q`、`undo change P`、`refund P`、`refund P × 1`、`refund P / item`、"
            "`register`、`login` 或 `payment fails`",
        ),
    ),
}
