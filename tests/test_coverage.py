"""What no case of a rulebook reaches: rows of price tables and floors, beside phases, offers and reasons."""

from entitle.dsl.load import compile_sources
from entitle.runtime.rows import rows, served
from entitle.source import Source
from entitle.testing.cases import run_cases
from entitle.testing.coverage import Reached, never_reached

RULES = """\
entitle: 1
name: rows
timezone: Asia/Shanghai
currency: CNY
facts:
  channel: {{type: [app, web, shop], if_missing: app}}
  level: {{type: 0..9, if_missing: 0}}
channels:
  web: {{floor: ¥1.00}}
  shop: {{floor: ¥2.00}}
benefits:
  club: {{kind: access, name: Club}}
products:
  card:
    name: Card
    price: ¥9.00
    gives: [{{benefit: club}}]
  monthly:
    name: Monthly
    subscription:
      renews: every month
      phases:
        - {{id: first, price: ¥3.00, periods: 1}}
        - {{id: regular, price: {{table: [{{level: 0..4, price: ¥5.00}}, {{level: 5..9, price: ¥4.00}}]}}}}
    floor: [{{level: 0..4, at_least: ¥3.00}}, {{otherwise: ¥2.50}}]
    gives: [{{benefit: club, during: paid time}}]
tests:
  t:
    timeline:
      {steps}
"""


def missed(*steps: str) -> set[str]:
    """What these steps leave unreached, without the reasons."""
    book = RULES.format(steps="\n      ".join(f"- {{{step}}}" for step in steps))
    found = compile_sources([Source("rulebook.yaml", book)])
    assert found.release is not None, found.diagnostics
    reached = Reached()
    assert [each.differences for each in run_cases(found.release, found.cases, reached)] == [()]
    return {words.en for _, words in never_reached(found.release, reached) if "reason" not in words.en}


FLOORS = {"row ¥1.00 of card", "row ¥2.00 of card"}


def test_a_row_is_reached_when_a_charge_of_its_phase_is_paid() -> None:
    bought = "at: 2027-01-01 10:00, do: buy monthly, with: {level: 2}, expect: {charge: ¥3.00}"
    rest = {"row ¥4.00 of monthly", "row ¥2.50 of monthly", "phase card / price", "item card / club"} | FLOORS
    assert missed(bought) == rest | {"row ¥5.00 of monthly", "phase monthly / regular"}
    assert missed(bought, "at: 2027-02-01 10:00, expect: {charge: ¥5.00}") == rest


def test_floors_of_channels_are_rows_too() -> None:
    only = {name for name in missed("at: 2027-01-01 10:00, do: buy card, with: {channel: web}") if "card" in name}
    assert only == {"row ¥2.00 of card"}


def test_a_refused_purchase_reaches_no_row() -> None:
    refused = "at: 2027-01-01 10:00, do: buy card, codes: NONE, expect: {refused: unknown-code}"
    assert missed(refused) >= FLOORS


def test_every_row_of_a_very_long_table_is_known_and_found() -> None:
    many = 3_000
    table = "".join(f"        - {{n: {i}, price: ¥{i + 2}.00}}\n" for i in range(many))
    head = RULES.partition("products:")[0].format().replace("level: {type: 0..9", f"n: {{type: 0..{many - 1}")
    card = "products:\n  card:\n    name: Card\n    price:\n      table:\n"
    found = compile_sources([Source("rulebook.yaml", f"{head}{card}{table}    gives: [{{benefit: club}}]\n")]).release
    assert found is not None
    product = found.products["card"]
    assert len(list(rows(product))) == many + 2  # and the floors of two channels
    others = {each.name: 1 for each in product.program.inputs}
    for n in (0, 1_500, many - 1):
        row = served(product, "base", {**others, "n": n})
        assert row.span is not None
        assert (row.value, row.span.text) == (100 * (n + 2), f"¥{n + 2}.00")
