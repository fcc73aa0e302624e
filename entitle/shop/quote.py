"""Verdicts -> a quote: what is charged when, what is given when, and until when that holds."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from entitle.decision import Line
from entitle.errors import FactError
from entitle.messages import Words
from entitle.release import Counter, Item, Product, Release
from entitle.runtime.decide import Decider, OrderVerdict, Verdict
from entitle.runtime.explain import moment
from entitle.runtime.lasting import Change, changes_at
from entitle.runtime.limits import bucket, units_used
from entitle.runtime.pricing import Facts
from entitle.runtime.schedule import Timeline, issue_at
from entitle.shop.contracts import deal
from entitle.shop.prices import Note, Price, codes_left, left_out, prices
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
class Basis:
    """What a quote rests on, so that it can tell more when it is asked."""

    ready: Decider
    verdict: OrderVerdict
    at: Instant


@dataclass(frozen=True)
class Quote:
    """A price over time; nothing was written and nothing is reserved.

    total        due now
    charges      the first charges in order of time; `endless` says that they go on like the last one
    grants       what is given, as long as charges are shown
    skipped      items that this customer does not get (a limit or `once_per` is used up, an `if` is false)
    codes_left   codes that were presented and are not used; `notes` says why
    valid_until  the first instant at which the answer may change by itself; None is not known to
    valid_because what may change it then
    token        proves the total to `buy(agreed=…)`
    """

    customer: str
    lines: tuple[Line, ...]
    total: Money
    charges: tuple[QuotedCharge, ...]
    grants: tuple[QuotedGrant, ...]
    skipped: tuple[str, ...]
    endless: bool
    codes_left: tuple[str, ...]
    valid_until: datetime | None
    valid_because: Note | None
    token: str
    basis: Basis = field(compare=False, repr=False)

    @cached_property
    def prices(self) -> tuple[Price, ...]:
        """Each amount over time: which charges it is of, until when and why, and step by step how it came about."""
        return tuple(prices(self.basis.ready, self.basis.verdict, self.basis.at))

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """Offers that were not taken and why, codes among them, and what is missing for the next ones."""
        return left_out(self.basis.ready, self.basis.verdict)


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
    return Quote(
        scene.stream,
        lines,
        total,
        tuple(sorted(charges, key=lambda each: each.due_at)),
        tuple(sorted(grants, key=lambda each: each.at)),
        tuple(item.id for each in verdicts for item in each.product.gives if item not in each.gives),
        endless,
        codes_left(release, verdict),
        None if until is None else moment(until[0]),
        None if until is None else until[1],
        ctx.keys.sign(_terms(scene.stream, lines, total)),
        Basis(scene.active, verdict, at),
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


def holds_until(verdict: OrderVerdict, release: Release, at: Instant) -> tuple[Instant, Note] | None:
    """The first instant after `at` at which time alone may change the verdict, and what may change it.

    That is the clock, a calendar, or a new window of a limit. What looks back (a rolling limit, a measure `within`) is
    not followed.
    """
    turns: list[tuple[Instant, Note]] = []
    for line in verdict.lines:
        product = line.product
        turns += _turns(changes_at(product.program, line.facts, release, at), product.id, release)
        turns += _full_until(product.counters, product, line.quantity, line.facts, release, at)
    bought = {line.product.id for line in verdict.lines}
    units = sum(line.quantity for line in verdict.lines)
    for step in release.order_steps:
        if any(not bought.isdisjoint(release.promotions[each].products) for each in step.offers):
            facts = verdict.asked.steps[step.id]
            turns += _turns(changes_at(step.program, facts, release, at), step.id, release)
            turns += _full_until(step.counters, None, units, facts, release, at)
    return min(turns, key=lambda each: each[0], default=None)


def _turns(change: Change | None, rule: str, release: Release) -> Iterator[tuple[Instant, Note]]:
    """A change, and the rule that turns: a promotion, a product, or else the price step."""
    if change is None:
        return
    name = change.let.name.rpartition(".")[2] if change.let else ""
    promotion = release.promotions.get(name)
    span = promotion.span if promotion else change.let.span if change.let else None
    yield change.at, Note("turns", promotion.id if promotion else rule, span.where if span else "")


def _full_until(
    counters: Iterable[Counter], product: Product | None, units: int, facts: Facts, release: Release, at: Instant
) -> Iterator[tuple[Instant, Note]]:
    """When limits begin anew that keep something from this purchase: then an offer or an item may be had again."""
    for counter in counters:
        asked = units_used(counter, units)
        if int(facts[counter.input] or 0) + asked > counter.max >= asked:
            end = bucket(counter, product, release, at)[1]
            if end is not None:
                yield end, Note("turns", counter.id, counter.span.where if counter.span else "")


# ---- what was agreed

Agreed = Quote | Money | str | None


def _terms(customer: str, lines: tuple[Line, ...], total: Money) -> str:
    """What a token proves: for whom, for what, and how much."""
    what = sorted([line.product, line.quantity] for line in lines)
    return json.dumps([customer, what, total.minor, total.currency])


def agreed_total(ctx: Context, agreed: Agreed, customer: str, lines: tuple[Line, ...]) -> Money | None:
    """The total that was agreed for these lines. Raises FactError for what proves nothing of the kind."""
    match agreed:
        case None | Money():
            return agreed
        case Quote(total=total):
            said = _terms(agreed.customer, agreed.lines, total)
        case _:
            found = ctx.keys.signed(agreed)
            if found is None:
                raise FactError("agreed", "is no token that this shop signed")
            said = found
    *_, minor, currency = json.loads(said)
    total = Money.of_minor(minor, currency)
    if said != _terms(customer, lines, total):
        raise FactError("agreed", "is a quote for another customer or other lines")
    return total
