"""What the shop's caller gets to see of the rows: amounts as Money, instants as aware datetimes in UTC."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from entitle.contract_records import PlanChange
from entitle.errors import UnknownName
from entitle.messages import Words
from entitle.records import Contract, Grant, Order, OrderLine
from entitle.release import Benefit, Release
from entitle.runtime.explain import moment
from entitle.values.civil import latest_boundary
from entitle.values.money import Money
from entitle.values.zone import Instant, Zone


@dataclass(frozen=True, slots=True)
class GrantView:
    """One thing a customer holds or held. `state`: scheduled, claimable, active, used, expired or revoked, now.

    left  uses of a voucher, or the unspent part of a quota; 0 for access
    order  that it came with; "" where staff gave it
    code  what is shown at redemption, or the card codes, a line each; only the wallet tells it, and no repr
    """

    id: str
    customer: str
    item: str
    benefit: str
    name: Words
    kind: str
    state: str
    granted_at: datetime
    claim_until: datetime | None
    valid_until: datetime | None
    left: int
    order: str
    code: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RedemptionView:
    """One use of a voucher. `left`: how many uses it has after it; `reversed_at`: when it was taken back."""

    id: str
    customer: str
    grant: str
    benefit: str
    at: datetime
    outlet: str
    left: int
    reversed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionView:
    """A contract. `state`: scheduled, running, failing, cancelled or ended, as of the asking.

    paid_until  the end of the paid time; None is for ever
    ends_at     when it ends or ended, where that is known
    next_charge when the next charge is due; None where there is none
    changes_to  the product that takes its place with the next charge, where that is planned
    """

    id: str
    customer: str
    product: str
    state: str
    started_at: datetime
    paid_periods: int
    paid_until: datetime | None
    ends_at: datetime | None
    next_charge: datetime | None
    order: str
    changes_to: str | None = None


@dataclass(frozen=True, slots=True)
class LineView:
    product: str
    quantity: int
    amount: Money


@dataclass(frozen=True, slots=True)
class OrderView:
    """What was bought, and what came of it up to now."""

    id: str
    customer: str
    total: Money
    at: datetime
    lines: tuple[LineView, ...]
    subscriptions: tuple[SubscriptionView, ...]
    grants: tuple[GrantView, ...]

    def grant(self, item: str) -> GrantView:
        """The first grant of this item. Raises UnknownName."""
        for each in self.grants:
            if each.item == item:
                return each
        gave = [each.item for each in self.grants]
        raise UnknownName(
            Words(
                f"order {self.id} gave no `{item}`; it gave {', '.join(gave) or 'nothing'}",
                f"订单 {self.id} 没有发放 `{item}`；已发放：{'、'.join(gave) or '无'}",
            )
        )

    @property
    def subscription(self) -> SubscriptionView:
        """The contract of the first line."""
        return self.subscriptions[0]


def optional(at: Instant | None) -> datetime | None:
    return None if at is None else moment(at)


def state_of(grant: Grant, at: Instant) -> str:
    """A grant's state at an instant, whether or not anybody has tidied it up."""
    if grant.state == "claimable" and grant.claim_until is not None and at >= grant.claim_until:
        return "expired"
    if grant.state == "active" and grant.valid_until is not None and at >= grant.valid_until:
        return "expired"
    if grant.state == "active" and grant.active_from is not None and at < grant.active_from:
        return "scheduled"
    return grant.state


def quota_window(grant: Grant, benefit: Benefit, zone: Zone, at: Instant) -> int:
    """Which filling of a quota holds: the number of resets since it became active."""
    if benefit.quota is None or benefit.quota.resets is None or grant.active_from is None:
        return 0
    return max(0, latest_boundary(zone, grant.active_from, benefit.quota.resets, at))


def quota_used(grant: Grant, benefit: Benefit, zone: Zone, at: Instant) -> int:
    """How much of the present filling is spent, whether or not anybody has noted the reset."""
    return grant.used if quota_window(grant, benefit, zone, at) == grant.window else 0


def contract_state(contract: Contract, at: Instant) -> str:
    """A contract's state at an instant, whether or not anybody has tidied it up."""
    if contract.state == "ended" or (contract.ends_at is not None and at >= contract.ends_at):
        return "ended"
    if contract.cancelled_at is not None:
        return "cancelled"
    return "scheduled" if at < contract.anchor else contract.state


def grant_view(grant: Grant, release: Release, at: Instant, code: str | None = None) -> GrantView:
    benefit = release.benefits[grant.benefit]
    return GrantView(
        id=grant.id,
        customer=grant.stream,
        item=grant.item,
        benefit=grant.benefit,
        name=benefit.name,
        kind=grant.kind,
        state=state_of(grant, at),
        granted_at=moment(grant.granted_at),
        claim_until=optional(grant.claim_until),
        valid_until=optional(grant.valid_until),
        left=grant.capacity - quota_used(grant, benefit, release.zone, at),
        order=grant.order or "",
        code=code,
    )


def subscription_view(contract: Contract, at: Instant, plan: PlanChange | None = None) -> SubscriptionView:
    """A contract as of an instant, with the change that is planned of it."""
    state = contract_state(contract, at)
    more = contract.ends_at is None or (contract.period_end is not None and contract.period_end < contract.ends_at)
    charged = state in ("scheduled", "running", "failing") and more
    return SubscriptionView(
        id=contract.id,
        customer=contract.stream,
        product=contract.product,
        state=state,
        started_at=moment(contract.anchor),
        paid_periods=contract.paid,
        paid_until=optional(contract.period_end),
        ends_at=optional(contract.ends_at),
        next_charge=optional(contract.period_end) if charged else None,
        order=contract.order,
        changes_to=plan.product if plan is not None and charged else None,
    )


def order_view(
    order: Order,
    lines: Iterable[OrderLine],
    contracts: Iterable[Contract],
    grants: Iterable[Grant],
    release: Release,
    at: Instant,
) -> OrderView:
    return OrderView(
        id=order.id,
        customer=order.stream,
        total=Money.of_minor(order.total, order.currency),
        at=moment(order.at),
        lines=tuple(
            LineView(each.product, each.quantity, Money.of_minor(each.amount, order.currency)) for each in lines
        ),
        subscriptions=tuple(subscription_view(each, at) for each in contracts),
        grants=tuple(grant_view(each, release, at) for each in grants),
    )
