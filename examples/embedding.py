"""Ten lines that sell a membership: open, publish, quote, buy, ask."""

from datetime import UTC, datetime
from pathlib import Path

import entitle
from entitle import Done, Keys, Payment, Refused, Who

RULES = Path(__file__).parent.parent / "rules"


def main() -> None:
    shop = entitle.open("memory:", keys=Keys.from_text("example"), clock=lambda: datetime(2026, 12, 24, tzinfo=UTC))
    shop.publish(entitle.load(RULES), by="ci")
    ann = Who("u-1", channel="partner")

    quote = shop.quote(ann, "starlight-year").unwrap()
    match shop.buy(ann, "starlight-year", key="order-1001", agreed=quote, paid=Payment(quote.total, ref="pay-7")):
        case Done(order):
            print(f"{order.customer} paid {order.total} and holds {', '.join(grant.item for grant in order.grants)}")
        case Refused(reasons):
            print("; ".join(reason.text("en") for reason in reasons))
    print(f"has cinema-vip: {shop.has('u-1', 'cinema-vip')}")


if __name__ == "__main__":
    main()
