"""The strict reader: what it gives back and where it stands, how much it takes, and that no text is too odd for it."""

import gc
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from entitle.diagnostics import to_json, to_text
from entitle.dsl import reader
from entitle.dsl.reader import Mapping, Reading, Scalar, Sequence
from entitle.source import gc_paused
from tests.pages import TEXTS, TREES, Page, meant, only, plain, reading, scalars

RULES = sorted((Path(__file__).parent.parent / "rules").rglob("*.yaml"))


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def _either_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "LOADER", getattr(yaml, request.param))


@given(tree=TREES, line_end=st.sampled_from(("\n", "\r\n")))
def test_what_is_written_is_read_back_at_its_place(tree: Any, line_end: str) -> None:
    page = Page(line_end)
    page.block(tree, 0)
    found = reading(page.text + line_end)
    assert found.problems == []
    assert found.root is not None
    assert plain(found.root) == meant(tree)
    assert [(each.start, each.span.text) for each in scalars(found.root)] == page.written


@given(text=TEXTS, style=st.sampled_from(("'", '"')), data=st.data())
def test_a_piece_of_a_text_is_found_where_it_stands(text: str, style: str, data: st.DataObject) -> None:
    page = Page("\n", "- 视频\n- ")
    page.scalar(text, style)
    root = reading(page.text).root
    assert isinstance(root, Sequence)
    scalar = root.items[1]
    assert isinstance(scalar, Scalar)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    piece = scalar.piece(start, end).text
    if start == end:
        assert piece in ("", scalar.span.text)
    elif piece != scalar.span.text:  # read alone it is the piece of the text
        again = reading(f"{style}{piece}{style}").root
        assert isinstance(again, Scalar)
        assert again.text == text[start:end]
    else:
        assert page.written[0][1][1:-1] != text or (start, end) == (0, len(text))


@pytest.mark.usefixtures("_either_parser")
@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("|\n  x == 1", (2, 5)),
        ("|\n    x\n    == 1", (3, 5)),
        ("x == 1", (1, 7)),
        ("x\n  == 1", (2, 3)),
        ('"x\\x20== 1"', (1, 11)),
        ('"x\n  == 1"', (2, 3)),
        ('"x \\\n  == 1"', (2, 3)),
        ("'x == 1'", (1, 8)),
    ],
)
def test_a_piece_is_found_through_lines_and_escapes(written: str, place: tuple[int, int]) -> None:
    root = reading(f"if: {written}\n").root
    assert isinstance(root, Mapping)
    value = root.items[0][1]
    assert isinstance(value, Scalar)
    at = value.text.index("==")
    found = value.piece(at, at + 2)
    assert (found.text, (found.line, found.column)) == ("==", place)


@pytest.mark.usefixtures("_either_parser")
def test_in_a_folded_block_a_piece_is_the_whole() -> None:
    root = reading("if: >\n  x\n  == 1\n").root
    assert isinstance(root, Mapping)
    value = root.items[0][1]
    assert isinstance(value, Scalar)
    assert value.piece(2, 4) == value.span


@pytest.mark.usefixtures("_either_parser")
def test_scalars_stay_text_and_keep_their_style() -> None:
    root = reading("a: no\nb: 010\nc: 'x'\nd: \"y\"\ne: |\n  z\nf: >\n  z\ng: ~\nh:\n").root
    assert isinstance(root, Mapping)
    values = [value for _, value in root.items if isinstance(value, Scalar)]
    assert [(value.text, value.style) for value in values] == [
        ("no", "plain"),
        ("010", "plain"),
        ("x", "single"),
        ("y", "double"),
        ("z\n", "literal"),
        ("z\n", "folded"),
        ("~", "plain"),
        ("", "plain"),
    ]


@pytest.mark.usefixtures("_either_parser")
def test_collections_end_with_their_last_value() -> None:
    text = "a:\n  b: [x, {y: z}]\n  c:\n  - 1\n\n# more\nd: 2\n"
    root = reading(text).root
    assert isinstance(root, Mapping)
    inner = root.items[0][1]
    assert isinstance(inner, Mapping)
    assert root.span.text == text.rstrip("\n")
    assert inner.span.text == "b: [x, {y: z}]\n  c:\n  - 1"
    assert [value.span.text for _, value in inner.items] == ["[x, {y: z}]", "- 1"]


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "---\n...\n"])
def test_a_file_without_content_has_no_tree_and_no_problem(text: str) -> None:
    assert reading(text) == Reading(None, [])


@pytest.mark.parametrize("file", RULES, ids=lambda file: file.name)
def test_the_sample_rulebook_reads_without_a_problem(file: Path) -> None:
    found = reading(file.read_text("utf-8"))
    assert found.problems == []
    assert isinstance(found.root, Mapping)


# ---- caps and bombs


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


CAP_EDGES = [
    ("too-deep", nested(32), nested(33)),
    ("too-deep", nested(32), nested(100_000)),
    ("too-deep", "".join(f"{' ' * n}a:\n" for n in range(32)), "".join(f"{' ' * n}a:\n" for n in range(33))),
    ("too-many-nodes", f"[{'a,' * 49_999}]", f"[{'a,' * 50_000}]"),
    ("text-too-long", "a: " + "x" * 64_000, "a: " + "x" * 64_001),
    ("text-too-long", "a: " + "视" * 21_333, "a: " + "视" * 21_334),
    ("file-too-large", "#" * 999_999 + "\n", "#" * 1_000_000 + "\n"),
    ("file-too-large", "#" + "视" * 333_333, "#" + "视" * 333_334),
]


@pytest.mark.parametrize(("code", "within", "beyond"), CAP_EDGES, ids=[code for code, _, _ in CAP_EDGES])
def test_a_cap_holds_exactly(code: str, within: str, beyond: str) -> None:
    assert reading(within).problems == []
    assert only(beyond).code == code
    assert reading(beyond).root is None


def test_past_a_cap_there_is_one_error_whatever_else_is_wrong() -> None:
    assert only(f"a: 1\na: 2\nb: &x {nested(40)}\nc: @\n").code == "too-deep"


MERGE_BOMB = "a: &a {x: 1}\n" + "".join(
    f"{new}: &{new} {{<<: [{', '.join([f'*{old}'] * 9)}]}}\n" for old, new in zip("abcdefg", "bcdefgh", strict=True)
)
TAGS = "".join(f"%TAG !t{n}! x\n" for n in range(50_000))
ENDLESS = {
    "brackets": "[" * 100_000,
    "some brackets": "[" * 300,
    "braces": "{a: " * 100_000,
    "dashes": "- " * 100_000,
    "questions": "? " * 100_000,
    "indents": "".join(f"{' ' * n}a:\n" for n in range(1_000)),
    "merges": MERGE_BOMB,
    "directives": TAGS,
    "later directives": f"a: 1\n...\n{TAGS}---\nb: 1\n",
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_bomb_is_put_down_after_few_events(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[object] = []

    class Counting(yaml.CSafeLoader):
        def get_event(self) -> Any:
            taken.append(super().get_event())
            return taken[-1]

    monkeypatch.setattr(reader, "LOADER", Counting)
    problems = reading(ENDLESS[name]).problems
    assert len(taken) < 300
    assert problems
    assert len(problems) == 1 or name == "merges"


# ---- whatever is written

ANYTHING = st.text(
    st.sampled_from("ab视：,:-?[]{}'\"#&*!|>%@`~<= \n\t\r\\\x00\x07\u202e\u3000\ufeff\ud800😀") | st.characters()
)


def check(text: str) -> None:
    """The promises that hold for any text at all."""
    found = reading(text)
    places = [each.place for each in found.problems]
    assert places == sorted(places)
    for problem in found.problems:
        assert problem.span is not None
        assert 0 <= problem.span.start < problem.span.end <= len(text) + 1
        assert to_text(problem)
        assert to_text(problem, "zh")
    assert to_json(found.problems)
    for scalar in scalars(found.root) if found.root else ():
        assert 0 <= scalar.start <= scalar.end <= len(text)
        assert scalar.piece(0, 1).text in text


@given(ANYTHING)
@example("[x: ")
@example("\r: ")
@example("|")
def test_no_text_is_too_odd(text: str) -> None:
    check(text)


@given(ANYTHING)
def test_no_text_is_too_odd_for_the_pure_parser(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "LOADER", yaml.SafeLoader)
        check(text)


@given(file=st.sampled_from(RULES), data=st.data())
def test_no_slip_of_an_operator_is_too_odd(file: Path, data: st.DataObject) -> None:
    text = file.read_text("utf-8")
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 8)))
        text = text[:start] + data.draw(ANYTHING.filter(lambda slip: len(slip) < 8)) + text[end:]
    check(text)


@pytest.mark.parametrize("text", ["a: 1", "a: [", nested(40), "a: *x"])
def test_garbage_collection_is_as_it_was(text: str) -> None:
    assert gc.isenabled()
    reading(text)
    assert gc.isenabled()
    with gc_paused():
        reading(text)
        assert not gc.isenabled()
    assert gc.isenabled()
