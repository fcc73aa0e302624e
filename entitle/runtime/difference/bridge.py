"""The same customer before two releases: facts are the same by their names, values by how they are written.

Each release numbers its enums, sets and texts in its own way; what is known to one of them alone, nobody has. An absent
fact is absent for both, whatever each makes of that.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeAlias, TypeVar

import z3

from entitle.ir import Apply, Const, Enum, Fact, Input, Int, Member, Node, Program, SetOf, Text, Type, parts
from entitle.release import Release
from entitle.runtime.prove.calendar import Clock
from entitle.runtime.prove.lines import of_lines
from entitle.runtime.prove.patience import Patience, RanOut
from entitle.runtime.prove.world import Side, World, codes_of, last_charge, of_clock
from entitle.runtime.smt_terms import Term, same

T = TypeVar("T")
Both: TypeAlias = tuple[T, T]  # of the old release, and of the new one
Codes: TypeAlias = Mapping[str, Both[str | None]]


class Bridge(World):
    """A program of the old release, and beside it one of the new, asked by the same customers.

    old, new  the two sides
    codes     each code that may be presented: the offer it stands for on either side; None for none
    """

    def __init__(
        self, books: Both[Release], programs: Both[Program], codes: Codes, patience: Patience, at: int, steps: bool
    ) -> None:
        """`steps`: facts are there too that the programs of steps on the whole order read."""
        a, b = books
        own = [[each.program for each in book.order_steps] if steps else [] for book in books]
        ours, theirs = ([program, *more] for program, more in zip(programs, own, strict=True))
        first, second = (
            {each.name: each for program in of for each in program.inputs if not of_lines(each.name)}
            for of in (ours, theirs)
        )
        apart = [name for name, each in second.items() if _apart(first.get(name), each, a, b)]
        also = [each for name, each in second.items() if name not in first and name not in apart]
        super().__init__(a, programs[0], patience, at, [*first.values(), *also])
        self.old = self.sides[0]
        codes_gone = [name for name in first if name.startswith("code.") and name not in second]
        self.new = self.beside(programs[1], *apart, *codes_gone, release=b)
        for name in apart:
            if name not in self.new.customer.told:
                self.new.customer.add(second[name])
        told = {name: self.new.customer.told[name] for name in apart if of_clock(name)}
        clock = Clock(b, {**told, "now": self.clock.now}, self.new.terms.numbers, "1")
        self.solver.add(*clock.laws)
        words = {word for program in ours for word in _named(program, a)}
        words |= {word for program in theirs for word in _named(program, b)}
        for name in (each for each in apart if each in first and not of_clock(each) and not each.startswith("code.")):
            self.solver.add(*self._linked(first[name], second[name], words))
        self.codes = codes
        self.solver.add(*self._presented(), *self._ends())

    def _of_use(self, side: Side) -> list[Term]:
        """Codes may be presented that are of no use: a release that refuses them refuses somebody."""
        return []

    def _charges(self, side: Side) -> list[Term]:
        """Charges that one release alone has are compared as well: `_ends` knows of both."""
        return []

    def _ends(self) -> Iterator[Term]:
        """There are no charges after the last one that either release has."""
        charges = [side.customer.told["charge"] for side in self.sides[:2] if "charge" in side.customer.told]
        if charges:
            ends = [last_charge(side) for side in self.sides[:2]]
            yield from (z3.Or([charge <= end for end in ends]) for charge in charges if None not in ends)

    def _linked(self, was: Input, now: Input, words: Collection[str]) -> Iterator[Term]:
        """That a fact is the same for both, or absent for both."""
        there = z3.Bool(f"there.{was.name}")
        for each, side in ((was, self.old), (now, self.new)):
            told, given = side.customer.told[each.name], side.customer.given.get(each.name)
            if given is not None:
                yield given == there
            elif each.default is not None:
                yield z3.Or(there, same(told, side.customer.constant(each.default, each.type)))
            else:
                yield there
        terms = self.old.customer.told[was.name], self.new.customer.told[now.name]
        yield z3.Implies(there, z3.And(list(self._alike(was.type, now.type, *terms, words))))

    def _alike(self, was: Type, now: Type, a: Term, b: Term, words: Collection[str]) -> Iterator[Term]:
        match was, now:
            case Enum(members=left), Enum(members=right):
                pairs = [(i, right.index(each)) for i, each in enumerate(left) if each in right]
                yield z3.Or([z3.And(a == i, b == j) for i, j in pairs])
            case SetOf(members=left), SetOf(members=right):
                yield from (z3.Not(a[i]) for i, each in enumerate(left) if each not in right)
                yield from (z3.Not(b[i]) for i, each in enumerate(right) if each not in left)
                yield from (a[i] == b[right.index(each)] for i, each in enumerate(left) if each in right)
            case Text(), Text():
                ours, theirs = self.release.codes, self.new.release.codes
                known = {(ours.get(word, 0), theirs.get(word, 0)) for word in words} | {(0, 0)}
                yield z3.Or([z3.And(a == i, b == j) for i, j in sorted(known)])
            case Int(unit=left), Int(unit=right) if left != right:
                raise RanOut("facts")
            case _ if type(was) is type(now):
                yield same(a, b)
            case _:
                raise RanOut("facts")

    def _presented(self) -> Iterator[Term]:
        """A code is presented to both; what is presented to a product that knows nothing of it is refused."""
        for left, right in self.codes.values():
            if left is not None and right is not None:
                yield self.old.customer.told[f"code.{left}"] == self.new.customer.told[f"code.{right}"]
        for place, side in enumerate(self.sides[:2]):
            known = {f"code.{offers[place]}" for offers in self.codes.values()}
            strange = (name for name in side.customer.told if name.startswith("code.") and name not in known)
            yield from (z3.Not(side.customer.told[name]) for name in strange)

    def fits(self, side: Side, needs: Mapping[str, Sequence[Term]]) -> Term:
        """The codes that are presented are of use; `needs`: what must hold for the code of each offer."""
        own, place = side.customer.told, self.sides.index(side)
        other = self.sides[1 - place].customer.told
        met = [z3.Implies(own[f"code.{offer}"], z3.And(list(needed))) for offer, needed in needs.items()]
        for offers in self.codes.values():
            foreign = offers[1 - place]
            if offers[place] is None and foreign is not None:
                met.append(z3.Not(other[f"code.{foreign}"]))
        return z3.And(met)

    def allowed(self, side: Side) -> Term:
        """The purchase is allowed, with the codes that are presented."""
        needs = {offer: needed for offer, (_, needed) in codes_of(side).items()}
        return z3.And(side.terms.lets["stage"] == 0, self.fits(side, needs))


def _apart(was: Input | None, now: Input, a: Release, b: Release) -> bool:
    """Does a fact need a variable of its own in the new release?"""
    if now.name.startswith("in:"):
        name = now.name[3:]
        return a.zone != b.zone or a.calendars.get(name) != b.calendars[name]
    if now.name.startswith("now."):
        return a.zone != b.zone
    if now.name.startswith("code."):
        return True
    return was is not None and (was != now or (isinstance(now.type, Text) and a.words != b.words))


def codes_between(books: Both[Release], offers: Both[Collection[str]]) -> Codes:
    """Each code with the offers, of some in either release, that it stands for."""
    ours, theirs = (
        {code: each for each in own if (code := book.promotions[each].code) is not None}
        for book, own in zip(books, offers, strict=True)
    )
    return {code: (ours.get(code), theirs.get(code)) for code in sorted(ours.keys() | theirs.keys())}


def _named(program: Program, book: Release) -> set[str]:
    """The texts that a program speaks of: every other text is the same to it as one that no rule names."""
    codes = {code for let in program.lets for code in _codes_in(let.value)}
    codes |= {int(each.default or 0) for each in program.inputs if isinstance(each.type, Text)}
    return {book.words[code - 1] for code in codes if code}


def _codes_in(node: Node) -> Iterator[int]:
    match node:
        case Const(value=int(code), type=Text()):
            yield code
        case Member(value=of, codes=codes) if isinstance(of.type, Text):
            yield from codes
        case Apply(args=args) if all(isinstance(each, Fact) and isinstance(each.type, Text) for each in args):
            raise RanOut("facts")  # two texts compared with each other: all that no rule names are not the same
    for part in parts(node):
        yield from _codes_in(part)
