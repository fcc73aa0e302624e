"""A flash sale on a store: many buyers at once want what there is too little of. What it sold, and how fast."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from statistics import quantiles
from time import perf_counter
from typing import Literal

from entitle.decision import Done, Line, Payment, Refused, Who
from entitle.dsl.load import compile_sources
from entitle.errors import Error
from entitle.release import Release
from entitle.shop.facade import Shop
from entitle.shop.fill import FILL_MAX
from entitle.source import Source
from entitle.values.money import Money

PRICE = Money("10.00", "CNY")
PROBE_SECONDS = 0.5
NONE_LEFT = [("sold-out", "seats")], [("limit", "seats")]
Of = Literal["pool", "limit"]  # what says how many units there are
RULES = """\
entitle: 1
name: flash-sale
timezone: UTC
currency: CNY
benefits:
  entry: {kind: access, name: Entry}
pools:
  seats: {of: units HOT}
products:
  seat:
    name: Seat
    price: ¥10.00
    stock: seats
    lasts: 30 days
    gives: [{benefit: entry}]
    limits: [{id: one-each, max: 1, per: customer, in_each: lifetime}]
"""
LIMITS = """\
    limits:
      - {id: one-each, max: 1, per: customer, in_each: lifetime}
      - {id: seats, max: UNITS, per: all_together, in_each: lifetime HOT}
"""


@dataclass(frozen=True, slots=True)
class Sold:
    """What a sale came to. `waits` are the seconds that each buyer waited."""

    buyers: int
    units: int
    sold: int
    refused: int
    errors: tuple[str, ...]
    seconds: float
    waits: tuple[float, ...]
    reconciled: bool

    @property
    def ok(self) -> bool:
        """Whether everything was sold that could be, nothing twice, and everyone was answered."""
        exact = self.sold == min(self.buyers, self.units) and self.sold + self.refused == self.buyers
        return exact and not self.errors and self.reconciled

    @property
    def per_second(self) -> float:
        return self.buyers / self.seconds

    def percentile(self, percent: int) -> float:
        """The seconds within which so many percent of the buyers were answered."""
        return quantiles(self.waits, n=100, method="inclusive")[percent - 1] if len(self.waits) > 1 else self.waits[0]


def rulebook(units: int, hot: bool = False, of: Of = "pool") -> Release:
    rules = RULES
    if of == "limit":
        rules = rules.replace("    stock: seats\n", "").partition("    limits:")[0] + LIMITS
    rules = rules.replace(" HOT", ", hot: true" if hot else "").replace("UNITS", str(units))
    release = compile_sources([Source("rulebook.yaml", rules)]).release
    assert release is not None
    return release


def prepare(shop: Shop, units: int, hot: bool = False, of: Of = "pool") -> None:
    """Publish the sale, and put the units in where a pool holds them."""
    shop.publish(rulebook(units, hot, of), by="bench")
    for first in range(0, units if of == "pool" else 0, FILL_MAX):
        shop.fill("seats", min(FILL_MAX, units - first), key=f"seats-{first}", by="bench").unwrap()


def sell(shop: Shop, buyers: int, units: int, clients: int, step: Callable[[], None] = lambda: None) -> Sold:
    """Hold the sale: each buyer wants one unit, so many of them at a time. `step` is called after each."""
    answers: list[str] = []
    waits: list[float] = []
    start = perf_counter()
    with ThreadPoolExecutor(clients) as crowd:
        asked = [crowd.submit(_ask, shop, number) for number in range(buyers)]
        for each in as_completed(asked):
            answer, seconds = each.result()
            answers.append(answer)
            waits.append(seconds)
            step()
    seconds = perf_counter() - start
    errors = tuple(sorted({each for each in answers if each not in ("sold", "refused")}))
    clean = shop.reconcile().ok
    return Sold(buyers, units, answers.count("sold"), answers.count("refused"), errors, seconds, tuple(waits), clean)


def _ask(shop: Shop, number: int) -> tuple[str, float]:
    """What one buyer was told, and how long it took."""
    start = perf_counter()
    try:
        outcome = shop.buy(Who(f"b-{number}"), Line("seat"), key=f"sale-{number}", paid=Payment(PRICE, f"r-{number}"))
    except Error as problem:
        return str(problem), perf_counter() - start
    seconds = perf_counter() - start
    match outcome:
        case Done():
            return "sold", seconds
        case Refused(reasons) if [(each.code, each.rule) for each in reasons] in NONE_LEFT:
            return "refused", seconds
    return str(outcome), seconds


def each_second(sync: Callable[[], None]) -> float:
    """How often in a second the least can be written and be on the disk."""
    start, done = perf_counter(), 0
    while (spent := perf_counter() - start) < PROBE_SECONDS:
        sync()
        done += 1
    return done / spent
