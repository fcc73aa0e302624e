"""Staff take back what its holder takes, uses or returns at that moment: one is first, and the books agree."""

from collections.abc import Callable
from typing import Any

import pytest

from entitle import Busy, Done, Refused
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


def answered(ask: Callable[[], Any]) -> Any:
    """What it comes to: a loaded machine may be busy more than once."""
    for _ in range(50):
        if not isinstance(outcome := ask(), Busy):
            return outcome
    raise AssertionError("it is busy for ever")


@pytest.mark.parametrize("rival", RIVALS)
def test_whoever_is_first(place: World, rival: str) -> None:
    product, item, act = RIVALS[rival]
    for n in range(ROUNDS):
        grant = buy(place.shop, ANN, product, f"k-{n}").grant(item)
        taken, other = race(
            lambda: answered(lambda: revoked(place, grant, f"revoke-{n}")),  # noqa: B023  # in its round
            lambda: answered(lambda: act(place, grant, f"rival-{n}")),  # noqa: B023  # likewise
        )
        now = next(each for each in place.shop.wallet("ann").grants if each.id == grant.id)
        assert isinstance(other, Done | Refused)
        if isinstance(taken, Refused) and codes(taken) == ["used-up"]:  # it was shown first, and stays
            assert (rival, now.state, now.code is not None) == ("reveal", "used", True)
            assert place.shop.reconcile().breaks == ()
            continue
        assert now.state == "revoked"
        if not isinstance(taken, Done):  # the other one took it back
            assert codes(taken) == ["revoked"]
            assert rival in ("refund", "revoke")
        elif not isinstance(other, Done):  # the other one came too late
            assert codes(other) == ["revoked"]
        told = [each for each in events(place, "grant.revoked") if each["grant"] == grant.id]
        assert len(told) == 1
        if rival == "reveal":
            assert told[0]["returned"] == 1
            assert (grant.id, False) not in cards(place)
        assert place.shop.reconcile().breaks == ()
    done(place.shop.forget("ann", by="desk"))
