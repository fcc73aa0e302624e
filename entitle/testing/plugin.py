"""pytest plugin: a shop on a clock that stands still, for a shop's own tests.

`entitle_rules` (override it) is the rulebook's folder; `entitle_shop` is a shop with that rulebook published, in memory
or, with `--entitle-store sqlite`, in a file, or, with `--entitle-store postgresql://…`, in a schema that is made there
for each test and removed after it. Its time passes only when `entitle_clock` is told so: `at(moment)` and
`travel(days=31, pay=…)` stop at every instant at which work is due, do it, and pay what is charged as `pay` says.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from entitle.shop.facade import Shop
    from entitle.testing.world import World


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("entitle")
    told = "the store of entitle_shop: memory, sqlite, or the address of a PostgreSQL database"
    group.addoption("--entitle-store", default="memory", help=told)


@pytest.fixture
def entitle_rules() -> Path:
    """The rulebook's folder; override this fixture where it is not `rules`."""
    return Path("rules")


@pytest.fixture
def entitle_clock(entitle_rules: Path, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator["World"]:
    """The time of `entitle_shop`, which stands still until it is told to pass."""
    import entitle
    from entitle.store.scratch import fresh_store
    from entitle.testing.world import World

    kind = request.config.getoption("--entitle-store")
    beside = {"memory": "memory:", "sqlite": f"sqlite:///{tmp_path / 'shop.db'}"}.get(kind, kind)
    with fresh_store(beside) as store:
        yield World(entitle.load(entitle_rules), store)


@pytest.fixture
def entitle_shop(entitle_clock: "World") -> "Shop":
    """A shop with the rulebook published."""
    return entitle_clock.shop
