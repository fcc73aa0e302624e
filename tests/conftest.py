"""What tests share by name."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers

from entitle.testing.world import World
from tests import postgres
from tests.shops import OPENED, address, world

if (fast := postgres.fast_folder()) is not None:  # thousands of commits, each of which waits for the disk
    os.environ["TMPDIR"] = tempfile.tempdir = str(fast)

if hasattr(providers, "_get_local_constants"):
    # newer releases draw numbers and texts of whatever modules a process has loaded, so that what should be the same
    # every time would depend on which worker runs it
    providers._get_local_constants = providers.Constants  # type: ignore[attr-defined]  # of its own modules

settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")  # how long an example takes is the machine's business, and no test's


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Whatever store a test opens through `world` is closed after it."""
    yield
    while OPENED:
        OPENED.pop().close()


@pytest.fixture(autouse=True)
def solver() -> None:
    """Begins anew for each test: what it was asked before decides which of several witnesses it comes upon."""
    if (z3 := sys.modules.get("z3.z3")) is not None:
        z3._main_ctx = None  # type: ignore[attr-defined]  # the next term makes another


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that all of this test run share."""
    base = tmp_path_factory.getbasetemp()
    with postgres.shared(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str) -> Iterator[str]:
    with postgres.database(postgres_server) as url:
        yield url


@pytest.fixture
def postgres_url(postgres_database: str) -> str:
    """The address of a store that is empty."""
    return postgres.emptied(postgres_database)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    made = world(address(request.param, request, tmp_path))
    yield made
    made.shop.close()
