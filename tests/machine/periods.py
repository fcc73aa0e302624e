"""An anchor and phases -> the periods of a contract, in the most direct way: walk the phases and count.

Written from the rules alone; it shares nothing with the shop but civil time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from entitle.release import After, DayOfMonth, EachPeriod, Every, Item, Purchase
from entitle.values.civil import Term, day_of_month, shift, shift_civil
from entitle.values.zone import Instant, Zone


@dataclass(frozen=True, slots=True)
class Phase:
    """One kept phase: so many periods (None: endless), or one of its own length."""

    id: str
    periods: int | None
    lasts: Term | None


@dataclass(frozen=True, slots=True)
class Period:
    n: int
    start: Instant
    end: Instant | None
    phase: str
    price: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A boundary, and the civil time it has in the calendar before any gap of the clock moves it."""

    at: Instant
    civil: datetime


@dataclass(frozen=True)
class Timeline:
    """`price(n)` is the price of one unit in period n; `renews` is None for what is sold once."""

    zone: Zone
    anchor: Instant
    renews: Term | None
    phases: Sequence[Phase]
    price: Callable[[int], int]
    _known: dict[int, Period | None] = field(default_factory=dict, init=False, compare=False, repr=False)

    def period(self, n: int) -> Period | None:
        """Looked up where it was asked for before: it never changes."""
        if n not in self._known:
            self._known[n] = self._period(n)
        return self._known[n]

    def _period(self, n: int) -> Period | None:
        found = self._find(n)
        if found is None:
            return None
        phase, start, end = found
        return Period(n, start.at, end.at if end else None, phase.id, self.price(n))

    def end(self) -> Instant | None:
        """The end of the last period, if there is a last one and it ends."""
        if any(phase.periods is None and phase.lasts is None for phase in self.phases):
            return None
        last = sum(1 if phase.lasts else phase.periods or 0 for phase in self.phases)
        period = self.period(last)
        assert period is not None
        return period.end

    def remind_at(self, n: int, before: Term) -> Instant:
        """`before` the start of period n."""
        found = self._find(n)
        assert found is not None
        start = found[1]
        if before.exact:
            return shift(self.zone, start.at, before, -1)
        return self.zone.instant(shift_civil(start.civil, before, -1))

    def _find(self, n: int) -> tuple[Phase, Edge, Edge | None] | None:
        anchor = Edge(self.anchor, self.zone.civil(self.anchor))
        before = since = 0  # periods before this phase, and those since the anchor
        for phase in self.phases:
            if phase.lasts:
                start = self._edge(anchor, since)
                anchor, since = self._after(start, phase.lasts), 0
                if n == before + 1:
                    return phase, start, anchor
                before += 1
            elif phase.periods is None or n <= before + phase.periods:
                passed = since + n - before - 1
                return phase, self._edge(anchor, passed), self._edge(anchor, passed + 1) if self.renews else None
            else:
                before, since = before + phase.periods, since + phase.periods
        return None

    def _edge(self, anchor: Edge, n: int) -> Edge:
        if n == 0 or self.renews is None:
            return anchor
        civil = shift_civil(anchor.civil, self.renews, n)
        return Edge(self.zone.instant(civil), civil)

    def _after(self, start: Edge, term: Term) -> Edge:
        end = shift(self.zone, start.at, term)
        return Edge(end, self.zone.civil(end) if term.exact else shift_civil(start.civil, term))


def issue_at(item: Item, timeline: Timeline, n: int) -> Instant | None:
    """When an item is issued for the nth time, if it ever is."""
    if item.times is not None and n > item.times:
        return None
    match item.when:
        case Purchase():
            return timeline.anchor if n == 1 else None
        case After(term=term):
            return shift(timeline.zone, timeline.anchor, term) if n == 1 else None
        case Every(term=term):
            return shift(timeline.zone, timeline.anchor, term, n - 1)
        case DayOfMonth(day=day):
            return day_of_month(timeline.zone, timeline.anchor, day, n - 1)
        case EachPeriod(first=first):
            period = timeline.period(n if first else n + 1)
            return period.start if period else None
