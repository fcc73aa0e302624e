"""Promotions on the whole order -> one program a step, whose facts are the sums that its promotions see."""

from collections.abc import Mapping, Sequence

from entitle.dsl.book import Book
from entitle.dsl.effects import Free, less, lowered
from entitle.dsl.facts import SPENT
from entitle.dsl.programs import CHARGE, inputs_of, names_of, room
from entitle.dsl.promotions import Offered
from entitle.dsl.rewriting import rewritten
from entitle.dsl.room import has_room
from entitle.dsl.shapes import Written
from entitle.dsl.typed import all_of, apply, mask, number
from entitle.ir import BOOL, Fact, Input, Int, Let, Local, Node, Op, Program
from entitle.release import ORDER_OUTS, Counter, OrderStep

UNITS = Int(1, 1_000_000)  # of all lines that a promotion sees


def price_steps(written: Written[list[tuple[Written[str], Written[str]]]] | None, book: Book) -> None:
    """The rulebook's price steps: those on the whole order come last."""
    for id_, kind in written.value if written else []:
        if kind.value == "each_unit" and "whole_order" in book.steps.values():
            book.tell("unit-after-order", kind.span)
        book.steps[id_.value] = kind.value


def order_steps(offered: Sequence[Offered], book: Book) -> tuple[OrderStep, ...]:
    """A program for each step on the whole order that has promotions."""
    found = {step: [each for each in offered if each.promotion.step == step] for step in book.steps}
    whole = [step for step, kind in book.steps.items() if kind == "whole_order"]
    return tuple(order_step(step, found[step], book) for step in whole if found[step])


def order_step(id_: str, offered: Sequence[Offered], book: Book) -> OrderStep:
    """The step with its promotions, in alphabetical order."""
    making = _Making(book)
    outs: list[str] = []
    for each in offered:
        outs += making.add(each)
    coded = [each for each in offered if each.promotion.code is not None]
    making.let("valid", mask([Local(f"valid.{each.id}", BOOL) for each in coded]))
    making.let("unused", mask([Local(f"room.{each.id}", BOOL) for each in coded]))
    counters = [found for each in offered for found in _counters(each)]
    making.let("uses", mask([all_of([Local(f"may.{id_}", BOOL), *when]) for id_, _, when in counters]))
    read = {**{name: None for each in offered for name in each.keys}, **names_of(making.lets)}
    own = {name: _own(name) for name in read if name == "nth" or name.startswith(tuple(OWN))}
    others = [name for name in read if name not in own]
    inputs = (*inputs_of(others, (1, 1), book.inputs, book.measures), *own.values())
    program = Program(id_, tuple(sorted(inputs, key=lambda each: each.name)), tuple(making.lets), (*outs, *ORDER_OUTS))
    has_room(program, offered[0].span, book)
    return OrderStep(id_, program, tuple(each.id for each in offered), tuple(counter for _, counter, _ in counters))


# of the lines that a promotion sees
OWN: Mapping[str, Int] = {"sum.": SPENT, "listed.": SPENT, "units.": UNITS, "freed.": SPENT}


def _own(name: str) -> Input:
    """What the engine tells of the lines that a promotion sees.

    Their sum now and before discounts, their units, and what the units that it makes free cost now.
    """
    return Input(name, CHARGE.type if name == "nth" else OWN[name[: name.index(".") + 1]], "engine")


def _counters(offered: Offered) -> list[tuple[str, Counter, list[Node]]]:
    found = [(offered.id, each.counter, [] if each.condition is None else [each.condition]) for each in offered.counted]
    return found + ([(offered.id, offered.budget, [])] if offered.budget is not None else [])


class _Making:
    def __init__(self, book: Book) -> None:
        self.book = book
        self.lets: list[Let] = []

    def let(self, name: str, value: Node) -> Local:
        self.lets.append(Let(name, value))
        return Local(name, value.type)

    def add(self, offered: Offered) -> tuple[str, str, str]:
        """The lets of one promotion; its outputs."""
        id_, promotion = offered.id, offered.promotion
        reached: Node = Fact(f"sum.{id_}", SPENT)
        units = Fact(f"units.{id_}", UNITS)
        valid = self.let(f"valid.{id_}", all_of([self._seen(id_, each) for each in offered.open]))
        fitting = self.let(f"room.{id_}", all_of([room(each, units) for each in offered.counted]))
        conditions: list[Node] = [valid, fitting]
        if promotion.code is not None:
            conditions.append(Fact(f"code.{id_}", BOOL))
        if promotion.charges:
            conditions.append(apply(Op.AT_MOST, Fact("nth", CHARGE.type), number(promotion.charges)))
        open_ = self.let(f"open.{id_}", all_of(conditions))
        after = self.let(f"after.{id_}", self._after(offered, reached))
        said = [open_, *(self._seen(id_, each) for each in offered.reached)]
        if offered.budget is not None:
            off = apply(Op.SUB_MONEY, reached, after)
            if promotion.charges > 1:
                off = apply(Op.TIMES_MONEY, off, number(promotion.charges))
            spent = apply(Op.ADD_MONEY, Fact(offered.budget.input, SPENT), off)
            said.append(apply(Op.AT_MOST, spent, number(offered.budget.max, "money")))
        self.let(f"may.{id_}", all_of(said))
        return f"open.{id_}", f"may.{id_}", f"after.{id_}"

    def _after(self, offered: Offered, reached: Node) -> Node:
        """What it makes of the sum of its lines. Units that are free are picked beside the program, at their prices."""
        if isinstance(offered.effect, Free):
            return less(reached, Fact(f"freed.{offered.id}", SPENT))
        return lowered(offered.effect, reached, self.book.rounding, offered.max_off)

    def _seen(self, id_: str, node: Node) -> Node:
        """A condition of the promotion on the lines that it sees."""

        def leaf(fact: Fact) -> Node:
            match fact.name:
                case "amount":
                    return Fact(f"sum.{id_}", SPENT)
                case "base":
                    return Fact(f"listed.{id_}", SPENT)
                case "quantity":
                    return Fact(f"units.{id_}", UNITS)
                case _:
                    return fact

        return rewritten(node, leaf)
