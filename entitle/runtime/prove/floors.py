"""How low can a price go? The search for the combination of offers, of every customer, that makes the least.

For each pair of base and floor: bounds without a solver, which settle most; then the solver finds offers that may be
taken together, by their conditions alone; their exact price is computed; and what is not low enough is ruled out
together with every combination that the bounds rule out with it. Thresholds on the amount that reaches a step make
prices go up with more offers, so nothing here takes an offer more for a price less.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import z3

from entitle.ir import Best, Node, Offer, Program, reads_running
from entitle.release import OrderStep, Product, Release
from entitle.runtime.live import locals_of, needed
from entitle.runtime.prove.bounds import Span, clipped, image
from entitle.runtime.prove.lines import laws_of_lines
from entitle.runtime.prove.patience import Patience, RanOut
from entitle.runtime.prove.world import Encoded, World
from entitle.runtime.smt_terms import Term
from entitle.runtime.standing import conditions_of
from entitle.runtime.to_smt import read

CELLS_MAX = 2000
Options = tuple[frozenset[int | None], ...]  # at each step the places of the offers that may be taken; None: none
Taken = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A base and the floor beside it, in minor units."""

    base: int
    floor: int


@dataclass(frozen=True, slots=True)
class Low:
    """A price that can be reached: the amount before the floor, and what makes it so."""

    cell: Cell
    amount: int
    asked: tuple[Term, ...]

    @property
    def pays(self) -> int:
        """What the unit costs after the floor."""
        return max(self.amount, self.cell.floor)


@dataclass(frozen=True, slots=True)
class Effect:
    """An offer, as far as the amount matters to it."""

    reached: tuple[Node, ...]
    amount: Node


class Floors:
    """The prices of a product."""

    def __init__(
        self,
        release: Release,
        product: Product,
        patience: Patience,
        at: int,
        whole: tuple[OrderStep, str] | None = None,
    ) -> None:
        """`whole`: a step on the whole order and an offer of it that is taken; without one there is none."""
        self.patience = patience
        best = next((let.value for let in product.program.lets if isinstance(let.value, Best)), None)
        self.steps: tuple[tuple[Offer, ...], ...] = best.steps if best else ()
        also = whole[0].program.inputs if whole else ()
        self.world = World(release, _conditions(product.program, self.steps), patience, at, also)
        self.base, self.floor = self.world.let("base"), self.world.let("floor")
        self.takes = [[z3.Bool(f"t{i}.{j}") for j in range(len(step))] for i, step in enumerate(self.steps)]
        # of each step the place of what is taken: one number is read sooner than many truths
        self.places: list[Term] = []
        self.effects = [[_effect(offer) for offer in step] for step in self.steps]
        self.world.solver.add(self.world.yes, *(self._with(*whole) if whole else self.world.alone))
        for step, offers in zip(self.takes, self.steps, strict=True):
            for takes, offer in zip(step, offers, strict=True):
                said = [self.world.terms.of(each) for each in conditions_of(offer.may) if not reads_running(each)]
                self.world.solver.add(z3.Implies(takes, z3.And(said)))
            place = z3.Int(f"t{len(self.places)}")
            self.places.append(place)
            self.world.solver.add(
                *(takes == (place == i) for i, takes in enumerate(step)), place >= 0, place <= len(step)
            )
        flat = [takes for step in self.takes for takes in step]
        self.world.solver.add(*(z3.Not(z3.And(flat[a], flat[b])) for a, b in (best.apart if best else ())))

    def _with(self, step: OrderStep, offer: str) -> list[Term]:
        """Of all offers on the whole order this one alone is taken: another would only keep more from being taken."""
        self.whole = self.world.beside(step.program)
        self.world.solver.add(*laws_of_lines(self.world.release, [offer], self.whole.customer.told))
        flag = self.world.customer.told.get(f"with.{offer}")
        others = [law for law in self.world.alone if flag is None or not law.arg(0).eq(flag)]
        lets = self.whole.terms.lets
        return [lets[f"open.{offer}"], lets[f"may.{offer}"], *others, *([] if flag is None else [flag])]

    @cached_property
    def cells(self) -> list[Cell]:
        """Every pair of base and floor that somebody can meet, the cheapest first. Raises RanOut."""
        found: list[Cell] = []
        seen: list[Term] = []
        while (model := self.world.check(*seen)) is not None:
            cell = Cell(read(model, self.base), read(model, self.floor))
            found.append(cell)
            seen.append(z3.Not(z3.And(self.within(cell))))
            if len(found) > CELLS_MAX:
                raise RanOut("cells")
        return sorted(found, key=lambda each: (each.base, -each.floor))

    def within(self, cell: Cell) -> list[Term]:
        return [self.base == cell.base, self.floor == cell.floor]

    # ---- questions

    def lifted(self) -> Low | None:
        """Somebody whose price goes under the floor, as far as one can; None: nobody. Raises RanOut."""
        found: Low | None = None
        for cell in self.cells:
            margin = found.amount - found.cell.floor if found else 0
            found = self.least(cell, cell.floor + margin) or found
        return found

    def nearest(self) -> Low | None:
        """Who comes nearest to the floor. Raises RanOut."""
        found: Low | None = None
        for cell in sorted((each for each in self.cells if each.floor), key=lambda each: each.base - each.floor):
            under = cell.base + 1 if found is None else cell.floor + found.amount - found.cell.floor
            found = self.least(cell, under) or found
        return found

    @cached_property
    def cheapest(self) -> Low | None:
        """Who pays least. Raises RanOut."""
        found: Low | None = None
        for cell in self.cells:
            if found is None or cell.floor < found.pays:
                found = self.least(cell, cell.base + 1 if found is None else found.pays) or found
        return found

    @cached_property
    def by_floor(self) -> dict[int, Low]:
        """Who pays least of those who have a floor, for each floor. Raises RanOut."""
        found: dict[int, Low] = {}
        for cell in self.cells:
            known = found.get(cell.floor)
            low = self.least(cell, cell.base + 1 if known is None else known.pays)
            if low is not None:
                found[cell.floor] = low
        return found

    def customer(self, low: Low) -> Encoded:
        """A plain customer who meets such a price. Raises RanOut."""
        found = self.world.plainest(*low.asked)
        assert found is not None, "it was found before"
        return found

    def untouched(self, low: Low, steps: Sequence[tuple[OrderStep, Sequence[str]]]) -> Encoded | None:
        """One to whom no offer of these steps on the whole order is open, if there is one. Raises RanOut."""
        sides = [(self.world.beside(step.program), offers) for step, offers in steps]
        shut = [z3.Not(side.terms.lets[f"open.{offer}"]) for side, offers in sides for offer in offers]
        found = self.world.plainest(*low.asked, *shut)
        if found is not None:
            for side, _ in sides:
                found = {**self.world.facts(self.world.model, side), **found}
        return found

    def least(self, cell: Cell, under: int) -> Low | None:
        """The least amount in a cell, where it is less than this."""
        found: Low | None = None
        for low in self._under(cell, under):
            found = low
        return found

    @property
    def everything(self) -> Options:
        """All combinations."""
        return tuple(frozenset((*range(len(step)), None)) for step in self.steps)

    # ---- the search in one cell

    def _under(self, cell: Cell, target: int) -> Iterator[Low]:
        """Amounts less than the target, each less than the one before."""
        lets = {"base": (cell.base, cell.base), "floor": (cell.floor, cell.floor)}
        search = Bounds(self.effects, lets)
        everything = self.everything
        start = (cell.base, cell.base)
        here = self.within(cell)
        ruled: list[Term] = []
        while search.least(start, everything) < target:
            model = self.world.check(*here, *ruled)
            if model is None:
                return
            taken = self.taken(model)
            single = alone(taken)
            if search.least(start, single) >= target:
                ruled.append(self.excluded(search.widened(start, single, everything, target)))
                continue
            low = self._exact(cell, taken, lets)
            if low is not None and low.amount < target:
                target = low.amount
                yield low
            else:
                ruled.append(self.excluded(single))

    def _exact(self, cell: Cell, taken: Taken, lets: dict[str, Span]) -> Low | None:
        """The price of a combination, if somebody can have it."""
        amount = cell.base
        asked = self.within(cell)
        for step, (place, offers) in enumerate(zip(taken, self.effects, strict=True)):
            for other, takes in enumerate(self.takes[step]):
                asked.append(takes if other == place else z3.Not(takes))
            if place is not None:
                reached = z3.IntVal(amount)
                asked += [self.world.terms.of(each, reached) for each in offers[place].reached]
                lo, hi = image(offers[place].amount, (amount, amount), lets)
                if lo != hi:
                    raise RanOut("amounts")
                amount = lo
        return None if self.world.check(*asked) is None else Low(cell, amount, tuple(asked))

    def taken(self, model: z3.ModelRef) -> Taken:
        """What a model takes at each step."""
        places = [read(model, place) for place in self.places]
        return tuple(None if place == len(step) else place for place, step in zip(places, self.takes, strict=True))

    def excluded(self, options: Options) -> Term:
        """None of these combinations."""
        others: list[Term] = []
        for step, held in zip(self.takes, options, strict=True):
            others += [takes for place, takes in enumerate(step) if place not in held]
            if None not in held:
                others.append(z3.Not(z3.Or(step)))
        return z3.Or(others)


class Bounds:
    """Bounds of the amounts that combinations of offers make."""

    def __init__(self, effects: Sequence[Sequence[Effect]], lets: dict[str, Span]) -> None:
        self.effects, self.lets = effects, lets
        self._made: dict[tuple[Span, int, int], Span | None] = {}

    def least(self, start: Span, options: Options, step: int = 0) -> float:
        """The least that they can make of it, from a step on; infinity where none of them can be taken."""
        reached: Span | None = start
        for number in range(step, len(self.effects)):
            if reached is None:
                return float("inf")
            reached = _hull([self.one(reached, number, place) for place in options[number]])
        return float("inf") if reached is None else reached[0]

    def one(self, reached: Span, step: int, place: int | None) -> Span | None:
        """What one offer makes of what reaches its step; None where it cannot be taken."""
        if place is None:
            return reached
        key = (reached, step, place)
        if key not in self._made:
            self._made[key] = self._one(reached, self.effects[step][place])
        return self._made[key]

    def _one(self, reached: Span, effect: Effect) -> Span | None:
        within = reached
        for condition in effect.reached:
            cut = clipped(condition, within, self.lets)
            if cut is None:
                return None
            within = cut
        return image(effect.amount, within, self.lets)

    def widened(self, start: Span, options: Options, everything: Options, target: int) -> Options:
        """More combinations, none of which makes less than the target: those that lower least are let in first."""
        found = list(options)
        reached: Span | None = start
        for step, all_ in enumerate(everything):
            if reached is None:  # nothing gets as far as this
                found[step] = all_
                continue
            images = {place: self.one(reached, step, place) for place in all_}
            ranked = sorted(all_ - options[step], key=lambda place: _rank(images[place]), reverse=True)
            fits, fails = 0, len(ranked) + 1
            while fails - fits > 1:  # the more are let in, the lower the bound
                tried = (fits + fails) // 2
                hull = _hull([images[place] for place in (*options[step], *ranked[:tried])])
                if hull is None or self.least(hull, tuple(found), step + 1) >= target:
                    fits = tried
                else:
                    fails = tried
            found[step] = options[step] | frozenset(ranked[:fits])
            reached = _hull([images[place] for place in found[step]])
        return tuple(found)


def alone(taken: Taken) -> Options:
    """One combination and no other."""
    return tuple(frozenset((place,)) for place in taken)


def _rank(found: Span | None) -> float:
    return float("inf") if found is None else found[0]


def _hull(parts: Sequence[Span | None]) -> Span | None:
    some = [part for part in parts if part is not None]
    return (min(lo for lo, _ in some), max(hi for _, hi in some)) if some else None


def _conditions(program: Program, steps: Sequence[Sequence[Offer]]) -> Program:
    """The program without its choice: the stage, base and floor, and what offers ask of the customer."""
    read_ = [locals_of(part) for step in steps for offer in step for part in (offer.may, offer.amount)]
    coded = {let.name for let in program.lets if let.name.startswith(("valid.", "room."))}
    wanted = {"stage", "base", "floor"}.union(coded, *read_)
    sliced = replace(program, outs=tuple(let.name for let in program.lets if let.name in wanted))
    return replace(sliced, lets=needed(sliced))


def _effect(offer: Offer) -> Effect:
    return Effect(tuple(each for each in conditions_of(offer.may) if reads_running(each)), offer.amount)
