"""Reconcile: releases that were changed, a store that is written to meanwhile, and how much of it is read at once."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from threading import Event
from typing import Any

import pytest

import entitle
from entitle import ON_ACCOUNT, Busy, Done, Refused, Who
from entitle.errors import StoreError
from entitle.keys import NO_KEYS
from entitle.plan import Insert, Read
from entitle.records import Count
from entitle.shop.facade import Shop
from entitle.shop.paging import PAGE, Pages, pages
from entitle.shop.verb import preview
from entitle.store.memory import MemoryStore
from entitle.store.opening import open_store
from entitle.testing.world import Clock, World
from tests.everything import release as everything_sold
from tests.everything import who as buyer
from tests.shops import ANN, buy, done, sample, shanghai, world

MONTHLY, YEAR = "starlight-monthly", "starlight-year"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    place = world(f"sqlite:///{path}")
    buy(place.shop, ANN, MONTHLY, "k-1")
    place.shop.close()
    return path


def test_nothing_is_decided_by_a_release_that_was_changed(store: Path) -> None:
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("UPDATE entitle_releases SET body = replace(body, '2500', '1')")
    with (
        entitle.open(f"sqlite:///{store}", keys=NO_KEYS) as shop,
        pytest.raises(StoreError, match="was changed: nothing is decided by it"),
    ):
        shop.quote(ANN, YEAR)


@pytest.mark.parametrize("changed", ["replace(body, '2500', '1')", "'x'"])
def test_charges_of_other_releases_are_handed_out(changed: str, tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    place = world(f"sqlite:///{path}")
    for name in ("ann", "bob", "cyd"):
        buy(place.shop, Who(name, channel="app"), MONTHLY, name)
    place.shop.publish(replace(sample(), name="another"))
    buy(place.shop, Who("dan", channel="app"), MONTHLY, "dan")
    place.shop.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE entitle_releases SET body = {changed} WHERE name != 'another'")
    clock = Clock(shanghai("2026-12-31 20:00"))
    with closing(Shop(open_store(f"sqlite:///{path}"), NO_KEYS, clock.instant, Random(1).randbytes)) as shop:
        assert [each.customer for each in shop.charges(limit=1)] == ["dan"]
        with pytest.raises(StoreError, match="was changed"):
            shop.charges()


@pytest.mark.parametrize("kind", ["memory", "sqlite", "postgresql"])
def test_a_store_that_is_written_to_meanwhile_has_no_false_break(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    match kind:
        case "memory":
            place = world("memory:", release=everything_sold())
        case "sqlite":
            place = world(f"sqlite:///{tmp_path / 'shop.db'}", release=everything_sold())
        case _:
            place = world(request.getfixturevalue("postgres_url"), release=everything_sold())
    shop, stop = place.shop, Event()
    done(shop.fill("codes", 900, key="codes"))
    done(shop.fill("seats", 900, key="seats"))
    for name in "abcdef":
        buy(shop, buyer(name), "card", f"{name}-first")

    def write(name: str) -> int:
        bought = 0
        while not stop.is_set() and bought < 60:
            who = buyer(f"{name}-{bought // 8}")  # a device may buy a few
            outcome = shop.buy(who, "card", key=f"{name}-{bought}", paid=ON_ACCOUNT)
            assert isinstance(outcome, Done | Busy | Refused), outcome
            bought += 1
        return bought

    with ThreadPoolExecutor(4) as threads:
        writers = [threads.submit(write, name) for name in "aabc"]
        try:
            reports = [shop.reconcile() for _ in range(5)]
        finally:
            stop.set()
        assert sum(each.result(60) for each in writers) > 0
    assert [each.breaks for each in (*reports, shop.reconcile())] == [()] * 6


class Counting(MemoryStore):
    """A store that knows how many rows were asked for at once."""

    most = 0

    def fetch(self, reads: tuple[Read, ...]) -> tuple[Any, ...]:
        found = super().fetch(reads)
        self.most = max(self.most, sum(len(each) for each in found if isinstance(each, list)))
        return found


def test_so_many_rows_are_read_at_once_however_many_customers_there_are() -> None:
    store = Counting()
    place = World(everything_sold(), store, shanghai("2026-12-24 20:00"))
    done(place.shop.fill("codes", 700, key="codes"))
    done(place.shop.fill("seats", 700, key="seats"))
    most = []
    for first in (0, 300):
        for n in range(first, first + 300):
            done(place.shop.buy(buyer(f"u-{n}"), "card", key=f"k-{n}", paid=ON_ACCOUNT))
        store.most = 0
        assert place.shop.reconcile().customers == first + 302
        most.append(store.most)
    assert max(most) <= PAGE


def test_a_page_ends_anywhere_and_nothing_is_left_out() -> None:
    store = MemoryStore()
    rows = [Count(f"s{n % 7}", f"c{n % 11}", str(n), n) for n in range(900)]
    assert store.apply(tuple(map(Insert, rows))) is None
    assert all_rows(store, pages(Count, ("subject", "counter", "bucket"))) == sorted(rows, key=by_key)
    some = pages(Count, ("subject", "counter", "bucket"), (("counter", "=", "c3"),))
    assert all_rows(store, some) == sorted((row for row in rows if row.counter == "c3"), key=by_key)


def all_rows(store: MemoryStore, found: Pages) -> list[Count]:
    rows: list[Count] = []
    while (page := preview(store, found.turn())) is not None:
        assert len(page) <= PAGE
        rows += page
    return rows


def by_key(row: Count) -> tuple[str, str, str]:
    return row.subject, row.counter, row.bucket
