"""Product documents -> products: the sale, the phases, what is given, the limits, and the program of it all."""

from collections.abc import Iterable

from entitle.dsl.benefits import between
from entitle.dsl.book import Book
from entitle.dsl.checker import did_you_mean
from entitle.dsl.names import near
from entitle.dsl.product_documents import GiveDoc, LimitDoc, PhaseDoc, ProductDoc, SubscriptionDoc
from entitle.dsl.programs import Counted, Gift, Phased, Recipe, program
from entitle.dsl.reader import Sequence
from entitle.dsl.shapes import Document, Written
from entitle.ir import Node
from entitle.messages import Words
from entitle.release import (
    Benefit,
    Counter,
    DayOfMonth,
    EachPeriod,
    Every,
    Item,
    Phase,
    Product,
    Purchase,
    Sale,
    Subscription,
    When,
)
from entitle.source import Span

BITS_MAX = 62
ONE = (1, 1)


def product(id_: str, key: Span, document: ProductDoc, book: Book) -> Product | None:
    """The product, or None where a flaw, told of, leaves nothing to build on."""
    before = sum(problem.severity == "error" for problem in book.problems)
    maker = _Maker(id_, key, document, book)
    made = maker.made()
    after = sum(problem.severity == "error" for problem in book.problems)
    return made if after == before else None


class _Maker:
    """One product on its way."""

    def __init__(self, id_: str, key: Span, document: ProductDoc, book: Book) -> None:
        self.id, self.key, self.document, self.book = id_, key, document, book
        sell = document.sell
        self.quantity = sell.quantity.value if sell and sell.quantity else ONE
        self.keys: set[str] = set()

    def made(self) -> Product | None:
        document, book = self.document, self.book
        sale = self._sale()
        eligible = book.condition(document.sell.if_ if document.sell else None, self.quantity)
        phases = self._phases()
        gives = [made for each in document.gives.value if (made := self._give(each)) is not None]
        limits = [self._limit(each, "", sale) for each in document.limits.value] if document.limits else []
        self._unique([(each.id.value, each.id.span) for each in (document.limits.value if document.limits else [])])
        self._unique([(item.id, item.span or self.key) for item, _ in gives])
        self._shared_once(phases, [given for _, given in gives])
        counts = {"limits": len(limits), "gives": len(gives), "phases": len(phases)}
        for what, count in counts.items():
            if count > BITS_MAX:
                book.tell("too-many", self.key, what=what, max=str(BITS_MAX))
                return None
        if not phases or any(each is None for each in limits):
            return None
        recipe = self._recipe(sale, eligible, [phased for _, phased in phases], [given for _, given in gives], limits)
        decided, rules, counters = program(recipe, book.inputs, book.measures)
        if len(counters) > BITS_MAX:
            book.tell("too-many", self.key, what=Words("limits and `once_per`", "限购与 `once_per`"), max=str(BITS_MAX))
            return None
        return Product(
            self.id,
            document.name.value,
            decided,
            rules,
            sale,
            tuple(phase for phase, _ in phases),
            counters,
            tuple(item for item, _ in gives),
            self._subscription(),
            document.lasts.value if document.lasts else None,
            span=self.key,
        )

    def _recipe(
        self, sale: Sale, eligible: Node | None, phases: list[Phased], gives: list[Gift], limits: "list[Counted | None]"
    ) -> Recipe:
        sell = self.document.sell
        window = (sell.from_ or sell.until or sell.through or sell.in_) if sell else None
        return Recipe(
            self.id,
            self.key,
            self.quantity,
            sale.window,
            window.span if window else None,
            sale.calendar,
            sale.channels,
            sell.channels.span if sell and sell.channels else None,
            self.book.channels,
            eligible,
            sell.if_.span if sell and sell.if_ else None,
            tuple(phases),
            tuple(gives),
            tuple(each for each in limits if each is not None),
            tuple(sorted(self.keys)),
        )

    # ---- sale

    def _sale(self) -> Sale:
        sell, book = self.document.sell, self.book
        if sell is None:
            return Sale(span=self.key)
        calendar = None
        if sell.in_ is not None and book.known(Words("calendar", "日历"), sell.in_, book.calendars):
            calendar = sell.in_.value
        return Sale(
            between(sell.from_, sell.until, sell.through, book),
            calendar,
            self._channels(sell.channels),
            self.quantity,
            sell.say.value if sell.say else None,
            span=sell.node.span,
        )

    def _channels(self, written: Written[list[Written[str]]] | None) -> tuple[str, ...]:
        if written is None:
            return ()
        declared = self.book.channels
        if declared is None:
            if "channel" not in self.book.lost:
                self.book.tell("no-channel-fact", written.span)
            return ()
        for each in written.value:
            if each.value not in declared.members:
                help_ = did_you_mean(near(each.value, declared.members))
                self.book.tell("unknown-word", each.span, help_, word=each.value, known=", ".join(declared.members))
        if not written.value:
            self.book.tell("no-channels", written.span)
        return tuple(each.value for each in written.value if each.value in declared.members)

    # ---- price

    def _phases(self) -> list[tuple[Phase, Phased]]:
        document = self.document
        subscription = document.subscription
        if subscription is not None:
            if document.price is not None:
                self.book.tell("price-and-subscription", document.price.span)
            if document.lasts is not None:
                self.book.tell("lasts-and-subscription", document.lasts.span)
            return self._subscribed(subscription)
        if document.price is None:
            if not document.says("price", "subscription"):
                self.book.tell("no-price", self.key, id=self.id)
            return []
        price = document.price
        return [(Phase("price", 1, span=price.span), Phased("price", price.value, 1, None, None, price.span))]

    def _subscribed(self, subscription: SubscriptionDoc) -> list[tuple[Phase, Phased]]:
        phases = subscription.phases.value
        if not subscription.phases.value and not _written_items(subscription, "phases"):
            self.book.tell("no-phases", subscription.phases.span)
        self._unique([(each.id.value, each.id.span) for each in phases])
        for i, each in enumerate(phases):
            self._check_phase(each, last=i == len(phases) - 1)
        return [self._phase(each) for each in phases]

    def _check_phase(self, phase: PhaseDoc, last: bool) -> None:
        book, id_ = self.book, phase.id.value
        if phase.periods is not None and phase.lasts is not None:
            book.tell("periods-and-lasts", phase.lasts.span, also=phase.periods.span)
        if not last and phase.periods is None and phase.lasts is None:
            book.tell("endless-phase", phase.id.span, id=id_)
        stray = phase.if_ or phase.once_per
        if last and stray is not None:
            book.tell("conditional-last-phase", stray.span, id=id_)

    def _phase(self, phase: PhaseDoc) -> tuple[Phase, Phased]:
        id_ = phase.id.value
        count = phase.periods.value if phase.periods else None
        lasts = phase.lasts.value if phase.lasts else None
        condition = self.book.condition(phase.if_, self.quantity)
        once = self._once(phase.once_per, id_)
        made = Phase(id_, count, lasts, span=phase.id.span)
        charges = 1 if lasts else count
        return made, Phased(id_, phase.price.value, charges, condition, once, phase.node.span)

    def _subscription(self) -> Subscription | None:
        written = self.document.subscription
        if written is None:
            return None
        fails = written.if_payment_fails
        retry = [each.value for each in fails.retry.value] if fails and fails.retry else []
        if fails and fails.retry and [t.microseconds for t in retry] != sorted({t.microseconds for t in retry}):
            self.book.tell("retry-order", fails.retry.span)
        remind = written.remind.value if written.remind else []
        for each in remind:
            if each.value.microseconds >= written.renews.value.microseconds:
                self.book.tell("remind-too-early", each.span)
        return Subscription(
            written.renews.value,
            tuple(each.value for each in remind),
            tuple(retry),
            fails.keep_access.value if fails and fails.keep_access else None,
            written.if_price_changes.value if written.if_price_changes else None,
            written.cancel.value if written.cancel else "period_end",  # type: ignore[arg-type]  # a closed word
        )

    # ---- what is given

    def _give(self, give: GiveDoc) -> tuple[Item, Gift] | None:
        book = self.book
        if not book.known(Words("benefit", "权益"), give.benefit, book.benefits):
            return None
        benefit = book.benefits[give.benefit.value]
        id_ = give.id.value if give.id else give.benefit.value
        when: When = give.when.value if give.when else Purchase()
        self._check_give(give, benefit, when)
        condition = book.condition(give.if_, self.quantity)
        limits = [self._limit(each, id_, None) for each in give.limits.value] if give.limits else []
        item = Item(
            id_,
            benefit.id,
            give.quantity.value if give.quantity else 1,
            when,
            give.times.value if give.times else None,
            give.during is not None,
            give.claim_within.value if give.claim_within else None,
            span=give.node.span,
        )
        kept = tuple(each for each in limits if each is not None)
        return item, Gift(id_, condition, self._once(give.once_per, id_), kept, give.node.span)

    def _check_give(self, give: GiveDoc, benefit: Benefit, when: When) -> None:
        book = self.book
        term = self.document.says("subscription", "lasts")
        if give.during is not None:
            if not term:
                book.tell("no-paid-time", give.during.span)
            if benefit.kind == "voucher":
                book.tell("during-voucher", give.during.span, benefit=benefit.id)
            if give.claim_within is not None:
                book.tell("during-and-claim", give.claim_within.span, also=give.during.span)
            if not isinstance(when, Purchase):
                assert give.when is not None
                book.tell("during-and-when", give.when.span, also=give.during.span)
        if isinstance(when, EachPeriod) and not self.document.says("subscription") and give.when is not None:
            book.tell("no-periods", give.when.span)
        if isinstance(when, Every | DayOfMonth) and give.times is None and not term and give.when is not None:
            book.tell("never-ends", give.when.span)
        if isinstance(when, Purchase) and give.times is not None and (give.when or not give.says("when")):
            book.tell("times-at-purchase", give.times.span)
        if any(each.counts == "period_end" for each in benefit.valid) and not term:
            book.tell("no-period-end", give.benefit.span, benefit=benefit.id)

    # ---- counters

    def _once(self, written: Written[list[Written[str]]] | None, id_: str) -> Counter | None:
        if written is None:
            return None
        per = self.book.key_facts(written)
        self.keys |= set(per) - {"customer"}
        return Counter(f"once.{id_}", f"once:{self.id}:{id_}", id_, 1, per, span=written.span)

    def _limit(self, limit: LimitDoc, item: str, sale: Sale | None) -> Counted | None:
        book, id_ = self.book, limit.id.value
        of = limit.of.value if limit.of else "units"
        if of == "running" and limit.in_each is not None:
            book.tell("running-in-each", limit.in_each.span)
        if of == "running" and not self.document.says("subscription", "lasts"):
            assert limit.of is not None
            book.tell("never-runs", limit.of.span)
        if of != "running" and limit.in_each is None:
            if not limit.says("in_each"):
                book.tell("limit-without-each", limit.id.span, id=id_)
            return None
        each, within = limit.in_each.value if limit.in_each else ("lifetime", 0)
        if each == "sale_window" and limit.in_each is not None and not self._has_window():
            book.tell("no-sale-window", limit.in_each.span)
        per = book.key_facts(limit.per)
        self.keys |= set(per) - {"customer"}
        input_ = f"limit.{item}.{id_}" if item else f"limit.{id_}"
        name = f"limit:{self.id}:{item}:{id_}" if item else f"limit:{self.id}:{id_}"
        counter = Counter(input_, name, id_, limit.max.value, per, each, of, within, span=limit.node.span)  # type: ignore[arg-type]
        return Counted(counter, book.condition(limit.if_, self.quantity))

    def _has_window(self) -> bool:
        sell = self.document.sell
        return sell is not None and any(each is not None for each in (sell.until, sell.through, sell.in_, sell.from_))

    def _unique(self, named: Iterable[tuple[str, Span]]) -> None:
        seen: dict[str, Span] = {}
        for id_, span in named:
            if seen.setdefault(id_, span) is not span:
                self.book.tell("id-reused", span, also=seen[id_], id=id_)

    def _shared_once(self, phases: list[tuple[Phase, Phased]], gives: list[Gift]) -> None:
        """A phase and an item of one name would use up one another's `once_per`."""
        once = {phased.id: phased.span for _, phased in phases if phased.once}
        for given in gives:
            if given.once and given.id in once:
                self.book.tell("id-reused", given.span, also=once[given.id], id=given.id)


def _written_items(document: Document, key: str) -> int:
    """How many items a list was written with, whatever became of them."""
    return sum(len(node.items) for name, node in document.node.items if name.text == key and isinstance(node, Sequence))
