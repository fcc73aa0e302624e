"""An id, or a view that holds it -> the stream it belongs to."""

from entitle.decision import Review
from entitle.errors import NotFound
from entitle.hold_records import Hold
from entitle.messages import Words
from entitle.plan import Find
from entitle.records import Contract, Decided, Grant, Order, Redemption
from entitle.review_records import ReviewCase
from entitle.shop.hold import HoldView
from entitle.shop.review import ReviewView
from entitle.shop.verb import Verb, ask
from entitle.shop.views import GrantView, OrderView, RedemptionView, SubscriptionView
from entitle.values.text import is_storable, shown

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


def grant_of(grant: GrantView | str) -> Verb[Place]:
    """Raises NotFound."""
    if isinstance(grant, GrantView):
        return grant.customer, grant.id
    return (yield from _place(Grant, Words("grant", "发放"), grant))


def hold_of(hold: HoldView | str) -> Verb[Place]:
    """Raises NotFound."""
    if isinstance(hold, HoldView):
        return hold.customer, hold.id
    return (yield from _place(Hold, Words("hold", "预占"), hold))


def review_of(review: ReviewView | Review | str) -> Verb[Place]:
    """Raises NotFound, for the answer to a quote too: nobody was asked yet."""
    if isinstance(review, ReviewView):
        return review.customer, review.id
    number = review.id if isinstance(review, Review) else review
    return (yield from _place(ReviewCase, Words("review", "审核"), number))


def _place(table: type, what: Words, number: str) -> Verb[Place]:
    (found,) = (yield from ask(Find(table, (("id", "=", number),), (), 1))) if is_storable(number) else ((),)
    if not found:
        named = number if is_storable(number) else shown(number)
        raise NotFound(Words(f"there is no {what.en} {named}", f"没有{what.zh} {named}"))
    return found[0].stream, number
