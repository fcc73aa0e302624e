"""From rule files to documents: every refusal at its line and column, and what is left standing beside it."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entitle.dsl.checker import Documents, check_sources
from entitle.dsl.documents import DOCUMENTS, SECTIONS
from entitle.dsl.shapes import rows
from entitle.messages import Words
from entitle.messages.shapes import SHAPES
from entitle.source import Source

RULEBOOK = "entitle: 1\nname: shop\ntimezone: Asia/Shanghai\ncurrency: CNY\n"
MARKED = re.compile(r"«([^»]*)»")


def checked(text: str, path: str = "a.yaml") -> Documents:
    return check_sources([Source("rulebook.yaml", RULEBOOK), Source(path, text)])


def product(*lines: str) -> str:
    return "products:\n  vip:\n    name: VIP\n    gives: [{benefit: club}]\n" + "".join(
        f"    {line}\n" for line in lines
    )


# «…» marks the characters that the problem points at
REFUSED = [
    # keys
    ("unknown-key", product("«prise»: ¥1.00")),
    ("unknown-key", product("«phases»: []")),
    ("unknown-key", product("«tests»: {}")),
    ("unknown-key", product("sell: {«colour»: red}")),
    ("unknown-key", "benefits:\n  club: {kind: access, name: {zh: 会员, «fr»: club}}\n"),
    ("missing-key", "benefits:\n  «club»: {kind: access}\n"),
    ("missing-key", "benefits:\n  «club»: {}\n"),
    ("missing-key", product("subscription: {«renews»: every month}")),
    ("missing-key", product("limits:", "  - {«id»: a, max: 1}")),
    ("missing-key", product("subscription: «{}»")),
    ("wrong-form", product("price: «[¥2.00]»")),
    ("not-yet", "«rewards»:\n  a: {}\n"),
    ("not-yet", "benefits:\n  club: {kind: «coupon», name: Club}\n"),
    ("not-yet", "facts:\n  a.b: {count: «logins», per: customer}\n"),
    ("not-yet", "tests:\n  a:\n    timeline: [{at: 2026-12-01, expect: {«earns»: 1}}]\n"),
    # forms
    ("wrong-form", product("sell: «always»")),
    ("wrong-form", product("limits: «{id: a}»")),
    ("wrong-form", product("limits: «few»")),
    ("wrong-form", product("price: «[¥1.00]»")),
    ("wrong-form", product("sell: {if: «[a]»}")),
    ("wrong-form", product("sell: {channels: «{a: b}»}")),
    ("wrong-form", product("sell: {channels: [app, «[web]»]}")),
    ("wrong-form", product("limits: [{id: a, max: 1, per: customer, of: «[units]»}]")),
    ("wrong-form", "products:\n  vip: «cheap»\n"),
    ("wrong-form", "lists:\n  a: «{b: c}»\n"),
    ("wrong-form", "tests:\n  a:\n    given: «app»\n    timeline: [{at: 2026-12-01}]\n"),
    ("wrong-form", "tests:\n  a:\n    given: {a: «{b: c}»}\n    timeline: [{at: 2026-12-01}]\n"),
    ("wrong-form", "tests:\n  a:\n    given: {a: «[[b]]»}\n    timeline: [{at: 2026-12-01}]\n"),
    ("wrong-form", "tests:\n  a:\n    timeline: [{at: 2026-12-01, expect: «[ok]»}]\n"),
    # values
    ("empty-value", product("«lasts»:")),
    ("empty-value", "products:\n  «vip»:\n"),
    ("empty-value", "tests:\n  a:\n    given: {«b»: }\n    timeline: [{at: 2026-12-01}]\n"),
    ("empty-item", product("sell:", "  channels:", "    - app", "    -«»")),
    ("wrong-value", product("lasts: «30days»")),
    ("wrong-value", product("sell: {channels: [app, «App»]}")),
    ("wrong-value", product("sell: {from: «'2026-13-01'»}")),
    ("other-currency", product("price: «$1.00»")),
    ("until-a-date", product("sell: {until: «2026-12-31»}")),
    ("unknown-word", product("limits: [{id: a, max: 1, per: customer, of: «unit»}]")),
    ("unknown-word", "tests:\n  a:\n    timeline: [{at: 2026-12-01, expect: «okay»}]\n"),
    ("said-twice", product("sell: {channels: [app, web, «app»]}")),
    (
        "said-twice",
        product(
            "subscription:",
            "  renews: every month",
            "  phases: [{id: a, price: ¥1.00}]",
            "  if_payment_fails: {retry: [1 day, «1 days»]}",
        ),
    ),
    ("no-text", "benefits:\n  club: {kind: access, name: «{}»}\n"),
    # files and sections
    ("not-a-mapping", "«- a»\n"),
    ("not-a-mapping", "products: «[a]»\n"),
    ("unknown-section", "«product»:\n  a: {}\n"),
    ("unknown-section", "«price»: ¥1.00\n"),
    ("belongs-in-rulebook", "«currency»: EUR\n"),
    ("wrong-value", "lists:\n  «A_b»: [c]\n"),
    ("wrong-value", "facts:\n  «customer-level»: {type: 0..9, if_missing: 0}\n"),
    ("wrong-value", "benefits:\n  «视频»: {kind: access, name: X}\n"),
]


@pytest.mark.parametrize(("code", "marked"), REFUSED)
def test_a_refusal_points_at_its_place(code: str, marked: str) -> None:
    match = MARKED.search(marked)
    assert match is not None
    problems = checked(MARKED.sub(r"\1", marked)).problems
    assert {(problem.code, problem.span and problem.span.start) for problem in problems} == {(code, match.start())}
    assert problems[0].span is not None
    assert problems[0].span.text == match[1] or not match[1]


def test_every_message_of_the_checker_has_a_case() -> None:
    told_elsewhere = {"duplicate-id", "empty-rulebook", "fmt-unsure"}
    assert {code for code, _ in REFUSED} | told_elsewhere >= set(SHAPES)


def test_both_languages_speak_of_the_same_things() -> None:
    words = [row.means for class_ in DOCUMENTS.values() for row in rows(class_)]
    words += [row.default for class_ in DOCUMENTS.values() for row in rows(class_) if row.default]
    words += [message.says for message in SHAPES.values()]
    for each in words:
        assert each.en
        assert each.zh
        assert set(re.findall(r"\{\w+\}", each.en)) == set(re.findall(r"\{\w+\}", each.zh))


# ---- what is left standing


def only(documents: Documents, section: str) -> Any:
    ((_, document),) = documents.sections[section].values()
    return document


def test_a_flawed_optional_key_leaves_the_rest() -> None:
    documents = checked(product("lasts: soon", "price: ¥5.00", "family: Coffee House"))
    assert [problem.code for problem in documents.problems] == ["wrong-value", "wrong-value"]
    vip = only(documents, "products")
    assert vip.lasts is None
    assert vip.price.value == 500
    assert vip.says("lasts")


def test_a_flawed_required_key_drops_the_document_alone() -> None:
    documents = checked("benefits:\n  club: {kind: acces, name: Club}\n  other: {kind: access, name: Other}\n")
    assert [problem.code for problem in documents.problems] == ["unknown-word"]
    assert documents.sections["benefits"]["club"].document is None
    assert documents.sections["benefits"]["other"].document is not None


def test_a_misspelt_key_is_not_missing_as_well() -> None:
    assert [problem.code for problem in checked("benefits:\n  club: {kind: access, nam: Club}\n").problems] == [
        "unknown-key"
    ]


def test_a_flawed_item_drops_out_of_its_list() -> None:
    vip = only(
        checked(product("limits: [{id: a, max: no, per: customer}, {id: b, max: 2, per: customer}]")), "products"
    )
    assert [limit.id.value for limit in vip.limits.value] == ["b"]


def test_a_list_whose_items_are_all_flawed_counts_as_not_written() -> None:
    assert only(checked(product("sell: {channels: [App]}")), "products").sell.channels is None


def test_one_language_serves_for_both() -> None:
    club = only(checked("benefits:\n  club: {kind: access, name: {zh: 会员}}\n"), "benefits")
    assert club.name.value == Words("会员", "会员")


def test_each_language_keeps_its_text() -> None:
    club = only(checked("benefits:\n  club: {kind: access, name: {zh: 会员, en: Club}}\n"), "benefits")
    assert club.name.value == Words("Club", "会员")


def test_a_flawed_id_is_known_and_has_no_document() -> None:
    documents = checked("benefits:\n  My_Club: {kind: access, name: Club}\n")
    assert documents.sections["benefits"]["My_Club"].document is None


def test_conditions_and_facts_are_kept_as_they_are() -> None:
    vip = only(checked(product("sell: {if: a >= and}")), "products")
    assert vip.sell.if_.text == "a >= and"
    case = only(checked("tests:\n  a:\n    given: {x: [1, 2]}\n    timeline: [{at: 2026-12-01}]\n"), "tests")
    assert [key.text for key, _ in case.given.items] == ["x"]


def test_the_rulebook_is_read_in_its_own_file_alone() -> None:
    documents = check_sources([Source("sub/rulebook.yaml", RULEBOOK)])
    assert documents.rulebook is None
    assert {problem.code for problem in documents.problems} == {"belongs-in-rulebook"}


def test_an_empty_rulebook_is_told_once() -> None:
    assert [problem.code for problem in check_sources([Source("rulebook.yaml", "# later\n")]).problems] == [
        "empty-rulebook"
    ]


def test_a_currency_with_a_flaw_is_told_once() -> None:
    documents = check_sources([Source("rulebook.yaml", RULEBOOK.replace("CNY", "RMB") + product("price: ¥1.00"))])
    assert [problem.code for problem in documents.problems] == ["wrong-value"]


def test_empty_files_and_sections_are_fine() -> None:
    assert checked("# nothing yet\n").problems == checked("tests:\n").problems == []


def test_an_id_in_two_files_is_told_at_the_later_one() -> None:
    source = "lists:\n  cities: [a]\n"
    documents = check_sources([Source("rulebook.yaml", RULEBOOK), Source("a.yaml", source), Source("b.yaml", source)])
    (problem,) = documents.problems
    assert (problem.code, problem.place, problem.also and problem.also.where) == (
        "duplicate-id",
        ("b.yaml", 2, 3),
        "a.yaml:2",
    )


DEFINITIONS = [
    ("lists", "cities: [hangzhou]"),
    ("lists", "towns: []"),
    ("benefits", "club: {kind: access, name: Club}"),
    ("benefits", "broken: {kind: acces, name: Club}"),
    ("facts", "channel: {type: [app], if_missing: ask}"),
    ("products", "vip: {name: VIP, gives: [{benefit: club}], price: ¥1.0}"),
    ("tests", "a: {timeline: [{at: 2026-12-01, do: buy vip}]}"),
]


@settings(deadline=None)  # the first look at a zone reads a century of its changes
@given(st.permutations(DEFINITIONS), st.lists(st.integers(0, 2), min_size=len(DEFINITIONS), max_size=len(DEFINITIONS)))
def test_how_definitions_are_spread_changes_nothing(order: list[tuple[str, str]], places: list[int]) -> None:
    files: list[dict[str, list[str]]] = [{}, {}, {}]
    for (section, definition), place in zip(order, places, strict=True):
        files[place].setdefault(section, []).append(definition)
    texts = [
        "".join(f"{section}:\n" + "".join(f"  {each}\n" for each in all_) for section, all_ in file.items())
        for file in files
    ]
    found = check_sources(
        [Source("rulebook.yaml", RULEBOOK + texts[0]), Source("a.yaml", texts[1]), Source("b.yaml", texts[2])]
    )
    expected = sorted((section, definition.partition(":")[0]) for section, definition in DEFINITIONS)
    assert sorted((section, id_) for section in SECTIONS for id_ in found.sections[section]) == expected
    assert sorted(problem.code for problem in found.problems) == ["unknown-word", "wrong-value"]
    assert found.sections["products"]["vip"].document.price is None
