"""What a step of a case expects -> expectations, each of its type, each about something that can happen."""

from collections.abc import Collection, Mapping, Sequence

from entitle.case import Expectation
from entitle.dsl.amounts import NOTHING
from entitle.dsl.book import Book
from entitle.dsl.case_documents import ExpectDoc, StepDoc
from entitle.dsl.names import near
from entitle.dsl.refusals import REFUSALS
from entitle.dsl.scalars import did_you_mean
from entitle.dsl.shapes import Written
from entitle.messages import Words
from entitle.release import Product


def expectations(step: StepDoc, products: Mapping[str, Product], book: Book) -> list[Expectation]:
    """Everything the step expects."""
    expect = step.expect
    if expect is None:
        return []
    if isinstance(expect, Written):
        return [Expectation("ok", None, expect.span)]
    assert isinstance(expect, ExpectDoc), "the checker gives a word or a document"
    found: list[Expectation] = []
    for what in ("charge", "pays", "notice", "refused", "missing", "blocked", "review", "challenge"):
        written = getattr(expect, what)
        if written is not None:
            found.append(Expectation(what, None if written.value == NOTHING else written.value, written.span))
    if expect.ends is not None:
        found.append(Expectation("ends", book.zone.instant(expect.ends.value), expect.ends.span))
    if not expect.node.items:
        book.tell("expects-nothing", expect.node.span)
    _check_no(step, expect, products, book)
    items = {item.id for product in products.values() for item in product.gives}
    found += _listed("applied", expect.applied, Words("promotion", "优惠"), book.promotions, book)
    found += _listed("grant", expect.grant, Words("item of any product", "商品权益项"), items, book)
    found += _listed("has", expect.has, Words("benefit", "权益"), book.benefits, book)
    return found


def _listed(
    what: str, written: Written[list[Written[str]]] | None, called: Words, names: Collection[str], book: Book
) -> list[Expectation]:
    if written is None:
        return []
    for each in written.value:
        if what == "has" or not book.lost:  # a product that is lost may have had the item
            book.known(called, each, names)
    return [Expectation(what, tuple(each.value for each in written.value), written.span)]


def _check_no(step: StepDoc, expect: ExpectDoc, products: Mapping[str, Product], book: Book) -> None:
    """A refusal has a reason that there is, and something that was refused."""
    for written in (expect.refused, expect.missing, expect.blocked, expect.review, expect.challenge):
        if written is not None and step.lacks("do"):
            book.tell("nothing-done", written.span)
    if expect.blocked is not None:
        _check_guard(expect.blocked, ("block", "review"), book)  # a review that was refused blocks
    if expect.review is not None:
        _check_guard(expect.review, ("review",), book)
    if expect.challenge is not None:
        wanted = [each.challenge for each in book.guards.values() if each.challenge and not each.log_only]
        book.known(Words("challenge", "验证"), expect.challenge, wanted)
    if expect.refused is not None:
        _check_refused(expect.refused, products, book)
    if expect.missing is not None:
        _check_missing(expect.missing, book)


def _check_guard(written: Written[str], kinds: Sequence[str], book: Book) -> None:
    """Is it a guard, and one that answers so?"""
    if not book.known(Words("guard", "风控规则"), written, book.guards) or written.value not in book.guards:
        return
    guard = book.guards[written.value]
    if guard.log_only:
        book.tell("guard-only-logs", written.span, name=guard.id)
    elif guard.kind not in kinds:
        book.tell("other-guard", written.span, ANSWERS[guard.kind], name=guard.id)


ANSWERS = {
    "block": Words("it blocks: write `blocked`", "它是拦截：写 `blocked`"),
    "challenge": Words(
        "it asks for a challenge: write `challenge`, and which", "它要求验证：写 `challenge` 及何种验证"
    ),
    "review": Words("it asks for a review: write `review`", "它要求审核：写 `review`"),
}


def _check_refused(written: Written[str], products: Mapping[str, Product], book: Book) -> None:
    rules = [rule for product in products.values() for stage in product.rules for rule in stage]
    limits = [rule.id for rule in rules if rule.code == "limit"]
    if written.value not in limits and written.value not in REFUSALS and not book.lost:
        help_ = did_you_mean(near(written.value, [*limits, *REFUSALS]))
        book.tell("unknown-reason", written.span, help_, name=written.value)


def _check_missing(written: Written[str], book: Book) -> None:
    name = written.value
    declared = book.inputs.get(name)
    if name in book.measures or (declared is not None and declared.missing != "ask"):
        book.tell("never-missing", written.span, name=name)
    elif declared is None and name not in book.lost:
        help_ = did_you_mean(near(name, book.inputs))
        book.tell("unknown-case-fact", written.span, help_, name=name)
