"""Wrong rule files and exactly what an operator reads about each: `tests/wrong/*.md`."""

import re
from pathlib import Path

import pytest

from entitle.diagnostics import to_text
from entitle.dsl.load import compile_sources
from entitle.messages.expressions import EXPRESSIONS
from entitle.messages.plans import PLANS
from entitle.messages.prices import PRICES
from entitle.messages.rules import RULES
from entitle.messages.shapes import SHAPES
from tests.cards import Card, cards

PAGES = sorted((Path(__file__).parent / "wrong").glob("*.md"))
CASES_MIN = 80
ELSEWHERE = {
    *("fmt-unsure", "too-many", "expression-too-large", "table-tangled"),  # of `fmt`; too long, see test_model.py
    *("price-change-unsaid", "periods-changed", "release-currency"),  # of two releases, see test_moves.py
}


@pytest.mark.parametrize("card", [card for page in PAGES for card in cards(page)], ids=lambda card: card.name)
def test_what_an_operator_reads(card: Card) -> None:
    problems = compile_sources(list(card.sources)).diagnostics
    card.check("\n\n".join(to_text(problem, card.lang) for problem in problems) + "\n")


def all_cards() -> list[Card]:
    return [card for page in PAGES for card in cards(page)]


def test_there_are_enough_wrong_files_and_each_is_wrong() -> None:
    found = all_cards()
    assert len(found) >= CASES_MIN
    assert [card.name for card in found if not card.expected.strip()] == []
    assert len({(card.page, card.name) for card in found}) == len(found)


def test_every_message_of_the_language_is_read_once_at_least() -> None:
    told = {code for card in all_cards() for code in re.findall(r"(?m)^\S+: ([a-z][a-z-]+): ", card.expected)}
    assert (
        sorted((EXPRESSIONS.keys() | RULES.keys() | SHAPES.keys() | PRICES.keys() | PLANS.keys()) - told - ELSEWHERE)
        == []
    )
