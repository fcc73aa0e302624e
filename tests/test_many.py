"""Many customers at once are answered as each of them alone would be, to the unit, whatever the rules."""

import os
from random import Random

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from entitle.dsl.load import compile_sources
from entitle.errors import Error
from entitle.ir import Op
from entitle.release import Release
from entitle.runtime.decide import Decider
from entitle.runtime.explain import moment
from entitle.runtime.many import cuts, orders
from entitle.source import Source
from tests.rulebook_strategies import drafts, scenes
from tests.shops import sample
from tests.tables import Customer, anybody, disagreement, engine_says
from tests.test_prices import random_case, release_of, yuan

RULEBOOKS = int(os.environ.get("ENTITLE_RULEBOOKS", "25"))
BOOKS = int(os.environ.get("ENTITLE_AGREEMENT_PROGRAMS", "30"))
CHUNKS = 3  # so that workers share the run


@settings(
    max_examples=RULEBOOKS,
    derandomize="ENTITLE_RULEBOOKS" not in os.environ,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[*HealthCheck],
)
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


def book(random: Random) -> Release:
    """Prices, floors and offers on units and orders, some with codes, limits and budgets, some that give units free."""
    prices, _, offers = random_case(random)
    lines = []
    for offer in offers:
        rest = [f", code: C{offer.id.upper()}"] if random.random() < 0.4 else []
        rest += [", limits: [{id: few, max: 2, per: customer, in_each: lifetime, of: units}]"] * (random.random() < 0.2)
        rest += [", budget: ¥30.00"] * (random.random() < 0.15)
        lines.append(offer.line()[:-1] + "".join(rest) + "}")
    if random.random() < 0.5:
        step, buy, free = random.choice(("threshold", "coupon")), random.randint(1, 3), random.randint(1, 2)
        lines.append(f"free: {{step: {step}, products: all, buy: {buy}, free: {free}}}")
    products = {
        name: f"    price: {yuan(base)}\n    floor: [{{otherwise: {yuan(floor)}}}]\n"
        for name, (base, floor) in prices.items()
    }
    return release_of(products, lines or ["none: {step: level, products: all, minus: ¥0.00}"])


def customers_of(release: Release, random: Random) -> list[Customer]:
    programs = [each.program for each in release.products.values()] + [each.program for each in release.order_steps]
    counted = sorted({each.name for one in programs for each in one.inputs if each.origin == "store"})
    known = [*release.by_code, "ZZZ", " co1"]
    return [
        Customer(
            0,
            random.randint(1, 9),
            tuple(random.sample(known, random.randint(0, min(3, len(known))))) if random.random() < 0.7 else (),
            {"level": random.randint(0, 9)} if random.random() < 0.8 else {},
            {name: random.choice((0, 2900, 3000)) if "budget" in name else random.randint(0, 2) for name in counted},
        )
        for _ in range(12)
    ]


def run(books: int, seed: int | str) -> str | None:
    """The first disagreement over generated prices."""
    random = Random(seed)
    for number in range(books):
        release = book(random)
        for product in release.products.values():
            found = disagreement(release, product, customers_of(release, random), twins=number % 2 + 1)
            if found is not None:
                return f"book {number} of seed {seed}: {product.id}\n{release.sources[0].text}\n{found}"
    return None


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_prices_codes_and_order_offers_decide_as_one_by_one(chunk: int) -> None:
    found = run(BOOKS // CHUNKS, chunk)
    assert found is None, found


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


FAULTS = {  # what is wrong -> a piece of text, and what replaces it
    "a share falls under the floor": ("least(x", "greatest(x"),
    "the dearest units are free": (" < x", " > x"),
    "the dearest set of order offers wins": ("list_min", "list_max"),
    "an offer that does not apply is taken": (" AND ", " OR "),
    "what an order's discount leaves over is lost": (" + CAST(1 AS BIGINT)", " + CAST(0 AS BIGINT)"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_order_steps_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right, wrong = FAULTS[fault]
    whole = orders.Ordering.col
    monkeypatch.setattr(
        orders.Ordering, "col", lambda self, text, *reads: whole(self, text.replace(right, wrong), *reads)
    )
    assert run(60, seed=1) is not None
