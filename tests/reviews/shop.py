"""What is reviewed: the rulebook of these tests, and what they do with it."""

from collections.abc import Mapping
from functools import cache

from entitle import Money, Payment, Review, Who
from entitle.release import Release
from entitle.shop.review import ReviewView
from entitle.testing.world import World
from tests.books import compiled
from tests.shops import done

HOUR = 3_600_000_000
RULES = """\
entitle: 1
name: reviewed
timezone: Asia/Shanghai
currency: CNY
price_steps: {campaign: each_unit}
facts:
  channel: {type: [app, web], if_missing: ask}
  customer.risk: {type: 0..100, if_missing: 0}
  customer.odd: {type: 0..9, if_missing: 0}
  customer.banned: {type: bool, if_missing: false}
benefits:
  club: {kind: access, name: Club}
  film: {kind: voucher, name: Film, redeem: {by: code, uses: 2}}
products:
  card:
    name: Card
    sell: {quantity: 1..5}
    price: ¥10.00
    hold: 15 minutes
    gives: [{benefit: film, claim_within: 9 days}]
    limits: [{id: two, max: 2, per: customer, in_each: lifetime}]
  monthly:
    name: Monthly
    subscription: {renews: every month, if_price_changes: next_period, phases: [{id: only, price: ¥25.00}]}
    gives: [{benefit: club, during: paid time}]
    change: [{to: yearly, when: now, pay: full}]
  yearly:
    name: Yearly
    subscription: {renews: every year, if_price_changes: next_period, phases: [{id: only, price: ¥200.00}]}
    gives: [{benefit: club, during: paid time}]
promotions:
  may: {step: campaign, products: [card], from: 2026-12-25 00:00, minus: ¥1.00}
guards:
  banned: {check_at: [purchase, login], block_if: customer.banned, say: {en: no, zh: 不行}}
  high: {check_at: [purchase, claim, redeem, login], review_if: customer.risk >= 80}
  odd: {check_at: [purchase], review_if: customer.odd >= 5, within: 24 hours, then: block}
  odder: {check_at: [purchase], review_if: customer.odd >= 7, within: 2 hours, then: allow}
  oddest: {check_at: [purchase], review_if: customer.odd == 9, within: 1 hour, then: block}
  rare: {check_at: [purchase], review_if: customer.odd == 1, within: 2 days, then: allow}
  noted: {check_at: [login], block_if: customer.odd >= 1, log_only: true}
  noted-too: {check_at: [login], review_if: customer.odd >= 2, log_only: true}
  strange: {check_at: [login], review_if: customer.odd == 3, within: 2 hours, then: block}
"""
TEN = Payment(Money("10.00", "CNY"), "pay-1")


@cache
def release(rules: str = RULES) -> Release:
    found = compiled(book=rules)
    assert found.diagnostics == []
    assert found.release is not None
    return found.release


def who(customer: str = "ann", **facts: object) -> Who:
    """Somebody in the app: `risk=90` is the fact `customer.risk`."""
    told: Mapping[str, object] = {f"customer.{name}": value for name, value in facts.items()}
    return Who(customer, channel="app", facts=told)


RISKY = who(risk=90)


def asked(outcome: object) -> Review:
    """The answer must be that people look at it, and that they were asked."""
    assert isinstance(outcome, Review), outcome
    assert outcome.id
    return outcome


def resolve(place: World, review: Review | ReviewView | str, approve: bool = True, key: str = "r") -> ReviewView:
    return done(place.shop.resolve(review, approve=approve, key=key, by="ops-3", why="looked"))


def later(place: World, hours: int, micro: int = 0) -> None:
    """Time passes, and nobody does any work."""
    place.clock.now += hours * HOUR + micro
