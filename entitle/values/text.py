"""Texts from outside: which ones a store can keep, and how much of one a message shows."""

from typing import TypeGuard

SHOWN_MAX = 60


def is_storable(text: object) -> TypeGuard[str]:
    """Is it a text that every database keeps as it is?

    None keeps half a character (a lone surrogate), and not every one a NUL.
    """
    return isinstance(text, str) and not any("\ud800" <= char <= "\udfff" or char == "\0" for char in text)


def shown(value: object) -> str:
    """The value as a message shows it, in any language: of what is long the beginning, and how much of it that is."""
    text = repr(value)
    if len(text) <= SHOWN_MAX:
        return text
    return f"{text[:SHOWN_MAX]}… ({SHOWN_MAX}/{len(text)})"
