"""Many threads and processes on one store, some of them killed: never too much, never half, nothing lost."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from time import sleep
from typing import Any

import pytest

from entitle.plan import Add, Find, Get, Store, Tally, Where
from entitle.records import Count, Entry, Event, Key, Posting, Use
from entitle.store.address import sqlite_path
from entitle.store.connections import connect
from entitle.store.opening import open_store
from tests.store.crowd import STOCK, claim, cross, look_back, step_on, take
from tests.store.rows import done

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.store.crowd"])
WAIT_SECONDS = 120
Crowd = list[tuple[BaseProcess, Connection]]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{request.getfixturevalue('path')}"


def started(url: str, act: Callable[..., None], each: list[tuple[Any, ...]]) -> Crowd:
    """A process for each, all of them at the same line."""
    start = CONTEXT.Barrier(len(each) + 1)
    crowd: Crowd = []
    for arguments in each:
        told, tell = CONTEXT.Pipe(duplex=False)
        process = CONTEXT.Process(target=act, args=(url, start, tell, *arguments))
        process.start()
        tell.close()
        crowd.append((process, told))
    start.wait(WAIT_SECONDS)
    return crowd


def answers(crowd: Crowd) -> list[Any]:
    found = []
    for process, told in crowd:
        assert told.poll(WAIT_SECONDS), "a process of the crowd told nothing"
        found.append(told.recv())
        told.close()
        process.join(WAIT_SECONDS)
        assert process.exitcode == 0
    return found


def test_no_more_is_taken_than_there_is(url: str) -> None:
    """Four processes of four threads try 160 times for 100."""
    got = answers(started(url, take, [(4, 10, 100)] * 4))
    store = open_store(url)
    assert sum(got) == 100
    assert store.fetch((Get(Count, ("pool", "stock", "")),)) == (Count("pool", "stock", "", 100),)
    store.close()


def test_plans_that_cross_are_all_done(url: str) -> None:
    """Each moves the same counters in another order: none waits for ever, none is lost."""
    assert answers(started(url, cross, [(who, 25) for who in range(4)])) == [25] * 4
    store = open_store(url)
    assert store.fetch((Tally(Count, (), "sum", "used"),)) == (600,)
    store.close()


def test_a_limit_that_looks_back_holds(url: str) -> None:
    got = answers(started(url, look_back, [(who, 15, 20) for who in range(4)]))
    store = open_store(url)
    assert store.fetch((Tally(Use, (), "sum", "units"),)) == (sum(got),)
    assert 1 <= sum(got) <= 20
    store.close()


def test_a_key_is_won_once(url: str) -> None:
    won = answers(started(url, claim, [(who, 30) for who in range(8)]))
    assert sorted(key for keys in won for key in keys) == list(range(30))
    store = open_store(url)
    winners = {int(row.key): int(row.case) for row in store.fetch((Find(Key, ()),))[0]}
    store.close()
    assert winners == {key: who for who, keys in enumerate(won) for key in keys}


def told_by(told: Connection) -> list[int]:
    """What a process told until its end."""
    found = []
    try:
        while True:
            found.append(told.recv())
    except EOFError:
        told.close()
    return found


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_process_leaves_no_half_plan_and_loses_none(url: str, seed: int) -> None:
    random = Random(seed)
    crowd = started(url, step_on, [(f"{seed}-{n}",) for n in range(3)])
    acknowledged = {}
    for n, (process, told) in enumerate(crowd):
        sleep(random.uniform(0.01, 0.1))
        process.kill()
        process.join(WAIT_SECONDS)
        acknowledged[f"{seed}-{n}"] = told_by(told)
    assert any(acknowledged.values())
    if url.startswith("sqlite"):
        with closing(connect(sqlite_path(url), 5, {})) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert connection.execute("PRAGMA foreign_key_check").fetchone() is None
    store = open_store(url)
    for stream, steps in acknowledged.items():
        assert done_by(store, stream) in (len(steps), len(steps) + 1)  # the last may be done and not told
    steps_done = sum(done_by(store, stream) for stream in acknowledged)
    assert store.fetch((Get(Count, ("pool", "stock", "")),))[0].used == steps_done
    positions = store.fetch((Find(Event, (), ("position",)),))[0]
    assert [event.position for event in positions] == list(range(1, steps_done + 1))
    done(store, Add(STOCK, "used", 1))
    store.close()


def done_by(store: Store, stream: str) -> int:
    """How many steps are in the books; every table says the same."""
    mine: tuple[Where, ...] = (("stream", "=", stream),)
    keys, entries, events, postings, balance = store.fetch(
        (
            Tally(Key, mine),
            Tally(Entry, mine),
            Tally(Event, mine),
            Tally(Posting, mine),
            Tally(Posting, mine, "sum", "amount"),
        )
    )
    assert keys == entries == events == postings / 2
    assert balance == 0
    return int(keys)


FORK = """
import os, sys, threading, time
from pathlib import Path
from entitle.errors import StoreError
from entitle.plan import Add, Get, Tally
from entitle.records import Count
from entitle.store.connections import Connections
from entitle.store.sqlite import SqliteStore

store = SqliteStore(Path(sys.argv[1]), timeout=5)
take = (Add(Count("pool", "stock", "", 0), "used", 1),)
assert store.apply(take) is None

def meet(mine, other):
    os.write(mine, b".")
    os.read(other, 1)
"""
FORKED_WORKER = """
a, b = os.pipe(), os.pipe()
if (child := os.fork()) == 0:
    assert store.apply(take) is None
    meet(a[1], b[0])  # the parent closes its store here
    assert store.apply(take) is None
    os._exit(0)
os.read(a[0], 1)
store.close()
os.write(b[1], b".")
assert os.waitpid(child, 0)[1] == 0
again = SqliteStore(Path(sys.argv[1]))
print(again.fetch((Get(Count, ("pool", "stock", "")),))[0].used)
"""
FORK_UNDER_LOAD = """
def load():
    for _ in range(300):
        assert store.apply(take) is None

busy = threading.Thread(target=load)
busy.start()
children = []
for _ in range(5):
    if (child := os.fork()) == 0:
        for _ in range(20):
            assert store.apply(take) is None
        os._exit(0)
    children.append(child)
busy.join()
assert all(os.waitpid(child, 0)[1] == 0 for child in children)
print(store.fetch((Get(Count, ("pool", "stock", "")),))[0].used)
"""
HIDDEN_FORK = """
import ctypes
if (child := ctypes.PyDLL(None).fork()) == 0:
    try:
        store.fetch((Tally(Count, ()),))
    except StoreError as refused:
        print(refused, flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""

FORK_IN_A_TURN = """
with store.turns:
    if (child := os.fork()) == 0:
        with store.turns:
            print("child", flush=True)
        os._exit(0)
    time.sleep(0.2)
    print("parent, ", end="", flush=True)
os.waitpid(child, 0)
"""

FORK_WHILE_LENT = """
connections = Connections(Path(sys.argv[1]), 1, {})
lent = connections.lend()

def use():
    time.sleep(0.2)
    print("given back, ", end="", flush=True)
    connections.give_back(lent)

threading.Thread(target=use).start()
if (child := os.fork()) == 0:
    print("child", flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (FORK_WHILE_LENT, "given back, child"),
        (FORK_IN_A_TURN, "parent, child"),
        (FORKED_WORKER, "3"),
        (FORK_UNDER_LOAD, "401"),
        (HIDDEN_FORK, "the store was opened before a fork that Python does not know of: open it in the worker"),
    ],
    ids=["while lent", "in a turn", "worker", "under load", "hidden"],
)
def test_a_fork(path: Path, program: str, said: str) -> None:
    """A store may be opened before the workers are forked; where it cannot know of the fork, it refuses."""
    quiet = (
        "-W",
        "ignore::DeprecationWarning",
    )  # newer Pythons warn of forks beside threads, which is what is tried here
    command = [sys.executable, *quiet, "-c", FORK + program, str(path)]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (shown.stdout, shown.stderr) == (f"{said}\n", "")
