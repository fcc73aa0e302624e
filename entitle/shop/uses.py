"""The shop's verbs on what a customer holds: shown, looked up, used, and that use taken back."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from entitle.decision import Busy, Done, InDoubt, No, Refused, Who, who_of
from entitle.passes import Revocations
from entitle.shop import passes as passing
from entitle.shop import redeem as redeeming
from entitle.shop import reveal as revealing
from entitle.shop.asking import Asking
from entitle.shop.find import grant_of, redemption_of
from entitle.shop.tries import Presenter
from entitle.shop.verb import Verb, Writer
from entitle.shop.views import GrantView, RedemptionView

Unsure = Busy | InDoubt


class Uses(Asking):
    """A part of the shop."""

    def reveal(
        self, who: Who | str, grant: GrantView | str, *, key: str, by: str = "", why: str = ""
    ) -> Done[GrantView] | Refused | Unsure:
        """Show the card codes of a grant, or of a benefit's grants the one that ends first: that is their use."""
        customer = who_of(who).customer
        what = grant if isinstance(grant, str) else grant.id
        return self._ask(lambda: revealing.reveal(self._ctx, customer, what, key, Writer(by, why)))

    def look(
        self, code: str, *, customer: str = "", device: str = "", network: str = "", by: str = ""
    ) -> Done[GrantView] | Refused | Unsure:
        """What a code is good for now. Tell who asks: tries in vain are counted by them, and nothing else is written.

        customer  who says that the code is theirs: they learn what became of it, and nothing of another's
        """
        presenter = Presenter(customer, by, device, network)
        return self._ask(lambda: redeeming.look(self._ctx, code, presenter))

    def redeem(
        self,
        what: str | GrantView,
        *,
        outlet: str = "",
        facts: Mapping[str, object] | None = None,
        passed: Sequence[str] = (),
        customer: str = "",
        device: str = "",
        network: str = "",
        scanned_at: datetime | None = None,
        key: str,
        by: str = "",
        why: str = "",
    ) -> Done[RedemptionView] | No | Unsure:
        """Use a voucher once: by its pass, code or id, or as a grant of a wallet. `facts` are for this gate's guards.

        Tell who presents it, as of `look`: a code that is unknown, used, expired, taken back or another customer's is
        `nothing-to-redeem` to all but its owner, and too many of them are `too-many-tries`.

        scanned_at  when a gate that was offline let it in: it is judged as of then. The first to be told of wins; what
                    comes after it is refused as `redeemed-before`, or as `revoked` where it was taken back first,
                    which is written, and told as `pass.conflict`

        Raises NotFound, FactError.
        """
        presenter, writer = Presenter(customer, by, device, network), Writer(by, why)
        return self._ask(
            lambda: redeeming.redeem(self._ctx, what, outlet, facts or {}, passed, presenter, scanned_at, key, writer)
        )

    def pass_of(self, grant: GrantView | str) -> Done[str] | Refused | Unsure:
        """The pass of a voucher that can be used: a signed text for a QR code, checked with the public key alone.

        It is the same whenever it is asked for, and goes into `redeem`. Raises NotFound.
        """

        def verb() -> Verb[Done[str] | Refused]:
            return (yield from passing.pass_of(self._ctx, (yield from grant_of(grant))))

        return self._ask(verb)

    def revocations(self, after: int = 0, limit: int = 500) -> Revocations:
        """Vouchers that were used or taken back before their passes expire, in the events after a cursor."""
        found: Revocations = self._drive(lambda: passing.revocations(self._ctx, after, limit))
        return found

    def signed_revocations(self, after: int = 0, limit: int = 500) -> str:
        """The same, signed, for gates that are offline: `entitle.passes.check_list` reads it."""
        return self._ctx.keys.sign_list(self.revocations(after, limit))

    def reverse(
        self, redemption: RedemptionView | str, *, key: str, by: str = "", why: str = ""
    ) -> Done[RedemptionView] | Refused | Unsure:
        """Take a redemption back."""

        def verb() -> Verb[Done[RedemptionView] | Refused]:
            customer, number = yield from redemption_of(redemption)
            return (yield from redeeming.reverse(self._ctx, customer, number, key, Writer(by, why)))

        return self._ask(verb)
