"""The shop: every verb as a method, on one store. What engineers import.

A write takes a key: the same key with the same intent gives the present outcome of the case it made, for ever; with
another intent it raises KeyConflict. A no is an outcome, never an exception. The instant of a write is the shop's
clock's; within a customer's stream it never goes back.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Any, TypeVar

from entitle.decision import (
    USUAL_TRIES,
    Busy,
    Done,
    InDoubt,
    No,
    OnAccount,
    Payment,
    Refused,
    Settlement,
    Tries,
    Who,
    who_of,
)
from entitle.errors import FactError
from entitle.ir import Value
from entitle.keys import Keys
from entitle.messages import Words
from entitle.plan import Store
from entitle.release import Release
from entitle.runtime.decide import Generated, nothing_kept
from entitle.runtime.encode import instant_of
from entitle.runtime.explain import moment
from entitle.runtime.presented import Codes
from entitle.shop import cancel as cancelling
from entitle.shop import claim as claiming
from entitle.shop import explain as explaining
from entitle.shop import gates as gating
from entitle.shop import quoting, retention, sealing
from entitle.shop import read as reading
from entitle.shop import refund as refunding
from entitle.shop import renew as renewing
from entitle.shop import sell as selling
from entitle.shop import settle as settling
from entitle.shop import tick as ticking
from entitle.shop.arguments import CALLED, checks_arguments, is_moment
from entitle.shop.breaks import Report
from entitle.shop.claim import Spent
from entitle.shop.customers import Customers
from entitle.shop.explain import Explanation
from entitle.shop.find import contract_of, decision_of, order_of
from entitle.shop.holds import Holds
from entitle.shop.join import Joining
from entitle.shop.many import Buying
from entitle.shop.plans import Plans
from entitle.shop.pools import Pools
from entitle.shop.quote import Agreed, Quote
from entitle.shop.read import Access, EntryView, EventView, Wallet
from entitle.shop.rebuilding import Rebuilding
from entitle.shop.reconcile import reconcile
from entitle.shop.refund import RefundView
from entitle.shop.relay import Relays
from entitle.shop.releases import Releases
from entitle.shop.renew import ChargeView
from entitle.shop.reviews import Reviews
from entitle.shop.seals import Seals
from entitle.shop.sell import Lines
from entitle.shop.staff import Staff
from entitle.shop.tick import Piece
from entitle.shop.together import each_alone, perform_each
from entitle.shop.tries import check_tries
from entitle.shop.uses import Uses
from entitle.shop.verb import Context, Verb, Writer, perform, preview
from entitle.shop.views import GrantView, OrderView, SubscriptionView
from entitle.store.waits import BLOCKING, Waits
from entitle.values.text import shown
from entitle.values.zone import MICROSECOND, Instant

T = TypeVar("T")
LEASE = timedelta(minutes=10)

Unsure = Busy | InDoubt


@checks_arguments
class Shop(Buying, Customers, Holds, Plans, Pools, Releases, Rebuilding, Relays, Reviews, Seals, Staff, Uses, Joining):
    """A store, opened. `clock` gives microseconds since the epoch; `random` gives so many random bytes."""

    def __init__(
        self,
        store: Store,
        keys: Keys,
        clock: Callable[[], Instant],
        random: Callable[[int], bytes],
        generated: Callable[[Release, str], Generated] = nothing_kept,
        tries: Tries = USUAL_TRIES,
        waits: Waits = BLOCKING,
    ) -> None:
        self.store = store
        self._ctx = Context(clock, random, keys, generated=generated, tries=check_tries(tries), waits=waits)
        self._drive: Callable[[Callable[[], Verb[Any]]], Any] = lambda make: perform(store, make, waits)
        self._drive_each = lambda makes: perform_each(store, makes, waits)

    @property
    def preview(self) -> "Shop":
        """The same verbs and the same decisions, with nothing written."""
        twin = Shop.__new__(Shop)
        twin.store, twin._ctx, twin._writes = self.store, self._ctx, False
        twin._drive = lambda make: preview(self.store, make())
        twin._drive_each = lambda makes: each_alone(twin._drive, makes)
        return twin

    def now(self) -> datetime:
        """The clock's instant, in UTC."""
        return moment(self._ctx.clock())

    # ---- buying

    def quote(
        self,
        who: Who | str,
        what: Lines,
        *,
        codes: Codes = (),
        passed: Sequence[str] = (),
        at: datetime | None = None,
        key: str | None = None,
    ) -> Done[Quote] | No | Unsure:
        """What it would cost and give, over its whole timeline. `who` may be a customer's id, where no facts are told.

        `at` looks ahead: what the present release would answer at that instant, if until then nothing else happened.
        Limits, measures and stock are as the store has them now: what falls out of their time by then counts no more.
        `key` is that of a purchase or a hold that waits, or waited, for a review, until it is made: then it is spent.

        Raises FactError, also for an instant that has passed, and UnknownName.
        """
        return self._ask(lambda: quoting.quote(self._ctx, who_of(who), what, codes, passed, at, key))

    def buy(
        self,
        who: Who | str,
        what: Lines,
        *,
        key: str,
        codes: Codes = (),
        passed: Sequence[str] = (),
        paid: Payment | OnAccount | None = None,
        agreed: Agreed = None,
        by: str = "",
        why: str = "",
    ) -> Done[OrderView] | No | Unsure:
        """Buy a product, or several lines, with the codes that the customer presents.

        `paid` is the money taken; `agreed` a quote, its token, or an amount; `passed` the challenges that were passed.

        Raises FactError, UnknownName, KeyConflict.
        """
        asking, writer = who_of(who), Writer(by, why)
        return self._ask(lambda: selling.buy(self._ctx, asking, what, codes, passed, key, agreed, paid, writer))

    # ---- holding and using

    def has(self, customer: str, benefit: str) -> bool:
        """Does the customer hold it now? Right whether or not anybody has ticked. Raises UnknownName."""
        return self._read(lambda: reading.has(self._ctx, customer, benefit))

    def access(self, customer: str) -> tuple[Access, ...]:
        """Everything the customer holds now, until when and why."""
        return self._read(lambda: reading.access(self._ctx, customer))

    def claim(
        self,
        who: Who | str,
        grant: GrantView | str,
        *,
        passed: Sequence[str] = (),
        key: str,
        by: str = "",
        why: str = "",
    ) -> Done[GrantView] | No | Unsure:
        """Take what is waiting: a grant, or of a benefit's grants the one that ends first."""
        asking = who_of(who)
        what = grant if isinstance(grant, str) else grant.id
        return self._ask(lambda: claiming.claim(self._ctx, asking, what, passed, key, Writer(by, why)))

    def gate(
        self,
        name: str,
        who: Who | str,
        *,
        passed: Sequence[str] = (),
        key: str | None = None,
        by: str = "",
        why: str = "",
    ) -> Done[None] | No | Unsure:
        """Ask the guards at `register` or `login`. Only a review, and what a guard that logs would have done, is kept.

        With a key each attempt is a case of its own; without one a review is of the customer at this gate, and its
        answer stands for 24 hours.
        """
        return self._ask(lambda: gating.ask_gate(self._ctx, who_of(who), name, passed, key, Writer(by, why)))

    def spend(
        self, who: Who | str, benefit: str, amount: int, *, key: str, by: str = "", why: str = ""
    ) -> Done[Spent] | Refused | Unsure:
        """Use up an amount of a quota, in its own unit: all of it or nothing."""
        customer = who_of(who).customer
        return self._ask(lambda: claiming.spend(self._ctx, customer, benefit, amount, key, Writer(by, why)))

    def refund(
        self,
        order: OrderView | str,
        *,
        lines: Mapping[str, int | None] | None = None,
        items: Sequence[str] | None = None,
        key: str,
        by: str = "",
        why: str = "",
    ) -> Done[RefundView] | Refused | Unsure:
        """Give money back: of the whole order, of units of its lines (`{product: units}`), of some items of them.

        None for the units is all that is left of a line. The least used units go first. What the money paid for is
        taken back; the shop moves the money.

        Raises NotFound, UnknownName, FactError for quantities that cannot be.
        """

        def verb() -> Verb[Done[RefundView] | Refused]:
            customer, number = yield from order_of(order)
            return (yield from refunding.refund(self._ctx, customer, number, lines, items, key, Writer(by, why)))

        return self._ask(verb)

    # ---- contracts

    def cancel(
        self,
        subscription: SubscriptionView | str,
        *,
        when: cancelling.End | None = None,
        key: str,
        by: str = "",
        why: str = "",
    ) -> Done[SubscriptionView] | Refused | Unsure:
        """End it with the paid period, or now; without `when` as the product says."""

        def verb() -> Verb[Done[SubscriptionView] | Refused]:
            customer, number = yield from contract_of(subscription)
            return (yield from cancelling.cancel(self._ctx, customer, number, when, key, Writer(by, why)))

        return self._ask(verb)

    def undo_cancel(
        self, subscription: SubscriptionView | str, *, key: str, by: str = "", why: str = ""
    ) -> Done[SubscriptionView] | Refused | Unsure:
        """Take a cancellation back, as long as the contract has not ended."""

        def verb() -> Verb[Done[SubscriptionView] | Refused]:
            customer, number = yield from contract_of(subscription)
            return (yield from cancelling.undo_cancel(self._ctx, customer, number, key, Writer(by, why)))

        return self._ask(verb)

    def charges(self, limit: int = 100, lease: timedelta = LEASE) -> tuple[ChargeView, ...]:
        """Renewals to charge now. Each is leased to the caller; unsettled, it comes again with the same attempt key.

        A charge that cannot be read is passed over; where there is no other, what is wrong with the first is raised.
        """
        found = self._drive(lambda: renewing.lease(self._ctx, limit, lease // MICROSECOND))
        return () if isinstance(found, Unsure) else tuple(found)

    def settle(
        self, charge: ChargeView, result: Settlement, *, by: str = "", why: str = ""
    ) -> Done[SubscriptionView] | Refused | Unsure:
        """What the payment provider said: Payment, Declined or Pending. The attempt key is the verb's key."""
        return self._ask(lambda: settling.settle(self._ctx, charge, result, Writer(by, why)))

    def tick(self, limit: int = 500) -> int:
        """Do due work, at most so many pieces; how many were done. Any number of workers may. It seals the ledger too,
        and deletes what was kept for a time that is over.

        A piece that cannot be done keeps no other one from being done; what was wrong with the first is raised last.
        """
        done, wrong = 0, None
        passed: set[Piece] = set()  # what cannot be done now; what stands behind it can
        while True:
            asked = limit - done + len(passed)
            pieces = self._read(partial(ticking.due_pieces, self._ctx, asked))
            for piece in pieces:
                if piece in passed:
                    continue
                try:
                    is_done = self._do(piece)
                except Exception as found:  # whatever it is, other customers' work goes on
                    is_done, wrong = False, wrong or found
                done += is_done
                if not is_done:
                    passed.add(piece)
            if len(pieces) < asked or done >= limit:
                break
        if wrong is not None:
            raise wrong
        self._drive(lambda: sealing.seal(self._ctx))
        self._drive(lambda: retention.drop_old(self._ctx))
        return done

    def _do(self, piece: Piece) -> bool:
        return self._drive(lambda: ticking.do_piece(self._ctx, piece)) is True

    def next_due(self) -> datetime | None:
        """The next instant at which a tick or a charge is due."""
        found = self._read(lambda: ticking.next_due(self._ctx))
        return None if found is None else moment(found)

    # ---- looking back

    def wallet(self, customer: str) -> Wallet:
        """Contracts and grants, with the codes that are shown at redemption."""
        return self._read(lambda: reading.wallet(self._ctx, customer))

    def history(self, customer: str, after: int = 0, limit: int = 100) -> tuple[EntryView, ...]:
        """The customer's ledger, oldest first, after the entry numbered `after`."""
        return self._read(lambda: reading.history(self._ctx, customer, after, limit))

    def explain(self, order: OrderView | str) -> Explanation:
        """The decision on an order, or one with this id (`dec_…`), replayed on its own release and facts.

        Raises NotFound.
        """

        def verb() -> Verb[Explanation]:
            if isinstance(order, str) and order.startswith("dec_"):
                customer, number = yield from decision_of(order)
                return (yield from explaining.explain_decision(self._ctx, customer, number))
            customer, number = yield from order_of(order)
            return (yield from explaining.explain_order(self._ctx, customer, number))

        return self._read(verb)

    def events(self, after: int = 0, limit: int = 100) -> tuple[EventView, ...]:
        """What the world is told, after the cursor of the last event seen."""
        return self._read(lambda: reading.events(self._ctx, after, limit))

    def reconcile(self) -> Report:
        """Check that orders, money, grants, counters and the ledger's chain agree."""
        return self._read(lambda: reconcile(self._ctx))

    # ---- the store

    def close(self) -> None:
        """Let its connections go."""
        self.store.close()

    def __enter__(self) -> "Shop":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def overlaid(self, measures: Mapping[str, Value]) -> Iterator[None]:
        """Measured facts that stand in for the store's, for a rulebook's tests."""
        before, self._ctx.overlay = self._ctx.overlay, measures
        try:
            yield
        finally:
            self._ctx.overlay = before

    def _read(self, make: Callable[[], Verb[T]]) -> T:
        answer: T = self._drive(make)
        return answer


def clock_of(now: Callable[[], datetime]) -> Callable[[], Instant]:
    """A clock in microseconds from one that gives datetimes. Called, it raises FactError for what is no moment."""

    def clock() -> Instant:
        told = now()
        if not is_moment(told):
            wanted, came = CALLED[datetime], shown(told)
            said = Words(f"gives {wanted.en}; I got {came}", f"应给出{wanted.zh}；收到 {came}")
            raise FactError("clock", said)
        return instant_of(told)

    return clock
