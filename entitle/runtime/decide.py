"""Release, product, facts and instant -> a verdict: may it be bought, for how much over time, and what does it give.

Pure: the instant and everything the store counts are arguments. There is no arithmetic on prices here: the program
says what each charge is; this module only asks it, once for each stretch of the timeline.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from entitle.errors import FactError
from entitle.ir import Program, Value
from entitle.release import STAGES, Counter, Item, Product, Release, Rule, Stage
from entitle.runtime.clock import clock_fact
from entitle.runtime.encode import Answer, Encoder, Told, compiled_answer, to_slots
from entitle.runtime.schedule import Segment
from entitle.runtime.to_python import Decide, Trace, compiled, compiled_trace
from entitle.values.zone import Instant

Stored = Mapping[str, Value]  # what the store counts, by the program's input


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one line.

    stage, rules  the stage that said no and which of its rules; None and () for yes
    facts         every input as encoded: with the release they replay to this verdict
    segments      the price timeline of one unit, dropped phases left out
    gives, uses   the items that are given and the counters that are used
    """

    product: Product
    quantity: int
    stage: Stage | None
    rules: tuple[Rule, ...]
    facts: Mapping[str, Value | None]
    segments: tuple[Segment, ...] = ()
    gives: tuple[Item, ...] = ()
    uses: tuple[Counter, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """The facts that the answer waits for."""
        return tuple(rule.id for rule in self.rules) if self.stage == "missing" else ()


class Decider:
    """A release, made ready: what is generated for a product is generated when it is first asked for."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self._decides: dict[str, Decide] = {}
        self._encoders: dict[str, Encoder] = {}
        self._traces: dict[str, Trace] = {}
        self._answers: dict[str, Answer] = {}

    def encoder(self, product: Product) -> Encoder:
        found = self._encoders.get(product.id)
        if found is None:
            found = self._encoders[product.id] = Encoder(product.program, self.release)
        return found

    def program(self, product: Product) -> Decide:
        found = self._decides.get(product.id)
        if found is None:
            found = self._decides[product.id] = compiled(product.program)
        return found

    def trace(self, product: Product) -> Trace:
        found = self._traces.get(product.id)
        if found is None:
            found = self._traces[product.id] = compiled_trace(product.program)
        return found

    def answer(self, product: Product, told: Told, at: Instant, quantity: int, stored: Stored) -> tuple[Value, ...]:
        """The bare outputs, in the order of `release.OUTS`: the fast way. Raises FactError."""
        fast = self._answers.get(product.id)
        if fast is None:
            fast = self._answers[product.id] = compiled_answer(product.program, self.release)
        try:
            return fast(told, at, quantity, stored)
        except (FactError, ValueError, TypeError, AttributeError):  # the plain way finds the culprit
            engine = self.engine(product.program, at, quantity, stored)
            return self._run(product, self.encoder(product).facts(told, engine))

    def decide(self, product: Product, told: Told, at: Instant, quantity: int, stored: Stored) -> Verdict:
        """The whole verdict. Raises FactError for facts that cannot be."""
        engine = self.engine(product.program, at, quantity, stored)
        return self.replay(product, self.encoder(product).facts(told, engine), quantity)

    def replay(self, product: Product, facts: Mapping[str, Value | None], quantity: int) -> Verdict:
        """The verdict on facts that are encoded already: what `decide` ends with, and what a stored decision runs."""
        stage, reasons, phases, pay, gives, uses = cast(tuple[int, ...], self._run(product, facts))
        if stage:
            rules = product.rules[stage - 1]
            refused = tuple(rule for i, rule in enumerate(rules) if reasons >> i & 1)
            return Verdict(product, quantity, STAGES[stage - 1], refused, facts)
        return Verdict(
            product,
            quantity,
            None,
            (),
            facts,
            self._segments(product, facts, phases, pay),
            tuple(item for i, item in enumerate(product.gives) if gives >> i & 1),
            tuple(counter for i, counter in enumerate(product.counters) if uses >> i & 1),
        )

    def engine(self, program: Program, at: Instant, quantity: int, stored: Stored) -> dict[str, Value]:
        """The inputs that the shop does not tell."""
        found: dict[str, Value] = {}
        for each in program.inputs:
            match each.origin:
                case "clock":
                    found[each.name] = clock_fact(each.name, self.release, at)
                case "engine":
                    found[each.name] = quantity if each.name == "quantity" else 1
                case "store":
                    found[each.name] = stored[each.name]
        return found

    def _run(self, product: Product, facts: Mapping[str, Value | None]) -> tuple[Value, ...]:
        return self.program(product)(*to_slots(product.program.inputs, facts))

    def _segments(
        self, product: Product, facts: Mapping[str, Value | None], phases: int, pay: int
    ) -> tuple[Segment, ...]:
        """The kept phases with their prices: the program is asked for the first charge of each."""
        found: list[Segment] = []
        charge = 1
        for i, phase in enumerate(product.phases):
            if not phases >> i & 1:
                continue
            price = pay if charge == 1 else self._pay(product, facts, charge)
            found.append(Segment(phase.id, phase.count, phase.lasts or product.lasts, price))
            charge += phase.count or 1
        return tuple(found)

    def _pay(self, product: Product, facts: Mapping[str, Value | None], charge: int) -> int:
        answer = self._run(product, {**facts, "charge": charge})
        return cast(int, answer[3])
