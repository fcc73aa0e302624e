"""The kinds of change as terms, over one customer before both releases."""

from collections.abc import Iterator, Mapping, Sequence

import z3

from entitle.release import STAGES, Product, Release
from entitle.runtime.difference.bridge import Bridge
from entitle.runtime.difference.change import Kind
from entitle.runtime.difference.told import gift, limit
from entitle.runtime.prove.world import Side, codes_of
from entitle.runtime.smt_terms import Term, joined

LIMITS = STAGES.index("limits") + 1


class Classes:
    """What may differ between two programs, by the kind of change."""

    def __init__(self, world: Bridge, old: Product, new: Product) -> None:
        self.world, self.old, self.new = world, old, new
        self.lets = world.old.terms.lets, world.new.terms.lets
        self.both = z3.And(world.allowed(world.old), world.allowed(world.new))

    def asked(self) -> Mapping[Kind, tuple[Term, ...]]:
        """For each kind what shows it, the plainest first; where none of it has a model, there is no such change."""
        was, now = (self.world.allowed(side) for side in self.world.sides)
        (left, right) = self.lets
        full = [lets["stage"] == LIMITS for lets in self.lets]
        return {
            "refused": (z3.And(was, z3.Not(now), z3.Not(full[1])),),
            "allowed": (z3.And(now, z3.Not(was), z3.Not(full[0])),),
            "dearer": (z3.And(self.both, right["pay"] > left["pay"]),),
            "cheaper": (z3.And(self.both, right["pay"] < left["pay"]),),
            "gift": (
                z3.And(self.both, self._bits("gives", *(list(map(gift, of.gives)) for of in (self.old, self.new)))),
            ),
            "schedule": (
                z3.And(self.both, z3.Or(self._bits("phases", self.old.phases, self.new.phases), self._late())),
            ),
            "limit": (
                z3.Or(z3.And(was, full[1]), z3.And(now, full[0])),
                z3.And(self.both, self._bits("uses", *(list(map(limit, of.counters)) for of in (self.old, self.new)))),
            ),
            "reason": (
                z3.And(z3.Not(was), z3.Not(now), self._reasons()),
                z3.And(self.both, z3.Or(self._logged(), self._taken())),
            ),
        }

    def seen(self) -> Term:
        """Do offers on the whole order see something else of a line?"""
        pairs = [(self.lets[0][let], self.lets[1][let]) for let in ("base", "floor", "pay")]
        return z3.And(self.both, z3.Or([was != now for was, now in pairs]))

    def _bits(self, let: str, old: Sequence[object], new: Sequence[object]) -> Term:
        """Is one of the things set that the other release does not have, or does not set?"""
        left, right = (lets[let] for lets in self.lets)
        found = [
            _bit(left, i) != (_bit(right, new.index(each)) if each in new else False) for i, each in enumerate(old)
        ]
        found += [_bit(right, i) for i, each in enumerate(new) if each not in old]
        return z3.Or(found)

    def _late(self) -> Term:
        """Is the same gift given at another time?"""
        left, right = (lets["gives"] for lets in self.lets)
        ours, theirs = (list(map(gift, of.gives)) for of in (self.old, self.new))
        pairs = [(i, theirs.index(each)) for i, each in enumerate(ours) if each in theirs]
        moved = [(i, j) for i, j in pairs if self.old.gives[i] != self.new.gives[j]]
        return z3.Or([z3.And(_bit(left, i), _bit(right, j)) for i, j in moved])

    def _reasons(self) -> Term:
        left, right = (lets["stage"] for lets in self.lets)
        found = [left != right, *self._codes()]
        for stage, (old, new) in enumerate(zip(self.old.rules, self.new.rules, strict=True), start=1):
            found.append(z3.And(left == stage, right == stage, self._bits("reasons", old, new)))
        return z3.Or(found)

    def _codes(self) -> Iterator[Term]:
        """Codes that both refuse, each with another reason."""
        old, new = codes_of(self.world.old), codes_of(self.world.new)
        for left, right in self.world.codes.values():
            if left is not None and right is not None:
                code, needs = old[left]
                yield z3.And(code, needs[0] != new[right][1][0])

    def _logged(self) -> Term:
        ours, theirs = (logging(side.release) for side in self.world.sides)
        return self._bits("logged", ours, theirs)

    def _taken(self) -> Term:
        """Do other offers make the price?"""
        ours, theirs = (_takes(side, of) for side, of in zip(self.world.sides, (self.old, self.new), strict=True))
        names = sorted(ours.keys() | theirs.keys())
        return z3.Or([ours.get(each, z3.BoolVal(False)) != theirs.get(each, z3.BoolVal(False)) for each in names])


def _takes(side: Side, product: Product) -> dict[str, Term]:
    offers = [each for step in product.offers for each in step]
    best = side.terms.choices.get("best")
    return dict(zip(offers, best.takes, strict=True)) if best else {}


def _bit(term: Term, place: int) -> Term:
    """One bit of a mask; of a mask that is known, or chosen among several, as a number."""
    if isinstance(term, tuple):
        return term[place] if place < len(term) else z3.BoolVal(False)
    number = joined(term)
    return z3.BoolVal(bool(number.as_long() >> place & 1)) if z3.is_int_value(number) else (number / 2**place) % 2 == 1


def logging(release: Release) -> list[str]:
    """The guards of purchases that only log, in the order of their bits."""
    return [each.id for each in release.guards.values() if each.log_only and "purchase" in each.gates]
