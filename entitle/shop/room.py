"""Room: what holds that expired still keep is free. Who needs it lets those holds go in the same plan.

Nothing waits for a tick: what is read of a pool or a counter counts such holds out, and whoever then finds the number
itself too small writes, beside its own step, the step by which those holds lapse, on their own streams.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from zlib import crc32

from entitle.hold_records import Hold, Kept
from entitle.plan import Find, Get, Update
from entitle.records import Customer, Job, Use
from entitle.runtime.limits import NO_BUCKET
from entitle.shop.draft import Draft
from entitle.shop.parts import Divisible, Rows, give_back, of_count, of_pool, planned, take
from entitle.shop.verb import WORKER, Verb, ask

SPREAD = 50  # holds that are looked at beyond those needed, so that buyers let different ones go


def take_from(
    draft: Draft,
    of: Divisible,
    found: Rows,
    units: int,
    gone: int = 0,
    point: int | None = None,
    *,
    as_found: bool = False,
) -> Verb[None]:
    """Take so much, guarded by what is left; where that is too little, holds that expired are let go.

    gone  so much stays; `point`: see `parts.point`; `as_found`: see `parts.take`
    """
    yield from _make_room(draft, of, units + gone - sum(found.values()))
    draft.takings.append(lambda: take(of, planned(draft, of, found), units, gone, point, as_found=as_found))


def _make_room(draft: Draft, of: Divisible, lack: int) -> Verb[None]:
    """Let holds that expired go until so much more is free, or none of them is left."""
    if lack <= 0:
        return
    rows: list[Kept | Use]
    (rows,) = yield from ask(Find(of.kept, (*of.where, ("until", "<=", draft.at)), ("until", "order"), lack + SPREAD))
    lack -= sum(row.units for row in rows if row.order in draft.gone)
    left = [row for row in rows if row.order not in draft.gone]
    at = crc32(draft.stream.encode())
    while lack > 0 and left:
        row = left.pop(at % len(left))
        lack -= row.units
        yield from _let_lapse(draft, row.order)


def _let_lapse(draft: Draft, order: str) -> Verb[None]:
    """Tidy up the hold of an order that never came, as a step of its own stream."""
    ((hold,),) = yield from ask(Find(Hold, (("order", "=", order),)))
    step = draft if hold.stream == draft.stream else draft.beside.get(hold.stream)
    if step is None:
        (customer,) = yield from ask(Get(Customer, (hold.stream,)))
        step = Draft(
            hold.stream, customer, max(draft.at, customer.not_before), "tick", WORKER, draft.release, case=hold.id
        )
        draft.beside[hold.stream] = step
    draft.gone.add(order)
    yield from close(step, hold, "expired")


def close(draft: Draft, hold: Hold, state: str) -> Verb[None]:
    """A hold that was never confirmed is over, and all that it kept is free again."""
    uses, kept = yield from ask(
        Find(Use, (("order", "=", hold.order), ("until", "=", hold.expires_at))),
        Find(Kept, (("order", "=", hold.order), ("until", "set", None))),
    )
    yield from free_uses(draft, uses)
    for each in kept:
        draft.add(Update(Kept, (each.pool, each.order), {"until": None}, {"until": each.until}))
        draft.post(f"pool:{each.pool}", each.units, "held", "stock")
    if kept:
        yield from give_back(draft, hold.order, {of_pool(each.pool): each.units for each in kept})
    settle(draft, hold, state)


def free_uses(draft: Draft, uses: Sequence[Use]) -> Verb[None]:
    """What an order used of counters can be used again, once."""
    for use in uses:
        key = (use.subject, use.order, use.line, use.counter)
        draft.add(Update(Use, key, {"units": 0, "until": None}, {"units": use.units}))
    yield from uncount(draft, {use: use.units for use in uses})


def uncount(draft: Draft, uses: Mapping[Use, int]) -> Verb[None]:
    """The counters count so much less of these uses of one order."""
    back: Counter[Divisible] = Counter()
    for use, units in uses.items():
        if use.bucket != NO_BUCKET and units:
            back[of_count((use.subject, use.counter, use.bucket))] += units
    if back:
        yield from give_back(draft, next(iter(uses)).order, back)


def settle(draft: Draft, hold: Hold, state: str) -> None:
    """The hold has come to its end, whichever it is: nothing is left to be tidied up, and the world is told."""
    draft.update(Hold, (hold.stream, hold.id), state=state)
    draft.update(Job, (hold.stream, hold.id, "lapse"), due_at=None)
    draft.event(f"hold.{state}", hold_said(replace(hold, state=state)))


def hold_said(hold: Hold) -> dict[str, object]:
    """A hold as events tell it."""
    names = ("id", "release", "decision", "order", "total", "currency", "lines", "expires_at")
    return {"hold" if name == "id" else name: getattr(hold, name) for name in names}
