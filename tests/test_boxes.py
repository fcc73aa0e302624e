"""Box algebra against counting: on a small world every customer can be asked."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitle.boxes import (
    ALTERNATIVES_MAX,
    Box,
    Ranges,
    TooManySets,
    admitted,
    alternatives,
    both,
    cells,
    exclusive,
    meet,
    overlaps,
    union,
    without,
)
from entitle.invariants import apply_type
from entitle.ir import BOOL, Apply, Const, Enum, Fact, Input, Int, Let, Member, Node, Op, Program, Type, Value
from entitle.runtime.interpret import interpret

PLAN, LEVEL = Enum(("a", "b", "c")), Int(0, 5)
WORLD: Box = {"level": ((0, 5),), "plan": ((0, 2),), "vip": ((0, 1),)}
CUSTOMERS = [dict(zip(sorted(WORLD), codes, strict=True)) for codes in product(range(6), range(3), range(2))]
TYPES: dict[str, Type] = {"level": LEVEL, "plan": PLAN, "vip": BOOL}

codes = st.sets(st.integers(0, 5), max_size=6)


def ranges_of(found: set[int]) -> Ranges:
    return union((code, code) for code in found)


def holds(box: Box, customer: dict[str, int]) -> bool:
    return all(any(lo <= customer[name] <= hi for lo, hi in admits) for name, admits in box.items())


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    named = draw(st.sets(st.sampled_from(sorted(WORLD))))
    tops = {"level": 5, "plan": 2, "vip": 1}
    return {name: ranges_of(draw(st.sets(st.integers(0, tops[name]), min_size=1))) for name in sorted(named)}


@given(codes, codes)
def test_ranges_are_sets(a: set[int], b: set[int]) -> None:
    def members(found: Ranges) -> set[int]:
        return {code for lo, hi in found for code in range(lo, hi + 1)}

    assert members(ranges_of(a)) == a
    assert members(meet(ranges_of(a), ranges_of(b))) == a & b
    assert members(without(ranges_of(a), ranges_of(b))) == a - b
    assert members(union([*ranges_of(a), *ranges_of(b)])) == a | b


@given(st.lists(boxes(), max_size=4), boxes())
def test_every_set_of_rows_that_serves_somebody_is_found_and_no_other(rows: list[Box], inside: Box) -> None:
    within = both(WORLD, inside)
    assert within is not None
    found = list(cells(rows, within))
    let_in = [each for each in CUSTOMERS if holds(within, each)]
    served = {frozenset(i for i, row in enumerate(rows) if holds(row, each)) for each in let_in}
    assert {alive for _, alive in found} == served
    for point, alive in found:
        assert holds(within, dict(point))
        assert alive == {i for i, row in enumerate(rows) if holds(row, dict(point))}


@given(st.lists(boxes(), max_size=5), boxes())
def test_every_row_that_serves_somebody_whom_an_earlier_one_serves_is_found(rows: list[Box], inside: Box) -> None:
    within = both(WORLD, inside)
    assert within is not None
    let_in = [each for each in CUSTOMERS if holds(within, each)]
    wanted: dict[int, int] = {}
    for later, row in enumerate(rows):
        for earlier in range(later):
            if any(holds(row, each) and holds(rows[earlier], each) for each in let_in):
                wanted.setdefault(later, earlier)
    found = list(overlaps(rows, within))
    assert {later: earlier for earlier, later, _ in found} == wanted
    for earlier, later, point in found:
        assert all(holds(box, dict(point)) for box in (within, rows[earlier], rows[later]))


def test_rows_that_divide_in_too_many_ways_are_given_up_in_time() -> None:
    rows: list[Box] = [{f"f{i}": ((1, 1),)} for i in range(40)]
    within: Box = {f"f{i}": ((0, 1),) for i in range(40)}
    with pytest.raises(TooManySets):
        list(cells(rows, within))


def test_what_all_rows_name_is_divided_first() -> None:
    rows: list[Box] = [{f"f{i}": ((1, 1),), "z": ((i, i),)} for i in range(40)]
    within: Box = {f"f{i}": ((0, 1),) for i in range(40)} | {"z": ((0, 39),)}
    assert len(list(cells(rows, within))) == 41


def fact(name: str) -> Fact:
    return Fact(name, TYPES[name])


def of(op: Op, *args: Node) -> Node:
    type_ = apply_type(op, tuple(arg.type for arg in args))
    assert type_ is not None
    return Apply(op, args, type_)


tests: st.SearchStrategy[Node] = st.one_of(
    st.just(fact("vip")),
    st.builds(lambda picked: Member(fact("plan"), tuple(sorted(picked))), st.sets(st.integers(0, 2))),
    st.builds(
        lambda op, value: of(op, fact("level"), Const(value, Int(value, value))),
        st.sampled_from([Op.EQUAL, Op.DIFFERENT, Op.LESS, Op.AT_MOST, Op.MORE, Op.AT_LEAST]),
        st.integers(-1, 6),
    ),
    st.builds(lambda value: of(Op.AT_MOST, Const(value, Int(value, value)), fact("level")), st.integers(0, 5)),
)
conditions = st.recursive(
    tests,
    lambda inner: st.one_of(
        st.builds(lambda one: of(Op.NOT, one), inner),
        st.builds(lambda a, b: of(Op.AND, a, b), inner, inner),
        st.builds(lambda a, b: of(Op.OR, a, b), inner, inner),
    ),
    max_leaves=6,
)


def true_for(condition: Node, customer: dict[str, int]) -> bool:
    program = Program("p", tuple(Input(name, TYPES[name]) for name in TYPES), (Let("x", condition),), ("x",))
    told: dict[str, Value | None] = {**customer, "vip": bool(customer["vip"])}
    return bool(interpret(program, told)["x"])


@given(conditions)
def test_a_box_holds_all_for_whom_a_condition_is_true(condition: Node) -> None:
    box = admitted(condition)
    wanted = [each for each in CUSTOMERS if true_for(condition, each)]
    assert all(box is not None and holds(box, each) for each in wanted)


@given(st.lists(tests, min_size=1, max_size=4))
def test_a_conjunction_of_tests_is_exactly_its_box(parts: list[Node]) -> None:
    box = admitted(of(Op.AND, *parts))
    for each in CUSTOMERS:
        assert all(true_for(part, each) for part in parts) == (box is not None and holds(box, each))


def in_one(boxes: tuple[Box, ...], customer: dict[str, int]) -> bool:
    return any(holds(box, customer) for box in boxes)


@given(conditions, st.booleans())
def test_boxes_hold_exactly_those_for_whom_a_condition_is_true(condition: Node, true: bool) -> None:
    boxes = alternatives(condition, true)
    assert [in_one(boxes, each) for each in CUSTOMERS] == [true_for(condition, each) is true for each in CUSTOMERS]


@pytest.mark.parametrize("value", [True, False])
def test_what_is_always_so_admits_everybody_or_nobody(value: bool) -> None:
    always = Const(value, BOOL)
    assert alternatives(always, value) == ({},)
    assert alternatives(of(Op.NOT, always), value) == alternatives(always, not value) == ()


@given(conditions, conditions)
def test_what_boxes_cannot_say_may_come_out_either_way(one: Node, other: Node) -> None:
    """Two facts compared with each other, beside what boxes can say: none is lost for whom it is true."""
    compared = of(Op.LESS, fact("level"), of(Op.ADD_NUMBER, fact("level"), Const(1, Int(1, 1))))
    mixed = of(Op.OR, of(Op.AND, one, compared), of(Op.AND, of(Op.NOT, compared), other))
    assert all(in_one(alternatives(mixed), each) for each in CUSTOMERS if true_for(mixed, each))


def test_many_alternatives_are_left_out_and_nobody_is_lost() -> None:
    """A thousand combinations: what is kept holds all for whom it is true, in boxes that can be looked at."""
    facts = [Fact(f"f{i}", Int(0, 9)) for i in range(20)]
    either = [
        of(Op.OR, *(of(Op.EQUAL, each, Const(1, Int(1, 1))) for each in facts[i : i + 2])) for i in range(0, 20, 2)
    ]
    boxes = alternatives(of(Op.AND, *either))
    assert 1 < len(boxes) <= ALTERNATIVES_MAX
    assert all(in_one(boxes, {f"f{i}": 1 if i % 2 == odd else 0 for i in range(20)}) for odd in (0, 1))


@given(conditions, conditions)
def test_what_is_exclusive_never_holds_together(a: Node, b: Node) -> None:
    if exclusive(a, b):
        assert not any(true_for(a, each) and true_for(b, each) for each in CUSTOMERS)
