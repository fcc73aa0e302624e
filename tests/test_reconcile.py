"""Whatever is edited behind the shop's back is found: one statement of SQL, and the break that it must show."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

import entitle
from entitle import Who
from entitle.errors import StoreError
from entitle.keys import NO_KEYS
from entitle.shop.facade import Shop
from entitle.store.opening import open_store
from entitle.testing.world import Clock, World
from tests.shops import ANN, BOB, buy, done, sample, shanghai, world

MONTHLY, YEAR = "starlight-monthly", "starlight-year"
EDITS = [  # what is done to the rows -> the code of a break
    ("UPDATE entitle_entries SET why = 'because' WHERE seq = 1", "chain-broken"),
    ("UPDATE entitle_events SET body = replace(body, '990', '1') WHERE type = 'charge.paid'", "chain-broken"),
    ("UPDATE entitle_customers SET head = 'x'", "chain-head"),
    ("UPDATE entitle_postings SET amount = amount * 2 WHERE seq = 1 AND line = 0", "unbalanced"),
    ("UPDATE entitle_orders SET total = 1 WHERE total > 0", "order-total"),
    ("UPDATE entitle_order_units SET pay = pay + 1", "line-units"),
    ("UPDATE entitle_contracts SET paid = paid + 1", "periods-paid"),
    ("UPDATE entitle_contracts SET timeline = replace(timeline, '2500', '1')", "timeline"),
    ("UPDATE entitle_charges SET amount = 1 WHERE state = 'due' AND amount > 0", "charge-due"),
    ("UPDATE entitle_charges SET due_at = due_at + 1 WHERE state = 'due'", "charge-due"),
    ("UPDATE entitle_charges SET amount = 1 WHERE state = 'paid' AND amount > 0", "money"),
    ("DELETE FROM entitle_charges WHERE state = 'due'", "charge-lost"),
    ("DELETE FROM entitle_jobs WHERE kind = 'end'", "job-lost"),
    ("UPDATE entitle_jobs SET due_at = NULL WHERE kind = 'end'", "job-lost"),
    ("UPDATE entitle_jobs SET due_at = NULL WHERE kind LIKE 'issue:%'", "job-lost"),
    ("UPDATE entitle_grants SET state = 'revoked' WHERE kind = 'access'", "benefit-held"),
    ("UPDATE entitle_grants SET used = 0 WHERE used > 0", "benefit-held"),
    ("DELETE FROM entitle_redemptions", "benefit-used"),
    ("UPDATE entitle_counts SET used = used + 1", "counter"),
    ("DELETE FROM entitle_counts", "counter"),
    ("UPDATE entitle_uses SET units = units + 1 WHERE bucket != '-'", "counter"),
    ("UPDATE entitle_releases SET body = replace(body, '2500', '1')", "release"),
    ("UPDATE entitle_releases SET hash = 'x'", "contract"),
    ("UPDATE entitle_orders SET paid_ref = 'x' WHERE total > 0", "order"),
    ("UPDATE entitle_orders SET currency = 'USD'", "order"),
    ("UPDATE entitle_order_lines SET quantity = 2", "order"),
    ("UPDATE entitle_charges SET ref = '' WHERE amount > 0 AND state = 'paid'", "payment"),
    ("UPDATE entitle_contracts SET timeline = 'x'", "timeline"),
    ("UPDATE entitle_contracts SET quantity = 2", "contract"),
    ("UPDATE entitle_contracts SET product = 'x'", "contract"),
    ("UPDATE entitle_contracts SET anchor = anchor + 1", "contract"),
    ("UPDATE entitle_contracts SET period_end = period_end + 1", "period"),
    ("UPDATE entitle_contracts SET ends_at = ends_at + 1", "end"),
    ("UPDATE entitle_contracts SET cancelled_at = NULL", "end"),
    ("UPDATE entitle_contracts SET state = 'failing'", "end"),
    ("UPDATE entitle_grants SET valid_until = NULL WHERE kind = 'access'", "grant-until"),
    ("UPDATE entitle_grants SET valid_until = valid_until + 1 WHERE kind = 'voucher'", "grant-until"),
    ("UPDATE entitle_grants SET claim_until = NULL", "grant"),
    ("UPDATE entitle_grants SET quantity = 2 WHERE kind = 'voucher'", "grant"),
    ("UPDATE entitle_events SET body = 'x'", "chain-broken"),
    ("UPDATE entitle_decisions SET answer = replace(answer, '2500', '1')", "decision"),
    ("UPDATE entitle_decisions SET facts = 'x'", "decision"),
    ("UPDATE entitle_decisions SET facts = replace(facts, 'starlight-year', 'starlight-monthly')", "decision"),
    ("DELETE FROM entitle_decisions", "decision"),
    ("UPDATE entitle_keys SET \"case\" = 'ord_x' WHERE verb = 'buy'", "key"),
    ("UPDATE entitle_keys SET \"case\" = 'grn_x' WHERE verb = 'claim'", "key"),
    ("UPDATE entitle_activations SET n = 2", "activation"),
    ("DELETE FROM entitle_activations", "activation"),
    ("UPDATE entitle_active SET since = 7", "activation"),
]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with a membership, a card for a year, a ticket that was used, and a membership cancelled months later."""
    path = tmp_path / "shop.db"
    place: World = world(f"sqlite:///{path}")
    buy(place.shop, ANN, MONTHLY, "k-1")
    buy(place.shop, BOB, YEAR, "k-2")
    place.reach(shanghai("2027-03-05 12:00"))
    left = buy(place.shop, Who("cyd", channel="app"), MONTHLY, "k-3")
    done(place.shop.cancel(left.subscription, key="x"))
    tickets = [g for each in ("ann", "bob") for g in place.shop.wallet(each).grants if g.kind == "voucher"]
    claimable = [each for each in tickets if each.state == "claimable"]
    if claimable:
        done(place.shop.claim(claimable[0].customer, claimable[0], key="c"))
    usable = [g for each in ("ann", "bob") for g in place.shop.wallet(each).grants if g.kind == "voucher"]
    active = next(each for each in usable if each.state == "active")
    done(place.shop.redeem(active, outlet=outlet(active.benefit), key="r"))
    assert place.shop.reconcile().breaks == ()
    place.shop.close()
    return path


def outlet(benefit: str) -> str:
    redeem = sample().benefits[benefit].redeem
    return redeem.outlets[0] if redeem and redeem.outlets else ""


@pytest.mark.parametrize(("edit", "code"), EDITS)
def test_an_edit_is_found(edit: str, code: str, store: Path) -> None:
    with closing(sqlite3.connect(store)) as connection, connection:
        assert connection.execute(edit).rowcount > 0, "the edit changes nothing"
    with entitle.open(f"sqlite:///{store}", keys=NO_KEYS) as shop:
        assert code in {each.code for each in shop.reconcile().breaks}


def test_nothing_is_decided_by_a_release_that_was_changed(store: Path) -> None:
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("UPDATE entitle_releases SET body = replace(body, '2500', '1')")
    with (
        entitle.open(f"sqlite:///{store}", keys=NO_KEYS) as shop,
        pytest.raises(StoreError, match="was changed: nothing is decided by it"),
    ):
        shop.quote(ANN, YEAR)


@pytest.mark.parametrize("changed", ["replace(body, '2500', '1')", "'x'"])
def test_charges_of_other_releases_are_handed_out(changed: str, tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    place = world(f"sqlite:///{path}")
    for name in ("ann", "bob", "cyd"):
        buy(place.shop, Who(name, channel="app"), MONTHLY, name)
    place.shop.publish(replace(sample(), name="another"))
    buy(place.shop, Who("dan", channel="app"), MONTHLY, "dan")
    place.shop.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE entitle_releases SET body = {changed} WHERE name != 'another'")
    clock = Clock(shanghai("2026-12-31 20:00"))
    with closing(Shop(open_store(f"sqlite:///{path}"), NO_KEYS, clock.instant, Random(1).randbytes)) as shop:
        assert [each.customer for each in shop.charges(limit=1)] == ["dan"]
        with pytest.raises(StoreError, match="was changed"):
            shop.charges()
