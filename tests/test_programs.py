"""Products as programs: their text (`tests/programs.md`), and their answers worked out by hand."""

from pathlib import Path
from typing import Any

import pytest

from entitle.dsl.load import compile_sources
from entitle.invariants import flaws
from entitle.ir import BOOL, Apply, Const, Fact, If, Int, Key, Node, Op, Program, Scale, SetOf, Value, blank
from entitle.ir_text import node_text, program_text
from entitle.release import OUTS, STAGES, Counter, Product
from entitle.runtime.interpret import answer
from tests.books import ONE_OFF, released
from tests.cards import Card, cards
from tests.shops import sample, shanghai

PROGRAMS = cards(Path(__file__).parent / "programs.md")


def product_text(product: Product) -> str:
    """Everything that was made of a product's conditions: the program, its rules by stage, its counters."""
    rules = [
        f"{stage} {bit}: {rule.code} {rule.id}, {rule.span.where if rule.span else '?'}"
        for stage, rules in zip(STAGES, product.rules, strict=True)
        for bit, rule in enumerate(rules)
    ]
    return "\n".join([program_text(product.program), *rules, *map(counter_text, product.counters)])


def counter_text(counter: Counter) -> str:
    each = f"{counter.within // 1_000_000}s" if counter.within else counter.in_each
    per = counter.per or "all together"
    return f"uses {counter.input}: {counter.max} {counter.of} per {per} in each {each}, {counter.name}"


@pytest.mark.parametrize("card", PROGRAMS, ids=lambda card: card.name)
def test_products_as_programs(card: Card) -> None:
    found = compile_sources(list(card.sources))
    assert found.diagnostics == []
    assert found.release is not None
    card.check("\n\n".join(map(product_text, found.release.products.values())) + "\n")


@pytest.mark.parametrize("card", PROGRAMS, ids=lambda card: card.name)
def test_programs_are_sound(card: Card) -> None:
    found = compile_sources(list(card.sources)).release
    assert found is not None
    for product in found.products.values():
        assert flaws(product.program) == []
        assert product.program.outs == OUTS
        assert [each.name for each in product.program.inputs] == sorted(each.name for each in product.program.inputs)


def test_the_sample_rulebook_is_sound() -> None:
    assert [flaw for product in sample().products.values() for flaw in flaws(product.program)] == []


# ---- their answers, worked out by hand


def decided(product: Product, **facts: Value | None) -> dict[str, Any]:
    """The program's answer by name; `a__b` stands for the input `a.b`. Reasons as the ids of the rules that speak."""
    told = {name.replace("__", ".").replace("_in_", "in:"): value for name, value in facts.items()}
    inputs = _complete(product.program, told)
    named: dict[str, Any] = dict(zip(OUTS, answer(product.program, inputs), strict=True))
    stage = named["stage"]
    rules = product.rules[stage - 1] if stage else ()
    named["reasons"] = [
        rule.id if rule.code == "limit" else rule.code for i, rule in enumerate(rules) if named["reasons"] >> i & 1
    ]
    named["stage"] = STAGES[stage - 1] if stage else None
    return named


def _complete(program: Program, told: dict[str, Value | None]) -> dict[str, Value | None]:
    names = {each.name for each in program.inputs}
    assert told.keys() <= names, f"the program does not read {told.keys() - names}"
    return {each.name: told.get(each.name, _unsaid(each.origin, blank(each.type))) for each in program.inputs}


def _unsaid(origin: str, least: Value) -> Value | None:
    return None if origin == "request" else least


MEMBERSHIP = """\
products:
  p:
    name: P
    sell: {from: 2026-12-01, until: 2027-01-01 00:00, channels: [app], if: customer.level >= 3}
    subscription:
      renews: every month
      phases:
        - {id: trial, price: ¥0.00, lasts: 7 days, if: orders == 0, once_per: customer}
        - {id: intro, price: ¥9.90, periods: 3, if: customer.level >= 5}
        - {id: regular, price: ¥25.00}
    gives:
      - {benefit: club, during: paid time}
      - {benefit: ticket, once_per: customer, limits: [{id: few, max: 2, of: orders, per: customer, in_each: day}]}
    limits:
      - {id: one, max: 1, of: running, per: customer}
      - {id: busy, max: 3, of: orders, per: customer, in_each: day, if: customer.level < 9}
"""
OPEN = shanghai("2026-12-24 20:00")
BEFORE, AFTER = shanghai("2026-11-30 23:59"), shanghai("2027-01-01 00:00")


@pytest.mark.parametrize(
    ("facts", "stage", "reasons"),
    [
        ({"now": OPEN, "channel": 0, "customer__level": 3}, None, []),
        ({"now": BEFORE, "channel": 1, "customer__level": 3}, "sale", ["not-on-sale", "not-in-channel"]),
        ({"now": AFTER, "channel": 0, "customer__level": 3}, "sale", ["not-on-sale"]),
        ({"now": BEFORE, "channel": None}, "sale", ["not-on-sale"]),
        ({"now": OPEN, "channel": None}, "missing", ["missing"]),
        ({"now": OPEN, "channel": 0}, "eligible", ["not-eligible"]),
        ({"now": OPEN, "channel": 0, "limit__one": 1}, "eligible", ["not-eligible"]),
        ({"now": OPEN, "channel": 0, "customer__level": 3, "limit__one": 1}, "limits", ["one"]),
        ({"now": OPEN, "channel": 0, "customer__level": 3, "limit__busy": 2}, None, []),
        (
            {"now": OPEN, "channel": 0, "customer__level": 3, "limit__one": 1, "limit__busy": 3},
            "limits",
            ["one", "busy"],
        ),
        ({"now": OPEN, "channel": 0, "customer__level": 9, "limit__busy": 3}, None, []),
    ],
)
def test_the_first_stage_that_speaks_answers_with_all_its_reasons(
    facts: dict[str, Value | None], stage: str | None, reasons: list[str]
) -> None:
    found = decided(released(MEMBERSHIP).products["p"], **facts)
    assert (found["stage"], found["reasons"]) == (stage, reasons)


def pays(**facts: Value | None) -> list[int]:
    """What the first six charges cost, in minor units."""
    product = released(MEMBERSHIP).products["p"]
    return [decided(product, charge=n, **facts)["pay"] for n in range(1, 7)]


def test_each_charge_costs_what_its_phase_does() -> None:
    assert pays(customer__level=5) == [0, 990, 990, 990, 2500, 2500]
    assert pays(customer__level=5, orders=1) == [990, 990, 990, 2500, 2500, 2500]
    assert pays(customer__level=5, once__trial__customer=1) == [990, 990, 990, 2500, 2500, 2500]
    assert pays(customer__level=4) == [0, 2500, 2500, 2500, 2500, 2500]
    assert pays(customer__level=0, orders=9) == [2500] * 6


@pytest.mark.parametrize(
    ("facts", "phases", "gives", "uses"),
    [  # counters: one, busy, once.trial, once.ticket, limit.ticket.few
        ({"customer__level": 5}, 0b111, 0b11, 0b11111),
        ({"customer__level": 9, "orders": 1}, 0b110, 0b11, 0b11001),
        ({"customer__level": 5, "once__trial__customer": 1, "once__ticket__customer": 1}, 0b110, 0b01, 0b00011),
        ({"customer__level": 4, "limit__ticket__few": 2}, 0b101, 0b01, 0b00111),
        ({"customer__level": 4, "limit__ticket__few": 1}, 0b101, 0b11, 0b11111),
    ],
)
def test_what_is_kept_given_and_used(facts: dict[str, Value | None], phases: int, gives: int, uses: int) -> None:
    product = released(MEMBERSHIP).products["p"]
    assert [each.input for each in product.counters] == [
        "limit.one",
        "limit.busy",
        "once.trial.customer",
        "once.ticket.customer",
        "limit.ticket.few",
    ]
    found = decided(product, **facts)
    assert (found["phases"], found["gives"], found["uses"]) == (phases, gives, uses)


@pytest.mark.parametrize(("used", "quantity", "fits"), [(0, 20, True), (1, 20, False), (18, 2, True), (19, 2, False)])
def test_a_limit_of_units_counts_the_quantity(used: int, quantity: int, fits: bool) -> None:
    found = decided(released(ONE_OFF).products["p"], device="d", quantity=quantity, limit__twenty=used)
    assert found["reasons"] == ([] if fits else ["twenty"])


def test_a_key_that_only_a_limit_needs_is_asked_for_where_it_is_named() -> None:
    product = released(ONE_OFF).products["p"]
    assert decided(product, quantity=2)["reasons"] == ["missing"]
    (rule,) = product.rules[STAGES.index("missing")]
    assert rule.span is not None
    assert (rule.id, rule.span.where, rule.span.text) == ("device", "a.yaml:7", "device")


def test_reasons_stand_where_their_cause_is_written() -> None:
    rules = [rule for stage in released(MEMBERSHIP).products["p"].rules for rule in stage]
    found = {rule.id if rule.code == "limit" else rule.code: rule.span.text for rule in rules if rule.span}
    assert found == {
        "not-on-sale": "2026-12-01",
        "not-in-channel": "[app]",
        "missing": "[app]",
        "not-eligible": "customer.level >= 3",
        "one": "{id: one, max: 1, of: running, per: customer}",
        "busy": "{id: busy, max: 3, of: orders, per: customer, in_each: day, if: customer.level < 9}",
    }


@pytest.mark.parametrize(
    ("condition", "facts", "holds"),
    [
        ("customer.spent >= ¥1.00 * 3", {"customer__spent": 299}, False),
        ("customer.spent >= ¥1.00 * 3", {"customer__spent": 300}, True),
        ("customer.spent >= 3 * ¥1.00", {"customer__spent": 299}, False),
        ("customer.spent * (1 * 1%) >= ¥1.00", {"customer__spent": 9_999}, False),
        ("customer.spent * (1 * 1%) >= ¥1.00", {"customer__spent": 10_000}, True),
        ("customer.level in 50%..1", {"customer__level": 1}, True),
        ("customer.level in 50%..1", {"customer__level": 0}, False),
        ("customer.level in 50%..1", {"customer__level": 2}, False),
    ],
)
def test_constants_and_rates_mean_what_they_say(condition: str, facts: dict[str, Value | None], holds: bool) -> None:
    book = ONE_OFF.replace("quantity: 2..20", f"quantity: 2..20, if: {condition}")
    found = decided(released(book).products["p"], device="d", quantity=2, **facts)
    assert found["stage"] == (None if holds else "eligible")


# ---- nodes that no product holds yet

INT, MONEY = Int(0, 9), Int(0, 1000, "money")


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (Scale(Const(990, MONEY), 9, 10, "half_up", MONEY), "990 money * 9/10 half_up"),
        (
            Scale(Apply(Op.ADD_MONEY, (Fact("base", MONEY), Const(1, MONEY)), MONEY), 1, 3, "up", MONEY),
            "(base + 1 money) * 1/3 up",
        ),
        (Const("k", Key()), "'k'"),
        (Const(1_500_000, Int(0, 2_000_000, "duration")), "1500000us"),
        (Const(0b101, SetOf(("a", "b", "c"))), "{a, c}"),
        (Const(1_000_000, Int(0, 2_000_000, "instant")), "1970-01-01T00:00:01Z"),
        (
            If(Const(True, BOOL), If(Const(False, BOOL), Const(1, INT), Const(2, INT), INT), Const(3, INT), INT),
            "if true then (if false then 1 else 2) else 3",
        ),
        (Apply(Op.NOT, (Apply(Op.NOT, (Fact("a", BOOL),), BOOL),), BOOL), "not (not a)"),
        (Apply(Op.MIN, (Const(1, INT), Fact("n", INT)), INT), "min(1, n)"),
    ],
)
def test_every_node_has_a_text_of_its_own(node: Node, text: str) -> None:
    assert node_text(node) == text
