"""What may stand where in a rule file: a small algebra of shapes, and `key`, which puts a shape on a document's field.

A document class is a dataclass whose fields are the keys of a YAML mapping. Its fields are the closed table of the
language: the checker, the JSON Schema and the language reference all read it, so they cannot disagree.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Generic, TypeVar

from entitle.dsl import reader
from entitle.messages import Words
from entitle.source import Span

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Document:
    """What every document knows: the mapping that it was read from, and (as a class) what operators call it.

    open    other keys may stand beside its own: selectors, which are names of facts
    absent  keys that people look for and that are none, and what to write instead
    """

    called: ClassVar[Words]
    open: ClassVar[bool] = False
    absent: ClassVar[Mapping[str, Words]] = {}
    node: reader.Mapping

    def says(self, *keys: str) -> bool:
        """Was one of the keys written, whatever became of its value?"""
        return any(key.text in keys for key, _ in self.node.items)

    def lacks(self, *keys: str) -> bool:
        """Was none of the keys written, and none that is unknown and may have been meant as one of them?"""
        known = table(type(self))
        return not any(key.text in keys or (key.text not in known and not self.open) for key, _ in self.node.items)


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
class Expression:
    """A condition: its scalar is kept as it is, for the expression language to read."""


@dataclass(frozen=True, slots=True)
class Word:
    """One of a closed list of words; `later` are of the language, not of this version."""

    words: tuple[str, ...]
    later: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Many:
    """A list. `alone`: one item may stand without brackets; `empty`: it may hold nothing, and does not mislead."""

    of: "Shape"
    alone: bool = False
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Keyed:
    """A mapping with the keys of a document class."""

    document: type[Document]


@dataclass(frozen=True, slots=True)
class Said:
    """A text for people: one for all, or one a language under the keys of `translations`."""

    translations: type[Document]


@dataclass(frozen=True, slots=True)
class Either:
    """A scalar, list or mapping, each in its own shape: the node's form decides, so a message is never about both."""

    scalar: "Shape | None" = None
    many: "Shape | None" = None
    mapping: "Shape | None" = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Values under the names of facts, kept as they are: what each may be is said by its fact."""


@dataclass(frozen=True, slots=True)
class Named:
    """A mapping from ids, whose order counts, to values of one shape."""

    of: "Shape"


@dataclass(frozen=True, slots=True)
class Later:
    """Of the language, not of this version: writing it is an error that says so."""


Shape = Value | Expression | Word | Many | Keyed | Said | Either | Facts | Named | Later


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One row of the table: a key, what it holds and means, and what its absence means.

    field  the name of the document's field, where that is not the key (`in`, `from`, `if` are Python's)
    """

    name: str
    field: str
    shape: Shape
    means: Words
    required: bool
    default: Words | None
    example: str

    @property
    def later(self) -> bool:
        return isinstance(self.shape, Later)


def key(
    shape: Shape,
    en: str,
    zh: str,
    *,
    name: str = "",
    required: bool = False,
    default: tuple[str, str] | None = None,
    example: str = "",
) -> Any:
    """A field of a document.

    name     the key, where it is not the field's own name
    default  what its absence means, in English and Chinese
    """
    metadata = {
        "shape": shape,
        "means": Words(en, zh),
        "name": name,
        "required": required,
        "default": Words(*default) if default else None,
        "example": example,
    }
    return field(default=None, metadata=metadata)


_TABLES: dict[type[Document], Mapping[str, KeyRow]] = {}


def table(document: type[Document]) -> Mapping[str, KeyRow]:
    """The keys of a document class, in the order in which they are explained."""
    found = _TABLES.get(document)
    if found is None:
        found = _TABLES[document] = _table(document)
    return found


def _table(document: type[Document]) -> Mapping[str, KeyRow]:
    found: dict[str, KeyRow] = {}
    for each in fields(document):
        if "shape" in each.metadata:
            meta: dict[str, Any] = {**each.metadata, "name": each.metadata["name"] or each.name}
            found[meta["name"]] = KeyRow(field=each.name, **meta)
    return found


def rows(document: type[Document]) -> tuple[KeyRow, ...]:
    """The rows of a document class."""
    return tuple(table(document).values())


# ---- shapes with a name of their own

ID = Value("id")
TEXT = Value("text")
MONEY = Value("money")
COUNT = Value("count")
TERM = Value("term")
CONDITION = Expression()
LATER = Later()
IDS = Many(ID, alone=True)
KEYS = Many(Value("fact"), alone=True)


@dataclass(slots=True, kw_only=True)
class TranslationsDoc(Document):
    called: ClassVar[Words] = Words("a text in two languages", "双语文本")
    zh: Written[str] | None = key(TEXT, "the text in Chinese", "中文文本", example="视频会员")
    en: Written[str] | None = key(TEXT, "the text in English", "英文文本", example="Video VIP")


SAID = Said(TranslationsDoc)
