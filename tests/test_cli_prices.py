"""`explain` and `simulate` tell a price step by step, to people and to programs."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

import entitle
from entitle import Keys, Line, Payment, Who
from tests.test_cli import Cli

RULES = """\
entitle: 1
name: tea
timezone: Asia/Shanghai
currency: CNY
price_steps: {level: each_unit, threshold: whole_order}
facts:
  level: {type: 0..9, if_missing: 0}
benefits:
  tin: {kind: voucher, name: Tin}
products:
  tea:
    name: Tea
    sell: {quantity: 1..9}
    price: ¥44.00
    lasts: 1 month
    gives: [{benefit: tin}]
promotions:
  half: {step: level, products: all, pay: 50%, code: HALF, name: {zh: 半价, en: Half price}}
  over-100: {step: threshold, products: all, if: amount >= ¥100.00, minus: ¥30.00, budget: ¥500.00}
"""
AT = ("--at", "2027-01-01 10:00")


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("ENTITLE_LANG", "en")
    monkeypatch.setenv("COLUMNS", "160")
    return Cli(capsys, monkeypatch)


@pytest.fixture
def folder(tmp_path: Path) -> str:
    (tmp_path / "rulebook.yaml").write_text(RULES, encoding="utf-8")
    return str(tmp_path)


def rows(out: str) -> list[list[str]]:
    """The words of each line."""
    return [line.split() for line in out.splitlines()]


def test_a_price_is_explained_step_by_step(cli: Cli, folder: str) -> None:
    ran = cli("explain", "tea", folder, *AT, "-q", "3")
    assert ran.code == 0
    said = rows(ran.out)
    assert ["base", "price", "¥44.00", "rulebook.yaml:14"] in said
    assert ["×", "3", "¥132.00"] in said
    assert ["threshold", "over-100", "−¥30.00", "¥102.00", "¥132.00", "→", "¥102.00", "rulebook.yaml:19"] in said
    assert ["pays", "¥102.00"] in said


def test_what_is_missing_and_codes_that_are_no_use_are_explained(cli: Cli, folder: str) -> None:
    assert "+ `over-100`: ¥12.00 more for −¥30.00 rulebook.yaml:19" in cli("explain", "tea", folder, *AT, "-q", "2").out
    used = cli("explain", "tea", folder, *AT, "-q", "2", "--code", "half", "--lang", "zh")
    assert ["level", "half", "−¥22.00", "¥22.00", "rulebook.yaml:18"] in rows(used.out)
    assert "+ `over-100`：再加 ¥56.00 可减 ¥30.00" in used.out
    wrong = cli("explain", "tea", folder, *AT, "--code", "NONE")
    assert (wrong.code, "unknown-code there is no code `NONE`" in wrong.out) == (1, True)
    assert [line for line in wrong.out.splitlines() if line.startswith("tea")] == ["tea × 1"]  # one answer, not two


def test_a_price_is_explained_to_programs(cli: Cli, folder: str) -> None:
    ran = cli("explain", "tea", folder, *AT, "-q", "2", "--code", "HALF", "--format", "json")
    said = json.loads(ran.out)
    (line,) = said["lines"]
    (price,) = line["prices"]
    assert [(each["kind"], each["rule"], each["after"]["minor"]) for each in price["steps"]] == [
        ("base", "price", 4400),
        ("unit", "half", 2200),
        ("quantity", "", 4400),
    ]
    (note,) = said["notes"]
    assert (note["code"], note["more"]["minor"], note["off"]) == (
        "more-amount",
        5600,
        {"minor": 3000, "currency": "CNY"},
    )
    assert (said["stage"], said["at"], price["until"]) == (
        None,
        "2027-01-01T02:00:00+00:00",
        "2027-02-01T02:00:00+00:00",
    )


def test_a_simulation_tells_its_price_and_no_secrets(cli: Cli, folder: str) -> None:
    ran = cli("simulate", "tea", folder, *AT, "-q", "3", "--code", "HALF", "--days", "3")
    assert ["level", "half", "−¥22.00", "¥22.00", "rulebook.yaml:18"] in rows(ran.out)
    said = json.loads(cli("simulate", "tea", folder, *AT, "--code", "HALF", "--days", "3", "--format", "json").out)
    assert said["quote"]["total"] == {"minor": 2200, "currency": "CNY"}
    assert [each["rule"] for each in said["prices"][0]["steps"]] == ["price", "half"]
    assert said["held"]["2027-01-02"] == ["tin"]
    assert [(each["benefit"], "code" in each) for each in said["wallet"]["grants"]] == [("tin", False)]


def test_an_order_is_explained_as_it_was_decided(cli: Cli, folder: str, tmp_path: Path) -> None:
    url, ann, tea = f"sqlite:///{tmp_path / 'shop.db'}", Who("ann"), Line("tea", 3)
    now = datetime(2027, 1, 1, 2, tzinfo=UTC)
    with entitle.open(url, keys=Keys.from_text("k"), clock=lambda: now, create=True) as shop:
        shop.publish(entitle.load(folder))
        quote = shop.quote(ann, tea, codes="HALF").unwrap()
        paid = Payment(quote.total, "p")
        order = shop.buy(ann, tea, codes="HALF", key="o-1", agreed=quote, paid=paid).unwrap()
        found = shop.explain(order)
    assert found.lines[0].faithful
    assert (found.lines[0].prices, found.notes) == (quote.prices, quote.notes)
    ran = cli("explain", order.id, "--store", url)
    assert ["level", "half", "−¥22.00", "¥22.00", "rulebook.yaml:18"] in rows(ran.out)
