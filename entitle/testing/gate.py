"""What keeps a rulebook from its release: a price that changes unsaid, a test that fails, a flaw, what is not decided.

Each has a name, so that it can be waived by it: `test:sells-once`, `lifted-to-floor:video-year`. Its first part waives
all that begin so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from entitle.case import Case
from entitle.diagnostics import Diagnostic
from entitle.errors import RuleError
from entitle.messages import Words
from entitle.messages.proofs import ASKED, PROOFS
from entitle.release import Release
from entitle.shop.publish import PRICE_UNSAID
from entitle.testing.cases import run_cases


@dataclass(frozen=True, slots=True)
class Finding:
    """What must be mended, or waived by its name."""

    name: str
    text: Words

    @property
    def waivers(self) -> tuple[str, str]:
        """The names that waive it: its own, and that of all of its kind."""
        return self.name, self.name.partition(":")[0]


def can_be(release: Release, cases: Sequence[Case]) -> dict[str, frozenset[str] | None]:
    """By its kind, of what a finding can be; None where that is not known before it is found."""
    return {
        **dict.fromkeys(PROOFS.keys() - ASKED.keys()),
        **dict.fromkeys(["prove", "diff"]),
        PRICE_UNSAID: frozenset(release.products),
        "test": frozenset(case.id for case in cases),
    }


def of_unsaid(changes: Sequence[Diagnostic]) -> Iterator[Finding]:
    """Prices that change unsaid, a finding each: where one is waived, running contracts keep theirs.

    Raises RuleError for what cannot be waived: another currency, other periods that contracts should take.
    """
    if never := [each for each in changes if each.code != PRICE_UNSAID]:
        raise RuleError(never)
    for each in changes:
        yield Finding(f"{PRICE_UNSAID}:{each.values['product']}", Words(each.sentence("en"), each.sentence("zh")))


def of_tests(release: Release, cases: Sequence[Case]) -> Iterator[Finding]:
    """Its own tests that fail, a finding each."""
    for result in run_cases(release, cases):
        if result.differences:
            first = result.differences[0]
            yield Finding(f"test:{result.case.id}", Words(first.sentence("en"), first.sentence("zh")))
