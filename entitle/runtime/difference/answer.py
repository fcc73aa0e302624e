"""What both releases say of one customer's order: decided by their own runtimes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from entitle.release import Release
from entitle.runtime.decide import Decider, OrderVerdict
from entitle.runtime.difference.bridge import Both
from entitle.runtime.difference.change import Kind
from entitle.runtime.difference.told import Told, given, runs, used
from entitle.runtime.prove.replay import Beside, Encoded, Witness, decided, purchase, witness


@dataclass(frozen=True, slots=True)
class Answer:
    """What one release's runtime says of the customer."""

    release: Release
    witness: Witness
    verdict: OrderVerdict

    @property
    def told(self) -> Told:
        """What changes are told by, of its first line."""
        line, witness = self.verdict.lines[0], self.witness
        return Told(
            witness.stage,
            witness.rules,
            witness.unit,
            given(self.release, line.gives),
            runs(line.product, (each.segment.phase for each in line.stretches)),
            used(each.counter for each in self.verdict.uses),
            line.logged,
            witness.applied,
        )

    @property
    def allowed(self) -> bool:
        return self.witness.stage is None


def answers(deciders: Both[Decider], product: str, facts: Both[Encoded], beside: Sequence[Beside] = ()) -> Both[Answer]:
    """What both runtimes say of the same purchase.

    facts  those of one customer, as each release writes them
    """
    both = list(zip(deciders, facts, strict=True))
    asked = [purchase(decider.release, decider.release.products[product], own, (), beside) for decider, own in both]
    presented = tuple(dict.fromkeys(code for each in asked for code in each.codes))
    first, second = (
        Answer(decider.release, witness(decider, done, verdict, own), verdict)
        for (decider, own), each in zip(both, asked, strict=True)
        for done in [replace(each, codes=presented)]
        for verdict in [decided(decider, done)]
    )
    return first, second


def by_total(a: Answer, b: Answer) -> Kind | None:
    """The kind of change that the sums of an order show."""
    if not (a.allowed and b.allowed):
        return None if a.allowed == b.allowed else "refused" if a.allowed else "allowed"
    before, after = a.witness.order, b.witness.order
    return None if before == after else "dearer" if after > before else "cheaper"
