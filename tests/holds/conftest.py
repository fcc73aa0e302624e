"""Stores of each kind, filled, whose books are whole after every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from entitle.testing.world import World
from tests.holds.shop import release
from tests.shops import world


def address(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a new store of this kind."""
    match kind:
        case "memory":
            return "memory:"
        case "sqlite":
            return f"sqlite:///{tmp_path / 'shop.db'}"
        case _:
            return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    place = world(address(request.param, request, tmp_path), release=release())
    place.fill("codes", 2)
    place.fill("seats", 5)
    yield place
    assert place.shop.reconcile().breaks == ()
