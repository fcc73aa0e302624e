"""Prices of whole orders, worked out by hand. `tests/priced` reckons them by a plain walk over every combination."""

from collections.abc import Sequence

import pytest

from entitle.dsl.load import compile_sources
from entitle.ir import Value
from entitle.release import Release
from entitle.runtime.decide import Decider, OrderVerdict
from entitle.runtime.pricing import Asked, OrderFacts
from entitle.source import Source

HEAD = """\
entitle: 1
name: prices
timezone: Asia/Shanghai
currency: CNY
round: half_up
price_steps: {level: each_unit, campaign: each_unit, threshold: whole_order, coupon: whole_order}
max_codes: 2
facts:
  level: {type: 0..9, if_missing: 0}
benefits:
  club: {kind: access, name: Club}
products:
"""
PRODUCT = "  {id}:\n    name: {id}\n    sell: {{quantity: 1..9}}\n{price}    gives: [{{benefit: club}}]\n"


def release_of(products: dict[str, str], promotions: Sequence[str]) -> Release:
    """`products`: the lines of a price by id; `promotions`: a line each."""
    text = HEAD + "".join(PRODUCT.format(id=id_, price=price) for id_, price in products.items())
    text += "promotions:\n" + "".join(f"  {line}\n" for line in promotions)
    compiled = compile_sources([Source("rulebook.yaml", text)])
    assert compiled.release is not None, [(each.code, each.span and each.span.text) for each in compiled.diagnostics]
    return compiled.release


def priced(
    release: Release, lines: dict[str, int], codes: tuple[str, ...] = (), level: int = 0, **stored: Value
) -> OrderVerdict:
    """The verdict on an order in one zone and instant; what the store counts is 0 if it is not given."""
    ready, told = Decider(release), {"level": level}
    known = {f"code.{release.by_code[code].id}": True for code in codes if code in release.by_code}
    programs = [release.products[id_].program for id_ in lines] + [step.program for step in release.order_steps]
    counted: dict[str, Value] = {each.name: 0 for one in programs for each in one.inputs if each.origin == "store"}
    counted |= {name.replace("__", "."): value for name, value in stored.items()} | known
    asked = tuple(
        Asked(release.products[id_], many, ready.facts(release.products[id_], told, 0, many, counted))
        for id_, many in lines.items()
    )
    return ready.replay(OrderFacts(asked, ready.order_facts(told, 0, counted), codes))


def units(verdict: OrderVerdict) -> list[list[int]]:
    assert verdict.priced is not None
    return [list(line.units) for line in verdict.priced.lines]


def applied(verdict: OrderVerdict) -> list[set[str]]:
    assert verdict.priced is not None
    return [set(line.applied) for line in verdict.priced.lines]


CARD = {"card": "    price: ¥100.00\n"}


def test_steps_follow_one_another_and_round_once_each() -> None:
    book = release_of(
        {"card": "    price: ¥9.99\n"},
        ["a: {step: level, products: all, pay: 95%}", "b: {step: campaign, products: all, pay: 88%}"],
    )
    assert units(priced(book, {"card": 1})) == [[835]]  # 9.99 -> 9.4905 -> 9.49 -> 8.3512 -> 8.35


def test_the_price_of_a_unit_is_rounded_before_it_is_multiplied() -> None:
    book = release_of({"card": "    price: ¥0.99\n"}, ["a: {step: level, products: all, pay: 95折}"])
    assert units(priced(book, {"card": 3})) == [[94, 94, 94]]


def test_a_threshold_sees_what_reached_its_step() -> None:
    """The list price was 100.00: a discount before it lets the threshold go."""
    book = release_of(
        CARD,
        [
            "a: {step: level, products: all, minus: ¥0.01}",
            "b: {step: campaign, products: all, if: amount >= ¥100.00, minus: ¥30.00}",
        ],
    )
    assert units(priced(book, {"card": 1})) == [[7000]]
    assert applied(priced(book, {"card": 1})) == [{"b"}]  # without the first one it is cheaper


def test_one_offer_a_step_and_the_best_of_it() -> None:
    book = release_of(
        CARD, ["a: {step: level, products: all, minus: ¥5.00}", "b: {step: level, products: all, pay: 90%}"]
    )
    assert (units(priced(book, {"card": 1})), applied(priced(book, {"card": 1}))) == ([[9000]], [{"b"}])


def test_of_equal_totals_fewer_offers_then_the_first_id() -> None:
    book = release_of(
        CARD,
        [
            "b: {step: level, products: all, minus: ¥5.00}",
            "a: {step: level, products: all, pay: 95%}",
            "c: {step: campaign, products: all, minus: ¥0.00}",
        ],
    )
    assert applied(priced(book, {"card": 1})) == [{"a"}]


def test_of_equal_totals_over_order_offers_the_first_step_decides() -> None:
    """An offer of the first step comes before none there, whatever the ids of the steps after it."""
    release = release_of(
        {"card": "    price: ¥1.00\n"},
        [
            "z-first: {step: level, products: all, minus: ¥0.05, cannot_combine_with: [one]}",
            "a-second: {step: campaign, products: all, minus: ¥0.05, cannot_combine_with: [two]}",
            "one: {step: threshold, products: all, minus: ¥0.05}",
            "two: {step: threshold, products: all, minus: ¥0.05}",
        ],
    )
    found = priced(release, {"card": 1}).priced
    assert found is not None
    assert (found.total, found.lines[0].applied) == (90, ("z-first", "a-second"))


def test_a_floor_lifts_and_never_above_the_price() -> None:
    book = release_of(
        {"card": "    price: ¥100.00\n    floor: [{otherwise: ¥80.00}]\n"},
        ["a: {step: level, products: all, pay: 1折}"],
    )
    assert units(priced(book, {"card": 2})) == [[8000, 8000]]


def test_no_total_falls_below_zero() -> None:
    book = release_of({"card": "    price: ¥3.00\n"}, ["a: {step: level, products: all, minus: ¥5.00}"])
    assert units(priced(book, {"card": 1})) == [[0]]


def test_a_discount_on_the_order_is_shared_by_largest_remainder() -> None:
    """10.00 over 33.33, 33.33 and 33.34: 3.33, 3.33 and 3.34, the larger remainder first."""
    book = release_of(
        {"a": "    price: ¥33.33\n", "b": "    price: ¥33.34\n"},
        ["t: {step: threshold, products: all, if: amount >= ¥100.00, minus: ¥10.00}"],
    )
    assert units(priced(book, {"a": 2, "b": 1})) == [[3000, 3000], [3000]]
    assert units(priced(book, {"b": 1, "a": 2})) == [[3000], [3000, 3000]]


def test_a_share_is_cut_at_the_floor_and_not_given_to_others() -> None:
    book = release_of(
        {"a": "    price: ¥50.00\n    floor: [{otherwise: ¥45.00}]\n", "b": "    price: ¥50.00\n"},
        ["t: {step: threshold, products: all, minus: ¥20.00}"],
    )
    assert units(priced(book, {"a": 1, "b": 1})) == [[4500], [4000]]


def test_of_every_three_units_the_cheapest_is_free() -> None:
    book = release_of(
        {"a": "    price: ¥10.00\n", "b": "    price: ¥4.00\n"},
        ["g: {step: threshold, products: all, buy: 2, free: 1}"],
    )
    assert units(priced(book, {"a": 2, "b": 1})) == [[1000, 1000], [0]]
    assert units(priced(book, {"a": 4, "b": 2})) == [[1000] * 4, [0, 0]]
    assert units(priced(book, {"a": 1, "b": 1})) == [[1000], [400]]


def test_so_much_off_for_each_full_amount_and_no_more_than_that() -> None:
    book = release_of(
        CARD, ["e: {step: threshold, products: all, minus_each: {for_every: ¥150.00, minus: ¥15.00}, max_off: ¥20.00}"]
    )
    assert units(priced(book, {"card": 1})) == [[10000]]
    assert sum(units(priced(book, {"card": 2}))[0]) == 18500
    assert sum(units(priced(book, {"card": 3}))[0]) == 28000


def test_what_an_order_offer_excludes_is_weighed_against_it() -> None:
    book = release_of(
        CARD,
        [
            "l: {step: level, products: all, pay: 90%}",
            "t: {step: threshold, products: all, if: amount >= ¥200.00, minus: ¥30.00, cannot_combine_with: [l]}",
        ],
    )
    assert applied(priced(book, {"card": 1})) == [{"l"}]
    assert (applied(priced(book, {"card": 2})), sum(units(priced(book, {"card": 2}))[0])) == ([{"t"}], 17000)
    assert applied(priced(book, {"card": 4})) == [{"l"}]  # 40.00 off are more than 30.00


@pytest.mark.parametrize(
    ("codes", "wrong"),
    [
        (("NOPE",), ["unknown-code"]),
        (("LEVEL5",), ["code-not-valid"]),
        (("SPENT",), ["code-used-up"]),
        (("A", "B", "C"), ["too-many-codes"]),
        (("ORDER",), []),
    ],
)
def test_a_code_that_is_no_use_is_refused(codes: tuple[str, ...], wrong: list[str]) -> None:
    book = release_of(
        CARD,
        [
            "five: {step: level, products: all, code: LEVEL5, if: level >= 5, pay: 90%}",
            "spent: {step: level, products: all, code: SPENT, pay: 90%, once_per: customer}",
            "order: {step: coupon, products: all, code: ORDER, pay: 90%}",
        ],
    )
    verdict = priced(book, {"card": 1}, codes, promotion__spent__once__customer=1)
    assert [rule.code for rule in verdict.codes] == wrong
    assert verdict.stage == ("price" if wrong else None)


def test_a_code_for_fewer_units_than_the_order_has_is_used_up() -> None:
    limits = "limits: [{id: few, max: 2, per: customer, in_each: lifetime, of: units}]"
    book = release_of(CARD, [f"o: {{step: coupon, products: all, code: O, pay: 90%, {limits}}}"])
    assert [rule.code for rule in priced(book, {"card": 3}, ("O",)).codes] == ["code-used-up"]
    assert priced(book, {"card": 2}, ("O",)).codes == ()


@pytest.mark.parametrize(
    ("apart", "best"), [("any_code", {"a", "c"}), ("all", {"a"}), ("[b]", {"a", "c"}), ("[c]", {"a", "b"})]
)
def test_what_an_offer_cannot_be_combined_with(apart: str, best: set[str]) -> None:
    book = release_of(
        CARD,
        [
            f"a: {{step: level, products: all, minus: ¥30.00, cannot_combine_with: {apart}}}",
            "b: {step: campaign, products: all, code: B, minus: ¥20.00}",
            "c: {step: campaign, products: all, minus: ¥1.00}",
        ],
    )
    assert applied(priced(book, {"card": 1}, ("B",))) == [best]


def test_a_valid_code_that_is_left_out_is_not_used_up() -> None:
    book = release_of(
        CARD,
        [
            "a: {step: level, products: all, minus: ¥30.00}",
            "b: {step: level, products: all, code: B, minus: ¥20.00, once_per: customer}",
        ],
    )
    verdict = priced(book, {"card": 1}, ("B",))
    assert (applied(verdict), verdict.uses, verdict.stage) == ([{"a"}], (), None)


def test_a_budget_is_for_uses_that_fit_it_whole() -> None:
    book = release_of(CARD, ["a: {step: level, products: all, minus: ¥5.00, budget: ¥50.00}"])
    assert applied(priced(book, {"card": 2}, budget__a=4000)) == [{"a"}]
    assert applied(priced(book, {"card": 2}, budget__a=4001)) == [set()]
    assert [(use.counter.id, use.units) for use in priced(book, {"card": 2}).uses] == [("a", 1000)]


def test_a_budget_pays_for_free_units_too() -> None:
    book = release_of(CARD, ["g: {step: threshold, products: all, buy: 1, free: 1, budget: ¥150.00}"])
    fitting = priced(book, {"card": 2})
    assert (applied(fitting), [(use.counter.id, use.units) for use in fitting.uses]) == ([{"g"}], [("g", 10000)])
    assert applied(priced(book, {"card": 2}, budget__g=5001)) == [set()]
    assert applied(priced(book, {"card": 4})) == [set()]


def test_each_line_uses_its_own_part_of_what_an_order_offer_uses() -> None:
    """Also where a line is lowered again later, alone."""
    renewing = "    subscription:\n      renews: every month\n      phases: [{id: regular, price: ¥20.00}]\n"
    limits = "limits: [{id: few, max: 9, per: customer, in_each: lifetime, of: units}]"
    book = release_of(
        {"a": renewing, "b": "    price: ¥20.00\n"},
        [f"t: {{step: threshold, products: all, minus: ¥9.00, charges: 2, {limits}, budget: ¥99.00}}"],
    )
    uses = [(use.line, use.counter.id, use.units) for use in priced(book, {"a": 2, "b": 1}).uses]
    assert uses == [(0, "few", 2), (0, "t", 600 + 900), (1, "few", 1), (1, "t", 300)]


def test_an_offer_for_the_first_charges_splits_the_timeline() -> None:
    phases = "[{id: free, price: ¥0.00, periods: 1}, {id: regular, price: ¥20.00}]"
    renewing = f"    subscription:\n      renews: every month\n      phases: {phases}\n"
    book = release_of(
        {"club-month": renewing},
        [
            "a: {step: level, products: all, minus: ¥5.00, charges: 3}",
            "b: {step: coupon, products: all, minus: ¥1.00, charges: each}",
        ],
    )
    (line,) = priced(book, {"club-month": 1}).lines
    said = [(each.phase, each.count, each.amount, each.offers) for each in line.segments]
    assert said == [("free", 1, 0, ()), ("regular", 3, 1400, ("a", "b")), ("regular", None, 1900, ("b",))]


def test_a_first_charge_that_lines_share_is_not_the_price_of_later_ones() -> None:
    """10.00 off are shared on the order; later each line is charged alone, and has them alone."""
    renewing = "    subscription:\n      renews: every month\n      phases: [{id: regular, price: ¥20.00}]\n"
    book = release_of(
        {"a": renewing, "b": renewing},
        ["t: {step: threshold, products: all, minus: ¥10.00, charges: each}"],
    )
    for line in priced(book, {"a": 1, "b": 1}).lines:
        assert [(each.count, each.amount) for each in line.segments] == [(1, 1500), (None, 1000)]
    (alone,) = priced(book, {"a": 1}).lines
    assert [(each.count, each.amount) for each in alone.segments] == [(None, 1000)]


def test_a_price_table_serves_each_row() -> None:
    table = "    price:\n      table:\n        - {level: 3..9, price: ¥44.00}\n        - {otherwise: ¥46.00}\n"
    book = release_of({"card": table}, ["a: {step: level, products: all, if: level == 9, pay: 50%}"])
    assert [units(priced(book, {"card": 1}, level=level)) for level in (0, 3, 9)] == [[[4600]], [[4400]], [[2200]]]


@pytest.mark.parametrize("name", ["units", "sum", "listed", "freed"])
def test_a_fact_of_a_shop_is_not_taken_for_what_the_engine_tells_of_an_order(name: str) -> None:
    text = HEAD.replace("facts:", f"facts:\n  {name}: {{type: 0..9, if_missing: 5}}")
    text += PRODUCT.format(id="p", price="    price: ¥50.00\n")
    text += (
        f"promotions:\n  off: {{step: threshold, products: [p], if: amount >= ¥90.00 and {name} > 3, minus: ¥10.00}}\n"
    )
    found = compile_sources([Source("rulebook.yaml", text)])
    assert found.release is not None
    ready, product = Decider(found.release), found.release.products["p"]
    priced = [ready.decide(product, told, 0, 2, {}).priced for told in ({}, {name: 3})]
    assert [each and each.total for each in priced] == [9000, 10000]
