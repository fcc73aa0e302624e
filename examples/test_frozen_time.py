"""A shop's own tests with frozen time: the fixtures come with `pip install entitle`.

`entitle_shop` is a shop in memory. Its time moves only when `entitle_clock` is told so, and stops at every due instant
on the way, paying what is charged (or whatever `pay` says).
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from entitle import Declined, Payment, Shop, Who
from entitle.shop.renew import ChargeView
from entitle.testing.world import World

ANN = Who("ann", channel="app")


@pytest.fixture
def entitle_rules() -> Path:
    return Path(__file__).parent.parent / "rules"


def test_membership_lapses_when_nobody_pays(entitle_shop: Shop, entitle_clock: World) -> None:
    entitle_clock.at(datetime(2026, 12, 24, 12, tzinfo=UTC))
    entitle_shop.buy(ANN, "starlight-monthly", key="order-1").unwrap()

    def broke(charge: ChargeView) -> Declined:
        return Declined("insufficient-funds")

    entitle_clock.travel(days=13, pay=broke)
    assert entitle_shop.has("ann", "cinema-vip")  # seven days of grace after the first declined charge
    entitle_clock.travel(days=1, pay=broke)
    assert not entitle_shop.has("ann", "cinema-vip")


def test_renewals_are_paid_while_time_passes(entitle_shop: Shop, entitle_clock: World) -> None:
    entitle_clock.at(datetime(2026, 12, 24, 12, tzinfo=UTC))
    paid: list[str] = []

    def pay(charge: ChargeView) -> Payment:
        paid.append(str(charge.amount))
        return Payment(charge.amount, ref=charge.attempt_key)

    entitle_shop.buy(ANN, "starlight-monthly", key="order-1").unwrap()
    entitle_clock.travel(days=100, pay=pay)
    assert paid == ["¥9.90", "¥25.00", "¥25.00", "¥25.00"]
