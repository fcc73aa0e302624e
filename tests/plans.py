"""A rulebook whose subscriptions can be changed, and what tests of that ask."""

from entitle import ON_ACCOUNT, Payment, Who
from entitle.release import Release
from entitle.shop.change import ChangeView
from entitle.shop.facade import Shop
from entitle.shop.views import SubscriptionView
from entitle.testing.world import World
from tests.books import compiled
from tests.shops import done

ANN = Who("ann")
RULES = """\
entitle: 1
name: change
timezone: Asia/Shanghai
currency: CNY
channels:
  web: {commission: 10%}
facts:
  channel: {type: [app, web], if_missing: app}
  level: {type: 0..9, if_missing: ask}
pools:
  seats: {of: units}
  presents: {of: card_codes}
benefits:
  present: {kind: card_code, name: Present, pool: presents}
  video: {kind: access, name: Video}
  extra: {kind: access, name: Extra}
  ticket: {kind: voucher, name: Ticket, redeem: {by: code, uses: 1}}
products:
  basic:
    name: Basic
    sell: {quantity: 1..3}
    refund: {within: 2 years, if_used: keep}
    subscription:
      renews: every month
      remind: 5 days before renewal
      if_price_changes: next_period
      if_payment_fails: {retry: [1 day, 3 days], keep_access: 3 days}
      phases: [{id: regular, price: BASIC}]
    gives:
      - {benefit: video, during: paid time, share: 70%}
      - {benefit: ticket, share: rest}
    change:
      - {to: premium, when: now, pay: difference}
      - {to: year, when: now, pay: difference}
      - {to: cheap, when: period_end, pay: difference}
      - {to: costly, when: now, pay: full}
      - {to: by-level, when: now, pay: difference}
      - {to: free, when: period_end}
      - {to: late-year, when: period_end}
      - {to: seat, when: period_end}
      - {to: free-present, when: period_end}
      - {to: free-start, when: period_end}
  premium:
    name: Premium
    sell: {quantity: 1..3}
    refund: {within: 2 years, if_used: keep}
    subscription: {renews: every month, phases: [{id: regular, price: ¥60.00}]}
    gives:
      - {benefit: video, during: paid time, share: 50%}
      - {benefit: extra, during: paid time, share: 50%}
    change: [{to: basic, when: now, pay: difference}]
    limits: [{id: one, max: 1, of: running, per: customer}]
  year:
    name: Year
    refund: {within: 2 years, if_used: keep}
    subscription: {renews: every year, phases: [{id: regular, price: ¥238.00}]}
    gives: [{benefit: video, during: paid time}, {benefit: ticket, when: monthly}]
    change: [{to: basic, when: now, pay: difference}]
  cheap:
    name: Cheap
    subscription:
      renews: every month
      phases: [{id: intro, price: ¥1.00, periods: 1, once_per: customer}, {id: regular, price: ¥10.00}]
    gives: [{benefit: video, during: paid time}]
    limits: [{id: one, max: 1, of: running, per: customer}]
  late-year:
    name: Late year
    subscription: {renews: every year, phases: [{id: regular, price: ¥200.00}]}
    gives: [{benefit: extra, during: paid time}]
  costly:
    name: Costly
    refund: {within: 30 days, if_used: deduct}
    subscription: {renews: every month, phases: [{id: regular, price: ¥99.00}]}
    gives: [{benefit: video, during: paid time}]
  free:
    name: Free
    subscription: {renews: every month, phases: [{id: regular, price: ¥0.00}]}
    gives: [{benefit: extra, during: paid time}]
  free-start:
    name: Free at first
    subscription:
      renews: every month
      phases: [{id: trial, price: ¥0.00, periods: 2}, {id: regular, price: ¥10.00}]
    gives: [{benefit: extra, during: paid time}]
    change: [{to: premium, when: now, pay: difference}, {to: free, when: now, pay: full}]
  seat:
    name: Seat
    stock: seats
    subscription: {renews: every month, phases: [{id: regular, price: ¥20.00}]}
    gives: [{benefit: video, during: paid time}]
  free-present:
    name: Free, with a present
    subscription: {renews: every month, phases: [{id: regular, price: ¥0.00}]}
    gives: [{benefit: present}]
  by-level:
    name: By level
    subscription:
      renews: every month
      phases: [{id: regular, price: {table: [{level: 0..4, price: ¥50.00}, {otherwise: ¥45.00}]}}]
    gives: [{benefit: video, during: paid time}]
"""


def release(basic: str = "¥30.00") -> Release:
    found = compiled(book=RULES.replace("BASIC", basic))
    assert found.release is not None, found.diagnostics
    return found.release


def change(shop: Shop, contract: SubscriptionView, to: str, key: str, who: Who | None = None) -> ChangeView:
    """Change it for what that costs."""
    trial = done(shop.preview.change_plan(contract, to, who=who, key=key, paid=ON_ACCOUNT))
    paid = Payment(trial.total, f"ref-{key}") if trial.total else None
    view = done(shop.change_plan(contract, to, who=who, key=key, paid=paid))
    assert (view.price, view.credit, view.total) == (trial.price, trial.credit, trial.total)
    return view


def sound(place: World) -> None:
    report = place.shop.reconcile()
    assert report.ok, report.breaks
    for event in place.shop.events(limit=500):
        if event.type == "order.placed":
            explained = place.shop.explain(str(event.body["order"]))
            assert all(line.faithful for line in explained.lines)


def charged(place: World) -> list[object]:
    return [each.body["amount"] for each in place.shop.events(limit=500) if each.type == "charge.paid"]


def cash(place: World) -> int:
    """What the customer paid in all, less what went back, in minor units: the ledger's word."""
    rows = [row for entry in place.shop.history("ann", limit=1000) for row in entry.postings]
    return -sum(row.amount for row in rows if row.account == "payer")
