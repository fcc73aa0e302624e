"""A shop beside a table of its owner's, and what the owner lends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from entitle.shop.facade import Shop
from entitle.testing.world import World
from tests.join.hosts import KINDS, Owner, host, run
from tests.shops import world

DATABASES = ("sqlite", "postgresql")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def here(url: str) -> World:
    """A shop in a database that holds a table of its owner's too."""
    made = world(url)
    run(url, "CREATE TABLE IF NOT EXISTS mine (note TEXT)")
    run(url, "DELETE FROM mine")
    return made


@pytest.fixture
def shop(here: World) -> Shop:
    return here.shop


@pytest.fixture(params=[(database, kind) for database in DATABASES for kind in KINDS], ids="-".join)
def owner(request: pytest.FixtureRequest) -> Iterator[Owner]:
    """Each kind of owner on each database."""
    database, kind = request.param
    url = request.getfixturevalue("url" if database == "sqlite" else "postgres_url")
    made = world(url)
    run(url, "CREATE TABLE IF NOT EXISTS mine (note TEXT)")
    run(url, "DELETE FROM mine")
    lending = host(kind, url)
    yield Owner(made, url, lending)
    lending.close()
