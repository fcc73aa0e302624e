"""The closed table -> JSON Schema 2020-12 of a rule file, for editors: completion, hover texts and red lines."""

from typing import Any

from entitle.dsl.checker import CALLED
from entitle.dsl.documents import SECTIONS, RulebookDoc
from entitle.dsl.shapes import Either, Keyed, KeyRow, Many, Raw, Shape, Value, Word, rows
from entitle.dsl.values import FACT, ID, KINDS
from entitle.messages import Lang

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(lang: Lang = "en") -> Schema:
    """The schema of any file of a rulebook: sections, and what only `rulebook.yaml` holds."""
    definitions: dict[str, Schema] = {}
    properties = {row.name: _key(row, lang, definitions) for row in rows(RulebookDoc)}
    for name, (shape, what, later) in SECTIONS.items():
        names = FACT if name == "facts" else ID
        section: Schema = {"description": what.said(lang), "type": ["object", "null"]}
        if not later:
            section |= {
                "patternProperties": {f"^{names.pattern}$": _shape(shape, lang, definitions)},
                "additionalProperties": False,
            }
        properties[name] = section
    return {
        "$schema": DIALECT,
        "title": "entitle",
        "type": ["object", "null"],
        "properties": properties,
        "additionalProperties": False,
        "$defs": dict(sorted(definitions.items())),
    }


def _key(row: KeyRow, lang: Lang, definitions: dict[str, Schema]) -> Schema:
    schema = _shape(row.shape, lang, definitions)
    default = f" ({'else' if lang == 'en' else '缺省'}: {row.default.said(lang)})" if row.default else ""
    described: Schema = {"description": row.means.said(lang) + default}
    if row.example:
        described["examples"] = [row.example]
    return described | schema


def _shape(shape: Shape, lang: Lang, definitions: dict[str, Schema]) -> Schema:
    match shape:
        case Raw():
            return {}
        case Value(kind="expression"):
            return {"type": ["string", "boolean"]}
        case Value(kind=kind):
            return dict(KINDS[kind].schema)
        case Word(words=words):
            return {"enum": list(words)}
        case Many(of=of, alone=alone):
            item = _shape(of, lang, definitions)
            several: Schema = {"type": "array", "items": item}
            return {"anyOf": [item, several]} if alone else several
        case Keyed(document=document):
            return _reference(document, lang, definitions)
        case Either(scalar=scalar, many=many, mapping=mapping):
            forms = [_shape(each, lang, definitions) for each in (scalar, many, mapping) if each is not None]
            return {"anyOf": forms}


def _reference(document: type, lang: Lang, definitions: dict[str, Schema]) -> Schema:
    name = document.__name__.removesuffix("Doc").lower()
    if name not in definitions:
        definitions[name] = {}  # a document may hold itself one day
        definitions[name] = {
            "title": CALLED[document][1].said(lang).strip("`"),
            "type": "object",
            "properties": {row.name: _key(row, lang, definitions) for row in rows(document)},
            "required": [row.name for row in rows(document) if row.required],
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{name}"}
