"""What binds purchases together: buying again what runs, what it can be changed to, and families of products."""

from collections.abc import Mapping
from dataclasses import dataclass

from entitle.declarations import Again, Change
from entitle.dsl.book import Book
from entitle.dsl.counters import Making
from entitle.dsl.product_documents import ProductDoc
from entitle.dsl.reader import Scalar
from entitle.messages import Words
from entitle.release import Rule


@dataclass(frozen=True, slots=True)
class Plans:
    """What becomes of a running contract. `refusal`: of whoever buys it again, where `again` asks for that."""

    again: Again
    refusal: Rule | None
    changes: tuple[Change, ...]


def plans_of(making: Making) -> Plans:
    written = making.document.again
    return Plans(written.value if written else "parallel", _refusal(making), _changes(making))


def _refusal(making: Making) -> Rule | None:
    """The refusal of whoever buys the product while it is running, if `again` asks for it."""
    written, book = making.document.again, making.book
    if written is None or written.value == "parallel":
        return None
    if not making.has_term:
        book.tell("again-without-term", written.span, again=written.value)
    subscription = making.document.subscription
    if written.value == "extend" and subscription is not None and subscription.phases.value:
        last = subscription.phases.value[-1]
        if not last.says("periods", "lasts"):
            book.tell("extends-endless", written.span, also=last.id.span)
    return Rule("already-running", making.id, span=written.span) if written.value == "refuse" else None


def _changes(making: Making) -> tuple[Change, ...]:
    """What the product can be changed to."""
    written, book = making.document.change, making.book
    if written is None or book.is_empty(written, "change"):
        return ()
    if not making.document.says("subscription"):
        book.tell("change-without-renewal", written.span)
    found: list[Change] = []
    first: dict[str, Change] = {}
    for each in written.value:
        if each.when.value == "now" and not each.says("pay"):
            book.tell("change-without-pay", each.when.span)
        pay = each.pay.value if each.pay else "full"
        change = Change(each.to.value, each.when.value, pay, span=each.to.span)  # type: ignore[arg-type]  # closed words
        if first.setdefault(change.to, change) is not change:
            book.tell("changed-twice", each.to.span, also=first[change.to].span, name=change.to)
        if change.to == making.id:
            book.tell("changes-to-itself", each.to.span)
        found.append(change)
    return tuple(found)


def check_changes(products: Mapping[str, ProductDoc | None], book: Book) -> None:
    """A change leads to a subscription, and to one whose periods can be counted from the old anchor."""
    for document in products.values():
        for each in document.change.value if document and document.change else ():
            if not book.known(Words("product", "商品"), each.to, products) or each.to.value in book.lost:
                continue
            to = products[each.to.value]
            if to is None or not to.says("subscription"):
                book.tell("changes-to-no-renewal", each.to.span, name=each.to.value)
            elif to.subscription is not None:
                lasting = next((phase for phase in to.subscription.phases.value if phase.lasts), None)
                if lasting is not None and lasting.lasts is not None:
                    book.tell("changes-to-trial", each.to.span, also=lasting.lasts.span, name=each.to.value)


def families(products: Mapping[str, tuple[Scalar, ProductDoc | None]], book: Book) -> dict[str, tuple[str, ...]]:
    """The products of each family. A measure could not tell a family from a product of its name."""
    found: dict[str, tuple[str, ...]] = {}
    for name, (_, document) in products.items():
        if document is None or document.family is None:
            continue
        family = document.family.value
        if family in products:
            book.tell("family-like-product", document.family.span, also=products[family][0].span, name=family)
        found[family] = (*found.get(family, ()), name)
    return found
