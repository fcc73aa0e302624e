"""A product's price or subscription -> its phases, and how it renews."""

from datetime import datetime
from functools import partial
from itertools import pairwise

from entitle.declarations import Phase, PriceChange, Subscription
from entitle.dsl.counters import Making, once
from entitle.dsl.prices import price_span
from entitle.dsl.product_documents import PhaseDoc, SubscriptionDoc
from entitle.dsl.programs import Phased
from entitle.values.civil import Term, shift_civil

LONGEST = Term(200, "year").microseconds


def phases(making: Making) -> list[tuple[Phase, Phased]]:
    """The phases in order; none where a flaw leaves none."""
    document, book = making.document, making.book
    subscription = document.subscription
    if subscription is not None:
        if document.price is not None:
            book.tell("price-and-subscription", price_span(document.price))
        if document.lasts is not None:
            book.tell("lasts-and-subscription", document.lasts.span)
        return _subscribed(making, subscription)
    if document.price is None:
        if document.lacks("price", "subscription"):
            book.tell("no-price", making.key, id=making.id, amount=book.reading.amount(25))
        return []
    priced = making.priced(document.price)
    if not priced.rows:
        return []
    made = Phased("price", partial(priced.node, name="rows.price", inputs=book.inputs), 1, None, (), priced.span)
    return [(Phase("price", 1, span=priced.span), made)]


def _subscribed(making: Making, subscription: SubscriptionDoc) -> list[tuple[Phase, Phased]]:
    written = subscription.phases
    making.book.is_empty(written, "phases")
    making.book.unique((each.id.value, each.id.span) for each in written.value)
    for i, each in enumerate(written.value):
        _check_phase(making, each, last=i == len(written.value) - 1)
    _check_length(making, subscription)
    made = [_phase(making, each) for each in written.value]
    return [each for each in made if each is not None]


def _check_phase(making: Making, phase: PhaseDoc, last: bool) -> None:
    book, id_ = making.book, phase.id.value
    if phase.periods is not None and phase.lasts is not None:
        book.tell("periods-and-lasts", phase.lasts.span, also=phase.periods.span)
    if not last and phase.lacks("periods", "lasts"):
        book.tell("endless-phase", phase.id.span, id=id_)
    stray = phase.if_ or phase.once_per
    if last and stray is not None:
        book.tell("conditional-last-phase", stray.span, id=id_)


def _check_length(making: Making, subscription: SubscriptionDoc) -> None:
    """No calendar reaches further than the phases do."""
    total = 0
    for each in subscription.phases.value:
        total += each.lasts.value.microseconds if each.lasts else 0
        total += subscription.renews.value.microseconds * each.periods.value if each.periods else 0
        if total > LONGEST and (length := each.periods or each.lasts):
            making.book.tell("phases-too-long", length.span)
            return


def _phase(making: Making, phase: PhaseDoc) -> tuple[Phase, Phased] | None:
    id_ = phase.id.value
    count = phase.periods.value if phase.periods else None
    lasts = phase.lasts.value if phase.lasts else None
    counter = once(making, phase.once_per, id_)
    charges = 1 if lasts else count
    condition = making.condition(phase.if_)
    priced = making.priced(phase.price)
    if not priced.rows:
        return None
    made = Phased(
        id_,
        partial(priced.node, name=f"rows.{id_}", inputs=making.book.inputs),
        charges,
        condition,
        counter,
        phase.node.span,
    )
    return Phase(id_, count, lasts, span=phase.id.span), made


def subscription(making: Making) -> Subscription | None:
    """How the product renews, where it does."""
    written = making.document.subscription
    if written is None:
        return None
    book, fails = making.book, written.if_payment_fails
    retry = [each.value for each in fails.retry.value] if fails and fails.retry else []
    if fails and fails.retry and any(a.microseconds >= b.microseconds for a, b in pairwise(retry)):
        book.tell("retry-order", fails.retry.span)
    remind = written.remind.value if written.remind else []
    for each in remind:
        if _reaches_over(each.value, written.renews.value):
            book.tell("remind-too-early", each.span, also=written.renews.span)
    return Subscription(
        written.renews.value,
        tuple(each.value for each in remind),
        tuple(retry),
        fails.keep_access.value if fails and fails.keep_access else None,
        _price_change(making, written),
        written.cancel.value if written.cancel else "period_end",  # type: ignore[arg-type]  # a closed word
    )


def _price_change(making: Making, written: SubscriptionDoc) -> PriceChange | None:
    said = written.if_price_changes.value if written.if_price_changes else None
    return making.book.zone.instant(said) if isinstance(said, datetime) else said


MONTHS = tuple(datetime(2025, month, 1) for month in range(1, 13))  # of a common year: the shortest of each


def _reaches_over(before: Term, length: Term) -> bool:
    """Is so long before the end of such a period ever before its beginning? A month may have 28 days.

    A trial may be shorter: of its end the customer is told with the purchase.
    """
    return any(shift_civil(shift_civil(start, length), before, -1) < start for start in MONTHS)
