"""Quote and buy: lines and facts -> a price over time, and an order with everything it brings about."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from entitle.decision import Done, Line, NeedsFacts, OnAccount, Payment, Reason, Refused, Who
from entitle.errors import FactError, NotFound, UnknownName
from entitle.ir import Key as KeyType
from entitle.plan import Expect, Find, Get, Where
from entitle.records import Active, Contract, Decided, Grant, Order, OrderLine, OrderUnit
from entitle.release import STAGES, Product, Release, Stage
from entitle.runtime.decide import Verdict
from entitle.runtime.explain import reasons
from entitle.shop.codes import new_id
from entitle.shop.contracts import Deal, deal, open_contract
from entitle.shop.counting import stored, take
from entitle.shop.draft import Draft, commit
from entitle.shop.quote import Quote, agreed_total, quote_of
from entitle.shop.scene import SLOT, Scene, enter, intent_of, paid_text, refusal_again, refuse_money
from entitle.shop.verb import Context, Verb, Writer, ask, decider
from entitle.shop.views import OrderView, order_view
from entitle.values.money import MONEY_MAX, Money
from entitle.values.zone import Instant

Lines = str | Line | Sequence[Line]
Agreed = Quote | Money | str | None


@dataclass(frozen=True, slots=True)
class Weighed:
    """Every line's verdict, what the shop told, and the total of the first charges."""

    told: dict[str, object]
    verdicts: tuple[Verdict, ...]
    total: Money

    @property
    def stage(self) -> Stage | None:
        """The first stage, of all lines, that says no."""
        said = [verdict.stage for verdict in self.verdicts if verdict.stage]
        return min(said, key=STAGES.index) if said else None


def lines_of(what: Lines) -> tuple[Line, ...]:
    """The lines, those of one product added together. Raises FactError for quantities that cannot be."""
    lines = [Line(what)] if isinstance(what, str) else [what] if isinstance(what, Line) else list(what)
    if not lines:
        raise FactError("lines", "are empty: name what is bought")
    quantities: dict[str, int] = {}
    for line in lines:
        if not isinstance(line.quantity, int) or isinstance(line.quantity, bool) or line.quantity < 1:
            raise FactError("quantity", f"is a whole number from 1; I got {line.quantity!r}")
        quantities[line.product] = quantities.get(line.product, 0) + line.quantity
    return tuple(Line(product, quantity) for product, quantity in quantities.items())


def product_of(release: Release, name: str) -> Product:
    found = release.products.get(name)
    if found is None:
        raise UnknownName(f"no product is called `{name}`; there are {', '.join(sorted(release.products)) or 'none'}")
    return found


def told_by(ctx: Context, who: Who, release: Release) -> dict[str, object]:
    """The request's facts, opaque keys hashed: nothing below sees a device or an account number."""
    told = who.told()
    for name, value in told.items():
        declared = release.inputs.get(name)
        if declared is not None and isinstance(declared.type, KeyType) and isinstance(value, str) and value:
            told[name] = ctx.keys.digest("fact", f"{name}={value}")
    return told


def weigh(ctx: Context, scene: Scene, who: Who, lines: tuple[Line, ...]) -> Verb[Weighed | Refused]:
    """The verdict on every line."""
    release = scene.active.release
    told = told_by(ctx, who, release)
    verdicts: list[Verdict] = []
    for line in lines:
        product = product_of(release, line.product)
        lo, hi = product.sale.quantity
        if not lo <= line.quantity <= hi:
            return Refused((_quantity_reason(product, line.quantity),))
        counted = yield from stored(ctx, scene.active, product, who.customer, told, scene.at)
        verdicts.append(scene.active.decide(product, told, scene.at, line.quantity, counted))
    total = sum(each.segments[0].price * each.quantity for each in verdicts if each.segments)
    return Weighed(told, tuple(verdicts), Money.of_minor(min(total, MONEY_MAX), release.currency))


def _quantity_reason(product: Product, quantity: int) -> Reason:
    lo, hi = product.sale.quantity
    values = {"product": product.id, "range": f"{lo}..{hi}" if lo < hi else str(lo), "quantity": str(quantity)}
    return Reason("quantity", product.id, product.span.where if product.span else "", values)


def refusal(weighed: Weighed, scene: Scene) -> Refused | NeedsFacts | None:
    """The no of the first stage that has one, with all its reasons over all lines."""
    stage = weighed.stage
    speaking = [verdict for verdict in weighed.verdicts if verdict.stage == stage]
    if stage is None:
        return None
    because = tuple(each for verdict in speaking for each in reasons(verdict, scene.active.release, scene.at))
    if stage == "missing":
        return NeedsFacts(tuple(dict.fromkeys(name for verdict in speaking for name in verdict.missing)), because)
    return Refused(because)


def quote(ctx: Context, who: Who, what: Lines) -> Verb[Done[Quote] | Refused | NeedsFacts]:
    """The whole timeline of what it would cost and give, and until when that holds. Writes nothing."""
    lines = lines_of(what)
    scene = yield from enter(ctx, who.customer, "quote")
    weighed = yield from weigh(ctx, scene, who, lines)
    if isinstance(weighed, Refused):
        return weighed
    no = refusal(weighed, scene)
    return no or Done(quote_of(ctx, weighed.verdicts, weighed.total, scene))


def buy(
    ctx: Context, who: Who, what: Lines, key: str, agreed: Agreed, paid: Payment | OnAccount | None, writer: Writer
) -> Verb[Done[OrderView] | Refused | NeedsFacts]:
    """Decide, then write the order and all that follows from it as one plan."""
    lines = lines_of(what)
    intent = intent_of(who.customer, [[line.product, line.quantity] for line in lines], paid_text(paid))
    scene = yield from enter(ctx, who.customer, "buy", key, intent)
    if scene.bound is not None:
        return (yield from _again(ctx, scene))
    weighed = yield from weigh(ctx, scene, who, lines)
    no = weighed if isinstance(weighed, Refused) else refusal(weighed, scene)
    if no is None and isinstance(weighed, Weighed):
        no = money_refusal(ctx, weighed.total, agreed, paid)
        if no is None:
            return (yield from _sell(ctx, scene, who, weighed, paid, writer))
    if isinstance(no, Refused) and isinstance(paid, Payment) and paid.amount:
        owed = Refused(no.because, refund_due=paid.amount)
        yield from commit(refuse_money(scene, writer, owed, paid.ref), "")
        return owed
    assert no is not None
    return no


def money_refusal(ctx: Context, total: Money, agreed: Agreed, paid: Payment | OnAccount | None) -> Refused | None:
    """What is wrong with the money, if anything is."""
    expected = agreed_total(ctx, agreed)
    if expected is not None and expected != total:
        return Refused((Reason("price-changed", values={"total": str(total), "agreed": str(expected)}),))
    if isinstance(paid, Payment) and paid.amount != total:
        return Refused((Reason("paid-mismatch", values={"total": str(total), "paid": str(paid.amount)}),))
    if paid is None and total:
        return Refused((Reason("payment-needed", values={"total": str(total)}),))
    return None


def _sell(
    ctx: Context, scene: Scene, who: Who, weighed: Weighed, paid: Payment | OnAccount | None, writer: Writer
) -> Verb[Done[OrderView]]:
    decision, number = new_id("dec", scene.at, ctx.random(10)), new_id("ord", scene.at, ctx.random(10))
    release = scene.active.release
    draft = scene.draft(writer, decision)
    draft.add(Expect(Active, (SLOT,), {"release": scene.active_hash}))
    ref = paid.ref if isinstance(paid, Payment) else ""
    order = Order(
        scene.stream, number, decision, scene.active_hash, scene.at, weighed.total.minor, release.currency, ref,
        who.channel or "", writer.by, writer.why,
    )  # fmt: skip
    draft.insert(decided(decision, scene, weighed.verdicts), order)
    scene.bind(draft, number)
    lines: list[OrderLine] = []
    contracts: list[Contract] = []
    grants: list[Grant] = []
    for i, verdict in enumerate(weighed.verdicts):
        made = deal(release, verdict.product, scene.at, verdict.segments)
        lines.append(order_line(draft, number, i, verdict, made))
        contract, given = open_contract(ctx, draft, made, number, i, verdict.quantity, verdict.gives, scene.active_hash)
        contracts.append(contract)
        grants += given
        for counter in verdict.uses:
            draft.effects += take(
                counter, scene.active, verdict.product, number, i, verdict.quantity, who.customer, weighed.told,
                scene.at, contract.ends_at,
            )  # fmt: skip
    view = order_view(order, lines, contracts, grants, release, scene.at)
    draft.event("order.placed", order_said(order, lines))
    yield from commit(draft, number)
    return Done(view, decision_id=decision)


def order_line(draft: Draft, order: str, number: int, verdict: Verdict, made: Deal) -> OrderLine:
    """The line with what was paid for each of its units."""
    price = made.period(1).price
    line = OrderLine(
        draft.stream, order, number, verdict.product.id, verdict.quantity, price * verdict.quantity, draft.at
    )
    draft.insert(line, *(OrderUnit(draft.stream, order, number, unit, price) for unit in range(verdict.quantity)))
    return line


def order_said(order: Order, lines: list[OrderLine]) -> dict[str, object]:
    """An order as events tell it."""
    return {
        "order": order.id,
        "total": order.total,
        "currency": order.currency,
        "ref": order.paid_ref,
        "lines": [{"product": each.product, "quantity": each.quantity, "amount": each.amount} for each in lines],
    }


def decided(id_: str, scene: Scene, verdicts: tuple[Verdict, ...]) -> Decided:
    """The decision as it is stored: facts and answers, line by line; with the release they replay to the same."""
    facts = [[each.product.id, each.quantity, dict(each.facts)] for each in verdicts]
    answers = [answer_of(each) for each in verdicts]
    products = ",".join(each.product.id for each in verdicts)
    return Decided(
        scene.stream, id_, scene.at, scene.verb, scene.active_hash, products, json.dumps(facts), json.dumps(answers)
    )


def answer_of(verdict: Verdict) -> dict[str, object]:
    """A verdict as stored and compared on replay."""
    return {
        "stage": verdict.stage,
        "rules": [rule.id for rule in verdict.rules],
        "segments": [[each.phase, each.count, each.price] for each in verdict.segments],
        "gives": [item.id for item in verdict.gives],
        "uses": [counter.name for counter in verdict.uses],
    }


def _again(ctx: Context, scene: Scene) -> Verb[Done[OrderView] | Refused]:
    """The present outcome of a case that was decided before."""
    assert scene.bound is not None
    if scene.bound.refusal is not None:
        return refusal_again(scene.bound.refusal)
    view, decision = yield from load_order(ctx, scene.stream, scene.bound.case, scene.at)
    return Done(view, replayed=True, decision_id=decision)


def load_order(ctx: Context, stream: str, number: str, at: Instant) -> Verb[tuple[OrderView, str]]:
    """An order with what came of it, as of an instant. Raises NotFound."""
    here: tuple[Where, ...] = (("stream", "=", stream), ("order", "=", number))
    order, lines, contracts, grants = yield from ask(
        Get(Order, (stream, number)),
        Find(OrderLine, here, ("line",)),
        Find(Contract, here, ("line",)),
        Find(Grant, here, ("line", "granted_at", "id")),
    )
    if order is None:
        raise NotFound(f"there is no order {number}")
    ready = yield from decider(ctx, order.release)
    return order_view(order, lines, contracts, grants, ready.release, at), order.decision
