"""The shop's verbs for its staff: what customers hold is given or taken back. Who does it and why is always told."""

from datetime import datetime

from entitle.decision import Busy, Done, InDoubt, Refused, Who, who_of
from entitle.errors import FactError
from entitle.messages import Words
from entitle.shop import give as giving
from entitle.shop import revoke as revoking
from entitle.shop.asking import Asking
from entitle.shop.find import grant_of
from entitle.shop.verb import Verb, Writer
from entitle.shop.views import GrantView


class Staff(Asking):
    """A part of the shop."""

    def give(
        self,
        who: Who | str,
        benefit: str,
        quantity: int = 1,
        *,
        until: datetime | None = None,
        key: str,
        by: str,
        why: str,
    ) -> Done[GrantView] | Refused | Busy | InDoubt:
        """Give a benefit of the active release without a purchase: it is held at once, and nobody pays for it.

        quantity  so many times what one unit of it holds; of card codes so many, from their pool
        until     the first instant at which it is over; else it is valid as the benefit says, as if claimed now

        Raises FactError where `by` or `why` is empty, for a quantity that cannot be and an end that has passed;
        UnknownName, KeyConflict.
        """
        customer, writer = who_of(who).customer, _told(by, why)
        return self._ask(lambda: giving.give(self._ctx, customer, benefit, quantity, until, key, writer))

    def revoke(
        self, grant: GrantView | str, *, key: str, by: str, why: str
    ) -> Done[GrantView] | Refused | Busy | InDoubt:
        """Take a grant back: what is left of it is gone at once, and what was used stays used.

        A card code that nobody saw goes back to its pool. What is used up, as a card code is that was shown, is refused
        as `used-up`. No money moves and no contract ends: `refund` and `cancel` do that, before or after it.

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
