"""The serial oracle: a shop as one plain object, in one thread, without a store.

Written from the rules of the language, in the most direct way: lists are walked, everything is computed anew. An answer
is a plain tuple, `("done", …)`, `("refused", reasons, refund)`, `("missing", facts)` or `("conflict",)`; what a verb
tells the world and writes into the ledger is kept in order, customer by customer.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from entitle.release import After, Item
from entitle.values.zone import Instant
from tests.machine.books import Contract, Grant, Hold
from tests.machine.contracts import Contracts
from tests.machine.forgetting import Forgetting
from tests.machine.holding import Holding
from tests.machine.refunds import Refunding


@dataclass(frozen=True, eq=False)
class Work:
    """A piece of due work; pieces are done in the order of `rank`."""

    rank: tuple[object, ...]
    kind: str
    subject: Contract | Grant | Hold
    detail: str = ""


class Oracle(Forgetting, Holding, Contracts, Refunding):
    """All verbs; and work, which becomes due by itself."""

    def tick(self, limit: int) -> int:
        """The pieces that are due now and can be done, the oldest first; how many of them told something."""
        told = len(self.told)
        for work in sorted(self.works(), key=lambda work: work.rank):
            if limit == 0:
                break
            limit -= self.do(work)
        return len(self.told) - told

    def works(self) -> Iterator[Work]:
        for customer in self.customers.values():
            for contract in customer.contracts:
                for kind, detail, due in self._due_of(contract):
                    if due <= self.clock:
                        rank = due, kind != "free", contract.stream, contract.id, kind + detail
                        yield Work(rank, kind, contract, detail)
                for grant in contract.grants:
                    for kind, due in self._due_of_grant(grant):
                        if due <= self.clock:
                            yield Work((due, True, contract.stream, grant.id, kind), kind, grant)
            for hold in customer.holds:
                if hold.state == "held" and hold.expires_at <= self.clock:
                    yield Work((hold.expires_at, True, hold.stream, hold.id, "lapse"), "lapse", hold)

    def _due_of(self, contract: Contract) -> Iterator[tuple[str, str, Instant]]:
        charge = contract.to_charge
        if charge is not None and charge.price == 0:
            yield "free", "", charge.start
        if contract.ends is not None and not contract.over_told:
            yield "end", "", contract.ends
        for item in contract.gives:
            due = self._next_issue(contract, item)
            if due is not None:
                yield "issue", f":{item.id}", due
        reminders = contract.product.subscription.remind if contract.product.subscription else ()
        for i, before in enumerate(reminders):
            if charge is not None and (charge.n, i) not in contract.reminded:
                planned = max(contract.written_at, contract.restored_at)
                yield "remind", f":{i}", max(contract.timeline.remind_at(charge.n, before), planned)

    def _next_issue(self, contract: Contract, item: Item) -> Instant | None:
        """When the next issue of an item is due, if its time is paid, or it was promised with what is paid once."""
        due = None if contract.closed else self.next_at(contract, item)
        if contract.product.subscription is None and (item.times or isinstance(item.when, After)):
            return due
        end = contract.current.end
        if due is None or (end is not None and due >= end):
            return None
        over = contract.failing_until is None and contract.ends is not None and due >= contract.ends
        return None if over else due

    def _due_of_grant(self, grant: Grant) -> Iterable[tuple[str, Instant]]:
        if grant.state == "claimable" and grant.notice_at is not None and not grant.noticed:
            yield "claim-expiring", grant.notice_at
        if grant.ends is not None and not grant.item.paid_time:
            yield "expire", grant.ends

    def do(self, work: Work) -> bool:
        """Do it, if it is still to be done and can be."""
        match work.subject, work.kind:
            case Contract() as contract, kind:
                due = {(each, detail): due for each, detail, due in self._due_of(contract)}.get((kind, work.detail))
                if due is not None and due <= self.at(contract.stream):
                    return self._do_for(contract, kind, work.detail)
            case Grant() as grant, kind:
                due = dict(self._due_of_grant(grant)).get(kind)
                if due is not None and due <= self.at(grant.contract.stream):
                    self._do_for_grant(grant, kind)
                    return True
            case Hold() as hold, _ if hold.state == "held":
                self.lapse(hold)
                return True
        return False

    def _do_for(self, contract: Contract, kind: str, detail: str) -> bool:
        name = contract.stream
        at = self.at(name)
        match kind:
            case "free":
                self.step(name, "tick")
                assert contract.next is not None
                self.renew(contract, contract.next.start)
            case "issue":
                item = next(each for each in contract.gives if f":{each.id}" == detail)
                if self.kept(contract, item):
                    self.step(name, "tick")
                self._issue(contract, item, at)
            case "remind":
                charge = contract.to_charge
                assert charge is not None
                contract.reminded.add((charge.n, int(detail[1:])))
                if contract.failing_until is None and not contract.pending:
                    self.step(name, "tick")
                    amount = charge.price * contract.quantity
                    self.tell(name, "notice.renewal", contract, charge.n, amount, charge.start)
            case "end":
                if self._is_tried(contract, at) or self._works_before_end(contract):
                    return False
                self.step(name, "tick")
                held = [each for each in self.customer(name).grants if each.contract is contract]
                for grant in held:
                    if grant.item.paid_time and grant.state == "active":
                        grant.state = "expired"
                        self.tell(name, "grant.expired", grant, grant.item.id)
                self.tell(name, "notice.ended", contract, contract.ends)
                contract.over_told, contract.next_try = True, None
        return True

    def _is_tried(self, contract: Contract, at: Instant) -> bool:
        return contract.trying(at) and contract.next_try is not None and contract.next_try <= at

    def _works_before_end(self, contract: Contract) -> bool:
        """Is there a free period to be paid or something to be issued from before the end?"""
        end, charge = contract.ends, contract.to_charge
        assert end is not None
        issues = [self._next_issue(contract, item) for item in contract.gives]
        free = charge is not None and charge.price == 0 and charge.start < end
        return free or any(due is not None and due < end for due in issues)

    def _do_for_grant(self, grant: Grant, kind: str) -> None:
        name = grant.contract.stream
        if kind == "expire":
            self.step(name, "tick")
            grant.state = "expired"
            self.tell(name, "grant.expired", grant, grant.item.id)
        else:
            grant.noticed = True
            if grant.claim_until is not None and grant.claim_until > self.at(name):
                self.step(name, "tick")
                self.tell(name, "notice.claim-expiring", grant, grant.item.id, grant.claim_until)
