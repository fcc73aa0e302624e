"""The closed table -> JSON Schema 2020-12 of a rule file, for editors: completion, hover texts and red lines.

What an editor accepts is a little wider than what `entitle check` does: a schema knows no currency, calendar or other
file. Keys that a later version builds are left out, as the checker refuses them.
"""

import re
from typing import Any, assert_never

from entitle.dsl.documents import DOCUMENTS, SECTIONS, RulebookDoc, Section
from entitle.dsl.reader import Mapping, Node, Scalar, Sequence, read
from entitle.dsl.scalars import Reading
from entitle.dsl.shapes import (
    Document,
    Either,
    Expression,
    Facts,
    Keyed,
    KeyRow,
    Later,
    Many,
    Named,
    Said,
    Shape,
    Value,
    Word,
    rows,
)
from entitle.dsl.values import KINDS
from entitle.messages import Lang, Words
from entitle.source import Source

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_WRONG = Words("this is not {called}", "这不是{called}")
_ELSE = Words("{means} (without it: {default})", "{means}（缺省：{default}）")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)", re.ASCII)
_NAMES = {document: name for name, document in DOCUMENTS.items()}


def json_schema(lang: Lang = "en") -> Schema:
    """The schema of any file of a rulebook: sections, and what only `rulebook.yaml` holds."""
    return _Table(lang).file()


class _Table:
    """The closed table, said in one language."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang

    def file(self) -> Schema:
        properties = self._keys(RulebookDoc)
        properties |= {name: self._section(section) for name, section in SECTIONS.items() if not section.later}
        documents = {name: self._document(document) for name, document in DOCUMENTS.items()}
        kinds = {f"value.{name}": self._kind(name) for name in sorted(KINDS)}
        return {
            "$schema": DIALECT,
            "title": "entitle",
            "type": ["object", "null"],
            "properties": properties,
            "additionalProperties": False,
            "$defs": {name: each for name, each in documents.items() if name != "rulebook"} | kinds,
        }

    def _section(self, section: Section) -> Schema:
        return {
            "description": section.means.said(self.lang),
            "type": ["object", "null"],
            "propertyNames": {"$ref": f"#/$defs/value.{section.ids}"},
            "additionalProperties": self._shape(section.shape),
        }

    def _document(self, document: type[Document]) -> Schema:
        found: Schema = {
            "title": document.called.said(self.lang).strip("`"),
            "type": "object",
            "properties": self._keys(document),
            "additionalProperties": {"type": ["string", "number", "boolean", "array"]} if document.open else False,
        }
        required = [row.name for row in rows(document) if row.required]
        return found | {"required": required} if required else found

    def _keys(self, document: type[Document]) -> Schema:
        return {row.name: self._key(row) for row in rows(document) if not row.later}

    def _key(self, row: KeyRow) -> Schema:
        means = row.means.said(self.lang)
        if row.default is not None:
            means = _ELSE.fill(self.lang, {"means": means, "default": row.default})
        found: Schema = {"description": means}
        if row.example:
            found["examples"] = [plain_value(row.example)]
        return found | self._shape(row.shape)

    def _shape(self, shape: Shape) -> Schema:
        match shape:
            case Value(kind=kind):
                return {"$ref": f"#/$defs/value.{kind}"}
            case Expression():
                return {"type": ["string", "boolean"]}
            case Word(words=words):
                return {"enum": list(words)}
            case Many(of=of, alone=alone, empty=empty):
                item = self._shape(of)
                several: Schema = {"type": "array", "items": item} | ({} if empty else {"minItems": 1})
                return {"anyOf": [item, several]} if alone else several
            case Keyed(document=document):
                return {"$ref": f"#/$defs/{_NAMES[document]}"}
            case Said(translations=document):
                return {"anyOf": [{"$ref": "#/$defs/value.text"}, {"$ref": f"#/$defs/{_NAMES[document]}"}]}
            case Either(scalar=scalar, many=many, mapping=mapping):
                forms = [self._shape(each) for each in (scalar, many, mapping) if each and not isinstance(each, Later)]
                return forms[0] if len(forms) == 1 else {"anyOf": forms}
            case Facts():
                return {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "array"]}}
            case Named(of=of):
                names = {"$ref": "#/$defs/value.id"}
                return {"type": "object", "propertyNames": names, "additionalProperties": self._shape(of)}
            case Later():
                return {"not": {}}
            case _:
                assert_never(shape)

    def _kind(self, name: str) -> Schema:
        kind = KINDS[name]
        called = Reading().fill(kind.called)
        wrong = _WRONG.fill(self.lang, {"called": called})  # editors for YAML show it instead of the pattern
        return {**kind.schema, **({"patternErrorMessage": wrong} if "pattern" in kind.schema else {})}


def plain_value(text: str) -> Any:
    """A YAML text as the plain data that an editor takes it for."""
    root = read(Source("", text)).root
    assert root is not None, f"`{text}` can be read"
    return _plain(root)


def _plain(node: Node) -> Any:
    match node:
        case Mapping(items=pairs):
            return {key.text: _plain(value) for key, value in pairs}
        case Sequence(items=items):
            return [_plain(item) for item in items]
        case Scalar(text=text, style=style):
            if style != "plain":
                return text
            return int(text) if _NUMBER.fullmatch(text) else {"true": True, "false": False}.get(text, text)
