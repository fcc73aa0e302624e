"""`entitle bench flash-sale`: what a store can do, in a place of its own that is gone after it."""

import json
from pathlib import Path

import psycopg
import pytest

from entitle import Payment, Who
from entitle.store.postgres_url import Address
from entitle.testing.flash_sale import PRICE, Sold, prepare, sell
from tests.shops import world
from tests.test_cli import Cli
from tests.test_cli import cli as cli  # a fixture


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("memory", []),
        ("memory", ["--of", "limit", "--hot"]),
        ("sqlite", ["--of", "limit"]),
        ("sqlite", ["--hot"]),
        ("postgresql", []),
        ("postgresql", ["--of", "limit", "--hot"]),
    ],
)
def test_a_flash_sale_sells_out_exactly(
    cli: Cli, kind: str, how: list[str], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = {"memory": "memory:", "sqlite": f"sqlite:///{tmp_path}/shop.db"}.get(kind) or str(
        request.getfixturevalue("postgres_url")
    )
    asked = (
        "bench",
        "flash-sale",
        "--buyers",
        "60",
        "--units",
        "40",
        "--clients",
        "8",
        "--url",
        url,
        "--format",
        "json",
        *how,
    )
    code, out, err = cli(*asked)
    figures = json.loads(out)
    assert (code, err) == (0, "")
    assert (figures["sold"], figures["refused"], figures["errors"], figures["problems"]) == (40, 20, 0, [])
    assert figures["ok"]
    assert figures["reconciled"]
    assert 0 < figures["p50"] <= figures["p99"]
    assert (figures["raw_syncs_a_second"] is None) == (kind == "memory")
    assert list(tmp_path.iterdir()) == []
    if kind == "postgresql":
        with psycopg.connect(Address.of(url).conninfo(5, 5, 5, 5)) as connection:
            found = connection.execute(
                "SELECT 1 FROM information_schema.schemata WHERE schema_name LIKE 'entitle_bench%'"
            )
            assert found.fetchall() == []


@pytest.mark.parametrize(
    ("lang", "said"), [("en", ["answers a second", "all were served"]), ("zh", ["每秒应答", "全部售出"])]
)
def test_figures_are_shown_in_both_languages(cli: Cli, lang: str, said: list[str]) -> None:
    code, out, _ = cli("bench", "flash-sale", "--buyers", "3", "--units", "5", "--url", "memory:", "--lang", lang)
    assert code == 0
    assert all(each in out for each in said)


def test_a_store_that_cannot_be_is_refused(cli: Cli, tmp_path: Path) -> None:
    code, out, err = cli("bench", "flash-sale", "--url", f"mysql://{tmp_path}")
    assert (code, out) == (2, "")
    assert "is no kind of store" in err


def test_a_sale_that_oversells_or_fails_is_not_right() -> None:
    right = Sold(3, 2, 2, 1, (), 1.0, (0.1,) * 3, reconciled=True)
    assert right.ok
    for wrong in ({"sold": 3, "refused": 0}, {"sold": 1, "refused": 2}, {"errors": ("busy",)}, {"reconciled": False}):
        assert not Sold(**{name: getattr(right, name) for name in Sold.__slots__} | wrong).ok


def test_what_else_a_buyer_is_told_is_an_error() -> None:
    place = world("memory:")
    prepare(place.shop, 5)
    place.shop.buy(Who("b-0"), "seat", key="before", paid=Payment(PRICE, "r")).unwrap()
    sold = sell(place.shop, buyers=5, units=5, clients=2)
    assert (sold.sold, sold.refused, sold.ok) == (4, 0, False)
    assert [each.partition(":")[0] for each in sold.errors] == ["refused"]
