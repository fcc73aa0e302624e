"""A product's conditions and prices -> its program: lets named after what they decide, outputs in the order of OUTS.

Each stage's rules are gathered in a mask; the first stage with a rule that holds is the answer, and its mask the
reasons. Prices follow the number of the charge through the phases that are kept.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from entitle.dsl.facts import MEASURED, SPENT, measure_type
from entitle.dsl.scope import CLOCK, CUSTOMER
from entitle.dsl.typed import all_of, apply, choose, mask, number
from entitle.ir import (
    BOOL,
    Apply,
    Enum,
    Fact,
    Given,
    Input,
    Int,
    Let,
    Local,
    Member,
    Node,
    Op,
    Program,
    parts,
)
from entitle.release import OUTS, RUNNING, STAGES, Between, Counter, Measure, Rule, Stage
from entitle.source import Span

CHARGES_MAX = 1_000_000
CHARGE = Input("charge", Int(1, CHARGES_MAX), "engine")


# ---- what a product decides


@dataclass(frozen=True, slots=True)
class Counted:
    """A counter, and for which purchases it counts (None: for all)."""

    counter: Counter
    condition: Node | None = None


@dataclass(frozen=True, slots=True)
class Phased:
    """A phase: who keeps it (None: everybody), its once_per, its price, how many charges it takes (None: all)."""

    id: str
    price: Callable[["Staged"], Node]
    charges: int | None
    condition: Node | None
    once: tuple[Counter, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Gift:
    """An item: who gets it, its once_per and its own limits."""

    id: str
    condition: Node | None
    once: tuple[Counter, ...]
    limits: tuple[Counted, ...]
    span: Span


@dataclass(slots=True)
class Recipe:
    """Everything that goes into a product's program, in the order of the file.

    again  the refusal of whoever buys it while it is running, if there is one
    """

    product: str
    span: Span
    quantity: tuple[int, int]
    window: Between
    window_span: Span | None
    calendar: str | None
    channels: tuple[str, ...]
    channels_span: Span | None
    channel_type: Enum | None
    eligible: Node | None
    eligible_span: Span | None
    phases: tuple[Phased, ...]
    gives: tuple[Gift, ...]
    limits: tuple[Counted, ...]
    keys: Mapping[str, Span]
    pricing: "Pricing"
    again: Rule | None
    guards: Callable[["Staged"], Node]
    stock: Callable[["Building"], None]


class Pricing(Protocol):
    """What makes the price of a charge out of its base, and what else a program must know for it."""

    def add(self, building: "Building", charge: "Charged") -> list[tuple[Counter, Node]]:
        """Adds the lets `floor`, `pay`, `best`, `total`, `valid` and `unused`; the counters that are used, and when."""

    def reads(self) -> Mapping[str, Span]:
        """Facts that must be known beside those that the program reads."""


@dataclass(frozen=True, slots=True)
class Charged:
    """A charge: its price, and the number it has among the charges that cost something."""

    base: Local
    number: Callable[[], Node]


@dataclass(slots=True, kw_only=True)
class Staged:
    """A program on its way: lets in order, and the rules of each stage."""

    lets: list[Let] = field(default_factory=list)
    rules: dict[Stage, list[tuple[Rule, Node]]] = field(default_factory=lambda: {stage: [] for stage in STAGES})

    def let(self, name: str, value: Node, span: Span | None = None) -> Local:
        self.lets.append(Let(name, value, span=span))
        return Local(name, value.type, span=span)

    def refuse(self, stage: Stage, rule: Rule, name: str, condition: Node) -> None:
        """At this stage the rule says no where the condition holds."""
        self.rules[stage].append((rule, self.let(name, condition, rule.span)))

    def ask(self, read: Mapping[Input, Span | None], span: Span) -> None:
        """A fact that is read, and must be asked for, and is not there. `span`: where nothing names it."""
        for each, at in read.items():
            if each.missing == "ask":
                rule = Rule("missing", each.name, span=at or span)
                self.refuse("missing", rule, f"missing.{each.name}", apply(Op.NOT, Given(each.name)))

    def answer(self) -> None:
        """The first stage that says no, and its rules."""
        masks: list[tuple[int, Node]] = []
        for i, stage in enumerate(STAGES):
            if self.rules[stage]:
                bits = self.let(f"stage.{stage}", mask([node for _, node in self.rules[stage]]))
                masks.append((i + 1, bits))
        first: Node = number(0)
        reasons: Node = number(0)
        for place, said in reversed(masks):
            speaks = apply(Op.DIFFERENT, said, number(0))
            first = choose(speaks, number(place), first)
            reasons = choose(speaks, said, reasons)
        self.let("stage", first)
        self.let("reasons", reasons)


@dataclass(slots=True)
class Building(Staged):
    """A product's program on its way."""

    recipe: Recipe

    def quantity(self) -> Node:
        return Fact("quantity", Int(*self.recipe.quantity))


def program(
    recipe: Recipe, declared: dict[str, Input], measures: dict[str, Measure]
) -> tuple[Program, tuple[tuple[Rule, ...], ...], tuple[Counter, ...]]:
    """The program, what each bit of its reasons means, and the counters in the order of the bits of `uses`."""
    building = Building(recipe)
    _sale(building)
    _eligible(building)
    kept = [_phase(building, phase) for phase in recipe.phases]
    given = [_item(building, item) for item in recipe.gives]
    for each in recipe.limits:
        over = all_of([*_when(each.condition), apply(Op.NOT, fits(each.counter, building.quantity()))])
        building.refuse(
            "limits", Rule("limit", each.counter.id, span=each.counter.span), f"over.{each.counter.id}", over
        )
    if recipe.again is not None:
        running = apply(Op.MORE, Fact(RUNNING, MEASURED), number(0))
        building.refuse("limits", recipe.again, recipe.again.code, running)
    charged = _prices(building, kept)
    uses = [*_uses(recipe, kept, given), *recipe.pricing.add(building, charged)]
    building.let("logged", recipe.guards(building))
    recipe.stock(building)
    building.let("phases", mask(kept))
    building.let("gives", mask(given))
    building.let("uses", mask([node for _, node in uses]))
    read = {**recipe.keys, **recipe.pricing.reads(), **names_of(building.lets)}
    _missing(building, {declared[name]: span for name, span in sorted(read.items()) if name in declared})
    building.answer()
    inputs = tuple(inputs_of(read, recipe.quantity, declared, measures))
    made = Program(recipe.product, inputs, tuple(building.lets), OUTS)
    rules = tuple(tuple(rule for rule, _ in building.rules[stage]) for stage in STAGES)
    return made, rules, tuple(counter for counter, _ in uses)


def _when(condition: Node | None) -> list[Node]:
    return [] if condition is None else [condition]


def in_window(window: Between, calendar: str | None) -> list[Node]:
    """What must hold within a stretch of time and a calendar."""
    now = Fact("now", CLOCK["now"].type)
    found: list[Node] = []
    if window.start is not None:
        found.append(apply(Op.AT_LEAST, now, number(window.start, "instant")))
    if window.end is not None:
        found.append(apply(Op.LESS, now, number(window.end, "instant")))
    if calendar is not None:
        found.append(Fact(f"in:{calendar}", BOOL))
    return found


def in_channels(channels: Sequence[str], declared: Enum, span: Span | None) -> Node:
    """Is the channel one of these?"""
    codes = tuple(sorted(declared.members.index(each) for each in channels))
    return Member(Fact("channel", declared, span=span), codes)


OPPOSITE = {Op.AT_LEAST: Op.LESS, Op.LESS: Op.AT_LEAST}


def _opposite(node: Node) -> Node:
    match node:
        case Apply(op=op, args=args) if op in OPPOSITE:
            return apply(OPPOSITE[op], *args)
        case _:
            return apply(Op.NOT, node)


def _sale(building: Building) -> None:
    recipe = building.recipe
    closed = [_opposite(each) for each in in_window(recipe.window, recipe.calendar)]
    if closed:
        rule = Rule("not-on-sale", recipe.product, span=recipe.window_span)
        building.refuse("sale", rule, "not-on-sale", closed[0] if len(closed) == 1 else apply(Op.OR, *closed))
    if recipe.channels and recipe.channel_type is not None:
        elsewhere = apply(Op.NOT, in_channels(recipe.channels, recipe.channel_type, recipe.channels_span))
        rule = Rule("not-in-channel", recipe.product, span=recipe.channels_span)
        building.refuse("sale", rule, "not-in-channel", elsewhere)


def _eligible(building: Building) -> None:
    recipe = building.recipe
    if recipe.eligible is not None:
        rule = Rule("not-eligible", recipe.product, span=recipe.eligible_span)
        building.refuse("eligible", rule, "not-eligible", apply(Op.NOT, recipe.eligible))


def fits(counter: Counter, quantity: Node) -> Node:
    """Does one more purchase fit under the counter's maximum?"""
    units = quantity if counter.of == "units" else number(1)
    after = apply(Op.ADD_NUMBER, Fact(counter.input, MEASURED), units)
    return apply(Op.AT_MOST, after, number(counter.max))


def room(counted: Counted, quantity: Node) -> Node:
    """Does it fit, if it counts at all?"""
    fitting = fits(counted.counter, quantity)
    return fitting if counted.condition is None else apply(Op.OR, apply(Op.NOT, counted.condition), fitting)


def _phase(building: Building, phase: Phased) -> Node:
    once = [fits(each, building.quantity()) for each in phase.once]
    return building.let(f"phase.{phase.id}", all_of([*_when(phase.condition), *once]), phase.span)


def _item(building: Building, item: Gift) -> Node:
    conditions = [*_when(item.condition), *(fits(each, building.quantity()) for each in item.once)]
    for each in item.limits:
        conditions.append(room(each, building.quantity()))
    return building.let(f"give.{item.id}", all_of(conditions), item.span)


def _uses(recipe: Recipe, kept: list[Node], given: list[Node]) -> Iterator[tuple[Counter, Node]]:
    """Every counter, and whether this purchase uses it."""
    for each in recipe.limits:
        yield each.counter, all_of(_when(each.condition))
    for phase, is_kept in zip(recipe.phases, kept, strict=True):
        yield from ((each, is_kept) for each in phase.once)
    for item, is_given in zip(recipe.gives, given, strict=True):
        yield from ((each, is_given) for each in item.once)
        for each in item.limits:
            yield each.counter, all_of([is_given, *_when(each.condition)])


def _prices(building: Building, kept: list[Node]) -> Charged:
    """What the charge with this number costs: the price of the first kept phase that reaches so far."""
    charge = Fact("charge", CHARGE.type)
    reached: Node | None = None
    steps: list[tuple[Node, Node, Node]] = []
    *earlier, last = building.recipe.phases
    for phase, is_kept in zip(earlier, kept, strict=False):
        taken = choose(is_kept, number(phase.charges or 0), number(0))
        upto = taken if reached is None else apply(Op.ADD_NUMBER, reached, taken)
        reached = building.let(f"upto.{phase.id}", upto, phase.span)
        steps.append((apply(Op.AT_MOST, charge, reached), phase.price(building), taken))
    price = last.price(building)
    for condition, cost, _ in reversed(steps):
        price = choose(condition, cost, price)
    base = building.let("base", price, last.span)
    return Charged(base, lambda: building.let("nth", _without_free(charge, steps)))


def _without_free(charge: Node, steps: list[tuple[Node, Node, Node]]) -> Node:
    """The number of the charge, those of earlier phases that cost nothing left out."""
    nothing = number(0, "money")
    found: Node = charge
    for condition, cost, taken in steps:
        free = apply(Op.AND, apply(Op.NOT, condition), apply(Op.EQUAL, cost, nothing))
        found = apply(Op.SUB_NUMBER, found, choose(free, taken, number(0)))
    return found


def _missing(building: Building, read: Mapping[Input, Span | None]) -> None:
    """A fact that is read, and must be asked for, and is not there."""
    building.ask(read, building.recipe.span)
    if building.rules["sale"] and building.recipe.channels:
        _only_where_told(building)


def _only_where_told(building: Building) -> None:
    """A channel that is not told is missing, not wrong."""
    for i, let in enumerate(building.lets):
        if let.name == "not-in-channel":
            value = apply(Op.AND, Given("channel"), let.value) if _asked(building) else let.value
            building.lets[i] = Let(let.name, value, span=let.span)


def _asked(building: Building) -> bool:
    return any(rule.id == "channel" for rule, _ in building.rules["missing"])


def names_of(lets: list[Let]) -> dict[str, Span | None]:
    """The facts that are read, and where each is written first."""
    found: dict[str, Span | None] = {}

    def collect(node: Node) -> None:
        match node:
            case Fact(name=name) | Given(name=name):
                found.setdefault(name, node.span)
        for part in parts(node):
            collect(part)

    for let in lets:
        collect(let.value)
    return found


def inputs_of(
    names: Iterable[str], quantity: tuple[int, int], declared: Mapping[str, Input], measures: Mapping[str, Measure]
) -> Iterator[Input]:
    """The inputs with these names, whoever tells them."""
    for name in sorted(names):
        if name in declared:
            yield declared[name]
        elif name in measures:
            yield Input(name, measure_type(measures[name]), "store")
        elif name in CLOCK:
            yield CLOCK[name]
        elif name == "charge":
            yield CHARGE
        else:
            yield _own(name, quantity)


def _own(name: str, quantity: tuple[int, int]) -> Input:
    """An input that no rulebook declares: a calendar, the quantity, what the engine says of offers, or a counter."""
    match name.partition(".")[0]:
        case "quantity":
            return Input(name, Int(*quantity), "engine")
        case "customer":
            return CUSTOMER
        case "code" | "with" | "passed" | "reviewed":
            return Input(name, BOOL, "engine")
        case "budget":
            return Input(name, SPENT, "store")
        case _:
            return Input(name, BOOL, "clock") if name.startswith("in:") else Input(name, MEASURED, "store")
