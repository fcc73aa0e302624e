"""Rows against what the world was told of them.

The ledger's digests cover events, so nobody edits them unseen. What was told is complete: it says what was bought, paid
and given, and a row that says otherwise was edited.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from entitle.records import Charge, Event, Grant, Order, OrderLine

if TYPE_CHECKING:
    from entitle.shop.reconcile import Books

Found = Iterable[tuple[str, str, str]]
Told = list[tuple[str, dict[str, Any]]]  # type and body


def told(events: Sequence[Event]) -> Told:
    """What was told, in its order."""
    return [(event.type, json.loads(event.body)) for event in events]


def told_breaks(said: Told, books: "Books") -> Found:
    """Orders, payments and grants that are not what was told of them."""
    yield from _orders(said, {each.id: each for each in books.orders}, books.lines)
    yield from _payments(said, books.charges)
    yield from _grants(said, {each.id: each for each in books.grants})


def _orders(said: Told, orders: Mapping[str, Order], lines: Sequence[OrderLine]) -> Found:
    bought: dict[str, list[dict[str, object]]] = {}
    for line in sorted(lines, key=lambda each: (each.order, each.line)):
        what = {"product": line.product, "quantity": line.quantity, "amount": line.amount}
        bought.setdefault(line.order, []).append(what)
    for type_, body in said:
        if type_ != "order.placed":
            continue
        order = orders.get(body["order"])
        row = (order.total, order.currency, order.paid_ref) if order else None
        if row != (body["total"], body["currency"], body["ref"]) or bought.get(body["order"]) != body["lines"]:
            yield "order", body["order"], "it is not what was placed"


def _payments(said: Told, charges: Sequence[Charge]) -> Found:
    paid = {(body["contract"], body["n"]): body for type_, body in said if type_ == "charge.paid"}
    for charge in charges:
        body = paid.get((charge.contract, charge.n))
        row = charge.product, charge.amount, charge.ref
        if charge.state == "paid" and (body is None or row != (body["product"], body["amount"], body["ref"])):
            yield "payment", f"{charge.contract}/{charge.n}", "it is not what was paid"


SAID_OF_A_GRANT = ("order", "item", "n", "unit", "benefit", "product", "quantity", "claim_until")


def _grants(said: Told, grants: Mapping[str, Grant]) -> Found:
    """Those that were issued, for what was said; until when they are valid, where that was settled when it was told."""
    until = {body["grant"]: body["valid_until"] for type_, body in said if type_ in ("grant.issued", "grant.claimed")}
    for type_, body in said:
        if type_ != "grant.issued":
            continue
        grant = grants.get(body["grant"])
        if grant is None or any(getattr(grant, name) != body[name] for name in SAID_OF_A_GRANT):
            yield "grant", body["grant"], "it is not what was issued"
        elif grant.kind == "voucher" and grant.valid_until != until[grant.id]:
            yield "grant-until", grant.id, f"valid until {grant.valid_until}, {until[grant.id]} was told"
