"""Product documents -> products: the sale, the phases, what is given, the limits, and the program of it all."""

from collections.abc import Callable, Sequence
from functools import partial

from entitle.dsl.benefits import between
from entitle.dsl.book import Book
from entitle.dsl.counters import Making, limits, shared_once
from entitle.dsl.gives import items
from entitle.dsl.guards import Watch, speak
from entitle.dsl.offers import COMBINATIONS_MAX, Offers, combinations
from entitle.dsl.phases import phases, subscription
from entitle.dsl.plans import plans_of
from entitle.dsl.prices import Priced, check_floor, check_rows, floor, let_in
from entitle.dsl.product_documents import ProductDoc
from entitle.dsl.programs import Building, Counted, Gift, Phased, Recipe, Staged, program
from entitle.dsl.promotions import Offered
from entitle.dsl.refund_rules import refund_rule
from entitle.dsl.room import has_room
from entitle.dsl.stock import draws, sold_out
from entitle.ir import Node
from entitle.messages import Words
from entitle.release import Product, Rule, Sale
from entitle.source import Span


def product(
    id_: str,
    key: Span,
    document: ProductDoc,
    book: Book,
    offered: Sequence[Offered],
    channel_floors: Priced | None,
    watches: Sequence[Watch],
) -> Product | None:
    """The product, or None where a flaw, told of, leaves nothing to build on.

    offered         the promotions of all products
    channel_floors  the floors of channels, for products that say none
    watches         the guards of all gates
    """
    before = book.errors
    making = Making(id_, key, document, book)
    for each in watches:
        if "purchase" in each.guard.gates:
            making.keys |= each.keys
    made = _made(making, offered, channel_floors, watches)
    return made if book.errors == before else None


def _made(
    making: Making, offered: Sequence[Offered], channel_floors: Priced | None, watches: Sequence[Watch]
) -> Product | None:
    document, book = making.document, making.book
    sale = _sale(making)
    eligible = making.condition(document.sell.if_ if document.sell else None)
    making.within = let_in(sale.channels, eligible, book)
    timeline = phases(making)
    renewing = subscription(making)
    back = refund_rule(making)
    plans = plans_of(making)
    given = items(making)
    counted = limits(making, document.limits)
    shared_once(making, (each.once for _, each in timeline), (each.once for _, each in given))
    if not timeline or None in counted:
        return None
    offers = _offers(making, offered, channel_floors)
    taken = draws(making, [item for item, _ in given])

    recipe = _recipe(
        making,
        sale,
        eligible,
        [each for _, each in timeline],
        [each for _, each in given],
        counted,
        offers,
        plans.refusal,
        lambda building: speak(building, watches, "purchase"),
        lambda building: sold_out(building, taken, book.pools),
    )
    decided, rules, counters = program(recipe, book.inputs, book.measures)
    if not has_room(decided, making.key, book):
        return None
    return Product(
        making.id,
        document.name.value,
        decided,
        rules,
        sale,
        tuple(phase for phase, _ in timeline),
        counters,
        tuple(item for item, _ in given),
        renewing,
        document.lasts.value if document.lasts else None,
        tuple(tuple(each.id for each in step) for _, step in offers.steps),
        tuple(each.id for each in offers.unit if each.promotion.code is not None),
        next((each.shown for each in making.prices if each.shown is not None), None),
        back,
        taken,
        document.hold.value if document.hold else None,
        plans.again,
        plans.changes,
        document.family.value if document.family else None,
        span=making.key,
    )


def _offers(making: Making, offered: Sequence[Offered], channel_floors: Priced | None) -> Offers:
    """What may lower its price, step by step, and the floor under it."""
    book = making.book
    own = sorted((each for each in offered if making.id in each.promotion.products), key=lambda each: each.id)
    steps: list[tuple[str, tuple[Offered, ...]]] = []
    for step, kind in book.steps.items():
        of_step = tuple(each for each in own if each.promotion.step == step)
        if of_step and kind == "each_unit":
            steps.append((step, of_step))
    floors = channel_floors
    if making.document.floor is not None:
        floors = floor(making.document.floor, book)
        check_rows(floors, making.within, book)
    if floors is not None:
        check_floor(floors, making.prices, making.within, book)
    order = tuple(each for each in offered if book.steps[each.promotion.step] == "whole_order")
    _check_combinations(making, own)
    chosen = partial(floors.node, name="rows-of-floor", inputs=book.inputs) if floors and floors.rows else None
    return Offers(making.id, tuple(steps), order, chosen, book.rounding, book.made_offers)


def _check_combinations(making: Making, own: Sequence[Offered]) -> None:
    """A choice among too many could not be made in no time."""
    steps = [[each for each in own if each.promotion.step == step] for step in making.book.steps]
    key = tuple(each.id for each in own)
    count = making.book.combinations.get(key)
    if count is None:
        count = making.book.combinations[key] = combinations([step for step in steps if step], making.book.max_codes)
    if count > COMBINATIONS_MAX:
        names = ", ".join(each.id for each in own)
        making.book.tell("too-many-offers", making.key, count=f"{count:,}", max=str(COMBINATIONS_MAX), offers=names)


def _recipe(
    making: Making,
    sale: Sale,
    eligible: Node | None,
    timeline: list[Phased],
    given: list[Gift],
    counted: list[Counted | None],
    offers: Offers,
    bought_again: Rule | None,
    guards: Callable[[Staged], Node],
    stock: Callable[[Building], None],
) -> Recipe:
    sell = making.document.sell
    window = (sell.from_ or sell.until or sell.through or sell.in_) if sell else None
    return Recipe(
        making.id,
        making.key,
        making.quantity,
        sale.window,
        window.span if window else None,
        sale.calendar,
        sale.channels,
        sell.channels.span if sell and sell.channels else None,
        making.book.channels,
        eligible,
        sell.if_.span if sell and sell.if_ else None,
        tuple(timeline),
        tuple(given),
        tuple(each for each in counted if each is not None),
        dict(making.keys),
        offers,
        bought_again,
        guards,
        stock,
    )


# ---- sale


def _sale(making: Making) -> Sale:
    sell, book = making.document.sell, making.book
    if sell is None:
        return Sale(span=making.key)
    calendar = None
    if sell.in_ is not None and book.known(Words("calendar", "日历"), sell.in_, book.calendars):
        calendar = sell.in_.value
    return Sale(
        between(sell.from_, sell.until, sell.through, book),
        calendar,
        book.channel_names(sell.channels),
        making.quantity,
        sell.say.value if sell.say else None,
        span=sell.node.span,
    )
