"""The items of a product's `gives` -> what is given, on which schedule, to whom."""

from dataclasses import replace

from entitle.dsl.counters import Making, limits, once
from entitle.dsl.product_documents import GiveDoc
from entitle.dsl.programs import Gift
from entitle.dsl.refund_rules import shares
from entitle.messages import Words
from entitle.release import After, Benefit, DayOfMonth, EachPeriod, Every, Item, Purchase, When
from entitle.values.civil import Term

LONGEST = Term(200, "year")
MONTHS_MAX = LONGEST.count * 12


def items(making: Making) -> list[tuple[Item, Gift]]:
    """Everything the product gives, in order; without what is told of as wrong."""
    gives = making.document.gives
    making.book.is_empty(gives, "gives")
    made = [found for each in gives.value if (found := _item(making, each)) is not None]
    making.book.unique((item.id, item.span or making.key) for item, _ in made)
    parts = shares(making, gives.value)
    if len(made) < len(parts):
        return made  # what is wrong is told
    return [(replace(item, share=part), gift) for (item, gift), part in zip(made, parts, strict=True)]


def _item(making: Making, give: GiveDoc) -> tuple[Item, Gift] | None:
    book = making.book
    if not book.known(Words("benefit", "权益"), give.benefit, book.benefits):
        return None
    benefit = book.benefits[give.benefit.value]
    id_ = give.id.value if give.id else give.benefit.value
    when: When = give.when.value if give.when else Purchase()
    _check_paid_time(making, give, benefit, when)
    _check_schedule(making, give, when)
    if any(each.counts == "period_end" for each in benefit.valid) and not making.has_term:
        book.tell("no-period-end", give.benefit.span, benefit=benefit.id)
    item = Item(
        id_,
        benefit.id,
        give.quantity.value if give.quantity else 1,
        when,
        give.times.value if give.times else None,
        give.during is not None,
        give.claim_within.value if give.claim_within else None,
        span=give.node.span,
    )
    counted = tuple(each for each in limits(making, give.limits, id_) if each is not None)
    return item, Gift(id_, making.condition(give.if_), once(making, give.once_per, id_), counted, give.node.span)


def _check_paid_time(making: Making, give: GiveDoc, benefit: Benefit, when: When) -> None:
    book = making.book
    if give.during is None:
        return
    if not making.has_term:
        book.tell("no-paid-time", give.during.span)
    if benefit.kind == "voucher":
        book.tell("during-voucher", give.during.span, benefit=benefit.id)
    if give.claim_within is not None:
        book.tell("during-and-claim", give.claim_within.span, also=give.during.span)
    if give.when is not None and not isinstance(when, Purchase):
        book.tell("during-and-when", give.when.span, also=give.during.span)


def _check_schedule(making: Making, give: GiveDoc, when: When) -> None:
    book = making.book
    if give.times is not None and isinstance(when, Purchase | After) and (give.when or not give.says("when")):
        book.tell("issued-once", give.times.span)
    if give.when is None:
        return
    match when:
        case EachPeriod() if making.document.lacks("subscription"):
            book.tell("no-periods", give.when.span)
        case EachPeriod(first=False) if _periods(making) == 1:
            book.tell("no-renewals", give.when.span)
        case Every() | DayOfMonth() if give.lacks("times") and not making.has_term:
            book.tell("never-ends", give.when.span)
        case Every(term=term) if give.times and give.times.value * term.microseconds > LONGEST.microseconds:
            book.tell("times-too-many", give.times.span)
        case DayOfMonth() if give.times and give.times.value > MONTHS_MAX:
            book.tell("times-too-many", give.times.span)


def _periods(making: Making) -> int | None:
    """How many periods the subscription has at most; None where it has no end."""
    subscription = making.document.subscription
    if subscription is None or not subscription.phases.value:
        return None
    counts = [1 if each.lasts else each.periods.value if each.periods else None for each in subscription.phases.value]
    return None if None in counts else sum(count or 0 for count in counts)
