"""Two versions of a rulebook: each planted change is found as its kind, with a customer who replays on both; what is
only written otherwise is proved the same.
"""

from collections.abc import Callable, Collection, Iterator
from typing import Any

import pytest
import z3

from entitle.dsl.load import compile_sources
from entitle.release import Release
from entitle.runtime.decide import OrderVerdict
from entitle.runtime.difference.change import Change, Compared
from entitle.runtime.difference.compare import difference
from entitle.runtime.prove.patience import Patience
from entitle.runtime.prove.replay import Witness, decided
from entitle.source import Source
from tests.deciders import Interpreted

AT = 1_798_682_400_000_000  # 2026-12-31 10:00 in Shanghai
SECONDS = 30
RULES = """\
entitle: 1
name: tiny
timezone: Asia/Shanghai
currency: CNY
round: half_up
price_steps: {level: each_unit, coupon: each_unit, basket: whole_order}
facts:
  channel: {type: [app, web], if_missing: ask}
  level: {type: 0..9, if_missing: 0}
  tags: {type: "set of [vip, staff]", if_missing: "[]"}
  city: {type: text, if_missing: ask}
  past_orders: {count: orders, per: customer}
lists:
  south: [shenzhen, zhuhai]
calendars:
  evenings: [{days: [fri, sat], from: 18:00, until: 24:00}]
benefits:
  club: {kind: access, name: Club}
  ticket: {kind: voucher, name: Ticket, valid: [30 days from grant]}
guards:
  crowd: {check_at: purchase, block_if: past_orders > 50, log_only: true}
products:
  pass:
    name: Pass
    sell: {if: city in south and channel == app, quantity: 1..3}
    price: {table: [{level: 0..4, price: ¥9.90}, {otherwise: ¥8.90}]}
    floor: [{otherwise: ¥8.00}]
    gives: [{benefit: club}, {benefit: ticket, when: purchase, if: level >= 3}]
    limits: [{id: two, max: 2, of: orders, per: customer, in_each: month}]
  month:
    name: Month
    sell: {in: evenings}
    subscription:
      renews: every month
      if_price_changes: keep_old_price
      phases: [{id: trial, price: ¥0.00, lasts: 7 days, if: tags has vip}, {id: regular, price: ¥25.00}]
    gives: [{benefit: club, during: paid time}]
promotions:
  gold: {step: level, products: [pass], if: level >= 7 and tags has vip, pay: 95%}
  ten: {step: coupon, products: [pass], code: TEN, minus: ¥0.50}
  much: {step: basket, products: [month], if: amount >= ¥20.00, minus: ¥2.00}
"""
SAME: dict[str, tuple[str, str]] = {
    "conditions change places": ("city in south and channel == app", "channel == app and city in south"),
    "a condition is said otherwise": ("level >= 7 and tags", "not level < 7 and level != 6 and tags"),
    "texts are numbered otherwise": ("city in south", "city in south and city != 'aachen'"),
    "members change places": ("[app, web]", "[web, app]"),
    "a rate is written otherwise": ("pay: 95%", "pay: 95折"),
    "a table is cut otherwise": (
        "[{level: 0..4, price: ¥9.90}",
        "[{level: 0..2, price: ¥9.90}, {level: 3..4, price: ¥9.90}",
    ),
    "hours are written otherwise": (
        "[{days: [fri, sat], from: 18:00, until: 24:00}]",
        "[{days: [fri], from: 18:00, until: 24:00}, {days: [sat], from: 18:00, until: 24:00}]",
    ),
    "a message for nobody": ("name: tiny", "name: little"),
}
CHANGED: dict[str, tuple[str, str, dict[str, set[str]]]] = {
    "a condition more": ("channel == app", "channel == app and level > 0", {"pass": {"refused"}}),
    "a condition less": (" and channel == app", "", {"pass": {"allowed"}}),
    "a city more, a city less": ("[shenzhen, zhuhai]", "[shenzhen, foshan]", {"pass": {"refused", "allowed"}}),
    "rounding": ("round: half_up", "round: down", {"pass": {"cheaper"}}),
    "a price up": ("¥8.90", "¥8.95", {"pass": {"dearer"}}),
    "a price down": ("price: ¥9.90", "price: ¥9.89", {"pass": {"cheaper"}}),
    "a row of the table": ("level: 0..4", "level: 0..5", {"pass": {"dearer"}}),
    "the floor": ("¥8.00", "¥8.30", {"pass": {"dearer"}}),
    "a rate": ("pay: 95%", "pay: 94%", {"pass": {"cheaper"}}),
    "who gets an offer": ("level >= 7 and tags has vip", "level >= 7", {"pass": {"cheaper"}}),
    "a gift for fewer": ("if: level >= 3", "if: level >= 4", {"pass": {"gift"}}),
    "another number of gifts": ("when: purchase,", "quantity: 2,", {"pass": {"gift"}}),
    "when a gift comes": ("when: purchase,", "when: monthly, times: 2,", {"pass": {"schedule"}}),
    "a phase is longer": ("lasts: 7 days", "lasts: 8 days", {"month": {"schedule"}}),
    "a phase is for others": ("if: tags has vip}", "if: tags has staff}", {"month": {"dearer", "cheaper", "schedule"}}),
    "a renewal": ("every month", "every quarter", {"month": {"schedule"}}),
    "the hours": ("from: 18:00", "from: 17:00", {"month": {"allowed"}}),
    "a limit": ("max: 2, of", "max: 3, of", {"pass": {"limit"}}),
    "whose limit": ("in_each: month", "in_each: week", {"pass": {"limit"}}),
    "how many at once": ("quantity: 1..3", "quantity: 1..2", {"pass": {"limit"}}),
    "another code": ("code: TEN", "code: ELF", {"": {"terms"}, "pass": {"refused", "allowed"}}),
    "what an absent fact stands for": (
        "type: 0..9, if_missing: 0",
        "type: 0..9, if_missing: 9",
        {"pass": {"cheaper", "gift"}},
    ),
    "a guard that only notes": ("past_orders > 50", "past_orders > 49", {"pass": {"reason"}, "month": {"reason"}}),
    "a guard that blocks": (", log_only: true", "", {"": {"terms"}, "pass": {"refused"}, "month": {"refused"}}),
    "an offer on the whole order": ("minus: ¥2.00", "minus: ¥3.00", {"much": {"cheaper"}}),
    "a name": ("name: Pass", "name: Passport", {"pass": {"terms"}}),
    "a benefit lasts": ("30 days from grant", "31 days from grant", {"pass": {"gift"}}),
    "a product is gone": (RULES[RULES.index("  month:") : RULES.index("promotions:")], "", {}),
}


def released(text: str) -> Release:
    found = compile_sources([Source("rulebook.yaml", text)])
    assert found.release is not None, [(each.code, each.sentence()) for each in found.diagnostics]
    return found.release


def edited(before: str, after: str) -> tuple[Release, Release]:
    assert RULES.count(before) >= 1, f"{before} is not there"
    return released(RULES), released(RULES.replace(before, after))


def compared(a: Release, b: Release, seconds: float = SECONDS) -> list[Compared]:
    """By a clock that stands still: only the solver's own limit counts."""
    return list(difference(a, b, Patience(seconds, lambda: 0.0), AT))


def kinds(found: list[Compared]) -> dict[str, set[str]]:
    return {each.id: {str(change.kind) for change in each.changes} for each in found if not each.same}


@pytest.mark.parametrize("name", SAME)
def test_what_is_only_written_otherwise_is_the_same(name: str) -> None:
    assert kinds(compared(*edited(*SAME[name]))) == {}


@pytest.mark.parametrize("name", [each for each in CHANGED if each != "a product is gone"])
def test_a_planted_change_is_found(name: str) -> None:
    before, after, expected = CHANGED[name]
    a, b = edited(before, after)
    found = compared(a, b)
    assert kinds(found) == expected
    for each in found:
        for change in each.changes:
            check(change, a, b)


def test_a_limit_that_becomes_hot_is_told_and_nobody_is_served_otherwise() -> None:
    more = "in_each: month}, {id: many, max: 900, per: all_together, in_each: day}]"
    text = RULES.replace("in_each: month}]", more)
    ((found,),) = [
        each.changes for each in compared(released(text), released(text.replace("day}]", "day, hot: true}]")))
    ]
    assert (found.kind, found.witness) == ("limit", None)
    assert [(each.path, each.before, each.after) for each in found.declared] == [("counters.many.hot", "no", "yes")]


ONCE = """
  token: {name: Token, price: ¥100.00, gives: [{benefit: club}]}
promotions:
  fixed: {step: level, products: [token], set: ¥50.00}
"""
ENDING = """
  token:
    name: Token
    subscription:
      renews: every month
      if_price_changes: keep_old_price
      phases: [{id: first, price: ¥9.00, periods: 2}, {id: last, price: ¥25.00, periods: 1}]
    gives: [{benefit: club, during: paid time}]
promotions:
"""
ENDS: dict[str, tuple[str, str, str, dict[str, set[str]]]] = {
    "sold once, another price": (ONCE, "¥100.00", "¥80.00", {}),
    "sold once, more charges of an offer": (ONCE, "set: ¥50.00", "charges: 2, set: ¥50.00", {}),
    "the last charge": (ENDING, "¥25.00", "¥26.00", {"token": {"dearer"}}),
}


@pytest.mark.parametrize("name", ENDS)
def test_the_charges_that_a_version_has_are_asked_for_and_no_others(name: str) -> None:
    more, before, after, expected = ENDS[name]
    text = RULES.replace("\npromotions:", more.rstrip())
    a, b = released(text), released(text.replace(more, more.replace(before, after)))
    assert kinds(compared(a, b)) == expected


def test_products_come_and_go() -> None:
    text = RULES.replace(CHANGED["a product is gone"][0], "").replace(
        "  much: {step: basket, products: [month], if: amount >= ¥20.00, minus: ¥2.00}\n", ""
    )
    a, b = released(RULES), released(text)
    assert kinds(compared(a, b))["month"] == {"gone"}
    assert kinds(compared(b, a))["month"] == {"new"}


# ---- a witness says the same to the reference interpreter


def check(change: Change, a: Release, b: Release) -> None:
    """One customer, both answers; the interpreter gives the same, and they are what the kind of change says."""
    if change.witness is None:
        assert change.declared or change.bound
        return
    old, new = change.witness
    told = [dict(each.purchase.told) for each in change.witness]
    assert told[0] == told[1] or change.kind in ("cheaper", "gift", "refused", "allowed")
    assert all(told[0][name] == told[1][name] for name in told[0].keys() & told[1].keys() - {"city", "level"})
    assert (old.purchase.at, old.purchase.codes, old.purchase.quantity) == (
        new.purchase.at,
        new.purchase.codes,
        new.purchase.quantity,
    )
    left, right = said(a, old), said(b, new)
    assert (left.stage, right.stage) == (old.stage, new.stage)
    assert SHOWS[change.kind](left, right, old, new)


def said(release: Release, witness: Witness) -> OrderVerdict:
    return decided(Interpreted(release), witness.purchase)


def _both(a: OrderVerdict, b: OrderVerdict) -> bool:
    return a.stage is None and b.stage is None


def _pays(verdict: OrderVerdict, witness: Witness) -> int:
    assert witness.purchase.charge == 1 or witness.falls  # there is such a charge, be it of nothing
    return verdict.priced.total if verdict.priced and witness.purchase.charge == 1 else witness.pays


SHOWS: dict[str, Callable[[OrderVerdict, OrderVerdict, Witness, Witness], bool]] = {
    "refused": lambda a, b, old, new: a.stage is None and b.stage is not None,
    "allowed": lambda a, b, old, new: a.stage is not None and b.stage is None,
    "dearer": lambda a, b, old, new: _both(a, b) and _pays(b, new) > _pays(a, old),
    "cheaper": lambda a, b, old, new: _both(a, b) and _pays(b, new) < _pays(a, old),
    "gift": lambda a, b, old, new: _both(a, b) and a.lines[0].gives != b.lines[0].gives,
    "schedule": lambda a, b, old, new: _both(a, b),
    "limit": lambda a, b, old, new: _both(a, b) or "limits" in (a.stage, b.stage),
    "reason": lambda a, b, old, new: a.lines[0].logged != b.lines[0].logged,
}


# ---- what is not decided


def test_without_time_nothing_is_the_same() -> None:
    late = iter(range(0, 10**9, 100))
    a, b = edited(*SAME["conditions change places"])
    (found,) = difference(a, b, Patience(1, lambda: float(next(late))), AT)
    assert not found.same
    assert {change.kind for change in found.changes} == {"unknown"}
    assert {change.bound for change in found.changes} == {"time"}


def test_a_fact_of_another_type_is_not_compared() -> None:
    a = released(RULES)
    text = RULES.replace("level: {type: 0..9, if_missing: 0}", "level: {type: money, if_missing: ¥0.00}")
    text = text.replace("level: 0..4", "channel: web").replace("level >= 3", "level >= ¥3.00")
    b = released(text.replace("level >= 7", "level >= ¥7.00"))
    found = {each.id: each for each in compared(a, b)}
    assert [each.bound for each in found["pass"].changes if each.kind == "unknown"] == ["facts"]


# ---- the suite can fail


def _nothing(*told: object) -> Iterator[Any]:
    return iter(())


def _never(*told: object) -> Any:
    return z3.BoolVal(False)


FAULTS: dict[str, tuple[str, Any, Collection[str]]] = {  # a piece, what stands in its place, and what it then misses
    "facts need not be the same": (
        "entitle.runtime.difference.bridge.Bridge._linked",
        _nothing,
        ("members change places", "texts are numbered otherwise"),
    ),
    "better choices are overlooked": (
        "entitle.runtime.prove.world.World._overlooked",
        lambda *told: False,
        ("a condition is said otherwise",),
    ),
    "notes are not looked at": (
        "entitle.runtime.difference.classes.Classes._logged",
        _never,
        ("a guard that only notes",),
    ),
    "gifts are not looked at": (
        "entitle.runtime.difference.classes.Classes._bits",
        _never,
        ("a gift for fewer",),
    ),
    "codes are not looked at": (
        "entitle.runtime.difference.compare._of_codes",
        lambda a, b: (),
        ("another code",),
    ),
    "calendars are the old ones": (
        "entitle.runtime.difference.bridge.of_clock",
        lambda name: False,
        ("the hours",),
    ),
    "limits are refusals like others": ("entitle.runtime.difference.classes.LIMITS", 0, ("a limit",)),
    "offers on the whole order are left out": (
        "entitle.runtime.difference.compare.Offers.compared",
        _nothing,
        ("an offer on the whole order",),
    ),
    "declarations are left out": ("entitle.runtime.difference.pair.of_product", _nothing, ("how many at once",)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_comparison_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    piece, stand_in, misses = FAULTS[fault]
    monkeypatch.setattr(piece, stand_in)
    assert all(wrong(name) for name in misses)


def wrong(name: str) -> bool:
    """Is a change missed or made up?"""
    before, after, *expected = SAME.get(name) or CHANGED[name]
    try:
        return kinds(compared(*edited(before, after))) != (expected[0] if expected else {})
    except (AssertionError, KeyError):
        return True
