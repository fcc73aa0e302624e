"""What the oracle does not follow, as the state machine drives it: offers and codes, changes of plan, reviews.

What is answered is not foretold here. Held instead are the laws of any answer: see `laws.py`.
"""

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from entitle import ON_ACCOUNT, Declined, Line, Money, Payment, Who
from entitle.decision import Done, Review
from entitle.runtime.encode import instant_of
from entitle.shop.facade import Shop
from entitle.shop.hold import HoldView
from entitle.shop.renew import ChargeView
from entitle.shop.views import SubscriptionView
from tests.machine.drawn import (
    CHANNELS,
    DAY,
    DEVICES,
    HOLDABLE,
    HOUR,
    KEYS,
    LEAPS,
    PICK,
    PREVIEW,
    PRODUCTS,
    STARTS,
    WHY,
    choose,
)
from tests.machine.laws import NAMES, Laws, Verb
from tests.machine.rulebooks import lawful_edition
from tests.shops import shanghai

CHANGEABLE = st.sampled_from(["monthly", "monthly", "course", "daily", "free-start"])
EVERY = PRODUCTS | st.just("place")
CODES = st.sampled_from([()] * 6 + [("SECRET",)] * 2 + [("AGAIN",), ("SECRET", "AGAIN"), ("NONE",)])
RISKS = st.sampled_from([0] * 12 + [4, 5, 7, 9])
FRESH = st.none() | st.none() | KEYS
WRONG = st.sampled_from([0] * 9 + [1])
WHO = st.builds(
    lambda name, channel, device, level, risk: Who(
        name, channel=channel, device=device, facts={"customer.level": level, "customer.risk": risk}
    ),
    name=st.sampled_from(NAMES),
    channel=st.just("app") | CHANNELS,
    device=st.just("d-1") | DEVICES,
    level=st.integers(0, 4),
    risk=RISKS,
)


class Lawful(Laws):
    handed: list[ChargeView]

    @initialize(
        start=st.sampled_from(STARTS),
        cart=st.lists(st.tuples(st.sampled_from(NAMES), CHANGEABLE | EVERY), min_size=2, max_size=6),
    )
    def open(self, start: str, cart: list[tuple[str, str]]) -> None:
        self.start(shanghai(start))
        for name, product in cart:
            self._buy(Who(name, channel="app", device="d-1", facts={"customer.level": 3}), [Line(product)])

    # ---- purchases

    @rule(
        who=WHO,
        products=st.lists(EVERY, min_size=1, max_size=2, unique=True),
        quantity=st.integers(1, 3),
        codes=CODES,
        key=FRESH,
        wrong=WRONG,
        preview=PREVIEW,
    )
    def buy(
        self,
        who: Who,
        products: list[str],
        quantity: int,
        codes: tuple[str, ...],
        key: str | None,
        wrong: int,
        preview: bool,
    ) -> None:
        lines = [self.line(products[0], quantity), *map(Line, products[1:])]
        self._buy(who, lines, codes, key, wrong, preview)

    def _buy(
        self,
        who: Who,
        lines: list[Line],
        codes: tuple[str, ...] = (),
        key: str | None = None,
        wrong: int = 0,
        preview: bool = False,
    ) -> None:
        quote = self.twins.ask(lambda shop: shop.quote(who, lines, codes=codes))
        total = quote.value.total if isinstance(quote, Done) else Money("9.90", "CNY")
        paid = self.payment(total, wrong)
        name = self.key(key)

        def paying(paid: Payment | None) -> Verb:
            return lambda shop: shop.buy(who, lines, codes=codes, key=name, paid=paid)

        self.pay("buy", who.customer, paying, paid, preview)

    def line(self, product: str, quantity: int) -> Line:
        """As many as are sold together."""
        return Line(product, min(quantity, self.release.products[product].sale.quantity[1]))

    def key(self, key: str | None) -> str:
        return f"n-{len(self.asked)}" if key is None else key

    buy_more = buy  # what is twice here is done twice as often

    @rule(who=WHO, product=HOLDABLE, quantity=st.integers(1, 3), codes=CODES, key=FRESH, preview=PREVIEW)
    def hold(
        self, who: Who, product: str, quantity: int, codes: tuple[str, ...], key: str | None, preview: bool
    ) -> None:
        line, name = self.line(product, quantity), self.key(key)

        def verb(shop: Shop) -> object:
            return shop.hold(who, line, codes=codes, key=name)

        held = self.ask("hold", who.customer, verb, None, preview)
        if isinstance(held, Done):
            self.holds[held.value.id] = held.value

    @precondition(lambda self: self.holds)
    @rule(pick=PICK, wrong=WRONG, off=st.sampled_from([None, None, -1, 0, 1]), preview=PREVIEW)
    def confirm(self, pick: int, wrong: int, off: int | None, preview: bool) -> None:
        hold: HoldView = self.picked([*self.holds.values()], pick)
        if off is not None:
            self.go(max(self.twins.now, instant_of(hold.expires_at) + off))
        paid = self.payment(hold.total, wrong)
        self.ask("confirm", hold.customer, lambda shop: shop.confirm(hold.id, paid=paid), paid, preview)

    @precondition(lambda self: self.holds)
    @rule(pick=PICK)
    def void(self, pick: int) -> None:
        hold: HoldView = self.picked([*self.holds.values()], pick)
        self.ask("void", hold.customer, lambda shop: shop.void(hold.id), None)

    @precondition(lambda self: self.asked)
    @rule(pick=PICK)
    def again(self, pick: int) -> None:
        """What was asked before is asked again: what was done is done, what was refused with money stays so."""
        self.ask_again(self.asked[-1 - pick % min(12, len(self.asked))])

    @precondition(lambda self: self.reviews)
    @rule(pick=PICK, approve=st.booleans(), retry=st.booleans(), other=st.booleans())
    def resolve(self, pick: int, approve: bool, retry: bool, other: bool) -> None:
        review: Review
        review, name, asked = self.picked(self.reviews, pick)
        key = f"v-{len(self.asked)}"
        self.ask("resolve", name, lambda shop: shop.resolve(review.id, approve=approve, key=key), None)
        if retry:
            self.ask_again(asked, other)

    # ---- contracts

    @precondition(lambda self: self.running)
    @rule(pick=PICK, to=EVERY, who=st.none() | WHO, codes=CODES, wrong=WRONG, preview=PREVIEW)
    def change(self, pick: int, to: str, who: Who | None, codes: tuple[str, ...], wrong: int, preview: bool) -> None:
        """Mostly to something that it can be changed to."""
        contract = choose(self.running, pick, lambda each: bool(self.release.products[each.product].change))
        able = [each.to for each in self.release.products[contract.product].change]
        target = able[pick // 7 % len(able)] if able and pick % 8 else to
        asking = None if who is None else Who(contract.customer, who.channel, who.device, who.facts)
        key = f"g-{len(self.asked)}"
        trial = self.twins.ask(
            lambda shop: shop.preview.change_plan(contract, target, who=asking, codes=codes, key=key, paid=ON_ACCOUNT)
        )
        paid = self.payment(trial.value.total, wrong) if isinstance(trial, Done) and trial.value.total else None

        def paying(paid: Payment | None) -> Verb:
            return lambda shop: shop.change_plan(contract.id, target, who=asking, codes=codes, key=key, paid=paid)

        self.pay("change", contract.customer, paying, paid, preview)

    change_more = change

    @precondition(lambda self: self.running)
    @rule(pick=PICK, what=st.sampled_from(["undo_change", "cancel", "undo_cancel"]), now=st.booleans())
    def turn(self, pick: int, what: str, now: bool) -> None:
        able: dict[str, Callable[[SubscriptionView], bool]] = {
            "undo_change": lambda each: each.changes_to is not None,
            "undo_cancel": lambda each: each.state == "cancelled",
            "cancel": lambda each: each.next_charge is not None,
        }
        contract = choose(self.running, pick, able[what])
        key, more = f"t-{len(self.asked)}", {"when": "now"} if what == "cancel" and now else {}
        self.ask(what, contract.customer, lambda shop: getattr(shop, what)(contract.id, key=key, **more), None)

    @rule()
    def charges(self) -> None:
        self.handed += self.twins.ask(lambda shop: shop.charges())

    @precondition(lambda self: self.handed)
    @rule(pick=PICK, how=st.sampled_from(["paid", "paid", "wrong", "no", "never"]), preview=PREVIEW)
    def settle(self, pick: int, how: str, preview: bool) -> None:
        self._settle(self.handed[-1 - pick % min(4, len(self.handed))], how, preview)

    def _settle(self, charge: ChargeView, how: str, preview: bool = False) -> None:
        paid = self.payment(charge.amount, 1 if how == "wrong" else 0) if how in ("paid", "wrong") else None
        result = paid or Declined("no", final=how == "never")
        self.ask("settle", charge.customer, lambda shop: shop.settle(charge, result), paid, preview)

    # ---- what was bought

    @precondition(lambda self: self.orders)
    @rule(pick=PICK, units=st.none() | st.integers(1, 2), why=WHY, preview=PREVIEW)
    def refund(self, pick: int, units: int | None, why: str, preview: bool) -> None:
        number, name, lines = self.picked(self.orders, pick)
        product, quantity = lines[pick % len(lines)]
        some = {product: min(units, quantity)} if units else None
        key = f"b-{len(self.asked)}"
        self.ask("refund", name, lambda shop: shop.refund(number, lines=some, key=key, why=why), None, preview)

    @rule(name=st.sampled_from(NAMES), pick=PICK, what=st.sampled_from(["claim", "claim", "redeem", "spend"]))
    def use(self, name: str, pick: int, what: str) -> None:
        grants = self.twins.ask(lambda shop: shop.wallet(name)).grants
        wanted = "claimable" if what == "claim" else "active"
        kind = {"redeem": "voucher", "spend": "quota"}.get(what)
        able = [each for each in grants if each.state == wanted and kind in (None, each.kind)]
        if not able:
            return
        grant, key = self.picked(able, pick), f"w-{len(self.asked)}"
        who = Who(name, facts={"customer.risk": 8 if pick % 11 == 0 else 0})
        match what:
            case "claim":
                self.ask(what, name, lambda shop: shop.claim(who, grant.id, key=key), None)
            case "redeem":
                self.ask(what, name, lambda shop: shop.redeem(grant.id, outlet="north", customer=name, key=key), None)
            case _:
                self.ask(what, name, lambda shop: shop.spend(name, grant.benefit, 1, key=key), None)

    # ---- time and work

    @rule(by=LEAPS)
    def later(self, by: int) -> None:
        if self.twins.now < self.last:
            self.go(self.twins.now + by)

    @rule(by=st.sampled_from([1, HOUR, 2 * DAY]))
    def back(self, by: int) -> None:
        self.go(self.twins.now - by)

    @rule(off=st.sampled_from([-1, 0, 0, 1]), paying=st.sampled_from(["paid", "paid", "no", None]))
    def to_next_due(self, off: int, paying: str | None) -> None:
        due = self.twins.ask(lambda shop: shop.next_due())
        if due is not None:
            self.go(instant_of(due) + off)
            if paying is not None:
                handed = len(self.handed)
                self.charges()
                for each in self.handed[handed:]:
                    self._settle(each, paying)
            self.tick()

    to_next_due_more = to_next_due

    @rule()
    def tick(self) -> None:
        self.work()

    @rule(pool=st.sampled_from(["seats", "codes"]), units=st.integers(1, 2))
    def fill(self, pool: str, units: int) -> None:
        key = f"f-{len(self.asked)}"
        self.ask("fill", "", lambda shop: shop.fill(pool, units, key=key), None)

    @precondition(lambda self: self.steps % 8 == 3)
    @rule()
    def publish(self) -> None:
        n = 1 if self.release is lawful_edition(0) else 0
        self.twins.ask(lambda shop: shop.publish(lawful_edition(n)))
        self.release = lawful_edition(n)

    @property
    def running(self) -> list[SubscriptionView]:
        """What renews and has not ended."""
        wallets = [self.twins.ask(lambda shop, name=name: shop.wallet(name)) for name in NAMES]  # type: ignore[misc]
        every = [each for wallet in wallets for each in wallet.subscriptions]
        return [each for each in every if each.state != "ended" and each.paid_until is not None]
