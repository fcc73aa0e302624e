"""What the lines of one order take together: of a pool, and of a promotion's limits and budget.

Each line's program knows what is left before the order; that lines add up is known here alone.
"""

from collections import Counter as Sums
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from entitle.ir import Value
from entitle.release import FREE, Counter, Rule
from entitle.runtime.pricing import Asked, OrderFacts

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
    counters: dict[str, Counter] = {}
    for use in uses:
        units[use.counter.name] += use.units
        counters[use.counter.name] = use.counter
    told = [*(line.facts for line in asked.lines), *asked.steps.values()]
    used = {name: int(value or 0) for facts in told for name, value in facts.items() if isinstance(value, int | None)}
    over = tuple(each for name, each in counters.items() if used[each.input] + units[name] > each.max)
    assert all(used[each.input] < each.max for each in over), "what has no room left is not taken"
    return over


def closed(asked: OrderFacts, counters: Sequence[Counter]) -> OrderFacts:
    """The same order, where these counters have no room."""
    full = {each.input: each.max for each in counters}
    lines = tuple(Asked(line.product, line.quantity, _with(line.facts, full)) for line in asked.lines)
    return replace(asked, lines=lines, steps={step: _with(facts, full) for step, facts in asked.steps.items()})


def _with(facts: Mapping[str, Value | None], full: Mapping[str, int]) -> Mapping[str, Value | None]:
    return {name: full.get(name, value) for name, value in facts.items()}
