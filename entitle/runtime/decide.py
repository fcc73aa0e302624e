"""Release, products, facts and instant -> a verdict: may they be bought, for how much over time, what do they give.

Pure: the instant and everything the store counts are arguments. There is no arithmetic on prices here: programs say
what each charge is; this module asks them, once for each stretch of the timeline.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import CodeType
from typing import cast

from entitle.ir import Lowered, Program, Value
from entitle.release import OUTS, STAGES, YES_OR_NO, Gate, Item, OrderStep, Product, Release, Rule, Stage
from entitle.runtime.clock import clock_fact
from entitle.runtime.encode import Answer, Balked, Encoder, Told, compiled_answer, to_slots
from entitle.runtime.presented import code_inputs
from entitle.runtime.pricing import Asked, Facts, OrderFacts, Priced, price
from entitle.runtime.schedule import Segment
from entitle.runtime.stretches import Stretch, Used, once_an_order, stretches, used
from entitle.runtime.to_python import Decide, Trace, compiled, compiled_trace
from entitle.runtime.together import closed, overdrawn, short
from entitle.values.zone import Instant

Generated = Mapping[str, CodeType]  # of products' programs what was generated before
Stored = Mapping[str, Value]  # what the store counts and which codes are presented, by the program's input
STAGE, REASONS, PHASES, GIVES, VALID, UNUSED, LOGGED = (
    OUTS.index(name) for name in ("stage", "reasons", "phases", "gives", "valid", "unused", "logged")
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one line.

    stage, rules  the stage that said no and which of its rules; None and () for yes
    facts         every input as encoded: with the release they replay to this verdict
    stretches     the price timeline of the line, dropped phases left out
    gives         the items that are given
    logged        the guards that only noted what they would have done
    """

    product: Product
    quantity: int
    stage: Stage | None
    rules: tuple[Rule, ...]
    facts: Facts
    stretches: tuple[Stretch, ...] = ()
    gives: tuple[Item, ...] = ()
    logged: tuple[str, ...] = ()

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The timeline as a contract keeps it."""
        return tuple(each.segment for each in self.stretches)

    @property
    def missing(self) -> tuple[str, ...]:
        """The facts that the answer waits for."""
        return tuple(rule.id for rule in self.rules) if self.stage == "missing" else ()


@dataclass(frozen=True)
class OrderVerdict:
    """The answer for all lines together.

    codes   what is wrong with the codes that were presented
    short   the pools that hold too little for all lines together
    priced  the first charge, where nothing says no
    uses    the counters that are used
    """

    asked: OrderFacts
    lines: tuple[Verdict, ...]
    codes: tuple[Rule, ...] = ()
    short: tuple[Rule, ...] = ()
    priced: Priced | None = None
    uses: tuple[Used, ...] = ()

    @cached_property
    def stage(self) -> Stage | None:
        """The first stage, of all lines and codes, that says no."""
        said: list[Stage] = [verdict.stage for verdict in self.lines if verdict.stage]
        if self.codes:
            said.append("price")
        if self.short:
            said.append("stock")
        return min(said, key=STAGES.index) if said else None


def nothing_kept(release: Release, name: str) -> Generated:
    """Nothing was kept of the release under this hash."""
    return {}


class Decider:
    """A release, made ready: what is generated for a product is generated when it is first asked for."""

    def __init__(self, release: Release, generated: Generated | None = None) -> None:
        self.release, self._generated = release, generated or {}
        self._decides: dict[str, Decide] = {}
        self._encoders: dict[str, Encoder] = {}
        self._traces: dict[str, Trace] = {}
        self._answers: dict[str, Answer] = {}
        self._lowered: dict[str, Decide] = {}
        self._ends: dict[str, list[int]] = {}
        self._steps: dict[str, Decide] = {}
        self._gates: dict[str, Decide] = {}

    # ---- programs

    def encoder(self, product: Product) -> Encoder:
        found = self._encoders.get(product.id)
        if found is None:
            found = self._encoders[product.id] = Encoder(product.program, self.release)
        return found

    def program(self, product: Product) -> Decide:
        found = self._decides.get(product.id)
        if found is None:
            found = self._decides[product.id] = compiled(product.program, self._generated.get(product.id))
        return found

    def trace(self, product: Product) -> Trace:
        found = self._traces.get(product.id)
        if found is None:
            found = self._traces[product.id] = compiled_trace(product.program)
        return found

    def run(self, product: Product, facts: Facts) -> tuple[int, ...]:
        """The outputs on encoded facts, in the order of `release.OUTS`."""
        return cast(tuple[int, ...], self.program(product)(*to_slots(product.program.inputs, facts)))

    def order_answer(self, step: OrderStep, facts: Facts) -> tuple[int, ...]:
        """The outputs of an order step's program."""
        found = self._steps.get(step.id)
        if found is None:
            found = self._steps[step.id] = compiled(step.program)
        return cast(tuple[int, ...], found(*to_slots(step.program.inputs, facts)))

    def gate_answer(self, gate: Gate, told: Told, at: Instant, stored: Stored) -> tuple[int, ...]:
        """The outputs of a gate's program, in the order of GATE_OUTS. Raises FactError."""
        found = self._gates.get(gate.id)
        if found is None:
            found = self._gates[gate.id] = compiled(gate.program)
        facts = Encoder(gate.program, self.release).facts(told, self.engine(gate.program, at, 1, stored))
        return cast(tuple[int, ...], found(*to_slots(gate.program.inputs, facts)))

    def lowered(self, product: Product, facts: Facts) -> dict[str, int]:
        """The price of a unit after each price step, by the name of its let."""
        names = tuple(let.name for let in product.program.lets if isinstance(let.value, Lowered))
        found = self._lowered.get(product.id)
        if found is None:
            found = self._lowered[product.id] = compiled(replace(product.program, outs=names))
        return dict(zip(names, map(int, found(*to_slots(product.program.inputs, facts))), strict=True))

    def ends(self, product: Product) -> list[int]:
        """After how many charges a promotion of the product ends, in order."""
        found = self._ends.get(product.id)
        if found is None:
            own = (each for each in self.release.promotions.values() if product.id in each.products)
            found = self._ends[product.id] = sorted({each.charges for each in own} - {0})
        return found

    # ---- asking

    def answer(self, product: Product, told: Told, at: Instant, quantity: int, stored: Stored) -> tuple[Value, ...]:
        """The bare outputs, in the order of `release.OUTS`: the fast way. Raises FactError."""
        fast = self._answers.get(product.id)
        if fast is None:
            fast = self._answers[product.id] = compiled_answer(product.program, self.release)
        try:
            return fast(told, at, quantity, stored)
        except Balked:  # the plain way finds the culprit
            return self.run(product, self.facts(product, told, at, quantity, stored))

    def facts(self, product: Product, told: Told, at: Instant, quantity: int, stored: Stored) -> Facts:
        """The encoded facts of a line. Raises FactError for facts that cannot be."""
        return self.encoder(product).facts(told, self.engine(product.program, at, quantity, stored))

    def order_facts(self, told: Told, at: Instant, stored: Stored) -> dict[str, Facts]:
        """The encoded facts of each order step, but for what it sees of the lines."""
        found: dict[str, Facts] = {}
        for step in self.release.order_steps:
            engine = self.engine(step.program, at, 1, stored)
            found[step.id] = Encoder(step.program, self.release).facts(told, engine)
        return found

    def engine(self, program: Program, at: Instant, quantity: int, stored: Stored) -> dict[str, Value]:
        """The inputs that the shop does not tell. What an order step sees of its lines is told later: 1 stands in."""
        found: dict[str, Value] = {}
        for each in program.inputs:
            match each.origin:
                case "clock":
                    found[each.name] = clock_fact(each.name, self.release, at)
                case "engine" if each.name.startswith(YES_OR_NO):
                    found[each.name] = stored.get(each.name, False)
                case "engine":
                    found[each.name] = quantity if each.name == "quantity" else 1
                case "store":
                    found[each.name] = stored[each.name]
        return found

    def decide(
        self, product: Product, told: Told, at: Instant, quantity: int, stored: Stored, codes: tuple[str, ...] = ()
    ) -> OrderVerdict:
        """The whole verdict on an order of one line. Raises FactError for facts that cannot be."""
        presented = {**stored, **code_inputs(self.release, codes)}
        asked = Asked(product, quantity, self.facts(product, told, at, quantity, presented))
        return self.replay(OrderFacts((asked,), self.order_facts(told, at, presented), codes))

    def replay(self, asked: OrderFacts) -> OrderVerdict:
        """The verdict on facts that are encoded already: what a stored decision runs."""
        found = self._judge(asked)
        while full := overdrawn(found.asked, found.uses):
            found = self._judge(closed(self.release, found.asked, full))
        lines = (replace(line, facts=own.facts) for line, own in zip(found.lines, asked.lines, strict=True))
        return replace(found, asked=asked, lines=tuple(lines))

    def _judge(self, asked: OrderFacts) -> OrderVerdict:
        answers = [self.run(line.product, line.facts) for line in asked.lines]
        lines = tuple(self._judged(line, answer) for line, answer in zip(asked.lines, answers, strict=True))
        found = OrderVerdict(asked, lines, tuple(self._wrong_codes(asked, answers)), tuple(short(lines)))
        return found if found.stage else self._priced(found, answers)

    def _judged(self, asked: Asked, answer: Sequence[int]) -> Verdict:
        product, stage = asked.product, answer[STAGE]
        logging = [each.id for each in self.release.guards.values() if each.log_only and "purchase" in each.gates]
        logged = tuple(id_ for i, id_ in enumerate(logging) if answer[LOGGED] >> i & 1)
        if stage:
            refused = tuple(rule for i, rule in enumerate(product.rules[stage - 1]) if answer[REASONS] >> i & 1)
            return Verdict(product, asked.quantity, STAGES[stage - 1], refused, asked.facts, logged=logged)
        given = tuple(item for i, item in enumerate(product.gives) if answer[GIVES] >> i & 1)
        return Verdict(product, asked.quantity, None, (), asked.facts, gives=given, logged=logged)

    # ---- codes

    def _wrong_codes(self, asked: OrderFacts, answers: Sequence[Sequence[int]]) -> Iterable[Rule]:
        """What is wrong with the codes presented: too many, unknown, not for this, used up."""
        if len(asked.codes) > self.release.max_codes:
            yield Rule("too-many-codes", str(self.release.max_codes))
            return
        for code in asked.codes:
            promotion = self.release.by_code.get(code)
            if promotion is None:
                yield Rule("unknown-code", code)
                continue
            states = [*self._on_units(promotion.id, asked, answers), *self._on_order(promotion.id, asked)]
            if not any(valid for valid, _ in states):
                yield Rule("code-not-valid", code, span=promotion.span)
            elif not any(valid and unused for valid, unused in states):
                yield Rule("code-used-up", code, span=promotion.span)

    def _on_units(self, offer: str, asked: OrderFacts, answers: Sequence[Sequence[int]]) -> Iterable[tuple[bool, bool]]:
        for line, answer in zip(asked.lines, answers, strict=True):
            if offer in line.product.coded:
                place = line.product.coded.index(offer)
                yield bool(answer[VALID] >> place & 1), bool(answer[UNUSED] >> place & 1)

    def _on_order(self, offer: str, asked: OrderFacts) -> Iterable[tuple[bool, bool]]:
        promotions = self.release.promotions
        seen = [line.quantity for line in asked.lines if line.product.id in promotions[offer].products]
        for step in self.release.order_steps if seen else ():
            coded = [each for each in step.offers if promotions[each].code is not None]
            if offer in coded:
                answer = self.order_answer(step, {**asked.steps[step.id], f"units.{offer}": sum(seen)})
                place = coded.index(offer)
                yield bool(answer[-3] >> place & 1), bool(answer[-2] >> place & 1)

    def _priced(self, found: OrderVerdict, answers: Sequence[Sequence[int]]) -> OrderVerdict:
        """With the first charge of all lines together, and the later ones of each alone."""
        asked = found.asked
        first = price(self, asked.lines, asked.steps)
        lines: list[Verdict] = []
        uses: list[Used] = []
        for i, (verdict, answer) in enumerate(zip(found.lines, answers, strict=True)):
            over_time = tuple(stretches(self, asked, i, answer[PHASES], first))
            lines.append(replace(verdict, stretches=over_time))
            uses += used(self, asked.lines[i], i, over_time)
        return replace(found, lines=tuple(lines), priced=first, uses=once_an_order(uses))
