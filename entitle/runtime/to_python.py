"""A program -> Python source: one function that answers, and a twin that also tells the value of every let.

The source holds our own names and integers only: no text of a rulebook ever reaches it. A fact comes in as `f<i>`, by
the input's position; whether it was told as `g<i>`; let i is `v<i>`. The answering function leaves out lets that no
output needs, and decides beforehand what the program itself settles.
"""

from bisect import bisect
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import CodeType
from typing import assert_never, cast

from entitle.ir import (
    Apply,
    Best,
    Const,
    Fact,
    Given,
    Holds,
    If,
    Int,
    Local,
    Lowered,
    Mask,
    Member,
    Node,
    Op,
    Program,
    Rounding,
    Running,
    Scale,
    Takes,
    Value,
    parts,
)
from entitle.runtime.cube import Cells, cube_of
from entitle.runtime.narrow import Narrowed
from entitle.runtime.python_best import Choice, choice_lines

Answer = tuple[Value, ...]
Decide = Callable[..., Answer]
Trace = Callable[..., tuple[Answer, Answer]]

UNSUPPORTED: frozenset[Op] = frozenset()

OPERATORS: dict[Op, str] = {
    Op.NOT: "(not {0})",
    Op.EQUAL: "({0} == {1})",
    Op.DIFFERENT: "({0} != {1})",
    Op.LESS: "({0} < {1})",
    Op.AT_MOST: "({0} <= {1})",
    Op.MORE: "({0} > {1})",
    Op.AT_LEAST: "({0} >= {1})",
    Op.SAME_KEY: "({0} == {1})",
    Op.OTHER_KEY: "({0} != {1})",
    Op.ADD_NUMBER: "({0} + {1})",
    Op.ADD_MONEY: "({0} + {1})",
    Op.ADD_DURATION: "({0} + {1})",
    Op.LATER: "({0} + {1})",
    Op.LATER_DATE: "({0} + {1})",
    Op.SUB_NUMBER: "({0} - {1})",
    Op.SUB_MONEY: "({0} - {1})",
    Op.SUB_DURATION: "({0} - {1})",
    Op.EARLIER: "({0} - {1})",
    Op.EARLIER_DATE: "({0} - {1})",
    Op.SINCE: "({0} - {1})",
    Op.SINCE_DATE: "({0} - {1})",
    Op.TIMES_NUMBER: "({0} * {1})",
    Op.TIMES_MONEY: "({0} * {1})",
    Op.TIMES_DURATION: "({0} * {1})",
    Op.TIMES_QUANTITY: "({0} * {1})",
}
JOINED: dict[Op, str] = {Op.AND: " and ", Op.OR: " or "}  # operators of any number of values
EXTREMES: dict[Op, str] = {Op.MIN: "<", Op.MAX: ">"}
# n stands for amount * numerator, k for the denominator, h for its half where it is even; // goes to minus infinity
ROUNDED: dict[Rounding, str] = {
    "down": "({n} // {k})",
    "up": "(-(-{n} // {k}))",
    "half_up": "(({n} + {h}) // {k})",
    "half_even": "halves({n}, {k})",
}


def halves(number: int, by: int) -> int:
    """number / by, ties to the even neighbour."""
    whole, rest = divmod(number, by)
    return whole + (2 * rest > by or (2 * rest == by and whole & 1 == 1))


BUILTINS: Mapping[str, object] = {each.__name__: each for each in (int, len, max, min, ValueError)}
SCOPE: Mapping[str, object] = {"__builtins__": BUILTINS, "halves": halves}


def to_python(program: Program, traced: bool = False) -> str:
    """The source of `decide(f0, g0, f1, …)`; the traced twin returns the outputs and, with them, every let."""
    return "\n".join([f"def decide({', '.join(slots(program))}):", *body(program, traced), ""])


def body(program: Program, traced: bool = False) -> list[str]:
    """The lines that compute the answer from the slots, for a function of any head."""
    source = Source(Narrowed(program))
    return source.traced() if traced else source.answer()


def slots(program: Program) -> list[str]:
    """The parameters, in order: each input's value and, where it may be missing, whether it was told."""
    found: list[str] = []
    for i, each in enumerate(program.inputs):
        found.append(f"f{i}")
        if each.missing in ("ask", "risky"):
            found.append(f"g{i}")
    return found


def compiled(program: Program, ready: CodeType | None = None) -> Decide:
    """The answering function; `ready` is its code, where that was kept."""
    return cast(Decide, function(ready) if ready else loaded(slots(program), *ending(Narrowed(program))))


def compiled_trace(program: Program) -> Trace:
    """The traced twin."""
    return cast(Trace, loaded(slots(program), body(program, traced=True)))


def loaded(head: Sequence[str], lines: Sequence[str], scope: Mapping[str, object] = SCOPE) -> object:
    """A function of these parameters and lines."""
    return function(_code(head, lines), {**SCOPE, **scope})


def _code(head: Sequence[str], lines: Sequence[str]) -> CodeType:
    return compile("\n".join([f"def decide({', '.join(head)}):", *lines, ""]), "<entitle>", "exec")


def function(made: CodeType, scope: Mapping[str, object] = SCOPE) -> object:
    """The function that code makes. Its source is our own: integers and our own names."""
    whole = dict(scope)
    exec(made, whole)
    return whole["decide"]


def code(program: Program) -> CodeType | None:
    """What may be kept of the answering function; None where it is generated cell by cell."""
    lines, needed = ending(Narrowed(program))
    return None if needed else _code(slots(program), lines)


def ending(narrowed: Narrowed) -> tuple[list[str], Mapping[str, object]]:
    """The lines that come to the answer from the slots, and what they need in scope.

    Where there is very much to choose from, the answer is that of the cell of a cube that the facts lie in: a function
    of only what may be open there, generated when it is first asked for.
    """
    cube = cube_of(narrowed)
    if cube is None:
        return Source(narrowed).answer(), {}
    head = slots(narrowed.program)
    cells = Cells(lambda key: cast(Decide, loaded(head, Source(cube.cell(key)).answer())))
    place = "".join(f"bisect(cuts{i}, f{narrowed.places[name]}), " for i, name in enumerate(cube.names))
    scope = {"bisect": bisect, "cells": cells, **{f"cuts{i}": cuts for i, cuts in enumerate(cube.cuts)}}
    return [f"    return cells[{place}]({', '.join(head)})"], scope


class Source:
    """The lines of one function, as far as its answer needs them and a box does not decide them beforehand."""

    def __init__(self, narrowed: Narrowed) -> None:
        self.program, self.narrowed = narrowed.program, narrowed
        self._wanted: dict[str, Node] = {}
        self._choices: dict[str, Choice] = {}
        self._temporary = 0

    def answer(self) -> list[str]:
        """The outputs, and what they need."""
        outs = [self._out(name) for name in self.program.outs]
        return [*self._lets(), f"    return {_tuple(map(self.text, outs))}"]

    def traced(self) -> list[str]:
        """The outputs and every let."""
        every = [self._out(let.name) for let in self.program.lets]
        outs = _tuple(self.text(every[self.narrowed.numbers[name]]) for name in self.program.outs)
        return [*self._lets(), f"    return {outs}, {_tuple(map(self.text, every))}"]

    def _out(self, name: str) -> Node:
        found = self.narrowed.node(Local(name, self.narrowed.raw(name).type))
        self._need(found)
        return found

    def _need(self, node: Node) -> None:
        """Notes the lets that a node reads, directly or not."""
        left = [node]
        while left:
            match left.pop():
                case Local(name=name) | Takes(choice=name):
                    left += self._need_let(name)
                case Lowered(choice=name, step=step):
                    left += self._need_let(name)
                    self._choices[name].followed.add(step)
                case other:
                    left += parts(other)

    def _need_let(self, name: str) -> Iterable[Node]:
        """What a let reads, where it was not noted before."""
        if name in self._wanted:
            return ()
        value = self._wanted[name] = self.narrowed.let(name)
        if not isinstance(value, Best):
            return (value,)
        found = self._choices[name] = Choice(name, value, self.narrowed)
        return found.parts()

    def _lets(self) -> list[str]:
        lines: list[str] = []
        for name in sorted(self._wanted, key=self.narrowed.numbers.__getitem__):
            if name in self._choices:
                lines += choice_lines(self._choices[name], self._name(name), self.text)
            else:
                lines.append(f"{self._name(name)} = {self.text(self._wanted[name])}")
        return [f"    {line}" for line in lines]

    def _name(self, let: str) -> str:
        return f"v{self.narrowed.numbers[let]}"

    def text(self, node: Node) -> str:
        """One expression."""
        match node:
            case Const(value=value):
                assert not isinstance(value, str) or value == "", "a text in a program has no code"
                return repr(value)
            case Fact(name=name):
                return f"f{self.narrowed.places[name]}"
            case Given(name=name):
                return f"g{self.narrowed.places[name]}"
            case Local(name=name):
                return self._name(name)
            case Apply(op=op, args=args) if op in JOINED:
                return f"({JOINED[op].join(map(self.text, args))})" if len(args) > 1 else self.text(args[0])
            case Apply(op=op, args=args) if op in EXTREMES:
                return self._extreme(op, args)
            case Apply(op=op, args=args):
                return OPERATORS[op].format(*map(self.text, args))
            case Scale(amount=amount, numerator=top, denominator=bottom, rounding=rounding):
                if rounding == "half_up" and bottom % 2:
                    top, bottom = 2 * top, 2 * bottom
                return ROUNDED[rounding].format(n=f"({self.text(amount)} * {top})", k=bottom, h=bottom // 2)
            case If(condition=condition, then=then, otherwise=otherwise):
                return f"({self.text(then)} if {self._truth(condition)} else {self.text(otherwise)})"
            case Member(value=value, codes=codes):
                return f"({self.text(value)} in {_tuple(map(str, codes))})"
            case Holds(value=value, member=member):
                return f"({self.text(value)} & {1 << member} != 0)"
            case Mask(bits=bits):
                return self._mask(bits)
            case Running():
                return "a"
            case Takes(choice=choice, offer=offer):
                return self._choices[choice].takes(self._name(choice), offer)
            case Lowered(choice=choice, step=step):
                return self._choices[choice].after(self._name(choice), step, self.text)
            case Best():
                raise AssertionError("a Best is the whole value of its let")
            case _:
                assert_never(node)

    def _truth(self, condition: Node) -> str:
        """A condition where only its truth counts: a number that is not zero is true."""
        match condition:
            case Apply(op=Op.DIFFERENT, args=(number, Const(value=0))) if isinstance(number.type, Int):
                return self.text(number)
            case _:
                return self.text(condition)

    def _extreme(self, op: Op, args: Sequence[Node]) -> str:
        """The least or the most: of two it is chosen in place, for a call costs more than all the rest."""
        if len(args) != 2:
            return f"{op}({', '.join(map(self.text, args))})" if len(args) > 1 else self.text(args[0])
        names, values = zip(*(self._named(arg) for arg in args), strict=True)
        return f"({names[0]} if {values[0]} {EXTREMES[op]} {values[1]} else {names[1]})"

    def _named(self, node: Node) -> tuple[str, str]:
        """A name for a value, and the text that gives it this name where it has none yet."""
        text = self.text(node)
        if isinstance(node, Const | Fact | Local | Running):
            return text, text
        self._temporary += 1
        return f"m{self._temporary}", f"(m{self._temporary} := {text})"

    def _mask(self, bits: Sequence[Node]) -> str:
        sure = sum(1 << i for i, bit in enumerate(bits) if isinstance(bit, Const) and bit.value)
        asked = [f"({self.text(bit)} << {i})" for i, bit in enumerate(bits) if not isinstance(bit, Const)]
        return f"({' | '.join([*([str(sure)] if sure else []), *asked])})" if asked else str(sure)


def _tuple(items: Iterable[str]) -> str:
    return "(" + "".join(f"{item}, " for item in items) + ")"
