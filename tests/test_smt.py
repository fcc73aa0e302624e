"""The same meaning for the solver: with facts pinned every let has the interpreter's value and no other; and the facts
of whatever model it finds, fed back into the interpreter, give the values of that model.

ENTITLE_AGREEMENT_PROGRAMS makes a longer run; faults seeded into the compiler must each be found.
"""

import operator
import os
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from entitle.dsl.load import compile_sources
from entitle.ir import BOOL, Best, Const, Fact, Input, Int, Let, Node, Op, Program, Rounding, blank, weights
from entitle.runtime import smt_best, smt_numbers, smt_terms, to_smt
from entitle.runtime.smt_terms import Term
from entitle.source import Source
from tests.choices import best
from tests.in_solver import Bench
from tests.priced.making import books
from tests.priced.run import RUN
from tests.programs import ROUNDINGS, Maker
from tests.shops import sample

PROGRAMS = int(os.environ.get("ENTITLE_AGREEMENT_PROGRAMS", "120"))
CHUNKS = 4  # so that workers share the run
POINTS, MODELS = 3, 3  # of each program
RULEBOOKS = 12
COMBINATIONS = 150  # more rivals than these take long to write down


AMOUNT, HOLDS = Input("fact-0", Int(0, 2000, "money")), Input("fact-1", BOOL)


class Chooser(Maker):
    """Makes programs that do nothing but choose, mostly among what may be taken."""

    def program(self) -> Program:
        conditions: list[Node] = [Const(True, BOOL), Fact(HOLDS.name, BOOL)]
        chosen = Let("let-0", best(self.random, Fact(AMOUNT.name, AMOUNT.type), conditions))
        return Program("random", (AMOUNT, HOLDS), (chosen, Let("let-1", Fact(HOLDS.name, BOOL))), ("let-0",))


def run(programs: int, seed: int | str, made_by: type[Maker] = Maker) -> str | None:
    """The first disagreement."""
    maker, models = made_by(Random(seed)), 0
    for number in range(programs):
        program = maker.program()
        bench = Bench(program)
        found = [bench.at(maker.facts(program)) for _ in range(POINTS)]
        for _ in range(MODELS):
            there, differs = bench.back(maker.random)
            models += there
            found.append(differs)
        for each in found:
            if each is not None:
                return f"program {number} of seed {seed}: {each}\n{program}"
    assert models > programs, "the wishes leave too little to feed back"
    return None


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_solver_agrees(chunk: int) -> None:
    found = run(PROGRAMS // CHUNKS, chunk)
    assert found is None, found


def test_the_solver_agrees_on_choices() -> None:
    assert run(PROGRAMS // 2, "choices", Chooser) is None


@pytest.mark.parametrize("product", sorted(sample().products))
def test_the_solver_agrees_on_the_sample_rulebook(product: str) -> None:
    bench, maker = Bench(sample().products[product].program), Maker(Random(product))
    found = [bench.at(maker.facts(bench.program)) for _ in range(5)]
    found += [bench.back(maker.random)[1] for _ in range(5)]
    assert found == [None] * 10


HALVES = [-3, -2, -1, 1, 2, 3, 4]
ROUNDED: dict[Rounding, list[int]] = {
    "half_up": [-1, -1, 0, 1, 1, 2, 2],
    "half_even": [-2, -1, 0, 0, 1, 2, 2],
    "down": [-2, -1, -1, 0, 1, 1, 2],
    "up": [-1, -1, 0, 1, 1, 2, 2],
}


def halves(rounding: Rounding) -> list[int]:
    """What the solver makes of some halves."""
    number, numbers, solver = z3.Int("n"), smt_numbers.Numbers("v"), z3.Solver()
    rounded = numbers.rounded(number, 2, rounding)
    solver.add(*numbers.laws)
    found = []
    for n in HALVES:
        assert solver.check(number == n) == z3.sat
        found.append(to_smt.read(solver.model(), rounded))
    return found


@given(st.data())
@settings(RUN, max_examples=RULEBOOKS)
def test_the_solver_agrees_on_rulebooks_with_prices(data: st.DataObject) -> None:
    found = compile_sources([Source("rulebook.yaml", data.draw(books()).text)])
    assert found.release is not None
    programs = [each.program for each in found.release.products.values()]
    programs += [each.program for each in found.release.order_steps]
    maker = Maker(Random(data.draw(st.integers(0, 9))))
    for program in programs:
        if any(isinstance(let.value, Best) and let.value.type.hi >= COMBINATIONS for let in program.lets):
            continue
        bench = Bench(program)
        assert [bench.at(maker.facts(program)), bench.back(maker.random)[1]] == [None, None]


@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_rounding_on_ties_and_negatives(rounding: Rounding) -> None:
    assert halves(rounding) == ROUNDED[rounding]


def test_what_divides_the_same_shares_one_quotient() -> None:
    numbers, number = smt_numbers.Numbers("v"), z3.Int("n")
    assert numbers.rounded(number * 9 + 1, 10, "down").eq(numbers.rounded(1 + number * 9, 10, "down"))
    assert len(numbers.laws) == 2


# ---- the suite can fail


@pytest.mark.parametrize(
    ("op", "wrong"),
    [
        (Op.LESS, operator.le),
        (Op.AT_LEAST, operator.gt),
        (Op.SUB_MONEY, operator.add),
        (Op.TIMES_NUMBER, operator.add),
        (Op.LATER, operator.sub),
    ],
)
def test_a_wrong_operator_is_found(op: Op, wrong: Callable[[Any, Any], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(smt_terms.BINARY, op, wrong)
    assert run(150, seed=1) is not None


def test_a_loose_quotient_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = smt_numbers.Numbers._quotient

    def loose(self: smt_numbers.Numbers, number: Term, by: int) -> Term:
        found = whole(self, number, by)
        self.laws[-1:] = []  # `number < found * by + by`
        return found

    monkeypatch.setattr(smt_numbers.Numbers, "_quotient", loose)
    assert run(100, seed=1) is not None


def _apart_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = smt_best.Choosing.__init__

    def without(self: smt_best.Choosing, node: Best, name: str, of: Callable[..., Term]) -> None:
        whole(self, replace(node, apart=()), name, of)

    monkeypatch.setattr(smt_best.Choosing, "__init__", without)


def _ties_go_down(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = smt_numbers.Numbers.rounded
    monkeypatch.setattr(
        smt_numbers.Numbers,
        "rounded",
        lambda self, n, by, how: (
            whole(self, 2 * n - 1, 2 * by, "half_up") if how == "half_up" else whole(self, n, by, how)
        ),
    )


def _floor_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt_best, "lifted", lambda amount, floor: amount)


def _choices_numbered_backwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt_best, "weights", lambda counts: weights(counts)[::-1])


def _conditions_of_rivals_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = smt_best.Choosing.rival
    monkeypatch.setattr(smt_best.Choosing, "rival", lambda self, taken: whole(self, taken).arg(1))


def _rivals_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt_best.Choosing, "rival", lambda self, taken: z3.BoolVal(True))


def _missing_reads_as_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(to_smt, "blank", lambda type_: type_.hi if isinstance(type_, Int) else blank(type_))


def _bounds_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(to_smt, "_bounds", lambda term, type_: [])


@pytest.mark.parametrize(
    "seed_fault",
    [
        _apart_forgotten,
        _ties_go_down,
        _floor_forgotten,
        _choices_numbered_backwards,
        _conditions_of_rivals_forgotten,
        _rivals_forgotten,
        _missing_reads_as_the_most,
        _bounds_forgotten,
    ],
)
def test_a_fault_is_found(seed_fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    seed_fault(monkeypatch)
    assert run(60, 1, Chooser) or run(150, 1)


# ---- nothing of a rulebook reaches the solver


def test_no_text_of_a_rulebook_reaches_the_solver() -> None:
    maker = Maker(Random(7))
    for _ in range(20):
        text = Bench(maker.program()).solver.sexpr()
        assert "fact-" not in text
        assert "let-" not in text
