"""Very many offers -> a cube over the facts that tell them apart: in each cell only what may be open there.

What an offer asks of choices, numbers and true or false is a box; together the boxes cut every fact into slices. A cell
is one slice of each fact that tells most. It may hold an offer that turns out not to be open, never the other way
round: what is not decided by the box is still asked.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod
from threading import Lock
from typing import TypeVar

from entitle.boxes import Slices, admitted, slices, whole
from entitle.ir import BOOL, Apply, Best, Local, Node, Op
from entitle.runtime.narrow import Narrowed

WIDE = 32  # fewer offers than this are asked one by one in less time than a cell is found
CELLS_MAX = 2048  # kept at a time, and possible at one instant
T = TypeVar("T")
Key = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cube:
    """The facts that a key names slices of, and what may be open in the program's choice `choice`."""

    narrowed: Narrowed
    choice: str
    names: tuple[str, ...]
    slices: tuple[Slices, ...]

    @property
    def cuts(self) -> tuple[tuple[int, ...], ...]:
        return tuple(each.cuts for each in self.slices)

    def cell(self, key: Key) -> Narrowed:
        """The program in one cell."""
        bits = -1
        box: dict[str, tuple[tuple[int, int], ...]] = {}
        for name, each, place in zip(self.names, self.slices, key, strict=True):
            bits &= each.holding[place]
            lo, hi = _codes(name, self.narrowed)
            box[name] = (((lo, *each.cuts)[place], (*each.cuts, hi + 1)[place] - 1),)
        return self.narrowed.within(box, {self.choice: list(_places(bits))})


def _places(bits: int) -> Iterator[int]:
    """The places of the bits that are set."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def cube_of(narrowed: Narrowed) -> Cube | None:
    """The cube of a program's widest choice; None where there is little to choose from, or nothing tells it apart."""
    sizes = {let.name: sum(map(len, let.value.steps)) for let in narrowed.program.lets if isinstance(let.value, Best)}
    name = max(sizes, key=sizes.__getitem__, default="")
    if sizes.get(name, 0) < WIDE:
        return None
    best = narrowed.raw(name)
    assert isinstance(best, Best), "it was found among choices"
    boxes = [admitted(_written_out(offer.may, narrowed)) for step in best.steps for offer in step]
    found = _telling({name: _trimmed(each, *_codes(name, narrowed)) for name, each in slices(boxes).items()})
    return Cube(narrowed, name, tuple(found), tuple(found.values())) if found else None


def _written_out(node: Node, narrowed: Narrowed) -> Node:
    """A condition with its named parts in their place: what they ask of facts counts."""
    match node:
        case Local(name=name):
            return _written_out(narrowed.raw(name), narrowed)
        case Apply(op=Op.AND, args=args):
            return Apply(Op.AND, tuple(_written_out(arg, narrowed) for arg in args), BOOL)
        case _:
            return node


def _codes(name: str, narrowed: Narrowed) -> tuple[int, int]:
    """The least and the greatest code of a fact."""
    all_ = whole(narrowed.program.inputs[narrowed.places[name]].type)
    assert all_ is not None, "boxes speak of what has codes"
    return all_[0]


def _trimmed(found: Slices, lo: int, hi: int) -> Slices:
    """Without the slices that no code lies in."""
    first, last = bisect_right(found.cuts, lo), bisect_right(found.cuts, hi)
    return Slices(found.cuts[first:last], found.holding[first : last + 1])


def _telling(found: dict[str, Slices]) -> dict[str, Slices]:
    """The facts that narrow most, as long as the cells are not too many. Time only moves on: it is in one slice."""
    kept: dict[str, Slices] = {}
    for name in sorted(found, key=lambda name: _left(found[name])):
        sizes = [len(each.holding) for other, each in {**kept, name: found[name]}.items() if other != "now"]
        if prod(sizes) <= CELLS_MAX:
            kept[name] = found[name]
    return kept


def _left(found: Slices) -> float:
    """How many boxes hold in a slice, on average."""
    return sum(bits.bit_count() for bits in found.holding) / len(found.holding)


class Cells(dict[Key, T]):
    """What is made for each cell, when it is first asked for; where there are too many, the oldest makes room."""

    def __init__(self, make: Callable[[Key], T]) -> None:
        super().__init__()
        self._make, self._lock = make, Lock()

    def __missing__(self, key: Key) -> T:
        with self._lock:
            while len(self) >= CELLS_MAX:
                del self[next(iter(self))]
            self[key] = found = self._make(key)
        return found
