"""What people look at first: asked once, resolved once, and gone on with under the same key."""

from collections.abc import Callable

import pytest

from entitle import Blocked, Done, FactError, KeyConflict, Money, NotFound, Payment, Refused, Review
from entitle.decision import ON_ACCOUNT, Outcome
from entitle.shop.change import ChangeView
from entitle.shop.views import OrderView
from entitle.testing.world import World
from tests.reviews.shop import RISKY, RULES, TEN, asked, later, release, resolve, who
from tests.shops import codes, done


def buy(place: World, key: str = "k", paid: Payment | None = TEN) -> Done[OrderView] | Outcome:
    return place.shop.buy(RISKY, "card", key=key, paid=paid)


def test_a_purchase_waits_under_its_key(place: World) -> None:
    first = asked(buy(place))
    assert (str(first), first.reasons[0].public, first.reasons[0].where) == ("review: high", True, "rulebook.yaml:35")
    assert buy(place) == first
    (seen,) = place.shop.reviews()
    assert (seen.id, seen.customer, seen.gate, seen.verb, seen.key) == (first.id, "ann", "purchase", "buy", "k")
    assert (seen.what, seen.guards, seen.state, seen.until) == ("card × 1", ("high",), "pending", None)
    explained = place.shop.explain(seen.decision_id)
    assert (explained.stage, explained.lines[0].facts["customer.risk"]) == ("guards", "90")
    assert place.shop.wallet("ann").grants == ()


def test_what_was_approved_goes_on_under_its_key_alone(place: World) -> None:
    review = asked(buy(place))
    view = resolve(place, review)
    assert (view.state, view.by, view.resolved_at) == ("approved", "ops-3", place.shop.now())
    assert place.shop.reviews() == ()
    order = done(buy(place))
    again = buy(place)
    assert isinstance(again, Done)
    assert (again.value, again.replayed) == (order, True)
    assert asked(buy(place, "k2", None)).id != review.id


def test_what_was_refused_is_blocked_for_ever_and_money_goes_back(place: World) -> None:
    review = asked(buy(place, paid=None))
    resolve(place, review.id, approve=False)
    stopped = buy(place, paid=None)
    assert isinstance(stopped, Blocked)
    assert (stopped.reasons[0].rule, stopped.reasons[0].public, stopped.refund_due) == ("high", False, None)
    owed = buy(place)
    assert isinstance(owed, Blocked)
    assert owed.refund_due == TEN.amount
    assert buy(place) == owed
    harmless = place.shop.buy(who(), "card", key="k", paid=TEN)  # the facts are others; the case is the same
    assert harmless == owed


def test_money_may_come_after_the_review(place: World) -> None:
    resolve(place, asked(buy(place, paid=None)))
    assert codes(buy(place, paid=None)) == ["payment-needed"]
    done(buy(place))
    with pytest.raises(KeyConflict):
        place.shop.buy(RISKY, "card", key="k", paid=Payment(TEN.amount, "pay-2"))


@pytest.mark.parametrize("again", ["pending", "approved"])
def test_other_money_that_came_while_it_waited_goes_back(place: World, again: str) -> None:
    two = Payment(TEN.amount, "pay-2")
    review = asked(buy(place))
    if again == "pending":  # the customer paid twice before anybody looked
        assert buy(place, paid=two) == review
    for _ in range(2):
        assert codes(place.shop.buy(who(), "card", key="other", paid=TEN)) == ["payment-used"]
    resolve(place, review)
    done(buy(place, paid=two))
    told = [event.body for event in place.shop.events(limit=99)]
    assert [body["ref"] for body in told if "review" in body and "ref" in body] == ["pay-1", "pay-2"][
        : 1 + (again == "pending")
    ]
    owed = [(body["ref"], body["amount"], body["reasons"]) for body in told if "reasons" in body]
    assert owed == [("pay-1", 1000, ["already-paid"])]
    assert codes(place.shop.buy(who(), "card", key="other", paid=TEN)) == ["payment-refused"]


def owed(place: World) -> list[tuple[object, object, object]]:
    """What the world was told to give back."""
    told = [event.body for event in place.shop.events(limit=99) if event.type == "refund.due"]
    return [(body["ref"], body["amount"], body["reasons"]) for body in told]


@pytest.mark.parametrize("how", ["answered", "over", "over, and asked first"])
def test_all_money_of_what_was_refused_goes_back(place: World, how: str) -> None:
    """It is told with the refusal, whoever asks again or not, and once."""
    two = Payment(TEN.amount, "pay-2")
    odd = who(odd=5)

    def ask(paid: Payment) -> object:
        return place.shop.buy(odd, "card", key="k", paid=paid)

    review = asked(ask(TEN))
    assert ask(two) == review
    assert [each.paid for each in place.shop.reviews()] == [(TEN, two)]
    if how == "answered":
        resolve(place, review, approve=False)
    else:
        later(place, 24)
        if how == "over":
            place.shop.tick()
    reason = ["payment-refused"] if how == "over, and asked first" else ["blocked"]
    for _ in range(2):
        again = ask(two)
        assert isinstance(again, Blocked)
        assert again.refund_due == TEN.amount
    place.shop.tick()
    assert owed(place) == [("pay-1", 1000, reason), ("pay-2", 1000, ["blocked"])]
    assert codes(place.shop.buy(who(), "card", key="other", paid=TEN)) == ["payment-refused"]


def whole(place: World) -> bool:
    return place.shop.reconcile().ok and list(place.shop.rebuild()) == []


@pytest.mark.parametrize("how", ["answered", "over"])
def test_money_of_what_was_approved_goes_back_where_nobody_asks_again(place: World, how: str) -> None:
    """A day after the approval, and once; the approval stands, and what is asked for then is paid anew."""
    asker = who(odd=1) if how == "over" else RISKY
    review = asked(place.shop.buy(asker, "card", key="k", paid=TEN))
    if how == "answered":
        resolve(place, review)
    else:
        later(place, 52)
        assert place.shop.tick() == 1
    later(place, 24, -1)
    assert place.shop.tick() == 0
    assert (owed(place), whole(place)) == ([], True)
    later(place, 0, 1)
    assert [place.shop.tick(), place.shop.tick()] == [1, 0]
    assert owed(place) == [("pay-1", 1000, ["not-asked-again"])]
    assert codes(place.shop.buy(asker, "card", key="k", paid=TEN)) == ["payment-refused"]
    assert whole(place)
    done(place.shop.buy(asker, "card", key="k", paid=Payment(Money("9.00", "CNY"), "pay-2")))
    place.shop.tick()
    assert (len(owed(place)), whole(place)) == (1, True)


@pytest.mark.parametrize("again", ["bought", "asked about once more"])
def test_money_of_what_is_asked_for_again_stays(place: World, again: str) -> None:
    resolve(place, asked(buy(place)))
    if again == "bought":
        done(buy(place))
    else:
        asked(place.shop.buy(who(risk=90, odd=1), "card", key="k"))
    later(place, 25)
    assert place.shop.tick() == 0
    assert (owed(place), whole(place)) == ([], True)


def test_new_money_for_what_was_refused_goes_back_too(place: World) -> None:
    resolve(place, asked(buy(place)), approve=False)
    two = Payment(TEN.amount, "pay-2")
    again = buy(place, paid=two)
    assert isinstance(again, Blocked)
    assert again.refund_due == TEN.amount
    assert buy(place, paid=two) == again
    assert owed(place) == [("pay-1", 1000, ["blocked"]), ("pay-2", 1000, ["blocked"])]


def test_money_of_an_approval_before_goes_back_with_a_second_review(place: World) -> None:
    resolve(place, asked(buy(place)))
    second = asked(place.shop.buy(who(risk=90, odd=5), "card", key="k"))
    resolve(place, second, approve=False, key="r2")
    assert owed(place) == [("pay-1", 1000, ["blocked"])]


def test_another_request_under_the_key_is_a_conflict(place: World) -> None:
    asked(buy(place))
    with pytest.raises(KeyConflict):
        place.shop.buy(RISKY, "monthly", key="k", paid=TEN)


def test_it_is_decided_anew_at_the_price_of_the_moment(place: World) -> None:
    resolve(place, asked(buy(place, paid=None)))
    later(place, 9)
    price = Money("9.00", "CNY")
    assert done(place.shop.quote(RISKY, "card", key="k")).total == price
    assert isinstance(place.shop.quote(RISKY, "card"), Review)
    assert isinstance(place.shop.quote(RISKY, "monthly", key="k"), Review)
    assert codes(place.shop.buy(RISKY, "card", key="k", agreed=TEN.amount)) == ["price-changed"]
    done(buy(place, paid=Payment(price, "pay-2")))


def test_other_guards_speak_as_ever(place: World) -> None:
    resolve(place, asked(buy(place)))
    banned = place.shop.buy(who(risk=90, banned=True), "card", key="k")
    assert isinstance(banned, Blocked)
    second = asked(place.shop.buy(who(risk=90, odd=5), "card", key="k", paid=TEN))
    assert [each.rule for each in second.reasons] == ["odd"]
    resolve(place, second, key="r2")
    done(place.shop.buy(who(risk=90, odd=5), "card", key="k", paid=TEN))


def test_an_approval_is_of_the_rules_that_asked(place: World) -> None:
    resolve(place, asked(buy(place)))
    place.shop.publish(release(RULES.replace("customer.risk >= 80", "customer.risk >= 10")), by="ops")
    resolve(place, asked(buy(place)), key="r2")
    done(buy(place))


def test_it_is_resolved_once(place: World) -> None:
    review = asked(buy(place))
    first = place.shop.resolve(review, approve=False, key="r", by="ops-3")
    again = place.shop.resolve(review, approve=False, key="r", by="ops-3")
    assert isinstance(first, Done)
    assert isinstance(again, Done)
    assert (again.value, again.replayed) == (first.value, True)
    other = place.shop.resolve(review, approve=True, key="r2")
    assert codes(other) == ["already-resolved"]
    assert isinstance(other, Refused)
    assert other.reasons[0].text() == "it was resolved on 2026-12-24 20:00+08:00: refused"
    assert other.reasons[0].text("zh") == "已于 2026-12-24 20:00+08:00 审核：拒绝"
    with pytest.raises(KeyConflict):
        place.shop.resolve(review, approve=True, key="r")


def test_what_cannot_be_resolved(place: World) -> None:
    quoted = place.shop.quote(RISKY, "card")
    assert isinstance(quoted, Review)
    assert quoted.id == ""
    for unknown in (quoted, "rev_none", ""):
        with pytest.raises(NotFound):
            place.shop.resolve(unknown, approve=True, key="r")
    with pytest.raises(FactError):
        place.shop.resolve(asked(buy(place)), approve="no", key="r")  # type: ignore[arg-type]  # what a form may send


ENDS: list[tuple[dict[str, int], int, Callable[[object], bool]]] = [
    ({"odd": 5}, 24, lambda found: isinstance(found, Blocked)),
    ({"odd": 7}, 24, lambda found: isinstance(found, Blocked)),  # the one that lets go in two hours waits for the other
    ({"odd": 9}, 1, lambda found: isinstance(found, Blocked)),  # the first of two that block
    ({"odd": 1}, 52, lambda found: isinstance(found, Done)),  # in days: to the end of the second day
]


@pytest.mark.parametrize(("facts", "hours", "is_so"), ENDS)
@pytest.mark.parametrize("ticks", [False, True])
def test_its_end_answers_at_that_instant(
    place: World, facts: dict[str, int], hours: int, is_so: Callable[[object], bool], ticks: bool
) -> None:
    asker = who("ann", **facts)
    review = asked(place.shop.buy(asker, "card", key="k"))
    price = Payment(Money("10.00" if hours < 4 else "9.00", "CNY"), "pay-9")
    later(place, hours, -1)
    place.shop.tick()
    assert asked(place.shop.buy(asker, "card", key="k", paid=price)) == review
    assert [each.id for each in place.shop.reviews()] == [review.id]
    later(place, 0, 1)
    if ticks:
        assert place.shop.tick() == 1
    assert place.shop.reviews() == ()
    assert codes(place.shop.resolve(review, approve=True, key="r")) == ["already-resolved"]
    found = place.shop.buy(asker, "card", key="k", paid=price)
    assert is_so(found), found
    place.shop.tick()
    assert [event.body["answer"] for event in place.shop.events(limit=99) if event.type == "review.resolved"] == [
        "refused" if isinstance(found, Blocked) else "approved"
    ]


def test_an_answer_in_time_outlives_the_end(place: World) -> None:
    asker = who(odd=5)
    review = asked(place.shop.buy(asker, "card", key="k"))
    later(place, 24, -1)
    resolve(place, review)
    later(place, 99)
    assert place.shop.tick() == 0
    done(place.shop.buy(asker, "card", key="k", paid=Payment(Money("9.00", "CNY"), "pay-9")))


def test_a_hold_waits_too(place: World) -> None:
    review = asked(place.shop.hold(RISKY, "card", key="h"))
    assert place.shop.hold(RISKY, "card", key="h") == review
    resolve(place, review)
    assert done(place.shop.quote(RISKY, "card", key="h")).total == TEN.amount
    hold = done(place.shop.hold(RISKY, "card", key="h"))
    done(place.shop.confirm(hold, paid=TEN))
    other = asked(place.shop.hold(RISKY, "card", key="h2"))
    resolve(place, other, approve=False, key="r2")
    assert isinstance(place.shop.hold(RISKY, "card", key="h2"), Blocked)


def test_a_change_of_plan_waits_too(place: World) -> None:
    paid = Payment(Money("25.00", "CNY"), "pay-m")
    done(place.shop.buy(who(), "monthly", key="m", paid=paid))
    (running,) = place.shop.wallet("ann").subscriptions

    def change(key: str = "c") -> Done[ChangeView] | Outcome:
        return place.shop.change_plan(running, "yearly", who=RISKY, key=key, paid=ON_ACCOUNT)

    review = asked(change())
    assert place.shop.reviews()[0].what == "yearly × 1"
    resolve(place, review)
    done(change())
    assert [each.product for each in place.shop.wallet("ann").subscriptions if each.state != "ended"] == ["yearly"]


def test_claims_and_redemptions_wait_too(place: World) -> None:
    (grant,) = done(place.shop.buy(who(), "card", key="k", paid=TEN)).grants
    review = asked(place.shop.claim(RISKY, grant, key="c"))
    assert place.shop.reviews()[0].what == grant.id
    resolve(place, review)
    done(place.shop.claim(RISKY, grant, key="c"))
    facts = {"customer.risk": 90}
    second = asked(place.shop.redeem(grant, facts=facts, key="u"))
    assert place.shop.redeem(grant, facts=facts, key="u") == second
    resolve(place, second, approve=False, key="r2")
    assert isinstance(place.shop.redeem(grant, facts=facts, key="u"), Blocked)
    done(place.shop.redeem(grant, key="u2"))


def test_a_login_waits_for_its_customer_or_under_a_key_of_its_own(place: World) -> None:
    review = asked(place.shop.gate("login", RISKY))
    assert place.shop.gate("login", RISKY) == review
    resolve(place, review)
    for _ in range(2):
        assert place.shop.gate("login", RISKY).ok
    assert isinstance(place.shop.gate("login", who(risk=90, banned=True)), Blocked)
    second = asked(place.shop.gate("login", RISKY, key="session-1"))
    resolve(place, second, approve=False, key="r2")
    assert isinstance(place.shop.gate("login", RISKY, key="session-1"), Blocked)
    assert place.shop.gate("login", RISKY).ok


@pytest.mark.parametrize("approve", [True, False])
def test_an_answer_at_a_login_stands_for_a_day(place: World, approve: bool) -> None:
    review = asked(place.shop.gate("login", RISKY))
    assert place.shop.gate("login", who()).ok  # nothing is odd about this one
    resolve(place, review, approve=approve)
    later(place, 24, -1)
    assert isinstance(place.shop.gate("login", RISKY), Done if approve else Blocked)
    assert place.shop.gate("login", who()).ok
    later(place, 0, 1)
    second = asked(place.shop.gate("login", RISKY))
    assert second.id != review.id
    assert place.shop.gate("login", RISKY) == second


def test_a_login_that_nobody_answered_is_blocked_for_a_day(place: World) -> None:
    first = asked(place.shop.gate("login", who(odd=3)))
    later(place, 2)
    for _ in range(2):
        assert isinstance(place.shop.gate("login", who(odd=3)), Blocked)
        later(place, 12)
    assert asked(place.shop.gate("login", who(odd=3))).id != first.id


def test_a_key_at_a_login_stands_for_a_review_alone(place: World) -> None:
    for odd in (2, 0):
        assert place.shop.gate("login", who(odd=odd), key="session-1").ok
        assert isinstance(place.shop.gate("login", who(banned=True), key="session-1"), Blocked)


def test_what_guards_would_have_done_is_noted_at_a_login(place: World) -> None:
    def noted() -> list[object]:
        return [event.body["logged"] for event in place.shop.events(limit=99) if event.type == "gate.noted"]

    assert place.shop.gate("login", who()).ok
    assert noted() == []
    for _ in range(2):
        assert place.shop.gate("login", who(odd=2), key="session-1").ok
    assert noted() == [["noted", "noted-too"]] * 2
    for _ in range(2):
        assert place.shop.gate("login", who(odd=1)).ok
    assert noted()[2:] == [["noted"], ["noted"]]


def test_reviews_come_in_pages(place: World) -> None:
    for n in range(5):
        later(place, 0, 1000)
        asked(place.shop.buy(who(f"u-{n}", risk=90), "card", key=f"k-{n}"))
    first = place.shop.reviews(limit=3)
    rest = place.shop.reviews(after=first[-1].id, limit=3)
    assert [each.customer for each in (*first, *rest)] == [f"u-{n}" for n in range(5)]


def test_a_preview_asks_nobody(place: World) -> None:
    found = place.shop.preview.buy(RISKY, "card", key="k", paid=TEN)
    assert isinstance(found, Review)
    assert place.shop.reviews() == ()
    assert place.shop.events() == ()
