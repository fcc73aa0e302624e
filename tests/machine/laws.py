"""The laws of any answer, whatever it is.

Money: a payment is taken once, or goes back whole, or waits for a review; what the ledger says was sold is what was
taken less what was given back. A key stands for one case. A preview says the same and leaves no trace. Work changes
nothing that is held. The books are whole, and every row is what the ledger says.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from hypothesis.stateful import RuleBasedStateMachine, invariant

from entitle import Money, Payment
from entitle.decision import Blocked, Done, Refused, Review
from entitle.release import Release
from entitle.shop.facade import Shop
from entitle.shop.hold import HoldView
from entitle.shop.read import EventView
from entitle.shop.views import OrderView
from entitle.values.zone import Instant
from tests.machine.rulebooks import lawful_edition
from tests.machine.twins import Twins, attempt
from tests.shops import shanghai

T = TypeVar("T")
Verb = Callable[[Shop], Any]
Paying = Callable[[Payment | None], Verb]
NAMES = ("ann", "bob", "cyd")


@dataclass(frozen=True)
class Asked:
    """Something that was asked for, and what came of it.

    paying  the same with other money, where there is any; `kept`: references of what came while it waited for a review
    """

    what: str
    name: str
    verb: Verb
    paid: Payment | None
    outcome: Any
    paying: Paying | None = None
    kept: set[str] = field(default_factory=set)


class Laws(RuleBasedStateMachine):
    """Shops of three customers, and what was taken of whom."""

    def start(self, at: Instant) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="entitle-laws-"))
        self.twins, self.last = self.make_twins(at), shanghai("2032-01-01 00:00")
        self.release: Release = lawful_edition(0)
        self.twins.ask(lambda shop: shop.publish(self.release))
        self.steps = 0
        self.asked: list[Asked] = []
        self.reviews: list[tuple[Review, str, Asked]] = []
        self.holds: dict[str, HoldView] = {}
        self.orders: list[tuple[str, str, list[tuple[str, int]]]] = []  # id, customer, products and quantities
        self.handed: list[Any] = []
        self.taken: dict[tuple[str, str], int] = {}
        self.owed: dict[tuple[str, str], int] = {}
        self.given_back = dict.fromkeys(NAMES, 0)
        for pool, units in {"seats": 6, "codes": 5}.items():
            self.twins.ask(lambda shop, pool=pool, units=units: shop.fill(pool, units, key=f"f-{pool}"))  # type: ignore[misc]

    def make_twins(self, at: Instant) -> Twins:
        return Twins(None, at)

    def teardown(self) -> None:
        if not hasattr(self, "twins"):
            return
        try:
            if sys.exc_info()[0] is None:
                self.check_books()
        finally:
            self.twins.close()
            shutil.rmtree(self.folder)

    def picked(self, items: Sequence[T], pick: int) -> T:
        """One of them; mostly one of the latest."""
        return items[-1 - pick % min(len(items), 4)] if pick % 4 else items[pick // 4 % len(items)]

    def go(self, instant: Instant) -> None:
        self.twins.now = instant

    def payment(self, total: Money, wrong: int) -> Payment:
        return Payment(total + Money.of_minor(wrong, "CNY"), f"p-{len(self.asked)}-{self.twins.now}")

    # ---- asking

    def pay(self, what: str, name: str, paying: Paying, paid: Payment | None, preview: bool = False) -> None:
        """Ask for what is paid for."""
        self.ask(what, name, paying(paid), paid, preview, paying)

    def ask(
        self,
        what: str,
        name: str,
        verb: Verb,
        paid: Payment | None,
        preview: bool = False,
        paying: Paying | None = None,
    ) -> Any:
        said = None
        if preview:
            before = self.twins.rows()
            said = self.twins.ask(lambda shop: attempt(lambda: verb(shop.preview)))
            assert self.twins.rows() == before
        outcome = self.twins.ask(lambda shop: attempt(lambda: verb(shop)))
        if preview:
            assert (type(said), codes(said)) == (type(outcome), codes(outcome))
        asked = Asked(what, name, verb, paid, outcome, paying)
        self.asked.append(asked)
        self._note(asked, outcome)
        return outcome

    def ask_again(self, asked: Asked, other: bool = False) -> None:
        """A key stands for what was done, or refused with money, for ever; what waits may be paid with other money.

        To void what expired before does nothing: it may still be paid late, and then is not to be voided any more.
        """
        if other and asked.paying is not None and asked.paid is not None and isinstance(asked.outcome, Review):
            paid = self.payment(asked.paid.amount, 0)
            asked = replace(asked, verb=asked.paying(paid), paid=paid)
        outcome: Any = self.twins.ask(lambda shop: attempt(lambda: asked.verb(shop)))
        before = asked.outcome
        if asked.what == "void" and isinstance(before, Done) and before.value.state == "expired":
            assert isinstance(outcome, Done) or codes(outcome) == ["already-confirmed"]
        elif isinstance(before, Done):
            assert isinstance(outcome, Done)
            assert outcome.replayed or asked.what in ("void", "settle")
            assert outcome.decision_id in ("", before.decision_id)
        elif isinstance(before, Refused | Blocked) and before.refund_due is not None:
            assert codes(outcome) == codes(before)
            assert outcome.refund_due == before.refund_due
        else:
            self.asked.append(replace(asked, outcome=outcome))
            self._note(self.asked[-1], outcome)

    def _note(self, asked: Asked, outcome: Any) -> None:
        paid, place = asked.paid, (asked.name, asked.paid.ref if asked.paid else "")
        match outcome:
            case Done(replayed=False, value=value):
                if paid is not None and paid.amount:
                    assert place not in self.taken
                    self.taken[place] = paid.amount.minor
                if isinstance(value, OrderView):
                    lines = [(each.product, each.quantity) for each in value.lines]
                    self.orders.append((value.id, value.customer, lines))
            case Refused(refund_due=due) | Blocked(refund_due=due):
                assert due is None or (paid is not None and due == paid.amount)
            case Review() if outcome.id:
                self.reviews.append((outcome, asked.name, asked))
                asked.kept.update([paid.ref] if paid is not None and paid.amount else [])
                return
        if isinstance(outcome, Done) or getattr(outcome, "refund_due", None) is not None:
            self._news()
            kept = {(asked.name, ref) for ref in asked.kept}
            assert kept <= self.taken.keys() | self.owed.keys(), "what was kept for a review is taken, or goes back"

    def work(self) -> None:
        """Work takes nothing from anybody, and gives what it issues: whatever is held does not wait for it.

        But where it carries out what was planned, or a release makes free what was to be paid.
        """
        before = self._held()
        while self.twins.ask(lambda shop: shop.tick()):
            pass
        after, told = self._held(), self._news()
        types = {event.type for event in told}
        issued = {(event.customer, str(event.body["benefit"])) for event in told if event.type == "grant.issued"}
        if "contract.changed" not in types:
            assert before <= after
            assert after <= before | issued or "notice.price-changed" in types

    def _held(self) -> set[tuple[str, str]]:
        held = {name: self.twins.ask(lambda shop, name=name: shop.access(name)) for name in NAMES}  # type: ignore[misc]
        return {(name, each.benefit) for name, several in held.items() for each in several}

    # ---- the laws

    def _news(self) -> list[EventView]:
        """What was told; money that goes back is counted."""
        told = self.twins.news()
        for event in told:
            if event.type == "refund.due":
                place = event.customer, str(event.body["ref"])
                assert place not in self.owed, "money goes back once"
                self.owed[place] = int(str(event.body["amount"]))
            elif event.type == "order.refunded":
                self.given_back[event.customer] += int(str(event.body["amount"]))
        assert self.taken.keys().isdisjoint(self.owed), "what is taken does not go back by itself"
        return told

    @invariant()
    def compare(self) -> None:
        if not hasattr(self, "twins"):
            return
        self.steps += 1
        self._news()
        self.twins.agree()
        for name in NAMES:
            history = self.twins.ask(lambda shop, name=name: shop.history(name, limit=10_000))  # type: ignore[misc]
            rows = [row for entry in history for row in entry.postings if row.account.startswith("sales:")]
            taken = sum(amount for (whose, _), amount in self.taken.items() if whose == name)
            assert sum(row.amount for row in rows) == taken - self.given_back[name]
        if self.steps % 8 == 0:
            self.check_books()

    def check_books(self) -> None:
        """Both stores reconcile and are what their ledgers say; every decision replays."""
        for shop in self.twins.shops:
            report = shop.reconcile()
            assert report.ok, report.breaks
            assert list(shop.rebuild()) == []
        for number, _, _ in self.orders:
            explained = self.twins.ask(lambda shop, number=number: shop.explain(number))  # type: ignore[misc]
            assert all(line.faithful for line in explained.lines)


def codes(outcome: Any) -> list[str]:
    return [] if isinstance(outcome, tuple | Done) else [reason.code for reason in outcome.reasons]
