"""The command line: its streams, exit codes and refusals. Run in process, through the same `main` as the script."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from entitle.cli import main

ROOT = Path(__file__).parent.parent
GOOD = """\
entitle: 1
name: tiny
timezone: Asia/Shanghai
currency: CNY
facts:
  channel: {type: [app, web], if_missing: ask}
benefits:
  club: {kind: access, name: Club}
products:
  club-year:
    name: Club year
    sell: {channels: app}
    price: ¥10.00
    lasts: 1 year
    gives: [{benefit: club, during: paid time}]
tests:
  buys: {given: {channel: app}, timeline: [{at: 2027-01-01 10:00, do: buy club-year, expect: {charge: ¥10.00}}]}
"""


class Ran(NamedTuple):
    code: object
    out: str
    err: str


class Cli:
    """Runs the command line as a person would, and keeps what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.capsys, self.monkeypatch = capsys, monkeypatch

    def __call__(self, *arguments: str) -> Ran:
        self.monkeypatch.setattr(sys, "argv", ["entitle", *arguments])
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        printed = self.capsys.readouterr()
        assert "Traceback" not in printed.out + printed.err
        return Ran(left.value.code or 0, printed.out, printed.err)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("ENTITLE_LANG", "en")
    monkeypatch.setenv("COLUMNS", "120")
    return Cli(capsys, monkeypatch)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "rulebook.yaml").write_text(GOOD, encoding="utf-8")
    return folder


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "rulebook.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


# ---- check


def test_check_is_quiet_about_a_good_rulebook(cli: Cli, rules: Path) -> None:
    assert cli("check", str(rules)) == (0, "", "tiny: 1 product, 1 benefit, 1 test\n")


def test_the_language_is_said_before_the_command_or_after_it(cli: Cli, rules: Path) -> None:
    after = cli("check", str(rules), "--lang", "zh")
    assert after.err == "tiny：1 个商品，1 项权益，1 条测试\n"
    assert cli("--lang", "zh", "check", str(rules)) == cli("--lang=zh", "check", str(rules)) == after
    assert cli("--lang", "en", "check", str(rules), "--lang", "zh") == after
    assert cli("--lang", "fr", "check", str(rules)).code == 2


def test_check_tells_every_problem_and_ends_with_one(cli: Cli, rules: Path) -> None:
    edit(rules, "benefit: club,", "benefit: clubb,")
    edit(rules, "¥10.00\n    lasts", "¥10.0\n    lasts")
    code, out, err = cli("check", str(rules))
    assert code == 1
    assert "rulebook.yaml:13:12: " in out
    assert "rulebook.yaml:15:23: " in out
    assert "did you mean `club`" in out
    assert err == "2 problems\n"


@pytest.mark.parametrize("format_", ["json", "sarif", "github", "junit"])
def test_check_speaks_to_programs(cli: Cli, rules: Path, format_: str) -> None:
    edit(rules, "benefit: club,", "benefit: clubb,")
    code, out, _ = cli("check", str(rules), "--format", format_)
    assert code == 1
    match format_:
        case "json":
            (problem,) = json.loads(out)["problems"]
            assert (problem["path"], problem["line"], problem["column"]) == ("rulebook.yaml", 15, 23)
        case "sarif":
            (result,) = json.loads(out)["runs"][0]["results"]
            assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 15, "startColumn": 23}
        case "github":
            assert out.startswith(f"::error file={rules}/rulebook.yaml,line=15,col=23,")
        case "junit":
            assert 'failures="1"' in out


def test_check_speaks_chinese(cli: Cli, rules: Path) -> None:
    edit(rules, "benefit: club,", "benefit: clubb,")
    chinese, english = cli("check", str(rules), "--lang", "zh"), cli("check", str(rules))
    assert chinese.code == english.code == 1
    assert chinese.out != english.out
    assert any("\u4e00" <= char <= "\u9fff" for char in chinese.out)


def test_a_folder_without_rules_is_wrong_usage(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    for command in (["check"], ["test"], ["fmt"], ["explain", "club"], ["simulate", "club"]):
        for name, code in (("nowhere", "no-folder"), ("empty", "empty-folder"), ("file", "not-a-folder")):
            done = cli(*command, str(tmp_path / name))
            assert (done.code, f": {code}: " in done.out) == (2, True)
    told = cli("check", str(tmp_path / "nowhere"), "--format", "github").out
    assert told.startswith(f"::error file={tmp_path}/nowhere,line=0,col=0,title=no-folder::")


TALKS = [
    ["check", "rules"],
    ["check", "nowhere"],
    ["test", "rules"],
    ["test", "rules", "-k", "sells"],
    ["init", "rules"],
    ["init", "new"],
    ["fmt", "untidy"],
    ["schema", "--out", "schema.json"],
    ["reconcile"],
    ["store", "upgrade", "--store", "sqlite:///shop.db"],
    ["store", "upgrade", "--store", "memory:"],
    ["release", "rules", "--store", "sqlite:///shop.db"],
    ["release", "rules", "--store", "sqlite:///shop.db"],
]


def test_what_is_talked_about_is_talked_about_in_chinese_too(
    cli: Cli, rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(rules.parent)
    monkeypatch.delenv("ENTITLE_STORE", raising=False)
    Path("untidy").mkdir()
    Path("untidy/rulebook.yaml").write_text(GOOD.replace("name: tiny", "name:   tiny"), encoding="utf-8")
    for arguments in TALKS:
        said = cli(*arguments, "--lang", "zh").err.splitlines()
        assert said, arguments
        assert [line for line in said if not any("\u4e00" <= char <= "\u9fff" for char in line)] == []


def test_wrong_usage_ends_with_two(cli: Cli) -> None:
    assert cli("check", "--colour").code == 2
    assert cli("frobnicate").code == 2
    assert cli("check", "--lang", "xx").err.endswith(
        "Error: Invalid value for '--lang': 'xx' is not one of 'en', 'zh'.\n"
    )
    assert cli("--version").code == 0


# ---- test


def test_test_passes(cli: Cli, rules: Path) -> None:
    assert cli("test", str(rules)) == (0, "", "1 passed, 0 failed\n")


def test_test_tells_a_difference_in_one_line(cli: Cli, rules: Path) -> None:
    edit(rules, "{charge: ¥10.00}", "{charge: ¥10.01}")
    code, out, err = cli("test", str(rules))
    assert (code, err) == (1, "0 passed, 1 failed\n")
    assert out == "rulebook.yaml:17:103: buys: expected charge ¥10.01, found charge ¥10.00\n"


def test_test_chooses_cases_by_name(cli: Cli, rules: Path) -> None:
    assert cli("test", str(rules), "-k", "buy").err == "1 passed, 0 failed\n"
    code, _, err = cli("test", str(rules), "-k", "sells")
    assert (code, err) == (2, "entitle: no case is called anything with `sells`\n")
    edit(rules, "buys: {given", "buys: {name: {zh: 买年卡, en: Buys a year}, given")
    assert cli("test", str(rules), "-k", "年卡").err == "1 passed, 0 failed\n"
    assert cli("test", str(rules), "-k", "a year").err == "1 passed, 0 failed\n"


def test_test_says_where_there_is_nothing_to_test(cli: Cli, rules: Path) -> None:
    (rules / "rulebook.yaml").write_text(GOOD[: GOOD.index("tests:")], encoding="utf-8")
    assert cli("test", str(rules)) == (0, "", "the rulebook has no tests\n")


@pytest.mark.parametrize("format_", ["json", "github", "junit"])
def test_test_speaks_to_programs(cli: Cli, rules: Path, format_: str) -> None:
    edit(rules, "{charge: ¥10.00}", "{charge: ¥10.01}")
    code, out, err = cli("test", str(rules), "--coverage", "--format", format_)
    assert (code, err) == (1, "0 passed, 1 failed\n")
    place = {"path": "rulebook.yaml", "line": 17, "column": 103}
    found = {"expected": "charge ¥10.01", "found": "charge ¥10.00"}
    match format_:
        case "json":
            told = json.loads(out)
            assert told["cases"] == [{"id": "buys", "name": "buys", "ok": False, "differences": [place | found]}]
            assert {"path": "rulebook.yaml", "line": 12, "what": "reason not-in-channel of club-year"} in told[
                "never_reached"
            ]
        case "github":
            error, *notices = out.splitlines()
            where = f"file={rules}/rulebook.yaml"
            assert error == f"::error {where},line=17,col=103,title=buys::expected charge ¥10.01, found charge ¥10.00"
            assert all(notice.startswith(f"::notice {where},line=") for notice in notices)
            assert notices
        case "junit":
            suite = ElementTree.fromstring(out)
            assert (suite.attrib["tests"], suite.attrib["failures"]) == ("1", "1")
            assert suite.findall("testcase/failure")[0].attrib["message"].endswith("found charge ¥10.00")


def test_test_of_a_rulebook_that_does_not_load_ends_with_two(cli: Cli, rules: Path) -> None:
    edit(rules, "benefit: club,", "benefit: clubb,")
    assert cli("test", str(rules)).code == 2


def test_coverage_lists_what_no_case_reaches(cli: Cli, rules: Path) -> None:
    code, out, _ = cli("test", str(rules), "--coverage")
    assert code == 0
    assert "rulebook.yaml:12: never reached: reason not-in-channel of club-year" in out
    assert "phase" not in out


# ---- trying rules out


def test_explain_says_yes_and_no(cli: Cli, rules: Path) -> None:
    yes = cli("explain", "club-year", str(rules), "--fact", "channel=app", "--at", "2027-01-01 10:00")
    assert yes.code == 0
    assert "¥10.00" in yes.out
    no = cli("explain", "club-year", str(rules), "--fact", "channel=web", "--at", "2027-01-01 10:00")
    assert no.code == 1
    assert "not-in-channel" in no.out
    assert "rulebook.yaml:12" in no.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["club-yaer"], "no product is called `club-yaer`"),
        (["club-year", "--fact", "channel"], "name=value"),
        (["club-year", "--fact", "chanel=app"], "chanel: is declared by no rule; there are channel"),
        (["club-year", "--fact", "channel=kiosk"], "channel"),
        (["club-year", "--at", "tomorrow"], "`tomorrow` is no time"),
    ],
)
def test_explain_refuses_what_cannot_be(cli: Cli, rules: Path, arguments: list[str], said: str) -> None:
    product, *rest = arguments
    code, _, err = cli("explain", product, str(rules), *rest)
    assert code == 2
    assert said in err


def test_simulate_shows_the_year(cli: Cli, rules: Path) -> None:
    at = ("--at", "2027-01-01 10:00")
    code, out, err = cli("simulate", "club-year", str(rules), "--fact", "channel=app", *at, "--days", "370")
    assert code == 0
    assert "2027-12  ·" in out
    assert "notice.ended" in out
    assert err.endswith("the books agree\n")
    refused = cli("simulate", "club-year", str(rules), "--fact", "channel=web", *at)
    assert (refused.code, "not-in-channel" in refused.out) == (1, True)


# ---- a store


def test_a_price_that_changes_without_a_word_is_a_finding(cli: Cli, rules: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    cli("store", "upgrade", "--store", url)
    edit(
        rules,
        "price: ¥10.00\n    lasts: 1 year",
        "subscription: {renews: every month, phases: [{id: a, price: ¥9.00}]}",
    )
    assert cli("release", str(rules), "--store", url, "--waive", "test=it expects another price").code == 0
    edit(rules, "¥9.00", "¥8.00")
    refused = cli("release", str(rules), "--store", url)
    assert refused.code == 1
    assert "price-change-unsaid:club-year: `club-year` costs something else than in the active release" in refused.out


def test_release_and_reconcile(cli: Cli, rules: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    missing = cli("release", str(rules), "--store", url)
    assert missing.code == 2
    assert "entitle store upgrade" in missing.err
    assert cli("store", "upgrade", "--store", url).code == 0
    assert cli("store", "status", "--store", url).code == 0
    first = cli("release", str(rules), "--store", url, "--by", "ci")
    assert (first.code, first.err) == (0, "tiny is active now\n")
    again = cli("release", str(rules), "--store", url)
    assert (again.out, again.err) == (first.out, "tiny is active already; nothing was changed\n")
    report = cli("reconcile", "--store", url, "--format", "json")
    assert (report.code, json.loads(report.out)["ok"]) == (0, True)


def test_a_store_must_be_named(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENTITLE_STORE", raising=False)
    code, _, err = cli("reconcile")
    assert code == 2
    assert "--store sqlite:///shop.db" in err


def test_a_fault_of_our_own_ends_with_three(cli: Cli, rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_path: Path) -> None:
        raise RuntimeError("the floor gave way")

    monkeypatch.setattr("entitle.dsl.load.load", broken)
    code, out, err = cli("check", str(rules))
    assert (code, out) == (3, "")
    assert "a fault of entitle's own" in err


def test_a_reader_that_leaves_early_is_no_fault(rules: Path) -> None:
    done = subprocess.run(
        f"'{sys.executable}' -m entitle schema | head -c 1",
        shell=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert done.stderr == ""


def test_the_checkout_has_the_same_tool() -> None:
    def help_of(*command: str) -> str:
        env = {**os.environ, "COLUMNS": "100"}
        done = subprocess.run(
            [sys.executable, *command, "--help"], capture_output=True, text=True, cwd=ROOT, env=env, check=True
        )
        return done.stdout.partition("\n\n")[2]

    assert help_of("cli.py") == help_of("-m", "entitle")
