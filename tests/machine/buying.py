"""Quote and buy, as the oracle does it: lines and facts -> an order, from counts made anew every time."""

from collections.abc import Sequence

from entitle.decision import Line, Payment, Who
from entitle.release import FREE, Counter, Item, Measure, Product, Purchase, Release
from entitle.values.zone import Instant
from tests.machine.books import Contract, Grant, Hold, Order, Use
from tests.machine.ledger import FAR, Ledger, Outcome
from tests.machine.periods import issue_at
from tests.machine.verdict import MISSING, STOCK, Answer, judge, window_of


class Buying(Ledger):
    def buy(
        self, who: Who, lines: Sequence[Line], key: str, paid: Payment | None, agreed: int | None = None
    ) -> Outcome:
        merged: dict[str, int] = {}
        for line in lines:
            merged[line.product] = merged.get(line.product, 0) + line.quantity
        intent = (who.customer, tuple(sorted(merged.items())), paid)
        if ("buy", key) in self.keys:
            before, became = self.keys["buy", key]
            if before != intent:
                return ("conflict",)
            return ("done", became.view(self.at(who.customer))) if isinstance(became, Order) else became  # type: ignore[return-value]  # a refusal that binds
        if (used := self.used_before(paid)) is not None:
            return used
        answers = self.weigh(who, merged)
        why = answers if isinstance(answers, tuple) else self._money(answers, merged, paid, agreed)
        if why is None:
            sold = self._sell(who, merged, answers, key, intent)  # type: ignore[arg-type]  # without a reason they are answers
            return self.use(paid, sold)
        if why[0] == "refused" and paid is not None and paid.amount:
            why = (*why[:2], paid.amount.minor)
            self.step(who.customer, "buy")
            self.tell(who.customer, "refund.due", None, paid.amount.minor)
            self.keys["buy", key] = intent, why
            self.use(paid, why)
        return why

    def weigh(self, who: Who, lines: dict[str, int]) -> list[Answer] | Outcome:
        """The answer to every line, or the reasons of the first stage that has some."""
        answers = []
        for name, quantity in lines.items():
            product = self.release.products[name]
            least, most = product.sale.quantity
            if not least <= quantity <= most:
                return "refused", ("quantity",), None

            def count(input_: str, product: Product = product) -> int:
                return self.counted(input_, product, who)

            at = self.at(who.customer)
            answers.append(
                judge(self.release, product, who, quantity, at, count, self.begins(product, who.customer, at))
            )
        stage = min((each.stage for each in answers if each.stage), default=0)
        why = tuple(reason for each in answers if each.stage == stage for reason in each.why)
        if stage in (0, STOCK):
            at = self.at(who.customer)
            short = [pool for pool, units in self.draws(lines, answers).items() if units > self.free(pool, at)]
            alone = [self.draws({line: lines[line]}, [each]) for line, each in zip(lines, answers, strict=True)]
            said = [pool for pool in short if any(each.get(pool, 0) > self.free(pool, at) for each in alone)]
            stage, why = STOCK if short else stage, (*why, *("sold-out" for pool in short if pool not in said))
        if stage == MISSING:
            return "missing", tuple(dict.fromkeys(why))
        return ("refused", why, None) if stage else answers

    def _running(self, product: Product, name: str) -> list[Contract]:
        """The customer's contracts of a product that have not ended, those that begin later among them."""
        at = self.at(name)
        return [each for each in self.customer(name).contracts if each.product.id == product.id and not each.ended(at)]

    def begins(self, product: Product, name: str, at: Instant) -> Instant:
        """Where buying again extends, what is bought follows what is running."""
        running = self._running(product, name) if product.again == "extend" else []
        return max([each.ends for each in running if each.ends is not None], default=at)

    def _money(
        self, answers: list[Answer], lines: dict[str, int], paid: Payment | None, agreed: int | None
    ) -> Outcome | None:
        total = self.total(answers, lines)
        if agreed is not None and agreed != total:
            return "refused", ("price-changed",), None
        if paid is not None and paid.amount.minor != total:
            return "refused", ("paid-mismatch",), None
        return ("refused", ("payment-needed",), None) if paid is None and total else None

    def total(self, answers: list[Answer], lines: dict[str, int]) -> int:
        return sum(
            each.timeline.price(1) * quantity
            for each, quantity in zip(answers, lines.values(), strict=True)
            if each.timeline
        )

    def _sell(self, who: Who, lines: dict[str, int], answers: list[Answer], key: str, intent: object) -> Outcome:
        at = self.step(who.customer, "buy")
        order = self.place(who.customer, at, self.release, list(lines.items()), answers)
        self.use_up(who, lines, answers, at, order=order)
        for pool, units in self.draws(lines, answers).items():
            self.pools[pool] -= units
        self.keys["buy", key] = intent, order
        return "done", order.view(at)

    def place(
        self, name: str, at: Instant, release: Release, lines: list[tuple[str, int]], answers: list[Answer]
    ) -> Order:
        """The order, and all that comes with it."""
        order = Order(name, at, self.total(answers, dict(lines)), [])
        self.customers[name].orders.append(order)
        for (product_id, quantity), answer in zip(lines, answers, strict=True):
            assert answer.timeline is not None
            product, timeline = release.products[product_id], answer.timeline
            contract = Contract(name, order, product, release, timeline, quantity, answer.gives, [at])
            contract.next_try, contract.written_at = contract.next.start if contract.next else None, at
            order.contracts.append(contract)
            order.lines.append((product_id, quantity, timeline.price(1) * quantity))
            self.tell(name, "charge.paid", contract, 1, timeline.price(1) * quantity)
            for item in answer.gives:
                contract.issued[item.id] = 0
                while (due := self.next_at(contract, item)) is not None and (
                    due <= at or isinstance(item.when, Purchase)
                ):
                    self._issue(contract, item, at)
        self.tell(name, "order.placed", order, order.total)
        return order

    def use_up(
        self,
        who: Who,
        lines: dict[str, int],
        answers: list[Answer],
        at: Instant,
        hold: Hold | None = None,
        order: Order | None = None,
    ) -> None:
        for line, ((name, quantity), answer) in enumerate(zip(lines.items(), answers, strict=True)):
            for counter in answer.uses:
                window = window_of(counter, self.release.products[name], self.release, at)
                units = quantity if counter.of == "units" else 1
                self.uses.append(Use(counter, self.subject(counter, who), window, at, units, line, hold, order))

    def draws(self, lines: dict[str, int], answers: list[Answer]) -> dict[str, int]:
        """What the lines take of pools together."""
        found: dict[str, int] = {}
        for (name, quantity), answer in zip(lines.items(), answers, strict=True):
            product = self.release.products[name]
            given = {item.id for item in answer.gives}
            for each in product.draws:
                if each.item is None or each.item in given:
                    found[each.pool] = found.get(each.pool, 0) + each.units * quantity
        return dict(sorted(found.items()))

    def free(self, pool: str, at: Instant) -> int:
        """What was put into a pool and not sold, less what stands on hold."""
        holds = [hold for customer in self.customers.values() for hold in customer.holds if hold.stands(at)]
        return self.pools.get(pool, 0) - sum(hold.draws.get(pool, 0) for hold in holds)

    def subject(self, counter: Counter, who: Who) -> tuple[str, object]:
        told = who.told() | {"customer": who.customer, "": "everybody"}
        return counter.per, told[counter.per]

    def counted(self, input_: str, product: Product, who: Who) -> int:
        """What the store counts: uses of a counter, or a measure."""
        at = self.at(who.customer)
        if input_ == "running":
            held = [hold for hold in self.customer(who.customer).holds if hold.stands(at)]
            waiting = [hold for hold in held if product.id in [line[0] for line in hold.lines]]
            return len(self._running(product, who.customer)) + len(waiting)
        if input_.startswith(FREE):
            return self.free(input_.removeprefix(FREE), at)
        for counter in product.counters:
            if counter.input == input_:
                if counter.per not in ("", "customer", *who.told()):
                    return 0  # the answer will ask for it
                window = window_of(counter, product, self.release, at)
                return self.used(counter, self.subject(counter, who), window, at)
        return self.measured(self.release.measured[input_], who.customer, at)

    def used(
        self, counter: Counter, subject: tuple[str, object], window: Instant, at: Instant, but: Hold | None = None
    ) -> int:
        """How much of a counter is used in a stretch of time, beside what a hold of its own keeps."""
        mine = [
            use
            for use in self.uses
            if (use.counter.name, use.subject, use.window) == (counter.name, subject, window)
            and (use.hold is None or use.hold is not but)
        ]
        since = at - counter.within + 1 if counter.in_each == "rolling" else -FAR
        return sum(use.units for use in mine if use.counts(at) and use.at >= since)

    def measured(self, measure: Measure, name: str, at: Instant) -> int:
        since = -FAR if measure.within is None else at - measure.within + 1
        customer = self.customer(name)
        if measure.events == "orders":
            made = [(order.at, order.lines) for order in customer.orders if not order.gone]
            made += [(hold.at, hold.lines) for hold in customer.holds if hold.stands(at)]
            return sum(when >= since and measure.of in (None, *(line[0] for line in lines)) for when, lines in made)
        assert measure.events == "charges"
        charges = [
            (contract, n)
            for contract in customer.contracts
            for n, settled in enumerate(contract.paid, 1)
            if settled >= since and measure.of in (None, contract.product.id)
        ]
        if measure.how == "sum":
            return sum(contract.cost(n) - contract.gave_back(n) for contract, n in charges)
        return sum(not contract.gone(n) for contract, n in charges)

    def next_at(self, contract: Contract, item: Item) -> Instant | None:
        """When the next issue of an item would be due."""
        return issue_at(item, contract.timeline, contract.issued[item.id] + 1)

    @staticmethod
    def kept(contract: Contract, item: Item) -> list[int]:
        """The units of which the item was not given back."""
        gone = {unit for _, unit, of in contract.refunded if of in ("", item.id)}
        return sorted({*range(contract.quantity)} - gone)

    def _issue(self, contract: Contract, item: Item, at: Instant) -> None:
        """The next issue of an item, for every unit: it counts from when it was due, or from when its time was paid."""
        contract.issued[item.id] += 1
        n = contract.issued[item.id]
        due = issue_at(item, contract.timeline, n)
        assert due is not None
        period, settled = contract.paid_at(due)
        if isinstance(item.when, Purchase) and not item.paid_time:
            due = settled  # though its time may begin later
        for unit in self.kept(contract, item):
            state = "claimable" if item.claim_within else "active"
            benefit = contract.release.benefits[item.benefit]
            grant = Grant(contract, item, benefit, unit, n, max(due, settled), period, at, state)
            contract.grants.append(grant)
            ends = grant.claim_until, grant.valid_until
            self.tell(contract.stream, "grant.issued", grant, item.id, n, unit, state, *ends)
