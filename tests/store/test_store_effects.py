"""Reads, guards and plans: every store does the same."""

import gc
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from entitle.identity import KEYS, PASSING
from entitle.plan import Add, Delete, Effect, Expect, Find, Get, Insert, Store, Tally, Update, Where, Within
from entitle.records import Count, Customer, Event, Grant, Job, Key, Published, Record, Use
from entitle.secret_records import FailedTries
from entitle.store.constraints import REFERENCES
from entitle.store.memory import MemoryStore
from entitle.store.upgrade_postgres import LEDGER
from tests.store.conftest import OWN
from tests.store.rows import FAMILY, GRANT, ROWS, books, done


def count(used: int) -> Count:
    return Count("pool", "stock", "", used)


def jobs(store: Store, *dues: int | None) -> None:
    done(store, *(Insert(Job("u", f"{n}", "expire", 1, due)) for n, due in enumerate(dues)))


@pytest.mark.parametrize("store", [*OWN, "joined_sqlite"], indirect=True)  # elsewhere an event is numbered later
def test_every_record_comes_back_as_it_went_in(store: Store) -> None:
    done(store, *FAMILY)
    assert books(store) == {table: [ROWS[table]] for table in KEYS}
    for table, row in ROWS.items():
        key = tuple(getattr(row, column) for column in KEYS[table])
        other = tuple(77 if isinstance(each, int) else "none" for each in key)
        assert store.fetch((Get(table, key), Get(table, other))) == (row, None)


def test_memory_dumps_its_books() -> None:
    store = MemoryStore()
    done(store, *FAMILY)
    assert store.dump() == books(store) == {table: [ROWS[table]] for table in KEYS}


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: type(row).__name__)
def test_a_key_is_there_once(store: Store, row: Record) -> None:
    done(store, *FAMILY)
    before = books(store)
    assert store.apply((again := Insert(row),)) is again
    assert books(store) == before


@pytest.mark.parametrize(
    "row",
    [
        Key("other", "buy", "k", "intent", "o", 5),
        replace(GRANT, id="g2", code_index=None),
        replace(GRANT, id="g2", n=2),
        Event("other", 1, "e", "order.placed", 5, "{}"),
    ],
    ids=["key of a verb", "issue", "code", "event"],
)
def test_what_is_unique_stands_once(store: Store, row: Record) -> None:
    done(store, *FAMILY)
    assert store.apply((again := Insert(row),)) is again


def test_nothing_is_no_duplicate_of_nothing(store: Store) -> None:
    done(store, *FAMILY)
    done(store, *(Insert(replace(GRANT, id=f"g{n}", n=n, code_index=None)) for n in (2, 3)))
    assert store.fetch((Tally(Grant, ()),)) == (3,)


def test_what_is_given_up_can_be_taken(store: Store) -> None:
    done(store, *FAMILY, Update(Grant, ("u", "g"), {"code_index": None}))
    done(store, Insert(replace(GRANT, id="g2", n=2)))


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (("due_at", "=", 5), "1"),
        (("due_at", "=", None), "0"),
        (("due_at", "!=", 5), "0 2 3"),
        (("due_at", "!=", None), "1 2 3"),
        (("due_at", "<", 7), "1"),
        (("due_at", "<=", 7), "1 2"),
        (("due_at", ">", 7), "3"),
        (("due_at", ">=", 7), "2 3"),
        (("due_at", "in", (5, 9)), "1 3"),
        (("due_at", "in", ()), ""),
        (("due_at", "set", None), "1 2 3"),
        (("due_at", "open_at", 7), "0 3"),
        (("subject", "!=", "2"), "0 1 3"),
        (("stream", "=", "nobody"), ""),
    ],
)
def test_a_test_of_a_read(store: Store, where: Where, found: str) -> None:
    jobs(store, None, 5, 7, 9)
    assert [job.subject for job in store.fetch((Find(Job, (where,)),))[0]] == found.split()


def test_all_tests_of_a_read_hold(store: Store) -> None:
    jobs(store, None, 5, 7, 9)
    where: tuple[Where, ...] = (("stream", "=", "u"), ("due_at", ">", 5), ("subject", "<", "3"))
    assert [job.due_at for job in store.fetch((Find(Job, where),))[0]] == [7]


@pytest.mark.parametrize(
    ("order", "limit", "found"),
    [
        ((), None, "0 1 2 3"),
        (("due_at",), None, "3 1 2 0"),
        (("-due_at",), None, "0 1 2 3"),
        (("-due_at", "-subject"), None, "0 2 1 3"),
        (("due_at",), 2, "3 1"),
        ((), 0, ""),
    ],
)
def test_rows_are_ordered(store: Store, order: tuple[str, ...], limit: int | None, found: str) -> None:
    """By the columns asked for, empty first, and then by key."""
    jobs(store, 9, 5, 5, None)
    assert [job.subject for job in store.fetch((Find(Job, (), order, limit),))[0]] == found.split()


@pytest.mark.parametrize("limit", [-1, 1.5, "1", 10**30])
def test_a_limit_that_cannot_be_is_no_limit(limit: Any) -> None:
    """To one database -1 is none at all, to another an error."""
    with pytest.raises(ValueError, match="a limit is a whole number from 0"):
        Find(Job, (), (), limit)


def test_texts_are_ordered_by_code_point(store: Store) -> None:
    names = ["Z", "a", "é", "中", "😀"]
    done(store, *(Insert(Published(name, "", "", 1, "")) for name in reversed(names)))
    assert [row.hash for row in store.fetch((Find(Published, ()),))[0]] == names


@pytest.mark.parametrize(
    ("how", "column", "number", "of_none"),
    [("count", "", 4, 0), ("distinct", "due_at", 2, 0), ("sum", "due_at", 19, 0), ("min", "due_at", 5, None)],
)
def test_a_tally(store: Store, how: Any, column: str, number: int, of_none: int | None) -> None:
    jobs(store, None, 5, 7, 7)
    nobody: Where = ("stream", "=", "nobody")
    assert store.fetch((Tally(Job, (), how, column), Tally(Job, (nobody,), how, column))) == (number, of_none)


@pytest.mark.parametrize(
    ("effect", "used"),
    [
        (Add(count(0), "used", 2, most=5), 5),
        (Add(count(0), "used", -3), 0),
        (Update(Count, ("pool", "stock", ""), {"used": 4}, {"used": 3}), 4),
        (Update(Count, ("pool", "stock", ""), {"used": 4}), 4),
        (Expect(Count, ("pool", "stock", ""), {"used": 3}), 3),
        (Within(Tally(Count, (), "sum", "used"), 2, 5), 3),
        (Within(Tally(Count, (("subject", "=", "nobody"),), "min", "used"), 2, 2), 3),
    ],
)
def test_a_guard_that_holds(store: Store, effect: Effect, used: int) -> None:
    done(store, Insert(count(3)), effect)
    assert store.fetch((Get(Count, ("pool", "stock", "")),)) == (count(used),)


@pytest.mark.parametrize(
    "effect",
    [
        Add(count(0), "used", 3, most=5),
        Add(count(0), "used", -4),
        Add(Count("pool", "other", "", 0), "used", 6, most=5),
        Add(Count("pool", "other", "", 0), "used", -1),
        Update(Count, ("pool", "stock", ""), {"used": 4}, {"used": 2}),
        Update(Count, ("pool", "other", ""), {"used": 4}),
        Expect(Count, ("pool", "stock", ""), {"used": 2}),
        Expect(Count, ("pool", "other", ""), {}),
        Within(Tally(Count, (), "sum", "used"), 3, 5),
    ],
)
def test_a_guard_that_fails(store: Store, effect: Effect) -> None:
    """Nothing of the plan is left, and the effect is named."""
    done(store, Insert(count(3)))
    before = books(store)
    plan = (Insert(Event("u", 1, "e", "", 1, "")), Add(count(0), "used", 0), effect, Add(count(0), "used", -9))
    assert store.apply(plan) is effect
    assert books(store) == before


def test_emptiness_is_a_value_to_expect(store: Store) -> None:
    done(store, Insert(Use("u", "o", 1, "first", "", 1, 5)))
    end = Update(Use, ("u", "o", 1, "first"), {"until": 7}, {"until": None})
    done(store, end)
    assert store.apply((end,)) is end
    done(store, Update(Use, ("u", "o", 1, "first"), {"until": None}, {"until": 7}), end)


def test_an_effect_sees_those_before_it(store: Store) -> None:
    steps = [Add(count(0), "used", 1, most=2) for _ in range(3)]
    done(store, Insert(Customer("u", 0, "", 0, 0)), Update(Customer, ("u",), {"seq": 1}), *steps[:2])
    assert store.fetch((Get(Customer, ("u",)), Get(Count, ("pool", "stock", "")))) == (
        Customer("u", 1, "", 0, 0),
        count(2),
    )
    assert store.apply((steps[2],)) is steps[2]


def test_an_empty_plan_is_carried_out(store: Store) -> None:
    done(store)
    assert store.fetch(()) == ()


def test_the_key_of_a_row_never_changes(store: Store) -> None:
    done(store, *FAMILY)
    with pytest.raises(AssertionError, match="key of a Count never changes"):
        store.apply((Update(Count, ("u", "first", ""), {"bucket": "x"}),))


@pytest.mark.parametrize("store", OWN, indirect=True)
def test_positions_follow_the_commits_of_all_streams(store: Store) -> None:
    """A plan that is not carried out takes none, and the row's own number does not count."""
    done(store, Insert(Event("a", 1, "a1", "", 1, "", 77)), Insert(Event("b", 1, "b1", "", 2, "")))
    store.apply((Insert(Event("a", 2, "lost", "", 1, "")), Expect(Count, ("x", "y", "z"), {})))
    done(store, Insert(Event("a", 2, "a2", "", 3, "")))
    found = store.fetch((Find(Event, (("position", ">", 0),), ("position",)),))[0]
    assert [(event.id, event.position) for event in found] == [("a1", 1), ("b1", 2), ("a2", 3)]


class Alarm(BaseException):
    """As a person who presses Ctrl-C."""


@contextmanager
def alarm_after(milliseconds: int) -> Iterator[None]:
    """Raised wherever the program is then; garbage collection would swallow it, so there is none."""

    def ring(number: int, frame: object) -> None:
        raise Alarm

    before = signal.signal(signal.SIGALRM, ring)
    gc.disable()
    signal.setitimer(signal.ITIMER_REAL, milliseconds / 1000)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        gc.enable()
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("store", OWN, indirect=True)
def test_an_interrupted_plan_leaves_nothing(store: Store) -> None:
    step = Add(count(0), "used", 1)
    slow = Within(Tally(Job, (), "distinct", "due_at"), 1, 5000)
    done(store, step)
    jobs(store, *range(2000))
    with pytest.raises(Alarm), alarm_after(milliseconds=200):
        store.apply((step, *[slow] * 20_000))
    done(store, step)
    assert store.fetch((Get(Count, ("pool", "stock", "")),)) == (count(2),)


TRIES = FailedTries("device:d", 5, 1)
GONE = Delete(FailedTries, ("device:d", 5))


def test_what_is_deleted_is_gone_and_can_come_again(store: Store) -> None:
    other = FailedTries("device:d", 6, 1)
    done(store, Insert(TRIES), Insert(other))
    done(store, GONE)
    assert store.fetch((Find(FailedTries, ()),)) == ([other],)
    done(store, Insert(TRIES), GONE, Insert(replace(TRIES, failed=2)))
    assert store.fetch((Find(FailedTries, (), ("since",)),)) == ([replace(TRIES, failed=2), other],)


def test_nothing_is_deleted_twice_nor_by_a_plan_that_does_not_hold(store: Store) -> None:
    assert store.apply((GONE,)) is GONE
    done(store, Insert(TRIES))
    assert store.apply((GONE, GONE)) == GONE
    assert store.apply((GONE, guard := Expect(Count, ("u", "c", ""), {}))) is guard
    assert store.fetch((Find(FailedTries, ()),)) == ([TRIES],)


def test_what_the_books_rest_on_is_never_deleted() -> None:
    for table in set(KEYS) - set(PASSING):
        with pytest.raises(AssertionError, match="kept for ever"):
            Delete(table, ())
    assert set(PASSING).isdisjoint(LEDGER)
    for table in PASSING:  # and no row names one that is
        assert all(each.table is not table for references in REFERENCES.values() for each in references)
