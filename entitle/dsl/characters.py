"""The characters of a file -> problems: those nobody sees, and those that only look like YAML's own.

A file reads the same to a person and to the program: what would hide text, turn its order or end a line unseen is
refused; the marks of right-to-left writing may stand in texts for people alone.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from entitle.diagnostics import Diagnostic
from entitle.source import Source, Span

# The line ends that only YAML knows are among them: everybody else counts lines by "\n" alone.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]|\r(?!\n)")
BIDIRECTIONAL = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
FULL_WIDTH_KEY = re.compile(r"(?m)^(?P<before> *(?:- +)*)(?:[A-Za-z][\w.-]*(?P<colon>：)|(?P<space>[\u3000\u00a0]+))")

SHOWN_MAX = 100
"""So many of a kind are shown: a file in another format would have a million."""

FULL_WIDTH_COMMA = "，"
QUOTED_MAX = 60

Text = tuple[str, Span, bool]
"""A scalar: its text, its place, and whether it is a text for people."""


def quoted(text: str) -> str:
    """A text as a sentence cites it: on one line, and cut where it is long."""
    text = " ".join(text.split())
    return text if len(text) <= QUOTED_MAX else text[: QUOTED_MAX - 1] + "…"


def controls(source: Source) -> list[Diagnostic]:
    """Control characters written as such, wherever they stand."""
    return [_found("control-character", source, each) for each in islice(CONTROL.finditer(source.text), SHOWN_MAX)]


def hidden(source: Source, texts: Iterable[Text]) -> list[Diagnostic]:
    """What the parsed texts must tell: characters made by escapes, marks outside texts for people, full-width YAML."""
    marks = list(islice(BIDIRECTIONAL.finditer(source.text), SHOWN_MAX))
    keys = {match.end("before"): match for match in FULL_WIDTH_KEY.finditer(source.text) if "-" not in match["before"]}
    if not marks and not keys and "\\" not in source.text:
        return []
    said = set[int]()
    problems: list[Diagnostic] = []
    for text, span, for_people in texts:
        problems += _escaped(text, span, for_people)
        if span.start in keys:
            problems.append(full_width(source, keys[span.start]))
        if for_people:
            said.update(mark.start() for mark in marks if span.start <= mark.start() < span.end)
    return problems + [_found("bidirectional-mark", source, mark) for mark in marks if mark.start() not in said]


def full_width(source: Source, key: re.Match[str]) -> Diagnostic:
    """The problem of a line that would begin with a key but for a full-width character."""
    if key["colon"]:
        return Diagnostic("full-width-colon", Span(source, *key.span("colon")))
    return Diagnostic("not-a-space", Span(source, *key.span("space")), {"character": _number(key["space"][0])})


def _found(code: str, source: Source, match: re.Match[str]) -> Diagnostic:
    return Diagnostic(code, Span(source, match.start(), match.end()), {"character": _number(match[0])})


def _number(character: str) -> str:
    return f"U+{ord(character):04X}"


def _escaped(text: str, span: Span, for_people: bool) -> Iterator[Diagnostic]:
    if "\\" not in span.text:
        return
    if made := CONTROL.search(text):
        yield Diagnostic("control-character", span, {"character": _number(made[0])})
    if not for_people and (made := BIDIRECTIONAL.search(text)) and not BIDIRECTIONAL.search(span.text):
        yield Diagnostic("bidirectional-mark", span, {"character": _number(made[0])})
