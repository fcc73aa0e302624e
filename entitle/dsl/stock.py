"""Pools, and what each unit of a product takes from them: the stage of a decision that says `sold-out`."""

from collections.abc import Mapping, Sequence

from entitle.declarations import Draw, Pool
from entitle.dsl.counters import Making
from entitle.dsl.facts import MEASURED
from entitle.dsl.pool_documents import PoolDoc
from entitle.dsl.programs import Building
from entitle.dsl.typed import apply, choose, number
from entitle.ir import BOOL, Fact, Local, Node, Op
from entitle.release import FREE, EachPeriod, Every, Item, Purchase, Rule
from entitle.source import Span


def pool(id_: str, key: Span, document: PoolDoc) -> Pool:
    warn_below = document.warn_below.value if document.warn_below else 0
    hot = bool(document.hot and document.hot.value)
    return Pool(id_, document.of.value, warn_below, hot, span=key)  # type: ignore[arg-type]  # a closed word


def draws(making: Making, items: Sequence[Item]) -> tuple[Draw, ...]:
    """What a purchase takes: counted units for its own, card codes for the items that are issued with it."""
    book, written = making.book, making.document.stock
    found: list[Draw] = []
    if written is not None and book.pool_of(written, "units"):
        found.append(Draw(written.value, 1))
    for item in items:
        source = book.benefits[item.benefit].pool
        if source is not None and _at_once(item):
            found.append(Draw(source, item.quantity, item.id))
    return tuple(found)


def _at_once(item: Item) -> bool:
    """Is it issued at the purchase?"""
    return isinstance(item.when, Purchase | Every) or (isinstance(item.when, EachPeriod) and item.when.first)


def sold_out(building: Building, draws_: Sequence[Draw], pools: Mapping[str, Pool]) -> None:
    """Refuses at the stage of stock where a pool holds less than what is taken from it."""
    for name in sorted({each.pool for each in draws_}):
        taken: Node = number(0)
        for i, each in enumerate(draw for draw in draws_ if draw.pool == name):
            units = _units(building, each)
            taken = units if i == 0 else apply(Op.ADD_NUMBER, taken, units)
        short = apply(Op.LESS, Fact(f"{FREE}{name}", MEASURED), taken)
        building.refuse("stock", Rule("sold-out", name, span=pools[name].span), f"short.{name}", short)


def _units(building: Building, draw: Draw) -> Node:
    bought = building.quantity()
    units = bought if draw.units == 1 else apply(Op.TIMES_NUMBER, bought, number(draw.units))
    return units if draw.item is None else choose(Local(f"give.{draw.item}", BOOL), units, number(0))
