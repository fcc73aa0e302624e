"""Releases and programs <-> canonical JSON: one spelling for one meaning, so that a hash can stand for it.

A record becomes an object that names its kind and its fields; a field that holds its default is left out, so a later
version may add fields without changing any hash. Spans are left out unless asked for: where a rule was written is no
part of what it means.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from functools import cache
from hashlib import sha256
from typing import Any

from entitle import ir, release
from entitle.errors import StoreError
from entitle.messages import Words
from entitle.source import Source, Span, gc_paused
from entitle.values.civil import Term
from entitle.values.zone import Zone

VERSION = 1  # of this form; a change of meaning raises it
_KINDS: dict[str, type] = {
    kind.__name__: kind
    for module in (ir, release)
    for kind in vars(module).values()
    if isinstance(kind, type) and is_dataclass(kind)
} | {kind.__name__: kind for kind in (Words, Source, Term, Zone)}
_ALWAYS = {"language"}  # its default is another one in another version


def program_hash(program: ir.Program, words: tuple[str, ...] | None = None) -> str:
    """The program as 64 hex digits; equal programs have equal hashes on every machine.

    words  those of its release: texts then count as themselves, not as their places among all words
    """
    return text_hash(_dumps([VERSION, _encode(program, words=None if words is None else ("", *words))]))


def product_hash(book: release.Release, product: str) -> str:
    """What a product means, wherever and however it is written down, and whatever else the rulebook holds.

    Covers the product, the benefits it gives, the pools it draws on, the calendars and measures it reads, the zone and
    the currency. A text counts as itself: its code depends on the other texts of the rulebook.
    """
    found = book.products[product]
    read = {each.name for each in found.program.inputs}
    calendars = {name: windows for name, windows in book.calendars.items() if f"in:{name}" in read}
    benefits = {item.benefit: book.benefits[item.benefit] for item in found.gives}
    measures = tuple(each for each in book.measures if each.name in read)
    pools = {each.pool: book.pools[each.pool] for each in found.draws}
    beside = (benefits, calendars, measures, book.zone, book.currency, *([pools] if pools else []))
    return text_hash(_dumps([VERSION, _encode((found, *beside), words=("", *book.words))]))


def to_json(book: release.Release) -> str:
    """The whole release with its sources and places, as stored."""
    with gc_paused():
        return _dumps([VERSION, _encode(book, spans=True)])


def release_hash(book: release.Release) -> str:
    """The name a release is published under: of its sources, its programs and its zone's transitions."""
    return text_hash(to_json(book))


def text_hash(text: str) -> str:
    """64 hex digits; of a release's JSON they are its `release_hash`."""
    return sha256(text.encode()).hexdigest()


def from_json(text: str) -> release.Release:
    """The release again. Raises ValueError for a form, a kind or a field that this version does not know.

    Those of a product are found when it is first asked for, and are a StoreError then.
    """
    with gc_paused():
        match json.loads(text):
            case [version, {"": "Release"} as data]:
                return _release(version, data)
            case _:
                raise ValueError("this is not a release")


def _release(version: object, data: dict[str, Any]) -> release.Release:
    if version != VERSION:
        raise ValueError(f"this release is stored in form {version}; I read form {VERSION}")
    sources = {each["path"]: Source(each["path"], each["text"]) for each in data.get("sources", [])}
    products = _Later(data["products"]["of"], sources)
    decoded = _decode({**data, "products": {"": "Map", "of": {}}}, sources)
    assert isinstance(decoded, release.Release)
    return replace(decoded, products=products)


def cannot_read(problem: ValueError) -> Words:
    """What to say of a stored release that another version of entitle wrote."""
    return Words(f"this entitle cannot read the release: {problem}", f"此 entitle 无法读取该版本：{problem}")


class _Later(Mapping[str, release.Product]):
    """Products by id, each decoded when it is first asked for: a shop asks for few of very many.

    Raises StoreError for one that this version cannot read.
    """

    def __init__(self, data: dict[str, Any], sources: dict[str, Source]) -> None:
        self._data, self._sources = data, sources
        self._found: dict[str, release.Product] = {}

    def __getitem__(self, id_: str) -> release.Product:
        found = self._found.get(id_)
        if found is None:
            data = self._data[id_]
            try:
                found = self._found[id_] = _decode(data, self._sources)
            except ValueError as problem:
                raise StoreError(cannot_read(problem)) from problem
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __repr__(self) -> str:
        return repr(dict(self))


def _dumps(data: object) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _encode(value: Any, spans: bool = False, words: tuple[str, ...] | None = None) -> Any:
    """Plain data. With `words`, texts stand as themselves and not as their places among all words."""
    match value:
        case None | bool() | int():
            return value
        case str():
            return str(value)
        case tuple():
            return [_encode(each, spans, words) for each in value]
        case Span(source=source, start=start, end=end):
            return {"": "Span", "at": [source.path, start, end]}
        case Mapping():
            return {"": "Map", "of": {key: _encode(each, spans, words) for key, each in value.items()}}
        case ir.Text() if words is not None:
            return {"": "Text"}
        case ir.Const(value=int(code), type=ir.Text()) if words is not None:
            return {"": "Const", "word": words[code]}
        case ir.Input(name=name, type=ir.Text(), missing=missing, default=default) if words is not None:
            return {"": "Input", "text": name, "missing": missing, "word": words[int(default or 0)]}
        case ir.Member(value=of, codes=codes) if words is not None and isinstance(of.type, ir.Text):
            return {"": "Member", "of": _encode(of, spans, words), "words": [words[code] for code in codes]}
        case _:
            kept = {
                name: _encode(found, spans, words)
                for name, default in _fields(value.__class__)
                if (spans or name != "span") and not _is_default(name, default, found := getattr(value, name))
            }
            return {"": type(value).__name__, **kept}


@cache
def _fields(kind: type) -> tuple[tuple[str, object], ...]:
    return tuple((each.name, each.default) for each in fields(kind))


def _is_default(name: str, default: object, value: object) -> bool:
    return default is not MISSING and type(default) is type(value) and default == value and name not in _ALWAYS


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
            return _made(kind, {name: _value(name, each, sources) for name, each in data.items() if name})
        case _:
            return data


def _made(kind: str, values: dict[str, Any]) -> Any:
    if kind not in _KINDS:
        raise ValueError(f"this version knows no {kind}")
    known, needed = _names(kind)
    if unknown := sorted(values.keys() - known):
        raise ValueError(f"this version knows no {unknown[0]} of a {kind}")
    if lacking := sorted(needed - values.keys()):
        raise ValueError(f"a {kind} lacks its {lacking[0]}")
    return _KINDS[kind](**values)


@cache
def _names(kind: str) -> tuple[frozenset[str], frozenset[str]]:
    """The fields of a kind, and those of them that have no default."""
    found = fields(_KINDS[kind])
    needed = (each.name for each in found if each.default is each.default_factory is MISSING)
    return frozenset(each.name for each in found), frozenset(needed)


def _value(name: str, data: Any, sources: dict[str, Source]) -> Any:
    return ir.Op(data) if name == "op" else _decode(data, sources)
