"""Refunds: amounts worked out by hand, laws over random ones, and everything an order could be asked for wrongly."""

from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitle import FactError, KeyConflict, NotFound, Refused, UnknownName
from entitle.decision import ON_ACCOUNT, Done, Line
from entitle.dsl.load import Compiled, compile_sources
from entitle.release import Item, Release
from entitle.runtime.usage import split
from entitle.shop.facade import Shop
from entitle.source import Source
from entitle.testing.cases import run_cases
from entitle.testing.world import World
from tests.books import released
from tests.shops import ANN, BOB, buy, codes, done, shanghai, world

PAGE = Path(__file__).parent / "rulebooks" / "refunds.yaml"
DAY = 86_400_000_000


def book() -> Compiled:
    found = compile_sources([Source("rulebook.yaml", PAGE.read_text(encoding="utf-8"))])
    assert found.diagnostics == []
    return found


@cache
def release() -> Release:
    found = book().release
    assert found is not None
    return found


@pytest.fixture(params=["memory", "sqlite"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'shop.db'}"
    return world(url, release=release())


def test_refunds_worked_out_by_hand() -> None:
    found = book()
    results = list(run_cases(release(), found.cases))
    assert [each.text() for result in results for each in result.differences] == []
    assert len(results) == 14


def spent(shop: Shop, customer: str) -> int:
    """The money that the shop has of a customer, by its ledger."""
    moved = [p for entry in shop.history(customer, limit=10_000) for p in entry.postings]
    return sum(each.amount for each in moved if each.account.startswith("sales:"))


@pytest.mark.parametrize("seed", range(12))
def test_never_more_than_paid_and_all_of_it_when_nothing_is_used(seed: int, place: World) -> None:
    """Units and items in any order: what is given back comes to what was paid; the books agree after each step."""
    random = Random(seed)
    order = done(place.shop.buy(ANN, [Line("card", 3), Line("year")], key="k", paid=ON_ACCOUNT))
    total = order.total.minor
    asks: list[tuple[dict[str, int | None], tuple[str, ...]]] = [({"card": 1}, ()) for _ in range(3)]
    asks += [({"year": None}, (item,)) for item in ("vip", "disk", "ticket")]
    random.shuffle(asks)
    back = 0
    for n, (lines, items) in enumerate(asks):
        found = done(place.shop.refund(order, lines=lines, items=items or None, key=f"r-{n}"))
        back += found.amount.minor
        assert sum(part.amount.minor for part in found.parts) == found.amount.minor
        assert spent(place.shop, "ann") == total - back >= 0
        assert place.shop.reconcile().ok, place.shop.reconcile().breaks
    assert back == total
    assert codes(place.shop.refund(order, key="again")) == ["already-refunded", "already-refunded"]
    place.shop.tick()
    assert not place.shop.access("ann")
    assert place.shop.reconcile().ok


@pytest.mark.parametrize("seed", range(8))
def test_what_is_used_is_never_given_back_twice(seed: int, place: World) -> None:
    """With a part used and days going by: never more than was paid, and the books agree."""
    random = Random(seed)
    order = buy(place.shop, ANN, "year", "k")
    for n in range(6):
        place.reach(place.clock.now + random.randint(0, 3 * DAY))
        match random.randrange(3):
            case 0:
                place.shop.spend("ann", "disk", random.randint(1, 150), key=f"s-{n}")
            case 1:
                tickets = [each for each in place.shop.wallet("ann").grants if each.benefit == "ticket"]
                place.shop.redeem(tickets[-1], key=f"t-{n}")
            case 2:
                place.shop.refund(order, items=(random.choice(["vip", "disk", "ticket"]),), key=f"r-{n}")
        assert 0 <= spent(place.shop, "ann") <= order.total.minor
        assert place.shop.reconcile().ok, place.shop.reconcile().breaks


def test_the_same_key_is_the_same_refund(place: World) -> None:
    order = buy(place.shop, ANN, "card", "k", 2)
    first = place.shop.refund(order, lines={"card": 1}, key="r-1")
    again = place.shop.refund(order, lines={"card": 1}, key="r-1")
    assert isinstance(again, Done)
    assert (again.replayed, again.value) == (True, done(first))
    with pytest.raises(KeyConflict):
        place.shop.refund(order, lines={"card": 2}, key="r-1")


def test_a_preview_gives_nothing_back(place: World) -> None:
    order = buy(place.shop, ANN, "card", "k", 2)
    seen = done(place.shop.preview.refund(order, key="r-1"))
    assert seen.amount == order.total
    assert done(place.shop.refund(order, key="r-1")).amount == seen.amount


def test_what_cannot_be_asked_for(place: World) -> None:
    order = buy(place.shop, ANN, "card", "k", 2)
    for units in (0, -1, 3):
        with pytest.raises(FactError, match="hold from 1 to 2 of `card`"):
            place.shop.refund(order, lines={"card": units}, key="r")
    with pytest.raises(NotFound, match="the order has no `year`; it has card"):
        place.shop.refund(order, lines={"year": 1}, key="r")
    with pytest.raises(UnknownName, match="`card` gives no `ticket`"):
        place.shop.refund(order, items=("ticket",), key="r")
    with pytest.raises(NotFound, match="there is no order ord_x"):
        place.shop.refund("ord_x", key="r")


def test_of_two_lines_the_one_that_can_go_back_does(place: World) -> None:
    order = done(place.shop.buy(ANN, ["card", "final"], key="k", paid=ON_ACCOUNT))
    assert codes(place.shop.refund(order, key="r-1")) == ["not-refundable"]
    assert done(place.shop.refund(order, lines={"card": 1}, key="r-2")).amount.minor == 10_000


def test_what_renews_goes_back_whole(place: World) -> None:
    order = buy(place.shop, ANN, "monthly", "k")
    refused = place.shop.refund(order, items=("vip",), key="r")
    assert codes(refused) == ["not-refundable"]
    assert str(refused) == "refused: `monthly` is not refundable; what renews goes back whole"


def test_an_item_without_a_share_does_not_go_back_alone() -> None:
    gives = "gives: [{benefit: club}, {benefit: ticket}]"
    page = f"products: {{set: {{name: Set, price: ¥5.00, {gives}, refund: {{within: 7 days, if_used: keep}}}}}}\n"
    shop = world(release=released(page)).shop
    refused = shop.refund(buy(shop, ANN, "set", "k"), items=("club",), key="r")
    assert str(refused) == "refused: `set` is not refundable; its items have no shares, so none goes back alone"


MONTHS = """\
products:
  months:
    name: Months
    subscription: {renews: every month, if_price_changes: keep_old_price, phases: [{id: p, price: ¥10.00}]}
    gives: [{benefit: club, during: paid time}, {benefit: ticket, when: each period}]
    refund: {within: 7 days, if_used: keep}
  days:
    name: Thirty days
    price: ¥10.00
    lasts: 30 days
    gives: [{benefit: ticket, when: 40 days after purchase}]
    refund: {within: 60 days, if_used: no_refund}
"""


def test_what_another_month_paid_for_is_not_taken_back() -> None:
    place = world(release=released(MONTHS), start="2026-12-24 20:00")
    order = buy(place.shop, ANN, "months", "k")
    place.reach(shanghai("2027-01-25 20:00"))
    assert [part.charge for part in done(place.shop.refund(order, key="r")).parts] == [2]
    first, second = (g for g in place.shop.wallet("ann").grants if g.item == "ticket")
    assert (first.state, second.state) == ("active", "revoked")
    assert not place.shop.has("ann", "club")
    assert place.shop.reconcile().breaks == ()


def test_what_came_after_the_paid_time_was_paid_for_too() -> None:
    place = world(release=released(MONTHS), start="2026-12-24 20:00")
    orders = [buy(place.shop, ANN, "days", f"k-{n}") for n in range(2)]
    place.reach(shanghai("2027-02-05 20:00"))
    used = next(g for g in place.shop.wallet("ann").grants if g.order == orders[0].id)
    done(place.shop.redeem(used, key="t"))
    assert codes(place.shop.refund(orders[0], key="r-0")) == ["used"]
    done(place.shop.refund(orders[1], key="r-1"))
    assert [g.state for g in place.shop.wallet("ann").grants if g.order == orders[1].id] == ["revoked"]


def test_issues_that_were_paid_back_are_not_missed_when_the_time_was_over_before() -> None:
    place = world(release=released(MONTHS), start="2026-12-24 20:00")
    order = buy(place.shop, ANN, "days", "k")
    place.clock.now = shanghai("2027-01-25 20:00")  # its 30 days are over, and nobody has ticked
    done(place.shop.refund(order, key="r"))
    assert place.shop.reconcile().breaks == ()
    place.reach(shanghai("2027-03-05 20:00"))
    assert place.shop.wallet("ann").grants == ()
    assert place.shop.reconcile().breaks == ()


def test_another_customer_is_not_touched(place: World) -> None:
    order, other = buy(place.shop, ANN, "lenient", "k-1"), buy(place.shop, BOB, "lenient", "k-2")
    done(place.shop.refund(order, key="r"))
    assert [each.benefit for each in place.shop.access("bob")] == ["punch"]
    assert spent(place.shop, "bob") == other.total.minor


def test_the_least_used_units_go_first(place: World) -> None:
    order = buy(place.shop, ANN, "card", "k", 3)
    first = min((each for each in place.shop.wallet("ann").grants), key=lambda each: each.id)
    place.shop.redeem(first, key="t")
    units = [done(place.shop.refund(order, lines={"card": 1}, key=f"r-{n}")).parts[0] for n in range(3)]
    assert sorted(part.unit for part in units) == [0, 1, 2]
    assert [part.paid.minor - part.amount.minor for part in units] == [0, 0, 934]


@pytest.mark.parametrize("product", ["year", "monthly"])
def test_nothing_is_left_to_do_after_a_whole_refund(product: str, place: World) -> None:
    order = buy(place.shop, ANN, product, "k")
    done(place.shop.refund(order, key="r"))
    while place.shop.tick():
        pass
    assert place.shop.next_due() is None
    assert place.shop.charges() == ()


def test_what_is_taken_back_is_posted_so(place: World) -> None:
    order = buy(place.shop, ANN, "card", "k")
    place.shop.redeem(place.shop.wallet("ann").grants[0], key="t")
    done(place.shop.refund(order, key="r"))
    held = {"issued": -10, "used": 1, "revoked": 9, "held": 0}
    moved = [p for entry in place.shop.history("ann") for p in entry.postings if p.asset == "benefit:punch"]
    assert {name: sum(each.amount for each in moved if each.account == name) for name in held} == held


@given(st.integers(0, 10**6), st.lists(st.integers(0, 40), min_size=1, max_size=6))
def test_shares_are_split_by_largest_remainder(paid: int, weights: list[int]) -> None:
    whole = sum(weights) or 1
    parts = [Fraction(weight, whole) for weight in weights] if sum(weights) else [Fraction(1)]
    gives = tuple(Item(f"i{n}", "b", share=part.as_integer_ratio()) for n, part in enumerate(parts))
    found = split(paid, replace(release().products["card"], gives=gives))
    assert sum(found.values()) == paid
    exact = [paid * part for part in parts]
    lifted = [share > int(precise) for share, precise in zip(found.values(), exact, strict=True)]
    assert all(int(precise) <= share <= precise + 1 for share, precise in zip(found.values(), exact, strict=True))
    rests = [(-(precise - int(precise)), n) for n, precise in enumerate(exact)]
    assert [n for _, n in sorted(rests)][: sum(lifted)] == [n for _, n in sorted(rests) if lifted[n]]


def test_the_event_says_what_goes_back_to_which_payment(place: World) -> None:
    order = buy(place.shop, ANN, "card", "k", 2)
    view = done(place.shop.refund(order, lines={"card": 1}, key="r", by="cs-4", why="unhappy"))
    (event,) = [each for each in place.shop.events() if each.type == "order.refunded"]
    assert (event.body["amount"], event.body["refs"], event.body["refund"]) == (10_000, ["ref-k"], view.id)
    (entry,) = [each for each in place.shop.history("ann") if each.verb == "refund"]
    assert (entry.by, entry.why) == ("cs-4", "unhappy")


def test_what_was_refunded_is_not_used_again_when_its_use_is_taken_back(place: World) -> None:
    order = buy(place.shop, ANN, "lenient", "k")
    (punch,) = place.shop.wallet("ann").grants
    uses = [done(place.shop.redeem(punch, key=f"t-{n}")) for n in range(10)]
    done(place.shop.refund(order, key="r"))
    assert done(place.shop.reverse(uses[0], key="v")).reversed_at is not None
    assert codes(place.shop.redeem(punch, key="again")) == ["revoked"]
    assert not place.shop.has("ann", "punch")
    assert place.shop.reconcile().breaks == ()


def test_money_that_was_owed_is_owed_no_more(place: World) -> None:
    order = done(place.shop.buy(ANN, "lenient", key="k", paid=ON_ACCOUNT))
    done(place.shop.refund(order, key="r"))
    moved = [p for entry in place.shop.history("ann") for p in entry.postings if p.account == "receivable"]
    assert sum(each.amount for each in moved) == 0
    assert len(moved) == 2


def test_a_refund_ends_at_its_instant(place: World) -> None:
    order = buy(place.shop, ANN, "strict", "k")
    place.clock.now = shanghai("2026-12-25 20:00") - 1
    assert place.shop.preview.refund(order, key="r").ok
    place.clock.now += 1
    late = place.shop.refund(order, key="r")
    assert isinstance(late, Refused)
    assert codes(late) == ["refund-expired"]


@pytest.mark.parametrize("wrong", [{"lines": {}}, {"lines": ["card"]}, {"items": []}, {"items": "vip"}])
def test_a_refund_of_nothing_named_is_refused(place: World, wrong: dict[str, Any]) -> None:
    """An empty list is nobody's wish for everything back."""
    order = done(place.shop.buy(ANN, "card", key="k", paid=ON_ACCOUNT))
    with pytest.raises(FactError):
        place.shop.refund(order, key="r", **wrong)
    assert place.shop.history("ann", limit=10)[-1].verb == "buy"
