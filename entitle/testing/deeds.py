"""What a step of a case does, by the shop's public verbs: which order, hold, voucher or contract it speaks of."""

from collections.abc import Sequence
from datetime import UTC, datetime

from entitle.case import Case, Do, Step
from entitle.decision import ON_ACCOUNT, Done, Line, Payment, Reason, Refused, Review, Who
from entitle.release import Release
from entitle.shop.facade import Shop
from entitle.shop.hold import HoldView
from entitle.shop.views import GrantView, OrderView, RedemptionView, SubscriptionView
from entitle.source import Span
from entitle.testing.coverage import rows_of
from entitle.testing.outcomes import Outcome
from entitle.testing.world import apart

ENDLESS = datetime.max.replace(tzinfo=UTC)
CUSTOMER = "customer"


class Deeds:
    """The deeds of one case, and what they left to speak of."""

    def __init__(self, release: Release, case: Case, shop: Shop) -> None:
        self.release, self.case, self.shop = release, case, shop
        self.orders: list[OrderView] = []
        self.holds: list[HoldView] = []
        self.settled: set[str] = set()  # of the holds those that were confirmed, or let go
        self.asked: dict[tuple[str, Do], tuple[str, Review]] = {}  # what waits for a review, or waited, and its key
        self.redemptions: dict[tuple[str, str], list[RedemptionView]] = {}
        self.rows: dict[tuple[str, str, str], set[Span | None]] = {}  # that a customer's phases are priced by

    def do(self, step: Step, do: Do, key: str) -> Outcome:
        """What waits for a review goes on under its key, when the same is done again."""
        case = (step.who or CUSTOMER, do)
        key = self.asked[case][0] if case in self.asked else key
        outcome = self._do(step, do, key)
        if isinstance(outcome, Review):
            self.asked[case] = key, outcome
        elif isinstance(outcome, Done):
            self.asked.pop(case, None)
        return outcome

    def _do(self, step: Step, do: Do, key: str) -> Outcome:
        customer = step.who or CUSTOMER
        told, measures = apart({**self.case.given, **step.facts}, self.release)
        who = Who(customer, facts=told)
        with self.shop.overlaid(measures):
            match do.verb:
                case "buy":
                    return self._buy(who, do, step, key)
                case "hold":
                    return self._hold(who, do, step, key)
                case "confirm" | "void":
                    return self._end_hold(customer, do.verb, key)
                case "approve" | "refuse":
                    return self._resolve(customer, do.verb == "approve", key)
                case "claim":
                    return self.shop.claim(who, do.name, passed=step.passed, key=key)
                case "register" | "login":
                    return self.shop.gate(do.verb, who, passed=step.passed, key=key)
                case "spend":
                    return self.shop.spend(customer, do.name, do.quantity, key=key)
                case "redeem":
                    return self._redeem(who, do, step.passed, key)
                case "reverse":
                    return self._reverse(customer, do.name, key)
                case "refund":
                    return self._refund(customer, do, key)
                case "cancel":
                    found = self._contract(customer, do.name)
                    return self.shop.cancel(found, key=key) if found else _nothing("nothing-running", do.name)
                case "undo cancel":
                    found = self._contract(customer, do.name)
                    return self.shop.undo_cancel(found, key=key) if found else _nothing("not-cancelled", do.name)
                case "change":
                    return self._change(who, do, step, key)
                case "undo change":
                    found = self._contract(customer, do.name)
                    return self.shop.undo_change(found, key=key) if found else _nothing("nothing-running", do.name)
                case "payment fails":
                    return None

    def _buy(self, who: Who, do: Do, step: Step, key: str) -> Outcome:
        lines = _lines(do)
        quoted = self.shop.quote(who, lines, codes=step.codes, passed=step.passed, key=key)
        if isinstance(quoted, Review):
            return self.shop.buy(who, lines, codes=step.codes, passed=step.passed, key=key)
        if not isinstance(quoted, Done):
            return quoted
        total = quoted.value.total
        paid = Payment(total, f"paid-{key}") if total else None
        outcome = self.shop.buy(who, lines, codes=step.codes, passed=step.passed, key=key, paid=paid)
        if isinstance(outcome, Done):
            self.orders.append(outcome.value)
            self.rows |= {(who.customer, *phase): spans for phase, spans in rows_of(quoted.value).items()}
        return outcome

    def _hold(self, who: Who, do: Do, step: Step, key: str) -> Outcome:
        lines = _lines(do)
        quoted = self.shop.quote(who, lines, codes=step.codes, passed=step.passed, key=key)
        outcome = self.shop.hold(who, lines, codes=step.codes, passed=step.passed, key=key)
        if isinstance(outcome, Done) and isinstance(quoted, Done):
            self.holds.append(outcome.value)
            self.rows |= {(who.customer, *phase): spans for phase, spans in rows_of(quoted.value).items()}
        return outcome

    def _end_hold(self, customer: str, verb: str, key: str) -> Outcome:
        """The latest hold that was neither confirmed nor let go; else the latest. It is paid for what it costs."""
        own = [each for each in self.holds if each.customer == customer]
        if not own:
            return _nothing("nothing-held", "")
        hold = next((each for each in reversed(own) if each.id not in self.settled), own[-1])
        paid = Payment(hold.total, f"paid-{key}") if hold.total else None
        outcome = self.shop.void(hold, key=key) if verb == "void" else self.shop.confirm(hold, paid=paid, key=key)
        if isinstance(outcome, Done):
            self.settled.add(hold.id)
            if isinstance(outcome.value, OrderView):
                self.orders.append(outcome.value)
        return outcome

    def _resolve(self, customer: str, approve: bool, key: str) -> Outcome:
        """The latest review that nobody answered; else the latest."""
        own = [review for (name, _), (_, review) in self.asked.items() if name == customer]
        if not own:
            return _nothing("nothing-to-resolve", "")
        waiting = {each.id for each in self.shop.reviews(limit=len(self.case.steps))}
        review = next((each for each in reversed(own) if each.id in waiting), own[-1])
        return self.shop.resolve(review, approve=approve, key=key, by="staff")

    def _change(self, who: Who, do: Do, step: Step, key: str) -> Outcome:
        found = self._contract(who.customer, do.name)
        if found is None:
            return _nothing("nothing-running", do.name)
        trial = self.shop.preview.change_plan(
            found, do.to, who=who, codes=step.codes, passed=step.passed, key=key, paid=ON_ACCOUNT
        )
        if not isinstance(trial, Done):
            return trial
        total = trial.value.total
        paid = Payment(total, f"paid-{key}") if total else None
        return self.shop.change_plan(found, do.to, who=who, codes=step.codes, passed=step.passed, key=key, paid=paid)

    def _redeem(self, who: Who, do: Do, passed: Sequence[str], key: str) -> Outcome:
        """Use a voucher, at an outlet that is named, or one where it can be; of card codes, show one: their use."""
        benefit = do.name
        if self.release.benefits[benefit].kind == "card_code":
            return self.shop.reveal(who, benefit, key=key)
        vouchers = [each for each in self.shop.wallet(who.customer).grants if each.benefit == benefit]
        if not vouchers:
            return _nothing("nothing-to-redeem", benefit)
        redeem = self.release.benefits[benefit].redeem
        outlet = do.outlet or (redeem.outlets[0] if redeem and redeem.outlets else "")
        outcome = self.shop.redeem(_first_to_end(vouchers), outlet=outlet, facts=who.facts, passed=passed, key=key)
        if isinstance(outcome, Done):
            self.redemptions.setdefault((who.customer, benefit), []).append(outcome.value)
        return outcome

    def _reverse(self, customer: str, benefit: str, key: str) -> Outcome:
        done = self.redemptions.get((customer, benefit))
        if not done:
            return _nothing("nothing-to-reverse", benefit)
        return self.shop.reverse(done.pop() if len(done) > 1 else done[0], key=key)

    def _refund(self, customer: str, do: Do, key: str) -> Outcome:
        """The latest order of the product of which not all is refunded; else the latest."""
        bought = [
            order
            for order in self.orders
            if order.customer == customer and any(line.product == do.name for line in order.lines)
        ]
        if not bought:
            return _nothing("nothing-bought", do.name)
        outcome: Outcome = None
        for order in reversed(bought):  # one that went back whole is passed over
            items = (do.item,) if do.item else None
            found = self.shop.refund(order, lines={do.name: do.quantity or None}, items=items, key=key)
            if not (isinstance(found, Refused) and [each.code for each in found.reasons] == ["already-refunded"]):
                return found
            outcome = outcome or found
        return outcome

    def _contract(self, customer: str, product: str) -> SubscriptionView | None:
        found = [each for each in self.shop.wallet(customer).subscriptions if each.product == product]
        alive = [each for each in found if each.state != "ended"]
        return (alive or found)[-1] if found else None


def _first_to_end(vouchers: Sequence[GrantView]) -> GrantView:
    """Of those that can be used the one that ends first; else the latest, so that the refusal speaks of it."""
    able = [each for each in vouchers if each.state == "active"]
    return min(able, key=lambda each: (each.valid_until or ENDLESS, each.id)) if able else vouchers[-1]


def _lines(do: Do) -> list[Line]:
    return [Line(name, quantity) for name, quantity in ((do.name, do.quantity), *do.also)]


def _nothing(code: str, name: str) -> Refused:
    return Refused((Reason(code, name),))
