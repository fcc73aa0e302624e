"""Problems in rule files as data, and their two renderings: text for people, JSON for programs.

A mistake in a rule file is a value, never an exception: checks collect diagnostics and go on. What a code says, in
English and Chinese, stands in `messages.py`; finding a problem and drawing it are different files.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from unicodedata import combining, east_asian_width

from entitle.messages import MESSAGES, Lang, Words
from entitle.source import Span

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem.

    code    a kebab-case name from `messages.MESSAGES`, stable over versions
    span    where; None when it is about a folder or a file that could not be read, then `path` says which
    values  what the sentence and the help speak of; a value may be a pair of words, English and Chinese
    also    the other place, where a flaw has two
    help    overrides the code's own help when the finder knows better
    """

    code: str
    span: Span | None
    values: Mapping[str, str | Words] = field(default_factory=dict)
    also: Span | None = None
    help: Words | None = None
    severity: Severity = "error"
    path: str = ""

    def sentence(self, lang: Lang = "en") -> str:
        return MESSAGES[self.code].says.fill(lang, self.values)

    def advice(self, lang: Lang = "en") -> str:
        help_ = self.help or MESSAGES[self.code].help
        return help_.fill(lang, self.values) if help_ else ""

    @property
    def place(self) -> tuple[str, int, int]:
        """Path, line and column (from 1; 0 where there is none): the order in which problems are shown."""
        if self.span is None:
            return self.path, 0, 0
        line, column = self.span.source.place(self.span.start)
        return self.span.source.path, line, column


def in_order(problems: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sorted by place, each shown once."""
    seen: dict[tuple[object, ...], Diagnostic] = {}
    for problem in problems:
        seen.setdefault((problem.place, problem.code, problem.sentence()), problem)
    return sorted(seen.values(), key=lambda problem: (problem.place, problem.code))


def to_text(problem: Diagnostic, lang: Lang = "en") -> str:
    """The problem as an operator reads it: place, sentence, the line with a caret, what to do."""
    path, line, column = problem.place
    where = f"{path}:{line}:{column}" if line else path
    level = "" if problem.severity == "error" else f"{problem.severity}: "
    rows = [f"{where}: {level}{problem.code}: {problem.sentence(lang)}"]
    if problem.span is not None:
        rows += _excerpt(problem.span, line, column)
    if problem.also is not None:
        said = {"en": "the other one is at", "zh": "另一处在"}[lang]
        rows.append(f"   = {said} {problem.also.source.path}:{problem.also.line}:{problem.also.column}")
    if advice := problem.advice(lang):
        rows.append(f"   = {advice}")
    return "\n".join(_visible(row) for row in rows)


EXCERPT_WIDTH_MAX = 160


def _excerpt(span: Span, line: int, column: int) -> list[str]:
    text = span.source.line(line).replace("\t", " ")
    start, end = column - 1, column - 1 + max(1, span.end - span.start)
    if len(text) > EXCERPT_WIDTH_MAX:
        first = max(0, start - 60)
        last = first + EXCERPT_WIDTH_MAX
        lead = "…" if first else ""
        text, cut = lead + text[first:last], text[last:]
        text += "…" if cut else ""
        start, end = start - first + len(lead), min(end, last) - first + len(lead)
    gutter = " " * len(str(line))
    return [
        f"{gutter} |",
        f"{line} | {text}",
        f"{gutter} | {' ' * width(text[:start])}{'^' * max(1, width(text[start:end]))}",
    ]


def width(text: str) -> int:
    """Columns the text takes on a terminal: Chinese characters take two, accents on the letter before them none."""
    return sum(2 if east_asian_width(char) in "WF" else not combining(char) for char in text)


def _visible(text: str) -> str:
    """The text with a mark for every character that would move a terminal's cursor or turn the order of its letters."""
    return _UNSEEN.sub("\ufffd", text)


_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def to_record(problem: Diagnostic, lang: Lang = "en") -> dict[str, object]:
    """The problem as plain data, for JSON and for the formats built on it."""
    path, line, column = problem.place
    record: dict[str, object] = {
        "code": problem.code,
        "severity": problem.severity,
        "path": path,
        "line": line,
        "column": column,
        "message": problem.sentence(lang),
        "help": problem.advice(lang),
        "values": {
            name: value if isinstance(value, str) else value.said(lang) for name, value in problem.values.items()
        },
    }
    if problem.span is not None:
        end_line, end_column = problem.span.source.place(problem.span.end)
        record |= {"end_line": end_line, "end_column": end_column}
    if problem.also is not None:
        record["also"] = {"path": problem.also.source.path, "line": problem.also.line, "column": problem.also.column}
    return record


def to_json(problems: Iterable[Diagnostic], lang: Lang = "en") -> str:
    """All problems as one JSON document; `format` grows when a field is added and never loses one."""
    return json.dumps(
        {"format": 1, "problems": [to_record(each, lang) for each in problems]}, ensure_ascii=False, indent=2
    )
