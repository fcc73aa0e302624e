"""The facts of a model -> a purchase, decided by the runtime itself: what is shown has happened before it is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from entitle.ir import Bool, Enum, Input, Int, Key, SetOf, Text, Value, blank
from entitle.messages import Words
from entitle.release import Product, Release, Rule, Stage
from entitle.runtime.decide import Decider, OrderVerdict
from entitle.runtime.explain import moment, shown
from entitle.runtime.presented import code_inputs
from entitle.runtime.pricing import Asked, OrderFacts
from entitle.runtime.stretches import Stretch
from entitle.runtime.waterfall import Fall, waterfall
from entitle.values.money import Money
from entitle.values.zone import EPOCH, MICROSECOND, Instant

Encoded = Mapping[str, Value | None]
Beside = tuple[str, int]  # another product of the same order, and how many of it


@dataclass(frozen=True, slots=True)
class Purchase:
    """What somebody does: who they are, what they buy, and when.

    told     the facts that the shop tells, as it tells them
    counted  what the store has counted, encoded
    passed   the challenges that were passed, and `reviewed` the guards whose review was approved
    charge   the number of the charge that is looked at
    beside   what else is bought in the same order
    """

    product: str
    at: Instant
    quantity: int
    told: Mapping[str, object]
    counted: Mapping[str, Value]
    codes: tuple[str, ...]
    passed: tuple[str, ...]
    charge: int
    beside: tuple[Beside, ...] = ()
    reviewed: tuple[str, ...] = ()

    @property
    def bought(self) -> tuple[Beside, ...]:
        """All products of the order, with their quantities."""
        return ((self.product, self.quantity), *self.beside)


@dataclass(frozen=True, slots=True)
class Witness:
    """A purchase and the runtime's answer. Amounts are minor units.

    facts    what is told and counted, as people write it
    stage    the stage that says no, and its rules; None and () for yes
    falls    the charge that is looked at, step by step
    pays     what all units pay at that charge
    order    what all lines of the order pay together at it
    unit     what one unit pays before offers on the whole order
    units    what each unit pays after them
    applied  the offers on it
    gives    the items that are given
    """

    purchase: Purchase
    facts: Mapping[str, str | Words]
    stage: Stage | None
    rules: tuple[Rule, ...]
    falls: tuple[Fall, ...] = ()
    pays: int = 0
    unit: int = 0
    applied: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    units: tuple[int, ...] = ()
    order: int = 0

    @property
    def unfloored(self) -> int:
        """What one unit comes to before the floor."""
        return next((fall.before for fall in self.falls if fall.kind == "floor"), self.unit)


def purchase(
    release: Release, product: Product, facts: Encoded, also: Sequence[Input] = (), beside: Sequence[Beside] = ()
) -> Purchase:
    """The purchase that these facts are of; `also`: inputs beside those of the product's program."""
    others = [release.products[other].program.inputs for other, _ in beside]
    steps = [step.program.inputs for step in release.order_steps]
    counting = [each for inputs in (product.program.inputs, *steps, *others) for each in inputs]
    inputs = {each.name: each for each in (*counting, *also)}
    told = {
        name: as_told(each, value, release)
        for name, each in inputs.items()
        if each.origin == "request" and (value := facts.get(name)) is not None
    }
    counted: dict[str, Value] = {}
    for each in counting:
        if each.origin == "store":
            value = facts.get(each.name)
            counted[each.name] = _nothing(each) if value is None else value
    codes = tuple(code for offer in _named(facts, "code.") if (code := release.promotions[offer].code) is not None)
    passed, reviewed = _named(facts, "passed."), _named(facts, "reviewed.")
    quantity, charge = (int(facts.get(name) or 1) for name in ("quantity", "charge"))
    return Purchase(
        product.id, int(facts["now"] or 0), quantity, told, counted, codes, passed, charge, tuple(beside), reviewed
    )


def _named(facts: Encoded, prefix: str) -> tuple[str, ...]:
    """What the engine knows to be so, of what is called so."""
    return tuple(name.removeprefix(prefix) for name, value in facts.items() if name.startswith(prefix) and value)


def _nothing(each: Input) -> Value:
    return min(max(0, each.type.lo), each.type.hi) if isinstance(each.type, Int) else blank(each.type)


def replayed(
    decider: Decider, product: Product, facts: Encoded, also: Sequence[Input] = (), beside: Sequence[Beside] = ()
) -> Witness:
    """The purchase of these facts, decided as a shop decides it."""
    done = purchase(decider.release, product, facts, also, beside)
    return witness(decider, done, decided(decider, done), facts, also)


def decided(decider: Decider, done: Purchase) -> OrderVerdict:
    """What the runtime says of a purchase."""
    release = decider.release
    known = [f"passed.{each}" for each in done.passed] + [f"reviewed.{each}" for each in done.reviewed]
    stored = {**done.counted, **dict.fromkeys(known, True), **code_inputs(release, done.codes)}
    wanted = [(release.products[id_], units) for id_, units in done.bought]
    lines = [Asked(each, units, decider.facts(each, done.told, done.at, units, stored)) for each, units in wanted]
    return decider.replay(OrderFacts(tuple(lines), decider.order_facts(done.told, done.at, stored), done.codes))


def witness(
    decider: Decider, done: Purchase, verdict: OrderVerdict, facts: Encoded, also: Sequence[Input] = ()
) -> Witness:
    """A purchase and its verdict, as they are shown."""
    release, product = decider.release, verdict.lines[0].product
    seen = {
        each.name: shown(each, value, release)
        for each in (*product.program.inputs, *also)
        if (value := facts.get(each.name)) is not None and _matters(each, value)
    }
    line = verdict.lines[0]
    if verdict.stage is not None:
        said = next((each.rules for each in verdict.lines if each.rules), ())
        return Witness(done, seen, verdict.stage, said or verdict.codes or verdict.short)
    stretch = _stretch(line.stretches, done.charge)
    if stretch is None:  # the contract ends before so many charges
        return Witness(done, seen, None, (), gives=tuple(item.id for item in line.gives))
    cost, phase = stretch.cost, stretch.segment.phase
    falls = tuple(waterfall(decider, product, phase, cost, stretch.order, stretch.line))
    gives = tuple(item.id for item in line.gives)
    order = verdict.priced.total if verdict.priced and done.charge == 1 else cost.total
    return Witness(done, seen, None, (), falls, cost.total, cost.unit, cost.applied, gives, cost.units, order)


def _matters(each: Input, value: Value) -> bool:
    """Is it worth telling? What has not happened is not."""
    if each.origin == "store":
        return not isinstance(each.type, Key) and value != _nothing(each)
    return each.origin == "request" and not isinstance(each.type, Key)


def _stretch(stretches: tuple[Stretch, ...], charge: int) -> Stretch | None:
    for each in stretches:
        if each.first <= charge and (each.segment.count is None or charge < each.first + each.segment.count):
            return each
    return None


def as_told(each: Input, value: Value, release: Release) -> object:
    """An encoded fact as a shop tells it: `encode` backwards."""
    match each.type:
        case Bool():
            return bool(value)
        case Enum(members=members):
            return members[int(value)]
        case SetOf(members=members):
            return frozenset(member for i, member in enumerate(members) if int(value) >> i & 1)
        case Text():
            return release.words[int(value) - 1] if value else _unnamed(release)
        case Key():
            return str(value) or "nobody"
        case Int(unit="money"):
            return Money.of_minor(int(value), release.currency)
        case Int(unit="instant"):
            return moment(int(value))
        case Int(unit="date"):
            return (EPOCH + int(value) * MICROSECOND).date()
        case Int(unit="duration"):
            return timedelta(microseconds=int(value))
        case _:
            return int(value)


def _unnamed(release: Release) -> str:
    """A text that no rule names."""
    name = "other"
    while name in release.codes:
        name += "-other"
    return name
