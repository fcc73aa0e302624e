"""Prices of whole orders: worked out by hand, and by a plain walk over every combination of offers."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product as every
from random import Random

import pytest

from entitle.dsl.load import compile_sources
from entitle.ir import Value
from entitle.release import Release
from entitle.runtime.decide import Decider, OrderVerdict
from entitle.runtime.pricing import Asked, OrderFacts
from entitle.source import Source

HEAD = """\
entitle: 1
name: prices
timezone: Asia/Shanghai
currency: CNY
round: half_up
price_steps: {level: each_unit, campaign: each_unit, threshold: whole_order, coupon: whole_order}
max_codes: 2
facts:
  level: {type: 0..9, if_missing: 0}
benefits:
  club: {kind: access, name: Club}
products:
"""
PRODUCT = "  {id}:\n    name: {id}\n    sell: {{quantity: 1..9}}\n{price}    gives: [{{benefit: club}}]\n"


def release_of(products: dict[str, str], promotions: Sequence[str]) -> Release:
    """`products`: the lines of a price by id; `promotions`: a line each."""
    text = HEAD + "".join(PRODUCT.format(id=id_, price=price) for id_, price in products.items())
    text += "promotions:\n" + "".join(f"  {line}\n" for line in promotions)
    compiled = compile_sources([Source("rulebook.yaml", text)])
    assert compiled.release is not None, [(each.code, each.span and each.span.text) for each in compiled.diagnostics]
    return compiled.release


def priced(
    release: Release, lines: dict[str, int], codes: tuple[str, ...] = (), level: int = 0, **stored: Value
) -> OrderVerdict:
    """The verdict on an order in one zone and instant; what the store counts is 0 if it is not given."""
    ready, told = Decider(release), {"level": level}
    known = {f"code.{release.by_code[code].id}": True for code in codes if code in release.by_code}
    programs = [release.products[id_].program for id_ in lines] + [step.program for step in release.order_steps]
    counted: dict[str, Value] = {each.name: 0 for one in programs for each in one.inputs if each.origin == "store"}
    counted |= {name.replace("__", "."): value for name, value in stored.items()} | known
    asked = tuple(
        Asked(release.products[id_], many, ready.facts(release.products[id_], told, 0, many, counted))
        for id_, many in lines.items()
    )
    return ready.replay(OrderFacts(asked, ready.order_facts(told, 0, counted), codes))


def units(verdict: OrderVerdict) -> list[list[int]]:
    assert verdict.priced is not None
    return [list(line.units) for line in verdict.priced.lines]


def applied(verdict: OrderVerdict) -> list[set[str]]:
    assert verdict.priced is not None
    return [set(line.applied) for line in verdict.priced.lines]


CARD = {"card": "    price: ¥100.00\n"}


# ---- by hand


def test_steps_follow_one_another_and_round_once_each() -> None:
    book = release_of(
        {"card": "    price: ¥9.99\n"},
        ["a: {step: level, products: all, pay: 95%}", "b: {step: campaign, products: all, pay: 88%}"],
    )
    assert units(priced(book, {"card": 1})) == [[835]]  # 9.99 -> 9.4905 -> 9.49 -> 8.3512 -> 8.35


def test_the_price_of_a_unit_is_rounded_before_it_is_multiplied() -> None:
    book = release_of({"card": "    price: ¥0.99\n"}, ["a: {step: level, products: all, pay: 95折}"])
    assert units(priced(book, {"card": 3})) == [[94, 94, 94]]


def test_a_threshold_sees_what_reached_its_step() -> None:
    """The list price was 100.00: a discount before it lets the threshold go."""
    book = release_of(
        CARD,
        [
            "a: {step: level, products: all, minus: ¥0.01}",
            "b: {step: campaign, products: all, if: amount >= ¥100.00, minus: ¥30.00}",
        ],
    )
    assert units(priced(book, {"card": 1})) == [[7000]]
    assert applied(priced(book, {"card": 1})) == [{"b"}]  # without the first one it is cheaper


def test_one_offer_a_step_and_the_best_of_it() -> None:
    book = release_of(
        CARD, ["a: {step: level, products: all, minus: ¥5.00}", "b: {step: level, products: all, pay: 90%}"]
    )
    assert (units(priced(book, {"card": 1})), applied(priced(book, {"card": 1}))) == ([[9000]], [{"b"}])


def test_of_equal_totals_fewer_offers_then_the_first_id() -> None:
    book = release_of(
        CARD,
        [
            "b: {step: level, products: all, minus: ¥5.00}",
            "a: {step: level, products: all, pay: 95%}",
            "c: {step: campaign, products: all, minus: ¥0.00}",
        ],
    )
    assert applied(priced(book, {"card": 1})) == [{"a"}]


def test_a_floor_lifts_and_never_above_the_price() -> None:
    book = release_of(
        {"card": "    price: ¥100.00\n    floor: [{otherwise: ¥80.00}]\n"},
        ["a: {step: level, products: all, pay: 1折}"],
    )
    assert units(priced(book, {"card": 2})) == [[8000, 8000]]


def test_no_total_falls_below_zero() -> None:
    book = release_of({"card": "    price: ¥3.00\n"}, ["a: {step: level, products: all, minus: ¥5.00}"])
    assert units(priced(book, {"card": 1})) == [[0]]


def test_a_discount_on_the_order_is_shared_by_largest_remainder() -> None:
    """10.00 over 33.33, 33.33 and 33.34: 3.33, 3.33 and 3.34, the larger remainder first."""
    book = release_of(
        {"a": "    price: ¥33.33\n", "b": "    price: ¥33.34\n"},
        ["t: {step: threshold, products: all, if: amount >= ¥100.00, minus: ¥10.00}"],
    )
    assert units(priced(book, {"a": 2, "b": 1})) == [[3000, 3000], [3000]]
    assert units(priced(book, {"b": 1, "a": 2})) == [[3000], [3000, 3000]]


def test_a_share_is_cut_at_the_floor_and_not_given_to_others() -> None:
    book = release_of(
        {"a": "    price: ¥50.00\n    floor: [{otherwise: ¥45.00}]\n", "b": "    price: ¥50.00\n"},
        ["t: {step: threshold, products: all, minus: ¥20.00}"],
    )
    assert units(priced(book, {"a": 1, "b": 1})) == [[4500], [4000]]


def test_of_every_three_units_the_cheapest_is_free() -> None:
    book = release_of(
        {"a": "    price: ¥10.00\n", "b": "    price: ¥4.00\n"},
        ["g: {step: threshold, products: all, buy: 2, free: 1}"],
    )
    assert units(priced(book, {"a": 2, "b": 1})) == [[1000, 1000], [0]]
    assert units(priced(book, {"a": 4, "b": 2})) == [[1000] * 4, [0, 0]]
    assert units(priced(book, {"a": 1, "b": 1})) == [[1000], [400]]


def test_so_much_off_for_each_full_amount_and_no_more_than_that() -> None:
    book = release_of(
        CARD, ["e: {step: threshold, products: all, minus_each: {for_every: ¥150.00, minus: ¥15.00}, max_off: ¥20.00}"]
    )
    assert units(priced(book, {"card": 1})) == [[10000]]
    assert sum(units(priced(book, {"card": 2}))[0]) == 18500
    assert sum(units(priced(book, {"card": 3}))[0]) == 28000


def test_what_an_order_offer_excludes_is_weighed_against_it() -> None:
    book = release_of(
        CARD,
        [
            "l: {step: level, products: all, pay: 90%}",
            "t: {step: threshold, products: all, if: amount >= ¥200.00, minus: ¥30.00, cannot_combine_with: [l]}",
        ],
    )
    assert applied(priced(book, {"card": 1})) == [{"l"}]
    assert (applied(priced(book, {"card": 2})), sum(units(priced(book, {"card": 2}))[0])) == ([{"t"}], 17000)
    assert applied(priced(book, {"card": 4})) == [{"l"}]  # 40.00 off are more than 30.00


@pytest.mark.parametrize(
    ("codes", "wrong"),
    [
        (("NOPE",), ["unknown-code"]),
        (("LEVEL5",), ["code-not-valid"]),
        (("SPENT",), ["code-used-up"]),
        (("A", "B", "C"), ["too-many-codes"]),
        (("ORDER",), []),
    ],
)
def test_a_code_that_is_no_use_is_refused(codes: tuple[str, ...], wrong: list[str]) -> None:
    book = release_of(
        CARD,
        [
            "five: {step: level, products: all, code: LEVEL5, if: level >= 5, pay: 90%}",
            "spent: {step: level, products: all, code: SPENT, pay: 90%, once_per: customer}",
            "order: {step: coupon, products: all, code: ORDER, pay: 90%}",
        ],
    )
    verdict = priced(book, {"card": 1}, codes, promotion__spent__once=1)
    assert [rule.code for rule in verdict.codes] == wrong
    assert verdict.stage == ("price" if wrong else None)


def test_a_valid_code_that_is_left_out_is_not_used_up() -> None:
    book = release_of(
        CARD,
        [
            "a: {step: level, products: all, minus: ¥30.00}",
            "b: {step: level, products: all, code: B, minus: ¥20.00, once_per: customer}",
        ],
    )
    verdict = priced(book, {"card": 1}, ("B",))
    assert (applied(verdict), verdict.uses, verdict.stage) == ([{"a"}], (), None)


def test_a_budget_is_for_uses_that_fit_it_whole() -> None:
    book = release_of(CARD, ["a: {step: level, products: all, minus: ¥5.00, budget: ¥50.00}"])
    assert applied(priced(book, {"card": 2}, budget__a=4000)) == [{"a"}]
    assert applied(priced(book, {"card": 2}, budget__a=4001)) == [set()]
    assert [(use.counter.id, use.units) for use in priced(book, {"card": 2}).uses] == [("a", 1000)]


def test_an_offer_for_the_first_charges_splits_the_timeline() -> None:
    phases = "[{id: free, price: ¥0.00, periods: 1}, {id: regular, price: ¥20.00}]"
    renewing = f"    subscription:\n      renews: every month\n      phases: {phases}\n"
    book = release_of(
        {"club-month": renewing},
        [
            "a: {step: level, products: all, minus: ¥5.00, charges: 3}",
            "b: {step: coupon, products: all, minus: ¥1.00, charges: each}",
        ],
    )
    (line,) = priced(book, {"club-month": 1}).lines
    said = [(each.phase, each.count, each.amount, each.offers) for each in line.segments]
    assert said == [("free", 1, 0, ()), ("regular", 3, 1400, ("a", "b")), ("regular", None, 1900, ("b",))]


def test_a_first_charge_that_lines_share_is_not_the_price_of_later_ones() -> None:
    """10.00 off are shared on the order; later each line is charged alone, and has them alone."""
    renewing = "    subscription:\n      renews: every month\n      phases: [{id: regular, price: ¥20.00}]\n"
    book = release_of(
        {"a": renewing, "b": renewing},
        ["t: {step: threshold, products: all, minus: ¥10.00, charges: each}"],
    )
    for line in priced(book, {"a": 1, "b": 1}).lines:
        assert [(each.count, each.amount) for each in line.segments] == [(1, 1500), (None, 1000)]
    (alone,) = priced(book, {"a": 1}).lines
    assert [(each.count, each.amount) for each in alone.segments] == [(None, 1000)]


def test_a_price_table_serves_each_row() -> None:
    table = "    price:\n      table:\n        - {level: 3..9, price: ¥44.00}\n        - {otherwise: ¥46.00}\n"
    book = release_of({"card": table}, ["a: {step: level, products: all, if: level == 9, pay: 50%}"])
    assert [units(priced(book, {"card": 1}, level=level)) for level in (0, 3, 9)] == [[[4600]], [[4400]], [[2200]]]


# ---- by a plain walk


def yuan(minor: int) -> str:
    return f"¥{minor // 100}.{minor % 100:02}"


@dataclass(frozen=True)
class Plain:
    """A promotion as the walk sees it; `off` of an amount, `least` that it asks for."""

    id: str
    step: str
    products: tuple[str, ...]
    kind: str
    number: int
    least: int
    apart: tuple[str, ...]

    def line(self) -> str:
        effect = (
            f"pay: {self.number}%"
            if self.kind == "pay"
            else f"{self.kind}: ¥{self.number // 100}.{self.number % 100:02}"
        )
        rest = f", cannot_combine_with: [{', '.join(self.apart)}]" if self.apart else ""
        products = ", ".join(self.products)
        least = yuan(self.least)
        return f"{self.id}: {{step: {self.step}, products: [{products}], if: amount >= {least}, {effect}{rest}}}"

    def after(self, amount: int) -> int:
        match self.kind:
            case "pay":
                whole = Fraction(amount * self.number, 100)
                return int(whole + Fraction(1, 2))
            case "minus":
                return max(0, amount - self.number)
            case _:
                return min(amount, self.number)


STEPS = ("level", "campaign", "threshold", "coupon")


def walk(prices: dict[str, tuple[int, int]], lines: dict[str, int], offers: list[Plain]) -> int:
    """The least total over every choice of one offer or none, for each line at a step on units, once on the order."""

    def apart(chosen: Sequence[Plain]) -> bool:
        return any(b.id in a.apart for a in chosen for b in chosen)

    def of(step: str, product: str | None) -> list[Plain | None]:
        return [None, *(o for o in offers if o.step == step and (product is None or product in o.products))]

    totals: list[int] = []
    for picks in every(*(of(step, None) for step in STEPS[2:])):
        order = [o for o in picks if o is not None]
        if apart(order) or any(not any(p in o.products for p in lines) for o in order):
            continue
        paid: list[tuple[str, int, int, int]] = []
        for product, many in sorted(lines.items()):
            base, floor = prices[product]
            least = base
            for own in every(*(of(step, product) for step in STEPS[:2])):
                chosen, amount = [o for o in own if o is not None], base
                if apart([*chosen, *order]):
                    continue
                fine = True
                for o in chosen:
                    fine = fine and amount >= o.least
                    amount = o.after(amount)
                least = (
                    min(least, max(amount, floor))
                    if fine and least is not None
                    else max(amount, floor)
                    if fine
                    else least
                )
            assert least is not None
            paid += [(product, number, least, floor) for number in range(many)]
        found = order_total(paid, order)
        totals += [found] if found is not None else []
    return min(totals)


def order_total(paid: list[tuple[str, int, int, int]], order: list[Plain]) -> int | None:
    for offer in order:
        seen = [i for i, unit in enumerate(paid) if unit[0] in offer.products]
        total = sum(paid[i][2] for i in seen)
        if total < offer.least:
            return None
        off = total - offer.after(total)
        exact = {i: Fraction(off * paid[i][2], total) if total else Fraction(0) for i in seen}
        shares = {i: int(share) for i, share in exact.items()}
        by_rest = sorted(seen, key=lambda i: (-(exact[i] - shares[i]), paid[i][0], paid[i][1]))
        for i in by_rest[: off - sum(shares.values())]:
            shares[i] += 1
        for i in seen:
            product, number, amount, floor = paid[i]
            paid[i] = product, number, amount - min(shares[i], amount - floor), floor
    return sum(unit[2] for unit in paid)


def random_case(random: Random) -> tuple[dict[str, tuple[int, int]], dict[str, int], list[Plain]]:
    names = ["p", "q", "r"][: random.randint(1, 3)]
    prices = {
        name: (base := random.choice((999, 2500, 10000, 3334)), random.choice((0, base // 2, base))) for name in names
    }
    lines = {name: random.randint(1, 3) for name in names}
    ids = [f"o{i}" for i in range(random.randint(0, 6))]
    offers = []
    for id_ in ids:
        others = [other for other in ids if other != id_]
        kind = random.choice(("pay", "minus", "set"))
        number = random.randint(50, 99) if kind == "pay" else random.choice((100, 333, 1000, 2500))
        chosen = tuple(sorted(random.sample(names, random.randint(1, len(names)))))
        least = random.choice((0, 0, 900, 5000, 9500))
        cut = tuple(random.sample(others, random.randint(0, min(1, len(others)))))
        offers.append(Plain(id_, random.choice(STEPS), chosen, kind, number, least, cut))
    return prices, lines, offers


@pytest.mark.parametrize("seed", range(120))
def test_the_least_total_is_the_least(seed: int) -> None:
    prices, lines, offers = random_case(Random(seed))
    book = release_of(
        {
            name: f"    price: {yuan(base)}\n    floor: [{{otherwise: {yuan(floor)}}}]\n"
            for name, (base, floor) in prices.items()
        },
        [offer.line() for offer in offers] or ["none: {step: level, products: all, minus: ¥0.00}"],
    )
    verdict = priced(book, lines)
    assert verdict.priced is not None
    assert verdict.priced.total == walk(prices, lines, offers), (prices, lines, offers)
    again = priced(book, dict(reversed(lines.items())))
    assert sorted(map(sorted, units(again))) == sorted(map(sorted, units(verdict)))
