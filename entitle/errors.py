"""The public exceptions, all under `Error`. A "no" to a customer is never one of them: it is an outcome.

Error
├── RuleError         a rulebook that does not load; carries every diagnostic
├── FactError         facts that cannot be: unknown, out of range, of another type, measured by the store itself
├── UnusableId        a text that is no opaque id: empty, too long, unprintable. It is a ValueError too
├── UnknownName       a product, benefit or grant that no release knows
├── NotFound          an id that the store does not hold
├── KeyConflict       a key that was used for another intent
├── NotDone           raised by `unwrap()` of an outcome that is not Done
├── StoreError        the store could not do it, and surely did nothing
├── InDoubtError      the store cannot know whether it did it
└── RetryTransaction  in a joined transaction: roll back and run the whole function again
"""

from collections.abc import Iterable, Sequence
from typing import Self

from entitle.diagnostics import Diagnostic, to_text
from entitle.messages import Lang, Words


class Error(Exception):
    """Whatever entitle raises on purpose. As a text it is English; `said` tells it in a language."""

    def __init__(self, problem: str | Words) -> None:
        self.words = problem if isinstance(problem, Words) else Words(problem, problem)
        super().__init__(self.words.en)

    def said(self, lang: Lang) -> str:
        return self.words.said(lang)


class RuleError(Error):
    """A rulebook that does not load. `diagnostics` holds every problem found, not the first alone."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = list(diagnostics)
        super().__init__(Words(self._all("en"), self._all("zh")))

    def _all(self, lang: Lang) -> str:
        return "\n\n".join(to_text(each, lang) for each in self.diagnostics)


class FactError(Error):
    """A fact that cannot be. `fact` names it, `problem` says what is wrong with it."""

    def __init__(self, fact: str, problem: str | Words) -> None:
        self.fact = fact
        self.problem = problem if isinstance(problem, Words) else Words(problem, problem)
        super().__init__(Words(f"{fact}: {self.problem.en}", f"{fact}: {self.problem.zh}"))


class UnusableId(Error, ValueError):
    """A text that cannot be an opaque id, such as a customer or a key."""


class UnknownName(Error):
    """A name that the release does not hold: never a silent no."""

    @classmethod
    def among(cls, what: Words, name: str, known: Iterable[str]) -> Self:
        """No `what` has this name; it tells those that there are."""
        names = sorted(known)
        return cls(
            Words(
                f"no {what.en} is called `{name}`; there are {', '.join(names) or 'none'}",
                f"没有名为 `{name}` 的{what.zh}；已有：{'、'.join(names) or '无'}",
            )
        )


class NotFound(Error):
    """An id that the store does not hold."""


class KeyConflict(Error):
    """The key was used before, for something else; nothing was done."""


class NotDone(Error):
    """`unwrap()` of an outcome that is not Done. `outcome` says why."""

    def __init__(self, outcome: object) -> None:
        self.outcome = outcome
        super().__init__(str(outcome))


class StoreError(Error):
    """The store could not do it, and surely did nothing."""


class InDoubtError(Error):
    """The store cannot know whether the plan was carried out; the same key will tell."""


class RetryTransaction(Error):
    """A joined transaction must be rolled back and its function run again."""
