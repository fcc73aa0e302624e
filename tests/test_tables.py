"""Price tables of many rows: each customer is served by the row that names them; nothing goes deep with the table."""

from functools import cache

import pytest

from entitle import ON_ACCOUNT, Line, Who
from entitle.invariants import flaws
from entitle.ir import Node, Program, parts
from entitle.release import Release
from entitle.runtime.interpret import interpret
from tests.books import released
from tests.programs import Facts
from tests.shops import done, world
from tests.tables import Customer
from tests.tables import disagreement as table_disagreement
from tests.test_agreement import disagreement

ROWS = 3000
OTHERS = 5000  # minor units, for whom no row names


@cache
def release() -> Release:
    """Row n is for n points and costs n; from 200 points on there is a floor of 200. Its promotion asks for the row."""
    rows = "".join(f"        - {{points: {n}, price: ¥{n // 100}.{n % 100:02}}}\n" for n in range(1, ROWS + 1))
    floors = "".join(f"      - {{points: {n}, at_least: ¥2.00}}\n" for n in range(200, ROWS + 1))
    book = (
        "promotions:\n  three: {step: level, products: all, if: base >= ¥20.00 and quantity >= 3, minus: ¥1.00}\n"
        "facts:\n  points: {type: 0..9999, if_missing: 0}\n"
        "products:\n  p:\n    name: P\n    gives: [{benefit: club}]\n    sell: {quantity: 1..9}\n"
        f"    price:\n      table:\n{rows}        - {{otherwise: ¥{OTHERS // 100}.00}}\n"
        f"    floor:\n{floors}      - {{otherwise: ¥0.00}}\n"
    )
    return released(book)


def program() -> Program:
    return release().products["p"].program


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


def test_a_table_of_customers_is_answered_as_each_alone() -> None:
    edges = (0, 1, 31, 32, 33, 200, ROWS, ROWS + 1)
    customers = [Customer(0, quantity, (), {"points": points}) for points in edges for quantity in (1, 3)]
    assert table_disagreement(release(), release().products["p"], customers) is None


def test_a_quote_and_an_order_are_explained() -> None:
    """The promotion is near: one unit more, and it takes something off, as it asks for the row that serves."""
    shop = world("memory:", "2027-01-01 10:00", release()).shop
    ann = Who("ann", facts={"points": ROWS - 1})
    quote = done(shop.quote(ann, Line("p", 2)))
    assert quote.total.minor == 2 * (ROWS - 1)
    order = done(shop.buy(ann, Line("p", 2), key="k", agreed=quote, paid=ON_ACCOUNT))
    (line,) = shop.explain(order).lines
    assert line.faithful
    (note,) = quote.notes
    assert (note.rule, note.more) == ("three", 1)
