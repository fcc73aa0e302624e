"""What a case of a rulebook expected and the shop did not do: one line each, with its place."""

from dataclasses import dataclass

from entitle.case import Case
from entitle.messages import Lang, Words
from entitle.source import Span


@dataclass(frozen=True, slots=True)
class Difference:
    """Something a case expected and the shop did not do: one line with its place."""

    case: str
    span: Span
    expected: Words
    found: Words

    def text(self, lang: Lang = "en") -> str:
        place = f"{self.span.source.path}:{self.span.line}:{self.span.column}"
        return f"{place}: {self.case}: {self.sentence(lang)}"

    def sentence(self, lang: Lang = "en") -> str:
        said = {"en": "expected {}, found {}", "zh": "应为 {}，实为 {}"}[lang]
        return said.format(self.expected.said(lang), self.found.said(lang))


@dataclass(frozen=True, slots=True)
class Result:
    """One case: green without differences."""

    case: Case
    differences: tuple[Difference, ...]
