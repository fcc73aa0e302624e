"""Money: whole minor units of one currency, and the text it is written in.

There is no float anywhere. How many digits a currency has is taken from ISO 4217.
"""

import re
from dataclasses import dataclass
from functools import total_ordering

from entitle.values.text import shown

# ISO 4217: the active currencies that do not have two digits, and the codes that do
DIGITS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys(
        (
            "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF "
            "CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL "
            "HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP "
            "MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD "
            "SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS "
            "VES WST XCD YER ZAR ZMW"
        ).split(),
        2,
    ),
}
SYMBOLS = {
    "¥": ("CNY", "JPY"),
    "$": ("USD", "AUD", "CAD", "HKD", "NZD", "SGD", "TWD", "MXN", "MOP"),
    "€": ("EUR",),
    "£": ("GBP",),
    "₩": ("KRW",),
    "₹": ("INR",),
    "₽": ("RUB",),
    "฿": ("THB",),
    "₫": ("VND",),
    "₱": ("PHP",),
    "₺": ("TRY",),
    "₦": ("NGN",),
}
MONEY_MAX = 10**12  # minor units; no amount of a rulebook or a fact may pass it
_SIGNS = {code: sign for sign, codes in SYMBOLS.items() for code in codes}


def digits(currency: str) -> int:
    """How many digits the currency's minor unit has. Raises KeyError for a code ISO 4217 does not list."""
    return DIGITS[currency]


@total_ordering
@dataclass(frozen=True, slots=True, init=False)
class Money:
    """An amount: `minor` whole minor units of `currency`. `Money("9.90", "CNY").minor == 990`."""

    minor: int
    currency: str

    def __init__(self, amount: str, currency: str) -> None:
        """From a decimal text with exactly the currency's digits.

        Raises ValueError for anything else: it names the argument, what came, and what to write.
        """
        _check_currency(currency)
        minor = parse_amount(amount, currency) if isinstance(amount, str) else None
        if minor is None:
            places, like = DIGITS[currency] or "no", _like(currency)
            wanted = f"is a decimal text with {places} digits after the point"
            raise ValueError(f"amount: of {currency} {wanted}; I got {shown(amount)}: write {like}")
        object.__setattr__(self, "minor", minor)
        object.__setattr__(self, "currency", currency)

    @classmethod
    def of_minor(cls, minor: int, currency: str) -> "Money":
        """From whole minor units. Raises ValueError for a number that is none, such as 25.0 or True."""
        _check_currency(currency)
        if type(minor) is not int:
            raise ValueError(f"minor: is a whole number of minor units; I got {shown(minor)}")
        money = object.__new__(cls)
        object.__setattr__(money, "minor", minor)
        object.__setattr__(money, "currency", currency)
        return money

    def __str__(self) -> str:
        return amount_text(self.minor, self.currency)

    def __add__(self, other: "Money") -> "Money":
        return Money.of_minor(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money.of_minor(self.minor - self._same(other), self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def _same(self, other: "Money") -> int:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not mix")
        return other.minor


def _check_currency(currency: object) -> None:
    if not isinstance(currency, str) or currency not in DIGITS:
        known = "is a code of ISO 4217 that this version knows"
        raise ValueError(f"currency: {known}; I got {shown(currency)}: write {_like('CNY')}")


def _like(currency: str) -> str:
    return f'Money("{example(currency)}", "{currency}")'


def example(currency: str) -> str:
    """An amount as the currency writes it, for messages."""
    places = DIGITS.get(currency, 2)
    return "25" if not places else "25." + "0" * places


def parse_amount(text: str, currency: str) -> int | None:
    """`25.00` -> 2500. None unless the text has exactly the currency's digits (or the currency is unknown)."""
    places = DIGITS.get(currency)
    if places is None:
        return None
    pattern = r"-?\d{1,16}" if places == 0 else rf"-?\d{{1,16}}\.\d{{{places}}}"
    return int(text.replace(".", "")) if re.fullmatch(pattern, text, re.ASCII) else None


def amount_text(minor: int, currency: str) -> str:
    """`¥25.00`, `KWD 1.250`, `−¥3.00`: the sign people know the currency by, else its code."""
    places = digits(currency)
    whole, part = divmod(abs(minor), 10**places)
    number = f"{whole:,}" + (f".{part:0{places}d}" if places else "")
    sign = _SIGNS.get(currency)
    return ("−" if minor < 0 else "") + (sign + number if sign else f"{currency} {number}")
