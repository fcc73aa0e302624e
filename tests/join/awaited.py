"""An awaited shop on PostgreSQL, for the tests of it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import psycopg

import entitle
from entitle import Keys, Who
from entitle.testing.world import Clock
from tests.shops import when

MONTHLY = "starlight-monthly"
KEYS = Keys.from_text("a virtual shop")
CLOCK = Clock(when("2026-12-24 20:00"))
HOLD_ALL = "LOCK TABLE entitle_keys IN ACCESS EXCLUSIVE MODE"
_HERE = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"


def opened(url: str, **options: Any) -> Any:
    return entitle.open_async(url, keys=KEYS, clock=CLOCK, **options)


def do(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), 60))


def customer(number: int) -> Who:
    return Who(f"c-{number}", channel="app")


def locked(connection: psycopg.Connection[Any]) -> int:
    """How many sessions of this database wait for a lock."""
    return _count(connection, "wait_event_type = 'Lock'")


def sessions(connection: psycopg.Connection[Any]) -> int:
    """How many sessions of this database are a store's."""
    return _count(connection, "application_name = 'entitle'")


def _count(connection: psycopg.Connection[Any], which: str) -> int:
    found = connection.execute(f"{_HERE} AND {which}").fetchone()
    assert found is not None
    return int(found[0])
