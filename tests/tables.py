"""Customers as rows of a table, and what the engine says to each of them alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import pyarrow as pa

from entitle.ir import Bool, Enum, Input, Int, Key, SetOf, Text, Value
from entitle.release import Product, Release
from entitle.runtime.decide import Decider, OrderVerdict
from entitle.runtime.explain import moment
from entitle.runtime.presented import codes_of
from entitle.runtime.pricing import Asked, OrderFacts
from entitle.values.money import Money


@dataclass(frozen=True)
class Customer:
    """What one customer tells, and what the store counts of them."""

    at: int
    quantity: int = 1
    codes: tuple[str, ...] = ()
    told: Mapping[str, object] = field(default_factory=dict)
    stored: Mapping[str, Value] = field(default_factory=dict)
    passed: tuple[str, ...] = ()


def engine_decides(ready: Decider, product: Product, customer: Customer) -> OrderVerdict:
    """The decision on an order of one line."""
    release, codes = ready.release, codes_of(customer.codes)
    stored = dict(customer.stored) | {
        f"code.{release.by_code[code].id}": True for code in codes if code in release.by_code
    }
    stored |= {f"passed.{challenge}": True for challenge in customer.passed}
    facts = ready.facts(product, customer.told, customer.at, customer.quantity, stored)
    order = ready.order_facts(customer.told, customer.at, stored)
    return ready.replay(OrderFacts((Asked(product, customer.quantity, facts),), order, codes))


def engine_says(ready: Decider, product: Product, customer: Customer) -> dict[str, object]:
    """The row of the answer, from that decision."""
    verdict = engine_decides(ready, product, customer)
    (line,) = verdict.lines
    rules = list(line.rules) if line.stage == verdict.stage else []
    rules += verdict.codes if verdict.stage == "price" else []
    found: dict[str, object] = {
        "stage": verdict.stage,
        "reasons": [rule.code for rule in rules],
        "rules": [rule.id for rule in rules],
    }
    if verdict.priced is None:
        return found | dict.fromkeys(("base", "floor", "pay", "total")) | {"offers": [], "gives": []}
    (cost,) = verdict.priced.lines
    prices = {"base": cost.base, "floor": cost.floor, "pay": cost.unit, "total": verdict.priced.total}
    return found | prices | {"offers": list(cost.applied), "gives": [item.id for item in line.gives]}


def anybody(release: Release, product: Product, random: Random) -> Customer:
    """Some customer: facts told or not, counts around nothing, an instant around the product's window."""
    programs = [product.program, *(step.program for step in release.order_steps)]
    stored = {each.name: each for program in programs for each in program.inputs if each.origin == "store"}
    lists = {each.name for program in programs for each in program.inputs if each.name.startswith("passed.")}
    edges = [at for at in (product.sale.window.start, product.sale.window.end) if at is not None]
    return Customer(
        random.choice(edges or [1_800_000_000_000_000]) + random.choice((-1, 0, 1, random.randint(-(10**13), 10**13))),
        random.randint(*product.sale.quantity),
        tuple(random.sample([*release.by_code, "NONE"], random.randint(0, 1))),
        {each.name: _told(each, release, random) for each in release.facts if random.random() < 0.85},
        {
            name: random.choice("ab") if isinstance(each.type, Key) else random.choice((0, 0, 1, 2, 5))
            for name, each in stored.items()
        },
        tuple(name.removeprefix("passed.") for name in sorted(lists) if random.random() < 0.5),
    )


def _told(each: Input, release: Release, random: Random) -> object:
    """Some value of a fact, as a shop tells it."""
    match each.type:
        case Bool():
            return random.random() < 0.3
        case Int(unit="number", lo=lo, hi=hi):
            return random.choice((lo, hi, random.randint(lo, hi)))
        case Int(unit="money"):
            return Money.of_minor(random.randint(0, 10_000), release.currency)
        case Int(unit="duration"):
            return timedelta(hours=random.randint(0, 48))
        case Int(unit="instant"):
            return moment(1_800_000_000_000_000 + random.randint(-(10**13), 10**13))
        case Int():
            return moment(1_800_000_000_000_000).date() + timedelta(days=random.randint(-100, 100))
        case Enum(members=members):
            return random.choice(members)
        case SetOf(members=members):
            return frozenset(random.sample(members, random.randint(0, len(members))))
        case Text():
            return random.choice([*release.words, "elsewhere"])
        case Key():
            return random.choice("ab")


def arrow_type(each: Input) -> Any:
    """The type of a column that tells a fact."""
    match each.type:
        case Bool():
            return pa.bool_()
        case Int(unit="instant"):
            return pa.timestamp("us", "UTC")
        case Int(unit="date"):
            return pa.date32()
        case Int(unit="duration"):
            return pa.duration("us")
        case Int():
            return pa.int64()
        case SetOf():
            return pa.list_(pa.string())
        case _:
            return pa.string()


def _cell(told: object) -> object:
    if isinstance(told, Money):
        return told.minor
    return sorted(told) if isinstance(told, set | frozenset) else told


def table_of(release: Release, product: Product, customers: Sequence[Customer]) -> Any:
    """The customers as a pyarrow Table."""
    columns: dict[str, Any] = {
        "now": pa.array([moment(each.at) for each in customers], pa.timestamp("us", "UTC")),
        "quantity": pa.array([each.quantity for each in customers], pa.int8()),
    }
    if any(each.codes for each in customers):
        columns["codes"] = pa.array([list(each.codes) for each in customers], pa.list_(pa.string()))
    if any(each.passed for each in customers):
        columns["passed"] = pa.array([list(each.passed) for each in customers], pa.list_(pa.string()))
    for fact in release.facts:
        columns[fact.name] = pa.array([_cell(each.told.get(fact.name)) for each in customers], arrow_type(fact))
    programs = [product.program, *(step.program for step in release.order_steps)]
    stored = {each.name: each for program in programs for each in program.inputs if each.origin == "store"}
    for name, each in stored.items():
        columns[name] = pa.array([customer.stored[name] for customer in customers], arrow_type(each))
    return pa.table(columns)


def disagreement(release: Release, product: Product, customers: Sequence[Customer], twins: int = 3) -> str | None:
    """The first row of which a table says something else than the engine. With twins, those alike are decided once."""
    ready = Decider(release)
    table = table_of(release, product, list(customers) * twins)
    found = release.decide_many(product.id, table).to_pylist()
    assert found == found[: len(customers)] * twins
    for customer, row in zip(customers, found, strict=False):
        expected = engine_says(ready, product, customer)
        if row != expected:
            return f"{customer}\nthe table says {row}\nthe engine     {expected}"
    return None
