"""Until when a quote says it holds: the answer is the same before that instant, and another one at it."""

from datetime import UTC, datetime, timedelta

import pytest

from entitle import Line, Who
from entitle.shop.quote import Quote
from entitle.testing.world import World
from tests.books import compiled, released
from tests.shops import ANN, buy, done, shanghai, when, world

RULES = """\
entitle: 1
name: lasting
timezone: {zone}
currency: CNY
facts:
  since: {{type: instant, if_missing: ask}}
  wait: {{type: duration, if_missing: 3 days}}
  born: {{type: date, if_missing: 2000-06-15}}
  n: {{type: 0..9, if_missing: 0}}
calendars:
  happy: [{{days: [fri], from: 18:00, until: 20:00}}, {{from: 2027-03-01 00:00, until: 2027-03-02 00:00}}]
benefits: {{club: {{kind: access, name: Club}}}}
price_steps: {{sales: whole_order}}
products:
  p:
    name: P
    price: ¥10.00
    sell: {{if: "{condition}"}}
    gives: [{{benefit: club}}]
  other:
    name: Other
    price: ¥10.00
    gives: [{{benefit: club}}]
promotions:
  sale: {{step: sales, products: other, if: now < since + 7 days, pay: 50%}}
"""
SINCE = "2027-01-01 10:00"


class Quotes:
    """A shop with one condition on `p`, asked at instants of its own zone."""

    def __init__(self, condition: str, zone: str) -> None:
        found = compiled(book=RULES.format(condition=condition, zone=zone))
        assert found.release is not None, found.diagnostics
        self.zone, self.world = found.release.zone, World(found.release)
        self.who = Who("ann", facts={"since": self.aware(SINCE)})

    def instant(self, text: str) -> int:
        return self.zone.instant(datetime.fromisoformat(text))

    def aware(self, text: str) -> datetime:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=self.instant(text))

    def at(self, instant: int, product: str = "p") -> Quote | None:
        self.world.clock.now = instant
        quoted = self.world.shop.quote(self.who, product)
        return quoted.unwrap() if quoted.ok else None


HOLDS = [
    # now beside facts
    ("now < since + 30 days", "2027-01-05 12:00", "2027-01-31 10:00:00"),
    ("now <= since + wait", "2027-01-02 12:00", "2027-01-04 10:00:00.000001"),
    ("since + wait > now", "2027-01-02 12:00", "2027-01-04 10:00:00"),
    ("now - since < 36 hours", "2027-01-02 12:00", "2027-01-02 22:00:00"),
    ("not (since + 1 day <= now)", "2027-01-01 12:00", "2027-01-02 10:00:00"),
    ("now - wait <= since", "2027-01-02 12:00", "2027-01-04 10:00:00.000001"),
    ("(now - since) * 2 < 3 days", "2027-01-02 12:00", "2027-01-02 22:00:00"),
    ("now < min(since + 30 days, since + wait)", "2027-01-02 12:00", "2027-01-04 10:00:00"),
    ("now in since..since + 2 days", "2027-01-02 12:00", "2027-01-03 10:00:00.000001"),
    ("n == 0 and now - since != 1 day", "2027-01-02 09:00", "2027-01-02 10:00:00"),
    ("now < 2027-02-01 00:00", "2027-01-02 12:00", "2027-02-01 00:00:00"),
    # parts of the date and calendars
    ("now.hour == 12", "2027-01-02 12:50", "2027-01-02 13:00:00"),
    ("now.weekday == sat", "2027-01-02 12:50", "2027-01-03 00:00:00"),
    ("now.date - born < 9698 days", "2027-01-02 12:00", "2027-01-03 00:00:00"),
    ("now in happy", "2027-01-08 18:30", "2027-01-08 20:00:00"),
    ("now not in happy", "2027-01-08 20:00", "2027-01-15 18:00:00"),
    ("now in happy", "2027-03-01 18:30", "2027-03-02 00:00:00"),
]


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "UTC", "America/St_Johns"])
@pytest.mark.parametrize(("condition", "at", "until"), HOLDS)
def test_a_quote_holds_until_it_says_and_no_longer(condition: str, at: str, until: str, zone: str) -> None:
    quotes = Quotes(condition, zone)
    quote = quotes.at(quotes.instant(at))
    assert quote is not None
    assert quote.valid_until == quotes.aware(until)
    assert quotes.at(quotes.instant(until) - 1) is not None
    assert quotes.at(quotes.instant(until)) is None


@pytest.mark.parametrize(
    "condition", ["now > since", "now >= since + wait - 3 days", "since <= now", "n == 0", "since < 2027-06-01 00:00"]
)
def test_what_time_does_not_change_holds_without_end(condition: str) -> None:
    quotes = Quotes(condition, "Asia/Shanghai")
    quote = quotes.at(quotes.instant("2027-01-02 12:00"))
    assert quote is not None
    assert quote.valid_until is None


def test_a_promotion_on_the_whole_order_ends_a_quote_too() -> None:
    quotes = Quotes("n == 0", "Asia/Shanghai")
    quote = quotes.at(quotes.instant("2027-01-02 12:00"), "other")
    assert quote is not None
    assert (quote.total.minor, quote.valid_until) == (500, quotes.aware("2027-01-08 10:00"))
    later = quotes.at(quotes.instant("2027-01-08 10:00"), "other")
    assert later is not None
    assert (later.total.minor, later.valid_until) == (1000, None)


def test_where_there_are_too_many_ways_a_quote_holds_for_its_instant_alone() -> None:
    several = " + ".join(f"min(wait, {i} hours, {i * i} hours, {i + 100} hours)" for i in range(3, 9))
    quotes = Quotes(f"now < since + 60 days + {several}", "Asia/Shanghai")
    at = quotes.instant("2027-01-02 12:00")
    quote = quotes.at(at)
    assert quote is not None
    assert quote.valid_until == quotes.aware("2027-01-02 12:00:00.000001")


LIMITED = """\
products:
  p:
    name: P
    sell: {quantity: 1..9}
    price: ¥10.00
    gives: [{benefit: club}, {benefit: ticket, limits: [{id: tickets, max: 2, per: customer, in_each: month}]}]
promotions:
  lucky: {step: level, products: p, pay: 50%, limits: [{id: once-a-day, max: 1, per: customer, in_each: day}]}
  big: {step: order, products: p, minus: ¥1.00, limits: [{id: once-a-week, max: 1, per: customer, in_each: week}]}
"""


@pytest.mark.parametrize(
    ("day", "again", "until"),
    [
        ("2026-12-24 20:00", 1, "2026-12-25 00:00"),  # `lucky` comes back tomorrow
        ("2026-12-25 20:00", 1, "2026-12-28 00:00"),  # `big` comes back on Monday
        ("2026-12-28 20:00", 2, "2027-01-01 00:00"),  # two more tickets come with the new month
        ("2026-12-28 20:00", 1, None),
        ("2026-12-28 20:00", 3, None),  # three are never given
    ],
)
def test_a_quote_holds_until_a_limit_begins_anew(day: str, again: int, until: str | None) -> None:
    place = world(release=released(LIMITED), start="2026-12-24 20:00")
    buy(place.shop, ANN, "p", "k")
    place.reach(shanghai(day))
    quote = done(place.shop.quote(ANN, Line("p", again)))
    assert quote.valid_until == (when(until) if until else None)
    if until is not None:
        place.clock.now = shanghai(until) - 1
        before = done(place.shop.quote(ANN, Line("p", again)))
        place.clock.now += 1
        after = done(place.shop.quote(ANN, Line("p", again)))
        assert (before.total, before.skipped) == (quote.total, quote.skipped) != (after.total, after.skipped)
