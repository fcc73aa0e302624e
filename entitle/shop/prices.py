"""A verdict -> its prices as people read them: step by step, over time, and the offers that were not taken."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise

from entitle.messages import Lang, Words
from entitle.messages.notes import NOTES
from entitle.release import Promotion, Release
from entitle.runtime.decide import Decider, OrderVerdict, Verdict
from entitle.runtime.explain import moment
from entitle.runtime.pricing import Priced
from entitle.runtime.standing import Missing
from entitle.runtime.stretches import Stretch
from entitle.runtime.untaken import Untaken, notes
from entitle.runtime.waterfall import Fall, Kind, waterfall
from entitle.shop.contracts import deal
from entitle.source import Span
from entitle.values.money import Money
from entitle.values.zone import Instant


@dataclass(frozen=True, slots=True)
class Note:
    """Something said beside an amount.

    code   from the closed list in `messages.notes`
    rule   the operator's id that it is about, and `where` that stands (`file:line`)
    more   what is missing for a promotion: an amount, or a number of units; `off` is what it would take off
    """

    code: str
    rule: str
    where: str = ""
    values: Mapping[str, str | Words] = field(default_factory=dict)
    more: Money | int | None = None
    off: Money | None = None

    def text(self, lang: Lang = "en") -> str:
        """One sentence for people."""
        return NOTES[self.code].fill(lang, {"rule": self.rule, **self.values})


@dataclass(frozen=True, slots=True)
class PriceStep:
    """One step of a price: of one unit up to the floor, of all units after it.

    kind   base, unit (an offer on a unit), floor (the lift to it), quantity, order (an offer on the whole order)
    rule   the phase that the base is of, the promotion, or the product whose floor it is; `where` it stands
    step   the price step of an offer
    whole  of an offer on the whole order: the sum of the lines that it sees, before and after it
    kept   and what floors kept of its discount, if anything
    """

    kind: Kind
    rule: str
    where: str
    before: Money
    after: Money
    step: str = ""
    whole: tuple[Money, Money] | None = None
    kept: Money | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What a line pays in each of the charges from number `first` to `last` (None: without end).

    amount          of all units together, and `steps` how it came to that
    starts_at       when the first of them is due
    until           when the last of the periods paid so ends (None: never), and `because` why the price ends then
    """

    product: str
    quantity: int
    phase: str
    first: int
    last: int | None
    amount: Money
    steps: tuple[PriceStep, ...]
    starts_at: datetime
    until: datetime | None
    because: Note


def prices(ready: Decider, verdict: OrderVerdict, at: Instant) -> Iterator[Price]:
    """The prices of every line over time, for a purchase at this instant."""
    for line in verdict.lines:
        yield from line_prices(ready, line, at)


def line_prices(ready: Decider, line: Verdict, at: Instant) -> Iterator[Price]:
    release = ready.release
    timeline = deal(release, line.product, at, line.segments).timeline
    for stretch, following in pairwise((*line.stretches, None)):
        assert stretch is not None
        segment = stretch.segment
        last = stretch.first + stretch.charges - 1
        endless = segment.count is None and segment.lasts is None and line.product.subscription is not None
        first_period, last_period = timeline.period(stretch.first), timeline.period(last)
        assert first_period is not None
        assert last_period is not None
        ends = None if endless else last_period.end
        yield Price(
            line.product.id,
            line.quantity,
            segment.phase,
            stretch.first,
            None if endless else last,
            Money.of_minor(segment.amount, release.currency),
            tuple(_step(each, release.currency) for each in _falls(ready, line, stretch)),
            moment(first_period.start),
            None if ends is None else moment(ends),
            _because(release, line, stretch, following, endless),
        )


def _falls(ready: Decider, line: Verdict, stretch: Stretch) -> Iterator[Fall]:
    return waterfall(ready, line.product, stretch.segment.phase, stretch.cost, stretch.order, stretch.line)


def _step(fall: Fall, currency: str) -> PriceStep:
    def money(minor: int) -> Money:
        return Money.of_minor(minor, currency)

    whole = None if fall.whole is None else (money(fall.whole[0]), money(fall.whole[1]))
    kept = money(fall.kept) if fall.kept else None
    return PriceStep(
        fall.kind, fall.rule, _where(fall.span), money(fall.before), money(fall.after), fall.step, whole, kept
    )


def _where(span: Span | None) -> str:
    return span.where if span else ""


def _because(release: Release, line: Verdict, stretch: Stretch, following: Stretch | None, endless: bool) -> Note:
    """Why a price is not that of the charges after it."""
    phase = next(each for each in line.product.phases if each.id == stretch.segment.phase)
    where = _where(phase.span or line.product.span)
    if following is None:
        return Note("endless" if endless else "contract-ends", phase.id, where)
    if following.segment.phase != phase.id:
        return Note("phase-ends", phase.id, where, {"phase": phase.id})
    ended = [id_ for id_ in stretch.cost.applied if id_ not in following.cost.applied]
    if not ended:
        return Note("alone", line.product.id, where)
    promotion = release.promotions[ended[0]]
    return Note("offers-end", promotion.id, _where(promotion.span), {"by": _names(ended, release)})


# ---- offers that were not taken


def left_out(ready: Decider, verdict: OrderVerdict) -> tuple[Note, ...]:
    """Of the first charge that costs something: the offers that were not taken, and what is missing for the next ones.

    Of several lines it is the first charge of the order.
    """
    asked, priced = verdict.asked.lines, verdict.priced
    assert priced is not None, "nothing says no"
    if len(asked) == 1:
        over_time = verdict.lines[0].stretches
        paid = next((each for each in over_time if each.cost.base), over_time[0])
        priced = Priced((paid.cost,), paid.order)
    asked = tuple(replace(line, facts=cost.facts) for line, cost in zip(asked, priced.lines, strict=True))
    found = [_note(each, ready.release) for each in notes(ready, asked, verdict.asked.steps, priced, 1)]
    said = {each.rule for each in found}
    for code in codes_left(ready.release, verdict):
        promotion = ready.release.by_code[code]
        if promotion.id not in said:
            found.append(_note(Untaken(promotion, "no-difference"), ready.release))
    return tuple({(each.code, each.rule, str(each.more)): each for each in found}.values())


def codes_left(release: Release, verdict: OrderVerdict) -> tuple[str, ...]:
    """The codes that were presented and are not used."""
    taken = {id_ for line in verdict.lines for each in line.stretches for id_ in each.cost.applied}
    return tuple(code for code in verdict.asked.codes if release.by_code[code].id not in taken)


def _note(found: Untaken | Missing, release: Release) -> Note:
    promotion = found.promotion
    name: dict[str, str | Words] = {"name": _name(promotion)}
    where = _where(promotion.span)
    if isinstance(found, Untaken):
        return Note(found.why, promotion.id, where, name | {"by": _names(found.by, release)})
    off = Money.of_minor(found.off, release.currency)
    more = found.more if found.what == "units" else Money.of_minor(found.more, release.currency)
    values = name | {"more": str(more), "off": str(off), "free": str(promotion.free[1] if promotion.free else "")}
    if promotion.free and found.what == "units":
        return Note("more-for-free", promotion.id, where, values, more)
    in_order = any(step.id == promotion.step for step in release.order_steps)
    code = "more-amount" if found.what == "amount" else "more-in-order" if in_order else "more-units"
    return Note(code, promotion.id, where, values, more, off)


def _name(promotion: Promotion) -> str | Words:
    return promotion.name or f"`{promotion.id}`"


def _names(ids: tuple[str, ...] | list[str], release: Release) -> Words:
    names = [_name(release.promotions[each]) for each in ids]
    said = [name if isinstance(name, Words) else Words(name, name) for name in names]
    return Words(", ".join(each.en for each in said), "、".join(each.zh for each in said))
