"""Prices step by step, offers that were not taken, and what is missing for them: by hand, and by laws."""

from itertools import pairwise
from random import Random

import pytest

from entitle.messages import Lang
from entitle.release import Release
from entitle.runtime.decide import Decider, OrderVerdict
from entitle.shop.prices import Note, Price, codes_left, left_out, prices
from tests.test_prices import CARD, priced, release_of


def yuan(minor: int) -> str:
    return f"¥{minor // 100}.{minor % 100:02}"


TEA = {"tea": "    price: ¥40.00\n    floor: [{otherwise: ¥30.00}]\n"}


def told(release: Release, verdict: OrderVerdict) -> list[Price]:
    return list(prices(Decider(release), verdict, 0))


def steps(price: Price) -> list[tuple[str, str, str]]:
    """Each step as `rule before → after`, the first the base alone."""
    return [(each.kind, each.rule, f"{each.before} → {each.after}") for each in price.steps]


def noted(release: Release, verdict: OrderVerdict) -> dict[str, Note]:
    return {each.rule: each for each in left_out(Decider(release), verdict)}


def sentences(release: Release, verdict: OrderVerdict, lang: Lang = "en") -> list[str]:
    return [each.text(lang) for each in left_out(Decider(release), verdict)]


# ---- step by step


def test_each_step_says_what_it_made_of_a_unit_then_of_the_line() -> None:
    book = release_of(
        TEA,
        [
            "lv: {step: level, products: all, pay: 95%}",
            "sale: {step: campaign, products: all, minus: ¥10.00}",
            "big: {step: threshold, products: all, if: amount >= ¥60.00, minus: ¥6.00}",
        ],
    )
    (price,) = told(book, priced(book, {"tea": 3}))
    assert steps(price) == [
        ("base", "price", "¥40.00 → ¥40.00"),
        ("unit", "sale", "¥40.00 → ¥30.00"),
        ("quantity", "", "¥30.00 → ¥90.00"),
    ]  # 5% more would be under the floor, and so would be 6.00
    book = release_of(TEA, ["lv: {step: level, products: all, minus: ¥12.00}"])
    (price,) = told(book, priced(book, {"tea": 2}))
    assert steps(price) == [
        ("base", "price", "¥40.00 → ¥40.00"),
        ("unit", "lv", "¥40.00 → ¥28.00"),
        ("floor", "tea", "¥28.00 → ¥30.00"),
        ("quantity", "", "¥30.00 → ¥60.00"),
    ]


def test_a_line_tells_its_share_of_an_offer_on_the_order_and_what_floors_kept_of_it() -> None:
    book = release_of(
        {"a": "    price: ¥50.00\n    floor: [{otherwise: ¥45.00}]\n", "b": "    price: ¥50.00\n"},
        ["t: {step: threshold, products: all, minus: ¥20.00}"],
    )
    a, b = told(book, priced(book, {"a": 1, "b": 1}))
    assert steps(a)[1:] == [("order", "t", "¥50.00 → ¥45.00")]
    assert steps(b)[1:] == [("order", "t", "¥50.00 → ¥40.00")]
    assert [(str(each.kept), [str(one) for one in each.whole or ()]) for each in (a.steps[-1], b.steps[-1])] == [
        ("¥5.00", ["¥100.00", "¥85.00"])
    ] * 2


def test_each_step_says_where_it_is_written() -> None:
    book = release_of(
        {
            "card": "    price:\n      table:\n        - {level: 0..4, price: ¥44.00}\n        - {otherwise: ¥40.00}\n"
            "    floor:\n      - {level: 0..4, at_least: ¥43.00}\n      - {otherwise: ¥39.00}\n"
        },
        ["half: {step: level, products: all, pay: 50%}"],
    )

    def lines(level: int) -> list[str]:
        (price,) = told(book, priced(book, {"card": 1}, level=level))
        return [book.sources[0].line(int(each.where.partition(":")[2])).strip() for each in price.steps]

    half = "half: {step: level, products: all, pay: 50%}"
    assert lines(2) == ["- {level: 0..4, price: ¥44.00}", half, "- {level: 0..4, at_least: ¥43.00}"]
    assert lines(7) == ["- {otherwise: ¥40.00}", half, "- {otherwise: ¥39.00}"]


def test_each_amount_says_until_when_it_holds_and_why() -> None:
    phases = "[{id: free, lasts: 7 days, price: ¥0.00}, {id: first, price: ¥9.00, periods: 2}, {id: on, price: ¥20.00}]"
    renewing = f"    subscription:\n      renews: every month\n      phases: {phases}\n"
    book = release_of(
        {"m": renewing, "n": renewing}, ["a: {step: level, products: [m], minus: ¥5.00, charges: 3, name: Five off}"]
    )
    verdict = priced(book, {"m": 1})
    said = [(each.phase, each.first, each.last, str(each.amount), each.because.text()) for each in told(book, verdict)]
    assert said == [
        ("free", 1, 1, "¥0.00", "then phase `free` ends"),
        ("first", 2, 3, "¥4.00", "then phase `first` ends"),
        ("on", 4, 4, "¥15.00", "then no longer lowered by Five off"),
        ("on", 5, None, "¥20.00", "as long as it renews"),
    ]
    over_time = told(book, verdict)
    assert all(now.until == after.starts_at for now, after in pairwise(over_time))
    assert over_time[-1].until is None
    assert over_time[2].because.text("zh") == "此后不再享受Five off"


def test_a_first_charge_lowered_with_the_order_says_so() -> None:
    renewing = "    subscription:\n      renews: every month\n      phases: [{id: regular, price: ¥20.00}]\n"
    book = release_of(
        {"a": renewing, "b": renewing}, ["t: {step: threshold, products: all, minus: ¥10.00, charges: each}"]
    )
    said = [each.because.code for each in told(book, priced(book, {"a": 1, "b": 1}))]
    assert said == ["alone", "endless", "alone", "endless"]


# ---- offers that were not taken


def test_why_an_offer_was_not_taken() -> None:
    book = release_of(
        CARD,
        [
            "big: {step: level, products: all, minus: ¥30.00}",
            "small: {step: level, products: all, code: SMALL, minus: ¥10.00}",
            "apart: {step: campaign, products: all, minus: ¥10.00, cannot_combine_with: [big]}",
            "nothing: {step: campaign, products: all, set: ¥90.00}",
            "spent: {step: campaign, products: all, minus: ¥5.00, budget: ¥10.00}",
            "members: {step: campaign, products: all, if: level >= 5, minus: ¥50.00}",
            "whole: {step: threshold, products: all, minus: ¥1.00, cannot_combine_with: [big]}",
            "free: {step: coupon, products: all, minus: ¥0.00}",
        ],
    )
    verdict = priced(book, {"card": 1}, ("SMALL",), budget__spent=600)
    assert {rule: (note.code, str(note.values.get("by"))) for rule, note in noted(book, verdict).items()} == {
        "small": ("step-taken", "Words(en='`big`', zh='`big`')"),
        "apart": ("excluded", "Words(en='`big`', zh='`big`')"),
        "nothing": ("no-difference", "Words(en='', zh='')"),
        "spent": ("used-up", "Words(en='', zh='')"),
        "whole": ("excluded", "Words(en='`big`', zh='`big`')"),
        "free": ("no-difference", "Words(en='', zh='')"),
    }
    assert codes_left(book, verdict) == ("SMALL",)


def test_an_offer_that_would_cost_another_is_dearer() -> None:
    offers = [
        "a: {step: level, products: all, minus: ¥0.01}",
        "b: {step: campaign, products: all, if: amount >= ¥100.00, minus: ¥30.00}",
    ]
    book = release_of(CARD, offers)
    assert [each.code for each in noted(book, priced(book, {"card": 1})).values()] == ["dearer"]
    book = release_of(CARD, [each.replace("campaign", "coupon").replace("level", "threshold") for each in offers])
    assert [each.code for each in noted(book, priced(book, {"card": 1})).values()] == ["dearer"]


def test_an_offer_that_would_cost_another_is_dearer_though_the_floor_hides_the_price() -> None:
    book = release_of(
        {"card": "    price: ¥100.00\n    floor: [{otherwise: ¥70.00}]\n"},
        [
            "a: {step: level, products: all, minus: ¥0.01}",
            "b: {step: campaign, products: all, if: amount >= ¥100.00, minus: ¥30.00}",
        ],
    )
    assert [each.code for each in noted(book, priced(book, {"card": 1})).values()] == ["dearer"]


def test_an_offer_on_a_unit_may_be_excluded_by_one_on_the_order() -> None:
    book = release_of(
        CARD,
        [
            "l: {step: level, products: all, pay: 90%}",
            "t: {step: threshold, products: all, if: amount >= ¥200.00, minus: ¥30.00, cannot_combine_with: [l]}",
        ],
    )
    assert sentences(book, priced(book, {"card": 2})) == ["`l`: not together with `t`"]
    assert sentences(book, priced(book, {"card": 1}), "zh") == []  # nothing near: it could not be had together


def test_a_code_that_nobody_presented_is_told_to_nobody() -> None:
    book = release_of(
        CARD,
        [
            "secret: {step: level, products: all, code: SECRET, pay: 90%}",
            "whole: {step: threshold, products: all, code: WHOLE, if: amount >= ¥120.00, pay: 90%}",
        ],
    )
    assert sentences(book, priced(book, {"card": 1})) == []


# ---- what is missing


def test_what_is_missing_for_the_next_offer() -> None:
    book = release_of(
        {"tea": "    price: ¥44.00\n"},
        [
            "three: {step: campaign, products: all, if: quantity >= 3, minus: ¥2.00}",
            "over-100: {step: threshold, products: all, if: amount >= ¥100.00, minus: ¥30.00}",
            "each: {step: threshold, products: all, minus_each: {for_every: ¥50.00, minus: ¥5.00}}",
            "gift: {step: coupon, products: all, buy: 2, free: 1}",
        ],
    )
    verdict = priced(book, {"tea": 2})
    assert sentences(book, verdict) == [
        "`three`: 1 more for −¥2.00 on each",
        "`each`: ¥12.00 more for −¥10.00",
        "`over-100`: ¥12.00 more for −¥30.00",
        "`gift`: 1 more, and 1 of them free",
    ]
    assert sentences(book, verdict, "zh") == [
        "`three`：再买 1 件，每件可减 ¥2.00",
        "`each`：再加 ¥12.00 可减 ¥10.00",
        "`over-100`：再加 ¥12.00 可减 ¥30.00",
        "`gift`：再买 1 件，其中 1 件免费",
    ]
    missing = noted(book, verdict)["over-100"]
    assert (str(missing.more), str(missing.off)) == ("¥12.00", "¥30.00")
    assert noted(book, verdict)["gift"].more == 1


def test_a_code_whose_threshold_is_not_reached_says_both() -> None:
    book = release_of(CARD, ["c: {step: coupon, products: all, code: BIG, if: amount >= ¥120.00, minus: ¥10.00}"])
    verdict = priced(book, {"card": 1}, ("BIG",))
    assert sentences(book, verdict) == [
        "`c`: the amount or the quantity is not what it asks for",
        "`c`: ¥20.00 more for −¥10.00",
    ]
    assert codes_left(book, verdict) == ("BIG",)


def test_what_would_take_off_less_than_the_one_at_its_step_is_no_next_one() -> None:
    offers = [
        "now: {step: campaign, products: all, minus: ¥20.00}",
        "next: {step: campaign, products: all, if: amount >= ¥120.00, minus: ¥20.00}",
    ]
    book = release_of(CARD, offers)
    assert sentences(book, priced(book, {"card": 1})) == []
    book = release_of(CARD, [offers[0], offers[1].replace("minus: ¥20.00", "minus: ¥20.01")])
    assert sentences(book, priced(book, {"card": 1})) == ["`next`: ¥20.00 more for −¥20.01"]


def test_an_offer_on_the_order_misses_what_offers_on_units_took() -> None:
    book = release_of(
        CARD,
        [
            "a: {step: level, products: all, minus: ¥0.01}",
            "t: {step: threshold, products: all, if: amount >= ¥100.00, minus: ¥30.00}",
        ],
    )
    assert sentences(book, priced(book, {"card": 1})) == ["`t`: ¥0.01 more for −¥30.00"]


def test_free_units_may_want_an_amount() -> None:
    book = release_of(
        {"tea": "    price: ¥44.00\n"}, ["gift: {step: coupon, products: all, if: amount >= ¥100.00, buy: 1, free: 1}"]
    )
    assert sentences(book, priced(book, {"tea": 2})) == ["`gift`: ¥12.00 more for −¥44.00"]
    assert sentences(book, priced(book, {"tea": 3})) == ["`gift`: 1 more, and 1 of them free"]


def test_more_than_may_be_bought_is_nothing_to_hope_for() -> None:
    book = release_of(CARD, ["ten: {step: campaign, products: all, if: quantity >= 10, minus: ¥2.00}"])
    assert sentences(book, priced(book, {"card": 9})) == []


@pytest.mark.parametrize("step", ["campaign", "threshold"])
@pytest.mark.parametrize("seed", range(25))
def test_with_what_is_missing_the_offer_is_taken_and_with_less_it_is_not(seed: int, step: str) -> None:
    random = Random(seed)
    price, least = random.randrange(100, 9000), random.randrange(9000, 20000)
    off = random.randrange(1, 100)
    said = random.choice([f"amount >= {yuan(least)}", f"amount > {yuan(least)}", f"{yuan(least)} <= amount - ¥1.00"])
    offers = [f"t: {{step: {step}, products: all, if: {said}, minus: {yuan(off)}}}"]

    def asked(amount: int) -> tuple[Release, OrderVerdict]:
        book = release_of({"card": f"    price: {yuan(amount)}\n"}, offers)
        return book, priced(book, {"card": 1})

    note = noted(*asked(price))["t"]
    assert not isinstance(note.more, int | None)
    for more, taken in ((note.more.minor, {"t"}), (note.more.minor - 1, set[str]())):
        _, verdict = asked(price + more)
        assert verdict.priced is not None
        assert set(verdict.priced.lines[0].applied) == taken
    assert str(note.off) == yuan(off)


# ---- laws


def random_book(random: Random) -> tuple[Release, dict[str, tuple[int, int]]]:
    """Up to three products with their prices and floors, and up to six promotions."""
    names = ["p", "q", "r"][: random.randint(1, 3)]
    bases = {
        name: (base := random.choice((999, 2500, 10000, 3334)), random.choice((0, base // 2, base))) for name in names
    }
    ids = [f"o{i}" for i in range(random.randint(1, 6))]
    offers = []
    for id_ in ids:
        step = random.choice(("level", "campaign", "threshold", "coupon"))
        off = yuan(random.choice((100, 333, 1000, 2500)))
        effects = [f"pay: {random.randint(50, 99)}%", f"minus: {off}", f"set: {off}"]
        effects += [f"minus_each: {{for_every: ¥20.00, minus: {off}}}"]
        effects += ["buy: 1, free: 1"] if step in ("threshold", "coupon") else []
        for_ = ", ".join(sorted(random.sample(names, random.randint(1, len(names)))))
        least = yuan(random.choice((0, 0, 900, 5000, 9500)))
        apart = random.sample([other for other in ids if other != id_], random.randint(0, min(1, len(ids) - 1)))
        offers.append(
            f"{id_}: {{step: {step}, products: [{for_}], if: amount >= {least}, {random.choice(effects)}"
            + (f", cannot_combine_with: {apart}}}" if apart else "}")
        )
    rows = {
        name: f"    price: {yuan(base)}\n    floor: [{{otherwise: {yuan(floor)}}}]\n"
        for name, (base, floor) in bases.items()
    }
    return release_of(rows, [offer.replace("'", "") for offer in offers]), bases


@pytest.mark.parametrize("seed", range(60))
def test_a_waterfall_leads_from_the_base_to_what_is_paid(seed: int) -> None:
    random = Random(seed)
    book, bases = random_book(random)
    lines = {name: random.randint(1, 3) for name in bases}
    verdict = priced(book, lines)
    assert verdict.priced is not None
    over_time = told(book, verdict)
    for price, cost in zip(over_time, verdict.priced.lines, strict=True):
        base, floor = bases[price.product]
        assert (price.steps[0].kind, price.steps[0].after.minor) == ("base", base)
        assert all(a.after == b.before for a, b in pairwise(price.steps))
        assert price.steps[-1].after == price.amount
        assert [each.rule for each in price.steps if each.kind in ("unit", "order")] == list(cost.applied)
        for each in price.steps:
            if each.kind == "floor":
                assert each.before.minor < each.after.minor == floor
            elif each.kind == "quantity":
                assert each.after.minor == each.before.minor * price.quantity
            else:
                assert each.after.minor <= each.before.minor
    assert sum(each.amount.minor for each in over_time) == verdict.priced.total
    taken = {id_ for cost in verdict.priced.lines for id_ in cost.applied}
    for note in left_out(Decider(book), verdict):
        if note.code == "excluded":
            assert taken & set(book.promotions[note.rule].apart)
        if note.more is None and len(lines) == 1:
            assert note.rule not in taken
