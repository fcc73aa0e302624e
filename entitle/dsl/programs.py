"""A product's conditions and prices -> its program: lets named after what they decide, outputs in the order of OUTS.

Each stage's rules are gathered in a mask; the first stage with a rule that holds is the answer, and its mask the
reasons. Prices follow the number of the charge through the phases that are kept.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from entitle.dsl.facts import MEASURED, measure_type
from entitle.dsl.scope import CLOCK
from entitle.invariants import apply_type, joined
from entitle.ir import (
    BOOL,
    Apply,
    Const,
    Enum,
    Fact,
    Given,
    If,
    Input,
    Int,
    Let,
    Local,
    Mask,
    Member,
    Node,
    Op,
    Program,
    Type,
    Unit,
    parts,
)
from entitle.release import OUTS, STAGES, Between, Counter, Measure, Rule, Stage
from entitle.source import Span

CHARGES_MAX = 1_000_000
CHARGE = Input("charge", Int(1, CHARGES_MAX), "engine")


# ---- nodes, well typed


def number(value: int, unit: Unit = "number") -> Const:
    return Const(value, Int(value, value, unit))


def apply(op: Op, *args: Node, span: Span | None = None) -> Node:
    """An operation; what it gives follows from its arguments."""
    type_ = apply_type(op, tuple(arg.type for arg in args))
    assert type_ is not None, f"{op} does not take {[arg.type for arg in args]}"
    return Apply(op, args, type_, span=span)


def all_of(conditions: Sequence[Node]) -> Node:
    match conditions:
        case []:
            return Const(True, BOOL)
        case [one]:
            return one
        case _:
            return apply(Op.AND, *conditions)


def choose(condition: Node, then: Node, otherwise: Node) -> Node:
    type_ = joined(then.type, otherwise.type)
    assert type_ is not None, "both branches are of one type"
    return If(condition, then, otherwise, type_)


def mask(bits: Sequence[Node]) -> Node:
    return Mask(tuple(bits), Int(0, 2 ** len(bits) - 1))


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
    price: int
    charges: int | None
    condition: Node | None
    once: Counter | None
    span: Span


@dataclass(frozen=True, slots=True)
class Gift:
    """An item: who gets it, its once_per and its own limits."""

    id: str
    condition: Node | None
    once: Counter | None
    limits: tuple[Counted, ...]
    span: Span


@dataclass(slots=True)
class Recipe:
    """Everything that goes into a product's program, in the order of the file."""

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


@dataclass(slots=True)
class _Building:
    """A program on its way: lets in order, and the rules of each stage."""

    recipe: Recipe
    lets: list[Let] = field(default_factory=list)
    rules: dict[Stage, list[tuple[Rule, Node]]] = field(default_factory=lambda: {stage: [] for stage in STAGES})

    def let(self, name: str, value: Node, span: Span | None = None) -> Local:
        self.lets.append(Let(name, value, span=span))
        return Local(name, value.type, span=span)

    def refuse(self, stage: Stage, rule: Rule, name: str, condition: Node) -> None:
        """At this stage the rule says no where the condition holds."""
        self.rules[stage].append((rule, self.let(name, condition, rule.span)))

    def quantity(self) -> Node:
        return Fact("quantity", Int(*self.recipe.quantity))


def program(
    recipe: Recipe, declared: dict[str, Input], measures: dict[str, Measure]
) -> tuple[Program, tuple[tuple[Rule, ...], ...], tuple[Counter, ...]]:
    """The program, what each bit of its reasons means, and the counters in the order of the bits of `uses`."""
    building = _Building(recipe)
    _sale(building)
    _eligible(building)
    kept = [_phase(building, phase) for phase in recipe.phases]
    given = [_item(building, item) for item in recipe.gives]
    for each in recipe.limits:
        over = all_of([*_when(each.condition), apply(Op.NOT, fits(building, each.counter))])
        building.refuse(
            "limits", Rule("limit", each.counter.id, span=each.counter.span), f"over.{each.counter.id}", over
        )
    uses = list(_uses(recipe, kept, given))
    _prices(building, kept)
    building.let("phases", mask(kept))
    building.let("gives", mask(given))
    building.let("uses", mask([node for _, node in uses]))
    read = {**recipe.keys, **_names(building.lets)}
    _missing(building, {declared[name]: span for name, span in sorted(read.items()) if name in declared})
    _answer(building)
    inputs = tuple(_inputs(recipe, read, declared, measures))
    made = Program(recipe.product, inputs, tuple(building.lets), OUTS)
    rules = tuple(tuple(rule for rule, _ in building.rules[stage]) for stage in STAGES)
    return made, rules, tuple(counter for counter, _ in uses)


def _when(condition: Node | None) -> list[Node]:
    return [] if condition is None else [condition]


def _sale(building: _Building) -> None:
    recipe = building.recipe
    closed: list[Node] = []
    now = Fact("now", CLOCK["now"].type)
    if recipe.window.start is not None:
        closed.append(apply(Op.LESS, now, number(recipe.window.start, "instant")))
    if recipe.window.end is not None:
        closed.append(apply(Op.AT_LEAST, now, number(recipe.window.end, "instant")))
    if recipe.calendar is not None:
        closed.append(apply(Op.NOT, Fact(f"in:{recipe.calendar}", BOOL)))
    if closed:
        rule = Rule("not-on-sale", recipe.product, span=recipe.window_span)
        building.refuse("sale", rule, "not-on-sale", closed[0] if len(closed) == 1 else apply(Op.OR, *closed))
    if recipe.channels and recipe.channel_type is not None:
        members = recipe.channel_type.members
        codes = tuple(sorted(members.index(each) for each in recipe.channels))
        elsewhere = apply(Op.NOT, Member(Fact("channel", recipe.channel_type, span=recipe.channels_span), codes))
        rule = Rule("not-in-channel", recipe.product, span=recipe.channels_span)
        building.refuse("sale", rule, "not-in-channel", elsewhere)


def _eligible(building: _Building) -> None:
    recipe = building.recipe
    if recipe.eligible is not None:
        rule = Rule("not-eligible", recipe.product, span=recipe.eligible_span)
        building.refuse("eligible", rule, "not-eligible", apply(Op.NOT, recipe.eligible))


def fits(building: _Building, counter: Counter) -> Node:
    """Does one more purchase fit under the counter's maximum?"""
    units = building.quantity() if counter.of == "units" else number(1)
    after = apply(Op.ADD_NUMBER, Fact(counter.input, MEASURED), units)
    return apply(Op.AT_MOST, after, number(counter.max))


def _phase(building: _Building, phase: Phased) -> Node:
    once = [fits(building, phase.once)] if phase.once else []
    return building.let(f"phase.{phase.id}", all_of([*_when(phase.condition), *once]), phase.span)


def _item(building: _Building, item: Gift) -> Node:
    conditions = [*_when(item.condition), *([fits(building, item.once)] if item.once else [])]
    for each in item.limits:
        room = fits(building, each.counter)
        conditions.append(room if each.condition is None else apply(Op.OR, apply(Op.NOT, each.condition), room))
    return building.let(f"give.{item.id}", all_of(conditions), item.span)


def _uses(recipe: Recipe, kept: list[Node], given: list[Node]) -> Iterator[tuple[Counter, Node]]:
    """Every counter, and whether this purchase uses it."""
    for each in recipe.limits:
        yield each.counter, all_of(_when(each.condition))
    for phase, is_kept in zip(recipe.phases, kept, strict=True):
        if phase.once is not None:
            yield phase.once, is_kept
    for item, is_given in zip(recipe.gives, given, strict=True):
        if item.once is not None:
            yield item.once, is_given
        for each in item.limits:
            yield each.counter, all_of([is_given, *_when(each.condition)])


def _prices(building: _Building, kept: list[Node]) -> None:
    """What the charge with this number costs: the price of the first kept phase that reaches so far."""
    charge = Fact("charge", CHARGE.type)
    reached: Node | None = None
    steps: list[tuple[Node, int]] = []
    for phase, is_kept in zip(building.recipe.phases[:-1], kept, strict=False):
        taken = choose(is_kept, number(phase.charges or 0), number(0))
        upto = taken if reached is None else apply(Op.ADD_NUMBER, reached, taken)
        reached = building.let(f"upto.{phase.id}", upto, phase.span)
        steps.append((apply(Op.AT_MOST, charge, reached), phase.price))
    price: Node = number(building.recipe.phases[-1].price, "money")
    for condition, amount in reversed(steps):
        price = choose(condition, number(amount, "money"), price)
    building.let("pay", price, building.recipe.phases[-1].span)


def _missing(building: _Building, read: Mapping[Input, Span | None]) -> None:
    """A fact that is read, and must be asked for, and is not there."""
    for each, span in read.items():
        if each.missing == "ask":
            absent = apply(Op.NOT, Given(each.name))
            rule = Rule("missing", each.name, span=span or building.recipe.span)
            building.refuse("missing", rule, f"missing.{each.name}", absent)
    if building.rules["sale"] and building.recipe.channels:
        _only_where_told(building)


def _only_where_told(building: _Building) -> None:
    """A channel that is not told is missing, not wrong."""
    for i, let in enumerate(building.lets):
        if let.name == "not-in-channel":
            value = apply(Op.AND, Given("channel"), let.value) if _asked(building) else let.value
            building.lets[i] = Let(let.name, value, span=let.span)


def _asked(building: _Building) -> bool:
    return any(rule.id == "channel" for rule, _ in building.rules["missing"])


def _answer(building: _Building) -> None:
    """The first stage that says no, and its rules."""
    masks: list[tuple[int, Node]] = []
    for i, stage in enumerate(STAGES):
        if building.rules[stage]:
            bits = building.let(f"stage.{stage}", mask([node for _, node in building.rules[stage]]))
            masks.append((i + 1, bits))
    first: Node = number(0)
    reasons: Node = number(0)
    for place, said in reversed(masks):
        speaks = apply(Op.DIFFERENT, said, number(0))
        first = choose(speaks, number(place), first)
        reasons = choose(speaks, said, reasons)
    building.let("stage", first)
    building.let("reasons", reasons)


def _names(lets: list[Let]) -> dict[str, Span | None]:
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


def _inputs(
    recipe: Recipe, names: Iterable[str], declared: dict[str, Input], measures: dict[str, Measure]
) -> Iterator[Input]:
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
            yield _own(name, recipe)


def _own(name: str, recipe: Recipe) -> Input:
    """An input that no rulebook declares: a calendar, the quantity, or a counter."""
    if name.startswith("in:"):
        return Input(name, BOOL, "clock")
    type_: Type = Int(*recipe.quantity) if name == "quantity" else MEASURED
    return Input(name, type_, "engine" if name == "quantity" else "store")
