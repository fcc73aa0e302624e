"""How a product is refunded: the rule, and the share of what is paid that each thing it gives stands for."""

from collections.abc import Sequence
from fractions import Fraction

from entitle.declarations import Rate, RefundRule
from entitle.dsl.counters import Making
from entitle.dsl.product_documents import GiveDoc

WHOLE = Fraction(1)


def refund_rule(making: Making) -> RefundRule | None:
    """The rule; None where nothing is given back."""
    document, book = making.document.refund, making.book
    if document is None or not document.within or not document.if_used:
        return None
    gives = making.document.gives.value
    if document.if_used.value == "deduct" and len(gives) > 1 and not any(each.says("share") for each in gives):
        book.tell("deduct-without-shares", document.if_used.span)
    back = document.give_back.value if document.give_back else []
    return RefundRule(document.within.value, document.if_used.value, tuple(dict.fromkeys(each.value for each in back)))


def shares(making: Making, gives: Sequence[GiveDoc]) -> list[Rate | None]:
    """The share of each item: those written come to the whole, or one takes the rest."""
    book = making.book
    if not any(each.says("share") for each in gives):
        return [None for _ in gives] if len(gives) > 1 else [(1, 1) for _ in gives]
    for each in gives:
        if each.lacks("share"):
            book.tell("share-missing", each.node.span)
    written = [each.share for each in gives if each.share is not None]
    rests = [each for each in written if each.value is None]
    for more in rests[1:]:
        book.tell("two-rests", more.span, also=rests[0].span)
    total = sum((Fraction(*each.value) for each in written if each.value is not None), Fraction(0))
    if len(written) == len(gives) and (total > WHOLE or (not rests and total < WHOLE)):
        book.tell("shares-not-whole", written[-1].span, total=_percent(total))
    left = max(WHOLE - total, Fraction(0))
    found = [_share(each, left) for each in gives]
    return [(part.numerator, part.denominator) for part in found]


def _share(each: GiveDoc, left: Fraction) -> Fraction:
    if each.share is None:
        return Fraction(0)
    return left if each.share.value is None else Fraction(*each.share.value)


def _percent(part: Fraction) -> str:
    return f"{float(part * 100):.6g}%"
