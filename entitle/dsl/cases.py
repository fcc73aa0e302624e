"""Case documents -> a rulebook's own tests: instants in its zone, facts of their types, names that exist."""

from dataclasses import replace
from typing import Any

from entitle.case import Case, Do, Expectation, Step
from entitle.dsl.book import Book
from entitle.dsl.case_documents import CaseDoc, ExpectDoc, StepDoc
from entitle.dsl.checker import did_you_mean
from entitle.dsl.facts import measure_type, told_as
from entitle.dsl.kinds import ranged
from entitle.dsl.names import near
from entitle.dsl.reader import Mapping, Node, Scalar, Sequence
from entitle.dsl.shapes import Written
from entitle.dsl.values import NOTHING
from entitle.ir import Type
from entitle.messages import Words
from entitle.release import Product

PRODUCT_VERBS = ("buy", "cancel", "undo cancel")
BENEFIT_VERBS = ("claim", "redeem", "reverse", "spend")


def case(id_: str, document: CaseDoc, products: dict[str, Product], book: Book) -> Case | None:
    """The case, or None where a flaw, told of, leaves nothing to run."""
    before = len(book.problems)
    given = _facts(document.given, book)
    steps: list[Step] = []
    for each in document.timeline.value:
        step = _step(each, products, book)
        if steps and step.at < steps[-1].at:
            book.tell("steps-out-of-order", each.at.span, also=document.timeline.value[len(steps) - 1].at.span)
        steps.append(step)
    if not steps:
        book.tell("no-steps", document.timeline.span)
    name = document.name.value.en if document.name else id_
    return Case(id_, name, given, tuple(steps), document.node.span) if len(book.problems) == before else None


def _step(step: StepDoc, products: dict[str, Product], book: Book) -> Step:
    do = None
    if step.do is not None:
        do = replace(step.do.value, span=step.do.span)
        _check_target(do, step.do, products, book)
    return Step(
        book.zone.instant(step.at.value),
        step.as_.value if step.as_ else "",
        _facts(step.with_, book),
        do,
        tuple(_expected(step.expect, products, book)),
        step.node.span,
    )


def _check_target(do: Do, written: Written[Any], products: dict[str, Product], book: Book) -> None:
    name = Written(do.name, written.span)
    if do.verb in PRODUCT_VERBS:
        book.known(Words("product", "商品"), name, products)
    elif do.verb in BENEFIT_VERBS:
        book.known(Words("benefit", "权益"), name, book.benefits)


# ---- facts


def _facts(mapping: Node | None, book: Book) -> dict[str, object]:
    found: dict[str, object] = {}
    if mapping is None:
        return found
    if not isinstance(mapping, Mapping):
        book.tell("not-a-mapping", mapping.span, what=Words("a set of facts", "事实"))
        return found
    for key, node in mapping.items:
        type_ = _type_of(key, book)
        if type_ is not None:
            value = _told(key, node, type_, book)
            if value is not None:
                found[key.text] = value
    return found


def _type_of(key: Scalar, book: Book) -> Type | None:
    if key.text in book.measures:
        return measure_type(book.measures[key.text])
    if key.text in book.inputs:
        return book.inputs[key.text].type
    if key.text in ("codes", "passed"):
        book.tell("not-yet", key.span, name=key.text)
    elif key.text not in book.lost:
        help_ = did_you_mean(near(key.text, [*book.inputs, *book.measures]))
        book.tell("unknown-case-fact", key.span, help_, name=key.text)
    return None


def _told(key: Scalar, node: Node, type_: Type, book: Book) -> object | None:
    text = _text(node)
    value = None if text is None else told_as(type_, text, book.reading, book.zone)
    if value is None:
        book.tell("wrong-fact-value", node.span, text=text or "…", name=key.text, wanted=ranged(type_))
    return value


def _text(node: Node) -> str | None:
    """A scalar's text; a list of words as one text."""
    match node:
        case Scalar(text=text):
            return text
        case Sequence(items=items) if all(isinstance(item, Scalar) for item in items):
            return "[" + ", ".join(item.text for item in items if isinstance(item, Scalar)) + "]"
        case _:
            return None


# ---- expectations


def _expected(expect: Any, products: dict[str, Product], book: Book) -> list[Expectation]:
    if expect is None:
        return []
    if isinstance(expect, Written):
        return [Expectation("ok", None, expect.span)]
    assert isinstance(expect, ExpectDoc)
    found: list[Expectation] = []
    for what in ("charge", "notice", "refused", "missing"):
        written = getattr(expect, what)
        if written is not None:
            found.append(Expectation(what, None if written.value == NOTHING else written.value, written.span))
    if expect.ends is not None:
        found.append(Expectation("ends", book.zone.instant(expect.ends.value), expect.ends.span))
    if expect.missing is not None and expect.missing.value not in book.inputs:
        help_ = did_you_mean(near(expect.missing.value, book.inputs))
        book.tell("unknown-case-fact", expect.missing.span, help_, name=expect.missing.value)
    items = {item.id: item for product in products.values() for item in product.gives}
    found += _listed("grant", expect.grant, Words("item of any product", "商品权益项"), items, book)
    found += _listed("has", expect.has, Words("benefit", "权益"), dict(book.benefits), book)
    return found


def _listed(
    what: str, written: Written[list[Written[str]]] | None, called: Words, names: dict[str, Any], book: Book
) -> list[Expectation]:
    if written is None:
        return []
    for each in written.value:
        book.known(called, each, names)
    return [Expectation(what, tuple(each.value for each in written.value), written.span)]
