"""What broke in other shops where orders wait for their payment, and must not break here."""

from collections.abc import Callable
from typing import Any

from entitle import Done, Line, Refused, Who
from entitle.decision import ON_ACCOUNT
from entitle.testing.world import World
from tests.holds.shop import ANN, BOB, CYD, held, later, more, pay
from tests.holds.test_races import race
from tests.shops import codes, done


def test_an_unpaid_order_takes_its_place_in_a_limit(place: World) -> None:
    """Unpaid orders held nothing, so more were paid than a limit allowed."""
    holds = [held(place, who, "scarce", f"h-{who.customer}") for who in (ANN, BOB, CYD)]
    assert codes(place.shop.hold(Who("dan", channel="app"), "scarce", key="h-dan")) == ["total"]
    assert codes(place.shop.buy(Who("dan", channel="app"), "scarce", key="b", paid=ON_ACCOUNT)) == ["total"]
    for hold in holds:
        done(place.shop.confirm(hold, paid=pay(hold)))


def test_a_limit_is_looked_at_when_the_order_is_paid(place: World) -> None:
    """A discount was checked when it was applied, and not when the order was placed with it."""
    hold = held(place, ANN, "card", "h", "ONCE")
    later(place, 15)
    bought = held(place, BOB, "card", "h2", "ONCE")
    done(place.shop.confirm(bought, paid=pay(bought)))
    late = place.shop.confirm(hold, paid=pay(hold))
    assert isinstance(late, Refused)
    assert (codes(late), late.refund_due) == (["hold-expired"], hold.total)


def test_a_code_is_used_no_more_often_than_it_may_be(place: World) -> None:
    """A voucher for three was used five times: paying took a lock that refunds and new orders did not."""
    more(place, 8)
    first = held(place, ANN, Line("card"), "h", "ONCE")
    order = done(place.shop.confirm(first, paid=pay(first)))

    def buying(n: int) -> Callable[[], Any]:
        who = Who(f"b-{n}", channel="app")
        return lambda: place.shop.hold(who, "card", codes=["ONCE"], key=f"b-{n}")

    back, *answers = race(lambda: place.shop.refund(order, key="back"), *(buying(n) for n in range(5)))
    assert isinstance(back, Done)
    got = [each for each in answers if isinstance(each, Done)]
    assert len(got) <= 1
    assert all(codes(each) == ["code-used-up"] for each in answers if not isinstance(each, Done))
    last = place.shop.hold(CYD, "card", codes=["ONCE"], key="last")
    assert last.ok is not bool(got)
