"""What is had once, and budgets: histories can be saved as cases; what is wrong with the search is noticed."""

from collections.abc import Iterator
from typing import Any

import pytest

from entitle.dsl.load import compile_sources
from entitle.runtime.prove.history import Buying, Deeds
from entitle.source import Source
from entitle.testing.cases import run_cases
from entitle.testing.saving import cases
from tests.cards import Card
from tests.test_prove import CARDS, answers, differs, released

HISTORIES = [card for card in CARDS if card.page.stem == "twice"]
BUDGETS = [card for card in CARDS if card.page.stem == "budgets"]


@pytest.mark.parametrize("card", HISTORIES, ids=lambda card: card.name)
def test_a_saved_history_is_a_case_that_passes(card: Card) -> None:
    release, claims = released(list(card.sources))
    saved = cases(answers(release, claims), release)
    found = compile_sources([*card.sources, Source("found.yaml", saved)])
    assert found.release is not None, [(each.code, each.sentence(), each.place) for each in found.diagnostics]
    assert found.cases
    assert [each for result in run_cases(found.release, found.cases) for each in result.differences] == []


def _at_once(release: object, first: Buying, second: Buying) -> Iterator[Deeds]:
    yield (0, first.do), (1, second.do)


FAULTS: dict[str, tuple[str, Any]] = {  # what is wrong -> a piece of the proofs, and what stands in its place
    "any counter may be less again": ("entitle.runtime.prove.pair.comes_back", lambda counter, product: True),
    "no counter is ever less again": ("entitle.runtime.prove.pair.comes_back", lambda counter, product: False),
    "no refund takes an order out of a count": ("entitle.runtime.prove.pair.is_undone", lambda product: False),
    "any refund takes an order out of a count": ("entitle.runtime.prove.pair.is_undone", lambda product: True),
    "nobody waits, cancels or has anything back": ("entitle.runtime.prove.twice.ways", _at_once),
    "no phase is cheaper than the last": ("entitle.runtime.prove.pair.Pair._is_cheaper", lambda pair: False),
    "no order has two lines": ("entitle.runtime.prove.twice.at_once", lambda first, second: iter(())),
    "no hold is paid for when it has expired": ("entitle.runtime.prove.history._held", lambda first, second: iter(())),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_search_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*FAULTS[fault])
    assert any(differs(card) for card in HISTORIES)


WRONG: dict[str, tuple[str, Any]] = {
    "every limit ends an offer": ("entitle.runtime.prove.budgets._always", lambda *told: True),
    "a unit is all that is bought": ("entitle.runtime.prove.budgets._Giving._of_line", lambda *told: 500),
    "offers take nothing off": ("entitle.runtime.prove.budgets._of_unit", lambda *told: 0),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_fault_in_what_is_reckoned_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*WRONG[fault])
    assert any(differs(card) for card in BUDGETS)
