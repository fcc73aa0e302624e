"""Tables of customers: what they may hold, in which types, and what is said of those that cannot be."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from entitle import FactError, UnknownName
from entitle.release import Release
from entitle.runtime.many.kinds import kinds
from tests.books import compiled
from tests.tables import Customer, disagreement

AT = datetime(2027, 1, 1, 10, tzinfo=UTC)
CONDITION = (
    "level < 9 and city in near and not (tags has staff) and spent < ¥50.00 and wait <= 30 days "
    "and born < 2010-01-01 and joined < now"
)
RULES = f"""\
entitle: 1
name: tables
timezone: America/New_York
currency: CNY
price_steps: {{level: each_unit, coupon: whole_order}}
max_codes: 2
facts:
  channel: {{type: [app, web], if_missing: ask}}
  level: {{type: 0..9, if_missing: 3}}
  city: {{type: text, if_missing: ask}}
  spent: {{type: money, if_missing: ¥0.00}}
  wait: {{type: duration, if_missing: 30 days}}
  born: {{type: date, if_missing: 2000-01-01}}
  joined: {{type: instant, if_missing: 2026-01-01 00:00}}
  tags: {{type: "set of [vip, staff]", if_missing: "[]"}}
  student: {{type: bool, if_missing: false}}
  device: {{type: key, if_missing: ask}}
  past_orders: {{count: orders, per: customer}}
lists:
  near: [bath, wells]
calendars:
  evenings: [{{days: [fri, sat], from: "18:00", until: "02:00"}}]
benefits:
  club: {{kind: access, name: Club}}
products:
  pass:
    name: Pass
    sell: {{channels: app, quantity: 1..5, if: "{CONDITION}"}}
    price: ¥10.00
    gives:
      - {{benefit: club}}
      - {{id: first, benefit: club, if: past_orders == 0 and now.weekday == fri and not student}}
    limits: [{{id: few, max: 4, per: device, in_each: lifetime}}]
  own:
    name: Own
    sell: {{if: device != customer}}
    price: ¥10.00
    gives: [{{benefit: club}}]
promotions:
  late: {{step: level, products: [pass], in: evenings, pay: 90%}}
  ten: {{step: coupon, products: [pass], code: TEN, if: level >= 5, minus: ¥1.01}}
  web-only: {{step: coupon, products: [own], code: OWN, minus: ¥1.00}}
"""
GOOD: dict[str, Any] = {"channel": ["app"], "city": ["bath"], "device": ["d-1"]}


@pytest.fixture(scope="module")
def release() -> Release:
    found = compiled(book=RULES)
    assert found.release is not None, [(each.code, each.span and each.span.text) for each in found.diagnostics]
    return found.release


def decided(release: Release, product: str = "pass", **columns: Any) -> list[dict[str, Any]]:
    table = pa.table({name.replace("__", "."): column for name, column in (GOOD | columns).items()})
    rows: list[dict[str, Any]] = release.decide_many(product, table, at=AT).to_pylist()
    return rows


# ---- what may be told


def test_rows_answer_in_their_order_with_what_is_kept(release: Release) -> None:
    many = 200_000
    table = pa.table({"id": range(many), "level": [n % 10 for n in range(many)]})
    told = {"channel": "app", "city": "wells", "device": "d"}
    found = release.decide_many("pass", table, at=AT, facts=told, keep=["id"])
    assert found.column_names[0] == "id"
    assert found["id"].to_pylist() == list(range(many))
    assert found["stage"].to_pylist() == ["eligible" if n % 10 == 9 else None for n in range(many)]


def test_what_holds_for_all_rows_is_as_if_each_told_it(release: Release) -> None:
    alone = decided(release, codes=[["TEN"]], level=[7], quantity=pa.array([2]))
    table = pa.table({"device": ["d-1"]})
    facts = {"channel": "app", "city": "bath", "level": 7}
    found = release.decide_many("pass", table, at=AT, quantity=2, codes=" ten", facts=facts)
    assert found.to_pylist() == alone
    assert (alone[0]["total"], alone[0]["offers"]) == (1899, ["ten"])


def test_what_nobody_tells_is_missing_or_not_counted_yet(release: Release) -> None:
    (row,) = decided(release, channel=pa.nulls(1), city=pa.nulls(1, pa.string()))
    assert (row["stage"], row["reasons"], row["rules"]) == ("missing", ["missing", "missing"], ["channel", "city"])
    assert (row["base"], row["total"], row["offers"], row["gives"]) == (None, None, [], [])
    assert decided(release)[0]["gives"] == ["club", "first"]
    assert decided(release, past_orders=[1])[0]["gives"] == ["club"]


def test_a_limit_counts_what_the_table_says_is_used(release: Release) -> None:
    table = pa.table(GOOD | {"limit.few": [4]})
    (row,) = release.decide_many("pass", table, at=AT).to_pylist()
    assert (row["stage"], row["reasons"], row["rules"]) == ("limits", ["limit"], ["few"])


@pytest.mark.parametrize(
    ("codes", "reasons"),
    [
        (["TEN"], []),
        (["OWN", "NO SUCH", "ten"], [("too-many-codes", "2")]),
        (["no such", "OWN"], [("unknown-code", "NO SUCH"), ("code-not-valid", "OWN")]),
        ([], []),
        (None, []),
    ],
)
def test_codes_that_are_no_use_are_named(release: Release, codes: list[str] | None, reasons: list[Any]) -> None:
    (row,) = decided(release, codes=pa.array([codes], pa.list_(pa.string())), level=[5])
    assert list(zip(row["reasons"], row["rules"], strict=True)) == reasons
    assert row["stage"] == ("price" if reasons else None)


MANY_TYPES: dict[str, list[Any]] = {
    "level": [pa.array([3], type_) for type_ in (pa.int8(), pa.uint64(), pa.int64())],
    "channel": [pa.array(["app"], type_) for type_ in (pa.string(), pa.large_string(), pa.string_view())]
    + [pa.array(["app"]).dictionary_encode()],
    "spent": [pa.array([4999]), pa.array([Decimal("49.99")], pa.decimal128(12, 2))],
    "joined": [
        pa.array([datetime(2026, 12, 1, tzinfo=UTC)], pa.timestamp(unit, "Asia/Shanghai")) for unit in ("s", "us", "ns")
    ],
    "wait": [pa.array([timedelta(days=30)], pa.duration(unit)) for unit in ("s", "us", "ns")],
    "born": [pa.array([date(2009, 12, 31)], type_) for type_ in (pa.date32(), pa.date64())],
    "tags": [pa.array([["vip"]], pa.list_(pa.string())), pa.array([[]], pa.large_list(pa.string()))],
}


@pytest.mark.parametrize(
    ("name", "column"), [(name, column) for name, columns in MANY_TYPES.items() for column in columns], ids=str
)
def test_a_fact_may_come_in_many_arrow_types(release: Release, name: str, column: Any) -> None:
    assert [row["stage"] for row in decided(release, **{name: column})] == [None]


@pytest.mark.parametrize("instant", [2**62, -(2**62), 253_402_297_200_000_000])
def test_an_instant_outside_the_calendar_is_told_with_its_row(release: Release, instant: int) -> None:
    column = pa.array([instant], pa.timestamp("us", "UTC"))
    with pytest.raises(FactError, match=r"^joined: .*\(row 1\)$"):
        decided(release, joined=column)


def test_duckdb_asks_and_is_asked(release: Release) -> None:
    relation = duckdb.sql("SELECT 'app' AS channel, 'bath' AS city, 'd' AS device, range AS level FROM range(9)")
    found = release.decide_many("pass", relation, at=AT)  # noqa: F841  # the next line reads it by its name
    assert duckdb.execute("SELECT gives, count(*) FROM found GROUP BY gives").fetchall() == [(["club", "first"], 9)]


def test_a_table_without_rows_has_an_answer_without_rows(release: Release) -> None:
    for columns in ({"level": pa.array([], pa.int64())}, {"codes": pa.array([], pa.string())}):
        found = release.decide_many("pass", pa.table(columns), at=AT)
        assert found.num_rows == 0
        assert found.column_names == ["stage", "reasons", "rules", "base", "floor", "pay", "total", "offers", "gives"]
    assert found.schema.metadata[b"entitle.currency"] == b"CNY"


def test_keys_are_compared_by_their_value(release: Release) -> None:
    table = pa.table({"device": ["a", "b"], "customer": ["a", "a"]})
    assert release.decide_many("own", table, at=AT)["stage"].to_pylist() == ["eligible", None]


def test_each_row_may_have_its_own_instant(release: Release) -> None:
    """Around midnights, evenings and both changes of the clocks in New York."""
    random = Random(1)
    starts = [datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), datetime(1950, 1, 6, tzinfo=UTC)]
    at = [
        int(start.timestamp()) * 1_000_000 + random.randint(0, 3 * 86_400_000_000)
        for start in starts
        for _ in range(150)
    ]
    told = {"channel": "app", "city": "bath", "device": "d"}
    stored = {"past_orders": 0, "limit.few": 0}
    customers = [Customer(each, told=told, stored=stored) for each in at]
    assert disagreement(release, release.products["pass"], customers) is None


# ---- what may not


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "out of range": ({"level": [10]}, "level: goes from 0 to 9; I got 10 (row 1)"),
    "far out of range": ({"level": pa.array([2**64 - 1], pa.uint64())}, "level: goes from 0 to 9; I got 184467"),
    "a float": ({"level": [3.0]}, "level: needs a column of whole numbers; this one is of double"),
    "another choice": ({"channel": ["shop"]}, "channel: is one of app, web; I got 'shop' (row 1)"),
    "an empty text": ({"city": [""]}, "city: is a text of 1 to 200 characters; I got '' (row 1)"),
    "a long key": ({"device": ["x" * 201]}, "device: is a text of 1 to 200 characters"),
    "an amount with three digits": (
        {"spent": pa.array([Decimal("1.000")], pa.decimal128(9, 3))},
        "spent: needs a column of amounts of CNY: whole minor units, or decimals with 2 digits after the point",
    ),
    "an amount as text": ({"spent": ["USD 5.00"]}, "spent: needs a column of amounts of CNY"),
    "a debt": ({"spent": [-1]}, "spent: goes from ¥0.00 to ¥10,000,000,000.00; I got −¥0.01 (row 1)"),
    "an instant without a zone": (
        {"joined": [datetime(2026, 1, 1)]},
        "joined: needs a column of timestamps with a time zone; this one is of timestamp[us]",
    ),
    "a number for a duration": ({"wait": [5]}, "wait: needs a column of durations; this one is of int64"),
    "a duration that is too long": (
        {"wait": pa.array([timedelta(days=80_000)], pa.duration("s"))},
        "wait: goes from 0 days to 73048 days 12:00:00; I got 80000 days",
    ),
    "an unknown member": ({"tags": [["vip", "boss"]]}, "tags: is one of vip, staff; I got 'boss' (row 1)"),
    "nothing in a set": ({"tags": [["vip", None]]}, "tags: is one of vip, staff; I got None (row 1)"),
    "a text for a set": ({"tags": ["vip"]}, "tags: needs a column of lists of texts; this one is of string"),
    "a fact that is always there": (
        {"past_orders": pa.array([None], pa.int64())},
        "past_orders: is never missing (row 1)",
    ),
    "too many units": ({"quantity": [6]}, "quantity: goes from 1 to 5; I got 6 (row 1)"),
    "an unknown column": ({"levle": [1]}, "levle: is no fact of these rules; there are born, channel, city"),
    "what follows from now": ({"now.weekday": ["fri"]}, "now.weekday: is no fact of these rules"),
    "an instant told twice": ({"now": pa.array([AT], pa.timestamp("us", "UTC"))}, "now: is told twice"),
    "an endless code": ({"codes": [["x" * 65]]}, "codes: are texts of 1 to 64 characters"),
    "a number as a code": ({"codes": [5]}, "codes: needs a column of texts, or of lists of them; this one is of int64"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_is_refused(release: Release, wrong: str) -> None:
    columns, said = WRONG[wrong]
    with pytest.raises(FactError) as refused:
        decided(release, **columns)
    assert str(refused.value).startswith(said)


def test_the_first_wrong_rows_are_named_wherever_they_are(release: Release) -> None:
    many = 150_000
    levels = [10 if n >= 140_000 and n % 2 else 3 for n in range(many)]
    table = pa.table({"level": levels})
    with pytest.raises(FactError, match=r"I got 10 \(rows 140002, 140004, 140006, 140008, 140010, …\)"):
        release.decide_many("pass", table, at=AT, facts={"channel": "app", "city": "bath", "device": "d"})


def test_what_is_said_for_all_rows_is_checked_too(release: Release) -> None:
    table = pa.table(GOOD)
    for facts, said in (
        ({"level": 10}, "level: goes from 0 to 9"),
        ({"nobody": 1}, "nobody: is no fact"),
        ({"now": AT}, "now: has an argument of its own"),
        ({"channel": "app"}, "channel: is told twice"),
    ):
        with pytest.raises(FactError, match=said):
            release.decide_many("pass", table, at=AT, facts=facts)
    with pytest.raises(FactError, match="level: goes from 0 to 9"):  # though nothing reads it
        release.decide_many("own", pa.table({"device": ["d"]}), at=AT, facts={"level": 10, "customer": "c"})
    with pytest.raises(FactError, match="now: is told neither"):
        release.decide_many("pass", table)
    with pytest.raises(FactError, match="id: is no column"):
        release.decide_many("pass", table, at=AT, keep=["id"])
    with pytest.raises(FactError, match="customer: is read by the rules"):
        release.decide_many("own", pa.table({"device": ["d"]}), at=AT)


def test_an_unknown_product_and_what_is_no_table(release: Release) -> None:
    with pytest.raises(UnknownName, match="no product is called `passs`; there are own, pass"):
        release.decide_many("passs", pa.table(GOOD), at=AT)
    with pytest.raises(TypeError, match="I got dict"):
        release.decide_many("pass", {"level": [1]}, at=AT)


# ---- kinds


def test_rows_alike_are_one_kind() -> None:
    rows = {"a": [5, -7, 5, -7] * 5, "b": [True, False, True, False] * 5, "c": ["x", "y", "x", "y"] * 5}
    found = kinds(pa.record_batch(rows))
    assert found is not None
    which, each = found
    assert len(each) == 2
    assert each.take(which).to_pydict() == rows


def test_rows_that_differ_are_kinds_of_their_own() -> None:
    assert kinds(pa.record_batch({"a": [*range(10), 0]})) is None
    assert kinds(pa.record_batch({"a": [0, 2**61] * 5, "b": [0, 2**61] * 5})) is None
