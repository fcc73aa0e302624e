"""Customers of a table, counted by what changes for them: the same as asking everybody one by one."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entitle.dsl.load import compile_sources
from entitle.errors import Error
from entitle.release import Counter as Used
from entitle.release import Item, Product, Purchase, Release
from entitle.runtime.decide import Decider, OrderVerdict
from entitle.runtime.difference import told
from entitle.runtime.difference.met import kinds_met
from entitle.runtime.many.decide import Decisions
from entitle.runtime.many.names import ForAll
from entitle.source import Source
from tests.priced.making import books, requests
from tests.priced.run import RUN
from tests.tables import Customer, anybody, engine_decides, table_of
from tests.test_difference import CHANGED, edited
from tests.test_difference_orders import CHANGED as ORDERS
from tests.test_difference_orders import edited as orders_edited
from tests.test_difference_pairs import CHANGES

MANY, PAIRS, FEW = 200, 5, 8
FRIDAY_EVENING = 1_798_799_400_000_000  # in Shanghai
Pair = tuple[Release, Release]
EDITS: dict[str, tuple[str, set[str]]] = {  # of `test_difference`: the product that changes, what somebody must meet
    "a condition more": ("pass", {"refused"}),
    "a condition less": ("pass", {"allowed"}),
    "a price up": ("pass", {"dearer"}),
    "rounding": ("pass", set()),
    "a gift for fewer": ("pass", {"gift"}),
    "another number of gifts": ("pass", {"gift"}),
    "a benefit lasts": ("pass", {"gift"}),
    "when a gift comes": ("pass", {"schedule"}),
    "a phase is for others": ("month", {"schedule"}),
    "a renewal": ("month", {"schedule"}),
    "a limit": ("pass", {"limit"}),
    "another code": ("pass", {"refused", "allowed"}),
    "a guard that only notes": ("month", {"reason"}),
}
ORDER_EDITS: dict[str, tuple[str, str, set[str]]] = {
    "more off from more on": (*ORDERS["more off from more on"][:2], set()),
    "when a code counts": (*ORDERS["when a code counts"][:2], {"refused"}),
    "more often than once": ("pay: 90%, once_per: customer", "pay: 90%", {"limit"}),
}


@pytest.mark.parametrize("name", EDITS)
def test_all_are_counted_who_meet_a_change(name: str) -> None:
    product, kinds = EDITS[name]
    pair = edited(*CHANGED[name][:2])
    met = check(pair, product, some(pair, product))
    assert kinds <= met.keys(), met


@pytest.mark.parametrize("name", ORDER_EDITS)
def test_all_are_counted_whose_orders_change(name: str) -> None:
    before, after, kinds = ORDER_EDITS[name]
    pair = orders_edited(before, after)
    met = check(pair, "cup", some(pair, "cup"))
    assert kinds <= met.keys(), met


def test_any_two_rulebooks_are_counted_as_one_by_one() -> None:
    asked: Counter[str] = Counter()

    @settings(RUN, max_examples=PAIRS)
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        asked.update(compare_any_two(data))

    ask()
    assert asked["counted"] >= asked["refused"], asked


def compare_any_two(data: st.DataObject) -> Iterator[str]:
    """What came of each product of two generated rulebooks: what a table cannot tell it refuses."""
    book = data.draw(books())
    other = data.draw(st.sampled_from(CHANGES))(book)
    pair = [compile_sources([Source("rulebook.yaml", each.text)]).release for each in (book, other)]
    if pair[0] is None or pair[1] is None:
        return  # what was taken away is named elsewhere
    for product in pair[0].products:
        asked = [data.draw(requests(book)) for _ in range(FEW)]
        people = [
            Customer(
                each.scene.at,
                quantity,
                each.codes,
                each.scene.told,
                {"customer": "k1", **each.scene.stored},
                tuple(each.passed),
            )
            for each in asked
            for name, quantity in each.lines
            if name == product
        ]
        try:
            check((pair[0], pair[1]), product, people)
        except Error:
            yield "refused"
        else:
            yield "counted" if people else "of nobody"


def some(pair: Pair, product: str) -> list[Customer]:
    """Customers of whom the store has counted what both versions read."""
    random = Random(product)
    found = []
    for _ in range(MANY):
        one, other = (anybody(book, book.products[product], random) for book in pair)
        codes = tuple(random.sample(sorted({*pair[0].by_code, *pair[1].by_code}), random.randint(0, 1)))
        facts = {**one.told, **other.told, "city": random.choice(("shenzhen", "zhuhai"))}
        stored = {**other.stored, **one.stored, "past_orders": random.choice((0, 50))}
        at = random.choice((one.at, FRIDAY_EVENING))
        found.append(replace(one, at=at, told=facts, stored=stored, codes=codes))
    return found


def check(pair: Pair, product: str, people: list[Customer]) -> Counter[Any]:
    """The same numbers as from everybody one by one."""
    decisions = [
        Decisions(book, product, table_of(book, book.products[product], people), ForAll(), whole=True) for book in pair
    ]
    met = kinds_met(decisions[0], decisions[1], pair, product)
    ready = [Decider(book) for book in pair]
    alone: Counter[Any] = Counter()
    for one in people:
        verdicts = [engine_decides(each, each.release.products[product], one) for each in ready]
        alone.update(kinds(verdicts[0], verdicts[1], pair))
    assert met == alone
    return met


def kinds(a: OrderVerdict, b: OrderVerdict, books: Pair) -> set[str]:
    found = set(_kinds(a, b, books))
    return found or ({"reason"} if _reasons(a) != _reasons(b) else set())


def _kinds(a: OrderVerdict, b: OrderVerdict, books: Pair) -> Iterator[str]:
    old, new = a.lines[0], b.lines[0]
    if a.priced is None or b.priced is None:
        if (a.stage is None) != (b.stage is None):
            yield "limit" if "limits" in (a.stage, b.stage) else "refused" if a.stage is None else "allowed"
        return
    if a.priced.total != b.priced.total:
        yield "dearer" if a.priced.total < b.priced.total else "cheaper"
    items = [
        {each.id: (_whenever(each), book.benefits[each.benefit]) for each in of.gives}
        for of, book in zip((old, new), books, strict=True)
    ]
    if items[0] != items[1]:
        yield "gift"
    times = [{each.id: each for each in of.gives} for of in (old, new)]
    same = [id_ for id_ in items[0] if items[1].get(id_, (None,))[0] == items[0][id_][0]]
    phases = [_phases(of.product, {each.segment.phase for each in of.stretches}) for of in (old, new)]
    if phases[0] != phases[1] or any(times[0][id_] != times[1][id_] for id_ in same):
        yield "schedule"
    if _used(a) != _used(b):
        yield "limit"


def _phases(product: Product, kept: set[str]) -> object:
    return [each for each in product.phases if each.id in kept], product.subscription, product.lasts


def _used(verdict: OrderVerdict) -> set[object]:
    """The counters of the first charge."""
    assert verdict.priced is not None
    (cost,), counters = verdict.priced.lines, verdict.lines[0].product.counters
    found = {_however(each) for i, each in enumerate(counters) if cost.uses >> i & 1}
    return found | {
        _however(each) for taken in verdict.priced.order if taken.offer in cost.order for each in taken.uses
    }


def _whenever(item: Item) -> Item:
    """What is given, apart from its schedule."""
    return replace(item, when=Purchase(), times=None, paid_time=False, claim_within=None)


def _however(counter: Used) -> Used:
    """What is counted, apart from how it is kept."""
    return replace(counter, hot=False)


def _reasons(verdict: OrderVerdict) -> object:
    (line,) = verdict.lines
    rules = [*(line.rules if line.stage == verdict.stage else ()), *(verdict.codes if verdict.stage == "price" else ())]
    applied = verdict.priced.lines[0].applied if verdict.priced else ()
    logged = line.logged if verdict.stage is None else ()  # what is noted of a purchase that is refused changes nothing
    return verdict.stage, [(each.code, each.id) for each in rules], logged, applied


# ---- the suite can fail

FAULTS: dict[str, tuple[str, Any, str]] = {  # a piece, what stands in its place, and where it shows
    "no gift comes at another time": (
        "entitle.runtime.difference.told._moved",
        lambda a, b: False,
        "when a gift comes",
    ),
    "all phases are kept": (
        "entitle.runtime.difference.told.runs",
        lambda product, kept: (product.phases, product.subscription, product.lasts),
        "a phase is for others",
    ),
    "offers on the whole order use nothing": (
        "entitle.runtime.many.orders.Ordering._used",
        lambda self, step, offer, uses: self.col("0"),
        "more often than once",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_counting_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    piece, stand_in, name = FAULTS[fault]
    monkeypatch.setattr(piece, stand_in)
    monkeypatch.setattr("entitle.runtime.difference.met.runs", told.runs)
    ask = test_all_are_counted_whose_orders_change if name in ORDER_EDITS else test_all_are_counted_who_meet_a_change
    with pytest.raises(AssertionError):
        ask(name)
