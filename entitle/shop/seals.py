"""The shop's verbs that prove its ledger: seals kept outside, and the store held against them."""

from collections.abc import Callable, Mapping
from typing import Any

from entitle.plan import Find
from entitle.seal_records import Seal
from entitle.shop.verb import Context, Verb, ask
from entitle.shop.verify import Verified, exported, read_export, verify


class Seals:
    """A part of the shop."""

    _ctx: Context
    _drive: Callable[[Callable[[], Verb[Any]]], Any]

    def seals(self, after: int = 0, limit: int = 100) -> tuple[Seal, ...]:
        """The seals after the one numbered `after`, oldest first. `tick` makes them."""
        found: tuple[Seal, ...] = self._drive(lambda: _seals(("n", ">", after), "n", limit))
        return found

    def export_seal(self) -> dict[str, Any] | None:
        """The last seal, with its signature and public key, as JSON can hold it: keep it outside of the database.

        None where nothing was sealed yet.
        """
        found: tuple[Seal, ...] = self._drive(lambda: _seals(("n", ">", 0), "-n", 1))
        return exported(found[0]) if found else None

    def verify(self, against: Mapping[str, Any] | None = None) -> Verified:
        """Whether the store still contains everything that was sealed, unchanged and in its order.

        `against` is a seal as it was exported: whoever can write to the database can make seals of its own, but none
        that fits one kept outside. Raises FactError for what is no such seal.
        """
        kept = None if against is None else read_export(against)
        found: Verified = self._drive(lambda: verify(kept))
        return found


def _seals(which: tuple[Any, ...], order: str, limit: int) -> Verb[tuple[Seal, ...]]:
    (rows,) = yield from ask(Find(Seal, (which,), (order,), limit))
    return tuple(rows)
