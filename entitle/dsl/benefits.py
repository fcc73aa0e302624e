"""Benefit and calendar documents -> what customers come to hold, and windows of time."""

from dataclasses import replace
from datetime import date, datetime

from entitle.declarations import Quota, Redeem
from entitle.dsl.book import Book
from entitle.dsl.documents import BenefitDoc, CalendarDoc
from entitle.dsl.shapes import Written
from entitle.messages import Words
from entitle.release import Benefit, Between, Validity, Weekly, Window
from entitle.source import Span
from entitle.values.civil import through

ONLY_FOR = {
    "redeem": "voucher",
    "amount": "quota",
    "unit": "quota",
    "resets": "quota",
    "pool": "card_code",
    "reveal": "card_code",
}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def benefit(id_: str, document: BenefitDoc, book: Book) -> Benefit | None:
    kind = document.kind.value
    for key, owner in ONLY_FOR.items():
        written = getattr(document, key)
        if written is not None and kind != owner:
            book.tell("not-for-kind", _place(written), key=key, kind=kind, owner=owner)
    quota = None
    if kind == "quota":
        if document.amount is None or document.unit is None:
            book.tell("quota-incomplete", document.kind.span, id=id_)
            return None
        quota = Quota(document.amount.value, document.unit.value, document.resets.value if document.resets else None)
    if kind == "card_code" and not _has_codes(id_, document, book):
        return None
    if document.valid is not None:
        book.is_empty(document.valid, "valid")
    valid = tuple(_validity(each.value, book) for each in document.valid.value) if document.valid else ()
    redeem = _redeem(document, book) if kind == "voucher" else None
    return Benefit(
        id_,
        kind,  # type: ignore[arg-type]  # a closed word
        document.name.value,
        valid,
        redeem,
        quota,
        document.pool.value if document.pool else None,
        document.reveal.value if document.reveal else "on_request",  # type: ignore[arg-type]  # a closed word
        span=document.node.span,
    )


def _has_codes(id_: str, document: BenefitDoc, book: Book) -> bool:
    """Does it name a pool of card codes? Tells of what it is instead."""
    if document.pool is None:
        if document.lacks("pool"):
            book.tell("card-without-pool", document.kind.span, id=id_)
        return False
    return book.pool_of(document.pool, "card_codes")


def _place(written: object) -> Span:
    return written.span if isinstance(written, Written) else written.node.span  # type: ignore[attr-defined]  # else it is a document


def _validity(validity: Validity, book: Book) -> Validity:
    """`through DATE` ends with that day in the rulebook's zone."""
    if validity.counts != "instant" or validity.until is None:
        return validity
    return replace(validity, until=through(book.zone, date.fromordinal(validity.until)))


def _redeem(document: BenefitDoc, book: Book) -> Redeem:
    written = document.redeem
    if written is None:
        return Redeem()
    for key, named in (("by", written.by), ("outlets", written.outlets)):
        if named is not None:
            book.is_empty(named, key)
    by = tuple(each.value for each in written.by.value) if written.by else ()
    outlets = tuple(each.value for each in written.outlets.value) if written.outlets else ()
    return Redeem(by, written.uses.value if written.uses else 1, outlets)


def calendar(id_: str, written: Written[list[CalendarDoc]], book: Book) -> tuple[Window, ...]:
    if not written.value and not written.span.text.strip("[] \n"):
        book.tell("never-open", written.span, id=id_)
    return tuple(window for each in written.value if (window := _window(each, book)) is not None)


def _window(document: CalendarDoc, book: Book) -> Window | None:
    if document.says("days"):
        return _weekly(document, book)
    start, until = document.from_, document.until
    if any(each is not None and isinstance(each.value, int) for each in (start, until)):
        book.tell("hours-without-days", document.node.span)
        return None
    if document.lacks("from", "until", "through"):
        book.tell("always-open", document.node.span)
    return between(start, until, document.through, book)


def _weekly(document: CalendarDoc, book: Book) -> Weekly | None:
    start, until, days = document.from_, document.until, document.days
    if days is None or book.is_empty(days, "days"):
        return None
    if start is None or until is None:
        if document.lacks("from") or document.lacks("until"):
            book.tell("weekly-hours", days.span)
        return None
    if not isinstance(start.value, int) or not isinstance(until.value, int) or document.through:
        book.tell("weekly-hours", days.span)
        return None
    if start.value == until.value:
        book.tell("no-hours", start.span)
        return None
    return Weekly(tuple(sorted(WEEKDAYS.index(each.value) for each in days.value)), start.value, until.value)


def between(
    start: Written[datetime] | None, until: Written[datetime] | None, last: Written[datetime] | None, book: Book
) -> Between:
    """A stretch of time in the rulebook's zone; `until` and `through` are two ways to say one thing."""
    if until is not None and last is not None:
        book.tell("until-and-through", last.span, also=until.span)
    begin = book.zone.instant(start.value) if start else None
    end = book.zone.instant(until.value) if until else through(book.zone, last.value.date()) if last else None
    if begin is not None and end is not None and end <= begin:
        closing = until or last
        assert closing is not None
        book.tell("ends-before-start", closing.span, Words("nothing could ever be in it", "这段时间是空的"))
    return Between(begin, end)
