"""Export: all that the store holds of a customer, as one JSON text, for the customer or whoever may ask for it.

What is sealed is left out, with what finds it: codes are shown by the wallet, to their holder. What others hold of the
same device or network is theirs, and is not in it.
"""

import json
from dataclasses import asdict, fields

from entitle.identity import KEYS
from entitle.keys import Keys
from entitle.plan import Find, Where
from entitle.records import Count, Entry, Order, Record
from entitle.shop.books import uses_of
from entitle.shop.scene import check_id
from entitle.shop.verb import Context, Verb, ask
from entitle.shop.why import key_of, opened, unwrapped

FORMAT = 1
SEALED = ("code_index", "code_sealed", "index", "sealed")


def export(ctx: Context, customer: str) -> Verb[str]:
    """The rows of the customer's stream and of what is counted for them, by kind, in the order of their keys."""
    check_id("customer", customer)
    orders, wrapped = yield from ask(Find(Order, (("stream", "=", customer),)), key_of(customer))
    secret = unwrapped(ctx, wrapped)
    here: tuple[Where, ...] = (("stream", "=", customer),)
    finds = [Find(table, here) for table in KEYS if "stream" in {each.name for each in fields(table)}]
    finds.append(Find(Count, (("subject", "=", f"customer:{customer}"),)))
    finds += uses_of([order.id for order in orders])  # whoever they count for
    rows = yield from ask(*finds)
    told: dict[str, list[dict[str, object]]] = {}
    for find, found in zip(finds, rows, strict=True):
        if found:
            told.setdefault(find.table.__name__, []).extend(_told(row, secret) for row in found)
    return json.dumps({"format": FORMAT, "customer": customer, "rows": told}, ensure_ascii=False, indent=2)


def _told(row: Record, secret: Keys | None) -> dict[str, object]:
    """The row without what is sealed, and with why it was written, where that was not forgotten."""
    why = {"why": opened(secret, row)} if isinstance(row, Entry) else {}
    return {name: value for name, value in asdict(row).items() if name not in SEALED} | why
