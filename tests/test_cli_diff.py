"""`entitle diff`: two folders, git revisions, every format, counts of a table of customers, exit codes."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.test_cli import Cli
from tests.test_cli import cli as cli  # a fixture
from tests.test_difference import RULES as EVERYWHERE

RULES = EVERYWHERE.replace("[shenzhen, zhuhai]", "[shenzhen]")  # one city: one plainest customer
AT = ("--at", "2027-01-01 10:00")
DEARER = """\
pass: dearer
   | customer  channel = app, city = shenzhen, level = 0, tags = none
   | buys      pass, 2027-01-01 10:00
   | before    pays ¥9.90; gives club
   | after     pays ¥9.95; gives club
"""
CUSTOMERS = """\
channel,city,level,tags
app,shenzhen,0,
app,shenzhen,9,vip
app,shenzhen,5,
web,zhuhai,5,
"""


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two folders, `old` and `new`, where the command runs."""
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "old", RULES)
    written(tmp_path / "new", RULES.replace("¥9.90", "¥9.95"))
    return tmp_path


def written(folder: Path, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "rulebook.yaml").write_text(text, encoding="utf-8")


def test_a_change_has_a_customer_with_both_answers(cli: Cli, folders: Path) -> None:
    found = cli("diff", "old", "new", *AT)
    assert (found.code, found.out) == (1, DEARER)
    assert found.err == "1 product changed, 0 proved the same, 0 not decided, 1 untouched\n"


def test_what_only_reads_otherwise_is_no_difference(cli: Cli, folders: Path) -> None:
    written(folders / "new", RULES.replace("city in south and channel == app", "channel == app and city in south"))
    found = cli("diff", "old", "new", *AT)
    assert (found.code, found.out) == (0, "pass: same meaning, proved\n")
    assert cli("diff", "old", "old").out == "nothing changes\n"


def test_a_file_of_customers_is_looked_for_whatever_changes(cli: Cli, folders: Path) -> None:
    told = cli("diff", "old", "old", "--customers", "nofile.csv")
    assert (told.code, told.out, told.err) == (2, "", "entitle: nofile.csv: no such file or directory\n")


def test_declarations_say_what_they_said(cli: Cli, folders: Path) -> None:
    written(
        folders / "new", RULES.replace("quantity: 1..3", "quantity: 1..2").replace("lasts: 7 days", "lasts: 8 days")
    )
    out = cli("diff", "old", "new", *AT).out
    assert "month: another schedule\n   | phases.trial.lasts: 7 days → 8 days\n" in out
    assert out.endswith("pass: another limit\n   | sale.quantity: 1, 3 → 1, 2\n")


def test_how_many_are_given_is_told(cli: Cli, folders: Path) -> None:
    written(folders / "old", RULES)
    written(folders / "new", RULES.replace("when: purchase,", "quantity: 2,"))
    out = cli("diff", "old", "new", *AT).out
    before, after = (
        line.partition("gives ")[2] for line in out.splitlines() if line.startswith(("   | before   ", "   | after   "))
    )
    assert after == f"{before} × 2"


def test_programs_and_pull_requests_read_it_too(cli: Cli, folders: Path) -> None:
    found = json.loads(cli("diff", "old", "new", *AT, "--format", "json").out)
    ((product,)) = found["products"]
    (change,) = product["changes"]
    assert (product["product"], change["kind"]) == ("pass", "dearer")
    assert (change["before"]["pays"], change["after"]["pays"]) == (990, 995)


MARKDOWN = """\
**1 product changed, 0 proved the same, 0 not decided, 1 untouched; 1 offer changed, 0 proved the same, 0 not decided**

| What | Change | Customers | Before | After |
|---|---|---|---|---|
| pass | **dearer** | 1 | pays ¥9.90 | pays ¥9.95 |
| offer much | **cheaper** |  | pays ¥23.00 | pays ¥22.00 |

<details><summary>a customer for each change, with both answers</summary>

```text
pass: dearer
   | customer  channel = app, city = shenzhen, level = 0, tags = none
   | buys      pass, 2027-01-01 10:00
   | before    pays ¥9.90; gives club
   | after     pays ¥9.95; gives club

offer much: cheaper
"""


def test_a_pull_request_has_a_short_table_and_customers_folded_away(cli: Cli, folders: Path) -> None:
    written(folders / "new", RULES.replace("¥9.90", "¥9.95").replace("minus: ¥2.00", "minus: ¥3.00"))
    (folders / "them.csv").write_text(CUSTOMERS, encoding="utf-8")
    found = cli("diff", "old", "new", *AT, "--format", "markdown", "--customers", "them.csv")
    assert (found.code, found.out[: len(MARKDOWN)]) == (1, MARKDOWN)
    assert found.out.endswith("\n```\n\n</details>\n")
    same = RULES.replace("city in south and channel == app", "channel == app and city in south")
    written(folders / "new", same)
    told = cli("diff", "old", "new", *AT, "--format", "markdown").out
    summary = "**0 products changed, 1 proved the same, 0 not decided, 1 untouched**"
    assert told == f"{summary}\n\nsame meaning, proved: pass\n"


def test_it_speaks_chinese(cli: Cli, folders: Path) -> None:
    found = cli("diff", "old", "new", *AT, "--lang", "zh")
    assert "pass: 涨价\n   | 顾客  channel = app" in found.out
    assert found.err == "1 个商品有变化，0 个已证明含义不变，0 个无法确定，1 个未改动\n"


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        (
            "en",
            "1 product changed, 0 proved the same, 0 not decided, 1 untouched;"
            " 1 offer changed, 0 proved the same, 0 not decided\n",
        ),
        (
            "zh",
            "1 个商品有变化，0 个已证明含义不变，0 个无法确定，1 个未改动；"
            "1 个优惠有变化，0 个已证明含义不变，0 个无法确定\n",
        ),
    ],
)
def test_products_and_offers_are_counted_apart(cli: Cli, folders: Path, lang: str, told: str) -> None:
    written(folders / "new", RULES.replace("¥9.90", "¥9.95").replace("minus: ¥2.00", "minus: ¥3.00"))
    assert cli("diff", "old", "new", *AT, "--lang", lang).err == told


def test_customers_are_counted(cli: Cli, folders: Path) -> None:
    (folders / "them.csv").write_text(CUSTOMERS, encoding="utf-8")
    found = cli("diff", "old", "new", *AT, "--customers", "them.csv")
    assert found.out.startswith("pass: dearer (1 customer)\n")


def test_a_column_may_be_known_to_one_version_alone(cli: Cli, folders: Path) -> None:
    more = RULES.replace("facts:\n", "facts:\n  age: {type: 0..99, if_missing: 0}\n")
    written(folders / "new", more.replace("channel == app, quantity", "channel == app and age >= 18, quantity"))
    (folders / "them.csv").write_text("channel,city,age\napp,shenzhen,17\napp,shenzhen,18\n", encoding="utf-8")
    found = cli("diff", "old", "new", *AT, "--customers", "them.csv")
    assert found.out.startswith("pass: newly refused (1 customer)\n")


def git(folder: Path, *command: str) -> None:
    own = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *command]
    subprocess.run(own, check=True, timeout=60, cwd=folder, capture_output=True)


@pytest.fixture
def revisions(folders: Path) -> Path:
    """A repository: `empty` has no rulebook yet, HEAD has the first one in `old`, and the tree a dearer one."""
    git(folders, "init", "-q")
    git(folders, "commit", "-q", "-m", "nothing", "--allow-empty")
    git(folders, "tag", "empty")
    git(folders, "add", "old")
    git(folders, "commit", "-q", "-m", "first")
    written(folders / "old", RULES.replace("¥9.90", "¥9.95"))
    return folders


def test_git_revisions_are_compared(cli: Cli, revisions: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for first in ("HEAD:old", "HEAD"):
        assert cli("diff", first, "old", *AT).out == DEARER
    assert cli("diff", "HEAD", str(revisions / "old"), *AT).out == DEARER
    assert cli("diff", "HEAD:old", "HEAD:old").code == 0
    monkeypatch.chdir(revisions / "old")
    for first in ("HEAD", "HEAD:.", "HEAD:old"):
        assert cli("diff", first, ".", *AT).out == DEARER
    monkeypatch.chdir(revisions.parent)
    assert cli("diff", "HEAD", str(revisions / "old"), *AT).out == DEARER


def test_folders_move_and_repositories_need_no_files(
    cli: Cli, revisions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(revisions, "mv", "old", "book")
    assert cli("diff", "HEAD:old", "book", *AT).out == DEARER
    git(revisions, "commit", "-q", "-a", "-m", "moved and dearer")
    git(revisions, "clone", "-q", "--bare", ".", "bare")
    monkeypatch.chdir(revisions / "bare")
    assert cli("diff", "HEAD~1:old", "HEAD:book", *AT).out == DEARER


@pytest.mark.parametrize("wrong", ["nowhere", "nowhere:old", "--upload-pack=x:old", ":old", ""])
def test_what_is_no_revision_is_told(cli: Cli, revisions: Path, wrong: str) -> None:
    found = cli("diff", "--", wrong, "old")
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith(f"entitle: `{wrong}` is neither a folder nor a folder in a git revision")


@pytest.mark.parametrize(
    ("named", "revision", "missing"),
    [("empty", "empty", "old"), ("HEAD:nowhere", "HEAD", "nowhere"), ("HEAD:old/rulebook.yaml", "HEAD", None)],
)
def test_a_revision_without_the_folder_is_told(
    cli: Cli, revisions: Path, named: str, revision: str, missing: str | None
) -> None:
    found = cli("diff", named, "old")
    told = f"entitle: the git revision `{revision}` has no folder `{missing or 'old/rulebook.yaml'}`\n"
    assert (found.code, found.out, found.err) == (2, "", told)


def test_what_does_not_load_cannot_be_compared(cli: Cli, folders: Path) -> None:
    written(folders / "new", RULES.replace("name: Pass", "nam: Pass"))
    found = cli("diff", "old", "new")
    assert (found.code, found.err) == (2, "`new` does not load\n")
    assert "unknown-key" in found.out
