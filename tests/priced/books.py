"""Rulebooks with prices, written at random: the YAML, and beside it what was meant."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from entitle.ir import Rounding
from tests.declarations import MONTHS_APART, Place, Scene, instant
from tests.phrases import Ground, Phrase
from tests.rulebook_strategies import Limit, head, quoted


@dataclass(frozen=True)
class Effect:
    """What a promotion does to an amount; `Free` units are picked elsewhere."""

    def text(self, place: Place) -> str:
        raise NotImplementedError

    def after(self, amount: int, rounding: Rounding) -> int:
        return amount


@dataclass(frozen=True)
class Pay(Effect):
    written: str
    rate: Fraction

    def text(self, place: Place) -> str:
        return f"pay: {self.written}"

    def after(self, amount: int, rounding: Rounding) -> int:
        return rounded(amount * self.rate, rounding)


@dataclass(frozen=True)
class Minus(Effect):
    off: int

    def text(self, place: Place) -> str:
        return f"minus: {place.money(self.off)}"

    def after(self, amount: int, rounding: Rounding) -> int:
        return max(0, amount - self.off)


@dataclass(frozen=True)
class SetTo(Effect):
    price: int

    def text(self, place: Place) -> str:
        return f"set: {place.money(self.price)}"

    def after(self, amount: int, rounding: Rounding) -> int:
        return min(amount, self.price)


@dataclass(frozen=True)
class MinusEach(Effect):
    every: int
    off: int

    def text(self, place: Place) -> str:
        return f"minus_each: {{for_every: {place.money(self.every)}, minus: {place.money(self.off)}}}"

    def after(self, amount: int, rounding: Rounding) -> int:
        return max(0, amount - amount // self.every * self.off)


@dataclass(frozen=True)
class Free(Effect):
    buy: int
    free: int

    def text(self, place: Place) -> str:
        return f"buy: {self.buy}, free: {self.free}"


def rounded(exact: Fraction, rounding: Rounding) -> int:
    """An amount of zero or more, to whole minor units."""
    whole, rest = int(exact), exact - int(exact)
    if rounding == "half_even" and rest == Fraction(1, 2):
        return whole + whole % 2
    return whole + {"down": False, "up": rest > 0, "half_up": 2 * rest >= 1, "half_even": 2 * rest > 1}[rounding]


@dataclass(frozen=True)
class Row:
    """An amount for whoever the selectors admit: the codes that each fact may have. None of them: for all others."""

    amount: int
    selectors: tuple[tuple[str, str, frozenset[int]], ...] = ()

    def admits(self, scene: Scene) -> bool:
        return all(scene.facts[name] in codes for name, _, codes in self.selectors)

    def text(self, place: Place, key: str) -> str:
        said = [f"{name}: {written}" for name, written, _ in self.selectors]
        return "{" + ", ".join([*said, f"{key if said else 'otherwise'}: {place.money(self.amount)}"]) + "}"


@dataclass(frozen=True)
class Amount:
    """A price, or a floor: the rows, exactly one of which serves; the one for all others stands last."""

    rows: tuple[Row, ...]

    def of(self, scene: Scene) -> int:
        return next(row.amount for row in self.rows if row.admits(scene))

    @property
    def reads(self) -> set[str]:
        return {name for row in self.rows for name, _, _ in row.selectors}

    def table(self, place: Place, key: str) -> str:
        return f"[{', '.join(row.text(place, key) for row in self.rows)}]"

    def price(self, place: Place) -> str:
        plain = len(self.rows) == 1 and not self.rows[0].selectors
        return place.money(self.rows[0].amount) if plain else f"{{table: {self.table(place, 'price')}}}"


@dataclass(frozen=True)
class Window:
    """When and where something holds."""

    start: int | None = None  # places in MONTHS_APART
    end: int | None = None
    calendar: str | None = None
    channels: tuple[str, ...] = ()

    def text(self) -> Iterator[str]:
        yield from [f"from: {MONTHS_APART[self.start]:%Y-%m-%d %H:%M}"] if self.start is not None else []
        yield from [f"until: {MONTHS_APART[self.end]:%Y-%m-%d %H:%M}"] if self.end is not None else []
        yield from [f"in: {self.calendar}"] if self.calendar else []
        yield from [f"channels: [{', '.join(self.channels)}]"] if self.channels else []

    def holds(self, place: Place, scene: Scene) -> bool:
        edges = [None if i is None else instant(place.instant(MONTHS_APART[i])) for i in (self.start, self.end)]
        early = edges[0] is not None and scene.at < edges[0]
        late = edges[1] is not None and scene.at >= edges[1]
        return not early and not late and (self.calendar is None or scene.open[self.calendar])

    def sells_in(self, scene: Scene) -> bool:
        return not self.channels or ("app", "web", "mini")[scene.facts["channel"]] in self.channels


@dataclass(frozen=True)
class Stretch:
    """A phase: so many periods (None: no end)."""

    id: str
    price: Amount
    periods: int | None
    when: Phrase | None = None


@dataclass(frozen=True)
class Goods:
    """A product."""

    id: str
    quantity: tuple[int, int]
    sale: Window
    phases: tuple[Stretch, ...]
    subscribed: bool
    floor: Amount | None = None
    eligible: Phrase | None = None
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True)
class Promo:
    """A promotion. Its conditions are one conjunction: `says` of the customer, `sums` of amounts and units too."""

    id: str
    step: str
    goods: tuple[str, ...]
    effect: Effect
    window: Window = Window()
    says: tuple[Phrase, ...] = ()
    sums: tuple[Phrase, ...] = ()
    max_off: int | None = None
    code: str | None = None
    apart: tuple[str, ...] = ()
    counters: tuple[Limit, ...] = ()
    budget: int | None = None
    charges: int = 1

    @property
    def bought_with(self) -> str:
        return f"budget.{self.id}"

    def after(self, amount: int, rounding: Rounding) -> int:
        new = self.effect.after(amount, rounding)
        return new if self.max_off is None else max(new, amount - self.max_off)


@dataclass(frozen=True)
class Watch:
    """A guard. `measure`: it reads this one, which is counted by a risky key."""

    id: str
    gates: tuple[str, ...]
    kind: str
    fires: Phrase
    risky: frozenset[str]
    challenge: str | None = None
    log_only: bool = False


@dataclass(frozen=True)
class Book:
    """A whole rulebook. `steps` say which price steps are for the whole order."""

    ground: Ground
    windows: Mapping[str, tuple[str, ...]]
    rounding: Rounding
    steps: tuple[tuple[str, bool], ...]
    goods: tuple[Goods, ...]
    promos: tuple[Promo, ...]
    guards: tuple[Watch, ...]
    max_codes: int = 1
    all_products: frozenset[str] = field(default_factory=frozenset)  # promotions that say `all`, with `except`

    @cached_property
    def text(self) -> str:
        return "\n".join(_lines(self)) + "\n"

    def __repr__(self) -> str:
        return self.text

    def at_step(self, step: str) -> list[Promo]:
        return sorted((each for each in self.promos if each.step == step), key=lambda each: each.id)

    def kept_apart(self, a: Promo, b: Promo) -> bool:
        return self._excludes(a, b) or self._excludes(b, a)

    def _excludes(self, a: Promo, b: Promo) -> bool:
        return b.id in a.apart or "all" in a.apart or ("any_code" in a.apart and b.code is not None)

    @property
    def counters(self) -> dict[str, int]:
        """What may be used up, and how much of it there is, by the input that says how much is."""
        found = {each.input: each.max for goods in self.goods for each in goods.limits}
        for promo in self.promos:
            found |= {each.input: each.max for each in promo.counters}
            found |= {} if promo.budget is None else {promo.bought_with: promo.budget}
        return found


# ---- writing


def _lines(book: Book) -> Iterator[str]:
    place = book.ground.place
    facts, rest = list(head(book.ground, book.windows)), f"round: {book.rounding}"
    kinds = ", ".join(f"{name}: {'whole_order' if whole else 'each_unit'}" for name, whole in book.steps)
    yield from facts[:4]
    yield from (rest, f"price_steps: {{{kinds}}}", f"max_codes: {book.max_codes}")
    split = facts.index("lists:")
    yield from facts[4:split]
    yield "  phones: {distinct: customers, in: claims, per: phone, within: 7 days}"
    yield from facts[split:]
    yield from ("benefits:", "  club: {kind: access, name: Club}", "products:")
    for goods in book.goods:
        yield from _goods(goods, place)
    if book.promos:
        yield "promotions:"
        yield from (f"  {each.id}: {{{', '.join(_promo(each, book))}}}" for each in book.promos)
    if book.guards:
        yield "guards:"
        yield from (f"  {each.id}: {{{', '.join(_guard(each))}}}" for each in book.guards)


def _goods(goods: Goods, place: Place) -> Iterator[str]:
    yield from (f"  {goods.id}:", f"    name: {goods.id}", "    sell:")
    yield f"      quantity: {goods.quantity[0]}..{goods.quantity[1]}"
    yield from (f"      {each}" for each in goods.sale.text())
    yield from [f"      if: {quoted(goods.eligible.text)}"] if goods.eligible else []
    if goods.subscribed:
        yield from ("    subscription:", "      renews: every month", "      phases:")
        for each in goods.phases:
            said = [f"id: {each.id}", f"price: {each.price.price(place)}"]
            said += [f"periods: {each.periods}"] if each.periods else []
            said += [f"if: {quoted(each.when.text)}"] if each.when else []
            yield f"        - {{{', '.join(said)}}}"
    else:
        yield f"    price: {goods.phases[0].price.price(place)}"
    yield from [f"    floor: {goods.floor.table(place, 'at_least')}"] if goods.floor else []
    yield "    gives: [{benefit: club}]"
    yield from ["    limits:", *(f"      - {each.text}" for each in goods.limits)] if goods.limits else []


def _promo(promo: Promo, book: Book) -> Iterator[str]:
    place = book.ground.place
    yield f"step: {promo.step}"
    if promo.id in book.all_products:
        left = [each.id for each in book.goods if each.id not in promo.goods]
        yield "products: all" + (f", except: [{', '.join(left)}]" if left else "")
    else:
        yield f"products: [{', '.join(promo.goods)}]"
    yield from promo.window.text()
    if promo.says or promo.sums:
        conjunction = " and ".join(f"({each.text})" for each in (*promo.says, *promo.sums))
        yield f"if: {quoted(conjunction)}"
    yield promo.effect.text(place)
    yield from [f"max_off: {place.money(promo.max_off)}"] if promo.max_off is not None else []
    yield from [f"code: {promo.code}"] if promo.code else []
    yield from [f"cannot_combine_with: [{', '.join(promo.apart)}]"] if promo.apart else []
    yield from [f"budget: {place.money(promo.budget)}"] if promo.budget is not None else []
    yield f"charges: {promo.charges or 'each'}"
    once = [each for each in promo.counters if each.id == "once"]
    yield from [f"once_per: [{', '.join(each.per for each in once)}]"] if once else []
    limits = [each for each in promo.counters if each.id != "once"]
    yield from [f"limits: [{', '.join(map(_limit, limits))}]"] if limits else []


def _limit(limit: Limit) -> str:
    """With what it counts said always: here it is orders, where nothing is said."""
    return limit.text if limit.of != "units" else limit.text.replace("{", "{of: units, ", 1)


def _guard(guard: Watch) -> Iterator[str]:
    yield f"check_at: [{', '.join(guard.gates)}]"
    yield f"{guard.kind}_if: {quoted(guard.fires.text)}"
    yield from [f"challenge: {guard.challenge}"] if guard.challenge else []
    yield from ["log_only: true"] if guard.log_only else []
