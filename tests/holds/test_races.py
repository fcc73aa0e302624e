"""At the instant of its end a hold is paid, let go, tidied up twice and bought from under it, all at once."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import psycopg
import pytest

from entitle import Busy, Done, Keys, Line, Refused, Who
from entitle.decision import ON_ACCOUNT
from entitle.plan import Fetch, Find, Plan
from entitle.records import Order
from entitle.runtime.encode import instant_of
from entitle.shop.facade import Shop
from entitle.shop.hold import HoldView
from entitle.shop.sell import buy
from entitle.shop.verb import Writer
from entitle.store.joined_postgres import PostgresSide
from entitle.store.postgres_url import Address
from entitle.testing.world import World
from entitle.values.zone import Instant
from tests.holds.shop import ANN, BOB, RULES, free, held, later, pay, release
from tests.shops import codes, world

ROUNDS = 5  # as many as there are seats
WAIT_SECONDS = 60
TRIES = 50


def at(place: World, instant: Instant) -> Shop:
    """The same shop, in a process whose clock shows this instant."""
    return Shop(place.store, Keys.from_text("a virtual shop"), lambda: instant, os.urandom)


def patiently(verb: Callable[[], Any]) -> Any:
    """Whoever is told that the shop is busy asks again."""
    for _ in range(TRIES):
        answer = verb()
        if not isinstance(answer, Busy):
            return answer
    raise AssertionError("it stays busy")


def race(*verbs: Callable[[], Any]) -> list[Any]:
    """Their answers, all begun at one line."""
    start = Barrier(len(verbs))

    def run(verb: Callable[[], Any]) -> Any:
        start.wait(WAIT_SECONDS)
        return patiently(verb)

    with ThreadPoolExecutor(len(verbs)) as crowd:
        return [each.result(WAIT_SECONDS) for each in [crowd.submit(run, verb) for verb in verbs]]


def ended(place: World, hold: HoldView) -> list[str]:
    """What was told of how a hold ended."""
    events = [each for each in place.shop.events(limit=500) if each.body.get("hold") == hold.id]
    return [each.type.removeprefix("hold.") for each in events[1:]]


@pytest.mark.parametrize("micro", [-1, 0])
def test_pay_void_and_two_sweepers_at_one_instant(place: World, micro: int) -> None:
    """Whoever pays gets the goods or the money back; whatever happens, the units come back at most once."""
    for n in range(ROUNDS):
        before = free(place, "seats")
        hold = held(place, ANN, Line("seat", 1), f"h-{n}")
        end = instant_of(hold.expires_at)
        early, late = at(place, end + micro), at(place, end)
        paid, let_go, *_ = race(
            lambda: early.confirm(hold, paid=pay(hold, f"p-{n}"), key=f"c-{n}"),  # noqa: B023  # run within the round
            lambda: early.void(hold, key=f"v-{n}"),  # noqa: B023  # called before n moves on
            late.tick,
            late.tick,
        )
        told = ended(place, hold)
        sold = isinstance(paid, Done)
        assert free(place, "seats") == before - sold
        assert told in ([["confirmed"], ["expired", "confirmed"]] if sold else [["voided"], ["expired"]])
        if sold:
            assert isinstance(let_go, Refused) or let_go.value.state == "expired"  # it came before the payment
        else:
            assert (paid.refund_due, codes(paid)) == (hold.total, ["hold-voided"])
            assert let_go.value.state == "voided"
        assert place.shop.confirm(hold, paid=pay(hold, f"p-{n}"), key=f"c-{n}").ok is sold
        place.clock.now = max(place.clock.now, end) + 1


def test_the_last_unit_goes_to_the_payer_or_to_one_buyer(place: World) -> None:
    """The hold has expired; three buyers and a late payment want what it kept."""
    for n in range(ROUNDS):
        place.shop.buy(Who(f"w-{n}", channel="app"), Line("seat"), key=f"w-{n}", paid=ON_ACCOUNT)
        if free(place, "seats") == 1:
            break
    hold = held(place, ANN, "seat", "h")
    later(place, 60)
    buyers = [Who(f"b-{n}", channel="app") for n in range(3)]

    def buying(who: Who) -> Callable[[], Any]:
        return lambda: place.shop.buy(who, "seat", key=who.customer, paid=ON_ACCOUNT)

    paid, *bought = race(
        lambda: place.shop.confirm(hold, paid=pay(hold)), *(buying(who) for who in buyers), place.shop.tick
    )
    answers = [paid, *bought[:3]]
    assert sum(isinstance(each, Done) for each in answers) == 1
    for each in answers:
        if isinstance(each, Refused):
            assert codes(each)[-1] == "sold-out"
    assert free(place, "seats") == 0
    (orders,) = place.store.fetch((Find(Order, ()),))
    assert len(orders) == 5


def test_everybody_finds_what_expired_free(place: World) -> None:
    """Five holds keep all seats and expire together; nobody ticks, and five buyers get them. A sixth does not."""
    holds = [held(place, Who(f"h-{n}", channel="app"), "seat", f"h-{n}") for n in range(5)]
    later(place, 60)
    answers = race(
        *(
            (lambda n=n: place.shop.buy(Who(f"b-{n}", channel="app"), "seat", key=f"b-{n}", paid=ON_ACCOUNT))
            for n in range(6)
        )
    )
    assert sorted(type(each).__name__ for each in answers) == ["Done"] * 5 + ["Refused"]
    assert [ended(place, hold) for hold in holds] == [["expired"]] * 5
    assert free(place, "seats") == 0


def planned(place: World, who: Who) -> Plan:
    """All seats for this buyer, which the expired holds of both customers still keep: decided, and not written."""
    verb = buy(place.shop._ctx, who, Line("seat", 5), (), (), f"all-{who.customer}", None, ON_ACCOUNT, Writer())
    step = next(verb)
    while isinstance(step, Fetch):
        step = verb.send(place.store.fetch(step.reads))
    verb.close()
    return step.plan


def test_plans_over_the_same_customers_never_wait_for_each_other(postgres_url: str) -> None:
    """Two writers, each of whom has written to its first customer before either goes on to the other."""
    place = world(postgres_url, release=release(RULES))
    place.fill("seats", 5)
    held(place, ANN, Line("seat", 2), "h-1")
    held(place, BOB, Line("seat", 3), "h-2")
    later(place, 60)
    began = [Event(), Event()]

    def write(number: int, plan: Plan) -> str | None:
        side = PostgresSide(None)
        try:
            with psycopg.connect(Address.of(postgres_url).conninfo(5, 5, 30, 30)) as connection:
                for place_, effect in enumerate(plan):
                    text, values = side.write(effect)
                    if not connection.execute(text.encode(), values).rowcount:
                        connection.rollback()
                        return "stale"
                    if place_ == 0:
                        began[number].set()
                        began[1 - number].wait(1)
        except psycopg.errors.DeadlockDetected as problem:
            return str(problem.sqlstate)
        return None

    plans = [planned(place, ANN), planned(place, BOB)]
    with ThreadPoolExecutor(2) as threads:
        told = [each.result(60) for each in [threads.submit(write, *each) for each in enumerate(plans)]]
    assert sorted(map(str, told)) == ["None", "stale"]
