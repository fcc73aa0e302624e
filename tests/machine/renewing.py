"""Contracts and the workers that charge for them, as the state machine drives them."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from entitle import Declined, Money, Payment, Pending
from entitle.decision import Settlement
from entitle.runtime.encode import instant_of
from entitle.shop.cancel import End
from entitle.shop.renew import ChargeView
from entitle.values.zone import Instant
from tests.machine.books import Contract
from tests.machine.drawn import DAY, ENDS, HOUR, KEYS, LEASE_SECONDS, PICK, PREVIEW, RESULTS, SELDOM, WHY, choose
from tests.machine.driving import Driven
from tests.machine.twins import plain


class Renewing(Driven):
    handed: list[tuple[ChargeView, Contract, int, int]]

    @precondition(lambda self: any(each.next and not each.over_told for each in self.contracts))
    @rule(
        pick=PICK,
        when=ENDS,
        key=KEYS,
        fresh=st.booleans(),
        preview=PREVIEW,
        why=WHY,
    )
    def cancel(self, pick: int, when: End | None, key: str, fresh: bool, preview: bool, why: str) -> None:
        contract = choose(self.contracts, pick, lambda each: each.next is not None and not each.ended(self.twins.now))
        key = f"x-{self.twins.now}-{pick}" if fresh else key
        done = self.twins.do(lambda shop: shop.cancel(contract.id, when=when, key=key, why=why), preview)
        with self.oracle.because(why):
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
                result = Payment(view.amount + Money("0.01", "CNY"), f"wrong-{n}")
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
