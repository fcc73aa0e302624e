"""The closed table -> what a scalar of a rule file is: a condition, a value of a known kind, or a text to leave alone.

What the table does not know is left alone too: facts told by a test may be texts, and so may a default. So are ids and
words of a list, which have no other spelling.
"""

from dataclasses import dataclass
from typing import Literal

from entitle.dsl.documents import SECTIONS, RulebookDoc
from entitle.dsl.shapes import Either, Expression, Keyed, Many, Named, Shape, Value, table

Role = Literal["condition", "value", "text"]
LETTERS = ("text", "missing", "id", "apart", "fact", "zone", "currency")
"""Kinds that are read to the letter; all others are read in ASCII twins."""


@dataclass(frozen=True, slots=True)
class Ids:
    """A section: a mapping from ids to definitions."""

    of: Shape


@dataclass(frozen=True, slots=True)
class Selected:
    """A selector of a row: values of the fact that it names, read in ASCII twins."""


Place = Shape | Ids | Selected | None
"""What the table says of a node; None where it says nothing."""

FILE: Place = Keyed(RulebookDoc)


def under(place: Place, key: str) -> Place:
    """What the table says of the value under a key."""
    match place:
        case Keyed(document=document):
            row = table(document).get(key)
            return row.shape if row else Selected() if document.open else _section(document, key)
        case Ids(of=of) | Named(of=of):
            return of
        case Either(mapping=mapping):
            return under(mapping, key)
        case _:
            return None


def each(place: Place) -> Place:
    """What the table says of every item of a list."""
    match place:
        case Many(of=of):
            return of
        case Either(many=many):
            return each(many)
        case Selected():
            return place
        case _:
            return None


def role(place: Place) -> Role:
    """What a scalar is that stands here."""
    match place:
        case Expression():
            return "condition"
        case Selected():
            return "value"
        case Value(kind=kind):
            return "text" if kind in LETTERS else "value"
        case Many(of=of):
            return role(of)
        case Either(scalar=scalar):
            return role(scalar)
        case _:
            return "text"


def _section(document: type, key: str) -> Place:
    section = SECTIONS.get(key) if document is RulebookDoc else None
    return Ids(section.shape) if section else None
