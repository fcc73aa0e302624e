"""PostgreSQL out of reach: lines cut at every moment, servers killed, locks held. The truth is told, or is in doubt."""

import subprocess
import sys
from collections.abc import Iterator
from random import Random
from threading import Thread
from time import monotonic, sleep

import psycopg
import pytest

from entitle.errors import InDoubtError, StoreError
from entitle.plan import Add, Expect, Get, Insert
from entitle.records import Count, Customer, Key
from entitle.store.opening import open_store
from entitle.store.postgres import PostgresStore
from entitle.store.sql import Statement
from entitle.store.upgrade import upgrade
from tests import postgres
from tests.faults.proxy import Break, Proxy
from tests.store.rows import done

TAKE = Add(Count("pool", "stock", "", 0), "used", 1)
STOCK = Get(Count, ("pool", "stock", ""))


@pytest.fixture
def proxy(postgres_url: str) -> Iterator[Proxy]:
    made = Proxy(postgres_url)
    yield made
    made.close()


def taken(url: str) -> int:
    store = open_store(url)
    (row,) = store.fetch((STOCK,))
    store.close()
    return row.used if row else 0


@pytest.mark.parametrize(("how", "used"), [(Break.BEFORE, 0), (Break.AFTER, 1), (Break.SILENT, 0), (Break.MUTE, 1)])
def test_a_plan_whose_answer_is_lost_is_in_doubt(proxy: Proxy, postgres_url: str, how: Break, used: int) -> None:
    store = PostgresStore(proxy.url, patience=0.5)
    store.fetch((STOCK,))
    proxy.arm(how, 0)
    with pytest.raises(InDoubtError, match=r"whether it was done, the same key will tell$"):
        store.apply((TAKE,))
    assert taken(postgres_url) == used
    done(store, TAKE)
    store.close()


@pytest.mark.parametrize("how", [Break.BEFORE, Break.AFTER, Break.ZOMBIE])
def test_a_question_whose_answer_is_lost_is_asked_again(proxy: Proxy, how: Break) -> None:
    store = PostgresStore(proxy.url)
    done(store, TAKE)
    proxy.arm(how, 0)
    assert store.fetch((STOCK,)) == (Count("pool", "stock", "", 1),)
    store.close()


def test_a_row_that_another_session_holds(postgres_url: str) -> None:
    store = PostgresStore(postgres_url, lock_timeout=0.2)
    done(store, TAKE)
    with psycopg.connect(postgres_url) as other:
        other.execute("UPDATE entitle_counts SET used = 0")
        with pytest.raises(StoreError, match=r"^the store is locked: others held what this needs"):
            store.apply((TAKE,))
        assert store.fetch((STOCK,)) == (Count("pool", "stock", "", 1),)
        other.rollback()
    done(store, TAKE)
    store.close()


def test_a_statement_that_takes_too_long(postgres_url: str) -> None:
    store = PostgresStore(postgres_url, statement_timeout=0.2)
    done(store, TAKE)
    with psycopg.connect(postgres_url) as other:
        other.execute("UPDATE entitle_counts SET used = 0")
        with pytest.raises(StoreError, match=r"^the store took longer than statement_timeout"):
            store.apply((Insert(Customer("u", 1, "", 0, 0)), TAKE))
        other.rollback()
    assert store.fetch((Get(Customer, ("u",)), STOCK)) == (None, Count("pool", "stock", "", 1))
    done(store, TAKE)
    store.close()


def test_what_is_expected_stays_so_until_the_plan_is_done(postgres_url: str, postgres_store: PostgresStore) -> None:
    """The row is being changed by a session that has not committed: who expects it waits, and then finds it changed."""
    done(postgres_store, Insert(Customer("u", 1, "", 0, 0)))
    expected = Expect(Customer, ("u",), {"seq": 1})
    got: list[object] = []
    thread = Thread(target=lambda: got.append(postgres_store.apply((expected, TAKE))))
    with psycopg.connect(postgres_url) as other:
        other.execute("UPDATE entitle_customers SET seq = 2")
        thread.start()
        waits_for_lock(other)
    thread.join(10)
    assert got == [expected]
    assert postgres_store.fetch((STOCK,)) == (None,)


def waits_for_lock(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Until a session of this database waits for a lock."""
    until = monotonic() + 10
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    while connection.execute(waiting).fetchone() == (0,):
        assert monotonic() < until
        sleep(0.01)


def test_every_connection_has_its_limits(postgres_url: str) -> None:
    """Also where an address says that a commit need not be on the disk."""
    url = f"{postgres_url}&options=-c%20synchronous_commit%3Doff"
    store = PostgresStore(url, lock_timeout=1.5, statement_timeout=2.5, idle_timeout=3.5, patience=4.5)
    names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "synchronous_commit")
    wire = store._connect()
    shown = [
        wire.run([Statement(f"SHOW {name}", ())])[0].get_value(0, 0)
        for name in (*names, "client_connection_check_interval")
    ]
    assert shown == [b"1500ms", b"2500ms", b"3500ms", b"on", b"2s"]
    wire.close()
    store.close()


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
def test_a_server_that_forgets_is_refused(server: postgres.Server, own: str, setting: str) -> None:
    store = PostgresStore(own)
    with psycopg.connect(own, autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
        connection.execute("SELECT pg_reload_conf()")
        try:
            until = monotonic() + 10
            while connection.execute(f"SHOW {setting}".encode()).fetchone() != ("off",):
                assert monotonic() < until
            with pytest.raises(StoreError, match=f"set to lose what it has committed: {setting} is off$"):
                store.apply((TAKE,))
        finally:
            connection.execute(f"ALTER SYSTEM RESET {setting}".encode())
            connection.execute("SELECT pg_reload_conf()")
    store.close()


def test_all_connections_in_use(postgres_url: str) -> None:
    store = PostgresStore(postgres_url, size=1, wait=0.1)
    done(store, TAKE)
    with psycopg.connect(postgres_url) as other:
        other.execute("UPDATE entitle_counts SET used = 1")
        thread = Thread(target=lambda: done(store, TAKE))
        thread.start()
        waits_for_lock(other)
        with pytest.raises(StoreError, match=r"^all 1 connections to the store were in use for 0\.1 seconds$"):
            store.fetch((STOCK,))
    thread.join(10)
    assert store.fetch((STOCK,)) == (Count("pool", "stock", "", 2),)
    store.close()


def test_a_closed_store_says_so(postgres_url: str) -> None:
    store = PostgresStore(postgres_url)
    done(store, TAKE)
    store.close()
    store.close()
    with pytest.raises(StoreError, match=r"^the store is closed$"):
        store.apply((TAKE,))


FORK = """
import os, sys
from entitle.plan import Add, Get
from entitle.records import Count
from entitle.store.postgres import PostgresStore

store = PostgresStore(sys.argv[1])
take = (Add(Count("pool", "stock", "", 0), "used", 1),)
assert store.apply(take) is None
(mine,) = store._pool._idle
children = []
for _ in range(3):
    if (child := os.fork()) == 0:
        for _ in range(20):
            assert store.apply(take) is None
        os._exit(0)
    children.append(child)
for _ in range(20):
    assert store.apply(take) is None
assert all(os.waitpid(child, 0)[1] == 0 for child in children)
assert store.apply(take) is None
assert store._pool._idle == [mine], "the parent's connection is not closed by its children"
print(store.fetch((Get(Count, ("pool", "stock", "")),))[0].used)
store.close()
"""


def test_a_fork_shares_no_connection(postgres_url: str) -> None:
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORK, postgres_url]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (shown.stdout, shown.stderr) == ("82\n", "")


# ---- a server of its own


@pytest.fixture
def own(server: postgres.Server) -> str:
    """The address of an empty store on it."""
    upgrade(server.url)
    return postgres.emptied(server.url)


def test_a_server_that_was_restarted_meanwhile_is_not_noticed(server: postgres.Server, own: str) -> None:
    store = PostgresStore(own)
    done(store, TAKE)
    server.stop()
    with pytest.raises(StoreError, match=r"^the server (cannot be reached|is stopping)"):
        store.apply((TAKE,))
    server.start()
    done(store, TAKE)
    assert store.fetch((STOCK,)) == (Count("pool", "stock", "", 2),)
    store.close()


@pytest.mark.parametrize("seed", range(3))
def test_what_was_acknowledged_survives_the_server(server: postgres.Server, own: str, seed: int) -> None:
    """Four writers; the server is killed under them. Nothing told is lost, nothing is half there."""
    random = Random(seed)
    store = PostgresStore(own)
    told: list[str] = []
    doubtful: list[str] = []
    stop = False

    def write(who: int) -> None:
        n = 0
        while not stop:
            n += 1
            key = f"{seed}-{who}-{n}"
            try:
                assert store.apply((Insert(Key("u", "buy", key, "", "", 1)), TAKE)) is None
                told.append(key)
            except InDoubtError:
                doubtful.append(key)
            except StoreError:
                sleep(0.05)

    threads = [Thread(target=write, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    sleep(random.uniform(0.1, 0.4))
    server.kill()
    server.start()
    before = len(told)
    until = monotonic() + 20
    while len(told) < before + 20:
        assert monotonic() < until
        sleep(0.01)
    stop = True
    for thread in threads:
        thread.join(20)
    with psycopg.connect(own) as connection:
        there = {key for (key,) in connection.execute("SELECT key FROM entitle_keys").fetchall()}
    assert set(told) <= there <= set(told) | set(doubtful)
    assert store.fetch((STOCK,))[0].used == len(there)
    store.close()
