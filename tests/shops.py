"""Shops for tests: the sample rulebook published on a clock that stands still, on either store."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

import entitle
from entitle import Done, Payment, Who
from entitle.decision import Outcome
from entitle.messages import Lang
from entitle.plan import Store
from entitle.release import Release
from entitle.shop.facade import Shop
from entitle.shop.views import OrderView
from entitle.store.opening import open_store
from entitle.testing.world import World
from entitle.values.zone import zone_table

T = TypeVar("T")
OPENED: list[Store] = []  # closed after each test
RULES = Path(__file__).parent.parent / "rules"
ANN = Who("ann", channel="app")
BOB = Who("bob", channel="web")
LANGS: tuple[Lang, ...] = ("en", "zh")


@cache
def sample() -> Release:
    """The sample rulebook, compiled once."""
    return entitle.load(RULES)


def civil(text: str, zone: str) -> int:
    """An instant from civil time in a zone: `2026-12-24 20:00`."""
    table = zone_table(zone)
    assert table is not None
    return table.instant(datetime.fromisoformat(text))


def shanghai(text: str) -> int:
    return civil(text, "Asia/Shanghai")


def when(text: str) -> datetime:
    """The same as an aware datetime in UTC."""
    return datetime.fromtimestamp(shanghai(text) // 1_000_000, UTC)


def address(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a new store of this kind: memory, sqlite, postgresql."""
    match kind:
        case "memory":
            return "memory:"
        case "sqlite":
            return f"sqlite:///{tmp_path / 'shop.db'}"
        case _:
            return str(request.getfixturevalue("postgres_url"))


def world(store: str = "memory:", start: str = "2026-12-24 20:00", release: Release | None = None) -> World:
    """A world with the sample rulebook, or another, published."""
    opened = open_store(store, create=store != "memory:")
    OPENED.append(opened)
    return World(release or sample(), opened, shanghai(start))


def buy(shop: Shop, who: Who, product: str, key: str, quantity: int = 1) -> OrderView:
    """Buy it for what it costs."""
    line = entitle.Line(product, quantity)
    total = done(shop.quote(who, line)).total
    return done(shop.buy(who, line, key=key, paid=Payment(total, f"ref-{key}") if total else None))


def done(outcome: Done[T] | Outcome) -> T:
    """The value of an outcome that must be Done."""
    assert isinstance(outcome, Done), outcome
    return outcome.value


def codes(outcome: object) -> list[str]:
    """The reasons of an outcome that must be a refusal, a limit by its id. Each can be said in both languages."""
    reasons = getattr(outcome, "reasons", ())
    assert reasons, outcome
    assert all(reason.text(lang) for reason in reasons for lang in LANGS)
    return [reason.rule if reason.code == "limit" else reason.code for reason in reasons]
