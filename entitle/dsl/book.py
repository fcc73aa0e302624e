"""What the model knows while it turns documents into a release: declared names, and the problems found so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from entitle.diagnostics import Diagnostic
from entitle.dsl.checker import did_you_mean
from entitle.dsl.expressions import condition
from entitle.dsl.facts import measure_type
from entitle.dsl.names import near
from entitle.dsl.reader import Scalar
from entitle.dsl.scalars import Reading
from entitle.dsl.scope import Scope
from entitle.dsl.shapes import Written
from entitle.ir import Enum, Input, Int, Key, Node
from entitle.messages import Words
from entitle.release import Benefit, Measure, Window
from entitle.source import Span
from entitle.values.zone import Zone

RISKY = Words("only guards may read a fact with `if_missing: risky`", "`if_missing: risky` 的事实只有风控规则可以读取")
SHARED = Words(
    "only guards may read a measure that is not `per: customer`", "不是 `per: customer` 的统计量只有风控规则可以读取"
)


@dataclass(slots=True)
class Book:
    """A rulebook on its way to a release."""

    zone: Zone
    currency: str
    problems: list[Diagnostic]
    inputs: dict[str, Input] = field(default_factory=dict)
    measures: dict[str, Measure] = field(default_factory=dict)
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    calendars: dict[str, tuple[Window, ...]] = field(default_factory=dict)
    benefits: dict[str, Benefit] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    """Names whose definition has a flaw: they are known, and nothing more is said of them."""

    @property
    def reading(self) -> Reading:
        return Reading(self.currency)

    def tell(
        self, code: str, span: Span, help_: Words | None = None, also: Span | None = None, **values: str | Words
    ) -> None:
        self.problems.append(Diagnostic(code, span, values, also=also, help=help_))

    def known(self, what: Words, written: Written[str], names: Mapping[str, object]) -> bool:
        """Is the name defined? Says so where it is not, unless its definition is known to be flawed."""
        if written.value in names:
            return True
        if written.value not in self.lost:
            help_ = did_you_mean(near(written.value, names))
            self.tell("unknown-reference", written.span, help_, what=what, name=written.value)
        return False

    def scope(self, quantity: tuple[int, int] | None = None) -> Scope:
        """What a condition of a product may speak of."""
        inputs = dict(self.inputs)
        inputs |= {name: Input(name, measure_type(each), "store") for name, each in self.measures.items()}
        if quantity is not None:
            inputs["quantity"] = Input("quantity", Int(*quantity), "engine")
        forbidden = {name: RISKY for name, each in self.inputs.items() if each.missing == "risky"}
        forbidden |= {name: SHARED for name, each in self.measures.items() if each.per != "customer"}
        return Scope(inputs, self.lists, frozenset(self.calendars), self.codes, self.currency, self.zone, forbidden)

    def condition(self, scalar: Scalar | None, quantity: tuple[int, int] | None = None) -> Node | None:
        """The condition, or None where there is none or it is told of as wrong."""
        if scalar is None:
            return None
        node, problems = condition(scalar, self.scope(quantity))
        self.problems += [problem for problem in problems if problem.values.get("name") not in self.lost]
        return node

    def key_facts(self, written: Written[list[Written[str]]]) -> tuple[str, ...]:
        """The facts that make a counter's key: `customer`, or declared facts of type key."""
        found: list[str] = []
        for each in written.value:
            if each.value == "all_together":
                if len(written.value) > 1:
                    self.tell("all-together-alone", each.span)
                continue
            if each.value != "customer":
                if not self.known(Words("fact", "事实"), each, self.inputs):
                    continue
                if not isinstance(self.inputs[each.value].type, Key):
                    self.tell("per-not-a-key", each.span, name=each.value)
                    continue
            found.append(each.value)
        return tuple(found)

    @property
    def channels(self) -> Enum | None:
        declared = self.inputs.get("channel")
        return declared.type if declared and isinstance(declared.type, Enum) else None
