"""Price tables of many rows: each customer is served by the row that names them, and no node grows with the table."""

from functools import cache

import pytest

from entitle.invariants import flaws
from entitle.ir import Node, Program, parts
from entitle.runtime.interpret import interpret
from tests.books import released
from tests.programs import Facts
from tests.test_agreement import disagreement

ROWS = 700
OTHERS = 5000  # minor units, for whom no row names


@cache
def program() -> Program:
    """Row n is for n points and costs n; from 200 points on there is a floor of 200."""
    rows = "".join(f"        - {{points: {n}, price: ¥{n // 100}.{n % 100:02}}}\n" for n in range(1, ROWS + 1))
    floors = "".join(f"      - {{points: {n}, at_least: ¥2.00}}\n" for n in range(200, ROWS + 1))
    book = (
        "facts:\n  points: {type: 0..1000, if_missing: 0}\n"
        "products:\n  p:\n    name: P\n    gives: [{benefit: club}]\n"
        f"    price:\n      table:\n{rows}        - {{otherwise: ¥{OTHERS // 100}.00}}\n"
        f"    floor:\n{floors}      - {{otherwise: ¥0.00}}\n"
    )
    return released(book).products["p"].program


def depth(node: Node) -> int:
    return 1 + max(map(depth, parts(node)), default=0)


def test_a_long_table_is_a_sound_program_without_deep_nodes() -> None:
    assert flaws(program()) == []
    assert max(depth(let.value) for let in program().lets) < 50


@pytest.mark.parametrize("points", [0, 1, 31, 32, 33, 34, 199, 200, 201, ROWS - 32, ROWS - 31, ROWS, ROWS + 1])
def test_each_customer_pays_what_their_row_says(points: int) -> None:
    told: Facts = {"points": points, "charge": 1, "quantity": 1}
    assert disagreement(program(), told) is None
    lets = interpret(program(), told)
    assert lets["pay"] == (points if 1 <= points <= ROWS else OTHERS)
    assert lets["floor"] == (200 if 200 <= points <= ROWS else 0)
