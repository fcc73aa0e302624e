"""Oracle and shops, driven by the same calls: buyers, payment workers, and a clock that leaps.

After every step answers, books, events and both stores' rows are equal. `make test` runs a share, the same every time;
ENTITLE_MACHINE_STEPS runs that many steps, other ones each time.
"""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize

from entitle import Line, Who
from tests.machine.drawn import NAMES, PRODUCTS, STARTS, STEPS, STEPS_EACH
from tests.machine.renewing import Renewing
from tests.machine.reserving import Reserving
from tests.machine.returning import Returning
from tests.machine.using import Using
from tests.shops import shanghai


class Shops(Reserving, Renewing, Using, Returning):
    """One run: a day or some years of three customers."""

    @initialize(start=st.sampled_from(STARTS), cart=st.lists(st.tuples(NAMES, PRODUCTS), min_size=1, max_size=5))
    def open(self, start: str, cart: list[tuple[str, str]]) -> None:
        self.start(shanghai(start))
        self.handed, self.quoted = [], []
        for pool, units in {"seats": 4, "codes": 3}.items():
            self._fill(pool, units)
        for i, (name, product) in enumerate(cart):
            self._buy(Who(name, channel="app", device="d-1", facts={"customer.level": 3}), [Line(product)], f"cart-{i}")


def runs(usually: int) -> settings:
    """So many runs, or what takes the steps that were asked for."""
    return settings(
        max_examples=max(1, STEPS // STEPS_EACH) if STEPS else usually,
        stateful_step_count=STEPS_EACH,
        derandomize=not STEPS,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )


Shops.TestCase.settings = runs(30)
TestShops = Shops.TestCase
