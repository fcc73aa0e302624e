"""The shop's verbs on its stock: pools are filled, by hand or from a file."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from entitle.decision import Busy, Done, InDoubt, Lot
from entitle.shop import fill as filling
from entitle.shop import import_codes as importing
from entitle.shop import rekey as rekeying
from entitle.shop.asking import Asking
from entitle.shop.fill import Filled
from entitle.shop.import_codes import Imported
from entitle.shop.rekey import Place
from entitle.shop.verb import Writer

PATIENCE = 20  # how often a batch is tried that others are in the way of, or that is in doubt


class Pools(Asking):
    """A part of the shop."""

    def fill(
        self, pool: str, what: int | Sequence[str], *, lot: Lot | None = None, key: str, by: str = "", why: str = ""
    ) -> Done[Filled] | Busy | InDoubt:
        """Put units into a pool, or card codes: those given, or so many made here.

        lot  that the codes come in; those past its expiry are not sold

        Raises UnknownName, FactError, KnownCodes (a FactError that has the places of codes that are there already).
        """
        return self._ask(lambda: filling.fill(self._ctx, pool, what, lot, key, Writer(by, why)))

    def rekey(self) -> Iterator[int]:
        """Seal with the newest secret all that an older one sealed, and find it by it: how many rows each step sealed.

        Afterwards the store needs no older secret. Broken off, it is begun again. Raises StoreError.
        """
        place: Place | None = Place()
        while place is not None:
            answer = self._drive(partial(rekeying.rekey, self._ctx, place))
            if isinstance(answer, tuple):  # else others were faster: the step is tried again
                done, place = answer
                yield done

    def import_codes(
        self, pool: str, lines: Iterable[str], *, key: str, by: str = "", why: str = ""
    ) -> Iterator[Imported]:
        """Put the codes of a CSV file into a pool: how far it is, after each of many small steps.

        Columns: `code`, and where wanted `lot`, `cost`, `source`, `expires`. The same lines under the same key add
        nothing again, so what broke off goes on where it stopped.

        Raises ImportProblem, with the numbers of the rows; what was added before stays.
        """
        terms = self._drive(lambda: importing.terms(self._ctx, pool))
        for batch in importing.batches(lines, terms, key):
            yield batch.told(partial(self._put, pool, batch, Writer(by, why)))

    def _put(self, pool: str, batch: importing.Batch, writer: Writer) -> Done[Filled]:
        put = partial(self.fill, pool, batch.codes, lot=batch.lot, key=batch.key, by=writer.by, why=writer.why)
        tried = 1
        while not isinstance(answer := put(), Done):
            if tried == PATIENCE:
                answer.unwrap()
            tried += 1
        return answer
