"""The SQLite store in trouble: what cannot be done is said, and is surely not done."""

import resource
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest

from entitle.errors import InDoubtError, StoreError
from entitle.plan import Add, Expect, Get, Insert, Tally, Within
from entitle.records import Count, Customer, Event, Published
from entitle.store.connections import Connections, connect
from entitle.store.opening import open_store
from entitle.store.sqlite import SqliteStore
from entitle.store.turns import Turns
from entitle.store.upgrade import head, upgrade, version
from tests.store.rows import FAMILY, books, done

TAKE = Add(Count("pool", "stock", "", 0), "used", 1)
LARGE = "x" * 100_000
Program = Callable[[Path], AbstractContextManager[None]]
DURABLE = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "busy_timeout": 1500}


@pytest.mark.parametrize("extra", [{}, {"synchronous": 0, "foreign_keys": 0, "cache_size": 50}])
def test_every_connection_is_durable(path: Path, extra: dict[str, int]) -> None:
    with closing(connect(path, 1.5, extra)) as connection:
        found = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in DURABLE | extra}
        assert connection.isolation_level is None
    assert found == extra | DURABLE


def test_a_setting_that_does_not_take_is_refused(path: Path) -> None:
    with pytest.raises(StoreError, match=r"does not take the setting page_size = 8192: it stays 4096"):
        connect(path, 1, {"page_size": 8192})


def test_what_one_connection_wrote_every_other_reads(path: Path, sqlite_store: SqliteStore) -> None:
    done(sqlite_store, *FAMILY)
    other = SqliteStore(path)
    assert books(other) == books(sqlite_store)
    other.close()


def test_reads_are_of_one_moment(path: Path, sqlite_store: SqliteStore) -> None:
    """A writer moves two numbers together; whoever reads both at once never sees them apart."""
    names = ("left", "right")
    moves = tuple(Add(Count(name, "c", "", 0), "used", 1) for name in names)
    done(sqlite_store, *moves)
    writer = threading.Thread(target=lambda: [sqlite_store.apply(moves) for _ in range(200)])
    writer.start()
    while writer.is_alive():
        left, right = sqlite_store.fetch(tuple(Get(Count, (name, "c", "")) for name in names))
        assert left.used == right.used
    writer.join()
    assert sqlite_store.fetch((Get(Count, ("left", "c", "")),))[0].used == 201


@contextmanager
def another_program(path: Path) -> Iterator[None]:
    """Writing straight to the file, without our turns."""
    program = f"""
import sqlite3
connection = sqlite3.connect({str(path)!r}, isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("writing", flush=True)
input()
"""
    with _running(program):
        yield


@contextmanager
def another_writer(path: Path) -> Iterator[None]:
    program = f"""
from pathlib import Path
from entitle.store.turns import Turns
with Turns(Path({str(path) + ".lock"!r}), 1, 0o600):
    print("writing", flush=True)
    input()
"""
    with _running(program):
        yield


@contextmanager
def _running(program: str) -> Iterator[None]:
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        yield
        process.communicate("\n")
    assert process.returncode == 0


@pytest.mark.parametrize("locked", [another_program, another_writer])
def test_a_locked_store_is_waited_for_and_then_refused(path: Path, locked: Program) -> None:
    store = SqliteStore(path, timeout=0.1)
    with locked(path):
        assert store.fetch((Get(Customer, ("u",)),)) == (None,)
        with pytest.raises(StoreError, match=r"^the store is locked: "):
            store.apply((TAKE,))
    done(store, TAKE)
    store.close()


def test_a_program_that_writes_is_waited_for(path: Path, sqlite_store: SqliteStore) -> None:
    """It knows nothing of turns, and writes between what a plan reads and what it writes."""

    stop = threading.Event()
    long_look = [Within(Tally(Count, (), "sum", "used"), 1, 100)] * 300

    def write() -> None:
        with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
            while not stop.wait(0.001):
                connection.execute("INSERT INTO letters VALUES ('Dear Ann')")

    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE letters (text)")
    program = threading.Thread(target=write)
    program.start()
    try:
        for _ in range(100):
            done(sqlite_store, *long_look, TAKE)
    finally:
        stop.set()
        program.join()
    assert sqlite_store.fetch((Get(Count, ("pool", "stock", "")),)) == (Count("pool", "stock", "", 100),)


def test_a_thread_that_waits_too_long_is_told(path: Path) -> None:
    store = SqliteStore(path, timeout=0.1)
    with store.turns, pytest.raises(StoreError, match=r"others held `.*shop\.db\.lock` for 0\.1 seconds$"):
        store.apply((TAKE,))
    done(store, TAKE)
    store.close()


def test_a_full_disk_is_told_and_leaves_nothing(path: Path) -> None:
    with closing(connect(path, 1, {})) as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    store = SqliteStore(path, pragmas={"max_page_count": pages + 40})
    done(store, TAKE, Insert(Published("1", "", LARGE, 1, "")))
    before = books(store)
    with pytest.raises(StoreError, match=r"the disk is full, or a limit is reached$"):
        store.apply((TAKE, Insert(Published("2", "", LARGE, 1, ""))))
    assert books(store) == before
    done(store, TAKE)
    store.close()


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_commit_that_fails_in_the_disk_is_in_doubt(path: Path, sqlite_store: SqliteStore) -> None:
    done(sqlite_store, TAKE)
    log = path.with_name("shop.db-wal").stat().st_size
    with files_no_larger_than(log + 50_000), pytest.raises(InDoubtError, match=r"the same key will tell$"):
        sqlite_store.apply((TAKE, Insert(Published("1", "", LARGE, 1, ""))))
    assert sqlite_store.fetch((Get(Count, ("pool", "stock", "")), Get(Published, ("1",)))) == (
        Count("pool", "stock", "", 1),
        None,
    )
    done(sqlite_store, TAKE)


def test_a_store_that_may_only_be_read(path: Path) -> None:
    store = SqliteStore(path, pragmas={"query_only": 1})
    with pytest.raises(StoreError, match=r"cannot be written to"):
        store.apply((TAKE,))
    assert store.fetch((Get(Customer, ("u",)),)) == (None,)
    store.close()


def test_a_closed_store_says_so(path: Path) -> None:
    store = SqliteStore(path)
    done(store, TAKE)
    store.close()
    store.close()
    with pytest.raises(StoreError, match=r"^the store is closed$"):
        store.apply((TAKE,))
    assert not path.with_name("shop.db-wal").exists()


def test_a_file_that_is_removed_or_replaced_is_written_no_more(path: Path, sqlite_store: SqliteStore) -> None:
    """SQLite goes on with the file that it has open, and what it writes is lost."""
    done(sqlite_store, TAKE)
    away = path.rename(path.with_name("away.db"))
    with pytest.raises(StoreError, match=r"shop\.db` was removed or replaced while it was open: open the store again"):
        sqlite_store.apply((TAKE,))
    path.write_bytes(away.read_bytes())
    with pytest.raises(StoreError, match="was removed or replaced"):
        sqlite_store.fetch((Get(Count, ("pool", "stock", "")),))
    away.rename(path)
    done(sqlite_store, TAKE)
    assert sqlite_store.fetch((Get(Count, ("pool", "stock", "")),)) == (Count("pool", "stock", "", 2),)


def test_a_process_may_move_to_another_folder(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(path.parent)
    store = SqliteStore(Path(path.name))
    monkeypatch.chdir(tmp_path.parent)
    done(store, TAKE)
    store.close()


def test_what_is_lent_when_the_store_closes_is_closed_when_given_back(path: Path) -> None:
    connections = Connections(path, 1, {})
    lent = connections.lend()
    connections.close()
    assert lent.execute("SELECT 1").fetchone() == (1,)
    connections.give_back(lent)
    with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
        lent.execute("SELECT 1")


def test_no_value_is_in_a_message(sqlite_store: SqliteStore) -> None:
    secret = "CODE-SECRET"
    done(sqlite_store, *FAMILY)
    with pytest.raises(StoreError) as told:
        sqlite_store.apply((Insert(Event(secret, 0, secret, secret, 1, secret)),))
    assert secret not in f"{told.value}{told.value.__cause__}"


def test_only_the_owner_reads_a_new_store(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/shop.db", create=True)
    done(store, TAKE)
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("shop.db", "shop.db-wal", "shop.db-shm", "shop.db.lock"), 0o600)
    store.close()


def test_an_older_file_keeps_its_mode(path: Path) -> None:
    path.chmod(0o640)
    store = open_store(f"sqlite:///{path}", create=True)
    done(store, TAKE)
    assert {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()} == {0o640}
    store.close()


def test_a_store_in_memory_is_opened_by_name() -> None:
    store = open_store("memory:")
    done(store, *FAMILY)
    assert books(store)[Customer]
    store.close()


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("shop.db", "`shop.db` is no address of a store: write `sqlite:///shop.db` for a file"),
        (
            "mysql://host/shop",
            "`mysql:` is no kind of store: this version opens "
            "`memory:`, `sqlite:///PATH` and `postgresql://HOST/DATABASE`",
        ),
        ("sqlite://", "a SQLite store needs a file, as in `sqlite:///shop.db`; `memory:` keeps it in memory"),
        ("sqlite:///:memory:", "a SQLite store needs a file, as in `sqlite:///shop.db`; `memory:` keeps it in memory"),
        (
            "sqlite:////nowhere/shop.db",
            "there is no store at `/nowhere/shop.db`; run: entitle store upgrade --store sqlite:////nowhere/shop.db",
        ),
    ],
)
def test_an_address_that_cannot_be_opened(url: str, problem: str) -> None:
    with pytest.raises(StoreError) as told:
        open_store(url)
    assert str(told.value) == problem


@pytest.mark.parametrize(
    "url",
    [
        "host=localhost password=SECRET dbname=shop",
        "host=localhost password=SE:CRET dbname=shop",
        "//ann:SECRET@host/shop",
        "host/shop?password=SECRET",
        "SECRET@host/shop",
    ],
)
def test_what_is_no_address_may_hold_a_password_and_is_not_shown(url: str) -> None:
    with pytest.raises(StoreError, match=r"^the address of the store cannot be read: write one of `memory:`") as told:
        open_store(url)
    assert "SE" not in str(told.value).replace("DATABASE", "")
    assert "SECRET" not in told.value.said("zh")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"shop\.db` cannot be made: No such file or directory$"):
        open_store(f"sqlite:///{tmp_path}/none/shop.db", create=True)


@pytest.mark.parametrize("create", [True, False])
def test_a_file_of_another_kind_is_left_alone(tmp_path: Path, create: bool) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Ann, " * 1000)
    with pytest.raises(StoreError, match=r"letter\.txt` is not a SQLite database$"):
        open_store(f"sqlite:///{path}", create=create)
    assert path.read_text() == "Dear Ann, " * 1000


def test_a_database_of_the_shop_is_shared(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE customers (name TEXT)")
    url = f"sqlite:///{path}"
    assert version(url) is None
    with pytest.raises(StoreError, match=f"^the store has no tables yet; run: entitle store upgrade --store {url}$"):
        open_store(url)
    upgrade(url)
    open_store(url).close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM customers").fetchone() == (0,)


def test_upgrading_twice_changes_nothing(path: Path, sqlite_store: SqliteStore) -> None:
    done(sqlite_store, *FAMILY)
    before = books(sqlite_store)
    upgrade(f"sqlite:///{path}")
    assert version(f"sqlite:///{path}") == head()
    assert books(sqlite_store) == before


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (
            "0001",
            f"the store is of version 0001, older than {head()}, which this entitle needs; run: entitle",
        ),
        ("9999", f"the store is of version 9999; this entitle knows {head()} at most: install a newer one"),
    ],
)
def test_a_store_of_another_version(path: Path, found: str, problem: str) -> None:
    with closing(connect(path, 1, {})) as connection:
        connection.execute("UPDATE entitle_version SET version_num = ?", (found,))
    with pytest.raises(StoreError) as told:
        open_store(f"sqlite:///{path}")
    assert str(told.value).startswith(problem)


def test_a_newer_store_is_not_upgraded(path: Path) -> None:
    with closing(connect(path, 1, {})) as connection:
        connection.execute("UPDATE entitle_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"install a newer one$"):
        upgrade(f"sqlite:///{path}")


def test_a_turn_that_cannot_be_taken(tmp_path: Path) -> None:
    with (
        pytest.raises(StoreError, match=r"cannot be opened: No such file"),
        Turns(tmp_path / "a/b", 1, 0),
    ):
        raise AssertionError


def test_a_guard_that_fails_frees_the_store(path: Path, sqlite_store: SqliteStore) -> None:
    nobody = Expect(Customer, ("nobody",), {})
    assert sqlite_store.apply((TAKE, nobody)) is nobody
    other = SqliteStore(path, timeout=0.1)
    done(other, TAKE)
    other.close()
