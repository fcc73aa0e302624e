"""What one customer does one after another, and what of that is tried where no single purchase shows it.

Histories are lived through on a store by whoever drives a shop; here they are data.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from entitle.case import Case, Do
from entitle.release import Product, Release
from entitle.values.civil import Term
from entitle.values.zone import SECOND, Instant

MINUTE, HOUR, DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND
WINDOWS = {"day": DAY, "week": 7 * DAY, "month": 31 * DAY, "sale_window": 7 * DAY}  # after so long each is another one
Deeds = tuple[tuple[int, Do | None], ...]  # how long after the first, and what; None: time passes until then


@dataclass(frozen=True, slots=True)
class Paid:
    """A charge that was paid: of which contract, in which phase, with which offers. The amount is minor units."""

    at: Instant
    contract: str
    product: str
    phase: str
    amount: int
    offers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deed:
    """One step of a history, what was paid at its instant, and what was given back (None: nothing)."""

    at: Instant
    do: Do | None
    paid: tuple[Paid, ...] = ()
    back: int | None = None

    @property
    def pays(self) -> int:
        return sum(each.amount for each in self.paid)


@dataclass(frozen=True, slots=True)
class History:
    """A customer, and what they did, each step done. `told`: the facts that the shop tells, as it tells them."""

    told: Mapping[str, object]
    codes: tuple[str, ...]
    passed: tuple[str, ...]
    fill: Mapping[str, int]
    deeds: tuple[Deed, ...]

    @property
    def paid(self) -> tuple[Paid, ...]:
        return tuple(paid for deed in self.deeds for paid in deed.paid)


Live = Callable[[Release, Case], tuple[Deed, ...]]
"""Lives through a case on an empty store, to its first step that is not done; a charge between its steps is a deed."""


@dataclass(frozen=True, slots=True)
class Buying:
    """A purchase of a history. `reaches`: how long it takes to the charge that is looked at, in microseconds."""

    product: Product
    quantity: int
    reaches: int = 0

    @property
    def do(self) -> Do:
        return Do("buy", self.product.id, self.quantity)

    @property
    def held(self) -> Do:
        return Do("hold", self.product.id, self.quantity)


def ways(release: Release, first: Buying, second: Buying) -> Iterator[Deeds]:
    """Ways to buy one and then the other: while the first runs, after it was cancelled, after it was given back.

    Each with no pause between them, and with all that may matter to what is counted: its windows, and the paid time.
    And to hold the one, buy the other when the hold has expired, and then pay for the hold.
    """
    begun = first.reaches + HOUR
    for closing in _closings(release, first.product):
        for pause in _pauses(first.product, second.product):
            then = begun + HOUR + pause
            closed = ((begun + i * MINUTE, do) for i, do in enumerate(closing))
            wait = (then + second.reaches + HOUR, None)
            yield (0, first.do), *closed, (then, second.do), *([wait] if second.reaches else [])
    yield from _held(first, second)


def at_once(first: Buying, second: Buying) -> Iterator[Deeds]:
    """Both in one order."""
    reaches = max(first.reaches, second.reaches)
    do = replace(first.do, also=((second.product.id, second.quantity),))
    yield (0, do), *([(reaches + HOUR, None)] if reaches else [])


def _held(first: Buying, second: Buying) -> Iterator[Deeds]:
    if first.product.hold is None:
        return
    reaches, hold = max(first.reaches, second.reaches), first.product.hold
    then = (hold.microseconds if hold.exact else _days(hold)) + HOUR
    wait = (then + MINUTE + reaches + HOUR, None)
    yield (0, first.held), (then, second.do), (then + MINUTE, Do("confirm")), *([wait] if reaches else [])


def _closings(release: Release, product: Product) -> Iterator[tuple[Do, ...]]:
    """What ends a purchase: nothing, or cancelling it, or using it and having it back."""
    yield ()
    if product.subscription is not None:
        yield (Do("cancel", product.id),)
    if product.refund is not None:
        yield (*_using(release, product), Do("refund", product.id))


def _using(release: Release, product: Product) -> Iterator[Do]:
    """Paid time is used by itself; of vouchers one is."""
    if any(item.paid_time for item in product.gives):
        return
    for item in product.gives:
        if release.benefits[item.benefit].kind in ("voucher", "card_code"):
            if item.claim_within is not None:
                yield Do("claim", item.benefit)
            yield Do("redeem", item.benefit)
            return


def _pauses(first: Product, second: Product) -> list[int]:
    found = {0}
    for counter in second.counters:
        found.add(counter.within if counter.in_each == "rolling" else WINDOWS.get(counter.in_each, 0))
    if first.subscription is not None:
        keep = first.subscription.keep_access
        found.add(_days(first.subscription.renews) + (_days(keep) if keep else 0))
    if first.lasts is not None:
        found.add(_days(first.lasts))
    return sorted(found)


def _days(term: Term) -> int:
    """As many whole days as a term may have, and some more."""
    return (term.microseconds // DAY + 4) * DAY
