"""An id, or a view that holds it -> the stream it belongs to."""

from entitle.errors import NotFound
from entitle.messages import Words
from entitle.plan import Find
from entitle.records import Contract, Decided, Order, Redemption
from entitle.shop.redeem import RedemptionView
from entitle.shop.verb import Verb, ask
from entitle.shop.views import OrderView, SubscriptionView

Place = tuple[str, str]  # stream and id


def contract_of(subscription: SubscriptionView | str) -> Verb[Place]:
    """Raises NotFound."""
    if isinstance(subscription, SubscriptionView):
        return subscription.customer, subscription.id
    return (yield from _place(Contract, Words("subscription", "合约"), subscription))


def order_of(order: OrderView | str) -> Verb[Place]:
    """Raises NotFound."""
    if isinstance(order, OrderView):
        return order.customer, order.id
    return (yield from _place(Order, Words("order", "订单"), order))


def decision_of(decision: str) -> Verb[Place]:
    """Raises NotFound."""
    return (yield from _place(Decided, Words("decision", "决定"), decision))


def redemption_of(redemption: RedemptionView | str) -> Verb[Place]:
    """Raises NotFound."""
    if isinstance(redemption, RedemptionView):
        return redemption.customer, redemption.id
    return (yield from _place(Redemption, Words("redemption", "核销"), redemption))


def _place(table: type, what: Words, number: str) -> Verb[Place]:
    (found,) = yield from ask(Find(table, (("id", "=", number),), (), 1))
    if not found:
        raise NotFound(Words(f"there is no {what.en} {number}", f"没有{what.zh} {number}"))
    return found[0].stream, number
