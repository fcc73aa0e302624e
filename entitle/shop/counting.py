"""Counters and measures <-> the store: what to read before a decision, what to take with it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from entitle.hold_records import Hold
from entitle.ir import Value
from entitle.plan import Find, Get, Read, Tally, Where
from entitle.records import Charge, Contract, Count, Grant, Order, OrderLine, Redemption, Refund, Stock, Use
from entitle.release import FREE, RUNNING, Counter, Gate, Measure, OrderStep, Product
from entitle.runtime.decide import Decider
from entitle.runtime.encode import Told
from entitle.runtime.limits import NO_BUCKET, bucket, bucket_name, subject
from entitle.shop.parts import CountKey, in_parts, lapsed, of_count, of_pool
from entitle.shop.sightings import of_products, seen
from entitle.shop.stock import expired
from entitle.shop.verb import Context, Verb, ask
from entitle.values.zone import Instant

Leaving = Mapping[tuple[str, str], int]  # what is given up: by whose it is and the counter, how many units
NOTHING: Leaving = {}
COUNT_MAX = 1_000_000
COUNTED_MAX = 2**62
SUM_MAX = 10**12


@dataclass(frozen=True, slots=True)
class Counted:
    """What the store counts, by the program's input.

    scattered  the counters whose own row does not tell what counts: they lie in parts, or holds that expired keep some
    """

    values: dict[str, Value]
    scattered: frozenset[str]


@dataclass(frozen=True, slots=True)
class Asking:
    """How an input is counted: what is read, what of that does not count, what does beside it.

    held  holds of the customer's that do: their products (empty: any), and the instant after which they were placed
    """

    read: Read
    less: tuple[Read, ...] = ()
    more: tuple[Read, ...] = ()
    held: tuple[tuple[str, ...], Instant] | None = None


def stored(
    ctx: Context,
    decider: Decider,
    of: Product | OrderStep | Gate,
    customer: str,
    told: Told,
    at: Instant,
    leaving: Leaving = NOTHING,
    until: Instant | None = None,
) -> Verb[Counted]:
    """The value of every input of a program that the store counts, by name.

    leaving  what is given up for what is asked
    until    the instant until which what is taken of a pool must be good, where that is later
    """
    counters = {each.input: each for each in of.counters}
    values: dict[str, Value] = {}
    asked: dict[str, Asking] = {}
    for each in of.program.inputs:
        if each.origin != "store":
            continue
        if each.name == "customer":
            values[each.name] = fact_key(ctx, customer)
        elif each.name in ctx.overlay:
            values[each.name] = ctx.overlay[each.name]
        elif (found := _asking(each.name, decider, of, customer, told, at, until or at)) is not None:
            asked[each.name] = found
        else:
            values[each.name] = 0  # its key is not known: the answer asks for that fact, or the guard fires
    reads = [read for each in asked.values() for read in (each.read, *each.less, *each.more)]
    holds = [standing(customer, at)] if any(each.held is not None for each in asked.values()) else []
    rows = iter((yield from ask(*reads, *holds)) if reads else ())  # nothing to read is no trip
    answers = {name: [next(rows) for _ in (each, *each.less, *each.more)] for name, each in asked.items()}
    held: list[Hold] = next(rows, [])
    for name, own in answers.items():
        counter = counters.get(name)
        given_up = 0 if counter is None else leaving.get((subject(counter, customer, told), counter.name), 0)
        left = _left(own, asked[name]) - given_up + _held(held, asked[name])
        values[name] = min(left, _cap(decider, name))
    elsewhere = (name for name, own in answers.items() if name in counters and any(own[1:]))
    return Counted(values, frozenset(counters[name].name for name in elsewhere))


def _asking(
    name: str, decider: Decider, of: Product | OrderStep | Gate, customer: str, told: Told, at: Instant, until: Instant
) -> Asking | None:
    """How an input is counted; None where the key that it counts by was not told."""
    product = of if isinstance(of, Product) else None
    if name == RUNNING and product is not None:
        return Asking(running(customer, product.id, at), held=((product.id,), -COUNTED_MAX))
    if name.startswith(FREE):
        pool = name.removeprefix(FREE)
        more = (in_parts(of_pool(pool)), lapsed(of_pool(pool), at))
        return Asking(Get(Stock, (pool,)), expired(decider.release, pool, until), more)
    if name in decider.release.measured:
        measure = decider.release.measured[name]
        if measure.per == "customer":
            return _own(measure, customer, at)
        return Asking(seen(measure, told, at)) if measure.per in told else None
    counter = next(each for each in of.counters if each.input == name)
    if counter.per not in ("", "customer", *told):
        return None
    if looks_back(counter):
        return Asking(counted_back(counter, subject(counter, customer, told), at))
    key = place_of(counter, product, decider, customer, told, at)
    count = of_count(key)
    return Asking(Get(Count, key), (lapsed(count, at), *([in_parts(count)] if count.is_shared else ())))


def _own(measure: Measure, customer: str, at: Instant) -> Asking:
    """A measure of the customer's own. An order on hold is one of theirs, until it is let go."""
    if measure.events != "orders" or measure.how != "count":
        less = (refunded(measure, customer, at),) if measure.events in _REFUNDED else ()
        return Asking(measured(measure, customer, at), less)
    products = measure.products or ((measure.of,) if measure.of is not None else ())
    held = (products, -COUNTED_MAX if measure.within is None else at - measure.within)
    if measure.products:
        lines, gone = of_family(measure, customer, at)
        return Asking(lines, (gone,), held=held)
    return Asking(measured(measure, customer, at), (refunded(measure, customer, at),), held=held)


def _left(rows: Sequence[Any], asking: Asking) -> int:
    """What counts of what was read: never below nothing, though more of a pool may have expired than is free."""
    row, *others = rows
    if isinstance(row, list):
        gone = {(each.order, each.line) for each in others[0]}
        return len({each.order for each in row if (each.order, each.line) not in gone})
    sums = [int(each or 0) for each in others]
    number = row.used if isinstance(row, Count) else row.free if isinstance(row, Stock) else row or 0
    less = len(asking.less)
    return max(0, int(number) - sum(sums[:less]) + sum(sums[less:]))


def _held(holds: Sequence[Hold], asking: Asking) -> int:
    """How many of the holds that stand are counted."""
    if asking.held is None:
        return 0
    products, since = asking.held
    recent = [each for each in holds if each.at > since]
    return sum(not products or any(line[0] in products for line in json.loads(each.lines)) for each in recent)


def standing(customer: str, at: Instant) -> Find:
    """The customer's holds that were neither confirmed nor let go."""
    return Find(Hold, (("stream", "=", customer), ("state", "=", "held"), ("expires_at", ">", at)), ("at", "id"))


def of_family(measure: Measure, customer: str, at: Instant) -> tuple[Find, Find]:
    """The lines of a family, and what had nothing left: an order may have several of them, and counts once."""
    here: tuple[Where, ...] = (("stream", "=", customer), *of_products(measure))
    since: tuple[Where, ...] = () if measure.within is None else (("at", ">", at - measure.within),)
    return Find(OrderLine, (*here, *since)), Find(Refund, (*here, ("last", "in", ("line", "order"))))


def fact_key(ctx: Context, value: str) -> str:
    """A key as conditions see it: the same for the same value, whichever fact tells it."""
    return ctx.keys.digest("fact", value)


def _cap(decider: Decider, name: str) -> int:
    measure = decider.release.measured.get(name)
    if measure is None:
        return COUNT_MAX if name.startswith(FREE) else COUNTED_MAX
    return SUM_MAX if measure.how == "sum" else COUNT_MAX


def place_of(
    counter: Counter, product: Product | None, decider: Decider, customer: str, told: Told, at: Instant
) -> CountKey:
    """Whose use is counted, of what, and in which bucket."""
    name = NO_BUCKET if looks_back(counter) else bucket_name(bucket(counter, product, decider.release, at)[0])
    return subject(counter, customer, told), counter.name, name


def looks_back(counter: Counter) -> bool:
    """Is it counted from its uses, and not kept as one number?"""
    return counter.of == "running" or counter.in_each == "rolling"


def counted_back(counter: Counter, who: str, at: Instant) -> Tally:
    """Uses that count at this instant: contracts that still run, or what fell into the time that rolls along."""
    where: tuple[Where, ...] = (("subject", "=", who), ("counter", "=", counter.name), ("until", "open_at", at))
    if counter.in_each == "rolling":
        where += (("at", ">", at - counter.within),)
    return Tally(Use, where, "sum", "units")


def running(customer: str, product: str, at: Instant) -> Tally:
    """The contracts of a product that a customer has at this instant."""
    return Tally(Contract, still_running(customer, product, at))


def still_running(customer: str, product: str, at: Instant) -> tuple[Where, ...]:
    """Contracts that have not ended, those that begin later among them."""
    here: tuple[Where, ...] = (("stream", "=", customer), ("product", "=", product))
    return (*here, ("state", "!=", "ended"), ("ends_at", "open_at", at))


def begins_at(product: Product, customer: str, at: Instant) -> Verb[Instant]:
    """When bought time begins: now, or where it extends what is running, at the end of the last of that."""
    if product.again != "extend":
        return at
    (contracts,) = yield from ask(Find(Contract, still_running(customer, product.id, at)))
    return max((each.ends_at for each in contracts if each.ends_at is not None), default=at)


def measured(measure: Measure, customer: str, at: Instant) -> Tally:
    """A measure over one customer's own rows, in the stretch (at - within, at]."""
    table, moment, kept = _EVENTS[measure.events]
    where: tuple[Where, ...] = (("stream", "=", customer), *kept)
    if measure.of is not None:
        table = OrderLine if table is Order else table
        where += of_products(measure)
    if measure.within is not None:
        where += ((moment, ">", at - measure.within),)
    if measure.how == "sum":
        return Tally(table, where, "sum", {Order: "total", OrderLine: "amount", Charge: "amount"}[table])
    return Tally(table, where, "distinct", "order") if table is OrderLine else Tally(table, where)


def refunded(measure: Measure, customer: str, at: Instant) -> Tally:
    """What was refunded of what a measure counts: an order or charge once nothing of it is left, sums part by part."""
    moment, over = _REFUNDED[measure.events]
    where: tuple[Where, ...] = (("stream", "=", customer),)
    if measure.of is not None:
        where += of_products(measure)
        over = ("line", *over) if measure.events == "orders" else over
    if measure.within is not None:
        where += ((moment, ">", at - measure.within),)
    if measure.how == "sum":
        return Tally(Refund, where, "sum", "amount")
    return Tally(Refund, (*where, ("last", "in", over)))


_REFUNDED: Mapping[str, tuple[str, tuple[str, ...]]] = {  # the column of the instant, and what had nothing left
    "orders": ("ordered_at", ("order",)),
    "charges": ("charged_at", ("charge", "line", "order")),
}
_EVENTS: Mapping[str, tuple[type, str, tuple[Where, ...]]] = {  # table, the column of its instant, which rows count
    "orders": (Order, "at", ()),
    "charges": (Charge, "settled_at", (("state", "=", "paid"),)),
    "claims": (Grant, "claimed_at", (("claimed_at", "set", None), ("state", "!=", "revoked"))),
    "redemptions": (Redemption, "at", (("reversed_at", "=", None),)),
}
