"""Forget: what people wrote about a customer can be read no more.

All else stays, since the books rest on it: amounts, instants, ids, keyed hashes. The customer's id is the shop's own
and opaque; forgetting whom it stood for is the shop's part. So that nobody is forgotten who still has to pay, it waits
for what renews and what is held.
"""

from entitle.decision import Done, Reason, Refused
from entitle.errors import NotFound
from entitle.hold_records import Hold
from entitle.messages import Words
from entitle.plan import Find, Where
from entitle.records import Charge, Contract, Entry
from entitle.shop.counting import standing
from entitle.shop.draft import commit
from entitle.shop.scene import Scene, enter
from entitle.shop.verb import Context, Verb, Writer, ask

VERB = "forget"


def forget(ctx: Context, customer: str, writer: Writer) -> Verb[Done[None] | Refused]:
    """Drop the key of all texts so far. Where none came since the last time, nothing is written. Raises NotFound."""
    scene = yield from enter(ctx, customer, VERB)
    if scene.customer is None:
        raise NotFound(Words(f"the store holds nothing of {customer}", f"库中没有 {customer} 的任何记录"))
    if because := (yield from _still(scene)):
        return Refused(because)
    if (yield from _is_forgotten(customer)):
        return Done(None, replayed=True)
    draft = scene.draft(writer)
    draft.forgets = True
    draft.event("customer.forgotten", {})
    yield from commit(ctx, draft, customer)
    return Done(None)


def _still(scene: Scene) -> Verb[tuple[Reason, ...]]:
    """Why the customer is still needed: contracts with a charge to come, purchases that wait for their payment."""
    here: Where = ("stream", "=", scene.stream)
    contracts: list[Contract]
    charges: list[Charge]
    holds: list[Hold]
    contracts, charges, holds = yield from ask(
        Find(Contract, (here, ("state", "!=", "ended"))),
        Find(Charge, (here, ("state", "in", ("due", "pending")))),
        standing(scene.stream, scene.at),
    )
    to_come = {each.contract for each in charges}
    return (
        *(Reason("still-renews", each.product) for each in contracts if each.id in to_come),
        *(Reason("still-held", each.id) for each in holds),
    )


def _is_forgotten(customer: str) -> Verb[bool]:
    here: Where = ("stream", "=", customer)
    (last,) = yield from ask(Find(Entry, (here, ("verb", "=", VERB)), ("-seq",), 1))
    if not last:
        return False
    (since,) = yield from ask(Find(Entry, (here, ("seq", ">", last[0].seq), ("why", "!=", "")), (), 1))
    return not since
