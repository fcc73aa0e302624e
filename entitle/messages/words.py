"""Words in English and Chinese, and the sentence and help of one message."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Lang = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Words:
    """The same thing said in English and Chinese."""

    en: str
    zh: str

    def said(self, lang: Lang) -> str:
        return self.zh if lang == "zh" else self.en

    def fill(self, lang: Lang, values: Mapping[str, "str | Words"]) -> str:
        """The text with each `{name}` replaced by its value."""

        def value(match: re.Match[str]) -> str:
            found = values[match[1]]
            return found if isinstance(found, str) else found.said(lang)

        return re.sub(r"\{(\w+)\}", value, self.said(lang))


@dataclass(frozen=True, slots=True)
class Message:
    says: Words
    help: Words | None = None


def says(en: str, zh: str, help_en: str = "", help_zh: str = "") -> Message:
    """A message from its sentence and its help."""
    return Message(Words(en, zh), Words(help_en, help_zh) if help_en else None)
