"""The closed table of events: what the world is told, and everything that each says. `docs/events.md` shows it.

A body is complete: nobody should have to ask again what it is about. Amounts are in minor units, instants in
microseconds since the epoch in UTC, and an end that is not known yet is null. No body holds a secret: no code, no key.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final


@dataclass(frozen=True, slots=True)
class EventType:
    """When it is told, which fields it always has, and which it may have."""

    when: str
    always: str
    sometimes: str = ""


ALWAYS: Final = "release"  # every event has it
BY_DECISION: Final = "decision"  # and this where something was decided anew

_CHARGE = "contract product n amount currency due_at phase offers ref"
_CONTRACT = "contract order product paid period_end ends_at cancelled_at"
_GIVEN = "order line contract item n unit benefit kind product"
_GRANT = f"grant {_GIVEN} quantity capacity state granted_at claim_until valid_until"
_HOLD = "hold order total currency lines expires_at"
_REVIEW = "review gate verb key what guards until then"
_REDEMPTION = "redemption grant benefit item amount outlet order"
_EARNED = "channel territory commission"

TYPES: Final = {
    "change.planned": EventType(
        "another product takes its place with the next charge", "contract product to at amount"
    ),
    "change.undone": EventType("that will not happen", "contract product to"),
    "charge.paid": EventType(
        "a period was paid, the first one by the order", _CHARGE, f"owed timeline anchor {_EARNED}"
    ),
    "charge.pending": EventType("the payment provider does not know yet", _CHARGE),
    "contract.cancelled": EventType("it renews no more", _CONTRACT),
    "contract.changed": EventType(
        "another product took its place",
        "contract product to became order amount credit credit_ref at currency",
    ),
    "contract.price-kept": EventType(
        "a release has a new price, which could not be worked out for it", "contract product missing"
    ),
    "contract.restored": EventType("a cancellation was taken back", _CONTRACT),
    "customer.forgotten": EventType("why all before it was done can be read no more", ""),
    "gate.noted": EventType("guards that only log would have stopped somebody at a gate", "gate logged"),
    "grant.claimed": EventType("the customer took it", _GRANT, "logged"),
    "grant.expired": EventType("it was not claimed in time, or its time is over", _GRANT),
    "grant.issued": EventType("something was given", _GRANT),
    "grant.redeemed": EventType("a voucher was used once", _REDEMPTION, "logged scanned_at"),
    "grant.revealed": EventType("its card codes were shown", "grant benefit product redemption amount"),
    "grant.revoked": EventType("it was taken back", _GRANT, "returned"),
    "hold.confirmed": EventType("its order was placed", _HOLD),
    "hold.expired": EventType("it was not confirmed in time", _HOLD),
    "hold.placed": EventType("a purchase is held until it is paid", _HOLD, "logged"),
    "hold.voided": EventType("it was given back", _HOLD),
    "issue.waiting": EventType("a pool holds too little for what is due", "contract item n pool"),
    "notice.claim-expiring": EventType("it is not claimed yet, and soon cannot be", _GRANT),
    "notice.ended": EventType("the contract is over", _CONTRACT),
    "notice.payment-failed": EventType("a charge was declined", f"{_CHARGE} code next_at ends_at"),
    "notice.pool-low": EventType("little is left in a pool", "pool free warn_below"),
    "notice.price-changed": EventType(
        "from a charge on it costs something else", "contract product n due_at amount currency timeline"
    ),
    "notice.renewal": EventType("the next charge is near", "contract product n amount currency due_at"),
    "order.placed": EventType("an order was placed", "order total currency ref lines", "logged"),
    "order.refunded": EventType("money goes back", "refund order amount currency refs parts", "channel commission"),
    "pass.conflict": EventType(
        "somebody was let in, out of reach of the store, by what could not be used any more",
        "grant benefit outlet scanned_at reason",
        "first_at first_outlet",
    ),
    "pool.expired": EventType("card codes were too old to be sold", "pool lot expired"),
    "pool.filled": EventType("something was put into a pool", "pool added free", "lot"),
    "quota.spent": EventType("an amount of a quota was used", "benefit amount left grants"),
    "redemption.reversed": EventType("a redemption was taken back", _REDEMPTION),
    "refund.due": EventType("money came for what was refused, and must go back", "amount currency ref reasons"),
    "review.asked": EventType("people are to look at something before it is done", _REVIEW),
    "review.paid": EventType("money came with what waits for it", "review amount currency ref"),
    "review.resolved": EventType("they did, or nobody did in time: it may be asked for again", f"{_REVIEW} answer"),
}

FIELDS: Final = {
    "added": "how many units or codes",
    "amount": "minor units; of a redemption or a quota, how many uses or units",
    "anchor": "instant from which its periods are counted",
    "answer": "approved or refused",
    "at": "instant from which it holds",
    "became": "id of the contract that takes its place",
    "benefit": "id in the rulebook",
    "cancelled_at": "instant, or null",
    "capacity": "how many uses or units it holds",
    "channel": "that the commission belongs to",
    "claim_until": "instant, or null",
    "code": "what the payment provider said",
    "commission": "minor units that the channel earns; of a refund, that it owes again",
    "contract": "id, `sub_…`; null of what staff gave",
    "credit": "minor units of the last charge that were counted towards this one",
    "credit_ref": "reference of that payment",
    "currency": "three letters",
    "decision": "id, `dec_…`, of what was decided for it: `shop.explain` tells why",
    "due_at": "instant",
    "ends_at": "instant, or null where no end is known",
    "expired": "how many codes",
    "expires_at": "instant",
    "first_at": "instant of the use before",
    "first_outlet": "where that was",
    "free": "how many are left for sale",
    "gate": "register, login, purchase, claim or redeem",
    "grant": "id, `grn_…`",
    "granted_at": "instant",
    "grants": "list of grant, redemption, amount, used, window and state",
    "guards": "ids in the rulebook",
    "hold": "id, `hld_…`",
    "item": "id of the line of `gives`; of what staff gave the benefit",
    "key": "under which it was asked for, and goes on",
    "kind": "of the benefit: access, voucher, quota or card_code",
    "left": "how much can still be used",
    "line": "number of the line in the order, from 0",
    "lines": "list of product, quantity, and amount in minor units; of a hold JSON text",
    "logged": "ids of guards that only log and would have stopped it",
    "lot": "of the codes",
    "missing": "names of facts",
    "n": "number of the charge, or of the issue of the item, from 1",
    "next_at": "instant of the next try, or null",
    "offers": "ids of the promotions that made the price",
    "order": "id, `ord_…`; null of what staff gave",
    "outlet": "where it was used",
    "owed": "whether the money is to come, by agreement",
    "paid": "how many periods are paid",
    "parts": "list of [product, charge, unit, item, paid, given back]",
    "period_end": "instant up to which is paid, or null",
    "phase": "id of the price's phase",
    "pool": "id in the rulebook",
    "product": "id in the rulebook; empty of what staff gave",
    "quantity": "how many of the benefit",
    "reason": "code of the reason",
    "reasons": "codes of reasons",
    "redemption": "id, `red_…`",
    "ref": "reference of the payment",
    "refs": "references of the payments that it goes back to",
    "refund": "id, `ref_…`",
    "release": "hash of the release whose rules it follows",
    "returned": "how many card codes, which nobody saw, went back to their pool",
    "review": "id, `rev_…`",
    "scanned_at": "instant at the gate, where it was told later",
    "state": "claimable, active, used, expired or revoked",
    "territory": "of the channel",
    "then": "block or allow: what becomes of it where nobody answers in time; null where it waits for ever",
    "timeline": "JSON text: phase, periods, lasts and amounts of each stretch",
    "to": "id of the product that takes its place",
    "total": "minor units",
    "unit": "number of the unit of the order's line, from 0",
    "until": "first instant that is too late for an answer, or null",
    "valid_until": "instant, or null",
    "verb": "that was asked: buy, hold, change_plan, claim, redeem or gate",
    "warn_below": "of the pool, in the rulebook",
    "what": "products and how many, or the id of a grant; empty at register and login",
}


def fits(type_: str, fields: Iterable[str]) -> bool:
    """Whether the table has such an event with exactly these fields."""
    found = _fields(type_)
    return found is not None and found[0] <= frozenset(fields) <= found[1]


@cache
def _fields(type_: str) -> tuple[frozenset[str], frozenset[str]] | None:
    """What an event of the type must say, and what it may say; None for none that there is."""
    if type_ not in TYPES:
        return None
    row = TYPES[type_]
    must = frozenset({ALWAYS, *row.always.split()})
    return must, must | {BY_DECISION, *row.sometimes.split()}
