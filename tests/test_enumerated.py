"""Small rulebooks of fixed seeds, and every order of every customer of them: none contradicts what was proved.

Who buys is enumerated, and the runtime is asked of each: what the solver says is held against all there is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product as every
from random import Random

import pytest

from entitle.release import Release
from entitle.runtime.decide import Decider
from entitle.runtime.prove.replay import Purchase, Witness, decided, witness
from entitle.runtime.prove.result import Result
from entitle.source import Source
from tests.test_difference import compared
from tests.test_prove import AT, answers, released

PROVED, PAIRS = range(12), range(30)  # seeds
SECONDS = 5


@dataclass(frozen=True)
class Good:
    """A product: yuan for a unit, how many one may buy, and the floor; 0: none."""

    price: int
    units: int
    floor: int

    def text(self, id_: str) -> str:
        floor = f"floor: [{{otherwise: ¥{self.floor}.00}}], " if self.floor else ""
        sold = f"sell: {{quantity: 1..{self.units}}}, price: ¥{self.price}.00"
        return f"  {id_}: {{name: {id_}, {sold}, {floor}gives: [{{benefit: club}}]}}\n"


@dataclass(frozen=True)
class Deal:
    """An offer: its step, what it sees and does, for whom, and which other it is not combined with."""

    id: str
    step: str
    sees: str
    does: str
    conditions: tuple[str, ...]
    apart: str

    @property
    def text(self) -> str:
        met = f", if: {' and '.join(self.conditions)}" if self.conditions else ""
        apart = f", cannot_combine_with: [{self.apart}]" if self.apart else ""
        return f"  {self.id}: {{step: {self.step}, products: [{self.sees}], {self.does}{met}{apart}}}\n"


@dataclass(frozen=True)
class Small:
    """A rulebook of two products, with a few offers; `least`: yuan that a unit is claimed to cost at least."""

    goods: tuple[Good, Good]
    deals: tuple[Deal, ...]
    least: int

    @property
    def text(self) -> str:
        goods = "".join(good.text(id_) for id_, good in zip("pq", self.goods, strict=True))
        deals = "".join(deal.text for deal in self.deals)
        claim = f"always:\n  over-{self.least}: {{always: pay >= ¥{self.least}.00}}\n"
        return f"{HEAD}products:\n{goods}promotions:\n{deals}{claim}"


HEAD = """\
entitle: 1
name: small
timezone: Asia/Shanghai
currency: CNY
price_steps: {level: each_unit, early: whole_order, order: whole_order, late: whole_order}
benefits:
  club: {kind: access, name: Club}
facts:
  member: {type: bool, if_missing: false}
"""
WHOLE = ("early", "order", "late")
SEES = ("p", "p", "q", "p, q")


def small(draw: Random) -> Small:
    goods = [Good(draw.choice((10, 12, 20)), draw.choice((1, 2, 3)), draw.choice((0, 0, 3, 5, 8))) for _ in "pq"]
    ids = "abcde"[: draw.choice((3, 4, 5))]
    return Small(
        (goods[0], goods[1]), tuple(deal(draw, id_, ids.replace(id_, "")) for id_ in ids), draw.choice((1, 3, 5, 8))
    )


def deal(draw: Random, id_: str, others: str) -> Deal:
    step = draw.choice(("level", "order", "order", *WHOLE))
    does = draw.choice(("minus: ¥1.00", "minus: ¥3.00", "pay: 90%", "pay: 70%", "buy: 1, free: 1"))
    if does.startswith("buy") and step == "level":
        does = "minus: ¥2.00"
    over = f"amount {draw.choice(('>=', '<'))} ¥{draw.choice((10, 15, 20, 30))}.00"
    conditions = [each for each, odds in ((over, 0.4), ("member", 0.2)) if draw.random() < odds]
    met = () if does.startswith("buy") else tuple(conditions)
    return Deal(id_, step, draw.choice(SEES), does, met, draw.choice(others) if draw.random() < 0.3 else "")


def edited(draw: Random, book: Small) -> Small:
    """Another version of it: one thing is written otherwise."""
    place = draw.randrange(len(book.deals))
    deal, other = book.deals[place], draw.choice(book.deals[:place] + book.deals[place + 1 :])
    change = draw.choice(("apart", "step", "sees", "over", "floor", "floor", "price", "order"))
    deals = {
        "apart": replace(deal, apart="" if deal.apart else other.id),
        "step": replace(deal, step=deal.step if deal.step == "level" else draw.choice(WHOLE)),
        "sees": replace(deal, sees=draw.choice(SEES)),
        "over": replace(deal, conditions=tuple(each.replace(">=", ">") for each in deal.conditions)),
    }
    goods = {
        "floor": replace(book.goods[0], floor=draw.choice((0, 3, 5, 6, 8))),
        "price": replace(book.goods[0], price=draw.choice((10, 12, 20))),
    }
    written = [deals.get(change, each) if each is deal else each for each in book.deals]
    if change == "order":
        draw.shuffle(written)
    return Small((goods.get(change, book.goods[0]), book.goods[1]), tuple(written), book.least)


def asked(release: Release) -> Iterator[Witness]:
    """Every order of every customer, as each of its lines sees it."""
    decider = Decider(release)
    units = [range(release.products[id_].sale.quantity[1] + 1) for id_ in "pq"]
    for bought, member in every(every(*units), (False, True)):
        lines = [(id_, count) for id_, count in zip("pq", bought, strict=True) if count]
        for first, count in lines:
            beside = tuple(each for each in lines if each[0] != first)
            done = Purchase(first, AT, count, {"member": member}, {}, (), (), 1, beside)
            yield witness(decider, done, decided(decider, done), {})


# ---- what is proved of one


def minor(result: Result, name: str) -> int:
    """An amount that is told, in minor units."""
    return int(str(result.values[name]).strip("¥").replace(".", "").replace(",", ""))


AGAINST: dict[str, Callable[[Result, Witness], bool]] = {  # which order contradicts what was proved
    "lowest-price": lambda result, seen: seen.unit < minor(result, "amount"),
    "never-lifted": lambda _, seen: any(fall.kind == "floor" for fall in seen.falls),
    "never-cut": lambda _, seen: any(fall.kept for fall in seen.falls),
    "within-base": lambda _, seen: not all(0 <= unit <= seen.falls[0].after for unit in seen.units),
    "claimed": lambda result, seen: min(seen.units) < int(str(result.values["name"]).removeprefix("over-")) * 100,
    "dead-offer": lambda result, seen: result.values["name"] in seen.applied,
}


def contradicted(book: Small) -> Iterator[str]:
    """What of the answers about a rulebook somebody's order contradicts."""
    release, claims = released([Source("rulebook.yaml", book.text)])
    orders = list(asked(release))
    for result in answers(release, claims, SECONDS):
        if result.answer == "proved" and result.code in AGAINST:
            about = result.values.get("product")
            told = [each for each in orders if about in (None, each.purchase.product)]
            if any(AGAINST[result.code](result, each) for each in told):
                yield f"{result.code} {dict(result.values)}"
        if result.answer == "proved" and result.code == "more-costs-more":
            alone = [each for each in orders if not each.purchase.beside]
            bought = [each for each in alone if each.purchase.product == result.values["product"]]
            if any(_less_for_more(a, b) for a, b in every(bought, bought)):
                yield f"{result.code} {dict(result.values)}"


def _less_for_more(a: Witness, b: Witness) -> bool:
    same = a.purchase.told == b.purchase.told
    return same and a.purchase.quantity < b.purchase.quantity and a.order > b.order


@pytest.mark.parametrize("seed", PROVED)
def test_no_order_contradicts_what_is_proved(seed: int) -> None:
    assert list(contradicted(small(Random(seed)))) == []


# ---- what is proved of two


def told_apart(seed: int) -> tuple[Small, Small] | None:
    """Two versions that are said to mean the same, though an order tells them apart."""
    draw = Random(seed)
    book = small(draw)
    other = edited(draw, book)
    a, b = (released([Source("rulebook.yaml", each.text)])[0] for each in (book, other))
    if not all(each.same for each in compared(a, b, SECONDS)):
        return None
    differ = (was.order != now.order for was, now in zip(asked(a), asked(b), strict=True))
    return (book, other) if any(differ) else None


@pytest.mark.parametrize("seed", PAIRS)
def test_no_order_tells_apart_what_is_said_to_mean_the_same(seed: int) -> None:
    assert told_apart(seed) is None


# ---- the suite can fail

PIECES = "entitle.runtime"
Fault = tuple[str, Callable[..., object], bool, int]  # what is broken, by what; is it asked of two versions; which seed
FAULTS: dict[str, Fault] = {
    "floors cut nothing of an order": (f"{PIECES}.prove.orders.cuts", lambda *told: False, False, 0),
    "no offer on orders lowers a price": (f"{PIECES}.prove.whole.Whole.least", lambda whole: iter(()), False, 6),
    "offers see the old price": (f"{PIECES}.difference.pair.Pair._orders", lambda *told: iter(()), True, 8),
    "it does not matter what is combined": (f"{PIECES}.difference.offers.Offers.moved", lambda *told: set(), True, 13),
    "no offer takes anything off": (
        f"{PIECES}.difference.order_programs.OrderPrograms.leaves",
        lambda programs, place, offer, there: programs.reached(offer),
        True,
        2,
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_contradicted(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    piece, stand_in, of_two, seed = FAULTS[fault]
    monkeypatch.setattr(piece, stand_in)
    assert told_apart(seed) if of_two else list(contradicted(small(Random(seed))))
