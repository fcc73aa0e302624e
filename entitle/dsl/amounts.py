"""Texts -> numbers: counts, ranges, amounts of money; and what to write instead of what people often write."""

import re
from decimal import Decimal
from math import gcd

from entitle.dsl.scalars import Misread, Reading, spelled, twin, write
from entitle.messages import Words
from entitle.values.money import DIGITS, MONEY_MAX, SYMBOLS, amount_text, parse_amount

COUNT_MAX = 1_000_000
QUANTITY_MAX = 10_000
AMOUNT_MAX = 10**9
NOTHING = "none"
"""What `charge: none` is read as."""

_COUNT = re.compile(r"0|[1-9]\d{0,15}", re.ASCII)
_RANGE = re.compile(r"(\d{1,15}) ?\.\. ?(\d{1,15})", re.ASCII)
_RANGE_LIKE = re.compile(r"(\d{1,9}) ?(?:-|–|~|～|…|\.{1,4}|to|:|到|至) ?(\d{1,9})", re.ASCII)
_MONEY = re.compile(r"(?P<before>[^\d.,]*?) ?(?P<number>\d[\d.,]*)(?P<after>\D*)", re.ASCII)
_NUMBER = re.compile(r"(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?", re.ASCII)
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,4})?) ?%", re.ASCII)
_ZHE = re.compile(r"(\d{1,2}(?:\.\d{1,3})?) ?折", re.ASCII)
_BARE = re.compile(r"\d{1,2}(?:\.\d{1,4})?", re.ASCII)
_SPELLINGS = {
    "元": "CNY",
    "块": "CNY",
    "块钱": "CNY",
    "人民币": "CNY",
    "rmb": "CNY",
    "yuan": "CNY",
    "日元": "JPY",
    "円": "JPY",
}
_DIGITS_SAID = {
    0: Words("no digits after the point", "没有小数位"),
    2: Words("two digits after the point", "有两位小数"),
    3: Words("three digits after the point", "有三位小数"),
}


def read_count(text: str, _: Reading) -> int | Misread:
    return _whole(twin(text), COUNT_MAX)


def read_amount(text: str, _: Reading) -> int | Misread:
    return _whole(twin(text), AMOUNT_MAX)


def _whole(plain: str, most: int) -> int | Misread:
    """A whole number from 1."""
    if not _COUNT.fullmatch(plain):
        if plain.startswith("-") and _COUNT.fullmatch(plain[1:]):
            return Misread(_AT_LEAST)
        bare = re.sub(r"[,_ ']", "", plain).lstrip("+0")
        return Misread(write(bare) if _COUNT.fullmatch(bare) and 1 <= int(bare) <= most else None)
    if int(plain) < 1:
        return Misread(_AT_LEAST)
    return int(plain) if int(plain) <= most else Misread(_at_most(f"{most:,}"))


_AT_LEAST = Words("the least is 1", "最小为 1")


def _at_most(text: str) -> Words:
    return Words(f"the most is {text}", f"最大为 {text}")


def read_range(text: str, _: Reading) -> tuple[int, int] | Misread:
    plain = twin(text)
    if match := _RANGE.fullmatch(plain):
        low, high = int(match[1]), int(match[2])
        if low < 1 or high < 1:
            return Misread(_AT_LEAST)
        if max(low, high) > QUANTITY_MAX:
            return Misread(_at_most(f"{QUANTITY_MAX:,}"))
        return (low, high) if low <= high else Misread(write(f"{high}..{low}"))
    if match := _RANGE_LIKE.fullmatch(plain):
        meant = f"{match[1]}..{match[2]}"
        return Misread(None if isinstance(read_range(meant, _), Misread) else write(meant))
    return Misread(_up_to(plain) if _COUNT.fullmatch(plain) and 1 <= int(plain) <= QUANTITY_MAX else None)


def _up_to(count: str) -> Words:
    if count == "1":
        return write("1..1")
    return Words(
        f"write `1..{count}` for up to {count}, or `{count}..{count}` for exactly {count}",
        f"最多 {count} 写 `1..{count}`，正好 {count} 写 `{count}..{count}`",
    )


def read_rate(text: str, _: Reading) -> tuple[int, int] | Misread:
    """A part of an amount, a reduced fraction: `90%` (at most four digits after the point), `9折`, `95折`, `8.8折`."""
    plain = twin(text)
    if match := _PERCENT.fullmatch(plain):
        return _part(match[1], 2)
    if match := _ZHE.fullmatch(plain):  # 9折 is nine tenths, 95折 ninety-five hundredths, 8.8折 eighty-eight
        if match[1] == "10":  # as hundredths it would be a tenth, and people mean the whole
            return Misread(Words("10折 takes nothing off; a tenth is `1折`", "10折 即不打折；一成请写 `1折`"))
        return _part(match[1], 1 if len(match[1].partition(".")[0]) == 1 else 2)
    return Misread(_of_bare(plain)) if _BARE.fullmatch(plain) else Misread()


def _of_bare(number: str) -> Words:
    """What to write for a number without a unit: 0.9 is nine tenths, and 9 may be nine of a hundred, or of ten."""
    part = Decimal(number)
    if 0 < part < 1:
        return write(f"{(100 * part).normalize():f}%")
    if number.isdecimal() and 0 < part < 10:
        return Words(
            f"write `{number}%`, or `{number}0%` for {number} tenths",
            f"写 `{number}%`；若指十分之{number}，写 `{number}0%`",
        )
    return write(f"{number}%")


def read_percent(text: str, reading: Reading) -> tuple[int, int] | Misread:
    """A part that is given: what is paid is said in 折, what is given never."""
    return Misread() if "折" in text else read_rate(text, reading)


def read_share(text: str, reading: Reading) -> tuple[int, int] | Misread | None:
    """A part of what is paid, or None for the rest of it."""
    return None if twin(text) == "rest" else read_percent(text, reading)


def _part(number: str, places: int) -> tuple[int, int] | Misread:
    """The number, its point moved by so many places to the left."""
    whole, _, rest = number.partition(".")
    top, bottom = int(whole + rest), int(10 ** (places + len(rest)))
    if top > bottom:
        return Misread(Words("the most is 100%", "最大为 100%"))
    shared = gcd(top, bottom)
    return top // shared, bottom // shared


def read_charges(text: str, _: Reading) -> int | Misread:
    """How many of the first charges; 0 stands for all."""
    plain = twin(text)
    if plain in ("first", "each"):
        return 1 if plain == "first" else 0
    found = _whole(plain, COUNT_MAX)
    return Misread() if isinstance(found, Misread) else found


def read_money(text: str, reading: Reading) -> int | Misread:
    """Minor units."""
    currency = reading.currency
    if not currency:  # the rulebook's own flaw is told already
        return 0
    plain = twin(text)
    if plain.lower() in ("free", "免费"):
        return Misread(write(spelled(0, currency)))
    match = _MONEY.fullmatch(plain)
    if match is None:
        return Misread()
    before, after = match["before"].strip(), match["after"].strip()
    if before.strip("-−") != before or plain.startswith(("-", "−")):
        return Misread(Words("an amount is never negative", "金额不能为负"))
    if not _names(before or after or currency, currency):
        return _foreign(match["number"], reading)
    proper = not after and (before == currency or currency in SYMBOLS.get(before, ()))
    return _in_minor(match["number"], currency, proper)


def _names(sign: str, currency: str) -> bool:
    """Is it the currency's sign or code, or what people call it?"""
    found = _SPELLINGS.get(sign.lower(), sign.upper())
    return found == currency or currency in SYMBOLS.get(sign, ())


def _foreign(number: str, reading: Reading) -> Misread:
    minor = parse_amount(number, reading.currency)
    example = reading.amount(25) if minor is None else spelled(minor, reading.currency)
    says = Words(
        f"this rulebook counts in {reading.currency}: amounts are like `{example}`",
        f"本规则书的币种是 {reading.currency}，金额写成 `{example}` 这样",
    )
    return Misread(says, "other-currency")


def _in_minor(number: str, currency: str, proper: bool) -> int | Misread:
    """The amount in minor units. `proper`: it stands behind the sign or code it should stand behind."""
    if not _NUMBER.fullmatch(number):
        return Misread()
    bare = number.replace(",", "")
    minor = parse_amount(bare, currency)
    if minor is None:
        return Misread(_other_digits(bare, currency))
    if minor > MONEY_MAX:
        return Misread(_at_most(amount_text(MONEY_MAX, currency)))
    return minor if proper else Misread(write(spelled(minor, currency)))


def _other_digits(number: str, currency: str) -> Words:
    """How many digits the currency has, and what was probably meant."""
    places = DIGITS[currency]
    whole, _, rest = number.partition(".")
    said = _DIGITS_SAID[places]
    if rest.rstrip("0")[places:] or len(whole) > 12:
        example = spelled(25 * 10**places, currency)
        return Words(f"{currency} has {said.en}, as in `{example}`", f"{currency} {said.zh}，如 `{example}`")
    example = spelled(int(whole + rest[:places].ljust(places, "0")), currency)
    return Words(f"{currency} has {said.en}: write `{example}`", f"{currency} {said.zh}：请写成 `{example}`")


def read_money_or_none(text: str, reading: Reading) -> int | str | Misread:
    return NOTHING if twin(text) == NOTHING else read_money(text, reading)
