"""What reconcile finds: two books that disagree, said in a sentence, with what mends it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from entitle.messages import Lang
from entitle.messages.breaks import BREAKS, REPAIRS, Repair


class Finding(NamedTuple):
    """A disagreement within one stream: about what, what is there, and what the other book says."""

    code: str
    what: str
    found: object = ""
    wanted: object = ""


Found = Iterable[Finding]


@dataclass(frozen=True, slots=True)
class Break:
    """Two books that disagree. `code` is of a closed list, `what` names the rows, `stream` whose they are."""

    code: str
    stream: str
    what: str
    found: str
    wanted: str
    repair: Repair

    def text(self, lang: Lang = "en") -> str:
        """One sentence."""
        return BREAKS[self.code].says.fill(lang, {"what": self.what, "found": self.found, "wanted": self.wanted})

    def plan(self, lang: Lang = "en") -> str:
        """What mends it."""
        return REPAIRS[self.repair].said(lang)


def breaks(stream: str, found: Found, told: bool = True) -> list[Break]:
    """The breaks of a stream. `told`: its ledger stands; nothing can be rebuilt from one that does not."""
    return [
        Break(
            each.code,
            stream,
            each.what,
            str(each.found),
            str(each.wanted),
            BREAKS[each.code].repair if told and not _is_absurd(each.wanted) else "restore",
        )
        for each in found
    ]


def _is_absurd(wanted: object) -> bool:
    """A ledger that leaves less than nothing was changed itself."""
    return isinstance(wanted, int) and wanted < 0


@dataclass(frozen=True, slots=True)
class Report:
    """What was looked at, and every break found. `ok` where there is none."""

    customers: int
    entries: int
    postings: int
    breaks: tuple[Break, ...]

    @property
    def ok(self) -> bool:
        return not self.breaks
