"""Random rulebooks with prices, and requests of several lines."""

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product as every
from typing import Any

from hypothesis import strategies as st

from tests.choices import ROUNDINGS
from tests.declarations import MINORS, Declared, Scene
from tests.phrases import COMPARED, DERIVED, Ground, Phrase, conditions
from tests.priced.books import (
    Amount,
    Book,
    Effect,
    Free,
    Goods,
    Minus,
    MinusEach,
    Pay,
    Promo,
    Row,
    SetTo,
    Stretch,
    Watch,
    Window,
)
from tests.rulebook_strategies import KEYS, Limit, grounds, maybe
from tests.scenes import instants, open_at, told_facts

PRICES = (2510, 3333, 10000, 9990, 990, 5050, 99, 1, 0)
OFFS = (1, 50, 99, 333, 1000, 250, 0)
SUMS = (0, 100, 990, 2500, 5000, 9500, 20000)
RATES = {
    "95%": Fraction(19, 20),
    "9折": Fraction(9, 10),
    "88折": Fraction(22, 25),
    "8.5折": Fraction(17, 20),
    "66.6667%": Fraction(666667, 1000000),
    "50%": Fraction(1, 2),
    "12.5%": Fraction(1, 8),
    "100%": Fraction(1),
    "0%": Fraction(0),
}
UNIT_STEPS, ORDER_STEPS = ("level", "campaign", "season"), ("threshold", "coupon")
GATES = ("register", "login", "purchase", "claim", "redeem")
CODES = ("A1", "B-2", "NY2027", "XX")
CHALLENGES = ("slider", "sms")
LEVELS = range(-3, 10)


@st.composite
def books(draw: st.DrawFn) -> Book:
    ground, windows = draw(grounds())
    units = UNIT_STEPS[: draw(st.integers(1, 3))]
    orders = ORDER_STEPS[: draw(st.sampled_from((2, 2, 1, 0)))]
    names = ("p", "q", "r")[: draw(st.sampled_from((2, 3, 1)))]
    goods = tuple(draw(_goods(ground, name)) for name in names)
    count = draw(st.sampled_from((5, 6, 7, 8, 4, 3, 0)))
    ids = [f"o{i}" for i in draw(st.permutations(range(count)))]
    drawn = [draw(_promo(ground, id_, ids, names, (units, orders))) for id_ in ids]
    if draw(st.booleans()):
        drawn[1:] = [draw(_like(each, drawn[0], (*units, *orders))) for each in drawn[1:]]
    coded = dict(zip(draw(st.permutations(ids)), CODES[: draw(st.integers(0, 3))], strict=False))
    promos = tuple(replace(each, code=coded.get(each.id)) for each in drawn)
    guards = tuple(draw(_guard(ground, f"g{i}")) for i in range(draw(st.sampled_from((0, 1, 0, 2, 3)))))
    steps = (*((step, False) for step in units), *((step, True) for step in orders))
    said_all = frozenset(each.id for each in promos if draw(st.booleans()))
    rounding = draw(st.sampled_from(ROUNDINGS))
    return Book(ground, windows, rounding, steps, goods, promos, guards, draw(st.integers(1, 3)), said_all)


# ---- products


@st.composite
def _goods(draw: st.DrawFn, ground: Ground, id_: str) -> Goods:
    subscribed = draw(st.booleans())
    amounts = [draw(_amount(ground, PRICES)) for _ in range(draw(st.integers(1, 3)) if subscribed else 1)]
    last = len(amounts) - 1
    phases = []
    for i, amount in enumerate(amounts):
        when = draw(maybe(_short(ground))) if i < last else None
        periods = draw(st.sampled_from((None, 3) if i == last else (1, 2)))
        phases.append(Stretch(f"phase-{i}" if subscribed else "price", amount, periods if subscribed else 1, when))
    lowest = min((row.amount for amount in amounts for row in amount.rows if row.amount), default=0)
    floor = draw(maybe(_amount(ground, tuple(sorted({0, lowest // 2, lowest})))))
    low = draw(st.sampled_from((1, 1, 2)))
    quantity = (low, low + draw(st.integers(0, 3)))
    limits = [draw(_limit(ground, f"few-{id_}", prefix="limit"))] if draw(st.integers(0, 3)) == 0 else []
    roomy = tuple(replace(each, max=each.max + quantity[1]) for each in limits)
    eligible = draw(_short(ground)) if draw(st.integers(0, 9)) == 9 else None
    return Goods(id_, quantity, draw(_window(seldom=True)), tuple(phases), subscribed, floor, eligible, roomy)


@st.composite
def _amount(draw: st.DrawFn, ground: Ground, amounts: tuple[int, ...]) -> Amount:
    """One amount for all; or a table over one fact or two, with a row for all others or without."""
    one = st.sampled_from(amounts)
    if draw(st.booleans()):
        return Amount((Row(draw(one)),))
    names = ("channel", "plan", "customer.bool", "customer.level")
    facts = [each for each in ground.facts if each.name in names]
    chosen = draw(st.lists(st.sampled_from(facts), min_size=1, max_size=2, unique_by=lambda each: each.name))
    pieces = [draw(_pieces(each)) for each in chosen]
    rows = tuple(Row(draw(one), selectors) for selectors in every(*pieces))
    if len(rows) > 1 and draw(st.booleans()):
        rows = rows[1:]
        return Amount((*rows, Row(draw(one))))
    return Amount(rows)


Selector = tuple[str, str, frozenset[int]]


@st.composite
def _pieces(draw: st.DrawFn, fact: Declared) -> list[Selector]:
    """Selectors that part what a fact may be."""
    if fact.kind == "bool":
        return [(fact.name, "true", frozenset({1})), (fact.name, "false", frozenset({0}))]
    if fact.kind == "enum":
        cut = draw(st.integers(1, len(fact.members) - 1))
        return [_members(fact, range(cut)), _members(fact, range(cut, len(fact.members)))]
    low, high = map(int, fact.type.split(".."))
    cut = draw(st.integers(low + 1, high))
    return [
        (fact.name, f"{low}..{cut - 1}", frozenset(range(low, cut))),
        (fact.name, f"{cut}..{high}" if cut < high else str(high), frozenset(range(cut, high + 1))),
    ]


def _members(fact: Declared, places: range) -> Selector:
    words = [fact.members[i] for i in places]
    return fact.name, words[0] if len(words) == 1 else f"[{', '.join(words)}]", frozenset(places)


@st.composite
def _window(draw: st.DrawFn, seldom: bool = False) -> Window:
    if draw(st.integers(0, 7 if seldom else 2)):
        return Window()
    start, end = sorted(draw(st.lists(st.integers(0, 3), min_size=2, max_size=2, unique=True)))
    calendar = draw(st.sampled_from((None, None, None, "evenings", "festival")))
    channels = draw(st.sampled_from(((), (), ("web",), ("mini", "app"))))
    opens, closes = draw(st.tuples(*[st.sampled_from((False, False, True))] * 2))
    return Window(start if opens else None, end if closes else None, calendar, channels)


# ---- conditions


@st.composite
def _short(draw: st.DrawFn, ground: Ground) -> Phrase:
    """A condition of the customer that is not a conjunction, and does not ask how many units are bought."""
    one = draw(conditions(ground, 0).filter(_of_customer))
    match draw(st.integers(0, 5)):
        case 0:
            other = draw(conditions(ground, 0).filter(_of_customer))
            means = lambda scene: one.means(scene) or other.means(scene)  # noqa: E731
            return Phrase(f"({one.text}) or ({other.text})", means, one.reads | other.reads)
        case 1:
            return Phrase(f"not ({one.text})", lambda scene: not one.means(scene), one.reads)
        case _:
            return one


def _of_customer(phrase: Phrase) -> bool:
    return not re.search(r"\bquantity\b", phrase.text)


def _of_lines(name: str) -> Phrase:
    return Phrase(name, lambda scene: scene.facts[name])


AMOUNT, BASE = _of_lines("amount"), _of_lines("base")
(QUANTITY,) = (each for each in DERIVED["number"] if each.text == "quantity")


@st.composite
def _sum(draw: st.DrawFn, ground: Ground) -> Phrase:
    """A condition of the amounts that reach a step, or of how many units are bought."""
    op = draw(st.sampled_from((">=", ">=", ">", "<", "<=", "==", "!=")))
    if draw(st.integers(0, 3)) == 0:
        least = draw(st.integers(1, 5))
        return Phrase(f"quantity {op} {least}", lambda scene: COMPARED[op](QUANTITY.means(scene), least))
    minor = draw(st.sampled_from(SUMS))
    text, value = draw(
        st.sampled_from(
            (
                ("amount", AMOUNT.means),
                ("amount", AMOUNT.means),
                ("base", BASE.means),
                ("amount * 33.5%", lambda scene: AMOUNT.means(scene) * Fraction(67, 200)),
                ("base - amount", lambda scene: BASE.means(scene) - AMOUNT.means(scene)),
                ("amount - base", lambda scene: AMOUNT.means(scene) - BASE.means(scene)),
                ("amount - base", lambda scene: AMOUNT.means(scene) - BASE.means(scene)),
                ("min(amount, customer.money)", lambda scene: min(AMOUNT.means(scene), scene.facts["customer.money"])),
            )
        )
    )
    reads = frozenset({"customer.money"} if "customer" in text else ())
    return Phrase(f"{text} {op} {ground.place.money(minor)}", lambda scene: COMPARED[op](value(scene), minor), reads)


# ---- promotions


@st.composite
def _promo(
    draw: st.DrawFn,
    ground: Ground,
    id_: str,
    ids: list[str],
    names: tuple[str, ...],
    steps: tuple[tuple[str, ...], tuple[str, ...]],
) -> Promo:
    units, orders = steps
    step = draw(st.sampled_from((*units, *orders, *orders)))
    goods = tuple(sorted(draw(st.lists(st.sampled_from(names), min_size=1, unique=True))))
    effect = draw(_effect(step in orders))
    others = st.sampled_from([each for each in ids if each != id_])
    apart = draw(st.lists(others, min_size=1, max_size=3, unique=True)) if len(ids) > 1 else []
    apart = draw(st.sampled_from((apart, [], apart, [], ["any_code"], [], apart, ["all"])))
    charges = draw(st.sampled_from((0, 1, 1, 2, 3)))
    return Promo(
        id_,
        step,
        goods,
        effect,
        draw(_window()),
        (draw(_short(ground)),) if draw(st.integers(0, 3)) == 3 else (),
        tuple(draw(st.lists(_sum(ground), max_size=2))) if draw(st.integers(0, 2)) == 2 else (),
        None if isinstance(effect, Free) else draw(maybe(st.sampled_from(OFFS))),
        None,
        tuple(apart),
        draw(_counters(ground, id_)),
        draw(st.sampled_from((500, 2000, 9000))) if charges and draw(st.integers(0, 3)) == 0 else None,
        charges,
    )


@st.composite
def _like(draw: st.DrawFn, promo: Promo, other: Promo, steps: tuple[str, ...]) -> Promo:
    """The promotion, or what does the same as another one, so that totals tie."""
    if isinstance(other.effect, Free) or draw(st.integers(0, 2)):
        return promo
    return replace(promo, step=draw(st.sampled_from(steps)), effect=other.effect, max_off=None, sums=())


@st.composite
def _effect(draw: st.DrawFn, whole: bool) -> Effect:
    match draw(st.integers(0, 7 if whole else 5)):
        case 0 | 1:
            return Pay(*draw(st.sampled_from([*RATES.items()])))
        case 2 | 3:
            return Minus(draw(st.sampled_from(OFFS)))
        case 4:
            return SetTo(draw(st.sampled_from((2400, 990, 5000, 250, 0))))
        case 5:
            return MinusEach(draw(st.sampled_from((1000, 999, 5000, 100, 1))), draw(st.sampled_from(OFFS)))
        case _:
            return Free(draw(st.integers(1, 2)), draw(st.integers(1, 2)))


@st.composite
def _counters(draw: st.DrawFn, ground: Ground, promo: str) -> tuple[Limit, ...]:
    found = []
    if draw(st.integers(0, 4)) == 0:
        keys = draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=2, unique=True))
        found += [Limit("once", 1, key, item=promo, prefix="promotion") for key in keys]
    if draw(st.integers(0, 3)) == 0:
        found.append(draw(_limit(ground, "some", promo)))
    return tuple(found)


@st.composite
def _limit(draw: st.DrawFn, ground: Ground, id_: str, item: str = "", prefix: str = "promotion") -> Limit:
    key = draw(st.sampled_from((*KEYS, "all_together")))
    each, of = draw(st.sampled_from(("day", "lifetime", "24 hours"))), draw(st.sampled_from(("units", "orders")))
    return Limit(id_, draw(st.integers(1, 8)), key, each, of, draw(maybe(_short(ground))), item, prefix)


# ---- guards


@st.composite
def _guard(draw: st.DrawFn, ground: Ground, id_: str) -> Watch:
    """It may read what is risky not to know: a fact, or a measure that is counted by a risky key."""
    gates = tuple(draw(st.lists(st.sampled_from(GATES), min_size=1, max_size=3, unique=True)))
    kind = draw(st.sampled_from(("block", "challenge", "review")))
    fires, risky = draw(st.sampled_from(RISKS)) if draw(st.booleans()) else (draw(_short(ground)), frozenset[str]())
    challenge = draw(st.sampled_from(CHALLENGES)) if kind == "challenge" else None
    return Watch(id_, gates, kind, fires, risky, challenge, draw(st.sampled_from((False, False, True))))


def _many(least: int) -> tuple[Phrase, frozenset[str]]:
    return Phrase(f"phones > {least}", lambda scene: scene.stored["phones"] > least), frozenset({"phone"})


RISKS: list[tuple[Phrase, frozenset[str]]] = [
    (Phrase("shaky", lambda scene: scene.facts["shaky"]), frozenset({"shaky"})),
    (Phrase("not shaky", lambda scene: not scene.facts["shaky"]), frozenset({"shaky"})),
    *map(_many, (2, 8)),
]


# ---- requests


@dataclass(frozen=True)
class Request:
    """What is asked: lines, and what is true of customer, time and store. `scene` has no quantity of its own."""

    lines: tuple[tuple[str, int], ...]
    scene: Scene
    codes: tuple[str, ...]
    passed: frozenset[str]

    def known(self, book: Book) -> dict[str, Any]:
        """What stands beside the told facts, as a decision takes it."""
        coded = {each.code: each.id for each in book.promos if each.code}
        found: dict[str, Any] = {f"code.{coded[code]}": True for code in self.codes if code in coded}
        return {**self.scene.stored, **found, **{f"passed.{each}": True for each in self.passed}}


@st.composite
def requests(draw: st.DrawFn, book: Book) -> Request:
    place = book.ground.place
    count = len(book.goods)
    names = draw(st.permutations([each.id for each in book.goods]))[: draw(st.sampled_from((count, count, 1)))]
    ranges = {each.id: each.quantity for each in book.goods}
    lines = tuple((name, draw(st.integers(*ranges[name]))) for name in names)
    told, facts = draw(told_facts(book.ground.facts, stingy=draw(st.integers(0, 9)) == 9))
    at = draw(instants(place))
    used = {name: draw(st.integers(0, most)) for name, most in book.counters.items()}
    stored = {name: draw(st.sampled_from((0, 0, many))) for name, many in used.items()}
    measured = {"orders": draw(st.integers(0, 9)), "paid": draw(st.sampled_from(MINORS))}
    measured["phones"] = draw(st.integers(0, 9))
    scene = Scene(told, facts, at, place.civil(at), 0, {**stored, **measured}, open_at(place, book.windows, at))
    codes = draw(st.lists(st.sampled_from(_presented(book)), max_size=draw(st.sampled_from((1, 2, 0, 3))), unique=True))
    return Request(lines, scene, tuple(codes), draw(st.frozensets(st.sampled_from(CHALLENGES))))


def _presented(book: Book) -> list[str]:
    """Codes that customers try: mostly such as there are."""
    there = [each.code for each in book.promos if each.code]
    return [*there * 5, "NOPE"]
