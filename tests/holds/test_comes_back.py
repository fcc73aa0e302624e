"""What comes back is sold: nobody is told "sold out" for good while holders still let go."""

from collections.abc import Callable
from time import monotonic, sleep

from entitle import Done, Line, Who
from entitle.decision import ON_ACCOUNT
from entitle.testing.world import World
from tests.holds.shop import free, held, pay
from tests.holds.test_races import patiently, race
from tests.shops import codes, done

SEATS = 5
ROUNDS = 4
WAIT_SECONDS = 40


def test_half_of_the_holders_let_go_and_every_unit_is_sold(place: World) -> None:
    """All seats are on hold. Some are paid, some let go; for each of those there is a buyer, who gets it."""
    holds = [held(place, Who(f"h-{n}", channel="app"), Line("seat"), f"h-{n}") for n in range(SEATS)]
    assert codes(place.shop.quote(Who("b-0", channel="app"), "seat")) == ["sold-out"]

    def buying(n: int) -> Callable[[], object]:
        who = Who(f"b-{n}", channel="app")

        def until_sold() -> object:
            until = monotonic() + WAIT_SECONDS
            while True:
                answer = patiently(lambda: place.shop.buy(who, "seat", key=f"b-{n}", paid=ON_ACCOUNT))
                if isinstance(answer, Done):
                    return answer
                assert codes(answer) == ["sold-out"]
                assert monotonic() < until, "a seat came back, and this buyer is told that there is none"
                sleep(0.005)

        return until_sold

    def ending(n: int) -> Callable[[], object]:
        hold = holds[n]
        return lambda: place.shop.confirm(hold, paid=pay(hold)) if n % 2 else place.shop.void(hold)

    back = len(holds[::2])
    for answer in race(*(ending(n) for n in range(SEATS)), *(buying(n) for n in range(back))):
        done(answer)
    assert free(place, "seats") == 0
    assert codes(place.shop.buy(Who("late", channel="app"), "seat", key="late", paid=ON_ACCOUNT)) == ["sold-out"]


def test_while_a_unit_is_free_nobody_is_refused(place: World) -> None:
    """There is a seat for each of the customers, who hold one and let it go, over and over."""

    def coming_and_going(n: int) -> Callable[[], None]:
        who = Who(f"h-{n}", channel="app")

        def once(key: str) -> None:
            hold = done(patiently(lambda: place.shop.hold(who, "seat", key=key)))
            done(patiently(lambda: place.shop.void(hold)))

        def rounds() -> None:
            for turn in range(ROUNDS):
                once(f"h-{n}-{turn}")

        return rounds

    race(*(coming_and_going(n) for n in range(SEATS)))
    assert free(place, "seats") == SEATS
