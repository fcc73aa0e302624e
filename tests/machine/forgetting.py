"""Forget, as the oracle does it: why steps were done can be read no more."""

from tests.machine.keeping import Keeping
from tests.machine.ledger import Outcome


class Forgetting(Keeping):
    def forget(self, name: str) -> Outcome:
        customer, at = self.customers[name], self.at(name)
        to_pay = sorted((each for each in customer.contracts if each.to_charge is not None), key=lambda each: each.id)
        still = ["still-renews"] * len(to_pay) + ["still-held" for hold in customer.holds if hold.stands(at)]
        if still:
            return "refused", tuple(still), None
        if not customer.forgotten:
            customer.steps = [(when, verb, "") for when, verb, _ in customer.steps]
            self.step(name, "forget")
            customer.forgotten = True
            self.tell(name, "customer.forgotten", None)
        return "done", None
