"""What the YAML parser complains of -> a problem in an operator's words, at the place to mend.

The parser knows only where it gave up; the text round that place tells what was meant: a colon without its space, a
quote left open, a line at the wrong depth. Both parsers, libyaml's and the pure one, are understood.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from entitle.diagnostics import Diagnostic
from entitle.dsl.characters import FULL_WIDTH_COMMA, FULL_WIDTH_KEY, full_width, quoted
from entitle.source import Source, Span


@dataclass(frozen=True, slots=True)
class Complaint:
    """What the parser said (`context: problem`), and offsets of where it was.

    began    what it was reading begins here
    at       here it gave up
    bracket  the innermost open `[` or `{`, None outside of them
    value    the last value that was read whole, None if there is none
    """

    source: Source
    said: str
    began: int
    at: int
    bracket: int | None
    value: int | None

    @property
    def text(self) -> str:
        return self.source.text

    @property
    def character(self) -> str:
        """The character at which the parser gave up, empty at the end."""
        return self.text[self.at : self.at + 1]

    @property
    def before(self) -> str:
        """What stands before that on its line."""
        return self.text[self.text.rfind("\n", 0, self.at) + 1 : self.at]

    def problem(self, code: str, start: int, length: int = 1, **values: str) -> Diagnostic:
        return Diagnostic(code, Span(self.source, start, start + length), values)

    def rest_of_line(self, code: str, start: int) -> Diagnostic:
        """A problem with everything from `start` to the end of its line."""
        rest = re.compile(r"[^\r\n]*").match(self.text, start)
        text = rest[0].partition(" #")[0].rstrip() if rest else ""
        return self.problem(code, start, max(1, len(text)), text=quoted(text))


def misread(complaint: Complaint) -> Diagnostic:
    """The problem behind a complaint; where nothing better is known, `not-yaml` at the place itself."""
    for pattern, find in _FINDERS:
        if re.search(pattern, complaint.said) and (found := find(complaint)):
            return found
    return complaint.problem("not-yaml", complaint.at)


def stray_key(key: Span, before: str) -> Diagnostic:
    """Of a word in `{…}` that has no colon; `before` is the item before it, such as `zh: "a`, if it holds a text."""
    for mark, code in (("：", "full-width-colon"), (":", "colon-without-space")):
        if (at := key.text.find(mark)) >= 0:
            return Diagnostic(code, key.part(at, at + 1), {"text": quoted(key.text)})
    line = key.source.line(key.line)
    amounts = [found for found in _THOUSANDS.finditer(line) if found.start() < key.column <= found.end()]
    if amounts:
        example = quoted(amounts[0][0].replace(",", ""))
        return Diagnostic("thousands-comma", key, {"text": quoted(key.text), "example": example})
    word = quoted(key.text)
    example = f'{before}, {word}"' if before else f'"{word}, …"'
    return Diagnostic("stray-key", key, {"key": word, "example": example})


# ---- the finders: what was meant, by the kind of complaint


def _tab(said: Complaint) -> Diagnostic | None:
    return said.problem("tab-character", said.at) if said.character == "\t" else None


def _quote(said: Complaint) -> Diagnostic | None:
    if "unexpected" in said.said:
        return said.rest_of_line("unclosed-quote", said.began)
    slash = said.text.rfind("\\", said.began, said.at + 1)
    return said.problem("bad-escape", slash, 2, text=said.text[slash : slash + 2])


def _start(said: Complaint) -> Diagnostic | None:
    at = said.at if "token" in said.said or "mapping keys" in said.said else said.began
    mark = said.text[at : at + 1]
    return said.problem("odd-start", at, mark="'`'" if mark == "`" else f"`{mark}`")


def _tag(said: Complaint) -> Diagnostic | None:
    return said.rest_of_line("tag", said.began)


def _full_width(said: Complaint) -> Diagnostic | None:
    for line in (said.began, said.at, _line_above(said)):
        start = said.text.rfind("\n", 0, line) + 1
        if key := FULL_WIDTH_KEY.match(said.text, start):
            return full_width(said.source, key)
    return None


def _spaces(said: Complaint) -> Diagnostic | None:
    if "unexpected ':'" in said.said:
        word = re.split(r"[\s,\[{]", said.before)[-1]
        return said.problem("colon-without-space", said.at, text=quoted(f"{word}{said.text[said.at : said.at + 2]}"))
    line = said.text.rfind("\n", 0, said.at) + 1
    if dash := re.compile(r" *(?P<dash>-)[^\s-]").match(said.text, line):
        return said.problem("dash-without-space", dash.start("dash"))
    return None


def _flow(said: Complaint) -> Diagnostic | None:
    if said.character in ("]", "}"):
        return _wrong(said, said.began)
    if _closed(said.text, said.began):
        comma = said.text.find(FULL_WIDTH_COMMA, said.value or said.began, said.at + 1)
        if comma >= 0:
            return said.problem("full-width-comma", comma)
        return said.problem("unquoted-set" if _SET.search(said.before) else "missing-comma", said.at)
    return _unclosed(said, said.began)


def _nothing(said: Complaint) -> Diagnostic | None:
    match said.character:
        case ",":
            return said.problem("lone-comma", said.at)
        case ":":
            return said.problem("empty-key", said.at)
        case "]" | "}":
            return _wrong(said, said.bracket)
    if said.bracket is not None and not _closed(said.text, said.bracket):
        return _unclosed(said, said.bracket)
    return None


def _wrong(said: Complaint, bracket: int | None) -> Diagnostic:
    if bracket is None:
        return said.problem("stray-bracket", said.at, text=said.character)
    opening = said.text[bracket]
    problem = said.problem("wrong-bracket", said.at, text=said.character, opening=opening, right=_CLOSES[opening])
    return replace(problem, also=Span(said.source, bracket, bracket + 1))


def _unclosed(said: Complaint, bracket: int) -> Diagnostic:
    opening = said.text[bracket]
    return said.problem("unclosed-bracket", bracket, text=opening, right=_CLOSES[opening])


def _block(said: Complaint) -> Diagnostic | None:
    if said.before.strip(" -\r"):
        return _after_value(said)
    if said.character == ":":
        return said.problem("empty-key", said.at)
    same_column = said.source.place(said.began)[1] == said.source.place(said.at)[1]
    return said.rest_of_line("list-and-keys" if same_column else "indentation", said.at)


def _after_value(said: Complaint) -> Diagnostic:
    mark = said.before.rstrip()[-1]
    if said.value is not None and mark in "\"'" and "\n" in said.text[said.value : said.at]:
        return said.rest_of_line("unclosed-quote", said.value)
    return said.problem("text-after-value", said.at, text=mark)


def _no_colon(said: Complaint) -> Diagnostic | None:
    if said.text[said.began] in "\"'":
        return said.rest_of_line("unclosed-quote", said.began)
    return _without_space(said, said.began) or said.rest_of_line("missing-colon", said.began)


def _extra_colon(said: Complaint) -> Diagnostic | None:
    if re.search(r": ", said.before):
        return said.problem("second-colon", said.at)
    above = _line_above(said)
    if above == said.at - len(said.before) or said.text[above] in "\"'":
        return None
    if found := _without_space(said, above):
        return found
    line = said.source.line(said.source.place(above)[0])
    if re.match(r"[^#]*?: +\S", line):
        return said.rest_of_line("indentation", said.at - len(said.before.lstrip(" ")))
    return said.rest_of_line("missing-colon", above)


def _without_space(said: Complaint, start: int) -> Diagnostic | None:
    key = re.compile(r"[^\s:#]+(?P<colon>:)\S+").match(said.text, start)
    return said.problem("colon-without-space", key.start("colon"), text=quoted(key[0])) if key else None


def _list_in_line(said: Complaint) -> Diagnostic | None:
    return said.problem("list-in-line", said.at)


def _deep(said: Complaint) -> Diagnostic:
    """Libyaml looks ahead over brackets and gives up at its own cap, before an event could tell of ours."""
    return said.problem("too-deep", said.at)


Finder = Callable[[Complaint], Diagnostic | None]

_FINDERS: tuple[tuple[str, Finder], ...] = (
    (r"tab character|token", _tab),
    (r"quoted", _quote),
    (r"token|scanning an? (alias|anchor|block)|mapping keys", _start),
    (r"\btag\b", _tag),
    (r"simple key|values are not|',' or|unexpected ':'|expected (key|'-'|<block end>)", _spaces),
    (r"simple key|values are not|',' or|expected (key|<block end>)", _full_width),
    (r"',' or", _flow),
    (r"node content", _nothing),
    (r"expected (key|'-'|<block end>)", _block),
    (r"simple key", _no_colon),
    (r"values are not", _extra_colon),
    (r"sequence entries", _list_in_line),
    (r"nesting depth", _deep),
)
"""By the first word of a complaint that is found, in this order."""


# ---- the text round a place

_SET = re.compile(r"\bset of\s*$")
_THOUSANDS = re.compile(r"(?:[A-Z]{3} ?|[^\s\"'\d,:{\[]+)\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?")

_CLOSES = {"[": "]", "{": "}"}
_STRINGS_AND_BRACKETS = re.compile(
    r"\"(?:[^\"\\]++|\\.)*+\"?|(?<=[\s\[{:,])'[^']*+'?|(?<=\s)#[^\n]*+|[\[\]{}]", re.DOTALL
)


def _closed(text: str, bracket: int) -> bool:
    """Whether the bracket that opens here is closed somewhere, strings and comments aside."""
    depth = 0
    for each in _STRINGS_AND_BRACKETS.finditer(text, bracket):
        depth += (each[0] in "[{") - (each[0] in "]}")
        if depth == 0:
            return True
    return False


def _line_above(said: Complaint) -> int:
    """Where the text of the nearest line above with something on it begins; its own line's begin if there is none."""
    number = said.source.place(said.at)[0] - 1
    while number > 0:
        line = said.source.line(number)
        text = line.lstrip(" -")
        if text:
            return said.source.line_starts[number - 1] + len(line) - len(text)
        number -= 1
    return said.at - len(said.before)
