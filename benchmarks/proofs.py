"""How long a floor is searched for, at the tightest floors: one that is reached, and one that is not.

`python -m benchmarks.proofs`. Thirty price rows; percents, amounts and thresholds under conditions on three
facts and the time; of each customer at most 256 combinations are open, as in any rulebook.
"""

from collections.abc import Iterator
from itertools import product as every
from math import prod
from random import Random
from time import monotonic, process_time

from entitle.dsl.load import compile_sources
from entitle.release import Release
from entitle.runtime.prove.floors import Floors
from entitle.runtime.prove.patience import Patience, RanOut
from entitle.runtime.prove.questions import prove
from entitle.source import Source
from entitle.testing.living import live

SIZES = ((5, 2), (20, 5), (50, 13), (100, 5), (200, 5))
AT = 1_798_682_400_000_000
DEEP = ((100, 25), (200, 50))  # more steps than can be searched: not decided, within the time given
SECONDS, GIVEN = 60, 10
OPEN_MAX = 256
HEAD = """\
entitle: 1
name: proofs
timezone: Asia/Shanghai
currency: CNY
round: half_up
facts:
  level: {type: 0..9, if_missing: 0}
  area: {type: 0..9, if_missing: 0}
  age: {type: 0..99, if_missing: 30}
benefits:
  club: {kind: access, name: Club}
"""


def book(promotions: int, steps: int, floor: int, seed: int = 1) -> str:
    """A rulebook with so many promotions on so many steps, and a floor in minor units."""
    random = Random(f"{seed} {promotions} {steps}")
    rows = [f"price_steps: {{{', '.join(f's{i}: each_unit' for i in range(steps))}}}", "products:", "  p:"]
    rows += ["    name: P", "    gives: [{benefit: club}]", f"    floor: [{{otherwise: {_money(floor)}}}]"]
    rows += ["    price:", "      table:"]
    for level, ages in every(range(10), ("0..19", "20..49", "50..99")):
        rows.append(f"        - {{level: {level}, age: {ages}, price: {_money(random.randint(8000, 12000))}}}")
    return HEAD + "\n".join([*rows, "promotions:", *_promotions(promotions, steps, random)]) + "\n"


def _promotions(count: int, steps: int, random: Random) -> Iterator[str]:
    """Promotions over rectangles of level and area, so that nowhere too many are open."""
    open_ = {cell: [0] * steps for cell in every(range(10), range(10))}
    made = 0
    while made < count:
        step = made % steps
        levels = range(low := random.randrange(10), min(10, low + random.randint(1, 3)))
        areas = range(first := random.randrange(10), min(10, first + random.randint(1, 3)))
        cells = list(every(levels, areas))
        for cell in cells:
            open_[cell][step] += 1
        if any(prod(each + 1 for each in open_[cell]) > OPEN_MAX for cell in cells):
            for cell in cells:
                open_[cell][step] -= 1
            continue
        said = [f"level in {levels[0]}..{levels[-1]}", f"area in {areas[0]}..{areas[-1]}"]
        said += [f"age < {random.randint(20, 90)}"] if random.random() < 0.3 else []
        said += [f"now.hour >= {random.randint(0, 20)}"] if random.random() < 0.2 else []
        said += [f"amount >= {_money(random.randint(5000, 11000))}"] if random.random() < 0.4 else []
        effect = random.choice((f"pay: {random.randint(88, 99)}%", f"minus: {_money(random.randint(100, 900))}"))
        yield f"  o{made:03}: {{step: s{step}, products: [p], if: {' and '.join(said)}, {effect}}}"
        made += 1


def _money(minor: int) -> str:
    return f"¥{minor // 100}.{minor % 100:02}"


def released(text: str) -> Release:
    found = compile_sources([Source("rulebook.yaml", text)])
    assert found.release is not None, [each.sentence() for each in found.diagnostics][:3]
    return found.release


def lifted(text: str) -> tuple[float, int | None]:
    """Seconds of CPU, and how low the price goes under the floor."""
    release = released(text)
    start = process_time()
    low = Floors(release, release.products["p"], Patience(SECONDS, process_time), AT).lifted()
    return process_time() - start, None if low is None else low.amount


def whole(promotions: int, steps: int) -> str:
    """How long all questions take, and how many of them are not decided."""
    release, start = released(book(promotions, steps, 1)), process_time()
    answers = list(prove(release, Patience(SECONDS, process_time), AT, live))
    unsure = sum(each.answer == "unknown" for each in answers)
    return f"{process_time() - start:.2f} s, {unsure} of {len(answers)} not decided"


def deep(promotions: int, steps: int) -> str:
    """What comes of a search that is too deep, and how long it takes by the clock."""
    release, start = released(book(promotions, steps, 7000)), monotonic()
    try:
        low = Floors(release, release.products["p"], Patience(GIVEN, monotonic), AT).lifted()
        told = "nobody is lifted" if low is None else f"reached {low.amount}"
    except RanOut as ran:
        told = f"not decided: {ran.bound}"
    return f"{told}; {monotonic() - start:.1f} s of {GIVEN}"


def main() -> None:
    for promotions, steps in SIZES:
        print(f"{promotions:4} promotions, {steps:2} steps: all questions {whole(promotions, steps)}")
        release = released(book(promotions, steps, 1))
        start = process_time()
        floors = Floors(release, release.products["p"], Patience(SECONDS, process_time), AT)
        try:
            low = floors.cheapest
            assert low is not None
            lowest = process_time() - start
            out = [lifted(book(promotions, steps, low.amount + 1)), lifted(book(promotions, steps, low.amount))]
            assert (out[0][1], out[1][1]) == (low.amount, None)
            told = f"lowest {low.amount}: {lowest:.2f} s; reached {out[0][0]:.2f} s, not reached {out[1][0]:.2f} s"
        except RanOut as ran:
            told = f"not decided: {ran.bound}"
        print(f"{promotions:4} promotions, {steps:2} steps: {told}")
    for promotions, steps in DEEP:
        print(f"{promotions:4} promotions, {steps:2} steps: {deep(promotions, steps)}")


if __name__ == "__main__":
    main()
