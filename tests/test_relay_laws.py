"""Whatever happens to relays and endpoints: no event is lost, and none overtakes another of its stream."""

import random
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from entitle import Failed, Gone, NotFound, Sent
from entitle.decision import Answer
from entitle.testing.world import World
from tests.relaying import BOOK, DAY, SECOND, TO, Died, Mortal, Receiver, sell, shop_on, told, wait
from tests.shops import OPENED, world

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("sell"), st.sampled_from(["ann", "bob"])),
        st.tuples(st.just("relay"), st.integers(0, 2**32 - 1)),
        st.tuples(st.just("die"), st.integers(1, 4)),
        st.tuples(st.just("again"), st.just(0)),
        st.tuples(st.just("pass"), st.sampled_from([SECOND, 60 * SECOND, DAY])),
    ),
    max_size=25,
)


@settings(max_examples=120)
@given(steps=STEPS)
def test_whatever_happens_each_event_arrives_in_its_order(steps: list[tuple[str, object]]) -> None:
    """Events that an endpoint took for the first time come in their order, but for dead letters; none is lost."""
    place = world("memory:", release=BOOK)
    dice = random.Random(0)
    answers: list[Answer] = [Sent(), Sent(), Failed("no"), Gone()]
    crm = Receiver(lambda _event, _times: dice.choice(answers))
    try:
        for step, what in steps:
            _do(place, crm, dice, step, what)
        crm.says = lambda _event, _times: Sent()
        died = {each.event for each in place.shop.dead_letters(TO)}
        for _ in range(3):
            wait(place)
            with suppress(NotFound):
                place.shop.reopen(TO)
            place.shop.relay(crm, to=TO)
        assert {event.id for event in crm.took} | died == {event.id for event in told(place)}
        for customer in ("ann", "bob"):
            firsts = list(dict.fromkeys(crm.numbers(customer)))
            assert firsts == sorted(firsts)
    finally:
        OPENED.remove(place.store)


def _do(place: World, crm: Receiver, dice: random.Random, step: str, what: object) -> None:
    match step, what:
        case "sell", str(customer):
            sell(place, customer)
        case "relay", int(seed):
            dice.seed(seed)
            place.shop.relay(crm, to=TO)
        case "die", int(count):
            mortal = Mortal(place.store)
            with suppress(Died):
                shop_on(mortal, place).relay(mortal.dying(crm, count), to=TO)
        case "again", _:
            with suppress(NotFound):
                place.shop.reopen(TO)
        case "pass", int(time):
            place.clock.now += time
