"""Steps on the whole order, for orders of one line, as columns: what `pricing` and `sharing` say, in SQL.

Each allowed set of order offers is a path of columns: the line at its cheapest under that set, then step by step what
each offer of the set leaves of it. The least total of those that apply is the answer.

A line's units are groups that stand one after another, all of one amount; a discount splits a group where some of its
units get one minor unit more than the others.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product as every

from entitle.errors import Error
from entitle.ir import weights
from entitle.release import OrderStep, Product, Release
from entitle.runtime.sql_stages import Stages
from entitle.runtime.sql_text import literal
from entitle.runtime.to_sql import add_program

PATHS_MAX = 1024
Choice = tuple[str | None, ...]  # of each step the offer that is taken, if one is


@dataclass(frozen=True, slots=True)
class Group:
    """So many units (a column) of one amount (a column)."""

    amount: str
    count: str


@dataclass(frozen=True, slots=True)
class Root:
    """The line under a set of order offers that its own offers look at. `uses`: nothing, where nobody asks for it."""

    choice: Choice
    base: str
    floor: str
    pay: str
    best: str
    uses: str = ""


@dataclass(frozen=True, slots=True)
class Path:
    """A set of order offers on its way through the steps: does it apply so far, and what does the line cost then?

    uses  of each step the bits of its counters that are used, where anybody asks for them
    """

    chosen: Choice
    open: str
    total: str
    groups: tuple[Group, ...]
    uses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """The columns of the answer; `path` is the place of the set of order offers in `sets`.

    uses  the bits of the product's counters, then of those of each step, that are used; none where nobody asks
    """

    pay: str
    total: str
    best: str
    path: str
    sets: tuple[tuple[str, ...], ...]
    uses: tuple[str, ...] = ()


def seen_steps(release: Release, product: Product) -> tuple[OrderStep, ...]:
    """The order steps that have an offer for the product."""
    promotions = release.promotions
    return tuple(
        step for step in release.order_steps if any(product.id in promotions[each].products for each in step.offers)
    )


class Ordering:
    """The order steps that see a product, on their way into a query. `counting`: what is used is asked for too."""

    def __init__(
        self,
        release: Release,
        product: Product,
        steps: Sequence[OrderStep],
        stages: Stages,
        numbers: Mapping[str, int],
        counting: bool = False,
    ) -> None:
        self.release, self.product, self.steps, self.stages = release, product, steps, stages
        self.counting = counting
        self.numbers = dict(numbers)
        self.seen = [[o for o in step.offers if product.id in release.promotions[o].products] for step in steps]
        watched = {each.name.removeprefix("with.") for each in product.program.inputs if each.name.startswith("with.")}
        self.watched = [[offer for offer in offers if offer in watched] for offers in self.seen]
        self.columns = 0
        self.one = self.col(literal(1))
        self.standing = [self._standing(i, step) for i, step in enumerate(steps)]

    def col(self, text: str, *reads: str) -> str:
        """A new column."""
        self.columns += 1
        return self.stages.add(f"x{self.columns}", text, reads)

    def fact(self, column: str) -> int:
        """The number of a new input, which is what a column says."""
        number = 1 + max(self.numbers.values(), default=-1)
        self.numbers[f"#{number}"] = number
        self.stages.add(f"f{number}", column, {column})
        return number

    def _standing(self, place: int, step: OrderStep) -> dict[str, str]:
        """What a step says before it sees the line: which offers are open, which codes are for this customer."""
        outs = [out for out in step.program.outs if out.startswith("open.")]
        names = [each.name for each in step.program.inputs if each.name not in self.numbers]
        seen = dict.fromkeys(names, self.fact(self.one)) if names else {}
        seen |= {name: self.numbers["quantity"] for name in names if name.startswith("units.")}
        program = replace(step.program, outs=(*outs, "valid", "unused"))
        return add_program(self.stages, program, {**self.numbers, **seen}, f"s{place}_")

    # ---- choosing

    def choose(self, plain: Mapping[str, str]) -> Chosen:
        """The least total of the line. `plain`: what the program says when no order offer is taken."""
        ends = [(root, path) for root in self._roots(plain) for path in self._paths(root)]
        if len(ends) > PATHS_MAX:
            raise Error(f"`{self.product.id}` has {len(ends)} sets of order offers; a table can weigh {PATHS_MAX}")
        cases = [self._case(place, root, path) for place, (root, path) in enumerate(ends)]
        least = self.col(f"list_min([{', '.join(cases)}])", *self._reads(ends))
        sets = tuple(tuple(each for each in path.chosen if each is not None) for _, path in ends)
        pay, total, best, path = (self.col(f"{least}.{field}", least) for field in ("p", "t", "b", "i"))
        uses = [self.col(f"{least}.u{i}", least) for i in range(len(self._uses(*ends[0])))]
        return Chosen(pay, total, best, path, sets, tuple(uses))

    def _uses(self, root: Root, path: Path) -> list[str]:
        return [root.uses, *path.uses] if self.counting else []

    def _case(self, place: int, root: Root, path: Path) -> str:
        """The path as a value that is less than another where it is better."""
        row = {
            "t": path.total,
            "n": f"{self._count(root.best)} + {literal(sum(each is not None for each in path.chosen))}",
            "b": root.best,
            "o": literal(self._number(path.chosen)),
            "p": root.pay,
            "i": literal(place),
            **{f"u{i}": text for i, text in enumerate(self._uses(root, path))},
        }
        fields = ", ".join(f"'{name}': {text}" for name, text in row.items())
        return f"CASE WHEN {path.open} THEN {{{fields}}} END"

    def _reads(self, ends: Sequence[tuple[Root, Path]]) -> Iterator[str]:
        for root, path in ends:
            yield from (path.open, path.total, root.best, root.pay, *self._uses(root, path))

    def _count(self, best: str) -> str:
        """How many offers on a unit a choice has."""
        counts = [len(offers) for offers in self.product.offers]
        taken = [
            f"CASE WHEN ({best} // {literal(weight)}) % {literal(count + 1)} <> {literal(count)} "
            f"THEN {literal(1)} ELSE {literal(0)} END"
            for count, weight in zip(counts, weights(counts), strict=True)
        ]
        return " + ".join(taken) or literal(0)

    def _number(self, chosen: Choice) -> int:
        """The set as a number with a digit a step: the offer's place, and for none the number of the step's offers."""
        counts = [len(step.offers) for step in self.steps]
        digits = [
            step.offers.index(offer) if offer is not None else len(step.offers)
            for step, offer in zip(self.steps, chosen, strict=True)
        ]
        return sum(digit * weight for digit, weight in zip(digits, weights(counts), strict=True))

    def _apart(self, chosen: Choice) -> bool:
        """Does the set hold two that cannot be combined?"""
        offers = [each for each in chosen if each is not None]
        return any(b in self.release.promotions[a].apart for a in offers for b in offers)

    # ---- paths

    def _roots(self, plain: Mapping[str, str]) -> Iterator[Root]:
        """The line under each set of the offers that its own offers look at."""
        outs = ("base", "floor", "pay", "best", *(["uses"] if self.counting else []))
        for place, choice in enumerate(every(*([None, *offers] for offers in self.watched))):
            names = plain
            if any(choice):
                true = self.fact(self.col("TRUE"))
                flags = {f"with.{offer}": true for offer in choice if offer is not None}
                program = replace(self.product.program, outs=outs)
                names = add_program(self.stages, program, {**self.numbers, **flags}, f"r{place}_")
            if not self._apart(choice):
                yield Root(choice, *(names[out] for out in outs))

    def _paths(self, root: Root) -> Iterator[Path]:
        quantity = f"f{self.numbers['quantity']}"
        total = self.col(f"{root.pay} * {quantity}", root.pay, quantity)
        listed = self.fact(self.col(f"{root.base} * {quantity}", root.base, quantity))
        paths = [Path((), self.col("TRUE"), total, (Group(root.pay, quantity),))]
        nothing = [self.col(literal(0))] if self.counting else []
        for place in range(len(self.steps)):
            fixed = root.choice[place]
            options = [fixed] if fixed else [None, *(o for o in self.seen[place] if o not in self.watched[place])]
            more = [(path, offer) for path in paths for offer in options]
            paths = [
                replace(path, chosen=(*path.chosen, None), uses=(*path.uses, *nothing))
                if offer is None
                else self._taken(path, place, offer, root, listed)
                for path, offer in more
                if not self._apart((*path.chosen, offer))
            ]
        yield from paths

    def _taken(self, path: Path, place: int, offer: str, root: Root, listed: int) -> Path:
        """The path with an offer of the step at this place."""
        step, standing = self.steps[place], self.standing[place]
        free = self.release.promotions[offer].free
        gifts = self._freed(path.groups, free) if free else []
        told = {
            f"sum.{offer}": self.fact(path.total),
            f"listed.{offer}": listed,
            f"units.{offer}": self.numbers["quantity"],
            f"freed.{offer}": self.fact(self._cost(gifts)),
        }
        may, after = f"may.{offer}", f"after.{offer}"
        program = replace(step.program, outs=(may, after, *(["uses"] if self.counting else [])))
        others = {each.name for each in program.inputs} - self.numbers.keys() if self.counting else ()
        told = {**dict.fromkeys(others, self.fact(self.one)), **told}  # of the other offers no bit is looked at
        names = add_program(self.stages, program, {**self.numbers, **told}, f"p{self.columns}_")
        reads = (path.open, standing[f"open.{offer}"], names[may])
        open_ = self.col(" AND ".join(reads), *reads)
        off = self.col(f"{path.total} - {names[after]}", path.total, names[after])
        shares = gifts or self._shared(path, off)
        groups = tuple(self._lowered(group, share, root.floor) for group, share in shares)
        products = [f"{each.amount} * {each.count}" for each in groups]
        total = self.col(" + ".join(products), *(part for each in groups for part in (each.amount, each.count)))
        uses = [self._used(step, offer, names["uses"])] if self.counting else []
        return Path((*path.chosen, offer), open_, total, groups, (*path.uses, *uses))

    def _used(self, step: OrderStep, offer: str, uses: str) -> str:
        """Of the counters that a step uses those of one offer."""
        own = {each.name for each in self.release.promotions[offer].counters}
        bits = sum(1 << i for i, counter in enumerate(step.counters) if counter.name in own)
        return self.col(f"({uses} & {literal(bits)})", uses)

    # ---- units

    @property
    def _single(self) -> bool:
        return self.product.sale.quantity[1] == 1

    def _shared(self, path: Path, off: str) -> list[tuple[Group, str]]:
        """Each group with what a discount takes off one of its units: by largest remainder, earlier units first."""
        if self._single:
            return [(path.groups[0], off)]
        wholes: list[str] = []
        rests: list[str] = []
        for group in path.groups:
            reads = (path.total, off, group.amount)
            exact = f"(CAST({off} AS HUGEINT) * {group.amount})"
            for way, columns in (("//", wholes), ("%", rests)):
                part = f"CAST({exact} {way} {path.total} AS BIGINT)"
                columns.append(self.col(f"CASE WHEN {path.total} = 0 THEN {literal(0)} ELSE {part} END", *reads))
        given = [f"{whole} * {group.count}" for whole, group in zip(wholes, path.groups, strict=True)]
        left = self.col(f"{off} - ({' + '.join(given)})", off, *wholes, *(group.count for group in path.groups))
        first = self._served(path.groups, left, rests, ">")
        return [
            split
            for group, whole, more in zip(path.groups, wholes, first, strict=True)
            for split in (
                (Group(group.amount, more), self.col(f"{whole} + {literal(1)}", whole)),
                (Group(group.amount, self.col(f"{group.count} - {more}", group.count, more)), whole),
            )
        ]

    def _freed(self, groups: Sequence[Group], free: tuple[int, int]) -> list[tuple[Group, str]]:
        """Each group with what its units cost where they are free, and with nothing where they are not."""
        buy, gift = free
        quantity = f"f{self.numbers['quantity']}"
        count = self.col(f"{quantity} // {literal(buy + gift)} * {literal(gift)}", quantity)
        nothing = self.col(literal(0))
        first = self._served(groups, count, [group.amount for group in groups], "<")
        return [
            split
            for group, more in zip(groups, first, strict=True)
            for split in (
                (Group(group.amount, more), group.amount),
                (Group(group.amount, self.col(f"{group.count} - {more}", group.count, more)), nothing),
            )
        ]

    def _cost(self, gifts: Sequence[tuple[Group, str]]) -> str:
        """What the units that are free cost."""
        products = [f"{share} * {group.count}" for group, share in gifts]
        reads = [part for group, share in gifts for part in (share, group.count)]
        return self.col(" + ".join(products) or literal(0), *reads)

    def _served(self, groups: Sequence[Group], left: str, ranks: Sequence[str], better: str) -> list[str]:
        """How many units of each group come first, of so many in all: those of better rank, then the earlier ones."""
        found: list[str] = []
        for i, (group, rank) in enumerate(zip(groups, ranks, strict=True)):
            before = [
                f"CASE WHEN {other} {better}{'=' if k < i else ''} {rank} THEN {groups[k].count} ELSE {literal(0)} END"
                for k, other in enumerate(ranks)
                if k != i
            ]
            rest = " - ".join([left, *before])
            text = f"least(greatest({rest}, {literal(0)}), {group.count})"
            found.append(self.col(text, left, *ranks, *(each.count for each in groups)))
        return found

    def _lowered(self, group: Group, share: str, floor: str) -> Group:
        """The group after the discount; none of its units falls under the floor."""
        room = f"greatest({group.amount} - {floor}, {literal(0)})"
        return Group(self.col(f"{group.amount} - least({share}, {room})", group.amount, share, floor), group.count)
