"""`entitle decide`: files of customers in, files of answers out, and what is said of files that cannot be."""

import csv
import io
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.test_cli import Cli
from tests.test_cli import cli as cli  # a fixture

RULES = """\
entitle: 1
name: tiny
timezone: Asia/Shanghai
currency: CNY
price_steps: {level: each_unit}
facts:
  channel: {type: [app, web], if_missing: ask}
  level: {type: 0..9, if_missing: 0}
  spent: {type: money, if_missing: ¥0.00}
  joined: {type: instant, if_missing: 2026-01-01 00:00}
  wait: {type: duration, if_missing: 0 days}
  tags: {type: "set of [vip, staff]", if_missing: "[]"}
  student: {type: bool, if_missing: false}
  born: {type: date, if_missing: 2000-01-01}
  past_orders: {count: orders, per: customer}
benefits:
  club: {kind: access, name: Club}
products:
  pass:
    name: Pass
    sell:
      channels: app
      if: spent < ¥50.00 and joined < now and wait < 2 days and not (tags has staff) and born < 2010-01-01
    price: ¥10.00
    gives: [{benefit: club, if: past_orders == 0 or student}]
promotions:
  ten: {step: level, products: all, code: TEN, if: level >= 3, minus: ¥1.00}
"""
AT = ("--at", "2027-01-01 10:00")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rulebook.yaml").write_text(RULES, encoding="utf-8")
    return tmp_path


def told(folder: Path, text: str, name: str = "customers.csv") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


CELLS = """\
id,channel,level,spent,joined,wait,tags,student,born,codes,past_orders
1,app,5,¥49.99,2026-12-31 10:00,1 day,vip,true,2009-12-31,ten,7
2,app,2,50.00,,,,,,,1
3,app,,,2027-01-01 10:00,,,,,,1
4,app,,,,2 days,,,,,1
5,app,,,,,"vip,staff",,,,1
6,app,,,,,,,2010-01-01,,1
7,,,,,,,,,,1
8,app,9,0.00,,,[],false,,"TEN no-such",0
"""


def test_cells_are_read_as_the_rules_write_them(cli: Cli, folder: Path) -> None:
    ran = cli("decide", "pass", str(folder / "rules"), "--from", told(folder, CELLS), "--keep", "id", *AT)
    assert ran.code == 0
    found = rows(ran.out)
    assert [row["id"] for row in found] == [*"12345678"]
    assert [row["stage"] for row in found] == ["", *["eligible"] * 5, "missing", "price"]
    assert (found[0]["total"], found[0]["offers"], found[0]["gives"]) == ("900", "ten", "club")
    assert (found[7]["reasons"], found[7]["rules"], found[7]["total"]) == ("too-many-codes", "1", "")
    assert ran.err == "8 customers: 1 may buy, 7 may not (eligible 5, missing 1, price 1)\n"


def test_what_is_said_once_holds_for_all(cli: Cli, folder: Path) -> None:
    source = told(folder, "id\na\nb\n")
    said = ("-f", "channel=app", "-f", "level=3", "--code", "ten", "-f", "past_orders=1", "--lang", "zh")
    ran = cli("decide", "pass", str(folder / "rules"), "--from", source, "--keep", "id", *said, *AT)
    assert [(row["id"], row["total"], row["gives"]) for row in rows(ran.out)] == [("a", "900", ""), ("b", "900", "")]
    assert ran.err == "2 位顾客：2 位可购买，0 位不可\n"


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_files_of_both_kinds_say_the_same(cli: Cli, folder: Path, ending: str) -> None:
    table = pa.table(
        {
            "id": range(100_000),
            "channel": pa.array(["app", None, "web", "app"] * 25_000),
            "now": pa.array([datetime(2026, 1, 1, tzinfo=UTC)] * 100_000, pa.timestamp("ms", "UTC")),
        }
    )
    source, target = folder / "customers.parquet", folder / f"out.{ending}"
    pa.parquet.write_table(table, source, row_group_size=30_000)
    ran = cli("decide", "pass", str(folder / "rules"), "--from", str(source), "--to", str(target), "--keep", "id")
    assert (ran.code, ran.out) == (0, "")
    if ending == "csv":
        found = [(row["id"], row["stage"]) for row in rows(target.read_text(encoding="utf-8"))]
    else:
        answers = pa.parquet.read_table(target)
        found = [(str(row["id"]), row["stage"] or "") for row in answers.select(["id", "stage"]).to_pylist()]
    assert found == [(str(n), ["", "missing", "sale", ""][n % 4]) for n in range(100_000)]
    assert list(folder.glob("*.part")) == []


def test_an_instant_tells_its_zone_or_is_of_the_rulebooks(cli: Cli, folder: Path) -> None:
    same = ("2027-01-05 10:00", "2027-01-05T02:00:00Z", "2027-01-05 02:00:00.000000Z", "2027-01-05T03:30+01:30")
    source = told(folder, "\n".join(["now", *same, ""]))
    ran = cli("decide", "pass", str(folder / "rules"), "--from", source, "--keep", "now", "-f", "channel=app")
    assert ran.code == 0
    assert [row["now"] for row in rows(ran.out)] == ["2027-01-05 02:00:00.000000Z"] * 4


WRONG = {
    "an unknown column": ("channl\napp\n", "entitle: channl: is no fact of these rules; there are born, channel"),
    "a number out of range": ("level\n3\n12\n", "entitle: level: goes from 0 to 9; I got 12 (row 2)"),
    "no number": ("level\n3\n3.5\n", "entitle: level: cannot be `3.5` (row 2)"),
    "another currency": ("spent\nUSD 5.00\n", "entitle: spent: cannot be `USD 5.00` (row 1)"),
    "an amount without its digits": ("spent\n5\n", "entitle: spent: cannot be `5` (row 1)"),
    "no instant": ("joined\n2026-13-01 10:00\n", "entitle: joined: cannot be `2026-13-01 10:00` (row 1)"),
    "no instant that can be": (
        "joined\n0001-01-01T00:00+01:00\n",
        "entitle: joined: cannot be `0001-01-01T00:00+01:00` (row 1)",
    ),
    "another choice": ("channel\n\nshop\n", "entitle: channel: is one of app, web; I got 'shop' (row 1)"),
    "no count": ("past_orders,level\n1,1\n,1\n", "entitle: past_orders: is never missing (row 2)"),
    "a column twice": ("level,level\n1,1\n", "entitle: level: is told twice"),
    "nothing": ("", "entitle: {source} is empty: its first line names the columns"),
    "a row with a cell too many": ("level\n1\n1,2\n", "entitle: {source} is no table: CSV parse error: "),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_ends_with_2_and_leaves_no_file(cli: Cli, folder: Path, wrong: str) -> None:
    text, said = WRONG[wrong]
    source, target = told(folder, text), folder / "out.parquet"
    ran = cli("decide", "pass", str(folder / "rules"), "--from", source, "--to", str(target), *AT)
    assert ran.err.startswith(said.format(source=source))
    assert (ran.code, ran.out) == (2, "")
    assert sorted(path.name for path in folder.iterdir()) == ["customers.csv", "rules"]


def test_what_a_late_row_spoils_leaves_the_old_answers(cli: Cli, folder: Path) -> None:
    source = told(folder, "level\n" + "3\n" * 200_000 + "12\n")
    target = told(folder, "old", "out.csv")
    ran = cli("decide", "pass", str(folder / "rules"), "--from", source, "--to", target, *AT)
    assert (ran.code, ran.err) == (2, "entitle: level: goes from 0 to 9; I got 12 (row 200001)\n")
    assert Path(target).read_text(encoding="utf-8") == "old"


def test_files_that_are_no_tables(cli: Cli, folder: Path) -> None:
    good, fake = told(folder, "level\n1\n"), told(folder, "no parquet", "fake.parquet")
    latin = folder / "latin.csv"
    latin.write_bytes("channel\nà\n".encode("latin-1"))
    for source, target, said in (
        (good, "out.xlsx", "out.xlsx is neither .parquet nor .csv"),
        (str(folder / "rules"), "-", "rules is neither .parquet nor .csv"),
        (str(folder / "none.csv"), "-", "none.csv: no such file or directory"),
        (fake, "-", "is no Parquet file"),
        (str(latin), "-", "is not UTF-8"),
    ):
        ran = cli("decide", "pass", str(folder / "rules"), "--from", source, "--to", target, *AT)
        assert ran.code == 2
        assert said in ran.err
    ran = cli("decide", "passs", str(folder / "rules"), "--from", good)
    assert (ran.code, ran.err) == (2, "entitle: no product is called `passs`; there are pass\n")


def test_without_the_extra_one_line_says_how_to_get_it(folder: Path) -> None:
    arguments = ["entitle", "decide", "pass", str(folder / "rules"), "--from", told(folder, "level\n1\n")]
    for missing in ("duckdb", "pyarrow"):
        blocked = f"import sys; sys.modules[{missing!r}] = None; sys.argv = {arguments!r}"
        code = f"{blocked}\nfrom entitle.cli import main; main()"
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert ran.returncode == 2
        assert ran.stderr == f'entitle: tables need {missing}: pip install "entitle[bulk]"\n'
