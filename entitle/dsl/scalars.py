"""What reading any scalar needs: the rulebook's currency, ASCII twins, and how a misreading is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from entitle.dsl.parser import TWINS
from entitle.messages import Words


@dataclass(frozen=True, slots=True)
class Reading:
    """What some kinds depend on: the rulebook's currency ("" while it is not known)."""

    currency: str = ""


@dataclass(frozen=True, slots=True)
class Misread:
    """A text that is no value of its kind. `code` is another diagnostic than `wrong-value`, where one fits better."""

    help: Words | None = None
    code: str = "wrong-value"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of scalar."""

    read: Callable[[str, Reading], Any]
    called: Words
    example: str
    schema: Mapping[str, Any]


def twin(text: str) -> str:
    """The text with the ASCII twins of its full-width signs and digits."""
    return text.translate(TWINS).strip()


def write(text: str) -> Words:
    return Words(f"write `{text}`", f"写成 `{text}`")
