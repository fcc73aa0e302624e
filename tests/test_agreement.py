"""One meaning: the interpreter, the generated Python and its traced twin give the same answer on every program.

ENTITLE_AGREEMENT_PROGRAMS makes a longer run. That the suite can fail is itself tested: faults are seeded into the
compiler, one at a time, and each must be found.
"""

import os
from random import Random

import pytest

from entitle.invariants import fits, flaws
from entitle.ir import Op, Program, Rounding, weights
from entitle.runtime import python_best, to_python
from entitle.runtime.encode import to_slots
from entitle.runtime.interpret import interpret
from entitle.runtime.to_python import compiled, compiled_trace
from tests.programs import MISSING, ROUNDINGS, Facts, Maker, Reached
from tests.shops import sample

PROGRAMS = int(os.environ.get("ENTITLE_AGREEMENT_PROGRAMS", "1500"))
FACTS = 6
CHUNKS = 6  # so that workers share the run


def disagreement(program: Program, facts: Facts) -> str | None:
    """What differs between the three, if anything does."""
    lets = interpret(program, facts)
    outs = tuple(lets[name] for name in program.outs)
    slots = to_slots(program.inputs, facts)
    answer = compiled(program)(*slots)
    traced, values = compiled_trace(program)(*slots)
    if answer != outs:
        return f"python says {answer}, the interpreter {outs}"
    if traced != outs or values != tuple(lets.values()):
        return f"the traced twin says {traced} {values}, the interpreter {outs} {lets}"
    wrong = [let.name for let in program.lets if not fits(lets[let.name], let.value.type)]
    return f"{wrong} left their bounds" if wrong else None


def run(programs: int, seed: int, reached: Reached | None = None) -> tuple[int, str] | None:
    """The first disagreement, with the number of the program it was found at."""
    maker = Maker(Random(seed))
    for number in range(programs):
        program = maker.program()
        if reached is not None:
            reached.program(program)
        for _ in range(FACTS):
            facts = maker.facts(program)
            if reached is not None:
                reached.facts(program, facts)
            found = disagreement(program, facts)
            if found is not None:
                return number, f"program {number} of seed {seed}: {found}\n{program}\n{facts}"
    return None


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_all_backends_agree(chunk: int) -> None:
    found = run(PROGRAMS // CHUNKS, seed=chunk)
    assert found is None, found


@pytest.mark.parametrize("product", sorted(sample().products))
def test_backends_agree_on_the_sample_rulebook(product: str) -> None:
    program = sample().products[product].program
    assert flaws(program) == []
    maker = Maker(Random(product))
    for _ in range(500):
        found = disagreement(program, maker.facts(program))
        assert found is None, found


def test_random_programs_are_sound_and_reach_everything() -> None:
    reached = Reached()
    maker = Maker(Random("reach"))
    for _ in range(400):
        program = maker.program()
        assert flaws(program) == []
        reached.program(program)
        reached.facts(program, maker.facts(program))
    kinds = {"Const", "Fact", "Given", "Local", "Apply", "Scale", "If", "Member", "Holds", "Mask", "Best", "Running"}
    kinds |= {"Takes", "Lowered"}
    absent = {f"missing {kind}" for kind in MISSING if kind != "never"}
    assert kinds | set(Op) | set(ROUNDINGS) | absent <= set(reached.seen)


@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_rounding_on_ties_and_negatives(rounding: Rounding) -> None:
    expected = {
        "half_up": [-1, -1, 0, 1, 1, 2, 2],
        "half_even": [-2, -1, 0, 0, 1, 2, 2],
        "down": [-2, -1, -1, 0, 1, 1, 2],
        "up": [-1, -1, 0, 1, 1, 2, 2],
    }
    text = to_python.ROUNDED[rounding]
    halves = [-3, -2, -1, 1, 2, 3, 4]
    values = [eval(text.format(n=f"({n})", k=2, h=1), {"halves": to_python.halves}) for n in halves]
    assert values == expected[rounding]


# ---- the suite can fail

OPERATOR_FAULTS = {
    Op.LESS: "({0} <= {1})",
    Op.AT_LEAST: "({0} > {1})",
    Op.DIFFERENT: "({0} == {1})",
    Op.NOT: "({0})",
    Op.SUB_MONEY: "({1} - {0})",
    Op.LATER: "({0} - {1})",
    Op.TIMES_NUMBER: "({0} + {1})",
    Op.SAME_KEY: "True",
}
ROUNDING_FAULTS: dict[Rounding, str] = {
    "half_up": "((2 * {n} + {k} - 1) // (2 * {k}))",
    "half_even": "((2 * {n} + {k}) // (2 * {k}))",
    "down": "({n} // {k} if {n} >= 0 else -(-{n} // {k}))",
    "up": "(({n} + {k}) // {k})",
}


@pytest.mark.parametrize("op", OPERATOR_FAULTS, ids=str)
def test_a_wrong_operator_is_found(op: Op, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(to_python.OPERATORS, op, OPERATOR_FAULTS[op])
    assert run(300, seed=1) is not None


@pytest.mark.parametrize("rounding", ROUNDING_FAULTS)
def test_a_wrong_rounding_is_found(rounding: Rounding, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(to_python.ROUNDED, rounding, ROUNDING_FAULTS[rounding])
    assert run(600, seed=1) is not None


def test_swapped_extremes_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(to_python.EXTREMES, Op.MIN, to_python.EXTREMES[Op.MAX])
    assert run(300, seed=1) is not None


def test_a_lost_step_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(to_python.Source, "_need", lambda self, node: None)
    with pytest.raises(NameError):
        run(300, seed=1)


CHOICE_FAULTS: dict[str, tuple[str, str]] = {  # what is wrong -> a piece of source, and what stands in its place
    "the floor does not lift": ("e = x if x > z else z", "e = x"),
    "the last of equals wins": (" < y", " <= y"),
    "what a step adds is lost": ("t.append(", "t[:].append("),
    "what is kept apart is taken": ("not c &", "c & 0 &"),
}


@pytest.mark.parametrize("fault", CHOICE_FAULTS)
def test_a_wrong_choice_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right, wrong = CHOICE_FAULTS[fault]
    whole = to_python.body

    def faulty(program: Program, traced: bool = False) -> list[str]:
        return [line.replace(right, wrong) for line in whole(program, traced)]

    monkeypatch.setattr(to_python, "body", faulty)
    assert run(100, seed=1) is not None


def test_a_wrong_order_of_choices_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_best, "weights", lambda steps: tuple(reversed(weights(steps))))
    assert run(100, seed=1) is not None


# ---- nothing of a rulebook reaches the source


def test_generated_source_holds_no_text_of_a_rulebook() -> None:
    maker = Maker(Random(7))
    for _ in range(200):
        program = maker.program()
        hostile = Program("'); import os #", program.inputs, program.lets, program.outs)
        for traced in (False, True):
            source = to_python.to_python(hostile, traced)
            assert "fact-" not in source
            assert "let-" not in source
            assert "import" not in source
            assert '"' not in source.replace("''", "")
