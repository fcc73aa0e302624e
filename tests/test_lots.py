"""Lots of card codes: imported from files, told by row what is wrong, and never sold past their expiry."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import entitle
from entitle import Done, FactError, KeyConflict, Keys, Lot, Money, StoreError
from entitle.cli.app import app
from entitle.plan import Find
from entitle.records import CardCode, Posting
from entitle.shop import import_codes, parts
from entitle.shop.import_codes import BATCH, ImportProblem, Terms, batches
from entitle.stock_records import StockLot
from entitle.testing.world import World
from entitle.values.zone import zone_table
from tests.books import released
from tests.shops import ANN, BOB, LANGS, buy, codes, done, when, world

RULES = """\
pools: {coffee: {of: card_codes, warn_below: 2}, seats: {of: units}}
benefits: {coffee-code: {kind: card_code, name: Coffee, pool: coffee}}
products:
  card: {name: Card, sell: {quantity: 1..9}, price: ¥10.00, gives: [{benefit: coffee-code}]}
  seat: {name: Seat, price: ¥30.00, stock: seats, gives: [{benefit: ticket}]}
"""
SHANGHAI = zone_table("Asia/Shanghai")
assert SHANGHAI is not None
READ_AS = Terms("CNY", SHANGHAI)
SOON = when("2026-12-31 00:00")


@pytest.fixture(params=["memory", "sqlite", "sqlite, hot"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'shop.db'}"
    monkeypatch.setattr(parts, "PARTS", 3)  # so that what lies in these small pools is divided
    rules = RULES.replace("of: card_codes", "of: card_codes, hot: true") if "hot" in request.param else RULES
    return world(url, release=released(rules))


def rows(place: World, table: type) -> list[Any]:
    (found,) = place.store.fetch((Find(table, ()),))
    return list(found)


def put(place: World, text: str, key: str = "file") -> list[tuple[int, bool, int]]:
    found = place.shop.import_codes("coffee", text.splitlines(keepends=True), key=key, by="ops")
    return [(each.rows, each.again, each.free) for each in found]


def test_what_has_expired_is_not_sold_whether_or_not_anybody_ticks(place: World) -> None:
    done(place.shop.fill("coffee", ["OLD1", "OLD2"], lot=Lot("old", "maker", expires_at=SOON), key="1"))
    done(place.shop.fill("coffee", ["NEW"], key="2"))
    place.clock.now = int(SOON.timestamp()) * 1_000_000 - 1
    first = buy(place.shop, ANN, "card", "k1")
    assert done(place.shop.reveal("ann", first.grants[0], key="r1")).code in ("OLD1", "OLD2")
    place.clock.now += 1  # the very instant: no tick has run
    assert done(place.shop.preview.fill("coffee", ["X"], key="look")).free == 2
    second = buy(place.shop, BOB, "card", "k2")
    assert done(place.shop.reveal("bob", second.grants[0], key="r2")).code == "NEW"
    assert codes(place.shop.quote(ANN, "card")) == ["sold-out"]
    assert place.shop.reconcile().breaks == ()
    before = place.shop.tick()
    assert before == 1
    assert [card.gone_at for card in rows(place, CardCode) if card.grant is None] == [place.clock.now]
    moved = [(p.account, p.amount) for p in rows(place, Posting) if p.account == "expired"]
    assert moved == [("expired", 1)]
    assert codes(place.shop.quote(ANN, "card")) == ["sold-out"]
    assert place.shop.tick() == 0
    assert place.shop.reconcile().breaks == ()


def test_a_large_lot_is_written_off_in_steps(place: World) -> None:
    done(place.shop.fill("coffee", 1100, lot=Lot("big", expires_at=SOON), key="1"))
    place.at(SOON)
    assert [e.body["expired"] for e in place.shop.events() if e.type == "pool.expired"] == [500, 500, 100]
    assert place.shop.reconcile().breaks == ()
    done(place.shop.fill("coffee", 1, key="2"))
    assert done(place.shop.fill("coffee", 1, key="3")).free == 2


def test_a_lot_keeps_what_was_told_of_it(place: World) -> None:
    lot = Lot("a", "maker", Money("8.50", "CNY"), SOON)
    done(place.shop.fill("coffee", ["A"], lot=lot, key="1", by="ops"))
    done(place.shop.fill("coffee", ["B"], lot=lot, key="2", by="ops"))
    ends = int(SOON.timestamp()) * 1_000_000
    assert rows(place, StockLot) == [StockLot("coffee", "a", "maker", 850, ends, place.clock.now, "ops")]
    assert {(card.lot, card.expires_at) for card in rows(place, CardCode)} == {("a", ends)}


@pytest.mark.parametrize(
    ("lot", "what", "problem"),
    [
        (Lot("a", "other"), ["B"], "a is in this pool already, with another source"),
        (Lot("b", cost=Money("1.00", "USD")), ["B"], "costs CNY"),
        (Lot("b", expires_at=SOON - timedelta(days=30)), ["B"], "b has expired"),
        (Lot("b", expires_at=datetime(2027, 1, 1)), ["B"], "a datetime with a time zone"),
        (None, ["A"], "1 are in a pool already, or given twice: number 1"),
        (None, ["B", "C", "B", "A"], "2 are in a pool already, or given twice: number 3, 4"),
        (None, ["B", " "], "texts of 1 to 200 characters; number 2 is not"),
    ],
)
def test_what_cannot_be_filled_is_told_and_nothing_is_done(
    place: World, lot: Lot | None, what: list[str], problem: str
) -> None:
    done(place.shop.fill("coffee", ["A"], lot=Lot("a", "maker"), key="1"))
    with pytest.raises(FactError, match=problem):
        place.shop.fill("coffee", what, lot=lot, key="2")
    assert len(rows(place, CardCode)) == 1
    with pytest.raises(FactError, match="`seats` holds units"):
        place.shop.fill("seats", 1, lot=Lot("a"), key="3")


def test_a_file_is_imported_lot_by_lot_and_the_same_again_adds_nothing(place: World) -> None:
    text = 'Code,lot,cost,expires\nA,x,8.50,2026-12-31\n\nB,,,\n"C,1",x,8.50,2026-12-31\nD,y,,2027-01-01 08:00\n'
    assert put(place, text) == [(2, False, 2), (1, False, 3), (1, False, 4)]
    assert put(place, text) == [(2, True, 4), (1, True, 4), (1, True, 4)]
    lots = {lot.id: lot for lot in rows(place, StockLot)}
    assert lots["x"].expires_at == int(when("2027-01-01 00:00").timestamp()) * 1_000_000
    with pytest.raises(KeyConflict):
        put(place, text.replace("B", "E"))
    assert len(rows(place, CardCode)) == 4
    assert place.shop.reconcile().breaks == ()


def test_a_batch_with_a_known_code_adds_none_of_its_own(place: World) -> None:
    done(place.shop.fill("coffee", ["c7"], key="before"))
    lines = ["code\n", *(f"c{n}\n" for n in range(BATCH, 2 * BATCH)), *(f"c{n}\n" for n in range(10))]
    told = place.shop.import_codes("coffee", lines, key="file")
    assert next(told).free == BATCH + 1
    with pytest.raises(ImportProblem) as problem:
        next(told)
    assert problem.value.rows == (BATCH + 2 + 7,)
    assert len(rows(place, CardCode)) == BATCH + 1
    lines[BATCH + 8] = "c7b\n"  # mended, it goes on under the same key
    assert [(each.rows, each.again) for each in place.shop.import_codes("coffee", lines, key="file")] == [
        (BATCH, True),
        (10, False),
    ]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("", 1),
        ("name\nA\n", 1),
        ("code,code\nA,B\n", 1),
        ("code,price\nA,B\n", 1),
        ("code\nA,B\n", 2),
        ("code\nA\n" + "x" * 201 + "\n", 3),
        ("code,cost\nA,8.50\n", 2),
        ("code,lot,cost\nA,x,8.5\n", 2),
        ("code,lot,cost\nA,x,-8.50\n", 2),
        ("code,lot,expires\nA,x,31.12.2026\n", 2),
        ("code,lot,cost\nA,x,8.50\nB,x,9.50\n", 3),
        ('code\n"A\n', 2),
        ("code\nA\nB\nA\n", 4),
    ],
)
def test_a_row_that_cannot_be_is_told_by_its_number(place: World, text: str, row: int) -> None:
    with pytest.raises(ImportProblem) as problem:
        put(place, text)
    assert problem.value.rows == (row,)
    assert all(problem.value.said(lang) for lang in LANGS)


@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from("abc")), max_size=60))
def test_every_row_is_in_one_batch_of_its_lot(found: list[tuple[int, str]]) -> None:
    text = ["code,lot\n", *(f"{n}-{i},{lot * n}\n" for i, (n, lot) in enumerate(found))]
    made = list(_small(text))
    every = [code for batch in made for code in batch.codes]
    assert sorted(every) == sorted(f"{n}-{i}" for i, (n, _) in enumerate(found))
    assert len({batch.key for batch in made}) == len(made)
    for batch in made:
        assert 1 <= len(batch.codes) <= 3
        assert batch.lot is not None
        for row, code in zip(batch.rows, batch.codes, strict=True):
            n, lot = found[row - 2]
            assert (code.partition("-")[0], batch.lot.id) == (str(n), lot * n)
    assert [(b.key, b.codes) for b in _small(text)] == [(b.key, b.codes) for b in made]


def _small(text: list[str]) -> Iterator[import_codes.Batch]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_codes, "BATCH", 3)
        patch.setattr(import_codes, "WAITING_MAX", 9)
        yield from batches(text, READ_AS, "k")


def test_codes_by_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url, secret = f"sqlite:///{tmp_path / 'shop.db'}", "Q" * 43 + "="
    monkeypatch.setenv("ENTITLE_KEY", secret)
    with entitle.open(url, create=True) as shop:
        shop.publish(released(RULES))
    file = tmp_path / "codes.csv"
    file.write_text("code\nCANARY-1\nCANARY-2\n", encoding="utf-8-sig")
    run = CliRunner().invoke
    first = run(app, ["codes", "import", "coffee", str(file), "--store", url, "--lang", "en"])
    assert (first.exit_code, first.stdout, "2 codes were added to coffee; 0 were" in first.stderr) == (0, "", True)
    again = run(app, ["codes", "import", "coffee", str(file), "--store", url, "--lang", "en"])
    assert "0 codes were added to coffee; 2 were there" in again.stderr
    made = run(app, ["codes", "generate", "coffee", "3", "--store", url, "--lot", "own", "--lang", "en"])
    assert (made.exit_code, made.stdout, "3 codes were made" in made.stderr, "5 are free" in made.stderr) == (
        0,
        "",
        True,
        True,
    )
    file.write_text("code\nCANARY-3\nCANARY-1\n", encoding="utf-8")
    broken = run(app, ["codes", "import", "coffee", str(file), "--store", url, "--key", "b", "--lang", "en"])
    assert broken.exit_code == 2
    assert "row 3: the code is in a pool already" in broken.stderr
    assert "CANARY" not in first.output + again.output + made.output + broken.output
    monkeypatch.delenv("ENTITLE_KEY")
    keyless = run(app, ["codes", "generate", "coffee", "3", "--store", url]).exception
    assert isinstance(keyless, FactError)
    assert [keyless.said(lang).startswith("ENTITLE_KEY: ") for lang in LANGS] == [True, True]
    with pytest.raises(StoreError, match="none of these keys"):
        entitle.open(url, keys=Keys.from_text("another"))
    with entitle.open(url, keys=Keys.from_env({"ENTITLE_KEY": secret})) as shop:
        assert isinstance(shop.fill("coffee", 1, key="more"), Done)
