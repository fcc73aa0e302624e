"""YAML text -> a tree of nodes that know where they stand, strictly.

Every scalar stays the text it was written as; nothing is typed here. What YAML has beyond mappings, lists and texts
(anchors, aliases, merge keys, tags, several documents) is refused at its line and column; so is a key written twice.
Reading never raises and is bounded: past a cap there is one error, found before the rest of the file is looked at.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import yaml
from yaml import events

from entitle.diagnostics import Diagnostic, in_order
from entitle.dsl.characters import CONTROL, controls, hidden, quoted
from entitle.dsl.misread import Complaint, misread, stray_key
from entitle.dsl.raw import places
from entitle.source import Source, Span, gc_paused

BYTES_MAX = 1_000_000
SCALAR_BYTES_MAX = 64_000
DEPTH_MAX = 32
NODES_MAX = 50_000

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser whose events are read; the pure one, where libyaml is missing, is some thirty times slower."""

TEXT_KEYS = frozenset(("name", "say", "zh", "en"))
"""Keys whose value is a text for people."""

LOSSY = frozenset("anchor alias merge-key tag directive second-document key-not-text indentation missing-colon".split())
"""Refusals after which a tree would lack something that the operator wrote."""

Style = Literal["plain", "single", "double", "literal", "folded"]
STYLES: dict[str | None, Style] = {
    None: "plain", "": "plain", "'": "single", '"': "double", "|": "literal", ">": "folded",
}  # fmt: skip

_EMPTY = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+|^\.\.\.)*+", re.M)
_TAG = re.compile(r"!(?:<[^>\s]*>|[^\s,\[\]{}]*)")


class _Placed:
    """What every node is: characters `start` to `end` of a source."""

    __slots__ = ()
    start: int
    end: int
    source: Source

    @property
    def span(self) -> Span:
        return Span(self.source, self.start, self.end)


@dataclass(slots=True, eq=False)
class Scalar(_Placed):
    """A text: `text` as YAML reads it, `style` as it was written."""

    text: str
    style: Style
    start: int
    end: int
    source: Source

    def piece(self, start: int, end: int) -> Span:
        """Where characters `start` to `end` of the text stand; all of the scalar where that is not clear."""
        found = places(self.source.text[self.start : self.end], self.style, self.text)
        if not found or not 0 <= start < end <= len(found):
            return self.span
        return Span(self.source, self.start + found[start][0], self.start + found[end - 1][1])


@dataclass(slots=True, eq=False)
class Mapping(_Placed):
    """Keys and values in the order of the file, every key once."""

    items: list[tuple[Scalar, "Node"]]
    start: int
    end: int
    source: Source


@dataclass(slots=True, eq=False)
class Sequence(_Placed):
    """The items of a list."""

    items: list["Node"]
    start: int
    end: int
    source: Source


Node = Scalar | Mapping | Sequence


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds and what is wrong with it.

    root      None for a file without content, and where something of it was lost: a tree is never silently incomplete
    problems  in the order of the file
    """

    root: Node | None
    problems: list[Diagnostic]


def read(source: Source) -> Reading:
    """The tree of one file and all its problems; never raises."""
    if _bytes(source.text) > BYTES_MAX:
        return Reading(None, [Diagnostic("file-too-large", None, path=source.path)])
    reader = _Reader(source)
    try:
        with gc_paused():
            root = reader.read()
    except _PastCap as past:
        return Reading(None, [past.problem])
    problems = reader.problems + controls(source)
    if root is not None:
        problems += hidden(source, ((each.text, each.span, said) for each, said in _scalars(root)))
    if any(problem.code in LOSSY for problem in problems):
        root = None
    return Reading(root, in_order(problems))


class _PastCap(Exception):
    def __init__(self, code: str, source: Source, start: int, end: int) -> None:
        self.problem = Diagnostic(code, Span(source, start, end))


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet; a mapping's children are keys and values in turn."""

    children: list[Any]
    start: int
    flow: bool
    mapping: bool


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Diagnostic] = []
        self.open = [_Open([], 0, False, False)]

    def read(self) -> Node | None:
        text = CONTROL.sub(lambda found: "\r" if found[0] == "\r" else "\ufffd", self.source.text)
        if directive := re.compile(r"%[^\r\n]*").match(text, _content(text, 0)):
            self._refuse("directive", *directive.span())
            return None
        try:
            return self._tree(text)
        except yaml.MarkedYAMLError as error:
            self.problems.append(misread(self._complaint(error)))
            for unfinished in self.open[1:]:
                self._close(unfinished, unfinished.start)
            return None

    def _tree(self, text: str) -> Node | None:
        """One event a turn. Each kind of event is told by its class: this loop is where the time goes."""
        source, stack = self.source, self.open
        next_event = LOADER(text).get_event
        children = stack[0].children
        nodes = 0
        while True:
            event = next_event()
            kind = type(event)
            if kind is events.ScalarEvent:
                value, start, end = event.value, event.start_mark.index, event.end_mark.index
                if event.anchor or event.tag:
                    self._refuse_properties(event)
                if len(value) * 4 > SCALAR_BYTES_MAX and _bytes(value) > SCALAR_BYTES_MAX:
                    raise _PastCap("text-too-long", source, start, end)
                children.append(Scalar(value, STYLES[event.style], start, end, source))
                nodes += 1
            elif kind is events.MappingEndEvent or kind is events.SequenceEndEvent:
                done = stack.pop()
                end = event.end_mark.index if done.flow or not children else children[-1].end
                children = stack[-1].children
                children.append(self._close(done, end))
            elif kind is events.MappingStartEvent or kind is events.SequenceStartEvent:
                if event.anchor or event.tag:
                    self._refuse_properties(event)
                start, flow = event.start_mark.index, event.flow_style
                if len(stack) > DEPTH_MAX:
                    raise _PastCap("too-deep", source, start, start + 1)
                children = []
                stack.append(_Open(children, start, flow, kind is events.MappingStartEvent))
                nodes += 1
            elif kind is events.AliasEvent:
                start, end = event.start_mark.index, event.end_mark.index
                self._refuse("alias", start, end)
                children.append(Scalar(source.text[start:end], "plain", start, end, source))
                nodes += 1
            elif kind is events.DocumentEndEvent:
                self._refuse_more(text, event)
                return None if _is_empty(children[0]) else children[0]
            elif kind is events.StreamEndEvent:
                return None
            if nodes > NODES_MAX:
                raise _PastCap("too-many-nodes", source, event.start_mark.index, event.end_mark.index)

    def _close(self, done: _Open, end: int) -> Mapping | Sequence:
        if not done.mapping:
            return Sequence(done.children, done.start, end, self.source)
        items = list(zip(done.children[::2], done.children[1::2], strict=False))
        texts = {key.text for key, _ in items if type(key) is Scalar}
        if len(texts) < len(items) or "" in texts or "<<" in texts:
            items = list(self._good(items))
        if done.flow and any(value.start == value.end for _, value in items):
            items = list(self._whole(items))
        return Mapping(items, done.start, end, self.source)

    def _good(self, items: list[tuple[Node, Node]]) -> Iterator[tuple[Scalar, Node]]:
        """The items whose key is a text that was not there before."""
        first: dict[str, Scalar] = {}
        for key, value in items:
            match key:
                case Scalar(text="<<", style="plain"):
                    self._refuse("merge-key", key.start, key.end)
                case Scalar(text="", style="plain") if key.start < key.end:
                    pass  # an anchor or a tag took the word, and is refused
                case Scalar(text=""):
                    self._refuse("empty-key", key.start, max(key.end, key.start + 1))
                case Scalar(text=text) if text in first:
                    values = {"key": quoted(text)}
                    self.problems.append(Diagnostic("duplicate-key", key.span, values, also=first[text].span))
                case Scalar():
                    first[key.text] = key
                    yield key, value
                case Mapping() | Sequence():
                    self._refuse("key-not-text", key.start, key.end)

    def _whole(self, items: list[tuple[Scalar, Node]]) -> Iterator[tuple[Scalar, Node]]:
        """The items of `{…}` that have their colon: `{zh: a, b, en: c}` makes a key of `b`."""
        before = ""
        for key, value in items:
            if value.start < value.end or ":" in self.source.text[key.end : value.start]:
                yield key, value
                before = quoted(f'{key.text}: "{value.text}') if isinstance(value, Scalar) else ""
            else:
                self.problems.append(stray_key(key.span, before))
                before = before and quoted(f"{before}, {key.text}")

    def _refuse_more(self, text: str, end: Any) -> None:
        """Refuses text after the document without asking the parser, which goes on over any number of directives."""
        at = _content(text, end.end_mark.index)
        root = self.open[0].children[0]
        if at == len(text):
            return
        if text.startswith("---", at):
            self._refuse("second-document", at, at + 3)
        elif end.explicit:
            self._refuse_line("second-document", at)
        elif isinstance(root, Scalar):
            self._refuse_line("missing-colon", root.start)
        else:
            self._refuse_line("indentation", at)

    def _refuse_properties(self, event: Any) -> None:
        at = event.start_mark.index
        if event.anchor:
            start = self.source.text.index(f"&{event.anchor}", at)
            self._refuse("anchor", start, start + len(event.anchor) + 1)
        if event.tag:
            start = self.source.text.index("!", at)
            tag = _TAG.match(self.source.text, start)
            self._refuse("tag", start, tag.end() if tag else start + 1)

    def _refuse(self, code: str, start: int, end: int) -> None:
        span = Span(self.source, start, end)
        self.problems.append(Diagnostic(code, span, {"text": quoted(span.text)}))

    def _refuse_line(self, code: str, start: int) -> None:
        number, column = self.source.place(start)
        self._refuse(code, start, start + len(self.source.line(number)) - column + 1)

    def _complaint(self, error: yaml.MarkedYAMLError) -> Complaint:
        at = error.problem_mark or error.context_mark
        began = error.context_mark or at
        innermost = self.open[-1]
        brackets = [each.start for each in self.open if each.flow and self.source.text[each.start] in "[{"]
        return Complaint(
            self.source,
            f"{error.context}: {error.problem}",
            began=began.index if began else 0,
            at=at.index if at else 0,
            bracket=brackets[-1] if innermost.flow and brackets else None,
            value=innermost.children[-1].start if innermost.children else None,
        )


def _scalars(node: Node, for_people: bool = False) -> Iterator[tuple[Scalar, bool]]:
    """Every scalar, and whether it is a text for people."""
    match node:
        case Scalar():
            yield node, for_people
        case Sequence():
            for item in node.items:
                yield from _scalars(item)
        case Mapping():
            for key, value in node.items:
                yield key, False
                yield from _scalars(value, key.text in TEXT_KEYS)


def _content(text: str, start: int) -> int:
    """Where something other than blanks, comments and ends of documents begins."""
    found = _EMPTY.match(text, start)
    return found.end() if found else start


def _is_empty(root: Node) -> bool:
    return type(root) is Scalar and root.start == root.end


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
