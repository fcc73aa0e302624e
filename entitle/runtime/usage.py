"""How much of what was given is used, as an exact part of all that was promised; and what that makes of a refund.

What was paid is one part for each charge, unit and item of `gives`: the unit's payment split by the items' shares. A
voucher is used by its uses of all its uses, a card code once it is shown, access by the 24-hour days begun of the days
of its time, a quota by the amount spent. What was not issued yet is not used.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from entitle.declarations import IfUsed
from entitle.records import Grant, Redemption
from entitle.release import After, Benefit, Item, Product
from entitle.runtime.schedule import Period, Timeline, issue_at
from entitle.values.civil import latest_boundary
from entitle.values.zone import Instant, Zone

DAY = 86_400_000_000
NOTHING = Fraction(0)
WHOLE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Usage:
    """What is known of a line at an instant: its grants, and what was spent of its quotas."""

    product: Product
    benefits: Mapping[str, Benefit]
    timeline: Timeline
    grants: Sequence[Grant]
    spendings: Sequence[Redemption]
    at: Instant

    def of(self, item: Item, unit: int, period: Period) -> Fraction:
        """How much of what a unit was promised for a period is used of an item."""
        numbers = range(1, 2) if item.paid_time else issues(item, self.timeline, period)
        own = [g for g in self.grants if g.item == item.id and g.unit == unit and g.n in numbers]
        if not own:
            return NOTHING
        benefit = self.benefits[item.benefit]
        return sum((self._part(each, benefit, item, period) for each in own), NOTHING) / max(len(numbers), len(own))

    def of_unit(self, unit: int, period: Period) -> Fraction:
        """How much of all that a unit was promised, where nothing says what each item stands for: the most used."""
        return max((self.of(item, unit, period) for item in self.product.gives), default=NOTHING)

    def _part(self, grant: Grant, benefit: Benefit, item: Item, period: Period) -> Fraction:
        if benefit.kind in ("voucher", "card_code"):
            return Fraction(grant.used, grant.capacity)
        start = grant.active_from
        if item.paid_time:  # a contract that took another's place began within a period
            start = max(period.start, grant.active_from or period.start)
        end = period.end if item.paid_time else grant.valid_until
        if start is None or self.at <= start:
            return NOTHING
        if benefit.kind == "access":
            return days_begun(start, end, self.at)
        within = [each.amount for each in self.spendings if each.grant == grant.id and _in(each.at, start, end)]
        fillings = _fillings(benefit, self.timeline.zone, grant.active_from or start, start, end)
        return min(WHOLE, Fraction(sum(within), grant.capacity * fillings))


def issues(item: Item, timeline: Timeline, period: Period) -> range:
    """The numbers of an item's issues that a period pays for. What is paid for once pays for all of them."""
    promised = timeline.renews is None and (item.times is not None or isinstance(item.when, After))
    n = first = 1
    while (due := issue_at(item, timeline, n)) is not None:
        after = period.end is not None and due >= period.end
        if after and not promised:
            break
        n += 1
        first = n if due < period.start else first
    return range(first, n)


def days_begun(start: Instant, end: Instant | None, at: Instant) -> Fraction:
    """The 24-hour days begun in [start, at) of those in [start, end); what has no end is used once it has begun."""
    if end is None:
        return WHOLE
    days = ceil(Fraction(end - start, DAY))
    return Fraction(ceil(Fraction(min(at, end) - start, DAY)), days) if days else NOTHING


def _in(at: Instant, start: Instant, end: Instant | None) -> bool:
    return start <= at and (end is None or at < end)


def _fillings(benefit: Benefit, zone: Zone, anchor: Instant, start: Instant, end: Instant | None) -> int:
    """How many fillings of a quota the time from start to end sees."""
    if benefit.quota is None or benefit.quota.resets is None or end is None or end <= start:
        return 1
    resets = benefit.quota.resets
    return latest_boundary(zone, anchor, resets, end - 1) - latest_boundary(zone, anchor, resets, start) + 1


# ---- money


def split(paid: int, product: Product) -> dict[str, int]:
    """What a unit paid, by item: largest remainder, ties to the item that stands first; "" where none has a share."""
    shares = [Fraction(*item.share) if item.share else None for item in product.gives]
    if None in shares:
        return {"": paid}
    exact = [paid * (share or NOTHING) for share in shares]
    whole = [int(part) for part in exact]
    order = sorted(range(len(whole)), key=lambda i: whole[i] - exact[i])
    for i in order[: paid - sum(whole)]:
        whole[i] += 1
    return {item.id: part for item, part in zip(product.gives, whole, strict=True)}


def given_back(paid: int, used: Fraction, if_used: IfUsed) -> int:
    """What goes back of a part: used parts keep their share, rounded up, where the rule deducts them."""
    return paid - ceil(paid * used) if if_used == "deduct" else paid
