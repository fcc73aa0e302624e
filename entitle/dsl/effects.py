"""What a promotion does to an amount -> a node over that amount, which never is raised and never falls below zero."""

from dataclasses import dataclass

from entitle.dsl.book import Book
from entitle.dsl.price_documents import PromotionDoc
from entitle.dsl.typed import apply, number, scale
from entitle.ir import Node, Op, Rounding
from entitle.source import Span


@dataclass(frozen=True, slots=True)
class Pay:
    """A part of it is paid."""

    top: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Minus:
    """So much is taken off."""

    amount: int


@dataclass(frozen=True, slots=True)
class SetTo:
    """It becomes this, if that is less."""

    amount: int


@dataclass(frozen=True, slots=True)
class MinusEach:
    """So much is taken off for each full `every`."""

    every: int
    amount: int


@dataclass(frozen=True, slots=True)
class Free:
    """Of every buy + free units so many cost nothing: picked beside the programs, from whole orders."""

    buy: int
    free: int


Effect = Pay | Minus | SetTo | MinusEach | Free


def effect(id_: str, document: PromotionDoc, key: Span, book: Book) -> Effect | None:
    """The one effect of a promotion; None where that is told of as wrong."""
    found: list[tuple[Span, Effect]] = []
    if document.pay is not None:
        found.append((document.pay.span, Pay(*document.pay.value)))
    if document.minus is not None:
        found.append((document.minus.span, Minus(document.minus.value)))
    if document.set is not None:
        found.append((document.set.span, SetTo(document.set.value)))
    if document.minus_each is not None:
        each = document.minus_each
        if each.for_every.value == 0:
            book.tell("for-every-nothing", each.for_every.span)
            return None
        found.append((each.node.span, MinusEach(each.for_every.value, each.minus.value)))
    units = document.buy or document.free
    if units is not None:
        if document.buy is None or document.free is None:
            book.tell("buy-without-free", units.span)
            return None
        found.append((units.span, Free(document.buy.value, document.free.value)))
    found.sort(key=lambda each: each[0].start)
    for span, _ in found[1:]:
        book.tell("two-effects", span, also=found[0][0])
    if not found and document.lacks("pay", "minus", "set", "minus_each", "buy", "free"):
        book.tell("no-effect", key, id=id_)
    return found[0][1] if len(found) == 1 else None


def lowered(what: Effect, amount: Node, rounding: Rounding, max_off: int | None) -> Node:
    """The new amount, rounded once."""
    match what:
        case Pay(top, bottom):
            new = scale(amount, top, bottom, rounding)
        case Minus(off):
            new = less(amount, number(off, "money"))
        case SetTo(price):
            new = apply(Op.MIN, amount, number(price, "money"))
        case MinusEach(every, off):
            times = scale(amount, 1, every, "down")
            new = less(amount, apply(Op.TIMES_MONEY, times, number(off)))
        case Free():
            raise AssertionError("what free units cost is told, not reckoned")
    return new if max_off is None else apply(Op.MAX, new, less(amount, number(max_off, "money")))


def less(amount: Node, off: Node) -> Node:
    """The amount with so much off, and never below zero."""
    return apply(Op.MAX, number(0, "money"), apply(Op.SUB_MONEY, amount, off))
