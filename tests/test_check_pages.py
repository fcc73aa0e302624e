"""A page for each thing that `entitle prove` may find: what it advises against shows it, what it prefers does not."""

import re
from pathlib import Path

import pytest

from entitle.messages.proofs import ASKED, PROOFS
from entitle.source import Source
from tests.cards import RULEBOOK
from tests.test_prove import answers, findings, released

FOLDER = Path(__file__).parent.parent / "docs" / "checks"
PAGES = sorted(FOLDER.glob("*.md"))


def test_everything_that_is_said_has_its_page() -> None:
    assert {page.stem for page in PAGES} == PROOFS.keys() - ASKED.keys() - {"lowest-price", "within-base"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_says_what_is_true(page: Path) -> None:
    avoid, prefer = re.findall(r"(?ms)^```yaml\n(.*?)^```$", page.read_text(encoding="utf-8"))
    found = findings(answers(*released(sources(avoid))), page.stem)
    assert page.stem in {each.code for each in found}
    assert all(each.witness or each.history for each in found if each.answer == "witness")
    assert findings(answers(*released(sources(prefer))), page.stem) == []


def sources(rules: str) -> list[Source]:
    return [Source("rulebook.yaml", RULEBOOK), Source("rules.yaml", rules)]


def test_every_page_is_linked() -> None:
    text = (FOLDER.parent / "proofs.md").read_text(encoding="utf-8")
    assert {page.stem for page in PAGES} == set(re.findall(r"\(checks/([a-z-]+)\.md\)", text))
