"""Names near to what was written: what "did you mean" proposes."""

from bisect import bisect
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

COMPARED_MAX = 300
"""Comparing is slow: of more names than these, only so many that stand round the word in the alphabet are compared."""


def near(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like the word, if one is like it at all."""
    known, folded = _ordered(tuple(candidates))
    same = folded.get(_folded(word))
    if same is not None and same != word:
        return same
    if len(known) > COMPARED_MAX:
        at = bisect(known, word)
        known = known[max(0, at - COMPARED_MAX // 2) : at + COMPARED_MAX // 2]
    found = get_close_matches(word, known, n=1, cutoff=0.6)
    return found[0] if found else None


@lru_cache(maxsize=8)
def _ordered(names: tuple[str, ...]) -> tuple[list[str], dict[str, str]]:
    """The names in alphabetical order, and each by what it is without regard to case and dashes."""
    known = sorted(set(names))
    return known, {_folded(each): each for each in known}


def _folded(name: str) -> str:
    return name.casefold().replace("_", "-")
