"""pytest plugin: a shop on a clock that stands still, for a shop's own tests.

`entitle_rules` (override it) is the rulebook's folder; `entitle_world` is a world with that rulebook published, in
memory or, with `--entitle-store sqlite`, in a file; its time passes only when a test says so.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from entitle.testing.world import World


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("entitle")
    group.addoption(
        "--entitle-store", default="memory", choices=("memory", "sqlite"), help="the store of entitle_world"
    )


@pytest.fixture
def entitle_rules() -> Path:
    """The rulebook's folder; override this fixture where it is not `rules`."""
    return Path("rules")


@pytest.fixture
def entitle_world(entitle_rules: Path, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator["World"]:
    """A shop with the rulebook published, on a clock that stands still."""
    import entitle
    from entitle.store.opening import open_store
    from entitle.testing.world import World

    kind = request.config.getoption("--entitle-store")
    url = "memory:" if kind == "memory" else f"sqlite:///{tmp_path / 'shop.db'}"
    world = World(entitle.load(entitle_rules), open_store(url, create=kind != "memory"))
    yield world
    world.shop.close()
