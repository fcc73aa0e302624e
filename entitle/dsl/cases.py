"""Case documents -> a rulebook's own tests: instants in its zone, facts of their types, names that exist."""

import re
from dataclasses import replace

from entitle.case import Case, Do, Step
from entitle.dsl.book import Book
from entitle.dsl.case_documents import CaseDoc, StepDoc
from entitle.dsl.expectations import expectations
from entitle.dsl.facts import measure_type, told_as
from entitle.dsl.kinds import ranged
from entitle.dsl.names import near
from entitle.dsl.parser import TWINS
from entitle.dsl.reader import Mapping, Node, Scalar, Sequence
from entitle.dsl.scalars import did_you_mean
from entitle.dsl.shapes import Written
from entitle.ir import SetOf, Type
from entitle.messages import Words
from entitle.release import Product
from entitle.source import Span

SAID = ("codes", "passed")  # what is presented with a purchase, and which challenges were passed
UNTOLD = (
    "payment fails",
    "register",
    "login",
    "confirm",
    "void",
    "approve",
    "refuse",
)  # verbs that speak of no product and no benefit
PASSING = ("buy", "hold", "change", "claim", "redeem", "register", "login")  # verbs with a gate
PRODUCT_VERBS = ("buy", "hold", "cancel", "undo cancel", "change", "undo change", "refund")
KINDS_OF_VERB = {  # a claim asks for any
    "redeem": ("voucher", "card_code"),
    "reverse": ("voucher",),
    "spend": ("quota",),
}
VERB_OF_KIND = {
    "access": Words("it is held: expect it with `has`", "它是持有的：用 `has` 期望它"),
    "voucher": Words("it is used: write `redeem` or `reverse`", "它是用掉的：写 `redeem` 或 `reverse`"),
    "quota": Words("it is spent: write `spend 3 GB of …`", "它是消耗的：写 `spend 3 GB of …`"),
    "card_code": Words("it is shown: write `redeem`", "它是展示的：写 `redeem`"),
}
INSTEAD = {  # what people tell as a fact, and where it is said
    "customer": Words("a step says who it is: `as: ann`", "由步骤说明是谁：`as: ann`"),
    "now": Words("a step says when it is: `at: 2027-01-01 10:00`", "由步骤说明时间：`at: 2027-01-01 10:00`"),
    "quantity": Words("a step says how many: `do: buy … × 2`", "由步骤说明数量：`do: buy … × 2`"),
}


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
    book.is_empty(document.timeline, "timeline")
    name = document.name.value if document.name else Words(id_, id_)
    filled = _filled(document, book)
    return Case(id_, name, given, tuple(steps), document.node.span, filled) if len(book.problems) == before else None


def _filled(document: CaseDoc, book: Book) -> dict[str, int]:
    """How much each pool begins with."""
    pairs = document.fill.value if document.fill else []
    return {name.value: many.value for name, many in pairs if book.known(Words("pool", "库存池"), name, book.pools)}


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
        tuple(expectations(step, products, book)),
        step.node.span,
        _presented(step, book, "codes", step.codes, ("buy", "hold", "change")),
        _presented(step, book, "passed", step.passed, PASSING),
    )


def _check_target(do: Do, written: Written[Do], products: dict[str, Product], book: Book) -> None:
    """Is what the verb speaks of there, and of a kind that the verb can be done with?"""
    if do.verb in UNTOLD:
        return
    name = Written(do.name, _named(do.name, written, last=do.verb == "spend"))
    for other in (*(other for other, _ in do.also), *([do.to] if do.to else [])):
        book.known(Words("product", "商品"), Written(other, _named(other, written)), products)
    if do.verb in PRODUCT_VERBS:
        if book.known(Words("product", "商品"), name, products) and do.item and do.name in products:
            items = {item.id for item in products[do.name].gives}
            book.known(
                Words("item of the product", "商品权益项"), Written(do.item, _named(do.item, written, last=True)), items
            )
        return
    if not book.known(Words("benefit", "权益"), name, book.benefits):
        return
    benefit = book.benefits[do.name]
    wanted = KINDS_OF_VERB.get(do.verb, (benefit.kind,))
    if benefit.kind not in wanted:
        help_ = VERB_OF_KIND[benefit.kind]
        book.tell("wrong-verb", name.span, help_, verb=do.verb, name=do.name, kind=benefit.kind, wanted=wanted[0])
    elif do.outlet and benefit.kind != "voucher":
        book.tell("outlet-for-nothing", written.span, name=do.name)
    elif benefit.quota and do.unit and do.unit != benefit.quota.unit:
        help_ = Words(f"write `{benefit.quota.unit}`", f"写成 `{benefit.quota.unit}`")
        book.tell("wrong-unit", written.span, help_, name=do.name, unit=benefit.quota.unit, found=do.unit)


def _named(name: str, written: Written[Do], last: bool = False) -> Span:
    """Where the verb names its product or benefit: as the first of the words after the verb that are this name.

    The item of `refund P / item` and the benefit of `spend 3 GB of B` are the last word of it.
    """
    text = written.span.text.translate(TWINS)
    verb = re.search(r"\s+".join(written.value.verb.split()), text)
    words = re.compile(rf"(?<![a-z0-9-]){name}(?![a-z0-9-])")
    found = [match.span() for match in words.finditer(text, verb.end() if verb else 0)]
    return written.span.part(*found[-1 if last else 0]) if found else written.span


# ---- facts


def _presented(
    step: StepDoc, book: Book, said: str, written: Written[list[Written[str]]] | None, verbs: tuple[str, ...]
) -> tuple[str, ...]:
    """The codes of a step, or the challenges that were passed: its own key, or one among its facts."""
    found = [each.value for each in written.value] if written else []
    for key, node in step.with_.items if step.with_ else ():
        if key.text == said:
            items = node.items if isinstance(node, Sequence) else [node]
            found += [item.text for item in items if isinstance(item, Scalar) and item.text]
    if found and (step.do is None or step.do.value.verb not in verbs):
        book.tell(f"{said}-for-nothing", step.node.span)
    return tuple(found)


def _facts(mapping: Mapping | None, book: Book) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, node in mapping.items if mapping else ():
        if key.text in SAID:
            continue
        type_ = _type_of(key, node, book)
        if type_ is not None:
            value = _told(key, node, type_, book)
            if value is not None:
                found[key.text] = value
    return found


def _type_of(key: Scalar, node: Node, book: Book) -> Type | None:
    if key.text in book.measures:
        return measure_type(book.measures[key.text])
    if key.text in book.inputs:
        return book.inputs[key.text].type
    if key.text not in book.lost:
        book.tell("unknown-case-fact", key.span, _instead(key, node, book), name=key.text)
    return None


def _instead(key: Scalar, node: Node, book: Book) -> Words | None:
    """What to write where no fact has this name."""
    if isinstance(node, Mapping) and node.items:
        dotted = f"{key.text}.{node.items[0][0].text}"
        return Words(f"names hold their dots: write `{dotted}`", f"事实名带点书写：`{dotted}`")
    return INSTEAD.get(key.text) or did_you_mean(near(key.text, [*book.inputs, *book.measures]))


def _told(key: Scalar, node: Node, type_: Type, book: Book) -> object | None:
    text = _text(node) if isinstance(node, Scalar) or isinstance(type_, SetOf) else None
    value = None if text is None else told_as(type_, text, book.reading, book.zone)
    if value is None:
        book.tell("wrong-fact-value", node.span, text=text or "…", name=key.text, wanted=ranged(type_, book.reading))
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
