"""The shop's verbs on what it holds of a customer: all of it told, and what can be forgotten forgotten."""

from entitle.decision import Busy, Done, InDoubt, Refused
from entitle.shop import export as exporting
from entitle.shop import forget as forgetting
from entitle.shop.asking import Asking
from entitle.shop.verb import Writer


class Customers(Asking):
    """A part of the shop."""

    def export(self, customer: str) -> str:
        """All that is held of a customer, as JSON: rows by kind, without codes. Raises ValueError for what is no id."""
        found: str = self._drive(lambda: exporting.export(self._ctx, customer))
        return found

    def forget(self, customer: str, *, by: str = "", why: str = "") -> Done[None] | Refused | Busy | InDoubt:
        """Make unreadable what was written about a customer: why each step was done. Sums and the chain stay whole.

        It waits for contracts that still renew and for holds that stand. Asked again, it is done as before.

        Raises NotFound.
        """
        return self._ask(lambda: forgetting.forget(self._ctx, customer, Writer(by, why)))
