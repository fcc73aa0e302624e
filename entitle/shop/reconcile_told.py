"""Orders, payments and refunds against what the world was told of them.

The ledger's digests cover events, so nobody edits them unseen. What was told is complete: it says what was bought, paid
and given, and a row that says otherwise was edited.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from entitle.records import Charge, Event, Order, OrderLine, Refund
from entitle.shop.books import Books
from entitle.shop.breaks import Finding, Found
from entitle.values.zone import Instant


class Said(NamedTuple):
    """An event: its type, its body, and when it was told."""

    type: str
    body: dict[str, Any]
    at: Instant


Told = list[Said]


def told(events: Sequence[Event]) -> Told:
    """What was told, in its order."""
    return [Said(event.type, json.loads(event.body), event.at) for event in events]


def told_breaks(said: Told, books: Books) -> Found:
    """Orders, payments and refunds that are not what was told of them, and those that nobody was told of."""
    yield from _orders(said, books)
    yield from _payments(said, books.charges)
    yield from _refunds(said, books.refunds)


def _orders(said: Told, books: Books) -> Found:
    bought: dict[str, list[dict[str, object]]] = {}
    for line in sorted(books.lines, key=lambda each: (each.order, each.line)):
        what = {"product": line.product, "quantity": line.quantity, "amount": line.amount}
        bought.setdefault(line.order, []).append(what)
    at = {line.order: line.at for line in books.lines if line.at != _at(line, books.orders)}
    steps = {(each.at, each.by) for each in books.entries}
    placed = {each.body["order"]: each for each in said if each.type == "order.placed"}
    orders = {each.id: each for each in books.orders}
    for name in sorted(placed.keys() | orders.keys() | bought.keys()):
        event, order = placed.get(name), orders.get(name)
        row = (order.total, order.currency, order.paid_ref, order.at) if order else None
        wanted = (*(event.body[each] for each in ("total", "currency", "ref")), event.at) if event else None
        written = order is not None and (order.at, order.by) in steps
        if row != wanted or not written or name in at or event is None or bought.get(name) != event.body["lines"]:
            yield Finding("order", name)


def _at(line: OrderLine, orders: Sequence[Order]) -> Instant | None:
    return next((each.at for each in orders if each.id == line.order), None)


def _payments(said: Told, charges: Sequence[Charge]) -> Found:
    paid = {(each.body["contract"], each.body["n"]): each for each in said if each.type == "charge.paid"}
    there = {(each.contract, each.n): each for each in charges if each.state == "paid"}
    for key in sorted(paid.keys() | there.keys()):
        event, charge = paid.get(key), there.get(key)
        if event is None or charge is None or not _is_paid(charge, event):
            yield Finding("payment", f"{key[0]}/{key[1]}")


def _is_paid(charge: Charge, event: Said) -> bool:
    body = event.body
    same = (charge.product, charge.amount, charge.ref) == (body["product"], body["amount"], body["ref"])
    free = not charge.amount and charge.settled_at == charge.due_at  # what costs nothing is paid when it is due
    return same and (free or charge.settled_at == event.at) and charge.next_at is None


def _refunds(said: Told, refunds: Sequence[Refund]) -> Found:
    """What went back is what was told, part by part. What a change of plan credits is told by that."""
    told_of: dict[str, Counter[tuple[Any, ...]]] = {
        each.body["refund"]: Counter(tuple(part) for part in each.body["parts"])
        for each in said
        if each.type == "order.refunded"
    }
    there: dict[str, Counter[tuple[Any, ...]]] = {each.id: Counter() for each in refunds}
    for row in refunds:
        there[row.id][row.product, row.charge, row.unit, row.item, row.paid, row.amount] += 1
    credited = _credited(said)
    for name in sorted(told_of.keys() | there.keys()):
        parts = there.get(name, Counter())
        if name in told_of and parts != told_of[name]:
            yield Finding("refund", name, _sum(parts), _sum(told_of[name]))
        elif name not in told_of:
            credited[next(row.contract for row in refunds if row.id == name)] -= _sum(parts)
    for contract, rest in credited.items():
        if rest:
            yield Finding("refund", contract, -rest, 0)


def refund_breaks(books: Books) -> Found:
    """Each part that went back is of a charge, a line and an order that are there, and of when it says."""
    orders, done = {each.id: each for each in books.orders}, {each.at for each in books.entries}
    contracts = {each.id: each for each in books.contracts}
    charges = {(each.contract, each.n): each for each in books.charges}
    for row in books.refunds:
        order, contract = orders.get(row.order), contracts.get(row.contract)
        charge = charges.get((row.contract, row.charge))
        wanted = (contract.order, contract.line) if contract else None
        times = (order.at, charge.settled_at) if order and charge else None
        if (row.order, row.line) != wanted or (row.ordered_at, row.charged_at) != times or row.at not in done:
            yield Finding("refund", f"{row.id} {row.contract}/{row.charge}", row.paid, "of another charge")


def _sum(parts: Mapping[tuple[Any, ...], int]) -> int:
    return sum(int(part[-1]) * count for part, count in parts.items())


def _credited(said: Told) -> Counter[str]:
    found: Counter[str] = Counter()
    for each in said:
        if each.type == "contract.changed":
            found[each.body["contract"]] += each.body["credit"]
    return found
