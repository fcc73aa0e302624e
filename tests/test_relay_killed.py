"""Relays that are killed after an event arrived and before that is noted: nothing is lost, nothing overtakes."""

import base64
import json
import multiprocessing
import os
import signal
import time
from collections import Counter
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Lock

import entitle
from entitle import Who
from entitle.ext.webhook import Webhook
from entitle.keys import NO_KEYS
from entitle.plan import Find, Store
from entitle.relay_records import Delivery
from tests.receiving import Posted, Reply, inbox
from tests.relaying import BOOK, TO, told
from tests.shops import buy, world

SPAWN = multiprocessing.get_context("spawn")
RELAYS, KILLS, CUSTOMERS = 3, 3, 10
SECRET = base64.b64encode(b"k" * 32).decode()
PATIENCE_SECONDS = 100


def send(store: str, url: str) -> None:
    """A relay that runs until it is killed; its events say which process sent them."""
    with entitle.open(store, keys=NO_KEYS) as shop:
        post = Webhook(url, [SECRET], source=f"/process/{os.getpid()}")
        while True:
            shop.relay(post, to=TO, limit=10, hold=timedelta(seconds=1))
            time.sleep(0.02)


class Killer:
    """Takes every event, and kills who sent it before the answer, now and then."""

    def __init__(self) -> None:
        self.came: list[tuple[str, int, str]] = []  # customer, number, id
        self.killed: list[str] = []  # ids of the events
        self._lock = Lock()

    def __call__(self, posted: Posted) -> Reply:
        event = json.loads(posted.body)
        with self._lock:
            self.came.append((event["subject"], int(event["sequence"]), event["id"]))
            if len(self.came) % 10 == 0 and len(self.killed) < KILLS:
                self.killed.append(event["id"])
                os.kill(int(event["source"].rpartition("/")[2]), signal.SIGKILL)
        return 204, {}


def test_nothing_is_lost_and_nothing_overtakes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    place = world(url, release=BOOK)
    for n in range(2 * CUSTOMERS):
        buy(place.shop, Who(f"u-{n % CUSTOMERS}", channel="app"), "p", f"k-{n}")
    expected = {(each.customer, each.number, each.id) for each in told(place)}
    killer = Killer()
    with inbox() as box:
        box.says = killer
        relays = [_started(url, box.url) for _ in range(RELAYS)]
        try:
            until = time.monotonic() + PATIENCE_SECONDS
            while set(killer.came) != expected or len(killer.killed) < KILLS or _waiting(place.store):
                assert time.monotonic() < until, f"{len(set(killer.came))} of {len(expected)} arrived"
                relays = [each if each.is_alive() else _started(url, box.url) for each in relays]
                time.sleep(0.05)
        finally:
            for each in relays:
                each.kill()
                each.join(10)
    times = Counter(id_ for _, _, id_ in killer.came)
    assert all(times[id_] > 1 for id_ in killer.killed)
    assert set(killer.came) == expected
    for n in range(CUSTOMERS):
        firsts = list(dict.fromkeys(number for customer, number, _ in killer.came if customer == f"u-{n}"))
        assert firsts == [1, 2, 3, 4, 5, 6]
    assert place.shop.dead_letters(TO) == ()
    assert place.shop.reconcile().ok


def _started(store: str, url: str) -> BaseProcess:
    process = SPAWN.Process(target=send, args=(store, url), daemon=True)
    process.start()
    return process


def _waiting(store: Store) -> bool:
    (queues,) = store.fetch((Find(Delivery, (("next_at", "set", None),), (), 1),))
    return bool(queues)
