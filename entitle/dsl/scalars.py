"""What every reader of scalars shares: what it may depend on, and what it says of a text that is no value.

Reading is strict and total: a text is a value, or a `Misread` that says what to write instead. Full-width signs and
digits are read as their ASCII twins, and several blanks as one.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from entitle.dsl.names import near
from entitle.dsl.parser import TWINS
from entitle.messages import Words
from entitle.values.money import amount_text, digits


@dataclass(frozen=True, slots=True)
class Reading:
    """What some kinds depend on: the rulebook's currency ("" while it is not known)."""

    currency: str = ""

    def fill(self, words: Words) -> Words:
        """The words, with `{amount}` as an amount of the currency."""
        amount = self.amount(25)
        return Words(words.en.replace("{amount}", amount), words.zh.replace("{amount}", amount))

    def amount(self, units: int) -> str:
        """So many whole units of the currency, as they are written."""
        currency = self.currency or "CNY"
        return spelled(units * 10 ** digits(currency), currency)


@dataclass(frozen=True, slots=True)
class Misread:
    """A text that is no value of its kind. `code` is another diagnostic than `wrong-value`, where one fits better."""

    help: Words | None = None
    code: str = "wrong-value"


def twin(text: str) -> str:
    """The text with the ASCII twins of its full-width signs and digits, on one line."""
    return " ".join(text.translate(TWINS).split())


def spelled(minor: int, currency: str) -> str:
    """An amount as a rule file writes it: without commas, which YAML would take for its own."""
    return amount_text(minor, currency).replace(",", "")


def write(text: str) -> Words:
    return Words(f"write `{text}`", f"请写成 `{text}`")


def did_you_mean(word: str | None) -> Words | None:
    return None if word is None else Words(f"did you mean `{word}`?", f"是想写 `{word}` 吗？")


def nearest(text: str, words: Iterable[str]) -> Misread:
    """No value; the nearest of the words, if one is near, is proposed."""
    return Misread(did_you_mean(near(text, words)))
