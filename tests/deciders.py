"""Other ways to decide by a release than the generated Python: the reference interpreter, and the twin that traces."""

from typing import cast

from entitle.ir import Program, Value
from entitle.release import OrderStep, Product, Release
from entitle.runtime.decide import Decider
from entitle.runtime.encode import to_slots
from entitle.runtime.interpret import answer
from entitle.runtime.pricing import Facts
from entitle.runtime.to_python import Decide, Trace, compiled_trace

Slots = tuple[Value, ...]


class Interpreted(Decider):
    """Decides by the reference interpreter, which is asked once for the same; what it answered can be read."""

    def __init__(self, release: Release) -> None:
        super().__init__(release)
        self.answers: dict[str, dict[Slots, tuple[Value, ...]]] = {}  # by program, then by slots

    def program(self, product: Product) -> Decide:
        def decide(*slots: Value) -> tuple[Value, ...]:
            return self.answered(product.program, slots)

        return decide

    def order_answer(self, step: OrderStep, facts: Facts) -> tuple[int, ...]:
        return cast(tuple[int, ...], self.answered(step.program, to_slots(step.program.inputs, facts)))

    def answered(self, program: Program, slots: Slots) -> tuple[Value, ...]:
        known = self.answers.setdefault(program.name, {})
        if slots not in known:
            known[slots] = answer(program, from_slots(program, slots))
        return known[slots]


class Traced(Decider):
    """Decides by the twin that tells every let."""

    def __init__(self, release: Release) -> None:
        super().__init__(release)
        self._step_traces: dict[str, Trace] = {}

    def program(self, product: Product) -> Decide:
        return lambda *slots: self.trace(product)(*slots)[0]

    def order_answer(self, step: OrderStep, facts: Facts) -> tuple[int, ...]:
        trace = self._step_traces.get(step.id)
        if trace is None:
            trace = self._step_traces[step.id] = compiled_trace(step.program)
        outs, _ = trace(*to_slots(step.program.inputs, facts))
        return cast(tuple[int, ...], outs)


def from_slots(program: Program, slots: Slots) -> dict[str, Value | None]:
    """The facts that the arguments of a generated function stand for."""
    rest = iter(slots)
    facts: dict[str, Value | None] = {}
    for each in program.inputs:
        value = next(rest)
        known = next(rest) if each.missing in ("ask", "risky") else True
        facts[each.name] = value if known else None
    return facts
