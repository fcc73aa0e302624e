"""Product documents -> products: the sale, the phases, what is given, the limits, and the program of it all."""

from entitle.dsl.benefits import between
from entitle.dsl.book import Book
from entitle.dsl.counters import Making, limits, shared_once
from entitle.dsl.gives import items
from entitle.dsl.names import near
from entitle.dsl.phases import phases, subscription
from entitle.dsl.product_documents import ProductDoc
from entitle.dsl.programs import Counted, Gift, Phased, Recipe, program
from entitle.dsl.scalars import did_you_mean
from entitle.dsl.shapes import Written
from entitle.ir import Node
from entitle.messages import Words
from entitle.release import Product, Sale
from entitle.source import Span

BITS_MAX = 62


def product(id_: str, key: Span, document: ProductDoc, book: Book) -> Product | None:
    """The product, or None where a flaw, told of, leaves nothing to build on."""
    before = book.errors
    made = _made(Making(id_, key, document, book))
    return made if book.errors == before else None


def _made(making: Making) -> Product | None:
    document, book = making.document, making.book
    sale = _sale(making)
    eligible = making.condition(document.sell.if_ if document.sell else None)
    timeline = phases(making)
    renewing = subscription(making)
    given = items(making)
    counted = limits(making, document.limits)
    shared_once(making, (each.once for _, each in timeline), (each.once for _, each in given))
    counts = {"phases": len(timeline), "gives": len(given), "limits": len(counted)}
    if not timeline or None in counted or _too_many(making, counts):
        return None
    recipe = _recipe(making, sale, eligible, [each for _, each in timeline], [each for _, each in given], counted)
    decided, rules, counters = program(recipe, book.inputs, book.measures)
    if _too_many(making, {"limits and `once_per`": len(counters), "facts": max(map(len, rules))}):
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
        span=making.key,
    )


def _too_many(making: Making, counts: dict[str, int]) -> bool:
    """A program has room for so many of a kind; tells of what is more."""
    much = {what: count for what, count in counts.items() if count > BITS_MAX}
    for what, count in much.items():
        making.book.tell("too-many", making.key, what=COUNTED[what], max=str(BITS_MAX), count=str(count))
    return bool(much)


COUNTED = {
    "phases": Words("phases", "阶段"),
    "gives": Words("items of `gives`", "`gives` 的项目"),
    "limits": Words("limits", "限购"),
    "limits and `once_per`": Words("limits and `once_per`", "限购与 `once_per`"),
    "facts": Words("facts with `if_missing: ask`", "`if_missing: ask` 的事实"),
}


def _recipe(
    making: Making,
    sale: Sale,
    eligible: Node | None,
    timeline: list[Phased],
    given: list[Gift],
    counted: list[Counted | None],
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
        _channels(book, sell.channels),
        making.quantity,
        sell.say.value if sell.say else None,
        span=sell.node.span,
    )


def _channels(book: Book, written: Written[list[Written[str]]] | None) -> tuple[str, ...]:
    if written is None or book.is_empty(written, "channels"):
        return ()
    declared = book.channels
    if declared is None:
        if "channel" not in book.lost:
            book.tell("no-channel-fact", written.span)
        return ()
    for each in written.value:
        if each.value not in declared.members:
            help_ = did_you_mean(near(each.value, declared.members))
            book.tell("unknown-word", each.span, help_, word=each.value, known=", ".join(declared.members))
    return tuple(each.value for each in written.value if each.value in declared.members)
