"""`explain` and `simulate`: what can be told to them, and what they answer in both languages."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from entitle import Line
from entitle.cli.show import local, show_year
from entitle.testing.simulation import Habits, Simulation, simulate
from entitle.values.zone import zone_table
from tests.shops import RULES as SAMPLE
from tests.shops import sample, shanghai
from tests.test_cli import Cli, Ran

RULES = """\
entitle: 1
name: tiny
timezone: Asia/Shanghai
currency: CNY
facts:
  channel: {type: [app, web], if_missing: ask}
  city: {type: text, if_missing: ask}
  wait: {type: duration, if_missing: 30 days}
  tags: {type: "set of [vip, staff]", if_missing: "[]"}
  level: {type: 0..9, if_missing: 0}
  vip: {type: bool, if_missing: false}
  seen: {type: instant, if_missing: 2026-01-01 10:00}
  born: {type: date, if_missing: 2026-01-01}
  past_orders: {count: orders, per: customer}
  spent: {sum: paid, in: charges, per: customer, within: 30 days}
benefits:
  club: {kind: access, name: Club}
products:
  first:
    name: First
    sell: {if: past_orders == 0 and spent < ¥50.00, quantity: 2..5}
    price: ¥10.00
    lasts: 1 year
    gives: [{benefit: club, during: paid time}]
  early:
    name: Early
    sell: {if: now < 2001-01-01 00:00}
    price: ¥10.00
    gives: [{benefit: club}]
  local:
    name: Local
    sell: {if: city == "bath" and wait < 30 days and not (tags has vip)}
    price: ¥10.00
    gives: [{benefit: club}]
"""
AT = ("--at", "2027-01-01 10:00")
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("ENTITLE_LANG", "en")
    monkeypatch.setenv("COLUMNS", "160")
    return Cli(capsys, monkeypatch)


@pytest.fixture
def folder(tmp_path: Path) -> str:
    (tmp_path / "rulebook.yaml").write_text(RULES, encoding="utf-8")
    return str(tmp_path)


def asked(cli: Cli, verb: str, product: str, folder: str, *facts: str, more: tuple[str, ...] = ()) -> Ran:
    return cli(verb, product, folder, *AT, *(each for fact in facts for each in ("-f", fact)), *more)


@pytest.mark.parametrize(("quantity", "code"), [("-3", 1), ("0", 1), ("1", 1), ("2", 0), ("5", 0), ("6", 1)])
def test_a_quantity_that_is_not_sold_is_no_yes(cli: Cli, folder: str, quantity: str, code: int) -> None:
    ran = asked(cli, "explain", "first", folder, more=("-q", quantity))
    assert ran.code == code
    assert ("`first` is sold in quantities of 2..5; asked for " + quantity in ran.out) == bool(code)


@pytest.mark.parametrize("verb", ["explain", "simulate"])
@pytest.mark.parametrize(
    ("facts", "code"),
    [(["past_orders=0"], 0), (["past_orders=1"], 1), (["spent=¥49.99"], 0), (["spent=¥50.00", "past_orders=0"], 1)],
)
def test_measures_can_be_told(cli: Cli, folder: str, verb: str, facts: list[str], code: int) -> None:
    ran = asked(cli, verb, "first", folder, *facts, more=("-q", "2"))
    assert ran.code == code
    assert ("not-eligible the rules" in ran.out) == bool(code)


def test_a_measure_is_read_as_what_it_is(cli: Cli, folder: str) -> None:
    assert (
        asked(cli, "explain", "first", folder, "spent=much", more=("-q", "2")).err
        == "entitle: spent: is an amount of money like `¥25.00`; I got `much`\n"
    )
    unknown = asked(cli, "explain", "first", folder, "shoes=44", more=("-q", "2")).err
    assert unknown.endswith("there are born, channel, city, level, past_orders, seen, spent, tags, vip, wait\n")


def test_values_are_told_as_people_write_them(cli: Cli, folder: str) -> None:
    ran = asked(cli, "explain", "local", folder, "city=york", "wait=51 hours")
    assert "city is a text that no rule names, tags is none, wait is 2 days 3 hours" in ran.out
    chinese = asked(cli, "explain", "local", folder, "city=york", "wait=51 hours", more=("--lang", "zh"))
    assert "city 为 规则未提到的文本，tags 为 空，wait 为 2 天 3 小时" in chinese.out


@pytest.mark.parametrize("past", ["0", "1"])
@pytest.mark.parametrize("verb", ["explain", "simulate"])
def test_chinese_is_spoken_throughout(cli: Cli, folder: str, verb: str, past: str) -> None:
    english = asked(cli, verb, "first", folder, f"past_orders={past}", more=("-q", "2"))
    chinese = asked(cli, verb, "first", folder, f"past_orders={past}", more=("-q", "2", "--lang", "zh"))
    assert chinese.code == english.code
    assert not HAN.search(english.out + english.err)
    for text in ("yes", "no, at", "Step", "step", "value", "when", "until", "left", "charge ", "events;", "agree"):
        assert not re.search(rf"(^|\s){text}", chinese.out + chinese.err, re.MULTILINE), text


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (
            "shoes=44",
            "shoes: 没有规则声明它；已有 born、channel、city、level、past_orders、seen、spent、tags、vip、wait",
        ),
        ("channel=kiosk", "channel: 应为 以下之一：app、web；收到 'kiosk'"),
        ("city=" + "x" * 201, "city: 应为 1 到 200 个字符的文本；收到 '" + "x" * 59 + "… (60/203)"),
        ("city", "事实写作 name=value；收到 `city`"),
        ("=bath", "事实写作 name=value；收到 `=bath`"),
    ],
)
def test_facts_that_cannot_be_are_told_in_chinese(cli: Cli, folder: str, facts: str, said: str) -> None:
    ran = asked(cli, "explain", "local", folder, facts, more=("--lang", "zh"))
    assert (ran.code, ran.err) == (2, f"entitle: {said}\n")


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (["channel=kiosk"], "channel: is one of app, web; I got 'kiosk'"),
        (["level=12"], "level: goes from 0 to 9; I got 12"),
        (["level=high"], "level: is a number from 0 to 9; I got `high`"),
        (["level=1", "level=2"], "level: is told twice; `2` is the second"),
        (["past_orders=1", "past_orders=1"], "past_orders: is told twice; `1` is the second"),
        (["vip=yes"], "vip: is true or false; I got 'yes'"),
        (["tags=vip,boss"], "tags: is one of vip, staff; I got 'boss'"),
        (["wait=soon"], "wait: is a duration like `30 days`; I got `soon`"),
        (["born=1985-02-03"], "born: is a date like `2026-12-01` (years go from 2000 to 2100); I got `1985-02-03`"),
        (
            ["seen=2026-02-30 10:00"],
            "seen: is a moment like `2026-12-01 20:00` (2026-02 has 28 days); I got `2026-02-30 10:00`",
        ),
    ],
)
def test_a_fact_that_cannot_be_gets_the_sentence_of_the_library(
    cli: Cli, folder: str, facts: list[str], said: str
) -> None:
    ran = asked(cli, "explain", "local", folder, *facts)
    assert (ran.code, ran.err) == (2, f"entitle: {said}\n")


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("1999-12-31 23:59", "`1999-12-31 23:59` is no time: years go from 2000 to 2100"),
        ("2101-01-01 00:00", "`2101-01-01 00:00` is no time: years go from 2000 to 2100"),
        ("2027-01-01T10:00", "`2027-01-01T10:00` is no time: write `2027-01-01 10:00`"),
        ("tomorrow", "`tomorrow` is no time: write it like 2026-12-31 10:00"),
    ],
)
def test_a_time_that_cannot_be_is_told(cli: Cli, folder: str, at: str, said: str) -> None:
    ran = cli("explain", "local", folder, "--at", at)
    assert (ran.code, ran.err) == (2, f"entitle: {said}\n")


def test_what_is_read_is_shown_to_the_second(cli: Cli, folder: str) -> None:
    """Without `--at` it is now, which has microseconds that nobody asked for."""
    out = cli("explain", "early", folder).out
    assert re.search(r"\(now is 20\d\d-\d\d-\d\d \d\d:\d\d(:\d\d)?\)", out)


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--fails", "0"], 2, "'--fails'"),
        (["--cancels-after", "-1"], 2, "'--cancels-after'"),
        (["--claims-after", "-1"], 2, "'--claims-after'"),
        (["--fails", "1"], 0, "charge 1 is the purchase itself, which was paid\n"),
        (["--fails", "2", "--fails", "40"], 0, "charge 40 did not come up in this time\n"),
        (["--cancels-after", "400"], 0, "there was nothing to cancel on that day\n"),
        (["--fails", "2", "--cancels-after", "40"], 0, ""),
    ],
)
def test_habits_that_come_to_nothing_are_told(cli: Cli, more: list[str], code: int, said: str) -> None:
    ran = cli("simulate", "starlight-monthly", str(SAMPLE), "-f", "channel=app", *AT, *more)
    assert (ran.code, said in ran.err) == (code, True)
    assert code or ran.err.count("\n") == 1 + bool(said)


@pytest.mark.parametrize("more", [["-f", "channel=app"], [*AT], ["-q", "2"]])
def test_what_an_order_that_was_decided_cannot_take_is_refused(cli: Cli, more: list[str]) -> None:
    ran = cli("explain", "ord_1", "--store", "memory:", *more)
    assert (ran.code, "was decided already" in ran.err) == (2, True)


def test_times_are_those_of_the_releases_own_table() -> None:
    """A zone whose law changed after the release was made still shows what the release decides by."""
    tokyo = zone_table("Asia/Tokyo")
    assert tokyo is not None
    release = replace(sample(), zone=replace(tokyo, name="Asia/Shanghai"))
    assert local(datetime(2027, 1, 1, 2, 30, tzinfo=UTC), release) == "2027-01-01 11:30"
    habits = Habits()
    lived = simulate(release, Line("starlight-year"), {"channel": "app"}, shanghai("2026-12-24 23:30"), 1, habits)
    assert isinstance(lived, Simulation)
    out = StringIO()
    show_year(Console(file=out, width=120), replace(lived, held={date(2026, 12, 25): ()}), release, "en")
    assert "2026-12                          $" in out.getvalue()


def test_explain_and_simulate_of_what_comes_out_of_a_pool(cli: Cli, tmp_path: Path) -> None:
    """What nobody told of a pool is that it is full; told to be empty, it is sold out; a guard's no has its reason."""
    (tmp_path / "rulebook.yaml").write_text(POOLED, encoding="utf-8")
    folder = str(tmp_path)
    assert asked(cli, "explain", "card", folder).code == 0
    empty = asked(cli, "explain", "card", folder, "free.coffee=0")
    assert (empty.code, "sold-out" in empty.out) == (1, True)
    stopped = asked(cli, "explain", "card", folder, "customer.level=9")
    assert (stopped.code, "this cannot be done now" in stopped.out) == (1, True)
    lived = asked(cli, "simulate", "card", folder, more=("--days", "15"))
    assert (lived.code, "grant.revealed" in lived.out, "pool.filled" in lived.out) == (0, True, False)


POOLED = """\
entitle: 1
name: pooled
timezone: Asia/Shanghai
currency: CNY
facts:
  customer.level: {type: 0..9, if_missing: 0}
pools:
  coffee: {of: card_codes}
benefits:
  coffee-code: {kind: card_code, name: Coffee, pool: coffee}
products:
  card: {name: Card, price: ¥10.00, gives: [{benefit: coffee-code}]}
guards:
  nobody: {check_at: [purchase], block_if: customer.level == 9}
"""
