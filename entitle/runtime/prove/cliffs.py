"""Where buying more costs less: one more unit lowers what the order comes to."""

from collections.abc import Iterator

from entitle.runtime.prove.result import Result
from entitle.runtime.prove.subject import Subject
from entitle.runtime.prove.twins import Twins


def more_costs_more(subject: Subject) -> Iterator[Result]:
    """Does one more unit of a product, bought alone, ever lower the total? Shown, for it may be meant."""
    least, most = subject.product.sale.quantity
    if least == most:
        return
    twins = Twins(subject, "quantity")
    here, there = twins.of("quantity")
    bought = twins.cheaper(there == here + 1)
    if bought is None:
        yield subject.proved("more-costs-more")
        return
    fewer, more = bought
    values = {
        "units": str(more.purchase.quantity),
        "less": subject.money(more.pays),
        "more": subject.money(fewer.pays),
    }
    span = more.falls[-1].span if more.falls else None
    yield subject.shown("more-costs-more", "more-for-less", span, more, fewer, **values)
