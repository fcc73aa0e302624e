"""`entitle prove`: its answers in every format, its exit codes, and tests saved from witnesses."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.test_cli import Cli
from tests.test_cli import cli as cli  # a fixture

RULES = """\
entitle: 1
name: tiny
timezone: Asia/Shanghai
currency: CNY
price_steps: {level: each_unit, coupon: each_unit}
facts:
  channel: {type: [app, web], if_missing: ask}
  level: {type: 0..9, if_missing: 0}
  tags: {type: "set of [vip, staff]", if_missing: "[]"}
  city: {type: text, if_missing: ask}
  joined: {type: instant, if_missing: 2026-01-01 00:00}
  age: {type: duration, if_missing: 0 days}
  spent: {type: money, if_missing: ¥0.00}
  past_orders: {count: orders, per: customer}
lists:
  south: [shenzhen]
benefits:
  club: {kind: access, name: Club}
  code: {kind: card_code, name: Code, pool: codes}
pools:
  codes: {of: card_codes}
products:
  pass:
    name: Pass
    sell: {if: city in south and joined >= 2026-02-01 00:00 and age > 2 days and spent > ¥1200.00, quantity: 1..3}
    price: ¥1000.00
    floor: [{otherwise: ¥800.00}]
    gives: [{benefit: club}, {benefit: code}]
promotions:
  gold: {step: level, products: [pass], if: level >= 5 and tags has vip and past_orders > 2, minus: ¥150.00}
  ten: {step: coupon, products: [pass], code: TEN, minus: ¥OFF}
"""
AT = ("--at", "2027-01-01 10:00")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "rules", "100.00")


def written(folder: Path, off: str) -> Path:
    folder.mkdir()
    (folder / "rulebook.yaml").write_text(RULES.replace("OFF", off), encoding="utf-8")
    return folder


def test_a_finding_ends_with_one_and_shows_a_customer(cli: Cli, folder: Path) -> None:
    ran = cli("prove", str(folder), *AT)
    assert ran.code == 1
    assert "lifted-to-floor: `pass` comes to ¥750.00, and the floor lifts it to ¥800.00" in ran.out
    assert "gold                 ¥850.00    rulebook.yaml:30" in ran.out
    assert ran.err.splitlines()[-1] == "7 answers: 1 finding, 0 not decided"


def test_a_sound_rulebook_ends_with_nothing(cli: Cli, tmp_path: Path) -> None:
    ran = cli("prove", str(written(tmp_path / "sound", "50.00")), *AT, "--lang", "zh")
    assert ran.code == 0
    assert "已证明: `pass` 没有任何顾客会被抬到底价；最接近的为 ¥800.00，高出底价 ¥0.00" in ran.out
    assert ran.err.splitlines()[-1] == "7 个答案：0 个问题，0 个无法确定"


def test_what_is_not_decided_ends_with_one(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    late = iter(range(0, 10**9, 100))
    monkeypatch.setattr("time.monotonic", lambda: float(next(late)))
    ran = cli("prove", str(folder), *AT)
    assert ran.code == 1
    assert "proved" not in ran.out
    assert "whether anybody is lifted to the floor is not decided: the time given ran out" in ran.out


def test_json_carries_the_witness(cli: Cli, folder: Path) -> None:
    found = json.loads(cli("prove", str(folder), *AT, "--format", "json").out)
    lifted = next(each for each in found["results"] if each["code"] == "lifted-to-floor")
    assert (lifted["answer"], lifted["severity"], lifted["line"]) == ("witness", "error", 27)
    assert lifted["witness"]["applied"] == ["gold", "ten"]
    assert [step["after"] for step in lifted["witness"]["steps"]] == [100000, 85000, 75000, 80000]
    assert {each["answer"] for each in found["results"]} == {"witness", "proved"}


def test_other_formats_tell_findings_alone(cli: Cli, folder: Path) -> None:
    assert cli("prove", str(folder), *AT, "--format", "github").out.startswith("::error file=")
    sarif = json.loads(cli("prove", str(folder), *AT, "--format", "sarif").out)
    assert [each["ruleId"] for each in sarif["runs"][0]["results"]] == ["lifted-to-floor"]
    suite = ElementTree.fromstring(cli("prove", str(folder), *AT, "--format", "junit").out)
    assert (suite.get("tests"), suite.get("failures")) == ("7", "1")


def test_quiet_prints_findings_alone(cli: Cli, folder: Path, tmp_path: Path) -> None:
    ran = cli("prove", str(folder), *AT, "--quiet")
    assert (ran.code, ran.out.startswith("rulebook.yaml:27:"), "proved: " in ran.out) == (1, True, False)
    assert ran.err == ""
    sound = cli("prove", str(written(tmp_path / "sound", "50.00")), *AT, "-q")
    assert sound == (0, "", "")


def test_only_one_product(cli: Cli, folder: Path) -> None:
    assert cli("prove", str(folder), *AT, "--product", "pass").code == 1
    wrong = cli("prove", str(folder), *AT, "--product", "pas")
    assert wrong.code == 2
    assert "pas" in wrong.err


def test_a_saved_test_passes_until_the_rules_change(cli: Cli, folder: Path) -> None:
    saved = folder / "found.yaml"
    assert cli("prove", str(folder), *AT, "--save-test", str(saved)).code == 1
    assert cli("test", str(folder)).err.splitlines()[-1] == "1 passed, 0 failed"
    assert cli("fmt", str(folder), "--check").code in (0, 1)  # it is a rule file like any other
    refused = cli("prove", str(folder), *AT, "--save-test", str(saved))
    assert (refused.code, refused.out) == (2, "")
    rules = folder / "rulebook.yaml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("¥100.00}", "¥90.00}"), encoding="utf-8")
    assert "expected charge ¥800.00, found charge" not in cli("test", str(folder)).out


@pytest.mark.parametrize(
    ("was", "narrow", "said"),
    [
        ("joined >= 2026-02-01 00:00", "joined > 2026-02-01 00:00 and joined < 2026-02-01 00:01", "1 passed, 0 failed"),
        (
            "age > 2 days",
            "age > 2 days and age < 2881 minutes",
            "the rulebook has no tests",
        ),  # none can say so short a time
    ],
)
def test_what_is_saved_can_be_read(cli: Cli, folder: Path, was: str, narrow: str, said: str) -> None:
    rules = folder / "rulebook.yaml"
    rules.write_text(rules.read_text(encoding="utf-8").replace(was, narrow), encoding="utf-8")
    assert cli("prove", str(folder), *AT, "--save-test", str(folder / "found.yaml")).code == 1
    told = cli("test", str(folder))
    assert (told.code, told.err.splitlines()[-1]) == (0, said), told


def test_customers_of_notes_are_saved_where_they_are_asked_for(cli: Cli, folder: Path) -> None:
    saved = folder / "found.yaml"
    assert cli("prove", str(folder), *AT, "--save-test", str(saved), "--save-notes").code == 1
    assert cli("test", str(folder)).err.splitlines()[-1] == "2 passed, 0 failed"


def test_without_the_extra_it_says_what_to_install(folder: Path) -> None:
    arguments = ["entitle", "prove", str(folder)]
    code = f"import sys; sys.modules['z3'] = None; sys.argv = {arguments!r}\nfrom entitle.cli import main; main()"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == 'entitle: proofs need the solver z3: pip install "entitle[prove]"\n'


TWO_BILLS = """\
entitle: 1
name: two
timezone: Asia/Shanghai
currency: CNY
price_steps: {coupon: each_unit, order: whole_order}
benefits:
  club: {kind: access, name: Club}
products:
  p: {name: P, price: ¥30.00, sell: {quantity: 1..3}, gives: [{benefit: club}]}
promotions:
  new: {step: coupon, products: [p], code: NEW, minus: ¥2.00}
  over-90: {step: order, products: [p], if: amount >= ¥90.00, minus: ¥20.00}
"""


def test_two_bills_stand_side_by_side(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "two"
    folder.mkdir()
    (folder / "rulebook.yaml").write_text(TWO_BILLS, encoding="utf-8")
    saved = folder / "found.yaml"
    told = json.loads(cli("prove", str(folder), *AT, "--format", "json", "--save-test", str(saved)).out)
    found = next(each for each in told["results"] if each["code"] == "dearer-code")
    assert [(each["codes"], each["pays"]) for each in (found["witness"], found["beside"])] == [
        (["NEW"], 8400),
        ([], 7000),
    ]
    assert cli("test", str(folder)).err.splitlines()[-1] == "2 passed, 0 failed"
    sarif = json.loads(cli("prove", str(folder), *AT, "--format", "sarif").out)
    assert [each["ruleId"] for each in sarif["runs"][0]["results"]] == ["dearer-code"]
    failed = ElementTree.fromstring(cli("prove", str(folder), *AT, "--format", "junit").out).find("testcase/failure")
    assert failed is not None
    assert str(failed.text).count("pays") == 2
