"""Proofs: planted flaws are found with a customer who replays, and their mended twins raise no alarm (`tests/proofs`);
no customer of any generated rulebook pays less than what was proved; what is not decided is never taken for safe.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from entitle.claim import Claim
from entitle.cli.proof_formats import text
from entitle.dsl.load import compile_sources
from entitle.ir import Program
from entitle.release import Product, Release
from entitle.runtime.decide import Verdict
from entitle.runtime.prove.bills import Left
from entitle.runtime.prove.bounds import Span
from entitle.runtime.prove.cliffs import more_costs_more
from entitle.runtime.prove.floors import Options
from entitle.runtime.prove.levels import never_dearer_by_code
from entitle.runtime.prove.patience import Patience, RanOut
from entitle.runtime.prove.questions import prove
from entitle.runtime.prove.reach import _rules
from entitle.runtime.prove.result import Result
from entitle.runtime.prove.subject import Subject
from entitle.runtime.prove.whole import Whole
from entitle.runtime.prove.world import Side, World
from entitle.runtime.to_smt import Customer
from entitle.runtime.waterfall import waterfall
from entitle.source import Source
from entitle.testing.cases import run_cases
from entitle.testing.living import live
from entitle.testing.saving import cases
from tests.cards import RULEBOOK, Card, cards
from tests.priced.agreement import Bench
from tests.priced.making import Request, books, requests
from tests.priced.run import RUN
from tests.programs import Reached
from tests.shops import sample

AT = 1_798_682_400_000_000  # 2026-12-31 10:00 in Shanghai
SECONDS = 30
RULEBOOKS, REQUESTS = 12, 6
PAGES = sorted((Path(__file__).parent / "proofs").glob("*.md"))
CARDS = [card for page in PAGES for card in cards(page)]


def released(sources: list[Source]) -> tuple[Release, tuple[Claim, ...]]:
    found = compile_sources(sources)
    assert found.release is not None, [(each.code, each.sentence(), each.place) for each in found.diagnostics]
    return found.release, found.claims


def answers(release: Release, claims: tuple[Claim, ...] = (), seconds: float = SECONDS) -> list[Result]:
    """All answers, by a clock that stands still: only the solver's own limit counts."""
    return list(prove(release, Patience(seconds, lambda: 0.0), AT, live, claims))


def findings(results: list[Result], about: str = "") -> list[Result]:
    """What is found or shown. Of most rulebooks the order of offers matters: it counts where it is asked."""
    told = [each for each in results if each.code != each.question]
    return [each for each in told if each.code != "order-matters" or about in ("swaps", each.code)]


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_a_planted_flaw_is_found(card: Card) -> None:
    release, claims = released(list(card.sources))
    found = findings(answers(release, claims), card.page.stem)
    assert found, "nothing was found"
    card.check(text(found, release, card.lang, Path()) + "\n")


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_its_mended_twin_raises_no_alarm(card: Card) -> None:
    assert findings(answers(*released(mended(card))), card.page.stem) == []


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_what_is_saved_of_it_passes(card: Card) -> None:
    """Each customer of an answer, as a test of the rulebook that was asked about."""
    release, claims = released(list(card.sources))
    written = cases(answers(release, claims), release)
    found = compile_sources([*card.sources, Source("found.yaml", written)])
    assert found.release is not None, [(each.code, each.sentence(), each.place) for each in found.diagnostics]
    ran = list(run_cases(found.release, found.cases))
    assert [(each.case.id, each.differences) for each in ran if each.differences] == []


def mended(card: Card) -> list[Source]:
    """The rulebook with the lines of its ```mended block."""
    section = card.page.read_text(encoding="utf-8").partition(f"## {card.name}\n")[2]
    lines = re.search(r"(?ms)^```mended\n(.*?)^```$", section)
    assert lines, f"{card.name} has no twin"
    *others, rules = card.sources
    written = rules.text
    for line in lines[1].splitlines():
        key = line.partition(":")[0]
        written, count = re.subn(rf"(?m)^{re.escape(key)}:.*$", lambda _, line=line: line, written)  # type: ignore[misc]  # a default
        assert count == 1, f"{key} stands there {count} times"
    return [*others, Source(rules.path, written)]


# ---- nobody pays less than what was proved


@given(st.data())
@settings(RUN, max_examples=RULEBOOKS)
def test_no_customer_contradicts_a_proof(data: st.DataObject) -> None:
    bench = Bench(data.draw(books()), Reached())
    decider, patience = bench.ready, Patience(SECONDS, lambda: 0.0)
    low, lifted = {}, {}
    for product in bench.release.products.values():
        subject = Subject(decider, product, patience, AT)
        low[product.id], lifted[product.id] = subject.floors.cheapest, subject.floors.lifted()
        for found in (low[product.id], lifted[product.id]):
            if found is None:
                continue
            with suppress(RanOut):  # in the days around a change of clocks an instant may be looked for in vain
                witness = subject.replayed(subject.floors.customer(found))
                assert witness.stage is None, f"{witness}\n{bench.book}"
                whole = any(fall.kind == "order" for fall in witness.falls)  # an offer on all of it was better yet
                assert witness.unit <= found.pays or whole
    for _ in range(REQUESTS):
        for line in bench.decided(data.draw(requests(bench.book))).lines:
            for stretch in line.stretches:
                cheapest = low[line.product.id]
                assert cheapest is not None
                assert cheapest.pays <= stretch.cost.unit
                falls = waterfall(decider, line.product, "", stretch.cost, (), 0)
                assert lifted[line.product.id] or all(fall.kind != "floor" for fall in falls)


@given(st.data())
@settings(RUN, max_examples=RULEBOOKS // 2)
def test_no_order_leaves_less_of_a_unit(data: st.DataObject) -> None:
    bench = Bench(data.draw(books()), Reached())
    patience, known = Patience(SECONDS, lambda: 0.0), {}
    for product in bench.release.products.values():
        with suppress(RanOut):
            known[product.id] = list(Whole(Subject(bench.ready, product, patience, AT)).least())
    for _ in range(REQUESTS):
        order = bench.decided(data.draw(requests(bench.book)))
        for line, cost in zip(order.lines, order.priced.lines if order.priced else (), strict=False):
            laws = [each for each in known.get(line.product.id, ()) if cost.order and each.offer == cost.order[-1]]
            mine = [each for each in laws if each.floor == cost.floor]
            assert mine or not laws, f"{cost} has a floor that nobody was said to have\n{bench.book}"
            for left in mine:
                for unit in cost.units:
                    assert z3.simplify(left.law(z3.IntVal(cost.unit), z3.IntVal(unit))), f"{left} {cost}\n{bench.book}"


@given(st.data())
@settings(RUN, max_examples=RULEBOOKS // 3)
def test_no_decision_uses_what_is_said_to_be_dead(data: st.DataObject) -> None:
    bench = Bench(data.draw(books()), Reached())
    dead = {
        (each.code, each.values["name"])
        for each in answers(bench.release, seconds=0.3)
        if each.code.startswith("dead-")
    }
    for _ in range(REQUESTS):
        order = bench.decided(data.draw(requests(bench.book)))
        for line in order.lines:
            assert not dead & set(used(line, order.stage is None))


def used(line: Verdict, bought: bool) -> Iterator[tuple[str, str]]:
    """What the decision on a line uses, as a finding would call it."""
    own = line.product.id
    if bought:
        yield "dead-product", own
        yield from (("dead-gift", f"{own} / {item.id}") for item in line.gives)
    for stretch in line.stretches:
        yield "dead-phase", f"{own} / {stretch.segment.phase}"
        yield from (("dead-offer", offer) for offer in stretch.cost.applied)
    for rule in line.rules:
        if line.stage == "limits":
            yield "dead-limit", f"{own} / {rule.id}"
        if line.stage == "guards":
            yield "dead-guard", rule.id


# ---- nobody pays more who should not


@given(st.data())
@settings(RUN, max_examples=RULEBOOKS // 2)
def test_no_order_contradicts_what_was_proved_of_two(data: st.DataObject) -> None:
    bench = Bench(data.draw(books()), Reached())
    for product in bench.release.products.values():
        subject = Subject(bench.ready, product, Patience(SECONDS, lambda: 0.0), AT)
        proved = set()
        for ask in (more_costs_more, never_dearer_by_code):
            with suppress(RanOut):
                proved |= {str(each.values.get("name", "more")) for each in ask(subject) if each.answer == "proved"}
        for claim, less, more in two_orders(bench, product, data.draw(requests(bench.book))):
            totals = [order.priced.total for order in map(bench.decided, (less, more)) if order.priced]
            assert claim not in proved or totals == sorted(totals), f"{claim} {less} {more}\n{bench.book}"


def two_orders(bench: Bench, product: Product, request: Request) -> Iterator[tuple[str, Request, Request]]:
    """Orders of a product alone, of which the first should cost no more than the second: by a code, or for one more."""
    own = {code: each.id for code, each in bench.release.by_code.items()}
    least, most = product.sale.quantity
    for units in range(least, most + 1):
        alone = replace(request, lines=((product.id, units),))
        if units < most:
            yield "more", alone, replace(alone, lines=((product.id, units + 1),))
        for code in (each for each in alone.codes if own.get(each) in product.coded):
            yield code, alone, replace(alone, codes=tuple(each for each in alone.codes if each != code))


# ---- what is not decided


def test_without_time_nothing_is_safe() -> None:
    """Time that is spent before the first question leaves every one of them open that needs the solver."""
    late = iter(range(0, 10**9, 100))
    release = sample()
    results = list(prove(release, Patience(1, lambda: float(next(late))), AT, live))
    counted = ("never-twice", "within-budget")  # the counters of the sample are never given back, and its budget is one
    results = [each for each in results if each.question not in counted]
    assert {each.answer for each in results} == {"unknown"}
    assert {each.code for each in results} == {"not-decided"}
    assert all(each.severity == "error" for each in results)


def test_of_many_steps_it_is_not_said_that_their_order_never_matters() -> None:
    """Only neighbours are exchanged: of `gold` and `less`, two steps apart, nothing is known."""
    steps = ", ".join(f"s{i}: each_unit" for i in range(6))
    book = RULEBOOK.replace("price_steps: {level: each_unit, coupon: each_unit,", f"price_steps: {{{steps},")
    rules = """
products:
  p: {name: P, price: ¥100.00, gives: [{benefit: club}]}
promotions:
  gold: {step: s0, products: [p], if: customer.level >= 5, pay: 90%}
  one: {step: s1, products: [p], if: customer.level == 1, pay: 90%}
  less: {step: s2, products: [p], if: customer.level >= 5, minus: ¥10.00}
  two: {step: s3, products: [p], if: customer.level == 2, pay: 90%}
  three: {step: s4, products: [p], if: customer.level == 3, pay: 90%}
  four: {step: s5, products: [p], if: customer.level == 4, pay: 90%}
"""
    release, _ = released([Source("rulebook.yaml", book), Source("rules.yaml", rules)])
    assert "any-order" not in {each.question for each in answers(release)}


def test_the_sample_rulebook_has_no_flaw() -> None:
    assert [each.code for each in answers(sample()) if each.severity == "error"] == []


# ---- the suite can fail


def _everything(self: object, start: Span, options: Options, everything: Options, target: int) -> Options:
    return everything


def _another(world: World, program: Program, *differing: str, like: Side | None = None) -> Side:
    side = Side(program, Customer(), f"w{len(world.sides)}.", world.release)
    side.customer.names = f"{len(world.sides)}."
    world.sides.append(side)
    return side


FAULTS: dict[str, tuple[str, Any]] = {  # what is wrong -> a piece of the proofs, and what stands in its place
    "what is ruled out is far too much": ("entitle.runtime.prove.floors.Bounds.widened", _everything),
    "bounds know nothing of thresholds": (
        "entitle.runtime.prove.floors.clipped",
        lambda condition, running, lets: None,
    ),
    "better choices are overlooked": ("entitle.runtime.prove.world.World._overlooked", lambda *told: False),
    "hours are half as long": ("entitle.runtime.prove.calendar.HOUR_MINUTES", 30),
    "any number of codes is presented": ("entitle.runtime.prove.world.z3.AtMost", lambda *told: z3.BoolVal(True)),
    "no offer on orders lowers a price": ("entitle.runtime.prove.whole.Whole.least", lambda whole: iter(())),
    "the customer of an order is another one": ("entitle.runtime.prove.world.World.beside", _another),
    "a unit is bought alone": ("entitle.runtime.prove.whole.OTHERS_TRIED", 0),
    "a code leaves no offer to others": ("entitle.runtime.prove.twins.sets", lambda subject, steps: [()]),
    "an order sees one unit": ("entitle.runtime.prove.bills.Bills._times", lambda bills, amount, count=None: amount),
    "floors keep nothing of an order": (
        "entitle.runtime.prove.bills.Bills._cut",
        lambda bills, after, left, floors: Left(after, (*left.way, after), left.kinds, 1),
    ),
    "steps are where they were": ("entitle.runtime.prove.swaps._best", lambda best, i, j: best),
    "what is said of sales is overlooked": ("entitle.runtime.prove.sales._said", lambda a, b: False),
    "no offer on the order stands in for another": (
        "entitle.runtime.prove.beaten.Beaten._stands_in",
        lambda beaten, other, offer, later: False,
    ),
    "what comes after an offer on the order is not looked at": (
        "entitle.runtime.prove.beaten.Beaten._later",
        lambda beaten, offer: [()],
    ),
    "no limit is stricter than another": ("entitle.runtime.prove.reach.covered", lambda release, product: ()),
    "limits are no rules": (
        "entitle.runtime.prove.reach._rules",
        lambda subject, world: (each for each in _rules(subject, world) if each[0][0] != "dead-limit"),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_proofs_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*FAULTS[fault])
    assert any(differs(card) for card in CARDS)


def differs(card: Card) -> bool:
    """Is a planted flaw missed or shown otherwise, or its twin accused?"""
    try:
        release, claims = released(list(card.sources))
        said = text(findings(answers(release, claims), card.page.stem), release, card.lang, Path()) + "\n"
        return said != card.expected or findings(answers(*released(mended(card))), card.page.stem) != []
    except AssertionError:
        return True
