"""What ends a command before its answer: mistakes of the caller's, faults of entitle's own, what is not installed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import entitle.dsl.load
from entitle.errors import Error
from tests.test_cli import GOOD, ROOT, Cli, cli, rules

__all__ = ["cli", "rules"]
HAN = re.compile(r"[\u4e00-\u9fff]")
UPGRADE = "entitle store upgrade --store"

MISTAKES = [
    (["explain", "club-yaer", "rules"], "no product is called `club-yaer`; there are club-year"),
    (["release", "rules", "--store", "shop.db"], "`shop.db` is no address of a store: write `sqlite:///shop.db` for"),
    (
        ["release", "rules", "--store", "mysql:///shop"],
        "`mysql:` is no kind of store: this version opens `memory:`,",
    ),
    (
        ["release", "rules", "--store", "postgresql:///shop?host=/no"],
        "the server cannot be reached: ",
    ),
    (["release", "rules", "--store", "sqlite://"], "a SQLite store needs a file, as in `sqlite:///shop.db`; `memory:`"),
    (
        ["release", "rules", "--store", "sqlite:///no.db"],
        f"there is no store at `no.db`; run: {UPGRADE} sqlite:///no.db",
    ),
    (["reconcile", "--store", "sqlite:///text.db"], "`{cwd}/text.db` is not a SQLite database"),
    (["store", "upgrade", "--store", "sqlite:///no/shop.db"], "`no/shop.db` cannot be made: No such file or directory"),
    (["explain", "ord_1", "--store", "memory:"], "there is no order ord_1"),
    (["schema", "--out", "no/schema.json"], "no/schema.json: no such file or directory\n"),
    (["schema", "--out", "rules"], "rules: is a directory\n"),
    (["init", "text.db/new"], "text.db/new: not a directory\n"),
]


@pytest.mark.parametrize(("arguments", "said"), MISTAKES)
def test_a_mistake_is_told_in_both_languages(
    cli: Cli, rules: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(rules.parent)
    Path("text.db").write_text("a shopping list, and no database at all" * 100, encoding="utf-8")
    english, chinese = cli(*arguments), cli(*arguments, "--lang", "zh")
    assert english.err.startswith("entitle: " + said.replace("{cwd}", str(rules.parent)))
    assert not HAN.search(english.err)
    assert HAN.search(chinese.err)
    assert english.code == chinese.code == 2


@pytest.mark.parametrize(
    ("command", "id_"),
    [
        *((command, id_) for command in [("export",), ("forget",)] for id_ in ["", "a\x01", "a" * 300]),
        (("codes", "generate", "seats", "1", "--lot"), "a" * 300),
    ],
)
def test_an_id_that_cannot_be_is_a_mistake_of_the_caller(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], id_: str
) -> None:
    monkeypatch.setenv("ENTITLE_KEY", "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IDEyMzQ=")
    store = f"sqlite:///{tmp_path / 'shop.db'}"
    assert cli("store", "upgrade", "--store", store).code == 0
    english, chinese = (cli(*command, id_, "--store", store, "--lang", lang) for lang in ("en", "zh"))
    assert (english.code, chinese.code) == (2, 2)
    assert re.match(r"entitle: a (customer|lot) is a printable text of 1 to \d+ characters; I got ", english.err)
    assert HAN.search(chinese.err)


@pytest.mark.parametrize("problem", [ValueError("of ours"), KeyError("of ours"), Error("of theirs")])
def test_only_a_mistake_is_blamed_on_the_caller(
    cli: Cli, rules: Path, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    """A seeded fault: the loader breaks."""

    def broken(_: Path) -> None:
        raise problem

    monkeypatch.setattr(entitle.dsl.load, "load", broken)
    english, chinese = cli("check", str(rules)), cli("check", str(rules), "--lang=zh")
    ours = not isinstance(problem, Error)
    assert english.code == chinese.code == (3 if ours else 2)
    assert ("a fault of entitle's own" in english.err) == ours
    assert ("entitle 自身的故障" in chinese.err) == ours


def test_what_is_not_installed_is_named(tmp_path: Path) -> None:
    (tmp_path / "rulebook.yaml").write_text(GOOD, encoding="utf-8")
    bare = [sys.executable, "-S", str(ROOT / "cli.py"), "check", str(tmp_path)]  # -S: nothing that was installed
    ran = subprocess.run(bare, capture_output=True, text=True, check=False, env={"ENTITLE_LANG": "en"})
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("entitle: `typer`, which entitle needs, is not installed here; ")
