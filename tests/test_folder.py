"""The folder loader: which files it takes, in which order, and what it says of those it cannot take."""

import os
from pathlib import Path

import pytest

from entitle.diagnostics import Diagnostic, to_text
from entitle.dsl.folder import load_folder
from entitle.dsl.load import load
from tests.cards import RULEBOOK


def write(folder: Path, **files: str | bytes) -> None:
    """Writes files whose paths are given with `__` for `/` and `_` for `.`."""
    for name, text in files.items():
        file = folder / name.replace("__", "/").replace("_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())


def problem(folder: Path) -> Diagnostic:
    (found,) = load_folder(folder)[1]
    return found


def test_files_come_by_path_and_hidden_ones_do_not(tmp_path: Path) -> None:
    write(
        tmp_path,
        rulebook_yaml="entitle: 1",
        b_yml="b",
        a__z_yaml="z",
        a__b__c_YAML="c",
        B_yaml="B",
        notes_txt="no",
        _hidden_yaml="no",
        _git__x_yaml="no",
        a__yaml="no",
    )
    sources, problems = load_folder(str(tmp_path))
    assert [(each.path, each.text) for each in sources] == [
        ("B.yaml", "B"),
        ("a/b/c.YAML", "c"),
        ("a/z.yaml", "z"),
        ("b.yml", "b"),
        ("rulebook.yaml", "entitle: 1"),
    ]
    assert problems == []


def test_texts_are_taken_as_they_are_but_for_a_byte_order_mark(tmp_path: Path) -> None:
    write(tmp_path, rulebook_yaml="\ufeffname: 视频\r\n😀\n")
    (source,), problems = load_folder(tmp_path)
    assert source.text == "name: 视频\r\n😀\n"
    assert problems == []


def test_there_must_be_a_folder(tmp_path: Path) -> None:
    assert to_text(problem(tmp_path / "rules")).startswith(f"{tmp_path}/rules: no-folder: there is no folder `")
    write(tmp_path, rules_yaml="")
    assert problem(tmp_path / "rules.yaml").code == "not-a-folder"


def test_there_must_be_a_rulebook_in_it(tmp_path: Path) -> None:
    assert problem(tmp_path).code == "empty-folder"
    write(tmp_path, below__rulebook_yaml="entitle: 1")
    assert problem(tmp_path).code == "no-rulebook"
    assert [source.path for source in load_folder(tmp_path)[0]] == ["below/rulebook.yaml"]


@pytest.mark.parametrize(
    ("data", "byte", "place", "guess"),
    [
        ("name: ok\nzh: 视频会员".encode("gb18030"), "0xCA", (2, 5), "; it looks like GBK"),
        ("entitle: 1\n".encode("utf-16"), "0xFF", (1, 1), "; it looks like UTF-16"),
        ("zh: 视频\n".encode("utf-16-be"), "0x89", (1, 9), "; it looks like UTF-16"),
        ("en: 视频 ".encode() + b"caf\xe9 au\n", "0xE9", (1, 11), ""),
        (b"\xef\xbb\xbfa: \xff", "0xFF", (1, 4), ""),
    ],
)
def test_a_file_that_is_not_utf8_is_shown_at_its_first_bad_byte(
    tmp_path: Path, data: bytes, byte: str, place: tuple[int, int], guess: str
) -> None:
    write(tmp_path, rulebook_yaml="entitle: 1", video_yaml=data)
    found = problem(tmp_path)
    assert (found.code, found.values["byte"], found.place) == ("not-utf8", byte, ("video.yaml", *place))
    assert found.advice() == f"save the file as UTF-8{guess}"
    assert [source.path for source in load_folder(tmp_path)[0]] == ["rulebook.yaml"]


def test_a_file_in_another_encoding_reads_well(tmp_path: Path) -> None:
    write(tmp_path, rulebook_yaml="a: ok\nname: 会员".encode("gb18030"))
    assert to_text(problem(tmp_path)).splitlines() == [
        "rulebook.yaml:2:7: not-utf8: the file is not UTF-8 text: the byte 0xBB cannot stand here",
        "  |",
        "2 | name: \ufffd\ufffdԱ",
        "  |       ^",
        "   = save the file as UTF-8; it looks like GBK",
    ]
    assert to_text(problem(tmp_path), "zh").splitlines()[-1] == "   = 请将文件另存为 UTF-8；它看起来是 GBK"


def test_what_a_file_that_cannot_be_read_may_define_is_not_called_unknown(tmp_path: Path) -> None:
    coffee = "products: {coffee: {name: Coffee, price: ¥9.00, gives: [{benefit: bean}]}}"
    bean = "benefits: {bean: {kind: voucher, name: 咖啡豆}}"
    write(tmp_path, rulebook_yaml=RULEBOOK, products_yaml=coffee)
    assert [each.code for each in load(tmp_path).diagnostics] == ["unknown-reference"]
    write(tmp_path, benefits_yaml=bean.encode("gb18030"))
    assert [each.code for each in load(tmp_path).diagnostics] == ["not-utf8"]
    write(tmp_path, benefits_yaml=bean)
    assert load(tmp_path).diagnostics == []


def test_a_large_file_costs_nothing(tmp_path: Path) -> None:
    write(tmp_path, rulebook_yaml=b"#" * 1_000_000, large_yaml="")
    os.truncate(tmp_path / "large.yaml", 100 << 30)
    assert to_text(problem(tmp_path)).splitlines()[0] == "large.yaml: file-too-large: the file is larger than 1 MB"
    os.truncate(tmp_path / "large.yaml", 1_000_001)
    assert problem(tmp_path).code == "file-too-large"


def test_links_to_files_are_read_and_links_to_folders_are_told(tmp_path: Path) -> None:
    book = tmp_path / "book"
    write(tmp_path, elsewhere__x_yaml="x", book__rulebook_yaml="entitle: 1")
    (book / "x.yaml").symlink_to(tmp_path / "elsewhere" / "x.yaml")
    (book / "round").symlink_to(book)
    sources, problems = load_folder(book)
    assert [source.path for source in sources] == ["rulebook.yaml", "x.yaml"]
    assert [(each.code, each.path) for each in problems] == [("linked-folder", "round")]


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    write(tmp_path, rulebook_yaml="entitle: 1")
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "gone.yaml").symlink_to("nowhere")
    (tmp_path / "self.yaml").symlink_to("self.yaml")
    said = [each.sentence() for each in load_folder(tmp_path)[1]]
    assert said == [
        "`gone.yaml` cannot be read: it is a link to nothing",
        "`pipe.yaml` cannot be read: it is not an ordinary file",
        "`self.yaml` cannot be read: too many levels of symbolic links",
    ]


def test_a_name_that_is_no_text_is_shown_without_a_traceback(tmp_path: Path) -> None:
    write(tmp_path, rulebook_yaml="entitle: 1")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.yaml")).write_bytes(b"\xff")
    assert to_text(problem(tmp_path)).startswith("?.yaml:1:1: not-utf8: ")


def test_what_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, rulebook_yaml="entitle: 1", a__x_yaml="", b_yaml="")
    (tmp_path / "a").chmod(0)
    (tmp_path / "b.yaml").chmod(0)
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    user = os.geteuid()
    os.seteuid(user or 65534)  # nothing is closed to root
    try:
        problems = load_folder(".")[1]
    finally:
        os.seteuid(user)
        (tmp_path / "a").chmod(0o755)
    assert [each.sentence() for each in problems] == [
        "`a/` cannot be read: permission denied",
        "`b.yaml` cannot be read: permission denied",
    ]
    assert problems[0].sentence("zh") == "无法读取 `a/`：没有读取权限"
