"""A power cut, as the files of a SQLite store see it: what was not on the disk is gone, torn, or rubbish.

The log of writes is on the disk up to each commit that was acknowledged (synchronous FULL); what came after that may be
there in part. While the log is written back to the file, any of the file's pages may be old or new.
"""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from entitle.plan import Add, Find, Get, Insert
from entitle.records import Count, Key
from entitle.store.sqlite import SqliteStore
from tests.store.rows import done

PLANS, CUTS, PAGE = 12, 5, 4096
TAKE = Add(Count("pool", "stock", "", 0), "used", 1)
TAKEN = Get(Count, ("pool", "stock", ""))
LOGGED = {"wal_autocheckpoint": 0}  # nothing is written back by itself


@pytest.fixture
def written(path: Path) -> Iterator[tuple[Path, list[int]]]:
    """A store that is still open, and how long its log was as each plan was acknowledged."""
    store = SqliteStore(path, pragmas=LOGGED)
    log = path.with_name("shop.db-wal")
    lengths = [0]
    for n in range(PLANS):
        done(store, Insert(Key("u", "buy", f"k-{n}", "", "", 1)), TAKE)
        lengths.append(log.stat().st_size)
    yield path, lengths
    store.close()


def after_the_cut(file: bytes, log: bytes) -> int:
    """How many plans a store with these files holds: the first ones, each of them whole."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "shop.db")
        path.write_bytes(file)
        path.with_name("shop.db-wal").write_bytes(log)
        store = SqliteStore(path)
        keys, count = store.fetch((Find(Key, ()), TAKEN))
        done(store, TAKE)  # it goes on
        store.close()
    assert {key.key for key in keys} == {f"k-{n}" for n in range(len(keys))}
    assert (count.used if count else 0) == len(keys)
    return len(keys)


def test_what_was_acknowledged_is_there_whatever_is_lost_after_it(written: tuple[Path, list[int]]) -> None:
    path, lengths = written
    file, log = path.read_bytes(), path.with_name("shop.db-wal").read_bytes()
    random = Random(1)
    for told, (length, following) in enumerate(zip(lengths, [*lengths[1:], len(log)], strict=True)):
        cuts = {length, max(length, following - 1), *(random.randint(length, following) for _ in range(CUTS))}
        for cut in sorted(cuts):
            torn = log[:cut] + random.randbytes(following - cut)
            assert {after_the_cut(file, left) for left in (log[:cut], torn)} == {told + (cut == following > length)}


def test_a_log_that_was_written_back_in_part_is_written_back_again(
    written: tuple[Path, list[int]], tmp_path: Path
) -> None:
    path, _ = written
    old, log = path.read_bytes(), path.with_name("shop.db-wal").read_bytes()
    (tmp_path / "all").mkdir()
    whole = tmp_path / "all" / "shop.db"
    whole.write_bytes(old)
    whole.with_name("shop.db-wal").write_bytes(log)
    store = SqliteStore(whole)
    store.fetch((TAKEN,))
    store.close()  # the last one to close a store writes its log back
    assert not whole.with_name("shop.db-wal").exists()
    new = whole.read_bytes()
    pages = [at for at in range(0, len(new), PAGE) if old[at : at + PAGE] != new[at : at + PAGE]]
    assert len(pages) > 2
    random = Random(2)
    for _ in range(2 * CUTS):
        mixed = bytearray(old)
        for at in random.sample(pages, random.randint(1, len(pages) - 1)):
            mixed[at : at + PAGE] = new[at : at + PAGE]
        assert after_the_cut(bytes(mixed), log) == PLANS
