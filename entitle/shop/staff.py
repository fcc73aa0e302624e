"""The shop's verbs for its staff: what a customer holds is taken back. Who does it and why is always told."""

from entitle.decision import Busy, Done, InDoubt, Refused
from entitle.errors import FactError
from entitle.messages import Words
from entitle.shop import revoke as revoking
from entitle.shop.asking import Asking
from entitle.shop.find import grant_of
from entitle.shop.verb import Verb, Writer
from entitle.shop.views import GrantView


class Staff(Asking):
    """A part of the shop."""

    def revoke(
        self, grant: GrantView | str, *, key: str, by: str, why: str
    ) -> Done[GrantView] | Refused | Busy | InDoubt:
        """Take a grant back: what is left of it is gone at once, and what was used stays used.

        A card code that nobody saw goes back to its pool; one that was shown is used, and stays where it is. No money
        moves and no contract ends: `refund` and `cancel` do that, before or after it.

        Raises FactError where `by` or `why` is empty, NotFound, KeyConflict.
        """
        writer = _told(by, why)

        def verb() -> Verb[Done[GrantView] | Refused]:
            customer, number = yield from grant_of(grant)
            return (yield from revoking.revoke(self._ctx, customer, number, key, writer))

        return self._ask(verb)


def _told(by: str, why: str) -> Writer:
    """Raises FactError where it is not told who does it, and why."""
    writer = Writer(by, why)
    for name, text in (("by", by), ("why", why)):
        if not text.strip():
            raise FactError(name, Words("is told for whatever staff do", "须为工作人员的每项操作注明"))
    return writer
