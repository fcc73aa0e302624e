"""Many purchases at once: each ends as it would have ended alone, and they share the trips to the store."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import entitle
from entitle import (
    Done,
    FactError,
    InDoubt,
    KeyConflict,
    Line,
    Payment,
    Purchase,
    Raised,
    Refused,
    StoreError,
    UnknownName,
    Who,
)
from entitle.decision import who_of
from entitle.errors import InDoubtError
from entitle.plan import Answer, Effect, Plan, Read, Store
from entitle.release import Release
from entitle.store.memory import MemoryStore
from entitle.testing.world import World
from tests.books import released
from tests.shops import ANN, OPENED, done, shanghai, world

RULES = """\
pools:
  coffee: {of: card_codes, warn_below: 2}
  seats: {of: units}
benefits:
  coffee-code: {kind: card_code, name: Coffee, pool: coffee, valid: 30 days from grant}
products:
  card: {name: Card, price: ¥10.00, gives: [{benefit: coffee-code}]}
  seat:
    name: Seat
    sell: {quantity: 1..5}
    price: ¥10.00
    stock: seats
    gives: [{benefit: ticket}]
    limits: [{id: three, max: 3, per: customer, in_each: day}, {id: forty, max: 40, per: all_together, in_each: day}]
"""


@cache
def release() -> Release:
    return released(RULES)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    match request.param:
        case "memory":
            url = "memory:"
        case "sqlite":
            url = f"sqlite:///{tmp_path / 'shop.db'}"
        case _:
            url = request.getfixturevalue("postgres_url")
    return world(url, release=release())


def paid(yuan: int, ref: str) -> Payment:
    return Payment(entitle.Money(f"{yuan}.00", "CNY"), ref)


def of(who: str, product: str, key: str, quantity: int = 1, yuan: int | None = None) -> Purchase:
    amount = 10 * quantity if yuan is None else yuan
    return Purchase(Who(who), Line(product, quantity), key=key, paid=paid(amount, f"r-{who}-{key}"))


def told(outcome: Any) -> object:
    """What can be compared of an outcome: everything but the ids that chance made."""
    match outcome:
        case Done(value):
            return "done", outcome.replayed, [(each.product, each.quantity) for each in value.lines], value.total
        case Refused():
            return "refused", [(each.code, each.rule) for each in outcome.reasons], outcome.refund_due
        case Raised(error):
            return type(error), str(error)
        case _:
            return outcome


def alone(place: World, each: Purchase) -> object:
    try:
        return told(place.shop.buy(each.who, each.what, key=each.key, paid=each.paid))
    except entitle.Error as problem:
        return type(problem), str(problem)


def test_one_outcome_each_in_their_order(place: World) -> None:
    shop = place.shop
    done(shop.fill("seats", 6, key="hall"))
    outcomes = shop.buy_many(
        [
            of("bob", "seat", "k1", 2),
            of("ann", "seat", "k2", 3),
            of("ann", "seat", "k3", 1),  # her fourth of the day
            of("cem", "seat", "k4", 2),  # one is left
            of("dan", "sofa", "k5"),
            of("eva", "seat", "k1", 1),  # bob's key
            of("bob", "seat", "k1", 2),  # again
            of("fay", "seat", "k6", 1, yuan=1),
        ]
    )
    assert [type(each) for each in outcomes] == [Done, Done, Refused, Refused, Raised, Raised, Done, Refused]
    assert [each.reasons[0].rule or each.reasons[0].code for each in outcomes if isinstance(each, Refused)] == [
        "three",
        "seats",
        "paid-mismatch",
    ]
    assert outcomes[6].replayed
    assert outcomes[6].unwrap() == outcomes[0].unwrap()
    with pytest.raises(UnknownName, match="`sofa`"):
        outcomes[4].unwrap()
    with pytest.raises(KeyConflict):
        outcomes[5].unwrap()
    assert not outcomes[4].ok
    assert shop.reconcile().ok
    assert shop.buy_many([]) == []


wanted = st.builds(
    of,
    st.sampled_from(["ann", "bob", "cem", "dan"]),
    st.sampled_from(["seat", "seat", "card", "sofa"]),
    st.sampled_from([f"k{n}" for n in range(12)]),
    st.integers(1, 2),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(purchases=st.lists(wanted, max_size=12, unique_by=lambda each: (who_of(each.who).customer, each.key)))
def test_a_customer_sees_what_he_would_have_seen_alone(purchases: list[Purchase]) -> None:
    """One customer after the other, there is enough for all: at once is as one by one, in whatever order."""
    one, many = world(release=release()), world(release=release())
    for each in (one, many):
        done(each.shop.fill("seats", 40, key="hall"))
        done(each.shop.fill("coffee", 40, key="lot"))
    own_keys = [
        Purchase(each.who, each.what, key=f"{who_of(each.who).customer}-{each.key}", paid=each.paid)
        for each in purchases
    ]
    assert [told(outcome) for outcome in many.shop.buy_many(own_keys)] == [alone(one, each) for each in own_keys]
    assert many.shop.reconcile().ok
    assert [len(many.shop.history(who)) for who in ("ann", "bob")] == [
        len(one.shop.history(who)) for who in ("ann", "bob")
    ]


def test_what_is_wrong_with_one_keeps_no_other_from_being_made(place: World) -> None:
    done(place.shop.fill("seats", 6, key="hall"))
    listed: Any = [1]
    made: Any = Purchase  # of what its types do not allow
    wrong: list[tuple[Any, str]] = [
        (of("bob", "seat", "k2", 0), "quantity: is a whole number from 1; I got 0"),
        (of("bob", "seat", ""), "a key is a printable text of 1 to 200 characters; I got ''"),
        (of("", "seat", "k2"), "a customer is a printable text of 1 to 200 characters; I got ''"),
        (of("pool:seats", "seat", "k2"), "ids that begin with `pool:` are entitle's own; I got 'pool:seats'"),
        (made(7, "seat", key="k2"), "purchase.who: is a Who, or a customer's id; I got 7"),
        (
            Purchase(Who("bob", facts=listed), "seat", key="k2"),
            "purchase.who.facts: is a mapping of a text to anything; I got list of int",
        ),
        (made(ANN, "seat", key="k2", paid=10), "purchase.paid: is a Payment or ON_ACCOUNT; I got int"),
        (made(ANN, "seat", key="k2", why="\ud800"), "why: is a text that can be stored; I got '\\ud800'"),
    ]
    asked = [of("ann", "seat", "k"), *(each for each, _ in wrong), of("eve", "seat", "k3")]
    first, *others, last = place.shop.buy_many(asked)
    assert [done(each).customer for each in (first, last)] == ["ann", "eve"]
    assert [str(each.error) for each in others if isinstance(each, Raised)] == [said for _, said in wrong]
    assert place.shop.reconcile().ok


def test_what_is_no_list_of_purchases_is_raised_before_anything_is_done(place: World) -> None:
    done(place.shop.fill("seats", 6, key="hall"))
    wanted: Any
    for wanted in ([of("ann", "seat", "k"), "seat"], of("ann", "seat", "k"), 7, None, "seat"):
        with pytest.raises(FactError, match=r"^purchases: is a list, each of which is a Purchase; I got "):
            place.shop.buy_many(wanted)
    assert place.shop.wallet("ann").grants == ()


def test_a_preview_of_many_writes_nothing(place: World) -> None:
    done(place.shop.fill("seats", 6, key="hall"))
    outcomes = place.shop.preview.buy_many(
        [of("ann", "seat", "k", 3), of("bob", "sofa", "k2"), of("cem", "seat", "k3", 4)]
    )
    assert [type(each) for each in outcomes] == [Done, Raised, Refused]
    assert place.shop.wallet("ann").grants == ()


@pytest.mark.parametrize("seats", [25, 60])
def test_two_crowds_at_once_sell_what_there_is(place: World, seats: int) -> None:
    """Whoever lost a seat or a number to another goes round again: nothing is sold twice, nothing is left."""
    done(place.shop.fill("seats", seats, key="hall"))
    crowds = [[of(f"u-{crowd}-{n}", "seat", f"k-{crowd}-{n}") for n in range(40)] for crowd in range(2)]
    with ThreadPoolExecutor(2) as threads:
        outcomes = [each for told in threads.map(place.shop.buy_many, crowds) for each in told]
    sold = min(seats, 40)
    assert Counter(type(each) for each in outcomes) == {Done: sold, Refused: 80 - sold}
    assert place.shop.reconcile().ok


class Counting:
    """A store that counts its trips, and may fail at one."""

    def __init__(self, store: Store) -> None:
        self.store, self.fetches, self.applies = store, 0, 0
        self.broken: dict[int, Exception] = {}

    def fetch(self, reads: tuple[Read, ...]) -> tuple[Any, ...]:
        self.fetches += 1
        return self.store.fetch(reads)

    def apply(self, plan: Plan) -> Effect | None:
        return self.store.apply(plan)

    def apply_each(self, plans: Sequence[Plan]) -> list[Answer]:
        self.applies += 1
        if (problem := self.broken.get(self.applies)) is not None:
            raise problem
        return self.store.apply_each(plans)

    def close(self) -> None:
        self.store.close()


def counting() -> tuple[Counting, World]:
    store = Counting(MemoryStore())
    OPENED.append(store)
    place = World(release(), store, shanghai("2026-12-24 20:00"))
    done(place.shop.fill("seats", 1000, key="hall"))
    store.fetches = store.applies = 0
    return store, place


def test_fifty_make_as_many_trips_as_one() -> None:
    store, place = counting()
    place.shop.buy_many([of("u", "seat", "k")])
    trips = store.fetches
    assert store.applies == 1
    store.fetches = store.applies = 0
    outcomes = place.shop.buy_many([of(f"u-{n}", "seat", f"k-{n}") for n in range(39)])
    assert all(isinstance(each, Done) for each in outcomes)
    assert (store.fetches, store.applies) == (trips, 1)


def test_a_store_that_fails_is_told_to_each() -> None:
    store, place = counting()
    store.broken[1] = StoreError("no room")
    asked = [of(f"u-{n}", "seat", f"k-{n}") for n in range(3)]
    assert {str(each) for each in place.shop.buy_many(asked)} == {"raised: no room"}
    assert all(isinstance(each, Done) for each in place.shop.buy_many(asked))
    assert place.shop.reconcile().ok


def test_what_is_in_doubt_is_asked_for_once_more() -> None:
    store, place = counting()
    asked = [of(f"u-{n}", "seat", f"k-{n}") for n in range(3)]
    store.broken[1] = InDoubtError("cut")
    assert all(isinstance(each, Done) for each in place.shop.buy_many(asked))
    store.broken |= {store.applies + 1: InDoubtError("cut"), store.applies + 2: StoreError("down")}
    asked = [of(f"v-{n}", "seat", f"w-{n}") for n in range(3)]
    assert {type(each) for each in place.shop.buy_many(asked)} == {InDoubt}
