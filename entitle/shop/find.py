"""An id, or a view that holds it -> the stream it belongs to."""

from entitle.errors import NotFound
from entitle.plan import Find
from entitle.records import Contract, Decided, Grant, Order, Redemption
from entitle.shop.verb import Verb, ask
from entitle.shop.views import GrantView, OrderView, RedemptionView, SubscriptionView
from entitle.values.text import is_storable, shown

Place = tuple[str, str]  # stream and id


def contract_of(subscription: SubscriptionView | str) -> Verb[Place]:
    """Raises NotFound."""
    if isinstance(subscription, SubscriptionView):
        return subscription.customer, subscription.id
    return (yield from _place(Contract, "subscription", subscription))


def order_of(order: OrderView | str) -> Verb[Place]:
    """Raises NotFound."""
    if isinstance(order, OrderView):
        return order.customer, order.id
    return (yield from _place(Order, "order", order))


def decision_of(decision: str) -> Verb[Place]:
    """Raises NotFound."""
    return (yield from _place(Decided, "decision", decision))


def redemption_of(redemption: RedemptionView | str) -> Verb[Place]:
    """Raises NotFound."""
    if isinstance(redemption, RedemptionView):
        return redemption.customer, redemption.id
    return (yield from _place(Redemption, "redemption", redemption))


def grant_of(grant: GrantView | str) -> Verb[Place]:
    """Raises NotFound."""
    if isinstance(grant, GrantView):
        return grant.customer, grant.id
    return (yield from _place(Grant, "grant", grant))


def _place(table: type, what: str, number: str) -> Verb[Place]:
    (found,) = (yield from ask(Find(table, (("id", "=", number),), (), 1))) if is_storable(number) else ((),)
    if not found:
        raise NotFound(f"there is no {what} {number if is_storable(number) else shown(number)}")
    return found[0].stream, number
