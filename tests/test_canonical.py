"""Releases written down and read back, and hashes that change exactly when the meaning does."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from entitle import declarations, ir, release
from entitle.canonical import from_json, product_hash, program_hash, release_hash, to_json
from entitle.dsl.load import compile_sources
from entitle.errors import StoreError
from entitle.release import Release
from entitle.source import Source, Span
from tests.books import released
from tests.cards import RULEBOOK, Card, cards
from tests.shops import RULES, sample

PROGRAMS = cards(Path(__file__).parent / "programs.md")


def spans(value: Any, path: str = "") -> Iterator[tuple[str, Span]]:
    """Every span of a record, with the way to it."""
    if isinstance(value, Span):
        yield path, value
    elif isinstance(value, tuple):
        for i, each in enumerate(value):
            yield from spans(each, f"{path}/{i}")
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from spans(each, f"{path}/{name}")
    elif is_dataclass(value) and not isinstance(value, Source):
        for row in fields(value):
            yield from spans(getattr(value, row.name), f"{path}/{row.name}")


def test_every_kind_has_a_name_of_its_own() -> None:
    kinds = {
        kind
        for module in (ir, release, declarations)
        for kind in vars(module).values()
        if isinstance(kind, type) and is_dataclass(kind)
    }
    assert len({kind.__name__ for kind in kinds}) == len(kinds)


@pytest.mark.parametrize("card", PROGRAMS, ids=lambda card: card.name)
def test_a_release_comes_back_with_its_sources_and_places(card: Card) -> None:
    book = compile_sources(list(card.sources)).release
    assert book is not None
    again = from_json(to_json(book))
    assert again == book
    assert repr(again) == repr(book)
    assert again.sources == book.sources
    assert list(spans(again)) == list(spans(book)) != []
    assert release_hash(again) == release_hash(book)


def test_another_version_of_the_form_is_refused() -> None:
    _, data = json.loads(to_json(sample()))
    with pytest.raises(ValueError, match="form 2"):
        from_json(json.dumps([2, data]))


def test_the_version_of_the_language_is_always_written_down() -> None:
    assert '"language":1' in to_json(sample())


# ---- hashes


def test_hashes_are_the_same_in_every_process() -> None:
    script = (
        "import sys; from entitle.dsl.load import load; from entitle.canonical import *\n"
        "book = load(sys.argv[1]).release\n"
        "print(release_hash(book), *(product_hash(book, name) for name in book.products))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", script, str(RULES)],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "12345")
    }
    assert len(said) == 1
    assert said.pop().split() == [release_hash(sample()), *(product_hash(sample(), name) for name in sample().products)]


def test_the_order_of_the_files_changes_nothing() -> None:
    sources = list(sample().sources)
    book = compile_sources(sources[::-1]).release
    assert book is not None
    assert release_hash(book) == release_hash(sample())
    assert [*book.products] == [*sample().products] == sorted(book.products)


BOOK = """\
lists:
  towns: [hangzhou, ningbo]
benefits:
  pass: {kind: voucher, name: Pass, valid: 90 days from grant}
  vip: {kind: access, name: VIP}
"""
PRODUCT = """\
products:
  p:
    name: P
    sell: {from: 2026-12-01 00:00, in: evenings, if: customer.level >= 3 or customer.city in towns}
    subscription:
      renews: every month
      phases:
        - {id: first, price: ¥9.90, periods: 1, once_per: customer, if: orders == 0}
        - {id: regular, price: ¥25.00}
    gives:
      - {benefit: vip, during: paid time}
      - {benefit: pass, claim_within: 30 days}
    limits:
      - {id: one, max: 1, of: running, per: customer}
"""


def released_from(product: str = PRODUCT, book: str = BOOK, rulebook: str = RULEBOOK) -> Release:
    found = compile_sources([Source("rulebook.yaml", rulebook), Source("a.yaml", book), Source("b.yaml", product)])
    assert found.diagnostics == []
    assert found.release is not None
    return found.release


def replaced(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


MEANT = product_hash(released_from(), "p")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("products:", "# a remark\nproducts:"),
        ("¥9.90", "CNY 9.90"),
        ("¥9.90", "￥９.９0"),
        ("every month", "'every month'"),
        ("customer.level >= 3 or", "(customer.level >= 3) or"),
        ("from: 2026-12-01 00:00", "from: 2026-12-01"),
        ("{benefit: pass,", "{id: pass, quantity: 1, when: purchase, benefit: pass,"),
        ("of: running, per: customer", "per: 'customer', of: running"),
    ],
)
def test_another_spelling_is_the_same_product(old: str, new: str) -> None:
    assert product_hash(released_from(replaced(PRODUCT, old, new)), "p") == MEANT


@pytest.mark.parametrize(
    "more",
    [
        "lists:\n  before: [aachen, zhuhai]\n",
        "benefits:\n  other: {kind: access, name: Other}\n",
        "products:\n  a:\n    name: A\n    price: ¥1.00\n    gives: [{benefit: club}]\n",
        "facts:\n  city: {type: text, if_missing: chengdu}\n",
        "calendars:\n  mornings: [{days: [mon], from: 08:00, until: 09:00}]\n",
    ],
)
def test_whatever_else_the_rulebook_holds_it_is_the_same_product(more: str) -> None:
    assert product_hash(released(BOOK, more, PRODUCT), "p") == MEANT


def test_however_it_is_spread_over_files_it_is_the_same_product() -> None:
    one = compile_sources([Source("rulebook.yaml", f"{RULEBOOK.partition('lists:')[0]}{WHOLE}")]).release
    assert one is not None
    assert product_hash(one, "p") == MEANT


WHOLE = f"""\
{PRODUCT}
lists:
  towns: [ningbo, hangzhou]
calendars:
  evenings: [{{days: [fri], from: 18:00, until: 22:00}}]
{BOOK.partition("benefits:")[1]}{BOOK.partition("benefits:")[2]}
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: P", "name: Q"),
        ("2026-12-01", "2026-12-02"),
        ("level >= 3", "level > 3"),
        ("or customer", "and customer"),
        ("in towns", "not in towns"),
        ("every month", "every 30 days"),
        ("¥9.90", "¥9.91"),
        ("periods: 1", "periods: 2"),
        ("once_per: customer, ", ""),
        ("orders == 0", "orders == 1"),
        ("id: first", "id: welcome"),
        ("30 days", "31 days"),
        ("benefit: pass", "id: ticket, benefit: pass"),
        ("max: 1, of: running, per: customer", "max: 2, of: running, per: customer"),
        ("max: 1, of: running, per: customer", "max: 1, of: running, per: device"),
        ("max: 1, of: running, per: customer", "max: 1, per: customer, in_each: day"),
        ("max: 1, of: running, per: customer", "max: 1, of: orders, per: customer, in_each: day"),
        ("in: evenings, ", ""),
    ],
)
def test_another_meaning_is_another_product(old: str, new: str) -> None:
    assert product_hash(released_from(replaced(PRODUCT, old, new)), "p") != MEANT


@pytest.mark.parametrize(("old", "new"), [("90 days", "91 days"), ("ningbo", "suzhou"), ("name: VIP", "name: VVIP")])
def test_what_the_product_refers_to_is_part_of_its_meaning(old: str, new: str) -> None:
    assert product_hash(released_from(book=replaced(BOOK, old, new)), "p") != MEANT


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Asia/Shanghai", "Asia/Tokyo"),
        ("{type: 0..9, if_missing: 0}", "{type: 0..9, if_missing: 1}"),
        ("{type: 0..9, if_missing: 0}", "{type: 0..10, if_missing: 0}"),
        ("{type: text, if_missing: ask}", "{type: text, if_missing: ningbo}"),
        ("{count: orders, per: customer}", "{count: charges, per: customer}"),
        ("from: 18:00", "from: 17:00"),
    ],
)
def test_the_rulebook_s_own_part_is_in_it(old: str, new: str) -> None:
    assert product_hash(released_from(rulebook=replaced(RULEBOOK, old, new)), "p") != MEANT


def test_the_zone_of_a_product_without_a_window_is_in_it() -> None:
    always = replaced(PRODUCT, "from: 2026-12-01 00:00, in: evenings, ", "")
    tokyo = released_from(always, rulebook=replaced(RULEBOOK, "Asia/Shanghai", "Asia/Tokyo"))
    assert product_hash(tokyo, "p") != product_hash(released_from(always), "p")


def test_the_text_that_stands_in_for_a_missing_one_is_in_it() -> None:
    hashes = {
        product_hash(released_from(rulebook=replaced(RULEBOOK, "{type: text, if_missing: ask}", text)), "p")
        for text in ("{type: text, if_missing: ningbo}", "{type: text, if_missing: hangzhou}")
    }
    assert len(hashes) == 2


def test_programs_that_are_equal_have_one_hash() -> None:
    a, b = released_from(), released_from(replaced(PRODUCT, "products:", "# a remark\nproducts:"))
    assert a.products["p"].program == b.products["p"].program
    assert program_hash(a.products["p"].program) == program_hash(b.products["p"].program)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"currency":', '"coin":', "knows no coin of a Release"),
        ('"":"Benefit"', '"":"Favour"', "knows no Favour"),
        ('"id":"cinema-ticket",', "", "a Benefit lacks its id"),
        ('{"":"Release"', '{"":"Window"', "not a release"),
    ],
)
def test_what_this_version_does_not_know_is_told(old: str, new: str, said: str) -> None:
    text = to_json(sample())
    assert old in text
    with pytest.raises(ValueError, match=said):
        from_json(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"":"Product"', '"":"Hamper"', "knows no Hamper"),
        ('"op":"at_least"', '"op":"much_more"', "much_more"),
        ('"renews":', '"weighs":', "knows no weighs of a "),
    ],
)
def test_a_product_of_another_version_is_told_when_it_is_asked_for(old: str, new: str, said: str) -> None:
    text = to_json(sample())
    before, products, after = text.partition('"products":{')
    assert old in after
    read = from_json(before + products + after.replace(old, new, 1))
    with pytest.raises(StoreError, match=f"cannot read the release.*{said}"):
        dict(read.products)
