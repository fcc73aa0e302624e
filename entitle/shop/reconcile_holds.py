"""Holds against what was told of them, what is kept for them, and the orders that they became."""

from collections import Counter
from typing import Any

from entitle.shop.books import Books
from entitle.shop.breaks import Finding, Found
from entitle.shop.reconcile_told import Told
from entitle.shop.room import hold_said

HOLD = "hold."
SAID_BESIDE = "logged"  # what is told of a hold that is not in its row


def hold_breaks(said: Told, books: Books) -> Found:
    """Each was placed as it stands, its state is the last that was told, and only a confirmed one is an order."""
    placed: dict[str, dict[str, Any]] = {}
    state: dict[str, str] = {}
    for type_, body, _ in said:
        if type_.startswith(HOLD):
            state[body["hold"]] = type_.removeprefix(HOLD)
        if type_ == f"{HOLD}placed":
            placed[body["hold"]] = {name: told for name, told in body.items() if name != SAID_BESIDE}
            state[body["hold"]] = "held"
    holds = {each.id: each for each in books.holds}
    orders = Counter(each.id for each in books.orders)
    for number in sorted(placed.keys() | holds.keys()):
        hold = holds.get(number)
        if hold is None or placed.get(number) != hold_said(hold):
            yield Finding("hold", number)
        elif hold.state != state[number]:
            yield Finding("hold-state", number, hold.state, state[number])
        elif (hold.state == "confirmed") != bool(orders[hold.order]):
            yield Finding("hold-order", number, hold.state, orders[hold.order])


def kept_breaks(books: Books) -> Found:
    """Units are kept for those that stand, and for no other one, as the ledger says; uses count as long."""
    until = {each.order: each.expires_at if each.state == "held" else None for each in books.holds}
    kept: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for each in books.kept:
        if each.order not in until or each.until != until[each.order]:
            found = f"{each.units} until {each.until}"
            yield Finding("hold-kept", f"{each.pool} {each.order}", found, until.get(each.order))
        kept[f"pool:{each.pool}"] += each.units if each.until is not None else 0
    for row in books.postings:
        if row.account == "held" and row.asset.startswith("pool:"):
            held[row.asset] += row.amount
    for asset in sorted(kept.keys() | held.keys()):
        if kept[asset] != held[asset]:
            yield Finding("hold-kept", asset, kept[asset], held[asset])
    yield from _uses(books)


def _uses(books: Books) -> Found:
    """What counts for a hold that stands counts until it expires; what was let go uses nothing."""
    holds = {each.order: each for each in books.holds if each.state != "confirmed"}
    for use in books.uses:
        if (hold := holds.get(use.order)) is not None:
            until = hold.expires_at if hold.state == "held" else None
            if use.until != until or (hold.state != "held" and use.units):
                yield Finding("hold-use", hold.id, f"{use.units} of {use.counter} until {use.until}", until)
