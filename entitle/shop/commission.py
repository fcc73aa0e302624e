"""What a channel earns: its part of every charge is owed to it, and of what goes back it owes its part again."""

from collections.abc import Mapping

from entitle.ir import Enum, Input, scaled
from entitle.records import Charge
from entitle.release import Release
from entitle.shop.draft import Draft

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
