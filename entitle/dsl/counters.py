"""Limits and `once_per` -> counters: whom they count, for how long, and what cannot be said together."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain

from entitle.boxes import Box
from entitle.dsl.book import Book
from entitle.dsl.limit_documents import LimitDoc
from entitle.dsl.price_documents import PriceTableDoc
from entitle.dsl.prices import Priced, check_rows, price
from entitle.dsl.product_documents import ProductDoc
from entitle.dsl.programs import Counted
from entitle.dsl.reader import Scalar
from entitle.dsl.refusals import REFUSALS
from entitle.dsl.shapes import Written
from entitle.ir import Node
from entitle.messages import Words
from entitle.release import Counter
from entitle.source import Span
from entitle.values.money import MONEY_MAX, amount_text

ONE = (1, 1)


@dataclass(slots=True)
class Making:
    """One product on its way. `keys`: the key facts that its counters need, and where each is named first.

    within  whom `sell` lets in
    prices  every price that it has, as they are read
    """

    id: str
    key: Span
    document: ProductDoc
    book: Book
    keys: dict[str, Span] = field(default_factory=dict)
    within: tuple[Box, ...] = ()
    prices: list[Priced] = field(default_factory=list)

    def priced(self, written: Written[int] | PriceTableDoc) -> Priced:
        """A price of the product, each of whose amounts is told of where the largest purchase would be too much."""
        found = price(written, self.book)
        check_rows(found, self.within, self.book)
        most = self.quantity[1]
        for row in found.rows:
            if row.amount * most > MONEY_MAX:
                largest = amount_text(MONEY_MAX, self.book.currency)
                self.book.tell("total-too-large", row.span, most=str(most), max=largest)
        self.prices.append(found)
        return found

    @property
    def quantity(self) -> tuple[int, int]:
        sell = self.document.sell
        return sell.quantity.value if sell and sell.quantity else ONE

    @property
    def scope(self) -> str:
        """What its limits are limits of: the product, or its family, which no product is called like."""
        family = self.document.family
        return family.value if family else self.id

    @property
    def has_term(self) -> bool:
        """Is there paid time, whatever became of what says so?"""
        return self.document.says("subscription", "lasts")

    def condition(self, scalar: Scalar | None) -> Node | None:
        return self.book.condition(scalar, self.quantity)


def once(making: Making, written: Written[list[Written[str]]] | None, id_: str) -> tuple[Counter, ...]:
    """The counters of a `once_per`, for ever: one for each key, so that it is used up when any of them has had it."""
    return tuple(
        Counter(f"once.{id_}.{per}", f"once:{making.id}:{id_}:{per}", id_, 1, per, span=written.span)
        for per in making.book.once_keys(written, making.keys)
        if written is not None
    )


def limits(making: Making, written: Written[list[LimitDoc]] | None, item: str = "") -> list[Counted | None]:
    """The limits of the product, or of an item; None for one with a flaw."""
    documents = written.value if written else []
    making.book.unique((each.id.value, each.id.span) for each in documents)
    return [_limit(making, each, item) for each in documents]


def _limit(making: Making, limit: LimitDoc, item: str) -> Counted | None:
    book, id_ = making.book, limit.id.value
    of = limit.of.value if limit.of else "units"
    if id_ in REFUSALS:
        book.tell("reserved-limit", limit.id.span, id=id_)
    if of == "units" and limit.max.value < making.quantity[0]:
        book.tell("limit-below-quantity", limit.max.span, max=str(limit.max.value), least=str(making.quantity[0]))
    per = book.limited_key(limit.per, making.keys)
    if not _window_fits(making, limit, of) or per is None:
        return None
    each, within = limit.in_each.value if limit.in_each else ("lifetime", 0)
    input_ = f"limit.{item}.{id_}" if item else f"limit.{id_}"
    name = f"limit:{making.id}:{item}:{id_}" if item else f"limit:{making.scope}:{id_}"
    hot, most, span = is_hot(book, limit, of), limit.max.value, limit.node.span
    counter = Counter(input_, name, id_, most, per, each, of, within, limit.quoted, hot, span=span)  # type: ignore[arg-type]  # `of` is a closed word
    if making.document.family is not None and not item:
        _check_shared(making, counter, limit)
    return Counted(counter, making.condition(limit.if_))


def is_hot(book: Book, limit: LimitDoc, of: str) -> bool:
    """Is it kept in parts? What one alone moves, or what is counted from its uses, has none."""
    if limit.hot is None or not limit.hot.value:
        return False
    rolling = limit.in_each is not None and limit.in_each.value[0] == "rolling"
    if limit.per.value != "all_together" or rolling or of == "running":
        book.tell("never-hot", limit.hot.span)
    return True


def _check_shared(making: Making, counter: Counter, limit: LimitDoc) -> None:
    """Products of a family that share a limit mean the same by it."""
    first = making.book.shared.setdefault(counter.name, counter)
    alike = [
        (each.max, each.per, each.in_each, each.of, each.within, each.quoted, each.hot) for each in (first, counter)
    ]
    if alike[0] != alike[1]:
        making.book.tell("family-limits-differ", limit.id.span, also=first.span, id=counter.id)


def _window_fits(making: Making, limit: LimitDoc, of: str) -> bool:
    """Is it said for how long the limit counts, in a way that fits what it counts?"""
    book = making.book
    if of == "running":
        if limit.in_each is not None:
            book.tell("running-in-each", limit.in_each.span)
        if not making.has_term:
            assert limit.of is not None, "only a written word is `running`"
            book.tell("never-runs", limit.of.span)
        return True
    if limit.in_each is None:
        if limit.lacks("in_each"):
            book.tell("limit-without-each", limit.id.span, id=limit.id.value)
        return False
    if limit.in_each.value[0] == "sale_window" and not _has_window(making):
        book.tell("no-sale-window", limit.in_each.span)
    return True


def _has_window(making: Making) -> bool:
    sell = making.document.sell
    return sell is not None and sell.says("from", "until", "through", "in")


def shared_once(making: Making, phases: Iterable[tuple[Counter, ...]], items: Iterable[tuple[Counter, ...]]) -> None:
    """A phase and an item of one name would use up one another's `once_per`."""
    once_of_phases = {each.id: each.span for each in chain.from_iterable(phases)}
    for each in chain.from_iterable(items):
        if each.id in once_of_phases and each.span is not None:
            help_ = Words(
                "their `once_per` would be one: give each its own `id`", "两者的 `once_per` 会混为一个，请各用各的 `id`"
            )
            making.book.tell("id-reused", each.span, help_, also=once_of_phases[each.id], id=each.id)
