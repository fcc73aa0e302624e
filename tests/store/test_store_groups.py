"""Several plans at one go: each is done or not by itself; those of many threads become one transaction."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entitle.errors import InDoubtError, StoreError
from entitle.plan import Add, Get, Insert, Plan, Store
from entitle.records import Count, Published
from entitle.store.connections import connect
from entitle.store.groups import Groups, Take
from entitle.store.memory import MemoryStore
from entitle.store.sqlite import SqliteStore
from tests.store.rows import FAMILY, books, done
from tests.store.test_store_effects import Alarm, alarm_after
from tests.store.test_store_model import answer, emptied, plans

LARGE = "x" * 200_000
WAIT = 20


def take(least: int = 0, most: int = 10) -> Add:
    return Add(Count("pool", "stock", "", 0), "used", 1, least, most)


def published(name: str, body: str = "") -> Insert:
    return Insert(Published(name, "", body, 1, ""))


def test_one_that_fails_leaves_the_others(store: Store) -> None:
    stale, broken = take(most=1), Insert(Count("pool", "other", "", -1))
    told = store.apply_each([(take(),), (published("1"), stale), (published("2"), broken), (take(most=2),), (stale,)])
    assert [told[0], told[3]] == [None, None]
    assert (told[1], told[4]) == (stale, stale)
    assert isinstance(told[2], StoreError)
    assert store.fetch((Get(Count, ("pool", "stock", "")), Get(Published, ("1",)), Get(Published, ("2",)))) == (
        Count("pool", "stock", "", 2),
        None,
        None,
    )
    assert store.apply_each([]) == []


def test_the_number_that_is_out_of_bounds_is_named(store: Store) -> None:
    """Of one plan, and of several, each of which moves more than one number."""
    first, other = take(), Add(Count("pool", "other", "", 0), "used", 1)
    done(store, first, other)
    bad = take(most=1)
    assert store.apply((published("1"), other, bad, published("2"))) is bad
    assert store.apply_each([(other, first), (published("1"), other, bad)]) == [None, bad]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(several=st.lists(plans, max_size=6))
def test_at_one_go_is_one_after_the_other(path: Path, several: list[Plan]) -> None:
    memory, one_by_one = MemoryStore(), MemoryStore()
    done(memory, *FAMILY)
    done(one_by_one, *FAMILY)
    expected = [answer(one_by_one, plan) for plan in several]
    with emptied(path) as sqlite:
        done(sqlite, *FAMILY)
        for store in (memory, sqlite):
            told = store.apply_each(several)
            found = [
                "broken" if isinstance(each, StoreError) else None if each is None else places(plan, each)
                for plan, each in zip(several, told, strict=True)
            ]
            assert [place[0] if isinstance(place, list) else place for place in found] == expected
            assert books(store) == books(one_by_one)


def places(plan: Plan, failed: object) -> list[int]:
    return [place for place, effect in enumerate(plan) if effect is failed]


def test_a_plan_that_does_not_fit_on_the_disk_is_told_alone(path: Path) -> None:
    with closing(connect(path, 1, {})) as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    store = SqliteStore(path, pragmas={"max_page_count": pages + 20})
    told = store.apply_each([(take(),), (published("1", LARGE),), (take(),)])
    store.close()
    assert [told[0], told[2]] == [None, None]
    assert "the disk is full" in str(told[1])


def test_plans_of_many_threads_share_a_transaction(path: Path) -> None:
    """While one writer is in, ten wait; whoever looks on sees their plans come all at once."""
    store, other = SqliteStore(path), SqliteStore(path)
    with ThreadPoolExecutor(10) as crowd:
        with other.turns:
            waiting = [crowd.submit(store.apply, (take(),)) for _ in range(10)]
            until(lambda: len(store._groups._waiting) == 10)
        with closing(connect(path, 1, {})) as looker:
            seen = set()
            while not all(each.done() for each in waiting):
                seen.add(looker.execute("SELECT sum(used) FROM entitle_counts").fetchone()[0])
        assert [each.result(WAIT) for each in waiting] == [None] * 10
    assert seen <= {None, 10}
    store.close()
    other.close()


def until(is_so: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(WAIT * 1000):
        if is_so():
            return
        pause.wait(0.001)
    raise AssertionError("it never came to be so")


class Desk:
    """Does what is brought when it is let; notes the groups."""

    def __init__(self, problem: BaseException | None = None) -> None:
        self.may = threading.Event()
        self.problem = problem
        self.groups: list[list[int]] = []

    def do(self, take: Take[int]) -> list[int]:
        group = take()
        self.groups.append(group)
        if group == [0]:
            assert self.may.wait(WAIT)
            return [0]
        if self.problem is not None:
            raise self.problem
        return [piece * 10 for piece in group]


def brought(desk: Desk, lots: list[list[int]], timeout: float = WAIT) -> list[object]:
    """What each thread was told: the first is at work while the others come, one after the other."""
    groups: Groups[int, int] = Groups(desk.do, timeout)

    def bring(lot: list[int]) -> object:
        try:
            return groups.bring(lot)
        except BaseException as problem:  # what a thread is told
            return problem

    with ThreadPoolExecutor(len(lots)) as crowd:
        told = []
        for n, lot in enumerate(lots):
            told.append(crowd.submit(bring, lot))
            until(lambda n=n: len(desk.groups) == 1 and len(groups._waiting) == n)  # type: ignore[misc]  # a default
        desk.may.set()
        return [each.result(WAIT) for each in told]


def test_who_comes_meanwhile_is_one_group() -> None:
    desk = Desk()
    assert brought(desk, [[0], [1, 2], [3], [4, 5]]) == [[0], [10, 20], [30], [40, 50]]
    assert desk.groups == [[0], [1, 2, 3, 4, 5]]


def test_a_lot_stays_together_and_a_group_has_an_end() -> None:
    desk = Desk()
    lots = [[0], [1] * 150, [2] * 50, [3] * 300, [4]]
    assert brought(desk, lots) == [[0], *([lot[0] * 10] * len(lot) for lot in lots[1:])]
    assert [len(group) for group in desk.groups] == [1, 200, 300, 1]


def test_all_of_a_group_are_told_what_went_wrong() -> None:
    told = brought(Desk(StoreError("no room")), [[0], [1], [2]])
    assert [str(each) for each in told[1:]] == ["no room"] * 2
    assert told[1] is not told[2]


def test_who_waits_for_a_thread_that_was_stopped_is_in_doubt() -> None:
    first, stopped, waited = brought(Desk(KeyboardInterrupt()), [[0], [1], [2]])
    assert (first, type(stopped), type(waited)) == ([0], KeyboardInterrupt, InDoubtError)


def test_who_waits_too_long_is_told_and_nothing_is_done() -> None:
    desk = Desk()
    groups: Groups[int, int] = Groups(desk.do, 0.05)
    with ThreadPoolExecutor(2) as crowd:
        first = crowd.submit(groups.bring, [0])
        until(lambda: len(desk.groups) == 1)
        second = crowd.submit(groups.bring, [1])
        with pytest.raises(StoreError, match=r"^the store is too busy: .* nothing was done$"):
            second.result(WAIT)
        desk.may.set()
        assert first.result(WAIT) == [0]
    assert groups.bring([3]) == [30]
    assert desk.groups == [[0], [3]]


def test_a_thread_that_is_stopped_while_it_waits_is_not_waited_for() -> None:
    desk = Desk()
    groups: Groups[int, int] = Groups(desk.do, WAIT)
    with ThreadPoolExecutor(1) as crowd:
        first = crowd.submit(groups.bring, [0])
        until(lambda: len(desk.groups) == 1)
        with pytest.raises(Alarm), alarm_after(milliseconds=50):
            groups.bring([1])
        desk.may.set()
        assert first.result(WAIT) == [0]
    assert groups.bring([2]) == [20]
    assert desk.groups == [[0], [2]]
