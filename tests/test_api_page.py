"""The page of the library's signatures: fresh, and whole."""

import re
from inspect import isfunction
from pathlib import Path

import entitle
from entitle.shop.api import PAGE, VERBS, main, page
from entitle.shop.facade import Shop

DOCS = Path(__file__).parent.parent / "docs"
LINE = re.compile(r"- `[^`]+`: (?:`.+`|\S.*[.?!])")


def test_the_page_is_fresh(tmp_path: Path) -> None:
    main(tmp_path)
    said = (tmp_path / PAGE).read_text(encoding="utf-8")
    assert (DOCS / PAGE).read_text(encoding="utf-8") == said, "stale: run `make accept`"


def test_every_verb_stands_in_one_group_and_every_public_name_in_the_page() -> None:
    verbs = [name for name in dir(Shop) if not name.startswith("_")]
    assert sorted(" ".join(VERBS.values()).split()) == verbs
    text = page()
    assert [name for name in entitle.__all__ if not re.search(rf"\b{name}\b", text)] == []


def test_every_line_says_something() -> None:
    lines = [line for line in page().splitlines() if line.startswith("- ")]
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    assert len(lines) > sum(isfunction(getattr(Shop, name)) for name in dir(Shop))


def test_every_name_in_a_signature_is_told() -> None:
    """Short names and constants too: nobody should have to look them up in the code."""
    text = page()
    used = set(re.findall(r"[ =\[(]([A-Z]\w+)(?!\w|\()", " ".join(re.findall(r"(?m)^- `shop\.(.*)`: ", text))))
    told = set(re.findall(r"(?m)^- `(\w+)[`(]", text))
    outside = {"Any", "Callable", "Collection", "False", "Iterable", "Iterator", "Mapping", "None", "Self", "Sequence"}
    assert used - outside - told == set()
