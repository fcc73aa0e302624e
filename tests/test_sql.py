"""The same meaning in SQL: DuckDB answers as the interpreter does, whether combinations are columns or lists.

ENTITLE_AGREEMENT_PROGRAMS makes a longer run; faults seeded into the compiler must each be found.
"""

import os
from random import Random

import duckdb
import pytest

from entitle.ir import Op, Program, Rounding
from entitle.runtime import sql_best, sql_stages, sql_text
from entitle.runtime.encode import to_slots
from entitle.runtime.interpret import answer
from entitle.runtime.to_sql import to_sql
from tests.in_duckdb import COLUMNS, LISTS, difference
from tests.programs import ROUNDINGS, Facts, Maker
from tests.shops import sample

PROGRAMS = int(os.environ.get("ENTITLE_AGREEMENT_PROGRAMS", "600"))
FACTS = 12
CHUNKS = 4  # so that workers share the run


def run(programs: int, seed: int | str, wide: int = COLUMNS) -> str | None:
    """The first disagreement; an answer that DuckDB refuses to compute is one."""
    maker = Maker(Random(seed))
    database = duckdb.connect(config={"threads": 1})
    for number in range(programs):
        program = maker.program()
        found = disagreement(database, program, [maker.facts(program) for _ in range(FACTS)], wide)
        if found is not None:
            return f"program {number} of seed {seed}: {found}\n{program}"
    return None


def disagreement(database: duckdb.DuckDBPyConnection, program: Program, facts: list[Facts], wide: int) -> str | None:
    told = [to_slots(program.inputs, each) for each in facts]
    return difference(database, program, told, [answer(program, each) for each in facts], wide)


@pytest.mark.parametrize("wide", [COLUMNS, LISTS])
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_sql_agrees(chunk: int, wide: int) -> None:
    found = run(PROGRAMS // CHUNKS // 2, f"{chunk} {wide}", wide)
    assert found is None, found


@pytest.mark.parametrize("product", sorted(sample().products))
def test_sql_agrees_on_the_sample_rulebook(product: str) -> None:
    program = sample().products[product].program
    maker = Maker(Random(product))
    facts = [maker.facts(program) for _ in range(500)]
    assert disagreement(duckdb.connect(), program, facts, COLUMNS) is None


@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_rounding_on_ties_and_negatives(rounding: Rounding) -> None:
    expected = {
        "half_up": [-1, -1, 0, 1, 1, 2, 2],
        "half_even": [-2, -1, 0, 0, 1, 2, 2],
        "down": [-2, -1, -1, 0, 1, 1, 2],
        "up": [-1, -1, 0, 1, 1, 2, 2],
    }
    halves = [sql_text.divided(sql_text.literal(n), (-3, 4), 2, rounding) for n in [-3, -2, -1, 1, 2, 3, 4]]
    assert duckdb.execute(f"SELECT {', '.join(halves)}").fetchall() == [tuple(expected[rounding])]


def test_the_widest_numbers_do_not_overflow() -> None:
    most = 2**62 - 1
    edge = [sql_text.divided(sql_text.literal(n), (-most, most), 3, "down") for n in (-most, most)]
    assert duckdb.execute(f"SELECT {', '.join(edge)}").fetchall() == [(-most // 3, most // 3)]


def test_the_text_grows_with_the_steps_not_with_their_combinations_of_names() -> None:
    """A text that repeated what it reads would double with each of these lets."""
    maker = Maker(Random(3))
    sizes = [len(to_sql(program, "facts")) for program in (maker.program() for _ in range(100))]
    assert max(sizes) < 200_000


def test_no_text_of_a_rulebook_reaches_the_query() -> None:
    maker = Maker(Random(7))
    for wide in (COLUMNS, LISTS):
        for _ in range(100):
            text = to_sql(maker.program(), "facts", wide=wide)
            assert "fact-" not in text
            assert "let-" not in text
            assert '"' not in text


# ---- the suite can fail


@pytest.mark.parametrize(
    ("op", "wrong"),
    [(Op.LESS, "<="), (Op.AT_LEAST, ">"), (Op.SUB_MONEY, "+"), (Op.TIMES_QUANTITY, "+"), (Op.SAME_KEY, "<>")],
)
def test_a_wrong_operator_is_found(op: Op, wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sql_text.BINARY, op, wrong)
    assert run(200, seed=1) is not None


def test_swapped_extremes_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sql_text.JOINED, Op.MIN, sql_text.JOINED[Op.MAX])
    assert run(200, seed=1) is not None


def test_division_towards_zero_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sql_text._floor
    monkeypatch.setattr(sql_text, "_floor", lambda n, bounds, by, rest=False: whole(n, (0, bounds[1]), by, rest))
    assert run(200, seed=1) is not None


def test_a_wrong_tie_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sql_text.divided

    def ties_up(number: str, bounds: tuple[int, int], by: int, rounding: Rounding, depth: int = 0) -> str:
        return whole(number, bounds, by, "half_up" if rounding == "half_even" else rounding, depth)

    monkeypatch.setattr(sql_text, "divided", ties_up)
    assert run(300, seed=1) is not None


def test_a_lost_column_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_stages.Stages, "_level", lambda self, name: 0)
    assert run(20, seed=1) is not None


CHOICE_FAULTS: dict[str, tuple[int, str, str]] = {  # what is wrong -> the way, a piece of text, and what replaces it
    "the floor does not lift": (COLUMNS, "greatest(v", "least(v"),
    "the dearest wins": (COLUMNS, "(least(", "(greatest("),
    "what is closed is taken": (COLUMNS, " IS NOT NULL AND ", " IS NOT NULL OR "),
    "the floor of a list does not lift": (LISTS, "greatest(x.a", "least(x.a"),
    "the dearest of a list wins": (LISTS, "list_min", "list_max"),
    "what a list's offer is apart from is taken": (LISTS, " <> ", " = "),
}


@pytest.mark.parametrize("fault", CHOICE_FAULTS)
def test_a_wrong_choice_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wide, right, wrong = CHOICE_FAULTS[fault]
    whole = sql_stages.Stages.add
    monkeypatch.setattr(
        sql_stages.Stages, "add", lambda self, name, text, reads: whole(self, name, text.replace(right, wrong), reads)
    )
    assert run(150, seed=1, wide=wide) is not None


def test_a_wrong_order_of_choices_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_best.Choosing, "_up", lambda self, each: -1 - each.place)
    assert run(100, seed=1) is not None
