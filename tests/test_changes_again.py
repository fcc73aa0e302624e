"""A key of a change of plan stands for the change that it made, for ever, whatever the contract becomes."""

from pathlib import Path

import pytest

from entitle import ON_ACCOUNT, Done, Money
from entitle.plan import Find, Update
from entitle.records import Key
from entitle.shop.change import ChangeView
from entitle.shop.views import SubscriptionView
from entitle.testing.world import World
from tests.plans import ANN, change, charged, release, sound
from tests.shops import address, buy, done, shanghai, when, world


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    return world(address(request.param, request, tmp_path), "2027-04-30 10:00", release())


def test_a_key_that_stands_for_another_change_of_the_contract_is_found(place: World) -> None:
    basic = buy(place.shop, ANN, "basic", "k").subscription
    asked(place, basic, "cheap", "1")
    place.travel(days=1)
    asked(place, basic, "premium", "2")
    keys: list[Key]
    (keys,) = place.store.fetch((Find(Key, (("verb", "=", "change_plan"),), ("key",)),))
    first, second = keys
    assert place.store.apply((Update(Key, (first.stream, first.verb, first.key), {"case": second.case}),)) is None
    found = place.shop.reconcile().breaks
    assert [(each.code, each.what) for each in found] == [("key", "1"), ("key-lost", f"change_plan {basic.id}")]


def asked(place: World, contract: SubscriptionView | None, to: str, key: str) -> Done[ChangeView]:
    assert contract is not None
    found = place.shop.change_plan(contract, to, key=key, paid=ON_ACCOUNT)
    assert isinstance(found, Done), found
    return found


def test_after_it_was_undone_and_another_is_planned(place: World) -> None:
    shop, basic = place.shop, buy(place.shop, ANN, "basic", "k").subscription
    first = asked(place, basic, "cheap", "1")
    assert first.value.subscription.changes_to == "cheap"
    done(shop.undo_change(basic, key="u"))
    assert [each.changes_to for each in shop.wallet("ann").subscriptions] == [None]
    place.travel(days=1)
    second = asked(place, basic, "late-year", "2")
    assert [each.changes_to for each in shop.wallet("ann").subscriptions] == ["late-year"]
    for _ in range(2):
        again = asked(place, basic, "cheap", "1")
        assert (again.replayed, again.decision_id) == (True, first.decision_id)
        assert (again.value.price, again.value.total) == (Money("1.00", "CNY"), Money("0.00", "CNY"))
        assert again.value.subscription.changes_to == "late-year"  # as it is now
    assert done(shop.undo_change(basic, key="u")).changes_to == "late-year"
    assert asked(place, basic, "late-year", "2").decision_id == second.decision_id != first.decision_id
    sound(place)
    place.reach(shanghai("2027-05-30 10:00"))
    assert charged(place) == [3000, 20000]
    late, early = (asked(place, basic, to, key) for to, key in (("late-year", "2"), ("cheap", "1")))
    assert (late.decision_id, late.value.subscription.product) == (second.decision_id, "late-year")
    assert (early.decision_id, early.value.price) == (first.decision_id, Money("1.00", "CNY"))
    assert (early.value.subscription.product, early.value.subscription.state) == ("basic", "ended")
    sound(place)


def test_after_one_at_once_overtook_it(place: World) -> None:
    basic = buy(place.shop, ANN, "basic", "k").subscription
    first = asked(place, basic, "cheap", "1")
    place.travel(days=10)
    second = asked(place, basic, "premium", "2")
    again = asked(place, basic, "cheap", "1")
    assert (again.replayed, again.decision_id, again.value.price) == (True, first.decision_id, Money("1.00", "CNY"))
    assert (again.value.total, again.value.at) == (Money("0.00", "CNY"), when("2027-05-30 10:00"))
    assert (again.value.subscription.product, again.value.subscription.state) == ("basic", "ended")
    assert asked(place, basic, "premium", "2") == Done(second.value, replayed=True, decision_id=second.decision_id)
    sound(place)


def test_after_what_came_of_it_changes_too(place: World) -> None:
    basic = buy(place.shop, ANN, "basic", "k").subscription
    first = asked(place, basic, "premium", "1")
    place.travel(days=1)
    second = asked(place, first.value.subscription, "basic", "2")
    third = asked(place, second.value.subscription, "cheap", "3")
    again = asked(place, basic, "premium", "1")
    assert (again.decision_id, again.value.price) == (first.decision_id, Money("60.00", "CNY"))
    assert (again.value.subscription.product, again.value.subscription.state) == ("premium", "ended")
    again = asked(place, first.value.subscription, "basic", "2")
    assert (again.decision_id, again.value.price) == (second.decision_id, Money("30.00", "CNY"))
    assert again.value.subscription.changes_to == "cheap"  # as it is now
    assert asked(place, second.value.subscription, "cheap", "3").decision_id == third.decision_id
    sound(place)


def test_a_change_can_be_undone_and_asked_for_many_times_in_one_instant(place: World) -> None:
    shop, basic = place.shop, buy(place.shop, ANN, "basic", "k").subscription
    made = {}
    for n, to in enumerate(("cheap", "late-year", "cheap")):
        made[f"c{n}", to] = asked(place, basic, to, f"c{n}").decision_id
        done(shop.undo_change(basic, key=f"u{n}"))
    assert {(key, to): asked(place, basic, to, key).decision_id for key, to in made} == made
    assert len(set(made.values())) == 3
    assert change(shop, basic, "cheap", "last").price == Money("1.00", "CNY")  # what they took is free again
    sound(place)
