"""Guards at their gates: who is stopped, challenged, looked at or only noted; what a customer reads of it."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from entitle import Blocked, Challenge, Done, FactError, Money, NeedsFacts, Payment, Review, UnknownName, Who
from entitle.release import Release
from entitle.testing.world import World
from tests.books import released
from tests.shops import address, buy, done, world

RULES = """\
facts:
  customer.age: {type: duration, if_missing: risky}
  customer.risk: {type: 0..100, if_missing: 0}
  customer.is_banned: {type: bool, if_missing: false}
  payer: {type: key, if_missing: ask}
  device.customers: {distinct: customers, in: claims, per: device, within: 7 days}
  payer.orders: {count: orders, per: payer}
  payer.paid: {sum: paid, in: orders, per: payer}
  device.redeemed: {count: redemptions, per: device}
benefits:
  film: {kind: voucher, name: Film, redeem: {uses: 9}}
products:
  p:
    name: P
    price: ¥10.00
    gives: [{benefit: film, claim_within: 9 days}]
    refund: {within: 9 days, if_used: keep}
guards:
  farm: {check_at: [claim], block_if: device.customers >= 2, say: {en: not now, zh: 暂不可用}}
  emulator: {check_at: [purchase, login], block_if: device.is_emulator}
  young: {check_at: [purchase], challenge_if: customer.age < 24 hours, challenge: slider}
  younger: {check_at: [purchase], challenge_if: customer.age < 1 hour, challenge: face}
  banned: {check_at: [register, login, purchase, claim, redeem], block_if: customer.is_banned}
  odd: {check_at: [purchase], review_if: customer.risk >= 80}
  payer-often: {check_at: [purchase], review_if: payer.orders >= 2}
  payer-much: {check_at: [purchase], block_if: payer.paid >= ¥10.00, log_only: true}
  device-redeems: {check_at: [redeem], review_if: device.redeemed >= 2}
"""
DAYS, MINUTE = timedelta(days=9), timedelta(minutes=1)
EMULATOR = {"device.is_emulator": True}


@cache
def release() -> Release:
    return released(RULES)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    return world(address(request.param, request, tmp_path), release=release())


def who(customer: str = "ann", device: str = "d-1", told: Mapping[str, object] | None = None) -> Who:
    """Somebody whom no guard stops, but for what is told otherwise; None is not told."""
    facts = {"payer": "p-1", "device.is_emulator": False, "customer.age": DAYS, **(told or {})}
    return Who(customer, channel="app", device=device, facts=facts)


def test_what_is_not_known_of_a_risk_is_never_let_through(place: World) -> None:
    stopped = place.shop.quote(who(told={"device.is_emulator": None}), "p")
    assert isinstance(stopped, Blocked)
    (reason,) = stopped.reasons
    assert (reason.rule, reason.where, reason.public) == ("emulator", "a.yaml:20", False)
    assert reason.text() == "this cannot be done now"
    asked = place.shop.quote(who(told={"customer.age": None}), "p")
    assert isinstance(asked, Challenge)
    assert asked.challenges == ("slider", "face")


def test_block_comes_before_challenge_before_review(place: World) -> None:
    every = who(told={**EMULATOR, "customer.age": MINUTE, "customer.risk": 99})
    assert str(place.shop.quote(every, "p")) == "blocked: emulator"
    some = who(told={"customer.age": MINUTE, "customer.risk": 99})
    assert str(place.shop.quote(some, "p")) == "challenge: slider, face"
    assert str(place.shop.quote(some, "p", passed=["slider"])) == "challenge: face"
    assert str(place.shop.quote(some, "p", passed=["slider", "face"])) == "review: odd"
    assert isinstance(place.shop.quote(who(), "p"), Done)


def test_a_fact_that_is_asked_for_comes_first(place: World) -> None:
    stopped = place.shop.quote(who(told={**EMULATOR, "payer": None}), "p")
    assert isinstance(stopped, NeedsFacts)
    assert stopped.facts == ("payer",)


def test_a_challenge_that_nobody_knows_is_no_mistake_and_no_text_is_one(place: World) -> None:
    assert isinstance(place.shop.quote(who(), "p", passed=["captcha"]), Done)
    for passed in ("slider", [""], [None]):
        with pytest.raises(FactError):
            place.shop.quote(who(), "p", passed=passed)  # type: ignore[arg-type]  # what people may pass


def test_measures_by_a_key_count_every_customer(place: World) -> None:
    buy(place.shop, who("ann"), "p", "k1")
    buy(place.shop, who("bob"), "p", "k2")
    stopped = place.shop.quote(who("eve"), "p")
    assert isinstance(stopped, Review)
    assert [reason.rule for reason in stopped.reasons] == ["payer-often"]
    assert isinstance(place.shop.quote(who("eve", told={"payer": "p-2"}), "p"), Done)
    assert place.shop.reconcile().ok


def test_what_was_given_back_whole_counts_no_more(place: World) -> None:
    first = buy(place.shop, who("ann"), "p", "k1")
    buy(place.shop, who("bob"), "p", "k2")
    done(place.shop.refund(first, key="r"))
    assert isinstance(place.shop.quote(who("eve"), "p"), Done)
    assert place.shop.reconcile().ok


def test_at_the_gate_of_a_claim(place: World) -> None:
    for n, name in enumerate(("ann", "bob", "eve")):
        grant = buy(place.shop, who(name, told={"payer": f"p-{name}"}), "p", f"k{n}").grants[0]
        found = place.shop.claim(who(name, told={"payer": f"p-{name}"}), grant, key=f"c{n}")
        assert found.ok == (name != "eve")
    assert isinstance(found, Blocked)
    assert found.reasons[0].text("zh") == "暂不可用"
    assert place.shop.claim(who("eve", device="d-2"), grant, key="c2").ok  # refused before, and nothing was written
    place.travel(days=7)
    grant = buy(place.shop, who("kim", told={"payer": "p-kim"}), "p", "k9").grants[0]
    assert place.shop.claim(who("kim", told={"payer": "p-kim"}), grant, key="c9").ok  # seven days later it is forgotten


def test_at_the_gate_of_a_redemption(place: World) -> None:
    grant = buy(place.shop, who(), "p", "k").grants[0]
    done(place.shop.claim(who(), grant, key="c"))
    facts = {"device": "gate-1"}
    first = done(place.shop.redeem(grant, facts=facts, key="r0"))
    done(place.shop.redeem(grant, facts=facts, key="r1"))
    stopped = place.shop.redeem(grant, facts=facts, key="r2")
    assert isinstance(stopped, Review)
    done(place.shop.reverse(first, key="v"))
    assert place.shop.redeem(grant, facts=facts, key="r2") == stopped  # it waits, whatever is true by now
    done(place.shop.redeem(grant, facts=facts, key="r3"))
    missing = place.shop.redeem(grant, key="r4")
    assert isinstance(missing, NeedsFacts)


def test_gates_that_are_asked(place: World) -> None:
    assert str(place.shop.gate("login", who(told=EMULATOR))) == "blocked: emulator"
    assert place.shop.gate("login", who()).ok
    assert place.shop.gate("register", who(told=EMULATOR)).ok  # nothing guards it
    with pytest.raises(UnknownName, match="login, register"):
        place.shop.gate("purchase", who())


def test_one_guard_at_all_five_gates(place: World) -> None:
    grant = buy(place.shop, who(), "p", "k").grants[0]
    banned = who(told={"customer.is_banned": True})
    stopped = [str(place.shop.gate(name, banned)) for name in ("register", "login")]
    stopped += [str(place.shop.buy(banned, "p", key="k2")), str(place.shop.claim(banned, grant, key="c"))]
    done(place.shop.claim(who(), grant, key="c"))
    facts = {"device": "d-1", "customer.is_banned": True}
    stopped += [str(place.shop.redeem(grant, facts=facts, key="r"))]
    assert stopped == ["blocked: banned"] * 5
    done(place.shop.redeem(grant, facts={"device": "d-1"}, key="r"))


def test_a_guard_that_only_logs(place: World) -> None:
    buy(place.shop, who("ann"), "p", "k1")
    assert noted(place) == []
    buy(place.shop, who("bob"), "p", "k2")
    assert noted(place) == [["payer-much"]]


def noted(place: World) -> list[object]:
    return [event.body["logged"] for event in place.shop.events(limit=100) if "logged" in event.body]


def test_a_stopped_purchase_that_was_paid_owes_the_money_for_ever(place: World) -> None:
    paid = Payment(Money("10.00", "CNY"), "pay")
    for told in (EMULATOR, {}):
        stopped = place.shop.buy(who(told=told), "p", key="k", paid=paid)
        assert isinstance(stopped, Blocked)
        assert stopped.refund_due == paid.amount
        assert [reason.rule for reason in stopped.reasons] == ["emulator"]
    assert place.shop.wallet("ann").grants == ()
    paid = Payment(Money("10.00", "CNY"), "pay-2")
    challenged = place.shop.buy(who(told={"customer.age": DAYS / 20}), "p", key="k2", paid=paid)
    assert isinstance(challenged, Challenge)
    done(place.shop.buy(who(told={"customer.age": DAYS / 20}), "p", key="k2", paid=paid, passed=["slider"]))
    assert place.shop.reconcile().ok
