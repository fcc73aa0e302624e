"""A fact that the shop supplies: rules read it by name, the shop tells it with each request.

A rule that needs a fact which was not told gives no answer, and the answer says which fact it waits for.
"""

from datetime import UTC, datetime
from pathlib import Path

import entitle
from entitle import Done, Keys, NeedsFacts, Who

RULES = Path(__file__).parent.parent / "rules"
PROFILES: dict[str, dict[str, object]] = {
    "u-1": {"customer.student": True, "customer.city": "chengdu"},
    "u-2": {"customer.student": True, "customer.city": "lhasa"},
    "u-3": {"customer.student": True},
}


def who(customer: str) -> Who:
    """What the shop knows of a customer, in the words that the rulebook declares."""
    return Who(customer, channel="app", facts=PROFILES[customer])


def main() -> None:
    shop = entitle.open("memory:", keys=Keys.from_text("example"), clock=lambda: datetime(2026, 12, 24, tzinfo=UTC))
    shop.publish(entitle.load(RULES), by="ci")
    for customer in PROFILES:
        match shop.quote(who(customer), "starlight-student"):
            case Done(quote):
                print(f"{customer}: {quote.total} now, {len(quote.charges)} charges in all")
            case NeedsFacts(facts):
                print(f"{customer}: tell me {', '.join(facts)}")
            case no:
                print(f"{customer}: {'; '.join(reason.text('en') for reason in no.reasons)}")


if __name__ == "__main__":
    main()
