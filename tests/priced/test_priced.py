"""Generated rulebooks with prices: every compiler gives the interpreter's answer, and it is what was meant.

`make agree` checks many more. That this can fail is itself tested: faults are seeded into what makes prices, one at a
time, and each must be found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from entitle.dsl.effects import Effect, lowered
from entitle.dsl.programs import Counted, room
from entitle.dsl.typed import apply, number
from entitle.ir import Node, Op, Rounding, weights
from entitle.runtime import sql_stages, sql_text, to_python
from entitle.runtime.sharing import Unit
from tests.priced.run import run

CHUNKS, BOOKS = 4, 8  # chunks, so that workers share the run
MOST = 40  # so many rulebooks at most until a fault is found


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_generated_prices_have_one_meaning(chunk: int) -> None:
    seen = run(BOOKS, from_seed=chunk)
    assert seen["stage yes"] > 0


# ---- it can fail

IN_PYTHON: dict[str, tuple[str, str]] = {  # what is wrong -> a piece of source, and what stands in its place
    "the floor does not lift": ("if a > z else z", "if a > 0 else z"),
    "of equals the greatest choice wins": ("c < n", "c > n"),
    "what is kept apart is taken together": ("not c & ", "not 0 & "),
    "what a step adds is lost": ("t.append(", "t[:].append("),
}
IN_SQL: dict[str, tuple[str, str]] = {
    "the floor does not lift": ("greatest(v", "least(v"),
    "the dearest wins": ("(least(", "(greatest("),
    "the dearest of a list wins": ("list_min", "list_max"),
}


SEEDS = 8  # which books a seed makes is the generator's business: another version of it draws others


def check_found() -> None:
    with pytest.raises(AssertionError):
        search()


def search() -> None:
    for seed in range(SEEDS):
        run(MOST, from_seed=seed)


@pytest.mark.parametrize("fault", IN_PYTHON)
def test_a_fault_in_generated_python_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right, wrong = IN_PYTHON[fault]
    whole = to_python.Source.answer

    def faulty(self: to_python.Source) -> list[str]:
        return [line.replace(right, wrong) for line in whole(self)]

    monkeypatch.setattr(to_python.Source, "answer", faulty)
    check_found()


@pytest.mark.parametrize("fault", IN_SQL)
def test_a_fault_in_generated_sql_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right, wrong = IN_SQL[fault]
    whole = sql_stages.Stages.add
    monkeypatch.setattr(
        sql_stages.Stages, "add", lambda self, name, text, reads: whole(self, name, text.replace(right, wrong), reads)
    )
    check_found()


def _half_up(number: str, bounds: tuple[int, int], by: int, rounding: Rounding, depth: int = 0) -> str:
    return sql_text._half_up(number, bounds, by)


def _without_most(what: Effect, amount: Node, rounding: Rounding, max_off: int | None) -> Node:
    return lowered(what, amount, rounding, None)


def _keeping_one(counted: Counted, quantity: Node) -> Node:
    return room(counted, apply(Op.ADD_NUMBER, quantity, number(1)))


def _to_the_first(off: int, units: Sequence[Unit]) -> list[Unit]:
    """Each its share rounded down, the rest to the first."""
    total = sum(unit.amount for unit in units)
    shares = [off * unit.amount // total if total else 0 for unit in units]
    shares[0] += off - sum(shares) if total else 0
    return [
        replace(unit, amount=unit.amount - min(share, max(0, unit.amount - unit.floor)))
        for unit, share in zip(units, shares, strict=True)
    ]


def _dearest(buy: int, free: int, units: Sequence[Unit]) -> list[int]:
    count = len(units) // (buy + free) * free
    return sorted(range(len(units)), key=lambda i: -units[i].amount)[:count]


FAULTS: Mapping[str, tuple[str, Any]] = {  # what is wrong -> a piece of the compilers, and what stands in its place
    "generated Python numbers choices backwards": (
        "entitle.runtime.python_best.weights",
        lambda steps: tuple(reversed(weights(steps))),
    ),
    "generated Python rounds ties down": (
        "entitle.runtime.to_python.ROUNDED",
        {**to_python.ROUNDED, "half_up": "((2 * {n} + {k} - 1) // (2 * {k}))"},
    ),
    "generated Python swaps extremes": (
        "entitle.runtime.to_python.EXTREMES",
        {**to_python.EXTREMES, Op.MAX: to_python.EXTREMES[Op.MIN]},
    ),
    "generated SQL numbers choices wrongly": (
        "entitle.runtime.sql_best.Choosing._up",
        lambda self, each: -1 - each.place,
    ),
    "generated SQL rounds everything half up": ("entitle.runtime.sql_text.divided", _half_up),
    "generated SQL adds the quantity": (
        "entitle.runtime.sql_text.BINARY",
        {**sql_text.BINARY, Op.TIMES_QUANTITY: "+"},
    ),
    "generated SQL takes no bound": ("entitle.runtime.sql_text.BINARY", {**sql_text.BINARY, Op.AT_MOST: "<"}),
    "max_off is forgotten": ("entitle.dsl.offers.lowered", _without_most),
    "max_off is forgotten on orders": ("entitle.dsl.order_steps.lowered", _without_most),
    "what is kept apart from all is forgotten": ("entitle.dsl.promotions.EVERY", "nothing"),
    "what is kept apart from codes is forgotten": ("entitle.dsl.promotions.ANY_CODE", "nothing"),
    "limits of offers keep a unit back": (
        "entitle.dsl.offers.room",
        _keeping_one,
    ),
    "the first unit gets the rest of a share": ("entitle.runtime.pricing.shared", _to_the_first),
    "the dearest units are free": ("entitle.runtime.sharing.cheapest", _dearest),
    "a risky fact that is missing is trusted": (
        "entitle.dsl.guards._fires",
        lambda node, keys, book: node,
    ),
    "a passed challenge does not count": ("entitle.dsl.guards._unless_passed", lambda each: each.fires),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*FAULTS[fault])
    check_found()
