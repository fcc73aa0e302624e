"""The relay: every event at least once, a customer's in their order, whoever fails, dies or comes late."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from entitle import FactError, Failed, Gone, NotFound, Sent
from entitle.decision import Answer
from entitle.identity import KEYS
from entitle.plan import Find
from entitle.records import Event
from entitle.relay_records import DeadLetter, Delivery, Endpoint
from entitle.shop.queues import PAUSE_FIRST, PAUSE_MAX, TRIES_MAX, pause_of
from entitle.shop.read import EventView
from entitle.shop.relay import FAILURES_IN_A_ROW_MAX, Relayed
from entitle.testing.world import World
from tests.relaying import BOOK, DAY, SECOND, TO, Died, Mortal, Receiver, refuse, sell, shop_on, told, wait
from tests.shops import world


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    urls = {"memory": "memory:", "sqlite": f"sqlite:///{tmp_path}/shop.db"}
    return world(urls.get(request.param) or request.getfixturevalue("postgres_url"), release=BOOK)


def test_everything_is_sent_once_where_nothing_fails(place: World) -> None:
    sell(place, "ann", "bob", "ann")
    crm = Receiver()
    count = len(told(place))
    assert place.shop.relay(crm, to=TO) == Relayed(sent=count)
    assert sorted(crm.took, key=lambda each: each.cursor) == told(place)
    assert crm.numbers("ann") == [1, 2, 3, 4, 5, 6]
    assert place.shop.relay(crm, to=TO) == Relayed()
    sell(place, "bob")
    assert place.shop.relay(crm, to=TO).sent == 3
    assert crm.numbers("bob") == [1, 2, 3, 4, 5, 6]
    (ticket,) = place.shop.wallet("bob").grants[:1]
    assert place.shop.redeem(ticket, key="r").ok
    assert place.shop.relay(crm, to=TO).sent == 1
    other = Receiver()
    assert place.shop.relay(other, to="another").sent == len(told(place))


def test_no_more_are_sent_than_asked_for(place: World) -> None:
    sell(place, "ann", "bob", "cyd")
    crm = Receiver()
    assert [place.shop.relay(crm, to=TO, limit=2).sent for _ in range(6)] == [2, 2, 2, 2, 1, 0]
    assert [crm.numbers(name) for name in ("ann", "bob", "cyd")] == [[1, 2, 3]] * 3


def test_what_fails_is_tried_again_later_and_keeps_back_what_follows(place: World) -> None:
    sell(place, "ann", "bob")
    fails = {told(place)[0].id: 2, told(place)[1].id: 1}
    crm = Receiver(lambda event, times: Failed("no") if times <= fails.get(event.id, 0) else Sent())
    assert place.shop.relay(crm, to=TO) == Relayed(sent=3, failed=1, problem="no")
    assert (crm.numbers("ann"), crm.numbers("bob")) == ([], [1, 2, 3])
    (ann,) = place.shop.failing(TO)
    assert (ann.customer, ann.number, ann.waiting, ann.tries, ann.problem) == ("ann", 1, 3, 1, "no")
    assert ann.next_at > place.shop.now()
    place.clock.now += PAUSE_FIRST // 2 - 1
    assert place.shop.relay(crm, to=TO) == Relayed()
    place.clock.now += PAUSE_FIRST // 2 + 1
    assert place.shop.relay(crm, to=TO) == Relayed(failed=1, problem="no")
    place.clock.now += PAUSE_FIRST * 4
    assert place.shop.relay(crm, to=TO) == Relayed(sent=1, failed=1, problem="no")
    assert [(each.number, each.waiting, each.tries) for each in place.shop.failing(TO)] == [(2, 2, 1)]
    place.clock.now += PAUSE_FIRST  # the second event was tried once
    assert place.shop.relay(crm, to=TO) == Relayed(sent=2)
    assert place.shop.failing(TO) == ()
    assert crm.numbers("ann") == [1, 2, 3]


def test_pauses_grow_and_differ() -> None:
    assert [pause_of(n, b"\0\0\0\0") for n in (1, 2, 3, 4)] == [PAUSE_FIRST * each for each in (1, 4, 16, 64)]
    least = [pause_of(n, b"\xff\xff\xff\xff") for n in range(1, 30)]
    for n, shortest in enumerate(least, 1):
        longest = pause_of(n, b"\0\0\0\0")
        assert longest // 2 <= shortest <= longest // 2 + longest // 2**31 + 1
        assert longest <= PAUSE_MAX
    assert sum(least[: TRIES_MAX - 1]) > DAY


def test_what_is_never_taken_is_given_up_and_lets_the_next_one_by(place: World) -> None:
    sell(place, "ann")
    crm = Receiver(lambda event, _times: Failed("answered 400") if event.number == 2 else Sent())
    runs = []
    for _ in range(TRIES_MAX):
        runs.append(place.shop.relay(crm, to=TO))
        wait(place)
    (dead,) = place.shop.dead_letters(TO)
    assert (dead.event, dead.customer, dead.number) == (told(place)[1].id, "ann", 2)
    assert (dead.tries, dead.problem) == (TRIES_MAX, "answered 400")
    assert [run.given_up for run in runs] == [()] * (TRIES_MAX - 1) + [(dead.event,)]
    place.shop.relay(crm, to=TO)
    assert crm.numbers("ann") == [1, 3]

    assert place.shop.send_again(dead.event, to=TO) is True
    assert place.shop.send_again(dead.event, to=TO) is False
    assert place.shop.dead_letters(TO) == ()
    for _ in range(TRIES_MAX):  # in vain again
        place.shop.relay(crm, to=TO)
        wait(place)
    assert [each.tries for each in place.shop.dead_letters(TO)] == [2 * TRIES_MAX]
    assert place.shop.send_again(dead.event, to=TO) is True
    crm.says = lambda _event, _times: Sent()
    assert place.shop.relay(crm, to=TO) == Relayed(sent=1)
    assert crm.numbers("ann") == [1, 3, 2]
    assert place.shop.dead_letters(TO) == ()
    assert place.shop.send_again(dead.event, to=TO) is False
    for wrong in (told(place)[0].id, "evt_0", "", "\ud800"):
        with pytest.raises(NotFound, match="no dead letter"):
            place.shop.send_again(wrong, to=TO)
    with pytest.raises(NotFound):
        place.shop.send_again(dead.event, to="another")


def test_an_endpoint_that_asks_for_a_pause_has_it_for_all_streams(place: World) -> None:
    sell(place, "ann", "bob")
    crm = Receiver(lambda _event, times: Failed("answered 429", timedelta(hours=1)) if times == 1 else Sent())
    place.shop.relay(crm, to=TO, limit=1)
    place.clock.now += 3600 * SECOND - 1
    came = len(crm.came)
    assert place.shop.relay(crm, to=TO) == Relayed()
    assert len(crm.came) == came
    place.clock.now += 1
    assert place.shop.relay(crm, to=TO).sent > 0


@pytest.mark.parametrize("wrong", [None, True, Sent])
def test_what_says_nothing_of_an_event_is_a_mistake_and_nothing_is_counted(place: World, wrong: object) -> None:
    """A function that forgets to return Sent() would post the same events again and again."""
    sell(place, "ann", "bob")
    crm = Receiver(lambda event, _times: Sent() if event.number == 1 else cast(Answer, wrong))
    with pytest.raises(FactError, match=r"^post: returns Sent\(\), Failed\(problem\) or Gone\(\); I got "):
        place.shop.relay(crm, to=TO)
    assert len(crm.came) == 2
    crm.says = lambda _event, _times: Sent()
    assert place.shop.relay(crm, to=TO) == Relayed(sent=5)  # at once: nobody holds it, and nothing has failed
    assert crm.numbers("ann") == crm.numbers("bob") == [1, 2, 3]


def test_nothing_is_sent_to_one_that_is_gone_until_it_is_opened_again(place: World) -> None:
    sell(place, "ann", "bob")
    crm = Receiver(lambda event, _times: Gone() if event.number == 2 else Sent())
    assert place.shop.relay(crm, to=TO) == Relayed(sent=1, gone=True)
    wait(place)
    sell(place, "cyd")
    assert place.shop.relay(crm, to=TO) == Relayed(gone=True)
    with pytest.raises(NotFound, match="nothing was ever sent to 'nobody'"):
        place.shop.reopen("nobody")
    crm.says = lambda _event, _times: Sent()
    assert (place.shop.reopen(TO), place.shop.reopen(TO)) == (True, False)
    assert place.shop.relay(crm, to=TO).sent == 8
    assert place.shop.dead_letters(TO) == ()
    assert [crm.numbers(name) for name in ("ann", "bob", "cyd")] == [[1, 2, 3]] * 3


def test_an_endpoint_that_is_down_is_not_asked_for_every_customer(place: World) -> None:
    sell(place, *(f"u-{n}" for n in range(FAILURES_IN_A_ROW_MAX + 3)))
    crm = Receiver(lambda _event, _times: Failed("no answer"))
    assert place.shop.relay(crm, to=TO).failed == FAILURES_IN_A_ROW_MAX
    assert len(crm.came) == FAILURES_IN_A_ROW_MAX


def test_a_relay_that_comes_to_grief_goes_on_with_other_customers(place: World) -> None:
    sell(place, "ann", "bob")

    def says(event: EventView, times: int) -> Answer:
        if (event.customer, event.number, times) == ("ann", 1, 1):
            raise LookupError("a fault of the adapter's")
        return Sent()

    crm = Receiver(says)
    with pytest.raises(LookupError):
        place.shop.relay(crm, to=TO)
    assert crm.numbers("bob") == [1, 2, 3]
    wait(place)
    place.shop.relay(crm, to=TO)
    assert crm.numbers("ann") == [1, 2, 3]


def test_a_relay_that_is_ended_in_the_middle_has_noted_how_far_it_came(place: World) -> None:
    sell(place, "ann")

    def ended(event: EventView, times: int) -> Answer:
        if event.number == 3 and times == 1:
            raise KeyboardInterrupt
        return Sent()

    crm = Receiver(ended)
    with pytest.raises(KeyboardInterrupt):
        place.shop.relay(crm, to=TO)
    assert place.shop.relay(crm, to=TO) == Relayed(sent=1)
    assert crm.numbers("ann") == [1, 2, 3]


def test_what_one_relay_holds_no_other_sends(place: World) -> None:
    """Until the time is over: then another one goes on, and what the first one says no longer counts."""
    sell(place, "ann", "bob")
    second = Receiver()
    runs: list[Relayed] = []

    def slow(event: EventView, _times: int) -> Answer:
        if event.customer == "ann" and event.number == 2:
            runs.append(place.shop.relay(second, to=TO))  # ann's are held
            sell(place, "ann")  # and told meanwhile
            place.clock.now += 120 * SECOND
            runs.append(place.shop.relay(second, to=TO, limit=4))
        return Sent()

    first = Receiver(slow)
    place.shop.relay(first, to=TO)
    assert [run.sent for run in runs] == [3, 4]
    assert second.numbers("bob") == [1, 2, 3]
    assert second.numbers("ann") == [1, 2, 3, 4]  # the first one had noted nothing
    assert first.numbers("ann") == [1, 2]
    third = Receiver()
    assert place.shop.relay(third, to=TO).sent == 2
    assert third.numbers("ann") == [5, 6]


def test_what_a_relay_came_to_hold_since_another_looked_is_left_to_it(place: World) -> None:
    """It dies with what it holds, and the other one, which had found it waiting, leaves it alone."""
    sell(place, "ann", "bob")
    mortal = Mortal(place.store)
    dying = mortal.dying(Receiver(), 0)

    def meanwhile(event: EventView, times: int) -> Answer:
        if (event.customer, event.number, times) == ("ann", 1, 1):
            with pytest.raises(Died):
                shop_on(mortal, place).relay(dying, to=TO)  # bob's are held now
        return Sent()

    crm = Receiver(meanwhile)
    assert place.shop.relay(crm, to=TO).sent == 3
    assert crm.numbers("bob") == []
    place.clock.now += 120 * SECOND
    place.shop.relay(crm, to=TO)
    assert crm.numbers("bob") == [1, 2, 3]


def test_a_trial_run_sends_nothing(place: World) -> None:
    sell(place, "ann")
    crm = Receiver()
    assert place.shop.preview.relay(crm, to=TO) == Relayed()
    assert rows(place, Endpoint, Delivery) == [[], []]
    place.shop.relay(crm, to=TO, limit=1)
    before = rows(place, Endpoint, Delivery)
    assert place.shop.preview.relay(crm, to=TO) == Relayed()
    assert (len(crm.came), rows(place, Endpoint, Delivery)) == (1, before)


def test_the_ledger_and_its_events_stay_as_they_were(place: World) -> None:
    sell(place, "ann", "bob")
    told(place)  # whoever asks first gives them their positions
    kept = [table for table in KEYS if table not in (Endpoint, Delivery, DeadLetter)]
    before = rows(place, *kept)
    place.shop.relay(Receiver(refuse("no")), to=TO)
    wait(place)
    place.shop.relay(Receiver(), to=TO)
    assert rows(place, *kept) == before
    assert place.shop.reconcile().ok


def test_many_pages_of_events_are_taken_in(place: World) -> None:
    sell(place, *(f"u-{n % 7}" for n in range(150)))
    crm = Receiver()
    while place.shop.relay(crm, to=TO).sent:
        pass
    assert len(crm.took) == len(told(place)) == 450
    assert all(crm.numbers(f"u-{n}") == sorted(crm.numbers(f"u-{n}")) for n in range(7))


def rows(place: World, *tables: type) -> list[object]:
    return list(place.store.fetch(tuple(Find(table, ()) for table in tables)))


def test_event_ids_stay_and_say_nothing(place: World) -> None:
    sell(place, "ann@shop.test", "ann@shop.test")
    ids = [event.id for event in told(place)]
    assert len(set(ids)) == len(ids) == 6
    assert all(len(each) == 36 and "ann" not in each for each in ids)
    stored: list[Event] = place.store.fetch((Find(Event, (), ("position",)),))[0]
    assert [each.id for each in stored] == ids


@pytest.mark.parametrize("after", ["x", None, 1.5, True])
def test_what_is_no_cursor_is_refused_by_every_store(place: World, after: Any) -> None:
    sell(place, "ann")
    for read in (place.shop.events, partial(place.shop.history, "ann"), place.shop.seals):
        with pytest.raises(FactError, match=r"^after: is a whole number"):
            read(after=after)
