"""Payments: each stands for one case, and no case that money came for is without one."""

import json
from collections import Counter, defaultdict

from entitle.shop.books import Books
from entitle.shop.breaks import Finding, Found
from entitle.shop.reconcile_told import Told


def payment_breaks(said: Told, books: Books) -> Found:
    """Payments that were used twice, those whose use is not remembered, and those remembered for what is not there."""
    uses = _uses(said, books)
    cases = {"", *(each.id for each in books.orders), *(each.id for each in books.contracts)}
    cases |= {each.id for each in books.reviews if each.state != "refused"}
    instants = {each.at for each in books.entries}
    known = {each.ref: each for each in books.payments}
    for ref in sorted(uses.keys() | known.keys()):
        row, came = known.get(ref), uses[ref]
        if len(came) > 1:
            yield Finding("payment-twice", ref, ", ".join(came))
        if row is None or row.case not in cases or row.at not in instants:
            yield Finding("payment-used", ref, row.case if row else "nothing", ", ".join(came) or "nothing")


def _uses(said: Told, books: Books) -> defaultdict[str, list[str]]:
    """What came with each reference: orders, charges after their first, what is owed back or kept for a review."""
    credited: Counter[str] = Counter()
    for each in said:
        if each.type == "contract.changed":
            credited[each.body["order"]] += each.body["credit"]
    uses: defaultdict[str, list[str]] = defaultdict(list)
    for order in books.orders:
        if order.paid_ref and order.total > credited[order.id]:
            uses[order.paid_ref].append(order.id)
    for charge in books.charges:
        if charge.ref and charge.state == "paid" and charge.n > 1 and charge.amount:
            uses[charge.ref].append(f"{charge.contract}/{charge.n}")
    for each in said:
        if each.type == "refund.due":
            uses[each.body["ref"]].append("refund.due")
    for review in books.reviews:
        for ref, _, _ in json.loads(review.paid):
            uses[ref] = uses[ref] or [review.id]
    return uses
