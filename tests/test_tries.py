"""Codes tried in vain: all look the same to whoever does not own them, and after too many all are refused."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import entitle
from entitle import Done, FactError, NotFound, Refused, Tries
from entitle.plan import Answer, Effect, Find, Plan, Read, Store, one_by_one
from entitle.secret_records import FailedTries
from entitle.shop.codes import ALPHABET, CODE_BYTES, new_code, normal_code
from entitle.shop.facade import Shop
from entitle.testing.world import World
from tests.books import released
from tests.meddling import meddled
from tests.shops import ANN, address, buy, codes, done, world

RULES = """\
benefits:
  entry: {kind: voucher, name: Entry, valid: 10 days from grant}
  pass: {kind: voucher, name: Pass, redeem: {by: [code], uses: 3}}
products:
  ticket: {name: Ticket, sell: {quantity: 1..9}, price: ¥5.00, gives: [{benefit: entry}]}
  pass:
    name: Pass
    price: ¥9.00
    gives: [{benefit: pass}]
    refund: {within: 7 days, if_used: keep}
"""
LIMITS = Tries(actor=3, device=5, network=8, within=timedelta(hours=1))
GUESS = "000000-000000-000000"


@pytest.fixture(params=["memory", "sqlite"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    made = world(
        "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'shop.db'}", release=released(RULES)
    )
    made.shop._ctx.tries = replace(LIMITS, actor=3)
    return made


def held(place: World, product: str, key: str) -> tuple[str, str]:
    """The id and the code of a voucher that is bought now."""
    (grant,) = buy(place.shop, ANN, product, key).grants
    (code,) = [each.code for each in place.shop.wallet("ann").grants if each.id == grant.id]
    assert code is not None
    return grant.id, code


class Watched:
    """A store that notes the shape of everything that is asked of it and done to it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.seen: list[Any] = []

    def fetch(self, reads: tuple[Read, ...]) -> tuple[Any, ...]:
        self.seen.append([(type(each), each.table, *([w[:2] for w in getattr(each, "where", ())])) for each in reads])
        return self.store.fetch(reads)

    def apply(self, plan: tuple[Effect, ...]) -> Effect | None:
        self.seen.append([(type(each), type(getattr(each, "row", None))) for each in plan])
        return self.store.apply(plan)

    def apply_each(self, plans: Sequence[Plan]) -> list[Answer]:
        return one_by_one(self.apply, plans)

    def close(self) -> None:
        self.store.close()


def watched(place: World, ask: Callable[[Shop], object]) -> tuple[str, list[Any]]:
    """How an answer reads, and what was done for it."""
    seen = Watched(place.store)
    shop = Shop(seen, place.shop._ctx.keys, place.clock.instant, place.shop._ctx.random)  # it may fail often
    return repr(ask(shop)), seen.seen


def look(code: str, customer: str, shop: Shop) -> object:
    return shop.look(code, customer=customer, by=f"a-{code}")


def use(code: str, customer: str, shop: Shop) -> object:
    return shop.redeem(code, customer=customer, by=f"b-{code}", key=f"r-{customer}-{code}")


def test_all_that_is_not_good_looks_the_same_and_takes_the_same_work(place: World) -> None:
    _, used = held(place, "ticket", "k1")
    done(place.shop.redeem(used, key="r1"))
    _, expired = held(place, "ticket", "k2")
    revoked = held(place, "pass", "k3")[1]
    (order,) = [each.order for each in place.shop.wallet("ann").grants if each.benefit == "pass"]
    done(place.shop.refund(order, key="f"))
    place.travel(days=11)
    _, good = held(place, "ticket", "k4")
    for customer, bad in (("", (GUESS, used, expired, revoked)), ("bob", (GUESS, used, expired, revoked, good))):
        looks = [watched(place, partial(look, code, customer)) for code in bad]
        uses = [watched(place, partial(use, code, customer)) for code in bad]
        for answers in (looks, uses):
            assert "nothing-to-redeem" in answers[0][0]
            assert all(each == answers[0] for each in answers)
    assert done(place.shop.look(used, customer="ann")).state == "used"


def test_the_owner_learns_what_became_of_it(place: World) -> None:
    _, used = held(place, "ticket", "k1")
    done(place.shop.redeem(used, key="r1", customer="ann"))
    assert done(place.shop.look(used, customer="ann")).state == "used"
    assert codes(place.shop.redeem(used, customer="ann", key="r2")) == ["used-up"]
    again = place.shop.redeem(used, key="r1")  # what this key did is answered for ever
    assert isinstance(again, Done)
    assert again.replayed
    assert codes(place.shop.redeem(used, outlet="elsewhere", key="r1")) == ["nothing-to-redeem"]


def test_another_customers_grant_is_not_there(place: World) -> None:
    number, _ = held(place, "ticket", "k1")
    for what in (number, "grn_00000000000000000000000000"):
        with pytest.raises(NotFound, match=f"there is no grant {what}"):
            place.shop.redeem(what, customer="bob", key="r")
    for verb in ("claim", "reveal"):
        theirs, nobodys = (watched(place, partial(missed, verb, each)) for each in (number, number[:-1] + "0"))
        assert theirs == nobodys


def missed(verb: str, number: str, shop: Shop) -> str:
    with pytest.raises(NotFound) as problem:
        getattr(shop, verb)("bob", number, key="c")
    return str(problem.value).replace(number, "?")


@pytest.mark.parametrize(
    ("most", "who"),
    [(3, {"by": "gate"}), (3, {"customer": "eve"}), (5, {"device": "d"}), (8, {"network": "n"})],
)
def test_after_too_many_every_code_is_refused_alike(place: World, most: int, who: dict[str, Any]) -> None:
    _, good = held(place, "pass", "k")
    owner = who if "customer" not in who else {"customer": "ann"}
    done(place.shop.redeem(good, key="before", **owner))
    for n in range(most):
        ask = place.shop.look if n % 2 else lambda code, n=n, **told: place.shop.redeem(code, key=f"r-{n}", **told)
        assert codes(ask(GUESS, **who)) == ["nothing-to-redeem"]
    no = place.shop.look(GUESS, **who)
    assert isinstance(no, Refused)
    assert no.reasons[0].retry_at is not None
    assert no.reasons[0].retry_at > place.shop.now()
    assert [str(place.shop.look(code, **who)) for code in (GUESS, good)] == [str(no), str(no)]
    assert str(place.shop.redeem(good, key="now", **who)) == str(no)
    assert codes(place.shop.look("ABC", **who)) == ["nothing-to-redeem"]  # it is not looked up
    other = {name: f"{value}-2" for name, value in who.items() if name != "customer"}
    assert place.shop.look(good, **other).ok
    place.at(no.reasons[0].retry_at)
    assert codes(place.shop.look(GUESS, **who)) == ["nothing-to-redeem"]
    assert done(place.shop.redeem(good, key="now", **owner)).left == 1


def test_success_writes_no_counter_and_no_id_is_kept_in_clear(place: World) -> None:
    _, good = held(place, "pass", "k")
    told: dict[str, Any] = {"by": "gate-77", "device": "dev-77", "network": "net-77"}
    assert place.shop.look(good, **told).ok
    done(place.shop.redeem(good, key="r", **told))
    assert _failed(place) == []
    place.shop.look(GUESS, **told)
    rows = _failed(place)
    assert [row.subject.partition(":")[0] for row in rows] == ["device", "network", "staff"]
    assert {len(row.subject.partition(":")[2]) for row in rows} == {32}
    assert not any(value in repr(rows) for value in told.values())


def test_a_customer_who_is_called_like_a_clerk_has_a_budget_of_their_own(place: World) -> None:
    for _ in range(3):
        place.shop.look(GUESS, by="ann")
    assert codes(place.shop.look(GUESS, by="ann")) == ["too-many-tries"]
    assert codes(place.shop.look(GUESS, customer="ann")) == ["nothing-to-redeem"]


def _failed(place: World) -> list[FailedTries]:
    (rows,) = place.store.fetch((Find(FailedTries, ()),))
    return list(rows)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_guesses_at_once_get_no_more_answers(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    place = world(address(kind, request, tmp_path), release=released(RULES))
    place.shop._ctx.tries = replace(LIMITS, actor=4)
    with ThreadPoolExecutor(4) as pool:
        answers = [codes(each)[0] for each in pool.map(lambda _: _asked(place.shop), range(16), timeout=60)]
    assert (answers.count("nothing-to-redeem"), answers.count("too-many-tries")) == (4, 12)


def test_a_guess_gets_no_answer_where_others_used_the_budget_up_meanwhile(place: World) -> None:
    def others() -> None:
        for _ in range(LIMITS.actor):
            place.shop.look(GUESS, by="bot")

    assert codes(meddled(place, others).look(GUESS, by="bot")) == ["too-many-tries"]
    assert [row.failed for row in _failed(place)] == [LIMITS.actor]


def _asked(shop: Shop) -> object:
    while isinstance(found := shop.look(GUESS, by="bot"), entitle.Busy):
        pass
    return found


@pytest.mark.parametrize("tries", [Tries(actor=0), Tries(network=-1), Tries(within=timedelta(0)), Tries(device=True)])
def test_a_budget_that_cannot_be(tries: Tries) -> None:
    with pytest.raises(FactError, match="tries"):
        entitle.open("memory:", tries=tries)


def test_every_slip_of_one_character_and_every_swap_of_neighbours_is_noticed() -> None:
    place = world(release=released(RULES))
    random = place.shop._ctx.random
    missed = tried = 0
    while tried < 1_000_000:
        code = normal_code(new_code(random(CODE_BYTES)))
        assert code is not None
        wrong = [code[:i] + other + code[i + 1 :] for i in range(18) for other in ALPHABET if other != code[i]]
        wrong += [code[:i] + code[i + 1] + code[i] + code[i + 2 :] for i in range(17) if code[i] != code[i + 1]]
        tried += len(wrong)
        missed += sum(normal_code(each) is not None for each in wrong)
    assert missed == 0
    answer, done_for_it = watched(place, partial(look, wrong[0], ""))
    assert ("nothing-to-redeem" in answer, done_for_it) == (True, [])


def test_every_one_of_80_random_bits_makes_another_code() -> None:
    some = int.from_bytes(world().shop._ctx.random(CODE_BYTES), "big")
    found = {
        new_code((some ^ bit).to_bytes(CODE_BYTES, "big")) for bit in (0, *(1 << n for n in range(8 * CODE_BYTES)))
    }
    assert len(found) == 1 + 8 * CODE_BYTES >= 81
    assert {normal_code(code) is not None for code in found} == {True}
