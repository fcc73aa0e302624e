"""Channels: prices and floors by channel, and a commission of every charge that goes back with what is refunded."""

import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from entitle import ON_ACCOUNT, Line, Payment, Who
from entitle.dsl.load import compile_sources
from entitle.release import Release
from entitle.source import Source
from entitle.store.opening import open_store
from entitle.testing.world import World
from entitle.values.money import Money
from tests.shops import done, shanghai

RULES = """\
entitle: 1
name: channels
timezone: Asia/Shanghai
currency: CNY
price_steps: {{sale: each_unit}}
facts:
  channel: {{type: [app, partner, partner-east, partner-west], if_missing: {missing}}}
  level: {{type: 0..9, if_missing: 0}}
channels:
  app: {{territory: everywhere}}
  partner: {{territory: china, commission: 7%, floor: ¥30.00}}
  partner-east: {{parent: partner, territory: east}}
  partner-west: {{parent: partner-east, commission: 12.5%, floor: ¥35.00}}
benefits:
  club: {{kind: access, name: Club}}
  gift: {{kind: voucher, name: Gift, redeem: {{uses: 3}}}}
products:
  card:
    name: Card
    sell: {{quantity: 1..9}}
    lasts: 1 month
    price:
      table:
        - {{channel: app, level: 0..4, price: ¥44.00}}
        - {{channel: app, level: 5..9, price: ¥40.00}}
        - {{channel: [partner, partner-east, partner-west], level: 0..4, price: ¥46.66}}
        - {{otherwise: ¥43.33}}
    gives:
      - {{benefit: club, during: paid time, share: 70%}}
      - {{benefit: gift, share: rest}}
    refund: {{within: 40 days, if_used: deduct}}
  own-floor:
    name: Own floor
    price: ¥50.00
    floor: [{{otherwise: ¥20.00}}]
    gives: [{{benefit: gift}}]
  monthly:
    name: Monthly
    subscription:
      renews: every month
      phases: [{{id: first, price: ¥0.00, periods: 1}}, {{id: regular, price: ¥9.99}}]
    floor: [{{otherwise: ¥1.00}}]
    gives: [{{benefit: club, during: paid time}}]
    refund: {{within: 400 days, if_used: keep}}
promotions:
  sale: {{step: sale, products: [card, own-floor], if: level == 9, pay: 50%}}
"""
START = "2027-01-10 10:00"


def released(missing: str = "ask") -> Release:
    found = compile_sources([Source("rulebook.yaml", RULES.format(missing=missing))])
    assert found.release is not None, found.diagnostics
    return found.release


@pytest.fixture
def place() -> World:
    return World(released(), start=shanghai(START))


def pay(place: World, product: str, channel: str | None, key: str, quantity: int = 1, level: int = 0) -> str:
    who = Who("ann", channel=channel, facts={"level": level})
    total = done(place.shop.quote(who, Line(product, quantity))).total
    paid = Payment(total, key) if total else None
    return done(place.shop.buy(who, Line(product, quantity), key=key, paid=paid)).id


def balances(place: World) -> dict[str, int]:
    """What stands on the accounts of channels and of what they cost."""
    found: dict[str, int] = {}
    for entry in place.shop.history("ann", limit=1000):
        for each in entry.postings:
            if each.account.startswith(("channel:", "commission:")):
                found[each.account] = found.get(each.account, 0) + each.amount
    return {account: amount for account, amount in found.items() if amount}


@pytest.mark.parametrize(
    ("channel", "level", "pays"),
    [
        ("app", 0, "¥44.00"),
        ("app", 5, "¥40.00"),
        ("partner-east", 4, "¥46.66"),
        ("partner", 5, "¥43.33"),
        ("app", 9, "¥20.00"),  # half of ¥40.00: no floor of its own, and none above it
        ("partner", 9, "¥30.00"),
        ("partner-east", 9, "¥30.00"),  # the floor of the channel above it
        ("partner-west", 9, "¥35.00"),
    ],
)
def test_prices_and_floors_are_by_channel_and_level(place: World, channel: str, level: int, pays: str) -> None:
    who = Who("ann", channel=channel, facts={"level": level})
    assert str(done(place.shop.quote(who, "card")).total) == pays
    assert str(done(place.shop.quote(who, "own-floor")).total) == ("¥25.00" if level == 9 else "¥50.00")


@pytest.mark.parametrize(
    ("channel", "paid", "earned"),
    [
        ("app", 9332, 0),
        ("partner", 9332, 653),  # 7% are 6.5324
        ("partner-east", 9332, 653),  # it says none: the rate above it, owed to itself
        ("partner-west", 9332, 1167),  # 12.5% are 11.665
    ],
)
def test_a_charge_earns_its_channel_a_commission(place: World, channel: str, paid: int, earned: int) -> None:
    pay(place, "card", channel, "k", quantity=2)
    if channel == "app":
        assert balances(place) == {}
    else:
        assert balances(place) == {f"channel:{channel}": earned, "commission:card": -earned}
    (charge,) = [event.body for event in place.shop.events() if event.type == "charge.paid"]
    assert (charge["channel"], charge["commission"]) == (channel, earned)
    assert charge["territory"] == {"app": "everywhere", "partner": "china", "partner-east": "east"}.get(channel, "")
    assert charge["amount"] == (8800 if channel == "app" else paid)
    assert place.shop.reconcile().ok


def test_every_renewal_earns_its_commission_and_gives_it_back(place: World) -> None:
    order = pay(place, "monthly", "partner-west", "k")
    assert balances(place) == {}
    place.reach(shanghai("2027-04-10 10:00"))
    assert balances(place) == {"channel:partner-west": 3 * 125, "commission:monthly": -3 * 125}  # 1.24875 each
    assert place.shop.reconcile().ok
    done(place.shop.refund(order, key="r"))
    assert balances(place) == {}
    refund = [event.body for event in place.shop.events() if event.type == "order.refunded"]
    assert [(each["channel"], each["commission"]) for each in refund] == [("partner-west", 375)]
    assert place.shop.reconcile().ok


def test_what_is_kept_for_use_keeps_its_commission(place: World) -> None:
    order = pay(place, "card", "partner", "k")
    place.travel(days=10)  # 10 days of 31 begun of the access; the voucher untouched
    done(place.shop.refund(order, key="r"))
    sales = sum(
        each.amount
        for entry in place.shop.history("ann")
        for each in entry.postings
        if each.account.startswith("sales:")
    )
    back = 4666 - sales
    assert 0 < back < 4666
    assert balances(place) == {
        "channel:partner": 327 - 327 * back // 4666,
        "commission:card": -(327 - 327 * back // 4666),
    }
    assert place.shop.reconcile().ok


@pytest.mark.parametrize("seed", range(12))
def test_in_any_order_all_that_goes_back_takes_all_of_its_commission_with_it(seed: int) -> None:
    random, place = Random(seed), World(released(), start=shanghai(START))
    quantity = random.randint(2, 5)
    order = pay(place, "card", random.choice(["partner", "partner-west"]), "k", quantity, random.choice([0, 5, 9]))
    wishes = [("club", 1)] * quantity + [("gift", 1)] * quantity
    random.shuffle(wishes)
    owed = [max(balances(place).values())]
    at_once = random.randrange(len(wishes))  # from here on all that is left
    for i, (item, units) in enumerate(wishes[: at_once + 1]):
        some = {"lines": {"card": units}, "items": [item]} if i < at_once else {}
        done(place.shop.refund(order, key=f"r-{i}", **some))  # type: ignore[arg-type]
        owed.append(max(balances(place).values(), default=0))
        assert place.shop.reconcile().ok
    assert owed == sorted(owed, reverse=True)
    assert balances(place) == {}


def test_on_account_earns_too_and_the_channel_may_be_told_as_a_fact_or_stand_in() -> None:
    place = World(released("partner"), start=shanghai(START))
    total = Money("46.66", "CNY")
    done(place.shop.buy(Who("ann", facts={"channel": "partner-east"}), "card", key="a", paid=ON_ACCOUNT, agreed=total))
    assert balances(place) == {"channel:partner-east": 327, "commission:card": -327}
    pay(place, "card", None, "b")  # the channel that stands in where none is told
    assert balances(place)["channel:partner"] == 327
    assert place.shop.reconcile().ok


def test_a_running_contract_keeps_the_commission_of_its_release(place: World) -> None:
    pay(place, "monthly", "partner", "k")
    text = RULES.format(missing="ask").replace("commission: 7%", "commission: 50%")
    newer = compile_sources([Source("rulebook.yaml", text)]).release
    assert newer is not None
    place.shop.publish(newer)
    place.reach(shanghai("2027-02-10 10:00"))
    assert balances(place) == {"channel:partner": 70, "commission:monthly": -70}
    assert place.shop.reconcile().ok


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        ("UPDATE entitle_orders SET channel = 'partner-west'", "commission"),
        ("UPDATE entitle_postings SET account = 'channel:app' WHERE account = 'channel:partner'", "chain-broken"),
        ("UPDATE entitle_postings SET amount = amount + 1 WHERE account = 'channel:partner'", "unbalanced"),
    ],
)
def test_reconcile_finds_a_commission_that_is_not_what_was_earned(tmp_path: Path, edit: str, code: str) -> None:
    path = tmp_path / "shop.db"
    place = World(released(), open_store(f"sqlite:///{path}", create=True), start=shanghai(START))
    pay(place, "card", "partner", "k")
    place.shop.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(edit)
        connection.commit()
    again = World(store=open_store(f"sqlite:///{path}"), start=shanghai(START))
    assert code in {each.code for each in again.shop.reconcile().breaks}
    again.shop.close()
