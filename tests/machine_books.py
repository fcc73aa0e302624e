"""The rulebook that the state machine lives by, and the same offers as the oracle knows them."""

from dataclasses import replace

from entitle.dsl.load import compile_sources
from entitle.release import Release
from entitle.source import Source
from entitle.values.civil import Term
from tests.oracle import Gift, Offer

HOUR = 3_600_000_000
BOOK = """\
entitle: 1
name: machine
timezone: Asia/Shanghai
currency: CNY
facts:
  channel: {type: [app, web], if_missing: ask}
benefits:
  vip: {kind: access, name: VIP}
  ticket: {kind: voucher, name: Ticket, valid: 90 days from claim, redeem: {uses: 2}}
  space: {kind: quota, name: Space, amount: 10, unit: GB, resets: every month}
products:
  monthly:
    name: Monthly
    sell: {channels: app}
    subscription:
      renews: every month
      remind: 5 days before renewal
      if_price_changes: keep_old_price
      if_payment_fails: {retry: [1 day, 3 days], keep_access: 3 days}
      phases:
        - {id: first, price: ¥9.90, periods: 1, once_per: customer}
        - {id: regular, price: ¥25.00}
    gives:
      - {benefit: vip, during: paid time}
      - {benefit: ticket, claim_within: 30 days, once_per: customer}
    limits:
      - {id: one-running, max: 1, of: running, per: customer}
  trial:
    name: Trial
    subscription:
      renews: every 30 days
      if_price_changes: keep_old_price
      phases:
        - {id: free, price: ¥0.00, lasts: 7 days, once_per: customer}
        - {id: paid, price: ¥6.00}
    gives: [{benefit: vip, during: paid time}]
  fixed:
    name: Fixed
    subscription:
      renews: every week
      if_price_changes: keep_old_price
      if_payment_fails: {retry: [2 days], keep_access: 4 days}
      phases: [{id: three, price: ¥5.00, periods: 3}]
    gives: [{benefit: space, during: paid time}]
  year:
    name: Year
    price: ¥99.00
    lasts: 1 year
    gives:
      - {benefit: vip, during: paid time}
      - {benefit: ticket, when: monthly, times: 12, claim_within: 30 days}
  pass:
    name: Pass
    sell: {quantity: 1..3}
    price: ¥2.00
    gives: [{benefit: ticket}]
    limits:
      - {id: a-day, max: 4, per: customer, in_each: day}
      - {id: rolling, max: 5, per: customer, in_each: 36 hours}
"""
VIP, TICKET = Gift("vip", "access", paid_time=True), Gift("ticket", "voucher", uses=2)
OFFERS = {
    offer.name: offer
    for offer in (
        Offer(
            "monthly",
            ((990, 1, True), (2500, None, False)),
            (VIP, replace(TICKET, waits=30, once=True)),
            renews=Term(1, "month"),
            retry=(1, 3),
            keep=3,
            one_running=True,
        ),
        Offer("trial", ((0, 1, True), (600, None, False)), (VIP,), renews=Term(30, "day"), trial=Term(7, "day")),
        Offer(
            "fixed",
            ((500, 3, False),),
            (Gift("space", "quota", paid_time=True, amount=10, refills=True),),
            renews=Term(1, "week"),
            retry=(2,),
            keep=4,
        ),
        Offer("year", ((9900, 1, False),), (VIP, replace(TICKET, waits=30, monthly=12)), lasts=Term(1, "year")),
        Offer("pass", ((200, 1, False),), (TICKET,), a_day=4, rolling=(5, 36 * HOUR), most=3),
    )
}


def compiled(regular: str) -> Release:
    found = compile_sources([Source("rulebook.yaml", BOOK.replace("¥25.00", regular))])
    assert found.release is not None, found.diagnostics
    return found.release


RELEASES = {2500: compiled("¥25.00"), 2800: compiled("¥28.00")}
