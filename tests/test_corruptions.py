"""Whatever is edited behind the shop's back is found: each kind is a statement of SQL, and the break that shows it."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any

import psycopg
import pytest

from entitle.keys import NO_KEYS
from entitle.messages.breaks import BREAKS
from entitle.records import Customer, Entry, Event, Posting
from entitle.shop.breaks import Break, Report
from entitle.shop.facade import Shop
from entitle.store.memory import MemoryStore
from entitle.store.opening import open_store
from entitle.store.tables import NAMES
from tests.everything import everything
from tests.shops import LANGS

KINDS = [  # what happened, its SQL, the code of a break
    ("a step's reason is edited", "UPDATE entitle_entries SET why = 'because' WHERE seq = 1", "chain-broken"),
    ("a step is dated back", "UPDATE entitle_entries SET at = at - 1 WHERE stream = 'ann' AND seq = 2", "chain-broken"),
    ("the last step is cut off", "DELETE FROM entitle_entries WHERE stream = 'dan' AND seq = LAST", "chain-gap"),
    ("a step in the middle is gone", "DELETE FROM entitle_entries WHERE stream = 'ann' AND seq = 2", "chain-gap"),
    (
        "a step is moved",
        "UPDATE entitle_entries SET seq = 1000 WHERE stream = 'ann' AND seq = 2",
        "chain-gap",
    ),
    (
        "a step is put after the last",
        'INSERT INTO entitle_entries SELECT stream, seq + 1, at, verb, "case", decision, "by", why, digest'
        " FROM entitle_entries WHERE stream = 'ann' ORDER BY seq DESC LIMIT 1",
        "chain-broken",
    ),
    (
        "an event is edited",
        "UPDATE entitle_events SET body = replace(body, '3000', '1') WHERE type = 'charge.paid'",
        "chain-broken",
    ),
    ("an event is gone", "DELETE FROM entitle_events WHERE stream = 'ann' AND number = 3", "event-gap"),
    (
        "the last event is cut off",
        "DELETE FROM entitle_events WHERE stream = 'ann' AND type = 'grant.claimed'",
        "event-gap",
    ),
    (
        "an event comes later",
        "UPDATE entitle_events SET position = position + 1000 WHERE stream = 'ann' AND number = 5",
        "event-order",
    ),
    (
        "a posting is doubled",
        "UPDATE entitle_postings SET amount = amount * 2 WHERE seq = 1 AND line = 0",
        "unbalanced",
    ),
    ("a posting is gone", "DELETE FROM entitle_postings WHERE stream = 'bob' AND line = 1", "unbalanced"),
    (
        "money moves to another account",
        "UPDATE entitle_postings SET account = 'payer' WHERE account LIKE 'sales:%'",
        "chain-broken",
    ),
    ("a head is edited", "UPDATE entitle_customers SET head = 'x' WHERE stream = 'ann'", "head"),
    ("a stream's clock is set back", "UPDATE entitle_customers SET not_before = 0", "head"),
    ("a head counts too many", "UPDATE entitle_customers SET seq = seq + 1 WHERE stream = 'bob'", "chain-gap"),
    ("a head is gone", "DELETE FROM entitle_customers WHERE stream = 'cyd'", "stream-lost"),
    ("an order costs less", "UPDATE entitle_orders SET total = 1 WHERE total > 0", "order-total"),
    ("an order names another payment", "UPDATE entitle_orders SET paid_ref = 'x' WHERE total > 0", "order"),
    ("an order is in another currency", "UPDATE entitle_orders SET currency = 'USD'", "order"),
    ("an order is another's doing", "UPDATE entitle_orders SET \"by\" = 'x'", "order"),
    (
        "an order came through another channel",
        "UPDATE entitle_orders SET channel = 'app' WHERE channel = 'web'",
        "commission",
    ),
    ("an order is gone", "DELETE FROM entitle_orders WHERE stream = 'cyd'", "order"),
    ("a line has more units", "UPDATE entitle_order_lines SET quantity = quantity + 1", "order"),
    ("a unit paid more", "UPDATE entitle_order_units SET pay = pay + 1", "line-units"),
    ("a period is paid that was not", "UPDATE entitle_contracts SET paid = paid + 1", "periods-paid"),
    ("a timeline is cheaper", "UPDATE entitle_contracts SET timeline = replace(timeline, '3000', '1')", "timeline"),
    ("a contract is of another product", "UPDATE entitle_contracts SET product = 'x'", "contract"),
    ("a contract is moved", "UPDATE entitle_contracts SET anchor = anchor + 1", "contract"),
    ("a paid period is longer", "UPDATE entitle_contracts SET period_end = period_end + 1", "period"),
    ("an end is put off", "UPDATE entitle_contracts SET ends_at = ends_at + 1", "end"),
    ("a cancellation is lost", "UPDATE entitle_contracts SET cancelled_at = NULL", "end"),
    ("a contract fails", "UPDATE entitle_contracts SET state = 'failing' WHERE state = 'running'", "end"),
    ("a charge to come is cheaper", "UPDATE entitle_charges SET amount = 1 WHERE state = 'due'", "charge-due"),
    ("a charge comes later", "UPDATE entitle_charges SET due_at = due_at + 1 WHERE state = 'due'", "charge-due"),
    ("a charge to come is gone", "DELETE FROM entitle_charges WHERE state = 'due'", "charge-lost"),
    ("a paid charge was less", "UPDATE entitle_charges SET amount = 1 WHERE state = 'paid' AND amount > 0", "money"),
    ("a payment's reference is gone", "UPDATE entitle_charges SET ref = '' WHERE ref != ''", "payment"),
    (
        "an unpaid charge is paid",
        "UPDATE entitle_charges SET state = 'paid', next_at = NULL, settled_at = 1 WHERE state = 'due'",
        "payment",
    ),
    ("a payment is forgotten", "DELETE FROM entitle_used_payments WHERE \"case\" != ''", "payment-used"),
    ("a refused payment is forgotten", "DELETE FROM entitle_used_payments WHERE \"case\" = ''", "payment-used"),
    (
        "what was paid for a review that was refused is kept",
        'UPDATE entitle_used_payments SET "case" = (SELECT id FROM entitle_reviews AS r'
        " WHERE r.stream = 'kim') WHERE stream = 'kim'",
        "payment-used",
    ),
    ("a payment is another's", "UPDATE entitle_used_payments SET \"case\" = 'ord_x'", "payment-used"),
    (
        "one payment pays for two orders",
        "UPDATE entitle_orders SET paid_ref = (SELECT min(o.paid_ref) FROM entitle_orders AS o"
        " WHERE o.stream = entitle_orders.stream AND o.paid_ref != '') WHERE paid_ref != ''",
        "payment-twice",
    ),
    (
        "one payment pays for two customers",
        "UPDATE entitle_used_payments SET stream = 'dan' WHERE stream = 'ann'",
        "payment-twice",
    ),
    ("more was given back", "UPDATE entitle_refunds SET amount = amount - 1", "refund"),
    ("a refund is forgotten", "DELETE FROM entitle_refunds", "refund"),
    ("a refund is of another charge", "UPDATE entitle_refunds SET charged_at = charged_at - 1", "refund"),
    ("nothing will end a contract", "DELETE FROM entitle_jobs WHERE kind = 'end'", "end-lost"),
    ("an end is parked", "UPDATE entitle_jobs SET due_at = NULL WHERE kind = 'end'", "end-lost"),
    ("an issue is parked", "UPDATE entitle_jobs SET due_at = NULL WHERE kind LIKE 'issue:%'", "job-lost"),
    ("a grant outlives its end", "UPDATE entitle_jobs SET due_at = due_at + 1 WHERE kind = 'expire'", "job-due"),
    (
        "work is for nothing",
        "UPDATE entitle_jobs SET subject = 'x' WHERE kind LIKE 'remind:%' AND stream = 'ann'",
        "job",
    ),
    ("a grant is revoked", "UPDATE entitle_grants SET state = 'revoked' WHERE kind = 'access'", "grant-state"),
    ("a grant is fresh again", "UPDATE entitle_grants SET used = 0 WHERE used > 0", "benefit-held"),
    (
        "a quota is filled again",
        'UPDATE entitle_grants SET "window" = "window" + 1 WHERE kind = \'quota\'',
        "grant-state",
    ),
    ("a grant is valid for ever", "UPDATE entitle_grants SET valid_until = NULL WHERE kind = 'access'", "grant-until"),
    (
        "a voucher is valid longer",
        "UPDATE entitle_grants SET valid_until = valid_until + 1 WHERE kind = 'voucher'",
        "grant-until",
    ),
    ("a claim may come later", "UPDATE entitle_grants SET claim_until = NULL", "grant"),
    ("a grant is of two", "UPDATE entitle_grants SET quantity = 2 WHERE kind = 'voucher'", "grant"),
    ("a voucher has no code", "UPDATE entitle_grants SET code_index = NULL WHERE kind = 'voucher'", "grant"),
    (
        "a grant comes from nowhere",
        "INSERT INTO entitle_grants SELECT stream, 'grn_x', \"order\", line, unit, item, n + 100, contract, product,"
        " release, benefit, kind, quantity, state, granted_at, claim_until, claimed_at, active_from, valid_until,"
        " capacity, used, \"window\", NULL, NULL FROM entitle_grants WHERE kind = 'access' LIMIT 1",
        "grant",
    ),
    ("a use is forgotten", "DELETE FROM entitle_redemptions", "benefit-used"),
    ("a use is taken back", "UPDATE entitle_redemptions SET reversed_at = at WHERE reversed_at IS NULL", "redemption"),
    ("a use was elsewhere", "UPDATE entitle_redemptions SET outlet = 'elsewhere'", "redemption"),
    ("a counter counts more", "UPDATE entitle_counts SET used = used + 1", "counter"),
    ("counters are gone", "DELETE FROM entitle_counts", "counter"),
    ("a part of a limit holds more", "UPDATE entitle_count_parts SET free = free + 1 WHERE part = 7", "counter"),
    ("the parts of a limit are gone", "DELETE FROM entitle_count_parts", "counter"),
    ("a use of a limit counts more", "UPDATE entitle_uses SET units = units + 1", "use"),
    ("a use of a limit is gone", "DELETE FROM entitle_uses WHERE counter LIKE '%rolling'", "use-lost"),
    ("a use of a limit is later", "UPDATE entitle_uses SET at = at + 1 WHERE until IS NULL", "use-at"),
    ("a use of a limit counts for good", "UPDATE entitle_uses SET until = NULL WHERE until IS NOT NULL", "use-until"),
    ("a use is another's", "UPDATE entitle_uses SET subject = 'customer:eve' WHERE counter LIKE '%daily'", "use"),
    ("a device was never seen", "UPDATE entitle_sightings SET \"case\" = 'x' WHERE events = 'claims'", "sighting"),
    ("a pool holds more", "UPDATE entitle_stock SET free = free + 1", "stock"),
    ("a part of a pool holds more", "UPDATE entitle_stock_parts SET free = free + 1 WHERE part = 7", "stock"),
    ("the parts of a pool are gone", "DELETE FROM entitle_stock_parts", "stock"),
    ("a pool is gone", "DELETE FROM entitle_stock WHERE pool = 'seats'", "stock"),
    (
        "a code is free again",
        'UPDATE entitle_card_codes SET stream = NULL, "grant" = NULL'
        ' WHERE n = (SELECT min(n) FROM entitle_card_codes WHERE "grant" IS NOT NULL)',
        "card-code",
    ),
    ("a code is gone", "DELETE FROM entitle_card_codes WHERE n = 9", "card-code"),
    ("a release is edited", "UPDATE entitle_releases SET body = replace(body, '3000', '1')", "release"),
    ("a release has another name", "UPDATE entitle_releases SET hash = 'x'", "contract"),
    ("an activation is gone", "DELETE FROM entitle_activations", "activation"),
    ("activations are renumbered", "UPDATE entitle_activations SET n = 2", "activation"),
    ("another release decides", "UPDATE entitle_active SET release = 'x'", "active"),
    ("an answer is edited", "UPDATE entitle_decisions SET answer = replace(answer, '3000', '1')", "decision"),
    (
        "facts are edited",
        "UPDATE entitle_decisions SET facts = replace(facts, '[\"monthly\"', '[\"yearly\"')",
        "decision",
    ),
    ("facts cannot be read", "UPDATE entitle_decisions SET facts = 'x'", "decision"),
    ("a decision is gone", "DELETE FROM entitle_decisions WHERE verb = 'buy'", "decision-lost"),
    ("a key stands for nothing", "UPDATE entitle_keys SET \"case\" = 'ord_x' WHERE verb = 'buy'", "key"),
    ("a hold is edited", "UPDATE entitle_holds SET total = 1", "hold"),
    ("a hold is gone", "DELETE FROM entitle_holds WHERE state = 'expired'", "hold"),
    ("a hold stands again", "UPDATE entitle_holds SET state = 'held' WHERE state = 'voided'", "hold-state"),
    ("a hold's order is gone", "UPDATE entitle_orders SET id = 'ord_x' WHERE stream = 'gus'", "hold-order"),
    ("more is kept", "UPDATE entitle_kept SET units = units + 1 WHERE until IS NOT NULL", "hold-kept"),
    ("kept for longer", "UPDATE entitle_kept SET until = until + 1", "hold-kept"),
    (
        "a hold counts for longer",
        'UPDATE entitle_uses SET until = until + 1 WHERE units > 0 AND "order" IN'
        " (SELECT \"order\" FROM entitle_holds WHERE state = 'held')",
        "hold-use",
    ),
    ("nothing lets a hold go", "DELETE FROM entitle_jobs WHERE kind = 'lapse'", "job-due"),
    ("a review is edited", "UPDATE entitle_reviews SET guards = '[]'", "review"),
    ("money came to a review", 'UPDATE entitle_reviews SET paid = \'[["x", 1, "CNY"]]\'', "review"),
    ("a review is gone", "DELETE FROM entitle_reviews WHERE state = 'pending'", "review"),
    (
        "a review is approved",
        "UPDATE entitle_reviews SET state = 'approved' WHERE state = 'refused' AND \"by\" = 'ops'",
        "review-state",
    ),
    ("a review was another's", "UPDATE entitle_reviews SET \"by\" = 'x' WHERE \"by\" = 'ops'", "review-state"),
    (
        "a review was answered later",
        "UPDATE entitle_reviews SET resolved_at = resolved_at + 1 WHERE \"by\" = ''",
        "review-state",
    ),
    ("a review waits for ever", "UPDATE entitle_jobs SET due_at = NULL WHERE kind = 'review'", "job-due"),
    ("the end of a review is gone", "DELETE FROM entitle_jobs WHERE kind = 'review'", "job-due"),
    (
        "the key of a change stands for the contract",
        "UPDATE entitle_keys SET \"case\" = (SELECT contract FROM entitle_plan_changes) WHERE verb = 'change_plan'",
        "key",
    ),
    ("a change that was asked for is gone", "DELETE FROM entitle_plan_changes", "key"),
    ("an answer's key is gone", "DELETE FROM entitle_keys WHERE verb = 'resolve'", "key-lost"),
    ("more went back than was paid", "UPDATE entitle_refunds SET paid = paid + 10000", "refunded-more"),
    ("what was used is gone", "DELETE FROM entitle_grants WHERE used > 0", "redemption-lost"),
    ("a key is gone", "DELETE FROM entitle_keys WHERE verb = 'refund'", "key-lost"),
    ("the key of what was given is gone", "DELETE FROM entitle_keys WHERE verb = 'give'", "key-lost"),
    ("what was bought becomes a gift", 'UPDATE entitle_grants SET "order" = NULL', "grant"),
    (
        "a gift is held longer",
        'UPDATE entitle_grants SET valid_until = 1 + valid_until WHERE "order" IS NULL',
        "grant-until",
    ),
    ("the key of what was taken back is gone", "DELETE FROM entitle_keys WHERE verb = 'revoke'", "key-lost"),
    (
        "what was taken back is held again",
        "UPDATE entitle_grants SET state = 'active' WHERE state = 'revoked' AND kind = 'access'",
        "grant-state",
    ),
    (
        "codes that went back to their pool can be shown",
        "UPDATE entitle_grants SET code_sealed = 'x' WHERE kind = 'card_code' AND code_sealed IS NULL",
        "grant",
    ),
    (
        "a code is nobody's, though its holder saw it",
        'UPDATE entitle_card_codes SET stream = NULL, "grant" = NULL WHERE "grant" IN'
        " (SELECT id FROM entitle_grants WHERE state = 'revoked')",
        "card-code",
    ),
]


LAST = "(SELECT max(seq) FROM entitle_entries AS e WHERE e.stream = entitle_entries.stream)"


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which nothing is wrong."""
    path = tmp_path_factory.mktemp("clean") / "shop.db"
    place = everything(open_store(f"sqlite:///{path}", create=True))
    report = place.shop.reconcile()
    place.shop.close()
    assert report.breaks == ()
    return path


@pytest.fixture
def copy(clean: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(clean, tmp_path / "shop.db"))


def edit(path: Path, sql: str, *values: object) -> int:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(sql.replace("LAST", LAST), values).rowcount


def audit(path: Path) -> Report:
    store = open_store(f"sqlite:///{path}")
    with Shop(store, NO_KEYS, lambda: 0, os.urandom) as shop:
        return shop.reconcile()


@pytest.mark.parametrize(("what", "sql", "code"), KINDS, ids=[what for what, _, _ in KINDS])
def test_a_corruption_is_found(what: str, sql: str, code: str, copy: Path) -> None:
    assert edit(copy, sql) > 0, f"nothing changes: {what}"
    found = audit(copy).breaks
    assert code in {each.code for each in found}, what
    assert all(each.text(lang) and each.plan(lang) for each in found for lang in LANGS)
    if any(each.repair == "rebuild" for each in found):
        with Shop(open_store(f"sqlite:///{copy}"), NO_KEYS, lambda: 0, os.urandom) as shop:
            assert list(shop.rebuild(apply=True))
        assert not [each for each in audit(copy).breaks if each.repair == "rebuild"]


def test_each_kind_of_break_is_seeded() -> None:
    sealed = {"seal", "seal-lost", "sealed"}  # found by `verify` alone
    assert BREAKS.keys() - {code for _, _, code in KINDS} == sealed


def test_a_clean_store_in_memory_has_no_break() -> None:
    assert everything(MemoryStore()).shop.reconcile().breaks == ()


def columns() -> Iterator[tuple[type, str]]:
    """Every column of the ledger's rows, but for the place of an event among those of others, which seals cover."""
    for table in (Customer, Entry, Posting, Event):
        yield from ((table, each.name) for each in fields(table) if each.name != "position")


@pytest.mark.parametrize("row", ["first", "last"])
def test_no_column_of_the_ledger_changes_unnoticed(row: str, copy: Path) -> None:
    how = "min" if row == "first" else "max"
    before = copy.read_bytes()
    for table, column in columns():
        name = NAMES[table]
        with closing(sqlite3.connect(copy)) as connection, connection:
            place, old = connection.execute(
                f'SELECT rowid, "{column}" FROM {name} WHERE rowid = (SELECT {how}(rowid) FROM {name})'
            ).fetchone()
            new: Any = f"{old}x" if isinstance(old, str) else old + 1000
            connection.execute(f'UPDATE {name} SET "{column}" = ? WHERE rowid = ?', (new, place))
        assert audit(copy).breaks, f"{table.__name__}.{column} changed unnoticed"
        copy.write_bytes(before)


def test_what_hangs_on_a_broken_chain_cannot_be_rebuilt(copy: Path) -> None:
    edit(copy, "UPDATE entitle_entries SET why = 'because' WHERE stream = 'ann' AND seq = 1")
    edit(copy, "UPDATE entitle_contracts SET period_end = period_end + 1")
    edit(copy, "UPDATE entitle_customers SET not_before = 0 WHERE stream = 'ann'")
    found: list[Break] = [each for each in audit(copy).breaks if each.stream == "ann"]
    assert {each.repair for each in found} == {"restore"}


def test_each_is_found_on_postgresql_too(postgres_url: str) -> None:
    place = everything(open_store(postgres_url))
    assert place.shop.reconcile().breaks == ()
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # rows go whatever names them
        tables = [NAMES[table] for table in NAMES]
        for name in tables:
            connection.execute(f"CREATE TABLE kept_{name} AS TABLE {name}")
        for what, sql, code in KINDS:
            edited = sql.replace("LAST", LAST)
            assert connection.execute(edited).rowcount > 0, what
            assert code in {each.code for each in place.shop.reconcile().breaks}, what
            name = edited.split()[1 if edited.startswith("UPDATE") else 2]  # INSERT INTO it, DELETE FROM it
            connection.execute(f"DELETE FROM {name}")
            connection.execute(f"INSERT INTO {name} SELECT * FROM kept_{name}")
        for name in tables:
            connection.execute(f"DROP TABLE kept_{name}")
    assert place.shop.reconcile().breaks == ()
    place.shop.close()
