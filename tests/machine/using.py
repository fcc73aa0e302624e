"""Holders of grants, as the state machine drives them."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.machine.books import Contract
from tests.machine.drawn import KEYS, NAMES, PICK, PREVIEW, QUOTAS, WHY, choose
from tests.machine.driving import Driven
from tests.machine.twins import plain


class Using(Driven):
    @precondition(lambda self: any(grant.now(self.twins.now) == "claimable" for grant in self.grants))
    @rule(name=NAMES, benefit=st.sampled_from(["ticket", "snack", "video"]), key=KEYS, preview=PREVIEW)
    def claim(self, name: str, benefit: str, key: str, preview: bool) -> None:
        done = self.twins.do(lambda shop: shop.claim(name, benefit, key=key), preview)
        assert plain(done) == self.oracle.claim(name, benefit, key)

    @precondition(lambda self: self.grants)
    @rule(pick=PICK, preview=PREVIEW)
    def claim_one(self, pick: int, preview: bool) -> None:
        grant = choose(self.grants, pick, lambda grant: grant.now(self.twins.now) == "claimable")
        key = f"c-{self.twins.now}-{pick}"
        done = self.twins.do(lambda shop: shop.claim(grant.contract.stream, grant.id, key=key), preview)
        assert plain(done) == self.oracle.claim(grant.contract.stream, grant, key)

    @precondition(lambda self: self.grants)
    @rule(pick=PICK, outlet=st.sampled_from(["north", "south", "moon"]), key=KEYS, preview=PREVIEW)
    def redeem(self, pick: int, outlet: str, key: str, preview: bool) -> None:
        """By its code, where it has one now."""
        grant = choose(self.grants, pick, lambda grant: grant.capacity > 0 and grant.now(self.twins.now) == "active")
        name = grant.contract.stream
        view = next(v for v in self.twins.ask(lambda shop: shop.wallet(name)).grants if v.id == grant.id)
        done = self.twins.do(lambda shop: shop.redeem(view.code or view, outlet=outlet, key=key), preview)
        assert plain(done) == self.oracle.redeem(grant, outlet, key)

    @precondition(lambda self: any(grant.uses for grant in self.grants))
    @rule(pick=PICK, key=KEYS, preview=PREVIEW)
    def reverse(self, pick: int, key: str, preview: bool) -> None:
        uses = [use for grant in self.grants for use in grant.uses]
        use = uses[pick % len(uses)]
        done = self.twins.do(lambda shop: shop.reverse(use.id, key=key), preview)
        assert plain(done) == self.oracle.reverse(use, key)

    @precondition(lambda self: any(grant.benefit.quota for grant in self.grants))
    @rule(
        name=NAMES,
        benefit=QUOTAS,
        amount=st.integers(1, 12),
        key=KEYS,
        preview=PREVIEW,
        why=WHY,
    )
    def spend(self, name: str, benefit: str, amount: int, key: str, preview: bool, why: str) -> None:
        done = self.twins.do(lambda shop: shop.spend(name, benefit, amount, key=key, why=why), preview)
        with self.oracle.because(why):
            assert plain(done) == self.oracle.spend(name, benefit, amount, key)

    @precondition(lambda self: any(grant.benefit.kind == "card_code" for grant in self.grants))
    @rule(pick=PICK, key=KEYS, preview=PREVIEW)
    def reveal(self, pick: int, key: str, preview: bool) -> None:
        grant = choose(self.grants, pick, lambda grant: grant.benefit.kind == "card_code")
        done = self.twins.do(lambda shop: shop.reveal(grant.contract.stream, grant.id, key=key), preview)
        assert plain(done) == self.oracle.reveal(grant, key)

    @precondition(lambda self: self.oracle.customers)
    @rule(pick=PICK, why=WHY)
    def forget(self, pick: int, why: str) -> None:
        """Mostly somebody who owes nothing and waits for nothing; and the key of their texts goes with it."""
        names = sorted(self.oracle.customers)
        name = choose(names, pick, lambda name: all(each.to_charge is None for each in self.contracts_of(name)))
        self._forget(name, why)

    @precondition(lambda self: self.oracle.customers)
    @rule(pick=PICK)
    def leave(self, pick: int) -> None:
        """Somebody cancels all that renews and lets go what waits; people say why; then all of that is forgotten."""
        names = sorted(self.oracle.customers)
        name, why = names[pick % len(names)], "asked on the phone"
        with self.oracle.because(why):
            for n, contract in enumerate(each for each in self.contracts_of(name) if each.to_charge is not None):
                key, id_ = f"l-{self.twins.now}-{pick}-{n}", contract.id
                left = self.twins.do(lambda shop: shop.cancel(id_, when="now", key=key, why=why), False)  # noqa: B023
                assert plain(left) == self.oracle.cancel(contract, "now", key)
            for hold in self.oracle.customers[name].holds:
                gone = self.twins.do(lambda shop: shop.void(hold.id, why=why), False)  # noqa: B023
                assert plain(gone) == self.oracle.void(hold, None)
        self._forget(name, "")

    def _forget(self, name: str, why: str) -> None:
        done = self.twins.ask(lambda shop: shop.forget(name, why=why))
        with self.oracle.because(why):
            assert plain(done) == self.oracle.forget(name)
        self.check_history(name)

    def contracts_of(self, name: str) -> list[Contract]:
        return self.oracle.customers[name].contracts
