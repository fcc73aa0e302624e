"""A stored decision, run again on its own release and facts: what was read, what every step came to, why."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from entitle.decision import Reason
from entitle.errors import NotFound
from entitle.ir import Value
from entitle.messages import Words
from entitle.plan import Get
from entitle.records import Decided, Order
from entitle.release import Product
from entitle.runtime.decide import Decider, OrderVerdict, Verdict
from entitle.runtime.encode import to_slots
from entitle.runtime.explain import moment, read, reasons
from entitle.shop.decided import answers_of, asked_again
from entitle.shop.prices import Note, Price, left_out, line_prices
from entitle.shop.sell import order_reasons
from entitle.shop.verb import Context, Verb, ask, decider
from entitle.values.zone import Instant, Zone


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a program: its name, what it came to, and the place in the rulebook it comes from."""

    name: str
    value: Value
    where: str


@dataclass(frozen=True, slots=True)
class LineExplanation:
    """A line's decision. `facts` are the values read, as people write them; `faithful`: it replayed to the same."""

    product: str
    quantity: int
    stage: str | None
    reasons: tuple[Reason, ...]
    facts: Mapping[str, str | Words]
    steps: tuple[Step, ...]
    gives: tuple[str, ...]
    prices: tuple[Price, ...]
    faithful: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision and what it rested on.

    decision  its id, and `release` the hash it was made under; empty for one that was not stored
    stage     the stage that said no; None for yes
    reasons   what is wrong with the order beside its lines
    notes     offers that were not taken and why, and what is missing for the next ones
    zone      of the release, to show instants in
    """

    decision: str
    release: str
    at: datetime
    stage: str | None
    reasons: tuple[Reason, ...]
    lines: tuple[LineExplanation, ...]
    notes: tuple[Note, ...]
    zone: Zone = field(repr=False)


def explain_order(ctx: Context, customer: str, number: str) -> Verb[Explanation]:
    """Raises NotFound."""
    (order,) = yield from ask(Get(Order, (customer, number)))
    if order is None:
        raise NotFound(Words(f"{customer} has no order {number}", f"{customer} 没有订单 {number}"))
    return (yield from explain_decision(ctx, customer, order.decision))


def explain_decision(ctx: Context, customer: str, decision: str) -> Verb[Explanation]:
    """A decision that was stored, whether it said yes or no."""
    (row,) = yield from ask(Get(Decided, (customer, decision)))
    ready = yield from decider(ctx, row.release)
    verdict = ready.replay(asked_again(row.facts, ready.release))
    found = explain_verdict(ready, verdict, row.at)
    pairs = zip(found.lines, answers_of(verdict), json.loads(row.answer), strict=True)
    lines = tuple(replace(line, faithful=now == then) for line, now, then in pairs)
    return replace(found, decision=row.id, release=row.release, lines=lines)


def explain_verdict(ready: Decider, verdict: OrderVerdict, at: Instant) -> Explanation:
    """A verdict that was not stored."""
    because = order_reasons(verdict, ready.release)
    lines = tuple(explain_line(ready, line, at) for line in verdict.lines)
    found = left_out(ready, verdict) if verdict.priced else ()
    return Explanation("", "", moment(at), verdict.stage, because, lines, found, ready.release.zone)


def explain_line(ready: Decider, verdict: Verdict, at: Instant) -> LineExplanation:
    """A verdict with its trace: the traced twin runs on the same facts, so it cannot tell another story."""
    product, release = verdict.product, ready.release
    names = tuple(each.name for each in product.program.inputs)
    return LineExplanation(
        product.id,
        verdict.quantity,
        verdict.stage,
        reasons(verdict, release, at),
        read(product, release, verdict.facts, names),
        traced(ready, product, verdict.facts),
        tuple(item.id for item in verdict.gives),
        tuple(line_prices(ready, verdict, at)),
        faithful=True,
    )


def traced(ready: Decider, product: Product, facts: Mapping[str, Value | None]) -> tuple[Step, ...]:
    """Every step of the program and what it came to."""
    _, values = ready.trace(product)(*to_slots(product.program.inputs, facts))
    return tuple(
        Step(let.name, value, let.span.where if let.span else "")
        for let, value in zip(product.program.lets, values, strict=True)
    )
