"""A release with new prices -> the timeline of a contract that was sold under an older one.

Pure: nothing is asked of a shop. The new release's programs are run on what was known at the purchase, and their
amounts take the place of the old ones from a period on; where the periods begin and end never changes.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from entitle.canonical import program_hash
from entitle.ir import Enum, Input, Int, Program, SetOf, Text, Type, Value
from entitle.release import OUTS, YES_OR_NO, Counter, Product, Release
from entitle.runtime.clock import clock_fact
from entitle.runtime.decide import Decider
from entitle.runtime.explain import facts_of
from entitle.runtime.live import needed
from entitle.runtime.pricing import Asked, Facts, OrderFacts, price
from entitle.runtime.schedule import Segment
from entitle.runtime.stretches import stretches
from entitle.values.zone import Instant

PHASES = OUTS.index("phases")
Segments = tuple[Segment, ...]


def price_hash(release: Release, product: Product) -> str:
    """What a subscription costs before discounts, for whom and in which period, as 64 hex digits."""
    program = replace(product.program, outs=("base",))
    lets = needed(program)
    names = facts_of(product, "base")
    inputs = tuple(each for each in program.inputs if each.name in names)
    found = program_hash(Program(product.id, inputs, lets, ("base",)), release.words)
    return f"{found} {[(each.id, each.count, each.lasts) for each in product.phases]}"


def changes_price(old: Release, new: Release, product: str) -> bool:
    """Does a subscription that both releases sell cost something else in the new one?"""
    was, now = old.products.get(product), new.products.get(product)
    if was is None or now is None or was.subscription is None or now.subscription is None:
        return False
    return changes_periods(old, new, product) or price_hash(old, was) != price_hash(new, now)


def changes_periods(old: Release, new: Release, product: str) -> bool:
    """Does a subscription that both releases sell renew by other periods?"""
    was, now = old.products[product].subscription, new.products[product].subscription
    return was is not None and now is not None and was.renews != now.renews


# ---- what was known at the purchase


@dataclass(frozen=True, slots=True)
class Known:
    """What a line was sold by: its release, product, facts, instant, and the counters that it used."""

    release: Release
    product: Product
    asked: OrderFacts
    line: int
    at: Instant
    used: Collection[str]

    @property
    def facts(self) -> Iterator[tuple[Input, Value | None]]:
        """Every input that was known, of the line's program or of an order step's."""
        for step in self.release.order_steps:
            told = self.asked.steps.get(step.id, {})
            yield from ((each, told[each.name]) for each in step.program.inputs if each.name in told)
        told = self.asked.lines[self.line].facts
        yield from ((each, told[each.name]) for each in self.product.program.inputs if each.name in told)


def repriced(known: Known, decider: Decider) -> Segments | tuple[str, ...]:
    """The timeline that the same purchase has under another release; or the facts that it lacks for that."""
    release = decider.release
    product = release.products[known.product.id]
    values = {each.name: translated(each, value, known.release) for each, value in known.facts}
    facts = _facts(product.program, product.counters, values, known, release)
    read = set(facts_of(product, "pay")) | set(facts_of(product, "phases"))
    wanted = {each.name for each in product.program.inputs if each.missing == "ask" or each.name in release.measured}
    missing = tuple(name for name in sorted(read & wanted) if facts[name] is None)
    if missing:
        return missing
    quantity = known.asked.lines[known.line].quantity
    steps = {step.id: _facts(step.program, step.counters, values, known, release) for step in release.order_steps}
    asked = OrderFacts((Asked(product, quantity, facts),), steps, known.asked.codes)
    first = price(decider, asked.lines, steps)
    phases = decider.run(product, facts)[PHASES]
    return tuple(each.segment for each in stretches(decider, asked, 0, phases, first))


def _facts(
    program: Program,
    counters: Collection[Counter],
    values: Mapping[str, Value | frozenset[str] | None],
    known: Known,
    release: Release,
) -> Facts:
    """The inputs of a program of the new release, from what was known."""
    presented = {f"code.{release.by_code[code].id}" for code in known.asked.codes if code in release.by_code}
    full = {each.input: 0 if each.name in known.used else each.max for each in counters}
    found: dict[str, Value | None] = {}
    for each in program.inputs:
        match each.origin:
            case "clock":
                found[each.name] = clock_fact(each.name, release, known.at)
            case "engine" if each.name.startswith(YES_OR_NO):
                found[each.name] = each.name in presented
            case "engine":
                found[each.name] = known.asked.lines[known.line].quantity if each.name == "quantity" else 1
            case "store" if each.name in full:  # what it did not use then is not taken now
                found[each.name] = full[each.name]
            case "store" if each.name not in release.measured and each.name != "customer":
                found[each.name] = 0
            case _:
                found[each.name] = coded(each.type, values.get(each.name), release)
    return found


def translated(each: Input, value: Value | None, release: Release) -> Value | frozenset[str] | None:
    """An encoded value as words, where its code depends on the release."""
    match each.type:
        case Enum(members=members) if value is not None:
            return members[int(value)]
        case SetOf(members=members) if value is not None:
            return frozenset(word for i, word in enumerate(members) if int(value) >> i & 1)
        case Text() if value is not None:
            return release.words[int(value) - 1] if value else ""
        case _:
            return value


def coded(type_: Type, value: Value | frozenset[str] | None, release: Release) -> Value | None:
    """The same in another release; None where it has no such value."""
    match type_, value:
        case Enum(members=members), str():
            return members.index(value) if value in members else None
        case SetOf(members=members), frozenset():
            return sum(1 << members.index(word) for word in value if word in members)
        case Text(), str():
            return release.codes.get(value, 0)
        case ((Enum() | SetOf() | Text()), _):
            return None
        case Int(lo=lo, hi=hi), int():
            return value if lo <= value <= hi else None
        case _, frozenset():
            return None
        case _:
            return value


# ---- timelines


def spliced(old: Segments, new: Segments, first: int) -> Segments:
    """The old timeline with the amounts of the new one from period `first` on; the same object where none differs."""
    found: list[Segment] = []
    n = 1
    for segment in old:
        end = None if segment.count is None and not segment.lasts else n + (segment.count or 1)
        while end is None or n < end:
            other, until = _at(new, n) if n >= first else (segment, first)
            stop = min((each for each in (end, until) if each is not None), default=None)
            other = other or segment
            count = None if segment.lasts or stop is None else stop - n
            found.append(Segment(other.phase, count, segment.lasts, other.units, other.offers))
            if stop is None:
                return _same(old, found)
            n = stop
    return _same(old, found)


def _at(segments: Segments, n: int) -> tuple[Segment | None, int | None]:
    """The segment of period n, and the number of the first period after it."""
    end = 1
    for each in segments:
        if each.count is None and not each.lasts:
            return each, None
        end += each.count or 1
        if n < end:
            return each, end
    return None, None


def _same(old: Segments, found: list[Segment]) -> Segments:
    """The new timeline, or the old one where every period costs what it did."""
    merged = tuple(_merged(found, lambda each: (each.phase, each.units, each.offers)))
    before, after = ([_cost(each) for each in _merged(some, lambda each: each.units)] for some in (old, found))
    return old if before == after else merged


def _merged(segments: Sequence[Segment], alike: Callable[[Segment], object]) -> list[Segment]:
    """Neighbours that are alike as one."""
    found: list[Segment] = []
    for each in segments:
        last = found[-1] if found else None
        if last and not last.lasts and not each.lasts and alike(last) == alike(each):
            count = None if each.count is None or last.count is None else last.count + each.count
            found[-1] = replace(last, count=count)
        else:
            found.append(each)
    return found


def _cost(segment: Segment) -> tuple[object, ...]:
    return segment.count, segment.lasts, segment.units
