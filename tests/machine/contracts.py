"""Cancel, undo, charges and settle, as the oracle does it."""

from entitle.decision import Declined, Payment, Pending, Settlement
from entitle.values.civil import shift
from entitle.values.zone import Instant
from tests.machine.books import Contract
from tests.machine.ledger import Ledger, Outcome


class Contracts(Ledger):
    def cancel(self, contract: Contract, when: str | None, key: str) -> Outcome:
        name, subscription = contract.stream, contract.product.subscription
        at = self.at(name)
        became = self.again("cancel", key, (contract, when))
        if became is not None:
            return ("done", contract.view(at)) if became is contract else ("conflict",)
        if subscription is None:
            return "refused", ("not-renewing",), None
        if contract.ended(at):
            return "refused", ("ended",), None
        now = (when or subscription.cancel) == "now"
        if contract.cancelled_at is not None and not now:
            return "refused", ("already-cancelled",), None
        self.step(name, "cancel")
        self.pay_free(contract, at)
        end = contract.current.end
        assert end is not None
        contract.cancelled_at, contract.cancelled_end = at, at if now else max(at, end)
        contract.next_try, contract.pending = None, False
        self.keys["cancel", key] = (contract, when), contract
        self.tell(name, "contract.cancelled", contract, contract.ends)
        return "done", contract.view(at)

    def undo_cancel(self, contract: Contract, key: str) -> Outcome:
        name = contract.stream
        at = self.at(name)
        became = self.again("undo_cancel", key, contract)
        if became is not None:
            return ("done", contract.view(at)) if became is contract else ("conflict",)
        if contract.ended(at):
            return "refused", ("ended",), None
        if contract.cancelled_at is None:
            return "refused", ("not-cancelled",), None
        self.step(name, "undo_cancel")
        contract.cancelled_at = contract.cancelled_end = contract.failing_until = None
        contract.next_try = contract.next.start if contract.next else None
        contract.restored_at = at
        self.keys["undo_cancel", key] = contract, contract
        self.tell(name, "contract.restored", contract, contract.ends)
        return "done", contract.view(at)

    # ---- charges

    def charges(self, lease: Instant) -> list[tuple[Contract, int, int]]:
        """What is to be charged now, each with its number and its attempt; kept for the asker until the lease ends."""
        due = [
            each
            for customer in self.customers.values()
            for each in customer.contracts
            if each.to_charge is not None
            and each.to_charge.price
            and each.next_try is not None
            and each.next_try <= self.clock
            and each.lease_until <= self.clock
            and not each.too_late_to_pay(self.at(each.stream))
        ]
        due.sort(key=lambda each: (each.next_try, each.id))
        for each in due:
            each.lease_until = self.clock + lease
        return [(each, len(each.paid) + 1, each.attempt) for each in due]

    def settle(self, contract: Contract, n: int, attempt: int, result: Settlement) -> Outcome:
        key = f"{contract.id}.{n}.{attempt}" + (f":{result.ref}" if isinstance(result, Payment) else "")
        became = self.again("settle", key, (contract, n, result))
        at = self.at(contract.stream)
        if became is not None:
            if became is contract:
                return "done", contract.view(at)
            return became if isinstance(became, tuple) else ("conflict",)
        if isinstance(result, Payment) and (used := self.used_before(result)) is not None:
            return used
        stale = n == len(contract.paid) + 1 and attempt != contract.attempt
        if stale and not isinstance(result, Payment):
            return "done", contract.view(at)  # of an attempt that has its answer
        match result:
            case Payment():
                answer = self.use(result, self._payment(contract, n, result, at, stale))
            case Declined():
                if not self._declined(contract, n, result, at):
                    return "done", contract.view(at)
                answer = "done", contract.view(at)
            case Pending():
                self._pending(contract, n)
                return "done", contract.view(at)
        self.keys["settle", key] = (contract, n, result), contract if answer[0] == "done" else answer
        return answer

    def _payment(self, contract: Contract, n: int, paid: Payment, at: Instant, stale: bool) -> Outcome:
        why = None
        if n <= len(contract.paid):
            why = "already-paid"
        elif contract.too_late_to_pay(at) or contract.cancelled_at is not None:
            why = "settled-too-late"
        elif contract.next is None or paid.amount.minor != contract.next.price * contract.quantity:
            why = "paid-mismatch"
        self.step(contract.stream, "settle")
        if why is None:
            self.renew(contract, at)
            return "done", contract.view(at)
        self.tell(contract.stream, "refund.due", None, paid.amount.minor)
        if why == "paid-mismatch" and not stale:
            self._fail(contract, n, Declined(why), at)
        return "refused", (why,), paid.amount.minor

    def renew(self, contract: Contract, settled: Instant) -> None:
        contract.paid.append(settled)
        contract.written_at = self.at(contract.stream)
        contract.failing_until, contract.pending, contract.attempt, contract.lease_until = None, False, 0, 0
        contract.next_try = contract.next.start if contract.next else None
        period = contract.current
        self.tell(contract.stream, "charge.paid", contract, period.n, period.price * contract.quantity)

    def pay_free(self, contract: Contract, at: Instant) -> None:
        """What costs nothing is settled when it is due, whoever comes first."""
        while (free := contract.to_charge) is not None and free.price == 0 and free.start <= at:
            self.renew(contract, free.start)

    def _declined(self, contract: Contract, n: int, result: Declined, at: Instant) -> bool:
        """The contract fails, unless there is nothing to fail any more."""
        if n <= len(contract.paid) or contract.too_late_to_pay(at) or contract.to_charge is None:
            return False
        self.step(contract.stream, "settle")
        self._fail(contract, n, result, at)
        return True

    def _fail(self, contract: Contract, n: int, result: Declined, at: Instant) -> None:
        assert contract.to_charge is not None
        due, subscription = contract.to_charge.start, contract.product.subscription
        assert subscription is not None
        retries = [shift(contract.release.zone, due, each) for each in subscription.retry]
        last = max([at, contract.keeps(due), *([] if result.final else retries)])
        contract.failing_until, contract.pending = last, False
        contract.attempt, contract.lease_until = contract.attempt + 1, 0
        contract.next_try = None if result.final else min((each for each in retries if each > at), default=None)
        self.tell(contract.stream, "notice.payment-failed", contract, n, contract.next_try, contract.ends)

    def _pending(self, contract: Contract, n: int) -> None:
        if n == len(contract.paid) + 1 and contract.to_charge is not None and not contract.pending:
            contract.pending = True
            self.step(contract.stream, "settle")
            self.tell(contract.stream, "charge.pending", contract, n)
