"""The state machine on PostgreSQL: a share, since every step reads all rows of both stores."""

from hypothesis.stateful import run_state_machine_as_test

from entitle.store.postgres import PostgresStore
from entitle.values.zone import Instant
from tests.machine.test_oracle import Shops, runs
from tests.machine.twins import Twins
from tests.postgres import emptied

RUNS = 4


def test_postgresql_answers_as_memory_does(postgres_url: str) -> None:
    class OnPostgres(Shops):
        def make_twins(self, at: Instant) -> Twins:
            return Twins(PostgresStore(emptied(postgres_url)), at, numbered_late=True)

    run_state_machine_as_test(OnPostgres, settings=runs(RUNS))
