"""The PostgreSQL store in trouble: what cannot be done is said, and is surely not done."""

import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import create_engine

from entitle.errors import StoreError
from entitle.plan import Find, Get, Insert, Plan
from entitle.records import Activation, Count, Decided, Entry, Event, Job, Posting, Published, Stock
from entitle.seal_records import Seal, SealedLeaf
from entitle.secret_records import FailedTries, WrappedKey
from entitle.store.address import without_password
from entitle.store.opening import open_store
from entitle.store.postgres import PostgresStore
from entitle.store.postgres_url import Address
from entitle.store.scratch import scratch
from entitle.store.tables import NAMES, metadata
from entitle.store.upgrade import head, upgrade, version
from entitle.testing.world import World
from tests.shops import sample, shanghai
from tests.store.rows import FAMILY, books, done
from tests.store.test_store_plans import live
from tests.store.test_store_postgres_locks import until_one_waits


def test_upgrading_twice_changes_nothing(postgres_url: str, postgres_store: PostgresStore) -> None:
    done(postgres_store, *FAMILY)
    before = books(postgres_store)
    upgrade(postgres_url)
    assert version(postgres_url) == head()
    assert books(postgres_store) == before


def test_migrations_make_the_tables_that_the_code_knows(postgres_url: str) -> None:
    engine = create_engine(postgres_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"version_table": "entitle_version", "include_object": lambda _, name, *__: not _is_hosts(name)},
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def _is_hosts(name: str) -> bool:
    """The tables of a shop that the store shares its database with."""
    return name == "mine"


def test_each_brand_has_a_schema_of_its_own(postgres_url: str) -> None:
    stores = [open_store(f"{postgres_url}&schema={brand}", create=True) for brand in ("brand_a", "brand_b")]
    done(stores[0], *FAMILY)
    assert [any(books(store).values()) for store in stores] == [True, False]
    for store in stores:
        store.close()
    with pytest.raises(StoreError, match=r"^the store has no tables yet; run: entitle store upgrade --store "):
        open_store(f"{postgres_url}&schema=brand_c")


@pytest.mark.parametrize("wrong", [2**63, "\ud800", "\0", b"one", 1.5, True, object()], ids=range(7))
def test_a_value_that_cannot_be_stored_is_refused(postgres_store: PostgresStore, wrong: Any) -> None:
    bad: Any = Job("u", wrong, "expire", 1, 1) if isinstance(wrong, str) else Job("u", "x", "expire", 1, wrong)
    with pytest.raises(StoreError):
        postgres_store.apply((Insert(Job("u", "y", "expire", 1, 1)), Insert(bad)))
    assert not any(books(postgres_store).values())
    done(postgres_store, Insert(Job("u", "y", "expire", 1, 1)))


class ClosingBetween(list[Plan]):
    """Plans of which the first are done when the store is closed: before those after them are looked at."""

    store: PostgresStore

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice) and place.start:
            self.store.close()
        return super().__getitem__(place)


def test_what_fails_after_some_were_done_is_not_said_of_them(postgres_url: str) -> None:
    jobs = [Insert(Job("u", name, "expire", 1, 1)) for name in "abc"]
    plans = ClosingBetween([(jobs[0],), (jobs[1], jobs[0]), (jobs[2],)])
    plans.store = PostgresStore(postgres_url)
    told = plans.store.apply_each(plans)
    assert told[:2] == [None, jobs[0]]
    assert isinstance(told[2], StoreError)
    store = PostgresStore(postgres_url)
    assert books(store)[Job] == [jobs[0].row]
    store.close()


def test_no_value_is_in_a_message(postgres_store: PostgresStore) -> None:
    secret = "CODE-SECRET"
    with pytest.raises(StoreError) as told:
        postgres_store.apply((Insert(Event(secret, 0, secret, secret, 1, secret)),))
    assert secret not in str(told.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:SECRET@host/shop?schema=a",
        "postgresql+psycopg://ann:SE:CR@host/shop",
        "postgresql://host/shop?user=ann&password=SECRET&schema=a",
        "postgresql://ann@host/shop?sslpassword=SECRET&schema=a",
        "postgresql://ann@host/shop?schema=a&oauth_client_secret=SECRET",
    ],
)
def test_a_password_is_never_shown(url: str) -> None:
    shown = without_password(url)
    assert "SE" not in shown
    assert "ann" in shown
    assert "host/shop" in shown


def test_what_follows_a_question_mark_is_read_as_libpq_reads_it() -> None:
    told = Address.of("postgresql://ann@host/shop?password=a+b%20c%2B&options=-c%20geqo%3Doff").parts
    assert (told["password"], told["options"]) == ("a+b c+", "-c geqo=off")


def test_a_server_that_is_gone_is_noticed_by_either_side() -> None:
    said = conninfo_to_dict(Address.of("postgresql://ann@host/shop").conninfo(5, 5, 30, 30))
    assert [said[f"keepalives_{name}"] for name in ("idle", "interval", "count")] == ["20", "10", "3"]
    assert "-c tcp_keepalives_idle=20 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3" in str(said["options"])


@pytest.mark.parametrize("url", ["postgresql://ann:12?host=cret@host/shop", "postgresql://ann:12@cret@host/shop"])
def test_an_address_that_may_be_read_otherwise_is_not_shown(url: str) -> None:
    assert without_password(url) == "postgresql://…"


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"^the server cannot be reached: ") as told:
        open_store(f"postgresql://ann:SECRET@/shop?host={tmp_path}")
    assert "SECRET" not in str(told.value)


def test_an_option_that_is_none_is_named_and_not_what_it_says() -> None:
    with pytest.raises(StoreError) as told:
        open_store("postgresql://ann@host/shop?ssl_mode=SECRET")
    assert "'ssl_mode'" in str(told.value)
    assert "ssl_mode" in told.value.said("zh")
    assert "SECRET" not in str(told.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:se?cret@host/shop",
        "postgresql://ann:se?cret=tail@host/shop",
        "postgresql://ann:se?cret&host=a@host/shop",
        "postgresql://ann:se?schema=cret@host/shop",
        "postgresql://ann:se?cret%40host/shop",
        "postgresql://ann:12?host=cret@host/shop",
        "postgresql://ann:12?host=cret%40host/shop",
        "postgresql://ann:12?dbname=cret@host/shop",
        "postgresql://ann:12?user=ann&hostaddr=cret@host/shop",
        "postgresql://ann:12/cret@host/shop",
        "postgresql://ann:12/cret%40host",
        "postgresql://ann:12#cret@host/shop",
        "postgresql://ann:12@cret@host/shop",
        "postgresql://ann:12@cret/@host/shop",
        "postgresql://ann:12[cret@host/shop",
        "postgresql://ann:℀cret@host/shop",
        "postgres//ann@host/shop?password=cret",
        "postgres//ann:cret@host/shop",
        "postgres:ann:cret@host/shop",
        "ann:cret@host/shop",
        "postgresql://ann:se#cret@host/shop",
        "postgresql://ann:se/cret@host/shop",
        "postgresql://ann@host/shop?CRET=1",
    ],
)
def test_a_part_of_a_password_is_no_option(url: str) -> None:
    with pytest.raises(StoreError) as told:
        open_store(url)
    assert "cret" not in str(told.value).lower()
    assert "cret" not in told.value.said("zh").lower()


@pytest.mark.parametrize("ends", ["well", "wrong", "cut"])
def test_nothing_is_left_of_a_trial(ends: str, postgres_url: str) -> None:
    schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'entitle_trial'"
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'INSERT INTO probe%'"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        with suppress(ZeroDivisionError), scratch(postgres_url, "entitle_trial") as (_, sync):
            assert sync is not None
            sync()
            assert connection.execute(schemas).fetchone() == (1,)
            if ends == "cut":
                assert connection.execute(others).fetchall() == [(True,)]
            if ends == "wrong":
                raise ZeroDivisionError
        assert connection.execute(schemas).fetchone() == (0,)


@pytest.fixture
def clerk(postgres_url: str) -> Iterator[str]:
    """The address of the store for a role that was let in as a shop."""
    role = f"clerk_{os.getpid()}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN".encode())
        try:
            upgrade(postgres_url, role)
            yield postgres_url.replace("entitle@", f"{role}@")
        finally:
            connection.execute(f"DROP OWNED BY {role}".encode())
            connection.execute(f"DROP ROLE {role}".encode())


def test_a_role_that_sells(clerk: str) -> None:
    """Everything that a shop does can be done: sell, renew, claim, redeem, refund, forget, and check the books."""
    place = World(sample(), open_store(clerk), shanghai("2026-12-24 20:00"))
    live(place)
    assert place.shop.events()
    done(place.store, Insert(FailedTries("device:d", 0, 1)), Insert(WrappedKey("stream:bob", "sealed")))
    assert place.shop.forget("bob", why="a letter").ok
    place.shop.tick()
    assert place.shop.store.fetch((Find(FailedTries, ()),)) == ([],)
    assert place.shop.reconcile().ok
    place.shop.close()


LEDGER = (Published, Activation, Decided, Entry, Posting, Event, Seal, SealedLeaf)


@pytest.mark.parametrize("table", LEDGER)
def test_a_role_that_sells_edits_no_ledger(clerk: str, postgres_store: PostgresStore, table: type) -> None:
    done(postgres_store, *FAMILY)
    name, column = NAMES[table], fields(table)[-2].name
    edits = (f'UPDATE {name} SET "{column}" = "{column}"', f"DELETE FROM {name}", f"TRUNCATE {name} CASCADE")
    with psycopg.connect(clerk) as connection:
        for edit in (*edits, f"DROP TABLE {name}", f"ALTER TABLE {name} ADD COLUMN x int"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(edit.encode())
            connection.rollback()


def test_a_role_that_could_do_anything_sells_and_edits_no_more(clerk: str, postgres_url: str) -> None:
    """Once it is named as the one that sells, whatever it was allowed before."""
    role = clerk.partition("//")[2].partition("@")[0]
    with psycopg.connect(postgres_url) as connection:
        connection.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}".encode())
        connection.execute(f"GRANT UPDATE (body) ON entitle_events TO {role}".encode())
    upgrade(postgres_url, role)
    may = "SELECT privilege_type FROM information_schema.role_table_grants WHERE grantee = %s AND table_name = %s"
    with psycopg.connect(postgres_url) as connection:
        for table in LEDGER:
            found = {privilege for (privilege,) in connection.execute(may, (role, NAMES[table]))}
            assert found == {"SELECT", "INSERT"}, table
    with psycopg.connect(clerk) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("UPDATE entitle_events SET body = ''")


def test_a_role_that_is_not_there(postgres_url: str) -> None:
    with pytest.raises(StoreError, match=r"^the server has no role `nobody_here`: CREATE ROLE makes one$"):
        upgrade(postgres_url, "nobody_here")


def test_two_that_upgrade_at_once(postgres_url: str) -> None:
    url = f"{postgres_url}&schema=upgraded_twice"
    command = [sys.executable, "-m", "entitle", "store", "upgrade", "--store", url]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    said = [each.communicate(timeout=60) for each in both]
    assert [each.returncode for each in both] == [0, 0], said
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(upgrade, [f"{url}_by_threads"] * 2))
    assert version(url) == version(f"{url}_by_threads") == head()


def test_reads_are_of_one_moment(postgres_url: str, postgres_store: PostgresStore) -> None:
    """Two numbers are moved together after the first of them was read, and before the second can be."""
    done(postgres_store, Insert(Count("u", "c", "", 1)), Insert(Stock("p", 1)))
    with ThreadPoolExecutor(1) as threads, psycopg.connect(postgres_url) as other:
        other.execute(f"LOCK TABLE {NAMES[Stock]} IN ACCESS EXCLUSIVE MODE".encode())
        reading = threads.submit(postgres_store.fetch, (Get(Count, ("u", "c", "")), Get(Stock, ("p",))))
        until_one_waits(postgres_url)
        other.execute(f"UPDATE {NAMES[Count]} SET used = 2".encode())
        other.execute(f"UPDATE {NAMES[Stock]} SET free = 2".encode())
        other.commit()
        assert reading.result(30) == (Count("u", "c", "", 1), Stock("p", 1))


def test_a_reader_misses_nothing_that_commits_late(postgres_url: str, postgres_store: PostgresStore) -> None:
    """An event is written first and committed last: whoever reads on from a position still comes to it."""
    late = Event("late", 1, "late", "", 1, "")
    written = "INSERT INTO entitle_events (stream, number, id, type, at, body) VALUES ('late', 1, 'late', '', 1, '')"
    with psycopg.connect(postgres_url) as slow:
        slow.execute(written.encode())
        done(postgres_store, Insert(Event("early", 1, "early", "", 2, "")))
        first = after(postgres_store, 0)
    assert [event.id for event in first] == ["early"]
    assert after(postgres_store, 1) == [replace(late, position=2)]


def after(store: PostgresStore, position: int) -> list[Event]:
    found: list[Event] = store.fetch((Find(Event, (("position", ">", position),), ("position",)),))[0]
    return found


def test_many_readers_give_each_event_one_position(postgres_url: str, postgres_store: PostgresStore) -> None:
    with ThreadPoolExecutor(6) as threads:
        writing = [threads.submit(write, postgres_store, who) for who in range(3)]
        reading = [threads.submit(follow, postgres_store, 120) for _ in range(3)]
        for each in writing:
            each.result(60)
        seen = [each.result(60) for each in reading]
    assert seen[0] == seen[1] == seen[2]
    assert [each.position for each in seen[0]] == list(range(1, 121))
    for who in range(3):
        assert [each.number for each in seen[0] if each.stream == f"u-{who}"] == list(range(1, 41))


def write(store: PostgresStore, who: int) -> None:
    for n in range(1, 41):
        done(store, Insert(Event(f"u-{who}", n, f"{who}/{n}", "", n, "")))


def follow(store: PostgresStore, wanted: int) -> list[Event]:
    """Read on from the last position until so many have come."""
    seen: list[Event] = []
    until = monotonic() + 30
    while len(seen) < wanted:
        assert monotonic() < until
        seen += after(store, seen[-1].position or 0 if seen else 0)
    return seen


def test_readers_miss_nothing_of_those_who_commit_late_or_never(
    postgres_url: str, postgres_store: PostgresStore
) -> None:
    """Transactions overlap: what is written first commits last, and some of it is rolled back."""
    writers, rounds = 6, 8

    def slowly(who: int) -> list[int]:
        """Of the events of one stream, those that were committed."""
        dice, kept = random.Random(who), list[int]()
        with psycopg.connect(postgres_url) as connection:
            for _ in range(rounds):
                number = len(kept) + 1
                values = f"('s-{who}', {number}, 's-{who}/{number}', '', {number}, '')"
                text = f"INSERT INTO entitle_events (stream, number, id, type, at, body) VALUES {values}"
                connection.execute(text.encode())
                sleep(dice.random() / 50)
                if dice.random() < 0.7:
                    connection.commit()
                    kept.append(number)
                else:
                    connection.rollback()
        return kept

    def reading() -> list[Event]:
        """Read on from the last position, also once more after the last writer is done."""
        seen: list[Event] = []
        while True:
            over = finished.is_set()
            seen += after(postgres_store, seen[-1].position or 0 if seen else 0)
            if over:
                return seen

    finished = threading.Event()
    with ThreadPoolExecutor(writers + 2) as threads:
        readers = [threads.submit(reading) for _ in range(2)]
        writing = [threads.submit(slowly, who) for who in range(writers)]
        committed = {f"s-{who}": each.result(60) for who, each in enumerate(writing)}
        finished.set()
        first, second = (each.result(60) for each in readers)
    assert first == second
    assert [each.position for each in first] == list(range(1, len(first) + 1))
    assert {who: [each.number for each in first if each.stream == who] for who in committed} == committed


def test_the_driver_that_is_not_installed() -> None:
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from entitle.cli import main; sys.argv = ['entitle', 'store', 'status', '--store', 'postgresql://host/shop']\n"
        "sys.exit(main())"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert shown.returncode == 2
    assert 'run: pip install "entitle[postgres]"' in shown.stderr
    assert "Traceback" not in shown.stderr
