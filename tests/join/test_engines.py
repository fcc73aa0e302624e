"""The address of an engine: the same server and the same file, whatever its names are written with."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, text

import entitle
from entitle import Keys, StoreError
from entitle.store.address import address_of
from entitle.store.postgres_url import Address

KEYS = Keys.from_text("a virtual shop")
PSYCOPG = "postgresql+psycopg"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("postgresql+psycopg://ann:pw@h:5433/shop", "postgresql://ann:pw@/shop?host=h&port=5433"),
        ("postgresql+psycopg://h/shop", "postgresql:///shop?host=h"),
        ("postgresql+psycopg://ann@[::1]/shop", "postgresql://ann@/shop?host=%3A%3A1"),
        ("postgresql+psycopg://", "postgresql:///"),
        ("postgresql+psycopg://ann@/shop?host=/run/pg", "postgresql://ann@/shop?host=%2Frun%2Fpg"),
        ("postgresql+psycopg://h/shop?sslmode=require", "postgresql:///shop?host=h&sslmode=require"),
        (
            "postgresql+psycopg://ann:pw@/shop?host=h1:5432&host=h2:5433",
            "postgresql://ann:pw@/shop?host=h1%2Ch2&port=5432%2C5433",
        ),
        ("postgresql+psycopg://ann@/shop?host=h1:5432", "postgresql://ann@/shop?host=h1&port=5432"),
        ("postgresql+psycopg://ann@/shop?host=h1,h2&port=1,2", "postgresql://ann@/shop?host=h1%2Ch2&port=1%2C2"),
        (
            URL.create(PSYCOPG, "a b", "a b+c/?@:#%", "h", None, "d b"),
            "postgresql://a%20b:a%20b%2Bc%2F%3F%40%3A%23%25@/d%20b?host=h",
        ),
        ("sqlite:///shop.db", "sqlite:///shop.db"),
        ("sqlite+aiosqlite:////srv/商店.db?timeout=3", "sqlite:////srv/商店.db"),
        (URL.create("sqlite", database="a@b c+50%.db"), "sqlite:///a@b c+50%.db"),
    ],
)
def test_address_of_an_engine(url: str | URL, address: str) -> None:
    assert address_of(create_engine(url)) == address


def test_libpq_reads_every_part_of_it_back() -> None:
    engine = create_engine(URL.create(PSYCOPG, "a b", "a b+c/?@:#%", "h", 5433, "d b%20?x#"))
    assert Address.of(address_of(engine)).parts == {
        "user": "a b",
        "password": "a b+c/?@:#%",
        "host": "h",
        "port": "5433",
        "dbname": "d b%20?x#",
    }


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///file:shop.db?mode=ro&uri=true",
        "sqlite:///file:shop.db",
        "sqlite:///shop.db?uri=true",
        "postgresql+psycopg://ann@/shop?host=h&sslmode=require&sslmode=disable",
    ],
)
def test_an_address_that_may_mean_another_place_is_not_opened(url: str) -> None:
    with pytest.raises(
        StoreError,
        match=r"^(an engine on a `file:` address cannot be opened|the engine's address says an option twice)",
    ):
        entitle.open(create_engine(url), keys=KEYS)


def test_a_database_of_another_kind_is_named_without_its_password() -> None:
    url = URL.create("oracle", "ann", "secret", "h", 1521, "shop")

    class Engine:
        pass

    engine = Engine()
    engine.url = url  # type: ignore[attr-defined]  # the driver need not be installed
    with pytest.raises(StoreError, match=r"^`oracle:` is no kind of store: [^s]*") as told:
        entitle.open(engine, keys=KEYS)  # type: ignore[arg-type]
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("name", ["商店.db", "a@b.db", "a+b.db", "50%.db", "a b.db", "c:d.db", "e?f.db", "g#h.db"])
def test_the_store_is_in_the_file_that_the_engine_has(tmp_path: Path, name: str) -> None:
    engine = create_engine(URL.create("sqlite", database=str(tmp_path / name)))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE mine (note TEXT)"))
    engine.dispose()
    with entitle.open(engine, keys=KEYS, create=True) as shop:
        assert shop.releases() == ()
    with closing(sqlite3.connect(tmp_path / name)) as found:
        tables = {row[0] for row in found.execute("SELECT name FROM sqlite_master")}
    assert {"mine", "entitle_version"} <= tables
