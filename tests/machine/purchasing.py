"""Buyers, as the state machine drives them; and releases that come between."""

from itertools import takewhile

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from entitle import Line, Money, Payment, Purchase, Who
from entitle.decision import Done, Refused
from entitle.runtime.encode import instant_of
from entitle.shop.many import Bought
from entitle.shop.quote import Quote
from tests.machine.drawn import CHANNELS, CROWDED, DEVICES, KEYS, NAMES, PICK, PREVIEW, PRODUCTS
from tests.machine.driving import Driven
from tests.machine.ledger import Told
from tests.machine.rulebooks import edition
from tests.machine.twins import plain


class Purchasing(Driven):
    quoted: list[tuple[Quote, Who, Line]]

    @rule(
        name=NAMES,
        product=PRODUCTS,
        more=st.sampled_from([0, 0, 0, 1, 2, 4]),
        level=st.integers(0, 4),
        preview=PREVIEW,
        wrong=st.sampled_from([0] * 8 + [1, -1]),
        unpaid=st.sampled_from([False] * 8 + [True]),
        key=KEYS,
        fresh=st.booleans(),
        second=st.none() | PRODUCTS,
        channel=CHANNELS,
        device=DEVICES,
    )
    def buy(
        self,
        name: str,
        product: str,
        more: int,
        level: int,
        preview: bool,
        wrong: int,
        unpaid: bool,
        key: str,
        fresh: bool,
        second: str | None,
        channel: str | None,
        device: str | None,
    ) -> None:
        who = Who(name, channel=channel, device=device, facts={"customer.level": level})
        lines = [Line(product, 1 + more), *([Line(second)] if second else [])]
        self._buy(who, lines, f"k{len(self.oracle.keys)}" if fresh else key, wrong, unpaid, preview)

    @precondition(lambda self: len(self.quoted) < 5)
    @rule(
        name=NAMES,
        product=PRODUCTS,
        quantity=st.integers(1, 5),
        level=st.integers(0, 4),
        channel=CHANNELS,
        device=DEVICES,
    )
    def quote(
        self, name: str, product: str, quantity: int, level: int, channel: str | None, device: str | None
    ) -> None:
        who = Who(name, channel=channel, device=device, facts={"customer.level": level})
        outcome = self.twins.ask(lambda shop: shop.quote(who, Line(product, quantity)))
        answers = self.oracle.weigh(who, {product: quantity})
        if not isinstance(outcome, Done):
            assert plain(outcome) == answers
            return
        assert isinstance(answers, list)
        (answer,) = answers
        quote: Quote = outcome.value
        assert answer.timeline is not None
        for n, charge in enumerate(quote.charges[:8], 1):
            period = answer.timeline.period(n)
            assert period is not None
            due = self.oracle.at(name) if n == 1 else period.start  # the first is due at once, whenever it begins
            expected = due, period.price * quantity, period.phase
            assert (instant_of(charge.due_at), charge.amount.minor, charge.phase) == expected
        skipped = [item.id for item in self.oracle.release.products[product].gives if item not in answer.gives]
        assert list(quote.skipped) == skipped
        self.quoted.append((quote, who, Line(product, quantity)))

    @precondition(lambda self: self.quoted)
    @rule(pick=PICK)
    def buy_as_quoted(self, pick: int) -> None:
        """What was agreed may have changed meanwhile."""
        quote, who, line = self.quoted[pick % len(self.quoted)]
        key, paid = f"q-{self.twins.now}-{pick}", Payment(quote.total, f"quoted-{pick % 30}")
        done = self.decide(who.customer, lambda shop: shop.buy(who, line, key=key, paid=paid, agreed=quote.token))
        assert plain(done) == self.oracle.buy(who, [line], key, paid, quote.total.minor)

    @precondition(lambda self: not any(hold.state == "held" for hold in self.holds))
    @rule(cart=st.lists(st.tuples(NAMES, CROWDED, st.integers(1, 2)), min_size=2, max_size=4))
    def buy_many(self, cart: list[tuple[str, str, int]]) -> None:
        """As if they had come one after the other, in the order in which the world was told of them.

        A refusal is of the instant of the question: what keeps the money for it may be written after others bought.
        """
        asked: list[tuple[Who, Line, str, Payment]] = []
        at_first: dict[str, object] = {}
        for n, (name, product, quantity) in enumerate(cart):
            who = Who(name, channel="app", device="d-1", facts={"customer.level": 4})
            answers = self.oracle.weigh(who, {product: quantity})
            total = self.oracle.total(answers, {product: quantity}) if isinstance(answers, list) else 990
            key = f"m{len(self.oracle.keys)}-{self.twins.now}-{n}"
            at_first[key] = None if isinstance(answers, list) else answers[:2]
            asked.append((who, Line(product, quantity), key, Payment(Money.of_minor(total, "CNY"), key)))
        purchases = [Purchase(who, line, key=key, paid=paid) for who, line, key, paid in asked]
        bought = self.twins.ask(lambda shop: shop.buy_many(purchases))
        self.hear()
        told = [event.customer for event in self.heard if event.type in ("order.placed", "refund.due")]
        silent = [each for each in zip(asked, bought, strict=True) if not _tells(each[1])]
        telling = [each for each in zip(asked, bought, strict=True) if _tells(each[1])]
        of = {name: iter([each for each in telling if each[0][0].customer == name]) for name in told}
        in_order = [next(of[name]) for name in told]
        early = [
            each
            for name in dict.fromkeys(told)
            for each in takewhile(
                lambda each: plain(each[1])[:2] == at_first[each[0][2]],
                [each for each in in_order if each[0][0].customer == name],
            )
        ]
        told_late = {each[0][2]: self._as_it_was_bought(*each) for each in early}
        for each in (*in_order, *silent):
            key = each[0][2]
            self.oracle.told += told_late[key] if key in told_late else self._as_it_was_bought(*each)

    def _as_it_was_bought(self, asked: tuple[Who, Line, str, Payment], bought: Bought) -> list[Told]:
        """The oracle says the same; what it would tell the world of it."""
        who, line, key, paid = asked
        before, self.oracle.told = self.oracle.told, []
        assert plain(bought) == self.oracle.buy(who, [line], key, paid)
        told, self.oracle.told = self.oracle.told, before
        return told

    @precondition(lambda self: self.turn % 4 == 1)
    @rule()
    def publish(self) -> None:
        n = 1 if self.oracle.release is edition(0) else 0
        self.twins.ask(lambda shop: shop.publish(edition(n)))
        self.oracle.release = edition(n)


def _tells(bought: Bought) -> bool:
    """Does the world hear of it?"""
    return isinstance(bought, Done) or (isinstance(bought, Refused) and bought.refund_due is not None)
