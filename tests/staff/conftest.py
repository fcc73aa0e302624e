"""Stores of each kind, whose books are whole after every test, and say so when they are computed anew."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from entitle.testing.world import World
from tests.shops import address, done, world
from tests.staff.shop import release


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    place = world(address(request.param, request, tmp_path), release=release())
    done(place.shop.fill("codes", ["CODE-1", "CODE-2", "CODE-3"], key="codes"))
    done(place.shop.fill("seats", 9, key="seats"))
    yield place
    assert place.shop.reconcile().breaks == ()
    assert list(place.shop.rebuild(apply=False)) == []
