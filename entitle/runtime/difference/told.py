"""What a release says of a purchase, as far as changes are told by it, and which kinds of change two of them show.

The same is asked of a witness and of the rows of a table of customers.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from entitle.declarations import Phase, Subscription
from entitle.release import Benefit, Counter, Item, Product, Purchase, Release, Rule, Stage
from entitle.runtime.difference.change import Kind
from entitle.values.civil import Term

Gift = tuple[Item, Benefit]
Runs = tuple[tuple[Phase, ...], Subscription | None, Term | None]


@dataclass(frozen=True, slots=True)
class Told:
    """One release's answer.

    stage, rules  what says no; None and () for yes
    pays          minor units: what is compared with the other release's
    gives         what is given
    runs          the phases that are kept, how the product renews, how long it lasts
    uses          the counters that are used
    logged        the guards that only noted what they would have done
    applied       the offers that make the price
    """

    stage: Stage | None
    rules: tuple[Rule, ...] = ()
    pays: int = 0
    gives: frozenset[Gift] = frozenset()
    runs: Runs = ((), None, None)
    uses: frozenset[Counter] = frozenset()
    logged: tuple[str, ...] = ()
    applied: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        return self.stage is None

    @property
    def gifts(self) -> frozenset[Gift]:
        """What is given, whenever that is."""
        return frozenset((gift(item), benefit) for item, benefit in self.gives)


def gift(item: Item) -> Item:
    """An item with no regard to its schedule."""
    return replace(item, when=Purchase(), times=None, paid_time=False, claim_within=None)


def limit(counter: Counter) -> Counter:
    """A counter with no regard to how it is kept."""
    return replace(counter, hot=False)


def runs(product: Product, kept: Iterable[str]) -> Runs:
    """How a product of which these phases are kept goes on."""
    ids = set(kept)
    return tuple(each for each in product.phases if each.id in ids), product.subscription, product.lasts


def given(release: Release, items: Iterable[Item]) -> frozenset[Gift]:
    return frozenset((item, release.benefits[item.benefit]) for item in items)


def used(counters: Iterable[Counter]) -> frozenset[Counter]:
    return frozenset(map(limit, counters))


# ---- two of them


def _limited(a: Told, b: Told) -> bool:
    if a.allowed and b.allowed:
        return a.uses != b.uses
    return "limits" in (a.stage, b.stage) and (a.allowed or b.allowed)


def _moved(a: Told, b: Told) -> bool:
    """Is the same gift given at another time?"""
    return any(was != now and gift(was) == gift(now) for was, _ in a.gives for now, _ in b.gives)


def _said(told: Told) -> object:
    return told.stage, told.rules, told.logged if told.allowed else (), told.applied


def _both(of: Callable[[Told, Told], bool]) -> Callable[[Told, Told], bool]:
    return lambda a, b: a.allowed and b.allowed and of(a, b)


SEEN: Mapping[Kind, Callable[[Told, Told], bool]] = {
    "refused": lambda a, b: a.allowed and not b.allowed and b.stage != "limits",
    "allowed": lambda a, b: b.allowed and not a.allowed and a.stage != "limits",
    "dearer": _both(lambda a, b: b.pays > a.pays),
    "cheaper": _both(lambda a, b: b.pays < a.pays),
    "gift": _both(lambda a, b: a.gifts != b.gifts),
    "schedule": _both(lambda a, b: a.runs != b.runs or _moved(a, b)),
    "limit": _limited,
    "reason": lambda a, b: a.allowed == b.allowed and _said(a) != _said(b),
}
