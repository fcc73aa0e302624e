"""Change of plan: a running contract becomes another one, at once or with its next charge.

At once, the unused share of what was paid for the present period is given back as a part of the price: rows of the same
kind as a refund's, so that nothing is ever given back twice. The old anchor stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from entitle.contract_records import PlanChange
from entitle.decision import Done, Line, No, OnAccount, Payment, Reason, Refused, Who
from entitle.declarations import Change
from entitle.errors import FactError
from entitle.plan import Find, Get, Where
from entitle.records import Charge, Contract, Order, Refund
from entitle.runtime.explain import moment
from entitle.runtime.presented import Codes, codes_of
from entitle.runtime.usage import WHOLE, days_begun, split
from entitle.shop.cancel import end_of_paid
from entitle.shop.codes import new_id
from entitle.shop.commission import channel_of, unearn
from entitle.shop.counting import Leaving
from entitle.shop.decided import decided
from entitle.shop.draft import Draft, commit
from entitle.shop.gates import passed_inputs
from entitle.shop.planned import changed_said, given_up, leave, let_go, replacing
from entitle.shop.quote import Agreed, agreed_total
from entitle.shop.renew import Case, cost, open_case, over, planned, renew_free
from entitle.shop.review import standing
from entitle.shop.scene import Scene, check_paid, enter, intent_of, paid_text, refusal_again
from entitle.shop.sell import (
    Weighed,
    as_decided,
    decline,
    ends_of,
    money_refusal,
    place,
    refusal,
    use_up,
    weigh,
)
from entitle.shop.verb import Context, Verb, Writer, ask
from entitle.shop.views import SubscriptionView, contract_state, subscription_view
from entitle.values.civil import told_text
from entitle.values.money import Money

CREDITED = "chg"  # the ids of what was given back as a part of another price begin so


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change of plan.

    price         the first charge of the new product
    credit        the unused share of what was paid, as far as it went into that
    total         what is to be paid now: the difference; nothing where the change is planned
    at            when it takes place
    subscription  the new one; where the change is planned the present one, which `changes_to` it
    """

    price: Money
    credit: Money
    total: Money
    at: datetime
    subscription: SubscriptionView


@dataclass(frozen=True, slots=True)
class Asking:
    """A change that is asked for: the contract, the rule it goes by, and what the new product costs and gives.

    leaving  what is given up for it of limits of what runs
    """

    scene: Scene
    case: Case
    rule: Change
    leaving: Leaving
    weighed: Weighed
    writer: Writer


@dataclass(frozen=True, slots=True)
class Credit:
    """A part of what was paid for the present period, and how much of it goes into the new price."""

    unit: int
    item: str
    paid: int
    amount: int


def change_plan(
    ctx: Context,
    stream: str,
    number: str,
    to: str,
    who: Who | None,
    codes: Codes,
    passed: Sequence[str],
    key: str,
    agreed: Agreed,
    paid: Payment | OnAccount | None,
    writer: Writer,
) -> Verb[Done[ChangeView] | No]:
    """Change it to another product, as its rules allow. Raises FactError, NotFound, UnknownName."""
    if who is not None and who.customer != stream:
        raise FactError("who", f"is whose subscription it is, {stream!r}; I got {who.customer!r}")
    check_paid(paid)
    asking, presented = who or Who(stream), codes_of(codes)
    intents = [intent_of(number, to, sorted(presented), paid_text(money)) for money in (paid, None)]
    scene = yield from enter(ctx, stream, "change_plan", key, intents[0], paid, intents[1])
    case = yield from open_case(ctx, stream, number)
    if scene.bound is not None:
        return (yield from _again(ctx, scene, case))
    if (used := scene.used_before()) is not None:
        return used
    stood = yield from standing(ctx, scene)
    if stood.no is not None:
        return (yield from decline(ctx, scene, stood.no, None, paid, writer))
    rule = _rule(scene, case, to)
    plan = yield from planned(case.contract)
    no: No | None = _refusal(scene, case, rule, to, plan)
    weighed: Weighed | Refused | None = None
    if no is None and rule is not None:
        leaving = yield from given_up(ctx, case, plan, scene.at)
        line = Line(to, case.contract.quantity)
        weighed = yield from weigh(
            ctx, scene, asking, (line,), presented, {**passed_inputs(passed), **stood.inputs}, leaving
        )
        no = weighed if isinstance(weighed, Refused) else refusal(weighed, scene)
        if no is None and isinstance(weighed, Weighed):
            found = Asking(scene, case, rule, leaving, weighed, writer)
            if rule.when == "period_end":  # the next charge pays for it
                no = money_refusal(Money.of_minor(0, weighed.total.currency), None, paid)
                if no is None:
                    return (yield from _plan(ctx, found))
            else:
                credits_ = credit(found)
                given = Money.of_minor(sum(each.amount for each in credits_), weighed.total.currency)
                expected = agreed_total(ctx, agreed, stream, (line,))
                if expected is not None and not isinstance(agreed, Money):  # a quote is of the whole price
                    expected -= given
                no = money_refusal(weighed.total - given, expected, paid)
                if no is None:
                    return (yield from _change(ctx, found, credits_, paid))
    assert no is not None
    return (yield from decline(ctx, scene, no, weighed.verdict if isinstance(weighed, Weighed) else None, paid, writer))


def _rule(scene: Scene, case: Case, to: str) -> Change | None:
    """What the release that decides now says of this change; where it knows the product no more, the contract's own."""
    product = scene.active.release.products.get(case.contract.product, case.made.product)
    return next((each for each in product.change if each.to == to), None)


def _refusal(scene: Scene, case: Case, rule: Change | None, to: str, plan: PlanChange | None) -> Refused | None:
    """Why the contract cannot be changed so, whatever the new product says."""
    contract, zone, at = case.contract, case.made.release.zone, scene.at
    if contract_state(contract, at) == "ended" or over(contract, at):
        ended = contract.ends_at if contract.ends_at is not None else at
        return Refused((Reason("ended", contract.product, values={"at": told_text(zone, ended)}),))
    if rule is None or contract_state(contract, at) == "scheduled":
        return Refused((Reason("not-changeable", contract.product, values={"to": to}),))
    if rule.when == "now":
        return None
    if plan is not None:
        values = {"to": plan.product, "at": told_text(zone, plan.due_at)}
        return Refused((Reason("change-planned", contract.product, values=values),))
    if contract.cancelled_at is not None:
        values = {"at": told_text(zone, contract.cancelled_at)}
        return Refused((Reason("already-cancelled", contract.product, values=values),))
    charge = case.charge
    if charge is None or charge.n == contract.paid:
        return Refused((Reason("not-changeable", contract.product, values={"to": to}),))
    if charge.attempt or charge.lease_until or charge.state != "due" or charge.due_at <= at:
        return Refused((Reason("payment-due", contract.product),))
    return None


# ---- at once


def credit(asking: Asking) -> list[Credit]:
    """The unused share of what was paid for the present period, part by part; no more than the new price.

    It is unused by its time: the 24-hour days not begun of the days of the period. What is used is rounded up, unit
    by unit.
    """
    case, at, left = asking.case, asking.scene.at, asking.weighed.total.minor
    period = case.made.period(case.contract.paid)
    start = max(period.start, case.made.timeline.begins)
    over_ = period.end is not None and at >= period.end
    used = WHOLE if over_ else days_begun(start, period.end, at) if at > start else WHOLE - WHOLE
    if asking.rule.pay == "full" or used == WHOLE:
        return []
    found: list[Credit] = []
    for unit, paid in enumerate(period.by_unit):
        amount = min(left, paid - ceil(paid * used))
        left -= amount
        parts = split(paid, case.made.product)
        found += [
            Credit(unit, item, *each) for item, each in zip(parts, spread([*parts.values()], amount), strict=True)
        ]
    return found


def spread(parts: Sequence[int], amount: int) -> list[tuple[int, int]]:
    """Each part with its share of an amount, which is no more than all of them: rounded down, the rest to the first."""
    total = sum(parts)
    shares = [part * amount // total if total else 0 for part in parts]
    rest = amount - sum(shares)
    for i, part in enumerate(parts):
        more = min(rest, part - shares[i])
        shares[i], rest = shares[i] + more, rest - more
    return list(zip(parts, shares, strict=True))


def _change(
    ctx: Context, asking: Asking, credits_: Sequence[Credit], paid: Payment | OnAccount | None
) -> Verb[Done[ChangeView]]:
    scene, weighed = asking.scene, asking.weighed
    decision, number = new_id("dec", scene.at, ctx.random(10)), new_id("ord", scene.at, ctx.random(10))
    draft = scene.draft(asking.writer, decision)
    case = renew_free(draft, (yield from let_go(draft, asking.case)))
    contract, release = case.contract, scene.active.release
    draft.add(as_decided(scene))
    draft.insert(decided(decision, scene, weighed.verdict))
    scene.bind(draft, number)
    before: Charge  # the last that is in the store: what is paid for nothing here and now is not, and credits nothing
    last = (*case.key, asking.case.contract.paid)
    before, first = yield from ask(Get(Charge, last), Get(Order, (scene.stream, contract.order)))
    given = sum(each.amount for each in credits_)
    ref = paid.ref if isinstance(paid, Payment) else before.ref if paid is None and given else ""
    owed = isinstance(paid, OnAccount) or (paid is None and not ref and bool(given))
    leave(draft, case)
    account = "receivable" if owed else "payer"
    _give_back(draft, case, credits_, before, first, account, new_id(CREDITED, scene.at, ctx.random(10)))
    order = Order(
        scene.stream, number, decision, scene.active_hash, scene.at, weighed.total.minor, release.currency, ref,
        channel_of(weighed.told, release) or case.channel, asking.writer.by,
    )  # fmt: skip
    outstanding = contract.period_end is not None and scene.at >= contract.period_end
    n = contract.paid + 1 if outstanding else contract.paid
    made = replacing(case.made.timeline, n, release, weighed.verdict.lines[0], scene.at)
    contracts, _ = yield from place(ctx, draft, order, weighed.verdict, [made], weighed.told, scene.activation, owed)
    yield from use_up(ctx, draft, scene.active, number, weighed, ends_of(contracts))
    plan = PlanChange(
        scene.stream, contract.id, asking.rule.to, number, decision, scene.active_hash, scene.activation,
        weighed.total.minor, scene.at, scene.at, "done", before.ref if given else "",
    )  # fmt: skip
    draft.insert(plan)
    draft.event("contract.changed", changed_said(case, plan, contracts[0], given, release.currency, draft.at))
    yield from commit(ctx, draft, contract.id)
    return Done(_view(scene, plan, given, subscription_view(contracts[0], scene.at)), decision_id=decision)


def _give_back(
    draft: Draft, case: Case, credits_: Sequence[Credit], before: Charge, order: Order, account: str, number: str
) -> None:
    """The parts of the last charge whose unused share goes into the new price: each is given back, for ever.

    account  that the new price comes from
    """
    contract, went = case.contract, 0
    for each in credits_:
        draft.insert(
            Refund(
                draft.stream, contract.id, before.n, each.unit, each.item, number, contract.order, contract.line,
                contract.product, each.paid, each.amount, "", order.at, before.settled_at or order.at, draft.at,
            )
        )  # fmt: skip
        draft.post(case.made.release.currency, each.amount, f"sales:{contract.product}", account)
        unearn(draft, case.made.release, case.channel, before, went, each.amount)
        went += each.amount


def _view(scene: Scene, plan: PlanChange, given: int, subscription: SubscriptionView) -> ChangeView:
    currency = scene.active.release.currency
    due = plan.amount - given if plan.state == "done" else 0
    return ChangeView(
        Money.of_minor(plan.amount, currency),
        Money.of_minor(given, currency),
        Money.of_minor(due, currency),
        moment(plan.due_at),
        subscription,
    )


# ---- with the next charge


def _plan(ctx: Context, asking: Asking) -> Verb[Done[ChangeView]]:
    """The next charge will be of the new product; what it uses up is taken now."""
    scene, case, weighed = asking.scene, asking.case, asking.weighed
    decision, number = new_id("dec", scene.at, ctx.random(10)), new_id("ord", scene.at, ctx.random(10))
    draft, charge = scene.draft(asking.writer, decision), case.charge
    assert charge is not None, "without a next charge nothing is planned"
    plan = PlanChange(
        scene.stream, case.contract.id, asking.rule.to, number, decision, scene.active_hash, scene.activation,
        weighed.total.minor, scene.at, end_of_paid(case.contract, scene.at), "planned",
    )  # fmt: skip
    draft.add(as_decided(scene))
    draft.insert(decided(decision, scene, weighed.verdict))
    scene.bind(draft, number)
    draft.insert(plan)
    yield from use_up(ctx, draft, scene.active, number, weighed, lambda _: None, asking.leaving)
    cost(draft, case, charge, plan.amount)
    said = {"contract": plan.contract, "product": case.contract.product, "to": plan.product}
    draft.event("change.planned", said | {"at": plan.due_at, "amount": plan.amount})
    yield from commit(ctx, draft, plan.contract)
    return Done(_view(scene, plan, 0, subscription_view(case.contract, scene.at, plan)), decision_id=decision)


def undo_change(
    ctx: Context, stream: str, number: str, key: str, writer: Writer
) -> Verb[Done[SubscriptionView] | Refused]:
    """Take a planned change back before it comes."""
    scene = yield from enter(ctx, stream, "undo_change", key, intent_of(number))
    case = yield from open_case(ctx, stream, number)
    plan = yield from planned(case.contract)
    if scene.bound is not None:
        return Done(subscription_view(case.contract, scene.at, plan), replayed=True)
    charge = case.charge
    if plan is None or charge is None or contract_state(case.contract, scene.at) == "ended":
        return Refused((Reason("no-change", case.contract.product),))
    if charge.attempt or charge.lease_until or charge.state != "due":
        return Refused((Reason("payment-due", case.contract.product),))
    draft = scene.draft(writer)
    yield from let_go(draft, case)
    scene.bind(draft, number)
    yield from commit(ctx, draft, number)
    return Done(subscription_view(case.contract, scene.at))


def _again(ctx: Context, scene: Scene, case: Case) -> Verb[Done[ChangeView] | No]:
    """A change that was asked for before, whatever was asked for since; the subscription is as it is now."""
    assert scene.bound is not None
    if scene.bound.refusal is not None:
        return refusal_again(scene.bound.refusal)
    contract = case.contract
    (plan,) = yield from ask(Get(PlanChange, (scene.stream, scene.bound.case)))
    given = 0
    if plan.state == "done":
        here: tuple[Where, ...] = (("stream", "=", scene.stream),)
        (contract,), parts = yield from ask(
            Find(Contract, (*here, ("order", "=", plan.order))), Find(Refund, (*here, ("contract", "=", contract.id)))
        )
        given = sum(each.amount for each in parts if each.id.startswith(CREDITED))
    shown = subscription_view(contract, scene.at, (yield from planned(contract)))
    return Done(_view(scene, plan, given, shown), replayed=True, decision_id=plan.decision)
