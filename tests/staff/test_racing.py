"""Staff take back what its holder takes, uses or returns at that moment: one is first, and the books agree."""

from collections.abc import Callable
from typing import Any

import pytest

from entitle import Done, Refused
from entitle.shop.views import GrantView
from entitle.testing.world import World
from tests.holds.test_races import race
from tests.shops import buy, codes, done
from tests.staff.shop import ANN, cards, events, revoked

ROUNDS = 3
Doing = Callable[[World, GrantView, str], Any]

RIVALS: dict[str, tuple[str, str, Doing]] = {
    "claim": ("waits", "film", lambda place, grant, key: place.shop.claim(ANN, grant, key=key)),
    "redeem": ("box", "film", lambda place, grant, key: place.shop.redeem(grant, key=key)),
    "spend": ("box", "discs", lambda place, _, key: place.shop.spend("ann", "discs", 10, key=key)),
    "reveal": ("box", "coffee", lambda place, grant, key: place.shop.reveal("ann", grant, key=key)),
    "refund": ("box", "film", lambda place, grant, key: place.shop.refund(grant.order, key=key)),
    "forget": ("box", "film", lambda place, _, key: place.shop.forget("ann", by=key)),
    "revoke": ("box", "film", lambda place, grant, key: revoked(place, grant, key)),
}


@pytest.mark.parametrize("rival", RIVALS)
def test_whoever_is_first(place: World, rival: str) -> None:
    product, item, act = RIVALS[rival]
    for n in range(ROUNDS):
        grant = buy(place.shop, ANN, product, f"k-{n}").grant(item)
        taken, other = race(
            lambda: revoked(place, grant, f"revoke-{n}"),  # noqa: B023  # in its round
            lambda: act(place, grant, f"rival-{n}"),  # noqa: B023  # likewise
        )
        now = next(each for each in place.shop.wallet("ann").grants if each.id == grant.id)
        assert now.state == "revoked"
        assert isinstance(other, Done | Refused)
        if not isinstance(taken, Done):  # the other one took it back
            assert codes(taken) == ["revoked"]
            assert rival in ("refund", "revoke")
        elif not isinstance(other, Done):  # the other one came too late
            assert codes(other) == ["revoked"]
        told = [each for each in events(place, "grant.revoked") if each["grant"] == grant.id]
        assert len(told) == 1
        if rival == "reveal":
            assert ("returned" in told[0]) != isinstance(other, Done)
            assert cards(place).count((grant.id, False)) == isinstance(other, Done)
        assert place.shop.reconcile().breaks == ()
    done(place.shop.forget("ann", by="desk"))
