"""The shop's verbs that make another plan of a running contract."""

from collections.abc import Sequence

from entitle.decision import Busy, Done, InDoubt, No, OnAccount, Payment, Refused, Who, who_of
from entitle.runtime.presented import Codes
from entitle.shop import change as changing
from entitle.shop.asking import Asking
from entitle.shop.change import ChangeView
from entitle.shop.find import contract_of
from entitle.shop.quote import Agreed
from entitle.shop.verb import Verb, Writer
from entitle.shop.views import SubscriptionView


class Plans(Asking):
    """A part of the shop."""

    def change_plan(
        self,
        subscription: SubscriptionView | str,
        to: str,
        *,
        who: Who | str | None = None,
        codes: Codes = (),
        passed: Sequence[str] = (),
        key: str,
        agreed: Agreed = None,
        paid: Payment | OnAccount | None = None,
        by: str = "",
        why: str = "",
    ) -> Done[ChangeView] | No | Busy | InDoubt:
        """Make another product of a running subscription, at once or with its next charge, as its `change` says.

        `who` tells the facts that the new product's rules ask for, as at a purchase. At once, `paid` is the
        difference: `shop.preview.change_plan(…, paid=ON_ACCOUNT)` tells it.

        Raises FactError, NotFound, UnknownName, KeyConflict.
        """

        asking = None if who is None else who_of(who)

        def verb() -> Verb[Done[ChangeView] | No]:
            customer, number = yield from contract_of(subscription)
            return (
                yield from changing.change_plan(
                    self._ctx, customer, number, to, asking, codes, passed, key, agreed, paid, Writer(by, why)
                )
            )

        return self._ask(verb)

    def undo_change(
        self, subscription: SubscriptionView | str, *, key: str, by: str = "", why: str = ""
    ) -> Done[SubscriptionView] | Refused | Busy | InDoubt:
        """Take a planned change back, as long as its charge was not handed out."""

        def verb() -> Verb[Done[SubscriptionView] | Refused]:
            customer, number = yield from contract_of(subscription)
            return (yield from changing.undo_change(self._ctx, customer, number, key, Writer(by, why)))

        return self._ask(verb)
