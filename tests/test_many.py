"""Many customers at once are answered as each of them alone would be, to the unit, whatever the rules."""

import os
from random import Random

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from entitle.dsl.load import compile_sources
from entitle.errors import Error
from entitle.ir import Op
from entitle.runtime.decide import Decider
from entitle.runtime.explain import moment
from entitle.runtime.many import cuts, orders
from entitle.source import Source
from tests.priced.making import books, requests
from tests.rulebook_strategies import drafts
from tests.scenes import scenes
from tests.shops import sample
from tests.tables import Customer, anybody, disagreement, engine_says
from tests.test_prices import release_of

RULEBOOKS = int(os.environ.get("ENTITLE_RULEBOOKS", "25"))
BOOKS = int(os.environ.get("ENTITLE_AGREEMENT_PROGRAMS", "30"))


QUIET = settings(
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[*HealthCheck],
    report_multiple_bugs=False,
)


@settings(QUIET, max_examples=RULEBOOKS, derandomize="ENTITLE_RULEBOOKS" not in os.environ)
@given(st.data())
def test_facts_of_every_type_decide_as_one_by_one(data: st.DataObject) -> None:
    draft = data.draw(drafts())
    release = compile_sources([Source("rulebook.yaml", draft.text)]).release
    assert release is not None
    asked = [data.draw(scenes(draft)) for _ in range(8)]
    customers = [Customer(each.at, each.quantity, (), each.told, {"customer": "k1", **each.stored}) for each in asked]
    found = disagreement(release, release.products["p"], customers)
    assert found is None, f"{draft}\n{found}"


GUARDED = """\
entitle: 1
name: guarded
timezone: Asia/Shanghai
currency: CNY
facts:
  score: {type: 0..99, if_missing: 0}
  device.rooted: {type: bool, if_missing: risky}
pools:
  codes: {of: card_codes, warn_below: 3}
benefits:
  code: {kind: card_code, name: Code, pool: codes}
products:
  card:
    name: Card
    sell: {quantity: 1..3}
    price: ¥10.00
    gives: [{benefit: code}]
guards:
  rooted: {check_at: [purchase], block_if: device.rooted}
  dubious: {check_at: [purchase], challenge_if: score >= 50, challenge: slider}
  worse: {check_at: [purchase], review_if: score >= 90}
"""


@pytest.mark.parametrize("rules", ["sample", "guarded"])
def test_whole_rulebooks_decide_as_one_by_one(rules: str) -> None:
    release = sample() if rules == "sample" else compile_sources([Source("rulebook.yaml", GUARDED)]).release
    assert release is not None
    random = Random(rules)
    seen: set[object] = set()
    for product in release.products.values():
        customers = [anybody(release, product, random) for _ in range(400)]
        assert disagreement(release, product, customers) is None
        seen |= {engine_says(Decider(release), product, each)["stage"] for each in customers}
    assert seen >= {None, "sale", "missing", "limits"} if rules == "sample" else {None, "guards", "stock"}


def test_a_pool_of_which_nothing_is_told_is_full() -> None:
    release = compile_sources([Source("rulebook.yaml", GUARDED)]).release
    assert release is not None
    told = {"device.rooted": [False, False]}
    at = moment(0)
    assert release.decide_many("card", pa.table(told), at=at)["stage"].to_pylist() == [None, None]
    short = release.decide_many("card", pa.table(told | {"free.codes": [2, 1]}), at=at, quantity=2)
    assert short["rules"].to_pylist() == [[], ["codes"]]


def test_a_budget_that_pays_unlike_charges_is_refused() -> None:
    renewing = "    subscription:\n      renews: every month\n      phases: [{id: regular, price: ¥20.00}]\n"
    promotion = "three: {step: level, products: all, minus: ¥1.00, charges: 3, budget: ¥50.00}"
    release = release_of({"monthly": renewing, "once": "    price: ¥20.00\n"}, [promotion])
    with pytest.raises(Error, match="`three` lowers several charges of `monthly` and has a budget"):
        release.decide_many("monthly", pa.table({"level": [1]}), at=moment(0))
    assert release.decide_many("once", pa.table({"level": [1]}), at=moment(0))["total"].to_pylist() == [1900]


def disagreements(data: st.DataObject) -> str | None:
    """What a table says otherwise than the engine does of a generated rulebook with prices, product by product."""
    book = data.draw(books())
    release = compile_sources([Source("rulebook.yaml", book.text)]).release
    assert release is not None
    asked = [data.draw(requests(book)) for _ in range(6)]
    for product in release.products.values():
        customers = [
            Customer(
                each.scene.at,
                quantity,
                each.codes,
                each.scene.told,
                {"customer": "k1", **each.scene.stored},
                tuple(each.passed),
            )
            for each in asked
            for name, quantity in each.lines
            if name == product.id
        ]
        try:
            found = disagreement(release, product, customers, twins=2) if customers else None
        except Error:  # what a table cannot tell it refuses
            continue
        if found is not None:
            return f"{product.id}\n{book}\n{found}"
    return None


@settings(QUIET, max_examples=BOOKS, derandomize="ENTITLE_AGREEMENT_PROGRAMS" not in os.environ)
@given(st.data())
def test_prices_codes_and_order_offers_decide_as_one_by_one(data: st.DataObject) -> None:
    found = disagreements(data)
    assert found is None, found


FREE_UNITS = {
    "the cheapest": "two: {step: coupon, products: all, buy: 2, free: 1}",
    "within a budget": "two: {step: coupon, products: all, buy: 2, free: 1, budget: ¥12.00}",
}


@pytest.mark.parametrize("way", FREE_UNITS)
def test_free_units_after_a_discount_is_shared(way: str) -> None:
    """Units of one line cost unlike amounts once a discount is shared over them: the cheapest are free."""
    cut = "cut: {step: threshold, products: all, minus: ¥0.05}"
    release = release_of({"card": "    price: ¥10.00\n"}, [cut, FREE_UNITS[way]])
    customers = [Customer(0, quantity, stored={"budget.two": 0}) for quantity in range(1, 9)]
    assert disagreement(release, release.products["card"], customers) is None


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
    card, anybody = release.products["card"], Customer(0)
    found = engine_says(Decider(release), card, anybody)
    assert (found["total"], found["offers"]) == (90, ["z-first", "a-second"])
    assert disagreement(release, card, [anybody]) is None


# ---- the suite can fail


@pytest.mark.parametrize("wrong", [Op.LESS, Op.AT_MOST, Op.MORE, Op.AT_LEAST, Op.EQUAL])
def test_a_wrong_cut_is_found(wrong: Op, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two customers a step apart, whom a comparison tells from each other, are taken for twins."""
    right = cuts._cuts
    monkeypatch.setattr(cuts, "_cuts", lambda op, value: () if op is wrong else right(op, value))
    sign = {Op.LESS: "<", Op.AT_MOST: "<=", Op.MORE: ">", Op.AT_LEAST: ">=", Op.EQUAL: "=="}[wrong]
    release = release_of(
        {"card": "    price: ¥1.00\n"}, [f"a: {{step: level, products: all, if: level {sign} 5, pay: 50%}}"]
    )
    customers = [Customer(0, told={"level": level}) for level in range(10)]
    assert disagreement(release, release.products["card"], customers) is not None


def test_that_the_dearest_units_are_free_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong_columns(monkeypatch, " < x", " > x")
    with pytest.raises(AssertionError):
        test_free_units_after_a_discount_is_shared("the cheapest")


def wrong_columns(monkeypatch: pytest.MonkeyPatch, right: str, wrong: str) -> None:
    whole = orders.Ordering.col
    monkeypatch.setattr(
        orders.Ordering, "col", lambda self, text, *reads: whole(self, text.replace(right, wrong), *reads)
    )


FAULTS = {  # what is wrong -> a piece of text, and what replaces it
    "a share falls under the floor": ("least(x", "greatest(x"),
    "the dearest set of order offers wins": ("list_min", "list_max"),
    "an offer that does not apply is taken": (" AND ", " OR "),
    "what an order's discount leaves over is lost": (" + CAST(1 AS BIGINT)", " + CAST(0 AS BIGINT)"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_order_steps_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong_columns(monkeypatch, *FAULTS[fault])

    @seed(1)
    @settings(QUIET, max_examples=120)
    @given(st.data())
    def seen(data: st.DataObject) -> None:
        assert disagreements(data) is None

    with pytest.raises(AssertionError):
        seen()
