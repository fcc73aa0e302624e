"""What tests share by name."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from entitle.testing.world import World
from tests.shops import OPENED, world

settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")  # how long an example takes is the machine's business, and no test's


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Whatever store a test opens through `world` is closed after it."""
    yield
    while OPENED:
        OPENED.pop().close()


@pytest.fixture(params=["memory", "sqlite"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    made = world("memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'shop.db'}")
    yield made
    made.shop.close()
