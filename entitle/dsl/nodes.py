"""A node and a shape -> what it holds: every key known, every value read, every problem told, and on to the end.

A flawed optional key leaves the rest of its document usable; a flawed required one drops the document, and nothing
that follows from its absence is told as well.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, assert_never

from entitle.diagnostics import Diagnostic
from entitle.dsl.characters import FULL_WIDTH_COMMA, quoted
from entitle.dsl.documents import DOCUMENTS, SECTIONS
from entitle.dsl.names import near
from entitle.dsl.reader import Mapping, Node, Scalar, Sequence
from entitle.dsl.scalars import Misread, Reading, did_you_mean
from entitle.dsl.shapes import (
    Document,
    Either,
    Expression,
    Facts,
    Keyed,
    KeyRow,
    Later,
    Many,
    Named,
    Said,
    Shape,
    Value,
    Word,
    Written,
    rows,
    table,
)
from entitle.dsl.values import KINDS
from entitle.messages import Words
from entitle.source import Span

LOST: Final[Any] = object()
"""Stands for a value that was told of as wrong."""

PROPOSED_MAX = 40
"""So many unknown keys of one mapping get a proposal: a file in another format has thousands, and looking is slow."""

_SINGLE = Words("a single value", "单个值")
_LIST = Words("a list", "列表")
_KEYS = Words("keys with values", "一组键值")
_CONDITION = Words("a condition", "条件")
_SKETCHES: dict[type, str] = {Scalar: "…", Sequence: "[…]", Mapping: "{…}"}
_FORMS: dict[type, Words] = {Scalar: _SINGLE, Sequence: _LIST, Mapping: _KEYS}


@dataclass(slots=True)
class Checker:
    """Checks nodes against shapes; what is wrong gathers in `problems`."""

    reading: Reading
    problems: list[Diagnostic]

    def tell(
        self, code: str, span: Span, help_: Words | None = None, also: Span | None = None, **values: str | Words
    ) -> Any:
        self.problems.append(Diagnostic(code, span, values, also=also, help=help_))
        return LOST

    # ---- documents

    def document(self, class_: type[Document], mapping: Mapping, at: Span | None = None) -> Any:
        """The mapping as a document, or LOST. `at`: where a missing key is told, else at the mapping's first key."""
        known = table(class_)
        values: dict[str, Any] = {}
        meant: list[str | None] = []
        for key, node in mapping.items:
            row = known.get(key.text)
            if row is None and class_.open:
                continue  # a selector: its fact says what it may be
            if row is None:
                meant.append(self._unknown_key(class_, key, proposing=len(meant) < PROPOSED_MAX))
            else:
                values[row.field] = self._value(row, key, node)
        lost = False
        for row in known.values():
            if row.required and row.field not in values and row.name not in meant:
                self._missing_key(class_, row, at or _beginning(mapping))
            lost |= row.required and values.get(row.field, LOST) is LOST
        if lost:
            return LOST
        return class_(node=mapping, **{name: value for name, value in values.items() if value is not LOST})

    def _value(self, row: KeyRow, key: Scalar, node: Node) -> Any:
        if row.later:
            return self.tell("not-yet", key.span, name=key.text)
        if is_empty(node):
            help_ = _example(self.reading, f"{row.name}: {row.example}") if row.example else None
            return self.tell("empty-value", key.span, help_, key=key.text)
        return self.node(row.shape, node, key.text)

    def _missing_key(self, class_: type[Document], row: KeyRow, at: Span) -> None:
        example = f"{row.name}: {row.example}"
        means = Words(f"{row.means.en}, as in `{example}`", f"{row.means.zh}，如 `{example}`")
        self.tell("missing-key", at, means, key=row.name, what=class_.called)

    def _unknown_key(self, class_: type[Document], key: Scalar, proposing: bool) -> str | None:
        """Tells of the key; the one that was probably meant, which is then not missing as well."""
        known = table(class_)
        listed = ", ".join(row.name for row in known.values() if not row.later)
        home = class_.absent.get(key.text) or _belongs(key.text)
        like = near(key.text, known) if proposing and home is None else None
        help_ = home or did_you_mean(like)
        self.tell("unknown-key", key.span, help_, key=quoted(key.text), what=class_.called, known=listed)
        return like

    # ---- values

    def node(self, shape: Shape, node: Node, name: str) -> Any:
        """What the node holds, in the way its shape says; LOST where it was told of as wrong. `name` is its key."""
        match shape:
            case Value(kind=kind):
                value = self.scalar(kind, node, name)
                return LOST if value is LOST else Written(value, node.span)
            case Word():
                return self._word(shape, node, name)
            case Expression():
                return node if isinstance(node, Scalar) else self._form(name, _CONDITION, node)
            case Many():
                return self._many(shape, node, name)
            case Keyed(document=class_):
                return self.document(class_, node) if isinstance(node, Mapping) else self._form(name, _KEYS, node)
            case Said(translations=class_):
                return self._said(class_, node, name)
            case Either():
                return self._either(shape, node, name)
            case Facts():
                return self._facts(node, name)
            case Named(of=of):
                return self._named(of, node, name)
            case Later():
                return self.tell("not-yet", node.span, name=f"{name}: {_SKETCHES[type(node)]}")
            case _:
                assert_never(shape)

    def scalar(self, kind: str, node: Node, name: str) -> Any:
        """The value of a scalar of this kind."""
        row = KINDS[kind]
        wanted = self.reading.fill(row.called)
        if not isinstance(node, Scalar):
            return self._form(name, wanted, node)
        value = row.read(node.text, self.reading)
        if not isinstance(value, Misread):
            return value
        return self.tell(value.code, node.span, value.help or row.forms, wanted=wanted, found=quoted(node.text) or '""')

    def _word(self, shape: Word, node: Node, name: str) -> Any:
        listed = ", ".join(shape.words)
        if not isinstance(node, Scalar):
            return self._form(name, Words(f"one of {listed}", f"{listed} 之一"), node)
        if node.text in shape.words:
            return Written(node.text, node.span)
        if node.text in shape.later:
            return self.tell("not-yet", node.span, name=node.text)
        help_ = did_you_mean(near(node.text, (*shape.words, *shape.later)))
        return self.tell("unknown-word", node.span, help_, word=quoted(node.text), known=listed)

    def _many(self, shape: Many, node: Node, name: str) -> Any:
        if isinstance(node, Sequence):
            items = [self._item(shape.of, item, name) for item in node.items if not self._two_in_one(node, item)]
        elif shape.alone and isinstance(node, Scalar):
            items = [self.node(shape.of, node, name)]
        else:
            return self._form(name, _LIST, node)
        kept = [item for item in items if item is not LOST]
        self._no_doubles(kept)
        return Written(kept, node.span) if kept or not items else LOST

    def _two_in_one(self, items: Sequence, item: Node) -> bool:
        """Is this item of `[…]` two, which only a full-width comma keeps together? Tells of it."""
        if not (isinstance(item, Scalar) and item.style == "plain" and items.source.text[items.start] == "["):
            return False
        at = item.source.text.find(FULL_WIDTH_COMMA, item.start, item.end)
        if at >= 0:
            self.tell("full-width-comma", Span(item.source, at, at + 1))
        return at >= 0

    def _item(self, shape: Shape, node: Node, name: str) -> Any:
        return self.tell("empty-item", node.span, key=name) if is_empty(node) else self.node(shape, node, name)

    def _no_doubles(self, items: Iterable[Any]) -> None:
        first: dict[Any, Span] = {}
        for item in items:
            if isinstance(item, Written):
                if item.value in first:
                    self.tell("said-twice", item.span, also=first[item.value], word=quoted(item.span.text))
                first.setdefault(item.value, item.span)

    def _said(self, class_: type[Document], node: Node, name: str) -> Any:
        """A text in both languages; where only one is given it stands for the other."""
        if isinstance(node, Mapping):
            before = len(self.problems)
            document = self.document(class_, node)
            texts = {key: getattr(document, key).value for key in ("zh", "en") if getattr(document, key) is not None}
            if not texts:
                return LOST if len(self.problems) > before else self.tell("no-text", node.span, key=name)
            given = next(iter(texts.values()))
            return Written(Words(texts.get("en", given), texts.get("zh", given)), node.span)
        text = self.scalar("text", node, name)
        return LOST if text is LOST else Written(Words(text, text), node.span)

    def _either(self, shape: Either, node: Node, name: str) -> Any:
        forms: dict[type, Shape | None] = {Scalar: shape.scalar, Sequence: shape.many, Mapping: shape.mapping}
        chosen = forms[type(node)]
        if isinstance(chosen, Word) and isinstance(shape.mapping, Keyed) and isinstance(node, Scalar):
            return self._word_or_keys(chosen, shape.mapping.document, node)
        if chosen is not None:
            return self.node(chosen, node, name)
        match shape.scalar:
            case Value(kind=kind):
                return self._form(name, self.reading.fill(KINDS[kind].called), node)
            case Word(words=words):
                wanted = Words(f"`{', '.join(words)}` or {_KEYS.en}", f"`{', '.join(words)}` 或{_KEYS.zh}")
                return self._form(name, wanted, node)
            case _:
                raise AssertionError(f"{shape} has no scalar form")

    def _word_or_keys(self, shape: Word, class_: type[Document], node: Scalar) -> Any:
        """A word where keys may stand too: what is no word may have been meant as one of them."""
        if node.text in shape.words:
            return Written(node.text, node.span)
        known = [row.name for row in rows(class_) if not row.later]
        like = near(node.text, [*shape.words, *known]) or known[0]
        meant = like if like in shape.words else f"{{{like}: …}}"
        listed = ", ".join(known)
        help_ = Words(f"write `{meant}`; its keys are {listed}", f"请写成 `{meant}`；可用的键：{listed}")
        return self.tell("unknown-word", node.span, help_, word=quoted(node.text), known=", ".join(shape.words))

    def _facts(self, node: Node, name: str) -> Any:
        if not isinstance(node, Mapping):
            return self._form(name, _KEYS, node)
        for key, value in node.items:
            items = value.items if isinstance(value, Sequence) else [value]
            if is_empty(value):
                self.tell("empty-value", key.span, key=quoted(key.text))
            elif not all(isinstance(item, Scalar) for item in items):
                self._form(quoted(key.text), Words("a value", "一个值"), value)
        return node

    def _named(self, of: Shape, node: Node, name: str) -> Any:
        if not isinstance(node, Mapping):
            return self._form(name, _KEYS, node)
        found: list[tuple[Written[str], Any]] = []
        for key, value in node.items:
            id_ = self.scalar("id", key, name)
            made = self._item(of, value, key.text)
            if id_ is not LOST and made is not LOST:
                found.append((Written(id_, key.span), made))
        return Written(found, node.span)

    def _form(self, name: str, wanted: Words, node: Node) -> Any:
        help_ = _ONE_KEY if name == "per" and isinstance(node, Sequence) else None
        return self.tell("wrong-form", node.span, help_, key=name, wanted=wanted, found=_form_of(node))


_ONE_KEY = Words("one key counts: write one limit for each", "只按一个键计：每个键各写一条限购")


def is_empty(node: Node) -> bool:
    """Is nothing written where the value should stand?"""
    return isinstance(node, Scalar) and node.start == node.end


def _form_of(node: Node) -> Words:
    return _FORMS[type(node)]


def _beginning(mapping: Mapping) -> Span:
    """Where a mapping begins: its first key, or the whole of an empty one."""
    return mapping.items[0][0].span if mapping.items else mapping.span


def _example(reading: Reading, example: str) -> Words:
    return reading.fill(Words(f"for example `{example}`", f"例如 `{example}`"))


def _belongs(key: str) -> Words | None:
    """Where a key belongs that stands in the wrong place."""
    if key in SECTIONS:
        return Words(f"`{key}` is a section: it begins at the left edge", f"`{key}` 是一节：要顶格写")
    homes = [class_.called for class_ in DOCUMENTS.values() if any(row.name == key for row in rows(class_))]
    if not homes:
        return None
    en, zh = [home.en for home in homes], "、".join(home.zh for home in homes)
    listed = ", ".join(en[:-1]) + " or " + en[-1] if len(en) > 1 else en[0]
    return Words(f"`{key}` is a key of {listed}", f"`{key}` 是{zh}的键")


def elsewhere(key: str, known: Iterable[str]) -> Words | None:
    """Where a key belongs that stands at the left edge of a file and is no section."""
    return did_you_mean(near(key, known)) or _belongs(key)
