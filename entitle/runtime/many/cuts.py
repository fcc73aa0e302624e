"""Where a number begins to matter: between two cuts no rule can tell one value from another."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from entitle.ir import ADDITIONS, COMPARISONS, SUBTRACTIONS, Apply, Const, Fact, Member, Node, Op, Program, parts
from entitle.runtime.many.columns import Array

CUTS_MAX = 32
MIRRORED = {Op.LESS: Op.MORE, Op.AT_MOST: Op.AT_LEAST, Op.MORE: Op.LESS, Op.AT_LEAST: Op.AT_MOST}


@dataclass
class _Found:
    """Facts that are compared with constants, and those that something else is done with."""

    cuts: dict[str, set[int]] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)

    def look(self, node: Node) -> None:
        match node:
            case Apply(op=op, args=(left, Const(value=int(value)))) if op in COMPARISONS and (moved := _moved(left)):
                self._cut(moved, _cuts(op, value))
            case Apply(op=op, args=(Const(value=int(value)), right)) if op in COMPARISONS and (moved := _moved(right)):
                self._cut(moved, _cuts(MIRRORED.get(op, op), value))
            case Member(value=Fact(name=name), codes=codes):
                self._cut((name, 0), (cut for code in codes for cut in (code, code + 1)))
            case Fact(name=name):
                self.whole.add(name)
            case _:
                for part in parts(node):
                    self.look(part)

    def _cut(self, moved: tuple[str, int], cuts: Iterable[int]) -> None:
        name, by = moved
        self.cuts.setdefault(name, set()).update(cut - by for cut in cuts)


def cuts(programs: Iterable[Program]) -> dict[str, tuple[int, ...]]:
    """Of each fact that is only ever compared with constants, the values from which on an answer may be another."""
    found = _Found()
    for program in programs:
        for let in program.lets:
            found.look(let.value)
    few = {name: each for name, each in found.cuts.items() if name not in found.whole and len(each) <= CUTS_MAX}
    return {name: tuple(sorted(each)) for name, each in few.items()}


def _moved(node: Node) -> tuple[str, int] | None:
    """A fact, and the constant that is added to it."""
    match node:
        case Fact(name=name):
            return name, 0
        case Apply(op=op, args=(Fact(name=name), Const(value=int(value)))) if op in ADDITIONS | SUBTRACTIONS:
            return name, value if op in ADDITIONS else -value
        case _:
            return None


def _cuts(op: Op, value: int) -> Iterator[int]:
    """Where the comparison of a number with a constant turns."""
    if op in (Op.LESS, Op.AT_LEAST, Op.EQUAL, Op.DIFFERENT):
        yield value
    if op in (Op.MORE, Op.AT_MOST, Op.EQUAL, Op.DIFFERENT):
        yield value + 1


def leveled(numbers: Array, lowest: int, cuts: tuple[int, ...]) -> Array:
    """Each number replaced by the cut at or below it, or by the lowest there may be."""
    level = pa.repeat(pa.scalar(0, pa.int8()), len(numbers))
    for cut in cuts:
        level = pc.add(level, pc.greater_equal(numbers, cut).cast(pa.int8()))
    return pa.array([lowest, *cuts], pa.int64()).take(level)
