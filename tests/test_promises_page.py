"""The page of promises: all are there, and each names tests that there are."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines() if line.startswith("| ")]
TESTS = re.compile(r"tests/[\w/]+\.py")


def test_every_promise_has_tests_and_a_figure() -> None:
    promised = {int(row[0]): row[1:] for row in ROWS if len(row) == 4 and row[0].isdigit()}
    assert [*promised] == [*range(1, 21), *range(23, 29)]
    for text, tests, figure in promised.values():
        assert text
        assert figure
        assert TESTS.fullmatch(tests.split(", ")[0])
        assert ", ".join(TESTS.findall(tests)) == tests


def test_every_file_that_is_named_is_there() -> None:
    named = TESTS.findall(TEXT)
    assert len(named) > 50
    assert [name for name in named if not (ROOT / name).is_file()] == []
