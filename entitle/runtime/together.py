"""What the lines of one order take together: of a pool, of a promotion's limits and budget, of a family's limits.

Each line's program knows what is left before the order; that lines add up is known here alone.
"""

from collections import Counter as Sums
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from entitle.release import FREE, Counter, Release, Rule
from entitle.runtime.pricing import Asked, Facts, OrderFacts

if TYPE_CHECKING:
    from entitle.runtime.decide import Verdict
    from entitle.runtime.stretches import Used


def drawn(lines: Iterable["Verdict"]) -> dict[str, int]:
    """The units that the lines take of each pool at the purchase."""
    found: Sums[str] = Sums()
    for line in lines:
        given = {item.id for item in line.gives}
        for each in line.product.draws:
            if each.item is None or each.item in given:
                found[each.pool] += each.units * line.quantity
    return dict(found)


def short(lines: Sequence["Verdict"]) -> Iterator[Rule]:
    """The pools that hold enough for each line, and not for all."""
    free = {name: value for line in lines for name, value in line.facts.items() if name.startswith(FREE)}
    for pool, units in sorted(drawn(lines).items()):
        if int(free[f"{FREE}{pool}"] or 0) < units:
            yield Rule("sold-out", pool)


def overdrawn(asked: OrderFacts, uses: Iterable["Used"]) -> tuple[Counter, ...]:
    """The counters that hold enough for each line, and not for all: a use that does not fit whole is none."""
    units: Sums[str] = Sums()
    used: dict[str, int] = {}
    counters: dict[str, Counter] = {}
    for use in uses:
        name, input_ = use.counter.name, use.counter.input
        own = asked.lines[use.line].facts  # the same input may be another counter's in another line
        told = own if input_ in own else next((facts for facts in asked.steps.values() if input_ in facts), own)
        units[name] += use.units
        used[name] = int(told[input_] or 0)
        counters[name] = use.counter
    over = tuple(each for name, each in counters.items() if used[name] + units[name] > each.max)
    assert all(used[each.name] < each.max for each in over), "what has no room left is not taken"
    return over


def closed(release: Release, asked: OrderFacts, counters: Sequence[Counter]) -> OrderFacts:
    """The same order, where these counters have no room."""
    full = {each.name: each.max for each in counters}

    def without(own: Iterable[Counter], facts: Facts) -> Facts:
        return {**facts, **{each.input: full[each.name] for each in own if each.name in full}}

    lines = tuple(
        Asked(line.product, line.quantity, without(line.product.counters, line.facts)) for line in asked.lines
    )
    steps = {each.id: without(each.counters, asked.steps[each.id]) for each in release.order_steps}
    return replace(asked, lines=lines, steps=steps)
