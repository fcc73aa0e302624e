"""What an order costs, reckoned from the draft of the rulebook alone: a plain walk over every combination of offers.

It shares nothing with checker, IR or engine, and is as slow as it is obvious. `seen` counts what it came by.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product as every

from tests.priced.books import Book, Free, Goods, Minus, Pay, Promo, Stretch
from tests.priced.making import Request
from tests.rulebook_strategies import Limit

NO_OFFER = "\U0010ffff"  # comes after every id
CHARGES = 9  # so many charges of a line are looked at


@dataclass(frozen=True)
class Unit:
    """One unit of an order, on its way through the steps on the whole order."""

    product: str
    number: int
    amount: int
    floor: int


@dataclass(frozen=True)
class Line:
    """A line of a charge: the price of a unit before offers, the offers on it by step (None: none), its units."""

    base: int
    floor: int
    picks: tuple[Promo | None, ...]
    units: tuple[Unit, ...]

    @property
    def offers(self) -> list[Promo]:
        return [each for each in self.picks if each is not None]


@dataclass(frozen=True)
class Charge:
    """One charge: its lines by product, and each order offer with what it took off them."""

    lines: dict[str, Line]
    order: tuple[tuple[Promo, dict[str, int]], ...] = ()

    @property
    def total(self) -> int:
        return sum(unit.amount for line in self.lines.values() for unit in line.units)

    def applied(self, product: str) -> tuple[str, ...]:
        seen = [promo.id for promo, _ in self.order if product in promo.goods]
        return (*(each.id for each in self.lines[product].offers), *seen)


class Walk:
    """One request at one rulebook."""

    def __init__(self, book: Book, request: Request, seen: Counter[str]) -> None:
        self.book, self.scene, self.codes, self.seen = book, request.scene, request.codes, seen
        self.place = book.ground.place
        self.goods = {each.id: each for each in book.goods}
        self.units = dict(request.lines)
        self.unit_steps = [step for step, whole in book.steps if not whole]
        self.order_steps = [step for step, whole in book.steps if whole]

    # ---- whether an offer may be taken

    def valid(self, promo: Promo) -> bool:
        """Whatever the price is."""
        in_channel = promo.window.sells_in(self.scene)
        return (
            promo.window.holds(self.place, self.scene) and in_channel and all(p.means(self.scene) for p in promo.says)
        )

    def has_room(self, promo: Promo, units: int) -> bool:
        return all(self.fits(each, units) for each in promo.counters)

    def fits(self, limit: Limit, units: int) -> bool:
        counts = limit.when is None or limit.when.means(self.scene)
        return not counts or self.scene.stored[limit.input] + (units if limit.of == "units" else 1) <= limit.max

    def may(self, promo: Promo, reached: int, listed: int, units: int, nth: int, off: int) -> bool:
        """May it be taken: with these amounts before it, and so much off in all by this charge?"""
        facts = {**self.scene.facts, "amount": reached, "base": listed}
        scene = replace(self.scene, facts=facts, quantity=units)
        if not (self.valid(promo) and self.has_room(promo, units)) or (promo.code and promo.code not in self.codes):
            return False
        if promo.charges and nth > promo.charges:
            self.seen["charges over"] += 1
            return False
        self.seen["negative"] += reached < listed and any("amount - base" in phrase.text for phrase in promo.sums)
        if not all(phrase.means(scene) for phrase in promo.sums):
            self.seen["sum not reached"] += 1
            return False
        spent = self.scene.stored.get(promo.bought_with, 0) + off * max(1, promo.charges)
        over = promo.budget is not None and spent > promo.budget
        self.seen["budget full"] += over
        return not over

    def after(self, promo: Promo, amount: int) -> int:
        if isinstance(promo.effect, Pay) and (amount * promo.effect.rate).denominator == 2:
            self.seen[f"tie {self.book.rounding}"] += 1
        self.seen["below zero, cut"] += isinstance(promo.effect, Minus) and promo.effect.off > amount
        if promo.max_off is not None and promo.effect.after(amount, self.book.rounding) < amount - promo.max_off:
            self.seen["more than max_off"] += 1
        return promo.after(amount, self.book.rounding)

    def apart(self, chosen: Sequence[Promo]) -> bool:
        found = any(a is not b and self.book.kept_apart(a, b) for a in chosen for b in chosen)
        self.seen["exclusion"] += found
        return found

    # ---- one charge

    def price(self, lines: dict[str, tuple[int, int]], nth: int) -> Charge:
        """The least total: for every set of order offers each line at its cheapest. `lines`: base and floor."""
        steps = [[each for each in self.book.at_step(step) if {*each.goods} & {*lines}] for step in self.order_steps]
        found: list[tuple[tuple[int, int, list[str]], Charge]] = []
        for picks in every(*([None, *offers] for offers in steps)):
            chosen = [each for each in picks if each is not None]
            charge = None if self.apart(chosen) else self.under(lines, chosen, nth)
            if charge is not None:
                found.append((rank(charge, picks), charge))
        self.seen["order offers compared"] += len(found) > 1
        self.seen["totals tie"] += [key[0] for key, _ in found].count(min(found, key=lambda each: each[0])[0][0]) > 1
        return min(found, key=lambda each: each[0])[1]

    def under(self, lines: dict[str, tuple[int, int]], chosen: Sequence[Promo], nth: int) -> Charge | None:
        made = {id_: self.cheapest(id_, base, floor, chosen, nth) for id_, (base, floor) in lines.items()}
        taken: list[tuple[Promo, dict[str, int]]] = []
        for promo in chosen:
            seen = [id_ for id_ in sorted(made) if id_ in promo.goods]
            units = [unit for id_ in seen for unit in made[id_].units]
            reached = sum(unit.amount for unit in units)
            after, off = self.lowered(promo, reached, units)
            listed = sum(made[id_].base * self.units[id_] for id_ in seen)
            if not self.may(promo, reached, listed, len(units), nth, off):
                return None
            self.seen["share cut at the floor"] += sum(unit.amount for unit in after) > reached - off
            new = {id_: tuple(unit for unit in after if unit.product == id_) for id_ in seen}
            less = {id_: _sum(made[id_].units) - _sum(new[id_]) for id_ in seen}
            taken.append((promo, less))
            made |= {id_: replace(made[id_], units=new[id_]) for id_ in seen}
        return Charge(made, tuple(taken))

    def lowered(self, promo: Promo, reached: int, units: list[Unit]) -> tuple[list[Unit], int]:
        """The units after the offer, and what it takes off before shares are cut at floors."""
        if isinstance(promo.effect, Free):
            count = len(units) // (promo.effect.buy + promo.effect.free) * promo.effect.free
            cheapest = sorted(units, key=lambda each: (each.amount, each.product, each.number))[:count]
            self.seen["units free"] += count > 0
            return [less(each, each.amount) if each in cheapest else each for each in units], _sum(cheapest)
        off = reached - self.after(promo, reached)
        exact = [Fraction(off * each.amount, reached) if reached else Fraction(0) for each in units]
        shares = [int(share) for share in exact]
        by_rest = sorted(range(len(units)), key=lambda i: (shares[i] - exact[i], units[i].product, units[i].number))
        over = off - sum(shares)
        self.seen["largest remainder"] += over > 0
        for i in by_rest[:over]:
            shares[i] += 1
        return [less(each, share) for each, share in zip(units, shares, strict=True)], off

    def cheapest(self, id_: str, base: int, floor: int, chosen: Sequence[Promo], nth: int) -> Line:
        """The line with the best combination that the order offers allow."""
        steps = [[each for each in self.book.at_step(step) if id_ in each.goods] for step in self.unit_steps]
        found = []
        for picks in every(*([None, *offers] for offers in steps)):
            offers = [each for each in picks if each is not None]
            amount = None if self.apart([*offers, *chosen]) else self.unit_price(offers, base, self.units[id_], nth)
            if amount is not None:
                self.seen["floor lift"] += amount < floor
                names = [NO_OFFER if each is None else each.id for each in picks]
                found.append((max(amount, floor), len(offers), names, picks))
        self.seen["offers compared"] += len(found) > 1
        amount, _, _, picks = min(found, key=lambda each: each[:3])
        self.seen["zero"] += amount == 0
        return Line(base, floor, picks, tuple(Unit(id_, number, amount, floor) for number in range(self.units[id_])))

    def unit_price(self, offers: Sequence[Promo], base: int, units: int, nth: int) -> int | None:
        amount = base
        for promo in offers:
            after = self.after(promo, amount)
            if not self.may(promo, amount, base, units, nth, (amount - after) * units):
                return None
            amount = after
        return amount

    # ---- over time

    def phases(self, goods: Goods) -> list[Stretch]:
        return [each for each in goods.phases if each.when is None or each.when.means(self.scene)]

    def amounts(self, goods: Goods) -> Iterator[tuple[str, int, int]]:
        """Of each charge the phase, the price and the floor of a unit."""
        floor = goods.floor.of(self.scene) if goods.floor else 0
        for phase in self.phases(goods):
            price = phase.price.of(self.scene)
            for _ in range(phase.periods or CHARGES):
                yield phase.id, price, min(price, floor)

    def timelines(self) -> dict[str, list[tuple[str, Charge]]]:
        """The charges of each line: the first with all lines together, each later one alone."""
        times = {id_: list(self.amounts(self.goods[id_]))[:CHARGES] for id_ in self.units}
        first = self.price({id_: (time[0][1], time[0][2]) for id_, time in times.items()}, 1)
        found: dict[str, list[tuple[str, Charge]]] = {}
        for id_, time in times.items():
            found[id_] = [(time[0][0], first)]
            for i, (phase, base, floor) in enumerate(time[1:], 1):
                nth = 1 + sum(price > 0 for _, price, _ in time[:i])
                found[id_].append((phase, self.price({id_: (base, floor)}, nth)))
        return found

    def uses(self, timelines: dict[str, list[tuple[str, Charge]]]) -> dict[str, int]:
        """How much of each counter is used, by all lines over all their charges."""
        found: dict[str, int] = {}
        for id_ in self.units:
            for limit in self.goods[id_].limits:
                if limit.when is None or limit.when.means(self.scene):
                    found[limit.input] = self.units[id_] if limit.of == "units" else 1
        for promo in self.book.promos:
            lines = [id_ for id_, time in timelines.items() if any(promo.id in c.applied(id_) for _, c in time)]
            for limit in promo.counters if lines else ():
                if limit.when is None or limit.when.means(self.scene):
                    found[limit.input] = sum(self.units[id_] for id_ in lines) if limit.of == "units" else 1
            if promo.budget is not None and lines:
                offs = [self.taken_off(promo, id_, charge) for id_ in lines for _, charge in timelines[id_]]
                found[promo.bought_with] = sum(offs)
        return found

    def taken_off(self, promo: Promo, id_: str, charge: Charge) -> int:
        line = charge.lines[id_]
        if promo not in line.offers:
            return sum(off[id_] for each, off in charge.order if each is promo and id_ in off)
        amount = line.base
        for each in line.offers:
            before, amount = amount, self.after(each, amount)
            if each is promo:
                return (before - amount) * self.units[id_]
        raise AssertionError(promo.id)


def _sum(units: Sequence[Unit]) -> int:
    return sum(each.amount for each in units)


def less(unit: Unit, off: int) -> Unit:
    """With so much off, and never under its floor; one that is there already gets nothing off."""
    return replace(unit, amount=unit.amount - min(off, max(0, unit.amount - unit.floor)))


def rank(charge: Charge, picks: Sequence[Promo | None]) -> tuple[int, int, list[str]]:
    """The lower, the better: the total, how many offers, their ids step by step, the lines by product."""
    lines = [charge.lines[id_] for id_ in sorted(charge.lines)]
    steps = [each for line in lines for each in line.picks] + [*picks]
    names = [NO_OFFER if each is None else each.id for each in steps]
    return charge.total, sum(each is not None for each in steps), names
