"""The JSON Schema that editors use: right files pass, wrong ones do not, and it says the same as the checker."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from entitle.dsl.checker import check_sources
from entitle.dsl.documents import DOCUMENTS, SECTIONS, RulebookDoc
from entitle.dsl.schema import json_schema, plain_value
from entitle.dsl.shapes import rows
from entitle.messages import Lang
from entitle.source import Source

ROOT = Path(__file__).parent.parent
FILES = sorted([*(ROOT / "rules").rglob("*.yaml"), *(ROOT / "entitle" / "cli" / "template").glob("*.yaml")])
VALIDATOR = Draft202012Validator(json_schema())
CORE: list[tuple[re.Pattern[str], Callable[[str], Any]]] = [  # the plain scalars that YAML 1.2 does not take for text
    (re.compile(r"~|null|"), lambda _: None),
    (re.compile(r"true|false"), lambda text: text == "true"),
    (re.compile(r"[-+]?[0-9]+"), int),
    (re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:e[-+]?[0-9]+)?"), float),
]


def seen(text: str) -> Any:
    """A file as an editor sees it: YAML 1.2, core schema."""
    return _seen(yaml.compose(text, Loader=yaml.BaseLoader))


def _seen(node: Any) -> Any:
    match node:
        case yaml.MappingNode(value=items):
            return {key.value: _seen(value) for key, value in items}
        case yaml.SequenceNode(value=items):
            return [_seen(item) for item in items]
        case yaml.ScalarNode(value=text, style=None | ""):
            return next((made(text) for pattern, made in CORE if pattern.fullmatch(text)), text)
        case yaml.ScalarNode(value=text):
            return text
        case _:
            return None


def complaints(text: str) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(seen(text))]


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_right_files_pass(path: Path) -> None:
    assert complaints(path.read_text(encoding="utf-8")) == []


PRODUCT = "products: {vip: {name: VIP, gives: [{benefit: club}], %s}}"
WRONG = [
    "product: {}",
    "promotions: {a: {}}",
    "benefits: {Club: {kind: access, name: Club}}",
    "benefits: {club: {kind: access}}",
    "benefits: {club: {kind: acces, name: Club}}",
    "benefits: {club: {kind: coupon, name: Club}}",
    "entitle: 2",
    "currency: RMB",
    "lists: {a: b}",
    "facts: {a-b: {type: bool, if_missing: false}}",
    "facts: {a: {type: boolean, if_missing: false}}",
    *(
        PRODUCT % keys
        for keys in (
            "prise: ¥1.00",
            "price: 9.90",
            "price: '9.90'",
            "price: -¥9.90",
            "price: {shown: ¥1.00, table: []}",
            "floor: ¥1.00",
            "lasts: 30days",
            "lasts: 1 mnth",
            "lasts: 12",
            "sell: always",
            "sell: {from: 2026/12/01}",
            "sell: {until: 2026-12-31}",
            "sell: {through: 2026-12-31 10:00}",
            "sell: {channels: []}",
            "sell: {quantity: 3}",
            "limits: [{id: a, max: 1.5, per: customer}]",
            "limits: [{id: a, max: 0, per: customer}]",
            "limits: [{id: a, max: 1}]",
            "limits: {id: a, max: 1, per: customer}",
            "limits: [{id: a, max: 1, per: customer, in_each: 7 days}]",
            "limits: [{id: a, max: 1, per: customer, of: unit}]",
            "subscription: {renews: monthly, phases: [{id: a, price: ¥1.00}]}",
            "subscription: {renews: every 36 hours, phases: [{id: a, price: ¥1.00}]}",
            "subscription: {renews: every month, phases: []}",
        )
    ),
    "tests: {a: {timeline: [{at: 2026-12-01, do: confirm vip}]}}",
    "tests: {a: {timeline: [{at: 2026-12-01, expect: okay}]}}",
    "tests: {a: {timeline: [{at: 2026-12-01, expect: {earns: 1}}]}}",
    "tests: {a: {given: app, timeline: [{at: 2026-12-01}]}}",
]


@pytest.mark.parametrize("text", WRONG)
def test_wrong_files_are_refused_by_both(text: str) -> None:
    assert complaints(text)
    assert check_sources([Source("rulebook.yaml", text)]).problems


def test_an_editor_says_what_is_meant() -> None:
    assert json_schema("en")["$defs"]["value.money"]["patternErrorMessage"] == "this is not an amount like `¥25.00`"
    assert json_schema("zh")["$defs"]["value.money"]["patternErrorMessage"] == "这不是金额（如 `¥25.00`）"


# ---- the schema and the table


def keys_of(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every document's keys, by the document's name."""
    found = {name: each["properties"] for name, each in schema["$defs"].items() if "properties" in each}
    return {**found, "rulebook": {name: each for name, each in schema["properties"].items() if name not in SECTIONS}}


def test_every_built_key_is_there_and_no_other() -> None:
    for name, document in DOCUMENTS.items():
        assert set(keys_of(json_schema())[name]) == {row.name for row in rows(document) if not row.later}
    assert set(json_schema()["properties"]) == {
        *(row.name for row in rows(RulebookDoc) if not row.later),
        *(name for name, section in SECTIONS.items() if not section.later),
    }


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_key_is_described_in_the_language(lang: Lang) -> None:
    for name, document in DOCUMENTS.items():
        for row in rows(document):
            if not row.later:
                assert row.means.said(lang) in keys_of(json_schema(lang))[name][row.name]["description"]


@pytest.mark.parametrize(
    ("name", "key"), [(name, row.name) for name, doc in DOCUMENTS.items() for row in rows(doc) if row.example]
)
def test_every_example_is_right(name: str, key: str) -> None:
    schema = json_schema()
    described = keys_of(schema)[name][key]
    validator = Draft202012Validator({**described, "$defs": schema["$defs"]})
    assert described["examples"]
    for example in described["examples"]:
        assert [error.message for error in validator.iter_errors(example)] == []


def test_examples_are_what_an_editor_makes_of_their_text() -> None:
    texts = [row.example for document in DOCUMENTS.values() for row in rows(document) if row.example]
    assert [plain_value(text) for text in texts] == [seen(text) for text in texts]


def test_it_is_small_and_always_the_same() -> None:
    first, second = (json.dumps(json_schema(), ensure_ascii=False) for _ in range(2))
    assert first == second
    assert len(first) < 45_000
