"""What the shop reads is found by an index: no question of one customer's grows with the number of others."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from entitle import Payment
from entitle.plan import Add, Answer, Effect, Expect, Find, Get, Insert, Plan, Read, Tally, Update, one_by_one
from entitle.store import sqlite as module
from entitle.store.connections import connect
from entitle.store.opening import open_store
from entitle.testing.world import World
from tests.shops import ANN, BOB, buy, done, sample, shanghai

SMALL = ("entitle_releases", "entitle_active", "entitle_activations", "entitle_known_keys")  # a row a release or secret


class Recording:
    """A store that notes what is asked of it."""

    def __init__(self, store: Any) -> None:
        self.store, self.reads, self.effects = store, list[Read](), list[Effect]()

    def fetch(self, reads: tuple[Read, ...]) -> tuple[Any, ...]:
        self.reads += reads
        answer: tuple[Any, ...] = self.store.fetch(reads)
        return answer

    def apply(self, plan: Plan) -> Effect | None:
        self.effects += plan
        failed: Effect | None = self.store.apply(plan)
        return failed

    def apply_each(self, plans: Sequence[Plan]) -> list[Answer]:
        return one_by_one(self.apply, plans)

    def close(self) -> None:
        self.store.close()


def live(place: World) -> None:
    """A year in which every verb is asked."""
    shop = place.shop
    monthly = buy(shop, ANN, "starlight-monthly", "k-1")
    year = buy(shop, BOB, "starlight-year", "k-2")
    place.reach(shanghai("2027-02-01 12:00"))
    for who in ("ann", "bob"):
        shop.access(who)
        shop.has(who, "cinema-vip")
        shop.history(who)
        for grant in shop.wallet(who).grants:
            shop.claim(who, grant, key=f"c-{grant.id}")
        for grant in shop.wallet(who).grants:
            if grant.code:
                shop.look(grant.code)
                redeemed = shop.redeem(grant.code, key=f"r-{grant.id}")
                if redeemed.ok:
                    shop.reverse(done(redeemed).id, key=f"v-{grant.id}")
    shop.cancel(monthly.subscription.id, key="x")
    shop.undo_cancel(monthly.subscription.id, key="u")
    shop.explain(year.id)
    shop.refund(year.id, key="f")
    place.clock.now = shanghai("2027-02-28 20:00")
    for charge in shop.charges():
        shop.settle(charge, Payment(charge.amount, "r"))
    shop.events()
    shop.next_due()


@pytest.fixture
def asked(tmp_path: Path) -> tuple[Path, Recording]:
    path = tmp_path / "shop.db"
    recording = Recording(open_store(f"sqlite:///{path}", create=True))
    place = World(sample(), recording, shanghai("2026-12-24 20:00"))
    live(place)
    place.shop.close()
    return path, recording


def plans(path: Path, statements: Sequence[Any]) -> list[tuple[str, str]]:
    """Each statement with a line of how SQLite would carry it out."""
    with closing(connect(path, 1, {})) as connection:
        return [
            (each.text, row[3])
            for each in statements
            for row in connection.execute(f"EXPLAIN QUERY PLAN {each.text}", each.values)
        ]


def test_no_read_scans_a_table_that_grows(asked: tuple[Path, Recording]) -> None:
    path, recording = asked
    found = plans(path, [module.STATEMENTS.read(each) for each in recording.reads])
    scans = {text for text, plan in found if plan.startswith("SCAN") and not any(name in plan for name in SMALL)}
    assert scans == set()
    assert {type(each) for each in recording.reads} == {Find, Get, Tally}


def test_no_write_scans_a_table_that_grows(asked: tuple[Path, Recording]) -> None:
    path, recording = asked
    found = plans(path, [module.STATEMENTS.write(each) for each in recording.effects])
    assert [text for text, plan in found if plan.startswith("SCAN") and "CONSTANT" not in plan] == []
    assert {type(each) for each in recording.effects} >= {Insert, Update, Add, Expect}
