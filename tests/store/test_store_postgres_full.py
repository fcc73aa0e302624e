"""PostgreSQL without room: on a disk that is full, and where no file may grow. Root can try the disk itself."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from entitle.errors import StoreError
from entitle.plan import Add, Find, Get, Insert
from entitle.records import Count, Published
from entitle.store.postgres import PostgresStore
from entitle.store.upgrade import upgrade
from tests import postgres
from tests.store.rows import done

TAKE = Add(Count("pool", "stock", "", 0), "used", 1)
STOCK = Get(Count, ("pool", "stock", ""))
MEGABYTE = 1 << 20
GROWS_TO = 17 * MEGABYTE  # a segment of the write-ahead log is 16 and must have its place

Room = Callable[[], None]  # makes room again


@contextmanager
def full_disk(server: postgres.Server) -> Iterator[Room]:
    """The table of releases is on a small disk, most of which something else took."""
    small = server.folder / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", small], check=True)
    try:
        owner = server.folder.stat()
        (space := small / "space").mkdir()
        os.chown(space, owner.st_uid, owner.st_gid)
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(f"CREATE TABLESPACE small LOCATION '{space}'".encode())
            connection.execute("TRUNCATE entitle_releases CASCADE")  # rows that were deleted still take their room
            connection.execute("ALTER TABLE entitle_releases SET TABLESPACE small")
            ballast = small / "ballast"
            ballast.write_bytes(bytes(5 * MEGABYTE))
            yield ballast.unlink
            connection.execute("ALTER TABLE entitle_releases SET TABLESPACE pg_default")
            connection.execute("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", "--lazy", small], check=True)
        shutil.rmtree(small)


@contextmanager
def no_larger_files(server: postgres.Server) -> Iterator[Room]:
    """Nobody who is connected may let a file grow any further."""

    def limit(size: str) -> None:
        with psycopg.connect(server.url) as connection:
            pids = connection.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'")
            for (pid,) in pids.fetchall():
                command = ["prlimit", "--pid", f"{pid}", f"--fsize={size}:"]  # the soft one; as its owner, who may
                subprocess.run(command, check=True, user=server.folder.stat().st_uid)

    limit(f"{GROWS_TO}")
    yield lambda: limit("unlimited")


FULL = {"files": (no_larger_files, "could not extend file")}
if os.geteuid() == 0:
    FULL["disk"] = (full_disk, "there is no room for more: the server's disk is full")


@pytest.mark.parametrize("how", FULL)
def test_without_room_nothing_is_done_and_it_goes_on_with_room(server: postgres.Server, how: str) -> None:
    upgrade(server.url)
    store = PostgresStore(postgres.emptied(server.url), size=1)
    without_room, said = FULL[how]
    store.fetch((STOCK,))  # it is connected
    with without_room(server) as make_room:
        written = until_full(store)
        for _ in range(2):  # it is said each time
            with pytest.raises(StoreError, match=said):
                store.apply((TAKE, large(written)))
            assert in_it(store) == (written, written)
        make_room()
        done(store, TAKE, large(written))
        assert in_it(store) == (written + 1, written + 1)
    store.close()


def until_full(store: PostgresStore) -> int:
    """How many could be done."""
    for number in range(2 * GROWS_TO // MEGABYTE):
        try:
            done(store, TAKE, large(number))
        except StoreError:
            return number
    raise AssertionError("there is room for all")


def large(number: int) -> Insert:
    """What takes a megabyte, however it is compressed."""
    return Insert(Published(f"{number}", "", secrets.token_hex(MEGABYTE), 1, ""))


def in_it(store: PostgresStore) -> tuple[int, int]:
    """How many were taken, and how many rows came with them."""
    count, rows = store.fetch((STOCK, Find(Published, ())))
    return count.used, len(rows)
