"""The canonical form: what it looks like (`tests/fmt/*.md`), and that nothing is ever lost on the way to it."""

import re
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from entitle.canonical import product_hash
from entitle.dsl import fmt
from entitle.dsl.comments import comments_of
from entitle.dsl.fmt import changed, format_source
from entitle.dsl.load import compile_sources
from entitle.dsl.reader import Mapping, Node, Scalar, Sequence, read
from entitle.dsl.roles import role
from entitle.dsl.scalars import Reading
from entitle.dsl.shapes import Value
from entitle.dsl.values import KINDS
from entitle.messages import Words
from entitle.source import Source
from tests.cards import Card, cards
from tests.layouts import TREES, Author

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "tests" / "fmt").glob("*.md"))
OWN = [*sorted((ROOT / "rules").rglob("*.yaml")), *sorted((ROOT / "entitle" / "cli" / "template").glob("*.yaml"))]


def formatted(text: str) -> str:
    found = format_source(Source("a.yaml", text))
    assert found.text is not None, found.problems
    assert format_source(Source("a.yaml", found.text)).text == found.text
    return found.text


@pytest.mark.parametrize("card", [card for page in PAGES for card in cards(page)], ids=lambda card: card.name)
def test_canonical_form(card: Card) -> None:
    card.check(formatted(card.sources[-1].text))


EDGES = {
    "nothing": ("", ""),
    "blanks only": (" \n\n  \n", ""),
    "comments only": ("\n\n# one\n\n\n#two ", "# one\n\n#two\n"),
    "a lone text": ("'x' # y", "x  # y\n"),
    "no end of line": ("a: 1", "a: 1\n"),
    "no end of line after a block text": ("a: |\n  x", "a: |-\n  x\n"),
    "line ends and trailing spaces": ("a: 1  \r\n\r\n# b \t\r\nb: |\r\n  x\r\n", "a: 1\n\n# b\nb: |\n  x\n"),
    "line ends inside values": ('a: >\r\n  x\r\n  y\r\nb: "c\r\n  d"\r\n', "a: >\n  x\n  y\nb: c\n  d\n"),
    "what ends a document": ("'...'", '"..."\n'),
    "tabs between words": ("a:\t1\t# b\tc\n", "a: 1  # b\tc\n"),
}


@pytest.mark.parametrize(("before", "after"), EDGES.values(), ids=EDGES)
def test_edges(before: str, after: str) -> None:
    assert formatted(before) == after


def test_nesting_as_deep_as_a_file_may_have() -> None:
    assert formatted("[" * 32 + "x, # y\n" + "]" * 32) == "- " * 32 + "x  # y\n"


WRONG = [
    "a: &x 1\n",
    "a: *x\n",
    "a: !t 1\n",
    "a: 1\na: 2\n",
    "a: [1\n",
    "a: 1\n---\nb: 2\n",
    "\ufeffa: 1\n",
    "%YAML 1.2\n",
]


@pytest.mark.parametrize("text", WRONG)
def test_a_file_with_problems_is_left_alone(text: str) -> None:
    source = Source("a.yaml", text)
    found = format_source(source)
    assert found.text is None
    assert found.problems == read(source).problems != []
    assert changed([source, Source("b.yaml", "b:  2")]) == ([(Source("b.yaml", "b:  2"), "b: 2\n")], found.problems)


@pytest.mark.parametrize(
    ("printed", "line"),
    [
        ("a: 1\nb: [x, z]  # c\n", 2),
        ("a: 1\nc: [x, y]  # c\n", 2),
        ("b: [x, y]  # c\na: 1\n", 1),
        ("a: 1\n", 1),
        ("a: 1\nb: [x]  # c\n", 2),
        ("a: 1\nb: [x, y]  # c\na: 2\n", None),
        ("", 1),
        ("a: 1\nb: [x, y]\n", None),
        ("a: 1\nb: [x, y]  # c\n# c\n", None),
        ("a: 1\nb: [x, y  # c\n", 1),
        ("a: 1\nb: &x [x, y]  # c\n", 1),
    ],
)
def test_a_result_that_says_something_else_is_refused(
    printed: str, line: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fmt, "printed", lambda *_: printed)
    (problem,) = format_source(Source("a.yaml", "a:  1\nb: [x, y]  # c\n")).problems
    assert problem.code == "fmt-unsure"
    assert (problem.span.line if problem.span else None) == line


def test_the_projects_own_rule_files_are_canonical() -> None:
    sources = [Source(str(path), path.read_text(encoding="utf-8")) for path in OWN]
    assert changed(sources) == ([], [])


def test_mending_full_width_signs_keeps_the_meaning() -> None:
    wide = str.maketrans({">": "＞", "=": "＝", "¥": "￥", "3": "３", "0": "０"})
    folder = ROOT / "rules"
    files = {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in folder.rglob("*.yaml")}
    odd = {path: "\n".join(_widened(line, wide) for line in text.split("\n")) for path, text in files.items()}
    assert sum(odd[path] != files[path] for path in files) >= 2
    meant = compile_sources([Source(path, text) for path, text in odd.items()]).release
    mended = compile_sources([Source(path, formatted(text)) for path, text in odd.items()]).release
    assert meant is not None
    assert mended is not None
    assert [product_hash(mended, each) for each in mended.products] == [
        product_hash(meant, each) for each in meant.products
    ]
    assert {path: formatted(text) for path, text in odd.items()} == files


LATER = ("fact_type", "missing")  # not read by their kind alone
MARKED = [kind for kind, row in KINDS.items() if re.search(r"[-.\d{]", row.example) and kind not in LATER]


@pytest.mark.parametrize("kind", MARKED)
def test_a_value_is_mended_if_it_is_read_in_ascii_twins(kind: str) -> None:
    row, reading = KINDS[kind], Reading("CNY")
    narrow = reading.fill(Words(row.example, "")).en
    wide = narrow.translate({ord(char): chr(ord(char) + 0xFEE0) for char in "0123456789-."})
    assert (row.read(wide, reading) == row.read(narrow, reading)) == (role(Value(kind)) == "value")


def _widened(line: str, wide: dict[int, str]) -> str:
    return line.translate(wide) if "price: " in line and "name" not in line and "id: " not in line else line


# ---- laws


def plain(node: Node | None) -> Any:
    """A tree as lists of pairs, without the spaces and in the ASCII twins that `fmt` may change."""
    match node:
        case Scalar(text=text):
            for signs, ascii_ in (("“”", '"'), ("‘’", "'"), ("≥", ">="), ("≤", "<="), ("≠", "!=")):
                text = re.sub(f"[{signs}]", ascii_, text)
            return normalize("NFKC", text).replace(" ", "")
        case Sequence(items=items):
            return [plain(item) for item in items]
        case Mapping(items=pairs):
            return [(key.text, plain(value)) for key, value in pairs]
        case None:
            return None


def tree_of(text: str) -> Any:
    return plain(read(Source("a.yaml", text)).root)


@given(tree=TREES, data=st.data())
def test_tree_and_comments_are_kept(tree: dict[str, Any], data: st.DataObject) -> None:
    author = Author(data)
    text = author.file(tree)
    result = formatted(text)
    written = Source("a.yaml", result)
    assert tree_of(result) == tree_of(text)
    assert comments_of(written, read(written).root).texts == author.comments
    assert "\r" not in result


SLIPS = st.text(st.sampled_from("ab会:,-#[]{}'\"|>+2 \n\t，：￥≥“”?"), max_size=6)


@given(file=st.sampled_from(OWN), data=st.data())
def test_what_becomes_of_an_authors_slips(file: Path, data: st.DataObject) -> None:
    text = file.read_text("utf-8")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(SLIPS | st.just("  # note\n")) + text[at + data.draw(st.integers(0, 3)) :]
    check(text)


@given(st.text(st.sampled_from("ab:-#,[]{}'\"|>?+2 \n\t\r，：￥“”\ufeff\u200f") | st.characters(), max_size=40))
@example("[x: ")
@example("a: {b: }")
@example("a: |\n\n#")
@example("a: 2\t2\n  7")  # over two lines, and cannot be written without an escape
@example('a: "[\\\\\n  \'"')
def test_never_raises_and_never_changes_the_tree(text: str) -> None:
    check(text)


def check(text: str) -> None:
    """Either problems that reading found, or a canonical form that says the same."""
    found = format_source(Source("a.yaml", text))
    if found.text is None:
        assert found.problems == read(Source("a.yaml", text)).problems != []
    else:
        assert formatted(text) == found.text
        assert tree_of(found.text) == tree_of(text)
