"""YAML pages for the reader's tests: trees written down with the place of every scalar, and read back."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from entitle.diagnostics import Diagnostic
from entitle.dsl.reader import Mapping, Node, Reading, Scalar, Sequence, read
from entitle.source import Source


def reading(text: str) -> Reading:
    return read(Source("rules/a.yaml", text))


def only(text: str) -> Diagnostic:
    (problem,) = reading(text).problems
    return problem


def plain(node: Node | None) -> Any:
    """A tree as Python's own dicts, lists and texts."""
    match node:
        case Scalar(text=text):
            return text
        case Sequence(items=items):
            return [plain(item) for item in items]
        case Mapping(items=pairs):
            return {key.text: plain(value) for key, value in pairs}
        case None:
            return None


def scalars(node: Node) -> Iterator[Scalar]:
    match node:
        case Scalar():
            yield node
        case Sequence(items=items):
            for item in items:
                yield from scalars(item)
        case Mapping(items=pairs):
            for key, value in pairs:
                yield key
                yield from scalars(value)


@dataclass
class Page:
    """YAML as it is being written, and what every scalar was written as, in order."""

    line_end: str
    text: str = ""
    written: list[tuple[int, str]] = field(default_factory=list)

    def line(self, indent: int) -> None:
        self.text += (self.line_end if self.text else "") + " " * indent

    def scalar(self, text: str, style: str) -> None:
        match style:
            case "'":
                shown = "'" + text.replace("'", "''") + "'"
            case '"':
                shown = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
            case _:
                shown = text
        self.written.append((len(self.text), shown))
        self.text += shown

    def inline(self, tree: Any) -> None:
        match tree:
            case ("scalar", text, style):
                self.scalar(text, style)
            case (_, list(items)):
                self.text += "["
                for item in items:
                    self.inline(item)
                    self.text += ", "
                self.text += "]"
            case (_, dict(pairs)):
                self.text += "{"
                for key, value in pairs.items():
                    self.scalar(key, "'")
                    self.text += ": "
                    self.inline(value)
                    self.text += ", "
                self.text += "}"

    def block(self, tree: Any, indent: int) -> None:
        match tree:
            case ("block", [_, *_] as items):
                for item in items:
                    self.line(indent)
                    self.text += "- "
                    self.block(item, indent + 2)
            case ("block", dict(pairs)) if pairs:
                for key, value in pairs.items():
                    self.line(indent)
                    self.scalar(key, '"')
                    self.text += ": "
                    self.block(value, indent + 2)
            case _:
                self.inline(tree)


def meant(tree: Any) -> Any:
    match tree:
        case ("scalar", text, _):
            return text
        case (_, list(items)):
            return [meant(item) for item in items]
        case (_, dict(pairs)):
            return {key: meant(value) for key, value in pairs.items()}


LETTERS = "abz09 .·¥視频会员：，😀é≥_-"
WORDS = st.from_regex(r"[a-z¥視频😀]([a-z0-9 .·視频员，😀é≥_-]{0,12}[a-z0-9視😀])?", fullmatch=True)
TEXTS = st.text(LETTERS + "'\"\\#:{}[],&*!|>%@`", min_size=1, max_size=12).filter(lambda text: text == text.strip())
SCALARS = st.one_of(
    st.tuples(st.just("scalar"), WORDS, st.just("")),
    st.tuples(st.just("scalar"), TEXTS, st.sampled_from("'\"")),
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.tuples(
        st.sampled_from(("block", "flow")),
        st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    ),
    max_leaves=20,
)
