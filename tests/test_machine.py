"""The oracle, the memory store and SQLite, driven with the same calls in any order, at any time, late, twice and back.

After each step the three must agree: answers, reasons, what everybody holds, what was paid; the two stores must hold
the same rows, and reconcile. ENTITLE_MACHINE_EXAMPLES makes a longer run.
"""

import os
import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from entitle import Declined, Done, KeyConflict, Keys, Line, NeedsFacts, Payment, Pending, Refused, Who
from entitle.shop.facade import Shop
from entitle.shop.renew import ChargeView
from entitle.store.memory import MemoryStore
from entitle.store.opening import open_store
from entitle.store.sqlite import SqliteStore
from entitle.testing.world import Clock
from tests.machine_books import HOUR, OFFERS, RELEASES
from tests.oracle import Contract, Grant, Oracle
from tests.shops import shanghai

EXAMPLES = int(os.environ.get("ENTITLE_MACHINE_EXAMPLES", "120"))
STEPS = 40
DAY = 24 * HOUR
CUSTOMERS = ("ann", "bob")


def said(outcome: object) -> str:
    """An outcome as the oracle says it."""
    match outcome:
        case Done():
            return "ok"
        case NeedsFacts():
            return "missing"
        case Refused(because=because):
            return because[0].rule if because[0].code == "limit" else because[0].code
        case _:
            return str(outcome)


class Machine(RuleBasedStateMachine):
    """Three shops that must be one."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock(shanghai("2026-12-30 10:00"))
        stores = [MemoryStore(), open_store(f"sqlite:///{Path(self.folder.name) / 'shop.db'}", create=True)]
        self.shops = [Shop(store, Keys.from_text("m"), self.clock.instant, Random(1).randbytes) for store in stores]
        self.oracle = Oracle(RELEASES[2500].zone, dict(OFFERS))
        self.keys = 0
        self.calls: list[tuple[str, str, int, str]] = []

    def teardown(self) -> None:
        for shop in self.shops:
            shop.close()
        self.folder.cleanup()

    # ---- saying the same to both, and hearing the same from both

    def both(self, call: object) -> object:
        answers = [call(shop) for shop in self.shops]  # type: ignore[operator]  # a function of a shop
        assert answers[0] == answers[1]
        return answers[0]

    def key(self) -> str:
        self.keys += 1
        return f"key-{self.keys}"

    def at(self, customer: str) -> int:
        """The instant of a customer's stream: the clock's, but never back."""
        last = self.shops[0].history(customer, limit=10_000)
        return max(self.clock.now, int(last[-1].at.timestamp() * 1_000_000) if last else 0)

    @initialize(first=st.lists(st.sampled_from(sorted(OFFERS)), min_size=2, max_size=4))
    def a_shop_opens(self, first: list[str]) -> None:
        """Published, and with customers from the first hour."""
        self.both(lambda shop: shop.publish(RELEASES[2500]))
        for i, product in enumerate(first):
            self.buys(CUSTOMERS[i % 2], product, 1)
            self.clock.now += HOUR

    # ---- time

    @rule(step=st.sampled_from([1, HOUR, 7 * HOUR, DAY, 3 * DAY, 7 * DAY, 31 * DAY, 100 * DAY]))
    def time_passes(self, step: int) -> None:
        self.clock.now += step

    @rule(offset=st.sampled_from([-1, 0, 1]))
    def time_reaches_what_is_due(self, offset: int) -> None:
        due = self.both(lambda shop: shop.next_due())
        if due is not None:
            instant = round(due.timestamp() * 1_000_000)  # type: ignore[attr-defined]  # a datetime
            self.clock.now = max(self.clock.now, instant + offset)

    @rule(step=st.sampled_from([1, HOUR, 5 * DAY]))
    def the_clock_goes_back(self, step: int) -> None:
        self.clock.now -= step

    @rule(limit=st.sampled_from([1, 2, 500]))
    def work_is_done(self, limit: int) -> None:
        while self.both(lambda shop: shop.tick(limit=limit)):
            pass
        self.oracle.tick({customer: self.at(customer) for customer in CUSTOMERS})

    # ---- buying

    @rule(
        results=st.lists(st.sampled_from(["paid", "paid", "declined", "final", "pending"]), min_size=1, max_size=6),
        offset=st.sampled_from([0, 0, 0, 1, HOUR]),
        ticks=st.booleans(),
    )
    def a_worker_follows_what_is_due(self, results: list[str], offset: int, ticks: bool) -> None:
        """The ordinary life of a shop: at each due instant charges are settled, and then the rest is done."""
        for result in results:
            self.time_reaches_what_is_due(offset)
            self.due_charges_are_settled(result)
            if ticks:
                self.work_is_done(500)

    @rule(
        customer=st.sampled_from(CUSTOMERS),
        product=st.sampled_from(sorted(OFFERS)),
        quantity=st.sampled_from([1, 1, 1, 1, 1, 2, 3, 4]),
    )
    def buys(self, customer: str, product: str, quantity: int) -> None:
        at, key = self.at(customer), self.key()
        who, line = Who(customer, channel="app"), Line(product, quantity)
        quoted = self.both(lambda shop: said(shop.quote(who, line)))
        expected = self.oracle.buy(customer, product, quantity, at)
        assert quoted == expected

        def buy(shop: Shop) -> str:
            total = shop.quote(who, line)
            paid = Payment(total.value.total, "ref") if isinstance(total, Done) and total.value.total else None
            return said(shop.buy(who, line, key=key, paid=paid))

        assert self.both(buy) == expected
        if expected == "ok":
            self.calls.append((customer, product, quantity, key))

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def a_call_is_repeated(self, data: st.DataObject) -> None:
        customer, product, quantity, key = data.draw(st.sampled_from(self.calls))
        before = self.shops[0].history(customer, limit=10_000)

        def again(shop: Shop) -> str:
            try:
                answer = shop.buy(Who(customer, channel="app"), Line(product, quantity), key=key, paid=None)
            except KeyConflict:
                return "conflict"
            return f"replayed {answer.replayed}"

        free = product == "trial"
        answer = self.both(again)
        assert answer in (("replayed True", "conflict") if free else ("conflict",))
        assert self.shops[0].history(customer, limit=10_000) == before

    @rule(customer=st.sampled_from(CUSTOMERS))
    def a_channel_is_wrong_or_not_told(self, customer: str) -> None:
        at_web, nowhere = Who(customer, channel="web"), Who(customer)
        assert self.both(lambda shop: said(shop.quote(at_web, "monthly"))) == "not-in-channel"
        assert self.both(lambda shop: said(shop.quote(nowhere, "monthly"))) == "missing"

    @rule(price=st.sampled_from(sorted(RELEASES)))
    def a_release_is_published(self, price: int) -> None:
        self.both(lambda shop: shop.publish(RELEASES[price]))
        self.oracle.offers["monthly"] = replace(OFFERS["monthly"], prices=((990, 1, True), (price, None, False)))

    # ---- using

    def grant(self, data: st.DataObject, customer: str, kind: str) -> tuple[int, Grant] | None:
        """One of the customer's grants: its place in the wallet, and the oracle's own."""
        grants = [(i, grant) for i, grant in enumerate(self.oracle.grants(customer)) if grant.gift.kind == kind]
        return data.draw(st.sampled_from(grants)) if grants else None

    @rule(data=st.data(), customer=st.sampled_from(CUSTOMERS))
    def claims(self, data: st.DataObject, customer: str) -> None:
        found = self.same_ticket(data, customer)
        if found is None:
            return
        id_, grant = found
        at, key = self.at(customer), self.key()
        answer = self.both(lambda shop: said(shop.claim(customer, id_, key=key)))
        assert answer == self.oracle.claim(grant, at)

    def same_ticket(self, data: st.DataObject, customer: str) -> tuple[str, Grant] | None:
        """A ticket, and its oracle twin: the nth ticket in order of its grant, told apart by what is the same."""
        mine = [grant for grant in self.oracle.grants(customer) if grant.gift.item == "ticket"]
        views = [view for view in self.shops[0].wallet(customer).grants if view.item == "ticket"]
        assert len(mine) == len(views)
        alone = [i for i, grant in enumerate(mine) if sum(each.granted == grant.granted for each in mine) == 1]
        if not alone:
            return None
        i = data.draw(st.sampled_from(alone))
        return views[i].id, mine[i]

    @rule(data=st.data(), customer=st.sampled_from(CUSTOMERS), back=st.booleans())
    def redeems(self, data: st.DataObject, customer: str, back: bool) -> None:
        found = self.same_ticket(data, customer)
        if found is None:
            return
        id_, grant = found
        at, key = self.at(customer), self.key()
        view = next(each for each in self.shops[0].wallet(customer).grants if each.id == id_)
        answers = [shop.redeem(view, key=key) for shop in self.shops]
        expected = self.oracle.redeem(grant, at)
        assert [said(answer) for answer in answers] == [expected, expected]
        if back and isinstance(answers[0], Done):
            done = answers[0].value
            for code in ("ok", "nothing-to-reverse"):
                key = self.key()
                assert self.both(lambda shop, key=key: said(shop.reverse(done, key=key))) == code
            self.oracle.reverse(grant)

    @rule(customer=st.sampled_from(CUSTOMERS), amount=st.sampled_from([1, 4, 10]))
    def spends(self, customer: str, amount: int) -> None:
        at, key = self.at(customer), self.key()
        answer = self.both(lambda shop: said(shop.spend(customer, "space", amount, key=key)))
        assert answer == self.oracle.spend(customer, amount, at)

    # ---- contracts

    def contract(self, data: st.DataObject, customer: str) -> tuple[str, Contract] | None:
        mine = self.oracle.of(customer).contracts
        views = self.shops[0].wallet(customer).subscriptions
        assert len(mine) == len(views)
        alone = [i for i, each in enumerate(mine) if sum(other.anchor == each.anchor for other in mine) == 1]
        if not alone:
            return None
        i = data.draw(st.sampled_from(alone))
        view = sorted(views, key=lambda each: each.started_at)[sorted(alone_order(mine)).index((mine[i].anchor, i))]
        return view.id, mine[i]

    @rule(data=st.data(), customer=st.sampled_from(CUSTOMERS), now=st.booleans(), undo=st.booleans())
    def cancels(self, data: st.DataObject, customer: str, now: bool, undo: bool) -> None:
        found = self.contract(data, customer)
        if found is None:
            return
        id_, contract = found
        at, key = self.at(customer), self.key()
        when = "now" if now else "period_end"
        self.both(lambda shop: said(shop.preview.cancel(id_, when=when, key="preview")))
        answer = self.both(lambda shop: said(shop.cancel(id_, when=when, key=key)))
        assert answer == self.oracle.cancel(contract, now, at)
        if undo:
            self.clock.now += HOUR
            at, key = self.at(customer), self.key()
            answer = self.both(lambda shop: said(shop.undo_cancel(id_, key=key)))
            assert answer == self.oracle.undo(contract, at)

    @rule(result=st.sampled_from(["paid", "paid", "declined", "final", "pending"]))
    def due_charges_are_settled(self, result: str) -> None:
        charges: tuple[ChargeView, ...] = self.both(lambda shop: shop.charges())  # type: ignore[assignment]
        settled: list[Contract] = []  # contracts of one instant are alike: each is one of them, once
        for charge in charges:
            contract = next(
                each
                for each in self.oracle.of(charge.customer).contracts
                if not any(each is other for other in settled)
                and int(self._started(charge).timestamp() * 1_000_000) == each.anchor
                and each.offer.name == charge.product
                and each.paid == charge.n - 1
            )
            settled.append(contract)
            at = self.at(charge.customer)
            assert charge.amount.minor == (self.oracle.price(contract, charge.n) or 0) * contract.quantity
            late = self.oracle.lapsed(contract, at)
            settlement = {
                "paid": Payment(charge.amount, "ref"),
                "declined": Declined("no"),
                "final": Declined("no", final=True),
                "pending": Pending(),
            }[result]
            answer = self.both(lambda shop, c=charge, s=settlement: said(shop.settle(c, s)))
            if result == "paid":
                assert answer == ("settled-too-late" if late else "ok")
                if not late:
                    self.oracle.pay(charge.customer, contract, at)
            elif result in ("declined", "final") and not late:
                self.oracle.decline(contract, result == "final", at)

    def _started(self, charge: ChargeView) -> datetime:
        views = self.shops[0].wallet(charge.customer).subscriptions
        return next(view.started_at for view in views if view.id == charge.subscription)

    # ---- what must always be true

    @invariant()
    def the_books_agree(self) -> None:
        for customer in CUSTOMERS:
            at = self.at(customer)
            held = self.oracle.has(customer, at)
            assert self.both(lambda shop, c=customer: {each.benefit for each in shop.access(c)}) == held
            wallet = self.shops[0].wallet(customer)
            mine = sorted(self.oracle.state(grant, at) for grant in self.oracle.grants(customer))
            assert sorted(view.state for view in wallet.grants) == mine
            ends = sorted(contract.ends or 0 for contract in self.oracle.of(customer).contracts)
            seen = [round(v.ends_at.timestamp() * 1_000_000) if v.ends_at else 0 for v in wallet.subscriptions]
            assert sorted(seen) == ends
            paid = [
                posting.amount
                for entry in self.shops[0].history(customer, limit=10_000)
                for posting in entry.postings
                if posting.account.startswith("sales:")
            ]
            assert sum(paid) == self.oracle.of(customer).paid

    @invariant()
    def the_stores_hold_the_same_and_reconcile(self) -> None:
        memory, sqlite = (shop.store for shop in self.shops)
        assert isinstance(memory, MemoryStore)
        assert isinstance(sqlite, SqliteStore)
        assert self.both(lambda shop: shop.reconcile().breaks) == ()


def alone_order(contracts: list[Contract]) -> list[tuple[int, int]]:
    return [(contract.anchor, i) for i, contract in enumerate(contracts)]


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
