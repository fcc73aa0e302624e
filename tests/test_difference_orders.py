"""Offers on the whole order in two versions of a rulebook: an order shows what each changes, both bills replayed."""

from typing import Any

import pytest
import z3

from entitle.runtime.difference.change import Change, Compared
from tests.test_difference import compared, released, said

RULES = """\
entitle: 1
name: baskets
timezone: Asia/Shanghai
currency: CNY
round: half_up
price_steps: {level: each_unit, basket: whole_order, code: whole_order}
max_codes: 2
facts:
  level: {type: 0..9, if_missing: 0}
  city: {type: text, if_missing: ask}
pools:
  pots: {of: units, warn_below: 3}
  cups: {of: units, warn_below: 3}
benefits:
  club: {kind: access, name: Club}
products:
  tea: {name: Tea, sell: {quantity: 1..20}, price: ¥30.00, gives: [{benefit: club}]}
  cup:
    name: Cup
    stock: cups
    sell: {if: city != "nowhere", quantity: 1..2}
    price: {table: [{level: 0..4, price: ¥80.00}, {otherwise: ¥70.00}]}
    floor: [{otherwise: ¥50.00}]
    gives: [{benefit: club}]
  pot: {name: Pot, stock: pots, price: ¥100.00, gives: [{benefit: club}]}
  mat: {name: Mat, sell: {quantity: 1..9}, price: ¥9.00, gives: [{benefit: club}]}
promotions:
  gold: {step: level, products: [cup], if: level >= 7, pay: 95%, cannot_combine_with: [spring]}
  big: {step: basket, products: [tea, cup, pot], if: amount >= ¥200.00, minus: ¥20.00}
  small: {step: basket, products: [tea, cup, pot], if: amount >= ¥100.00 and level >= 2, minus: ¥5.00}
  third: {step: basket, products: [mat], buy: 2, free: 1}
  spring: {step: code, products: [cup, pot], code: SPRING, if: amount >= ¥60.00, pay: 90%, once_per: customer}
  trio: {step: code, products: [cup, pot], if: amount >= ¥230.00, minus: ¥2.00}
  south: {step: code, products: [pot], if: 'city in ("xiamen", "sanya")', minus: ¥1.00}
"""
SAME: dict[str, tuple[str, str]] = {
    "a threshold is said otherwise": ("amount >= ¥200.00", "not amount < ¥200.00"),
    "conditions change places": ("amount >= ¥100.00 and level >= 2", "level > 1 and amount >= ¥100.00"),
    "a rate is written otherwise": ("pay: 90%", "pay: 9折"),
    "texts are numbered otherwise": ('("xiamen", "sanya")', '("sanya", "xiamen")'),
    "products change places": (
        "products: [tea, cup, pot], if: amount >= ¥200",
        "products: [pot, cup, tea], if: amount >= ¥200",
    ),
    "a condition that never matters": ("amount >= ¥60.00, pay", "amount >= ¥60.00 and base >= ¥60.00, pay"),
}
Kinds = dict[str, set[str]]
BOTH, LESS = {"dearer", "cheaper"}, {"dearer", "unknown"}
CHANGED: dict[str, tuple[str, str, Kinds]] = {
    "a threshold up": ("amount >= ¥200.00", "amount >= ¥240.00", {"big": {"dearer"}}),
    "a threshold down": ("amount >= ¥200.00", "amount >= ¥180.00", {"big": {"cheaper"}}),
    "a threshold that takes several products": ("amount >= ¥230.00", "amount >= ¥245.00", {"trio": {"dearer"}}),
    "fewer products": (
        "products: [tea, cup, pot], if: amount >= ¥200",
        "products: [cup, pot], if: amount >= ¥200",
        {"big": {"dearer"}},
    ),
    "more off": ("minus: ¥20.00", "minus: ¥21.00", {"big": {"cheaper"}}),
    "more off from more on": (
        "amount >= ¥200.00, minus: ¥20.00",
        "amount >= ¥300.00, minus: ¥35.00",
        {"big": {"dearer", "cheaper"}},
    ),
    "more off at a floor": (
        "floor: [{otherwise: ¥50.00}]",
        "floor: [{otherwise: ¥64.00}]",
        {"cup": {"dearer"}},
    ),
    "for other customers": ("level >= 2, minus", "level >= 3, minus", {"small": {"dearer"}}),
    "for another city": ('("xiamen", "sanya")', '("xiamen", "haikou")', {"south": {"dearer", "cheaper"}}),
    "another rate with a code": ("pay: 90%", "pay: 88%", {"spring": {"cheaper"}}),
    "another code": ("code: SPRING", "code: SUMMER", {"": {"terms"}, "spring": {"refused", "allowed"}}),
    "a code no more": ("code: SPRING, ", "", {"": {"terms"}, "spring": {"refused", "cheaper"}}),
    "when a code counts": (
        "pay: 90%, once",
        "from: 2027-03-01 00:00, pay: 90%, once",
        {"spring": {"refused"}},
    ),
    "a product more": ("products: [mat], buy", "products: [mat, pot], buy", {"third": {"cheaper"}}),
    "a product less": ("products: [cup, pot], code", "products: [cup], code", {"spring": {"refused", "dearer"}}),
    "another number of free ones": ("buy: 2, free: 1", "buy: 3, free: 1", {"third": {"dearer"}}),
    "combined no more": (
        "amount >= ¥60.00, pay: 90%,",
        "amount >= ¥60.00, pay: 90%, cannot_combine_with: [big],",
        {"spring": {"dearer"}, "big": {"dearer"}},
    ),
    "combined no more with one of other lines": (
        "products: [mat], buy: 2, free: 1",
        "products: [mat], buy: 2, free: 1, cannot_combine_with: [south]",
        {"third": {"dearer"}, "south": {"dearer"}},
    ),
    "combined no more with codes of other lines": (
        "products: [mat], buy: 2, free: 1",
        "products: [mat], buy: 2, free: 1, cannot_combine_with: any_code",
        {"third": {"dearer"}, "spring": {"dearer"}},
    ),
    "the step of offers on other lines": (
        "third: {step: basket",
        "third: {step: code",
        {"third": BOTH, "big": {"cheaper"}, "small": {"cheaper"}, "spring": {"dearer"}, "south": {"dearer"}}
        | {"trio": {"unknown"}},  # an order of three products would show it
    ),
    "steps change places": (
        "basket: whole_order, code: whole_order",
        "code: whole_order, basket: whole_order",
        {"big": BOTH, "small": BOTH, "spring": BOTH, "trio": {"unknown"}, "south": LESS},
    ),
    "an offer more": (
        "promotions:\n",
        "promotions:\n  new: {step: basket, products: [tea], if: amount >= ¥90.00, minus: ¥3.00}\n",
        {"new": {"cheaper"}},
    ),
    "an offer less": (
        '  south: {step: code, products: [pot], if: \'city in ("xiamen", "sanya")\', minus: ¥1.00}\n',
        "",
        {"south": {"dearer"}, "pot": {"allowed"}},
    ),
    "a price over a threshold": (
        "quantity: 1..20}, price: ¥30.00",
        "quantity: 1..20}, price: ¥28.00",
        {"tea": {"cheaper", "dearer"}},
    ),
    "a price under no threshold": (
        "quantity: 1..9}, price: ¥9.00",
        "quantity: 1..9}, price: ¥8.00",
        {"mat": {"cheaper"}},
    ),
}


def kinds(found: list[Compared]) -> Kinds:
    return {each.id: {str(change.kind) for change in each.changes} for each in found if not each.same}


def edited(before: str, after: str) -> tuple[Any, Any]:
    assert RULES.count(before) == 1, f"{before} is there {RULES.count(before)} times"
    return released(RULES), released(RULES.replace(before, after))


@pytest.mark.parametrize("name", SAME)
def test_offers_that_are_only_written_otherwise_are_the_same(name: str) -> None:
    found = compared(*edited(*SAME[name]))
    assert kinds(found) == {}


@pytest.mark.parametrize("name", CHANGED)
def test_a_changed_offer_has_an_order_that_shows_it(name: str) -> None:
    before, after, expected = CHANGED[name]
    a, b = edited(before, after)
    found = compared(a, b)
    assert kinds(found) == expected
    for each in found:
        for change in each.changes:
            shows(change, a, b)


def shows(change: Change, a: Any, b: Any) -> None:
    """The interpreter gives both bills too, and they are what the kind of change says."""
    if change.witness is None:
        assert change.declared or change.bound == "orders"
        return
    old, new = change.witness
    assert (old.purchase.bought, old.purchase.codes, old.purchase.at) == (
        new.purchase.bought,
        new.purchase.codes,
        new.purchase.at,
    )
    left, right = said(a, old), said(b, new)
    assert (left.stage, right.stage) == (old.stage, new.stage)
    totals = [each.priced.total if each.priced else None for each in (left, right)]
    assert totals == [None if each.stage else each.order for each in (old, new)]
    match change.kind, *totals:
        case "dearer", int(was), int(now):
            assert was < now
        case "cheaper", int(was), int(now):
            assert was > now
        case kind, was, now:
            assert (kind, was is None, now is None) in {("refused", False, True), ("allowed", True, False)}


BESIDE = """\
entitle: 1
name: beside
timezone: Asia/Shanghai
currency: CNY
round: half_up
price_steps: {level: each_unit, basket: whole_order}
facts: {}
benefits:
  club: {kind: access, name: Club}
products:
  cup: {name: Cup, sell: {quantity: 1..1}, price: ¥100.00, floor: [{otherwise: ¥60.00}], gives: [{benefit: club}]}
  pot: {name: Pot, price: ¥100.00, gives: [{benefit: club}]}
promotions:
  all: {step: level, products: [cup], set: ¥100.00}
  big: {step: basket, products: [cup, pot], if: amount >= ¥200.00, minus: ¥60.00}
"""


BESIDE_CHANGED: dict[str, tuple[str, str, str, Kinds]] = {  # another offer, what changes, and what comes of it
    "a floor that others reach": ("", "¥60.00}]", "¥80.00}]", {"cup": {"dearer"}}),
    "a floor that others reached": ("", "¥60.00}]", "¥50.00}]", {}),
    "a lower one that they reach": ("amount >= ¥200.00, minus: ¥90.00", "¥60.00}]", "¥50.00}]", {"cup": {"cheaper"}}),
    "one that an offer never gets to": ("amount >= ¥200.00, minus: ¥30.00", "¥60.00}]", "¥80.00}]", {}),
    "of units that are free": ("buy: 1, free: 1", "¥60.00}]", "¥65.00}]", {"cup": {"dearer"}}),
    "a base of which nothing is asked": (
        "amount >= ¥200.00, minus: ¥30.00",
        "price: ¥100.00, floor: [{otherwise: ¥60.00}]",
        "price: ¥101.00, floor: [{otherwise: ¥60.00}]",
        {"cup": {"reason"}},
    ),
}


@pytest.mark.parametrize("name", BESIDE_CHANGED)
def test_what_costs_the_same_alone_is_asked_of_beside_others(name: str) -> None:
    offer, before, after, expected = BESIDE_CHANGED[name]
    text = BESIDE.replace("amount >= ¥200.00, minus: ¥60.00", offer or "amount >= ¥200.00, minus: ¥60.00")
    text = text.replace("if: buy", "buy")  # what is free has no condition
    assert text.count(before) == 1
    a, b = released(text), released(text.replace(before, after))
    found = compared(a, b)
    assert kinds(found) == expected
    for change in (change for each in found for change in each.changes if change.kind != "reason"):
        shows(change, a, b)


def test_other_products_are_bought_in_the_units_that_they_are_sold_in() -> None:
    pairs = "  {0}: {{name: {0}, sell: {{quantity: 2..2}}, price: ¥100.00, gives: [{{benefit: club}}]}}\n"
    text = BESIDE.replace("  pot: {name: Pot, price: ¥100.00, gives: [{benefit: club}]}\n", "")
    text = text.replace("promotions:\n", pairs.format("mat") + pairs.format("pot") + "promotions:\n")
    text = text.replace("[cup, pot], if: amount >= ¥200.00, minus: ¥60.00", "all, if: amount >= ¥500.00, pay: 50%")
    a, b = released(text), released(text.replace("¥60.00}]", "¥80.00}]"))
    (only,) = (change for each in compared(a, b) for change in each.changes)
    assert only.kind == "dearer"
    shows(only, a, b)


APART = """\
entitle: 1
name: apart
timezone: Asia/Shanghai
currency: CNY
price_steps: {basket: whole_order, code: whole_order}
benefits:
  club: {kind: access, name: Club}
products:
  cup:
    name: Cup
    sell: {quantity: 2..2}
    price: ¥10.00
    floor: [{otherwise: ¥8.00}]
    gives: [{benefit: club}]
  mat: {name: Mat, price: ¥10.00, gives: [{benefit: club}]}
promotions:
  half: {step: basket, products: [cup], buy: 1, free: 1}
  less: {step: basket, products: [cup], minus: ¥3.00, cannot_combine_with: [mats]}
  mats: {step: code, products: [mat], minus: ¥9.00}
"""


def test_an_offer_on_other_lines_may_keep_the_better_one_away() -> None:
    """Two cups alone come to as much: with a mat beside them the cups have the other offer, which the floor cuts."""
    found = compared(released(APART), released(APART.replace("¥8.00", "¥7.00")))
    assert kinds(found) in ({"cup": {"cheaper"}}, {"cup": {"unknown"}})


def test_that_no_floor_is_ever_reached_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entitle.runtime.difference.beside.cuts", lambda *told: False)
    with pytest.raises(AssertionError):
        test_what_costs_the_same_alone_is_asked_of_beside_others("a floor that others reach")


# ---- the suite can fail


def _nothing(*told: object) -> Any:
    return iter(())


FAULTS: dict[str, tuple[str, Any, tuple[str, ...]]] = {  # a piece, what stands in its place, and what it then misses
    "the lines need not be the same": (
        "order_programs.OrderPrograms._same_lines",
        _nothing,
        ("a threshold is said otherwise", "another number of free ones"),
    ),
    "how offers stand to each other is not looked at": (
        "offers.Offers.moved",
        lambda *told: (),
        ("combined no more", "combined no more with one of other lines", "steps change places"),
    ),
    "programs are not compared": ("offers.Offers._alike", lambda *told: True, ("a threshold up", "another code")),
    "codes that are of no use are let pass": (
        "bridge.Bridge.fits",
        lambda *told: z3.BoolVal(True),
        ("a code no more", "when a code counts"),
    ),
    "what an offer leaves is forgotten": (
        "order_programs.OrderPrograms.leaves",
        lambda self, place, offer, there: self.reached(offer),
        ("more off", "for other customers"),
    ),
    "nothing is bought beside a product": (
        "baskets.Baskets.others",
        _nothing,
        ("a threshold that takes several products", "a product more"),
    ),
    "offers on other lines are not met": (
        "offer.OneOffer._beside_another",
        lambda *told: None,
        ("combined no more with one of other lines", "the step of offers on other lines"),
    ),
    "offers see the old price": ("pair.Pair._orders", _nothing, ("a price over a threshold",)),
    "floors are no limit": (
        "bills._Bill._after",
        lambda self, promotion, line, reached, after: after,
        ("more off at a floor",),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_comparison_of_offers_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    piece, stand_in, misses = FAULTS[fault]
    monkeypatch.setattr(f"entitle.runtime.difference.{piece}", stand_in)
    for name in misses:
        before, after, *expected = SAME.get(name) or CHANGED[name]
        assert kinds(compared(*edited(before, after))) != (expected[0] if expected else {}), name
