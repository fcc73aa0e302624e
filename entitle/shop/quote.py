"""Verdicts -> a quote: what is charged when, what is given when, and until when that holds."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from entitle.decision import Line
from entitle.errors import FactError
from entitle.messages import Words
from entitle.release import Counter, Item, Product, Release
from entitle.runtime.clock import opening
from entitle.runtime.decide import OrderVerdict, Verdict
from entitle.runtime.explain import moment
from entitle.runtime.lasting import changes_at
from entitle.runtime.limits import bucket, units_used
from entitle.runtime.pricing import Facts
from entitle.runtime.schedule import Timeline, issue_at
from entitle.shop.contracts import deal
from entitle.shop.scene import Scene
from entitle.shop.verb import Context
from entitle.values.money import Money
from entitle.values.zone import Instant

SHOWN_MAX = 24  # how many charges and issues of an endless line a quote spells out


@dataclass(frozen=True, slots=True)
class QuotedCharge:
    """The nth charge of a line, the phase that its price is of, and the promotions that lowered it."""

    product: str
    n: int
    due_at: datetime
    amount: Money
    phase: str
    offers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuotedGrant:
    """Something a line gives, and when."""

    product: str
    item: str
    name: Words
    quantity: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Quote:
    """A price over time; nothing was written and nothing is reserved.

    total        due now
    charges      the first charges in order of time; `endless` says that they go on like the last one
    grants       what is given, as long as charges are shown
    skipped      items that this customer does not get (a limit or `once_per` is used up, an `if` is false)
    valid_until  the first instant at which the answer may change by itself; None is not known to
    token        proves the total to `buy(agreed=…)`
    """

    customer: str
    lines: tuple[Line, ...]
    total: Money
    charges: tuple[QuotedCharge, ...]
    grants: tuple[QuotedGrant, ...]
    skipped: tuple[str, ...]
    endless: bool
    valid_until: datetime | None
    token: str


def quote_of(ctx: Context, verdict: OrderVerdict, total: Money, scene: Scene, begins: Sequence[Instant]) -> Quote:
    """The quote. `begins`: when the time of each line begins, which is paid for now."""
    verdicts = verdict.lines
    release, at = scene.active.release, scene.at
    charges: list[QuotedCharge] = []
    grants: list[QuotedGrant] = []
    endless = False
    for line, begin in zip(verdicts, begins, strict=True):
        made = deal(release, line.product, begin, line.segments)
        of_line = list(_charges(line, made.timeline, release, at))
        charges += of_line
        endless = endless or len(of_line) == SHOWN_MAX
        grants += _grants(line, made.timeline, release, of_line[-1].due_at)
    until = holds_until(verdict, release, at)
    lines = tuple(Line(each.product.id, each.quantity) for each in verdicts)
    said = json.dumps([scene.stream, [[line.product, line.quantity] for line in lines], total.minor, total.currency])
    return Quote(
        scene.stream,
        lines,
        total,
        tuple(sorted(charges, key=lambda each: each.due_at)),
        tuple(sorted(grants, key=lambda each: each.at)),
        tuple(item.id for each in verdicts for item in each.product.gives if item not in each.gives),
        endless,
        None if until is None else moment(until),
        ctx.keys.sign(said),
    )


def _charges(verdict: Verdict, timeline: Timeline, release: Release, at: Instant) -> Iterator[QuotedCharge]:
    for period in timeline.periods(SHOWN_MAX):
        amount = Money.of_minor(period.amount, release.currency)
        due = moment(at if period.n == 1 else period.start)
        yield QuotedCharge(verdict.product.id, period.n, due, amount, period.phase, period.offers)


def _grants(verdict: Verdict, timeline: Timeline, release: Release, last: datetime) -> Iterator[QuotedGrant]:
    for item in verdict.gives:
        for at in _issues(item, timeline):
            if moment(at) > last and at > timeline.anchor:
                break
            name = release.benefits[item.benefit].name
            yield QuotedGrant(verdict.product.id, item.id, name, item.quantity * verdict.quantity, moment(at))


def _issues(item: Item, timeline: Timeline) -> Iterator[Instant]:
    for n in range(1, SHOWN_MAX + 1):
        at = issue_at(item, timeline, n)
        if at is None:
            return
        yield at


def holds_until(verdict: OrderVerdict, release: Release, at: Instant) -> Instant | None:
    """The first instant after `at` at which time alone may change the verdict: by the clock, a calendar, a new window.

    What looks back (a rolling limit, a measure `within`) is not followed.
    """
    ends = [opening(line.product.sale, release, at)[1] for line in verdict.lines]
    for line in verdict.lines:
        ends.append(changes_at(line.product.program, line.facts, release, at))
        ends += _full_until(line.product.counters, line.product, line.quantity, line.facts, release, at)
    bought = {line.product.id for line in verdict.lines}
    units = sum(line.quantity for line in verdict.lines)
    for step in release.order_steps:
        if any(not bought.isdisjoint(release.promotions[each].products) for each in step.offers):
            facts = verdict.asked.steps[step.id]
            ends.append(changes_at(step.program, facts, release, at))
            ends += _full_until(step.counters, None, units, facts, release, at)
    return min((end for end in ends if end is not None), default=None)


def _full_until(
    counters: Iterable[Counter], product: Product | None, units: int, facts: Facts, release: Release, at: Instant
) -> Iterator[Instant | None]:
    """When limits begin anew that keep something from this purchase: then an offer or an item may be had again."""
    for counter in counters:
        asked = units_used(counter, units)
        if int(facts[counter.input] or 0) + asked > counter.max >= asked:
            yield bucket(counter, product, release, at)[1]


def agreed_total(ctx: Context, agreed: Quote | Money | str | None) -> Money | None:
    """The total that was agreed. Raises FactError for a token that this shop did not sign, and for what is none."""
    match agreed:
        case None | Money():
            return agreed
        case Quote(total=total):
            return total
        case str():
            said = ctx.keys.signed(agreed)
            if said is None:
                raise FactError("agreed", "is no token that this shop signed")
            *_, minor, currency = json.loads(said)
            return Money.of_minor(minor, currency)
        case _:
            raise FactError("agreed", f"is a Quote, its token or Money; I got {agreed!r}")
