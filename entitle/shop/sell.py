"""Buy: lines and facts -> a price over time, and an order with everything it brings about."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from entitle.decision import Blocked, Done, Line, NeedsFacts, No, OnAccount, Payment, Reason, Refused, Review, Who
from entitle.errors import FactError, UnknownName
from entitle.ir import Value
from entitle.messages import Words
from entitle.plan import Expect, Within
from entitle.records import Active, Contract, Grant, Order, OrderLine, OrderUnit, Use
from entitle.release import Product, Release, Rule
from entitle.runtime.decide import Decider, OrderVerdict, Verdict
from entitle.runtime.encode import Told
from entitle.runtime.explain import reasons
from entitle.runtime.presented import Codes, code_inputs, codes_of
from entitle.runtime.pricing import Asked, OrderFacts
from entitle.runtime.stretches import Used
from entitle.runtime.together import drawn
from entitle.shop.codes import new_id
from entitle.shop.commission import channel_of
from entitle.shop.contracts import Deal, deal, open_contract
from entitle.shop.counting import NOTHING, Leaving, begins_at, counted_back, looks_back, place_of, stored
from entitle.shop.decided import decided
from entitle.shop.draft import Draft, commit
from entitle.shop.gates import guarded, passed_inputs
from entitle.shop.moves import follower
from entitle.shop.orders import load_order
from entitle.shop.parts import UNSEEN, Divisible, of_count, point, rows, rows_of, take
from entitle.shop.quote import Agreed, agreed_total
from entitle.shop.review import keep_money, put_off, standing
from entitle.shop.room import take_from
from entitle.shop.scene import (
    SLOT,
    Scene,
    came_with,
    check_paid,
    enter,
    intent_of,
    paid_text,
    refusal_again,
    refuse_money,
)
from entitle.shop.sightings import sold
from entitle.shop.stock import draw
from entitle.shop.told import told_by
from entitle.shop.verb import Context, Verb, Writer, ask
from entitle.shop.views import OrderView, order_view
from entitle.values.money import MONEY_MAX, Money, amount_text
from entitle.values.zone import Instant

Lines = str | Line | Sequence[str | Line]


@dataclass(frozen=True, slots=True)
class Weighed:
    """The verdict on all lines, what the shop told, the total of the first charges, and when each line begins.

    scattered  the counters whose own row does not tell what counts
    """

    told: dict[str, object]
    verdict: OrderVerdict
    total: Money
    begins: tuple[Instant, ...]
    scattered: frozenset[str]


def lines_of(what: Lines) -> tuple[Line, ...]:
    """The lines, those of one product added together. Raises FactError for quantities that cannot be."""
    several = [what] if isinstance(what, str | Line) else list(what)
    lines = [Line(each) if isinstance(each, str) else each for each in several]
    if not lines:
        raise FactError("lines", "are empty: name what is bought")
    quantities: dict[str, int] = {}
    for line in lines:
        if line.quantity < 1:
            raise FactError("quantity", f"is a whole number from 1; I got {line.quantity!r}")
        quantities[line.product] = quantities.get(line.product, 0) + line.quantity
    return tuple(Line(product, quantity) for product, quantity in quantities.items())


def buy_intent(who: Who, lines: tuple[Line, ...], codes: tuple[str, ...], paid: Payment | OnAccount | None) -> str:
    """Who, what, codes and money; what names no code is the same as ever."""
    what = sorted([line.product, line.quantity] for line in lines)
    return intent_of(who.customer, what, paid_text(paid), *([sorted(codes)] if codes else []))


def order_reasons(verdict: OrderVerdict, release: Release) -> tuple[Reason, ...]:
    """What is wrong with the order beside its lines: its codes, or what all lines together take of a pool."""
    if verdict.stage == "price":
        return tuple(_code_reason(rule, release) for rule in verdict.codes)
    said = {rule.id for line in verdict.lines for rule in line.rules}
    short = verdict.short if verdict.stage == "stock" else ()
    return tuple(pool_reason(rule, release) for rule in short if rule.id not in said)


def _code_reason(rule: Rule, release: Release) -> Reason:
    """What is wrong with a code, with the words that its promotion has for it."""
    promotion = release.by_code.get(rule.id)
    say = promotion.say if promotion is not None and promotion.say is not None else Words("", "")
    return Reason(rule.code, rule.id, rule.span.where if rule.span else "", {"say": say})


def pool_reason(rule: Rule, release: Release) -> Reason:
    """A pool that holds too little for all lines together."""
    span = release.pools[rule.id].span
    return Reason(rule.code, rule.id, span.where if span else "")


def product_of(release: Release, name: str) -> Product:
    found = release.products.get(name)
    if found is None:
        raise UnknownName.among(Words("product", "商品"), name, release.products)
    return found


def weigh(
    ctx: Context,
    scene: Scene,
    who: Who,
    lines: tuple[Line, ...],
    codes: tuple[str, ...],
    cleared: Mapping[str, Value],
    leaving: Leaving = NOTHING,
    until: Instant | None = None,
) -> Verb[Weighed | Refused]:
    """The verdict on every line.

    cleared  as programs see them the challenges that were passed, and the guards whose review was approved
    leaving  what is given up for them
    until    the instant until which what is taken of pools must be good
    """
    ready, release = scene.active, scene.active.release
    told = told_by(ctx, who, release)
    presented = {**cleared, **code_inputs(release, codes)}
    asked: list[Asked] = []
    begins: list[Instant] = []
    scattered: frozenset[str] = frozenset()
    for line in lines:
        product = product_of(release, line.product)
        if (no := quantity_refusal(product, line.quantity)) is not None:
            return Refused((no,))
        counted = yield from stored(ctx, ready, product, who.customer, told, scene.at, leaving, until)
        facts = ready.facts(product, told, scene.at, line.quantity, presented | counted.values)
        scattered |= counted.scattered
        asked.append(Asked(product, line.quantity, facts))
        begins.append((yield from begins_at(product, who.customer, scene.at)))
    of_steps = dict(presented)
    for step in release.order_steps:
        counted = yield from stored(ctx, ready, step, who.customer, told, scene.at)
        of_steps |= counted.values
        scattered |= counted.scattered
    verdict = ready.replay(OrderFacts(tuple(asked), ready.order_facts(told, scene.at, of_steps), codes))
    total = verdict.priced.total if verdict.priced else 0
    if total > MONEY_MAX:
        raise FactError("lines", f"come to more than {amount_text(MONEY_MAX, release.currency)}: make several orders")
    return Weighed(told, verdict, Money.of_minor(total, release.currency), tuple(begins), scattered)


def quantity_refusal(product: Product, quantity: int) -> Reason | None:
    """Why so many units are not sold together, if they are not."""
    lo, hi = product.sale.quantity
    if lo <= quantity <= hi:
        return None
    values = {"product": product.id, "range": f"{lo}..{hi}" if lo < hi else str(lo), "quantity": str(quantity)}
    return Reason("quantity", product.id, product.span.where if product.span else "", values)


def refusal(weighed: Weighed, scene: Scene) -> No | None:
    """The no of the first stage that has one, with all its reasons over all lines."""
    verdict = weighed.verdict
    stage, release = verdict.stage, scene.active.release
    if stage is None:
        return None
    speaking = [line for line in verdict.lines if line.stage == stage]
    if stage == "guards":
        return guarded(speaking[0].rules, release)
    because = tuple(each for line in speaking for each in reasons(line, release, scene.at))
    because += order_reasons(verdict, release)
    if stage == "missing":
        return NeedsFacts(tuple(dict.fromkeys(name for line in speaking for name in line.missing)), because)
    return Refused(because)


def buy(
    ctx: Context,
    who: Who,
    what: Lines,
    codes: Codes,
    passed: Sequence[str],
    key: str,
    agreed: Agreed,
    paid: Payment | OnAccount | None,
    writer: Writer,
) -> Verb[Done[OrderView] | No]:
    """Decide, then write the order and all that follows from it as one plan. Raises FactError."""
    check_paid(paid)
    lines, presented = lines_of(what), codes_of(codes)
    intents = [buy_intent(who, lines, presented, money) for money in (paid, None)]
    scene = yield from enter(ctx, who.customer, "buy", key, intents[0], paid, intents[1])
    if scene.bound is not None:
        return (yield from _again(ctx, scene))
    if (used := scene.used_before()) is not None:
        return used
    stood = yield from standing(ctx, scene)
    if stood.no is not None:
        return (yield from decline(ctx, scene, stood.no, None, paid, writer))
    weighed = yield from weigh(ctx, scene, who, lines, presented, {**passed_inputs(passed), **stood.inputs})
    no = weighed if isinstance(weighed, Refused) else refusal(weighed, scene)
    if no is None and isinstance(weighed, Weighed):
        no = money_refusal(weighed.total, agreed_total(ctx, agreed, who.customer, lines), paid)
        if no is None:
            return (yield from _sell(ctx, scene, who, weighed, paid, writer))
    assert no is not None
    return (yield from decline(ctx, scene, no, weighed.verdict if isinstance(weighed, Weighed) else None, paid, writer))


def decline(
    ctx: Context, scene: Scene, no: No, verdict: OrderVerdict | None, paid: Payment | OnAccount | None, writer: Writer
) -> Verb[No]:
    """The no; what it asks people to look at, and what money must go back, is written."""
    if isinstance(no, Review) and verdict is not None:
        bought = ", ".join(f"{line.product.id} × {line.quantity}" for line in verdict.lines)
        return (yield from put_off(ctx, scene, writer, no, "purchase", bought, verdict, paid))
    if isinstance(no, Review):
        yield from keep_money(ctx, scene, writer, no.id, paid)
    if not isinstance(no, Refused | Blocked) or not isinstance(paid, Payment) or not paid.amount:
        return no
    if scene.used is not None and scene.used.case == "":  # it was told when its review was refused
        return replace(no, refund_due=came_with(scene.reviews)[paid.ref])
    decision = new_id("dec", scene.at, ctx.random(10)) if verdict is not None else ""
    owed = replace(no, refund_due=paid.amount, decision_id=decision)
    draft = refuse_money(scene, writer, owed, paid.ref, decision)
    if verdict is not None:
        draft.insert(decided(decision, scene, verdict))
    yield from commit(ctx, draft, "")
    return owed


def price_refusal(total: Money, agreed: Money | None) -> Refused | None:
    if agreed is None or agreed == total:
        return None
    return Refused((Reason("price-changed", values={"total": str(total), "agreed": str(agreed)}),))


def money_refusal(total: Money, agreed: Money | None, paid: Payment | OnAccount | None) -> Refused | None:
    """What is wrong with the money, if anything is."""
    if (no := price_refusal(total, agreed)) is not None:
        return no
    if isinstance(paid, Payment) and paid.amount != total:
        return Refused((Reason("paid-mismatch", values={"total": str(total), "paid": str(paid.amount)}),))
    if paid is None and total:
        return Refused((Reason("payment-needed", values={"total": str(total)}),))
    return None


def _sell(
    ctx: Context, scene: Scene, who: Who, weighed: Weighed, paid: Payment | OnAccount | None, writer: Writer
) -> Verb[Done[OrderView]]:
    decision, number = new_id("dec", scene.at, ctx.random(10)), new_id("ord", scene.at, ctx.random(10))
    release, verdict = scene.active.release, weighed.verdict
    draft = scene.draft(writer, decision)
    draft.add(as_decided(scene))
    ref = paid.ref if isinstance(paid, Payment) else ""
    order = Order(
        scene.stream, number, decision, scene.active_hash, scene.at, weighed.total.minor, release.currency, ref,
        channel_of(weighed.told, release), writer.by,
    )  # fmt: skip
    draft.insert(decided(decision, scene, verdict))
    scene.bind(draft, number)
    made = [
        deal(release, line.product, begins, line.segments)
        for line, begins in zip(verdict.lines, weighed.begins, strict=True)
    ]
    owed = not isinstance(paid, Payment | None)
    contracts, view = yield from place(ctx, draft, order, verdict, made, weighed.told, scene.activation, owed)
    yield from use_up(ctx, draft, scene.active, number, weighed, ends_of(contracts))
    yield from commit(ctx, draft, number)
    return Done(view, decision_id=decision)


def as_decided(scene: Scene) -> Expect:
    """The guard that what was decided by the active release is still decided by it."""
    return Expect(Active, (SLOT,), {"release": scene.active_hash, "since": scene.activation})


def place(
    ctx: Context,
    draft: Draft,
    order: Order,
    verdict: OrderVerdict,
    made: Sequence[Deal],
    told: Told,
    activation: int,
    owed: bool,
    kept: bool = False,
) -> Verb[tuple[list[Contract], OrderView]]:
    """Write an order that nothing speaks against, and all that follows from it but what it uses up.

    made  the deal of each line; `owed`: the money is to come, by agreement; `kept`: a hold has taken its stock
    """
    release = made[0].release
    yield from draw(ctx, draft, release, drawn(verdict.lines), order.id if kept else "")
    draft.insert(order)
    lines: list[OrderLine] = []
    contracts: list[Contract] = []
    grants: list[Grant] = []
    for i, line in enumerate(verdict.lines):
        lines.append(order_line(draft, order.id, i, line))
        contract, given = open_contract(ctx, draft, made[i], order, i, line, not owed)
        draft.insert(*follower(contract, made[i], activation))
        draft.effects += sold(release, told, draft, lines[-1], contract, given)
        contracts.append(contract)
        grants += given
    logged = sorted({guard for line in verdict.lines for guard in line.logged})
    draft.event("order.placed", order_said(order, lines) | ({"logged": logged} if logged else {}))
    return contracts, order_view(order, lines, contracts, grants, release, draft.at)


Ends = Callable[[Used], Instant | None]  # when a use stops to count by itself


def ends_of(contracts: Sequence[Contract]) -> Ends:
    """What counts contracts that run counts them to their end."""
    return lambda use: contracts[use.line].ends_at if use.counter.of == "running" else None


def use_up(
    ctx: Context, draft: Draft, ready: Decider, number: str, weighed: Weighed, ends: Ends, later: Leaving = NOTHING
) -> Verb[None]:
    """What an order uses of limits, offers and `once_per`, each guarded by its bound.

    later  what is given up for it only when it begins: until then that counts, and what it uses of the same does not
    """
    asked: dict[Divisible, Used] = {}
    units: Counter[Divisible] = Counter()
    for use in weighed.verdict.uses:
        counter, product = use.counter, weighed.verdict.lines[use.line].product
        key = place_of(counter, product, ready, draft.stream, weighed.told, draft.at)
        waits = key[:2] in later
        if not looks_back(counter):
            of = of_count(key, counter.max)
            asked[of], units[of] = use, units[of] + use.units
        elif not waits:
            draft.add(Within(counted_back(counter, key[0], draft.at), use.units, counter.max))
        until = draft.at if waits else ends(use)
        draft.insert(Use(key[0], number, use.line, key[1], key[2], use.units, draft.at, until))
    closer = [of for of, use in asked.items() if use.counter.hot or use.counter.name in weighed.scattered]
    found = iter((yield from ask(*(read for of in closer for read in rows_of(of)))) if closer else ())
    for of, use in asked.items():
        if of in closer:
            there = rows(of, next(found), next(found))
            yield from take_from(draft, of, there, units[of], point=point(ctx, use.counter.hot))
        else:
            draft.effects += take(of, UNSEEN, units[of])


def order_line(draft: Draft, order: str, number: int, verdict: Verdict) -> OrderLine:
    """The line with what was paid for each of its units."""
    first = verdict.segments[0]
    line = OrderLine(draft.stream, order, number, verdict.product.id, verdict.quantity, first.amount, draft.at)
    paid = [amount for amount, count in first.units for _ in range(count)]
    draft.insert(line, *(OrderUnit(draft.stream, order, number, unit, amount) for unit, amount in enumerate(paid)))
    return line


def order_said(order: Order, lines: list[OrderLine]) -> dict[str, object]:
    """An order as events tell it."""
    return {
        "order": order.id,
        "release": order.release,
        "total": order.total,
        "currency": order.currency,
        "ref": order.paid_ref,
        "lines": [{"product": each.product, "quantity": each.quantity, "amount": each.amount} for each in lines],
    }


def _again(ctx: Context, scene: Scene) -> Verb[Done[OrderView] | Refused | Blocked]:
    """The present outcome of a case that was decided before."""
    assert scene.bound is not None
    if scene.bound.refusal is not None:
        return refusal_again(scene.bound.refusal)
    view, decision = yield from load_order(ctx, scene.stream, scene.bound.case, scene.at)
    return Done(view, replayed=True, decision_id=decision)
