"""Counters and measures <-> the store: what to read before a decision, what to take with it."""

from collections.abc import Mapping

from entitle.ir import Value
from entitle.plan import Add, Effect, Find, Get, Insert, Read, Tally, Where, Within
from entitle.records import Charge, Contract, Count, Grant, Order, OrderLine, Redemption, Refund, Stock, Use
from entitle.release import FREE, RUNNING, Counter, Gate, Measure, OrderStep, Product
from entitle.runtime.decide import Decider
from entitle.runtime.encode import Told
from entitle.runtime.limits import NO_BUCKET, bucket, bucket_name, subject
from entitle.shop.sightings import of_products, seen
from entitle.shop.stock import expired
from entitle.shop.verb import Context, Verb, ask
from entitle.values.zone import Instant

COUNT_MAX = 1_000_000
COUNTED_MAX = 2**62
SUM_MAX = 10**12


def stored(
    ctx: Context,
    decider: Decider,
    of: Product | OrderStep | Gate,
    customer: str,
    told: Told,
    at: Instant,
    leaving: Mapping[str, int] | None = None,
) -> Verb[dict[str, Value]]:
    """The value of every input of a program that the store counts, by name.

    leaving  by counter, what is given up for what is asked
    """
    counters = {each.input: each for each in of.counters}
    product = of if isinstance(of, Product) else None
    values: dict[str, Value] = {}
    reads: dict[str, Read] = {}
    less: dict[str, Read] = {}
    for each in of.program.inputs:
        if each.origin != "store":
            continue
        if each.name == "customer":
            values[each.name] = fact_key(ctx, customer)
        elif each.name in ctx.overlay:
            values[each.name] = ctx.overlay[each.name]
        elif each.name == RUNNING and product is not None:
            reads[each.name] = running(customer, product.id, at)
        elif each.name.startswith(FREE):
            pool = each.name.removeprefix(FREE)
            reads[each.name] = Get(Stock, (pool,))
            for gone in expired(decider.release, pool, at):
                less[each.name] = gone
        elif each.name in decider.release.measured:
            measure = decider.release.measured[each.name]
            if measure.per == "customer":
                reads[each.name] = measured(measure, customer, at)
                if measure.products and measure.events == "orders" and measure.how == "count":
                    reads[each.name], less[each.name] = of_family(measure, customer, at)
                elif measure.events in _REFUNDED:
                    less[each.name] = refunded(measure, customer, at)
            elif measure.per in told:
                reads[each.name] = seen(measure, told, at)
            else:
                values[each.name] = 0  # its key is not known: the answer asks for that fact, or the guard fires
        elif counters[each.name].per in ("", "customer", *told):
            reads[each.name] = used(counters[each.name], product, decider, customer, told, at)
        else:
            values[each.name] = 0  # its key is not known: the answer asks for that fact
    rows = (yield from ask(*reads.values(), *less.values())) if reads else ()  # nothing to read is no trip
    back = dict(zip(less, rows[len(reads) :], strict=True))
    for name, row in zip(reads, rows, strict=False):
        given_up = (leaving or {}).get(counters[name].name, 0) if name in counters else 0
        left = _orders_left(row, back[name]) if isinstance(row, list) else _number(row) - (back.get(name) or 0)
        values[name] = min(left - given_up, _cap(decider, name))
    return values


def _orders_left(lines: list[OrderLine], gone: list[Refund]) -> int:
    """The orders of which a line was not given back whole."""
    over = {(each.order, each.line) for each in gone}
    return len({each.order for each in lines if (each.order, each.line) not in over})


def of_family(measure: Measure, customer: str, at: Instant) -> tuple[Find, Find]:
    """The lines of a family, and what had nothing left: an order may have several of them, and counts once."""
    here: tuple[Where, ...] = (("stream", "=", customer), *of_products(measure))
    since: tuple[Where, ...] = () if measure.within is None else (("at", ">", at - measure.within),)
    return Find(OrderLine, (*here, *since)), Find(Refund, (*here, ("last", "in", ("line", "order"))))


def _number(row: Count | Stock | int | None) -> int:
    match row:
        case Count(used=used):
            return used
        case Stock(free=free):
            return free
        case _:
            return row or 0


def fact_key(ctx: Context, value: str) -> str:
    """A key as conditions see it: the same for the same value, whichever fact tells it."""
    return ctx.keys.digest("fact", value)


def _cap(decider: Decider, name: str) -> int:
    measure = decider.release.measured.get(name)
    if measure is None:
        return COUNT_MAX if name.startswith(FREE) else COUNTED_MAX
    return SUM_MAX if measure.how == "sum" else COUNT_MAX


def used(counter: Counter, product: Product | None, decider: Decider, customer: str, told: Told, at: Instant) -> Read:
    """How much of a counter is used in the bucket of this instant."""
    who = subject(counter, customer, told)
    if looks_back(counter):
        return _running(counter, who, at)
    start, _ = bucket(counter, product, decider.release, at)
    return Get(Count, (who, counter.name, bucket_name(start)))


def looks_back(counter: Counter) -> bool:
    """Is it counted from its uses, and not kept as one number?"""
    return counter.of == "running" or counter.in_each == "rolling"


def _running(counter: Counter, who: str, at: Instant) -> Tally:
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


def take(
    counter: Counter,
    decider: Decider,
    product: Product | None,
    order: str,
    line: int,
    units: int,
    customer: str,
    told: Told,
    at: Instant,
    until: Instant | None,
) -> list[Effect]:
    """The effects that use a counter up, each guarded by its bound. `until`: when what was bought stops running."""
    who = subject(counter, customer, told)
    running = counter.of == "running"
    if looks_back(counter):
        name = NO_BUCKET
        guard: Effect = Within(_running(counter, who, at), units, counter.max)
    else:
        name = bucket_name(bucket(counter, product, decider.release, at)[0])
        guard = Add(Count(who, counter.name, name, 0), "used", units, most=counter.max)
    use = Use(who, order, line, counter.name, name, units, at, until if running else None)
    return [guard, Insert(use)]


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
