"""A store inside a transaction of the shop's own: it commits nothing, and rolls back to its own savepoints alone.

Each plan stands in a savepoint, so that one that does not hold, or breaks a rule, leaves the shop's transaction as it
was. Whether anything of it ever stands is the shop's commit.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from entitle.errors import StoreError
from entitle.messages import Words
from entitle.plan import Answer, Effect, Expect, Plan, Read, Within, one_by_one
from entitle.store.lending import lend
from entitle.store.lent import Lent
from entitle.store.versions import check_version


@contextmanager
def join(host: object, schema: str | None) -> Iterator["JoinedStore"]:
    """The store in the transaction of what the shop lends: see `lend`.

    Raises StoreError where the tables of this version are not there.
    """
    with lend(host, schema) as lent:
        store = JoinedStore(lent)
        store.check()
        try:
            yield store
        finally:
            store.close()


class JoinedStore:
    """A Store in a lent transaction, until it is closed.

    Both verbs raise RetryTransaction where nothing but a new transaction can help.
    """

    def __init__(self, lent: Lent) -> None:
        self._lent = lent
        self._closed = False
        self.schema = lent.side.schema

    def fetch(self, reads: tuple[Read, ...]) -> tuple[Any, ...]:
        with self._begun():
            return self._lent.side.read(self._lent, reads)

    def apply(self, plan: Plan) -> Effect | None:
        with self._begun():
            self._run("SAVEPOINT entitle")
            try:
                for lock in self._lent.side.locks(plan):
                    self._lent.execute(*lock)
                failed = next((effect for effect in plan if not self._holds(effect)), None)
            except BaseException:  # a cancelled task too: the shop may catch it, and commit
                with suppress(Exception):  # where the database rolled back everything already, the first problem tells
                    self._undo()
                raise
            if failed is None:
                self._run("RELEASE SAVEPOINT entitle")
            else:
                self._undo()
            return failed

    def apply_each(self, plans: Sequence[Plan]) -> list[Answer]:
        return one_by_one(self.apply, plans)

    def check(self) -> None:
        """Raise StoreError unless the tables of this version are there."""
        with self._telling():
            check_version("URL", self._lent.side.version(self._lent))

    def close(self) -> None:
        """The shop's transaction goes on without this store."""
        self._closed = True

    @contextmanager
    def _begun(self) -> Iterator[None]:
        if self._closed:
            raise StoreError(Words("the joined block has ended: join again", "加入的代码块已结束：请重新加入"))
        with self._telling():
            self._lent.side.begin(self._lent)
            yield

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Whatever the database complains of, as one of our own errors."""
        try:
            yield
        except Exception as problem:
            if (told := self._lent.side.told(getattr(problem, "orig", None) or problem)) is None:
                raise
            raise told from problem

    def _holds(self, effect: Effect) -> bool:
        changed, rows = self._lent.execute(*self._lent.side.write(effect))
        return bool(rows) if isinstance(effect, Expect | Within) else changed == 1

    def _undo(self) -> None:
        self._run("ROLLBACK TO SAVEPOINT entitle")
        self._run("RELEASE SAVEPOINT entitle")

    def _run(self, text: str) -> None:
        self._lent.execute(text, ())
