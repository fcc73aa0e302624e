"""Purchases that wait for their payment, as the state machine drives them: paid, let go, too late, or fought over."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from entitle import Line, Money, Payment, Who
from tests.machine.books import Hold
from tests.machine.drawn import CHANNELS, DEVICES, HOLDABLE, KEYS, NAMES, PAYMENTS, PICK, PREVIEW, WHY, choose
from tests.machine.purchasing import Purchasing
from tests.machine.twins import plain


class Reserving(Purchasing):
    @rule(
        name=NAMES,
        product=HOLDABLE,
        more=st.sampled_from([0, 0, 1, 2]),
        level=st.integers(0, 4),
        second=st.none() | HOLDABLE,
        channel=CHANNELS,
        device=DEVICES,
        key=KEYS,
        fresh=st.booleans(),
        preview=PREVIEW,
    )
    def hold(
        self,
        name: str,
        product: str,
        more: int,
        level: int,
        second: str | None,
        channel: str | None,
        device: str | None,
        key: str,
        fresh: bool,
        preview: bool,
    ) -> None:
        who = Who(name, channel=channel, device=device, facts={"customer.level": level})
        lines = [Line(product, 1 + more), *([Line(second)] if second else [])]
        self._hold(who, lines, f"h{len(self.oracle.keys)}" if fresh else key, preview)

    def _hold(self, who: Who, lines: list[Line], key: str, preview: bool = False) -> None:
        done = self.decide(who.customer, lambda shop: shop.hold(who, lines, key=key), preview)
        assert plain(done) == self.oracle.hold(who, lines, key)
        self.compare()

    hold_more = hold  # what is twice here is done twice as often

    @precondition(lambda self: self.quoted)
    @rule(pick=PICK)
    def hold_as_quoted(self, pick: int) -> None:
        quote, who, line = self.quoted[pick % len(self.quoted)]
        key = f"hq-{self.twins.now}-{pick}"
        done = self.decide(who.customer, lambda shop: shop.hold(who, line, key=key, agreed=quote.token))
        assert plain(done) == self.oracle.hold(who, [line], key, quote.total.minor)

    @precondition(lambda self: self.holds)
    @rule(pick=PICK, how=PAYMENTS, ref=st.sampled_from(["one", "two", "shared"]), key=st.none() | KEYS, preview=PREVIEW)
    def confirm(self, pick: int, how: str, ref: str, key: str | None, preview: bool) -> None:
        hold = choose(self.holds, pick, lambda hold: hold.stands(self.oracle.at(hold.stream)))
        self._confirm(hold, how, ref, key, preview)

    def _confirm(self, hold: Hold, how: str, ref: str, key: str | None = None, preview: bool = False) -> None:
        total = hold.total + (1 if how == "wrong" else 0)
        paid = (
            None
            if how == "unpaid"
            else Payment(Money.of_minor(total, "CNY"), ref if ref == "shared" else f"{ref}-{hold.id}")
        )
        done = self.decide(hold.stream, lambda shop: shop.confirm(hold.id, paid=paid, key=key), preview)
        assert plain(done) == self.oracle.confirm(hold, paid, key)
        self.compare()

    @precondition(lambda self: self.holds)
    @rule(pick=PICK, key=st.none() | KEYS, preview=PREVIEW, why=WHY)
    def void(self, pick: int, key: str | None, preview: bool, why: str) -> None:
        hold = choose(self.holds, pick, lambda hold: hold.stands(self.oracle.at(hold.stream)))
        done = self.twins.do(lambda shop: shop.void(hold.id, key=key, why=why), preview)
        with self.oracle.because(why):
            assert plain(done) == self.oracle.void(hold, key)

    @precondition(lambda self: any(hold.state == "held" for hold in self.holds))
    @rule(
        pick=PICK,
        off=st.sampled_from([-1, 0, 0, 1]),
        ticked=st.booleans(),
        rivals=st.lists(NAMES, max_size=3),
        holding=st.booleans(),
        how=PAYMENTS,
    )
    def at_its_end(self, pick: int, off: int, ticked: bool, rivals: list[str], holding: bool, how: str) -> None:
        """At the very instant at which one expires, or beside it: perhaps others come first, then it is paid."""
        standing = [hold for hold in self.holds if hold.state == "held"]
        hold = standing[pick % len(standing)]
        self._go(max(self.twins.now, hold.expires_at + off))
        if ticked:
            self._tick()
        for n, name in enumerate(rivals):
            who = Who(name, channel="app", device="d-1", facts={"customer.level": 4})
            lines = [Line(product, quantity) for product, quantity, _ in hold.lines]
            key = f"r{len(self.oracle.keys)}-{self.twins.now}-{n}"
            self._hold(who, lines, key) if holding else self._buy(who, lines, key)
        self._confirm(hold, how, f"end-{pick}")

    at_its_end_more = at_its_end_most = at_its_end

    @rule(pool=st.sampled_from(["seats", "codes"]), units=st.integers(1, 2))
    def fill(self, pool: str, units: int) -> None:
        self._fill(pool, units)

    def _fill(self, pool: str, units: int) -> None:
        key = f"f-{self.twins.now}-{len(self.oracle.told)}"
        done = self.twins.ask(lambda shop: shop.fill(pool, units, key=key))
        assert plain(done) == self.oracle.fill(pool, units)
        self.compare()
