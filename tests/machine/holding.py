"""Claim, redeem, reverse and spend, as the oracle does it."""

from entitle.values.zone import Instant
from tests.machine.books import Grant, Redemption
from tests.machine.ledger import FAR, Ledger, Outcome


class Holding(Ledger):
    def grants(self, name: str, benefit: str) -> list[Grant]:
        return [each for each in self.customer(name).grants if each.benefit.id == benefit]

    def held(self, name: str) -> list[Grant]:
        at = self.at(name)
        return [each for each in self.customer(name).grants if each.now(at) == "active"]

    def claim(self, name: str, what: str | Grant, key: str) -> Outcome:
        at = self.at(name)
        intent = (name, what)
        became = self.again("claim", key, intent)
        if became is not None:
            return ("done", became.view(at)) if isinstance(became, Grant) else ("conflict",)
        grants = [what] if isinstance(what, Grant) else self.grants(name, what)
        able = [each for each in grants if each.now(at) == "claimable"]
        if not able:
            return "refused", (self._unclaimable(grants[-1]) if grants else "nothing-to-claim",), None
        grant = min(able, key=lambda each: (each.claim_until or FAR, each.granted_at, each.id))
        self.step(name, "claim")
        grant.state, grant.claimed_at = "active", at
        self.tell(name, "grant.claimed", grant, grant.item.id, grant.valid_until)
        self.keys["claim", key] = intent, grant
        return "done", grant.view(at)

    def _unclaimable(self, grant: Grant) -> str:
        if grant.state == "revoked":
            return "revoked"
        if grant.claim_until is None:
            return "nothing-to-claim"
        return "claim-expired" if grant.claimed_at is None else "already-claimed"

    def unusable(self, grant: Grant, at: Instant) -> str | None:
        match grant.now(at):
            case "active":
                return None
            case "claimable":
                return "not-claimed"
            case "scheduled":
                return "not-begun"
            case "used":
                return "used-up"
            case "revoked":
                return "revoked"
            case _:
                return "expired" if grant.active_from is not None else "not-claimed"

    def redeem(self, grant: Grant | None, outlet: str, key: str) -> Outcome:
        if grant is None or grant.benefit.kind != "voucher":
            return "refused", ("nothing-to-redeem",), None
        name = grant.contract.stream
        at = self.at(name)
        became = self.again("redeem", key, (grant, outlet))
        if became is not None:
            return self._redeemed(became) if isinstance(became, Redemption) else ("conflict",)
        why = self.unusable(grant, at)
        outlets = grant.benefit.redeem.outlets if grant.benefit.redeem else ()
        if why is None and outlets and outlet not in outlets:
            why = "wrong-outlet"
        if why is not None:
            return "refused", (why,), None
        self.step(name, "redeem")
        use = Redemption(grant, at, outlet)
        grant.uses.append(use)
        grant.state = "active" if grant.left(at) else "used"
        self.keys["redeem", key] = (grant, outlet), use
        self.tell(name, "grant.redeemed", use, grant.item.id, outlet)
        return self._redeemed(use)

    def _redeemed(self, use: Redemption) -> Outcome:
        return "done", (use.grant.benefit.id, use.at, use.outlet, use.grant.left(use.at), use.reversed_at)

    def reverse(self, use: Redemption, key: str) -> Outcome:
        grant, name = use.grant, use.grant.contract.stream
        became = self.again("reverse", key, use)
        if became is not None:
            return self._redeemed(use) if became is use else ("conflict",)
        if use.reversed_at is not None:
            return "refused", ("nothing-to-reverse",), None
        use.reversed_at = self.step(name, "reverse")
        grant.state = "active" if grant.state == "used" else grant.state
        self.keys["reverse", key] = use, use
        self.tell(name, "redemption.reversed", use, grant.item.id)
        return self._redeemed(use)

    def reveal(self, grant: Grant, key: str) -> Outcome:
        name = grant.contract.stream
        at = self.at(name)
        became = self.again("reveal", key, grant)
        if became is not None:
            return ("done", grant.view(at)) if became is grant else ("conflict",)
        if grant.benefit.kind != "card_code":
            return "refused", ("nothing-to-redeem",), None
        if (why := self.unusable(grant, at)) is not None:
            return "refused", (why,), None
        self.step(name, "reveal")
        grant.shown, grant.state = True, "used"
        self.keys["reveal", key] = grant, grant
        self.tell(name, "grant.revealed", grant, grant.capacity)
        return "done", grant.view(at)

    def spend(self, name: str, benefit: str, amount: int, key: str) -> Outcome:
        at = self.at(name)
        quotas = [each for each in self.grants(name, benefit) if each.benefit.quota is not None]
        active = [each for each in quotas if each.now(at) == "active"]
        left = sum(each.left(at) for each in active)
        became = self.again("spend", key, (name, benefit, amount))
        if became is not None:
            return ("conflict",) if became == "conflict" else ("done", (amount, left))
        if not active:
            return "refused", (self.unusable(quotas[-1], at) if quotas else "nothing-to-redeem",), None
        if amount > left:
            return "refused", ("used-up",), None
        self.step(name, "spend")
        rest = amount
        for grant in sorted(active, key=lambda each: (each.valid_until or FAR, each.id)):
            part = min(rest, grant.left(at))
            grant.spent.append((at, part))
            assert grant.benefit.quota is not None
            if grant.benefit.quota.resets is None and grant.left(at) == 0:
                grant.state = "used"
            rest -= part
        self.keys["spend", key] = (name, benefit, amount), "spent"
        self.tell(name, "quota.spent", None, benefit, amount, left - amount)
        return "done", (amount, left - amount)
