"""The laws of any answer: offers and codes, changes of plan, reviews and refunds among all else that a shop does."""

import shutil
from pathlib import Path

from hypothesis.stateful import run_state_machine_as_test

from entitle.store.sqlite import SqliteStore
from entitle.values.zone import Instant
from tests.machine.checks import template
from tests.machine.lawful import Lawful
from tests.machine.test_oracle import runs
from tests.machine.twins import Twins

Lawful.TestCase.settings = runs(20)
TestLawful = Lawful.TestCase


def test_sqlite_obeys_too(tmp_path: Path) -> None:
    new = template()

    class OnSqlite(Lawful):
        def make_twins(self, at: Instant) -> Twins:
            return Twins(SqliteStore(Path(shutil.copy(new, self.folder / "shop.db"))), at)

    run_state_machine_as_test(OnSqlite, settings=runs(4))
