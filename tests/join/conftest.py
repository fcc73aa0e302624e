"""A shop beside a table of its owner's, and what the owner lends."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from entitle.shop.facade import Shop
from entitle.testing.world import World
from tests.join.hosts import KINDS, Host, host
from tests.shops import world


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture
def here(path: Path) -> World:
    """A shop in a database that holds a table of its owner's too."""
    made = world(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE mine (note TEXT)")
    return made


@pytest.fixture
def shop(here: World) -> Shop:
    return here.shop


@pytest.fixture(params=KINDS)
def mine(request: pytest.FixtureRequest, here: World, path: Path) -> Iterator[Host]:
    made = host(request.param, str(path))
    yield made
    made.close()
