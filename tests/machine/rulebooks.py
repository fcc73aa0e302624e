"""The rulebook of the machine, in two editions: every way to sell and to give, and a release that changes prices."""

from functools import cache

from entitle.dsl.load import compile_sources
from entitle.release import Release
from entitle.source import Source

RULEBOOK = """\
entitle: 1
name: machine
timezone: {zone}
currency: CNY
facts:
  channel: {{type: [app, web, partner], if_missing: ask}}
  device: {{type: key, if_missing: ask}}
  customer.level: {{type: 0..9, if_missing: 0}}
  customer.past_orders: {{count: orders, per: customer}}
  customer.spent_lately: {{sum: paid, in: charges, per: customer, within: 30 days}}
calendars:
  evenings:
    - {{days: [mon, wed, fri, sat], from: 18:00, until: 24:00}}
pools:
  seats: {{of: units}}
  codes: {{of: card_codes}}
benefits:
  code: {{kind: card_code, name: Code, pool: codes}}
  video: {{kind: access, name: Video}}
  lounge: {{kind: access, name: Lounge, valid: 10 days from grant}}
  pass: {{kind: access, name: Pass, valid: 36 hours from grant}}
  ticket:
    kind: voucher
    name: Ticket
    valid: 90 days from claim
    redeem: {{by: code, uses: 1, outlets: [north, south]}}
  snack:
    kind: voucher
    name: Snack
    valid: [14 days from grant, until period end]
    redeem: {{by: [qr, code], uses: 2}}
  cola: {{kind: voucher, name: Cola, valid: 3 days from grant}}
  data: {{kind: quota, name: Data, amount: 10, unit: GB, resets: every 7 days}}
  clicks: {{kind: quota, name: Clicks, amount: 5, unit: clicks, valid: 2 months from grant}}
products:
  monthly:
    name: Monthly
    sell: {{from: 2026-01-01 00:00, channels: [app, web]}}
    subscription:
      renews: every month
      remind: [5 days before renewal, 1 day before renewal]
      if_price_changes: keep_old_price
      if_payment_fails: {{retry: [1 day, 3 days], keep_access: 3 days}}
      phases:
        - {{id: first-month, price: ¥9.90, periods: 1, once_per: customer}}
        - {{id: regular, price: {monthly}}}
    hold: 1 day
    refund: {{within: 10 days, if_used: deduct, give_back: [limits]}}
    gives:
      - {{benefit: video, during: paid time, share: 70.05%}}
      - {{benefit: ticket, claim_within: 30 days, once_per: customer, share: 20%}}
      - {{benefit: snack, when: each renewal, share: rest}}
    limits:
      - {{id: one-running, max: 1, of: running, per: customer}}
  trial:
    name: Trial
    sell: {{channels: [app, web, partner]}}
    subscription:
      renews: every 30 days
      remind: 2 days before renewal
      if_price_changes: keep_old_price
      if_payment_fails: {{retry: [12 hours, 2 days, 5 days], keep_access: 7 days}}
      phases:
        - {{id: try, price: ¥0.00, lasts: 7 days, once_per: customer, if: customer.past_orders == 0}}
        - {{id: welcome, price: ¥5.00, periods: 2, once_per: customer}}
        - {{id: regular, price: ¥12.00}}
    hold: 2 hours
    refund: {{within: 36 hours, if_used: keep}}
    gives:
      - {{benefit: video, during: paid time}}
      - {{benefit: data, during: paid time}}
      - {{benefit: snack, when: each period, claim_within: 6 days}}
      - {{id: level-snack, benefit: snack, if: customer.level >= 3}}
  course:
    name: Course
    again: extend
    sell: {{quantity: 1..2}}
    subscription:
      renews: every month
      if_price_changes: keep_old_price
      remind: 3 days before renewal
      cancel: now
      phases:
        - {{id: study, price: ¥39.00, periods: 3}}
    hold: 1 day
    refund: {{within: 2 months, if_used: deduct}}
    gives:
      - {{benefit: video, during: paid time, share: 33.34%}}
      - {{benefit: lounge, during: paid time, share: 33.33%}}
      - {{benefit: ticket, when: each renewal, claim_within: 48 hours, share: rest}}
  free-start:
    name: Free start
    subscription:
      renews: every week
      if_price_changes: keep_old_price
      remind: 1 day before renewal
      if_payment_fails: {{keep_access: 36 hours}}
      phases:
        - {{id: free, price: ¥0.00, periods: 3}}
        - {{id: paid, price: ¥3.00}}
    gives:
      - {{benefit: video, during: paid time}}
      - {{benefit: cola, when: each period}}
      - {{id: midnight-cola, benefit: cola, when: day 1 of month}}
    limits:
      - {{id: two-running, max: 2, of: running, per: customer}}
  gift:
    name: Gift
    subscription:
      renews: every week
      if_price_changes: keep_old_price
      phases:
        - {{id: gift, price: ¥0.00, periods: 4}}
    hold: 1 hour
    gives:
      - {{benefit: lounge, during: paid time}}
      - {{benefit: ticket, when: each period, claim_within: 20 days}}
    limits:
      - {{id: one-gift, max: 1, of: running, per: customer}}
  daily:
    name: Daily
    again: refuse
    sell: {{channels: [app, partner]}}
    subscription:
      renews: every day
      if_price_changes: keep_old_price
      if_payment_fails: {{retry: [6 hours, 2 days]}}
      phases:
        - {{id: day, price: ¥1.00}}
    hold: 1 day
    gives:
      - {{benefit: lounge, during: paid time}}
      - {{benefit: ticket, when: weekly, times: 3, claim_within: 5 days}}
  year:
    name: Year
    price: ¥238.00
    lasts: 1 year
    again: extend
    hold: 1 day
    refund: {{within: 1 year, if_used: deduct, give_back: [limits]}}
    gives:
      - {{benefit: video, during: paid time, share: 60%}}
      - {{benefit: ticket, when: monthly, times: 12, claim_within: 30 days, share: 30%}}
      - {{id: birthday, benefit: ticket, when: 180 days after purchase, share: rest}}
    limits:
      - {{id: two-a-day, max: 2, per: customer, in_each: day}}
      - {{id: rich-only-once, max: 1, per: customer, in_each: lifetime, if: customer.spent_lately >= ¥200.00}}
  bottle:
    name: Bottle
    sell: {{channels: [app, web], quantity: 1..5}}
    price: {bottle}
    hold: 30 minutes
    refund: {{within: 5 days, if_used: deduct, give_back: [limits, coupon]}}
    gives:
      - {{benefit: cola, quantity: 2, share: 40%}}
      - {{benefit: clicks, share: 33.33%}}
      - {{benefit: pass, if: quantity >= 3, share: 10%}}
      - id: rare
        share: rest
        benefit: ticket
        claim_within: 10 days
        limits: [{{id: three-rare, max: 3, per: all_together, in_each: month}}]
    limits:
      - {{id: seven-a-day, max: 7, per: customer, in_each: day}}
  flash:
    name: Flash
    sell: {{in: evenings, channels: app, if: customer.level >= 1, quantity: 1..3}}
    price: ¥2.00
    lasts: 30 hours
    again: extend
    hold: 6 hours
    refund: {{within: 6 days, if_used: deduct, give_back: [limits]}}
    gives:
      - {{benefit: pass, during: paid time, share: 33.34%}}
      - {{benefit: clicks, during: paid time, share: 33.33%}}
      - {{benefit: cola, when: daily, times: 4, share: 20%}}
      - {{id: later, benefit: ticket, when: 5 days after purchase, claim_within: 3 days, share: rest}}
    limits:
      - {{id: rolling, max: 3, per: customer, in_each: 24 hours}}
      - {{id: per-device, max: 4, per: device, in_each: week, honour: quoted}}
      - {{id: per-evening, max: 5, per: all_together, in_each: sale_window}}
  seat:
    name: Seat
    sell: {{quantity: 1..3}}
    price: ¥30.00
    stock: seats
    hold: 1 hour
    refund: {{within: 24 hours, if_used: no_refund, give_back: [limits]}}
    gives:
      - {{benefit: lounge}}
    limits:
      - {{id: two-seats, max: 2, per: customer, in_each: day}}
  card:
    name: Card
    sell: {{quantity: 1..3}}
    price: ¥10.00
    hold: 15 minutes
    refund: {{within: 2 days, if_used: no_refund, give_back: [limits]}}
    gives:
      - {{benefit: code}}
    limits:
      - {{id: five-cards, max: 5, per: all_together, in_each: month, honour: quoted}}
      - {{id: three-in-two-hours, max: 3, per: customer, in_each: 2 hours}}
  pack:
    name: Pack
    price: ¥60.00
    stock: seats
    hold: 2 days
    refund: {{within: 3 days, if_used: keep, give_back: [coupon]}}
    gives:
      - {{benefit: code, quantity: 2, if: customer.level >= 2}}
      - {{benefit: cola}}
"""
BENEFITS = ("code", "video", "lounge", "pass", "ticket", "snack", "cola", "data", "clicks")
EDITIONS = ({"monthly": "¥25.00", "bottle": "¥4.50"}, {"monthly": "¥28.00", "bottle": "¥0.00"})


@cache
def edition(n: int, zone: str = "Asia/Shanghai") -> Release:
    """The release with these prices."""
    compiled = compile_sources([Source("rulebook.yaml", RULEBOOK.format(zone=zone, **EDITIONS[n]))])
    assert compiled.release is not None, "\n".join(map(str, compiled.diagnostics))
    return compiled.release


# ---- what the laws are tried on: the same products, which can be changed, cost less, and are looked at first

HEAD = """\
price_steps: {{campaign: each_unit, threshold: whole_order, coupon: whole_order}}
max_codes: 2
facts:
  customer.risk: {{type: 0..9, if_missing: 0}}
"""
CHANGES = {
    "Monthly": "[{{to: gift, when: now, pay: difference}}, {{to: free-start, when: period_end}}, "
    "{{to: course, when: now, pay: full}}, {{to: daily, when: period_end}}, {{to: place, when: period_end}}]",
    "Trial": "[{{to: monthly, when: now, pay: difference}}, {{to: gift, when: period_end}}]",
    "Course": "[{{to: monthly, when: period_end}}, {{to: daily, when: now, pay: difference}}]",
    "Free start": "[{{to: daily, when: now, pay: difference}}, {{to: monthly, when: period_end}}]",
    "Daily": "[{{to: monthly, when: now, pay: difference}}, {{to: place, when: now, pay: full}}]",
}
TAIL = """\
  place:
    name: Place
    stock: seats
    refund: {{within: 20 days, if_used: keep}}
    subscription:
      renews: every month
      if_price_changes: next_period
      if_payment_fails: {{retry: [1 day]}}
      phases: [{{id: place, price: {bottle}}}]
    gives:
      - {{benefit: lounge, during: paid time}}
      - {{benefit: code, when: purchase}}
promotions:
  autumn: {{step: campaign, products: [bottle, card, monthly], pay: 90%, if: customer.level >= 2, charges: 2}}
  first-cut: {{step: campaign, products: all, minus: ¥1.00, once_per: customer, charges: each}}
  two-for-one: {{step: threshold, products: [card, seat], buy: 1, free: 1, budget: ¥60.00}}
  over-fifty:
    step: threshold
    products: all
    except: [monthly]
    minus_each: {{for_every: ¥50.00, minus: ¥7.77}}
    limits: [{{id: two-cuts, max: 2, per: customer, in_each: week}}]
  secret:
    step: coupon
    products: all
    code: SECRET
    minus: ¥3.33
    cannot_combine_with: [autumn]
    limits: [{{id: five-secrets, max: 5, per: all_together, in_each: lifetime}}]
  again: {{step: coupon, products: [bottle, seat, course], code: AGAIN, pay: 50%, max_off: ¥20.00, once_per: device}}
guards:
  high: {{check_at: [purchase], block_if: customer.risk == 9}}
  odd: {{check_at: [purchase], review_if: customer.risk >= 5, within: 24 hours, then: block}}
  odder: {{check_at: [purchase, claim], review_if: customer.risk >= 7, within: 2 hours, then: allow}}
  even: {{check_at: [purchase], review_if: customer.risk == 4}}
"""


@cache
def lawful_edition(n: int) -> Release:
    """The release of the laws, with these prices."""
    book = RULEBOOK.replace("facts:\n", HEAD, 1)
    for name, changes in CHANGES.items():
        book = book.replace(f"    name: {name}\n", f"    name: {name}\n    change: {changes}\n", 1)
    compiled = compile_sources([Source("rulebook.yaml", (book + TAIL).format(zone="Asia/Shanghai", **EDITIONS[n]))])
    assert compiled.release is not None, "\n".join(map(str, compiled.diagnostics))
    return compiled.release
