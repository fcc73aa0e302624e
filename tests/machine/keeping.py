"""Hold, confirm and void, as the oracle does it. What is held stands until an instant; who pays later takes anew."""

from collections.abc import Sequence
from dataclasses import replace

from entitle.decision import Line, Payment, Who
from entitle.values.civil import shift
from entitle.values.zone import Instant
from tests.machine.books import Hold, Order, Use
from tests.machine.buying import Buying
from tests.machine.ledger import Customer, Outcome
from tests.machine.verdict import Answer


class Keeping(Buying):
    def hold(self, who: Who, lines: Sequence[Line], key: str, agreed: int | None = None) -> Outcome:
        merged: dict[str, int] = {}
        for line in lines:
            merged[line.product] = merged.get(line.product, 0) + line.quantity
        intent = (who.customer, tuple(sorted(merged.items())))
        became = self.again("hold", key, intent)
        if became is not None:
            return ("done", became.view(self.at(who.customer))) if isinstance(became, Hold) else ("conflict",)
        never = [name for name in merged if self.release.products[name].hold is None]
        if never:
            return "refused", ("not-holdable",) * len(never), None
        answers = self.weigh(who, merged)
        if isinstance(answers, tuple):
            return answers
        if agreed is not None and agreed != self.total(answers, merged):
            return "refused", ("price-changed",), None
        return self._keep(who, merged, answers, key, intent)

    def _keep(self, who: Who, lines: dict[str, int], answers: list[Answer], key: str, intent: object) -> Outcome:
        at, release = self.step(who.customer, "hold"), self.release
        terms = [term for name in lines if (term := release.products[name].hold) is not None]
        expires_at = min(shift(release.zone, at, term) for term in terms)
        amounts = [
            (name, quantity, self.total([answer], {name: quantity}))
            for (name, quantity), answer in zip(lines.items(), answers, strict=True)
        ]
        total, draws = self.total(answers, lines), self.draws(lines, answers)
        hold = Hold(who.customer, at, expires_at, total, release, amounts, answers, draws)
        self.customers[who.customer].holds.append(hold)
        self.use_up(who, lines, answers, at, hold)
        self.keys["hold", key] = intent, hold
        self.tell(who.customer, "hold.placed", hold, total, expires_at)
        return "done", hold.view(at)

    def confirm(self, hold: Hold, paid: Payment | None, key: str | None) -> Outcome:
        name = hold.stream
        at = self.at(name)
        key = key or f"{hold.id}:{paid.ref if paid else ''}"
        became = self.again("confirm", key, (hold, paid))
        if isinstance(became, Order):
            return "done", became.view(at)
        if became is not None:
            return became if isinstance(became, tuple) else ("conflict",)
        ours = paid is not None and hold.order is not None and hold.order.ref == paid.ref
        if not ours and (used := self.used_before(paid)) is not None:
            return used
        why = self._unconfirmable(hold, paid, at)
        if not why:
            self.step(name, "confirm")
            order = self._order(hold, paid, at)
            self.keys["confirm", key] = (hold, paid), order
            return self.use(paid, ("done", order.view(at)))
        if paid is None or not paid.amount or ours:
            return "refused", why, None
        refused = "refused", why, paid.amount.minor
        self.step(name, "confirm")
        self.tell(name, "refund.due", None, paid.amount.minor)
        self.keys["confirm", key] = (hold, paid), refused
        return self.use(paid, refused)

    def _unconfirmable(self, hold: Hold, paid: Payment | None, at: Instant) -> tuple[str, ...]:
        if hold.state in ("confirmed", "voided"):
            return ("already-confirmed",) if hold.order else ("hold-voided",)
        if paid is not None and paid.amount.minor != hold.total:
            return ("paid-mismatch",)
        if paid is None and hold.total:
            return ("payment-needed",)
        return () if hold.stands(at) else self._lacking(hold, at)

    def _lacking(self, hold: Hold, at: Instant) -> tuple[str, ...]:
        """What others took, of all that was held: in the days and sale windows that it was held in."""
        full = [use.counter for use in self.of_hold(hold) if not use.counter.quoted and not self._fits(use, hold, at)]
        short = [pool for pool, units in hold.draws.items() if self.free(pool, at) < units]
        if not full and not short:
            return ()
        limits = [counter.id for counter in full if counter.name.startswith("limit:")]
        return "hold-expired", *limits, *("sold-out" for _ in short)

    def _fits(self, use: Use, hold: Hold, at: Instant) -> bool:
        used = self.used(use.counter, use.subject, use.window, at, but=hold)
        return used + use.units <= use.counter.max

    def of_hold(self, hold: Hold) -> list[Use]:
        return [use for use in self.uses if use.hold is hold]

    def _order(self, hold: Hold, paid: Payment | None, at: Instant) -> Order:
        """In time it keeps what it has; late it takes anew what looks back from now. Its time begins now."""
        late = not hold.stands(at)
        lines = [(name, quantity) for name, quantity, _ in hold.lines]
        answers = []
        for (name, _), answer in zip(lines, hold.answers, strict=True):
            assert answer.timeline is not None
            begins = self.begins(hold.release.products[name], hold.stream, at)
            answers.append(replace(answer, timeline=replace(answer.timeline, anchor=begins)))
        order = self.place(hold.stream, at, hold.release, lines, answers)
        order.ref = paid.ref if paid else ""
        for pool, units in hold.draws.items():
            self.pools[pool] -= units
        for use in self.of_hold(hold):
            use.order = order
            use.at = at if late and use.counter.in_each == "rolling" else use.at
        hold.state, hold.order = "confirmed", order
        self.tell(hold.stream, "hold.confirmed", hold, hold.total, hold.expires_at)
        return order

    def void(self, hold: Hold, key: str | None) -> Outcome:
        at = self.at(hold.stream)
        became = self.again("void", key or hold.id, hold)
        if became == "conflict":
            return ("conflict",)
        if hold.order is not None:
            return "refused", ("already-confirmed",), None
        if hold.stands(at):
            self.step(hold.stream, "void")
            hold.state = "voided"
            self.keys["void", key or hold.id] = hold, hold
            self.tell(hold.stream, "hold.voided", hold, hold.total, hold.expires_at)
        return "done", hold.view(at)

    def fill(self, pool: str, units: int) -> Outcome:
        filler, name = self.fillers.setdefault(f"pool:{pool}", Customer()), f"pool:{pool}"
        filler.latest = at = self.at(name)
        self.pools[pool] = self.pools.get(pool, 0) + units
        filled = pool, units, self.free(pool, at)
        self.tell(name, "pool.filled", None, *filled)
        return "done", filled

    def let_go(self, holds: Sequence[Hold], asker: str, at: Instant) -> None:
        """Somebody needs what holds that expired still kept: they are tidied up beside the step of the asker's."""
        beside = {asker: at}
        for hold in holds:
            assert hold.state == "held", "what was let go before is let go again"
            assert at >= hold.expires_at, "what stands is nobody else's"
            if hold.stream not in beside:
                beside[hold.stream] = self.step(hold.stream, "tick", after=at)
            self._expire(hold, beside[hold.stream])

    def lapse(self, hold: Hold) -> None:
        """What nobody needed is tidied up when somebody ticks."""
        self._expire(hold, self.step(hold.stream, "tick"))

    def _expire(self, hold: Hold, at: Instant) -> None:
        hold.state = "expired"
        self.tell(hold.stream, "hold.expired", hold, hold.total, hold.expires_at, at=at)
