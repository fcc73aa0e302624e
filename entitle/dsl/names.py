"""Names near to what was written: what "did you mean" proposes."""

from collections.abc import Iterable
from difflib import get_close_matches


def near(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like the word, if one is like it at all."""
    known = sorted(set(candidates))
    folded = {each.casefold().replace("_", "-"): each for each in known}
    same = folded.get(word.casefold().replace("_", "-"))
    if same is not None and same != word:
        return same
    found = get_close_matches(word, known, n=1, cutoff=0.6)
    return found[0] if found else None
