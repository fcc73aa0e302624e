"""(anchor, n, zone) -> instants: the periods of a timeline, reminders, issues and deadlines.

A timeline is frozen at purchase; its nth period is a function of the anchor and n, never of the period before. What a
contract is given and when it fails are counted from these boundaries.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from entitle.release import After, DayOfMonth, EachPeriod, Every, Item, Purchase, Validity
from entitle.values.civil import Term, day_of_month, deadline, shift, shift_civil
from entitle.values.zone import Instant, Zone


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a timeline: `count` periods (None: endless), or one that `lasts`.

    units   what each unit pays in every period, in minor units: amounts in the order of the units, with their number
    offers  the promotions that made it so
    """

    phase: str
    count: int | None
    lasts: Term | None
    units: tuple[tuple[int, int], ...]
    offers: tuple[str, ...] = ()

    @property
    def amount(self) -> int:
        """What all units pay together."""
        return sum(amount * count for amount, count in self.units)


@dataclass(frozen=True, slots=True)
class Period:
    """The nth period, counted from 1: `amount` is charged at `start`, and pays up to `end` (None: for ever).

    units   what each unit pays of it: amounts in the order of the units, with their number
    offers  the promotions that made the amount so
    """

    n: int
    start: Instant
    end: Instant | None
    phase: str
    units: tuple[tuple[int, int], ...]
    offers: tuple[str, ...] = ()

    @property
    def amount(self) -> int:
        """What all units pay together."""
        return sum(amount * count for amount, count in self.units)

    @property
    def by_unit(self) -> list[int]:
        """What each unit pays."""
        return [amount for amount, count in self.units for _ in range(count)]


@dataclass(frozen=True, slots=True)
class Before:
    """What a contract that took another's place has of its time: the old anchor stays.

    term     from the anchor to where its own periods are counted from: a boundary of the old contract
    periods  its own periods that had passed by then
    begins   when it took its place
    """

    term: Term
    periods: int
    begins: Instant


@dataclass(frozen=True, slots=True)
class _Base:
    """What periods are counted from: an instant, its civil time before any shift, and how many periods came before.

    lead  months that are added together with those of the periods, so that 31 January stays the last day of a month
    """

    instant: Instant
    civil: datetime
    before: int
    lead: int = 0


@dataclass(frozen=True, slots=True)
class Timeline:
    """The frozen price timeline of a contract. `renews` is None for a product sold once."""

    zone: Zone
    anchor: Instant
    renews: Term | None
    segments: tuple[Segment, ...]
    before: Before | None = None

    @property
    def begins(self) -> Instant:
        """From when on things are given: the anchor, or when it took another contract's place."""
        return self.before.begins if self.before else self.anchor

    def period(self, n: int) -> Period | None:
        """The nth period; None after the last one."""
        found = self._find(n)
        if found is None:
            return None
        base, segment = found
        start = self._boundary(base, n - 1)
        end = self._end(base, segment, n)
        return Period(n, start, end, segment.phase, segment.units, segment.offers)

    @property
    def end(self) -> Instant | None:
        """The end of the last period; None where there is no last one, or it has no end."""
        counts = [1 if each.lasts or self.renews is None else each.count for each in self.segments]
        last = None if None in counts else self.period(sum(count or 0 for count in counts))
        return last.end if last else None

    def free_through(self, n: int) -> int | None:
        """The last period that is reached from period n by charges of nothing; None where they never end."""
        last = 0
        for segment in self.segments:
            count = 1 if segment.lasts or self.renews is None else segment.count
            if segment.amount and (count is None or last + count > n):
                break
            if count is None:
                return None
            last += count
        return max(n, last)

    def remind_at(self, n: int, before: Term) -> Instant | None:
        """When to tell of charge n: counted back from its civil time before any shift."""
        found = self._find(n)
        if found is None:
            return None
        base = found[0]
        if before.exact:
            return shift(self.zone, self._boundary(base, n - 1), before, -1)
        return self.zone.instant(shift_civil(self._civil(base, n - 1), before, -1))

    def periods(self, most: int) -> list[Period]:
        """The first periods, at most so many."""
        return list(islice(self._periods(), most))

    def _periods(self) -> Iterator[Period]:
        n = 1
        while (period := self.period(n)) is not None:
            yield period
            n += 1

    def _find(self, n: int) -> tuple[_Base, Segment] | None:
        base, last = self._start(), 0
        for segment in self.segments:
            count = 1 if segment.lasts or self.renews is None else segment.count
            if segment.lasts and base.before < last:  # a term of its own begins where the periods before it end
                base = self._rebased(base, last)
            if count is None or n <= last + count:
                return base, segment
            last += count
            if segment.lasts:
                base = self._after(base, segment.lasts, last)
        return None

    def _start(self) -> _Base:
        civil = self.zone.civil(self.anchor)
        if self.before is None:
            return _Base(self.anchor, civil, 0)
        term, passed = self.before.term, -self.before.periods
        if term.months is not None and self.renews is not None and self.renews.months is not None:
            return _Base(self.anchor, civil, passed, term.months)
        civil = shift_civil(civil, term)
        return _Base(self.zone.instant(civil), civil, passed)

    def after(self, n: int, renews: Term, at: Instant) -> tuple[Instant, Before]:
        """The anchor, and what went before, for a contract that renews otherwise and takes this one's place.

        n  the period of this one that holds the instant; the other's periods are counted from its beginning, and its
           first one is that which holds the instant too
        """
        found = self._find(n)
        assert found is not None, "it is changed while it runs"
        base = found[0]
        passed = n - 1 - base.before
        term = Term(0, "day")
        if self.renews is not None:
            months, count = self.renews.months, passed * self.renews.count
            term = Term(count, self.renews.unit) if months is None else Term(base.lead + passed * months, "month")
        before = Before(term, 0, at)
        other = Timeline(self.zone, base.instant, renews, (Segment("", None, None, ()),), before)
        while (period := other.period(1)) is not None and period.end is not None and period.end <= at:
            before = replace(before, periods=before.periods + 1)
            other = replace(other, before=before)
        return base.instant, before

    def _rebased(self, base: _Base, last: int) -> _Base:
        return _Base(self._boundary(base, last), self._civil(base, last), last)

    def _after(self, base: _Base, lasts: Term, last: int) -> _Base:
        end = shift(self.zone, base.instant, lasts)
        return _Base(end, self.zone.civil(end) if lasts.exact else shift_civil(base.civil, lasts), last)

    def _boundary(self, base: _Base, n: int) -> Instant:
        return base.instant if n == base.before and not base.lead else self.zone.instant(self._civil(base, n))

    def _civil(self, base: _Base, n: int) -> datetime:
        """The civil time of boundary n, before a gap could shift it."""
        if n == base.before and not base.lead:
            return base.civil
        if base.lead and self.renews is not None and self.renews.months is not None:
            return shift_civil(base.civil, Term(base.lead + (n - base.before) * self.renews.months, "month"))
        assert self.renews is not None, "only a renewing timeline has a second boundary"
        return shift_civil(base.civil, self.renews, n - base.before)

    def _end(self, base: _Base, segment: Segment, n: int) -> Instant | None:
        if segment.lasts:
            return self._after(base, segment.lasts, n).instant
        return self._boundary(base, n) if self.renews else None


def issue_at(item: Item, timeline: Timeline, n: int) -> Instant | None:
    """When the item is issued for the nth time, n counted from 1; None where it is not issued any more."""
    if item.times is not None and n > item.times:
        return None
    anchor, zone = timeline.begins, timeline.zone
    match item.when:
        case Purchase():
            return anchor if n == 1 else None
        case After(term=term):
            return shift(zone, anchor, term) if n == 1 else None
        case Every(term=term):
            return shift(zone, anchor, term, n - 1)
        case DayOfMonth(day=day):
            return day_of_month(zone, anchor, day, n - 1)
        case EachPeriod(first=first):
            period = timeline.period(n if first else n + 1)
            return None if period is None else period.start


def valid_until(
    validity: tuple[Validity, ...], zone: Zone, granted: Instant, claimed: Instant | None, paid_until: Instant | None
) -> Instant | None:
    """The earliest end of a grant; None while nothing ends it. `paid_until` is the end of the paid time."""
    ends: list[Instant] = []
    for each in validity:
        match each.counts, each.term:
            case "grant", Term() as term:
                ends.append(deadline(zone, granted, term))
            case "claim", Term() as term if claimed is not None:
                ends.append(deadline(zone, claimed, term))
            case "instant", _ if each.until is not None:
                ends.append(each.until)
            case "period_end", _ if paid_until is not None:
                ends.append(paid_until)
    return min(ends, default=None)
