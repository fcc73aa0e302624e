"""The shop's secrets: replaced end to end, bound to their rows, and never in clear where a code could be read."""

import json
import logging
import sqlite3
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg.pq.abc import PGresult
from typer.testing import CliRunner

import entitle
from entitle import Error, FactError, Keys, Lot, StoreError, Who
from entitle.cli.app import app
from entitle.identity import KEYS
from entitle.plan import Find
from entitle.records import CardCode, Count, Grant, Key, Use
from entitle.secret_records import WrappedKey
from entitle.shop import rekey as rekeying
from entitle.shop.facade import Shop
from entitle.store.sql import Statement
from entitle.store.wire import Wire
from tests.books import released
from tests.shops import ANN, BOB, buy, codes, done

RULES = """\
pools: {coffee: {of: card_codes}}
benefits:
  coffee-code: {kind: card_code, name: Coffee, pool: coffee}
  at-once: {kind: card_code, name: Coffee, pool: coffee, reveal: at_once}
products:
  card: {name: Card, price: ¥10.00, gives: [{benefit: coffee-code}], refund: {within: 7 days, if_used: no_refund}}
  claimed: {name: Card, price: ¥10.00, gives: [{benefit: at-once, claim_within: 2 days}]}
  visit:
    name: Visit
    price: ¥5.00
    gives: [{benefit: ticket}]
    limits: [{id: one, max: 1, per: device, in_each: day}, {id: own, max: 9, per: customer, in_each: day}]
"""
FREE = 'n = (SELECT {}(n) FROM entitle_card_codes WHERE "grant" IS NULL)'
GUESS = "000000-000000-000000"
OLD, NEW = Keys.from_text("old"), Keys.from_text("new")
BOTH = Keys(NEW.secret, (OLD.secret,))


def test_an_empty_text_is_no_secret() -> None:
    with pytest.raises(FactError, match="is empty: that is no secret"):
        Keys.from_text("")


def opened(path: Path, keys: Keys, create: bool = False) -> Shop:
    return entitle.open(f"sqlite:///{path}", keys=keys, create=create)


def filled(path: Path) -> tuple[str, str]:
    """A store made with the old secret: the ids of a grant with a card code, and the code of a voucher."""
    with opened(path, OLD, create=True) as shop:
        shop.publish(released(RULES))
        done(shop.fill("coffee", ["CANARY-1", "CANARY-2", "CANARY-3"], key="fill"))
        (card,) = buy(shop, ANN, "card", "k1").grants
        buy(shop, Who("ann", device="d-1"), "visit", "k2")
        (code,) = [grant.code for grant in shop.wallet("ann").grants if grant.code]
        assert code is not None
        return card.id, code


def test_a_secret_is_replaced_end_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rekeying, "STEP", 2)
    path = tmp_path / "shop.db"
    card, code = filled(path)
    with opened(path, BOTH) as shop:
        assert shop.look(code).ok  # found by the old secret's index
        with pytest.raises(entitle.FactError, match="in a pool already"):
            shop.fill("coffee", ["CANARY-2"], key="again")
        done(shop.fill("coffee", ["CANARY-4"], key="more"))
        assert shop.fill("coffee", ["CANARY-1", "CANARY-2", "CANARY-3"], key="fill").ok  # the same intent as ever
        assert sum(shop.rekey()) == 6  # the key of digests, two grants, three of the codes
        assert sum(shop.rekey()) == 0
        rows = [row for rows in shop.store.fetch((Find(CardCode, ()), Find(WrappedKey, ()))) for row in rows]
        assert all(NEW.is_newest(row.sealed) for row in rows)
    with pytest.raises(StoreError, match="a key that is not among these"):
        opened(path, OLD)
    with opened(path, NEW) as shop:
        assert str(done(shop.reveal("ann", card, key="r")).code).startswith("CANARY-")
        done(shop.redeem(code, key="u"))
        assert codes(shop.quote(Who("bob", device="d-1"), "visit")) == ["one"]  # counted by device, as before
        with pytest.raises(entitle.FactError, match="in a pool already"):
            shop.fill("coffee", ["CANARY-3"], key="again")
        buy(shop, BOB, "card", "k3")
        assert shop.reconcile().breaks == ()


def test_rekeying_by_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from base64 import b64encode

    filled(tmp_path / "shop.db")
    monkeypatch.setenv("ENTITLE_KEY", ",".join(b64encode(each).decode() for each in (NEW.secret, OLD.secret)))
    told = CliRunner().invoke(app, ["store", "rekey", "--store", f"sqlite:///{tmp_path / 'shop.db'}", "--lang", "en"])
    assert (told.exit_code, told.stderr) == (0, "6 rows were sealed with the newest key\n")


@pytest.mark.parametrize(
    ("table", "first", "second", "ask"),
    [
        ("entitle_card_codes", FREE.format("min"), FREE.format("max"), lambda shop: buy(shop, BOB, "card", "k9")),
        ("entitle_grants", "kind = 'card_code'", "kind = 'voucher'", lambda shop: shop.wallet("ann")),
    ],
)
def test_what_is_sealed_for_another_row_is_refused(
    tmp_path: Path, table: str, first: str, second: str, ask: Callable[[Shop], object]
) -> None:
    path = tmp_path / "shop.db"
    filled(path)
    column = "sealed" if table == "entitle_card_codes" else "code_sealed"
    with closing(sqlite3.connect(path)) as raw, raw:
        read = f"SELECT {column} FROM {table} WHERE"
        (one,), (other,) = (raw.execute(f"{read} {each}").fetchone() for each in (first, second))
        raw.execute(f"UPDATE {table} SET {column} = ? WHERE {first}", (other,))
        raw.execute(f"UPDATE {table} SET {column} = ? WHERE {second}", (one,))
    with opened(path, OLD) as shop, pytest.raises(StoreError, match="sealed for another row"):
        ask(shop)


# ---- canaries


def every_way(shop: Shop, said: list[str]) -> None:
    """Codes through every verb, by right and wrong; what is said by the way, but for the answer that shows a code."""
    done(shop.fill("coffee", ["CANARY-A", "CANARY-B", "CANARY-C"], lot=Lot("lot", "maker"), key="f1"))
    for wrong in (["CANARY-A"], ["CANARY-D", "CANARY-D"], ["CANARY-E" + "x" * 200], "CANARY-F", ["CANARY-G", 7]):
        try:
            shop.fill("coffee", wrong, key="f2")  # type: ignore[arg-type]  # some are no codes
        except (Error, TypeError) as problem:
            said += [str(problem), repr(problem), *traceback.format_exception(problem)]
    columns = ["code,lot,cost\n", "CANARY-J,l,CANARY\n"]
    for lines in (["code\n", "CANARY-H\n", "CANARY-A\n"], ["code\n", "CANARY-I,x\n"], columns):
        try:
            list(shop.import_codes("coffee", lines, key="file"))
        except Error as problem:
            said += [str(problem), repr(problem), *traceback.format_exception(problem)]
    views: list[object] = [buy(shop, ANN, "card", "k1"), buy(shop, BOB, "claimed", "k2"), buy(shop, BOB, "card", "k3")]
    views += [shop.reveal("ann", "coffee-code", key="r1"), shop.reveal("ann", "coffee-code", key="r1")]
    views += [shop.claim(BOB, "at-once", key="c1"), shop.reveal("ann", "coffee-code", key="r2")]
    views += [shop.quote(who := Who("eve", device="CANARY-device"), "visit"), buy(shop, who, "visit", "k4")]
    views += [shop.look(GUESS, by="gate", device="CANARY-device", network="CANARY-net")]
    views += [shop.look("CANARY-A", by="gate"), shop.redeem("CANARY-A", by="gate", key="u1"), shop.wallet("ann")]
    with suppress(Error):
        shop.redeem("grn_CANARY", key="u2")
    views += [shop.refund(views[2].id, key="x1")]  # type: ignore[attr-defined]  # an order
    views += [shop.events(), shop.history("ann"), shop.history("bob"), shop.reconcile(), shop._ctx, shop._ctx.keys]
    (grants, cards) = shop.store.fetch((Find(Grant, ()), Find(CardCode, ())))
    said += [repr(each) for each in (*views, grants, cards)]


@pytest.mark.parametrize("where", ["sqlite", "postgresql"])
def test_no_code_is_ever_in_clear(
    where: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}" if where == "sqlite" else request.getfixturevalue("postgres_url")
    said: list[str] = []
    sent = all_sent(monkeypatch)
    begun = written_since(url) if where == "postgresql" else ""
    with caplog.at_level(logging.DEBUG), entitle.open(url, keys=OLD, create=True) as shop:
        shop.publish(released(RULES))
        every_way(shop, said)
        shown = [grant.code for grant in (*shop.wallet("ann").grants, *shop.wallet("bob").grants) if grant.code]
        assert {code[:7] for code in shown} == {"CANARY-"}  # their holders see them
        for file in tmp_path.glob("shop.db*"):  # the log of writes among them
            assert b"CANARY-" not in file.read_bytes(), file.name
        said += [repr(rows) for rows in shop.store.fetch(tuple(Find(table, ()) for table in KEYS))]
    if where == "postgresql":
        files = list(at_rest(url, begun))
        assert any(b"coffee" in each for each in files)
        assert not any(b"CANARY-" in each for each in files)
        assert any("'coffee'" in each for each in sent)
        said += sent
    out, err = capfd.readouterr()
    for text in (*said, caplog.text, out, err):
        assert "CANARY-" not in _without_source(text)


def all_sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a PostgreSQL server is sent from now on, and so whatever it may be set to log."""
    sent: list[str] = []
    run = Wire.run

    def noting(wire: Wire, statements: Sequence[Statement]) -> list[PGresult]:
        sent.extend(map(repr, statements))
        return run(wire, statements)

    monkeypatch.setattr(Wire, "run", noting)
    return sent


def written_since(url: str) -> str:
    """The file of its log of writes that a server writes to now."""
    with psycopg.connect(url) as connection:
        ((name,),) = connection.execute("SELECT pg_walfile_name(pg_current_wal_lsn())")
        return str(name)


def at_rest(url: str, begun: str) -> Iterator[bytes]:
    """What of a store lies on a server's disk: files of its tables and indexes, and the log of writes since then."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        files = connection.execute(
            "SELECT 'pg_wal/' || name FROM pg_ls_waldir() WHERE name >= %s AND name ~ '^[0-9A-F]{24}$' UNION ALL "
            "SELECT pg_relation_filepath(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
            "WHERE nspname IN (current_schema, 'pg_toast') AND relkind IN ('r', 'i', 't')",
            (begun,),
        ).fetchall()
        assert any(name.startswith("pg_wal/") for (name,) in files)
        for (name,) in files:
            ((content,),) = connection.execute("SELECT pg_read_binary_file(%s)", (name,), binary=True)
            yield bytes(content)


def _without_source(text: str) -> str:
    """A traceback quotes this file's own lines, in which the canaries stand."""
    return "" if text.lstrip().startswith("File ") and Path(__file__).name in text else text


def test_a_guess_at_what_was_filled_proves_nothing(tmp_path: Path) -> None:
    """The intent of a fill is kept for its key; without the secret nobody can tell which codes it means."""
    with opened(tmp_path / "a.db", OLD, create=True) as one, opened(tmp_path / "b.db", NEW, create=True) as other:
        intents = []
        for shop in (one, other):
            shop.publish(released(RULES))
            done(shop.fill("coffee", ["1234"], key="k"))
            ((row,),) = shop.store.fetch((Find(Key, (("verb", "=", "fill"),)),))
            intents.append(replace(row).intent)
    assert intents[0] != intents[1]


def test_an_export_holds_every_row_of_a_customer_and_no_code(tmp_path: Path) -> None:
    with opened(tmp_path / "shop.db", OLD, create=True) as shop:
        shop.publish(released(RULES))
        done(shop.fill("coffee", ["CANARY-A", "CANARY-B"], key="f"))
        buy(shop, ANN, "card", "k1")
        buy(shop, Who("ann", device="CANARY-device"), "visit", "k2")
        buy(shop, BOB, "card", "k3")
        done(shop.reveal("ann", "coffee-code", key="r"))
        text = shop.export("ann")
        rows = json.loads(text)["rows"]
        every = dict(zip(KEYS, shop.store.fetch(tuple(Find(table, ()) for table in KEYS)), strict=True))
    for table, found in every.items():
        theirs = [row for row in found if getattr(row, "stream", "") == "ann"]
        if table in (Count, Use):  # one limit of the customer's own, one of the device in their order
            theirs = [row for row in found if table is Use or row.subject == "customer:ann"]
        assert len(rows.get(table.__name__, [])) == len(theirs), table
    assert (len(rows["Count"]), len(rows["Use"])) == (1, 2)
    assert {"Order", "Entry", "Grant", "CardCode", "Redemption", "Key", "Use", "Count"} <= rows.keys()
    assert "CANARY" not in text
    assert "bob" not in text
    assert not any("seal" in name for found in rows.values() for row in found for name in row)
