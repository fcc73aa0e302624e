"""Refund, as the oracle does it: what each part of an order cost, how much of that is used, and what goes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from entitle.release import After, Item
from entitle.values.civil import latest_boundary
from entitle.values.zone import Instant
from tests.machine.books import Contract, Grant, Order, last_day
from tests.machine.ledger import Ledger, Outcome
from tests.machine.periods import Period, issue_at

DAY = 86_400_000_000
Back = dict[Contract, list["Part"]]  # what goes back of each line


@dataclass(frozen=True)
class Part:
    """What a unit paid in one charge for one item (`""`: for all of them), and how much of that is used."""

    n: int
    unit: int
    item: str
    paid: int
    used: Fraction
    until: Instant

    @property
    def place(self) -> tuple[int, int, str]:
        return self.n, self.unit, self.item


class Refunding(Ledger):
    def refund(self, order: Order, lines: Mapping[str, int | None] | None, items: tuple[str, ...], key: str) -> Outcome:
        name, at = order.stream, self.at(order.stream)
        intent = order, lines and tuple(sorted(lines.items())), tuple(sorted(items))
        became = self.again("refund", key, intent)
        if became is not None:
            return ("done", became) if isinstance(became, tuple) else ("conflict",)
        back: Back = {}
        why = []
        for contract in order.contracts:
            if lines is None or contract.product.id in lines:
                answer = self._chosen(contract, (lines or {}).get(contract.product.id), items, at)
                why += [answer] if isinstance(answer, str) else []
                back |= {contract: answer} if isinstance(answer, list) else {}
        if lines is None and not items and back:
            why = [each for each in why if each != "already-refunded"]
        if why:
            return "refused", tuple(why), None
        self.step(name, "refund")
        said = self._give_back(back)
        self.tell(name, "order.refunded", None, said[0], said[2])
        for contract, parts in back.items():
            self._after(contract, parts, at)
        self.keys["refund", key] = intent, said
        return "done", said

    def _chosen(self, contract: Contract, units: int | None, items: tuple[str, ...], at: Instant) -> list[Part] | str:
        rule, open_ = contract.product.refund, self.open_parts(contract, at)
        partly = bool(items) or (units is not None and units < contract.quantity)
        if rule is None or (partly and contract.product.subscription is not None):
            return "not-refundable"
        if items and any(part.item == "" for part in open_):
            return "not-refundable"
        asked = [part for part in open_ if not items or part.item in items]
        in_time = [part for part in asked if at < part.until]
        if asked and not in_time:
            return "refund-expired"
        used = {part.unit: Fraction(0) for part in in_time}
        for part in in_time:
            used[part.unit] += part.used
        if not used or len(used) < (units or 0):
            return "already-refunded"
        taken = sorted(used, key=lambda unit: (used[unit], unit))[:units]
        chosen = [part for part in in_time if part.unit in taken]
        touched = any(part.used for part in chosen)
        in_vain = any(part.paid for part in chosen) and not any(self._amount(contract, part) for part in chosen)
        return "used" if touched and (rule.if_used == "no_refund" or in_vain) else chosen

    def _amount(self, contract: Contract, part: Part) -> int:
        """Where used parts are kept, the part of the price that they stand for is rounded up."""
        assert contract.product.refund is not None
        return floor(part.paid * (1 - part.used)) if contract.product.refund.if_used == "deduct" else part.paid

    def _give_back(self, back: Back) -> tuple[int, Instant, tuple[tuple[object, ...], ...]]:
        said: list[tuple[object, ...]] = []
        for contract, parts in back.items():
            for part in sorted(parts, key=lambda part: part.place):
                contract.refunded[part.place] = self._amount(contract, part)
                said.append((contract.product.id, *part.place, part.paid, contract.refunded[part.place]))
        name = next(iter(back)).stream
        return sum(int(str(each[-1])) for each in said), self.at(name), tuple(said)

    # ---- the parts of what was paid

    def open_parts(self, contract: Contract, at: Instant) -> list[Part]:
        """What has not gone back yet."""
        return [part for part in self.parts(contract, at) if part.place not in contract.refunded]

    def parts(self, contract: Contract, at: Instant) -> list[Part]:
        rule = contract.product.refund
        if rule is None:
            return []
        found = []
        for n, settled in enumerate(contract.paid, 1):
            period = contract.timeline.period(n)
            assert period is not None
            until = last_day(contract.release.zone, settled, rule.within)
            for unit in range(contract.quantity):
                uses = {item.id: self._used(contract, item, unit, period, at) for item in contract.product.gives}
                for item, paid in self._split(contract, period.price).items():
                    used = uses[item] if item else max(uses.values(), default=Fraction(0))
                    found.append(Part(n, unit, item, paid, used, until))
        return found

    def _split(self, contract: Contract, paid: int) -> dict[str, int]:
        """By the items' shares: each rounded down, what is left to those that lost most, the first of them first."""
        shares = {item.id: Fraction(*item.share) for item in contract.product.gives if item.share is not None}
        if len(shares) < len(contract.product.gives):
            return {"": paid}
        found = {item: floor(paid * share) for item, share in shares.items()}
        while sum(found.values()) < paid:
            found[max(found, key=lambda item: paid * shares[item] - found[item])] += 1
        return found

    def _used(self, contract: Contract, item: Item, unit: int, period: Period, at: Instant) -> Fraction:
        """How much of all that the period pays for of an item this unit has used."""
        numbers = {1} if item.paid_time else paid_issues(contract, item, period)
        own = [each for each in contract.grants if (each.item.id, each.unit) == (item.id, unit) and each.n in numbers]
        used = [self._part_used(each, period, at) for each in own]
        return sum(used, Fraction(0)) / max(len(numbers), len(own), 1)

    def _part_used(self, grant: Grant, period: Period, at: Instant) -> Fraction:
        if grant.benefit.kind == "card_code":
            return Fraction(grant.shown)
        if grant.benefit.kind == "voucher":
            return Fraction(sum(use.reversed_at is None for use in grant.uses), grant.capacity)
        start, end = grant.active_from, grant.valid_until
        if grant.item.paid_time:
            start, end = max(period.start, start or period.start), period.end
        if start is None or at <= start:
            return Fraction(0)
        if grant.benefit.kind == "access":
            return Fraction(days(min(at, end) - start), days(end - start)) if end is not None else Fraction(1)
        spent = sum(part for when, part in grant.spent if start <= when and (end is None or when < end))
        return min(Fraction(1), Fraction(spent, grant.capacity * self._fillings(grant, start, end)))

    def _fillings(self, grant: Grant, start: Instant, end: Instant | None) -> int:
        """How often a quota is full in this time."""
        resets = grant.benefit.quota.resets if grant.benefit.quota else None
        if resets is None or end is None:
            return 1
        anchor = grant.active_from if grant.active_from is not None else start
        first = latest_boundary(grant.zone, anchor, resets, start)
        return latest_boundary(grant.zone, anchor, resets, end - 1) - first + 1

    # ---- what comes of it

    def _after(self, contract: Contract, parts: list[Part], at: Instant) -> None:
        """What was paid for leaves the customer's hands; what is paid no more is over; what was used up is free."""
        for grant in sorted(contract.grants, key=lambda grant: (grant.granted_at, grant.id)):
            if grant.state in ("claimable", "active", "used") and any(
                pays_for(contract, part, grant) for part in parts
            ):
                grant.valid_to_the_last = grant.valid_until
                grant.state = "revoked"
                self.tell(contract.stream, "grant.revoked", grant, grant.item.id, grant.n, grant.unit)
        left = self.open_parts(contract, at)
        over = not any(part.n == len(contract.paid) for part in left)
        if over:
            self._close(contract, at)
        self._free(contract, {part.unit for part in parts} - {part.unit for part in left}, over)

    def _close(self, contract: Contract, at: Instant) -> None:
        contract.closed = True
        if not contract.ended(at):
            contract.cancelled_at = contract.cancelled_end = at
            contract.next_try, contract.pending = None, False
            self.tell(contract.stream, "contract.cancelled", contract, at)

    def _free(self, contract: Contract, whole: set[int], over: bool) -> None:
        """Limits count less, where the rule says so: those of units unit by unit, others once all is over."""
        assert contract.product.refund is not None
        line = contract.order.contracts.index(contract)
        kinds = {"limits": "limit:", "coupon": "promotion:"}
        freed = tuple(kinds[each] for each in contract.product.refund.give_back)
        for use in self.uses:
            if use.order is contract.order and use.line == line and use.counter.name.startswith(freed):
                use.units -= use.units if over else min(len(whole), use.units) if use.counter.of == "units" else 0


def days(length: int) -> int:
    """Days of 24 hours that have begun."""
    return ceil(Fraction(length, DAY))


def paid_issues(contract: Contract, item: Item, period: Period) -> set[int]:
    """Which issues of an item a period pays for: those due in it, or all that were promised with what is paid once."""
    promised = contract.product.subscription is None and (item.times is not None or isinstance(item.when, After))
    found = set()
    n = 1
    while (due := issue_at(item, contract.timeline, n)) is not None:
        if not promised and period.end is not None and due >= period.end:
            break
        if promised or due >= period.start:
            found.add(n)
        n += 1
    return found


def pays_for(contract: Contract, part: Part, grant: Grant) -> bool:
    """What is held while time is paid goes with any of it."""
    if part.unit != grant.unit or part.item not in ("", grant.item.id):
        return False
    period = contract.timeline.period(part.n)
    assert period is not None
    return grant.item.paid_time or grant.n in paid_issues(contract, grant.item, period)
