"""What can be held: the rulebook of these tests, and what they do with it."""

import re
from functools import cache

from entitle import Line, Payment, Who
from entitle.plan import Get
from entitle.records import Stock
from entitle.release import Release
from entitle.shop.hold import HoldView
from entitle.shop.parts import in_parts, of_pool
from entitle.testing.world import World
from tests.books import compiled
from tests.shops import done

ANN, BOB, CYD = Who("ann", channel="app"), Who("bob", channel="app"), Who("cyd", channel="app")
MINUTE = 60_000_000
RULES = """\
entitle: 1
name: holds
timezone: Asia/Shanghai
currency: CNY
price_steps: {campaign: each_unit}
max_codes: 2
facts:
  channel: {type: [app, web], if_missing: ask}
  device: {type: key, if_missing: ask}
  customer.past_orders: {count: orders, per: customer}
pools:
  codes: {of: card_codes, warn_below: 2}
  seats: {of: units}
benefits:
  code: {kind: card_code, name: Code, pool: codes}
  club: {kind: access, name: Club}
products:
  card:
    name: Card
    sell: {quantity: 1..5}
    price: ¥10.00
    hold: 15 minutes
    gives: [{benefit: code}]
    refund: {within: 7 days, if_used: keep, give_back: [limits, coupon]}
  seat: {name: Seat, sell: {quantity: 1..9}, price: ¥30.00, hold: 1 hour, stock: seats, gives: [{benefit: club}]}
  scarce:
    name: Scarce
    sell: {quantity: 1..5, from: 2026-12-01 00:00, until: 2027-01-01 00:00}
    price: ¥8.00
    hold: 15 minutes
    gives: [{benefit: club}]
    limits:
      - {id: own, max: 2, per: customer, in_each: day}
      - {id: total, max: 3, per: all_together, in_each: sale_window}
  rolling:
    name: Rolling
    price: ¥8.00
    hold: 15 minutes
    gives: [{benefit: club}]
    limits: [{id: one-in-an-hour, max: 1, per: customer, in_each: 1 hours}]
  monthly:
    name: Monthly
    hold: 1 day
    subscription:
      renews: every month
      if_price_changes: keep_old_price
      phases:
        - {id: intro, price: ¥9.90, periods: 1, once_per: customer}
        - {id: regular, price: ¥25.00}
    gives: [{benefit: club, during: paid time}]
    limits: [{id: two-running, max: 2, of: running, per: customer}]
  first: {name: First, price: ¥20.00, hold: 15 minutes, gives: [{benefit: club}]}
  never-held: {name: Never held, price: ¥1.00, gives: [{benefit: club}]}
  gift: {name: Gift, price: ¥0.00, hold: 15 minutes, gives: [{benefit: club}]}
promotions:
  newcomer: {step: campaign, products: [first], if: customer.past_orders == 0, minus: ¥5.00}
  once:
    step: campaign
    products: [card]
    code: ONCE
    minus: ¥4.00
    limits: [{id: one, max: 1, per: all_together, in_each: lifetime}]
  pot: {step: campaign, products: [card], code: POT, minus: ¥1.00, budget: ¥2.00}
"""


HOT = re.sub(r"of: (?:card_codes|units)|all_together, in_each: \w+", r"\g<0>, hot: true", RULES).replace(
    "budget: ¥2.00", "budget: {max: ¥2.00, hot: true}"
)


@cache
def release(rules: str = RULES) -> Release:
    found = compiled(book=rules)
    assert found.diagnostics == []
    assert found.release is not None
    return found.release


def held(place: World, who: Who, what: str | Line, key: str, *said: str) -> HoldView:
    return done(place.shop.hold(who, what, key=key, codes=said))


def pay(hold: HoldView, ref: str = "pay") -> Payment:
    return Payment(hold.total, f"{ref}-{hold.customer}")


def free(place: World, pool: str) -> int:
    row, divided = place.store.fetch((Get(Stock, (pool,)), in_parts(of_pool(pool))))
    return int(row.free + divided)


def more(place: World, codes_: int) -> None:
    done(place.shop.fill("codes", codes_, key="more"))


def later(place: World, minutes: int, micro: int = 0) -> None:
    """Time passes, and nobody does any work."""
    place.clock.now += minutes * MINUTE + micro
