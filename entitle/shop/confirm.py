"""Confirm: a hold that is paid becomes the order that was decided, at the price that was held.

In time nothing is asked but the hold itself. At its end or later what others took meanwhile counts: stock, limits and
offers are taken anew, in the days and sale windows that they were taken in at first, or the money goes back.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from entitle.decision import Blocked, Done, OnAccount, Payment, Reason, Refused
from entitle.hold_records import Hold
from entitle.messages import Words
from entitle.plan import Find, Get, Update, Within
from entitle.records import Contract, Decided, Order, Use
from entitle.release import Rule
from entitle.runtime.decide import Decider, OrderVerdict
from entitle.runtime.explain import OF
from entitle.runtime.stretches import Used
from entitle.runtime.together import drawn
from entitle.shop.contracts import deal
from entitle.shop.counting import COUNTED_MAX, begins_at, counted_back, looks_back
from entitle.shop.decided import asked_again
from entitle.shop.draft import Draft, commit
from entitle.shop.hold import load_hold
from entitle.shop.orders import load_order
from entitle.shop.parts import CountKey, lapsed, of_count, point, rows, rows_of
from entitle.shop.room import settle, take_from
from entitle.shop.scene import Scene, check_paid, enter, intent_of, paid_text, refusal_again
from entitle.shop.sell import decline, ends_of, money_refusal, place, pool_reason
from entitle.shop.sightings import forget
from entitle.shop.stock import left
from entitle.shop.verb import Context, Verb, Writer, ask, decider
from entitle.shop.views import OrderView
from entitle.values.civil import told_text
from entitle.values.money import Money
from entitle.values.zone import Instant


@dataclass(frozen=True, slots=True)
class Taking:
    """One use of a counter that the hold took: its row, how much, and whether it is to be taken anew."""

    use: Used
    row: Use
    anew: bool

    @property
    def key(self) -> CountKey:
        return self.row.subject, self.row.counter, self.row.bucket


@dataclass(frozen=True, slots=True)
class Asking:
    """A hold that is to be confirmed, what was decided of it, and what it takes of counters."""

    hold: Hold
    ready: Decider
    verdict: OrderVerdict
    takings: tuple[Taking, ...]
    late: bool


def confirm(
    ctx: Context, stream: str, number: str, paid: Payment | OnAccount | None, key: str | None, writer: Writer
) -> Verb[Done[OrderView] | Refused | Blocked]:
    """Make the order. Without a key the payment is the key. Raises FactError, NotFound."""
    check_paid(paid)
    ref = paid.ref if isinstance(paid, Payment) else ""
    intent = intent_of(number, paid_text(paid))
    scene = yield from enter(ctx, stream, "confirm", key or f"{number}:{ref}", intent, paid)
    found = yield from load_hold(stream, number)
    if scene.bound is not None:
        if scene.bound.refusal is not None:
            return refusal_again(scene.bound.refusal)
        view, decision = yield from load_order(ctx, stream, scene.bound.case, scene.at)
        return Done(view, replayed=True, decision_id=decision)
    no = _refusal(found, paid)
    if no is not None and scene.used is not None and scene.used.case == found.order:
        return no  # under another key, but no second payment: that money is the order's
    if (used := scene.used_before()) is not None:
        return used
    if no is None:
        asking = yield from _asking(ctx, found, scene.at)
        no = yield from _late(asking, scene.at)
        if no is None:
            return (yield from _make(ctx, scene, asking, paid, writer))
    refused = yield from decline(ctx, scene, no, None, paid, writer)
    assert isinstance(refused, Refused), "no guard looks at a hold that is confirmed"
    return refused


def _refusal(hold: Hold, paid: Payment | OnAccount | None) -> Refused | None:
    """Why it cannot be confirmed, whatever is left of stock and limits."""
    if hold.state == "confirmed":
        return Refused((Reason("already-confirmed", hold.id, values={"order": hold.order}),))
    if hold.state == "voided":
        return Refused((Reason("hold-voided", hold.id),))
    return money_refusal(Money.of_minor(hold.total, hold.currency), None, paid)


def _asking(ctx: Context, hold: Hold, at: Instant) -> Verb[Asking]:
    ready = yield from decider(ctx, hold.release)
    rows: list[Use]
    row, rows = yield from ask(
        Get(Decided, (hold.stream, hold.decision)), Find(Use, (("order", "=", hold.order),), ("line", "counter"))
    )
    verdict = ready.replay(asked_again(row.facts, ready.release))
    of = {(each.line, each.counter): each for each in rows}
    late, gone = at >= hold.expires_at, hold.state == "expired"
    takings = [
        Taking(use, of[use.line, use.counter.name], late and (gone or looks_back(use.counter))) for use in verdict.uses
    ]
    return Asking(hold, ready, verdict, tuple(takings), late)


# ---- too late


def _late(asking: Asking, at: Instant) -> Verb[Refused | None]:
    """Why what was held is not to be had any more, where others took it meanwhile."""
    if not asking.late:
        return None
    hold, release = asking.hold, asking.ready.release
    full = [each for each in (yield from _full(asking.takings, at)) if not each.use.counter.quoted]
    short = []
    for pool, units in sorted(drawn(asking.verdict.lines).items()):
        if (yield from left(release, pool, at)) < units:
            short.append(pool_reason(Rule("sold-out", pool), release))
    if not full and not short:
        return None
    expired = Reason("hold-expired", hold.id, values={"at": told_text(release.zone, hold.expires_at)})
    return Refused((expired, *(_limit(each) for each in full if each.use.counter.name.startswith("limit:")), *short))


def _full(takings: Sequence[Taking], at: Instant) -> Verb[list[Taking]]:
    """What does not fit any more."""
    anew = [each for each in takings if each.anew]
    units: Counter[CountKey] = Counter()
    for each in anew:
        units[each.key] += each.use.units
    found = []
    for each in anew:
        used = yield from _used(each, at)
        if used + units[each.key] > each.use.counter.max:
            found.append(each)
    return found


def _used(taking: Taking, at: Instant) -> Verb[int]:
    """How much of its counter is used without it."""
    if looks_back(taking.use.counter):
        (used,) = yield from ask(counted_back(taking.use.counter, taking.row.subject, at))
        return int(used)
    of = of_count(taking.key, taking.use.counter.max)
    own, parts, less = yield from ask(*rows_of(of), lapsed(of, at))
    return of.most - sum(rows(of, own, parts).values()) - int(less)


def _limit(taking: Taking) -> Reason:
    counter = taking.use.counter
    most = str(counter.max)
    values: dict[str, str | Words] = {"max": most, "used": most, "of": OF[counter.of], "change": ""}
    return Reason("limit", counter.id, counter.span.where if counter.span else "", values)


# ---- done


def _make(
    ctx: Context, scene: Scene, asking: Asking, paid: Payment | OnAccount | None, writer: Writer
) -> Verb[Done[OrderView]]:
    hold, verdict, release = asking.hold, asking.verdict, asking.ready.release
    told: dict[str, object] = json.loads(hold.told)
    draft = scene.draft(writer, hold.decision)
    order = Order(
        hold.stream, hold.order, hold.decision, hold.release, scene.at, hold.total, hold.currency,
        paid.ref if isinstance(paid, Payment) else "", str(told.get("channel", "")), writer.by,
    )  # fmt: skip
    made = []
    for line in verdict.lines:
        begins = yield from begins_at(line.product, hold.stream, scene.at)
        made.append(deal(release, line.product, begins, line.segments))
    scene.bind(draft, hold.order)
    if not asking.late:
        yield from forget(draft, hold.id)  # from now on it is seen with its order
    owed, kept = isinstance(paid, OnAccount), hold.state == "held"
    contracts, view = yield from place(ctx, draft, order, verdict, made, told, hold.activation, owed, kept)
    yield from _use_up(ctx, draft, asking.takings, contracts)
    settle(draft, hold, "confirmed")
    yield from commit(ctx, draft, hold.order)
    return Done(view, decision_id=hold.decision)


def _use_up(ctx: Context, draft: Draft, takings: Sequence[Taking], contracts: Sequence[Contract]) -> Verb[None]:
    """What was kept is used from now on; what is kept no more is taken anew, guarded by its bound."""
    ends = ends_of(contracts)
    for each in takings:
        use, row, counter = each.use, each.row, each.use.counter
        changes = {"units": use.units, "until": ends(use)}
        most = COUNTED_MAX if counter.quoted else counter.max
        if each.anew and looks_back(counter):
            draft.add(Within(counted_back(counter, row.subject, draft.at), use.units, most))
            changes["at"] = draft.at
        elif each.anew:
            of = of_count(each.key, most)
            found = rows(of, *(yield from ask(*rows_of(of))))
            # what is honoured has no end: nothing of that is divided
            yield from take_from(draft, of, found, use.units, point=point(ctx, counter.hot and not counter.quoted))
        draft.add(Update(Use, (row.subject, row.order, row.line, row.counter), changes, {"units": row.units}))
