"""Programs within a box, and very many offers cell by cell: the same answers as the interpreter's on the whole."""

from collections.abc import Callable
from itertools import product as every
from random import Random

import pytest

from benchmarks import campaigns, season_pass
from entitle.boxes import Box, Ranges, bits, slices, whole
from entitle.dsl import offers
from entitle.dsl.effects import Minus
from entitle.dsl.load import compile_sources
from entitle.dsl.promotions import Offered
from entitle.dsl.typed import all_of, apply, number
from entitle.ir import (
    BOOL,
    Best,
    Enum,
    Fact,
    Input,
    Int,
    Let,
    Local,
    Lowered,
    Member,
    Node,
    Offer,
    Op,
    Program,
    Running,
)
from entitle.ir import Value as Code
from entitle.release import Promotion
from entitle.runtime import cube
from entitle.runtime.decide import Decider
from entitle.runtime.encode import compiled_answer, to_slots
from entitle.runtime.interpret import answer
from entitle.runtime.narrow import Narrowed
from entitle.runtime.to_python import Source, compiled, loaded, slots
from entitle.source import Source as File
from entitle.source import Span
from tests.programs import Facts, Maker

# ---- in a box


def around(random: Random, program: Program, facts: Facts) -> Box:
    """Some box that the facts lie in."""
    box: dict[str, Ranges] = {}
    values = dict(zip(slots(program), to_slots(program.inputs, facts), strict=True))
    for i, each in enumerate(program.inputs):
        all_ = whole(each.type)
        if all_ is not None and random.random() < 0.6:
            value, (lo, hi) = int(values[f"f{i}"]), all_[0]
            box[each.name] = ((random.choice((lo, value, (lo + value) // 2)), random.choice((hi, value))),)
    return box


def boxed(programs: int, seed: int) -> str | None:
    """The first answer in a box that is not the whole program's."""
    random = Random(seed)
    maker = Maker(random)
    for _ in range(programs):
        program = maker.program()
        facts = maker.facts(program)
        box = around(random, program, facts)
        decide = loaded(slots(program), Source(Narrowed(program, box)).answer())
        assert callable(decide)
        found = decide(*to_slots(program.inputs, facts))
        if found != answer(program, facts):
            return f"in {box}: {found}, the interpreter says {answer(program, facts)}\n{program}\n{facts}"
    return None


def test_a_box_changes_no_answer() -> None:
    assert boxed(600, seed=1) is None


BOX_FAULTS: dict[str, Callable[[Ranges, Ranges], Ranges]] = {  # of what is left of a box outside a condition
    "nothing is left": lambda a, b: (),
    "all is left": lambda a, b: a,
}


@pytest.mark.parametrize("fault", BOX_FAULTS)
def test_a_wrong_decision_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entitle.runtime.narrow.without", BOX_FAULTS[fault])
    assert boxed(200, seed=1) is not None


# ---- in cells

PLAN = Enum(("free", "basic", "gold", "black"))
LEVEL = Int(0, 9)
INPUTS = (Input("plan", PLAN), Input("level", LEVEL), Input("vip", BOOL), Input("seen", Int(-5, 5)))


def condition(random: Random) -> Node:
    """Something that promotions ask: mostly boxes, and what no box says."""
    parts: list[Node] = []
    if random.random() < 0.7:
        parts.append(Member(Fact("plan", PLAN), tuple(sorted(random.sample(range(4), random.randint(1, 2))))))
    if random.random() < 0.7:
        low = random.randint(0, 9)
        parts.append(apply(Op.AT_LEAST, Fact("level", LEVEL), number(low)))
        parts.append(apply(Op.AT_MOST, Fact("level", LEVEL), number(random.randint(low, 9))))
    if random.random() < 0.3:
        vip = Fact("vip", BOOL)
        parts.append(random.choice((vip, apply(Op.NOT, vip), apply(Op.OR, vip, Fact("vip", BOOL)))))
    if random.random() < 0.3:
        parts.append(apply(Op.LESS, Fact("seen", Int(-5, 5)), Fact("level", LEVEL)))
    return all_of(parts)


def wide(random: Random, steps: int) -> Program:
    """A choice among many offers; the base is known, or depends on a fact."""
    base = number(1000, "money")
    lets = [Let("base", base)]
    room = Int(0, 1000, "money")
    running = Running(room)

    def offer() -> Offer:
        off = apply(Op.SUB_MONEY, running, number(random.choice((5, 50, 50, 300)), "money"))
        said = [condition(random)]
        if random.random() < 0.3:
            said.append(apply(Op.AT_LEAST, running, number(random.choice((700, 960)), "money")))
        return Offer(all_of(said), apply(Op.MAX, number(0, "money"), off))

    made = tuple(tuple(offer() for _ in range(cube.WIDE)) for _ in range(steps))
    apart = tuple((i, cube.WIDE + i) for i in range(cube.WIDE) if steps > 1 and random.random() < 0.3)
    floor = random.choice((number(0, "money"), number(930, "money")))
    best = Best(Local("base", base.type), floor, made, apart, Int(0, (cube.WIDE + 1) ** steps - 1))
    lets += [Let("best", best), *(Let(f"after.{i}", Lowered("best", i, room)) for i in range(steps))]
    return Program("wide", INPUTS, tuple(lets), ("best", *(f"after.{i}" for i in range(steps))))


def celled(seed: int) -> str | None:
    """The first answer out of a cell that is not the interpreter's."""
    random = Random(seed)
    for steps in (1, 1, 2):
        program = wide(random, steps)
        assert cube.cube_of(Narrowed(program)) is not None
        decide = compiled(program)
        for _ in range(60):
            facts: dict[str, Code | None] = {
                "plan": random.randrange(4),
                "level": random.randint(0, 9),
                "vip": random.random() < 0.5,
                "seen": random.randint(-5, 5),
            }
            found, meant = decide(*to_slots(INPUTS, facts)), answer(program, facts)
            if found != meant:
                return f"{found}, the interpreter says {meant} of {facts}\n{program}"
    return None


@pytest.mark.parametrize("seed", range(4))
def test_cells_change_no_answer(seed: int) -> None:
    assert celled(seed) is None


def test_a_cell_that_lost_an_offer_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cube, "bits", lambda mask: list(bits(mask))[1:])
    assert celled(0) is not None


def test_a_cell_of_the_slice_beside_it_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cube, "slices", lambda *asked: [*(found := slices(*asked))[1:], found[0]])
    assert celled(0) is not None


def test_cells_make_room_for_new_ones() -> None:
    cells = cube.Cells(lambda key: sum(key))
    asked = [(n, n) for n in range(cube.CELLS_MAX + 5)]
    assert [cells[key] for key in asked] == [2 * n for n, _ in asked]
    assert len(cells) == cube.CELLS_MAX


def test_the_checked_request_goes_to_its_cell() -> None:
    """Without falling back to the plain way, which would hide that the fast one fails."""
    found = compile_sources([File(path, text) for path, text in campaigns.rulebook(80)])
    assert found.release is not None
    product, decider = found.release.products["pass"], Decider(found.release)
    fast = compiled_answer(product.program, found.release)
    for told in campaigns.requests(Random(3), 100):
        plain = answer(product.program, decider.facts(product, told, season_pass.AT, 1, {}))
        assert fast(told, season_pass.AT, 1, {}) == plain


# ---- how many combinations one customer may be offered


def offered(random: Random, n: int) -> Offered:
    code = f"C{n}" if random.random() < 0.3 else None
    made = Promotion(f"p{n}", random.choice("ab"), ("x",), code)
    span = Span(File("promotions.yaml", ""), 0, 0)
    return Offered(made, (condition(random),), (), Minus(1), None, (), None, frozenset(), {}, span)


def by_walking(steps: list[list[Offered]], codes: int) -> int:
    """The most over every customer; a condition that no box says is taken to hold."""
    most = 1
    for plan, level, vip in every(range(4), range(10), (False, True)):
        facts: Facts = {"plan": plan, "level": level, "vip": vip, "seen": -5}
        counts = []
        for step in steps:
            lets = (Let(str(i), each.open[0]) for i, each in enumerate(step))
            program = Program("open", INPUTS, tuple(lets), tuple(map(str, range(len(step)))))
            open_ = [each for each, holds in zip(step, answer(program, facts), strict=True) if holds]
            counts.append(
                (sum(e.promotion.code is None for e in open_), sum(e.promotion.code is not None for e in open_))
            )
        for used in every(*(range(min(codes, coded) + 1) for _, coded in counts)):
            if sum(used) <= codes:
                found = 1
                for (free, _), extra in zip(counts, used, strict=True):
                    found *= 1 + free + extra
                most = max(most, found)
    return most


@pytest.mark.parametrize("seed", range(12))
def test_combinations_are_counted_exactly(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offers, "COMBINATIONS_MAX", 0)
    random = Random(seed)
    every_one = [offered(random, n) for n in range(14)]
    steps = [[each for each in every_one if each.promotion.step == step] for step in "ab"]
    codes = random.randint(0, 3)
    assert offers.combinations(steps, codes) == by_walking(steps, codes)
