"""What becomes of a running contract when its holder buys again."""

from entitle.dsl.counters import Making
from entitle.release import Rule


def again(making: Making) -> Rule | None:
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
