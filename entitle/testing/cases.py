"""A rulebook's own tests: each case lived through in a world of its own, each difference told in one line.

Cases drive the shop's public verbs, each on a new store; there is no second engine here that could be right or wrong.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass

from entitle.case import Case, Expectation, Step
from entitle.decision import (
    Blocked,
    Challenge,
    Declined,
    Review,
    Settlement,
)
from entitle.messages import Words
from entitle.plan import Store
from entitle.release import Release
from entitle.runtime.encode import instant_of
from entitle.shop.read import EventView
from entitle.shop.renew import ChargeView
from entitle.store.memory import MemoryStore
from entitle.testing.coverage import Reached
from entitle.testing.deeds import CUSTOMER, Deeds
from entitle.testing.differences import Difference, Result
from entitle.testing.outcomes import Outcome, listed, refused, said, same
from entitle.testing.world import World, always
from entitle.values.civil import instant_text
from entitle.values.money import amount_text

NOES = ("refused", "missing", "blocked", "review", "challenge")  # what a step may expect instead of its being done


def in_memory() -> AbstractContextManager[Store]:
    return closing(MemoryStore())


def run_cases(
    release: Release,
    cases: Sequence[Case],
    reached: Reached | None = None,
    fresh: Callable[[], AbstractContextManager[Store]] = in_memory,
) -> Iterator[Result]:
    """Run each case, in a store of its own that `fresh` makes; what they come by is added to `reached`."""
    for case in cases:
        with fresh() as store:
            yield Result(case, tuple(_Run(release, case, reached or Reached(), store).differences()))


def moments(release: Release, case: Case) -> Iterator["Moment"]:
    """The steps of a case, each as it is lived through in memory."""
    with in_memory() as store:
        yield from _Run(release, case, Reached(), store).moments()


@dataclass(frozen=True, slots=True)
class Moment:
    """What there is to see of one step: the outcome of its `do`, and its customer's events since the step before."""

    step: Step
    outcome: Outcome
    since: tuple[EventView, ...]

    @property
    def events(self) -> tuple[EventView, ...]:
        """What was told at its very instant."""
        return tuple(each for each in self.since if instant_of(each.at) == self.step.at)

    def of(self, type_: str) -> list[EventView]:
        return [event for event in self.events if event.type == type_]


class _Run:
    """One case, being lived through."""

    def __init__(self, release: Release, case: Case, reached: Reached, store: Store) -> None:
        self.release, self.case, self.reached = release, case, reached
        self.world = World(release, store, case.steps[0].at)
        self.shop = self.world.shop
        self.cursor = 0
        self.deeds = Deeds(release, case, self.shop)
        self.declined = 0
        for pool, units in case.fill.items():
            self.world.fill(pool, units)

    def moments(self) -> Iterator[Moment]:
        for i, step in enumerate(self.case.steps):
            yield self._live(step, f"{self.case.id}/{i}")

    def differences(self) -> Iterator[Difference]:
        for moment in self.moments():
            step = moment.step
            self._reach(moment)
            undone = list(self._unexpected(moment))
            yield from undone
            for expectation in step.expect if not undone else ():  # what follows from it needs no line of its own
                yield from self._compare(moment, expectation)

    # ---- living

    def _live(self, step: Step, key: str) -> Moment:
        fails = step.do is not None and step.do.verb == "payment fails"
        self.declined = 0

        def pay(charge: ChargeView) -> Settlement:
            if fails and self.world.clock.now == step.at:
                self.declined += 1
                return Declined("insufficient-funds")
            return always(charge)

        self.world.reach(step.at, pay)
        outcome = None if step.do is None or fails else self.deeds.do(step, step.do, key)
        self.world.work(pay)
        return Moment(step, outcome, self._events(step))

    def _events(self, step: Step) -> tuple[EventView, ...]:
        """Everything told since the step before, of this customer."""
        found: list[EventView] = []
        while page := self.shop.events(after=self.cursor):
            found += page
            self.cursor = page[-1].cursor
        customer = step.who or CUSTOMER
        return tuple(each for each in found if each.customer == customer)

    # ---- comparing

    def _unexpected(self, moment: Moment) -> Iterator[Difference]:
        """A step that did not do what it says, and was not expected not to."""
        step = moment.step
        if any(each.what in NOES for each in step.expect) or step.do is None:
            return
        span = step.do.span or step.span
        if step.do.verb == "payment fails" and not self.declined:
            nothing = Words("no charge or retry due at this instant", "此刻没有应扣款项")
            yield Difference(self.case.id, span, Words("a payment to fail", "有一笔扣款失败"), nothing)
        if moment.outcome is not None and not moment.outcome.ok:
            yield Difference(
                self.case.id,
                span,
                Words(f"`{step.do.verb}` to be done", f"`{step.do.verb}` 成功"),
                said(moment.outcome),
            )

    def _compare(self, moment: Moment, expectation: Expectation) -> Iterator[Difference]:
        expected, found = self._expected(expectation), self._found(moment, expectation)
        if expected.en != found.en:
            yield Difference(self.case.id, expectation.span, expected, found)

    def _expected(self, expectation: Expectation) -> Words:
        match expectation.what, expectation.value:
            case "ok", _:
                return same("ok")
            case ("charge" | "pays") as what, int(minor):
                return same(f"{what} {amount_text(minor, self.release.currency)}")
            case "ends", int(at):
                return same(f"ends {instant_text(self.release.zone, at)}")
            case ("charge" | "pays" | "notice") as what, None:
                return same(f"{what} none")
            case what, tuple() as names:
                return listed(what, names)
            case what, value:
                return same(f"{what} {value}")

    def _found(self, moment: Moment, expectation: Expectation) -> Words:
        customer = moment.step.who or CUSTOMER
        match expectation.what:
            case "ok":
                return same("ok") if moment.outcome is None or moment.outcome.ok else said(moment.outcome)
            case "charge" | "pays":
                return self._money(moment, expectation)
            case "grant":
                return listed("grant", [str(event.body["item"]) for event in moment.of("grant.issued")])
            case "applied":
                offers = {offer for event in moment.of("charge.paid") for offer in _names(event, "offers")}
                return listed("applied", sorted(offers))
            case "has":
                return listed("has", [each.benefit for each in self.shop.access(customer)])
            case "notice":
                return _noticed(moment, expectation.value)
            case "ends":
                return self._ends(moment, customer)
            case what if what in NOES:
                return refused(moment.outcome, expectation)
            case what:
                raise AssertionError(f"no step expects {what}")

    def _money(self, moment: Moment, expectation: Expectation) -> Words:
        """What was charged or paid back at the instant; where nothing was that should have been, why not."""
        events = moment.of("charge.paid" if expectation.what == "charge" else "order.refunded")
        if not events and expectation.value is not None and moment.outcome is not None and not moment.outcome.ok:
            return said(moment.outcome)
        amounts = [event.body["amount"] for event in events]
        if expectation.what == "charge":  # what was paid before went into a change of plan
            credits_ = (event.body["credit"] for event in moment.of("contract.changed"))
            amounts += [-credit for credit in credits_ if isinstance(credit, int)]
        total = sum(amount for amount in amounts if isinstance(amount, int))
        text = amount_text(total, self.release.currency) if events else "none"
        return same(f"{expectation.what} {text}")

    def _ends(self, moment: Moment, customer: str) -> Words:
        do = moment.step.do
        product = "" if do is None else do.to or (do.name if do.verb in ("buy", "cancel", "undo cancel") else "")
        contracts = [each for each in self.shop.wallet(customer).subscriptions if product in ("", each.product)]
        if not contracts or contracts[-1].ends_at is None:
            return Words("ends at no known instant", "没有已知的结束时刻")
        return same(f"ends {instant_text(self.release.zone, instant_of(contracts[-1].ends_at))}")

    def _reach(self, moment: Moment) -> None:
        for event in moment.of("charge.paid"):
            self.reached.phases.add((str(event.body["product"]), str(event.body["phase"])))
            self.reached.offers |= set(_names(event, "offers"))
            bought = (event.customer, str(event.body["product"]), str(event.body["phase"]))
            self.reached.rows |= self.deeds.rows.get(bought, set())
        for event in moment.of("grant.issued"):
            self.reached.items.add((str(event.body["product"]), str(event.body["item"])))
        self.reached.guards |= {name for event in moment.events for name in _names(event, "logged")}
        if isinstance(moment.outcome, Blocked | Challenge | Review):
            self.reached.guards |= {reason.rule for reason in moment.outcome.because}
        if moment.outcome is not None and moment.step.do is not None:
            self.reached.reasons |= {(reason.code, reason.rule) for reason in moment.outcome.reasons}


def _names(event: EventView, key: str) -> list[str]:
    """A list of ids that an event tells."""
    names = event.body.get(key)
    return names if isinstance(names, list) else []


def _noticed(moment: Moment, wanted: object) -> Words:
    told = sorted({event.type.removeprefix("notice.") for event in moment.events if event.type.startswith("notice.")})
    if wanted in told:
        return same(f"notice {wanted}")
    return same(f"notice {', '.join(told) or 'none'}")
