"""Seals: Merkle roots as others make them, and a store that was edited held against a seal kept outside."""

import json
import os
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitle.errors import FactError
from entitle.keys import NO_KEYS, Keys
from entitle.records import Activation, Customer, Entry, Event, Posting
from entitle.seal_records import Seal, SealedLeaf
from entitle.shop import merkle, sealing
from entitle.shop.facade import Shop
from entitle.shop.verify import Verified
from entitle.store.opening import open_store
from entitle.store.tables import NAMES
from entitle.testing.world import World
from tests.everything import everything, release, who
from tests.shops import buy, shanghai, world

LEAVES = [
    bytes.fromhex(each)
    for each in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [  # of the first one, two, … of these leaves, as published for certificate transparency
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_roots_are_those_that_others_make() -> None:
    assert [merkle.root(LEAVES[: n + 1]).hex() for n in range(len(LEAVES))] == ROOTS


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=40), st.data())
def test_a_proof_shows_one_leaf_and_no_other(leaves: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    path, root = merkle.proof(leaves, place), merkle.root(leaves)
    assert merkle.proves(leaves[place], place, len(leaves), path, root)
    assert not merkle.proves(leaves[place] + b"x", place, len(leaves), path, root)
    assert not merkle.proves(leaves[place], place, len(leaves), [*path, root], root)
    assert not merkle.proves(leaves[place], -1, len(leaves), path, root)
    if path:
        assert not merkle.proves(leaves[place], place, len(leaves), path[1:], root)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A store, and its last seal as it was exported."""
    path = tmp_path_factory.mktemp("sealed") / "shop.db"
    place = everything(open_store(f"sqlite:///{path}", create=True))
    place.travel(hours=2)
    kept = place.shop.export_seal()
    assert kept is not None
    assert len(place.shop.seals()) > 2
    found = place.shop.verify(kept)
    assert (found.breaks, found.seals, place.shop.reconcile().breaks) == ((), kept["seal"]["n"], ())
    place.shop.close()
    return path, json.loads(json.dumps(kept))


@pytest.fixture
def copy(sealed: tuple[Path, dict[str, Any]], tmp_path: Path) -> Path:
    return Path(shutil.copy(sealed[0], tmp_path / "shop.db"))


@pytest.fixture
def kept(sealed: tuple[Path, dict[str, Any]]) -> dict[str, Any]:
    return sealed[1]


def shop_at(path: Path, keys: Keys = NO_KEYS) -> Shop:
    return Shop(open_store(f"sqlite:///{path}"), keys, lambda: shanghai("2028-01-01 00:00"), os.urandom)


def verified(path: Path, kept: dict[str, Any] | None) -> Verified:
    with shop_at(path) as shop:
        return shop.verify(kept)


def edit(path: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute(sql, values).rowcount > 0


PROVED = (Entry, Posting, Event, Customer, Activation, Seal, SealedLeaf)


@pytest.mark.parametrize("table", PROVED, ids=lambda table: table.__name__)
@pytest.mark.parametrize("row", ["min", "max"])
def test_no_column_of_a_sealed_row_changes_unnoticed(table: type, row: str, copy: Path, kept: dict[str, Any]) -> None:
    before, name = copy.read_bytes(), NAMES[table]
    for column in (each.name for each in fields(table)):
        with closing(sqlite3.connect(copy)) as connection, connection:
            connection.execute("PRAGMA ignore_check_constraints = 1")
            at = f"rowid = (SELECT {row}(rowid) FROM {name})"
            (old,) = connection.execute(f'SELECT "{column}" FROM {name} WHERE {at}').fetchone()
            new = f"{old}x" if isinstance(old, str) else old + 1000
            connection.execute(f'UPDATE {name} SET "{column}" = ? WHERE {at}', (new,))
        assert verified(copy, kept).breaks, f"{table.__name__}.{column} changed unnoticed"
        copy.write_bytes(before)


@pytest.mark.parametrize("table", PROVED, ids=lambda table: table.__name__)
def test_no_sealed_row_goes_unnoticed(table: type, copy: Path, kept: dict[str, Any]) -> None:
    for which in ("min", "max"):
        before, name = copy.read_bytes(), NAMES[table]
        edit(copy, f"DELETE FROM {name} WHERE rowid = (SELECT {which}(rowid) FROM {name})")
        assert verified(copy, kept).breaks
        copy.write_bytes(before)


def cut_off(path: Path, stream: str) -> None:
    """Take the last step of a stream away so that nothing in the stream tells."""
    with closing(sqlite3.connect(path)) as connection, connection:
        seq, at = connection.execute(
            "SELECT seq, at FROM entitle_entries WHERE stream = ? ORDER BY seq DESC LIMIT 1", (stream,)
        ).fetchone()
        connection.execute("DELETE FROM entitle_postings WHERE stream = ? AND seq = ?", (stream, seq))
        connection.execute("DELETE FROM entitle_entries WHERE stream = ? AND seq = ?", (stream, seq))
        connection.execute("DELETE FROM entitle_events WHERE stream = ? AND at = ?", (stream, at))
        head, latest = connection.execute(
            "SELECT digest, at FROM entitle_entries WHERE stream = ? AND seq = ?", (stream, seq - 1)
        ).fetchone()
        (told,) = connection.execute("SELECT count(*) FROM entitle_events WHERE stream = ?", (stream,)).fetchone()
        connection.execute(
            "UPDATE entitle_customers SET seq = ?, head = ?, not_before = ?, events = ? WHERE stream = ?",
            (seq - 1, head, latest, told, stream),
        )


def test_a_tail_that_is_cut_off_cleanly_is_noticed(copy: Path, kept: dict[str, Any]) -> None:
    cut_off(copy, "fay")
    with shop_at(copy) as shop:
        assert "chain-gap" not in {each.code for each in shop.reconcile().breaks if each.stream == "fay"}
    assert "sealed" in {each.code for each in verified(copy, kept).breaks}
    assert "sealed" in {each.code for each in verified(copy, None).breaks}


def test_whoever_makes_a_chain_and_seals_anew_is_found_out_by_the_seal_kept_outside(
    copy: Path, kept: dict[str, Any]
) -> None:
    """The chain has no secret, so it can be made anew, seals with another key too: but none that was kept outside."""
    cut_off(copy, "fay")
    for table in ("entitle_sealed_leaves", "entitle_seals"):
        edit(copy, f"DELETE FROM {table}")
    edit(copy, "UPDATE entitle_events SET position = 100000 + position")
    edit(copy, "UPDATE entitle_events SET position = (SELECT count(*) FROM entitle_events AS e"
         " WHERE e.position <= entitle_events.position)")  # fmt: skip
    with shop_at(copy, Keys.from_text("mallory")) as shop:
        while shop.tick():
            pass
        assert shop.verify().breaks == ()
        assert {each.code for each in shop.verify(kept).breaks} <= {"seal", "seal-lost"}
        assert shop.verify(kept).breaks


def test_what_is_sold_after_a_seal_breaks_nothing(copy: Path, kept: dict[str, Any]) -> None:
    with shop_at(copy, Keys.from_text("a virtual shop")) as shop:
        buy(shop, who("new"), "yearly", "k")
        assert shop.verify(kept).breaks == ()
        shop.tick()
        assert len(shop.seals(after=kept["seal"]["n"])) >= 1
        assert shop.verify(kept).breaks == ()


def test_what_is_no_seal_is_refused(copy: Path, kept: dict[str, Any]) -> None:
    forged = {"format": 1, "seal": kept["seal"] | {"root": "0" * 64}}
    whole = kept["seal"]
    others = [{}, {"format": 2, "seal": whole}, {"format": 1, "seal": {}}, {"format": 1, "seal": 7}]
    for wrong in (forged, *others, *({"format": 1, "seal": whole | each} for each in ({"n": True}, {"key": "x"}))):
        with pytest.raises(FactError, match="against"):
            verified(copy, wrong)


def test_many_events_are_sealed_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "EVENTS_MOST", 7)
    place = World(release(), start=shanghai("2026-12-24 20:00"))
    for n in range(9):
        buy(place.shop, who(f"u-{n}"), "yearly", f"k-{n}")
    for _ in range(5):
        place.shop.tick()
    assert {each.position - each.since for each in place.shop.seals()[:5]} == {7}
    assert place.shop.verify().breaks == ()


@pytest.mark.parametrize("kind", ["memory", "sqlite", "postgresql"])
def test_any_number_of_workers_seal(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = {"memory": "memory:", "sqlite": f"sqlite:///{tmp_path / 'shop.db'}"}.get(kind) or request.getfixturevalue(
        "postgres_url"
    )
    place = world(url, release=release())
    for n in range(3):
        buy(place.shop, who(f"u-{n}"), "yearly", f"k-{n}")
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: place.shop.tick(), range(8), timeout=60))
    assert [each.n for each in place.shop.seals()] == [1]
    assert place.shop.verify(place.shop.export_seal()).breaks == ()
    place.shop.close()


def test_who_has_no_secrets_seals_nothing(copy: Path) -> None:
    edit(copy, "DELETE FROM entitle_sealed_leaves")
    edit(copy, "DELETE FROM entitle_seals")
    with shop_at(copy) as shop:
        shop.tick()
        assert (shop.seals(), shop.export_seal()) == ((), None)


FROZEN = Seal(2, 1766577600000000, 7, 9, 3, "ab" * 32, "cd" * 32, "", "")


def test_a_frozen_seal() -> None:
    """What is signed never changes: seals that were kept outside are verified for ever."""
    key, signature = Keys.from_text("frozen").sign_seal(sealing.message(FROZEN))
    said = asdict(FROZEN) | {"key": key, "signature": signature}
    assert sealing.message(FROZEN).decode() == (
        f'entitle seal 1\n[2,1766577600000000,7,9,3,"{"ab" * 32}","{"cd" * 32}"]'
    )
    assert (key, sealing.digest_of(Seal(**said))) == (FROZEN_KEY, FROZEN_DIGEST)


FROZEN_KEY = "aa5152f90202abc5b37bd86b5f06db53310d4c07df2139f1270c44b137e2ded3"
FROZEN_DIGEST = "e463403f2806eb88336408e6d6c275beeb5fd6ea24951dc7737ae1b213237081"
