"""A rulebook's own tests, run: what is green, and the one line told of each difference."""

from entitle.testing.cases import run_cases
from tests.books import compiled

RULES = """\
entitle: 1
name: cases
timezone: {zone}
currency: CNY
benefits:
  club: {{kind: access, name: Club}}
  ticket: {{kind: voucher, name: Ticket}}
  seat: {{kind: voucher, name: Seat, redeem: {{by: code, outlets: [riverside, 城东 店]}}}}
products:
  daily:
    name: Daily
    hold: 1 hour
    subscription: {{renews: every day, phases: [{{id: day, price: ¥1.00}}]}}
    gives: [{{benefit: club, during: paid time}}]
  days:
    name: Three days
    price: ¥3.00
    hold: 15 minutes
    lasts: 3 days
    gives: [{{benefit: ticket, claim_within: 1 day}}]
    limits: [{{id: one, max: 1, per: customer, in_each: lifetime}}]
  seats: {{name: Seats, price: ¥1.00, gives: [{{benefit: seat}}]}}
tests:
  t:
    timeline:
"""


def told(*steps: str, zone: str = "Asia/Shanghai") -> list[str]:
    """The differences of one case, each as its line without the place."""
    text = RULES.format(zone=zone) + "".join(f"      - {{{step}}}\n" for step in steps)
    found = compiled(book=text)
    assert found.release is not None, found.diagnostics
    (result,) = run_cases(found.release, found.cases)
    return [each.text().partition(": t: ")[2] for each in result.differences]


def test_a_voucher_is_used_at_the_outlet_that_is_named() -> None:
    bought = "at: 2027-01-01 10:00, do: buy seats"
    wrong = "at: 2027-01-01 11:00, do: redeem seat at harbour, expect: {refused: wrong-outlet}"
    right = "at: 2027-01-01 11:00, do: redeem seat at 城东 店, expect: {has: []}"
    assert told(bought, wrong, right) == []
    assert told(bought, "at: 2027-01-01 11:00, do: redeem seat, expect: {has: []}") == []  # where it can be
    (line,) = told(bought, right.replace("城东 店", "城东"))
    assert line.startswith("expected `redeem` to be done, found refused wrong-outlet (it cannot be used at 城东; ")


HELD = "at: 2027-01-01 10:00, do: hold days"


def test_what_is_held_is_confirmed_let_go_or_expires() -> None:
    paid = "at: 2027-01-01 10:14, do: confirm, expect: {charge: ¥3.00, grant: [ticket]}"
    assert told(HELD, paid, "at: 2027-01-01 10:15, do: confirm, expect: {refused: already-confirmed}") == []
    assert told(HELD, "at: 2027-01-01 10:01, do: hold days, expect: {refused: one}") == []
    assert told(HELD, "at: 2027-01-01 10:01, do: void", "at: 2027-01-01 10:02, do: buy days, expect: ok") == []
    taken = "at: 2027-01-01 10:15, do: buy days, expect: ok"
    late = "at: 2027-01-01 10:16, do: confirm, expect: {refused: hold-expired, charge: none}"
    assert told(HELD, taken, late) == []
    assert told(HELD, "at: 2027-01-01 10:16, do: confirm, expect: {charge: ¥3.00}") == []  # nobody took it
    assert told("at: 2027-01-01 10:00, do: hold seats, expect: {refused: not-holdable}") == []
    (line,) = told("at: 2027-01-01 10:00, do: confirm")
    assert line == "expected `confirm` to be done, found refused nothing-held (nothing is on hold)"


def test_with_two_on_hold_the_latest_that_is_open_is_meant() -> None:
    other = "at: 2027-01-01 10:01, as: other, do: hold daily"
    first = "at: 2027-01-01 10:02, as: other, do: hold days"
    assert (
        told(
            other,
            first,
            "at: 2027-01-01 10:03, as: other, do: confirm, expect: {charge: ¥3.00}",
            "at: 2027-01-01 10:04, as: other, do: confirm, expect: {charge: ¥1.00}",
        )
        == []
    )


BOUGHT = "at: 2027-01-01 10:00, do: buy days"


def test_a_day_that_a_zone_leaves_out_is_a_period_without_length() -> None:
    """Samoa had no 30 December 2011: the period of that day ends when it begins, and is charged all the same."""
    begun = "at: 2011-12-28 12:00, do: buy daily, expect: {charge: ¥1.00}"
    twice = "at: 2011-12-31 12:00, expect: {charge: ¥2.00, has: [club]}"
    assert told(begun, "at: 2011-12-29 12:00, expect: {charge: ¥1.00}", twice, zone="Pacific/Apia") == []


def test_ends_is_of_the_product_bought_and_of_the_latest_line_where_a_benefit_is_named() -> None:
    claimed = "at: 2027-01-01 11:00, do: claim ticket, expect: {ends: 2027-01-04 10:00}"
    assert told(BOUGHT, claimed) == []
    wrong = told(BOUGHT, claimed.replace("2027-01-04", "2027-01-05"))
    assert wrong == ["expected ends 2027-01-05 10:00, found ends 2027-01-04 10:00"]


def test_a_step_that_was_not_done_is_told_of_in_one_line() -> None:
    again = "at: 2027-01-02 10:00, do: buy days, expect: {charge: ¥3.00, grant: [ticket], has: [club]}"
    (line,) = told(BOUGHT, again)
    assert line.startswith("expected `buy` to be done, found refused one (")


def test_every_expectation_of_a_step_that_was_done_has_its_line() -> None:
    lines = told(f"{BOUGHT}, expect: {{charge: ¥4.00, grant: [], ends: 2027-01-04 10:00}}")
    assert [line.partition(",")[0] for line in lines] == ["expected charge ¥4.00", "expected grant []"]
