"""Oracle and shops, driven by the same calls: buyers, payment workers, and a clock that leaps.

After every step answers, books, events and both stores' rows are equal. `make test` runs a share, the same every time;
ENTITLE_MACHINE_STEPS runs that many steps, other ones each time.
"""

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from entitle import Declined, Line, Money, Payment, Pending, Who
from entitle.decision import Done, Settlement
from entitle.runtime.encode import instant_of
from entitle.shop.cancel import End
from entitle.shop.quote import Quote
from entitle.shop.renew import ChargeView
from entitle.values.zone import Instant
from tests.machine.books import Contract
from tests.machine.checks import Checked
from tests.machine.rulebooks import edition
from tests.machine.twins import plain
from tests.shops import shanghai

T = TypeVar("T")
STEPS = int(os.environ.get("ENTITLE_MACHINE_STEPS", "0"))
STEPS_EACH = 50
LEASE_SECONDS = 600
HOUR = 3_600_000_000
DAY = 24 * HOUR
NAMES = st.sampled_from(["ann", "bob", "cyd"])
PRODUCTS = st.sampled_from(["monthly", "trial", "course", "free-start", "gift", "daily", "year", "bottle", "flash"])
CHANNELS = st.sampled_from(["app", "app", "app", "web", "partner", None])
DEVICES = st.sampled_from(["d-1", "d-2", None])
RESULTS = st.sampled_from(["paid", "paid", "no", "no", "no", "never", "unknown", "wrong"])
QUOTAS = st.sampled_from(["data", "clicks", "clicks", "ticket"])
ENDS = st.sampled_from([None, "period_end", "period_end", "now"])
SELDOM = st.sampled_from([False, False, True])
LEAPS = st.sampled_from([1, HOUR, 6 * HOUR, *(n * DAY for n in (1, 2, 4, 8, 31, 31, 100, 400))])
PICK = st.integers(0, 2**16)
KEYS = st.integers(0, 12).map(lambda n: f"k-{n}")
PREVIEW = st.sampled_from([False, False, True])
STARTS = ["2026-12-24 20:00", "2027-01-31 10:00", "2028-02-28 23:30", "2026-12-31 00:00"]


def choose(items: Sequence[T], pick: int, able: Callable[[T], bool]) -> T:
    """One of them; mostly one with which something can be done."""
    likely = [each for each in items if able(each)]
    return likely[pick // 8 % len(likely)] if pick % 8 and likely else items[pick // 8 % len(items)]


class Shops(Checked):
    """One run: a day or some years of three customers."""

    @initialize(start=st.sampled_from(STARTS), cart=st.lists(st.tuples(NAMES, PRODUCTS), min_size=1, max_size=5))
    def open(self, start: str, cart: list[tuple[str, str]]) -> None:
        self.start(shanghai(start))
        self.handed: list[tuple[ChargeView, Contract, int, int]] = []
        self.quoted: list[tuple[Quote, Who, Line]] = []
        for i, (name, product) in enumerate(cart):
            self._buy(Who(name, channel="app", device="d-1", facts={"customer.level": 3}), [Line(product)], f"cart-{i}")

    # ---- buying

    @rule(
        name=NAMES,
        product=PRODUCTS,
        more=st.sampled_from([0, 0, 0, 1, 2, 4]),
        level=st.integers(0, 4),
        preview=PREVIEW,
        wrong=st.sampled_from([0] * 8 + [1, -1]),
        unpaid=st.sampled_from([False] * 8 + [True]),
        key=KEYS,
        fresh=st.booleans(),
        second=st.none() | PRODUCTS,
        channel=CHANNELS,
        device=DEVICES,
    )
    def buy(
        self,
        name: str,
        product: str,
        more: int,
        level: int,
        preview: bool,
        wrong: int,
        unpaid: bool,
        key: str,
        fresh: bool,
        second: str | None,
        channel: str | None,
        device: str | None,
    ) -> None:
        who = Who(name, channel=channel, device=device, facts={"customer.level": level})
        lines = [Line(product, 1 + more), *([Line(second)] if second else [])]
        self._buy(who, lines, f"k{len(self.oracle.keys)}" if fresh else key, wrong, unpaid, preview)

    def _buy(
        self, who: Who, lines: list[Line], key: str, wrong: int = 0, unpaid: bool = False, preview: bool = False
    ) -> None:
        merged = {line.product: 0 for line in lines}
        for line in lines:
            merged[line.product] += line.quantity
        answers = self.oracle.weigh(who, merged)
        total = max(0, self.oracle.total(answers, merged) + wrong) if isinstance(answers, list) else 990
        paid = None if unpaid else Payment(Money.of_minor(total, "CNY"), f"ref-{key}")
        done = self.twins.do(lambda shop: shop.buy(who, lines, key=key, paid=paid), preview)
        assert plain(done) == self.oracle.buy(who, lines, key, paid)
        self.compare()

    @precondition(lambda self: len(self.quoted) < 5)
    @rule(
        name=NAMES,
        product=PRODUCTS,
        quantity=st.integers(1, 5),
        level=st.integers(0, 4),
        channel=CHANNELS,
        device=DEVICES,
    )
    def quote(
        self, name: str, product: str, quantity: int, level: int, channel: str | None, device: str | None
    ) -> None:
        who = Who(name, channel=channel, device=device, facts={"customer.level": level})
        outcome = self.twins.ask(lambda shop: shop.quote(who, Line(product, quantity)))
        answers = self.oracle.weigh(who, {product: quantity})
        if not isinstance(outcome, Done):
            assert plain(outcome) == answers
            return
        assert isinstance(answers, list)
        (answer,) = answers
        quote: Quote = outcome.value
        assert answer.timeline is not None
        for n, charge in enumerate(quote.charges[:8], 1):
            period = answer.timeline.period(n)
            assert period is not None
            due = self.oracle.at(name) if n == 1 else period.start  # the first is due at once, whenever it begins
            expected = due, period.price * quantity, period.phase
            assert (instant_of(charge.due_at), charge.amount.minor, charge.phase) == expected
        skipped = [item.id for item in self.oracle.release.products[product].gives if item not in answer.gives]
        assert list(quote.skipped) == skipped
        self.quoted.append((quote, who, Line(product, quantity)))

    @precondition(lambda self: self.quoted)
    @rule(pick=PICK)
    def buy_as_quoted(self, pick: int) -> None:
        """What was agreed may have changed meanwhile."""
        quote, who, line = self.quoted[pick % len(self.quoted)]
        key, paid = f"q-{self.twins.now}-{pick}", Payment(quote.total, "as quoted")
        done = self.twins.ask(lambda shop: shop.buy(who, line, key=key, paid=paid, agreed=quote.token))
        assert plain(done) == self.oracle.buy(who, [line], key, paid, quote.total.minor)

    @precondition(lambda self: self.turn % 4 == 1)
    @rule()
    def publish(self) -> None:
        n = 1 if self.oracle.release is edition(0) else 0
        self.twins.ask(lambda shop: shop.publish(edition(n)))
        self.oracle.release = edition(n)

    # ---- holding and using

    @precondition(lambda self: any(grant.now(self.twins.now) == "claimable" for grant in self.grants))
    @rule(name=NAMES, benefit=st.sampled_from(["ticket", "snack", "video"]), key=KEYS, preview=PREVIEW)
    def claim(self, name: str, benefit: str, key: str, preview: bool) -> None:
        done = self.twins.do(lambda shop: shop.claim(name, benefit, key=key), preview)
        assert plain(done) == self.oracle.claim(name, benefit, key)

    @precondition(lambda self: self.grants)
    @rule(pick=PICK, preview=PREVIEW)
    def claim_one(self, pick: int, preview: bool) -> None:
        grant = choose(self.grants, pick, lambda grant: grant.now(self.twins.now) == "claimable")
        key = f"c-{self.twins.now}-{pick}"
        done = self.twins.do(lambda shop: shop.claim(grant.contract.stream, grant.id, key=key), preview)
        assert plain(done) == self.oracle.claim(grant.contract.stream, grant, key)

    @precondition(lambda self: self.grants)
    @rule(pick=PICK, outlet=st.sampled_from(["north", "south", "moon"]), key=KEYS, preview=PREVIEW)
    def redeem(self, pick: int, outlet: str, key: str, preview: bool) -> None:
        """By its code, where it has one now."""
        grant = choose(self.grants, pick, lambda grant: grant.capacity > 0 and grant.now(self.twins.now) == "active")
        name = grant.contract.stream
        view = next(v for v in self.twins.ask(lambda shop: shop.wallet(name)).grants if v.id == grant.id)
        done = self.twins.do(lambda shop: shop.redeem(view.code or view, outlet=outlet, key=key), preview)
        assert plain(done) == self.oracle.redeem(grant, outlet, key)

    @precondition(lambda self: any(grant.uses for grant in self.grants))
    @rule(pick=PICK, key=KEYS, preview=PREVIEW)
    def reverse(self, pick: int, key: str, preview: bool) -> None:
        uses = [use for grant in self.grants for use in grant.uses]
        use = uses[pick % len(uses)]
        done = self.twins.do(lambda shop: shop.reverse(use.id, key=key), preview)
        assert plain(done) == self.oracle.reverse(use, key)

    @precondition(lambda self: any(grant.benefit.quota for grant in self.grants))
    @rule(
        name=NAMES,
        benefit=QUOTAS,
        amount=st.integers(1, 12),
        key=KEYS,
        preview=PREVIEW,
    )
    def spend(self, name: str, benefit: str, amount: int, key: str, preview: bool) -> None:
        done = self.twins.do(lambda shop: shop.spend(name, benefit, amount, key=key), preview)
        assert plain(done) == self.oracle.spend(name, benefit, amount, key)

    # ---- contracts

    @precondition(lambda self: any(each.next and not each.over_told for each in self.contracts))
    @rule(
        pick=PICK,
        when=ENDS,
        key=KEYS,
        fresh=st.booleans(),
        preview=PREVIEW,
    )
    def cancel(self, pick: int, when: End | None, key: str, fresh: bool, preview: bool) -> None:
        contract = choose(self.contracts, pick, lambda each: each.next is not None and not each.ended(self.twins.now))
        key = f"x-{self.twins.now}-{pick}" if fresh else key
        done = self.twins.do(lambda shop: shop.cancel(contract.id, when=when, key=key), preview)
        assert plain(done) == self.oracle.cancel(contract, when, key)

    @precondition(lambda self: any(each.cancelled_at and not each.over_told for each in self.contracts))
    @rule(pick=PICK, preview=PREVIEW)
    def undo_cancel(self, pick: int, preview: bool) -> None:
        left = [each for each in self.contracts if each.cancelled_at is not None]
        contract = choose(left, pick, lambda each: not each.ended(self.twins.now))
        key = f"u-{self.twins.now}-{pick}"
        done = self.twins.do(lambda shop: shop.undo_cancel(contract.id, key=key), preview)
        assert plain(done) == self.oracle.undo_cancel(contract, key)

    cancel_more, undo_more = cancel, undo_cancel  # what is twice here is done twice as often

    # ---- payment workers

    @precondition(lambda self: self.contracts)
    @rule()
    def charges(self) -> None:
        found = self.twins.ask(lambda shop: shop.charges())
        expected = self.oracle.charges(LEASE_SECONDS * 1_000_000)
        assert [(each.subscription, each.n, each.attempt - 1) for each in found] == [
            (contract.id, n, attempt) for contract, n, attempt in expected
        ]
        for view, (contract, n, attempt) in zip(found, expected, strict=True):
            period = contract.next
            assert period is not None
            assert (view.amount.minor, instant_of(view.due_at)) == (period.price * contract.quantity, period.start)
            self.handed.append((view, contract, n, attempt))

    @precondition(lambda self: self.handed)
    @rule(pick=PICK, how=RESULTS, preview=PREVIEW, old=SELDOM, again=SELDOM)
    def settle(self, pick: int, how: str, preview: bool, old: bool, again: bool) -> None:
        """Of the charges that were handed out the latest, or an old one; perhaps told twice."""
        handed = self.handed[pick % len(self.handed)] if old else self.handed[-1]
        for _ in range(2 if again else 1):
            self._settle(*handed, how, preview)

    def _settle(self, view: ChargeView, contract: Contract, n: int, attempt: int, how: str, preview: bool) -> None:
        result: Settlement
        match how:
            case "paid":
                result = Payment(view.amount, f"p-{view.attempt_key}")
            case "wrong":
                result = Payment(view.amount + Money("0.01", "CNY"), "wrong")
            case "no" | "never":
                result = Declined("no", final=how == "never")
            case _:
                result = Pending()
        done = self.twins.do(lambda shop: shop.settle(view, result), preview)
        assert plain(done) == self.oracle.settle(contract, n, attempt, result)

    @precondition(lambda self: self.contracts)
    @rule(days=st.integers(1, 4))
    def good_days(self, days: int) -> None:
        """Time passes as it should: at every due instant all charges are paid and all work is done."""
        for _ in range(days):
            due = self.twins.ask(lambda shop: shop.next_due())
            if due is None:
                return
            self._go(max(self.twins.now, instant_of(due)))
            handed = len(self.handed)
            self.charges()
            for each in self.handed[handed:]:
                self._settle(*each, "paid", preview=False)
            self.compare()
            self.tick_all()

    @precondition(lambda self: any(each.next_try is not None for each in self.contracts))
    @rule(pick=PICK, off=st.sampled_from([0, 0, 0, HOUR, 2 * DAY]), how=RESULTS, worked=st.booleans())
    def bad_day(self, pick: int, off: Instant, how: str, worked: bool) -> None:
        """A try of a charge does not go as it should, in time or late, whether or not other work was done."""
        contract = choose(
            [each for each in self.contracts if each.next_try is not None],
            pick,
            lambda each: each.failing_until is not None,
        )
        assert contract.next_try is not None
        self._go(max(self.twins.now, contract.next_try + off))
        if worked:
            self.tick_all()
        handed = len(self.handed)
        self.charges()
        for each in self.handed[handed:]:
            if each[1] is contract:
                self._settle(*each, how, preview=False)

    bad_day_more, bad_day_most, good_days_more = bad_day, bad_day, good_days

    # ---- work

    @rule(preview=PREVIEW)
    def tick(self, preview: bool) -> None:
        if preview:
            before = self.twins.rows()
            self.twins.ask(lambda shop: shop.preview.tick())
            assert self.twins.rows() == before
        self._tick()

    @rule()
    def tick_all(self) -> None:
        """All due work; what is held is the same before and after, but for what was issued."""
        before = {(name, grant.id) for name in self.oracle.customers for grant in self.oracle.held(name)}
        while self._tick():
            pass
        self.check_wallets()
        after = {
            (grant.contract.stream, grant.id)
            for name in self.oracle.customers
            for grant in self.oracle.held(name)
            if (name, grant.id) in before or grant.written_at < self.oracle.at(name)
        }
        assert before == after

    def _tick(self, limit: int = 500) -> int:
        done: int = self.twins.ask(lambda shop: shop.tick(limit))
        self.oracle.tick(limit)
        self.compare()
        return done

    @precondition(lambda self: any(self.oracle.works()))
    @rule()
    def one_piece(self) -> None:
        """The oldest piece that tells something."""
        while self.twins.ask(lambda shop: shop.tick(limit=1)) and not self.twins.any_news():
            pass
        if self.twins.any_news():
            while not self.oracle.tick(1):
                pass
        self.compare()

    # ---- time

    def _go(self, instant: Instant) -> None:
        self.twins.now = self.oracle.clock = instant

    @rule(by=LEAPS)
    def later(self, by: Instant) -> None:
        if self.twins.now < shanghai("2035-01-01 00:00"):
            self._go(self.twins.now + by)

    @rule(off=st.sampled_from([-1, 0, 0, 0, 1]))
    def to_next_due(self, off: int) -> None:
        due = self.twins.ask(lambda shop: shop.next_due())
        if due is not None:
            self._go(instant_of(due) + off)

    @precondition(lambda self: self.contracts)
    @rule(pick=PICK, off=st.sampled_from([-1, 0, 0, 1]))
    def to_a_boundary(self, pick: int, off: int) -> None:
        """To an end or the next charge of a contract, or the end of a grant: forth or back."""
        instants = [each.ends for each in self.contracts] + [each.next.start for each in self.contracts if each.next]
        instants += [grant.ends for grant in self.grants] + [each.next_try for each in self.contracts]
        known = sorted({each for each in instants if each is not None})
        if known:
            self._go(known[pick % len(known)] + off)

    @rule(by=st.sampled_from([1, HOUR, 2 * DAY, 40 * DAY]))
    def back(self, by: Instant) -> None:
        self._go(self.twins.now - by)


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


Shops.TestCase.settings = runs(60)
TestShops = Shops.TestCase
