"""`init`, `fmt` and `schema`: commands that write files, and lose none."""

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.test_cli import GOOD, Cli, edit
from tests.test_cli import cli as cli  # a fixture
from tests.test_cli import rules as rules


def test_init_writes_a_rulebook_that_passes(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert cli("init", str(folder)).code == 0
    assert cli("check", str(folder)).code == 0
    assert cli("test", str(folder)).code == 0
    assert cli("fmt", str(folder), "--check").code == 0
    again = cli("init", str(folder))
    assert again.code == 2
    assert "never overwrites" in again.err


def test_fmt_changes_files_and_then_nothing(cli: Cli, rules: Path) -> None:
    edit(rules, "price: ¥10.00", "price:   ￥10.00   # a comment")
    checked = cli("fmt", str(rules), "--check")
    assert checked.code == 1
    assert "￥" in (rules / "rulebook.yaml").read_text(encoding="utf-8")
    assert "-    price:   ￥10.00" in cli("fmt", str(rules), "--diff").out
    assert cli("fmt", str(rules)).code == 0
    assert "    price: ¥10.00  # a comment\n" in (rules / "rulebook.yaml").read_text(encoding="utf-8")
    assert cli("fmt", str(rules), "--check") == (0, "", "")


def test_fmt_keeps_links_and_modes_and_loses_nothing(cli: Cli, rules: Path, tmp_path: Path) -> None:
    untidy = GOOD.replace("name: tiny", "name:   tiny")
    (elsewhere := tmp_path / "elsewhere.yaml").write_text(untidy, encoding="utf-8")
    elsewhere.chmod(0o640)
    (link := rules / "rulebook.yaml").unlink()
    link.symlink_to(elsewhere)

    with files_of_at_most(100):
        full = cli("fmt", str(rules))
    assert (full.code, "file too large" in full.err) == (2, True)
    assert elsewhere.read_text(encoding="utf-8") == untidy

    assert cli("fmt", str(rules)).code == 0
    assert "\nname: tiny\n" in elsewhere.read_text(encoding="utf-8")
    assert (link.is_symlink(), elsewhere.stat().st_mode & 0o777) == (True, 0o640)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["elsewhere.yaml", "rules"]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As on a full disk: what is written beyond so many bytes fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_schema_is_a_schema(cli: Cli, tmp_path: Path) -> None:
    code, out, _ = cli("schema")
    assert code == 0
    assert json.loads(out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert cli("schema", "--out", str(tmp_path / "s.json")).code == 0
    assert json.loads((tmp_path / "s.json").read_text(encoding="utf-8")) == json.loads(out)
