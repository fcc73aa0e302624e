"""Behind the guards: every CHECK, UNIQUE, reference and type is seen to refuse, in the database itself too."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from entitle.contract_records import Follower, PlanChange
from entitle.errors import StoreError
from entitle.hold_records import Hold, Kept
from entitle.identity import KEYS, UNIQUE
from entitle.plan import Add, Effect, Insert, Store, Update
from entitle.records import (
    Activation,
    Active,
    CardCode,
    Charge,
    Contract,
    Count,
    Customer,
    Entry,
    Event,
    Grant,
    Job,
    Order,
    OrderLine,
    OrderUnit,
    Posting,
    Redemption,
    Refund,
    Sighting,
    Stock,
    Use,
)
from entitle.relay_records import DeadLetter, Delivery, Endpoint
from entitle.review_records import ReviewCase
from entitle.seal_records import Seal, SealedLeaf
from entitle.secret_records import FailedTries
from entitle.stock_records import CountPart, StockLot, StockPart
from entitle.store.connections import connect
from entitle.store.constraints import CHECKS, REFERENCES
from entitle.store.sqlite import SqliteStore
from entitle.store.tables import NAMES
from tests.store.rows import FAMILY, GRANT, ROWS, books, done

BROKEN: list[tuple[type, str, dict[str, Any]]] = [
    (Customer, "seq_least", {"seq": -1}),
    (Customer, "events_least", {"events": -1}),
    (Active, "slot_known", {"slot": "other"}),
    (Active, "since_least", {"since": -1}),
    (Activation, "slot_known", {"slot": "other"}),
    (Activation, "n_least", {"n": 0}),
    (Order, "total_least", {"total": -1}),
    (Order, "currency_length", {"currency": "¥"}),
    (OrderLine, "line_least", {"line": -1}),
    (OrderLine, "amount_least", {"amount": -1}),
    (OrderLine, "quantity_least", {"quantity": 0}),
    (OrderUnit, "line_least", {"line": -1}),
    (OrderUnit, "unit_least", {"unit": -1}),
    (OrderUnit, "pay_least", {"pay": -1}),
    (Contract, "quantity_least", {"quantity": 0}),
    (Contract, "paid_least", {"paid": -1}),
    (Contract, "period_end_not_before", {"period_end": 4}),
    (Contract, "state_known", {"state": "over"}),
    (Follower, "activation_least", {"activation": 0}),
    (PlanChange, "activation_least", {"activation": 0}),
    (PlanChange, "amount_least", {"amount": -1}),
    (PlanChange, "state_known", {"state": "over"}),
    (Charge, "n_least", {"n": 0}),
    (Charge, "amount_least", {"amount": -1}),
    (Charge, "attempt_least", {"attempt": -1}),
    (Charge, "lease_until_least", {"lease_until": -1}),
    (Charge, "state_known", {"state": "late", "next_at": None}),
    (Charge, "settled_is_over", {"state": "paid"}),
    (Grant, "n_least", {"n": 0}),
    (Grant, "quantity_least", {"quantity": 0}),
    (Grant, "line_least", {"line": -1}),
    (Grant, "unit_least", {"unit": -1}),
    (Grant, "used_least", {"used": -1}),
    (Grant, "window_least", {"window": -1}),
    (Grant, "used_within_capacity", {"used": 3}),
    (Grant, "valid_until_not_before", {"valid_until": 4}),
    (Grant, "state_known", {"state": "lost"}),
    (Redemption, "amount_least", {"amount": 0}),
    (Redemption, "reversed_at_not_before", {"reversed_at": 5}),
    (Refund, "charge_least", {"charge": 0}),
    (Refund, "unit_least", {"unit": -1}),
    (Refund, "line_least", {"line": -1}),
    (Refund, "paid_least", {"paid": -1, "amount": -1}),
    (Refund, "amount_least", {"amount": -1}),
    (Refund, "amount_within_paid", {"amount": 2501}),
    (Refund, "last_known", {"last": "all"}),
    (Count, "used_least", {"used": -1}),
    (CountPart, "part_least", {"part": 0}),
    (CountPart, "free_least", {"free": -1}),
    (Use, "line_least", {"line": -1}),
    (Use, "units_least", {"units": -1}),
    (Use, "until_not_before", {"until": 4}),
    (Sighting, "amount_least", {"amount": -1}),
    (Sighting, "gone_at_not_before", {"gone_at": 4}),
    (Stock, "free_least", {"free": -1}),
    (StockPart, "part_least", {"part": 0}),
    (StockPart, "free_least", {"free": -1}),
    (StockLot, "cost_least", {"cost": -1}),
    (CardCode, "n_least", {"n": 0}),
    (CardCode, "gone_unsold", {"gone_at": 5}),
    (CardCode, "stream_with_grant", {"grant": None}),
    (CardCode, "grant_with_stream", {"stream": None}),
    (FailedTries, "failed_least", {"failed": -1}),
    (Hold, "activation_least", {"activation": 0}),
    (Hold, "total_least", {"total": -1}),
    (Hold, "expires_at_after", {"expires_at": 5}),
    (Hold, "state_known", {"state": "over"}),
    (Kept, "units_least", {"units": 0}),
    (ReviewCase, "until_after", {"until": 5}),
    (ReviewCase, "unanswered_known", {"unanswered": "wait"}),
    (ReviewCase, "until_has_an_answer", {"unanswered": ""}),
    (ReviewCase, "state_known", {"state": "over", "resolved_at": 6}),
    (ReviewCase, "pending_is_open", {"resolved_at": 6}),
    (ReviewCase, "resolved_is_dated", {"state": "approved"}),
    (Entry, "seq_least", {"seq": 0}),
    (Posting, "line_least", {"line": -1}),
    (Posting, "amount_moves", {"amount": 0}),
    (Event, "number_least", {"number": 0}),
    (Event, "position_least", {"position": 0}),
    (Endpoint, "position_least", {"position": -1}),
    (Endpoint, "next_at_least", {"next_at": -1}),
    (Delivery, "again_least", {"again": -1}),
    (Delivery, "done_least", {"done": -1}),
    (Delivery, "attempt_least", {"attempt": -1}),
    (Delivery, "done_within_last", {"done": 2, "next_at": None}),
    (Delivery, "what_waits_is_due", {"next_at": None}),
    (Delivery, "nothing_waits_when_done", {"done": 1}),
    (DeadLetter, "number_least", {"number": 0}),
    (DeadLetter, "tries_least", {"tries": 0}),
    (DeadLetter, "state_known", {"state": "lost"}),
    (Job, "n_least", {"n": 0}),
    (Seal, "n_least", {"n": 0}),
    (Seal, "count_least", {"count": 0}),
    (Seal, "since_least", {"since": -1}),
    (Seal, "position_after_since", {"position": 0}),
    (SealedLeaf, "place_least", {"place": -1}),
    (SealedLeaf, "number_least", {"number": 0}),
    (SealedLeaf, "kind_known", {"kind": "leaf"}),
]
GUARDED = [each for each in BROKEN if each[:2] != (Event, "position_least")]  # the store gives positions itself
ALLOWED: list[tuple[type, dict[str, Any]]] = [
    (Contract, {"period_end": None}),
    (Contract, {"period_end": 5}),
    (Follower, {"activation": None}),
    (Charge, {"state": "paid", "next_at": None}),
    (Charge, {"state": "pending", "next_at": None}),
    (Grant, {"active_from": None}),
    (Grant, {"valid_until": None, "used": 2}),
    (Grant, {"valid_until": 5, "contract": None}),
    (Redemption, {"reversed_at": 6}),
    (Use, {"until": 5, "units": 0}),
]


@pytest.fixture
def connection(sqlite_store: SqliteStore, path: Path) -> Iterator[sqlite3.Connection]:
    """Straight to a database with one row in each table."""
    done(sqlite_store, *FAMILY)
    with closing(connect(path, 1, {})) as connection:
        yield connection


def change(connection: sqlite3.Connection, table: type, changes: dict[str, Any]) -> None:
    places = ", ".join(f'"{column}" = ?' for column in changes)
    connection.execute(f"UPDATE {NAMES[table]} SET {places}", list(changes.values()))


def insert(connection: sqlite3.Connection, row: Any) -> None:
    values = [getattr(row, each.name) for each in fields(row)]
    connection.execute(f"INSERT INTO {NAMES[type(row)]} VALUES ({', '.join('?' * len(values))})", values)


def key_of(row: Any) -> tuple[Any, ...]:
    return tuple(getattr(row, column) for column in KEYS[type(row)])


def test_every_check_is_tried() -> None:
    assert [(table, name) for table, name, _ in BROKEN] == [
        (table, check.name) for table, checks in CHECKS.items() for check in checks
    ]


@pytest.mark.parametrize(("table", "name", "changes"), BROKEN, ids=lambda value: getattr(value, "__name__", None))
def test_the_database_checks(connection: sqlite3.Connection, table: type, name: str, changes: dict[str, Any]) -> None:
    connection.execute("PRAGMA foreign_keys = 0")
    with pytest.raises(sqlite3.IntegrityError, match=f"CHECK constraint failed: ck_{NAMES[table]}_{name}$"):
        change(connection, table, changes)


@pytest.mark.parametrize(("table", "name", "changes"), GUARDED, ids=lambda value: getattr(value, "__name__", None))
def test_a_row_that_breaks_a_rule_is_refused(store: Store, table: type, name: str, changes: dict[str, Any]) -> None:
    done(store, *FAMILY)
    before = books(store)
    broken: list[Effect] = [Insert(replace(ROWS[table], **changes))]
    if not set(changes) & set(KEYS[table]):
        broken.append(Update(table, key_of(ROWS[table]), changes))
    told = "(paid|amount)_least" if name == "paid_least" and table is Refund else name  # both are broken there
    for effect in broken:
        with pytest.raises(StoreError, match=f"^a row breaks a rule of the store: .*{told}"):
            store.apply((Insert(Job("u", "x", "expire", 1, 1)), effect))
    assert books(store) == before


@pytest.mark.parametrize(("table", "changes"), ALLOWED)
def test_a_row_at_the_edge_of_a_rule_is_kept(store: Store, table: type, changes: dict[str, Any]) -> None:
    done(store, *FAMILY, Update(table, key_of(ROWS[table]), changes))
    assert books(store)[table] == [replace(ROWS[table], **changes)]


def test_a_number_that_begins_below_its_rule_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="used_least"):
        store.apply((Add(Count("u", "c", "", 0), "used", -1, least=-5),))


@pytest.mark.parametrize(
    ("table", "columns"),
    [(table, columns) for table, all_columns in UNIQUE.items() for columns in all_columns] + [(Event, ("position",))],
)
def test_the_database_keeps_unique(connection: sqlite3.Connection, table: type, columns: tuple[str, ...]) -> None:
    others = [name for name in (*KEYS[table], *sum(UNIQUE[table], ())) if name not in columns]
    row: Any = ROWS[table]
    row = replace(row, **{name: 7 if isinstance(getattr(row, name), int) else "new" for name in others})
    row = replace(row, position=7) if table is Event and "position" not in columns else row
    connection.execute("PRAGMA foreign_keys = 0")
    names = ", ".join(f"{NAMES[table]}.{column}" for column in columns)
    with pytest.raises(sqlite3.IntegrityError, match=f"^UNIQUE constraint failed: {names}$"):
        insert(connection, row)


@pytest.mark.parametrize("table", KEYS)
def test_the_database_keeps_keys(connection: sqlite3.Connection, table: type) -> None:
    with pytest.raises(sqlite3.IntegrityError, match=r"^UNIQUE constraint failed"):
        insert(connection, ROWS[table])


def test_what_another_row_has_cannot_be_taken_by_a_change(store: Store) -> None:
    other = replace(GRANT, id="g2", n=2, code_index=None)
    done(store, *FAMILY, Insert(other))
    with pytest.raises(StoreError, match="breaks a rule"):
        store.apply((Update(Grant, ("u", "g2"), {"code_index": "digest"}),))


REFERENCES_OF = [(table, each.columns) for table, references in REFERENCES.items() for each in references]


@pytest.mark.parametrize(("table", "columns"), REFERENCES_OF)
def test_the_database_keeps_references(connection: sqlite3.Connection, table: type, columns: tuple[str, ...]) -> None:
    nowhere = {columns[-1]: 77 if isinstance(getattr(ROWS[table], columns[-1]), int) else "nowhere"}
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY constraint failed"):
        change(connection, table, nowhere)


@pytest.mark.parametrize("table", REFERENCES)
def test_a_child_needs_its_parent(store: Store, table: type) -> None:
    with pytest.raises(StoreError, match="a row breaks a rule of the store"):
        store.apply((Insert(ROWS[table]),))
    assert not any(books(store).values())


@pytest.mark.parametrize("table", KEYS)
def test_the_database_keeps_types(connection: sqlite3.Connection, table: type) -> None:
    for column in fields(table):
        wrong = "one" if column.type in (int, int | None) else b"one"
        with pytest.raises(sqlite3.IntegrityError, match=r"cannot store|datatype mismatch"):
            change(connection, table, {column.name: wrong})


@pytest.mark.parametrize("wrong", [2**63, "\ud800", b"one", 1.5, object()], ids=range(5))
def test_a_value_that_cannot_be_stored_is_refused(sqlite_store: SqliteStore, wrong: Any) -> None:
    bad: Any = Job("u", wrong, "expire", 1, 1) if isinstance(wrong, str) else Job("u", "x", "expire", 1, wrong)
    with pytest.raises(StoreError):
        sqlite_store.apply((Insert(Job("u", "y", "expire", 1, 1)), Insert(bad)))
    assert not any(books(sqlite_store).values())


@pytest.mark.parametrize("wrong", [2**63, "\ud800", "\0", b"one", 1.5, object()], ids=range(6))
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_value_that_cannot_be_stored_is_of_its_plan_alone(
    kind: str, wrong: Any, request: pytest.FixtureRequest
) -> None:
    store: Store = request.getfixturevalue(f"{kind}_store")
    bad: Any = Job("u", wrong, "expire", 1, 1) if isinstance(wrong, str) else Job("u", "x", "expire", 1, wrong)
    good = [Job("u", name, "expire", 1, 1) for name in ("a", "b", "c")]
    told = store.apply_each([(Insert(good[0]),), (Insert(good[1]), Insert(bad)), (Insert(good[2]),)])
    if told[1] is None:  # SQLite keeps a text with a zero as it is
        assert (kind, wrong) == ("sqlite", "\0")
        return
    assert [type(each) for each in told] == [type(None), StoreError, type(None)]
    assert books(store)[Job] == [good[0], good[2]]
