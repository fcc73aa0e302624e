"""Rebuild: what is a projection, computed from the ledger again: heads, stock, counters, uses, grants, contracts.

What the ledger says is taken as it stands, so nothing is done for a stream whose chain is broken. Each correction is
guarded by what was found, and by the stream's `seq`: where others write meanwhile it is computed anew.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from entitle.identity import KEYS, as_dict, key_of
from entitle.plan import Apply, Effect, Expect, Find, Get, Insert, Update
from entitle.records import Activation, Active, Charge, Contract, Count, Customer, Job, Record, Stock
from entitle.release import Release
from entitle.shop.books import Books, read_books
from entitle.shop.draft import used_account
from entitle.shop.grants_told import grants_told
from entitle.shop.parts import CountKey, of_count, of_pool, rows_of
from entitle.shop.reconcile_chain import NOT_TOLD, chain_breaks, head_of
from entitle.shop.reconcile_contracts import Running, charge_wanted, end_told, running
from entitle.shop.reconcile_counters import counted, unposted, uses_posted
from entitle.shop.reconcile_decisions import Sound
from entitle.shop.reconcile_stock import in_stock
from entitle.shop.reconcile_told import Told, told
from entitle.shop.scene import SLOT
from entitle.shop.verb import Context, Verb, ask, decider


@dataclass(frozen=True, slots=True)
class Correction:
    """A row that is not what the ledger says. `found` is None where it is not there."""

    table: str
    key: tuple[Any, ...]
    found: Mapping[str, Any] | None
    wanted: Mapping[str, Any]
    effect: Effect

    def text(self) -> str:
        """The row, and each of its columns as it is and as it should be."""
        before = self.found or {}
        moved = ", ".join(f"{name} {before.get(name, '-')} -> {value}" for name, value in self.wanted.items())
        return f"{self.table} {' '.join(map(str, self.key))}: {moved}"


def rebuild_stream(ctx: Context, stream: str, apply: bool) -> Verb[list[Correction]]:
    """What of a stream's rows is not what its ledger says; put right, where that is asked for."""
    books = yield from read_books(stream)
    if not books.entries or any(each.code in NOT_TOLD for each in chain_breaks(books)):
        return []
    said = told(books.events)
    head = head_of(books.entries, books.events)
    found = [*_row(books.customer, head), *_grants(said, books), *_uses(books)]
    found += yield from _contracts(ctx, said, books)
    if found and apply:
        guard = (Expect(Customer, (stream,), {"seq": head.seq}),) if books.customer == head else ()
        yield Apply((*guard, *(each.effect for each in found)))
    return found


def rebuild_stock(pool: str, apply: bool) -> Verb[list[Correction]]:
    """What is wrong is put right in the pool's own row; where its parts hold more than there is, they are emptied."""
    free, left = yield from in_stock(pool)
    row, parts = yield from ask(*rows_of(of_pool(pool)))
    if left < 0 or left == free:
        return []
    own = left - sum(part.free for part in parts)
    wanted = [(row, Stock(pool, own if own >= 0 else left))]
    if own < 0:
        wanted += [(part, replace(part, free=0)) for part in parts]
    return (yield from _put([each for before, after in wanted for each in _row(before, after)], apply))


def rebuild_count(key: CountKey, apply: bool) -> Verb[list[Correction]]:
    """The counter's own row counts its uses, and what lies in its parts."""
    used, total = yield from counted(key)
    row, parts = yield from ask(*rows_of(of_count(key)))
    if row is not None and used == total:
        return []
    return (yield from _put(_row(row, Count(*key, total + sum(part.free for part in parts))), apply))


def rebuild_active(apply: bool) -> Verb[list[Correction]]:
    row, last = yield from ask(Get(Active, (SLOT,)), Find(Activation, (("slot", "=", SLOT),), ("-n",), 1))
    if not last or (row is not None and row.since > last[0].n):
        return []  # activations are lost
    return (yield from _put(_row(row, Active(SLOT, last[0].release, last[0].n)), apply))


def _put(found: Iterable[Correction], apply: bool) -> Verb[list[Correction]]:
    corrections: list[Correction] = list(found)
    if corrections and apply:
        yield Apply(tuple(each.effect for each in corrections))
    return corrections


def _row(row: Record | None, wanted: Record) -> Iterator[Correction]:
    """Make a row what it should be."""
    if row is None:
        key = key_of(wanted)
        values = {name: value for name, value in as_dict(wanted).items() if name not in KEYS[type(wanted)]}
        yield Correction(type(wanted).__name__, key, None, values, Insert(wanted))
    else:
        yield from _columns(row, as_dict(wanted))


def _columns(row: Record, wanted: Mapping[str, Any]) -> Iterator[Correction]:
    changes = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    if changes:
        before = {name: getattr(row, name) for name in changes}
        key = key_of(row)
        yield Correction(type(row).__name__, key, before, changes, Update(type(row), key, changes, before))


def _grants(said: Told, books: Books) -> Iterator[Correction]:
    became = grants_told(said)
    for grant in books.grants:
        if grant.id in became:
            yield from _columns(grant, became[grant.id].columns)


def _uses(books: Books) -> Iterator[Correction]:
    posted, old = uses_posted(books), unposted(books)
    for use in books.uses:
        account = used_account((use.subject, use.order, use.line, use.counter))
        if account.split("/")[0] not in old:
            yield from _columns(use, {"units": posted[account, use.counter]})


def _contracts(ctx: Context, said: Told, books: Books) -> Verb[list[Correction]]:
    found: list[Correction] = []
    sound = Sound()
    for contract in books.contracts:
        own = [each for each in said if each.body.get("contract") == contract.id]
        timelines = [each.body["timeline"] for each in own if "timeline" in each.body]
        if timelines and (yield from sound.has(contract.release)):
            release = (yield from decider(ctx, contract.release)).release
            found += _contract(contract, replace(contract, timeline=timelines[-1]), own, books, release)
    return found


def _contract(row: Contract, contract: Contract, own: Told, books: Books, release: Release) -> Iterator[Correction]:
    """The contract as it was told, its charges by its timeline, and its end's job."""
    each = running(contract, release, own, books)
    paid = max(one.body["n"] for one in own if one.type == "charge.paid")
    period = each.made.period(paid)
    state, cancelled_at, ends_at = end_told(each)
    contract = replace(
        contract, paid=paid, period_start=period.start, period_end=period.end, state=state, cancelled_at=cancelled_at,
        ends_at=ends_at,
    )  # fmt: skip
    each = replace(each, contract=contract)
    yield from _row(row, contract)
    for charge in each.charges.values():
        yield from _charge(each, charge)
    due_at, amount = charge_wanted(each, paid + 1)
    if due_at is not None and paid + 1 not in each.charges and state != "ended":
        left = cancelled_at is not None
        due = Charge(
            contract.stream, contract.id, paid + 1, contract.product, due_at, amount, "dropped" if left else "due",
            None if left else due_at,
        )  # fmt: skip
        yield from _row(None, due)
    if ends_at is not None and state != "ended":
        job = each.jobs.get("end")
        yield from _row(job, Job(contract.stream, contract.id, "end", job.n if job else 1, ends_at))


def _charge(each: Running, charge: Charge) -> Iterator[Correction]:
    """A charge as it was paid; else as the timeline has it, and not paid."""
    due_at, amount = charge_wanted(each, charge.n)
    if due_at is None:
        return
    wanted: dict[str, Any] = {"due_at": due_at, "amount": amount, "product": each.contract.product}
    paid = next((one for one in each.told if one.type == "charge.paid" and one.body["n"] == charge.n), None)
    if paid is not None:
        wanted |= {"amount": paid.body["amount"], "ref": paid.body["ref"], "state": "paid", "next_at": None}
    elif charge.state == "paid":
        wanted |= {"ref": "", "state": "due", "next_at": due_at, "settled_at": None}
    yield from _columns(charge, wanted)
