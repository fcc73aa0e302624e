"""Which offers somebody gets: the search by customers agrees with the whole program before the solver."""

from typing import Any

import pytest
import z3

from benchmarks.proofs import HEAD, book, released
from entitle.runtime.decide import Decider
from entitle.runtime.prove.chosen import Chosen, _rank
from entitle.runtime.prove.patience import Patience, RanOut
from entitle.runtime.prove.subject import Subject

AT = 1_798_682_400_000_000
TIED = f"""{HEAD}
price_steps: {{one: each_unit, two: each_unit}}
products:
  p:
    name: P
    price: ¥100.00
    floor: [{{level: 5, at_least: ¥40.00}}, {{otherwise: ¥80.00}}]
    gives: [{{benefit: club}}]
promotions:
  a: {{step: one, products: [p], if: level >= 2, minus: ¥20.00}}
  b: {{step: one, products: [p], if: level >= 1, pay: 80%}}
  c: {{step: one, products: [p], if: level >= 2 and amount >= ¥99.99, pay: 70%}}
  d: {{step: two, products: [p], if: level >= 3, minus: ¥20.00}}
  e: {{step: two, products: [p], if: level >= 1 and amount < ¥81.00, minus: ¥1.00}}
  f: {{step: two, products: [p], if: level <= 3, minus: ¥1.00}}
  g: {{step: two, products: [p], if: level == 5 and amount == ¥99.00, minus: ¥50.00}}
  h: {{step: one, products: [p], if: level >= 4, minus: ¥1.00}}
"""
SIZES = ((9, 2, 8000), (12, 3, 1))
BOOKS = [TIED, *(book(*size, seed) for seed in range(4) for size in SIZES)]


def disagreements(rules: str) -> list[str]:
    """Offers of which one says that somebody gets them, and the other that nobody does."""
    release = released(rules)
    subject = Subject(Decider(release), release.products["p"], Patience(30, lambda: 0.0), AT)
    chosen, world, found, number = Chosen(subject), subject.world, [], 0
    for i, step in enumerate(subject.product.offers):
        for j, offer in enumerate(step):
            takes = z3.And(world.yes, world.terms.choices["best"].takes[number])
            if (chosen.with_offer(i, j) is None) != (world.find(takes) is None):
                found.append(offer)
            number += 1
    return found


@pytest.mark.parametrize("rules", BOOKS, ids=range(len(BOOKS)))
def test_both_ways_say_the_same(rules: str) -> None:
    assert disagreements(rules) == []


def _alike(*told: Any) -> tuple[int, int, tuple[float, ...]]:
    return 0, 0, ()


def _backwards(*told: Any) -> tuple[int, int, tuple[float, ...]]:
    pays, count, places = _rank(*told)
    return pays, -count, tuple(-place for place in places)


FAULTS: dict[str, tuple[str, Any]] = {
    "all that is overlooked is ruled out": ("entitle.runtime.prove.chosen.Bounds.least", lambda *told: float("inf")),
    "nothing is better than what is as dear": ("entitle.runtime.prove.chosen._rank", _alike),
    "of what is as dear the last is taken": ("entitle.runtime.prove.chosen._rank", _backwards),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_search_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*FAULTS[fault])
    assert any(map(_fails, BOOKS))


def _fails(rules: str) -> bool:
    try:
        return disagreements(rules) != []
    except RanOut:
        return True
