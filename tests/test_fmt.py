"""The canonical form: what it looks like, and that nothing is ever lost on the way to it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitle.dsl.fmt import changed, format_source
from entitle.dsl.reader import Mapping, Node, Scalar, Sequence, read
from entitle.source import Source

ROOT = Path(__file__).parent.parent
PAIRS = {
    "spaces and alignment": ("a:    {b:  1,c: 2}\nlong-name:  [x,y ]\n", "a: {b: 1, c: 2}\nlong-name: [x, y]\n"),
    "full-width signs": (
        "p: {price: ￥９.９０, if: level ≥ 3}\nname: 会员，尊享\n",
        "p: {price: ¥9.90, if: level >= 3}\nname: 会员，尊享\n",
    ),
    "indentation": ("a:\n      b: 1\n      c:\n      - x\n      - y\n", "a:\n  b: 1\n  c:\n    - x\n    - y\n"),
    "comments": (
        "# top\na: 1   # one\n\n\n\n# about b\nb:   # here\n   # inside\n   c: 2 # two\n   # its end\n# at the end\n",
        "# top\na: 1  # one\n\n# about b\nb:  # here\n  # inside\n  c: 2  # two\n  # its end\n# at the end\n",
    ),
    "a comment inside brackets": ("a: [x, # first\n    y]\n", "a:\n  - x  # first\n  - y\n"),
    "a blank line before a section": (
        "x: 1\nproducts:\n  p: {}\nbenefits:\n  b: 1\n",
        "x: 1\n\nproducts:\n  p: {}\n\nbenefits:\n  b: 1\n",
    ),
    "a list of mappings": ("a:\n- b: 1\n  c: 2\n-   d: 3\n", "a:\n  - b: 1\n    c: 2\n  - d: 3\n"),
    "a hash that is no comment": ("a: b#c\nd: 'x # y' # z\n", "a: b#c\nd: 'x # y'  # z\n"),
    "a block text": ("a: |\n    one\n      two\nb: 1\n", "a: |\n  one\n    two\nb: 1\n"),
    "line ends and trailing spaces": ("a: 1  \r\nb: 2\r\n", "a: 1\nb: 2\n"),
    "no end of line": ("a: 1", "a: 1\n"),
    "nothing": ("", ""),
    "comments only": ("\n\n# one\n\n#two", "# one\n\n#two\n"),
}


def formatted(text: str) -> str:
    found = format_source(Source("a.yaml", text))
    assert found.text is not None, found.problems
    return found.text


@pytest.mark.parametrize(("before", "after"), PAIRS.values(), ids=PAIRS)
def test_canonical_form(before: str, after: str) -> None:
    assert formatted(before) == after
    assert formatted(after) == after


def test_what_does_not_fit_is_written_out() -> None:
    item = (
        "{at: 2026-12-24 20:00, do: buy something-with-a-long-name, "
        "expect: {charge: ¥0.00, grant: [one, two, three], has: [one]}}"
    )
    assert formatted(f"steps:\n  - {item}\n") == (
        "steps:\n"
        "  - at: 2026-12-24 20:00\n"
        "    do: buy something-with-a-long-name\n"
        "    expect: {charge: ¥0.00, grant: [one, two, three], has: [one]}\n"
    )


@pytest.mark.parametrize("text", ["a: &x 1\n", "a: 1\na: 2\n", "a: [1\n", "a: 1\n---\nb: 2\n"])
def test_a_file_with_problems_is_left_alone(text: str) -> None:
    found = format_source(Source("a.yaml", text))
    assert found.text is None
    assert found.problems


def test_the_projects_own_rule_files_are_canonical() -> None:
    for folder in (ROOT / "rules", ROOT / "entitle" / "cli" / "template"):
        sources = [Source(str(path), path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.yaml"))]
        assert changed(sources) == ([], [])


WORDS = st.text("abcäß会员 0:#,-'¥９≥", min_size=1, max_size=8).map(str.strip).filter(bool)
KEYS = st.from_regex("[a-z]{1,6}", fullmatch=True)
TREES = st.recursive(
    WORDS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.from_regex("[a-z]{1,6}", fullmatch=True), inner, max_size=4)
    ),
    max_leaves=12,
)


def written(tree: object, indent: int, comments: list[str]) -> list[str]:
    """A tree as an author might write it: quoted, block style, comments in odd places."""
    pad = " " * indent
    lines: list[str] = []
    if isinstance(tree, dict):
        for key, value in tree.items():
            lines += _entry(f"{pad}{key}:", value, indent, comments)
    elif isinstance(tree, list):
        for value in tree:
            lines += _entry(f"{pad}-", value, indent, comments)
    return lines


def _entry(head: str, value: object, indent: int, comments: list[str]) -> list[str]:
    note = f"# note {len(comments)}"
    comments.append(note)
    if isinstance(value, dict | list) and value:
        return [f"{head}  {note}", *written(value, indent + 3, comments)]
    scalar = "{}" if value == {} else "[]" if value == [] else "'" + str(value).replace("'", "''") + "'"
    return [" " * indent + note, f"{head}   {scalar}"]


@given(st.dictionaries(KEYS, TREES, min_size=1, max_size=4))
def test_tree_and_comments_are_kept(tree: dict[str, object]) -> None:
    comments: list[str] = []
    text = "\n".join(written(tree, 0, comments)) + "\n"
    result = formatted(text)
    assert plain(read(Source("a.yaml", result)).root) == plain(read(Source("a.yaml", text)).root)
    assert [line[line.index("# note") :] for line in result.splitlines() if "# note" in line] == comments
    assert formatted(result) == result


def plain(node: Node | None) -> object:
    match node:
        case Scalar(text=text):
            return text
        case Sequence(items=items):
            return [plain(item) for item in items]
        case Mapping(items=items):
            return {key.text: plain(value) for key, value in items}
        case None:
            return None


@given(st.text("ab:-#,[]{}'\"| \n\t，：￥", max_size=40))
def test_never_raises_and_never_changes_the_tree(text: str) -> None:
    found = format_source(Source("a.yaml", text))
    if found.text is not None:
        assert format_source(Source("a.yaml", found.text)).text == found.text
    else:
        assert found.problems
