"""Many reads in few statements: the same answers, each in its place and in its order."""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from entitle.errors import StoreError
from entitle.identity import key_of
from entitle.plan import Find, Get, Insert, Read, Store, Tally, Update, Where
from entitle.records import Customer, Grant, Job, Key, Use
from entitle.store.memory import MemoryStore
from entitle.store.postgres import STATEMENTS, PostgresStore
from entitle.store.postgres_reads import questions
from tests.store.rows import FAMILY, GRANT, done

WHO = st.sampled_from(("ann", "bob", "cem", 'd"\\', "eva"))
AT = st.integers(0, 4)
ROWS = [
    *(
        Insert(Job(who, name, "expire", 1, due))
        for who in ("ann", "bob")
        for name, due in (("a", 1), ("b", 3), ("c", 2))
    ),
    Insert(Job("ann", "d", "expire", 1, None)),
    Insert(Job('d"\\', "e", "expire", 1, 2)),
    *(Insert(Customer(who, n, "", 0, 0)) for n, who in enumerate(("ann", "cem", 'd"\\'))),
    *(Insert(Use("ann", f"o{n}", 1, "c", "", n, 0, until)) for n, until in enumerate((None, 2, 3))),
]
READS: st.SearchStrategy[Read] = st.one_of(
    st.builds(lambda who: Get(Customer, (who,)), WHO),
    st.builds(lambda who, name: Get(Job, (who, name, "expire")), WHO, st.sampled_from("abz")),
    st.builds(lambda who, due: Find(Job, (("stream", "=", who), ("due_at", ">=", due)), ("-due_at",)), WHO, AT),
    st.builds(lambda who: Find(Job, (("stream", "=", who),), ("-n", "due_at")), WHO),
    st.builds(lambda who, most: Find(Job, (("stream", "=", who),), (), most), WHO, AT),
    st.builds(lambda who, at: Tally(Use, (("subject", "=", who), ("until", "open_at", at)), "sum", "units"), WHO, AT),
    st.builds(lambda who, at: Tally(Job, (("stream", "=", who), ("due_at", "<", at)), "min", "due_at"), WHO, AT),
    st.builds(lambda who: Tally(Job, (("stream", "in", who),)), st.lists(WHO, min_size=2, max_size=2).map(tuple)),
    st.just(Tally(Customer, ())),
    st.just(Find(Customer, (("seq", "=", None),))),
)
ALIKE: Sequence[Read] = [Find(Job, (("stream", "=", who),), ("-due_at",)) for who in ("bob", "nobody", "ann", "bob")]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(ALIKE)
@example([Get(Customer, (who,)) for who in ("cem", "bob", "ann", "cem")])
@example([Tally(Job, (("stream", "=", who),), "min", "due_at") for who in ("cem", "bob", "ann")] * 2)
@given(st.lists(READS, max_size=9))
def test_each_read_is_answered_as_if_it_were_alone(full: PostgresStore, reads: list[Read]) -> None:
    memory = MemoryStore()
    done(memory, *ROWS)
    assert full.fetch(tuple(reads)) == memory.fetch(tuple(reads))


@pytest.fixture
def full(postgres_store: PostgresStore) -> PostgresStore:
    done(postgres_store, *ROWS)
    return postgres_store


def test_reads_that_differ_in_their_values_are_one_statement() -> None:
    asked = questions(STATEMENTS, [*ALIKE, Get(Customer, ("ann",)), *ALIKE])
    assert [each.places for each in asked] == [[0, 1, 2, 3, 5, 6, 7, 8], [4]]
    limited: list[Read] = [Find(Job, (("stream", "=", who),), (), 1) for who in ("ann", "bob")]
    assert [each.places for each in questions(STATEMENTS, limited)] == [[0], [1]]


def test_what_no_column_takes_is_refused_however_many_ask(postgres_store: PostgresStore) -> None:
    with pytest.raises(StoreError):
        postgres_store.fetch(tuple(Get(Customer, (who,)) for who in (1.5, 2.5)))


def test_a_row_is_found_by_what_is_unique_of_it(store: Store) -> None:
    done(store, *FAMILY, Update(Grant, key_of(GRANT), {"code_index": None}))
    keys = [Key(who, "buy", name, "i", "", 1) for who, name in (("ann", "k-1"), ("bob", "k-2"))]
    assert [row.id for row in store.fetch((Find(Grant, (("code_index", "=", None),)),))[0]] == [GRANT.id]
    done(store, *map(Insert, keys), Update(Grant, key_of(GRANT), {"code_index": "old"}))
    done(store, Update(Grant, key_of(GRANT), {"code_index": "new"}))
    named: tuple[Where, ...] = (("verb", "=", "buy"), ("key", "=", "k-2"))
    assert store.fetch((Find(Key, named), Find(Key, (*named, ("at", ">", 1))))) == ([keys[1]], [])
    found = store.fetch(tuple(Find(Grant, (("code_index", "=", each),)) for each in ("old", "new", None)))
    assert [[row.code_index for row in rows] for rows in found] == [[], ["new"], []]
