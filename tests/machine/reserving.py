"""Purchases that wait for their payment, as the state machine drives them: paid, let go, too late, or fought over."""

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from entitle import Line, Money, Payment, Who
from tests.machine.books import Hold, Use
from tests.machine.drawn import (
    CHANNELS,
    CONTESTED,
    DEVICES,
    HOLDABLE,
    KEYS,
    NAMES,
    PAYMENTS,
    PICK,
    PREVIEW,
    WHY,
    choose,
)
from tests.machine.purchasing import Purchasing
from tests.machine.twins import plain


@dataclass(frozen=True, slots=True)
class Ending:
    """How a hold comes to its end: when, whether somebody ticked, who came first and how, what was paid or let go."""

    off: int
    ticked: bool
    rivals: tuple[str, ...]
    holding: bool
    how: str
    after: int


ENDINGS = st.builds(
    Ending,
    off=st.sampled_from([-1, 0, 0, 1]),
    ticked=st.booleans(),
    rivals=st.lists(NAMES, max_size=3).map(tuple),
    holding=st.booleans(),
    how=PAYMENTS | st.just("let go"),
    after=st.sampled_from([-1, 0]),
)


def regular(name: str) -> Who:
    """One who may buy everything."""
    return Who(name, channel="app", device="d-1", facts={"customer.level": 4})


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
        self._void(hold, key, preview, why)

    def _void(self, hold: Hold, key: str | None = None, preview: bool = False, why: str = "") -> None:
        done = self.twins.do(lambda shop: shop.void(hold.id, key=key, why=why), preview)
        with self.oracle.because(why):
            assert plain(done) == self.oracle.void(hold, key)

    @precondition(lambda self: any(hold.state == "held" for hold in self.holds))
    @rule(pick=PICK, end=ENDINGS)
    def at_its_end(self, pick: int, end: Ending) -> None:
        standing = [hold for hold in self.holds if hold.state == "held"]
        self._end(standing[pick % len(standing)], end)

    @rule(name=NAMES, product=CONTESTED, quantity=st.integers(1, 3), end=ENDINGS)
    def held_to_its_end(self, name: str, product: str, quantity: int, end: Ending) -> None:
        before = len(self.holds)
        self._hold(regular(name), [Line(product, quantity)], f"e{len(self.oracle.keys)}-{self.twins.now}")
        if len(self.holds) > before:
            self._end(self.oracle.customers[name].holds[-1], end)

    held_to_its_end_more = held_to_its_end

    def _end(self, hold: Hold, end: Ending) -> None:
        """At the very instant at which one expires, or beside it: perhaps others come first, then it is paid."""
        self._go(max(self.twins.now, hold.expires_at + end.off))
        if end.ticked:
            self._tick()
        lines = [Line(product, quantity) for product, quantity, _ in hold.lines]
        for n, name in enumerate(end.rivals):
            key = f"r{len(self.oracle.keys)}-{self.twins.now}-{n}"
            self._hold(regular(name), lines, key) if end.holding else self._buy(regular(name), lines, key)
        if end.how == "let go":
            self._void(hold)
        else:
            self._confirm(hold, end.how, f"end-{hold.id}")
        for use in [use for use in self.rolling if use.hold is hold][:1]:
            self._roll_on(use, end.after)

    @precondition(lambda self: self.rolling)
    @rule(pick=PICK, off=st.sampled_from([-1, 0, 1]))
    def as_it_rolls_on(self, pick: int, off: int) -> None:
        """At the instant at which something counts no more, or beside it, the same customer wants all there may be."""
        self._roll_on(self.rolling[pick % len(self.rolling)], off)

    def _roll_on(self, use: Use, off: int) -> None:
        self._go(max(self.twins.now, use.at + use.counter.within + off))
        whose = use.order or use.hold
        assert whose is not None
        self._buy(
            regular(whose.stream),
            [Line(whose.lines[use.line][0], use.counter.max)],
            f"r{len(self.oracle.keys)}-{self.twins.now}",
        )

    @property
    def rolling(self) -> list[Use]:
        """What counts in a time that rolls along."""
        return [use for use in self.oracle.uses if use.counter.within and use.counts(self.twins.now)]

    @rule(pool=st.sampled_from(["seats", "codes"]), units=st.integers(1, 2))
    def fill(self, pool: str, units: int) -> None:
        self._fill(pool, units)

    def _fill(self, pool: str, units: int) -> None:
        key = f"f-{self.twins.now}-{len(self.oracle.told)}"
        done = self.twins.ask(lambda shop: shop.fill(pool, units, key=key))
        assert plain(done) == self.oracle.fill(pool, units)
        self.compare()
