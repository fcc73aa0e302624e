"""An order with all that came of it, as the store has it."""

from collections.abc import Sequence

from entitle.errors import NotFound
from entitle.messages import Words
from entitle.plan import Find, Get, Where
from entitle.records import Contract, Grant, Order, OrderLine
from entitle.release import Release
from entitle.shop.verb import Context, Verb, ask, decider
from entitle.shop.views import OrderView, order_view
from entitle.values.zone import Instant


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
        raise NotFound(Words(f"there is no order {number}", f"没有订单 {number}"))
    release = (yield from decider(ctx, order.release)).release
    return order_view(order, lines, contracts, _as_given(grants, release), release, at), order.decision


def _as_given(grants: Sequence[Grant], release: Release) -> list[Grant]:
    """Grants line by line as they were issued; those of one instant in the order of `gives`, later items after it."""

    def place(grant: Grant) -> int:
        items = [item.id for item in release.products[grant.product].gives]
        return items.index(grant.item) if grant.item in items else len(items)

    return sorted(grants, key=lambda each: (each.line, each.granted_at, place(each), each.n, each.unit))
