"""Reconcile: the books against each other. Finds what no verb could have left behind; silent on a clean store."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from entitle.canonical import text_hash
from entitle.contract_records import PlanChange
from entitle.plan import Find, Get, Where
from entitle.records import (
    CardCode,
    Charge,
    Contract,
    Count,
    Customer,
    Entry,
    Event,
    Grant,
    Job,
    Order,
    OrderLine,
    OrderUnit,
    Posting,
    Published,
    Record,
    Redemption,
    Refund,
    Use,
)
from entitle.runtime.limits import NO_BUCKET
from entitle.shop.chain import GENESIS, is_chained
from entitle.shop.commission import commission_breaks
from entitle.shop.contracts import holding
from entitle.shop.reconcile_contracts import contract_breaks
from entitle.shop.reconcile_decisions import activation_breaks, decision_breaks, key_breaks
from entitle.shop.reconcile_stock import card_breaks, moved, stock_breaks
from entitle.shop.reconcile_told import told, told_breaks
from entitle.shop.verb import Context, Verb, ask


@dataclass(frozen=True, slots=True)
class Break:
    """Two books that disagree: which promise, about what, and how."""

    code: str
    stream: str
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was looked at, and every break found. `ok` where there is none."""

    customers: int
    entries: int
    postings: int
    breaks: tuple[Break, ...]

    @property
    def ok(self) -> bool:
        return not self.breaks


PAGE = 200
NOT_TOLD = {"chain-gap", "event-gap", "chain-broken"}  # breaks after which no event can be relied on


def reconcile(ctx: Context) -> Verb[Report]:
    """Stream by stream, so that memory is bounded by the largest customer; counters last."""
    (releases,) = yield from ask(Find(Published, ()))
    sound = {row.hash for row in releases if text_hash(row.body) == row.hash}
    found = [
        Break("release", "", row.hash, "it is not what was published under this hash")
        for row in releases
        if row.hash not in sound
    ]
    customers = entries = postings = 0
    stocked: Counter[str] = Counter()
    last = ""
    while True:
        (page,) = yield from ask(Find(Customer, (("stream", ">", last),), ("stream",), PAGE))
        for stream in (each.stream for each in page):
            customer, books = yield from _books(stream)
            found += (own := list(stream_breaks(customer, books)))
            stocked.update(moved(books.postings))
            if not any(each.code in NOT_TOLD for each in own):
                said = told(books.events)
                of_rows = [*told_breaks(said, books), *(yield from contract_breaks(ctx, said, books, sound))]
                of_rows += yield from commission_breaks(ctx, books, sound)
                found += [Break(code, stream, *what) for code, *what in of_rows]
            again = yield from decision_breaks(ctx, stream, books.orders, sound)
            again += yield from key_breaks(stream, _cases(books))
            found += [Break(code, stream, *what) for code, *what in again]
            customers, entries, postings = customers + 1, entries + len(books.entries), postings + len(books.postings)
        if len(page) < PAGE:
            break
        last = page[-1].stream
    found += [Break(code, "", *said) for code, *said in (yield from stock_breaks(stocked))]
    found += [Break(code, "", *said) for code, *said in (yield from activation_breaks())]
    found += yield from _counter_breaks()
    found += yield from _lost_counts()
    return Report(customers, entries, postings, tuple(found))


@dataclass(frozen=True, slots=True)
class Books:
    """All rows of one stream."""

    entries: list[Entry]
    postings: list[Posting]
    events: list[Event]
    orders: list[Order]
    lines: list[OrderLine]
    units: list[OrderUnit]
    contracts: list[Contract]
    charges: list[Charge]
    grants: list[Grant]
    redemptions: list[Redemption]
    refunds: list[Refund]
    jobs: list[Job]
    plans: list[PlanChange]
    cards: list[CardCode]


def _books(stream: str) -> Verb[tuple[Customer, Books]]:
    """A stream's head and all its rows, as of one moment."""
    tables: tuple[tuple[type, tuple[str, ...]], ...] = (
        (Entry, ("seq",)),
        (Posting, ("seq", "line")),
        (Event, ("number",)),
        (Order, ("id",)),
        (OrderLine, ("order", "line")),
        (OrderUnit, ("order", "line", "unit")),
        (Contract, ("id",)),
        (Charge, ("contract", "n")),
        (Grant, ("id",)),
        (Redemption, ("id",)),
        (Refund, ("contract", "charge", "unit", "item")),
        (Job, ("subject", "kind")),
        (PlanChange, ("contract",)),
        (CardCode, ("pool", "n")),
    )
    here: tuple[Where, ...] = (("stream", "=", stream),)
    head, *rows = yield from ask(Get(Customer, (stream,)), *(Find(table, here, order) for table, order in tables))
    return head, Books(*rows)


def _cases(books: Books) -> dict[str, Iterable[Record]]:
    """What keys stand for, by the beginning of the ids."""
    return {
        "ord_": books.orders,
        "sub_": books.contracts,
        "grn_": books.grants,
        "red_": books.redemptions,
        "ref_": books.refunds,
    }


def stream_breaks(customer: Customer, books: Books) -> Iterator[Break]:
    """Every break within one stream."""
    for code, what, detail in (
        *_chain(customer, books),
        *_balance(books),
        *_orders(books),
        *_charges(books),
        *_grants(books),
        *card_breaks(books.grants, books.cards),
    ):
        yield Break(code, customer.stream, what, detail)


Found = Iterable[tuple[str, str, str]]


def _chain(customer: Customer, books: Books) -> Found:
    """Every entry's digest covers the one before; the head is the last; events are numbered without a gap."""
    postings: dict[int, list[Posting]] = defaultdict(list)
    for row in books.postings:
        postings[row.seq].append(row)
    if [entry.seq for entry in books.entries] != list(range(1, customer.seq + 1)):
        yield "chain-gap", "entries", f"numbered {[entry.seq for entry in books.entries]}, the head says {customer.seq}"
        return
    if [event.number for event in books.events] != list(range(1, customer.events + 1)):
        yield "event-gap", "events", f"{len(books.events)} of {customer.events} are there"
        return
    last, told = GENESIS, 0
    for entry in books.entries:
        count, events = _events_of(entry, last, postings[entry.seq], books.events[told:])
        if events is None:
            yield "chain-broken", f"entry {entry.seq}", "its digest does not fit what it says"
            return
        last, told = entry.digest, told + count
    if last != customer.head:
        yield "chain-head", "head", "the customer's head is not the last entry's digest"


def _events_of(entry: Entry, last: str, postings: list[Posting], rest: list[Event]) -> tuple[int, list[Event] | None]:
    """The entry's events: those that follow, of its instant, for which the digest fits."""
    for count in range(len(rest) + 1):
        if is_chained(last, entry, postings, rest[:count]):
            return count, rest[:count]
        if count < len(rest) and rest[count].at != entry.at:
            break
    return 0, None


def _balance(books: Books) -> Found:
    sums: Counter[tuple[int, str]] = Counter()
    for row in books.postings:
        sums[row.seq, row.asset] += row.amount
    for (seq, asset), total in sums.items():
        if total:
            yield "unbalanced", f"entry {seq}", f"{asset} sums to {total}"


def _orders(books: Books) -> Found:
    lines: Counter[str] = Counter()
    units: Counter[tuple[str, int]] = Counter()
    for line in books.lines:
        lines[line.order] += line.amount
    for unit in books.units:
        units[unit.order, unit.line] += unit.pay
    for order in books.orders:
        if lines[order.id] != order.total:
            yield "order-total", order.id, f"total {order.total}, lines {lines[order.id]}"
    for line in books.lines:
        if units[line.order, line.line] != line.amount:
            paid = units[line.order, line.line]
            yield "line-units", f"{line.order}/{line.line}", f"amount {line.amount}, units {paid}"


def _charges(books: Books) -> Found:
    """Paid charges are the contract's paid periods, and the money that came in; of none more went back."""
    paid: dict[str, list[Charge]] = defaultdict(list)
    for charge in books.charges:
        if charge.state == "paid":
            paid[charge.contract].append(charge)
    for contract in books.contracts:
        numbers = sorted(charge.n for charge in paid[contract.id])
        if numbers != list(range(1, contract.paid + 1)):
            yield "periods-paid", contract.id, f"{contract.paid} periods, charges {numbers} are paid"
    back: Counter[tuple[str, int]] = Counter()
    for part in books.refunds:
        back[part.contract, part.charge] += part.paid
    for charge in books.charges:
        if back[charge.contract, charge.n] > (charge.amount if charge.state == "paid" else 0):
            yield "refunded-more", f"{charge.contract}/{charge.n}", f"{charge.amount} was paid"
    total = sum(charge.amount for charges in paid.values() for charge in charges)
    total -= sum(part.amount for part in books.refunds)
    came = sum(row.amount for row in books.postings if row.account.startswith("sales:"))
    if total != came:
        yield "money", "charges", f"paid and not refunded {total}, the ledger has {came}"


def _grants(books: Books) -> Found:
    """What the ledger says is held and used is what the grants say."""
    held: Counter[str] = Counter()
    used: Counter[str] = Counter()
    for grant in books.grants:
        if grant.state in ("claimable", "active", "used"):
            held[f"benefit:{grant.benefit}"] += holding(grant) - grant.used
    asset = {grant.id: f"benefit:{grant.benefit}" for grant in books.grants}
    for redemption in books.redemptions:
        if redemption.grant not in asset:
            yield "redemption-lost", redemption.id, f"its grant {redemption.grant} is not there"
        elif redemption.reversed_at is None:
            used[asset[redemption.grant]] += redemption.amount
    for account, wanted in (("held", held), ("used", used)):
        posted = _balances(books.postings, account)
        for each in sorted(wanted.keys() | posted.keys()):
            if wanted[each] != posted[each]:
                yield f"benefit-{account}", each, f"grants say {wanted[each]}, the ledger {posted[each]}"


def _balances(postings: list[Posting], account: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for row in postings:
        if row.account == account:
            found[row.asset] += row.amount
    return found


def _counter_breaks() -> Verb[list[Break]]:
    """A counter is the sum of the uses it counted."""
    found: list[Break] = []
    order = ("subject", "counter", "bucket")
    last = ""
    while True:
        (page,) = yield from ask(Find(Count, (("subject", ">", last),), order, PAGE))
        if len(page) == PAGE:  # the page may end within a subject: read that one whole
            last = page[-1].subject
            (rest,) = yield from ask(Find(Count, (("subject", "=", last),), order))
            page = [count for count in page if count.subject != last] + rest
        for count in page:
            found += yield from _count_breaks(count)
        if len(page) < PAGE:
            return found


def _lost_counts() -> Verb[list[Break]]:
    """What was used was counted: for every use that has a bucket there is a count."""
    found: dict[tuple[str, str, str], Break] = {}
    order = ("subject", "order", "line", "counter")
    last = ""
    while True:
        (page,) = yield from ask(Find(Use, (("subject", ">", last), ("bucket", "!=", NO_BUCKET)), order, PAGE))
        if len(page) == PAGE:  # the page may end within a subject: read that one whole
            last = page[-1].subject
            (rest,) = yield from ask(Find(Use, (("subject", "=", last), ("bucket", "!=", NO_BUCKET)), order))
            page = [use for use in page if use.subject != last] + rest
        keys = list(dict.fromkeys((use.subject, use.counter, use.bucket) for use in page))
        counts = yield from ask(*(Get(Count, key) for key in keys))
        for key, count in zip(keys, counts, strict=True):
            if count is None:
                found[key] = Break("counter", key[0], f"{key[1]} {key[2]}".strip(), "its count is not there")
        if len(page) < PAGE:
            return list(found.values())


def _count_breaks(count: Count) -> Verb[list[Break]]:
    key = (count.subject, count.counter, count.bucket)
    here: tuple[Where, ...] = (("subject", "=", key[0]), ("counter", "=", key[1]), ("bucket", "=", key[2]))
    count, uses = yield from ask(Get(Count, key), Find(Use, here))  # both as of one moment
    total = sum(use.units for use in uses)
    what = f"{count.counter} {count.bucket}".strip()
    detail = f"counts {count.used}, its uses are {total}"
    return [] if total == count.used else [Break("counter", count.subject, what, detail)]
