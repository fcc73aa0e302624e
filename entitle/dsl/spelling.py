"""A scalar -> how it is written: in ASCII twins, with as few quotes as its place allows.

Full-width signs and digits of conditions and values become ASCII, the signs of a condition that parses get single
spaces; texts for people, and quoted texts inside conditions, stay to the letter. No quotes where a bare text is safe,
double quotes elsewhere, single ones where that saves escapes. Quotes stay round what other readers of YAML would take
for a number, a date or a truth: an author wrote them for his editor.
"""

import re
from functools import lru_cache

from entitle.dsl.characters import BIDIRECTIONAL
from entitle.dsl.parser import Slip, normal, parse, tokens
from entitle.dsl.reader import Scalar
from entitle.dsl.roles import Role

TYPED = re.compile(
    r"[-+]?\.?\d[\d_.:+\-xoa-fA-FeETZ ]*|[-+]?\.(?:inf|nan)|true|false|yes|no|on|off|null|y|n|~", re.IGNORECASE
)
ODD = re.compile(r"""[,\[\]{}\#&*!|>'"%@`?:]|-(?![\w.¥$])|\.\.\.|<<$|\s""")
ODD_INSIDE = re.compile(r": | #|:$|[\n\r\t]|\s$")
ODD_IN_BRACKETS = re.compile(r"[,\[\]{}]")
ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def canonical(text: str, role: Role) -> str:
    """What the scalar shall say: the same, without full-width signs where those are only ways to write ASCII."""
    match role:
        case "text":
            return text
        case "value":
            return normal(text)[0]
        case "condition":
            return _spaced(text)


def spelled(scalar: Scalar, role: Role, in_brackets: bool) -> str:
    """The scalar on one line."""
    text, written = canonical(scalar.text, role), scalar.source.text[scalar.start : scalar.end]
    if not text:
        return "" if scalar.style == "plain" else '""'
    if _bare(text, scalar, in_brackets):
        return text
    marked = written[0] in "\"'" and "\n" not in written and BIDIRECTIONAL.search(text)
    return written if marked else _in_quotes([text])[0]


def spelled_lines(scalar: Scalar, role: Role) -> list[str]:
    """The scalar outside brackets, on as many lines as its author gave it."""
    pieces = _pieces(scalar, role)
    if len(pieces) > 1 and not _bare(" ".join(pieces), scalar, in_brackets=False):
        pieces = _in_quotes(pieces)
        if "\\" in "".join(pieces) and pieces[0][0] == '"':  # with escapes, lines could not be told from the text again
            pieces = []
    return pieces if len(pieces) > 1 else [spelled(scalar, role, in_brackets=False)]


def _bare(text: str, scalar: Scalar, in_brackets: bool) -> bool:
    """May it stand without quotes? Marks that turn the direction of writing stay as they were written."""
    if scalar.style != "plain" and (TYPED.fullmatch(text) or BIDIRECTIONAL.search(text)):
        return False
    odd = ODD.match(text) or ODD_INSIDE.search(text) or (in_brackets and ODD_IN_BRACKETS.search(text))
    return not odd


def _in_quotes(pieces: list[str]) -> list[str]:
    """One text that goes over these lines, in the quotes that need fewer escapes."""
    text = "".join(pieces)
    mark = "'" if ('"' in text or "\\" in text) and not any(char in text for char in "'\n\r\t") else '"'
    if mark == '"':
        pieces = ["".join(ESCAPES.get(char, char) for char in piece) for piece in pieces]
    return [mark + pieces[0] + mark] if len(pieces) == 1 else [mark + pieces[0], *pieces[1:-1], pieces[-1] + mark]


def _pieces(scalar: Scalar, role: Role) -> list[str]:
    """The lines of a scalar in canonical spelling; one where its line ends stand for more than a space."""
    written = scalar.source.text[scalar.start : scalar.end]
    if "\n" not in written:
        return []
    lines = [line.strip() for line in (written if scalar.style == "plain" else written[1:-1]).split("\n")]
    if " ".join(lines) != scalar.text:
        return []
    ends = {_letters(_signs(" ".join(lines[:count]), role)) for count in range(1, len(lines))}
    pieces, letters = [""], 0
    for char in canonical(scalar.text, role):
        if char == " " and letters in ends:
            ends.discard(letters)
            pieces.append("")
            continue
        letters += char != " "
        pieces[-1] += char
    return pieces


def _signs(text: str, role: Role) -> str:
    """As `canonical`, for the beginning of a text: the spaces stay."""
    return text if role == "text" else normal(text)[0]


def _letters(text: str) -> int:
    """How many characters that are no spaces."""
    return len(text) - text.count(" ")


@lru_cache(maxsize=10_000)
def _spaced(text: str) -> str:
    """A condition with single spaces round its signs and none inside its brackets; as it is where it does not parse."""
    plain = normal(text)[0]
    if isinstance(parse(text), Slip):
        return plain
    words = tokens(plain)
    spaced, before = "", "("
    for word in words:
        tight = before in ("(", "..") or word in (")", ",", "..") or (word == "(" and before in ("min", "max"))
        spaced += ("" if tight else " ") + _collapsed(word)
        before = word
    return spaced if [_collapsed(word) for word in words] == tokens(spaced) else plain


def _collapsed(word: str) -> str:
    """`24  hours` with one space; a quoted text as it is."""
    return word if word[0] in "\"'" else " ".join(word.split())
