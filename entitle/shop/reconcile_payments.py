"""Payments: each stands for one case of all, and no case that money came for is without one."""

import json
from collections import Counter, defaultdict

from entitle.payment_records import UsedPayment
from entitle.plan import Find
from entitle.shop.books import Books
from entitle.shop.breaks import Finding
from entitle.shop.reconcile_told import Told
from entitle.shop.verb import Verb, ask


def payment_breaks(said: Told, books: Books) -> Verb[list[Finding]]:
    """Payments that were used twice, those whose use is not remembered, and those remembered for what is not there."""
    found: list[Finding] = []
    uses = _uses(said, books)
    cases = {"", *(each.id for each in books.orders), *(each.id for each in books.contracts)}
    cases |= {each.id for each in books.reviews if each.state != "refused"} | {each.order for each in books.plans}
    instants = {each.at for each in books.entries}
    known = {each.ref: each for each in books.payments}
    others = yield from _of_others(sorted(uses.keys() - known.keys()))
    for ref in sorted(uses.keys() | known.keys()):
        row, came, other = known.get(ref), uses[ref], others.get(ref)
        if len(came) > 1 or other is not None:
            found.append(Finding("payment-twice", ref, ", ".join([*came, *([_told(other)] if other else [])])))
        if other is None and (row is None or row.case not in cases or row.at not in instants):
            found.append(Finding("payment-used", ref, row.case if row else "nothing", ", ".join(came) or "nothing"))
    return found


def _of_others(refs: list[str]) -> Verb[dict[str, UsedPayment]]:
    """Those of the references that stand for a case of another customer, who came first."""
    if not refs:
        return {}
    (rows,) = yield from ask(Find(UsedPayment, (("ref", "in", tuple(refs)),)))
    return {each.ref: each for each in rows}


def _told(used: UsedPayment) -> str:
    return f"{used.case or 'refund.due'} of {used.stream}"


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
