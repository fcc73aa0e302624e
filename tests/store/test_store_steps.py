"""Several effects in one statement: the same rows, the same answers."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from benchmarks.store import purchase
from entitle.errors import StoreError
from entitle.hold_records import Kept
from entitle.plan import Add, Answer, Delete, Effect, Expect, Find, Get, Insert, Plan, Tally, Update, Within
from entitle.records import Count, Customer, Posting, Record, Stock, Use
from entitle.secret_records import FailedTries
from entitle.store.memory import MemoryStore
from entitle.store.postgres import PostgresStore
from entitle.store.steps import Changes, Moves, Rows, Together, merged
from entitle.store.tables import NAMES
from tests import postgres
from tests.store.rows import done

FEW = st.integers(0, 3)
BOUNDS = st.integers(-1, 3)
COUNTS = st.builds(Count, st.sampled_from("pq"), st.just("stock"), st.just(""), FEW)
STOCKS = st.builds(Stock, st.sampled_from("pq"), FEW)
ROWS: st.SearchStrategy[Record] = COUNTS | STOCKS | st.builds(FailedTries, st.sampled_from("ab"), st.just(0), FEW)
ADDS: st.SearchStrategy[Effect] = st.one_of(
    st.builds(Add, COUNTS, st.just("used"), st.integers(-2, 2), BOUNDS, BOUNDS | st.just(2**62)),
    st.builds(Add, STOCKS, st.just("free"), st.integers(-2, 2), BOUNDS, BOUNDS | st.just(2**62)),
    st.builds(Add, st.just(Count("p", "stock", "", 0)), st.just("used"), st.sampled_from((1, -1))),
)
OTHERS: st.SearchStrategy[Effect] = st.one_of(
    st.builds(lambda pool, free: Update(Stock, (pool,), {"free": free}), st.sampled_from("pq"), FEW),
    st.builds(lambda pool, free: Expect(Stock, (pool,), {"free": free}), st.sampled_from("pq"), FEW),
    st.just(Delete(FailedTries, ("a", 0))),
    st.builds(lambda most: Within(Tally(Stock, ()), 0, most), FEW),
)
EFFECTS = st.lists(st.builds(Insert, ROWS) | ADDS | OTHERS, max_size=6)


def effects(what: Effect | Together) -> Sequence[Effect]:
    match what:
        case Rows(rows):
            return [Insert(row) for row in rows]
        case Moves(each) | Changes(each):
            return each
    return [what]


@example([], [Insert(Stock("q", 1)), Update(Stock, ("p",), {"free": 1}), Insert(Stock("p", 1))])
@example([], [*(Insert(FailedTries(each, 0, 1)) for each in "ba"), Delete(FailedTries, ("a", 0))])
@example([0], [Add(Stock("p", 0), "free", 1, least=3)] * 2)
@example([0], [Add(Stock("p", 0), "free", -1, least=-3, most=-1)] * 2)
@example(
    [0], [*(Update(Stock, (each,), {"free": 2}, {"free": 1}) for each in "pp"), Expect(Stock, ("p",), {"free": 2})]
)
@example([0], [*(Expect(Stock, ("p",), {"free": free}) for free in (1, 1)), Update(Stock, ("p",), {"free": 2})])
@example([0], [Insert(Stock("q", 2)), Update(Stock, ("p",), {"free": 2}), Update(Stock, ("q",), {"free": 3})])
@given(st.lists(st.integers(0, 1), max_size=2, unique=True), EFFECTS)
def test_what_fewer_steps_do_the_effects_do(free: list[int], wanted: list[Effect]) -> None:
    begun = [Insert(Stock("pq"[n], n + 1)) for n in free]
    steps = merged(wanted)
    together = left_by(begun, [effect for step in steps for effect in effects(step.what)])
    if together is not None or len(steps) == len(wanted):  # where they fail, the effects are tried one by one
        assert together == left_by(begun, wanted)


def left_by(begun: Sequence[Effect], wanted: Sequence[Effect]) -> tuple[object, ...] | None:
    """The rows afterwards; None: it cannot be done."""
    store = MemoryStore()
    done(store, *begun)
    try:
        failed = store.apply(tuple(wanted))
    except StoreError:
        return None
    return store.fetch((Find(Stock, ()), Find(Count, ()), Find(FailedTries, ()))) if failed is None else None


def test_a_step_of_one_effect_knows_its_place() -> None:
    update, expect = Update(Stock, ("q",), {"free": 1}), Expect(Stock, ("q",), {"free": 1})
    steps = merged([Insert(Stock("p", 1)), update, Insert(Stock("r", 1)), expect])
    assert [step.place for step in steps] == [None, 1, 3]


KNOWN: list[Effect] = [
    Insert(Customer("ann", 1, "", 0, 0)),
    Insert(Customer("bob", 2, "", 0, 0)),
    Insert(Stock("p", 1)),
    Insert(Kept("p", "o-1", "ann", 1, None)),
    Insert(Kept("p", "o-2", "bob", 1, 5)),
]
LIKE: st.SearchStrategy[Effect] = st.builds(
    lambda who, seq, was: Update(Customer, (who,), {"seq": seq, "head": who}, {"seq": was}),
    st.sampled_from(("ann", "bob", "cem")),
    FEW,
    st.sampled_from((1, 2)),
)
EMPTY: st.SearchStrategy[Effect] = st.builds(
    lambda order, until, was: Update(Kept, ("p", order), {"until": until}, {"units": 1, "until": was}),
    st.sampled_from(("o-1", "o-2", "o-3")),
    st.sampled_from((None, 5, 6)),
    st.sampled_from((None, 5)),
)
PLANS = st.lists(st.lists(LIKE | EMPTY | st.builds(Insert, ROWS) | ADDS | OTHERS, max_size=4), max_size=5)
TOOK = [Add(Count(each, "stock", "", 0), "used", 1, most=1) for each in "pqp"]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example([[Update(Customer, (who,), {"head": "x", "seq": 7}, {"seq": was})] for who, was in (("bob", 2), ("ann", 1))])
@example([[Update(Customer, (who,), {"seq": 7}, {"seq": 1})] for who in ("bob", "ann")])
@example([[Update(Kept, ("p", order), {"until": 6}, {"until": None})] for order in ("o-1", "o-2")])
@example([[Update(Kept, ("p", f"o-{n}"), {"until": 6}, {"until": was})] for n, was in ((2, 5), (1, None))])
@example([[Add(Stock(pool, 1), "free", by)] for pool, by in (("p", 1), ("q", 3), ("p", 1), ("r", 1))])
@example([[Add(Stock(pool, 0), "free", -1)] for pool in "pq"])
@example([[Add(Stock(pool, free), "free", 1)] for pool, free in (("a", 0), ("p", 5))])
@example([[Add(Stock(pool, 0), "free", 2, most=most)] for pool, most in (("q", 3), ("r", 1))])
@example([[Add(Stock(pool, 0), "free", 2, least=least)] for pool, least in (("q", 0), ("r", 3))])
@example([[each] for each in TOOK])
@example([TOOK[:2]])
@given(PLANS)
def test_plans_together_do_what_each_would_alone(postgres_url: str, wanted: list[list[Effect]]) -> None:
    plans, alone = [tuple(each) for each in wanted], MemoryStore()
    store = PostgresStore(postgres.emptied(postgres_url))
    with closing(store):
        answers, everything = [], []
        for each in (store, alone):
            done(each, *KNOWN)
            answers.append([kind(answer) for answer in each.apply_each(plans)])
            everything.append(
                each.fetch(tuple(Find(table, ()) for table in (Customer, Stock, Kept, Count, FailedTries)))
            )
    assert answers[0] == answers[1]
    assert everything[0] == everything[1]


def kind(answer: Answer) -> object:
    """An error is worded by each store in its own way."""
    return "broken" if isinstance(answer, StoreError) else answer


@pytest.fixture
def customers(postgres_store: PostgresStore) -> PostgresStore:
    done(postgres_store, *(Insert(Customer(f"u-{n}", 0, "", 0, 0)) for n in range(50)))
    return postgres_store


def test_purchases_together_are_a_statement_a_table(customers: PostgresStore, postgres_url: str) -> None:
    plans = [purchase(n) for n in range(50)]
    assert customers.apply_each(plans) == [None] * 50
    with psycopg.connect(postgres_url) as connection:
        for table in {type(each.row) for each in plans[0] if isinstance(each, Insert)}:
            query = f"SELECT count(*), count(DISTINCT (xmin::text, cmin::text)) FROM {NAMES[table]}".encode()
            rows = 100 if table is Posting else 50
            assert connection.execute(query).fetchone() == (rows, 1), table
        query = f"SELECT count(*), count(DISTINCT (xmin::text, cmin::text)) FROM {NAMES[Customer]}".encode()
        assert connection.execute(query).fetchone() == (50, 1)
    assert customers.fetch((Get(Count, ("video-monthly", "stock", "")),)) == (Count("video-monthly", "stock", "", 50),)


def test_one_that_is_late_is_told_and_the_others_are_done(customers: PostgresStore) -> None:
    plans: list[Plan] = [purchase(n) for n in range(5)]
    done(customers, *plans[1])
    bought_again, *_ = plans[1]
    sold_out = tuple(replace(each, most=2) if isinstance(each, Add) else each for each in plans[4])
    answers = customers.apply_each([*plans[:4], sold_out])
    assert answers == [None, bought_again, None, None, next(each for each in sold_out if isinstance(each, Add))]
    assert customers.fetch((Get(Count, ("video-monthly", "stock", "")),)) == (Count("video-monthly", "stock", "", 4),)


@pytest.mark.parametrize("text", ['"', "\\", '\\"', "{}", ",", "NULL", "null", "", " ", "\n", "价", "'", "{a,b}"])
def test_every_text_comes_back_from_many_rows(customers: PostgresStore, text: str) -> None:
    rows = [Use("u-0", f"o{n}", 1, text, "", 1, 0, until) for n, until in enumerate((None, 7))]
    done(customers, *map(Insert, rows))
    assert customers.fetch((Find(Use, ()),)) == (rows,)
