"""Nodes -> documents: every key known, every value read, every problem told, and on to the end.

A flawed optional key leaves the rest of its document usable; a flawed required one drops the document, and nothing
that follows from its absence is told as well.
"""

from collections.abc import Mapping as Table
from dataclasses import dataclass, field, fields
from typing import Any

from entitle.diagnostics import Diagnostic
from entitle.dsl.case_documents import CaseDoc, ExpectDoc, StepDoc
from entitle.dsl.documents import SECTIONS, BenefitDoc, CalendarDoc, FactDoc, RedeemDoc, RulebookDoc
from entitle.dsl.names import near
from entitle.dsl.product_documents import (
    GiveDoc,
    LimitDoc,
    PaymentFailsDoc,
    PhaseDoc,
    ProductDoc,
    SellDoc,
    SubscriptionDoc,
)
from entitle.dsl.reader import Mapping, Node, Scalar, Sequence, gc_paused, read
from entitle.dsl.scalars import Misread, Reading
from entitle.dsl.shapes import (
    TEXT,
    Either,
    Keyed,
    KeyRow,
    Many,
    Raw,
    Shape,
    TranslationsDoc,
    Value,
    Word,
    Written,
    rows,
)
from entitle.dsl.values import KINDS
from entitle.messages import Words
from entitle.source import Source, Span

ROOT = "rulebook.yaml"
LOST: Any = object()
"""Stands for a value that was told of as wrong."""


@dataclass(slots=True)
class Documents:
    """A rulebook's documents: what is true for all of it, and each section's definitions with their keys."""

    rulebook: RulebookDoc | None = None
    sections: dict[str, dict[str, tuple[Scalar, Any]]] = field(default_factory=lambda: {name: {} for name in SECTIONS})
    problems: list[Diagnostic] = field(default_factory=list)


def check_sources(sources: list[Source]) -> Documents:
    """Read and check every file; how definitions are spread over files changes nothing."""
    found = Documents()
    roots: list[tuple[Source, Mapping]] = []
    with gc_paused():
        for source in sources:
            reading = read(source)
            found.problems += reading.problems
            if isinstance(reading.root, Mapping):
                roots.append((source, reading.root))
            elif reading.root is not None:
                found.problems.append(Diagnostic("not-a-mapping", reading.root.span, {"what": _FILE}))
    reading_as = Reading(_currency(roots))
    checker = Checker(reading_as, found.problems)
    places: dict[tuple[str, str], Scalar] = {}
    for source, root in roots:
        _check_file(source, root, checker, found, places)
    if any(source.path == ROOT for source in sources) and not any(source.path == ROOT for source, _ in roots):
        found.problems += [] if found.problems else [Diagnostic("empty-rulebook", None, path=ROOT)]
    return found


_FILE = Words("a rule file", "规则文件")


def _currency(roots: list[tuple[Source, Mapping]]) -> str:
    """The rulebook's currency, before anything is checked: amounts are read in it."""
    for source, root in roots:
        for key, node in root.items:
            if source.path == ROOT and key.text == "currency" and isinstance(node, Scalar):
                known = KINDS["currency"].read(node.text, Reading())
                return known if isinstance(known, str) else ""
    return ""


def _check_file(
    source: Source, root: Mapping, checker: "Checker", found: Documents, places: dict[tuple[str, str], Scalar]
) -> None:
    """A file's sections; in `rulebook.yaml` also what is true for the whole rulebook."""
    own = {row.name for row in rows(RulebookDoc)}
    top = [(key, node) for key, node in root.items if key.text in own]
    if source.path == ROOT:
        mapping = Mapping(top, root.start, root.end, root.source)
        rulebook = checker.document(RulebookDoc, mapping)
        found.rulebook = None if rulebook is LOST else rulebook
    else:
        found.problems += [Diagnostic("belongs-in-rulebook", key.span, {"key": key.text}) for key, _ in top]
    for key, node in root.items:
        if key.text in SECTIONS:
            _check_section(key, node, checker, found, places)
        elif key.text not in own:
            like = near(key.text, [*SECTIONS, *own])
            found.problems.append(Diagnostic("unknown-section", key.span, {"key": key.text}, help=did_you_mean(like)))


def _check_section(
    section: Scalar, node: Node, checker: "Checker", found: Documents, places: dict[tuple[str, str], Scalar]
) -> None:
    shape, _, later = SECTIONS[section.text]
    if later:
        checker.tell("not-yet", section.span, name=section.text)
        return
    if not isinstance(node, Mapping):
        if not (isinstance(node, Scalar) and node.text == "" and node.style == "plain"):
            checker.tell("not-a-mapping", node.span, what=Words(f"`{section.text}`", f"`{section.text}`"))
        return
    kind = "fact" if section.text == "facts" else "id"
    for key, each in node.items:
        name = checker.scalar(kind, key)
        first = places.setdefault((section.text, key.text), key)
        if first is not key:
            values = {"section": section.text, "id": key.text}
            checker.problems.append(Diagnostic("duplicate-id", key.span, values, also=first.span))
            continue
        document = checker.node(shape, each)
        if name is not LOST:
            found.sections[section.text][key.text] = (key, None if document is LOST else document)


@dataclass(slots=True)
class Checker:
    """Checks nodes against shapes; problems gather in `problems`."""

    reading: Reading
    problems: list[Diagnostic]

    def tell(self, code: str, span: Span, help_: Words | None = None, **values: str | Words) -> Any:
        self.problems.append(Diagnostic(code, span, values, help=help_))
        return LOST

    def node(self, shape: Shape, node: Node) -> Any:
        """The node's value: a document, a Written, a raw node; LOST where it was told of as wrong."""
        match shape:
            case Raw():
                return node
            case Value(kind="expression"):
                return node if isinstance(node, Scalar) else self.form(_EXPRESSION, node)
            case Value(kind=kind):
                return self._written(self.scalar(kind, node), node)
            case Word(words=words):
                return self._written(self.word(words, node), node)
            case Many(of=of, alone=alone):
                return self._many(of, alone, node)
            case Keyed(document=document):
                if not isinstance(node, Mapping):
                    return self.form(Words("keys and values", "键与值"), node)
                return self.document(document, node)
            case Either():
                return self._either(shape, node)

    def _written(self, value: Any, node: Node) -> Any:
        return LOST if value is LOST else Written(value, node.span)

    def scalar(self, kind: str, node: Node) -> Any:
        """A scalar of this kind."""
        row = KINDS[kind]
        if not isinstance(node, Scalar):
            return self.form(row.called, node)
        value = row.read(node.text, self.reading)
        if not isinstance(value, Misread):
            return value
        help_ = value.help or Words(f"for example `{row.example}`", f"例如 `{row.example}`")
        if value.code == "not-yet":
            return self.tell("not-yet", node.span, name=node.text)
        return self.tell(value.code, node.span, help_, wanted=row.called, found=_shown(node))

    def word(self, words: tuple[str, ...], node: Node) -> Any:
        listed = ", ".join(words)
        if not isinstance(node, Scalar):
            return self.form(Words(f"one of {listed}", f"{listed} 之一"), node)
        if node.text in words:
            return node.text
        return self.tell("unknown-word", node.span, did_you_mean(near(node.text, words)), word=node.text, known=listed)

    def form(self, wanted: Words, node: Node) -> Any:
        return self.tell("wrong-form", node.span, wanted=wanted, found=FORMS[type(node)])

    def _many(self, of: Shape, alone: bool, node: Node) -> Any:
        if not isinstance(node, Sequence):
            if alone and isinstance(node, Scalar) and node.text:
                one = self.node(of, node)
                return LOST if one is LOST else Written([one], node.span)
            return self.form(Words("a list", "列表"), node)
        items = [self.node(of, item) for item in node.items]
        self._no_doubles(node)
        return Written([item for item in items if item is not LOST], node.span)

    def _no_doubles(self, node: Sequence) -> None:
        seen: dict[str, Scalar] = {}
        for item in node.items:
            if isinstance(item, Scalar) and seen.setdefault(item.text, item) is not item:
                problem = Diagnostic("said-twice", item.span, {"word": item.text}, also=seen[item.text].span)
                self.problems.append(problem)

    def _either(self, shape: Either, node: Node) -> Any:
        forms = {Scalar: shape.scalar, Sequence: shape.many, Mapping: shape.mapping}
        chosen = forms[type(node)]
        if isinstance(chosen, Raw):
            return self.tell("not-yet", node.span, name="table")
        if chosen is None:
            first = next(each for each in forms.values() if each is not None)
            return self.form(
                KINDS[first.kind].called if isinstance(first, Value) else Words("something else", "别的写法"), node
            )
        if isinstance(chosen, Word) and isinstance(shape.mapping, Keyed) and isinstance(node, Scalar):
            return self._written(self._word_or_keys(chosen.words, shape.mapping.document, node), node)
        found = self.node(chosen, node)
        if found is not LOST and isinstance(found, TranslationsDoc):
            return self._words(found)
        if chosen == TEXT and found is not LOST:
            return Written(Words(found.value, found.value), found.span)
        return found

    def _word_or_keys(self, words: tuple[str, ...], document: type, node: Scalar) -> Any:
        """A word where keys might stand too: what is no word may have been meant as a key."""
        if node.text in words:
            return node.text
        keys = [row.name for row in rows(document) if not row.later]
        like = near(node.text, [*words, *keys])
        meant = f"{{{like}: …}}" if like in keys else like or f"{{{keys[0]}: …}}"
        help_ = Words(f"write `{meant}`; the keys are {', '.join(keys)}", f"写 `{meant}`；可用的键：{', '.join(keys)}")
        return self.tell("unknown-word", node.span, help_, word=node.text, known=", ".join(words))

    def _words(self, found: TranslationsDoc) -> Any:
        """A text in two languages; the one that is not given is the other."""
        given = found.zh or found.en
        if given is None:
            return self.tell("missing-key", found.node.span, key="zh", what=_called(TranslationsDoc))
        en, zh = found.en or given, found.zh or given
        return Written(Words(en.value, zh.value), found.node.span)

    # ---- documents

    def document(self, kind: type, mapping: Mapping) -> Any:
        """The mapping as a document of this class; a missing key is told at its first one."""
        table = {row.name: (each.name, row) for each, row in zip(_keys(kind), rows(kind), strict=True)}
        values: dict[str, Any] = {}
        misspelt: set[str | None] = set()
        for key, node in mapping.items:
            if key.text not in table:
                misspelt.add(self._unknown_key(kind, key, table))
                continue
            name, row = table[key.text]
            values[name] = self.tell("not-yet", key.span, name=key.text) if row.later else self._value(row, key, node)
        lost = False
        for key_name, (name, row) in table.items():
            if row.required and name not in values:
                lost = True
                if key_name not in misspelt:
                    self.tell("missing-key", _first(mapping), row.means, key=key_name, what=_called(kind))
            lost = lost or (row.required and values.get(name) is LOST)
        if lost:
            return LOST
        return kind(node=mapping, **{name: None if value is LOST else value for name, value in values.items()})

    def _value(self, row: KeyRow, key: Scalar, node: Node) -> Any:
        if isinstance(node, Scalar) and node.text == "" and node.style == "plain":
            return self.tell(
                "empty-value",
                key.span,
                Words(f"for example `{row.example}`", f"例如 `{row.example}`") if row.example else None,
                key=key.text,
            )
        return self.node(row.shape, node)

    def _unknown_key(self, kind: type, key: Scalar, table: Table[str, tuple[str, KeyRow]]) -> str | None:
        """Tells of the key; the one that was probably meant."""
        like = near(key.text, table)
        help_ = did_you_mean(like) or _elsewhere(key.text)
        known = ", ".join(name for name, (_, row) in table.items() if not row.later)
        self.tell("unknown-key", key.span, help_, key=key.text, what=_called(kind), known=known)
        return like


_EXPRESSION = Words("a condition", "条件")
FORMS: dict[type, Words] = {
    Scalar: Words("a single value", "单个值"),
    Sequence: Words("a list", "列表"),
    Mapping: Words("keys and values", "键与值"),
}


def _keys(kind: type) -> list[Any]:
    return [each for each in fields(kind) if "shape" in each.metadata]


def _first(mapping: Mapping) -> Span:
    """Where a mapping begins: its first key, or the whole of an empty one."""
    return mapping.items[0][0].span if mapping.items else mapping.span


def _shown(node: Scalar) -> str:
    return node.text if len(node.text) <= 60 else node.text[:59] + "…"


def _called(kind: type) -> Words:
    """How operators call a document."""
    return CALLED[kind][1]


CALLED: dict[type, tuple[str, Words]] = {  # the key it stands under, and what people call it
    RulebookDoc: ("rulebook.yaml", Words("`rulebook.yaml`", "`rulebook.yaml`")),
    TranslationsDoc: ("name", Words("a text in two languages", "双语文本")),
    FactDoc: ("facts", Words("a fact", "事实")),
    CalendarDoc: ("calendars", Words("a window of a calendar", "日历时段")),
    RedeemDoc: ("redeem", Words("`redeem`", "`redeem`")),
    BenefitDoc: ("benefits", Words("a benefit", "权益")),
    SellDoc: ("sell", Words("`sell`", "`sell`")),
    PhaseDoc: ("phases", Words("a phase", "阶段")),
    PaymentFailsDoc: ("if_payment_fails", Words("`if_payment_fails`", "`if_payment_fails`")),
    SubscriptionDoc: ("subscription", Words("a subscription", "订阅")),
    LimitDoc: ("limits", Words("a limit", "限购")),
    GiveDoc: ("gives", Words("an item of `gives`", "`gives` 的一项")),
    ProductDoc: ("products", Words("a product", "商品")),
    ExpectDoc: ("expect", Words("`expect`", "`expect`")),
    StepDoc: ("timeline", Words("a step of a timeline", "时间线的一步")),
    CaseDoc: ("tests", Words("a test", "用例")),
}


def _elsewhere(key: str) -> Words | None:
    """Where a key belongs that stands in the wrong place."""
    homes = [home for kind, (home, _) in CALLED.items() if any(row.name == key for row in rows(kind))]
    if not homes:
        return None
    where = ", ".join(f"`{home}`" for home in homes[:3])
    return Words(f"`{key}` belongs in {where}", f"`{key}` 应写在 {where} 里")


def did_you_mean(word: str | None) -> Words | None:
    return None if word is None else Words(f"did you mean `{word}`?", f"是想写 `{word}` 吗？")
