"""Pools: what is put in, taken and shown; nothing sold twice, nothing sold that is not there, on either store."""

import json
import re
import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest

import entitle
from entitle import Done, FactError, KeyConflict, Line, Payment, Refused, StoreError, UnknownName, Who
from entitle.decision import ON_ACCOUNT
from entitle.plan import Add, Fetch, Find, Plan, Tally, Where
from entitle.records import CardCode, Stock
from entitle.release import Release
from entitle.shop import parts
from entitle.shop.facade import Shop
from entitle.shop.sell import buy as sell_buy
from entitle.shop.verb import Writer
from entitle.stock_records import StockPart
from entitle.testing.world import World
from tests.books import released
from tests.shops import ANN, BOB, buy, codes, done, world

RULES = """\
pools:
  coffee: {of: card_codes, warn_below: 2}
  tea: {of: card_codes}
  seats: {of: units}
benefits:
  coffee-code: {kind: card_code, name: Coffee, pool: coffee, valid: 30 days from grant}
  tea-code: {kind: card_code, name: Tea, pool: tea, reveal: at_once}
products:
  card:
    name: Card
    sell: {quantity: 1..9}
    price: ¥10.00
    gives: [{benefit: coffee-code}]
    refund: {within: 7 days, if_used: no_refund}
  pair: {name: Pair, sell: {quantity: 1..9}, price: ¥18.00, gives: [{benefit: coffee-code, quantity: 2}]}
  tea: {name: Tea, price: ¥5.00, gives: [{benefit: tea-code}]}
  tea-to-claim: {name: Tea, price: ¥5.00, gives: [{benefit: tea-code, claim_within: 2 days}]}
  seat: {name: Seat, sell: {quantity: 1..20}, price: ¥30.00, stock: seats, gives: [{benefit: ticket}]}
  monthly-coffee:
    name: Coffee, monthly
    price: ¥100.00
    gives: [{benefit: coffee-code, when: monthly, times: 3}]
  gold: {name: Gold, price: ¥20.00, gives: [{benefit: ticket}, {benefit: coffee-code, if: customer.level >= 5}]}
"""


HOT = re.sub(r"of: (card_codes|units)", r"of: \1, hot: true", RULES)


@cache
def release(rules: str = RULES) -> Release:
    return released(rules)


@pytest.fixture(params=["memory", "sqlite", "memory, hot", "sqlite, hot"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    kind, hot = request.param.split(",")[0], request.param.endswith("hot")
    monkeypatch.setattr(parts, "PARTS", 3)  # so that what lies in these small pools is divided
    url = "memory:" if kind == "memory" else f"sqlite:///{tmp_path / 'shop.db'}"
    return world(url, release=release(HOT if hot else RULES))


def free(place: World, pool: str) -> int:
    here: tuple[Where, ...] = (("pool", "=", pool),)
    own, divided = place.store.fetch((Tally(Stock, here, "sum", "free"), Tally(StockPart, here, "sum", "free")))
    return int(own + divided)


def clean(place: World) -> None:
    assert place.shop.reconcile().breaks == ()


def shown(shop: Shop, customer: str = "ann") -> list[str | None]:
    return [grant.code for grant in shop.wallet(customer).grants]


def test_a_card_code_is_shown_when_its_holder_asks(place: World) -> None:
    done(place.shop.fill("coffee", ["AAA-1", "BBB-2", "CCC-3"], key="lot-1", by="ops"))
    order = buy(place.shop, ANN, "card", "k")
    (grant,) = order.grants
    assert grant.code is None
    assert shown(place.shop) == [None]
    first = done(place.shop.reveal("ann", grant, key="r"))
    assert first.code in ("AAA-1", "BBB-2", "CCC-3")
    assert first.state == "used"
    assert shown(place.shop) == [first.code]
    again = place.shop.reveal("ann", grant, key="r")
    assert isinstance(again, Done)
    assert again.replayed
    assert again.value.code == first.code
    assert codes(place.shop.reveal("ann", grant, key="other")) == ["used-up"]
    assert first.code not in repr(first)
    assert free(place, "coffee") == 2
    clean(place)


def test_codes_shown_at_once_stand_in_the_wallet(place: World) -> None:
    done(place.shop.fill("tea", ["T1", "T2"], key="lot"))
    buy(place.shop, ANN, "tea", "k")
    (first,) = shown(place.shop)
    order = buy(place.shop, BOB, "tea-to-claim", "k2")
    assert shown(place.shop, "bob") == [None]
    done(place.shop.claim(BOB, order.grants[0], key="c"))
    (second,) = shown(place.shop, "bob")
    assert {first, second} == {"T1", "T2"}
    clean(place)


def test_several_codes_a_grant_and_units_in_one_order(place: World) -> None:
    done(place.shop.fill("coffee", [f"C{n}" for n in range(7)], key="lot"))
    order = done(place.shop.buy(ANN, [Line("pair", 2), Line("card", 3)], key="k", paid=ON_ACCOUNT))
    for n, grant in enumerate(order.grants):
        done(place.shop.reveal("ann", grant, key=f"r{n}"))
    every = [code for text in shown(place.shop) for code in str(text).split("\n")]
    assert sorted(every) == [f"C{n}" for n in range(7)]
    assert free(place, "coffee") == 0
    clean(place)


def test_what_is_not_there_is_sold_out(place: World) -> None:
    assert codes(place.shop.quote(ANN, "card")) == ["sold-out"]
    done(place.shop.fill("coffee", 2, key="lot"))
    assert codes(place.shop.quote(ANN, Line("pair", 2))) == ["sold-out"]
    assert codes(place.shop.quote(ANN, [Line("pair"), Line("card")])) == ["sold-out"]  # each fits, both do not
    assert codes(place.shop.buy(ANN, [Line("card"), Line("pair")], key="k", paid=ON_ACCOUNT)) == ["sold-out"]
    assert isinstance(place.shop.quote(ANN, "gold"), Done)
    buy(place.shop, ANN, "pair", "k")
    (reason,) = place.shop.quote(ANN, "card").reasons
    assert (reason.code, reason.rule, reason.where) == ("sold-out", "coffee", "a.yaml:2")
    assert reason.text() == "`coffee` is sold out"
    assert isinstance(place.shop.quote(ANN, "gold"), Done)  # level 0 gets no coffee
    assert codes(place.shop.quote(Who("ann", facts={"customer.level": 5}), "gold")) == ["sold-out"]
    clean(place)


def test_money_for_what_is_sold_out_is_owed_back_for_ever(place: World) -> None:
    ten = Payment(entitle.Money("10.00", "CNY"), "pay-1")
    for _ in range(2):
        no = place.shop.buy(ANN, "card", key="k", paid=ten)
        assert isinstance(no, Refused)
        assert no.refund_due == ten.amount
        place.shop.fill("coffee", 5, key="lot")
    clean(place)


def test_counted_units(place: World) -> None:
    done(place.shop.fill("seats", 10, key="hall"))
    buy(place.shop, ANN, "seat", "k", quantity=7)
    assert codes(place.shop.quote(BOB, Line("seat", 4))) == ["sold-out"]
    buy(place.shop, BOB, "seat", "k2", quantity=3)
    assert free(place, "seats") == 0
    filled = place.shop.fill("seats", 10, key="hall")
    assert isinstance(filled, Done)
    assert filled.replayed
    assert free(place, "seats") == 0
    clean(place)


def test_low_stock_is_told_once(place: World) -> None:
    done(place.shop.fill("coffee", 3, key="lot"))
    for n in range(3):
        buy(place.shop, ANN, "card", f"k{n}")
    low = [event for event in place.shop.events() if event.type == "notice.pool-low"]
    assert [event.body["free"] for event in low] == [1]


def test_later_issues_wait_for_stock(place: World) -> None:
    done(place.shop.fill("coffee", 1, key="lot"))
    order = buy(place.shop, ANN, "monthly-coffee", "k")
    place.travel(days=32)
    assert len(place.shop.wallet("ann").grants) == 1
    clean(place)
    done(place.shop.fill("coffee", 5, key="lot-2"))
    place.travel(hours=1)
    assert len(place.shop.wallet("ann").grants) == 2
    place.travel(days=365)
    assert len(place.shop.wallet("ann").grants) == 3
    assert free(place, "coffee") == 3
    assert {grant.order for grant in place.shop.wallet("ann").grants} == {order.id}
    clean(place)


def test_a_shown_code_is_used_and_an_unseen_one_goes_back_to_nobody(place: World) -> None:
    done(place.shop.fill("coffee", ["A", "B"], key="lot"))
    seen, unseen = buy(place.shop, ANN, "card", "k1"), buy(place.shop, ANN, "card", "k2")
    done(place.shop.reveal("ann", seen.grants[0], key="r"))
    assert codes(place.shop.refund(seen, key="f1")) == ["used"]
    done(place.shop.refund(unseen, key="f2"))
    assert codes(place.shop.reveal("ann", unseen.grants[0], key="r2")) == ["revoked"]
    assert free(place, "coffee") == 0
    clean(place)


def test_filling_is_checked(place: World) -> None:
    shop = place.shop
    with pytest.raises(UnknownName, match="there are coffee, seats, tea"):
        shop.fill("cofee", 1, key="k")
    for pool, what in (
        ("seats", 0),
        ("seats", 10_001),
        ("seats", ["A"]),
        ("coffee", True),
        ("coffee", "AAA"),
        ("coffee", []),
    ):
        with pytest.raises(FactError):
            shop.fill(pool, what, key="k")
    with pytest.raises(FactError):
        shop.fill("coffee", ["A", "A"], key="k")
    done(shop.fill("coffee", ["A", "B"], key="k"))
    with pytest.raises(FactError) as caught:
        shop.fill("tea", ["C", "A"], key="k2")
    assert "A" not in str(caught.value).split()
    with pytest.raises(KeyConflict):
        shop.fill("coffee", ["A", "C"], key="k")
    with pytest.raises(ValueError, match="entitle's own"):
        shop.quote(Who("pool:coffee"), "card")
    clean(place)


def test_no_code_is_in_clear_anywhere_at_rest(tmp_path: Path) -> None:
    place = world(f"sqlite:///{tmp_path / 'shop.db'}", release=release())
    canaries = [f"CANARY-{n:04}" for n in range(5)]
    done(place.shop.fill("coffee", canaries, key="lot"))
    order = buy(place.shop, ANN, "pair", "k")
    done(place.shop.reveal("ann", order.grants[0], key="r"))
    (rows,) = place.store.fetch((Find(CardCode, ()),))
    said = (
        repr(rows)
        + repr(place.shop.events(limit=100))
        + repr(place.shop.history("ann"))
        + repr(place.shop.explain(order))
    )
    place.store.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert "CANARY" not in said
    assert b"CANARY" not in stored


CROWD = 24


def come_all(place: World, buyers: int) -> Counter[str]:
    """So many buyers, a crowd of them at a time; nobody is told that the shop is busy."""

    def come(n: int) -> str:
        ten = Payment(entitle.Money("10.00", "CNY"), f"pay-{n}")
        found = place.shop.buy(Who(f"u-{n}"), "card", key=f"k-{n}", paid=ten)
        return "sold" if isinstance(found, Done) else codes(found)[0]

    with ThreadPoolExecutor(CROWD) as pool:
        return Counter(pool.map(come, range(buyers)))


@pytest.mark.parametrize("rules", [RULES, HOT], ids=["one row", "hot"])
@pytest.mark.parametrize("kind", ["memory", "sqlite", "postgresql"])
def test_a_crowd_gets_each_code_once(kind: str, rules: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url = {"memory": "memory:", "sqlite": f"sqlite:///{tmp_path / 'shop.db'}"}.get(kind)
    place = world(url or request.getfixturevalue("postgres_url"), release=release(rules))
    done(place.shop.fill("coffee", [f"C{n}" for n in range(60)], key="lot"))
    assert come_all(place, 150) == {"sold": 60, "sold-out": 90}
    (rows,) = place.store.fetch((Find(CardCode, ()),))
    assert len({row.grant for row in rows}) == 60
    assert free(place, "coffee") == 0
    clean(place)


def test_buyers_who_come_at_once_see_different_codes(place: World) -> None:
    """Twenty who have all decided before any of them wrote: nearly all of them find their code still free."""
    done(place.shop.fill("coffee", 1000, key="lot"))
    plans: list[Plan] = []
    for n in range(20):
        ten = Payment(entitle.Money("10.00", "CNY"), f"pay-{n}")
        verb = sell_buy(place.shop._ctx, Who(f"u-{n}"), "card", (), (), f"k-{n}", None, ten, Writer())
        step = next(verb)
        while isinstance(step, Fetch):
            step = verb.send(place.store.fetch(step.reads))
        plans.append(step.plan)
        verb.close()
    assert place.store.apply_each(plans).count(None) >= 17


def test_no_grant_is_without_a_code_though_the_pool_is_filled_while_others_take_it(place: World) -> None:
    done(place.shop.fill("coffee", 1, key="lot"))
    ten = Payment(entitle.Money("10.00", "CNY"), "pay")
    verb = sell_buy(place.shop._ctx, ANN, "card", (), (), "k", None, ten, Writer())
    step, others = next(verb), [BOB]
    while isinstance(step, Fetch):
        if others and any(isinstance(read, Find) and read.table is CardCode for read in step.reads):
            buy(place.shop, others.pop(), "card", "bob")
        step = verb.send(place.store.fetch(step.reads))
    done(place.shop.fill("coffee", 1, key="lot-2"))
    assert place.store.apply(step.plan) is not None
    verb.close()
    buy(place.shop, ANN, "card", "k")
    clean(place)


def test_codes_that_are_counted_and_not_there_are_told(place: World) -> None:
    done(place.shop.fill("coffee", ["A"], key="lot"))
    assert place.store.apply((Add(Stock("coffee", 0), "free", 5),)) is None
    with pytest.raises(StoreError, match="says that 6 codes are free, and they are not there"):
        buy(place.shop, ANN, "pair", "k")


def test_reconcile_finds_stock_that_does_not_add_up(tmp_path: Path) -> None:
    place = world(f"sqlite:///{tmp_path / 'shop.db'}", release=release())
    done(place.shop.fill("coffee", ["A", "B", "C"], key="lot"))
    buy(place.shop, ANN, "card", "k")
    clean(place)
    for edit, code in (
        ("UPDATE entitle_stock SET free = free + 1", "stock"),
        ('UPDATE entitle_card_codes SET stream = NULL, "grant" = NULL WHERE "grant" IS NOT NULL', "card-code"),
        ('DELETE FROM entitle_card_codes WHERE "grant" IS NULL AND n >= 2', "card-code"),
    ):
        with closing(sqlite3.connect(tmp_path / "shop.db")) as raw:
            before = raw.execute("SELECT * FROM entitle_card_codes").fetchall()
            raw.execute(edit)
            raw.commit()
            assert code in {each.code for each in place.shop.reconcile().breaks}, edit
            raw.execute("UPDATE entitle_stock SET free = 2")
            raw.execute("DELETE FROM entitle_card_codes")
            raw.executemany(f"INSERT INTO entitle_card_codes VALUES ({', '.join('?' * len(before[0]))})", before)
            raw.commit()
        clean(place)


def test_what_the_ledger_says_of_a_pool(place: World) -> None:
    done(place.shop.fill("coffee", 3, key="lot"))
    buy(place.shop, ANN, "pair", "k")
    sold = [p for entry in place.shop.history("ann") for p in entry.postings if p.asset == "pool:coffee"]
    assert {p.account: p.amount for p in sold} == {"stock": -2, "sold": 2}
    filled = [event for event in place.shop.events() if event.type == "pool.filled"]
    told = {"added": 3, "free": 3, "pool": "coffee", "release": place.shop.releases()[0].hash}
    assert [json.loads(json.dumps(event.body)) for event in filled] == [told]


WARNED = """\
pools: {seats: {of: units, warn_below: 3 HOT}}
products:
  seat: {name: Seat, sell: {quantity: 1..9}, price: ¥0.00, stock: seats, gives: [{benefit: ticket}]}
"""


@pytest.mark.parametrize("hot", ["", ", hot: true"], ids=["one row", "hot"])
@pytest.mark.parametrize("first", [1, 2, 3])
@pytest.mark.parametrize("second", [1, 2, 3])
def test_of_buyers_at_once_exactly_one_says_that_stock_is_low(first: int, second: int, hot: str) -> None:
    """The second has decided when the first one writes: whoever takes the pool below its level says so."""
    place = world(release=released(WARNED.replace(" HOT", hot)))
    done(place.shop.fill("seats", 5, key="hall"))
    late = sell_buy(place.shop._ctx, ANN, Line("seat", second), (), (), "late", None, None, Writer())
    step = next(late)
    while isinstance(step, Fetch):
        step = late.send(place.store.fetch(step.reads))
    late.close()
    done(place.shop.buy(BOB, Line("seat", first), key="first"))
    if place.store.apply(step.plan) is not None:
        place.shop.buy(ANN, Line("seat", second), key="late")
    left = free(place, "seats")
    low = [event.body["free"] for event in place.shop.events() if event.type == "notice.pool-low"]
    assert len(low) == (left < 3)
    clean(place)
