"""A grant is taken back: what is left of it is gone at once, what was used stays used, and no money moves."""

from datetime import timedelta

import pytest

from entitle import FactError, KeyConflict, Lot, Money, NotFound
from entitle.passes import check_list
from entitle.shop.views import GrantView, OrderView
from entitle.testing.world import World
from tests.shops import buy, codes, done
from tests.staff.shop import ANN, cards, events, revoked


def box(place: World, quantity: int = 1) -> OrderView:
    return buy(place.shop, ANN, "box", "k-box", quantity)


def held(place: World, number: str) -> GrantView:
    return next(each for each in place.shop.wallet("ann").grants if each.id == number)


def test_access_is_gone_and_the_contract_goes_on(place: World) -> None:
    order = buy(place.shop, ANN, "monthly", "k")
    assert place.shop.has("ann", "club")
    gone = done(revoked(place, order.grant("club")))
    assert (gone.state, place.shop.has("ann", "club"), place.shop.access("ann")) == ("revoked", False, ())
    place.travel(days=40)
    (contract,) = place.shop.wallet("ann").subscriptions
    assert (contract.state, contract.paid_periods) == ("running", 2)
    assert not place.shop.has("ann", "club")


def test_a_voucher_is_used_no_more_and_gates_are_told(place: World) -> None:
    film = box(place).grant("film")
    ticket = done(place.shop.pass_of(film))
    used = done(place.shop.redeem(ticket, key="use"))
    code = held(place, film.id).code
    assert code is not None
    done(revoked(place, film))
    assert codes(place.shop.redeem(ticket, key="again")) == ["revoked"]
    assert codes(place.shop.redeem(code, customer="ann", key="typed")) == ["revoked"]
    assert codes(place.shop.pass_of(film)) == ["revoked"]
    listed = check_list(place.shop.signed_revocations(), place.shop._ctx.keys.pass_keys)
    assert listed.revoked == (film.id,)
    assert done(place.shop.reverse(used, key="back")).reversed_at is not None
    assert held(place, film.id).state == "revoked"


def test_what_waits_is_claimed_no_more(place: World) -> None:
    (film,) = buy(place.shop, ANN, "waits", "k").grants
    assert place.shop.next_due() is not None
    done(revoked(place, film))
    assert place.shop.next_due() is None
    assert codes(place.shop.claim(ANN, film, key="claim")) == ["revoked"]
    place.travel(days=5)
    assert held(place, film.id).state == "revoked"
    assert not events(place, "grant.expired")
    assert not events(place, "notice.claim-expiring")


def test_what_is_left_of_a_quota_is_gone(place: World) -> None:
    discs = box(place).grant("discs")
    done(place.shop.spend("ann", "discs", 4, key="spend"))
    done(revoked(place, discs))
    assert codes(place.shop.spend("ann", "discs", 1, key="more")) == ["revoked"]


@pytest.mark.parametrize("product", ["box", "mug"])
def test_a_code_that_nobody_saw_goes_back_to_its_pool(place: World, product: str) -> None:
    coffee = buy(place.shop, ANN, product, "k").grant("coffee")
    assert sorted(mine is not None for mine, _ in cards(place)) == [False, False, True]
    done(revoked(place, coffee))
    assert cards(place) == [(None, False)] * 3
    assert events(place, "grant.revoked")[0]["returned"] == 1
    assert codes(place.shop.reveal("ann", coffee.id, key="show")) == ["revoked"]
    seen = set()
    for n in range(3):  # each is sold to somebody else now
        other = buy(place.shop, ANN, "box", f"k-{n}").grant("coffee")
        seen.add(done(place.shop.reveal("ann", other, key=f"show-{n}")).code)
    assert seen == {"CODE-1", "CODE-2", "CODE-3"}


def test_what_is_used_up_stays_where_it_is(place: World) -> None:
    order = box(place)
    coffee, film = order.grant("coffee"), order.grant("film")
    shown = done(place.shop.reveal("ann", coffee, key="show")).code
    for n in range(2):
        done(place.shop.redeem(film, key=f"use-{n}"))
    for grant in (coffee, film):
        assert codes(revoked(place, grant, grant.id)) == ["used-up"]
        assert held(place, grant.id).state == "used"
    assert [mine for mine, _ in cards(place) if mine] == [coffee.id]
    assert held(place, coffee.id).code == shown
    assert not events(place, "grant.revoked")


def test_a_code_that_expired_meanwhile_is_written_off(place: World) -> None:
    ends = place.shop.now() + timedelta(days=3)
    done(place.shop.fill("codes", ["OLD"], lot=Lot("lot", expires_at=ends), key="lot"))
    coffee = box(place).grant("coffee")  # those that expire first are sold first
    place.travel(days=4)
    done(revoked(place, coffee))
    assert cards(place) == [(None, False)] * 3 + [(None, True)]
    assert events(place, "grant.revoked")[0]["returned"] == 0


@pytest.mark.parametrize("when", ["before", "between", "after"])
def test_a_refund_adds_up_with_it_and_gives_nothing_back_twice(place: World, when: str) -> None:
    bought = box(place, quantity=2)
    films = [each for each in bought.grants if each.item == "film"]
    coffees = [each for each in bought.grants if each.item == "coffee"]
    done(place.shop.redeem(films[0], key="use"))
    back = Money("0.00", "CNY")
    for n, step in enumerate(("before", "between", "after")):
        if step == when:
            for grant in (*films, *coffees):
                there = held(place, grant.id).state == "active"
                answer = revoked(place, grant, f"revoke {grant.id}")
                assert answer.ok if there else codes(answer) == ["revoked"]
        if step != "after":
            back += done(place.shop.refund(bought, lines={"box": 1}, key=f"refund-{n}")).amount
    assert back == Money("112.50", "CNY")  # 120.00 less one of the two uses of a film of 15.00
    assert codes(place.shop.refund(bought, key="more")) == ["already-refunded"]
    free = [mine for mine, _ in cards(place)].count(None)
    assert free == {"before": 3, "between": 2, "after": 1}[when]  # a refund leaves them with their grants


def test_it_is_done_once(place: World) -> None:
    film = box(place).grant("film")
    first = revoked(place, film)
    again = place.shop.revoke(film.id, key="revoke", by="cs-2", why="again")
    assert done(again) == done(first)
    assert again.replayed
    assert codes(revoked(place, film, "another")) == ["revoked"]
    with pytest.raises(KeyConflict):
        revoked(place, buy(place.shop, ANN, "waits", "k").grants[0])
    assert len(events(place, "grant.revoked")) == 1


def test_what_is_over_cannot_be_taken_back(place: World) -> None:
    film, waits = box(place).grant("film"), buy(place.shop, ANN, "waits", "k").grants[0]
    place.clock.now += 11 * 86_400_000_000
    expected = {film.id: ["expired"], waits.id: ["claim-expired"]}
    for ticked in (False, True):
        for grant in (film, waits):
            assert codes(revoked(place, grant, f"{grant.id} {ticked}")) == expected[grant.id]
        place.shop.tick()


def test_who_and_why_are_told(place: World) -> None:
    film = box(place).grant("film")
    for by, why in (("", "why"), ("cs-1", ""), ("cs-1", " ")):
        with pytest.raises(FactError):
            place.shop.revoke(film, key="k", by=by, why=why)
    with pytest.raises(NotFound):
        revoked(place, "grn_unknown")
    assert done(place.shop.preview.revoke(film, key="k", by="cs-1", why="what if")).state == "revoked"
    assert held(place, film.id).state == "active"
    done(revoked(place, film))
    last = place.shop.history("ann")[-1]
    assert (last.verb, last.by, last.why, last.case) == ("revoke", "cs-1", "by mistake", film.id)
    assert {(each.account, each.asset) for each in last.postings} == {
        ("held", "benefit:film"),
        ("revoked", "benefit:film"),
    }
