"""A customer is forgotten: no text about them can be read, every book stays whole; what was kept for a time goes."""

import json
import os
import sqlite3
from base64 import b64encode
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import entitle
from entitle import ON_ACCOUNT, Keys, NotFound, Pending, StoreError, Who
from entitle.cli.app import app
from entitle.identity import KEYS
from entitle.keys import NO_KEYS
from entitle.plan import Find, Insert, Store
from entitle.records import Decided, Entry, Order, Posting, Sighting, Use
from entitle.release import Measure, Release
from entitle.secret_records import FailedTries, WrappedKey
from entitle.shop import retention, sightings
from entitle.shop.chain import GENESIS, chained
from entitle.shop.facade import Shop
from entitle.shop.verb import Windows
from entitle.shop.why import opened
from entitle.store.memory import MemoryStore
from entitle.store.opening import open_store
from entitle.testing.world import World
from tests.books import compiled
from tests.shops import buy, codes, done

RULES = """\
entitle: 1
name: forgotten
timezone: Asia/Shanghai
currency: CNY
facts:
  device: {type: key, if_missing: ask}
  device.orders: {count: orders, per: device, within: 7 days}
  device.customers: {distinct: customers, in: charges, per: device}
guards:
  farm: {check_at: purchase, block_if: device.orders >= 3 or device.customers >= 9}
benefits:
  video: {kind: access, name: Video}
  ticket: {kind: voucher, name: Ticket, redeem: {by: code, uses: 9}}
products:
  visit: {name: Visit, price: ¥5.00, hold: 20 minutes, gives: [{benefit: ticket}]}
  monthly:
    name: Monthly
    subscription: {renews: every month, phases: [{id: regular, price: ¥30.00}]}
    gives: [{benefit: video, during: paid time}]
"""


def book(text: str) -> Release:
    found = compiled(book=text)
    assert found.diagnostics == []
    assert found.release is not None
    return found.release


RELEASE = book(RULES)
SHORTER = book(RULES.replace("within: 7 days", "within: 2 days"))
DAY = 86_400_000_000
OLD, NEW = Keys.from_text("old"), Keys.from_text("new")
WHY = "CANARY-why: rang from her mother's, "


def who(customer: str, device: str = "CANARY-device") -> Who:
    return Who(customer, device=device)


def lived(shop: Shop) -> str:
    """Ann's life with the shop, with something written at each step; the code of her ticket."""
    done(shop.buy(who("ann"), "visit", key="k1", paid=ON_ACCOUNT, by="cs-1", why=f"{WHY}1"))
    done(shop.buy(who("bob"), "visit", key="k2", paid=ON_ACCOUNT, why=f"{WHY}2"))
    running = done(shop.buy(who("ann"), "monthly", key="k3", paid=ON_ACCOUNT, why=f"{WHY}3")).subscriptions[0]
    done(shop.cancel(running.id, key="c1", why=f"{WHY}4"))
    (code,) = [each.code for each in shop.wallet("ann").grants if each.code]
    assert code is not None
    done(shop.redeem(code, device="CANARY-gate", network="CANARY-net", key="r1", why=f"{WHY}5"))
    shop.redeem("000000-000000-000000", device="CANARY-gate", network="CANARY-net", by="gate", key="r2")
    return code


def whys(shop: Shop, customer: str = "ann") -> list[str]:
    return [each.why for each in shop.history(customer)]


@pytest.mark.parametrize("where", ["sqlite", "postgresql"])
def test_a_forgotten_customer_leaves_every_book_whole(
    where: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}" if where == "sqlite" else request.getfixturevalue("postgres_url")
    with entitle.open(url, keys=OLD, create=True) as shop:
        shop.publish(RELEASE)
        code = lived(shop)
        shop.tick()
        kept = shop.export_seal()
        assert whys(shop) == [f"{WHY}{n}" for n in (1, 3, 4, 5)]
        assert shop.export("ann").count(WHY) == 4
        ledger = (Find(Entry, (("seq", "<=", 4),)), Find(Posting, (("seq", "<=", 4),)), Find(Decided, ()))
        before = shop.store.fetch(ledger)
        done(shop.forget("ann", by="dpo", why="asked by letter 17"))
        assert whys(shop) == ["", "", "", "", "asked by letter 17"]
        assert whys(shop, "bob") == [f"{WHY}2"]
        assert WHY not in shop.export("ann")
        assert shop.store.fetch(ledger) == before
        assert shop.reconcile().breaks == ()
        assert list(shop.rebuild()) == []
        assert shop.verify(kept).ok
        (decisions,) = shop.store.fetch((Find(Decided, ()),))
        assert all(line.faithful for each in decisions for line in shop.explain(each.id).lines)
        done(shop.redeem(code, key="r3"))  # what was given is still theirs who hold it
        every = repr(shop.store.fetch(tuple(Find(table, ()) for table in KEYS)))
    assert "CANARY" not in every
    for file in tmp_path.glob("shop.db*"):
        assert b"CANARY" not in file.read_bytes(), file.name


def test_the_key_of_what_was_written_is_overwritten_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with entitle.open(f"sqlite:///{path}", keys=OLD, create=True) as shop:
        shop.publish(RELEASE)
        lived(shop)
        (rows,) = shop.store.fetch((Find(WrappedKey, (("name", "=", "stream:ann"),)),))
    sealed = rows[0].sealed.encode()
    assert sealed in path.read_bytes()
    with entitle.open(f"sqlite:///{path}", keys=OLD) as shop:
        done(shop.forget("ann"))
    assert [file for file in tmp_path.glob("shop.db*") if sealed in file.read_bytes()] == []


def test_it_is_done_once_until_more_is_written(place: World) -> None:
    shop = place_of(place)
    with pytest.raises(NotFound, match="nothing of ann"):
        shop.forget("ann")
    lived(shop)
    assert not shop.forget("ann").replayed
    assert shop.forget("ann", why="again").replayed
    assert [each.verb for each in shop.history("ann")][-1] == "forget"
    buy(shop, who("ann", "other"), "visit", "k9")
    assert shop.forget("ann").replayed  # nobody said why
    done(shop.buy(who("ann", "other"), "visit", key="k10", paid=ON_ACCOUNT, why="more"))
    assert whys(shop)[-1] == "more"
    assert not shop.forget("ann").replayed
    assert set(whys(shop)) == {""}
    assert [each.type for each in shop.events(limit=500)].count("customer.forgotten") == 2
    assert shop.reconcile().breaks == ()


def place_of(place: World) -> Shop:
    place.shop.publish(RELEASE)
    return place.shop


def test_who_still_has_to_pay_is_not_forgotten(place: World) -> None:
    shop = place_of(place)
    running = buy(shop, who("ann"), "monthly", "k1").subscriptions[0]
    hold = done(shop.hold(who("ann", "other"), "visit", key="h1"))
    before = shop.history("ann")
    refused = shop.forget("ann")
    assert codes(refused) == ["still-renews", "still-held"]
    assert shop.history("ann") == before
    done(shop.void(hold))
    assert codes(shop.forget("ann")) == ["still-renews"]
    place.travel(days=31, pay=lambda charge: Pending())
    assert codes(shop.forget("ann")) == ["still-renews"]  # money may be on its way
    done(shop.cancel(running.id, when="period_end", key="c1"))
    done(shop.forget("ann"))
    assert shop.reconcile().breaks == ()


def test_a_hold_that_is_over_keeps_nobody(place: World) -> None:
    shop = place_of(place)
    done(shop.hold(who("ann"), "visit", key="h1"))
    place.clock.now += timedelta(minutes=20) // timedelta(microseconds=1)
    done(shop.forget("ann"))


# ---- how it is sealed


def test_what_was_written_before_it_was_sealed_is_read_as_it_is() -> None:
    entry = Entry("ann", 1, 1, "buy", "o", "", "", "in clear", "")
    for version in (1, 2):
        digest = chained(GENESIS, entry, [], [], version)
        assert opened(None, replace(entry, digest=digest)) == "in clear"
    assert opened(None, replace(entry, digest=chained(GENESIS, entry, [], []))) == ""


def test_a_text_is_of_its_entry_alone(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with entitle.open(f"sqlite:///{path}", keys=OLD, create=True) as shop:
        shop.publish(RELEASE)
        lived(shop)
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute(
            "UPDATE entitle_entries SET why = (SELECT why FROM entitle_entries WHERE stream = 'ann' AND seq = 2) "
            "WHERE stream = 'ann' AND seq = 1"
        )
    with entitle.open(f"sqlite:///{path}", keys=OLD) as shop:
        with pytest.raises(StoreError, match="sealed for another row"):
            shop.history("ann")
        assert [each.code for each in shop.reconcile().breaks] == ["chain-broken"]


def test_a_new_secret_reads_what_was_written_and_forgets_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    with entitle.open(url, keys=OLD, create=True) as shop:
        shop.publish(RELEASE)
        lived(shop)
    with entitle.open(url, keys=Keys(NEW.secret, (OLD.secret,))) as shop:
        assert sum(shop.rekey()) == 5  # the key of digests, two customers' keys, two tickets
    with entitle.open(url, keys=NEW) as shop:
        assert whys(shop)[0] == f"{WHY}1"
        done(shop.forget("ann"))
        assert set(whys(shop)) == {""}
        assert whys(shop, "bob") == [f"{WHY}2"]


def test_by_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    with entitle.open(url, keys=OLD, create=True) as shop:
        shop.publish(RELEASE)
        lived(shop)
        buy(shop, who("eve", "other"), "monthly", "k7")
    monkeypatch.setenv("ENTITLE_KEY", b64encode(OLD.secret).decode())

    def run(*arguments: str) -> tuple[int, str, str]:
        told = CliRunner().invoke(app, [*arguments, "--store", url])
        return told.exit_code, told.stdout, told.stderr

    code, told, _ = run("export", "ann")
    assert (code, json.loads(told)["customer"], told.count(WHY)) == (0, "ann", 4)
    assert run("forget", "eve", "--lang", "en") == (1, "", "`monthly` still renews: cancel it first\n")
    assert run("forget", "ann", "--by", "dpo", "--lang", "en") == (0, "", "ann is forgotten\n")
    assert run("forget", "ann", "--lang", "zh") == (0, "", "此前已遗忘 ann\n")
    assert WHY not in run("export", "ann")[1]


# ---- what is kept for a time


def seen_by(store: Store) -> dict[str, int]:
    (rows,) = store.fetch((Find(Sighting, ()),))
    return {events: sum(row.events == events for row in rows) for events in ("orders", "charges")}


def test_what_no_measure_looks_back_to_is_deleted(place: World) -> None:
    shop = place_of(place)
    lived(shop)
    shop.publish(SHORTER)
    assert seen_by(place.store) == {"orders": 3, "charges": 3}
    place.travel(days=7)
    assert codes(shop.buy(who("eve", "elsewhere"), "visit", key="k5")) == ["payment-needed"]
    shop.tick()
    assert seen_by(place.store)["orders"] == 3  # the release before may come back, and a day is to spare
    place.travel(days=1)
    shop.tick()
    assert seen_by(place.store) == {"orders": 0, "charges": 3}  # charges are looked back to for ever
    (tries,) = place.store.fetch((Find(FailedTries, ()),))
    assert len(tries) == 3
    place.travel(days=23)
    shop.tick()
    assert place.store.fetch((Find(FailedTries, ()),)) == ([],)
    assert shop.reconcile().breaks == ()
    assert list(shop.rebuild()) == []


def test_a_step_is_bounded(place: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "STEP", 2)
    shop = place_of(place)
    lived(shop)
    place.clock.now += 60 * DAY
    gone = [shop._drive(lambda: retention.drop_old(shop._ctx)) for _ in range(4)]
    assert gone == [2, 2, 2, 0]  # three orders, and the counts of three who tried


MEASURES = st.builds(
    Measure,
    st.just("m"),
    st.sampled_from(["count", "distinct"]),
    st.sampled_from(["orders", "claims"]),
    per=st.sampled_from(["device", "customer"]),
    within=st.none() | st.integers(1, 5 * DAY),
)
ROWS = st.builds(
    Sighting,
    st.just("device:d"),
    st.sampled_from(["orders", "claims"]),
    st.uuids().map(str),
    st.sampled_from("ab"),
    st.sampled_from("xyz"),
    st.just("p"),
    st.just(0),
    st.integers(0, 12 * DAY),
)


@given(
    measures=st.lists(st.lists(MEASURES, max_size=2), min_size=1, max_size=2),
    rows=st.lists(ROWS, max_size=6),
    now=st.integers(6 * DAY, 12 * DAY),
    behind=st.integers(0, DAY - 1),
)
def test_no_measure_ever_misses_what_was_deleted(
    measures: list[list[Measure]], rows: list[Sighting], now: int, behind: int
) -> None:
    """Not even of a worker whose clock is most of a day behind."""
    store = MemoryStore()
    releases = [replace(RELEASE, measures=tuple(each)) for each in measures]
    world = World(None, store, now)
    assert store.apply(tuple(Insert(row) for row in rows)) is None
    world.shop._ctx.windows = Windows(0, retention.longest(list(releases)))
    asked = [
        sightings.seen(measure, {"device": "d"}, now - behind)
        for release in releases
        for measure in release.measures
        if measure.per == "device"
    ]
    before = store.fetch(tuple(asked))
    world.shop._drive(lambda: retention.drop_old(world.shop._ctx))
    assert store.fetch(tuple(asked)) == before


def test_where_a_release_cannot_be_read_nothing_seen_is_deleted() -> None:
    assert retention.longest([RELEASE, None]) == {}
    for releases in ([SHORTER, RELEASE], [RELEASE, SHORTER]):
        assert retention.longest(list(releases)) == {"orders": 7 * DAY, "charges": None}


def test_a_customer_with_more_orders_than_a_statement_takes_values_is_exported(tmp_path: Path) -> None:
    """SQLite takes 32,766 values at once."""
    store = open_store(f"sqlite:///{tmp_path / 'shop.db'}", create=True)
    numbers = range(32_800)
    orders = [Order("ann", f"ord_{n}", "dec", "r", n, 0, "CNY", "", "app", "") for n in numbers]
    uses = [Use("customer:ann", f"ord_{n}", 0, "limit:one", "", 1, n) for n in (0, 32_799)]
    assert store.apply(tuple(map(Insert, [*orders, *uses]))) is None
    with Shop(store, NO_KEYS, lambda: 0, os.urandom) as shop:
        rows = json.loads(shop.export("ann"))["rows"]
    assert len(rows["Order"]) == len(numbers)
    assert [each["order"] for each in rows["Use"]] == ["ord_0", "ord_32799"]
