"""One rulebook, one request: all that can decide gives one answer, and that is what the draft was meant to say."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import duckdb

from entitle.dsl.load import compile_sources
from entitle.invariants import flaws
from entitle.ir import Program
from entitle.release import GATE_OUTS, OUTS, STAGES, Gate, Release
from entitle.runtime.decide import Decider, OrderVerdict, Verdict
from entitle.runtime.encode import Encoder, to_slots
from entitle.runtime.pricing import Asked, OrderFacts
from entitle.runtime.to_python import compiled_trace
from entitle.source import Source
from tests.deciders import Interpreted, Traced
from tests.in_duckdb import difference
from tests.priced.books import Book
from tests.priced.making import Request
from tests.priced.meaning import Meaning, Timelines, meant
from tests.priced.stages import Said
from tests.priced.walk import CHARGES
from tests.programs import Reached

Charge = tuple[str, tuple[int, ...], tuple[str, ...]]  # a phase, what each unit costs, the offers


class Bench:
    """A rulebook, compiled, with everything that can decide by it."""

    def __init__(self, book: Book, reached: Reached) -> None:
        self.book, self.reached, self.seen = book, reached, reached.seen
        found = compile_sources([Source("rulebook.yaml", book.text)])
        told = [(each.code, each.span and each.span.where, each.sentence()) for each in found.diagnostics]
        assert found.release is not None, f"{book}\n{told}"
        assert not told, f"{book}\n{told}"
        self.release: Release = found.release
        self.ready, self.interpreted, self.traced = (
            Decider(self.release),
            Interpreted(self.release),
            Traced(self.release),
        )
        for program in self.programs.values():
            assert flaws(program) == []
            reached.program(program)
        self.seen["programs"] += len(self.programs)

    @property
    def programs(self) -> dict[str, Program]:
        """All programs of the release; no two of them share a name."""
        release = self.release
        found = [each.program for each in release.products.values()]
        found += [each.program for each in release.order_steps] + [each.program for each in release.gates.values()]
        assert len({each.name for each in found}) == len(found)
        return {each.name: each for each in found}

    # ---- one request

    def check(self, request: Request) -> None:
        """Raises AssertionError where two do not agree."""
        meaning = meant(self.book, request, self.seen)
        order = self.decided(request)
        lines = tuple(self._said(line, meaning) for line in order.lines)
        self.compare("reasons", lines, meaning.lines, request)
        for name in self.release.gates:
            self.compare(name, self._at_gate(name, request), meaning.stages.gate(name), request)
        self.seen[f"stage {order.stage or 'yes'}"] += 1
        if meaning.codes is not None:
            codes = tuple(sorted((rule.code, rule.id) for rule in order.codes))
            self.compare("codes", codes, meaning.codes, request)
            self.seen.update(code for code, _ in codes)
        if meaning.timelines is not None:
            self._check_prices(order, meaning, meaning.timelines, request)

    def compare(self, what: str, found: object, meant: object, request: Request) -> None:
        assert found == meant, f"{what}\n{self.book}\n{request}\nsaid  {found}\nmeant {meant}"

    def _said(self, line: Verdict, meaning: Meaning) -> Said:
        reasons = tuple(sorted((rule.code, rule.id) for rule in line.rules))
        if meaning.stages.missing(meaning.stages.walk.goods[line.product.id]):
            return Said(line.stage, reasons)  # what is noted without a fact that is asked for says nothing
        logged = self.interpreted.run(line.product, line.facts)[OUTS.index("logged")]
        return Said(line.stage, reasons, self._logging("purchase", logged))

    def _logging(self, gate: str, bits: int) -> tuple[str, ...]:
        named = [each.id for each in self.release.guards.values() if each.log_only and gate in each.gates]
        found = tuple(id_ for i, id_ in enumerate(named) if bits >> i & 1)
        self.seen["log_only fires"] += len(found)
        return found

    def _check_prices(self, order: OrderVerdict, meaning: Meaning, timelines: Timelines, request: Request) -> None:
        wanted: list[list[Charge]] = [
            [(phase, tuple(u.amount for u in c.lines[id_].units), c.applied(id_)) for phase, c in timelines[id_]]
            for id_, _ in request.lines
        ]
        self.compare("charges", [list(charges(order, i)) for i in range(len(order.lines))], wanted, request)
        turned = self.ready.replay(replace(order.asked, lines=order.asked.lines[::-1]))
        self.compare("turned", [list(charges(turned, i)) for i in range(len(order.lines))][::-1], wanted, request)
        first = timelines[request.lines[0][0]][0][1]
        assert order.priced is not None
        assert all(line.floor <= paid <= line.base for line in order.priced.lines for paid in line.units)
        shares = [
            (each.offer, {line.product.id: off for line, off in zip(order.lines, each.off, strict=True) if off})
            for each in order.priced.order
        ]
        wanted_shares = [(promo.id, {id_: n for id_, n in off.items() if n}) for promo, off in first.order]
        self.compare("shares", shares, wanted_shares, request)
        uses: Counter[str] = Counter()
        for use in order.uses:
            uses[use.counter.input] += use.units
        self.compare("uses", tuple(sorted(uses.items())), meaning.uses, request)
        self.seen["several lines"] += len(order.lines) > 1
        self.seen["order offer applied"] += bool(first.order)

    # ---- everything that can decide

    def decided(self, request: Request) -> OrderVerdict:
        """The verdict of generated Python; the interpreter and the traced twin must say the same, in every way."""
        told, at, known = request.scene.told, request.scene.at, request.known(self.book)
        asked = []
        for id_, units in request.lines:
            product = self.release.products[id_]
            facts = self.ready.facts(product, told, at, units, known)
            fast, slow = self.ready.answer(product, told, at, units, known), self.interpreted.run(product, facts)
            self.compare(id_, fast, slow, request)
            asked.append(Asked(product, units, facts))
        order = OrderFacts(tuple(asked), self.ready.order_facts(told, at, known), request.codes)
        verdict = self.ready.replay(order)
        for line in asked:
            self.reached.facts(line.product.program, dict(line.facts))
        for other in (self.interpreted, self.traced):
            assert other.replay(order) == verdict, f"{type(other).__name__}\n{self.book}\n{request}"
        return verdict

    def _at_gate(self, name: str, request: Request) -> Said:
        gate = self.release.gates[name]
        stage, reasons, logged = self._gate_answer(gate, request)
        if stage and STAGES[stage - 1] == "missing":
            rules = [rule for i, rule in enumerate(gate.rules[stage - 1]) if reasons >> i & 1]
            return Said("missing", tuple(("missing", rule.id) for rule in rules))
        rules = [rule for i, rule in enumerate(gate.rules[stage - 1]) if reasons >> i & 1] if stage else []
        said = tuple(sorted((rule.code, rule.id) for rule in rules))
        self.seen[f"gate {STAGES[stage - 1] if stage else 'yes'}"] += 1
        return Said(STAGES[stage - 1] if stage else None, said, self._logging(name, logged))

    def _gate_answer(self, gate: Gate, request: Request) -> tuple[int, ...]:
        engine = self.ready.engine(gate.program, request.scene.at, 1, request.known(self.book))
        facts = Encoder(gate.program, self.release).facts(request.scene.told, engine)
        slots = to_slots(gate.program.inputs, facts)
        outs = self.interpreted.answered(gate.program, slots)
        assert len(outs) == len(GATE_OUTS)
        fast = self.ready.gate_answer(gate, request.scene.told, request.scene.at, request.known(self.book))
        self.compare(gate.id, fast, outs, request)
        self.compare(gate.id, compiled_trace(gate.program)(*slots)[0], outs, request)
        return cast(tuple[int, ...], outs)

    def check_sql(self, database: duckdb.DuckDBPyConnection, wide: int) -> None:
        """DuckDB answers all that the interpreter was asked. Raises AssertionError."""
        programs = self.programs
        for name, known in self.interpreted.answers.items():
            found = difference(database, programs[name], [*known], [*known.values()], wide)
            assert found is None, f"{found}\n{self.book}"
            self.seen["rows in DuckDB"] += len(known)


def charges(order: OrderVerdict, line: int) -> Iterator[Charge]:
    """The charges of a line one by one, as far as they are looked at."""
    left = CHARGES
    for stretch in order.lines[line].stretches:
        for _ in range(min(left, stretch.segment.count or CHARGES)):
            yield stretch.segment.phase, stretch.cost.units, stretch.cost.applied
            left -= 1
