"""Ten lines that sell a membership: open, publish, quote, buy, ask."""

from datetime import UTC, datetime
from pathlib import Path

import entitle
from entitle import Done, Keys, Money, Payment, Refused, Who

RULES = Path(__file__).parent.parent / "rules"


def main() -> None:
    shop = entitle.open("memory:", keys=Keys.from_text("example"), clock=lambda: datetime(2026, 12, 24, tzinfo=UTC))
    shop.publish(entitle.load(RULES), by="ci")
    ann = Who("u-1", channel="partner")

    match shop.quote(ann, "starlight-year"):
        case Done(quote):
            print(f"{quote.total} now")
        case no:
            print(no)
    paid = Payment(Money("238.00", "CNY"), ref="pay-7")  # what the checkout took; agreed= would hold it to a quote
    match shop.buy(ann, "starlight-year", key="order-1001", paid=paid):  # the same key again is the same order
        case Done(order):
            print(f"{order.customer} paid {order.total} and holds {', '.join(grant.item for grant in order.grants)}")
        case Refused(reasons):
            print("; ".join(reason.text("en") for reason in reasons))
    print(f"has cinema-vip: {shop.has('u-1', 'cinema-vip')}")


if __name__ == "__main__":
    main()
