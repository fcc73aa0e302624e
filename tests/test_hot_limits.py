"""Hot limits and budgets: whatever is used, given back and published, what is left is all had, and nothing beyond."""

import multiprocessing
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from entitle import Done, Line, Who
from entitle.decision import ON_ACCOUNT, Outcome
from entitle.plan import Add, Find
from entitle.records import Count
from entitle.release import Release
from entitle.shop import parts
from entitle.shop.parts import OWN, of_count, rows, rows_of, take
from entitle.shop.views import OrderView
from entitle.stock_records import CountPart
from entitle.store.memory import MemoryStore
from entitle.testing.world import World
from tests.books import compiled
from tests.holds.test_races import patiently
from tests.shops import ANN, BOB, address, codes, done, world

KEY = ("all", "limit:p:crowd", "")
WAIT_SECONDS = 120
BUYERS = 30  # of each process: all of them want more than there is

# ---- a counter in a store


def used(store: MemoryStore) -> int:
    """How much is used of the counter: what its rows do not have left."""
    of = of_count(KEY, 0)
    return -sum(rows(of, *store.fetch(rows_of(of))).values())


STEPS = st.one_of(
    st.tuples(st.just("take"), st.integers(1, 80), st.none() | st.integers(0, 2**64 - 1)),
    st.tuples(st.just("give back"), st.integers(1, 80), st.integers(0, parts.PARTS)),
    st.tuples(st.just("publish"), st.integers(1, 300), st.none()),
)


@given(st.lists(STEPS, max_size=40))
@example(
    [("take", 37, None), ("take", 1, 0), ("publish", 1, None), ("take", 32, None)]
)  # as much over as it asks too much
def test_any_order_of_steps_uses_what_there_is_and_no_more(steps: list[tuple[str, int, int | None]]) -> None:
    """Releases lower the maximum below what is used, and below what lies in parts, and raise it again."""
    store, most, total = MemoryStore(), 100, 0
    for kind, units, how in steps:
        of = of_count(KEY, most)
        if kind == "publish":
            most = units
        elif kind == "take":
            found = rows(of, *store.fetch(rows_of(of)))
            assert sum(found.values()) == most - total
            fits = total + units <= most
            assert (store.apply(tuple(take(of, found, units, point=how))) is None) == fits
            total += units * fits
        elif units <= total:
            (there,) = store.fetch((Find(CountPart, of.where),))
            part = how if how in {each.part for each in there} else None
            assert store.apply((of_count(KEY).move(part or OWN, units),)) is None
            total -= units
        assert used(store) == total


@given(st.integers(1, 400), st.integers(1, 400), st.lists(st.integers(0, 2**64 - 1), min_size=2, max_size=12))
def test_those_who_come_at_once_never_use_more_together(most: int, lowered: int, points: list[int]) -> None:
    """All see the same rows, after a release that may have lowered the maximum; whose guard fails comes again."""
    store = MemoryStore()
    first = of_count(KEY, most)
    assert store.apply(tuple(take(first, rows(first, *store.fetch(rows_of(first))), 1, point=0))) is None
    of = of_count(KEY, lowered)
    found = rows(of, *store.fetch(rows_of(of)))
    plans = [tuple(take(of, found, 7, point=point)) for point in points]
    won = sum(store.apply(plan) is None for plan in plans)
    assert used(store) == 1 + 7 * won
    assert won == 0 or used(store) <= lowered
    while store.apply(tuple(take(of, rows(of, *store.fetch(rows_of(of))), 7, point=points[0]))) is None:
        won += 1
    assert used(store) == 1 + 7 * won > lowered - 7


def test_those_who_come_at_once_use_different_rows() -> None:
    store, of = MemoryStore(), of_count(KEY, 3200)
    assert store.apply(tuple(take(of, rows(of, *store.fetch(rows_of(of))), 1, point=0))) is None
    found = rows(of, *store.fetch(rows_of(of)))
    taken = [take(of, found, 1, point=n * 50) for n in range(64)]
    assert {len(each) for each in taken} == {1}
    assert len({each[0].row for each in taken}) == parts.PARTS
    assert {type(each[0].row) for each in taken} == {CountPart}


# ---- a shop

RULES = """\
entitle: 1
name: crowds
timezone: Asia/Shanghai
currency: CNY
facts: {channel: {type: [app, web], if_missing: app}}
price_steps: {campaign: each_unit}
benefits:
  club: {kind: access, name: Club}
products:
  p:
    name: P
    sell: {quantity: 1..500}
    price: ¥10.00
    lasts: 30 days
    hold: 15 minutes
    refund: {within: 30 days, if_used: keep, give_back: [limits, coupon]}
    gives: [{benefit: club}]
    limits: [{id: crowd, max: 100, per: all_together, in_each: lifetime, hot: true}]
  daily:
    name: Daily
    sell: {quantity: 1..500}
    price: ¥10.00
    lasts: 1 day
    gives: [{benefit: club}]
    limits: [{id: crowd, max: 64, per: all_together, in_each: day, hot: true}]
  own: {name: Own, sell: {quantity: 1..500}, price: ¥10.00, lasts: 1 day, gives: [{benefit: club}]}
promotions:
  gift: {step: campaign, products: [own], code: GIFT, minus: ¥4.00, budget: {max: ¥10.00, hot: true}}
"""


@cache
def release(*changes: tuple[str, str]) -> Release:
    rules = RULES
    for old, new in changes:
        assert old in rules
        rules = rules.replace(old, new)
    found = compiled(book=rules).release
    assert found is not None
    return found


COLD = release((", hot: true", ""))
LOWER = release(("max: 100", "max: 40"))
HIGHER = release(("max: 100", "max: 300"))


def place_with(book: Release, url: str = "memory:") -> World:
    return world(url, release=book)


def bought(place: World, who: Who, what: str | Line, key: str, *said: str) -> Done[OrderView] | Outcome:
    return place.shop.buy(who, what, codes=said, key=key, paid=ON_ACCOUNT)


def in_rows(place: World) -> tuple[int, int]:
    """What the own row of the limit of `p` says is used, and what lies in its parts."""
    of = of_count(("all", "limit:p:crowd", ""))
    own, divided = place.store.fetch(rows_of(of))
    return own.used, sum(each.free for each in divided)


def all_had(place: World, left: int, key: str) -> None:
    """So much is left, and had by who wants it, and then nothing is."""
    assert codes(bought(place, BOB, Line("p", left + 1), f"{key}-more")) == ["crowd"]
    done(bought(place, BOB, Line("p", left), f"{key}-all"))
    assert codes(place.shop.quote(ANN, "p")) == ["crowd"]
    assert place.shop.reconcile().breaks == ()


@pytest.mark.parametrize(("later", "left"), [(COLD, 90), (LOWER, 30), (HIGHER, 290)], ids=["cold", "lower", "higher"])
def test_a_later_release_finds_what_is_left(later: Release, left: int) -> None:
    place = place_with(release())
    done(bought(place, ANN, Line("p", 10), "k"))
    assert in_rows(place)[1] >= 80
    place.shop.publish(later, by="ops")
    all_had(place, left, "later")


def test_a_limit_that_becomes_hot_is_divided_by_who_uses_it() -> None:
    place = place_with(COLD)
    done(bought(place, ANN, Line("p", 10), "k"))
    assert in_rows(place) == (10, 0)
    place.shop.publish(release(), by="ops")
    done(bought(place, ANN, "p", "k2"))
    assert in_rows(place)[1] >= 60
    all_had(place, 89, "hot")


def test_what_was_kept_and_given_back_is_had_again() -> None:
    place = place_with(release())
    kept = done(place.shop.hold(ANN, Line("p", 60), key="h"))
    order = done(bought(place, ANN, Line("p", 40), "k"))
    assert codes(place.shop.quote(BOB, "p")) == ["crowd"]
    done(place.shop.void(kept, key="v"))
    done(place.shop.refund(order, lines={"p": 5}, key="r"))
    assert in_rows(place) == (100, 65)  # into parts, so that those who give back do not wait for one row either
    all_had(place, 65, "back")


def test_a_hold_that_lapses_makes_room_for_who_uses_all_of_it() -> None:
    place = place_with(release())
    for n in range(10):
        done(place.shop.hold(ANN, Line("p", 10), key=f"h{n}"))
    place.clock.now += 2 * 3_600_000_000
    all_had(place, 100, "lapsed")


def test_a_hold_that_lapses_makes_room_in_the_own_row_too() -> None:
    place = place_with(release(("max: 100", "max: 20")))  # too few for all parts
    done(place.shop.hold(ANN, Line("p", 15), key="h"))
    place.clock.now += 2 * 3_600_000_000
    all_had(place, 20, "lapsed")


def test_a_payment_that_comes_late_uses_what_is_left() -> None:
    place = place_with(release())
    kept = done(place.shop.hold(ANN, Line("p", 50), key="h"))
    done(bought(place, BOB, Line("p", 20), "k"))
    place.clock.now += 2 * 3_600_000_000
    place.shop.tick()
    done(place.shop.confirm(kept, paid=ON_ACCOUNT, key="late"))
    all_had(place, 30, "rest")


def test_a_payment_that_is_honoured_goes_beyond_and_nothing_of_that_is_divided() -> None:
    place = place_with(release(("lifetime, hot", "lifetime, honour: quoted, hot")))
    kept = done(place.shop.hold(ANN, Line("p", 50), key="h"))
    place.clock.now += 2 * 3_600_000_000
    done(bought(place, BOB, Line("p", 100), "k"))
    done(place.shop.confirm(kept, paid=ON_ACCOUNT, key="late"))
    assert in_rows(place) == (150, 0)
    assert codes(place.shop.quote(BOB, "p")) == ["crowd"]
    assert place.shop.reconcile().breaks == ()


def test_each_day_is_divided_anew() -> None:
    place = place_with(release())
    for day in range(3):
        done(bought(place, ANN, Line("daily", 30), f"a{day}"))
        done(bought(place, BOB, Line("daily", 34), f"b{day}"))
        assert codes(place.shop.quote(BOB, "daily")) == ["crowd"]
        place.travel(days=1)
    (counts,) = place.store.fetch((Find(Count, (("counter", "=", "limit:daily:crowd"),)),))
    assert [row.used for row in counts] == [64] * 3
    assert place.shop.reconcile().breaks == ()


def test_a_budget_is_spent_on_all_that_fits_and_never_beyond() -> None:
    place = place_with(release())
    assert [done(bought(place, ANN, "own", f"k{n}", "GIFT")).total.minor for n in range(3)] == [600, 600, 1000]
    assert place.shop.reconcile().breaks == ()


@pytest.mark.parametrize("effect", [of_count(KEY).move(OWN, 3), of_count(KEY).move(5, 2), of_count(KEY).move(5, -1)])
def test_the_rows_of_a_hot_limit_are_rebuilt(effect: Add) -> None:
    place = place_with(release())
    done(bought(place, ANN, Line("p", 10), "k"))
    assert place.store.apply((effect,)) is None
    assert [each.code for each in place.shop.reconcile().breaks] == ["counter"]
    assert len(list(place.shop.rebuild(apply=True))) == 1
    assert place.shop.reconcile().breaks == ()
    all_had(place, 90, "rebuilt")


# ---- a crowd


def come(place: World, n: int) -> int:
    """One buyer, or one who holds and lets go: how many units were bought."""
    who = Who(f"u-{n}")
    if n % 5 == 0:
        kept = patiently(lambda: place.shop.hold(who, Line("p", 7), key=f"h-{n}"))
        if isinstance(kept, Done):
            done(patiently(lambda: place.shop.void(kept.value, key=f"v-{n}")))
            return 0
        assert codes(kept) == ["crowd"]
        return 0
    outcome = patiently(lambda: bought(place, who, Line("p", 3), f"k-{n}"))
    if isinstance(outcome, Done):
        return 3
    assert codes(outcome) == ["crowd"]
    return 0


def come_all(url: str, first: int, answers: "multiprocessing.SimpleQueue[int]") -> None:
    """One process of buyers."""
    place = place_with(release(), url)
    with ThreadPoolExecutor(4) as crowd:
        answers.put(sum(crowd.map(partial(come, place), range(first, first + BUYERS))))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_crowd_of_processes_has_all_of_it(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url = address(kind, request, tmp_path)
    place = place_with(release(), url)
    spawn = multiprocessing.get_context("spawn")
    answers = spawn.SimpleQueue()
    processes = [spawn.Process(target=come_all, args=(url, n * BUYERS, answers)) for n in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(WAIT_SECONDS)
        assert process.exitcode == 0
    left = 100 - sum(answers.get() for _ in processes)
    assert left >= 0
    if left:  # what a hold kept at the time was missing to others, and is had by who comes now
        all_had(place, left, "rest")
    assert place.shop.reconcile().breaks == ()


@pytest.mark.parametrize("kind", ["memory", "sqlite", "postgresql"])
def test_nobody_of_a_crowd_is_refused_while_any_is_left(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    place = place_with(release(), address(kind, request, tmp_path))

    def buy(n: int) -> str:
        outcome = patiently(lambda: bought(place, Who(f"u-{n}"), Line("p", 2), f"k-{n}"))
        return "sold" if isinstance(outcome, Done) else codes(outcome)[0]

    with ThreadPoolExecutor(12) as crowd:
        found = Counter(crowd.map(buy, range(60)))
    assert found == {"sold": 50, "crowd": 10}
    assert place.shop.reconcile().breaks == ()
