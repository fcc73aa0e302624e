"""Text -> the tree of an expression, or what is wrong with it and what to write instead.

The grammar in `grammar.lark` is the reference and the parser. Parsed text is remembered: rulebooks say the same thing
in many places. Full-width signs and digits are read as their ASCII twins, one character for one, so places hold.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entitle.dsl.syntax import Applied, Binary, Choice, Expr, In, Literal, Name, Not, Range, Several
from entitle.messages import Words
from entitle.messages.expressions import ADVICE

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

LENGTH_MAX, DEPTH_MAX, SIZE_MAX = 4000, 32, 500
TWINS = str.maketrans(
    "，：（）［］％＞＜＝！＋－＊￥“”‘’０１２３４５６７８９≥≤≠．　", ",:()[]%><=!+-*¥\"\"''0123456789≥≤≠. "
)
WIDE_SIGNS = {"≥": ">=", "≤": "<=", "≠": "!="}
CLOSING = {'"': '"', "'": "'", "“": '”“"', "”": '”“"', "‘": "’‘'", "’": "’‘'"}
"""What ends a text, by what began it: a full-width quote by any of its kind, an ASCII one only by itself."""
_QUOTED = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")


@dataclass(frozen=True, slots=True)
class Slip:
    """What is wrong with a text: the code of its diagnostic, where, and advice that fits."""

    code: str
    start: int
    end: int
    found: str = ""
    advice: Words | None = None


@lru_cache(maxsize=100_000)
def parse(text: str) -> Expr | Slip:
    """The tree, with places as offsets into the text."""
    if not text.strip():
        return Slip("empty-expression", 0, len(text))
    if len(text) > LENGTH_MAX:
        return Slip("expression-too-large", 0, len(text))
    from lark.exceptions import UnexpectedInput

    plain, offsets = normal(text)
    if _nesting(plain) > DEPTH_MAX:
        return Slip("expression-too-large", 0, len(text))
    try:
        tree = _lark().parse(plain)
    except UnexpectedInput as problem:
        return _slip(text, plain, offsets, problem)
    found = _Builder(offsets).build(tree)
    size, depth = _measure(found)
    return Slip("expression-too-large", 0, len(text)) if size > SIZE_MAX or depth > DEPTH_MAX else found


def normal(text: str) -> tuple[str, list[int]]:
    """The text with ASCII twins, and for each of its characters (and its end) the offset in the original."""
    plain: list[str] = []
    offsets: list[int] = []
    quote = ""
    for i, char in enumerate(text):
        twin = char if quote and char not in CLOSING[quote] else char.translate(TWINS)
        if char in (CLOSING[quote] if quote else CLOSING):
            quote = "" if quote else char
        for part in WIDE_SIGNS.get(twin, twin) if not quote else twin:
            plain.append(part)
            offsets.append(i)
    return "".join(plain), [*offsets, len(text)]


def tokens(plain: str) -> list[str]:
    """The words and signs of a condition that parses and has ASCII signs."""
    return [str(token) for token in _lexer().lex(plain)]


def _nesting(text: str) -> int:
    depth = deepest = 0
    for char in text:
        depth += (char == "(") - (char == ")")
        deepest = max(deepest, depth)
    return deepest


@cache
def _lark() -> "Lark":
    from lark import Lark

    return Lark(_grammar(), parser="lalr", lexer="basic", propagate_positions=True, maybe_placeholders=False)


@cache
def _lexer() -> "Lark":
    """The words alone: a parser would build its lexer anew for each text."""
    from lark import Lark

    return Lark(_grammar(), parser=None, lexer="basic")


def _grammar() -> str:
    return Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")


class _Builder:
    """Lark's tree -> ours, its positions translated to the original text."""

    def __init__(self, offsets: list[int]) -> None:
        self._offsets = offsets

    def build(self, tree: "Tree[Token] | Token") -> Any:
        kind = str(tree.data)  # type: ignore[union-attr]  # a bare token never stands alone
        parts = list(tree.children)  # type: ignore[union-attr]
        start, end = self._offsets[tree.meta.start_pos], self._offsets[tree.meta.end_pos - 1] + 1  # type: ignore[union-attr]
        match kind:
            case "name":
                return Name(str(parts[0]), start, end)
            case "applied":
                return Applied(str(parts[0]), start, end)
            case "number" | "money" | "duration" | "instant" | "date" | "percent" | "truth":
                return Literal(kind, str(parts[0]), start, end)
            case "text":
                return Literal("text", str(parts[0])[1:-1], start, end)
            case "no":
                return Not(self.build(parts[0]), start, end)
            case "compare":
                return Binary(str(parts[1]), self.build(parts[0]), self.build(parts[2]), start, end)  # type: ignore[arg-type]
            case "add" | "subtract" | "times" | "has":
                sign = {"add": "+", "subtract": "-", "times": "*", "has": "has"}[kind]
                return Binary(sign, self.build(parts[0]), self.build(parts[1]), start, end)  # type: ignore[arg-type]
            case "among" | "not_among":
                return In(self.build(parts[0]), self.build(parts[1]), kind == "not_among", start, end)
            case "choice":
                return Choice(tuple(map(self.build, parts)), start, end)
            case "range":
                return Range(self.build(parts[0]), self.build(parts[1]), start, end)
            case "both" | "either" | "least" | "most":
                op = {"both": "and", "either": "or", "least": "min", "most": "max"}[kind]
                return Several(op, tuple(map(self.build, parts)), start, end)  # type: ignore[arg-type]
            case _:
                raise AssertionError(f"the grammar has no rule {kind}")


def _measure(part: Any) -> tuple[int, int]:
    """How many nodes, and how deep; a chain of additions is as deep as it is long."""
    below = [
        getattr(part, name) for name in ("of", "left", "right", "low", "high", "value", "group") if hasattr(part, name)
    ]
    below += list(getattr(part, "items", ()))
    measured = [_measure(each) for each in below]
    return 1 + sum(size for size, _ in measured), 1 + max((depth for _, depth in measured), default=0)


def _slip(text: str, plain: str, offsets: list[int], problem: Any) -> Slip:
    """The first advice whose pattern is found around the place where parsing stopped; else the bare place."""
    stop = problem.pos_in_stream if problem.pos_in_stream is not None and problem.pos_in_stream >= 0 else len(plain)
    at_end = type(problem).__name__ == "UnexpectedEOF" or getattr(getattr(problem, "token", None), "type", "") == "$END"
    stop = len(plain) if at_end else min(stop, len(plain))
    bare = _QUOTED.sub(lambda quoted: "\0" * len(quoted[0]), plain)
    for pattern, advice in ADVICE:  # what stands in quotes is nobody's slip
        for match in re.finditer(pattern, bare):
            if match.start() <= stop <= match.end() + 1:
                start, end = offsets[match.start()], offsets[match.end() - 1] + 1
                return Slip("not-an-expression", start, end, text[start:end], advice)
    word = re.match(r"[\w.]+|[=<>!]+|\S", plain[stop:])
    if word is None:
        return Slip("expression-ends", max(0, len(text.rstrip()) - 1), len(text.rstrip()))
    start, end = offsets[stop], offsets[stop + word.end() - 1] + 1
    return Slip("not-an-expression", start, end, text[start:end])
