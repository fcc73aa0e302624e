"""Work and time, as the state machine drives them; and how it drives a verb that takes what others kept too long."""

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from entitle import Line, Money, Payment, Who
from entitle.runtime.encode import instant_of
from entitle.shop.facade import Shop
from entitle.values.zone import Instant
from tests.machine.checks import Checked
from tests.machine.drawn import DAY, HOUR, LEAPS, PICK, PREVIEW
from tests.machine.twins import plain
from tests.shops import shanghai


class Driven(Checked):
    """A shop whose clock leaps and whose work is done, late or in time."""

    def decide(self, name: str, verb: Callable[[Shop], object], preview: bool = False) -> object:
        """What the customer is told. It may let holds go that expired; which ones is the shop's own choice."""
        done = self.twins.do(verb, preview)
        self.oracle.let_go(self.hear(), name, self.oracle.at(name))
        return done

    def _buy(
        self, who: Who, lines: list[Line], key: str, wrong: int = 0, unpaid: bool = False, preview: bool = False
    ) -> None:
        merged = {line.product: 0 for line in lines}
        for line in lines:
            merged[line.product] += line.quantity
        answers = self.oracle.weigh(who, merged)
        total = max(0, self.oracle.total(answers, merged) + wrong) if isinstance(answers, list) else 990
        paid = None if unpaid else Payment(Money.of_minor(total, "CNY"), f"ref-{key}")
        done = self.decide(who.customer, lambda shop: shop.buy(who, lines, key=key, paid=paid), preview)
        assert plain(done) == self.oracle.buy(who, lines, key, paid)
        self.compare()

    # ---- work

    @rule(preview=PREVIEW)
    def tick(self, preview: bool) -> None:
        if preview:
            before = self.twins.rows()
            self.twins.ask(lambda shop: shop.preview.tick())
            assert self.twins.rows() == before
        self._tick()

    @rule()
    def tick_all(self) -> None:
        """All due work; what is held is the same before and after, but for what was issued."""
        before = {(name, grant.id) for name in self.oracle.customers for grant in self.oracle.held(name)}
        while self._tick():
            pass
        self.check_wallets()
        after = {
            (grant.contract.stream, grant.id)
            for name in self.oracle.customers
            for grant in self.oracle.held(name)
            if (name, grant.id) in before or grant.written_at < self.oracle.at(name)
        }
        assert before == after

    def _tick(self, limit: int = 500) -> int:
        done: int = self.twins.ask(lambda shop: shop.tick(limit))
        self.oracle.tick(limit)
        self.compare()
        return done

    @precondition(lambda self: any(self.oracle.works()))
    @rule()
    def one_piece(self) -> None:
        """The oldest piece that tells something."""
        while self.twins.ask(lambda shop: shop.tick(limit=1)) and not self.twins.any_news():
            pass
        if self.twins.any_news():
            while not self.oracle.tick(1):
                pass
        self.compare()

    # ---- time

    def _go(self, instant: Instant) -> None:
        self.twins.now = self.oracle.clock = instant

    @rule(by=LEAPS)
    def later(self, by: Instant) -> None:
        if self.twins.now < shanghai("2035-01-01 00:00"):
            self._go(self.twins.now + by)

    @rule(off=st.sampled_from([-1, 0, 0, 0, 1]))
    def to_next_due(self, off: int) -> None:
        due = self.twins.ask(lambda shop: shop.next_due())
        if due is not None:
            self._go(instant_of(due) + off)

    @precondition(lambda self: self.contracts)
    @rule(pick=PICK, off=st.sampled_from([-1, 0, 0, 1]))
    def to_a_boundary(self, pick: int, off: int) -> None:
        """To an end or the next charge of a contract, or the end of a grant: forth or back."""
        instants = [each.ends for each in self.contracts] + [each.next.start for each in self.contracts if each.next]
        instants += [grant.ends for grant in self.grants] + [each.next_try for each in self.contracts]
        instants += [hold.expires_at for hold in self.holds]
        known = sorted({each for each in instants if each is not None})
        if known:
            self._go(known[pick % len(known)] + off)

    @rule(by=st.sampled_from([1, HOUR, 2 * DAY, 40 * DAY]))
    def back(self, by: Instant) -> None:
        self._go(self.twins.now - by)
