"""Releases and programs <-> canonical JSON: one spelling for one meaning, so that a hash can stand for it.

A record becomes an object that names its kind and its fields; a field that holds its default is left out, so a later
version may add fields without changing any hash. Spans are left out unless asked for: where a rule was written is no
part of what it means.
"""

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from hashlib import sha256
from typing import Any

from entitle import ir, release
from entitle.messages import Words
from entitle.source import Source, Span
from entitle.values.civil import Term
from entitle.values.zone import Zone

VERSION = 1  # of this form; a change of meaning raises it
_KINDS: dict[str, type] = {
    kind.__name__: kind
    for module in (ir, release)
    for kind in vars(module).values()
    if isinstance(kind, type) and is_dataclass(kind)
} | {kind.__name__: kind for kind in (Words, Source, Term, Zone)}


def program_hash(program: ir.Program) -> str:
    """What the program means, as 64 hex digits; equal programs have equal hashes on every machine."""
    return _digest(_encode(program, spans=False))


def product_hash(product: release.Product) -> str:
    """What the product means, wherever and however it is written down."""
    return _digest(_encode(product, spans=False))


def to_json(book: release.Release) -> str:
    """The whole release with its sources and places, as stored."""
    return _dumps([VERSION, _encode(book, spans=True)])


def release_hash(book: release.Release) -> str:
    """The name a release is published under: of its sources, its programs and its zone's transitions."""
    return sha256(to_json(book).encode()).hexdigest()


def from_json(text: str) -> release.Release:
    """The release again. Raises ValueError for a form that this version cannot read."""
    version, data = json.loads(text)
    if version != VERSION:
        raise ValueError(f"this release is stored in form {version}; I read form {VERSION}")
    sources = {each["path"]: Source(each["path"], each["text"]) for each in data.get("sources", [])}
    decoded = _decode(data, sources)
    assert isinstance(decoded, release.Release)
    return decoded


def _dumps(data: object) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _digest(data: object) -> str:
    return sha256(_dumps([VERSION, data]).encode()).hexdigest()


def _encode(value: Any, spans: bool) -> Any:
    match value:
        case None | bool() | int():
            return value
        case str():
            return str(value)
        case tuple():
            return [_encode(each, spans) for each in value]
        case Span(source=source, start=start, end=end):
            return {"": "Span", "at": [source.path, start, end]}
        case Mapping():
            return {"": "Map", "of": {key: _encode(each, spans) for key, each in value.items()}}
        case _:
            kept = {
                each.name: _encode(getattr(value, each.name), spans)
                for each in fields(value)
                if (spans or each.name != "span") and not _is_default(each.default, getattr(value, each.name))
            }
            return {"": type(value).__name__, **kept}


def _is_default(default: object, value: object) -> bool:
    return default is not MISSING and type(default) is type(value) and default == value


def _decode(data: Any, sources: dict[str, Source]) -> Any:
    match data:
        case list():
            return tuple(_decode(each, sources) for each in data)
        case {"": "Span", "at": [path, start, end]}:
            return Span(sources[path], start, end)
        case {"": "Map", "of": of}:
            return {key: _decode(each, sources) for key, each in of.items()}
        case {"": "Source", "path": path}:
            return sources[path]
        case {"": str() as kind}:
            return _KINDS[kind](**{name: _value(name, each, sources) for name, each in data.items() if name})
        case _:
            return data


def _value(name: str, data: Any, sources: dict[str, Source]) -> Any:
    return ir.Op(data) if name == "op" else _decode(data, sources)
