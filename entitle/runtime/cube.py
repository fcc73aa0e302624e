"""Very many offers -> a cube over the facts that tell them apart: in each cell only what may be open there.

What an offer asks of choices, numbers and true or false is a box; together the boxes cut every fact into slices. A cell
is one slice of each fact that tells most. It may hold an offer that turns out not to be open, never the other way
round: what is not decided by the box is still asked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from threading import Lock
from typing import TypeVar

from entitle.boxes import Ranges, Slice, admitted, bits, slices, whole
from entitle.ir import BOOL, Apply, Best, Local, Node, Op
from entitle.runtime.narrow import Narrowed

WIDE = 32  # fewer offers than this are asked one by one in less time than a cell is found
CELLS_MAX = 2048  # kept at a time, and possible at one instant
T = TypeVar("T")
Key = tuple[int, ...]
Cut = Sequence[Slice]  # a fact's codes, cut where an offer's box begins or ends


@dataclass(frozen=True, slots=True)
class Cube:
    """The facts that a key names slices of, and which offers of the choice `choice` may be open at all, as bits."""

    narrowed: Narrowed
    choice: str
    names: tuple[str, ...]
    slices: tuple[Cut, ...]

    living: int

    @property
    def cuts(self) -> tuple[tuple[int, ...], ...]:
        """Of each fact the codes at which a slice begins, but for the first."""
        return tuple(tuple(each.lo for each in cut[1:]) for cut in self.slices)

    def cell(self, key: Key) -> Narrowed:
        """The program in one cell."""
        alive = self.living
        box: dict[str, Ranges] = {}
        for name, cut, place in zip(self.names, self.slices, key, strict=True):
            alive &= cut[place].rows
            end = cut[place + 1].lo - 1 if place + 1 < len(cut) else _codes(name, self.narrowed)[-1][1]
            box[name] = ((cut[place].lo, end),)
        return self.narrowed.within(box, {self.choice: list(bits(alive))})


def cube_of(narrowed: Narrowed) -> Cube | None:
    """The cube of a program's widest choice; None where there is little to choose from, or nothing tells it apart."""
    sizes = {let.name: sum(map(len, let.value.steps)) for let in narrowed.program.lets if isinstance(let.value, Best)}
    name = max(sizes, key=sizes.__getitem__, default="")
    if sizes.get(name, 0) < WIDE:
        return None
    best = narrowed.raw(name)
    assert isinstance(best, Best), "it was found among choices"
    boxes = [admitted(_written_out(offer.may, narrowed)) for step in best.steps for offer in step]
    rows = [box or {} for box in boxes]
    facts = sorted({fact for row in rows for fact in row})
    found = _telling({fact: slices(fact, rows, _codes(fact, narrowed)) for fact in facts})
    living = sum(1 << i for i, box in enumerate(boxes) if box is not None)
    return Cube(narrowed, name, tuple(found), tuple(found.values()), living) if found else None


def _written_out(node: Node, narrowed: Narrowed) -> Node:
    """A condition with its named parts in their place: what they ask of facts counts."""
    match node:
        case Local(name=name):
            return _written_out(narrowed.raw(name), narrowed)
        case Apply(op=Op.AND, args=args):
            return Apply(Op.AND, tuple(_written_out(arg, narrowed) for arg in args), BOOL)
        case _:
            return node


def _codes(name: str, narrowed: Narrowed) -> Ranges:
    """All codes of a fact."""
    found = whole(narrowed.program.inputs[narrowed.places[name]].type)
    assert found is not None, "boxes speak of what has codes"
    return found


def _telling(found: dict[str, Cut]) -> dict[str, Cut]:
    """The facts that narrow most, as long as the cells are not too many. Time only moves on: it is in one slice."""
    kept: dict[str, Cut] = {}
    for name in sorted(found, key=lambda name: _left(found[name])):
        sizes = [len(each) for other, each in {**kept, name: found[name]}.items() if other != "now"]
        if prod(sizes) <= CELLS_MAX:
            kept[name] = found[name]
    return kept


def _left(found: Cut) -> float:
    """How many boxes hold in a slice, on average."""
    return sum(each.rows.bit_count() for each in found) / len(found)


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
