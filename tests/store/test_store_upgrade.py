"""Stores made by an older entitle: every step keeps their rows and makes of them what a new store is."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine

from entitle.contract_records import Follower, PlanChange
from entitle.errors import StoreError
from entitle.hold_records import Hold, Kept
from entitle.payment_records import UsedPayment
from entitle.plan import Find, Insert, Store
from entitle.records import CardCode, Contract, Event, Job, Key, KnownKey, Record, Refund, Sighting, Stock
from entitle.relay_records import DeadLetter, Delivery, Endpoint
from entitle.review_records import ReviewCase
from entitle.seal_records import Seal, SealedLeaf
from entitle.secret_records import FailedTries, Scan, WrappedKey
from entitle.stock_records import CountPart, StockLot, StockPart
from entitle.store import upgrade as module
from entitle.store.connections import connect
from entitle.store.opening import open_store
from entitle.store.sqlite import SqliteStore
from entitle.store.upgrade import head, upgrade, version
from tests.store.rows import CHARGE, CONTRACT, ORDER, ROWS, books, done

SINCE = {  # the step that brought a table
    Refund: "0003",
    Sighting: "0005",
    Stock: "0005",
    CardCode: "0008",  # as it is now
    StockLot: "0008",
    FailedTries: "0011",
    Scan: "0013",
    WrappedKey: "0015",
    KnownKey: "0005",
    Follower: "0006",
    PlanChange: "0007",
    Endpoint: "0010",
    Delivery: "0026",  # as it is now
    DeadLetter: "0010",
    Hold: "0012",
    Kept: "0012",
    Seal: "0014",
    SealedLeaf: "0014",
    StockPart: "0016",
    CountPart: "0018",
    UsedPayment: "0019",
    ReviewCase: "0020",
}
# rows beside ROWS, from before payments were known by their reference; and what is known of them afterwards
_PAID = replace(CHARGE, n=3, state="paid", next_at=None, ref="renewal", settled_at=8)
PAID_BEFORE: tuple[Record, ...] = (
    replace(ORDER, id="before", at=4),
    replace(ORDER, id="free", total=0, paid_ref="nothing"),
    _PAID,
    replace(_PAID, n=4, settled_at=9),
    replace(_PAID, n=5, amount=0, ref="nothing"),
    Event("u", 2, "e2", "refund.due", 4, '{"amount": 990, "ref": "back"}', 2),
)
USED_BEFORE = [
    UsedPayment("u", "back", "", 4),
    UsedPayment("u", "pay", "before", 4),
    UsedPayment("u", "renewal", "c", 8),
]

USED_BY_TWO = (  # beside that of ROWS
    UsedPayment("v", "pay", "early", 4),
    UsedPayment("u", "kept", "o", 4),
    UsedPayment("v", "kept", "rev_1", 9),
)

# keys of changes from before each had a row of its own, beside the change of ROWS; and what they stand for afterwards
KEYS_OF_CHANGES = (
    Key("u", "change_plan", "first", "intent", "c", 5),
    Key("u", "change_plan", "last", "intent", "c", 6),
    Key("u", "change_plan", "late", "intent", "", 7, "[]"),
    Key("u", "change_plan", "waits", "intent", "rev_1", 8),
    Key("u", "undo_change", "undo", "intent", "c", 9),
    Key("v", "change_plan", "of-another", "intent", "c", 10),
)
CASES_OF_CHANGES = {"first": "o2", "last": "o2", "late": "", "waits": "rev_1", "undo": "c", "of-another": "c", "k": "o"}


def run_steps(revision: str, engine: Engine) -> None:
    """Make the tables as the steps up to this one do."""
    config = Config()
    config.set_main_option("script_location", str(Path(module.__file__).with_name("migrations")))
    with engine.begin() as config.attributes["connection"]:
        command.upgrade(config, revision)
    engine.dispose()


def known_at(revision: str) -> list[type[Record]]:
    """The tables that there were after this step."""
    return [table for table in ROWS if SINCE.get(table, "") <= revision]


def made_by(revision: str, path: Path) -> Path:
    """A store as the steps up to this one make it, with a row in every table."""
    run_steps(revision, create_engine(f"sqlite:///{path}"))
    store = SqliteStore(path)
    done(store, *(Insert(ROWS[table]) for table in known_at(revision)))
    store.close()
    return path


@pytest.fixture
def first(tmp_path: Path) -> Path:
    return made_by("0001", tmp_path / "old.db")


def tables(path: Path) -> dict[str, list[str]]:
    """Each table and index with its clauses, without their order."""
    with closing(connect(path, 1, {})) as connection:
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {
        name: sorted(
            filter(None, (line.strip(" \t,").replace('"', "") for line in sql.replace(", ", "\n").splitlines()))
        )
        for name, sql in found
    }


def test_an_older_store_is_not_opened_before_it_is_upgraded(first: Path) -> None:
    with pytest.raises(StoreError, match="is of version 0001, older than "):
        open_store(f"sqlite:///{first}")


def test_upgrading_keeps_every_row(first: Path) -> None:
    old = {table: [] if table in SINCE else [row] for table, row in ROWS.items()}
    upgrade(f"sqlite:///{first}")
    assert version(f"sqlite:///{first}") == head()
    upgraded = open_store(f"sqlite:///{first}")
    assert books(upgraded) == old | {UsedPayment: [ROWS[UsedPayment]]}  # of the order
    upgraded.close()


def test_payments_of_older_stores_are_known_and_the_first_use_of_one_stands(tmp_path: Path) -> None:
    path = made_by("0018", tmp_path / "old.db")
    old = SqliteStore(path)
    done(old, *map(Insert, PAID_BEFORE))
    old.close()
    upgrade(f"sqlite:///{path}")
    upgraded = open_store(f"sqlite:///{path}")
    assert books(upgraded)[UsedPayment] == USED_BEFORE
    upgraded.close()


def test_a_payment_that_two_customers_used_stays_with_the_first_or_with_a_review(tmp_path: Path) -> None:
    path = made_by("0021", tmp_path / "old.db")
    old = SqliteStore(path)
    done(old, *map(Insert, USED_BY_TWO))
    old.close()
    upgrade(f"sqlite:///{path}")
    upgraded = open_store(f"sqlite:///{path}")
    assert books(upgraded)[UsedPayment] == [UsedPayment("v", "kept", "rev_1", 9), UsedPayment("v", "pay", "early", 4)]
    upgraded.close()


def test_money_of_what_was_approved_before_goes_back_a_day_later(tmp_path: Path) -> None:
    """Where its key stands for it still; what was bought meanwhile keeps none."""
    path = made_by("0024", tmp_path / "old.db")
    old = SqliteStore(path)
    for name, case in (("kept", "rev_kept"), ("bought", "ord_1"), ("free", "rev_free")):
        review = f"rev_{name}"
        asked = ReviewCase(
            "v", review, "buy", name, "purchase", "video", "[]", "", "r", 5, None, "", "approved", 9, "ops", "[]"
        )
        paid = [] if name == "free" else [UsedPayment("v", name, case, 9)]
        rows = [asked, Job("v", review, "review", 1, None), Key("v", "buy", name, "intent", case, 5), *paid]
        done(old, *map(Insert, rows))
    old.close()
    upgrade(f"sqlite:///{path}")
    upgraded = open_store(f"sqlite:///{path}")
    (jobs,) = upgraded.fetch((Find(Job, (("kind", "=", "review"),)),))
    due = {each.subject: each.due_at for each in jobs}
    assert due == {"rev_kept": 9 + 86_400_000_000, "rev_bought": None, "rev_free": None}
    upgraded.close()


def test_keys_of_changes_stand_for_the_change_and_a_contract_has_room_for_several(tmp_path: Path) -> None:
    path = made_by("0023", tmp_path / "old.db")
    old = SqliteStore(path)
    done(old, *map(Insert, KEYS_OF_CHANGES))
    old.close()
    upgrade(f"sqlite:///{path}")
    upgraded = open_store(f"sqlite:///{path}")
    check_changes(upgraded)
    upgraded.close()


def check_changes(upgraded: Store) -> None:
    """What the keys of changes stand for now; a second change of the contract fits in beside the first."""
    change = ROWS[PlanChange]
    assert isinstance(change, PlanChange)
    assert {key.key: key.case for key in books(upgraded)[Key] if isinstance(key, Key)} == CASES_OF_CHANGES
    assert books(upgraded)[PlanChange] == [change]
    another = replace(change, order="o3")
    done(upgraded, Insert(another))
    assert books(upgraded)[PlanChange] == [change, another]


def test_an_upgraded_store_is_like_a_new_one(first: Path, path: Path) -> None:
    upgrade(f"sqlite:///{first}")
    assert tables(first) == tables(path)


def test_a_period_without_length_fits_in_after_the_upgrade(first: Path) -> None:
    upgrade(f"sqlite:///{first}")
    store = SqliteStore(first)
    done(store, Insert(replace(CONTRACT, id="short", period_end=CONTRACT.period_start)))
    with pytest.raises(StoreError, match="ck_entitle_contracts_period_end_not_before"):
        store.apply((Insert(replace(CONTRACT, id="back", period_end=CONTRACT.period_start - 1)),))
    assert len(books(store)[Contract]) == 2
    store.close()


def test_rows_still_need_those_that_they_name(first: Path) -> None:
    upgrade(f"sqlite:///{first}")
    with closing(connect(first, 1, {})) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute("DELETE FROM entitle_contracts")


def test_a_store_that_lost_rows_is_left_as_it_is(first: Path) -> None:
    with closing(sqlite3.connect(first)) as connection, connection:
        connection.execute("PRAGMA foreign_keys = 0")
        connection.execute("DELETE FROM entitle_contracts")
    before = tables(first)
    with pytest.raises(StoreError, match=r"a row of `entitle_\w+` names one of `entitle_contracts` that is not there"):
        upgrade(f"sqlite:///{first}")
    assert (tables(first), version(f"sqlite:///{first}")) == (before, "0001")


def test_what_else_is_in_the_file_is_not_judged(first: Path) -> None:
    with closing(sqlite3.connect(first)) as connection, connection:
        connection.execute("CREATE TABLE a (id INTEGER PRIMARY KEY)")
        connection.execute("CREATE TABLE b (a INTEGER REFERENCES a (id))")
        connection.execute("INSERT INTO b VALUES (7)")
    upgrade(f"sqlite:///{first}")
    assert version(f"sqlite:///{first}") == head()


def test_a_process_that_is_older_than_its_tables_writes_no_more(path: Path) -> None:
    """Opened before the upgrade, asked after it: it is told to open the store again, and has changed nothing."""
    url = f"sqlite:///{path}"
    old = open_store(url)
    done(old, Insert(ROWS[KnownKey]))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE entitle_later (id INTEGER PRIMARY KEY)")
        connection.execute("UPDATE entitle_version SET version_num = '9999'")
    before = books(old)
    with pytest.raises(StoreError, match=rf"was of version {head()} when it was opened and is 9999 now"):
        old.apply((Insert(KnownKey("another", 1)),))
    assert books(old) == before
    old.close()
    with pytest.raises(StoreError, match="install a newer one"):
        open_store(url)


def test_tables_of_others_beside_ours_change_nothing(path: Path) -> None:
    store = open_store(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE a (id INTEGER PRIMARY KEY)")
    done(store, Insert(ROWS[KnownKey]))
    store.close()
