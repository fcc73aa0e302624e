"""A renewal worker: due charges go to a payment provider that succeeds, declines, or does not answer.

The attempt key is the provider's idempotency key: a charge that is handed out again after a time-out carries the same
one, so the customer pays once; a retry after a decline carries a new one.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import entitle
from entitle import Declined, Keys, Payment, Pending, Who
from entitle.shop.facade import Shop
from entitle.shop.renew import ChargeView

RULES = Path(__file__).parent.parent / "rules"


class Provider:
    """Stands in for a payment provider: what it answers for each attempt key, and what it has charged."""

    def __init__(self) -> None:
        self.charged: dict[str, str] = {}
        self.trouble = ["time-out", "declined"]

    def charge(self, key: str, amount: str) -> str:
        """Raises TimeoutError when nothing is known; the same key never charges twice."""
        if key in self.charged:
            return self.charged[key]
        trouble = self.trouble.pop(0) if self.trouble else ""
        if trouble == "declined":
            raise PermissionError("insufficient-funds")
        self.charged[key] = f"ref-{len(self.charged) + 1}"
        if trouble == "time-out":
            raise TimeoutError  # the money is taken, but the answer is lost
        return self.charged[key]


def settle_one(shop: Shop, provider: Provider, charge: ChargeView) -> str:
    """Ask the provider, tell the shop."""
    try:
        ref = provider.charge(charge.attempt_key, str(charge.amount))
    except TimeoutError:
        shop.settle(charge, Pending())
        return "no answer: asked again with the same key after the lease"
    except PermissionError as no:
        shop.settle(charge, Declined(str(no)))
        return f"declined: {no}"
    shop.settle(charge, Payment(charge.amount, ref=ref))
    return f"paid {charge.amount}, {ref}"


def main() -> None:
    now = datetime(2026, 12, 24, 12, tzinfo=UTC)
    shop = entitle.open("memory:", keys=Keys.from_text("example"), clock=lambda: now)
    shop.publish(entitle.load(RULES), by="ci")
    shop.buy(Who("ann", channel="app"), "starlight-monthly", key="order-1").unwrap()
    provider = Provider()
    for _ in range(4 * 24 * 45):  # a worker that looks every quarter of an hour, for 45 days
        now += timedelta(minutes=15)
        for charge in shop.charges(lease=timedelta(minutes=10)):
            told = settle_one(shop, provider, charge)
            print(f"{now:%Y-%m-%d %H:%M} charge {charge.n}, attempt {charge.attempt}: {told}")
        shop.tick()
    print(f"the provider charged {len(provider.charged)} times; the books agree: {shop.reconcile().ok}")


if __name__ == "__main__":
    main()
