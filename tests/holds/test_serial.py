"""Buyers, holds, payments, voids, sweeps and time, against a plain serial shop; both stores say and write the same.

The model walks lists: what counts is what was ordered and what stands on hold at this instant. It knows no tick.
"""

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from entitle import Line, Money, Payment, Who
from entitle.decision import ON_ACCOUNT, Done
from entitle.runtime.encode import instant_of
from entitle.shop.facade import Shop
from entitle.shop.hold import HoldView
from entitle.store.sqlite import SqliteStore
from entitle.values.zone import Instant
from tests.holds.shop import MINUTE, release
from tests.machine.checks import template
from tests.machine.twins import Twins
from tests.shops import codes, shanghai

SEATS, OWN, TOTAL = 5, 2, 3
TERMS = {"seat": 60 * MINUTE, "scarce": 15 * MINUTE}
NAMES = st.sampled_from(["ann", "bob", "cyd"])
LINES = st.dictionaries(st.sampled_from(sorted(TERMS)), st.integers(1, 3), min_size=1)
RIVALS = st.lists(NAMES, max_size=3)
REFS = st.sampled_from(["one", "two"])
PICK = st.integers(0, 2**10)
DAY = 24 * 60 * MINUTE
MIDNIGHT = shanghai("2026-12-25 00:00")


@dataclass(eq=False)
class Taken:
    """What was ordered, or put on hold: state is ordered, held or voided. `paid`: what each payment was told."""

    who: str
    lines: dict[str, int]
    at: Instant
    expires_at: Instant
    state: str
    id: str = ""
    paid: dict[str, list[str]] = field(default_factory=dict)

    def counts(self, now: Instant) -> bool:
        return self.state == "ordered" or (self.state == "held" and now < self.expires_at)

    def shown(self, now: Instant) -> str:
        if self.state == "ordered":
            return "confirmed"
        return "expired" if self.state == "held" and now >= self.expires_at else self.state


class Serial(RuleBasedStateMachine):
    """One evening, over midnight, of three customers."""

    new = template()

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="entitle-holds-"))
        store = SqliteStore(Path(shutil.copy(self.new, self.folder / "shop.db")))
        self.twins = Twins(store, shanghai("2026-12-24 23:00"))
        self.twins.ask(lambda shop: shop.publish(release()))
        self.twins.ask(lambda shop: shop.fill("seats", SEATS, key="fill"))
        self.taken: list[Taken] = []
        self.steps = 0

    def teardown(self) -> None:
        if hasattr(self, "twins"):
            for shop in self.twins.shops:
                assert shop.reconcile().breaks == ()
            self.twins.close()
            shutil.rmtree(self.folder)

    # ---- the model

    @property
    def holds(self) -> list[Taken]:
        return [each for each in self.taken if each.id]

    def lacking(self, who: str, lines: dict[str, int], at: Instant) -> tuple[list[str], list[str]]:
        """The limits and the pools that stand in the way of taking so much more, counted in the day of an instant."""
        standing = [each for each in self.taken if each.counts(self.twins.now)]
        of_day = [each for each in standing if each.who == who and (each.at < MIDNIGHT) == (at < MIDNIGHT)]

        def room(product: str, taken: list[Taken], most: int) -> bool:
            more = lines.get(product, 0)
            return not more or sum(each.lines.get(product, 0) for each in taken) + more <= most

        limits = [("own", room("scarce", of_day, OWN)), ("total", room("scarce", standing, TOTAL))]
        return [name for name, fits in limits if not fits], [] if room("seat", standing, SEATS) else ["sold-out"]

    def refusal(self, who: str, lines: dict[str, int]) -> list[str]:
        """Limits speak before stock."""
        limits, stock = self.lacking(who, lines, self.twins.now)
        return limits or stock

    def told(self, hold: Taken, ref: str) -> list[str]:
        """What a payment is told for ever: nothing where it makes the order; whoever is late hears of all there is."""
        if hold.state == "ordered":
            return ["already-confirmed"]
        if hold.state == "voided":
            return ["hold-voided"]
        if hold.counts(self.twins.now):
            return []
        limits, stock = self.lacking(hold.who, hold.lines, hold.at)
        return ["hold-expired", *limits, *stock] if limits or stock else []

    # ---- what is done

    @rule(name=NAMES, lines=LINES, holding=st.booleans())
    def take(self, name: str, lines: dict[str, int], holding: bool) -> None:
        """Buy it, or put it on hold."""
        self.steps += 1
        who, what, key = Who(name, channel="app"), [Line(*each) for each in lines.items()], f"k-{self.steps}"

        def verb(shop: Shop) -> object:
            return shop.hold(who, what, key=key) if holding else shop.buy(who, what, key=key, paid=ON_ACCOUNT)

        answer, now = self.twins.ask(verb), self.twins.now
        why = self.refusal(name, lines)
        if why:
            assert codes(answer) == why
            return
        assert isinstance(answer, Done)
        expires_at = now + min(TERMS[product] for product in lines)
        made = Taken(name, lines, now, expires_at, "held" if holding else "ordered")
        if isinstance(answer.value, HoldView):
            made.id = answer.value.id
            assert instant_of(answer.value.expires_at) == expires_at
        self.taken.append(made)

    @precondition(lambda self: self.holds)
    @rule(pick=PICK, ref=REFS)
    def confirm(self, pick: int, ref: str) -> None:
        self._confirm(self.holds[pick % len(self.holds)], ref)

    def _confirm(self, hold: Taken, ref: str) -> None:
        total = sum({"seat": 3000, "scarce": 800}[product] * units for product, units in hold.lines.items())
        paid = Payment(Money.of_minor(total, "CNY"), f"{ref}-{hold.id}")
        answer = self.twins.ask(lambda shop: shop.confirm(hold.id, paid=paid))
        why = hold.paid.setdefault(ref, self.told(hold, ref))
        if why:
            assert codes(answer) == why
            assert getattr(answer, "refund_due", None) == paid.amount
        else:
            assert isinstance(answer, Done)
            hold.state = "ordered"

    @precondition(lambda self: self.holds)
    @rule(pick=PICK)
    def void(self, pick: int) -> None:
        hold = self.holds[pick % len(self.holds)]
        answer = self.twins.ask(lambda shop: shop.void(hold.id))
        if hold.state == "ordered":
            assert codes(answer) == ["already-confirmed"]
            return
        if hold.counts(self.twins.now):
            hold.state = "voided"
        assert isinstance(answer, Done)
        assert answer.value.state == hold.shown(self.twins.now)

    @rule(limit=st.sampled_from([1, 500]))
    def tick(self, limit: int) -> None:
        self.twins.ask(lambda shop: shop.tick(limit))

    # ---- time

    @rule(by=st.sampled_from([1, MINUTE, 14 * MINUTE, 40 * MINUTE]))
    def later(self, by: Instant) -> None:
        self.twins.now += by

    @precondition(lambda self: any(each.shown(self.twins.now) == "held" for each in self.holds))
    @rule(pick=PICK, off=st.sampled_from([-1, 0, 0, 1]), ticked=st.booleans(), rivals=RIVALS, ref=REFS)
    def at_its_end(self, pick: int, off: int, ticked: bool, rivals: list[str], ref: str) -> None:
        """At the very instant at which one expires, or beside it: perhaps others come first, then it is paid."""
        standing = [each for each in self.holds if each.shown(self.twins.now) == "held"]
        hold = standing[pick % len(standing)]
        self.twins.now = max(self.twins.now, hold.expires_at + off)
        if ticked:
            self.tick(500)
        for rival in rivals:
            self.take(rival, hold.lines, holding=bool(pick % 2))
        self._confirm(hold, ref)

    at_its_end_more = at_its_end_most = at_its_end  # what is thrice here is done thrice as often

    # ---- what is always so

    @invariant()
    def all_is_well(self) -> None:
        """Wallets show what stands, the books agree, both stores have the same rows."""
        if not hasattr(self, "twins"):
            return
        self.twins.rows()
        for name in ("ann", "bob", "cyd"):
            shown = self.twins.ask(lambda shop, name=name: shop.wallet(name)).holds  # type: ignore[misc]  # a default
            standing = [each.id for each in self.holds if each.who == name and each.shown(self.twins.now) == "held"]
            assert sorted(each.id for each in shown) == sorted(standing)
        if self.steps % 8 == 7:
            assert self.twins.shops[0].reconcile().breaks == ()


Serial.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=40,
    derandomize=True,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestSerial = Serial.TestCase
