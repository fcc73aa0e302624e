"""The shop's verbs as an engineer uses them, on both stores."""

from pathlib import Path

import pytest

from entitle import (
    Done,
    FactError,
    KeyConflict,
    Line,
    Money,
    NeedsFacts,
    NotDone,
    NotFound,
    Payment,
    Refused,
    UnknownName,
    Who,
)
from entitle.testing.world import World
from tests.shops import ANN, BOB, buy, codes, done, shanghai, when, world

MONTHLY, YEAR, PASS = "starlight-monthly", "starlight-year", "premiere-pass"


def paid(minor: int, ref: str = "pay-1") -> Payment:
    return Payment(Money.of_minor(minor, "CNY"), ref)


# ---- quote and buy


def test_quote_writes_nothing_and_shows_the_timeline(place: World) -> None:
    before = place.store.fetch(())
    quote = done(place.shop.quote(ANN, MONTHLY))
    assert [(str(c.amount), c.due_at, c.phase) for c in quote.charges[:3]] == [
        ("¥0.00", when("2026-12-24 20:00"), "trial"),
        ("¥9.90", when("2026-12-31 20:00"), "welcome"),
        ("¥25.00", when("2027-01-31 20:00"), "regular"),
    ]
    assert quote.endless
    assert quote.skipped == ("snack-voucher",)
    assert place.store.fetch(()) == before
    assert place.shop.history("ann") == ()


def test_quote_says_until_when_it_holds(place: World) -> None:
    place.reach(shanghai("2026-12-25 19:00"))  # a Friday evening
    assert done(place.shop.quote(ANN, PASS)).valid_until == when("2026-12-26 00:00")
    assert done(place.shop.quote(ANN, YEAR)).valid_until is None


def test_buying_grants_and_charges(place: World) -> None:
    order = buy(place.shop, ANN, YEAR, "k-1", 1)
    assert str(order.total) == "¥238.00"
    assert sorted(grant.item for grant in order.grants) == ["cinema-ticket", "cinema-vip", "premiere"]
    assert place.shop.has("ann", "cinema-vip")
    assert not place.shop.has("ann", "cinema-ticket")
    assert not place.shop.has("bob", "cinema-vip")
    assert order.subscription.ends_at == when("2027-12-24 20:00")


def test_the_same_key_is_the_same_case_for_ever(place: World) -> None:
    first = done(place.shop.buy(ANN, YEAR, key="k-1", paid=paid(23800)))
    place.travel(days=40)
    again = place.shop.buy(ANN, YEAR, key="k-1", paid=paid(23800))
    assert isinstance(again, Done)
    assert again.replayed
    assert again.value.id == first.id
    assert len(again.value.grants) > len(first.grants)  # its present outcome: a month later there is another ticket
    assert len(place.shop.wallet("ann").subscriptions) == 1


@pytest.mark.parametrize(
    ("who", "what", "money"),
    [(BOB, YEAR, 23800), (ANN, MONTHLY, 23800), (ANN, YEAR, 23801), (ANN, [Line(YEAR, 1), Line(MONTHLY)], 23800)],
)
def test_another_intent_under_a_used_key_is_a_conflict(place: World, who: Who, what: object, money: int) -> None:
    done(place.shop.buy(ANN, YEAR, key="k-1", paid=paid(23800)))
    before = place.shop.history("ann")
    with pytest.raises(KeyConflict) as told:
        place.shop.buy(who, what, key="k-1", paid=paid(money))  # type: ignore[arg-type]  # several kinds on purpose
    assert place.shop.history("ann") == before
    assert "已用于另一次" in told.value.said("zh")


def test_keys_are_scoped_by_verb(place: World) -> None:
    order = buy(place.shop, ANN, YEAR, "one")
    assert place.shop.claim(ANN, order.grant("cinema-ticket"), key="one").ok


def test_money_must_fit(place: World) -> None:
    assert codes(place.shop.buy(ANN, YEAR, key="k-1")) == ["payment-needed"]
    short = place.shop.buy(ANN, YEAR, key="k-2", paid=paid(23799, "pay-2"))
    assert codes(short) == ["paid-mismatch"]
    assert isinstance(short, Refused)
    assert short.refund_due == Money("237.99", "CNY")
    agreed = place.shop.buy(ANN, YEAR, key="k-3", agreed=Money("200.00", "CNY"), paid=paid(20000, "pay-3"))
    assert codes(agreed) == ["price-changed"]
    assert place.shop.buy(ANN, YEAR, key="k-1", paid=paid(23800)).ok  # a refusal that wrote nothing may be asked again


def test_a_refusal_that_owes_money_binds_its_key(place: World) -> None:
    place.reach(shanghai("2026-12-28 12:00"))  # a Monday: no passes are sold
    first = place.shop.buy(ANN, PASS, key="k-1", paid=paid(1200))
    place.reach(shanghai("2027-01-01 19:00"))  # a Friday evening
    again = place.shop.buy(ANN, PASS, key="k-1", paid=paid(1200))
    assert isinstance(first, Refused)
    assert isinstance(again, Refused)
    assert (codes(again), again.refund_due) == (codes(first), first.refund_due)
    assert [event.type for event in place.shop.events()] == ["refund.due"]


def test_agreed_by_token(place: World) -> None:
    quote = done(place.shop.quote(ANN, YEAR))
    assert place.shop.buy(ANN, YEAR, key="k-1", agreed=quote.token, paid=paid(23800)).ok
    with pytest.raises(FactError, match="no token that this shop signed"):
        place.shop.buy(ANN, YEAR, key="k-2", agreed=quote.token[:-1] + "x", paid=paid(23800, "pay-2"))
    with pytest.raises(FactError, match="is a Quote, its token or Money; I got int"):
        place.shop.buy(ANN, YEAR, key="k-3", agreed=23800, paid=paid(23800, "pay-3"))  # type: ignore[arg-type]  # an amount of what?


def test_what_was_agreed_is_for_this_customer_and_these_lines(place: World) -> None:
    quote = done(place.shop.quote(ANN, YEAR))
    for agreed in (quote, quote.token):
        for who, what in ((BOB, YEAR), (ANN, MONTHLY), (ANN, [YEAR, MONTHLY])):
            with pytest.raises(FactError, match="a quote for another customer or other lines"):
                place.shop.buy(who, what, key="k-1", agreed=agreed, paid=paid(23800))
    both = done(place.shop.quote(ANN, [YEAR, MONTHLY]))
    assert place.shop.buy(ANN, [MONTHLY, YEAR], key="k-2", agreed=both.token, paid=paid(23800)).ok


@pytest.mark.parametrize("agreed", ["", "é", "a.b", "a.b.c"])
def test_what_no_shop_signed_is_no_agreement(place: World, agreed: str) -> None:
    with pytest.raises(FactError, match="no token that this shop signed"):
        place.shop.buy(ANN, YEAR, key="k-1", agreed=agreed, paid=paid(23800))


def test_another_price_than_agreed_tells_both(place: World) -> None:
    for agreed in (Money("238.00", "USD"), Money("237.99", "CNY")):
        no = place.shop.buy(ANN, YEAR, key="k-1", agreed=agreed)
        assert (codes(no), no.reasons[0].values) == (["price-changed"], {"total": "¥238.00", "agreed": str(agreed)})


def test_an_agreement_outlives_its_quote_while_the_price_is_the_same(place: World) -> None:
    place.reach(shanghai("2027-01-01 19:00"))
    quote = done(place.shop.quote(ANN, PASS))
    assert quote.valid_until is not None
    assert quote.valid_because is not None
    assert (quote.valid_because.rule, quote.valid_because.where.split(":")[0]) == (PASS, "passes.yaml")
    place.reach(shanghai("2027-01-02 19:00"))  # the next evening: the quote is over, and the price is as it was
    assert place.clock() > quote.valid_until
    assert place.shop.buy(ANN, PASS, key="k-1", agreed=quote, paid=paid(1200)).ok


def test_several_lines_make_one_order(place: World) -> None:
    lines = [Line(YEAR), Line(MONTHLY), Line(YEAR)]
    assert codes(place.shop.buy(ANN, lines, key="k-1", paid=paid(47600))) == ["quantity"]
    order = done(place.shop.buy(ANN, lines[:2], key="k-2", paid=paid(23800, "pay-2")))
    assert [(line.product, str(line.amount)) for line in order.lines] == [(YEAR, "¥238.00"), (MONTHLY, "¥0.00")]
    assert place.shop.reconcile().ok


# ---- no is an answer


def test_reasons_say_what_would_change_the_answer(place: World) -> None:
    place.reach(shanghai("2026-12-28 12:00"))
    no = place.shop.quote(ANN, PASS)
    (reason,) = no.reasons
    assert reason.text("en") == "`premiere-pass` is not on sale now; from 2027-01-01 18:00"
    assert reason.retry_at == when("2027-01-01 18:00")
    assert reason.where == "passes.yaml:5"


def test_a_limit_tells_its_count(place: World) -> None:
    buy(place.shop, ANN, MONTHLY, "k-1")
    (reason,) = place.shop.quote(ANN, MONTHLY).reasons
    assert (reason.code, reason.rule) == ("limit", "one-membership")
    assert reason.text("en") == "`one-membership`: 1 of 1 running"


def test_a_day_limit_tells_when_it_ends(place: World) -> None:
    buy(place.shop, ANN, YEAR, "k-1")
    buy(place.shop, ANN, YEAR, "k-2")
    (reason,) = place.shop.quote(ANN, YEAR).reasons
    assert reason.text("en") == "`two-a-day`: 2 of 2 bought; again from 2026-12-25 00:00"
    assert reason.text("zh") == "`two-a-day`：已购件数为 2，上限 2；2026-12-25 00:00 起可再次购买"


def test_missing_facts_are_named(place: World) -> None:
    outcome = place.shop.quote(Who("ann"), MONTHLY)
    assert isinstance(outcome, NeedsFacts)
    assert outcome.facts == ("channel",)


def test_values_read_are_told(place: World) -> None:
    who = Who("ann", channel="app", facts={"customer.city": "lhasa", "customer.student": True})
    (reason,) = place.shop.quote(who, "starlight-student").reasons
    assert reason.values["customer.student"] == "true"
    with pytest.raises(NotDone):
        place.shop.quote(who, "starlight-student").unwrap()


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"customer.level": 10}, "customer.level: goes from 0 to 9; I got 10"),
        ({"customer.level": -1}, "goes from 0 to 9"),
        ({"customer.level": True}, "is a whole number"),
        ({"customer.level": "5"}, "is a whole number"),
        ({"customer.student": 1}, "is true or false"),
        ({"channel": "kiosk"}, "is one of app, mini-program, web, partner; I got 'kiosk'"),
        ({"customer.shoe_size": 44}, "is declared by no rule"),
        ({"customer.past_orders": 0}, "is measured by the store itself"),
        ({"customer.city": ""}, "is a text of 1 to 200 characters"),
    ],
)
def test_facts_that_cannot_be_are_errors(place: World, facts: dict[str, object], said: str) -> None:
    with pytest.raises(FactError, match=said):
        place.shop.quote(Who("ann", facts={"channel": "app", **facts}), MONTHLY)


@pytest.mark.parametrize("quantity", [0, -1, True, 1.5, "2"])
def test_quantities_that_cannot_be_are_errors(place: World, quantity: object) -> None:
    with pytest.raises(FactError, match=r"quantity: is a whole number"):
        place.shop.quote(ANN, Line(PASS, quantity))  # type: ignore[arg-type]  # what a careless caller does


def test_unknown_names_and_ids(place: World) -> None:
    with pytest.raises(UnknownName, match="no product is called `starlight-week`"):
        place.shop.quote(ANN, "starlight-week")
    with pytest.raises(UnknownName, match="no benefit is called `cinema`"):
        place.shop.has("ann", "cinema")
    buy(place.shop, BOB, YEAR, "k-bob")
    with pytest.raises(UnknownName, match="no benefit is called"):
        place.shop.has("bob", "")
    with pytest.raises(NotFound):
        place.shop.cancel("sub_nothing", key="k")
    with pytest.raises(NotFound):
        place.shop.explain("ord_nothing")
    assert not place.shop.has("nobody", "cinema-vip")
    assert place.shop.wallet("nobody").grants == ()
    with pytest.raises(ValueError, match="a customer is a printable text"):
        place.shop.quote(Who("", channel="app"), YEAR)
    with pytest.raises(ValueError, match="a key is a printable text"):
        place.shop.buy(ANN, YEAR, key="k" * 201)


# ---- claim, use, take back


def test_a_ticket_from_claim_to_use(place: World) -> None:
    order = buy(place.shop, ANN, YEAR, "k-1")
    ticket = order.grant("cinema-ticket")
    assert codes(place.shop.redeem(ticket, outlet="riverside", key="r-0")) == ["not-claimed"]
    claimed = done(place.shop.claim(ANN, ticket, key="c-1"))
    assert claimed.valid_until == when("2027-03-25 00:00")  # 90 days, the first not counted
    assert codes(place.shop.claim(ANN, ticket, key="c-2")) == ["already-claimed"]
    (code,) = [grant.code for grant in place.shop.wallet("ann").grants if grant.code]
    assert code is not None
    assert done(place.shop.look(code.lower().replace("-", " "))).item == "cinema-ticket"
    assert codes(place.shop.redeem(code, outlet="harbour", key="r-1")) == ["wrong-outlet"]
    used = done(place.shop.redeem(code, outlet="riverside", key="r-2", by="gate-2"))
    assert codes(place.shop.redeem(code, outlet="riverside", key="r-3")) == ["nothing-to-redeem"]
    assert codes(place.shop.redeem(code, outlet="riverside", customer="ann", key="r-3")) == ["used-up"]
    assert done(place.shop.redeem(code, outlet="riverside", key="r-2", by="gate-2")).id == used.id
    assert done(place.shop.reverse(used, key="v-1")).left == 1
    assert codes(place.shop.reverse(used, key="v-2")) == ["nothing-to-reverse"]
    assert place.shop.redeem(code, outlet="grand-theatre", key="r-4").ok
    assert place.shop.reconcile().ok


def test_codes_that_are_none_look_alike(place: World) -> None:
    for code in ("", "hello", "000000-000000-000000", "ABCDEF-GHJKMN-PQRSTV", "１２３"):
        assert codes(place.shop.look(code)) == ["nothing-to-redeem"]
        assert codes(place.shop.redeem(code, key=f"r-{code}")) == ["nothing-to-redeem"]


def test_no_code_is_stored_in_clear(tmp_path: Path) -> None:
    made = world(f"sqlite:///{tmp_path / 'shop.db'}")
    buy(made.shop, ANN, YEAR, "k-1")
    made.shop.claim("ann", "cinema-ticket", key="c-1")
    (code,) = [grant.code for grant in made.shop.wallet("ann").grants if grant.code]
    assert code is not None
    made.shop.close()
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert code.encode() not in raw
    assert code.replace("-", "").encode() not in raw


# ---- contracts


def test_cancel_at_the_periods_end_and_back(place: World) -> None:
    order = buy(place.shop, ANN, MONTHLY, "k-1")
    place.reach(shanghai("2027-01-05 12:00"))
    left = done(place.shop.cancel(order.subscription, key="x-1"))
    assert (left.state, left.ends_at) == ("cancelled", when("2027-01-31 20:00"))
    assert codes(place.shop.cancel(order.subscription, key="x-2")) == ["already-cancelled"]
    back = done(place.shop.undo_cancel(order.subscription.id, key="u-1"))
    assert (back.state, back.ends_at, back.next_charge) == ("running", None, when("2027-01-31 20:00"))
    assert codes(place.shop.undo_cancel(order.subscription, key="u-2")) == ["not-cancelled"]
    place.reach(shanghai("2027-01-31 20:00"))
    assert place.shop.wallet("ann").subscriptions[0].paid_periods == 3


def test_a_reminder_is_sent_once_whatever_is_taken_back(place: World) -> None:
    order = buy(place.shop, ANN, MONTHLY, "k-1")
    place.reach(shanghai("2027-01-27 12:00"))  # five days before 31 January are over, one day before is not
    for n, day in enumerate(["2027-01-28 09:00", "2027-01-29 09:00"]):
        done(place.shop.cancel(order.subscription, key=f"x-{n}"))
        place.reach(shanghai(day))
        done(place.shop.undo_cancel(order.subscription, key=f"u-{n}"))
    place.reach(shanghai("2027-01-31 12:00"))
    told = [each.at for each in place.shop.events() if each.type == "notice.renewal"]
    days = ["2026-12-26", "2026-12-30", "2027-01-26", "2027-01-30"]  # the end of the trial is a charge too
    assert told == [when(f"{day} 20:00") for day in days]


def test_cancel_now_ends_access_now(place: World) -> None:
    order = buy(place.shop, ANN, MONTHLY, "k-1")
    place.travel(days=1)
    done(place.shop.cancel(order.subscription, when="now", key="x-1"))
    assert not place.shop.has("ann", "cinema-vip")
    assert codes(place.shop.undo_cancel(order.subscription, key="u-1")) == ["ended"]
    assert place.shop.quote(ANN, MONTHLY).ok  # nothing is running any more, though nobody has ticked


def test_a_one_off_cannot_be_cancelled(place: World) -> None:
    order = buy(place.shop, ANN, YEAR, "k-1")
    assert codes(place.shop.cancel(order.subscription, key="x-1")) == ["not-renewing"]


# ---- looking back


def test_history_explain_and_events(place: World) -> None:
    order = buy(place.shop, ANN, YEAR, "k-1")
    place.shop.claim(ANN, order.grant("cinema-ticket"), key="c-1", by="app", why="tapped the button")
    first, second = place.shop.history("ann")
    assert (first.verb, first.case, second.verb, second.by, second.why) == (
        "buy",
        order.id,
        "claim",
        "app",
        "tapped the button",
    )
    assert sum(posting.amount for posting in first.postings if posting.asset == "CNY") == 0
    explanation = place.shop.explain(order)
    (line,) = explanation.lines
    assert line.faithful
    assert line.facts["channel"] == "app"
    assert {"stage", "reasons", "pay"} <= {step.name for step in line.steps}
    assert [(event.number, event.customer) for event in place.shop.events()] == [(n, "ann") for n in range(1, 7)]
    cursor = place.shop.events(limit=5)[-1].cursor
    assert [event.type for event in place.shop.events(after=cursor)] == ["grant.claimed"]


def test_preview_decides_the_same_and_writes_nothing(place: World) -> None:
    order = buy(place.shop, ANN, MONTHLY, "k-1")
    before = place.shop.history("ann")
    assert done(place.shop.preview.cancel(order.subscription, when="now", key="x-1")).state == "ended"
    assert place.shop.history("ann") == before
    assert place.shop.has("ann", "cinema-vip")
    assert place.shop.cancel(order.subscription, when="now", key="x-1").ok
