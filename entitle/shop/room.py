"""Room: what holds that expired still keep is free. Who needs it lets those holds go in the same plan.

Nothing waits for a tick: what is read of a pool or a counter counts such holds out, and whoever then finds the number
itself too small writes, beside its own step, the step by which those holds lapse, on their own streams.
"""

from dataclasses import replace
from zlib import crc32

from entitle.hold_records import Hold, Kept
from entitle.plan import Add, Find, Get, Tally, Update, Where
from entitle.records import Count, Customer, Job, Use
from entitle.runtime.limits import NO_BUCKET
from entitle.shop.draft import Draft
from entitle.shop.parts import give_back
from entitle.shop.verb import WORKER, Verb, ask
from entitle.values.zone import Instant

SPREAD = 50  # holds that are looked at beyond those needed, so that buyers let different ones go


def of_pool(pool: str) -> tuple[Where, ...]:
    return (("pool", "=", pool),)


def of_bucket(subject: str, counter: str, bucket: str) -> tuple[Where, ...]:
    return (("subject", "=", subject), ("counter", "=", counter), ("bucket", "=", bucket))


def lapsed(table: type, of: tuple[Where, ...], at: Instant) -> Tally:
    """What holds that expired still keep of a pool (`Kept`), or of a counter (`Use`)."""
    return Tally(table, (*of, ("until", "<=", at)), "sum", "units")


def make_room(draft: Draft, table: type, of: tuple[Where, ...], lack: int) -> Verb[None]:
    """Let holds that expired go until so much more of a pool or counter is free, or none of them is left."""
    if lack <= 0:
        return
    rows: list[Kept | Use]
    (rows,) = yield from ask(Find(table, (*of, ("until", "<=", draft.at)), ("until", "order"), lack + SPREAD))
    lack -= sum(row.units for row in rows if row.order in draft.gone)
    left = [row for row in rows if row.order not in draft.gone]
    at = crc32(draft.stream.encode())
    while lack > 0 and left:
        row = left.pop(at % len(left))
        lack -= row.units
        yield from _let_lapse(draft, row.order)


def make_room_in(draft: Draft, key: tuple[str, str, str], units: int, most: int) -> Verb[None]:
    """The same for a bucket of a counter, which is to have room for so many units."""
    (count,) = yield from ask(Get(Count, key))
    yield from make_room(draft, Use, of_bucket(*key), (count.used if count else 0) + units - most)


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
    for use in uses:
        free_use(draft, use)
    for each in kept:
        draft.add(Update(Kept, (each.pool, each.order), {"until": None}, {"until": each.until}))
        draft.post(f"pool:{each.pool}", each.units, "held", "stock")
    if kept:
        yield from give_back(draft, hold.order, {each.pool: each.units for each in kept})
    settle(draft, hold, state)


def free_use(draft: Draft, use: Use) -> None:
    """What was used of a counter can be used again, once."""
    key = (use.subject, use.order, use.line, use.counter)
    draft.add(Update(Use, key, {"units": 0, "until": None}, {"units": use.units}))
    if use.bucket != NO_BUCKET and use.units:
        draft.add(Add(Count(use.subject, use.counter, use.bucket, 0), "used", -use.units))


def settle(draft: Draft, hold: Hold, state: str) -> None:
    """The hold has come to its end, whichever it is: nothing is left to be tidied up, and the world is told."""
    draft.update(Hold, (hold.stream, hold.id), state=state)
    draft.update(Job, (hold.stream, hold.id, "lapse"), due_at=None)
    draft.event(f"hold.{state}", hold_said(replace(hold, state=state)))


def hold_said(hold: Hold) -> dict[str, object]:
    """A hold as events tell it."""
    names = ("id", "release", "decision", "order", "total", "currency", "lines", "expires_at")
    return {"hold" if name == "id" else name: getattr(hold, name) for name in names}
