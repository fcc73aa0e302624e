"""What a channel earns: its part of every charge is owed to it, and of what goes back it owes its part again."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from entitle.ir import Enum, Input, scaled
from entitle.records import Charge
from entitle.release import Release
from entitle.shop.draft import Draft
from entitle.shop.verb import Context, Verb, decider

if TYPE_CHECKING:
    from entitle.shop.reconcile import Books

OWED = "channel:"  # what is owed to a channel; against it stands what its commission costs a product's sales
COST = "commission:"


def channel_of(told: Mapping[str, object], release: Release) -> str:
    """The channel that a purchase is made in: what was told, or what stands in for it; empty where there is none."""
    if (said := told.get("channel")) is not None:
        return str(said)
    match release.inputs.get("channel"):
        case Input(type=Enum(members=members), default=int(code)):
            return members[code]
        case _:
            return ""


def commission(release: Release, channel: str, amount: int) -> int:
    """What the channel earns of an amount, in minor units, rounded as the rulebook rounds."""
    declared = release.channels.get(channel)
    rate = declared.commission if declared else None
    return scaled(amount, *rate, release.rounding) if rate else 0


def given_back(earned: int, paid: int, back: int) -> int:
    """What of a commission is given back, where so much of what was paid went back: all of it in the end."""
    return earned * back // paid if paid else 0


def earn(draft: Draft, release: Release, channel: str, product: str, amount: int) -> dict[str, object]:
    """A charge was paid: the channel has its part of it. What an event says of that."""
    earned = commission(release, channel, amount)
    draft.post(release.currency, earned, f"{COST}{product}", f"{OWED}{channel}")
    if channel not in release.channels:
        return {}
    return {"channel": channel, "territory": release.channels[channel].territory, "commission": earned}


def unearn(draft: Draft, release: Release, channel: str, charge: Charge, before: int, back: int) -> int:
    """After `before` of a charge, `back` more of it goes back: the channel's part of that, which it owes again."""
    earned = commission(release, channel, charge.amount)
    again = given_back(earned, charge.amount, before + back) - given_back(earned, charge.amount, before)
    draft.post(release.currency, again, f"{OWED}{channel}", f"{COST}{charge.product}")
    return again


def commission_breaks(ctx: Context, books: "Books", sound: Collection[str]) -> Verb[list[tuple[str, str, str]]]:
    """The ledger owes each channel what its charges earned it, less what went back.

    Of a contract whose release is not `sound` nothing can be said, and so nothing of all of them together.
    """
    owed: Counter[str] = Counter()
    channels = {order.id: order.channel for order in books.orders}
    back: Counter[tuple[str, int]] = Counter()
    for part in books.refunds:
        back[part.contract, part.charge] += part.amount
    for contract in books.contracts:
        if contract.release not in sound:
            return []
        release, channel = (yield from decider(ctx, contract.release)).release, channels.get(contract.order, "")
        for charge in books.charges:
            if charge.contract == contract.id and charge.state == "paid":
                earned = commission(release, channel, charge.amount)
                owed[OWED + channel] += earned - given_back(earned, charge.amount, back[charge.contract, charge.n])
    posted: Counter[str] = Counter()
    for row in books.postings:
        if row.account.startswith(OWED):
            posted[row.account] += row.amount
    return [
        ("commission", account, f"its charges earned {owed[account]}, the ledger has {posted[account]}")
        for account in sorted(owed.keys() | posted.keys())
        if owed[account] != posted[account]
    ]
