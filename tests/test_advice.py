"""What people often write in conditions, where the caret then stands, and what they are told to write instead."""

import pytest

from entitle.diagnostics import Diagnostic, to_text
from entitle.dsl.load import compile_sources
from entitle.source import Source
from tests.cards import RULEBOOK

NO_SPACE = "`>=`, `<=`, `==` and `!=` have no space inside"
ROUND = "a choice stands in round brackets: `(3, 5)`"
AFTER_IN = "after `in` stands a choice `(3, 5)`, a range `3..9`, or the name of a list or calendar"
FUNCTIONS = "there are no functions but `min( , )` and `max( , )`"
PERCENT = "a part is written in percent: `* 80%`"
DATES = "a date is written like `2026-12-01`, a moment like `2026-12-01 09:00`"
NO_NULL = "there is no null: `if_missing` of the fact says what its absence does"
ONE_MEMBER = "`has` asks for one member: join two with `and` or `or`"
MONTHS = "months and years differ in length: count days, as in `30 days`"
CHAIN = "comparisons do not chain: write `1 < x and x < 3`"
DAY = "the day is `now.date`; a moment is written like `2026-12-01 00:00`"
KEYS = "a key is only compared with another key, as in `invited_by == customer`"
CHANNEL = "it is a word of `channel`: write `channel == web`, or `channel in (…, web)` for several"
TAG = "it is a word of `customer.tags`: write `customer.tags has vip`"

SLIPS = [  # that are no expressions
    ("customer.level > = 3", "> =", NO_SPACE),
    ("customer.level not == 3", "not ==", "write `!=`, or `not` before the whole comparison"),
    ("customer.level in [3, 4]", "in [", ROUND),
    ("customer.level in {3, 4}", "in {", ROUND),
    ('customer.city in "cities"', 'in "cities"', AFTER_IN),
    ("customer.level in 3", "in 3", AFTER_IN),
    (
        "customer.tags has (vip, student)",
        "has (vip, student)",
        "`has` asks for one member: join two with `and` or `or`",
    ),
    ('customer.city like "hang%"', "like", "a text is compared as a whole, with `==` or a list"),
    ("len(customer.city) > 2", "len(", FUNCTIONS),
    ("min(customer.level) > 2", "min(customer.level)", "`min` and `max` take two values or more"),
    ("customer.level is not null", "is not null", NO_NULL),
    ("customer.spent * 0.8 > ¥1.00", "* 0.8", PERCENT),
    ("customer.spent * 3.33333% > ¥1.00", "3.33333%", "a percentage has four decimals at most"),
    ("customer.level % 2 == 0", "% 2", "there is no remainder"),
    ("customer.level -1 > 2", "-1", "a minus between two values has a space on each side"),
    ("-customer.level < 3", "-", "a minus stands between two values: write `0 - x`"),
    ("now.date > 2026/12/01", "2026/12/01", DATES),
    ("now.date > 2026-1-1", "2026-1-1", DATES),
    ("now > 2026-12-01 9:00", "2026-12-01 9:00", DATES),
    ("now > 2026年12月1日", "2026年12月1日", DATES),
    ("now >= 12:00", "12:00", "a time of day is asked with `now.hour`, or with a calendar: `now in happy-hours`"),
    (
        "now.date - 1 month > customer.since",
        "1 month",
        "months and years differ in length: count days, as in `30 days`",
    ),
    ("1 < customer.level < 5", "< customer.level <", CHAIN),
    ("customer.level >= 3 customer.level == 4", "customer.level", ""),
    ("now.date > 2026-12-01 customer.level", "customer.level", ""),
]

MEANT = [  # that are, and mean nothing
    ('customer.level == "3"', 'customer.level == "3"', "write it without quotes: `3`"),
    ("channel == app or web", "web", CHANNEL),
    ("vip in customer.tags", "vip", TAG),
    ("customer.tags == vip", "vip", TAG),
    ("evenings", "evenings", "it is a calendar: write `now in evenings`"),
    ("cities", "cities", "it is a list: write what is in it, as in `x in cities`"),
    ("level >= 3", "level", "did you mean `customer.level`?"),
    ("customer.city == hangzhou", "hangzhou", "a text stands in quotes"),
    ("customer.since < now", "customer.since < now", DAY),
    ("now.weekday > 5", "now.weekday > 5", "write one of its words, without quotes"),
    ('device == "abc"', 'device == "abc"', KEYS),
    (
        "30 days * customer.level > 60 days",
        "30 days * customer.level",
        "amounts and durations are multiplied by a constant number, as in `base * 2`",
    ),
    ("customer.spent > ¥100", "¥100", "CNY has two digits after the point: write `¥100.00`"),
    ("customer.spent > $100.00", "$100.00", "this rulebook counts in CNY: amounts are like `¥100.00`"),
    ("amount > ¥3.00", "amount", "put the condition on a promotion"),
]


def problem(condition: str, root: str = RULEBOOK) -> Diagnostic:
    quoted = condition.replace("'", "''")
    text = f"products: {{p: {{name: P, price: 0, gives: [{{benefit: club}}], sell: {{if: '{quoted}'}}}}}}"
    found = compile_sources([Source("rulebook.yaml", root), Source("r.yaml", text)]).diagnostics
    (wrong,) = [each for each in found if each.code != "wrong-value"]
    return wrong


@pytest.mark.parametrize(("condition", "found", "advice"), SLIPS + MEANT)
def test_a_slip_is_shown_where_it_is_with_what_to_write(condition: str, found: str, advice: str) -> None:
    wrong = problem(condition)
    assert wrong.span is not None
    assert (wrong.span.text, wrong.advice()) == (found, advice)
    assert (wrong.code == "not-an-expression") is ((condition, found, advice) in SLIPS)
    assert (advice == "") is (wrong.advice("zh") == "")
    assert to_text(wrong, "zh").count("\n") == to_text(wrong).count("\n")


def test_amounts_are_advised_in_the_currency_of_the_rulebook() -> None:
    yen = RULEBOOK.replace("CNY", "JPY").replace("¥0.00", "¥0")
    assert problem("customer.spent > 100", yen).advice() == "an amount is written like `¥25`"
    assert problem("customer.spent > 1.5", yen).advice() == (
        "an amount carries its currency: `¥25`; other numbers are whole"
    )


def test_amounts_are_shown_in_the_currency_of_the_rulebook() -> None:
    dinar = RULEBOOK.replace("CNY", "KWD").replace("if_missing: ¥0.00", "if_missing: ¥5")
    (wrong,) = compile_sources([Source("rulebook.yaml", dinar)]).diagnostics
    assert wrong.sentence() == "`¥5` does not fit the type, which is an amount of money like `KWD 25.000`"


def test_what_only_others_know_is_said_so() -> None:
    assert problem("base > ¥1.00").sentence() == "`base` cannot be read here: only promotions see amounts"
