"""Keys in conditions: the same value is the same key, whichever fact tells it, and the customer is one of them."""

import pytest

from entitle import Money, Payment, Who
from entitle.testing.world import World
from tests.books import compiled
from tests.shops import done

RULES = """\
entitle: 1
name: keys
timezone: Asia/Shanghai
currency: CNY
facts:
  device: {{type: key, if_missing: ask}}
  payer: {{type: key, if_missing: ask}}
benefits: {{club: {{kind: access, name: Club}}}}
products:
  p:
    name: P
    price: ¥1.00
    sell: {{if: {condition}}}
    gives: [{{benefit: club}}]
"""


@pytest.mark.parametrize(
    ("condition", "customer", "device", "payer", "able"),
    [
        ("customer == payer", "ann", "d-1", "ann", True),
        ("customer == payer", "ann", "d-1", "bob", False),
        ("customer != payer", "ann", "d-1", "bob", True),
        ("payer == customer", "bob", "d-1", "bob", True),
        ("device == payer", "ann", "x", "x", True),
        ("device == payer", "ann", "x", "y", False),
        ("device != payer or customer == payer", "x", "x", "x", True),
    ],
)
def test_keys_are_compared_by_what_they_are(condition: str, customer: str, device: str, payer: str, able: bool) -> None:
    found = compiled(book=RULES.format(condition=condition))
    assert found.release is not None, found.diagnostics
    shop = World(found.release).shop
    who = Who(customer, device=device, facts={"payer": payer})
    assert shop.quote(who, "p").ok is able
    if able:
        order = done(shop.buy(who, "p", key="k", paid=Payment(Money.of_minor(100, "CNY"), "r")))
        (line,) = shop.explain(order).lines
        assert line.faithful
        assert customer not in {*line.facts.values()}
