"""The choice of offers as SQL columns: step by step the amount of every combination, NULL where it is not open.

Offers of a step that are certainly never open together share a place in the combinations, so these follow what one
customer can choose from, not how many offers there are. Where they are too many still, or an amount and its rank do
not fit into one number, the combinations of a row are a list instead, as generated Python keeps them.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from math import prod

from entitle.boxes import exclusive
from entitle.ir import BOOL, LIMIT, Apply, Best, Int, Local, Node, Offer, Op, Program, reads_running, weights
from entitle.runtime.sql_stages import Stages
from entitle.runtime.sql_text import Expressions, after, literal, took

WIDE = 256  # so many combinations at most are columns


@dataclass(frozen=True, slots=True)
class Numbered:
    """An offer: its number through all steps, its step, its place there, and the column that says if it is open."""

    number: int
    step: int
    place: int
    offer: Offer
    open: str


@dataclass(frozen=True, slots=True)
class Path:
    """A combination so far.

    amount  the column of what it makes of the base; NULL where it is not open, unless it is `sure` to be
    rank    the count of its offers times all choices, plus its choice: a number, or a column where rows differ
    taken   place by place the offers of which one is taken
    """

    amount: str
    rank: int | str
    reads: frozenset[str]
    sure: bool = False
    taken: tuple[tuple[Numbered, ...], ...] = ()


class Choosing:
    """One `Best` on its way into columns."""

    def __init__(self, program: Program, texts: Expressions, stages: Stages, name: str, node: Best) -> None:
        self.texts, self.stages, self.name, self.node = texts, stages, name, node
        self.lets = {let.name: let.value for let in program.lets}
        self.counts = [len(step) for step in node.steps]
        self.starts = list(accumulate(self.counts, initial=0))
        self.weights = weights(self.counts)
        self.choices = prod(count + 1 for count in self.counts)
        self.span = self.choices * (len(self.counts) + 1)  # every rank is below it

    def add(self, wide: int) -> None:
        """The column that holds the choice; up to `wide` combinations are columns too."""
        steps = self._numbered()
        groups = [self._groups(step) for step in steps]
        base = self.stages.add(f"{self.name}_b", self.texts.text(self.node.base), self.texts.reads(self.node.base))
        if prod(len(step) + 1 for step in groups) <= wide and self._most() * self.span < LIMIT:
            self._columns(base, groups)
        else:
            self._list(base, steps)
        self._followed(base, steps)

    def _followed(self, amount: str, steps: list[list[Numbered]]) -> None:
        """A column for the amount after each step of the choice."""
        for index, step in enumerate(steps):
            taken = [took(self.name, self.counts, each.number) for each in step]
            amounts = [self.texts.text(each.offer.amount, amount) for each in step]
            reads = {self.name, amount}.union(*(self.texts.reads(each.offer.amount) for each in step))
            text = _case(taken, amounts, amount) if step else amount
            amount = self.stages.add(after(self.name, index), text, reads)

    def _most(self) -> int:
        """An amount, lifted to the floor or not, is below this."""
        assert isinstance(self.node.base.type, Int)
        assert isinstance(self.node.floor.type, Int)
        return 1 + max(self.node.base.type.hi, self.node.floor.type.hi)

    def _numbered(self) -> list[list[Numbered]]:
        """All offers by step, each with a column that says whether it is open whatever the amount."""
        found: list[list[Numbered]] = []
        for index, step in enumerate(self.node.steps):
            found.append([])
            for place, offer in enumerate(step):
                number = self.starts[index] + place
                open_ = Apply(Op.AND, tuple(part for part in _said(offer.may) if not reads_running(part)), BOOL)
                text = self.texts.text(open_) if open_.args else "TRUE"
                column = self.stages.add(f"{self.name}_{number}", text, self.texts.reads(open_))
                found[-1].append(Numbered(number, index, place, offer, column))
        return found

    def _groups(self, step: list[Numbered]) -> list[list[Numbered]]:
        """The step's offers, together those that exclude each other."""
        groups: list[list[Numbered]] = []
        for each in step:
            may = self._expanded(each.offer.may)
            home = next((g for g in groups if all(exclusive(may, self._expanded(o.offer.may)) for o in g)), None)
            if home is None:
                groups.append([each])
            else:
                home.append(each)
        return groups

    def _expanded(self, node: Node) -> Node:
        """The condition with its named parts written out: what they ask of facts counts."""
        if isinstance(node, Local):
            return self._expanded(self.lets[node.name])
        if isinstance(node, Apply) and node.op is Op.AND:
            return Apply(Op.AND, tuple(self._expanded(arg) for arg in node.args), BOOL)
        return node

    def _up(self, each: Numbered) -> int:
        """What taking an offer adds to the choice."""
        return (each.place - self.counts[each.step]) * self.weights[each.step]

    def _reads(self, each: Numbered) -> set[str]:
        return {each.open} | self.texts.reads(each.offer.may) | self.texts.reads(each.offer.amount)

    # ---- combinations as columns

    def _columns(self, base: str, groups: list[list[list[Numbered]]]) -> None:
        paths = [Path(base, self.choices - 1, frozenset({base}), sure=True)]
        for step in groups:
            more = [(path, group) for group in step for path in paths]
            first = len(paths)
            paths += [self._taken(path, group, f"{self.name}_p{first + i}") for i, (path, group) in enumerate(more)]
        keys = ", ".join(self._key(path) for path in paths)
        least = f"least({keys})" if len(paths) > 1 else keys
        reads = self.texts.reads(self.node.floor).union(*(path.reads for path in paths))
        self.stages.add(self.name, f"(({least} % {literal(self.span)}) % {literal(self.choices)})", reads)

    def _taken(self, path: Path, group: list[Numbered], name: str) -> Path:
        """The path with one of the group's offers, whichever is open."""
        some = [each for each in group if not self._never(path, each)]
        reads = path.reads.union(*(self._reads(each) for each in some))
        said = [self._open_at(path, each) for each in some]
        amounts = [self.texts.text(each.offer.amount, path.amount) for each in some]
        amount = self.stages.add(name, _case(said, amounts), reads)
        taken = (*path.taken, tuple(some))
        ups = [self.choices + self._up(each) for each in some]
        if len(some) == 1 and isinstance(path.rank, int):
            return Path(amount, path.rank + ups[0], frozenset({amount}), taken=taken)
        ranks = [f"{_number(path.rank)} + {literal(up)}" for up in ups]
        rank = self.stages.add(f"{name}r", _case(said, ranks), reads)
        return Path(amount, rank, frozenset({amount, rank}), taken=taken)

    def _open_at(self, path: Path, each: Numbered) -> str:
        """Is the path reached, and may it take the offer?"""
        said = [each.open] if path.sure else [f"{path.amount} IS NOT NULL", each.open]
        said += [
            self._not_taken(_number(path.rank), old.step, old.place)
            for place in path.taken
            for old in place
            if self._apart(old, each)
        ]
        said += [self.texts.text(part, path.amount) for part in _said(each.offer.may) if reads_running(part)]
        return " AND ".join(said)

    def _never(self, path: Path, each: Numbered) -> bool:
        """Is the offer kept apart from all of which one is taken at some place of the path?"""
        return any(all(self._apart(old, each) for old in place) for place in path.taken if place)

    def _apart(self, old: Numbered, new: Numbered) -> bool:
        return (old.number, new.number) in self.node.apart

    def _not_taken(self, choice: str, step: int, place: int) -> str:
        """Has the choice not that offer at that step? Every digit of a rank is one of its choice."""
        weight, base = literal(self.weights[step]), literal(self.counts[step] + 1)
        return f"({choice} // {weight}) % {base} <> {literal(place)}"

    def _key(self, path: Path) -> str:
        """Amount and rank as one number, the least of which is the choice."""
        amount = f"greatest({path.amount}, {self.texts.text(self.node.floor)})"
        key = f"({amount} * {literal(self.span)} + {_number(path.rank)})"
        return key if path.sure else f"CASE WHEN {path.amount} IS NOT NULL THEN {key} END"

    # ---- combinations as a list

    def _list(self, base: str, steps: list[list[Numbered]]) -> None:
        start = f"[{{'a': {base}, 'n': {literal(0)}, 'c': {literal(self.choices - 1)}}}]"
        reached = self.stages.add(f"{self.name}_s", start, {base})
        for index, step in enumerate(steps):
            added = "".join(f", {self._added(reached, each)}" for each in step)
            reads = {reached}.union(*(self._reads(each) for each in step))
            reached = self.stages.add(f"{self.name}_s{index}", f"flatten([{reached}{added}])", reads)
        amount = f"greatest(x.a, {self.texts.text(self.node.floor)})"
        ranked = f"list_transform({reached}, lambda x: {{'a': {amount}, 'n': x.n, 'c': x.c}})"
        self.stages.add(self.name, f"(list_min({ranked}).c)", {reached} | self.texts.reads(self.node.floor))

    def _added(self, reached: str, each: Numbered) -> str:
        """What taking the offer adds to a row's list."""
        said = [self._not_taken("x.c", step, place) for step, place in self._apart_before(each)]
        said += [self.texts.text(part, "x.a") for part in _said(each.offer.may) if reads_running(part)]
        open_ = f"list_filter({reached}, lambda x: {' AND '.join(said)})" if said else reached
        amount, up = self.texts.text(each.offer.amount, "x.a"), literal(self._up(each))
        new = f"list_transform({open_}, lambda x: {{'a': {amount}, 'n': x.n + {literal(1)}, 'c': x.c + {up}}})"
        return f"CASE WHEN {each.open} THEN {new} ELSE [] END"

    def _apart_before(self, each: Numbered) -> Iterator[tuple[int, int]]:
        """Step and place of each earlier offer that this one is kept apart from."""
        for old in sorted(old for old, new in self.node.apart if new == each.number):
            step = bisect_right(self.starts, old) - 1
            yield step, old - self.starts[step]


def _said(may: Node) -> tuple[Node, ...]:
    """The parts of a conjunction."""
    return may.args if isinstance(may, Apply) and may.op is Op.AND else (may,)


def _case(said: list[str], values: list[str], otherwise: str = "NULL") -> str:
    whens = "".join(f" WHEN {each} THEN {value}" for each, value in zip(said, values, strict=True))
    return f"CASE{whens} ELSE {otherwise} END" if whens else "CAST(NULL AS BIGINT)"


def _number(rank: int | str) -> str:
    return literal(rank) if isinstance(rank, int) else rank
