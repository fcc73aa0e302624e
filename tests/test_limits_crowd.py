"""Limits of every kind, hot ones too, under a crowd: what a device, or everybody, may have is had exactly."""

import re
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from entitle import Done, Who
from entitle.decision import ON_ACCOUNT
from entitle.release import Release
from entitle.shop import parts
from tests.books import released
from tests.shops import codes, world

MOST, CROWD, BUYERS = 4, 12, 16
EACH = ("day", "week", "month", "sale_window", "lifetime", "24 hours")
PER = ("device", "all_together", "all_together, hot: true", "customer")
ONE = """\
  {name}:
    name: P
    sell: {{from: 2026-01-01 00:00, until: 2027-12-31 00:00}}
    price: ¥1.00
    gives: [{{benefit: ticket}}]
    limits: [{{id: few, max: {most}, in_each: {each}, per: {per}}}]
"""


def name(per: str, each: str) -> str:
    return re.sub(r"\W+|_", "-", f"{per}-{each}")


def kinds(per: str) -> Sequence[str]:
    return EACH[:-1] if "hot" in per else EACH


@cache
def release() -> Release:
    rows = (ONE.format(name=name(per, each), most=MOST, per=per, each=each) for per in PER for each in kinds(per))
    return released("products:\n" + "".join(rows))


@pytest.mark.parametrize("per", PER)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_limits_hold_under_a_crowd(
    kind: str, per: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PARTS", 3)  # so that few are divided too
    url = f"sqlite:///{tmp_path / 'shop.db'}" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    place = world(url, release=release())

    def come(asked: tuple[str, int]) -> tuple[str, str]:
        each, n = asked
        who = Who("ann" if per == "customer" else f"u-{n}", device="d-1")
        outcome = place.shop.buy(who, name(per, each), key=f"{each}-{n}", paid=ON_ACCOUNT)
        return each, "sold" if isinstance(outcome, Done) else codes(outcome)[0]

    with ThreadPoolExecutor(CROWD) as crowd:
        found = Counter(crowd.map(come, [(each, n) for each in kinds(per) for n in range(BUYERS)]))
    assert found == {(each, said): n for each in kinds(per) for said, n in (("sold", MOST), ("few", BUYERS - MOST))}
    assert place.shop.reconcile().ok
