"""Work that is done late, or by nobody for a while: nothing that was due before an end is lost to it."""

import random
from functools import partial

from entitle import Declined, Money, Payment, Who
from entitle.dsl.load import compile_sources
from entitle.keys import Keys
from entitle.runtime.explain import moment
from entitle.shop.facade import Shop
from entitle.shop.tick import do_piece, due_pieces
from entitle.source import Source
from entitle.store.memory import MemoryStore
from entitle.testing.world import Clock
from entitle.values.zone import Instant
from tests.shops import done, shanghai

RULES = """\
entitle: 1
name: late
timezone: Asia/Shanghai
currency: CNY
benefits:
  club: {kind: access, name: Club}
  ticket: {kind: voucher, name: Ticket}
products:
  gift:
    name: Gift
    subscription:
      renews: every month
      phases: [{id: gift, price: ¥0.00, periods: 6}]
    gives: [{benefit: ticket, when: each period}]
  monthly:
    name: Monthly
    subscription:
      renews: every month
      if_payment_fails: {retry: [1 day, 2 days], keep_access: 3 days}
      phases: [{id: only, price: ¥10.00}]
    gives: [{benefit: club, during: paid time}]
  year:
    name: Year
    price: ¥10.00
    lasts: 1 year
    gives: [{benefit: club, during: paid time}, {benefit: ticket, when: monthly, times: 12}]
  days:
    name: Three days
    price: ¥10.00
    lasts: 3 days
    gives:
      - {id: after, benefit: ticket, when: 7 days after purchase}
      - {id: weekly, benefit: ticket, when: weekly, times: 3}
      - {id: daily, benefit: ticket, when: daily}
"""


def opened() -> tuple[Shop, Clock]:
    release = compile_sources([Source("rulebook.yaml", RULES)]).release
    assert release is not None
    clock = Clock(shanghai("2026-12-31 10:00"))
    shop = Shop(MemoryStore(), Keys.from_text("late"), clock.instant, random.Random(1).randbytes)
    shop.publish(release)
    return shop, clock


def told(product: str, ticks: list[Instant]) -> list[str]:
    """The events of one purchase, with work done at these instants alone."""
    shop, clock = opened()
    total = done(shop.quote(Who("ann"), product)).total
    done(shop.buy(Who("ann"), product, key="k", paid=Payment(total, "r")))
    for clock.now in ticks:
        while shop.tick():
            pass
    assert shop.reconcile().ok
    return [event.type for event in shop.events() if event.type != "order.placed"]


def test_a_late_run_pays_every_free_period_and_issues_what_it_gives() -> None:
    prompt = [shanghai(f"2027-{month:02}-28 23:00") for month in range(1, 8)]
    late = [shanghai("2028-01-01 00:00")]
    assert sorted(told("gift", late)) == sorted(told("gift", prompt))
    assert told("gift", late).count("grant.issued") == 6


def test_work_of_one_instant_is_done_in_one_order_however_much_at_once() -> None:
    def order(limit: int) -> list[str]:
        shop, clock = opened()
        for i, name in enumerate(["cyd", "ann", "bob"]):
            done(shop.buy(Who(name), "gift", key=f"k-{i}"))
        last = shop.events()[-1].cursor
        clock.now = shanghai("2027-01-31 10:00")
        while shop.tick(limit=limit):
            pass
        return [event.customer for event in shop.events(after=last) if event.type == "charge.paid"]

    assert order(1) == order(500) == ["ann", "bob", "cyd"]


def test_a_late_run_issues_before_it_tells_of_the_end() -> None:
    events = told("year", [shanghai("2028-06-01 00:00")])
    assert events.count("grant.issued") == 13
    assert events.index("notice.ended") > max(i for i, each in enumerate(events) if each == "grant.issued")


def test_what_is_paid_for_once_gives_what_it_promised_after_its_time_too() -> None:
    prompt = [shanghai(f"2027-01-{day:02} 23:00") for day in range(1, 29)]
    late = [shanghai("2028-01-01 00:00")]
    assert sorted(told("days", late)) == sorted(told("days", prompt))
    assert told("days", late).count("grant.issued") == 1 + 3 + 3  # `daily` without `times`: while paid
    assert told("days", prompt).count("notice.ended") == 1


def test_what_is_promised_comes_at_its_instant_and_not_before() -> None:
    issued = [told("days", [shanghai(f"2027-01-07 {clock}")]).count("grant.issued") for clock in ("09:59", "10:00")]
    assert issued == [4, 6]


def test_ticks_alone_end_what_failed_and_nothing_that_nobody_charged() -> None:
    """A charge that was never asked for is no failure: access ends, and the contract may be paid late."""
    shop, clock = opened()
    for name in ("failed", "late"):
        done(shop.buy(Who(name), "monthly", key=name, paid=Payment(Money("10.00", "CNY"), name)))
    clock.now = shanghai("2027-01-31 10:00")
    first, late = sorted(shop.charges(), key=lambda charge: charge.customer)
    done(shop.settle(first, Declined("no")))
    clock.now = shanghai("2027-02-03 10:00") + 1  # at that very instant a payment would come first
    while shop.tick():
        pass
    assert [event.customer for event in shop.events() if event.type == "notice.ended"] == ["failed"]
    assert [shop.has(name, "club") for name in ("failed", "late")] == [False, False]
    paid = done(shop.settle(late, Payment(Money("10.00", "CNY"), "late-2")))
    assert (paid.state, paid.paid_until) == ("running", moment(shanghai("2027-02-28 10:00")))
    assert shop.has("late", "club")
    assert shop.reconcile().ok


def test_work_that_another_worker_did_meanwhile_is_not_done_again() -> None:
    """What comes next of it is not due yet."""
    shop, clock = opened()
    for n, product in enumerate(("gift", "year", "days")):
        total = done(shop.quote(Who("ann"), product)).total
        done(shop.buy(Who("ann"), product, key=f"k-{n}", paid=Payment(total, f"r-{n}") if total else None))
    clock.now = shanghai("2027-01-31 10:00")
    seen = shop._drive(lambda: due_pieces(shop._ctx, 100))
    assert {each.kind.partition(":")[0] for each in seen} >= {"free", "issue"}
    while shop.tick():
        pass
    before = shop.events(limit=500)
    assert [shop._drive(partial(do_piece, shop._ctx, piece)) for piece in seen] == [False] * len(seen)
    assert shop.events(limit=500) == before


def test_a_clock_that_goes_back_takes_no_customer_back() -> None:
    shop, clock = opened()
    first = done(shop.buy(Who("ann"), "gift", key="k-1"))
    clock.now -= 400 * 86_400_000_000
    second = done(shop.buy(Who("ann"), "gift", key="k-2"))
    assert [each.at for each in shop.history("ann")] == [moment(shanghai("2026-12-31 10:00"))] * 2
    assert second.subscriptions[0].paid_until == first.subscriptions[0].paid_until
    assert shop.reconcile().ok
