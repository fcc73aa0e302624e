"""The shop's verbs that keep something for a customer until it is paid."""

from collections.abc import Sequence

from entitle.decision import Blocked, Busy, Done, InDoubt, No, OnAccount, Payment, Refused, Who, who_of
from entitle.runtime.presented import Codes
from entitle.shop import confirm as confirming
from entitle.shop import hold as holding
from entitle.shop.asking import Asking
from entitle.shop.find import hold_of
from entitle.shop.hold import HoldView
from entitle.shop.quote import Agreed
from entitle.shop.sell import Lines
from entitle.shop.verb import Verb, Writer
from entitle.shop.views import OrderView


class Holds(Asking):
    """A part of the shop."""

    def hold(
        self,
        who: Who | str,
        what: Lines,
        *,
        key: str,
        codes: Codes = (),
        passed: Sequence[str] = (),
        agreed: Agreed = None,
        by: str = "",
        why: str = "",
    ) -> Done[HoldView] | No | Busy | InDoubt:
        """Decide as `buy` does, and keep stock, limits, codes and price until `expires_at`, when they are free again.

        A product that says no `hold` cannot be held. Of several lines the shortest one counts.

        Raises FactError, UnknownName, KeyConflict.
        """
        asking, writer = who_of(who), Writer(by, why)
        return self._ask(lambda: holding.hold(self._ctx, asking, what, codes, passed, key, agreed, writer))

    def confirm(
        self,
        hold: HoldView | str,
        *,
        paid: Payment | OnAccount | None = None,
        key: str | None = None,
        by: str = "",
        why: str = "",
    ) -> Done[OrderView] | Refused | Blocked | Busy | InDoubt:
        """Make the order that was held, at its price. Without a key, the payment's ref is the key.

        From `expires_at` on, stock, limits and offers are taken anew; where others have them, the money is to go back
        (`refund_due`). So is that of a second payment.

        Raises FactError, NotFound, KeyConflict.
        """

        def verb() -> Verb[Done[OrderView] | Refused | Blocked]:
            customer, number = yield from hold_of(hold)
            return (yield from confirming.confirm(self._ctx, customer, number, paid, key, Writer(by, why)))

        return self._ask(verb)

    def void(
        self, hold: HoldView | str, *, key: str | None = None, by: str = "", why: str = ""
    ) -> Done[HoldView] | Refused | Busy | InDoubt:
        """Let a hold go before it expires; one that expired or was let go stays as it is, and its `state` says so.

        What was confirmed is refused: refund the order.

        Raises NotFound, KeyConflict.
        """

        def verb() -> Verb[Done[HoldView] | Refused]:
            customer, number = yield from hold_of(hold)
            return (yield from holding.void(self._ctx, customer, number, key, Writer(by, why)))

        return self._ask(verb)
