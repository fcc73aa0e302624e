"""Eight processes on one store, the same keys and different ones, some killed: nothing lost, nothing doubled."""

import multiprocessing
import os
import signal
import sqlite3
import time
from collections import Counter
from pathlib import Path

import pytest

from entitle import Done, Payment, Who
from entitle.shop.facade import Shop
from tests.shops import shanghai, world

SPAWN = multiprocessing.get_context("spawn")
PROCESSES, CUSTOMERS = 8, 12
START = "2026-12-24 20:00"
LATER = "2027-02-28 20:00"


def sell(url: str, seed: int, log: str) -> None:
    """Buy for every customer under two keys: one that all processes share, one of its own."""
    shop = world(url, START).shop
    with Path(log).open("a", encoding="utf-8") as acknowledged:
        for i in range(CUSTOMERS):
            customer = f"u-{(i + seed) % CUSTOMERS}"
            for key in (f"shared-{customer}", f"own-{customer}-{seed}"):
                outcome = shop.buy(Who(customer, channel="app"), "starlight-monthly", key=key)
                if isinstance(outcome, Done):
                    acknowledged.write(f"{customer} {outcome.value.id}\n")
                    acknowledged.flush()


def work(url: str) -> None:
    """Charge and tick everything that is due, as every other worker does."""
    shop: Shop = world(url, LATER).shop
    while True:
        charges = shop.charges(limit=5)
        for charge in charges:
            shop.settle(charge, Payment(charge.amount, f"ref-{charge.attempt_key}"))
        if not charges and not shop.tick(limit=7):
            break


def run_all(target: object, arguments: list[tuple[object, ...]], killed: int = 0) -> None:
    """Run the processes; the first few are killed in the middle of it and begin again."""
    processes = [SPAWN.Process(target=target, args=args) for args in arguments]  # type: ignore[arg-type]  # a function
    for process in processes:
        process.start()
    if killed:
        time.sleep(1.5)
    for process in processes[:killed]:
        if process.pid is not None and process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
    again = [SPAWN.Process(target=target, args=args) for args in arguments[:killed]]  # type: ignore[arg-type]
    for process in again:
        process.start()
    for process in [*processes[killed:], *again]:
        process.join(120)
        assert process.exitcode == 0
    for process in processes[:killed]:
        process.join(10)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_one_order_a_key_and_one_trial_a_customer(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    place = world(url, START)
    logs = [str(tmp_path / f"log-{i}") for i in range(PROCESSES)]
    run_all(sell, [(url, i, logs[i]) for i in range(PROCESSES)], killed=3)
    acknowledged = {line for log in logs for line in Path(log).read_text(encoding="utf-8").splitlines()}
    orders: Counter[str] = Counter(line.split()[0] for line in acknowledged)
    assert orders == {f"u-{i}": 1 for i in range(CUSTOMERS)}  # one running membership each, whoever asked first
    for line in acknowledged:
        customer, order = line.split()
        (subscription,) = place.shop.wallet(customer).subscriptions
        assert subscription.order == order
        first = place.shop.explain(order).lines[0].prices[0]
        assert (first.phase, first.amount.minor) == ("trial", 0)
    assert place.shop.reconcile().ok

    place.clock.now = shanghai(LATER)
    run_all(work, [(url,) for _ in range(PROCESSES)], killed=2)
    place.clock.now += 15 * 60 * 1_000_000  # the leases of the killed ones have run out
    place.work(lambda charge: Payment(charge.amount, f"ref-{charge.attempt_key}"))
    for i in range(CUSTOMERS):
        wallet = place.shop.wallet(f"u-{i}")
        assert [each.paid_periods for each in wallet.subscriptions] == [4]
        assert len({(grant.item, grant.granted_at) for grant in wallet.grants}) == len(wallet.grants)
        paid = [p.amount for e in place.shop.history(f"u-{i}") for p in e.postings if p.account.startswith("sales:")]
        assert paid == [990, 2500, 2500]
    assert place.shop.reconcile().ok
    place.shop.close()
    if kind == "sqlite":
        connection = sqlite3.connect(tmp_path / "shop.db")
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()
