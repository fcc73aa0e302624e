"""Reconcile: the books against each other. Finds what no verb could have left behind; silent on a clean store.

It reads stream by stream, each as of one moment, so that others may write meanwhile and memory is bounded by the
largest customer. What is shared by all (stock, counters) is compared last, each row as of one moment too.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from entitle.shop.books import Books, read_books
from entitle.shop.breaks import Break, Finding, Report, breaks
from entitle.shop.reconcile_chain import NOT_TOLD, chain_breaks
from entitle.shop.reconcile_commission import commission_breaks
from entitle.shop.reconcile_contracts import contract_breaks
from entitle.shop.reconcile_counters import counter_breaks, use_breaks
from entitle.shop.reconcile_decisions import Sound, activation_breaks, decision_breaks, key_breaks, release_breaks
from entitle.shop.reconcile_grants import benefit_breaks, grant_breaks, sighting_breaks
from entitle.shop.reconcile_holds import hold_breaks, kept_breaks
from entitle.shop.reconcile_jobs import job_breaks
from entitle.shop.reconcile_money import money_breaks
from entitle.shop.reconcile_payments import payment_breaks
from entitle.shop.reconcile_reviews import review_breaks
from entitle.shop.reconcile_stock import card_breaks, moved, stock_breaks
from entitle.shop.reconcile_told import refund_breaks, told, told_breaks
from entitle.shop.streams import Streams
from entitle.shop.verb import Context, Verb


@dataclass(slots=True)
class Audit:
    """What was looked at so far, and found."""

    sound: Sound = field(default_factory=Sound)
    stocked: Counter[str] = field(default_factory=Counter)
    found: list[Break] = field(default_factory=list)
    customers: int = 0
    entries: int = 0
    postings: int = 0

    def add(self, books: Books, found: list[Break]) -> None:
        self.found += found
        self.stocked.update(moved(books.postings))
        self.customers += books.customer is not None
        self.entries += len(books.entries)
        self.postings += len(books.postings)


def reconcile(ctx: Context) -> Verb[Report]:
    """Every break there is."""
    audit = Audit()
    audit.found += breaks("", (yield from release_breaks(audit.sound)))
    streams = Streams()
    while (stream := (yield from streams.turn())) is not None:
        books = yield from read_books(stream)
        audit.add(books, (yield from stream_breaks(ctx, stream, books, audit.sound)))
    audit.found += breaks("", (yield from stock_breaks(audit.stocked)))
    audit.found += breaks("", (yield from activation_breaks(audit.sound)))
    for subject, each in (yield from counter_breaks()):
        audit.found += breaks(subject, [each])
    return Report(audit.customers, audit.entries, audit.postings, tuple(audit.found))


def stream_breaks(ctx: Context, stream: str, books: Books, sound: Sound) -> Verb[list[Break]]:
    """Every break within one stream. Where its ledger cannot be relied on, nothing is compared with what it told."""
    chain = list(chain_breaks(books))
    stands = not any(each.code in NOT_TOLD for each in chain)
    found = [*chain, *_of_rows(books), *(yield from decision_breaks(ctx, books, stream, sound))]
    if stands:
        said = told(books.events)
        found += [*told_breaks(said, books), *grant_breaks(said, books), *use_breaks(books), *hold_breaks(said, books)]
        found += [*(yield from payment_breaks(said, books)), *review_breaks(said, books)]
        found += yield from contract_breaks(ctx, said, books, sound)
        found += yield from commission_breaks(ctx, books, sound)
    return breaks(stream, found, stands)


def _of_rows(books: Books) -> Iterator[Finding]:
    yield from money_breaks(books)
    yield from benefit_breaks(books)
    yield from card_breaks(books.grants, books.cards)
    yield from kept_breaks(books)
    yield from sighting_breaks(books)
    yield from key_breaks(books)
    yield from refund_breaks(books)
    yield from job_breaks(books)
