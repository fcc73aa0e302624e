"""Stores of each kind, filled, whose books are whole after every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from entitle.shop import parts
from entitle.testing.world import World
from tests.holds.shop import HOT, RULES, release
from tests.shops import address, world


@pytest.fixture(params=["memory", "sqlite", "postgresql", "memory, hot"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(parts, "PARTS", 2)  # so that what lies in these small pools is divided
    kind, hot = request.param.split(",")[0], request.param.endswith("hot")
    place = world(address(kind, request, tmp_path), release=release(HOT if hot else RULES))
    place.fill("codes", 2)
    place.fill("seats", 5)
    yield place
    assert place.shop.reconcile().breaks == ()
