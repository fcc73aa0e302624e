"""What is proved of tiny rulebooks, and of two versions of them, is what every customer there is meets.

Every rulebook has a seed of its own: what fails tells it, and it fails again.
"""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from entitle.claim import Claim
from entitle.release import Release
from entitle.runtime.decide import Decider, OrderVerdict, Verdict
from entitle.runtime.difference.change import Compared
from entitle.runtime.stretches import Stretch
from entitle.runtime.waterfall import Fall, waterfall
from entitle.source import Source
from tests.test_difference import compared
from tests.test_prove import answers, released, used
from tests.tiny_books import CODE, Answers, Book, Order, asked, changed, drawn

SECONDS = 2
PROVED, PAIRS = range(16), range(24)
FLOORS = {"five": 500, "eight": 800, "nine": 900}  # what the claims say that every unit pays


@pytest.mark.parametrize("seed", PROVED)
def test_no_customer_contradicts_what_is_proved(seed: int) -> None:
    assert list(contradicted(seed)) == []


@pytest.mark.parametrize("seed", PAIRS)
def test_no_customer_meets_a_change_that_is_not_told(seed: int) -> None:
    assert list(untold(seed)) == []


def compiled(book: Book) -> tuple[Release, tuple[Claim, ...]]:
    return released([Source("rulebook.yaml", book.text)])


# ---- one rulebook


def contradicted(seed: int) -> Iterator[str]:
    """What is proved of a rulebook and is not so for some order."""
    release, claims = compiled(drawn(Random(seed)))
    decider, told = Decider(release), asked(release)
    results = answers(release, claims, SECONDS)
    dead = {(each.code, str(each.values["name"])) for each in results if each.code.startswith("dead-")}
    proved = {
        (each.question, str(each.values["product"]), str(each.values.get("name", ""))): str(each.values.get("amount"))
        for each in results
        if each.answer == "proved" and "product" in each.values
    }
    for order, verdict in told.items():
        taken = {("dead-offer", each.offer) for each in verdict.priced.order} if verdict.priced else set()
        own = {each for line in verdict.lines for each in used(line, verdict.stage is None)}
        yield from (f"{order}: {code} {name}" for code, name in (own | taken) & dead)
        yield from (f"{order}: {each}" for each in _broken(decider, order, verdict, proved))
        yield from (f"{order}: {each}" for each in _dearer(order, told, proved))


Proved = dict[tuple[str, str, str], str]


def _broken(decider: Decider, order: Order, verdict: OrderVerdict, proved: Proved) -> Iterator[str]:
    """What is proved of each line, and is not so of this order."""
    if all(("never-cut", id_, "") in proved for id_, _ in order.bought):
        yield from (f"never-cut {each.offer}" for each in (verdict.priced.order if verdict.priced else ()) if each.kept)
    for line, cost in zip(verdict.lines, verdict.priced.lines if verdict.priced else (), strict=False):
        id_ = line.product.id
        low = proved.get(("lowest-price", id_, ""))
        if low is not None and _minor(low) > cost.unit:
            yield f"lowest-price {id_}"
        falls = [fall for each in line.stretches for fall in _fallen(decider, line, each)]
        if ("never-lifted", id_, "") in proved and any(each.kind == "floor" for each in falls):
            yield f"never-lifted {id_}"
        for name, least in FLOORS.items():
            if ("claimed", id_, name) in proved and min(cost.units) < least:
                yield f"claimed {name} {id_}"
        if ("claimed", id_, "novices") in proved and order.level < 2 and "a" in cost.applied:
            yield f"claimed novices {id_}"


def _minor(amount: str) -> int:
    """Minor units of an amount of yuan, as it is told."""
    return int(amount.strip("¥").replace(".", ""))


def _fallen(decider: Decider, line: Verdict, stretch: Stretch) -> Iterator[Fall]:
    """A price of the line, step by step."""
    return waterfall(decider, line.product, stretch.segment.phase, stretch.cost, stretch.order, stretch.line)


def _dearer(order: Order, told: Answers, proved: Proved) -> Iterator[str]:
    """Of orders of one product: one more unit, the code, a higher level."""
    (id_, _), *beside = order.bought
    if beside:
        return
    more = Order(tuple(each + 1 if each else 0 for each in order.units), order.level, order.codes)
    above = Order(order.units, order.level + 1, order.codes)
    without = Order(order.units, order.level, ())
    for question, name, less, dear in (
        ("more-costs-more", "", order, more),
        ("never-dearer", "level", above, order),
        ("never-dearer-by-code", CODE, order, without),
    ):
        if (question, id_, name) in proved and less in told and dear in told:
            a, b = told[less].priced, told[dear].priced
            if a and b and a.total > b.total:
                yield f"{question} {id_}"


# ---- two versions of one


def untold(seed: int) -> Iterator[str]:
    """Orders that come to something else by a change that nothing is said of."""
    random = Random(seed)
    book = drawn(random)
    (old, _), (new, _) = compiled(book), compiled(changed(book, random))
    found = compared(old, new, SECONDS)
    before, after = asked(old), asked(new)
    for order, was in before.items():
        kind = _kind(was, after[order]) if order in after else ""
        if kind and not {kind, "unknown"} & _said(found, order, (old, new), exactly=len(order.bought) == 1):
            yield f"{order}: {kind}"


def _kind(was: OrderVerdict, now: OrderVerdict) -> str:
    if was.priced is None or now.priced is None:
        return "refused" if was.priced else "allowed" if now.priced else ""
    paid, pays = was.priced.total, now.priced.total
    return "" if paid == pays else "dearer" if pays > paid else "cheaper"


def _said(found: list[Compared], order: Order, books: tuple[Release, Release], exactly: bool) -> set[str]:
    """The kinds of change that are told of what the order holds, and of the offers that see it.

    Not `exactly`: what a product costs moves orders of several to either side of a threshold.
    """
    ids = {id_ for id_, _ in order.bought}
    offers = {each.id for book in books for each in book.promotions.values() if ids & set(each.products)}
    kinds = {
        str(change.kind) for each in found if each.id in (offers if each.offer else ids) for change in each.changes
    }
    return kinds | ({"dearer", "cheaper"} if kinds and not exactly else set())


# ---- the suite can fail

Ask = Callable[[int], Iterator[str]]
FAULTS: dict[
    str, tuple[Ask, int, str, Any]
] = {  # what is wrong -> a seed that shows it, a piece, and what stands there
    "no offer on orders lowers a price": (contradicted, 0, "prove.whole.Whole.least", lambda whole: iter(())),
    "no offer on orders comes to a floor": (contradicted, 0, "prove.orders.cuts", lambda *told: False),
    "bounds know nothing of thresholds": (contradicted, 5, "prove.floors.clipped", lambda *told: None),
    "any offer stands in for another": (contradicted, 9, "prove.beaten.Beaten._stands_in", lambda *told: True),
    "products are the same": (untold, 7, "difference.compare._Meaning.same", lambda *told: True),
    "offers are alike": (untold, 0, "difference.offers.Offers._alike", lambda *told: True),
    "offers are combined as before": (untold, 0, "difference.offers.Offers.standing_otherwise", lambda *told: []),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_met_by_a_customer(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ask, seed, piece, instead = FAULTS[fault]
    monkeypatch.setattr(f"entitle.runtime.{piece}", instead)
    assert list(ask(seed)) != []
