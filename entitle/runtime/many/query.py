"""A product and the order steps that see it -> one query: its decision and its first charge, a row a customer."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from entitle.errors import Error
from entitle.ir import Input, Int, Program
from entitle.release import STAGES, Counter, OrderStep, Product, Release
from entitle.runtime.many.codes import Presented
from entitle.runtime.many.orders import Ordering, seen_steps
from entitle.runtime.sql_stages import Stages
from entitle.runtime.sql_text import literal
from entitle.runtime.to_sql import add_program

PRICE = STAGES.index("price") + 1
OF_A_PATH = (
    "with.",
    "sum.",
    "listed.",
    "units.",
    "freed.",
)  # what an order step sees of a line, and a line of order offers
PRICES = ("base", "floor", "pay", "total", "best")


@dataclass(frozen=True)
class Query:
    """What is asked of a table.

    text   the query itself
    outs   the names of its columns, in their order
    sets   the sets of order offers, as the column `path` numbers them
    """

    text: str
    outs: tuple[str, ...]
    sets: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Question:
    """A product of a release, asked about for many customers.

    whole  also for what is told of no price: the phases, what is used of counters, the guards that only log
    """

    release: Release
    product: Product
    whole: bool = False

    def __post_init__(self) -> None:
        """Refuses what the first charge alone cannot tell: whether all charges fit into a budget. Raises Error."""
        for each in self.release.promotions.values():
            budget = any(counter.of == "amount" for counter in each.counters)
            if budget and each.charges != 1 and self.product.subscription and self.product.id in each.products:
                said = f"`{each.id}` lowers several charges of `{self.product.id}` and has a budget"
                raise Error(f"{said}: whether it fits hangs on all of them, and a table answers for the first alone")

    @cached_property
    def steps(self) -> tuple[OrderStep, ...]:
        return seen_steps(self.release, self.product)

    @cached_property
    def codes(self) -> Presented:
        return Presented(self.release, self.product, self.steps)

    @property
    def counters(self) -> list[tuple[Counter, ...]]:
        """The counters of the product, then of each step."""
        return [self.product.counters, *(step.counters for step in self.steps)]

    @property
    def programs(self) -> list[Program]:
        return [self.product.program, *(step.program for step in self.steps)]

    @cached_property
    def inputs(self) -> tuple[Input, ...]:
        """Everything that must be told, each once."""
        quantity = Input("quantity", Int(*self.product.sale.quantity), "engine")
        found = {each.name: each for program in self.programs for each in program.inputs}
        return tuple(each for each in {**found, "quantity": quantity}.values() if not each.name.startswith(OF_A_PATH))

    def query(self, source: str, numbers: Mapping[str, int]) -> Query:
        """The query over a source with the columns `f<i>`, `g<i>`, `hopeless`, and `k<i>` of each group of codes.

        Its columns: stage, reasons, gives; base, floor, pay, total, best and path, NULL where a stage says no; of each
        group of codes `closed<i>` and `spent<i>`, the bits of offers whose code is no use to this customer. Where the
        whole is asked for: phases, logged, and `uses<i>` of the product and of each step, in the order of `counters`.
        """
        stages = Stages()
        false = 1 + max(numbers.values())
        stages.add(f"f{false}", "FALSE", ())
        flags = {each.name: false for each in self.product.program.inputs if each.name.startswith("with.")}
        for each in self.inputs:
            if each.name.startswith("code."):
                self._opened(stages, each.name, numbers[each.name])
        program = self.product.program
        told = {**flags, **numbers, "#": false}
        plain = add_program(stages, program, told)
        prices = {name: plain[name] for name in PRICES}
        valid = [(plain["valid"], plain["unused"])]
        sets: tuple[tuple[str, ...], ...] = ((),)
        uses: tuple[str, ...] = (plain["uses"],)
        if self.steps:
            ordering = Ordering(self.release, self.product, self.steps, stages, told, self.whole)
            chosen = ordering.choose(plain)
            prices |= {"pay": chosen.pay, "total": chosen.total, "best": chosen.best, "path": chosen.path}
            valid += self._valid(stages, ordering)
            sets, uses = chosen.sets, chosen.uses
        outs = self._codes(stages, valid) if any(self.codes.groups) else {}
        wrong = [f"{name} <> {literal(0)}" for name in outs.values()]
        said = " OR ".join(["hopeless", *wrong])
        late = f"{plain['stage']} NOT BETWEEN {literal(1)} AND {literal(PRICE - 1)}"
        text = f"CAST(CASE WHEN {late} AND ({said}) THEN {literal(PRICE)} ELSE {plain['stage']} END AS TINYINT)"
        stage = stages.add("stage", text, {plain["stage"], "hopeless", *outs.values()})
        for name, column in prices.items():
            prices[name] = stages.add(f"{name}_", f"CASE WHEN {stage} = 0 THEN {column} END", {stage, column})
        all_ = {"stage": stage, "reasons": plain["reasons"], "gives": plain["gives"], **prices, **outs}
        if self.whole:
            all_ |= {name: plain[name] for name in ("phases", "logged")}
            all_ |= {f"uses{i}": name for i, name in enumerate(uses)}
        return Query(stages.query(source, (), list(all_.values())), tuple(all_), sets)

    def _opened(self, stages: Stages, name: str, number: int) -> None:
        """Is the code of the offer presented?"""
        offer = name.removeprefix("code.")
        group = next(i for i, offers in enumerate(self.codes.groups) if offer in offers)
        bit = literal(1 << self.codes.groups[group].index(offer))
        stages.add(f"f{number}", f"(k{group} & {bit}) <> {literal(0)}", {f"k{group}"})

    def _valid(self, stages: Stages, ordering: Ordering) -> list[tuple[str, str]]:
        return [(standing["valid"], standing["unused"]) for standing in ordering.standing]

    def _codes(self, stages: Stages, valid: list[tuple[str, str]]) -> dict[str, str]:
        """Of each group, which codes presented are not for this customer, and which of the others are used up."""
        found: dict[str, str] = {}
        for i, (own, unused) in enumerate(valid):
            if self.codes.groups[i]:
                told = f"k{i}"
                found[f"closed{i}"] = stages.add(f"closed{i}", f"({told} & ~{own})", {told, own})
                found[f"spent{i}"] = stages.add(f"spent{i}", f"({told} & {own} & ~{unused})", {told, own, unused})
        return found
