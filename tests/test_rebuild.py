"""Rebuild: what is destroyed comes again from the ledger, row for row; where nothing is wrong nothing is done."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from entitle.keys import NO_KEYS
from entitle.plan import Store
from entitle.shop.facade import Shop
from entitle.store.memory import MemoryStore
from entitle.store.opening import open_store
from tests.everything import everything
from tests.store.rows import Books, books

DESTROYED = [
    "UPDATE entitle_customers SET seq = 1, head = 'x', not_before = 0, events = 1",
    "DELETE FROM entitle_customers",
    "UPDATE entitle_stock SET free = free + 7",
    "DELETE FROM entitle_stock",
    "UPDATE entitle_counts SET used = used + 1",
    "DELETE FROM entitle_counts",
    "UPDATE entitle_uses SET units = units + 1",
    "UPDATE entitle_grants SET state = 'revoked', used = 0, \"window\" = 3",
    "UPDATE entitle_grants SET claimed_at = NULL WHERE kind = 'voucher'",
    "UPDATE entitle_contracts SET paid = 9, period_start = 0, period_end = 0, ends_at = 1, state = 'failing'",
    "UPDATE entitle_contracts SET cancelled_at = 1, timeline = '[]'",
    "UPDATE entitle_charges SET amount = 1, due_at = 1 WHERE state = 'due'",
    "DELETE FROM entitle_charges WHERE state = 'due'",
    "DELETE FROM entitle_jobs WHERE kind = 'end' AND due_at IS NOT NULL",
    "UPDATE entitle_active SET since = 0",
    "DELETE FROM entitle_active",
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Books]:
    path = tmp_path_factory.mktemp("whole") / "shop.db"
    place = everything(open_store(f"sqlite:///{path}", create=True))
    place.shop.close()
    return path, rows(path)


def rows(path: Path) -> Books:
    with closing(open_store(f"sqlite:///{path}")) as store:
        return books(store)


def rebuilt(store: Store, apply: bool) -> list[str]:
    with closing(Shop(store, NO_KEYS, lambda: 0, lambda n: bytes(n))) as shop:
        return [each.text() for each in shop.rebuild(apply)]


@pytest.mark.parametrize("sql", [*DESTROYED, ";".join(DESTROYED)], ids=lambda sql: sql[:60])
def test_what_is_destroyed_comes_again(sql: str, whole: tuple[Path, Books], tmp_path: Path) -> None:
    path = Path(shutil.copy(whole[0], tmp_path / "shop.db"))
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(sql)
    before = rows(path)
    assert before != whole[1]
    told = rebuilt(open_store(f"sqlite:///{path}"), apply=False)
    assert told
    assert rows(path) == before
    assert rebuilt(open_store(f"sqlite:///{path}"), apply=True)
    assert rows(path) == whole[1]
    assert rebuilt(open_store(f"sqlite:///{path}"), apply=True) == []


def test_nothing_is_done_where_nothing_is_wrong() -> None:
    place = everything(MemoryStore())
    assert list(place.shop.rebuild(apply=True)) == []


def test_nothing_is_rebuilt_from_a_broken_chain(whole: tuple[Path, Books], tmp_path: Path) -> None:
    path = Path(shutil.copy(whole[0], tmp_path / "shop.db"))
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "UPDATE entitle_entries SET why = 'x' WHERE stream = 'ann' AND seq = 1;"
            "UPDATE entitle_grants SET used = 0 WHERE stream = 'ann'"
        )
    assert rebuilt(open_store(f"sqlite:///{path}"), apply=True) == []


def test_on_postgresql_too(postgres_url: str) -> None:
    """Nothing is wrong, everything sealed is there; what is destroyed is found and comes again."""
    place = everything(open_store(postgres_url))
    shop = place.shop
    place.travel(hours=2)
    assert (shop.reconcile().breaks, shop.verify(shop.export_seal()).breaks, list(shop.rebuild())) == ((), (), [])
    whole = books(place.store)
    for sql in DESTROYED:
        with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
            connection.execute("SET session_replication_role = replica")  # rows go whatever names them
            connection.execute(sql)
        assert not shop.reconcile().ok, sql
        assert list(shop.rebuild(apply=True)), sql
        assert books(place.store) == whole, sql
    assert shop.reconcile().breaks == ()
    shop.close()
