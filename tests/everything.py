"""A store with something of everything: what tests edit behind the shop's back, destroy, seal and rebuild."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from entitle import ON_ACCOUNT, Line, Money, Payment, Review, Who
from entitle.decision import Declined, Settlement
from entitle.plan import Store
from entitle.release import Release
from entitle.shop.renew import ChargeView
from entitle.shop.views import GrantView, SubscriptionView
from entitle.testing.world import World, always
from tests.books import compiled
from tests.shops import buy, codes, done, shanghai

RULES = """\
entitle: 1
name: everything
timezone: Asia/Shanghai
currency: CNY
channels:
  web: {commission: 10%}
facts:
  channel: {type: [app, web], if_missing: app}
  device: {type: key, if_missing: ask}
  customer.risk: {type: 0..100, if_missing: 0}
  device.customers: {distinct: customers, in: claims, per: device, within: 7 days}
  device.orders: {count: orders, per: device}
guards:
  farm: {check_at: [claim, purchase], block_if: device.customers >= 7 or device.orders >= 70}
  risky: {check_at: [purchase], review_if: customer.risk >= 80, within: 24 hours, then: block}
pools:
  codes: {of: card_codes, warn_below: 2}
  seats: {of: units, hot: true}
benefits:
  video: {kind: access, name: Video}
  ticket: {kind: voucher, name: Ticket, valid: 90 days from claim, redeem: {by: code, uses: 2}}
  gift: {kind: voucher, name: Gift, redeem: {by: code, uses: 1}}
  discs: {kind: quota, name: Discs, amount: 10, unit: discs, resets: every month}
  coffee: {kind: card_code, name: Coffee, pool: codes}
products:
  monthly:
    name: Monthly
    refund: {within: 2 years, if_used: keep, give_back: [limits]}
    subscription:
      renews: every month
      remind: 5 days before renewal
      if_price_changes: next_period
      if_payment_fails: {retry: [1 day, 3 days], keep_access: 3 days}
      phases: [{id: intro, price: ¥1.00, periods: 1, once_per: customer}, {id: regular, price: ¥30.00}]
    limits: [{id: one, max: 1, of: running, per: customer}, {id: daily, max: 9, per: customer, in_each: day}]
    gives:
      - {benefit: video, during: paid time}
      - {benefit: ticket, when: monthly, claim_within: 20 days}
      - {benefit: discs}
    change: [{to: yearly, when: period_end}]
  yearly:
    name: Yearly
    subscription: {renews: every year, phases: [{id: regular, price: ¥238.00}]}
    limits: [{id: yearly-one, max: 1, of: running, per: customer}]
    gives: [{benefit: video, during: paid time}, {benefit: gift, when: monthly}]
  card:
    name: Card
    sell: {quantity: 1..9}
    price: ¥10.00
    hold: 15 minutes
    refund: {within: 30 days, if_used: keep, give_back: [limits]}
    stock: seats
    limits:
      - {id: rolling, max: 9, of: units, per: device, in_each: 72 hours}
      - {id: total, max: 9999, per: all_together, in_each: lifetime, hot: true}
    gives: [{benefit: coffee}, {benefit: gift}]
"""


def release() -> Release:
    found = compiled(book=RULES)
    assert found.release is not None, found.diagnostics
    return found.release


def who(name: str, channel: str = "app") -> Who:
    return Who(name, channel=channel, device=f"d-{name}")


def everything(store: Store) -> World:
    """Weeks of a shop: memberships run, fail, are cancelled and become another; cards are sold, shown, given back."""
    place = World(release(), store, shanghai("2026-12-24 20:00"))
    shop = place.shop
    done(shop.fill("codes", [f"CODE-{n}" for n in range(10)], key="codes", by="ops"))
    done(shop.fill("seats", 100, key="seats", by="ops", why="the hall"))
    for name in ("ann", "bob", "cyd", "dan"):
        buy(shop, who(name, "web"), "monthly", f"m-{name}")
    card = buy(shop, who("ann"), "card", "c-1", quantity=3)
    other = done(shop.buy(who("bob"), Line("card", 2), key="c-2", paid=ON_ACCOUNT, by="till", why="on account"))
    assert not shop.buy(who("ann"), "card", key="short", paid=Payment(Money("0.01", "CNY"), "short")).ok
    coffee = [grant for grant in card.grants if grant.benefit == "coffee"]
    done(shop.reveal("ann", coffee[0], key="show"))
    gift = next(grant for grant in shop.wallet("ann").grants if grant.benefit == "gift")
    used = done(shop.redeem(gift, outlet="", key="use", by="gate"))
    done(shop.reverse(used, key="back"))
    done(shop.redeem(gift, outlet="", key="again", by="gate"))
    done(shop.refund(other, lines={"card": 1}, key="refund", by="cs"))
    done(shop.spend("ann", "discs", 4, key="spend"))
    ticket = next(grant for grant in shop.wallet("ann").grants if grant.benefit == "ticket")
    done(shop.claim(who("ann"), ticket, key="claim"))
    place.travel(days=40, pay=pays)
    done(shop.cancel(membership(place, "cyd"), when="now", key="cancel"))
    done(shop.change_plan(membership(place, "bob"), "yearly", who=who("bob"), key="change"))
    done(shop.spend("bob", "discs", 10, key="spend-all"))
    buy(shop, who("eve"), "yearly", "y-eve")
    fay = buy(shop, who("fay"), "monthly", "m-fay").subscription
    place.travel(hours=1, pay=pays)
    done(shop.cancel(fay, when="period_end", key="leave"))
    place.travel(days=3, pay=pays)
    review(place)
    hold(place)
    given_and_taken(place, coffee)
    return place


def given_and_taken(place: World, coffee: Sequence[GrantView]) -> None:
    """Staff give a quota and a ticket; they take back a code, and what is held while paid; what is used stays."""
    until = place.shop.now() + timedelta(days=9)
    done(place.shop.give("eve", "discs", 2, key="give", by="cs", why="made good"))
    done(place.shop.give("eve", "ticket", until=until, key="give-2", by="cs", why="made good"))
    video = next(each for each in place.shop.wallet("eve").grants if each.benefit == "video")
    assert codes(place.shop.revoke(coffee[0], key="revoke", by="cs", why="by mistake")) == ["used-up"]
    for n, grant in enumerate((coffee[1], video)):
        done(place.shop.revoke(grant, key=f"revoke-{n}", by="cs", why="by mistake"))


def hold(place: World) -> None:
    """Cards on hold: one was confirmed, one let go, one expired, one stands."""
    shop = place.shop
    paid = done(shop.hold(who("gus"), "card", key="h-1"))
    done(shop.confirm(paid, paid=ON_ACCOUNT, key="confirm"))
    done(shop.void(done(shop.hold(who("gus"), "card", key="h-2")), key="void"))
    done(shop.hold(who("hal"), "card", key="h-3"))
    place.travel(hours=1, pay=pays)
    done(shop.hold(who("ida"), "card", key="h-4"))


def review(place: World) -> None:
    """Cards that people look at first: one was bought then, one refused; one nobody answered in time, one waits."""
    shop = place.shop
    for name in ("jon", "kim", "lou"):
        paid = ON_ACCOUNT if name == "jon" else Payment(Money("10.00", "CNY"), f"paid-{name}")
        stopped = shop.buy(replace(who(name), facts={"customer.risk": 90}), "card", key=f"r-{name}", paid=paid)
        assert isinstance(stopped, Review)
        if name != "lou":
            done(shop.resolve(stopped, approve=name == "jon", key=f"resolve-{name}", by="ops", why="known"))
    done(shop.buy(replace(who("jon"), facts={"customer.risk": 90}), "card", key="r-jon", paid=ON_ACCOUNT))
    place.travel(hours=24, pay=pays)
    shop.buy(replace(who("max"), facts={"customer.risk": 90}), "card", key="r-max", paid=ON_ACCOUNT)


def membership(place: World, name: str) -> SubscriptionView:
    return next(each for each in place.shop.wallet(name).subscriptions if each.product == "monthly")


def pays(charge: ChargeView) -> Settlement:
    """Everybody but dan pays."""
    return Declined("no money") if charge.customer == "dan" else always(charge)
