"""A review that several people answer at once, while whoever asked asks again, and at the instant of its end."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entitle import Blocked, Done, Money, Payment, Refused, Review
from entitle.decision import ON_ACCOUNT, Outcome
from entitle.plan import Find
from entitle.records import Key, Order
from entitle.review_records import ReviewCase
from entitle.runtime.encode import instant_of
from entitle.shop.views import OrderView
from entitle.testing.world import World
from tests.holds.test_races import at, race
from tests.reviews.shop import TEN, asked, later, release, who
from tests.shops import codes, world

ROUNDS = 5
ODD = {"odd": 5}


def orders(place: World) -> list[Order]:
    found: list[Order] = place.store.fetch((Find(Order, (), ("at",)),))[0]
    return found


def told(place: World, review: str) -> list[str]:
    events = [each for each in place.shop.events(limit=500) if each.body.get("review") == review]
    return [str(each.body.get("answer", each.type)) for each in events]


def test_two_of_the_staff_and_two_buyers_at_once(place: World) -> None:
    """One answer stands, the other is told of it; at most one order comes, and only of an approval."""
    for n in range(ROUNDS):
        buyer = who(f"u-{n}", risk=90)
        paid = Payment(TEN.amount, f"pay-{n}")

        def buy(buyer=buyer, paid=paid, n=n) -> Done[OrderView] | Outcome:  # type: ignore[no-untyped-def]  # bound here
            return place.shop.buy(buyer, "card", key=f"k-{n}", paid=paid)

        review = asked(buy())
        before = len(orders(place))
        yes, no, *bought = race(
            lambda: place.shop.resolve(review, approve=True, key=f"y-{n}", by="ops-1"),  # noqa: B023  # in its round
            lambda: place.shop.resolve(review, approve=False, key=f"n-{n}", by="ops-2"),  # noqa: B023  # likewise
            buy,
            buy,
        )
        assert sorted(isinstance(each, Done) for each in (yes, no)) == [False, True]
        assert codes(no if isinstance(yes, Done) else yes) == ["already-resolved"]
        assert told(place, review.id) == [
            "review.asked",
            "review.paid",
            "approved" if isinstance(yes, Done) else "refused",
        ]
        assert all(isinstance(each, Review | (Done if isinstance(yes, Done) else Blocked)) for each in bought)
        last = buy()
        assert isinstance(last, Done if isinstance(yes, Done) else Blocked)
        assert len(orders(place)) == before + isinstance(yes, Done)


def test_the_same_request_at_once_is_one_review(place: World) -> None:
    buyer = who(risk=90)
    found = race(*[lambda: place.shop.buy(buyer, "card", key="k", paid=TEN)] * 4)
    assert len({asked(each).id for each in found}) == 1
    assert len(place.store.fetch((Find(ReviewCase, ()),))[0]) == 1
    assert len(place.store.fetch((Find(Key, ()),))[0]) == 1


@pytest.mark.parametrize("micro", [-1, 0])
def test_an_answer_a_tick_and_a_buyer_at_its_end(place: World, micro: int) -> None:
    """In time the answer counts; too late its end did. Nothing is told twice."""
    for n in range(ROUNDS):
        buyer = who(f"u-{n}", **ODD)
        review = asked(place.shop.buy(buyer, "card", key=f"k-{n}"))
        end = instant_of(place.shop.reviews()[0].until or place.shop.now())
        early, late = at(place, end + micro), at(place, end)
        answer, *_ = race(
            lambda: early.resolve(review, approve=True, key=f"r-{n}"),  # noqa: B023  # in its round
            late.tick,
            late.tick,
            lambda: late.buy(buyer, "card", key=f"k-{n}"),  # noqa: B023  # likewise
        )
        place.clock.now = end
        place.shop.tick()
        in_time = isinstance(answer, Done)
        assert in_time or isinstance(answer, Refused)
        assert not (in_time and micro == 0)
        assert told(place, review.id) == ["review.asked", "approved" if in_time else "refused"]
        price = Payment(Money("9.00", "CNY"), f"pay-{n}")
        found = place.shop.buy(buyer, "card", key=f"k-{n}", paid=price)
        assert isinstance(found, Done if in_time else Blocked), found


STEPS = st.lists(
    st.sampled_from(["buy", "buy", "approve", "refuse", "tick", "an hour", "to the end", "a day"]),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40)
@given(STEPS, st.sampled_from([5, 1, 7]))
def test_the_answers_of_a_key_only_go_forward(steps: list[str], odd: int) -> None:
    """Whatever happens in whatever order: a review, then one end for ever, which is the first answer or the end's."""
    place = world(release=release())
    review, ended, seen = None, None, list[str]()
    for n, step in enumerate(steps):
        open_ = review is not None and ended is None
        end = place.shop.reviews()[0].until if open_ and place.shop.reviews() else None
        match step:
            case "buy":
                found = place.shop.buy(who(odd=odd), "card", key="k", paid=ON_ACCOUNT)
                if isinstance(found, Review):
                    review = found
                seen.append(type(found).__name__)
            case "approve" | "refuse" if review is not None:
                answer = place.shop.resolve(review, approve=step == "approve", key=f"r-{n}")
                assert isinstance(answer, Done) == (ended is None)
                ended = ended or ("Done" if step == "approve" else "Blocked")
            case "tick":
                place.shop.tick()
            case "an hour":
                later(place, 1)
            case "to the end" if end is not None:
                place.clock.now = instant_of(end)
            case "a day":
                later(place, 24)
        if review is not None and ended is None and not place.shop.reviews():
            ended = "Done" if odd == 1 else "Blocked"
        if seen and ended is not None and step == "buy":
            assert seen[-1] == ended
    assert all((before, after) in ALLOWED for before, after in pairwise(seen))
    assert place.shop.reconcile().ok
    assert len(orders(place)) == ("Done" in seen)


ALLOWED = {("Review", "Review"), ("Review", "Done"), ("Review", "Blocked"), ("Done", "Done"), ("Blocked", "Blocked")}
