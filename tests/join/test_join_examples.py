"""The example shops run on both databases, the page on joining says what is so, Django's tests undo it all."""

import asyncio
import re
import sqlite3
import subprocess
import unittest
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from django.test import TestCase

from entitle import (
    Blocked,
    Busy,
    Challenge,
    Done,
    FactError,
    InDoubt,
    KeyConflict,
    NeedsFacts,
    NotFound,
    Reason,
    Refused,
    RetryTransaction,
    Review,
    StoreError,
)
from entitle.shop.facade import Shop
from examples.fastapi_shop import make_app
from examples.http_answers import headers, status
from tests.join.hosts import ByDjango, django_database, notes
from tests.postgres import database
from tests.shops import ANN
from tests.test_examples import ROOT, run

SAID = """\
200 ok; told again it is the same order: True
409 refused: ¥1.00 was paid, the total is ¥238.00; ¥1.00 was taken and must go back
409 the key 'pay-1' was used for another buy; nothing was done
400 no product is called `starlight`; there are cinema-card, party-box, premiere-pass, starlight-monthly, \
starlight-student, starlight-year
400 this tells of no payment: amount: of CNY is a decimal text with 2 digits after the point; I got 'abc': \
write Money("25.00", "CNY")
500 Internal Server Error
ann has cinema-vip: True
bob has cinema-vip: False
eve has cinema-vip: False
"""


def told(done: subprocess.CompletedProcess[str]) -> tuple[str, str, int]:
    return done.stdout, done.stderr, done.returncode


@pytest.mark.parametrize("name", ["django_shop", "fastapi_shop"])
def test_shop_example_on_sqlite(name: str) -> None:
    assert told(run("-W", "error", "-m", f"examples.{name}")) == (SAID, "", 0)


@pytest.mark.parametrize("name", ["django_shop", "fastapi_shop"])
def test_shop_example_on_postgresql(name: str, postgres_server: str) -> None:
    with database(postgres_server) as url:
        assert told(run("-W", "error", "-m", f"examples.{name}", url)) == (SAID, "", 0)


def test_every_answer_has_its_status() -> None:
    unpaid, sold_out = Refused((Reason("payment-needed"),)), Refused((Reason("sold-out"),))
    said: list[tuple[object, int]] = [
        (Done(None), 200),
        (unpaid, 402),
        (sold_out, 409),
        (Blocked((Reason("guard"),)), 409),
        (Challenge(("sms",)), 403),
        (Review((Reason("guard"),)), 202),
        (NeedsFacts(("customer.city",)), 400),
        (Busy(), 503),
        (InDoubt(), 503),
        (FactError("customer.city", "is a text"), 400),
        (KeyConflict("used"), 409),
        (NotFound("none"), 404),
        (RetryTransaction("again"), 503),
        (StoreError("gone"), 503),
        (OSError("gone"), 500),
        (ValueError("a mistake"), 500),
    ]
    assert [status(each) for each, _ in said] == [code for _, code in said]
    assert (headers(503), headers(409)) == ({"Retry-After": "1"}, {})


def test_a_store_that_is_broken_says_when_to_ask_again(tmp_path: Path) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'shop.db'}", lambda: datetime(2026, 12, 24, tzinfo=UTC))
    paid = {"payment": "pay-1", "customer": "ann", "product": "starlight-year", "amount": "238.00"}

    def alter(what: str) -> None:
        with closing(sqlite3.connect(tmp_path / "shop.db")) as other:
            other.execute(f"ALTER TABLE {what}")

    async def tell() -> None:
        transport = httpx.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://s") as shop,
        ):
            alter("entitle_version RENAME TO gone")
            answer = await shop.post("/payments", json=paid)
            assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "1")
            assert answer.json()["told"].startswith("the store has no tables yet")
            alter("gone RENAME TO entitle_version")
            assert (await shop.post("/payments", json=paid)).status_code == 200

    asyncio.run(asyncio.wait_for(tell(), 60))


def test_page_does_what_it_says(tmp_path: Path) -> None:
    assert run("-m", "entitle", "init", "rules", cwd=tmp_path).returncode == 0
    page = (ROOT / "docs" / "embedding.md").read_text(encoding="utf-8")
    code = "\n\n".join(re.findall(r"```python\n(.*?)```", page, re.DOTALL))
    key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
    assert told(run("-c", code, cwd=tmp_path, ENTITLE_KEY=key)) == ("ok True\nTrue\n", "", 0)


def test_a_test_case_takes_back_what_was_sold_in_it(shop: Shop, url: str) -> None:
    mine = ByDjango("tested", **django_database(url))

    class Sells(TestCase):
        databases = frozenset({"tested"})

        def test_once(self) -> None:
            mine.note("sold")
            with shop.join("tested") as tx:
                assert not getattr(tx.buy(ANN, "starlight-monthly", key="order-1"), "replayed", True)
                assert tx.has("ann", "cinema-vip")

        test_again = test_once  # the same key, and it was never used

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Sells).run(result)
    mine.close()
    assert (result.testsRun, result.errors, result.failures) == (2, [], [])
    assert (notes(url), shop.has("ann", "cinema-vip")) == ([], False)
