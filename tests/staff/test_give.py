"""Staff give a benefit without a purchase: it is held like any other, with no order, no price and no contract."""

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entitle import FactError, KeyConflict, UnknownName
from entitle.decision import Done, Outcome
from entitle.plan import Find, Read
from entitle.records import Entry, Order, Stock
from entitle.shop.views import GrantView
from entitle.testing.world import World
from tests.holds.test_races import race
from tests.meddling import meddled
from tests.shops import codes, done, world
from tests.staff.shop import RULES, cards, events, release, revoked


def give(
    place: World, benefit: str, quantity: int = 1, *, key: str = "give", until: datetime | None = None
) -> Done[GrantView] | Outcome:
    return place.shop.give("ann", benefit, quantity, until=until, key=key, by="cs-1", why="made good")


def test_access_lasts_as_the_benefit_says_or_as_staff_say(place: World) -> None:
    now = place.shop.now()
    for benefit, until, ends in (
        ("club", None, datetime.fromisoformat("2027-01-23T16:00Z")),  # the 30th day's end in Shanghai
        ("club", now + timedelta(hours=5), now + timedelta(hours=5)),
        ("lounge", None, None),
    ):
        grant = done(give(place, benefit, until=until, key=f"{benefit} {until}"))
        assert (grant.state, grant.valid_until, grant.order) == ("active", ends, "")
    held = {(each.benefit, each.until, each.product, each.order) for each in place.shop.access("ann")}
    assert held == {
        ("club", datetime.fromisoformat("2027-01-23T16:00Z"), "", ""),
        ("club", now + timedelta(hours=5), "", ""),
        ("lounge", None, "", ""),
    }
    place.travel(hours=5)
    assert Counter(each.state for each in place.shop.wallet("ann").grants) == {"active": 2, "expired": 1}
    place.travel(days=30)
    assert not place.shop.has("ann", "club")
    assert place.shop.has("ann", "lounge")
    assert [each["order"] for each in events(place, "grant.expired")] == [None, None]


def test_stock_is_looked_at_once(place: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[type] = []
    fetch = place.store.fetch

    def noted(reads: tuple[Read, ...]) -> tuple[Any, ...]:
        seen.extend(each.table for each in reads)
        return fetch(reads)

    monkeypatch.setattr(place.store, "fetch", noted)
    done(give(place, "coffee"))
    assert seen.count(Stock) == 1


def test_a_voucher_a_quota_and_codes_are_used_like_any_other(place: World) -> None:
    film = done(give(place, "film", 2, key="film"))
    assert film.left == 4
    used = done(place.shop.redeem(done(place.shop.pass_of(film)), key="use"))
    done(place.shop.reverse(used, key="back"))
    done(give(place, "discs", 2, key="discs"))
    assert done(place.shop.spend("ann", "discs", 15, key="spend")).left == 5
    place.travel(days=40)
    assert done(place.shop.spend("ann", "discs", 20, key="spend again")).left == 0
    coffee = done(give(place, "coffee", 2, key="coffee"))
    shown = done(place.shop.reveal("ann", coffee, key="show")).code
    assert shown is not None
    assert len(shown.splitlines()) == 2
    assert sum(mine == coffee.id for mine, _ in cards(place)) == 2
    tea = done(give(place, "tea", key="tea"))  # is shown at once
    assert tea.state == "used"
    assert codes(give(place, "coffee", key="more")) == ["sold-out"]
    assert place.store.fetch((Find(Order, ()),))[0] == []


def test_what_was_given_is_taken_back(place: World) -> None:
    coffee = done(give(place, "coffee", 2))
    assert done(revoked(place, coffee)).state == "revoked"
    assert cards(place) == [(None, False)] * 3
    assert done(give(place, "coffee", 3, key="another")).left == 3


def test_it_is_done_once_and_told_whole(place: World) -> None:
    now = place.shop.now()
    assert done(place.shop.preview.give("ann", "film", key="give", by="cs-1", why="what if")).kind == "voucher"
    assert place.shop.wallet("ann").grants == ()
    first = give(place, "film", until=now + timedelta(days=1))
    assert done(give(place, "film", until=now + timedelta(days=1))) == done(first)
    place.travel(days=2)
    again = give(place, "film", until=now + timedelta(days=1))  # its end has passed; it was given all the same
    assert isinstance(again, Done)
    assert (again.replayed, again.value.state) == (True, "expired")
    with pytest.raises(KeyConflict):
        give(place, "film", 2, until=now + timedelta(days=1))
    (told,) = events(place, "grant.issued")
    assert (told["order"], told["contract"], told["product"], told["item"]) == (None, None, "", "film")
    entry = place.shop.history("ann")[0]
    assert (entry.verb, entry.by, entry.why, entry.case) == ("give", "cs-1", "made good", done(first).id)
    assert len(json.loads(place.shop.export("ann"))["rows"]["Grant"]) == 1
    done(place.shop.forget("ann", by="desk"))
    assert place.shop.history("ann")[0].why == ""


def test_what_cannot_be_given(place: World) -> None:
    now = place.shop.now()
    for quantity in (0, -1, 10_001, True, 1.5, "2"):
        with pytest.raises(FactError):
            give(place, "film", quantity)  # type: ignore[arg-type]  # what callers do
    for until in (now, now - timedelta(days=1), now.replace(tzinfo=None)):
        with pytest.raises(FactError):
            give(place, "film", until=until)
    for name in ("films", "", "a\ud800"):
        with pytest.raises(UnknownName):
            give(place, name)
    for by, why in (("", "why"), ("cs-1", "")):
        with pytest.raises(FactError):
            place.shop.give("ann", "film", key="k", by=by, why=why)
    place.at(datetime.fromisoformat("2027-07-01T00:00Z"))
    assert codes(give(place, "spring")) == ["expired"]
    assert place.store.fetch((Find(Entry, (("stream", "=", "ann"),)),))[0] == []


def test_what_another_release_says_meanwhile_counts(place: World) -> None:
    shorter = release(RULES.replace("name: Lounge}", "name: Lounge, valid: 1 hour from grant}"))
    shop = meddled(place, lambda: place.shop.publish(shorter))
    grant = done(shop.give("ann", "lounge", key="give", by="cs-1", why="made good"))
    assert grant.valid_until == place.shop.now() + timedelta(hours=1)


def test_the_last_code_is_given_or_sold_once(place: World) -> None:
    answers = race(*(lambda n=n: give(place, "coffee", 2, key=f"give-{n}") for n in range(4)))
    assert sorted(answer.ok for answer in answers) == [False, False, False, True]
    assert {code for answer in answers if not answer.ok for code in codes(answer)} == {"sold-out"}
    assert sum(mine is not None for mine, _ in cards(place)) == 2


STEPS = st.lists(
    st.tuples(st.sampled_from(["give", "revoke", "reveal", "a day"]), st.integers(0, 2), st.integers(1, 2)), max_size=12
)


@settings(max_examples=40)
@given(STEPS)
def test_codes_are_held_seen_or_free(steps: list[tuple[str, int, int]]) -> None:
    """Whatever staff and holder do: the pool has what nobody holds, and a code that was seen never goes back."""
    place = world(release=release())
    codes_, seen = [f"CODE-{n}" for n in range(4)], set[str]()
    done(place.shop.fill("codes", codes_, key="codes"))
    for n, (step, which, quantity) in enumerate(steps):
        mine = [each for each in place.shop.wallet("ann").grants if each.kind == "card_code"]
        match step:
            case "give":
                free = [holder for holder, _ in cards(place)].count(None)
                assert give(place, "coffee", quantity, key=f"{n}").ok == (free >= quantity)
            case "a day":
                place.travel(days=1)
            case _ if which < len(mine):
                grant, before = mine[which], mine[which].state
                if step == "reveal":
                    answer = place.shop.reveal("ann", grant, key=f"{n}")
                    assert answer.ok == (before == "active")
                    seen |= set((done(answer).code or "").splitlines()) if answer.ok else set()
                else:
                    assert revoked(place, grant, f"{n}").ok == (before == "active")
    assert place.shop.reconcile().breaks == ()
    held = [each for each in place.shop.wallet("ann").grants if each.state == "active" or each.code]
    free = [holder for holder, _ in cards(place)].count(None)
    assert len(seen) + sum(each.left for each in held if each.state == "active") + free == len(codes_)
