"""The language reference: its tables are those of the closed table, in both languages, and its examples are right."""

import re
from pathlib import Path

import pytest

from entitle.dsl.documents import DOCUMENTS, SECTIONS
from entitle.dsl.load import compile_sources
from entitle.dsl.reference import PAGES, main, rewritten, table
from entitle.dsl.shapes import rows
from entitle.messages import Lang
from entitle.source import Source
from entitle.testing.cases import run_cases

DOCS = Path(__file__).parent.parent / "docs"
TABLES = [*DOCUMENTS, "sections"]


@pytest.mark.parametrize(("page", "lang"), PAGES.items())
def test_the_tables_are_fresh(page: str, lang: Lang) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    assert text == rewritten(text, lang), "stale tables: run `make accept`"


@pytest.mark.parametrize("page", PAGES)
def test_every_table_stands_in_the_page_once(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    assert sorted(re.findall(r"<!-- table: (\S+) -->", text)) == sorted(TABLES)
    assert text.count("<!-- end -->") == len(TABLES)


def test_stale_tables_are_rewritten_and_the_rest_is_kept(tmp_path: Path) -> None:
    for page in PAGES:
        text = (DOCS / page).read_text(encoding="utf-8")
        stale = re.sub(r"(?m)^\| `kind` .*\n", "", text).replace("`renews`", "`renew`")
        (tmp_path / page).write_text("kept\n" + stale, encoding="utf-8")
    main(tmp_path)
    for page in PAGES:
        fresh = (DOCS / page).read_text(encoding="utf-8")
        prose = re.sub(r"(?s)<!-- table.*?<!-- end -->", "", (tmp_path / page).read_text(encoding="utf-8"))
        assert prose.startswith("kept\n")
        tables = re.findall(r"(?s)<!-- table.*?<!-- end -->", (tmp_path / page).read_text(encoding="utf-8"))
        assert tables == re.findall(r"(?s)<!-- table.*?<!-- end -->", fresh)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_key_is_in_its_table(lang: Lang) -> None:
    for name, document in DOCUMENTS.items():
        for row in rows(document):
            assert f"`{row.name}`" in table(name, lang)
            assert row.later or row.means.said(lang) in table(name, lang)
    for name in SECTIONS:
        assert f"`{name}`" in table("sections", lang)


@pytest.mark.parametrize("name", TABLES)
def test_tables_have_straight_edges(name: str) -> None:
    for lang in ("en", "zh"):
        lines = [line for line in table(name, lang).splitlines() if line.startswith("|")]
        assert len({line.count("|") for line in lines}) == 1


@pytest.mark.parametrize("page", PAGES)
def test_the_rulebook_in_the_page_is_right_and_its_tests_are_green(page: str) -> None:
    blocks = re.findall(r"(?s)```yaml\n(# (\S+)\n.*?)```", (DOCS / page).read_text(encoding="utf-8"))
    compiled = compile_sources([Source(path, text) for text, path in blocks])
    assert [problem.code for problem in compiled.diagnostics] == []
    assert compiled.release is not None
    assert compiled.cases
    for result in run_cases(compiled.release, compiled.cases):
        assert [difference.text() for difference in result.differences] == []


def headings(page: str) -> list[int]:
    return [len(match[1]) for match in re.finditer(r"(?m)^(#+) ", (DOCS / page).read_text(encoding="utf-8"))]


def test_both_pages_have_the_same_parts() -> None:
    one, other = PAGES
    assert headings(one) == headings(other)
    tables = [re.findall(r"<!-- table: (\S+) -->", (DOCS / page).read_text(encoding="utf-8")) for page in PAGES]
    assert tables[0] == tables[1]
