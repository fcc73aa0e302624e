"""Hot pools: whatever is put in, taken and given back, and whatever a release says, all rows make what is free."""

from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitle.plan import Add, Find, Get
from entitle.records import Stock
from entitle.shop import parts
from entitle.shop.parts import OWN, put, rows, rows_of, take
from entitle.stock_records import StockPart
from entitle.store.memory import MemoryStore
from entitle.testing.world import World
from tests.books import released
from tests.shops import ANN, BOB, buy, codes, done, world

POOL = parts.of_pool("p")
COUNTS = st.integers(0, 200)
POINTS = st.none() | st.integers(0, 2**64 - 1)
STEPS = st.one_of(
    st.tuples(st.just("put"), st.integers(1, 200), st.booleans()),
    st.tuples(st.just("take"), st.integers(1, 80), POINTS),
    st.tuples(st.just("give back"), st.integers(1, 20), st.integers(0, parts.PARTS)),
)


def there(store: MemoryStore) -> dict[int, int]:
    return rows(POOL, *store.fetch(rows_of(POOL)))


def after(found: Mapping[int, int], effects: list[Add]) -> dict[int, int]:
    """The rows after effects whose guards all hold."""
    left = dict(found)
    for each in effects:
        part = each.row.part if isinstance(each.row, StockPart) else OWN
        left[part] = left.get(part, 0) + each.by
        assert each.least <= left[part], each
    return left


@given(st.lists(STEPS, max_size=30))
def test_any_order_of_steps_keeps_the_sum(steps: list[tuple[str, int, int | bool | None]]) -> None:
    store, left = MemoryStore(), 0
    for kind, units, how in steps:
        if kind == "put":
            plan, by = put(POOL, units, bool(how)), units
        elif kind == "take":
            plan, by = take(POOL, there(store), units, point=how), -units
        else:
            plan, by = [POOL.move(OWN, 0), POOL.move(how or OWN, units)], units
        assert (store.apply(tuple(plan)) is None) == (left + by >= 0)  # the last unit is found, and no more
        left = max(left + by, left if left + by < 0 else 0)
        assert sum(there(store).values()) == left


@given(st.dictionaries(st.integers(1, 9), COUNTS), COUNTS, st.integers(1, 100), st.integers(0, 100), POINTS)
def test_what_is_gone_stays(own_parts: dict[int, int], own: int, units: int, gone: int, point: int | None) -> None:
    """Whoever takes leaves as many as expired, in rows that all who take at once leave alike."""
    found = {OWN: own, **own_parts}
    effects = take(POOL, found, units, gone, point)
    if sum(found.values()) - gone >= units:
        assert sum(after(found, effects).values()) == sum(found.values()) - units
        assert sum(each.least for each in effects) >= gone
    else:
        with pytest.raises(AssertionError):
            after(found, effects)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5), st.integers(1, 30), POINTS, st.integers(0, 4), COUNTS)
def test_what_must_be_as_it_was_found_is_taken_then_alone(
    free: list[int], units: int, point: int | None, place: int, other: int
) -> None:
    """Where there is too little, and where a row holds more or less by now, a guard fails."""
    store = MemoryStore()
    assert store.apply(tuple(POOL.move(part, units) for part, units in enumerate(free))) is None
    plan = tuple(take(POOL, there(store), units, point=point, as_found=True))
    moved, before = POOL.move(place % len(free), other - free[place % len(free)]), there(store)
    assert store.apply((moved,)) is None
    taken = store.apply(plan) is None
    assert taken == (moved.by == 0 and units <= sum(free))
    assert sum(there(store).values()) == sum(before.values()) + moved.by - units * taken


def test_those_who_come_at_once_take_from_different_rows() -> None:
    random, store = Random(7), MemoryStore()
    assert store.apply(tuple(put(POOL, 3200, hot=True))) is None
    found = there(store)
    taken = [take(POOL, found, 1, point=random.getrandbits(64)) for _ in range(64)]
    assert {len(each) for each in taken} == {1}
    assert len({each[0].row for each in taken}) > 20


SEATS = parts.of_pool("seats")
RULES = """\
pools: {seats: {of: units HOT}}
products:
  seat: {name: Seat, sell: {quantity: 1..500}, price: ¥30.00, hold: 1 hour, stock: seats, gives: [{benefit: ticket}]}
"""


def place_with(hot: bool, url: str = "memory:") -> World:
    return world(url, release=released(RULES.replace(" HOT", ", hot: true" if hot else "")))


def in_rows(place: World) -> tuple[int, list[int]]:
    own, divided = place.store.fetch((Get(Stock, ("seats",)), Find(StockPart, ())))
    return own.free, [each.free for each in divided]


def test_a_pool_that_becomes_hot_is_divided_by_who_buys_and_one_that_is_no_more_is_sold_to_the_last() -> None:
    place = place_with(hot=False)
    done(place.shop.fill("seats", 100, key="hall"))
    buy(place.shop, ANN, "seat", "k")
    assert in_rows(place) == (99, [])
    place.shop.publish(released(RULES.replace(" HOT", ", hot: true")), by="ops")
    buy(place.shop, ANN, "seat", "k2")
    assert sum(in_rows(place)[1]) >= 95
    assert place.shop.reconcile().breaks == ()
    place.shop.publish(released(RULES.replace(" HOT", "")), by="ops")
    assert codes(place.shop.quote(BOB, [("seat")] * 99)) == ["sold-out"]
    buy(place.shop, BOB, "seat", "k3", quantity=98)
    assert in_rows(place) == (0, [0] * parts.PARTS)
    assert codes(place.shop.quote(BOB, "seat")) == ["sold-out"]
    assert place.shop.reconcile().breaks == ()


@pytest.mark.parametrize("hot", [True, False])
def test_what_a_hold_kept_goes_back_into_a_part(hot: bool) -> None:
    place = place_with(hot=True)
    done(place.shop.fill("seats", 64, key="hall"))
    kept = done(place.shop.hold(ANN, ["seat"] * 64, key="h"))
    assert codes(place.shop.quote(BOB, "seat")) == ["sold-out"]
    place.shop.publish(released(RULES.replace(" HOT", ", hot: true" if hot else "")), by="ops")
    done(place.shop.void(kept, key="v"))
    assert in_rows(place)[0] == 0
    assert sum(in_rows(place)[1]) == 64
    buy(place.shop, BOB, "seat", "k", quantity=64)
    assert place.shop.reconcile().breaks == ()


def test_a_hold_that_lapses_makes_room_for_who_buys_all_of_it() -> None:
    place = place_with(hot=True)
    done(place.shop.fill("seats", 70, key="hall"))
    for n in range(7):
        done(place.shop.hold(ANN, ["seat"] * 10, key=f"h{n}"))
    place.clock.now += 2 * 3_600_000_000
    buy(place.shop, BOB, "seat", "k", quantity=69)
    assert place.shop.reconcile().breaks == ()
    assert codes(place.shop.quote(BOB, ["seat"] * 2)) == ["sold-out"]


@pytest.mark.parametrize(
    ("effects", "told"),
    [
        ([SEATS.move(OWN, -3)], ["Stock seats: free 1 -> 4"]),
        ([SEATS.move(5, 2)], ["Stock seats: free 4 -> 2"]),
        (
            [SEATS.move(OWN, -4), SEATS.move(5, 9)],
            [
                "Stock seats: free 0 -> 100",
                *(f"StockPart seats {n}: free {12 if n == 5 else 3} -> 0" for n in range(1, 33)),
            ],
        ),
    ],
)
def test_the_rows_of_a_hot_pool_are_rebuilt(effects: list[Add], told: list[str]) -> None:
    place = place_with(hot=True)
    done(place.shop.fill("seats", 100, key="hall"))
    assert place.store.apply(tuple(effects)) is None
    assert [each.code for each in place.shop.reconcile().breaks] == ["stock"]
    found = [each.text() for each in place.shop.rebuild(apply=True)]
    assert found == told
    assert place.shop.reconcile().breaks == ()
    assert list(place.shop.rebuild(apply=True)) == []
