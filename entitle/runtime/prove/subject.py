"""What the questions of one product share: its release and runtime, how long to look, and near which instant."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from entitle.ir import Input
from entitle.messages import Words
from entitle.messages.proofs import ASKED
from entitle.release import Product, Release
from entitle.runtime.decide import Decider
from entitle.runtime.prove.floors import Floors
from entitle.runtime.prove.history import History
from entitle.runtime.prove.patience import Patience
from entitle.runtime.prove.replay import Beside, Encoded, Witness, replayed
from entitle.runtime.prove.result import BOUNDS, Result
from entitle.runtime.prove.world import World
from entitle.source import Span
from entitle.values.money import amount_text
from entitle.values.zone import Instant

NOT_DECIDED = "not-decided"


@dataclass(frozen=True)
class Subject:
    """A product that is asked about.

    told  pairs of offers of which enough is said already, with another product
    """

    decider: Decider
    product: Product
    patience: Patience
    at: Instant
    told: set[tuple[str, ...]] = field(default_factory=set)

    @property
    def release(self) -> Release:
        return self.decider.release

    @cached_property
    def floors(self) -> Floors:
        return Floors(self.release, self.product, self.patience, self.at)

    @cached_property
    def world(self) -> World:
        """The whole program before the solver; what one question added to it is true for all."""
        return World(self.release, self.product.program, self.patience, self.at)

    def replayed(self, facts: Encoded, also: Sequence[Input] = (), beside: Sequence[Beside] = ()) -> Witness:
        return replayed(self.decider, self.product, facts, also, beside)

    def money(self, minor: int) -> str:
        return amount_text(minor, self.release.currency)

    # ---- answers

    def proved(self, question: str, witness: Witness | None = None, **values: str | Words) -> Result:
        return Result(question, "proved", question, self.product.span, self._of(values), "note", witness)

    def found(self, question: str, code: str, span: Span | None, *bills: Witness, **values: str | Words) -> Result:
        """A flaw: `bills` are the customer who shows it, and the one whom they are compared with."""
        return Result(question, "witness", code, span or self.product.span, self._of(values), "error", *bills)

    def shown(self, question: str, code: str, span: Span | None, *bills: Witness, **values: str | Words) -> Result:
        """What is no fault by itself, but worth knowing."""
        return Result(question, "witness", code, span or self.product.span, self._of(values), "note", *bills)

    def lived(self, question: str, code: str, span: Span | None, history: History, **values: str | Words) -> Result:
        """What it takes several purchases to show."""
        values = self._of(values)
        return Result(question, "witness", code, span or self.product.span, values, "error", history=history)

    def undecided(self, question: str, bound: str, span: Span | None = None) -> Result:
        values = self._of({"asked": ASKED[question], "bound": BOUNDS[bound]})
        return Result(question, "unknown", NOT_DECIDED, span or self.product.span, values, "error")

    def _of(self, values: dict[str, str | Words]) -> dict[str, str | Words]:
        return {"product": self.product.id, **values}
