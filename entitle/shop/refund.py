"""Refund: parts of what was paid go back, and what they paid for leaves the customer's hands.

A part is what one unit paid in one charge for one item of `gives`. Each goes back once, for ever: its row is the guard.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from entitle.contract_records import PlanChange
from entitle.decision import Done, Reason, Refused
from entitle.declarations import RefundRule
from entitle.errors import FactError, NotFound, UnknownName
from entitle.messages import Words
from entitle.plan import Find, Get, Where
from entitle.records import Charge, Contract, Grant, Order, OrderLine, Redemption, Refund
from entitle.runtime.explain import moment
from entitle.runtime.usage import Usage, given_back, issues, split
from entitle.shop.codes import new_id
from entitle.shop.commission import unearn
from entitle.shop.contracts import Deal
from entitle.shop.draft import Draft, commit
from entitle.shop.planned import let_go
from entitle.shop.refunded import close_contract, give_back
from entitle.shop.renew import Case, open_case
from entitle.shop.revoke import take_back
from entitle.shop.scene import Scene, enter, intent_of
from entitle.shop.sightings import forget
from entitle.shop.verb import Context, Verb, Writer, ask
from entitle.values.civil import deadline, told_text
from entitle.values.money import Money
from entitle.values.zone import Instant

Lines = Mapping[str, int | None]  # product to units; None: all that is left


@dataclass(frozen=True, slots=True)
class RefundedPart:
    """What went back of one unit's item of one charge."""

    product: str
    charge: int
    unit: int
    item: str
    paid: Money
    amount: Money


@dataclass(frozen=True, slots=True)
class RefundView:
    """Money that goes back. `amount` is the sum of the parts."""

    id: str
    customer: str
    order: str
    amount: Money
    at: datetime
    parts: tuple[RefundedPart, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One part that was not given back yet, how much of it is used, and until when it can be given back."""

    charge: Charge
    unit: int
    item: str
    paid: int
    used: Fraction
    until: Instant


@dataclass(frozen=True, slots=True)
class Sold:
    """A line of the order, all that came of it, and what can still be given back."""

    line: OrderLine
    case: Case
    rule: RefundRule | None
    open: tuple[Part, ...]

    @property
    def whole_only(self) -> bool:
        """What renews goes back whole: nobody pays on for a part of it."""
        return self.case.made.product.subscription is not None


def refund(
    ctx: Context, stream: str, number: str, lines: Lines | None, some: Sequence[str] | None, key: str, writer: Writer
) -> Verb[Done[RefundView] | Refused]:
    """Give back an order, or some units of its lines (by product), or some items of them.

    some  the items; None for all

    Raises NotFound, FactError for what names nothing and quantities that cannot be, UnknownName for an item that the
    product does not give.
    """
    if lines is not None and not lines:
        raise FactError("lines", f"map products to how many units of them, or are left out; I got {lines!r}")
    if some is not None and not some:
        raise FactError("items", f"name what is given back, or are left out; I got {some!r}")
    items = tuple(some or ())
    intent = intent_of(number, sorted(lines.items()) if lines is not None else None, sorted(items))
    scene = yield from enter(ctx, stream, "refund", key, intent)
    here: tuple[Where, ...] = (("stream", "=", stream), ("order", "=", number))
    order, rows, back = yield from ask(
        Get(Order, (stream, number)), Find(OrderLine, here, ("line",)), Find(Refund, here)
    )
    if order is None:
        raise NotFound(Words(f"{stream} has no order {number}", f"{stream} 没有订单 {number}"))
    if scene.bound is not None:
        case = scene.bound.case
        return Done(refund_view(case, order, [each for each in back if each.id == case]), replayed=True)
    sold = []
    for row in _named(rows, lines):
        sold.append((yield from _sold(ctx, scene, row, back)))
    chosen = [_chosen(each, lines, items, scene.at) for each in sold]
    refusals = [each for each in chosen if isinstance(each, Reason)]
    passed_over = lines is None and not items and any(isinstance(each, tuple) for each in chosen)
    if passed_over:  # of a whole order, lines that went back before are no obstacle
        refusals = [each for each in refusals if each.code != "already-refunded"]
    if refusals:
        return Refused(tuple(refusals))
    parts = [
        (each, part) for each, found in zip(sold, chosen, strict=True) if isinstance(found, tuple) for part in found
    ]
    return (yield from _give(ctx, scene, order, rows, back, parts, writer))


def _named(rows: Sequence[OrderLine], lines: Lines | None) -> list[OrderLine]:
    """The lines that are asked for."""
    bought = {row.product: row for row in rows}
    for product, units in (lines or {}).items():
        if product not in bought:
            there = sorted(bought)
            raise NotFound(
                Words(
                    f"the order has no `{product}`; it has {', '.join(there)}",
                    f"订单中没有 `{product}`；已有：{'、'.join(there)}",
                )
            )
        if units is None:
            continue
        if not 1 <= units <= bought[product].quantity:
            raise FactError("lines", f"hold from 1 to {bought[product].quantity} of `{product}`; I got {units!r}")
    return [row for row in rows if lines is None or row.product in lines]


def _sold(ctx: Context, scene: Scene, row: OrderLine, back: Sequence[Refund]) -> Verb[Sold]:
    here: tuple[Where, ...] = (("stream", "=", scene.stream), ("order", "=", row.order), ("line", "=", row.line))
    ((contract,),) = yield from ask(Find(Contract, here))
    of_contract: tuple[Where, ...] = (("stream", "=", scene.stream), ("contract", "=", contract.id))
    case = yield from open_case(ctx, scene.stream, contract.id)
    (charges,) = yield from ask(Find(Charge, (*of_contract, ("state", "=", "paid")), ("n",)))
    quotas = [grant for grant in case.grants if grant.kind == "quota"]
    spendings = yield from ask(
        *(Find(Redemption, (("stream", "=", scene.stream), ("grant", "=", grant.id))) for grant in quotas)
    )
    gone = {(each.charge, each.unit, each.item) for each in back if each.contract == contract.id}
    made = case.made
    usage = Usage(
        made.product,
        made.release.benefits,
        made.timeline,
        case.grants,
        [each for rows in spendings for each in rows],
        scene.at,
    )
    rule = made.product.refund
    parts = [] if rule is None else [part for charge in charges for part in _parts(case, rule, usage, charge)]
    still = tuple(part for part in parts if (part.charge.n, part.unit, part.item) not in gone)
    return Sold(row, case, rule, still)


def _parts(case: Case, rule: RefundRule, usage: Usage, charge: Charge) -> list[Part]:
    """What a charge paid, part by part."""
    made, settled = case.made, charge.settled_at
    assert settled is not None, "a paid charge is settled"
    period = made.period(charge.n)
    until = deadline(made.release.zone, settled, rule.within)
    items = {item.id: item for item in made.product.gives}
    return [
        Part(
            charge,
            unit,
            item,
            paid,
            usage.of(items[item], unit, period) if item else usage.of_unit(unit, period),
            until,
        )
        for unit, whole in enumerate(period.by_unit)
        for item, paid in split(whole, made.product).items()
    ]


def _chosen(sold: Sold, lines: Lines | None, items: Collection[str], at: Instant) -> tuple[Part, ...] | Reason:
    """The parts of a line that go back, or why they do not."""
    product, quantity = sold.case.made.product, sold.line.quantity
    units = None if lines is None else lines[product.id]
    for item in items:
        if item not in {each.id for each in product.gives}:
            raise UnknownName(Words(f"`{product.id}` gives no `{item}`", f"`{product.id}` 不发放 `{item}`"))
    partly = bool(items) or (units is not None and units < quantity)
    if (never := _never(sold, partly, bool(items))) is not None:
        return Reason("not-refundable", product.id, values={"change": never})
    assert sold.rule is not None, "else it is never refunded"
    parts = [part for part in sold.open if not items or part.item in items]
    in_time = [part for part in parts if at < part.until]
    if parts and not in_time:
        until = told_text(sold.case.made.release.zone, max(part.until for part in parts))
        return Reason("refund-expired", product.id, values={"until": until})
    least_used = _least_used(in_time)
    if not least_used or (units is not None and len(least_used) < units):
        return Reason("already-refunded", product.id)
    chosen = tuple(part for part in in_time if part.unit in least_used[:units])
    used = [part for part in chosen if part.used]
    backs = [given_back(part.paid, part.used, sold.rule.if_used) for part in chosen]
    nothing_left = any(part.paid for part in chosen) and not any(backs)
    if used and (sold.rule.if_used == "no_refund" or nothing_left):
        return Reason("used", used[0].item or product.id)
    return chosen


def _never(sold: Sold, partly: bool, by_item: bool) -> Words | None:
    """Why this never goes back, as a reason goes on to say; None where it may."""
    if sold.rule is None:
        return Words("", "")
    if partly and sold.whole_only:
        return Words("; what renews goes back whole", "；续期的商品只能整份退款")
    if by_item and any(each.item == "" for each in sold.open):
        return Words("; its items have no shares, so none goes back alone", "；各权益项没有分摊比例，不能单独退款")
    return None


def _least_used(parts: Sequence[Part]) -> list[int]:
    """The units of the parts, the least used first."""
    used: dict[int, Fraction] = {}
    for part in parts:
        used[part.unit] = used.get(part.unit, Fraction(0)) + part.used
    return sorted(used, key=lambda unit: (used[unit], unit))


def _give(
    ctx: Context,
    scene: Scene,
    order: Order,
    lines: Sequence[OrderLine],
    back: Sequence[Refund],
    parts: Sequence[tuple[Sold, Part]],
    writer: Writer,
) -> Verb[Done[RefundView]]:
    """Write it: the parts, the money, what is revoked, what can be used again, which contracts are over."""
    draft, number = scene.draft(writer), new_id("ref", scene.at, ctx.random(10))
    lasts = _lasts(order, lines, back, parts)
    rows = [_row(number, order, sold, part, last, scene.at) for (sold, part), last in zip(parts, lasts, strict=True)]
    scene.bind(draft, number)
    for (_, part), row in zip(parts, rows, strict=True):
        draft.insert(row)
        owed = not part.charge.ref and bool(part.charge.amount)
        draft.post(order.currency, row.amount, f"sales:{row.product}", "receivable" if owed else "payer")
    view = refund_view(number, order, rows)
    said = _unearned(draft, order, back, parts, rows)
    (change,) = yield from ask(Get(PlanChange, (scene.stream, order.id)))
    credited = [change.ref] if change is not None and change.ref else []  # the payment that it made a part of this one
    refs = [*credited, *(part.charge.ref for _, part in parts)]
    draft.event("order.refunded", refund_said(order, view, refs) | said)
    for sold in {sold.line.line: sold for sold, _ in parts}.values():
        yield from _after(draft, sold, [row for row in rows if row.line == sold.line.line])
    yield from commit(ctx, draft, number)
    return Done(view)


def _unearned(
    draft: Draft, order: Order, back: Sequence[Refund], parts: Sequence[tuple[Sold, Part]], rows: Sequence[Refund]
) -> dict[str, object]:
    """The order's channel owes its part of what goes back. What an event says of that."""
    went: Counter[tuple[str, int]] = Counter()
    for row in back:
        went[row.contract, row.charge] += row.amount
    owed = 0
    for (sold, part), row in zip(parts, rows, strict=True):
        before, release = went[row.contract, row.charge], sold.case.made.release
        owed += unearn(draft, release, order.channel, part.charge, before, row.amount)
        went[row.contract, row.charge] += row.amount
    return {"channel": order.channel, "commission": owed} if owed else {}


def _after(draft: Draft, sold: Sold, rows: Sequence[Refund]) -> Verb[None]:
    """What a refund does to the line that it is of."""
    for grant in sold.case.grants:
        if any(_paid_for(sold.case.made, row, grant) for row in rows):
            yield from take_back(draft, grant)
    left = {(p.charge.n, p.unit, p.item) for p in sold.open} - {(row.charge, row.unit, row.item) for row in rows}
    over = not any(charge == sold.case.contract.paid for charge, _, _ in left)
    if over:
        close_contract(draft, (yield from let_go(draft, sold.case)))
        yield from forget(draft, sold.case.contract.id)
    if any(row.last == "order" for row in rows):
        yield from forget(draft, sold.case.contract.order)
    assert sold.rule is not None, "it is refunded by a rule"
    whole_units = {row.unit for row in rows} - {unit for _, unit, _ in left}
    yield from give_back(draft, sold.case, sold.rule, len(whole_units), over)


def _paid_for(made: Deal, row: Refund, grant: Grant) -> bool:
    """Did this part pay for the grant? What is held while time is paid goes with the time that was paid last."""
    if row.unit != grant.unit or row.item not in ("", grant.item):
        return False
    item = next(each for each in made.product.gives if each.id == grant.item)
    return item.paid_time or grant.n in issues(item, made.timeline, made.period(row.charge))


def _lasts(
    order: Order, lines: Sequence[OrderLine], back: Sequence[Refund], parts: Sequence[tuple[Sold, Part]]
) -> list[str]:
    """After each part: what has nothing left."""
    left = {(sold.line.line, p.charge.n, p.unit, p.item) for sold, _ in parts for p in sold.open}
    over_before = {each.line for each in back if each.last in ("line", "order")}
    others = {line.line for line in lines} - over_before
    found = []
    for sold, part in parts:
        line, charge = sold.line.line, part.charge.n
        left.discard((line, charge, part.unit, part.item))
        if any(each[:2] == (line, charge) for each in left):
            found.append("")
        elif any(each[0] == line for each in left):
            found.append("charge")
        else:
            others.discard(line)
            found.append("line" if others else "order")
    return found


def _row(number: str, order: Order, sold: Sold, part: Part, last: str, at: Instant) -> Refund:
    assert sold.rule is not None
    assert part.charge.settled_at is not None
    return Refund(
        order.stream, part.charge.contract, part.charge.n, part.unit, part.item, number, order.id, sold.line.line,
        sold.line.product, part.paid, given_back(part.paid, part.used, sold.rule.if_used), last, order.at,
        part.charge.settled_at, at,
    )  # fmt: skip


def refund_view(number: str, order: Order, rows: Sequence[Refund]) -> RefundView:
    def money(minor: int) -> Money:
        return Money.of_minor(minor, order.currency)

    parts = tuple(
        RefundedPart(row.product, row.charge, row.unit, row.item, money(row.paid), money(row.amount))
        for row in sorted(rows, key=lambda row: (row.line, row.charge, row.unit, row.item))
    )
    total = money(sum(row.amount for row in rows))
    return RefundView(number, order.stream, order.id, total, moment(rows[0].at), parts)


def refund_said(order: Order, view: RefundView, refs: Sequence[str]) -> dict[str, object]:
    """A refund as events tell it: how much goes back to which payment."""
    return {
        "refund": view.id,
        "release": order.release,
        "order": order.id,
        "amount": view.amount.minor,
        "currency": order.currency,
        "refs": sorted(set(refs)),
        "parts": [[p.product, p.charge, p.unit, p.item, p.paid.minor, p.amount.minor] for p in view.parts],
    }
