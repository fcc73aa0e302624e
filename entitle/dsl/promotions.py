"""Promotion documents -> what programs are built from: for whom, when, how often, and what it does to an amount."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from entitle.boxes import Box, admitted
from entitle.dsl.amounts import QUANTITY_MAX
from entitle.dsl.benefits import between
from entitle.dsl.book import Book
from entitle.dsl.counters import is_hot
from entitle.dsl.effects import Effect, Free, effect
from entitle.dsl.limit_documents import BudgetDoc, LimitDoc
from entitle.dsl.names import near
from entitle.dsl.price_documents import PromotionDoc
from entitle.dsl.programs import Counted, in_channels, in_window
from entitle.dsl.reader import Scalar
from entitle.dsl.rewriting import facts_of
from entitle.dsl.scalars import did_you_mean
from entitle.dsl.typed import all_of
from entitle.dsl.values import ANY_CODE
from entitle.ir import Apply, Node, Op
from entitle.messages import Words
from entitle.release import Counter, Promotion
from entitle.source import Span

EVERY = "all"
RUNNING = {"amount", "base", "quantity"}
_CODE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?", re.ASCII)


@dataclass(frozen=True)
class Offered:
    """A promotion, ready to be put into programs.

    open     what must hold of customer and time, whatever the price is
    reached  what must hold of the amount that reaches its step, the price before discounts, and the quantity
    apart    the ids of promotions that it cannot be combined with
    keys     key facts that its counters need, and where each is named
    """

    promotion: Promotion
    open: tuple[Node, ...]
    reached: tuple[Node, ...]
    effect: Effect
    max_off: int | None
    counted: tuple[Counted, ...]
    budget: Counter | None
    apart: frozenset[str]
    keys: Mapping[str, Span]
    span: Span

    @property
    def id(self) -> str:
        return self.promotion.id

    @cached_property
    def reads_base(self) -> bool:
        """Does it depend on a product's own price?"""
        return any(fact.name == "base" for node in (*self.open, *self.reached) for fact in facts_of(node))

    @cached_property
    def box(self) -> Box | None:
        """Whom it is open to. The amount that reaches a step has nothing to do with that of another."""
        found = admitted(all_of([*self.open, *self.reached]))
        own = f"amount at {self.promotion.step}"
        return None if found is None else {own if name == "amount" else name: r for name, r in found.items()}


@dataclass(slots=True)
class _Making:
    id: str
    document: PromotionDoc
    book: Book
    keys: dict[str, Span] = field(default_factory=dict)


def promotion(
    id_: str, key: Scalar, document: PromotionDoc, book: Book, products: Collection[str], others: Collection[str]
) -> Offered | None:
    """The promotion, or None where a flaw, told of, leaves nothing to build on."""
    before = book.errors
    making = _Making(id_, document, book)
    what = effect(id_, document, key.span, book)
    _check_step(making, what)
    open_, reached = _conditions(making)
    counted = [*_limits(making), *_once(making)]
    budget = _budget(making)
    apart = _apart(making, others)
    sold = _products(making, products)
    code = _code(making)
    if book.errors > before or what is None:
        return None
    free = (what.buy, what.free) if isinstance(what, Free) else None
    counters = tuple(each.counter for each in counted) + ((budget,) if budget else ())
    made = Promotion(
        id_,
        document.step.value,
        sold,
        code,
        document.charges.value if document.charges else 1,
        free,
        counters,
        name=document.name.value if document.name else None,
        say=document.say.value if document.say else None,
        span=key.span,
    )
    max_off = document.max_off.value if document.max_off else None
    return Offered(
        made, tuple(open_), tuple(reached), what, max_off, tuple(counted), budget, apart, making.keys, key.span
    )


def _check_step(making: _Making, what: Effect | None) -> None:
    """Is its step one of the rulebook's, and one at which it can do what it does?"""
    step, book, document = making.document.step, making.book, making.document
    if step.value not in book.steps:
        like = did_you_mean(near(step.value, book.steps))
        book.tell("no-step", step.span, like, step=step.value, known=", ".join(book.steps) or "—")
        return
    units = document.buy or document.free
    if isinstance(what, Free) and units is not None:
        if book.steps[step.value] != "whole_order":
            book.tell("free-units-step", units.span, step=step.value)
        if document.max_off is not None:
            book.tell("max-off-of-free", document.max_off.span)


def _conditions(making: _Making) -> tuple[list[Node], list[Node]]:
    """What must hold whatever the price is, and what must hold of it."""
    document, book = making.document, making.book
    window = between(document.from_, document.until, document.through, book)
    calendar = None
    if document.in_ is not None and book.known(Words("calendar", "日历"), document.in_, book.calendars):
        calendar = document.in_.value
    open_ = in_window(window, calendar)
    if document.channels is not None:
        named = book.channel_names(document.channels)
        if named and book.channels is not None:
            open_.append(in_channels(named, book.channels, document.channels.span))
    said = book.condition(document.if_, (1, QUANTITY_MAX), priced=True)
    parts = list(said.args) if isinstance(said, Apply) and said.op is Op.AND else [said] if said else []
    reached = [part for part in parts if any(fact.name in RUNNING for fact in facts_of(part))]
    return [*open_, *(part for part in parts if part not in reached)], reached


def _products(making: _Making, products: Collection[str]) -> tuple[str, ...]:
    document, book = making.document, making.book
    what = Words("product", "商品")
    book.is_empty(document.products, "products")
    every = any(each.value == EVERY for each in document.products.value)
    named = [each.value for each in document.products.value if each.value != EVERY and book.known(what, each, products)]
    left_out = {
        each.value for each in (document.except_.value if document.except_ else []) if book.known(what, each, products)
    }
    return tuple(sorted(set(products if every else named) - left_out))


def _limits(making: _Making) -> list[Counted]:
    documents = making.document.limits.value if making.document.limits else []
    making.book.unique((each.id.value, each.id.span) for each in documents)
    return [made for each in documents if (made := _limit(making, each)) is not None]


def _limit(making: _Making, limit: LimitDoc) -> Counted | None:
    book, id_ = making.book, limit.id.value
    of = limit.of.value if limit.of else "orders"
    if of == "running" and limit.of is not None:
        book.tell("running-promotion", limit.of.span)
    if limit.in_each is None:
        if limit.lacks("in_each"):
            book.tell("limit-without-each", limit.id.span, id=id_)
        return None
    each, within = limit.in_each.value
    if each == "sale_window":
        book.tell("no-sale-window", limit.in_each.span)
    per = book.limited_key(limit.per, making.keys)
    if per is None:
        return None
    input_, name = f"promotion.{making.id}.{id_}", f"promotion:{making.id}:{id_}"
    counted: Literal["units", "orders"] = "units" if of == "units" else "orders"
    most, quoted, span = limit.max.value, limit.quoted, limit.node.span
    hot = is_hot(book, limit, counted)
    counter = Counter(input_, name, id_, most, per, each, counted, within, quoted, hot, span=span)
    return Counted(counter, book.condition(limit.if_))


def _once(making: _Making) -> list[Counted]:
    """One for each key: used up when any of them has had it."""
    id_, written = making.id, making.document.once_per
    return [
        Counted(Counter(f"promotion.{id_}.once.{per}", f"promotion:{id_}:once:{per}", id_, 1, per, span=written.span))
        for per in making.book.once_keys(written, making.keys)
        if written is not None
    ]


def _budget(making: _Making) -> Counter | None:
    written, charges = making.document.budget, making.document.charges
    if written is None:
        return None
    span = written.node.span if isinstance(written, BudgetDoc) else written.span
    if charges is not None and charges.value == 0:
        making.book.tell("endless-budget", span, also=charges.span)
    most, hot = (written.max.value, written.hot) if isinstance(written, BudgetDoc) else (written.value, None)
    name, is_hot_ = f"promotion:{making.id}:budget", bool(hot and hot.value)
    return Counter(f"budget.{making.id}", name, making.id, most, "", of="amount", hot=is_hot_, span=span)


def _apart(making: _Making, others: Collection[str]) -> frozenset[str]:
    written = making.document.cannot_combine_with
    found: set[str] = set()
    for each in written.value if written else []:
        if each.value == making.id:
            making.book.tell("combines-with-itself", each.span, id=making.id)
        elif each.value in (ANY_CODE, EVERY) or making.book.known(Words("promotion", "优惠"), each, others):
            found.add(each.value)
    return frozenset(found)


def _code(making: _Making) -> str | None:
    written = making.document.code
    if written is None:
        return None
    if not _CODE.fullmatch(written.value):
        making.book.tell("wrong-code", written.span, word=written.value)
        return None
    code = written.value.upper()
    if (first := making.book.promotion_codes.setdefault(code, written.span)) is not written.span:
        making.book.tell("reused-code", written.span, also=first, word=written.value)
    return code


def related(offered: Sequence[Offered]) -> list[Offered]:
    """The promotions, each with the ids of all that it cannot be combined with, whichever side says so."""
    groups = {EVERY: [each.id for each in offered]}
    groups[ANY_CODE] = [each.id for each in offered if each.promotion.code is not None]
    apart: dict[str, set[str]] = {each.id: set() for each in offered}
    for each in offered:
        named = {id_ for word in each.apart for id_ in groups.get(word, [word])} & apart.keys() - {each.id}
        apart[each.id] |= named
        for other in named:
            apart[other].add(each.id)
    return [
        replace(each, apart=frozenset(found), promotion=replace(each.promotion, apart=tuple(sorted(found))))
        for each, found in zip(offered, apart.values(), strict=True)
    ]
