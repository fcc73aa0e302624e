"""What may stand where in a rule file: a small algebra of shapes, and `key`, which puts a shape on a document's field.

A document class is a dataclass whose fields are the keys of a YAML mapping. Its fields are the closed table of the
language: the checker, the JSON Schema and the language reference all read it, so they cannot disagree.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, Generic, TypeVar

from entitle.dsl.reader import Mapping
from entitle.messages import Words
from entitle.source import Span

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Document:
    """What every document knows: the mapping that it was read from."""

    node: Mapping

    def says(self, *keys: str) -> bool:
        """Was one of the keys written, whatever became of its value?"""
        return any(key.text in keys for key, _ in self.node.items)


@dataclass(frozen=True, slots=True)
class Written(Generic[T]):
    """A value and where it was written."""

    value: T
    span: Span


@dataclass(frozen=True, slots=True)
class Value:
    """A scalar of this kind: `values.KINDS` knows how each is read, and how a schema and a reader see it."""

    kind: str


@dataclass(frozen=True, slots=True)
class Word:
    """One of a closed list of words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Many:
    """A list; where `alone`, one item may stand without brackets."""

    of: "Shape"
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Keyed:
    """A mapping with the keys of a document class."""

    document: type


@dataclass(frozen=True, slots=True)
class Either:
    """A scalar, list or mapping, each in its own shape: the node's form decides, so a message is never about both."""

    scalar: "Shape | None" = None
    many: "Shape | None" = None
    mapping: "Shape | None" = None


@dataclass(frozen=True, slots=True)
class Raw:
    """Taken as it is: a later stage reads the nodes."""


Shape = Value | Word | Many | Keyed | Either | Raw


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One row of the table: a key, what it holds and means, and what its absence means."""

    name: str
    shape: Shape
    means: Words
    required: bool
    default: Words | None
    later: bool
    example: str


def key(
    shape: Shape,
    en: str,
    zh: str,
    *,
    name: str = "",
    required: bool = False,
    default: tuple[str, str] | None = None,
    later: bool = False,
    example: str = "",
) -> Any:
    """A field of a document.

    name      the key, where it is not the field's own name (`in`, `from`, `if` are Python's)
    default   what its absence means, in English and Chinese
    later     known to the language, not to this version: using it is an error that says so
    """
    metadata = {
        "shape": shape,
        "means": Words(en, zh),
        "name": name,
        "required": required,
        "default": Words(*default) if default else None,
        "later": later,
        "example": example,
    }
    return field(default=None, metadata=metadata)


def rows(document: type) -> Iterator[KeyRow]:
    """The keys of a document class, in the order in which they are written."""
    for each in fields(document):
        if "shape" in each.metadata:
            meta = dict(each.metadata)
            yield KeyRow(**(meta | {"name": meta["name"] or each.name}))


# ---- shapes with a name of their own

ID = Value("id")
TEXT = Value("text")
MONEY = Value("money")
COUNT = Value("count")
TERM = Value("term")
EXPRESSION = Value("expression")
LATER: Any = Raw()


@dataclass(slots=True, kw_only=True)
class TranslationsDoc(Document):
    zh: Written[str] | None = key(TEXT, "the text in Chinese", "中文文本", example="视频会员")
    en: Written[str] | None = key(TEXT, "the text in English", "英文文本", example="Video VIP")


SAID = Either(scalar=TEXT, mapping=Keyed(TranslationsDoc))
