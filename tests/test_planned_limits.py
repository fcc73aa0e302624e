"""Limits of what runs, and changes of plan: what is planned counts from then on, what it takes the place of once."""

from pathlib import Path

import pytest

from entitle import ON_ACCOUNT, Who
from entitle.testing.world import World
from tests.books import compiled
from tests.plans import change, sound
from tests.shops import address, buy, codes, done, shanghai, world

RULES = """\
entitle: 1
name: planned
timezone: Asia/Shanghai
currency: CNY
facts:
  device: {type: key, if_missing: ask}
benefits:
  video: {kind: access, name: Video}
products:
  small:
    name: Small
    family: kin
    subscription: {renews: every month, phases: [{id: regular, price: ¥10.00}]}
    gives: [{benefit: video, during: paid time}]
    limits: [{id: device, max: 1, of: running, per: device}]
    change: [{to: big, when: WHEN}, {to: single, when: period_end}]
  big:
    name: Big
    family: kin
    subscription: {renews: every month, phases: [{id: regular, price: ¥20.00}]}
    gives: [{benefit: video, during: paid time}]
    limits: [{id: device, max: 1, of: running, per: device}]
  single:
    name: Single
    subscription: {renews: every month, phases: [{id: regular, price: ¥30.00}]}
    gives: [{benefit: video, during: paid time}]
    limits: [{id: only, max: 1, of: running, per: customer}]
"""
HOME, AWAY, PHONE = (Who("ann", device=name) for name in ("home", "away", "phone"))


def shop_on(url: str, when: str = "period_end") -> World:
    found = compiled(book=RULES.replace("WHEN", when))
    assert found.release is not None, found.diagnostics
    return world(url, "2027-04-30 10:00", found.release)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return address(request.param, request, tmp_path)


def running(place: World) -> list[str]:
    return [each.product for each in place.shop.wallet("ann").subscriptions if each.state == "running"]


def test_what_is_planned_is_counted_before_it_runs(url: str) -> None:
    place = shop_on(url)
    shop = place.shop
    first, other = (buy(shop, who, "small", f"k{n}").subscription for n, who in enumerate((HOME, AWAY)))
    change(shop, first, "single", "c1", HOME)
    assert codes(shop.buy(PHONE, "single", key="b1", paid=ON_ACCOUNT)) == ["only"]
    assert codes(shop.change_plan(other, "single", who=AWAY, key="c2")) == ["only"]
    done(shop.undo_change(first, key="u1"))
    change(shop, other, "single", "c2", AWAY)
    assert codes(shop.change_plan(first, "single", who=HOME, key="c3")) == ["only"]
    sound(place)
    place.reach(shanghai("2027-06-01 10:00"))
    assert running(place) == ["small", "single"]
    assert codes(shop.quote(PHONE, "single")) == ["only"]
    sound(place)


@pytest.mark.parametrize("when", ["period_end", "now, pay: difference"])
def test_what_is_given_up_on_one_device_is_no_room_on_another(url: str, when: str) -> None:
    place = shop_on(url, when)
    shop = place.shop
    first = buy(shop, HOME, "small", "k1").subscription
    buy(shop, AWAY, "small", "k2")
    assert codes(shop.change_plan(first, "big", who=AWAY, key="c1", paid=ON_ACCOUNT)) == ["device"]
    change(shop, first, "big", "c2", HOME)
    assert codes(shop.quote(HOME, "big")) == ["device"]
    sound(place)
    place.reach(shanghai("2027-06-01 10:00"))
    assert sorted(running(place)) == ["big", "small"]
    sound(place)


def test_what_is_planned_leaves_room_for_what_takes_its_place_at_once(url: str) -> None:
    place = shop_on(url)
    shop = place.shop
    first = buy(shop, HOME, "small", "k1").subscription
    change(shop, first, "single", "c1", HOME)
    found = compiled(
        book=RULES.replace("WHEN", "period_end").replace("single, when: period_end", "single, when: now, pay: full")
    )
    assert found.release is not None, found.diagnostics
    shop.publish(found.release, by="ops")
    change(shop, first, "single", "c2", HOME)
    assert running(place) == ["single"]
    sound(place)
