"""Stores of each kind, whose books are whole after every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from entitle.testing.world import World
from tests.reviews.shop import release
from tests.shops import address, world


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    place = world(address(request.param, request, tmp_path), release=release())
    yield place
    assert place.shop.reconcile().breaks == ()
