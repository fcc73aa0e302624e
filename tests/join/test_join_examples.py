"""The example shops run on both databases, the page on joining says what is so, Django's tests undo it all."""

import re
import subprocess
import unittest
from pathlib import Path

import pytest
from django.test import TestCase

from entitle.shop.facade import Shop
from tests.join.hosts import ByDjango, django_database, notes
from tests.postgres import database
from tests.shops import ANN
from tests.test_examples import ROOT, run

SAID = """\
ok; told again it is the same order: True
refused: ¥1.00 was paid, the total is ¥238.00; ¥1.00 was taken and must go back
Internal Server Error
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
