"""From rule files to a release: what is too much or not there, and a rulebook's own cases."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from entitle.dsl.load import compile_sources, load
from entitle.invariants import flaws
from entitle.source import Source
from entitle.values.civil import Term
from entitle.values.money import Money
from tests.books import ONE_OFF, codes, compiled, released
from tests.shops import shanghai

# ---- what is too much, or not there


def product_with(limits: int = 0, gives: int = 1, phases: int = 0) -> str:
    counted = ", ".join(f"{{id: n{i}, max: 2, per: customer, in_each: day}}" for i in range(limits))
    given = ", ".join(f"{{id: g{i}, benefit: ticket, once_per: customer}}" for i in range(gives))
    steps = "".join(f"        - {{id: p{i}, price: ¥1.00, periods: 1}}\n" for i in range(phases))
    price = f"    subscription:\n      renews: every month\n      phases:\n{steps}" if phases else "    price: ¥1.00\n"
    return f"products:\n  p:\n    name: P\n{price}    gives: [{given}]\n    limits: [{counted}]\n"


@pytest.mark.parametrize(
    ("fitting", "much"),
    [
        (product_with(limits=61), product_with(limits=63)),
        (product_with(gives=62), product_with(gives=63)),
        (product_with(phases=62), product_with(phases=63)),
        (product_with(limits=31, gives=31), product_with(limits=31, gives=32)),
    ],
)
def test_what_is_too_much_for_a_program_is_told(fitting: str, much: str) -> None:
    product = released(fitting).products["p"]
    assert flaws(product.program) == []
    assert set(codes(compiled(much))) == {"too-many"}


def guards(count: int, gate: str, more: str = "") -> str:
    rows = (f"  g{i}: {{check_at: {gate}, block_if: customer.level == {i % 9}{more}}}\n" for i in range(count))
    return "guards:\n" + "".join(rows)


def promotions(count: int, step: str) -> str:
    rows = (f"  o{i}: {{step: {step}, products: all, minus: ¥0.01, code: C{i}}}\n" for i in range(count))
    return "promotions:\n" + "".join(rows)


@pytest.mark.parametrize(
    ("made", "what"),
    [
        (lambda count: guards(count, "purchase"), "guards"),
        (lambda count: guards(count, "login"), "guards"),
        (lambda count: guards(count, "claim", ", log_only: true"), "guards that only log"),
        (lambda count: promotions(count, "coupon"), "promotions with a code"),
        (lambda count: promotions(count, "order"), "promotions with a code"),
    ],
)
def test_no_program_tells_of_more_than_fits_into_a_number(made: Callable[[int], str], what: str) -> None:
    product = "products:\n  p: {name: P, price: ¥1.00, gives: [{benefit: club}]}\n"
    release = released(product, made(62))
    programs = [each.program for each in release.gates.values()] + [each.program for each in release.order_steps]
    for program in (release.products["p"].program, *programs):
        assert flaws(program) == []
    (problem,) = compiled(product, made(63)).diagnostics
    assert problem.sentence() == f"there are too many {what}: 62 at most"


def test_it_is_said_of_what_there_is_too_much() -> None:
    (problem,) = compiled(product_with(phases=63)).diagnostics
    assert problem.sentence() == "there are too many phases: 62 at most"


def sold(**keys: str) -> str:
    rows = {"name": "P", "price": "¥1.00", "gives": "[{benefit: ticket}]"} | keys
    return "products:\n  p:\n" + "".join(f"    {key}: {value}\n" for key, value in rows.items() if value)


def renewing(phase: str = "{id: a, price: ¥1.00}", gives: str = "[{benefit: ticket}]", **keys: str) -> str:
    rows = {"renews": "every month", "phases": f"[{phase}]"} | keys
    written = ", ".join(f"{key}: {value}" for key, value in rows.items())
    return sold(price="", gives=gives, subscription=f"{{{written}}}")


@pytest.mark.parametrize(
    ("fitting", "wrong", "code"),
    [
        (
            sold(sell="{quantity: 5..9}", limits="[{id: a, max: 5, per: customer, in_each: day}]"),
            sold(sell="{quantity: 5..9}", limits="[{id: a, max: 4, per: customer, in_each: day}]"),
            "limit-below-quantity",
        ),
        (
            sold(sell="{quantity: 5..9}", limits="[{id: a, max: 1, of: orders, per: customer, in_each: day}]"),
            sold(sell="{quantity: 5..9}", limits="[{id: a, max: 1, of: units, per: customer, in_each: day}]"),
            "limit-below-quantity",
        ),
        (
            renewing("{id: a, price: ¥1.00, periods: 20}", renews="every 10 years"),
            renewing("{id: a, price: ¥1.00, periods: 21}", renews="every 10 years"),
            "phases-too-long",
        ),
        (
            renewing(if_payment_fails="{retry: [23 hours, 1 day]}"),
            renewing(if_payment_fails="{retry: [24 hours, 1 day]}"),
            "retry-order",
        ),
        (renewing(remind="28 days before renewal"), renewing(remind="29 days before renewal"), "remind-too-early"),
        (
            renewing(remind="12 months before renewal", renews="every year"),
            renewing(remind="13 months before renewal", renews="every year"),
            "remind-too-early",
        ),
        (
            sold(gives="[{benefit: ticket, when: yearly, times: 200}]"),
            sold(gives="[{benefit: ticket, when: yearly, times: 201}]"),
            "times-too-many",
        ),
        (
            sold(gives="[{benefit: ticket, when: day 1 of month, times: 2400}]"),
            sold(gives="[{benefit: ticket, when: day 1 of month, times: 2401}]"),
            "times-too-many",
        ),
        (
            renewing("{id: a, price: ¥1.00, periods: 1}", gives="[{benefit: ticket, when: each period}]"),
            renewing("{id: a, price: ¥1.00, periods: 1}", gives="[{benefit: ticket, when: each renewal}]"),
            "no-renewals",
        ),
        (
            sold(sell="{from: 2026-12-01 10:00, until: 2026-12-01 10:01}"),
            sold(sell="{from: 2026-12-01 10:00, until: 2026-12-01 10:00}"),
            "ends-before-start",
        ),
        (
            "facts:\n  level: {type: 3..3, if_missing: 3}\n",
            "facts:\n  level: {type: 4..3, if_missing: 3}\n",
            "wrong-range",
        ),
    ],
)
def test_what_only_just_fits_and_what_does_not(fitting: str, wrong: str, code: str) -> None:
    assert codes(compiled(fitting)) == []
    assert codes(compiled(wrong)) == [code]


def test_through_a_day_is_to_its_end() -> None:
    text = "benefits:\n  pass: {kind: voucher, name: Pass, valid: [through 2026-12-31, 3 days from grant]}\n"
    through, from_grant = released(text).benefits["pass"].valid
    assert (through.counts, through.until) == ("instant", shanghai("2027-01-01 00:00"))
    assert (from_grant.counts, from_grant.term) == ("grant", Term(3, "day"))


def sold_if(condition: str) -> str:
    sell = f"    sell: {{if: {condition}}}\n"
    return f"products:\n  p:\n    name: P\n{sell}    price: ¥1.00\n    gives: [{{benefit: club}}]\n"


def test_a_table_that_cannot_be_looked_through_is_told_and_told_once() -> None:
    facts = "facts:\n" + "".join(f"  f{i}: {{type: bool, if_missing: false}}\n" for i in range(40))
    rows = ", ".join(f"{{f{i}: true, price: ¥{i + 1}.00}}" for i in range(40))
    floor = "    floor: [{f0: true, at_least: ¥0.01}, {f1: true, at_least: ¥0.02}]\n"
    table = f"products:\n  p:\n    name: P\n    price: {{table: [{rows}]}}\n{floor}    gives: [{{benefit: club}}]\n"
    found = codes(compiled(facts, table))
    assert (found.count("table-tangled"), set(found)) == (1, {"table-tangled", "table-overlap", "table-gap"})


def test_too_many_facts_to_ask_for_are_told() -> None:
    facts = "facts:\n" + "".join(f"  f{i}: {{type: bool, if_missing: ask}}\n" for i in range(63))
    condition = " and ".join(f"f{i}" for i in range(63))
    assert codes(compiled(facts, sold_if(condition))) == ["too-many"]


def test_a_condition_that_is_too_large_is_told() -> None:
    condition = " or ".join(["customer.level == 1"] * 600)
    assert codes(compiled(sold_if(condition))) == ["expression-too-large"]


def test_a_rulebook_without_its_root_says_so() -> None:
    assert codes(compile_sources([])) == ["no-rulebook"]
    assert codes(compile_sources([Source("a.yaml", ONE_OFF)])) == ["no-rulebook"]


def test_a_folder_without_its_root_says_so_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(ONE_OFF, encoding="utf-8")
    found = load(tmp_path)
    assert (found.release, codes(found)) == (None, ["no-rulebook"])


def test_one_error_anywhere_leaves_no_release_but_the_cases() -> None:
    case = "tests:\n  t:\n    timeline:\n      - {at: 2027-01-01 10:00, do: buy p × 2, expect: ok}\n"
    found = compiled(ONE_OFF, case, "facts:\n  vip: {type: boolean, if_missing: ask}\n")
    assert (found.release, codes(found), len(found.cases)) == (None, ["unknown-type"], 1)


def test_a_flaw_is_not_told_again_of_what_depends_on_it() -> None:
    fact = "facts:\n  vip: {type: boolean, if_missing: ask}\n"
    assert codes(compiled(fact, sold_if("vip and customer.level > 3"))) == ["unknown-type"]


def test_a_lost_product_may_have_had_what_others_miss() -> None:
    benefit = "benefits:\n  pass: {kind: voucher, name: Pass, valid: 30 days from claim}\n"
    free = "products:\n  a:\n    name: A\n    price: ¥1.00\n    gives: [{benefit: pass}]\n"
    claimed = "products:\n  b:\n    name: B\n    price: ¥1\n    gives: [{benefit: pass, claim_within: 3 days}]\n"
    case = "tests:\n  t:\n    timeline:\n      - {at: 2027-01-01, do: buy b, expect: {grant: [pass], refused: few}}\n"
    assert codes(compiled(benefit, free)) == ["never-claimed"]
    assert codes(compiled(benefit, free, claimed, case)) == ["wrong-value"]


# ---- a rulebook's own cases

CASES = """\
facts:
  lent: {type: duration, if_missing: ask}
  born: {type: instant, if_missing: ask}
  vip: {type: bool, if_missing: false}
  spent: {sum: paid, in: charges, per: customer}
benefits:
  data: {kind: quota, name: Data, amount: 100, unit: GB}
tests:
  all-kinds:
    name: {zh: 各种事实, en: facts of all kinds}
    given: {channel: web, customer.level: ９, vip: true}
    timeline:
      - at: 2027-01-01 10:00
        as: ann
        with:
          customer.city: 杭州
          customer.spent: ￥12.50
          customer.tags: [vip]
          customer.since: 2026-02-28
          device: d-9
          lent: 36 hours
          born: 2000-01-01 00:00
          orders: 3
          spent: ¥4.00
        do: buy p × 2
        expect: {charge: ¥20.00, grant: [ticket], has: [], notice: none}
      - {at: 2027-01-01 10:00, do: spend 3 GB of data, expect: {refused: nothing-to-redeem}}
      - {at: 2027-01-02, expect: {charge: none, ends: 2027-01-31 10:00}}
      - {at: 2027-01-03 00:00, do: buy p, expect: {missing: device}}
"""


def test_a_case_tells_facts_as_a_shop_would() -> None:
    (case,) = compiled(ONE_OFF, CASES).cases
    assert case.given == {"channel": "web", "customer.level": 9, "vip": True}
    assert case.steps[0].who == "ann"
    assert case.steps[0].facts == {
        "customer.city": "杭州",
        "customer.spent": Money("12.50", "CNY"),
        "customer.tags": frozenset({"vip"}),
        "customer.since": date(2026, 2, 28),
        "device": "d-9",
        "lent": timedelta(hours=36),
        "born": datetime(1999, 12, 31, 16, tzinfo=UTC),
        "orders": 3,
        "spent": Money("4.00", "CNY"),
    }


def test_a_case_says_what_is_done_and_expected() -> None:
    (case,) = compiled(ONE_OFF, CASES).cases
    assert [(each.verb, each.name, each.quantity, each.unit) for step in case.steps if (each := step.do)] == [
        ("buy", "p", 2, ""),
        ("spend", "data", 3, "GB"),
        ("buy", "p", 1, ""),
    ]
    assert [[(each.what, each.value) for each in step.expect] for step in case.steps] == [
        [("charge", 2000), ("notice", None), ("grant", ("ticket",)), ("has", ())],
        [("refused", "nothing-to-redeem")],
        [("charge", None), ("ends", shanghai("2027-01-31 10:00"))],
        [("missing", "device")],
    ]
    assert [step.at for step in case.steps][2:] == [shanghai("2027-01-02 00:00"), shanghai("2027-01-03 00:00")]


def test_a_case_may_leave_the_unit_of_a_quota_out() -> None:
    assert codes(compiled(ONE_OFF, CASES)) == []
    assert codes(compiled(ONE_OFF, CASES.replace("3 GB of data", "3 of data"))) == []
    assert codes(compiled(ONE_OFF, CASES.replace("3 GB of data", "3 MB of data"))) == ["wrong-unit"]
