"""What the world was told of each grant -> what the grant is: its row, and those of its uses, are projections of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from entitle.shop.reconcile_told import Said, Told
from entitle.values.zone import Instant

Columns = dict[str, Any]


class UseTold(NamedTuple):
    """A redemption as it was told."""

    amount: int
    at: Instant
    outlet: str = ""
    reversed_at: Instant | None = None


@dataclass(slots=True)
class GrantTold:
    """A grant as its events left it.

    said      what was told when it was issued
    columns   what has changed since, by column, where that is known
    uses      its redemptions, by their ids
    complete  whether every use was told by its id: an older entitle did not tell all of them
    returned  its card codes went back to their pool
    """

    said: Mapping[str, Any]
    columns: Columns
    uses: dict[str, UseTold] = field(default_factory=dict)
    complete: bool = True
    returned: bool = False


def grants_told(said: Told) -> dict[str, GrantTold]:
    """Every grant that was issued, by its id."""
    found: dict[str, GrantTold] = {}
    for each in said:
        if each.type == "grant.issued":
            found[each.body["grant"]] = _issued(each)
        elif each.type == "quota.spent":
            _spent(found, each)
        elif (grant := found.get(each.body.get("grant", ""))) is not None:
            grant.columns |= _changed(grant, each)
    return found


def _issued(each: Said) -> GrantTold:
    body = each.body
    columns: Columns = {"state": body["state"], "used": 0, "window": 0}
    if body["state"] == "claimable":
        columns |= {"claimed_at": None, "active_from": None, "valid_until": None}
    elif body.get("kind") in ("voucher", "card_code") or body["order"] is None:  # all else may be held while it is paid
        columns |= {"active_from": body["granted_at"], "valid_until": body["valid_until"]}
    return GrantTold(body, columns)


def _changed(grant: GrantTold, each: Said) -> Columns:
    body = each.body
    match each.type:
        case "grant.claimed":
            until = body["valid_until"]
            return {"state": "active", "claimed_at": each.at, "active_from": each.at, "valid_until": until}
        case "grant.redeemed":
            grant.uses[body["redemption"]] = UseTold(body["amount"], each.at, body["outlet"])
            return _used(grant, body["amount"])
        case "redemption.reversed":
            use = grant.uses[body["redemption"]]
            grant.uses[body["redemption"]] = use._replace(reversed_at=each.at)
            return _used(grant, -body["amount"])
        case "grant.revealed":
            return _revealed(grant, each)
        case "grant.expired" | "grant.revoked":
            grant.returned = "returned" in body
            return {"state": body["state"], "valid_until": body["valid_until"]}
    return {}


def _used(grant: GrantTold, more: int) -> Columns:
    """So much more was used, or less: a voucher is used up, or can be used again."""
    used, state, capacity = grant.columns["used"] + more, grant.columns.get("state"), grant.said.get("capacity")
    if capacity is None:  # an older entitle did not tell it
        grant.columns.pop("state", None)
    elif state in ("active", "used"):
        return {"used": used, "state": "used" if used == capacity else "active"}
    return {"used": used}


def _revealed(grant: GrantTold, each: Said) -> Columns:
    """Card codes are shown: that is their use."""
    if "redemption" not in each.body:
        grant.complete = False
        grant.columns.pop("used", None)
        return {"state": "used"}
    grant.uses[each.body["redemption"]] = UseTold(each.body["amount"], each.at)
    return {"state": "used", "used": each.body["amount"]}


def _spent(found: Mapping[str, GrantTold], each: Said) -> None:
    """What a spending took of each grant; one that does not say leaves open what was taken of any."""
    if "grants" not in each.body:
        for grant in found.values():
            if grant.said["benefit"] == each.body["benefit"]:
                grant.complete = False
                for column in ("used", "window", "state"):
                    grant.columns.pop(column, None)
        return
    for part in each.body["grants"]:
        grant = found[part["grant"]]
        grant.uses[part["redemption"]] = UseTold(part["amount"], each.at)
        if grant.complete:
            grant.columns |= {name: part[name] for name in ("used", "window", "state")}
