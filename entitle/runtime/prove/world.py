"""A product before the solver: every customer who may buy it, and every decision on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import z3

from entitle.ir import Bool, Enum, Input, Int, Key, Program, SetOf, Text, Value
from entitle.release import YES_OR_NO, Release
from entitle.runtime.encode import to_slots
from entitle.runtime.prove.calendar import DAY, MINUTE, Clock
from entitle.runtime.prove.patience import Patience, RanOut
from entitle.runtime.smt_terms import Term, same
from entitle.runtime.to_python import Trace, compiled_trace
from entitle.runtime.to_smt import Customer, Terms, read

Encoded = dict[str, Value | None]
ROUNDS_MAX = 500  # so often a model is told what it overlooked
WISHING = 500_000  # units of the solver's work for each wish, some tenths of a second: the same on any machine


@dataclass
class Side:
    """A program of a release, and the customer it speaks of."""

    program: Program
    customer: Customer
    prefix: str
    release: Release
    clock: Clock | None = None  # where its instant is not that of the world

    def __post_init__(self) -> None:
        self.terms = Terms(self.program, self.customer, self.prefix)

    @cached_property
    def trace(self) -> Trace:
        """What each let of the program comes to."""
        return compiled_trace(self.program)


def codes_of(side: Side) -> dict[str, tuple[Term, list[Term]]]:
    """Of each offer that needs a code: is it presented, and what must hold for it to be of use?"""
    lets = side.terms.lets
    return {
        (offer := name.removeprefix("code.")): (
            term,
            [lets[let] for let in (f"valid.{offer}", f"room.{offer}") if let in lets],
        )
        for name, term in side.customer.told.items()
        if name.startswith("code.")
    }


def last_charge(side: Side) -> Term | None:
    """The number of a product's last charge; None where it has no end."""
    *earlier, last = side.release.products[side.program.name].phases
    if last.count is None and last.lasts is None:
        return None
    before: Term = side.terms.lets[f"upto.{earlier[-1].id}"] if earlier else z3.IntVal(0)
    return before + (last.count or 1)


class World:
    """The laws of one program, and what may be asked about it.

    sides  the customer of the program; and others beside them, who differ in some facts
    alone  no offer on the whole order is taken: such offers only ever keep others from being taken
    """

    def __init__(
        self, release: Release, program: Program, patience: Patience, at: int, also: Sequence[Input] = ()
    ) -> None:
        """`also`: facts that are asked of beside those that the program reads."""
        self.release, self.patience, self.at = release, patience, at
        self.solver = z3.Solver()
        self._added: dict[int, int] = {}  # of each list of laws how many the solver knows
        self.sides = [Side(program, Customer(), "v", release)]
        self.customer, self.terms = self.sides[0].customer, self.sides[0].terms
        for each in also:
            self.customer.add(each)
        told = self.customer.told
        self.clock = Clock(release, told, self.terms.numbers)
        self.solver.add(*self.clock.laws, *self._laws(self.sides[0]), *self._dates())
        self.alone: list[Term] = [z3.Not(term) for name, term in told.items() if name.startswith("with.")]

    def beside(
        self, program: Program, *differing: str, release: Release | None = None, like: Side | None = None
    ) -> Side:
        """Another customer, who may differ in these facts alone, before the same program or another one's.

        release  whose program it is, where it is not that customer's
        like     the customer that it is like but for these facts, where it is not the first
        """
        other, known = Customer(), (like or self.sides[0]).customer
        for name, term in known.told.items():
            if name not in differing:
                other.told[name], other.inputs[name] = term, known.inputs[name]
        other.given = {name: term for name, term in known.given.items() if name not in differing}
        other.names = f"{len(self.sides)}."
        side = Side(program, other, f"w{len(self.sides)}.", release or (like or self.sides[0]).release)
        self.sides.append(side)
        self.solver.add(*self._laws(side))
        return side

    def later(self, program: Program, *differing: str) -> Side:
        """The same customer at that instant or a later one, before the same program or another one's."""
        side = self.beside(program, *differing, *(name for name in self.customer.told if of_clock(name)))
        told = side.customer.told
        clock = Clock(self.release, {"now": z3.Int("later"), **told}, side.terms.numbers, ".later")
        self.solver.add(*clock.laws, clock.now >= self.clock.now)
        side.clock = clock
        return side

    def _laws(self, side: Side) -> list[Term]:
        return [*self._codes(side), *self._charges(side)]

    def _charges(self, side: Side) -> list[Term]:
        """What ends has no charges after its end: one that is sold once has one."""
        if "charge" not in {each.name for each in side.program.inputs}:
            return []
        last = last_charge(side)
        return [] if last is None else [side.customer.told["charge"] <= last]

    def _codes(self, side: Side) -> list[Term]:
        """Codes that are presented are of use; at most so many may be."""
        presented = [term for name, term in side.customer.told.items() if name.startswith("code.")]
        found = self._of_use(side)
        if len(presented) > side.release.max_codes:
            found.append(z3.AtMost(*presented, side.release.max_codes))
        return found

    def _of_use(self, side: Side) -> list[Term]:
        return [z3.Implies(code, z3.And(needs)) for code, needs in codes_of(side).values()]

    def _dates(self) -> list[Term]:
        """A date is a midnight."""
        types = {name: each.type for name, each in self.customer.inputs.items()}
        dates = [name for name, type_ in types.items() if isinstance(type_, Int) and type_.unit == "date"]
        return [self.customer.told[name] == z3.Int(f"days.{self.customer.told[name]}") * DAY for name in dates]

    def let(self, name: str) -> Term:
        return self.terms.lets[name]

    @property
    def yes(self) -> Term:
        """The purchase is allowed."""
        return self.terms.lets["stage"] == 0

    # ---- asking

    def check(self, *asked: Term, most: int | None = None) -> z3.ModelRef | None:
        """A model, or None where there is none, within `most` units of the solver's work. Raises RanOut."""
        for laws in (each for side in self.sides for each in (side.customer.laws, *side.terms.growing)):
            self.solver.add(*laws[self._added.get(id(laws), 0) :])
            self._added[id(laws)] = len(laws)
        self.solver.set("timeout", self.patience.milliseconds)
        self.solver.set("rlimit", most or 0)  # 0: as many as it takes
        found = self.solver.check(*asked)
        if found == z3.unknown:
            raise RanOut("time" if "timeout" in self.solver.reason_unknown() else "solver")
        return self.solver.model() if found == z3.sat else None

    def find(self, *asked: Term, most: int | None = None) -> Encoded | None:
        """The facts of a decision for which all this holds; None: there is none. Raises RanOut.

        A model that overlooks a better choice is told so, and asked again.
        """
        for _ in range(ROUNDS_MAX):
            if (model := self.check(*asked, most=most)) is None:
                return None
            if not [True for side in self.sides if self._overlooked(model, side)]:
                self.model = model
                return self.facts(model)
        raise RanOut("rounds")

    def facts(self, model: z3.ModelRef, side: Side | None = None) -> Encoded:
        """The facts of a model, and its instant."""
        side = side or self.sides[0]
        found = side.customer.facts(model)
        found.setdefault("now", read(model, (side.clock or self.clock).now))
        return found

    def _overlooked(self, model: z3.ModelRef, side: Side) -> bool:
        """Adds the better choices that the model did not know of; were there any?"""
        if not side.terms.choices:
            return False
        missed = []
        _, values = side.trace(*to_slots(side.program.inputs, self.facts(model, side)))
        for let, value in zip(side.program.lets, values, strict=True):
            choice = side.terms.choices.get(let.name)
            if choice is not None and read(model, choice.number) != value:
                missed.append(choice.rival(choice.taken(int(value))))
        self.solver.add(*missed)
        return bool(missed)

    def plainest(self, *asked: Term) -> Encoded | None:
        """The same as `find`, of a customer with as little out of the ordinary as possible. Raises RanOut."""
        facts = self.find(*asked)
        if facts is None:
            return None
        wishing = _Wishing(self, list(asked), facts)
        wishing.all()
        return wishing.facts


class _Wishing:
    """A customer on the way to being plain: wish after wish, what cannot be had at once is done without.

    What is no plain value comes as near to one as it can, so that the same question has the same answer every time.
    """

    def __init__(self, world: World, kept: list[Term], facts: Encoded) -> None:
        self.world, self.kept, self.facts = world, kept, facts

    def all(self) -> None:
        told, inputs = self.world.customer.told, self.world.customer.inputs
        now, minute = self.world.clock.now, z3.Int("minute")
        for name in ("charge", "quantity"):
            if name in told:
                self._near(name, told[name], _least(inputs[name]))
        self._keep(now == minute * MINUTE)
        self._near("now", now, self.world.at)
        for given in self.world.customer.given.values():
            self._keep(given)
        for name, term in sorted(told.items()):
            each = inputs[name]
            if name.startswith(YES_OR_NO):
                self._keep(z3.Not(term))
            elif each.origin in ("request", "store"):
                self._plain(each, term)

    def _plain(self, each: Input, term: Term) -> None:
        wanted = plain_value(each)
        if isinstance(term, tuple):
            for i, bit in enumerate(term):
                self._keep(bit == bool(int(wanted) >> i & 1))
        elif isinstance(each.type, Int | Enum | Text):
            if isinstance(each.type, Int) and each.type.unit in ("duration", "instant"):
                self._keep(term == z3.Int(f"minutes.{term}") * MINUTE)
            self._near(each.name, term, int(wanted))
        else:
            self._keep(same(term, self.world.customer.constant(wanted, each.type)))

    def _keep(self, wish: Term) -> bool:
        """Keeps what is wished, if it can be had."""
        try:
            plainer = self.world.find(*self.kept, wish, most=WISHING)
        except RanOut:
            return False
        if plainer is not None:
            self.kept.append(wish)
            self.facts = plainer
        return plainer is not None

    def _near(self, name: str, term: Term, wanted: int) -> None:
        """A number that is as near to the wanted one as it can be: the next above it, else the next below."""
        if self._keep(term == wanted) or self.facts[name] is None:
            return
        sign = 1 if self._keep(term > wanted) else -1
        near, far = 0, abs(int(self.facts[name] or 0) - wanted)  # more than the first, at most the second
        while far - near > 1:
            middle = (near + far) // 2
            if self._keep(sign * (term - wanted) <= middle):
                far = abs(int(self.facts[name] or 0) - wanted)
            else:
                near = middle
        self.kept.append(sign * (term - wanted) <= far)  # what came by chance stays


def of_clock(name: str) -> bool:
    """Is a fact told by the calendar?"""
    return name == "now" or name.startswith(("now.", "in:"))


def _least(each: Input) -> int:
    assert isinstance(each.type, Int), "charges and quantities are numbers"
    return each.type.lo


def plain_value(each: Input) -> Value:
    """What a fact is when there is nothing to say of it."""
    if each.default is not None:
        return each.default
    match each.type:
        case Int(lo=lo, hi=hi):
            return min(max(0, lo), hi)
        case Enum() | SetOf() | Text():
            return 0
        case Key():
            return "customer-1"
        case Bool():
            return False
